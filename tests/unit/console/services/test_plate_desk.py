"""From reads to hits, each once whatever comes again, and decisions by people, on record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hot_rig import ANNA, CHIEF, GUEST, NOW, HotRig, Line, Photos, a_read

from console.model.hotlists import EntryEdit, HitFilter, HotEntry, HotlistRefusal, Tier, Verdict
from console.services.hotlist_book import NotReady
from console.store.database import DatabaseError
from drivers.events import Candidate, SensorArrival
from drivers.types import GeoPlace


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[HotRig]:
    rig = HotRig(tmp_path)
    try:
        yield rig
    finally:
        rig.close()


def test_a_read_that_matches_is_on_disk_and_then_told(rig: HotRig) -> None:
    rig.listed(HotEntry(plate="ABC 123", state="California", reason="stolen", case="C-1"))
    place = GeoPlace(48.2, 16.37)
    rig.desk.handle([a_read(1, "abc-123", place=place, heading=90.0, speed=10.0), a_read(2, "XYZ789")])
    [hit] = rig.hits
    assert rig.hit_store.hit(hit.id) == hit
    assert (hit.tier, hit.entry.case, hit.list.name) == (Tier.EXACT, "C-1", "Stolen")
    assert (hit.read.place, hit.read.heading, hit.read.station) == (place, 90.0, "desk-1")
    assert hit.list.updated == NOW


def test_before_the_lists_are_read_the_same_reads_must_come_again(rig: HotRig) -> None:
    with pytest.raises(NotReady):
        rig.desk.handle([a_read(1, "ABC123")])


def test_what_comes_again_is_told_again_and_no_new_hit(rig: HotRig) -> None:
    rig.listed("ABC123")
    lines = [a_read(1, "ABC123"), a_read(2, "ABC123", NOW + timedelta(hours=1))]
    rig.desk.handle(lines)
    rig.new_desk().handle(lines)
    assert [hit.id for hit in rig.hits] == [1, 2, 1, 2]
    assert [hit.reads for hit in rig.hit_store.hits()] == [1, 1]


def test_reads_of_one_car_are_one_hit(rig: HotRig) -> None:
    rig.listed("ABC123")
    for seq, plate in enumerate(("ABC12", "ABC123", "A8C123"), 1):
        rig.desk.handle([a_read(seq, plate, NOW + timedelta(seconds=seq), car="17")])
    assert [(hit.id, hit.tier, hit.reads) for hit in rig.hits] == [
        (1, Tier.NEAR, 1), (1, Tier.EXACT, 2), (1, Tier.EXACT, 3),
    ]  # fmt: skip
    rig.new_desk().handle([a_read(4, "ABC123", NOW + timedelta(seconds=8), car="17")])
    assert rig.hits[-1].id == 1, "nor is it another after a new start"


def test_a_car_that_was_misread_first_is_found_when_it_is_read_better(rig: HotRig) -> None:
    rig.listed("ABC123")
    rig.desk.handle([a_read(1, "WWW", car="17"), a_read(2, "ABC123", car="17")])
    assert [(hit.read.seq, hit.reads) for hit in rig.hits] == [(2, 1)]
    rig.desk.handle([a_read(3, "ABC123", NOW + timedelta(seconds=90), car="17")])
    assert [(hit.id, hit.reads) for hit in rig.hits] == [(1, 1), (1, 2)]


def test_expiry_is_by_when_the_read_came_in(rig: HotRig) -> None:
    rig.listed(HotEntry(plate="ABC123", expires=NOW))
    before = a_read(1, "ABC123", NOW - timedelta(seconds=1))
    rig.desk.handle([before, a_read(2, "ABC123", NOW)])
    assert [hit.read.seq for hit in rig.hits] == [1]


def test_other_events_are_none_of_its_business(rig: HotRig) -> None:
    rig.listed("ABC123")
    rig.desk.handle([Line(1, SensorArrival(source="s", id="1", at=NOW, sensor="ABC123"), NOW)])
    assert rig.hits == []


def test_an_entry_that_went_since_the_matcher_was_made_is_no_hit(rig: HotRig) -> None:
    number = rig.listed("ABC123", "DEF456")
    rig.book.edit(CHIEF, EntryEdit(number, HotEntry(plate="ABC123", state="CA"), None))
    rig.desk.handle([a_read(1, "ABC123")])
    assert rig.hits == []
    staged = rig.store.stage(number, [HotEntry(plate="DEF456", state="CA", reason="newer")])
    assert staged is not None
    rig.store.apply(staged, "new.csv")
    rig.store.sweep()
    rig.desk.handle([a_read(2, "DEF456")])
    assert rig.hits[0].entry.reason == "newer", "one that is on the list that came meanwhile is"
    rig.store.remove(number)
    rig.desk.handle([a_read(3, "DEF456", NOW + timedelta(hours=1))])
    assert len(rig.hits) == 1


def test_hostile_plates_are_kept_as_text(rig: HotRig) -> None:
    rig.listed("ABC123")
    rig.desk.handle([a_read(1, "<b>\u202e'; DROP", candidates=(Candidate("A\u202eBC<i>-123"), Candidate("ABC 123")))])
    assert rig.hits[0].tier is Tier.CANDIDATE
    assert rig.hit_store.hits()[0].read.plate == "<b>\u202e'; DROP"


# The desk


def test_a_look_is_on_record_and_shows_all(rig: HotRig) -> None:
    number = rig.listed("ABC123")
    rig.photos[1] = Photos(b"plate", b"scene")
    rig.desk.handle([a_read(1, "ABC123")])
    seen = rig.desk.look(ANNA, 1)
    assert (seen.plate_picture, seen.scene_picture, seen.decisions) == (b"plate", b"scene", ())
    assert seen.now is not None
    assert rig.said()[0] == ("anna", "looks at hit", "hit 1", "done")
    rig.store.remove(number)
    assert rig.desk.look(ANNA, 1).now is None
    with pytest.raises(HotlistRefusal, match="gone"):
        rig.desk.look(ANNA, 99)


def test_lists_of_hits_are_on_record_but_not_each_refresh(rig: HotRig) -> None:
    rig.listed("ABC123")
    rig.desk.handle([a_read(1, "ABC123")])
    assert len(rig.desk.hits(ANNA, HitFilter(text="ABC"))) == 1
    rig.desk.hits(ANNA, again=True)
    assert [said[1] for said in rig.said()] == ["lists hits"]
    assert rig.desk.waiting() == 1


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_decision_is_asked_kept_and_told(rig: HotRig, verdict: Verdict) -> None:
    rig.listed("ABC123")
    rig.desk.handle([a_read(1, "ABC123")])
    done = rig.desk.decide(ANNA, 1, verdict, " our \n own car ")
    assert done.decided is not None
    assert (done.decided.verdict, done.decided.reason, done.decided.actor) == (verdict, "our own car", ANNA)
    assert [said[1:] for said in rig.said()] == [("decides on hit", "hit 1", how) for how in ("done", "asked")]
    assert rig.decided == [done]
    assert rig.confirmed == ([done] if verdict is Verdict.CORRECT else [])


def test_a_dismissal_needs_a_reason(rig: HotRig) -> None:
    rig.listed("ABC123")
    rig.desk.handle([a_read(1, "ABC123")])
    with pytest.raises(HotlistRefusal, match="Say why"):
        rig.desk.decide(ANNA, 1, Verdict.DISMISSED, " \n ")
    assert rig.said() == []


def test_two_who_decide_at_once(rig: HotRig) -> None:
    rig.listed("ABC123")
    rig.desk.handle([a_read(1, "ABC123")])
    first = rig.desk.decide(ANNA, 1, Verdict.WRONG_PLATE)
    with pytest.raises(HotlistRefusal, match="anna decided"):
        rig.desk.decide(CHIEF, 1, Verdict.CORRECT)
    assert rig.said()[0][3] == "refused"
    assert rig.confirmed == []
    assert first.decided is not None
    rig.desk.decide(CHIEF, 1, Verdict.CORRECT, "", first.decided.id)
    assert len(rig.confirmed) == 1


def test_who_may_look_and_decide(rig: HotRig) -> None:
    rig.listed("ABC123")
    rig.desk.handle([a_read(1, "ABC123")])
    assert (rig.desk.may(GUEST), rig.desk.may(ANNA)) == (False, True)
    for call in (
        lambda: rig.desk.hits(GUEST),
        lambda: rig.desk.look(GUEST, 1),
        lambda: rig.desk.decide(GUEST, 1, Verdict.CORRECT),
    ):
        with pytest.raises(HotlistRefusal, match="Ask a supervisor"):
            call()
    with pytest.raises(HotlistRefusal, match="gone"):
        rig.desk.decide(ANNA, 99, Verdict.CORRECT)


def test_the_list_is_as_it_was_when_the_car_came(rig: HotRig) -> None:
    number = rig.listed("ABC123", owner="Traffic")
    rig.desk.handle([a_read(1, "ABC123")])
    rig.book.keep(CHIEF, replace(rig.store.one(number), owner="Others"))
    assert rig.desk.look(ANNA, 1).hit.list.owner == "Traffic"


def test_what_hangs_on_a_decision_goes_on_though_the_last_line_on_record_fails(
    rig: HotRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.listed("ABC123")
    rig.desk.handle([a_read(1, "ABC123")])
    add = rig.audit.add

    def fails_when_done(*about: Any) -> int:
        if "done" in about:
            raise DatabaseError("audit", "the disk is full")
        return add(*about)

    monkeypatch.setattr(rig.audit, "add", fails_when_done)
    with pytest.raises(DatabaseError, match="the disk is full"):
        rig.desk.decide(ANNA, 1, Verdict.CORRECT)
    assert [hit.id for hit in rig.decided] == [hit.id for hit in rig.confirmed] == [1]
