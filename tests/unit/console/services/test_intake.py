"""The door in: on disk before anybody is told, alarms before the flood, back to the sender what has no room."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from console.model.journal import Admitted, JournalEntry
from console.services import follower as follower_module
from console.services import intake as intake_module
from console.services.intake import Delivery, Intake
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.journal import Journal
from drivers.events import CameraEvent, Candidate, DoorEvent, Event, EventKind, PlateRead, VehiclePosition

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
PATIENCE = 20.0


def read(number: int, source: str = "gate", car: str = "") -> PlateRead:
    return PlateRead(source=source, id=str(number), at=NOW, plate=f"ABC{number}", car=car)


def forced(number: int) -> DoorEvent:
    return DoorEvent(source="doors", id=str(number), at=NOW, door="gate", what="forced", alarm=True)


class Slow(Journal):
    """A journal that waits to be let go, and fails on demand."""

    def __init__(self, folder: Path) -> None:
        super().__init__(open_database(sqlite_url(folder / "journal.db")), "desk-1")
        self.open = threading.Event()
        self.open.set()
        self.entered = threading.Event()
        self.fail_next_appends = 0
        self.batches: list[list[Event]] = []

    def append(self, items: Sequence[Admitted]) -> list[JournalEntry]:
        self.entered.set()
        assert self.open.wait(PATIENCE)
        self.batches.append([item.event for item in items])
        if self.fail_next_appends:
            self.fail_next_appends -= 1
            raise DatabaseError("journal", "the disk is full")
        return super().append(items)


class Listener:
    """What a follower was given."""

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self.changed = threading.Condition()
        self.fail_next: list[Exception] = []

    def handle(self, entries: Sequence[JournalEntry]) -> None:
        with self.changed:
            if self.fail_next:
                raise self.fail_next.pop(0)
            self.entries += entries
            self.changed.notify_all()

    def has(self, count: int) -> bool:
        with self.changed:
            return self.changed.wait_for(lambda: len(self.entries) >= count, PATIENCE)

    @property
    def ids(self) -> list[str]:
        with self.changed:
            return [entry.event.id for entry in self.entries]


class House:
    """An intake over a slow journal, with what it told."""

    def __init__(self, folder: Path, most_of_source: int = 100, most_in_all: int = 300) -> None:
        self.folder = folder
        self.told: list[str] = []
        self.journal = Slow(folder)
        self.listener = Listener()
        self.intake = Intake(lambda: self.journal, self.told.append, lambda: NOW, most_of_source, most_in_all)

    def blocked(self) -> None:
        """Start, with one event in the writer's hands and the disk not answering."""
        self.journal.open.clear()
        self.intake.start()
        self.intake.deliver([read(0, "first")])
        assert self.journal.entered.wait(PATIENCE)


def reopened(house: House) -> Journal:
    """What is on disk after the end."""
    return Journal(house.journal.engine, "desk-1")


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setattr(intake_module, "AGAIN_SECONDS", (0.01,))
    monkeypatch.setattr(follower_module, "AGAIN_SECONDS", 0.01)
    house = House(tmp_path)
    try:
        yield house
    finally:
        house.journal.open.set()
        house.intake.close()


def test_nobody_is_told_before_it_is_on_disk(house: House) -> None:
    house.intake.follow("plates", house.listener.handle)
    house.blocked()
    receipt = house.intake.deliver([read(1)])
    assert not receipt.wait(0.0)
    assert house.listener.entries == []
    house.journal.open.set()
    assert receipt.wait(PATIENCE)
    assert house.listener.has(2)
    assert house.listener.ids == ["0", "1"]


def test_what_may_be_an_alarm_overtakes_a_flood_and_sources_take_turns(house: House) -> None:
    house.blocked()
    for number in range(90):
        house.intake.deliver([read(number, "flood")])
    house.intake.deliver([read(1, "quiet")])
    house.intake.deliver([forced(1)])
    house.journal.open.set()
    assert house.intake.deliver([]).wait(PATIENCE)
    house.intake.close()
    second = house.journal.batches[1]
    assert second[0] == forced(1)
    assert read(1, "quiet") in second


def test_a_full_line_refuses_to_its_source_alone_and_never_an_alarm(house: House) -> None:
    house.blocked()
    receipts = [house.intake.deliver([read(number, "flood")]) for number in range(120)]
    assert [receipt.wait(0.0) for receipt in receipts[100:]] == [False] * 20
    other, alarm = house.intake.deliver([read(1, "quiet")]), house.intake.deliver([forced(1)])
    assert house.intake.counts().refused == 20
    house.journal.open.set()
    assert all(receipt.wait(PATIENCE) for receipt in (*receipts[:100], other, alarm))
    assert not any(receipt.wait(0.0) for receipt in receipts[100:])


def test_what_the_newest_stands_for_is_merged_when_it_is_crowded_and_counted(house: House) -> None:
    house.blocked()
    receipts = [
        house.intake.deliver(
            [VehiclePosition(source="cars", id=str(number), at=NOW, vehicle=f"unit {number % 5}", speed=number)]
        )
        for number in range(500)
    ]
    counts = house.intake.counts()
    assert counts.refused == 0
    house.journal.open.set()
    assert all(receipt.wait(PATIENCE) for receipt in receipts), "what was merged is answered with what it went into"
    entries = house.journal.after(0, kinds=frozenset({EventKind.VEHICLE}))
    assert counts.merged == sum(entry.merged for entry in entries) == 500 - len(entries)
    newest = {entry.event.vehicle: entry.event.id for entry in entries if isinstance(entry.event, VehiclePosition)}
    assert set(newest.values()) == {str(number) for number in range(495, 500)}


def test_what_can_never_be_kept_is_counted_and_its_sender_does_not_send_it_for_ever(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.intake.start()
    assert house.intake.deliver([read(1), replace(read(2), plate="***")]).wait(PATIENCE)
    assert house.intake.counts().not_admitted == 1
    for number in range(3, 100):
        assert house.intake.deliver([replace(read(number), plate="***")]).wait(PATIENCE)
    assert house.intake.counts().not_admitted == 98
    assert len(caplog.records) == 1, "a log is not flooded"
    assert house.intake.deliver([read(1)]).wait(PATIENCE), "the other one is there; once more is no fault"
    assert house.intake.counts().again == 1
    assert house.intake.counts().taken == 1


def test_a_full_disk_loses_nothing_and_is_told_once(house: House) -> None:
    house.journal.fail_next_appends = 3
    house.intake.follow("plates", house.listener.handle)
    house.intake.start()
    receipt = house.intake.deliver([read(1)])
    assert receipt.wait(PATIENCE)
    assert house.listener.has(1)
    assert [sentence[-60:] for sentence in house.told] == [
        "s wait in memory and are neither kept nor shown until it can."[-60:],
        "",
    ]
    assert "the disk is full" in house.told[0]
    assert house.intake.counts().trouble == ""


def test_at_the_end_what_could_not_be_written_stays_with_its_sender(house: House) -> None:
    house.journal.fail_next_appends = 10**6
    house.intake.start()
    receipts = [house.intake.deliver([read(number)]) for number in range(50)]
    house.intake.close()
    assert not any(receipt.wait(PATIENCE) for receipt in receipts)
    assert not house.intake.deliver([read(99)]).wait(PATIENCE)


def test_a_journal_that_cannot_be_opened_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake_module, "AGAIN_SECONDS", (0.01,))
    journal, told, fails = Slow(tmp_path), [], [True, True]

    def opener() -> Journal:
        if fails:
            fails.pop()
            raise DatabaseError("journal.db", "no rights")
        return journal

    intake = Intake(opener, told.append)
    receipt = intake.deliver([read(1)])
    intake.start()
    assert receipt.wait(PATIENCE)
    intake.close()
    assert len(told) == 2
    assert "no rights" in told[0]


def test_a_follower_gets_its_kinds_and_after_a_crash_the_rest(tmp_path: Path) -> None:
    first = House(tmp_path)
    first.intake.follow("doors", first.listener.handle, frozenset({EventKind.DOOR}))
    first.intake.start()
    first.intake.deliver([read(1), forced(1), read(2)])
    assert first.listener.has(1)
    first.intake.close()
    gap = Slow(tmp_path)  # a crash: entries are on disk, and nobody was told
    for begin in range(2, 1200, 400):
        gap.append([Admitted(forced(number), NOW) for number in range(begin, min(begin + 400, 1200))])
    gap.close()
    second = House(tmp_path)
    second.intake.follow("doors", second.listener.handle, frozenset({EventKind.DOOR}))
    second.intake.start()
    second.intake.deliver([forced(1200)])
    assert second.listener.has(1199)
    second.intake.close()
    assert second.listener.ids == [str(number) for number in range(2, 1201)]


def test_a_follower_that_is_slow_reads_from_the_disk_and_misses_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follower_module, "MOST_WAITING", 10)
    house.intake = Intake(lambda: house.journal, house.told.append, lambda: NOW)
    gate, reached = threading.Event(), threading.Event()

    def handle(entries: Sequence[JournalEntry]) -> None:
        reached.set()
        assert gate.wait(PATIENCE)
        house.listener.handle(entries)

    house.intake.follow("plates", handle)
    house.intake.start()
    assert house.intake.deliver([read(0)]).wait(PATIENCE)
    assert reached.wait(PATIENCE)
    for number in range(1, 60):
        assert house.intake.deliver([read(number)]).wait(PATIENCE)
    gate.set()
    assert house.listener.has(60)
    assert house.listener.ids == [str(number) for number in range(60)]


def test_one_entry_that_cannot_be_handled_holds_up_no_other(house: House, caplog: pytest.LogCaptureFixture) -> None:
    bad = "3"
    seen = house.listener

    def handle(entries: Sequence[JournalEntry]) -> None:
        if any(entry.event.id == bad for entry in entries):
            raise RuntimeError("a fault of ours")
        seen.handle(entries)

    house.intake.follow("plates", handle)
    house.blocked()
    house.intake.deliver([read(number) for number in range(1, 6)])
    house.journal.open.set()
    assert seen.has(5)
    assert sorted(seen.ids) == ["0", "1", "2", "4", "5"]
    assert any("could not be handled by plates" in sentence for sentence in house.told)
    caplog.clear()


def test_a_database_that_fails_a_follower_gives_it_the_entries_again(house: House) -> None:
    house.listener.fail_next = [DatabaseError("hits", "locked"), DatabaseError("hits", "locked")]
    house.intake.follow("plates", house.listener.handle)
    house.intake.start()
    house.intake.deliver([read(1), read(2)])
    assert house.listener.has(2)
    assert house.listener.ids == ["1", "2"]


def test_pictures_do_not_pile_up_in_memory(house: House) -> None:
    house.intake.follow("plates", house.listener.handle)
    house.intake.start()
    house.intake.deliver([replace(read(1), plate_picture=b"\xff\xd8x")])
    assert house.listener.has(1)
    event = house.listener.entries[0].event
    assert isinstance(event, PlateRead)
    assert event.plate_picture == b""
    assert house.journal.pictures(1).plate == b"\xff\xd8x"


class Lying(Slow):
    """Its answers get lost after it has written."""

    lost_answers = 0

    def append(self, items: Sequence[Admitted]) -> list[JournalEntry]:
        entries = super().append(items)
        if self.lost_answers:
            self.lost_answers -= 1
            raise DatabaseError("journal", "the server closed the connection")
        return entries


@pytest.mark.parametrize("late", [False, True])
def test_what_was_written_though_the_answer_was_lost_is_told_to_those_who_follow(house: House, late: bool) -> None:
    """The head beside the database, or a server's last word, may fail after the lines are on disk."""
    house.journal = Lying(house.folder)
    house.intake = Intake(lambda: house.journal, house.told.append, lambda: NOW)
    house.intake.follow("doors", house.listener.handle)
    house.intake.start()
    if not late:
        house.intake.deliver([forced(0)])
        assert house.listener.has(1)
    house.journal.lost_answers = 1
    assert house.intake.deliver([forced(1)]).wait(PATIENCE)
    assert house.intake.deliver([forced(2)]).wait(PATIENCE)
    assert house.listener.has(2 + (not late))
    assert house.listener.ids == [str(number) for number in range(late, 3)]


def test_an_event_that_cannot_be_written_holds_up_no_other(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.intake.start()
    bad = replace(forced(2), alarm=object())  # type: ignore[arg-type]
    receipts = [house.intake.deliver([each]) for each in (forced(1), bad, forced(3))]
    assert [receipt.wait(PATIENCE) for receipt in receipts] == [True, False, True]
    assert [sentence for sentence in house.told if "doors: an event could not be kept" in sentence]
    counts = house.intake.counts()
    assert (counts.taken, counts.not_admitted, counts.waiting) == (2, 1, 0)
    caplog.clear()


def test_a_read_is_not_merged_into_one_that_a_hotlist_would_not_know(house: House) -> None:
    house.blocked()
    for number in range(50):
        house.intake.deliver([read(number)])
    wanted = replace(read(100, car="7"), candidates=(Candidate("WANTED1", 0.4),))
    house.intake.deliver([wanted])
    house.intake.deliver([replace(wanted, id="101", candidates=())])
    house.intake.deliver([replace(wanted, id="102", candidates=())])
    assert house.intake.counts().merged == 1
    house.journal.open.set()
    house.intake.close()
    with_candidates = [entry for entry in reopened(house).after(0) if getattr(entry.event, "candidates", ())]
    assert [entry.event.id for entry in with_candidates] == ["100"]


def test_what_is_sent_again_while_it_waits_waits_once_and_is_answered_each_time(house: House) -> None:
    house.blocked()
    receipts = [house.intake.deliver([read(1)]) for _ in range(300)]
    counts = house.intake.counts()
    assert (counts.waiting, counts.again, counts.refused) == (2, 199, 100)
    house.journal.open.set()
    assert all(receipt.wait(PATIENCE) for receipt in receipts[:200])
    assert not any(receipt.wait(0.0) for receipt in receipts[200:])


def test_merging_is_bounded_too_and_what_is_merged_keeps_its_place(house: House) -> None:
    house.blocked()
    car = VehiclePosition(source="cars", id="0", at=NOW, vehicle="unit 1", speed=0)
    for number in range(50):
        house.intake.deliver([replace(car, id=f"other {number}", vehicle=f"other {number}")])
    house.intake.deliver([car])
    house.intake.deliver([replace(car, id="last", vehicle="last")])
    for number in range(1, 1000):
        house.intake.deliver([replace(car, id=str(number))])
    counts = house.intake.counts()
    assert (counts.merged, counts.refused) == (199, 800)
    house.journal.open.set()
    house.intake.close()
    ids = [event.id for event in house.journal.batches[1]]
    assert ids[-2:] == ["199", "last"]


def test_pictures_that_wait_are_bounded_by_their_bytes(house: House) -> None:
    house.intake = Intake(lambda: house.journal, house.told.append, lambda: NOW, most_bytes=1000)
    picture = b"\xff\xd8" + bytes(398)
    house.blocked()
    receipts = [house.intake.deliver([replace(read(number), scene_picture=picture)]) for number in range(1, 4)]
    plain = house.intake.deliver([read(4)])
    assert not receipts[2].wait(0.0), "there is no room for a third"
    house.journal.open.set()
    assert all(receipt.wait(PATIENCE) for receipt in (*receipts[:2], plain))
    assert house.intake.deliver([replace(read(5), scene_picture=picture)]).wait(PATIENCE), "there is room again"


def test_pictures_come_in_small_transactions(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a disk with little room, what is urgent must not fail with a hundred pictures behind it."""
    monkeypatch.setattr(intake_module, "BYTES_AT_ONCE", 1000)
    picture = b"\xff\xd8" + bytes(398)
    house.blocked()
    receipts = [house.intake.deliver([replace(read(number), scene_picture=picture)]) for number in range(1, 10)]
    house.intake.deliver([forced(1)])
    house.journal.open.set()
    assert all(receipt.wait(PATIENCE) for receipt in receipts)
    house.intake.close()
    assert [len(batch) for batch in house.journal.batches] == [1, 4, 3, 3]
    assert house.journal.batches[1][0] == forced(1)


def test_a_full_disk_is_told_once_however_many_wait(house: House) -> None:
    house.journal.fail_next_appends = 4
    append = house.journal.append

    def more(items: Sequence[Admitted]) -> list[JournalEntry]:
        house.intake.deliver([read(100 + house.journal.fail_next_appends)])
        return append(items)

    house.journal.append = more  # type: ignore[method-assign]
    house.intake.start()
    assert house.intake.deliver([read(1)]).wait(PATIENCE)
    house.intake.close()
    assert [bool(sentence) for sentence in house.told] == [True, False]


def called(receipt: Delivery) -> tuple[list[bool], Callable[[bool], None]]:
    heard: list[bool] = []
    return heard, heard.append


def test_a_receipt_calls_back_once_before_or_after() -> None:
    receipt = Delivery(2)
    heard, hear = called(receipt)
    receipt.then(hear)
    receipt.settle(1, True)
    assert heard == []
    receipt.settle(1, False)
    assert heard == [False]
    receipt.then(hear)
    assert heard == [False, False]
    assert Delivery(0).wait(0.0)


def test_events_of_one_thing_keep_their_order(house: House) -> None:
    house.blocked()
    house.intake.deliver([CameraEvent(source="wall", id="1", at=NOW, camera="c", what="LIVE")])
    house.intake.deliver([CameraEvent(source="wall", id="2", at=NOW, camera="c", what="NO SIGNAL", alarm=True)])
    house.journal.open.set()
    house.intake.close()
    assert [event.id for event in house.journal.batches[1]] == ["1", "2"]
