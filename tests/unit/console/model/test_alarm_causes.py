"""What of the journal is an alarm, and what ends one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import pytest
from alarm_made import NOON, at

from console.model.alarm_causes import Named, alarms_of, feed_trouble, may_move
from console.model.alarms import Cause, Over, Priority
from drivers.events import (
    CameraEvent,
    DoorEvent,
    Event,
    LampEvent,
    PlateRead,
    Shot,
    ShotClass,
    VehiclePosition,
    WeatherEvent,
)
from drivers.types import GeoPlace

HERE = GeoPlace(51.0, 0.1)


@dataclass(frozen=True)
class Entry:
    """A journal entry."""

    event: Event
    seq: int = 7
    received: datetime = NOON
    marks: frozenset[str] = frozenset()


def naming(device: str) -> Named | None:
    return Named(17, "Main St", HERE) if device == "cam" else None


class All:
    """Every alarm stands."""

    def __contains__(self, key: object) -> bool:
        return True


def found(event: Event, standing: object = (), marks: frozenset[str] = frozenset()) -> list[Cause | Over]:
    return list(alarms_of(Entry(event, marks=marks), standing, naming))  # type: ignore[arg-type]


BASE = {"source": "Depot", "id": "1", "at": at(0)}


@pytest.mark.parametrize(
    ("event", "priority", "title"),
    [
        (CameraEvent(**BASE, camera="cam", what="NO SIGNAL"), Priority.MEDIUM, "17 Main St: no signal"),
        (CameraEvent(**BASE, camera="x", what="REFUSED"), Priority.MEDIUM, "x: password refused"),
        (CameraEvent(**BASE, camera="cam", what="Tamper", alarm=True), Priority.HIGH, "17 Main St: Tamper"),
        (DoorEvent(**BASE, door="north", what="Forced open", alarm=True), Priority.HIGH, "Door north: Forced open"),
        (DoorEvent(**BASE, door="north", what="held open", alarm=True), Priority.MEDIUM, "Door north: held open"),
        (LampEvent(**BASE, lamp="L1", fault="no power"), Priority.LOW, "Lamp L1: no power"),
        (Shot(**BASE, heard=ShotClass.MULTIPLE, rounds=4, alert="a"), Priority.CRITICAL, "Gunshot, 4 rounds"),
        (Shot(**BASE, heard=ShotClass.SINGLE, rounds=1), Priority.CRITICAL, "Gunshot, 1 round"),
        (Shot(**BASE, heard=ShotClass.POSSIBLE), Priority.HIGH, "Possible gunshot"),
        (WeatherEvent(**BASE, what="Severe gale", alarm=True), Priority.MEDIUM, "Weather: Severe gale"),
    ],
)
def test_what_raises(event: Event, priority: Priority, title: str) -> None:
    (cause,) = found(event)
    assert isinstance(cause, Cause)
    assert (cause.priority, cause.title, cause.seq) == (priority, title, 7)


@pytest.mark.parametrize(
    ("raises", "ends"),
    [
        (CameraEvent(**BASE, camera="cam", what="NO SIGNAL"), CameraEvent(**BASE, camera="cam", what="LIVE")),
        (
            CameraEvent(**BASE, camera="cam", what="Tamper", alarm=True),
            CameraEvent(**BASE, camera="cam", what="tamper"),
        ),
        (DoorEvent(**BASE, door="n", what="forced", alarm=True), DoorEvent(**BASE, door="n", what="Closed")),
        (LampEvent(**BASE, lamp="L1", fault="x"), LampEvent(**BASE, lamp="L1", fault="")),
        (
            Shot(**BASE, heard=ShotClass.SINGLE, alert="a"),
            Shot(**BASE, heard=ShotClass.NO_SHOT, alert="a"),
        ),
        (WeatherEvent(**BASE, what="gale", alarm=True), WeatherEvent(**BASE, what="gale")),
    ],
)
def test_what_ends_has_the_key_of_what_raised_and_says_nothing_where_nothing_stands(raises: Event, ends: Event) -> None:
    (cause,) = found(raises)
    assert found(ends) == []
    end = next(each for each in found(ends, All()) if each.key == cause.key)
    assert isinstance(end, Over)


@pytest.mark.parametrize(
    "event",
    [
        CameraEvent(**BASE, camera="cam", what="motion"),
        DoorEvent(**BASE, door="n", what="opened"),
        PlateRead(**BASE, plate="ABC"),
        VehiclePosition(**BASE, vehicle="v"),
        WeatherEvent(**BASE, what="wind", value=3.0),
    ],
)
def test_what_is_no_alarm(event: Event) -> None:
    assert found(event) == []


def test_a_clock_that_is_wrong_and_right_again() -> None:
    read = PlateRead(**BASE, plate="ABC")
    (cause,) = found(read, marks=frozenset({"future"}))
    assert isinstance(cause, Cause)
    assert (cause.kind, cause.priority) == ("clock", Priority.LOW)
    assert "ahead of" in cause.why
    (end,) = found(read, {cause.key})
    assert isinstance(end, Over)
    assert len(found(DoorEvent(**BASE, door="n", what="forced", alarm=True), marks=frozenset({"past"}))) == 2


def test_what_the_site_knows_of_a_camera_is_told() -> None:
    (cause,) = found(CameraEvent(**BASE, camera="cam", what="no signal"))
    assert isinstance(cause, Cause)
    assert (cause.cameras, cause.place) == ((17,), HERE)


def test_words_of_devices_are_cleaned() -> None:
    (cause,) = found(DoorEvent(**BASE, door="a\u202eb\n" + "x" * 9000, what="forced\0", alarm=True))
    assert isinstance(cause, Cause)
    assert "\u202e" not in cause.title
    assert "\n" not in cause.title
    assert len(cause.title) < 200


def test_feeds_and_stops() -> None:
    cause, end = feed_trouble("Reader", "no answer", NOON), feed_trouble("Reader", "", NOON)
    assert isinstance(cause, Cause)
    assert isinstance(end, Over)
    assert cause.key == end.key
    moving, stands = may_move("cam", "It may move.", NOON, naming), may_move("cam", "", NOON)
    assert isinstance(moving, Cause)
    assert (moving.title, moving.cameras, moving.priority) == ("17 Main St may still move", (17,), Priority.HIGH)
    assert stands.key == moving.key
