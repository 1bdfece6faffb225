"""Events as JSON for the journal, and back. What is as usual is left out, so that a line is short."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, NamedTuple

from console.model.journal import Mark
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

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
PICTURES = ("plate_picture", "scene_picture")
_CLASSES: Mapping[str, type[Event]] = {
    each.kind.value: each
    for each in (
        PlateRead, Shot, SensorArrival, DoorEvent, LampEvent, CameraEvent, WeatherEvent, VehiclePosition,
    )
}  # fmt: skip
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False, allow_nan=False).encode


def micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware time."""
    return (moment - EPOCH) // _MICROSECOND


def moment(micros: int) -> datetime:
    """The aware UTC time of so many microseconds since 1970."""
    return EPOCH + timedelta(microseconds=micros)


class Body(NamedTuple):
    """What is read back of a line: the event without its pictures, and what was noted beside it."""

    event: Event
    marks: frozenset[Mark]
    merged: int


def _place(place: GeoPlace) -> list[float | None]:
    if place.height is None and place.heading is None:
        return [place.latitude, place.longitude]
    return [place.latitude, place.longitude, place.height, place.heading]


def _many(values: tuple[Any, ...]) -> list[Any]:
    return [[each.plate, each.confidence] if type(each) is Candidate else each for each in values]


_WRITERS: Mapping[type, Callable[[Any], Any]] = {
    GeoPlace: _place,
    VehicleLook: lambda look: [look.body, look.make, look.model, look.colour, look.year],
    tuple: _many,
}
_AS_IT_IS = frozenset({str, float, int, bool})


def _plain(value: Any) -> Any:
    """What JSON takes of a field's value that is none of ``_AS_IT_IS``."""
    if writer := _WRITERS.get(type(value)):
        return writer(value)
    if isinstance(value, str | int | float):  # an enum
        return value
    raise TypeError(f"{type(value).__name__} cannot be kept in the journal")


class _Fields(NamedTuple):
    """What is kept of a class of events: names and usual values of its fields, and what reads all of them at once."""

    names: tuple[str, ...]
    usual: tuple[Any, ...]
    read: Callable[[Event], tuple[Any, ...]]


def _fields_of(event_class: type[Event]) -> _Fields:
    kept = [field for field in dataclasses.fields(event_class) if field.name not in ("at", *PICTURES)]
    names = tuple(field.name for field in kept)
    return _Fields(names, tuple(field.default for field in kept), attrgetter(*names))


_FIELDS: Mapping[type[Event], _Fields] = {each: _fields_of(each) for each in _CLASSES.values()}


def body_of(event: Event, marks: frozenset[Mark], merged: int, salt: str) -> str:
    """The line of an event. ``salt`` makes the hash of an erased line worthless to whoever guesses what it said.
    Pictures are named by their SHA-256."""
    names, usually, read = _FIELDS[type(event)]
    body: dict[str, Any] = {
        name: value if type(value) in _AS_IT_IS else _plain(value)
        for name, value, usual in zip(names, read(event), usually, strict=True)
        if value is not usual and value != usual
    }
    if isinstance(event, PlateRead):
        for role, picture in zip(PICTURES, (event.plate_picture, event.scene_picture), strict=True):
            if picture:
                body[role] = hashlib.sha256(picture).hexdigest()
    if marks:
        body["marks"] = sorted(marks)
    if merged:
        body["merged"] = merged
    body["salt"] = salt
    return _dumps(body)


def event_from(kind: str, at: int, body: str) -> Body:
    """The event of a line. Raises ValueError for what ``body_of`` did not write."""
    try:
        fields = json.loads(body)
        event_class = _CLASSES[kind]
        for name in ("salt", *PICTURES):
            fields.pop(name, None)
        marks = frozenset(map(Mark, fields.pop("marks", ())))
        merged = int(fields.pop("merged", 0))
        for name, reader in _READERS.items():
            if name in fields:
                fields[name] = reader(fields[name])
        return Body(event_class(at=moment(at), **fields), marks, merged)
    except (KeyError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ValueError(f"no event: {error}") from None


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "place": lambda value: GeoPlace(*value),
    "look": lambda value: VehicleLook(*value),
    "candidates": lambda value: tuple(Candidate(*each) for each in value),
    "box": tuple,
    "heard": ShotClass,
}


def event_key(event: Event) -> bytes:
    """What is the same for the same event of the same source, and for no other: 16 bytes."""
    name = f"{event.source}\x1f{event.id}"
    return hashlib.blake2b(name.encode("utf-8", "backslashreplace"), digest_size=16).digest()


def kinds_of(kinds: frozenset[EventKind] | None) -> list[str] | None:
    """For a query; None is all of them."""
    return None if kinds is None else sorted(kind.value for kind in kinds)
