"""From the door in to an alarm: a read on a hotlist, through the journal, to the desk that decides."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from console import wanted as wanted_module
from console.acting import alarms_of, audit_of
from console.incoming import journal_of
from console.model.alarms import Alarm, Cause
from console.model.hotlists import EntryEdit, Hit, HotEntry, Hotlist, Urgency, Verdict
from console.model.permissions import Actor, Policy, Right, Role
from console.model.plate_sources import OWN_READER, PlateKind, PlateSource
from console.model.site import Camera, Site
from console.services.alarm_desk import AlarmDesk
from console.services.audit_trail import AuditTrail
from console.services.intake import Intake
from console.services.site_book import SiteBook
from console.store.plate_hits import HitStore
from console.wanted import KIND, Wanted
from drivers.events import PlateRead
from drivers.types import GeoPlace

CHIEF = Actor("chief", Role.SUPERVISOR, "desk-1")
WAIT = 30.0


class House:
    """All that a hit passes, on a real disk."""

    def __init__(self, folder: Path, confirmed: Callable[[Hit], None] = lambda hit: None) -> None:
        self.troubles: list[str] = []
        self.trail = AuditTrail(partial(audit_of, folder))
        self.book = SiteBook(Site("Town"), lambda site: None, lambda error: None)
        self.alarms = AlarmDesk(partial(alarms_of, folder, "", "desk-1"), self.trail, "desk-1", self.troubles.append)
        self.intake = Intake(partial(journal_of, folder), self.troubles.append)
        self.wanted = Wanted(
            self.book, folder, self.trail, self.alarms, self.intake, "desk-1", self.troubles.append,
            confirmed=confirmed,
        )  # fmt: skip
        self.hits: list[Hit] = []
        self.changed = threading.Condition()
        self.wanted.came = self._came
        self.alarms.start()
        self.wanted.start()
        self.intake.start()

    def _came(self, hit: Hit) -> None:
        with self.changed:
            self.hits.append(hit)
            self.changed.notify_all()

    def listed(self, *plates: str) -> None:
        number = self.wanted.lists.keep(CHIEF, Hotlist(name="Stolen", urgency=Urgency.CRITICAL))
        for plate in plates:
            self.wanted.lists.edit(CHIEF, EntryEdit(number, None, HotEntry(plate=plate, reason="stolen", case="C-1")))
        self.wanted.lists.refresh()

    def read(self, plate: str, name: str = "1", source: str = "gate", **more: Any) -> None:
        event = PlateRead(source=source, id=name, at=datetime.now(UTC), plate=plate, **more)
        assert self.intake.deliver([event]).wait(WAIT)

    def wait(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.hits) >= count, WAIT)

    @property
    def shown(self) -> tuple[Alarm, ...]:
        """The alarms, when the desk has told of all that it wrote."""
        self.alarms.figures(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)).result(WAIT)
        return self.alarms.view.shown

    def close(self) -> None:
        self.wanted.close()
        self.intake.close()
        self.wanted.dispose()
        self.alarms.close()
        self.trail.close()
        self.book.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    try:
        yield house
    finally:
        house.close()


def test_a_read_on_a_hotlist_is_a_hit_and_an_alarm_and_is_held(house: House) -> None:
    house.listed("ABC 123")
    house.read("XYZ789", "0")
    house.read("abc-123")
    house.wait(1)
    [hit] = house.hits
    [alarm] = house.shown
    assert (alarm.cause.kind, alarm.cause.hit, alarm.cause.seq) == (KIND, str(hit.id), hit.read.seq)
    assert alarm.priority.value == "critical"
    assert alarm.cause.title == "ABC-123: Stolen"
    assert alarm.cause.why == "stolen (C-1). Exactly ABC 123"
    journal = house.intake.journal
    assert journal is not None
    with journal.engine.connect() as connection:
        held = connection.execute(sa.text("SELECT seq, why FROM journal_hold")).all()
    assert [tuple(row) for row in held] == [(hit.read.seq, f"hit {hit.id}")]
    assert house.troubles == []


def test_the_log_tells_of_hits_and_alarms_and_of_no_plate(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    house.listed("ABC123")
    house.read("abc123")
    house.wait(1)
    [alarm] = house.alarms.view.shown
    assert alarm.cause.title == "ABC123: Stolen"
    house.alarms.acknowledge([alarm.id], CHIEF).result(WAIT)
    house.alarms.start()  # looks at what changed once more
    house.alarms.figures(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)).result(WAIT)
    lines = [line.getMessage() for line in caplog.records if line.name.startswith("console.")]
    told = [line for line in lines if line.startswith(("hit ", f"alarm {alarm.id}"))]
    assert sorted(told) == [
        f"alarm {alarm.id} ('hit:1', critical): acknowledged",
        f"alarm {alarm.id} ('hit:1', critical): new",
        "hit 1 of list 'Stolen' by 'gate': exact, read 1",
    ]
    assert "ABC123" not in caplog.text.upper()


def test_who_decides_on_a_hit_has_taken_its_alarm(house: House) -> None:
    house.listed("ABC123", "DEF456")
    house.read("ABC123", "1")
    house.read("DEF456", "2")
    house.wait(2)
    house.wanted.desk.decide(CHIEF, house.hits[0].id, Verdict.WRONG_PLATE)
    house.wanted.desk.decide(CHIEF, house.hits[1].id, Verdict.CORRECT)
    house.alarms.figures(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)).result(WAIT)
    [alarm] = house.alarms.view.alarms
    assert alarm.cause.title == "DEF456: Stolen"
    assert (alarm.waits, alarm.active) == (False, True), "nobody says it a second time; the car is still followed"
    told = [json.loads(entry.detail) for entry in house.trail.newest() if entry.action == "alarm: acknowledge"]
    assert [each["why"] for each in told if each] == ["correct", "wrong plate"]


def test_a_car_that_drives_past_cameras_is_one_alarm_that_moves(house: House) -> None:
    house.listed("ABC123")
    places = [GeoPlace(48.2, 16.37 + step / 100) for step in range(6)]
    for number, place in enumerate(places, 1):
        house.read("ABC123", str(number), f"gate {number}", place=place, camera="lane")
        house.read("ABC123", f"{number} again", f"gate {number}", place=place, camera="lane")
    house.wait(12)
    [alarm] = house.shown
    assert (alarm.count, alarm.calls, alarm.moved, alarm.waits) == (6, 1, 5, True)
    assert (alarm.cause.where, alarm.cause.place, alarm.cause.source) == ("gate 6 / lane", places[5], "gate 6")
    assert alarm.hits == tuple(sorted({hit.id for hit in house.hits}))
    assert alarm.cause.hit == str(house.hits[-1].id), "the newest is the one that is opened"
    life = house.alarms.life(alarm.id).result(WAIT)
    assert [line.why.partition(".")[0] for line in life] == [f"gate {number} / lane" for number in range(1, 7)]
    assert [line.heard for line in life] == [True, *[False] * 5]


def test_whoever_took_it_is_shown_where_it_is_now_without_a_sound(house: House) -> None:
    house.listed("ABC123")
    house.read("ABC123", "1", "gate 1")
    house.wait(1)
    [alarm] = house.shown
    house.alarms.acknowledge([alarm.id], CHIEF).result(WAIT)
    house.read("ABC123", "2", "gate 1")
    house.wait(2)
    [alarm] = house.shown
    assert not alarm.waits, "it is where it was"
    house.read("ABC123", "3", "gate 2")
    house.wait(3)
    [alarm] = house.shown
    assert (alarm.waits, alarm.sounds, alarm.cause.where, alarm.calls) == (True, False, "gate 2", 1)


def test_look_alikes_and_other_states_are_cars_of_their_own(house: House) -> None:
    house.listed("ABC123")
    for number, plate in enumerate(("ABC123", "ABC124", "ABC128", "ABC124"), 1):
        house.read(plate, str(number), f"gate {number}")
    house.wait(4)
    titles = {alarm.cause.title: alarm.count for alarm in house.shown}
    assert titles == {"ABC123: Stolen": 1, "ABC124: Stolen": 2, "ABC128: Stolen": 1}


def test_what_was_no_hit_goes_and_the_alarm_goes_back_to_the_others(house: House) -> None:
    house.listed("ABC123")
    for number in (1, 2, 3):
        house.read("ABC123", str(number), f"gate {number}")
    house.wait(3)
    assert len(house.shown) == 1
    first, second, third = house.hits
    house.wanted.desk.decide(CHIEF, third.id, Verdict.WRONG_PLATE)
    [alarm] = house.shown
    assert (alarm.waits, alarm.hits, alarm.cause.hit) == (True, (first.id, second.id), str(second.id))
    assert alarm.cause.where == "gate 2"
    house.wanted.desk.decide(CHIEF, first.id, Verdict.DISMISSED, "our own")
    [alarm] = house.shown
    assert (alarm.waits, alarm.hits, alarm.cause.where) == (True, (second.id,), "gate 2")
    house.wanted.desk.decide(CHIEF, second.id, Verdict.WRONG_PLATE)
    assert house.shown == ()


def test_a_decision_on_an_older_hit_does_not_take_the_alarm(house: House) -> None:
    house.listed("ABC123")
    house.read("ABC123", "1", "gate 1")
    house.read("ABC123", "2", "gate 2")
    house.wait(2)
    house.wanted.desk.decide(CHIEF, house.hits[0].id, Verdict.CORRECT)
    [alarm] = house.shown
    assert (alarm.waits, alarm.cause.where) == (True, "gate 2"), "nobody has seen where it is now"
    house.wanted.desk.decide(CHIEF, house.hits[1].id, Verdict.CORRECT)
    [alarm] = house.shown
    assert not alarm.waits


def test_a_car_that_was_read_better_is_one_alarm(house: House) -> None:
    house.listed("ABC123")
    house.read("ABC124", "1", "gate 1", car="7")
    house.wait(1)
    house.read("ABC123", "2", "gate 1", car="7")
    house.wait(2)
    [alarm] = house.shown
    assert (alarm.cause.title, alarm.count, alarm.hits) == ("ABC123: Stolen", 1, (house.hits[0].id,))
    house.read("ABC124", "3", "gate 2", car="9")
    house.wait(3)
    assert len(house.shown) == 2
    house.read("ABC123", "4", "gate 2", car="9")
    house.wait(4)
    [alarm] = house.shown
    assert (alarm.count, alarm.cause.where, alarm.waits) == (2, "gate 2", True)


def test_a_decision_of_who_may_not_touch_alarms_only_ends_what_is_no_hit(house: House) -> None:
    rights = {Role.SUPERVISOR: frozenset(Right) - {Right.ALARMS}}
    house.book.change(lambda site: replace(site, policy=Policy(rights)))
    house.listed("ABC123", "DEF456")
    house.read("ABC123", "1")
    house.read("DEF456", "2")
    house.wait(2)
    house.wanted.desk.decide(CHIEF, house.hits[0].id, Verdict.WRONG_PLATE)
    house.wanted.desk.decide(CHIEF, house.hits[1].id, Verdict.CORRECT)
    active = {alarm.cause.hit: alarm.active for alarm in house.shown}
    assert active == {str(house.hits[0].id): False, str(house.hits[1].id): True}


def test_reads_that_came_before_the_lists_were_read_are_not_lost(tmp_path: Path) -> None:
    first = House(tmp_path)
    first.listed("ABC123")
    first.close()
    second = House(tmp_path)
    try:
        second.read("ABC123", "late")
        second.wait(1)
        assert second.hits[0].entry.plate == "ABC123"
    finally:
        second.close()


def test_the_end_does_not_wait_for_an_alarm_that_cannot_be_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wanted_module, "ALARM_SECONDS", 3600.0)
    house = House(tmp_path)
    house.listed("ABC123")
    asked: Future[str] = Future()
    reached = threading.Event()

    def raised(cause: Cause) -> Future[str]:
        reached.set()
        return asked

    monkeypatch.setattr(house.alarms, "raise_", raised)
    house.read("ABC123")
    assert reached.wait(WAIT)
    ending = threading.Thread(target=house.close, daemon=True)
    ending.start()
    ending.join(WAIT)
    assert not ending.is_alive()
    again = House(tmp_path)
    try:
        again.wait(1)
        assert len(again.shown) == 1, "the next start raises it"
    finally:
        again.close()


def test_a_hits_alarm_shows_the_camera_that_the_site_knows(tmp_path: Path) -> None:
    house = House(tmp_path)
    try:
        site = Site("Town", (Camera(5, "Main St", "five", place=GeoPlace(52.5, 13.4)),))
        house.book.change(lambda before: replace(site, plate_sources=(PlateSource("gate", PlateKind.AXIS, camera=5),)))
        house.listed("ABC123", "DEF456")
        house.read("ABC123")
        event = PlateRead(source=OWN_READER, id="2", at=datetime.now(UTC), plate="DEF456", camera="five")
        assert house.intake.deliver([event]).wait(WAIT)
        house.wait(2)
        found = {(*alarm.cause.cameras, alarm.cause.device) for alarm in house.alarms.view.shown}
        assert found == {(5, "five")}
        assert len(house.alarms.view.shown) == 2
    finally:
        house.close()


def test_a_confirmed_hit_goes_further_after_a_crash(tmp_path: Path) -> None:
    first = House(tmp_path)
    first.listed("ABC123")
    first.read("ABC123")
    first.wait(1)
    HitStore(first.wanted._open()).decide(first.hits[0].id, CHIEF, Verdict.CORRECT, "", 0)  # it dies here
    first.close()
    told: queue.Queue[Hit] = queue.Queue()
    second = House(tmp_path, told.put)
    try:
        assert told.get(timeout=WAIT).read.plate == "ABC123"
    finally:
        second.close()
