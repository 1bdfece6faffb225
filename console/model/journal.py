"""What is kept of an event: when it came in, by which console, and what was odd about it."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from drivers.events import (
    LONGEST_ID,
    LONGEST_PLATE,
    MOST_CANDIDATES,
    MOST_PICTURE,
    NO_LOOK,
    YEARS,
    Candidate,
    Event,
    EventKind,
    PlateRead,
    VehicleLook,
    VehiclePosition,
    WeatherEvent,
    made_id,
)
from drivers.types import GeoPlace
from drivers.words import clean

FUTURE_SECONDS = 60.0
"""An event that claims to happen so much later than it came in has a wrong clock."""
PAST_SECONDS = 3600.0
"""One that is older than this when it comes in waited somewhere, or has a wrong clock."""
_LONGEST_WORD = 200


class Mark(enum.StrEnum):
    """What is odd about an event. It is kept all the same."""

    FUTURE = "future"
    PAST = "past"
    CLEANED = "cleaned"
    """Something in it was no text, no number, too long or out of range and was mended or left out."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of the journal. ``seq`` counts from 1 without gaps, ``received`` is UTC by this console's clock,
    ``station`` the computer that took it in, ``merged`` how many further events were merged into this one. Read back
    from disk it brings no pictures."""

    seq: int
    event: Event
    received: datetime
    station: str
    marks: frozenset[Mark] = frozenset()
    merged: int = 0


class NotAdmitted(ValueError):
    """An event that cannot be kept: who sent it and why, in one sentence."""

    def __init__(self, source: str, problem: str) -> None:
        self.source = source
        super().__init__(f"{source or 'a source without a name'}: an event was not taken in: {problem}.")


@dataclass(frozen=True, slots=True)
class Admitted:
    """An event fit for the journal, and how many were merged into it while it waited."""

    event: Event
    received: datetime
    marks: frozenset[Mark] = frozenset()
    merged: int = 0


def admit(event: Event, now: datetime) -> Admitted:
    """Check and mend what a feed hands over: whatever it is made of, what comes out is bounded, clean and of the right
    types. Raises NotAdmitted where nothing can be kept: no source, no id, no time, a plate without a character."""
    source, name = clean(event.source, _LONGEST_WORD), event.id
    if not source or source != event.source:
        raise NotAdmitted(source, "its source has no proper name")
    if not isinstance(name, str) or not name or len(name) > LONGEST_ID:
        raise NotAdmitted(source, f"its id is not a text of 1 to {LONGEST_ID} characters")
    at = event.at
    if not isinstance(at, datetime) or at.tzinfo is None or not YEARS[0] <= at.year <= YEARS[1]:
        raise NotAdmitted(source, "its time is none, or has no zone")
    mended: dict[str, Any] = {}
    if (word := clean_id(name)) != name:
        mended["id"] = word
    if at.tzinfo is not UTC:
        mended["at"] = at.astimezone(UTC)
    _common(event, mended)
    _MENDERS.get(event.kind, _no_more)(event, mended)
    early = (at - now).total_seconds()
    if not mended and -PAST_SECONDS <= early <= FUTURE_SECONDS:  # nearly always
        return Admitted(event, now)
    marks = set()
    if mended.keys() - {"at"}:
        marks.add(Mark.CLEANED)
    if early > FUTURE_SECONDS:
        marks.add(Mark.FUTURE)
    elif early < -PAST_SECONDS:
        marks.add(Mark.PAST)
    return Admitted(replace(event, **mended) if mended else event, now, frozenset(marks))


def clean_id(name: str) -> str:
    """An id that every database takes; two different ids stay different."""
    return name if name.isascii() and name.isprintable() else made_id(name)


_URGENT = frozenset({EventKind.SHOT, EventKind.SENSOR, EventKind.DOOR, EventKind.CAMERA, EventKind.LAMP})


def urgent(event: Event) -> bool:
    """Whether this goes before what can wait a few seconds. It is a matter of the kind alone: a door that closes must
    not be overtaken by the same door forced open later, or the other way round."""
    return event.kind in _URGENT


def merge_key(event: Event) -> tuple[object, ...] | None:
    """Events of the same key may stand for each other while they wait: the newest is kept. None: never, as with all
    that may be an alarm. A plate is only merged with a read of the same car that says the same, in all that hotlists
    look at."""
    match event:
        case PlateRead() if event.car:
            return (event.source, "plate", event.camera, event.car, event.plate, event.region, event.candidates)
        case VehiclePosition():
            return (event.source, "vehicle", event.vehicle)
        case WeatherEvent() if not event.alarm:
            return (event.source, "weather", event.what)
        case _:
            return None


def _common(event: Event, mended: dict[str, Any]) -> None:
    place = event.place
    if place is not None:
        sound = isinstance(place, GeoPlace) and _within(place.latitude, -90, 90) and _within(place.longitude, -180, 180)
        if not sound:
            mended["place"] = None
        elif (place.height is not None or place.heading is not None) and not (
            _within(place.height, -1e4, 1e5, True) and _within(place.heading, 0, 360, True)
        ):
            mended["place"] = GeoPlace(place.latitude, place.longitude)
    if event.accuracy is not None and not _within(event.accuracy, 0, 1e6):
        mended["accuracy"] = None


def _plate(event: Event, mended: dict[str, Any]) -> None:
    assert isinstance(event, PlateRead)
    plate = clean(event.plate, LONGEST_PLATE)
    if not (plate.isalnum() or any(char.isalnum() for char in plate)):
        raise NotAdmitted(event.source, "its plate has no letter and no digit")
    if plate != event.plate:
        mended["plate"] = plate
    _words(event, mended, "region", "camera", "direction", "car")
    _numbers(event, mended, confidence=(0, 1), heading=(0, 360), speed=(0, 200))
    listed = event.candidates
    if len(listed) > MOST_CANDIDATES or not all(map(_sound_candidate, listed)):
        kept = tuple(
            replace(each, plate=text, confidence=each.confidence if _within(each.confidence, 0, 1, True) else None)
            for each in event.candidates[:MOST_CANDIDATES]
            if (text := clean(each.plate, LONGEST_PLATE))
        )
        if kept != listed:
            mended["candidates"] = kept
    look = event.look
    if look is not NO_LOOK:
        words = [look.body, look.make, look.model, look.colour, look.year]
        cleaned = [clean(word) for word in words]
        if cleaned != words:
            mended["look"] = VehicleLook(*cleaned)
    if event.box is not None and not _sound_box(event.box):
        mended["box"] = None
    for role, picture in (("plate_picture", event.plate_picture), ("scene_picture", event.scene_picture)):
        if picture and (not isinstance(picture, bytes) or len(picture) > MOST_PICTURE or picture[:2] != b"\xff\xd8"):
            mended[role] = b""


def _sound_box(box: object) -> bool:
    if not isinstance(box, tuple) or len(box) != 4:
        return False
    left, top, width, height = box
    return _within(left, 0, 1) and _within(top, 0, 1) and _within(width, 0, 1) and _within(height, 0, 1)


def _sound_candidate(each: Candidate) -> bool:
    return clean(each.plate, LONGEST_PLATE) == each.plate != "" and _within(each.confidence, 0, 1, True)


def _shot(event: Event, mended: dict[str, Any]) -> None:
    _words(event, mended, "alert")
    _numbers(event, mended, confidence=(0, 1), rounds=(0, 10_000))


def _sensor(event: Event, mended: dict[str, Any]) -> None:
    _words(event, mended, "sensor")
    _numbers(event, mended, amplitude=(-1e12, 1e12))


def _door(event: Event, mended: dict[str, Any]) -> None:
    _words(event, mended, "door", "what", "who")


def _lamp(event: Event, mended: dict[str, Any]) -> None:
    _words(event, mended, "lamp", "fault")


def _camera(event: Event, mended: dict[str, Any]) -> None:
    _words(event, mended, "camera", "what")


def _weather(event: Event, mended: dict[str, Any]) -> None:
    _words(event, mended, "what")
    _numbers(event, mended, value=(-1e12, 1e12))


def _vehicle(event: Event, mended: dict[str, Any]) -> None:
    _words(event, mended, "vehicle")
    _numbers(event, mended, speed=(0, 1000), heading=(0, 360))


def _no_more(event: Event, mended: dict[str, Any]) -> None:
    pass


_MENDERS = {
    EventKind.PLATE: _plate,
    EventKind.SHOT: _shot,
    EventKind.SENSOR: _sensor,
    EventKind.DOOR: _door,
    EventKind.LAMP: _lamp,
    EventKind.CAMERA: _camera,
    EventKind.WEATHER: _weather,
    EventKind.VEHICLE: _vehicle,
}


def _words(event: Event, mended: dict[str, Any], *names: str) -> None:
    for name in names:
        word = getattr(event, name)
        if word and (kept := clean(word, _LONGEST_WORD)) != word:
            mended[name] = kept


def _numbers(event: Event, mended: dict[str, Any], **ranges: tuple[float, float]) -> None:
    for name, (least, most) in ranges.items():
        value = getattr(event, name)
        if value is not None and not _within(value, least, most):
            mended[name] = None


def _within(value: object, least: float, most: float, none: bool = False) -> bool:
    if type(value) is float:  # nearly always; what is no number is within nothing
        return least <= value <= most
    if value is None:
        return none
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and least <= value <= most
    )
