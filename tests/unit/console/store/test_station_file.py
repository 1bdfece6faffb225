"""What a console is called where several share a database."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.incoming import journal_of
from console.model.journal import Admitted
from console.store.database import sqlite_url
from console.store.station_file import FILE, station_of
from drivers.events import DoorEvent

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)


def test_alone_it_is_the_computer(tmp_path: Path) -> None:
    assert station_of(tmp_path, shared=False) == socket.gethostname()
    assert not (tmp_path / FILE).exists()


def test_two_of_one_name_do_not_pass_over_what_the_other_has_to_do(tmp_path: Path) -> None:
    one, two = station_of(tmp_path / "one", shared=True), station_of(tmp_path / "two", shared=True)
    database = sqlite_url(tmp_path / "shared.db")
    first, second = journal_of(tmp_path, database, (), one), journal_of(tmp_path, database, (), two)
    for each in (first, second):
        each.cursor("hotlists")
    theirs = DoorEvent(source="doors", id="1", at=NOW, door="gate", what="forced", alarm=True)
    second.append([Admitted(theirs, NOW)])  # and it dies before it is done
    first.append([Admitted(DoorEvent(source="doors", id="2", at=NOW, door="gate", what="closed"), NOW)])
    first.keep_cursor("hotlists", 2)
    again = journal_of(tmp_path, database, (), station_of(tmp_path / "two", shared=True))
    left = again.after(again.cursor("hotlists"), station=again.station)
    assert [entry.event for entry in left] == [theirs]
    for each in (first, second, again):
        each.close()


@pytest.mark.parametrize("content", [b"", b"\x00\xff", b"x" * 1000])
def test_a_file_that_is_none_is_a_name_all_the_same(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    assert station_of(tmp_path, shared=True).startswith(socket.gethostname())
