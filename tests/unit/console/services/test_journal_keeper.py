"""Retention: what is due goes, in steps, on record, and never without a record."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.model.journal import admit
from console.model.keeping import Keeping
from console.services.audit_trail import AuditTrail
from console.services.journal_keeper import JournalKeeper
from console.store.audit import Audit
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.journal import Journal
from console.store.journal_check import verify
from drivers.events import EventKind, PlateRead, WeatherEvent

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(open_database(sqlite_url(tmp_path / "journal.db")), "desk-1")
    for days, count in ((40, 250), (20, 5)):
        at = NOW - timedelta(days=days)
        reads = [PlateRead(source="gate", id=f"{days}/{n}", at=at, plate=f"A{n}") for n in range(count)]
        journal.append([admit(read, at) for read in reads])
        journal.append([admit(WeatherEvent(source="met", id=str(days), at=at, what="wind"), at)])
    yield journal
    journal.close()


@pytest.fixture
def trail(tmp_path: Path) -> Iterator[AuditTrail]:
    trail = AuditTrail(lambda: Audit(open_database(sqlite_url(tmp_path / "audit.db"))))
    yield trail
    trail.close()


def keeper(journal: Journal | None, trail: AuditTrail, keeping: Keeping) -> JournalKeeper:
    return JournalKeeper(lambda: journal, lambda: keeping, trail, "desk-1", lambda: NOW, step_seconds=0.0)


def test_plates_go_after_a_month_and_the_audit_says_so(journal: Journal, trail: AuditTrail) -> None:
    assert keeper(journal, trail, Keeping()).keep() == 250
    left = [entry.event.kind for entry in journal.after(0)]
    assert left == [EventKind.WEATHER, *[EventKind.PLATE] * 5, EventKind.WEATHER]
    done, asked = trail.newest()
    assert (asked.action, asked.target, asked.outcome) == ("erases events", "plate", "asked")
    assert (done.outcome, done.about, json.loads(done.detail)) == ("done", asked.seq, {"erased": 250})
    assert verify(journal).entries == 7, "what was before the first that is kept is cut off"
    assert keeper(journal, trail, Keeping()).keep() == 0
    assert len(trail.newest()) == 2, "nothing to do is nothing to say"


def test_the_site_says_how_long_and_nought_is_for_ever(journal: Journal, trail: AuditTrail) -> None:
    keeping = Keeping({EventKind.PLATE: 0.0, EventKind.WEATHER: 30.0})
    assert keeper(journal, trail, keeping).keep() == 1
    assert keeper(journal, trail, Keeping({EventKind.PLATE: 10.0, EventKind.WEATHER: 0.0})).keep() == 255


def test_without_a_record_nothing_is_erased(journal: Journal) -> None:
    def broken() -> Audit:
        raise DatabaseError("audit", "the disk is full")

    with pytest.raises(DatabaseError):
        keeper(journal, AuditTrail(broken), Keeping()).keep()
    assert len(journal.after(0, 1000)) == 257


def test_it_waits_for_the_journal_and_ends_when_told(trail: AuditTrail) -> None:
    without = keeper(None, trail, Keeping())
    assert without.keep() == 0
    without.start()
    without.close()
