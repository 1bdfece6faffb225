"""Lists kept through one class: rights, the record before each look and change, and a matcher that follows."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hot_rig import ANNA, CHIEF, GUEST, NOW, HotRig

from console.model.hotlists import EntryEdit, HotEntry, Hotlist, HotlistRefusal
from console.services.hotlist_book import NotReady
from console.store.database import LISTS, DatabaseError
from console.store.hotlist_csv import Column, look
from console.store.hotlist_tables import ENTRY
from console.store.hotlists import HotlistStore

OLD, NEW = HotEntry(plate="AB12", state="CA", reason="old"), HotEntry(plate="CD34", state="NV")


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[HotRig]:
    rig = HotRig(tmp_path)
    try:
        yield rig
    finally:
        rig.close()


def csv(rig: HotRig, text: str, name: str = "today.csv") -> Path:
    path = rig.folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_look_at_entries_is_on_record_with_what_was_searched(rig: HotRig) -> None:
    number = rig.listed(OLD, NEW)
    assert [each.plate for each in rig.book.entries(ANNA, number, "ab")] == ["AB12"]
    assert rig.said()[0] == ("anna", "looks at hotlist", "Stolen", "done")
    assert '"search": "ab"' in rig.audit.newest()[0].detail


def test_without_the_record_nothing_is_shown_or_changed(rig: HotRig) -> None:
    number = rig.listed(OLD)
    connection = sqlite3.connect(rig.folder / "watchfloor.db")
    connection.execute("DROP TABLE audit")
    connection.commit()
    connection.close()
    for call in (
        lambda: rig.book.entries(CHIEF, number),
        lambda: rig.book.keep(CHIEF, Hotlist(name="Other")),
        lambda: rig.book.remove(CHIEF, number),
        lambda: rig.book.edit(CHIEF, EntryEdit(number, None, NEW)),
    ):
        with pytest.raises(DatabaseError):
            call()
    assert [each.name for each in rig.store.lists()] == ["Stolen"]
    assert len(rig.store.entries(number)) == 1


def test_who_may_what(rig: HotRig) -> None:
    number = rig.listed(OLD)
    assert rig.book.lists(ANNA)
    assert (rig.book.may(ANNA), rig.book.may(CHIEF)) == (False, True)
    for call in (
        lambda: rig.book.lists(GUEST),
        lambda: rig.book.entries(GUEST, number),
        lambda: rig.book.keep(ANNA, Hotlist(name="Other")),
        lambda: rig.book.remove(ANNA, number),
        lambda: rig.book.edit(ANNA, EntryEdit(number, None, NEW)),
    ):
        with pytest.raises(HotlistRefusal, match="Ask a supervisor"):
            call()
    path = csv(rig, "plate\nAB12\n")
    with pytest.raises(HotlistRefusal):
        rig.book.bring(ANNA, number, look(path), look(path).plan)


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Hotlist(name="  "), "needs a name"),
        (Hotlist(name="x" * 81), "longer than 80"),
        (Hotlist(name="x", keep_days=0), "from 1 to 3650 days"),
        (Hotlist(name="x", starts=NOW, expires=NOW), "ends before it begins"),
    ],
)
def test_lists_that_cannot_be(rig: HotRig, wanted: Hotlist, words: str) -> None:
    with pytest.raises(HotlistRefusal, match=words):
        rig.book.keep(CHIEF, wanted)
    assert rig.said() == []


def test_lists_are_added_changed_and_removed_on_record(rig: HotRig) -> None:
    number = rig.book.keep(CHIEF, Hotlist(name="Wanted"))
    rig.book.keep(CHIEF, replace(rig.store.one(number), owner="me"))
    rig.book.remove(CHIEF, number)
    assert [said[1:] for said in reversed(rig.said())] == [
        (verb, "Wanted", how)
        for verb in ("adds hotlist", "changes hotlist", "removes hotlist")
        for how in ("asked", "done")
    ]
    with pytest.raises(HotlistRefusal):
        rig.book.remove(CHIEF, number)


def test_what_the_store_refuses_is_on_record_too(rig: HotRig) -> None:
    rig.listed()
    with pytest.raises(HotlistRefusal, match="Take another name"):
        rig.book.keep(CHIEF, Hotlist(name="Stolen"))
    assert rig.said()[0][3] == "refused"


def test_each_edit_can_be_taken_back(rig: HotRig) -> None:
    number = rig.listed(OLD)

    def there() -> list[tuple[str, str]]:
        return sorted((each.plate, each.reason) for each in rig.store.entries(number))

    changed = rig.book.edit(CHIEF, EntryEdit(number, OLD, replace(OLD, reason="new")))
    added = rig.book.edit(CHIEF, EntryEdit(number, None, NEW))
    moved = rig.book.edit(CHIEF, EntryEdit(number, added.after, replace(NEW, plate="EF56")))
    assert moved.after is not None
    removed = rig.book.edit(CHIEF, EntryEdit(number, moved.after, None))
    assert there() == [("AB12", "new")]
    for edit in (removed, moved, added, changed):
        rig.book.edit(CHIEF, edit.inverse)
    assert there() == [("AB12", "old")]
    assert [edit.words for edit in (changed, added, removed)] == ["Change AB12", "Add CD34", "Remove EF56"]


def test_an_edit_of_what_somebody_else_changed_is_refused(rig: HotRig) -> None:
    number = rig.listed(OLD)
    rig.book.edit(CHIEF, EntryEdit(number, OLD, replace(OLD, reason="new")))
    with pytest.raises(HotlistRefusal, match="Somebody changed it meanwhile"):
        rig.book.edit(CHIEF, EntryEdit(number, OLD, None))
    with pytest.raises(HotlistRefusal, match="on the list no longer"):
        rig.book.edit(CHIEF, EntryEdit(number, NEW, None))
    with pytest.raises(HotlistRefusal, match="at least 2 letters"):
        rig.book.edit(CHIEF, EntryEdit(number, None, HotEntry(plate="-")))
    with pytest.raises(HotlistRefusal, match="ends before"):
        rig.book.edit(CHIEF, EntryEdit(number, None, HotEntry(plate="AB1", starts=NOW, expires=NOW)))


def test_a_file_is_brought_in_compared_and_applied(rig: HotRig) -> None:
    number = rig.listed(OLD, NEW)
    seen = look(csv(rig, "plate,state,reason\nAB12,CA,other\nEF56,CA,\nef-56,CA,twice\n=1,,\n"))
    told: list[tuple[int, float]] = []

    def progress(rows: int, share: float) -> bool:
        told.append((rows, share))
        return True

    brought = rig.book.bring(CHIEF, number, seen, seen.plan, progress=progress)
    assert brought is not None
    assert (brought.rows, brought.bad, brought.twice) == (4, 1, 1)
    assert (brought.diff.added, brought.diff.removed, brought.diff.changed, brought.diff.same) == (1, 1, 1, 0)
    assert brought.told[0].line == 5
    assert told[-1][1] <= 1.0
    assert len(rig.store.entries(number)) == 2
    rig.book.apply(CHIEF, brought)
    assert sorted(each.plate for each in rig.store.entries(number)) == ["AB12", "EF56"]
    assert rig.said()[0] == ("chief", "replaces hotlist", "Stolen", "done")
    assert '"removed": 1' in rig.audit.newest(2)[1].detail


def test_bringing_in_can_be_cancelled(rig: HotRig) -> None:
    number = rig.listed(OLD)
    seen = look(csv(rig, "plate\nAB12\n"))
    assert rig.book.bring(CHIEF, number, seen, seen.plan, progress=lambda rows, share: False) is None
    plan = seen.plan.with_column(Column.REASON, 0).with_column(Column.PLATE, 0)
    brought = rig.book.bring(CHIEF, number, seen, plan)
    assert brought is not None
    rig.book.discard(brought)
    with pytest.raises(HotlistRefusal, match="Import the file again"):
        rig.book.apply(CHIEF, brought)


def test_the_matcher_follows_the_lists(rig: HotRig) -> None:
    with pytest.raises(NotReady):
        rig.book.matcher(0)
    number = rig.listed(OLD)
    first = rig.book.matcher(0)
    assert len(first) == 1
    assert not rig.book.refresh(), "nothing changed"
    rig.book.edit(CHIEF, EntryEdit(number, None, NEW))
    assert rig.book.refresh()
    assert (len(first), len(rig.book.matcher(0)), rig.rebuilt) == (1, 2, 2)


def test_its_thread_makes_the_matcher_and_another_after_each_change(tmp_path: Path) -> None:
    rig = HotRig(tmp_path)
    came = threading.Semaphore(0)
    rig.book._rebuilt = lambda matcher: came.release()
    number = rig.store.keep(Hotlist(name="Stolen"))
    rig.book.start()
    try:
        assert came.acquire(timeout=20)
        assert len(rig.book.matcher()) == 0
        rig.book.edit(CHIEF, EntryEdit(number, None, OLD))
        assert came.acquire(timeout=20)
        assert len(rig.book.matcher()) == 1
    finally:
        rig.close()


def test_who_waits_for_a_matcher_is_let_go_at_the_end(rig: HotRig) -> None:
    seen: list[type[BaseException]] = []

    def wait() -> None:
        try:
            rig.book.matcher(60)
        except NotReady as error:
            seen.append(type(error))

    waiter = threading.Thread(target=wait)
    waiter.start()
    rig.book.close()
    waiter.join(20)
    assert seen == [NotReady]


def test_lists_that_cannot_be_read_are_told_once_and_the_old_ones_stay(rig: HotRig) -> None:
    rig.listed(OLD)
    connection = sqlite3.connect(rig.folder / "watchfloor.db")
    connection.execute("ALTER TABLE hotlist RENAME TO elsewhere")
    connection.commit()
    for _ in range(2):
        rig.book._step()
    assert len(rig.troubles) == 1
    assert "matched with the lists of before" in rig.troubles[0]
    assert len(rig.book.matcher(0)) == 1
    connection.execute("ALTER TABLE elsewhere RENAME TO hotlist")
    connection.commit()
    connection.close()
    rig.book._step()
    assert rig.troubles[1:] == [""]


def test_once_a_day_what_is_old_is_forgotten_on_record(rig: HotRig) -> None:
    rig.listed(OLD, replace(NEW, expires=NOW), keep_days=1)
    rig.book.sweep()
    assert rig.said()[0] == ("hotlist keeper", "forgets old hits and entries", "hotlists", "done")
    rig.now += timedelta(hours=23)
    rig.book.sweep()
    assert len(rig.said()) == 2
    rig.now += timedelta(hours=2)
    rig.book.sweep()
    assert '"entries": 1' in rig.audit.newest()[0].detail
    assert rig.store.lists()[0].entries == 1


def test_lists_and_hits_keep_neither_a_hand_nor_the_journal_waiting(rig: HotRig) -> None:
    """On a server there is a lock for each: a list of a million rows takes that of lists."""
    taken: set[object] = set()
    sa.event.listen(rig.engine, "begin", lambda each: taken.add(each.get_execution_options().get("watchfloor_writes")))
    rig.listed("7ABC123")
    rig.hit_store.forget()
    assert taken - {None} == {LISTS}


def test_a_list_of_a_newer_console_is_told_and_the_lists_of_before_stay(rig: HotRig) -> None:
    rig.listed("7ABC123")
    before = rig.book.matcher(0)
    with sqlite3.connect(rig.folder / "watchfloor.db") as connection:
        connection.execute("UPDATE hotlist SET urgency='apocalyptic', revision=revision+1")
    connection.close()
    with pytest.raises(DatabaseError, match=r"hotlist Stolen: .* not as it was written"):
        rig.book.refresh()
    assert rig.book.matcher(0) is before


def test_the_end_waits_for_no_long_list(rig: HotRig) -> None:
    """What was brought in so far is left, for the next start to remove."""
    number = rig.listed(OLD)
    store = HotlistStore(rig.engine, "desk-1", lambda: rig.now, rig.folder, lambda: not rig.book.ending)

    def entries() -> int:
        with rig.engine.connect() as connection:
            return connection.scalar(sa.select(sa.func.count()).select_from(ENTRY)) or 0

    def going(rows: int) -> bool:
        if entries() > 1:
            rig.book.end()
        return not rig.book.ending

    assert store.stage(number, [HotEntry(plate=f"P{at:06d}") for at in range(6000)], going) is None
    left = entries() - 1
    assert 0 < left < 6000
    assert store.sweep() == 0
    assert HotlistStore(rig.engine, "desk-1", lambda: rig.now, rig.folder).sweep() == left
