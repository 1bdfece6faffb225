"""Hotlists in the database: kept, changed, compared and replaced in one stroke, whatever dies on the way."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from console.model.hotlists import HotEntry, Hotlist, HotlistRefusal, Tier, Urgency
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.hotlists import SHOWN, HotlistStore, Staged
from console.store.sorted_rows import in_order

ROOT = Path(__file__).resolve().parents[4]
NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)


class Book:
    """A store in a folder, and a clock."""

    def __init__(self, folder: Path) -> None:
        self.now, self.file = NOW, folder / "watchfloor.db"
        self.engine = open_database(sqlite_url(self.file))
        self.store = HotlistStore(self.engine, "desk-1", lambda: self.now, folder)

    def made(self, *plates: str, name: str = "Stolen") -> int:
        list_id = self.store.keep(Hotlist(name=name))
        self.replace(list_id, *map(entry, plates))
        return list_id

    def staged(self, list_id: int, *entries: HotEntry) -> Staged:
        staged = self.store.stage(list_id, entries)
        assert staged is not None
        return staged

    def replace(self, list_id: int, *entries: HotEntry) -> None:
        self.store.apply(self.staged(list_id, *entries), "list.csv")

    def plates(self, list_id: int, search: str = "") -> list[str]:
        return [each.plate for each in self.store.entries(list_id, search)]

    def rows(self, table: str) -> int:
        connection = sqlite3.connect(self.file)
        count = connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
        connection.close()
        return int(count)


def entry(plate: str, state: str = "CA", **more: object) -> HotEntry:
    return replace(HotEntry(plate=plate, state=state), **more)  # type: ignore[arg-type]


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = Book(tmp_path)
    try:
        yield book
    finally:
        book.engine.dispose()


def test_a_list_is_kept_and_changed(book: Book) -> None:
    wanted = Hotlist(
        name="Stolen \u202e<b>", owner="Traffic", urgency=Urgency.CRITICAL, reason="stolen car", reach=Tier.FOLDED,
        starts=NOW, expires=NOW + timedelta(days=1), keep_days=30, enabled=False, folder="in",
    )  # fmt: skip
    number = book.store.keep(wanted)
    kept = book.store.one(number)
    assert kept == replace(wanted, id=number, revision=kept.revision)
    before = book.store.revision()
    book.store.keep(replace(kept, name="Stolen", enabled=True))
    assert book.store.revision() != before
    assert [each.name for each in book.store.lists()] == ["Stolen"]
    book.store.remove(number)
    assert book.store.lists() == ()
    with pytest.raises(HotlistRefusal, match="is gone"):
        book.store.one(number)


def test_two_lists_of_one_name_are_refused(book: Book) -> None:
    book.store.keep(Hotlist(name="Stolen"))
    other = book.store.keep(Hotlist(name="Other"))
    for wanted in (Hotlist(name="Stolen"), Hotlist(id=other, name="Stolen")):
        with pytest.raises(HotlistRefusal, match="already"):
            book.store.keep(wanted)


def test_entries_are_added_changed_found_and_removed(book: Book) -> None:
    number = book.made()
    kept = entry("ab-12 cd", reason="100 % stolen_", case="C-1", note="x", starts=NOW, expires=NOW + timedelta(days=1))
    made = book.store.put(number, kept, "anna")
    book.store.put(number, entry("ZZ99"), "anna")
    assert book.store.entry(made) == replace(kept, id=made)
    assert book.store.one(number).entries == 2
    assert (book.store.one(number).source, book.store.one(number).updated) == ("anna", NOW)
    for search in ("AB12CD", "b12", "ab-12", "c-1", "100 %", "n_"):
        assert book.plates(number, search) == ["ab-12 cd"], search
    assert book.plates(number, "100%s") == []
    with pytest.raises(HotlistRefusal, match="on this list already"):
        book.store.put(number, entry("AB12CD", "us-ca".removeprefix("us-")), "anna")
    book.store.put(number, replace(kept, id=made, note="y"), "ben")
    assert book.store.take_out(number, made, "ben").note == "y"
    assert book.store.one(number).entries == 1
    with pytest.raises(HotlistRefusal, match="gone"):
        book.store.take_out(number, made, "ben")
    with pytest.raises(HotlistRefusal, match="gone"):
        book.store.put(number, replace(kept, id=made), "ben")
    assert book.store.entry(made) is None


def test_entries_come_in_pages(book: Book) -> None:
    number = book.made(*(f"AA{at:03d}" for at in range(25)))
    first = book.store.entries(number, most=10)
    second = book.store.entries(number, most=10, after=first[-1].id)
    assert [each.plate for each in (*first, *second)] == [f"AA{at:03d}" for at in range(20)]


def test_a_difference_says_what_would_change(book: Book) -> None:
    number = book.made("AAA1", "BBB2", "CCC3")
    staged = book.staged(
        number, entry("a-aa 1"), entry("BBB2", reason="new"), entry("DDD4"), entry("DDD 4", reason="2nd")
    )
    diff = book.store.diff(staged)
    assert (diff.added, diff.removed, diff.changed, diff.same) == (1, 1, 2, 0)
    assert [each.plate for each in diff.first_added] == ["DDD4"]
    assert diff.first_added[0].reason == "", "of two alike the first counts"
    assert [each.plate for each in diff.first_removed] == ["CCC3"]
    assert [(old.plate, new.plate, new.reason) for old, new in diff.first_changed] == [
        ("AAA1", "a-aa 1", ""), ("BBB2", "BBB2", "new"),
    ]  # fmt: skip
    assert book.plates(number) == ["AAA1", "BBB2", "CCC3"], "nothing is changed before it is applied"
    book.store.apply(staged, "today.csv")
    assert sorted(book.plates(number)) == ["BBB2", "DDD4", "a-aa 1"]
    assert (book.store.one(number).entries, book.store.one(number).source) == (3, "today.csv")
    again = book.staged(number, entry("a-aa 1"), entry("BBB2", reason="new"), entry("DDD4"))
    assert book.store.diff(again).nothing


def test_a_difference_shows_the_first_of_many(book: Book) -> None:
    number = book.made()
    staged = book.staged(number, *(entry(f"AA{at:04d}") for at in range(SHOWN + 5)))
    diff = book.store.diff(staged)
    assert (diff.added, len(diff.first_added)) == (SHOWN + 5, SHOWN)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(old=st.dictionaries(st.sampled_from("ABCDEF"), st.sampled_from("xy")), new=st.dictionaries(
    st.sampled_from("ABCDEF"), st.sampled_from("xy")))  # fmt: skip
def test_any_difference_adds_up(book: Book, old: dict[str, str], new: dict[str, str]) -> None:
    number = next((each.id for each in book.store.lists()), 0) or book.made()
    book.replace(number, *(entry(f"PP{key}", reason=why) for key, why in old.items()))
    staged = book.staged(number, *(entry(f"PP{key}", reason=why) for key, why in new.items()))
    diff = book.store.diff(staged)
    assert (diff.added, diff.removed) == (len(new.keys() - old.keys()), len(old.keys() - new.keys()))
    assert diff.changed == sum(old[key] != new[key] for key in old.keys() & new.keys())
    book.store.apply(staged, "x")
    assert {each.plate[2:]: each.reason for each in book.store.entries(number)} == new


def test_a_list_that_changed_meanwhile_is_not_replaced(book: Book) -> None:
    number = book.made("AAA1")
    staged = book.staged(number, entry("BBB2"))
    book.store.put(number, entry("CCC3"), "anna")
    with pytest.raises(HotlistRefusal, match="Look at the difference again"):
        book.store.apply(staged, "x")
    assert book.plates(number) == ["AAA1", "CCC3"]


def test_a_discarded_file_leaves_nothing(book: Book) -> None:
    number = book.made("AAA1")
    staged = book.staged(number, entry("BBB2"))
    book.store.discard(staged)
    assert book.rows("hotlist_entry") == 1
    with pytest.raises(HotlistRefusal, match="Import the file again"):
        book.store.apply(staged, "x")


def test_coming_in_can_be_stopped_at_any_time(book: Book) -> None:
    number = book.made("AAA1")
    told: list[int] = []

    def stop_at_second(rows: int) -> bool:
        told.append(rows)
        return len(told) < 2

    assert book.store.stage(number, [entry("BBB2")], lambda rows: False) is None
    assert book.store.stage(number, [entry("BBB2")], stop_at_second) is None
    assert told == [1, 1]

    def breaks() -> Iterator[HotEntry]:
        yield entry("BBB2")
        raise ValueError("no such line")

    with pytest.raises(ValueError, match="no such line"):
        book.store.stage(number, breaks())
    assert book.rows("hotlist_entry") == 1
    assert book.plates(number) == ["AAA1"]


def test_what_is_replaced_or_left_behind_is_swept(book: Book) -> None:
    number = book.made("AAA1")
    book.replace(number, entry("BBB2"), entry("CCC3", expires=NOW + timedelta(days=1)))
    assert book.rows("hotlist_entry") == 3
    assert book.store.sweep() == 1
    book.staged(number, entry("DDD4"))
    assert book.store.sweep() == 0, "another console may be about to apply it"
    book.now += timedelta(days=2)
    assert book.store.sweep() == 1
    assert book.plates(number) == ["BBB2", "CCC3"], "an entry that is over stays as long as its hits"
    book.now += timedelta(days=366)
    assert book.store.sweep() == 1
    assert (book.plates(number), book.store.one(number).entries) == (["BBB2"], 1)


def test_the_matcher_gets_the_lists_that_are_on(book: Book) -> None:
    first, second = book.made("ab-12", name="One"), book.made("CD34", name="Two")
    book.staged(first, entry("EE55"))
    assert [(row.list, row.plate, row.state) for row in book.store.match_rows()] == [
        (first, "AB12", "CA"), (second, "CD34", "CA"),
    ]  # fmt: skip
    book.store.keep(replace(book.store.one(second), enabled=False))
    assert [row.plate for row in book.store.match_rows()] == ["AB12"]


def test_a_broken_database_is_one_sentence(book: Book) -> None:
    number = book.made("AAA1")
    connection = sqlite3.connect(book.file)
    connection.execute("DROP TABLE hotlist_entry")
    connection.commit()
    connection.close()
    for call in (lambda: book.store.entries(number), lambda: list(book.store.match_rows())):
        with pytest.raises(DatabaseError, match="no such table"):
            call()


@pytest.mark.parametrize("run", [1, 3, 100])
def test_rows_are_sorted_however_many(run: int, tmp_path: Path) -> None:
    rows = [(f"k{at * 7 % 10}", at, None, 1.5, "é") for at in range(20)]
    ordered = in_order(rows, lambda count: True, tmp_path, run)
    assert ordered is not None
    assert list(ordered) == sorted(rows)
    assert in_order(rows, lambda count: count < 1, tmp_path, run) is None
    assert list(tmp_path.glob("tmp*")) == []


WRITER = """
import sys
from pathlib import Path
from console.model.hotlists import HotEntry
from console.store.database import open_database, sqlite_url
from console.store.hotlists import HotlistStore
store = HotlistStore(open_database(sqlite_url(Path(sys.argv[1]) / "watchfloor.db")))
number = int(sys.argv[2])
print("ready", flush=True)
for turn in range(100000):
    staged = store.stage(number, (HotEntry(plate=f"T{turn:05d}X{at:03d}") for at in range(300)))
    store.apply(staged, str(turn))
    print(turn, flush=True)
"""


@pytest.mark.skipif(os.name != "posix", reason="Windows has no SIGKILL")
@pytest.mark.parametrize("turns", [1, 4])
def test_one_that_is_killed_while_it_replaces_leaves_a_whole_list(book: Book, tmp_path: Path, turns: int) -> None:
    number = book.made("AAA1")
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path), str(number)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(turns + 1)]
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=20)
    kept = book.store.entries(number, most=1000)
    assert len({each.plate[:6] for each in kept}) == 1, "entries of one file, and of one alone"
    assert len(kept) == book.store.one(number).entries == 300
    assert int(book.store.one(number).source) >= int(told[-1]), "what was said to be in place is"
    book.now = datetime.now(UTC) + timedelta(days=2)
    book.store.sweep()
    assert book.rows("hotlist_entry") == 300
