"""`watchfloor journal`: verdicts by exit status, and lines without anything that names a car."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console import paths
from console.__main__ import main
from console.incoming import journal_of
from console.model.journal import Admitted, Mark
from drivers.events import PlateRead

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)


@pytest.fixture
def folder() -> Path:
    folder = paths.data_dir()
    journal = journal_of(folder)
    reads = [PlateRead(source="gate", id=str(n), at=NOW, plate=f"SECRET{n}") for n in range(1, 4)]
    journal.append([Admitted(read, NOW, frozenset({Mark.FUTURE}), 2) for read in reads])
    journal.close()
    return folder


def test_a_journal_that_is_whole(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "verify"]) == 0
    assert "3 lines, none changed" in capsys.readouterr().out
    assert main(["journal", "verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"entries": 3, "ok": True, "first_bad": None}


def test_a_line_that_was_changed_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    connection = sqlite3.connect(folder / "journal.db")
    connection.execute("UPDATE journal SET body=NULL, received=7 WHERE seq=2")
    connection.commit()
    connection.close()
    assert main(["journal", "verify", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out) == {"entries": 1, "ok": False, "first_bad": 2}
    assert "line 2 was changed" in told.err


def test_lines_are_listed_without_plates(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "list", "--most", "2"]) == 0
    lines = capsys.readouterr().out
    assert lines.count("\n") == 2
    assert "gate and 2 more  (future)" in lines.replace("gate  and", "gate and")
    assert main(["journal", "list", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["seq"] for row in rows] == [1, 2, 3]
    assert "SECRET" not in lines + json.dumps(rows)


def test_no_journal_yet_is_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["journal", "verify"]) == 2
    assert "nothing was reported here" in capsys.readouterr().err
