"""The journal: each event once, all of a batch or nothing, chained, and what is erased can still be proved."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from console.model.journal import Admitted, JournalEntry, Mark, admit
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.event_codec import body_of, event_from, micros
from console.store.journal import MOST_AT_ONCE, Journal
from console.store.journal_check import verify
from console.store.journal_retention import erase, hold, release, trim
from drivers.events import (
    CameraEvent,
    Candidate,
    DoorEvent,
    Event,
    EventKind,
    LampEvent,
    PlateRead,
    SensorArrival,
    Shot,
    ShotClass,
    VehicleLook,
    VehiclePosition,
    WeatherEvent,
)
from drivers.types import GeoPlace

ROOT = Path(__file__).resolve().parents[4]
NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
JPEG = b"\xff\xd8 a picture"


def read(number: int, **more: object) -> PlateRead:
    return replace(PlateRead(source="gate", id=str(number), at=NOW, plate=f"ABC{number}"), **more)  # type: ignore[arg-type]


def admitted(*events: Event, at: datetime = NOW) -> list[Admitted]:
    return [admit(event, at) for event in events]


class Desk:
    """A journal in a folder, and a hand that forges it with the database's own tools."""

    def __init__(self, folder: Path, *projections: Ledger) -> None:
        self.file, self.head = folder / "journal.db", folder / "journal.head"
        self.journal = Journal(open_database(sqlite_url(self.file)), "desk-1", projections, self.head)

    def forge(self, *statements: str) -> None:
        connection = sqlite3.connect(self.file)
        connection.execute("DROP TRIGGER IF EXISTS journal_only_erased")
        for statement in statements:
            connection.execute(statement)
        connection.commit()
        connection.close()


class Ledger:
    """A projection that only remembers, and fails on demand."""

    def __init__(self) -> None:
        self.seqs: list[int] = []
        self.fail_next = False

    def write(self, connection: Connection, entries: Sequence[JournalEntry]) -> None:
        if self.fail_next:
            self.fail_next = False
            connection.exec_driver_sql("INSERT INTO nowhere VALUES (1)")
        self.seqs += [entry.seq for entry in entries]

    def forget(self, connection: Connection, seqs: Sequence[int]) -> None:
        self.seqs = [seq for seq in self.seqs if seq not in seqs]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    try:
        yield desk
    finally:
        desk.journal.close()


EVERYTHING: tuple[Event, ...] = (
    PlateRead(
        source="gate",
        id="7",
        at=NOW,
        place=GeoPlace(38.9, -77.0),
        accuracy=4.5,
        plate="ÄB 12",
        confidence=0.93,
        region="D",
        candidates=(Candidate("AB12", 0.5), Candidate("A812")),
        camera="north",
        heading=90.0,
        direction="in",
        speed=13.4,
        look=VehicleLook("van", "Ford", "Transit", "white", "2019"),
        car="c-1",
        box=(0.1, 0.2, 0.3, 0.4),
    ),
    Shot(source="shots", id="1", at=NOW, heard=ShotClass.MULTIPLE, rounds=4, confidence=0.9, alert="A1"),
    SensorArrival(source="mics", id="1", at=NOW, sensor="m1", amplitude=0.2, place=GeoPlace(1.0, 2.0, 3.0, 4.0)),
    DoorEvent(source="doors", id="1", at=NOW, door="gate", what="forced", alarm=True, who="card 7"),
    LampEvent(source="lamps", id="1", at=NOW, lamp="l1", fault="no power"),
    CameraEvent(source="wall", id="1", at=NOW, camera="c1", what="NO SIGNAL", alarm=True),
    WeatherEvent(source="met", id="1", at=NOW, what="wind", value=21.5),
    VehiclePosition(source="cars", id="1", at=NOW, vehicle="unit 7", speed=12.0, heading=270.0),
)


@pytest.mark.parametrize("event", EVERYTHING, ids=lambda event: event.kind.value)
def test_each_kind_of_event_comes_back_as_it_went_in(desk: Desk, event: Event) -> None:
    (written,) = desk.journal.append([Admitted(event, NOW, frozenset({Mark.PAST}), 3)])
    assert desk.journal.entry(1) == written == JournalEntry(1, event, NOW, "desk-1", frozenset({Mark.PAST}), 3)


def test_every_kind_is_tried() -> None:
    assert {event.kind for event in EVERYTHING} == set(EventKind)


def test_what_comes_twice_is_one_event_also_within_a_batch(desk: Desk) -> None:
    first = desk.journal.append(admitted(read(1), read(2), read(1)))
    assert [entry.seq for entry in first] == [1, 2]
    again = desk.journal.append(admitted(read(2), read(3), read(1, source="other gate")))
    assert [(entry.seq, entry.event.source, entry.event.id) for entry in again] == [
        (3, "gate", "3"),
        (4, "other gate", "1"),
    ]
    assert desk.journal.append(admitted(read(3))) == []
    assert desk.journal.last() == 4


def test_a_full_transaction_is_written_in_order_and_known_when_it_comes_again(desk: Desk) -> None:
    first = desk.journal.append(admitted(*(read(number) for number in range(MOST_AT_ONCE))))
    assert [(entry.seq, entry.event.id) for entry in first] == [(at + 1, str(at)) for at in range(MOST_AT_ONCE)]
    again = desk.journal.append(admitted(*(read(number) for number in range(1, MOST_AT_ONCE + 1))))
    assert [entry.event.id for entry in again] == [str(MOST_AT_ONCE)]
    assert verify(desk.journal).ok


def test_pictures_lie_beside_the_line_and_are_not_read_with_it(desk: Desk) -> None:
    desk.journal.append(admitted(read(1, plate_picture=JPEG, scene_picture=JPEG + b"2")))
    (entry,) = desk.journal.after(0)
    assert isinstance(entry.event, PlateRead)
    assert entry.event.plate_picture == b""
    assert desk.journal.pictures(1).plate == JPEG
    assert desk.journal.pictures(1).scene == JPEG + b"2"
    assert desk.journal.pictures(2).plate == b""


def test_after_gives_what_is_asked_for(desk: Desk) -> None:
    desk.journal.append(admitted(*EVERYTHING))
    assert [entry.seq for entry in desk.journal.after(0, 2)] == [1, 2]
    assert [entry.seq for entry in desk.journal.after(2, kinds=frozenset({EventKind.DOOR, EventKind.PLATE}))] == [4]
    assert desk.journal.after(0, station="desk-2") == []
    assert len(desk.journal.after(0, station="desk-1")) == len(EVERYTHING)


def test_a_projection_and_the_journal_are_one_transaction(tmp_path: Path) -> None:
    ledger = Ledger()
    desk = Desk(tmp_path, ledger)
    ledger.fail_next = True
    with pytest.raises(DatabaseError, match="journal: the database cannot be used"):
        desk.journal.append(admitted(read(1)))
    assert desk.journal.last() == 0
    desk.journal.append(admitted(read(1), read(2)))
    assert ledger.seqs == [1, 2]
    erase(desk.journal, EventKind.PLATE, NOW + timedelta(1), NOW, most=1)
    assert ledger.seqs == [2]
    desk.journal.close()


def test_followers_begin_at_the_newest_line_and_go_on_where_they_were(desk: Desk) -> None:
    desk.journal.append(admitted(read(1), read(2)))
    assert desk.journal.cursor("plates") == 2
    desk.journal.append(admitted(read(3)))
    assert desk.journal.cursor("plates") == 2
    desk.journal.keep_cursor("plates", 3)
    assert desk.journal.cursor("plates") == 3
    assert Journal(desk.journal.engine, "desk-2").cursor("plates") == 3


@pytest.mark.parametrize(
    ("forgery", "first_bad", "words"),
    [
        ("UPDATE journal SET body=replace(body,'ABC3','XYZ3') WHERE seq=3", 3, "changed"),
        ("UPDATE journal SET received=received+1 WHERE seq=2", 2, "changed"),
        ("UPDATE journal SET station='other' WHERE seq=2", 2, "changed"),
        ("UPDATE journal SET body=7 WHERE seq=2", 2, "changed"),
        ("UPDATE journal SET hash='x' WHERE seq=5", 5, "changed"),
        ("UPDATE journal SET kind=x'00ff' WHERE seq=4", 4, "changed"),
        ("DELETE FROM journal WHERE seq=2", 2, "missing"),
        ("DELETE FROM journal WHERE seq>3", 4, "cut off"),
        ("DELETE FROM journal", 1, "cut off"),
        ("UPDATE journal SET seq=-seq WHERE seq=1", -1, "put in before"),
        ("INSERT INTO journal_start VALUES (2, x'00')", 1, "put in before"),
    ],
)
def test_each_forgery_is_found_and_the_first_bad_line_named(
    desk: Desk, forgery: str, first_bad: int, words: str
) -> None:
    desk.journal.append(admitted(*map(read, range(1, 6))))
    assert verify(desk.journal).ok
    desk.forge(forgery)
    verdict = verify(desk.journal)
    assert verdict.first_bad == first_bad, verdict
    assert words in verdict.why


def test_lines_are_not_changed_by_accident(desk: Desk) -> None:
    desk.journal.append(admitted(read(1)))
    connection = sqlite3.connect(desk.file)
    with pytest.raises(sqlite3.IntegrityError, match="never changed"):
        connection.execute("UPDATE journal SET body='{}' WHERE seq=1")
    connection.close()


def test_a_line_that_was_damaged_does_not_hold_up_the_others(desk: Desk) -> None:
    desk.journal.append(admitted(read(1), read(2), read(3)))
    desk.forge("UPDATE journal SET body='{\"plate\":' WHERE seq=2")
    assert [entry.seq for entry in desk.journal.after(0)] == [1, 3]
    assert [entry.seq for entry in desk.journal.after(1, most=1)] == [3], "nothing would say that there is no more"


def test_retention_erases_what_is_old_and_not_held_in_small_steps(desk: Desk) -> None:
    desk.journal.append(admitted(*map(read, range(1, 6)), EVERYTHING[3], at=NOW - timedelta(days=31)))
    desk.journal.append(admitted(read(9, plate_picture=JPEG), at=NOW - timedelta(days=2)))
    hold(desk.journal, [2], "hit 1")
    hold(desk.journal, [4], "incident 7", until=NOW + timedelta(days=1))
    before = NOW - timedelta(days=30)
    assert erase(desk.journal, EventKind.PLATE, before, NOW, most=2) == 2
    assert erase(desk.journal, EventKind.PLATE, before, NOW) == 1
    assert erase(desk.journal, EventKind.PLATE, before, NOW) == 0
    assert [entry.seq for entry in desk.journal.after(0)] == [2, 4, 6, 7]
    assert verify(desk.journal).ok
    release(desk.journal, "hit 1")
    assert erase(desk.journal, EventKind.PLATE, before, NOW + timedelta(days=2)) == 2, "the other's time is over"
    assert erase(desk.journal, EventKind.PLATE, NOW, NOW) == 1
    assert desk.journal.pictures(7).plate == b""
    assert [entry.seq for entry in desk.journal.after(0)] == [6], "another kind has another time"


def test_what_is_erased_cannot_be_guessed_from_what_stays(desk: Desk) -> None:
    desk.journal.append(admitted(read(1)))
    connection = sqlite3.connect(desk.file)
    assert '"salt":"' in str(connection.execute("SELECT body FROM journal").fetchone()[0])
    connection.close()
    erase(desk.journal, EventKind.PLATE, NOW + timedelta(1), NOW)
    desk.journal.close()
    assert b"ABC1" not in desk.file.read_bytes(), "nor is it left in the file"


def test_an_erased_beginning_is_cut_off_and_the_rest_is_still_proved(desk: Desk) -> None:
    desk.journal.append(admitted(*map(read, range(1, 6))))
    erase(desk.journal, EventKind.PLATE, NOW + timedelta(1), NOW, most=3)
    assert trim(desk.journal, most=2) == 2
    assert trim(desk.journal) == 1
    assert trim(desk.journal) == 0
    assert verify(desk.journal).entries == 2
    erase(desk.journal, EventKind.PLATE, NOW + timedelta(1), NOW)
    assert trim(desk.journal) == 1, "the newest line stays: the chain goes on from it"
    (entry,) = desk.journal.append(admitted(read(6)))
    assert entry.seq == 6
    assert verify(desk.journal).ok
    desk.forge("UPDATE journal_start SET hash=x'00'")
    assert verify(desk.journal).first_bad == 5


def test_a_full_disk_is_one_sentence_and_nothing_is_half_there(desk: Desk) -> None:
    desk.journal.append(admitted(read(1)))
    with desk.journal.engine.connect() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    large = [read(number, scene_picture=JPEG * 5000) for number in range(2, 12)]
    with pytest.raises(DatabaseError, match="full"):
        desk.journal.append(admitted(*large))
    assert desk.journal.last() == 1
    with desk.journal.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count=100000")
    assert len(desk.journal.append(admitted(*large))) == 10
    assert verify(desk.journal).ok


WRITER = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from console.model.journal import admit
from console.store.database import open_database, sqlite_url
from console.store.journal import Journal
from drivers.events import PlateRead
folder, first = Path(sys.argv[1]), int(sys.argv[2])
journal = Journal(open_database(sqlite_url(folder / "journal.db")), "desk-1", head=folder / "journal.head")
now = datetime.now(UTC)
while True:
    batch = [PlateRead(source="gate", id=str(first + n), at=now, plate=f"P{first + n}") for n in range(20)]
    journal.append([admit(read, now) for read in batch])
    first += 20
    sys.stdout.write(f"{first}\\n")
    sys.stdout.flush()
"""


def test_nothing_that_was_acknowledged_is_lost_by_sigkill(tmp_path: Path) -> None:
    acknowledged = 0
    for round_number in range(4):
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), str(acknowledged)],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        assert writer.stdout is not None
        for _ in range(3 + 7 * round_number):
            acknowledged = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL)
        lines = writer.stdout.read().split()
        writer.wait(20)
        writer.stdout.close()
        acknowledged = int(lines[-1]) if lines else acknowledged
        desk = Desk(tmp_path)
        assert verify(desk.journal).ok
        kept = {entry.event.id for entry in desk.journal.after(0, 100_000)}
        assert {str(number) for number in range(acknowledged)} <= kept
        desk.journal.close()


words = st.text(max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    plate=st.text(min_size=1, max_size=50),
    identity=st.text(min_size=1, max_size=220),
    region=words,
    confidence=st.one_of(st.none(), st.floats(allow_nan=True, allow_infinity=True)),
    latitude=st.floats(allow_nan=True, allow_infinity=True),
    at=st.datetimes(timezones=st.just(UTC)),
)
def test_whatever_is_admitted_comes_back_the_same(
    plate: str, identity: str, region: str, confidence: float | None, latitude: float, at: datetime
) -> None:
    event = PlateRead(
        source="gate",
        id=identity,
        at=at,
        plate=plate,
        region=region,
        confidence=confidence,
        place=GeoPlace(latitude, 7.0),
    )
    try:
        item = admit(event, NOW)
    except ValueError:
        return
    body = body_of(item.event, item.marks, 0, "00")
    body.encode("utf-8")
    assert event_from("plate", micros(item.event.at), body) == (item.event, item.marks, 0)


def test_what_is_no_body_is_a_value_error() -> None:
    for body in ("", "[]", "{", '{"plate":1,"nothing":2}', '{"place":7}', '{"marks":["x"]}', "null", '{"merged":"x"}'):
        with pytest.raises(ValueError):
            event_from("plate", 0, body)
    with pytest.raises(ValueError):
        event_from("nothing", 0, "{}")
