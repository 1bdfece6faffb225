"""Alarms in the database: read back as they were, whatever others wrote there; a log that is only added to."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.model.alarm_life import acknowledged, raised, shelved
from console.model.alarms import Alarm, Cause, LogLine, Priority, What
from console.store.alarm_text import AlarmTextError, alarm_from, text_of
from console.store.alarms import AlarmStore
from console.store.database import DatabaseError, open_database, sqlite_url
from drivers.types import GeoPlace

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AlarmStore]:
    made = AlarmStore(open_database(sqlite_url(tmp_path / "a.db")), "desk 1")
    yield made
    made.close()


def full(key: str = "k") -> Alarm:
    cause = Cause(
        key=key, kind="shot", priority=Priority.HIGH, title="Schuss \0 \ud800 ✓", why="w" * 5000, at=NOON, source="S",
        device="d", cameras=(1, 2), place=GeoPlace(51.5, -0.1, 3.0, None), accuracy=12.5, seq=9, hit="h",
        momentary=True, latched=True, where="5 Main St", lasts=900.0,
    )  # fmt: skip
    new = raised(None, cause, NOON, f"id {key}", "desk 1").alarm
    return shelved(acknowledged(new, "Änna", NOON, "n").alarm, "B", "why", NOON + timedelta(hours=1), NOON).alarm


def put(store: AlarmStore, alarm: Alarm, what: What = What.RAISED, heard: bool = True, seq: int = 0) -> Alarm:
    with store.changing() as book:
        return book.put(alarm, [LogLine(NOON, what, "who", "why", seq)], heard)


def test_an_alarm_is_read_back_as_it_was(store: AlarmStore) -> None:
    written = put(store, full())
    (read,) = store.standing().alarms
    assert read.version == 1
    assert read.cause.why == "w" * 4096
    assert read.cause.place == written.cause.place
    assert (read.cause.where, read.cause.lasts, read.until) == ("5 Main St", 900.0, NOON + timedelta(seconds=900))
    assert (read.acked, read.aside, read.raised, read.cause.title) == (
        written.acked, written.aside, written.raised, written.cause.title,
    )  # fmt: skip


def test_a_car_that_moves_is_read_back_as_it_was(store: AlarmStore) -> None:
    cause = Cause(key="hit:1#A", kind="hit", priority=Priority.HIGH, title="A", why="w", at=NOON, hit="7", lasts=900.0)
    moving = replace(raised(None, cause, NOON, "car").alarm, hits=(5, 7), moved=1, quiet=NOON + timedelta(seconds=9))
    put(store, moving)
    (read,) = store.standing().alarms
    assert read == replace(moving, version=1)


def test_an_alarm_of_an_older_console_is_read(store: AlarmStore) -> None:
    body = json.loads(text_of(full()))
    for name in ("where", "lasts", "hits", "moved", "until", "quiet"):
        del body[name]
    read = alarm_from("id", 1, json.dumps(body))
    assert (read.hits, read.until, read.quiet, read.moved, read.cause.where, read.cause.lasts) == (
        (), None, None, 0, "", 0.0,
    )  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["", "null", "[]", "{}", '{"key": 1}', "{" * 100_000, "x" * 70_000, text_of(full()).replace('"high"', '"awful"'),
     text_of(full()).replace("+00:00", ""), text_of(full()).replace("[51.5", "[null")],
)  # fmt: skip
def test_what_is_no_alarm_is_refused(text: str) -> None:
    with pytest.raises(AlarmTextError):
        alarm_from("id", 1, text)


def test_one_that_cannot_be_read_holds_up_no_other(store: AlarmStore, tmp_path: Path) -> None:
    put(store, full("bad"))
    put(store, full("good"))
    other = sqlite3.connect(tmp_path / "a.db")
    other.execute("UPDATE alarm SET body='{}' WHERE key='bad'")
    other.commit()
    other.close()
    changes = store.standing()
    assert [each.key for each in changes.alarms] == ["good"]
    assert len(changes.unread) == 1
    assert changes.version == 2
    with store.changing() as book:
        assert book.open_of("bad") is None
        assert book.by_id("id bad") is None


def test_changes_are_found_by_their_version(store: AlarmStore) -> None:
    first = put(store, full("a"))
    second = put(store, full("b"))
    assert store.since(first.version).alarms == (store.standing().alarms[1],)
    changed = put(store, first)
    assert changed.version == 3
    assert [each.key for each in store.since(second.version).alarms] == ["a"]
    assert store.since(3).alarms == ()
    assert store.since(3).version == 3


def test_nothing_is_written_when_something_fails(store: AlarmStore) -> None:
    def fails() -> None:
        with store.changing() as book:
            book.put(full(), [LogLine(NOON, What.RAISED)], True)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert store.standing().alarms == ()


def test_the_log_is_only_added_to(store: AlarmStore, tmp_path: Path) -> None:
    put(store, full())
    other = sqlite3.connect(tmp_path / "a.db")
    for statement in ("UPDATE alarm_log SET who='x'", "DELETE FROM alarm_log", "DELETE FROM alarm"):
        with pytest.raises(sqlite3.IntegrityError, match=r"only ever added to|is kept"):
            other.execute(statement)
    other.close()


def test_the_log_of_a_time_and_of_an_alarm(store: AlarmStore) -> None:
    put(store, full("a"), seq=4)
    put(store, full("b"), What.ACKNOWLEDGED, heard=False)
    lines = store.log(NOON, NOON + timedelta(seconds=1))
    assert [(line.alarm, line.what, line.heard, line.station) for line in lines] == [
        ("id a", What.RAISED, True, "desk 1"), ("id b", What.ACKNOWLEDGED, False, "desk 1"),
    ]  # fmt: skip
    assert store.log(NOON + timedelta(seconds=1), NOON + timedelta(days=1)) == ()
    assert [line.alarm for line in store.life("id b")] == ["id b"]
    with store.changing() as book:
        assert book.knows(4, "a")
        assert not book.knows(4, "b")


def test_long_keys_are_found_again(store: AlarmStore) -> None:
    key = "k" * 5000
    put(store, full(key))
    with store.changing() as book:
        assert book.open_of(key) is not None
        assert book.open_of(key + "x") is None


def test_a_database_that_cannot_be_used_is_one_sentence(store: AlarmStore, tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "a.db")
    other.execute("DROP TABLE alarm")
    other.commit()
    other.close()
    with pytest.raises(DatabaseError, match="no such table"):
        store.standing()
    with pytest.raises(DatabaseError), store.changing() as book:
        book.put(full(), [], False)
