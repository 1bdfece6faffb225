"""Retention of alarms: closed ones go after their time with their log, in steps, on record, and never without one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.model.alarm_life import raised
from console.model.alarms import Cause, LogLine, Priority, What
from console.model.keeping import Keeping
from console.services.alarm_keeper import AlarmKeeper
from console.services.audit_trail import AuditTrail
from console.store.alarm_retention import STEP_LINES, Erased, erase
from console.store.alarms import AlarmStore
from console.store.audit import Audit
from console.store.database import DatabaseError, open_database, sqlite_url

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
OLD = NOW - timedelta(days=400)


def put(store: AlarmStore, key: str, closed: datetime | None, lines: int = 2) -> None:
    cause = Cause(key=key, kind="door", priority=Priority.LOW, title=key, why="", at=OLD)
    alarm = replace(raised(None, cause, OLD, f"id {key}", "desk-1").alarm, closed=closed)
    with store.changing() as book:
        book.put(alarm, [LogLine(OLD, What.AGAIN, "", str(n), n) for n in range(lines)], True)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AlarmStore]:
    store = AlarmStore(open_database(sqlite_url(tmp_path / "a.db")), "desk-1")
    yield store
    store.close()


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[AuditTrail]:
    trail = AuditTrail(lambda: Audit(open_database(sqlite_url(tmp_path / "audit.db"))))
    yield trail
    trail.close()


class Keepers:
    """Makes keepers, and lets go of their databases."""

    def __init__(self, folder: Path, trail: AuditTrail) -> None:
        self.folder, self.trail = folder, trail
        self.opened = 0
        self.made: list[AlarmKeeper] = []

    def __call__(self, keeping: Keeping = Keeping(), trail: AuditTrail | None = None) -> AlarmKeeper:  # noqa: B008
        def open_store() -> AlarmStore:
            self.opened += 1
            return AlarmStore(open_database(sqlite_url(self.folder / "a.db")), "desk-1")

        keeper = AlarmKeeper(open_store, lambda: keeping, trail or self.trail, "desk-1", lambda: NOW, 0.0)
        self.made.append(keeper)
        return keeper


@pytest.fixture
def keepers(tmp_path: Path, trail: AuditTrail) -> Iterator[Keepers]:
    keepers = Keepers(tmp_path, trail)
    yield keepers
    for each in keepers.made:
        each.close()


def left(store: AlarmStore) -> list[str]:
    return [each.key for each in store.since(0).alarms]


def test_closed_alarms_go_after_a_year_with_their_log(store: AlarmStore, trail: AuditTrail, keepers: Keepers) -> None:
    put(store, "long ago", OLD)
    put(store, "stands", None)
    put(store, "lately", NOW - timedelta(days=300))
    keeper = keepers()
    assert keeper.keep() == 1
    assert left(store) == ["stands", "lately"]
    assert store.life("id long ago") == ()
    assert len(store.life("id stands")) == 2
    done, asked = trail.newest()
    assert (asked.action, asked.target, asked.outcome) == ("erases alarms", "closed alarms", "asked")
    assert (done.outcome, done.about, json.loads(done.detail)) == ("done", asked.seq, {"erased": 1, "lines": 2})
    assert keeper.keep() == 0
    assert len(trail.newest()) == 2, "nothing to do is nothing to say"
    assert keepers.opened == 1


def test_the_site_says_how_long_and_nought_is_for_ever(store: AlarmStore, keepers: Keepers) -> None:
    for days in (400, 100, 50, 0):
        put(store, str(days), NOW - timedelta(days=days))
    assert keepers(Keeping(alarms=0.0)).keep() == 0
    assert keepers(Keeping(alarms=90.0)).keep() == 2
    assert left(store) == ["50", "0"]


def test_the_alarm_that_changed_last_stays_so_that_others_see_the_next_change(
    store: AlarmStore, keepers: Keepers
) -> None:
    for key in ("a", "b", "c"):
        put(store, key, OLD)
    seen = store.since(0).version
    assert keepers().keep() == 2
    assert left(store) == ["c"]
    put(store, "new", None)
    assert [each.key for each in store.since(seen).alarms] == ["new"]
    assert keepers().keep() == 1


def test_a_long_log_goes_in_steps(store: AlarmStore) -> None:
    put(store, "flaps", OLD, lines=STEP_LINES + 10)
    put(store, "quiet", OLD)
    put(store, "newest", None)
    steps = []
    while step := erase(store, NOW):
        steps.append(step)
    assert steps == [Erased(0, STEP_LINES), Erased(2, 12)]
    assert left(store) == ["newest"]


def test_without_a_record_nothing_is_erased(store: AlarmStore, keepers: Keepers) -> None:
    def broken() -> Audit:
        raise DatabaseError("audit", "the disk is full")

    put(store, "a", OLD)
    put(store, "b", None)
    silent = AuditTrail(broken)
    with pytest.raises(DatabaseError):
        keepers(trail=silent).keep()
    silent.close()
    assert left(store) == ["a", "b"]


def test_its_thread_ends_also_where_there_is_no_database(trail: AuditTrail) -> None:
    def broken() -> AlarmStore:
        raise DatabaseError("alarms", "the disk is full")

    keeper = AlarmKeeper(broken, Keeping, trail, "desk-1")
    keeper.start()
    keeper.close()
    AlarmKeeper(broken, Keeping, trail, "desk-1").close()
