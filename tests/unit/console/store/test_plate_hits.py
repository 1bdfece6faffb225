"""Hits in the database: each once, with what was decided on it, as long as their list says."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.model.hotlists import Hit, HitFilter, HotEntry, Hotlist, HotlistRefusal, ReadFacts, Tier, Verdict
from console.model.permissions import Actor, Role
from console.model.regions import Regions
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.plate_hits import HitStore
from drivers.events import VehicleLook
from drivers.types import GeoPlace

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
ANNA, BEN = Actor("anna", Role.OPERATOR, "desk-1"), Actor("ben", Role.SUPERVISOR, "desk-2")
WINDOW = timedelta(seconds=10)


def hit(seq: int = 1, plate: str = "ABC123", at: datetime = NOW, tier: Tier = Tier.EXACT, list_id: int = 1) -> Hit:
    facts = ReadFacts(
        seq=seq, source="gate", event=f"e{seq}", at=at, received=at, station="desk-1", plate=plate, region="us-ca",
        confidence=0.9, camera="7", place=GeoPlace(48.2, 16.37), heading=90.0, speed=13.9,
        look=VehicleLook("van", "Ford", colour="grey"),
    )  # fmt: skip
    listed = Hotlist(id=list_id, name="Stolen", updated=NOW - timedelta(hours=3), keep_days=30, expires=NOW)
    entry = HotEntry(id=9, plate="ABC 123", state="CA", reason="stolen", case="C-1", expires=NOW)
    return Hit(read=facts, list=listed, entry=entry, tier=tier, regions=Regions.AGREE, reading=plate, weight=0.2)


class Kept:
    """A store and a clock."""

    def __init__(self, folder: Path) -> None:
        self.now, self.file = NOW, folder / "watchfloor.db"
        self.engine = open_database(sqlite_url(self.file))
        self.store = HitStore(self.engine, lambda: self.now)

    def add(self, wanted: Hit, first: int | None = None) -> Hit:
        return self.store.add([(wanted.read.seq if first is None else first, wanted)], WINDOW)[0]


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path)
    try:
        yield kept
    finally:
        kept.engine.dispose()


def test_a_hit_comes_back_as_it_was(kept: Kept) -> None:
    made = kept.add(hit())
    assert made == replace(hit(), id=made.id)
    assert kept.store.hit(made.id) == made
    assert made.age == timedelta(hours=3)
    assert kept.store.hits() == [made]
    assert kept.store.waiting() == 1
    assert kept.store.hit(99) is None


def test_a_read_that_comes_again_is_no_new_hit(kept: Kept) -> None:
    made = kept.add(hit(1))
    assert kept.add(hit(1)) == made
    assert [each.reads for each in kept.store.hits()] == [1]


def test_reads_of_one_car_are_one_hit_and_the_surest_is_shown(kept: Kept) -> None:
    made = kept.add(hit(1, "ABC12", tier=Tier.NEAR))
    later = kept.add(hit(2, at=NOW + timedelta(seconds=9)))
    assert (later.id, later.reads, later.tier, later.read.plate) == (made.id, 2, Tier.EXACT, "ABC123")
    worse = kept.add(hit(3, "ABC12", NOW + timedelta(seconds=9), Tier.NEAR))
    assert (worse.id, worse.reads, worse.tier) == (made.id, 3, Tier.EXACT)
    assert kept.add(hit(4, at=NOW + timedelta(minutes=5))).id != made.id
    assert kept.add(hit(5, at=NOW, list_id=2)).id != made.id, "on another list it is another hit"
    assert kept.store.with_hits(range(1, 2000)) == {1, 2, 3, 4, 5}


def test_reads_of_one_passage_are_one_hit_though_the_first_did_not_match(kept: Kept) -> None:
    made = kept.add(hit(2), first=1)
    later = kept.add(hit(3, at=NOW + timedelta(seconds=60)), first=1)
    assert (later.id, later.reads) == (made.id, 2)


def test_decisions_are_added_and_the_newest_holds(kept: Kept) -> None:
    made = kept.add(hit())
    first = kept.store.decide(made.id, ANNA, Verdict.WRONG_PLATE, "", 0)
    assert first.decided is not None
    assert (first.decided.actor, first.decided.verdict, first.decided.at) == (ANNA, Verdict.WRONG_PLATE, NOW)
    with pytest.raises(HotlistRefusal, match="anna decided \u201cwrong plate\u201d"):
        kept.store.decide(made.id, BEN, Verdict.CORRECT, "", 0)
    second = kept.store.decide(made.id, BEN, Verdict.CORRECT, "looked twice", first.decided.id)
    assert kept.store.hit(made.id) == second
    assert [each.verdict for each in kept.store.decisions(made.id)] == [Verdict.WRONG_PLATE, Verdict.CORRECT]
    assert kept.store.waiting() == 0
    with pytest.raises(HotlistRefusal, match="gone"):
        kept.store.decide(99, ANNA, Verdict.CORRECT, "", 0)


def test_a_decided_hit_keeps_its_face(kept: Kept) -> None:
    made = kept.add(hit(1, "ABC12", tier=Tier.NEAR))
    kept.store.decide(made.id, ANNA, Verdict.WRONG_PLATE, "", 0)
    later = kept.add(hit(2))
    assert (later.tier, later.reads) == (Tier.NEAR, 2), "what somebody judged is not changed behind them"


@pytest.mark.parametrize("statement", ["UPDATE plate_hit_decision SET actor='x'", "DELETE FROM plate_hit_decision"])
def test_the_database_itself_keeps_decisions(kept: Kept, statement: str) -> None:
    kept.store.decide(kept.add(hit()).id, ANNA, Verdict.CORRECT, "", 0)
    connection = sqlite3.connect(kept.file)
    with pytest.raises(sqlite3.IntegrityError, match="only ever added to"):
        connection.execute(statement)
    connection.close()


def test_filters(kept: Kept) -> None:
    day = timedelta(days=1)
    ids = [
        kept.add(each).id
        for each in (hit(1), hit(2, "A8C123", NOW + day, Tier.FOLDED), hit(3, "X%Z", NOW + 2 * day, list_id=2))
    ]
    kept.store.decide(ids[1], ANNA, Verdict.DISMISSED, "ours", 0)

    def found(**wanted: object) -> list[int]:
        return [each.read.seq for each in kept.store.hits(replace(HitFilter(), **wanted))]  # type: ignore[arg-type]

    assert found() == [3, 2, 1]
    assert found(text="a8c") == [2]
    assert found(text="%") == [3]
    assert found(list=2) == [3]
    assert found(tier=Tier.FOLDED) == [2]
    assert found(decided=True) == [2]
    assert found(decided=False) == [3, 1]
    assert found(verdicts=frozenset({Verdict.DISMISSED})) == [2]
    assert found(since=NOW + day) == [3, 2]
    assert found(until=NOW + day) == [1]
    assert [each.id for each in kept.store.hits(most=1, before=ids[2])] == [ids[1]]


def test_hits_are_forgotten_when_their_list_says_so(kept: Kept) -> None:
    kept.store.decide(kept.add(hit(1)).id, ANNA, Verdict.CORRECT, "", 0)
    kept.add(hit(2, at=NOW + timedelta(days=20)))
    kept.now = NOW + timedelta(days=31)
    assert kept.store.forget() == 1
    assert [each.read.seq for each in kept.store.hits()] == [2]
    assert kept.store.with_hits([1, 2]) == {2}


def test_a_row_that_somebody_else_wrote_is_one_sentence(kept: Kept) -> None:
    made = kept.add(hit())
    connection = sqlite3.connect(kept.file)
    for detail in ("nonsense", "[]", '{"read": 1}'):
        connection.execute("UPDATE plate_hit SET detail=?", (detail,))
        connection.commit()
        with pytest.raises(DatabaseError, match="not as it was written"):
            kept.store.hit(made.id)
    connection.close()


def test_a_hit_that_cannot_be_read_hides_no_other_and_keeps_none_from_being_written(
    kept: Kept, caplog: pytest.LogCaptureFixture
) -> None:
    """A newer console on the same database may write what this one does not know."""
    bad, good = kept.add(hit(1)), kept.add(hit(2, list_id=2))
    connection = sqlite3.connect(kept.file)
    connection.execute("UPDATE plate_hit SET detail='{}' WHERE id=?", (bad.id,))
    connection.commit()
    connection.close()
    assert kept.store.hits() == [good]
    anew, later = kept.add(hit(1)), kept.add(hit(3, at=NOW + timedelta(seconds=5)))
    assert anew.id not in (bad.id, good.id)
    assert (later.id, later.reads) == (anew.id, 2)
    assert kept.add(hit(1)) == replace(later), "once more is no new one"
    assert f"hit {bad.id}" in caplog.text
