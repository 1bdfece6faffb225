"""Hits that were found correct go further, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hot_rig import ANNA, HotRig, a_read

from console.model.hotlists import Hit, Verdict
from console.services.hit_outbox import HitOutbox
from console.store.database import DatabaseError

WAIT = 30.0


class Told:
    """What hits are passed on to. It can be out of order."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.broken: set[int] = set()
        self.changed = threading.Condition()

    def __call__(self, hit: Hit) -> None:
        with self.changed:
            self.seen.append(hit.id)
            self.changed.notify_all()
            if hit.id in self.broken:
                raise DatabaseError("responses", "it is full")

    def until(self, count: int) -> list[int]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.seen) >= count, WAIT)
            return list(self.seen)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[HotRig]:
    rig = HotRig(tmp_path)
    rig.listed("AAA111", "BBB222", "CCC333")
    rig.desk.handle([a_read(seq, plate, camera=plate) for seq, plate in enumerate(("AAA111", "BBB222", "CCC333"), 1)])
    yield rig
    rig.close()


def outbox(rig: HotRig, told: Told, again: float = 0.01) -> HitOutbox:
    return HitOutbox(lambda: rig.hit_store, told, again)


def test_what_is_confirmed_is_told_and_struck_off(rig: HotRig) -> None:
    told = Told()
    box = outbox(rig, told)
    box.send(rig.hit_store.decide(1, ANNA, Verdict.CORRECT, "", 0))
    assert (told.seen, rig.hit_store.to_be_told()) == ([1], [])


@pytest.mark.parametrize("verdict", [Verdict.WRONG_PLATE, Verdict.WRONG_STATE, Verdict.DISMISSED])
def test_what_is_no_hit_goes_no_further(rig: HotRig, verdict: Verdict) -> None:
    rig.hit_store.decide(1, ANNA, verdict, "seen", 0)
    assert rig.hit_store.to_be_told() == []


def test_a_process_that_dies_in_between_tells_after_its_next_start(rig: HotRig) -> None:
    for hit_id in (1, 2):
        rig.desk.decide(ANNA, hit_id, Verdict.CORRECT)  # this desk passes nothing on: as if it had died there
    told = Told()
    box = outbox(rig, told)
    box.start()
    assert told.until(2) == [1, 2]
    box.close()
    assert rig.hit_store.to_be_told() == []
    again = outbox(rig, told)
    again.start()
    again.send(rig.hit_store.decide(3, ANNA, Verdict.CORRECT, "", 0))
    again.close()
    assert told.seen == [1, 2, 3]


def test_a_decision_that_was_taken_back_meanwhile_is_not_told(rig: HotRig) -> None:
    first = rig.hit_store.decide(1, ANNA, Verdict.CORRECT, "", 0)
    assert first.decided is not None
    rig.hit_store.decide(1, ANNA, Verdict.WRONG_PLATE, "", first.decided.id)
    told = Told()
    box = outbox(rig, told)
    box.send(first)
    assert told.seen == []


def test_what_cannot_be_told_is_told_again_and_holds_up_no_other(rig: HotRig) -> None:
    told = Told()
    told.broken = {1}
    for hit_id in (1, 2):
        rig.desk.decide(ANNA, hit_id, Verdict.CORRECT)
    box = outbox(rig, told)
    box.start()
    assert set(told.until(4)) == {1, 2}
    assert told.seen.count(2) == 1
    assert rig.hit_store.to_be_told() == [1]
    told.broken.clear()
    count = len(told.seen)
    told.until(count + 1)
    box.close()
    assert rig.hit_store.to_be_told() == []


def test_what_failed_at_the_desk_is_told_by_the_thread(rig: HotRig) -> None:
    told = Told()
    told.broken = {1}
    box = outbox(rig, told)
    box.start()
    box.send(rig.hit_store.decide(1, ANNA, Verdict.CORRECT, "", 0))
    told.until(2)
    told.broken.clear()
    told.until(len(told.seen) + 1)
    box.close()
    assert rig.hit_store.to_be_told() == []


def test_what_is_forgotten_is_told_no_more(rig: HotRig) -> None:
    rig.desk.decide(ANNA, 1, Verdict.CORRECT)
    rig.now = rig.now.replace(year=rig.now.year + 5)
    assert rig.hit_store.forget() == 3
    assert rig.hit_store.to_be_told() == []


def test_an_end_that_never_began(rig: HotRig) -> None:
    outbox(rig, Told()).close()
