"""``watchfloor audit``: what it says of a good audit, of one that was changed, and of none."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from console.__main__ import main
from console.acting import audit_of
from console.model.permissions import Actor, Role


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("WATCHFLOOR_DATA", str(tmp_path / "data"))
    monkeypatch.delenv("WATCHFLOOR_DATABASE", raising=False)
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def filled(folder: Path) -> Path:
    audit = audit_of(folder)
    ada = Actor("Ada", Role.OPERATOR, "desk 1")
    for number in range(1, 6):
        entry = audit.add(ada, "moves", f"gate {number % 2}", {"pan": 0.5})
        audit.add(ada, "moves", f"gate {number % 2}", None, "done", entry)
    audit.close()
    return folder


def change(folder: Path, statement: str) -> None:
    connection = sqlite3.connect(folder / "watchfloor.db")
    connection.execute("DROP TRIGGER IF EXISTS audit_no_update")
    connection.execute("DROP TRIGGER IF EXISTS audit_no_delete")
    for (trigger,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{trigger}"')
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_a_good_audit(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify"]) == 0
    assert capsys.readouterr().out == "All is well: 10 entries, none changed, cut or put elsewhere.\n"
    assert main(["audit", "verify", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"entries": 10, "ok": True, "first_bad": None}


def test_a_changed_audit_names_the_first_bad_entry(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(filled, "UPDATE audit SET actor = 'Bob' WHERE seq = 4")
    assert main(["audit", "verify", "--json"]) == 1
    told = capsys.readouterr()
    assert json.loads(told.out) == {"entries": 3, "ok": False, "first_bad": 4}
    assert "WRONG: entry 4 was changed" in told.err


def test_an_audit_that_was_cut_off(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change(filled, "DELETE FROM audit WHERE seq > 7")
    assert main(["audit", "verify"]) == 1
    assert "entries 8 to 10 were cut off" in capsys.readouterr().err


def test_no_audit_is_no_good_audit(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "verify"]) == 2
    assert "nothing was done from here" in capsys.readouterr().err
    assert list(folder.iterdir()) == [], "looking makes nothing"


def test_a_database_that_is_none(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (filled / "watchfloor.db").write_bytes(b"no database" * 100)
    for old in filled.glob("watchfloor.db-*"):
        old.unlink()
    assert main(["audit", "verify"]) == 2
    assert "the database cannot be used" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["me:secret", "oracool://me:secret@192.0.2.1/audit"])
def test_an_address_that_is_none_is_said_without_its_password(
    filled: Path, capsys: pytest.CaptureFixture[str], url: str
) -> None:
    assert main(["audit", "verify", "--database", url]) == 2
    told = capsys.readouterr().err
    assert "the database cannot be used" in told
    assert "secret" not in told


def test_another_database(folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["audit", "verify", "--database", f"sqlite:///{tmp_path / 'other.db'}"]) == 0
    assert "0 entries" in capsys.readouterr().out


def test_entries_are_listed(filled: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "list", "--most", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 4
    assert lines[-1].split()[0] == "10"
    assert "Ada (operator, desk 1)  moves  gate 1 (of 9): done" in lines[-1]
    assert main(["audit", "list", "--json", "--target", "gate 0"]) == 0
    entries = json.loads(capsys.readouterr().out)
    assert [entry["seq"] for entry in entries] == [3, 4, 7, 8]
    assert main(["audit", "list", "--target", "gate 9"]) == 0
    assert "Nothing is on record of 'gate 9'." in capsys.readouterr().out


def test_names_do_not_move_the_cursor(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    audit = audit_of(folder)
    audit.add(Actor("Eve\x1b[2J", Role.VIEWER), "moves", "gate\n1")
    audit.close()
    assert main(["audit", "list"]) == 0
    told = capsys.readouterr().out
    assert "\x1b" not in told
    assert told.count("\n") == 1
