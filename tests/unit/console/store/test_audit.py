"""The audit: whatever is changed, cut, put elsewhere or put in is found, and the first bad entry named."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.model.permissions import Actor, Role
from console.store import audit as audit_table
from console.store.audit import GENESIS, MOST_DETAIL, Audit, Entry
from console.store.database import DatabaseError, open_database, sqlite_url

ANNA = Actor("anna", Role.OPERATOR, "desk-1")
ROOT = Path(__file__).resolve().parents[4]
NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)


class Book:
    """An audit in a folder, and a hand that forges it with the database's own tools."""

    def __init__(self, folder: Path, entries: int = 0) -> None:
        self.file, self.head = folder / "watchfloor.db", folder / "audit.head"
        self.audit = Audit(open_database(sqlite_url(self.file)), self.head, lambda: NOW)
        for number in range(entries):
            self.audit.add(ANNA, "lights lamps", "North", {"number": number})

    def forge(self, *statements: str) -> None:
        """Change the table behind its back, without its triggers."""
        connection = sqlite3.connect(self.file)
        for trigger in ("audit_no_update", "audit_no_delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path, 5)
    try:
        yield book
    finally:
        book.audit.close()


def test_an_empty_audit_is_good(tmp_path: Path) -> None:
    book = Book(tmp_path)
    assert (book.audit.verify().entries, book.audit.verify().ok) == (0, True)
    book.audit.close()


def test_entries_are_kept_and_chained(book: Book) -> None:
    number = book.audit.add(ANNA, "lights lamps", "South", None, "done", about=5)
    assert number == 6
    newest = book.audit.newest(2)
    assert [entry.seq for entry in newest] == [6, 5]
    assert (newest[0].outcome, newest[0].about, newest[0].at) == ("done", 5, "2026-11-26T22:00:00.000+00:00")
    assert newest[0].hash == newest[0].digest(newest[1].hash)
    assert [entry.seq for entry in book.audit.newest(target="South")] == [6]
    verdict = book.audit.verify()
    assert (verdict.entries, verdict.ok, verdict.why) == (6, True, "")


def test_the_first_entry_hangs_on_nothing(book: Book) -> None:
    first = book.audit.newest()[-1]
    assert first.hash == first.digest(GENESIS)


@pytest.mark.parametrize(
    ("forgery", "first_bad", "words"),
    [
        ("UPDATE audit SET actor='ben' WHERE seq=3", 3, "entry 3 was changed"),
        ("UPDATE audit SET detail='{}' WHERE seq=1", 1, "entry 1 was changed"),
        ("UPDATE audit SET outcome='done' WHERE seq=5", 5, "entry 5 was changed"),
        ("UPDATE audit SET about='0' || '' WHERE seq=2", None, ""),
        ("UPDATE audit SET about=1.5 WHERE seq=2", 2, "entry 2 was changed"),
        ("UPDATE audit SET hash='" + "0" * 64 + "' WHERE seq=4", 4, "entry 4 was changed"),
        ("UPDATE audit SET detail=CAST(detail AS BLOB) WHERE seq=4", 4, "entry 4 was changed"),
        ("UPDATE audit SET detail=CAST(X'C328FF' AS TEXT) WHERE seq=4", 4, "entry 4 was changed"),
        ("UPDATE audit SET actor=CAST(X'00' AS TEXT) WHERE seq=4", 4, "entry 4 was changed"),
        ("DELETE FROM audit WHERE seq=3", 3, "entry 3 is missing"),
        ("DELETE FROM audit WHERE seq=1", 1, "entry 1 is missing"),
        ("DELETE FROM audit WHERE seq=5", 5, "entries 5 to 5 were cut off"),
        ("DELETE FROM audit WHERE seq>2", 3, "entries 3 to 5 were cut off"),
        ("DELETE FROM audit", 1, "entries 1 to 5 were cut off"),
        (
            "INSERT INTO audit SELECT 0,at,actor,role,station,action,target,detail,outcome,about,hash FROM audit",
            0,
            "put",
        ),
        ("UPDATE audit SET seq=-7 WHERE seq=3", -7, "entry -7 was put in"),
        ("UPDATE audit SET seq=9 WHERE seq=5", 5, "entry 5 is missing"),
    ],
)
def test_what_was_forged_is_found(book: Book, forgery: str, first_bad: int | None, words: str) -> None:
    if forgery.startswith("INSERT"):
        forgery += " WHERE seq=1"
    book.forge(forgery)
    verdict = book.audit.verify()
    assert verdict.first_bad == first_bad
    assert verdict.ok is (first_bad is None)
    assert words in verdict.why


def test_entries_that_changed_places_are_found(book: Book) -> None:
    book.forge(
        "UPDATE audit SET seq=100 WHERE seq=2",
        "UPDATE audit SET seq=2 WHERE seq=3",
        "UPDATE audit SET seq=3 WHERE seq=100",
    )
    assert book.audit.verify().first_bad == 2


def test_one_that_was_made_anew_as_a_whole_is_found(book: Book, tmp_path: Path) -> None:
    other = Book(tmp_path / "other", 0)
    for number in range(6):
        other.audit.add(ANNA, "nothing happened", "North", {"number": number})
    other.audit.close()
    rows = sqlite3.connect(other.file).execute("SELECT * FROM audit").fetchall()
    book.forge("DELETE FROM audit")
    connection = sqlite3.connect(book.file)
    connection.executemany(f"INSERT INTO audit VALUES ({','.join('?' * 11)})", rows)
    connection.commit()
    connection.close()
    verdict = book.audit.verify()
    assert verdict.first_bad == 5
    assert "made anew" in verdict.why


def test_a_head_that_was_changed_is_found(book: Book) -> None:
    book.head.write_text(f"{5:020d} {'ab' * 32}\n")
    assert book.audit.verify().first_bad == 5
    book.head.write_text(f"{7:020d} {'ab' * 32}\n")
    assert book.audit.verify().first_bad == 6


@pytest.mark.parametrize("content", [b"", b"7", b"seven eight\n", b"\xff\xfe", b"-1 ab", b"1 2 3", b"1" * 4000])
def test_a_head_that_is_none_is_said_and_not_believed(book: Book, content: bytes) -> None:
    book.head.write_bytes(content)
    with pytest.raises(DatabaseError, match=r"audit\.head"):
        book.audit.verify()


def test_a_head_that_is_gone_is_said(book: Book) -> None:
    book.head.unlink()
    verdict = book.audit.verify()
    assert verdict.ok
    assert "audit.head is missing" in verdict.why
    book.audit.add(ANNA, "lights lamps", "North")
    assert book.audit.verify().why == ""


def test_an_older_head_is_no_fault(book: Book) -> None:
    before = book.head.read_text()
    book.audit.add(ANNA, "lights lamps", "North")
    book.head.write_text(before)  # the power went before it was written
    assert book.audit.verify().ok


def test_a_head_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    book = Book(tmp_path)
    book.head.mkdir()
    with pytest.raises(DatabaseError, match=r"audit\.head"):
        book.audit.add(ANNA, "lights lamps", "North")
    book.audit.close()


@pytest.mark.parametrize("statement", ["UPDATE audit SET actor='ben'", "DELETE FROM audit"])
def test_the_database_itself_refuses_to_change_it(book: Book, statement: str) -> None:
    connection = sqlite3.connect(book.file)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        connection.execute(statement)
    connection.close()


@given(st.text(max_size=50), st.dictionaries(st.text(max_size=10), st.text(max_size=30) | st.floats() | st.none()))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_hostile_words_are_kept_and_stay_good(book: Book, words: str, detail: dict[str, object]) -> None:
    book.audit.add(Actor(words, Role.OPERATOR, words), words, words, detail, words)
    assert book.audit.verify().ok


def test_nul_surrogates_and_quotes_are_kept_as_text(book: Book) -> None:
    book.audit.add(Actor("a\0b", Role.VIEWER, "\ud800"), "'; DROP TABLE audit;--", "<b>", {"x": "\udfff"})
    entry = book.audit.newest(1)[0]
    assert (entry.actor, entry.station, entry.action) == ("a\\0b", "\\ud800", "'; DROP TABLE audit;--")
    assert book.audit.verify().ok


def test_too_much_detail_is_cut_and_says_so(book: Book) -> None:
    book.audit.add(ANNA, "lights lamps", "North", {"lamps": ["L" * 100] * 1000})
    entry = book.audit.newest(1)[0]
    assert entry.detail.startswith('{"cut": ')
    assert len(entry.detail) < 2 * MOST_DETAIL
    assert book.audit.verify().ok


def test_more_than_a_page_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_table, "PAGE", 100)
    book = Book(tmp_path, 203)
    assert book.audit.verify().entries == 203
    book.forge("UPDATE audit SET actor='x' WHERE seq=201")
    assert book.audit.verify().first_bad == 201
    book.audit.close()


def test_many_threads_write_one_chain(book: Book) -> None:
    threads = [
        threading.Thread(target=lambda: [book.audit.add(ANNA, "lights lamps", "North") for _ in range(10)])
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = book.audit.verify()
    assert (verdict.entries, verdict.ok) == (45, True)


WRITER = """
import sys
from pathlib import Path
from console.model.permissions import Actor, Role
from console.store.audit import Audit
from console.store.database import open_database, sqlite_url
folder, count = Path(sys.argv[1]), int(sys.argv[2])
audit = Audit(open_database(sqlite_url(folder / "watchfloor.db")), folder / "audit.head")
print("ready", flush=True)
sys.stdin.readline()
for number in range(count):
    audit.add(Actor("b", Role.OPERATOR, "desk-2"), "lights lamps", "South", {"number": number})
    print(number, flush=True)
"""


def writer(folder: Path, count: int) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(folder), str(count)],
        cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def test_two_processes_write_one_chain(tmp_path: Path) -> None:
    writers = [writer(tmp_path, 25) for _ in range(2)]
    for process in writers:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in writers:
        process.communicate(timeout=60)
        assert process.returncode == 0
    book = Book(tmp_path)
    verdict = book.audit.verify()
    assert (verdict.entries, verdict.ok) == (50, True)
    book.audit.close()


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL")
def test_a_writer_that_is_killed_leaves_a_good_chain(tmp_path: Path) -> None:
    process = writer(tmp_path, 1_000_000)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write("go\n")
    process.stdin.flush()
    told = [process.stdout.readline() for _ in range(20)]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    book = Book(tmp_path)
    verdict = book.audit.verify()
    assert verdict.ok, verdict.why
    assert verdict.entries >= len(told), "what was said to be on record is on disk"
    book.audit.add(ANNA, "lights lamps", "North")
    assert book.audit.verify().ok
    book.audit.close()


def test_a_database_that_is_broken_is_one_sentence(book: Book) -> None:
    book.forge("DROP TABLE audit")
    for call in (book.audit.verify, book.audit.newest, lambda: book.audit.add(ANNA, "lights", "North")):
        with pytest.raises(DatabaseError, match="no such table") as caught:
            call()
        assert "INSERT" not in str(caught.value)


def test_an_entry_knows_its_hash() -> None:
    entry = Entry(1, "t", "a", "r", "s", "do", "x", "{}", "asked", 0, "")
    assert len(entry.digest(GENESIS)) == 64
    assert entry.digest(GENESIS) != entry.digest("1" * 64)
