"""Events as JSON for the journal, and back. What is as usual is left out, so that a line is short."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
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


def _plain(value: Any) -> Any:
    """What JSON takes of a field's value."""
    if isinstance(value, str | int | float):
        return value
    if isinstance(value, GeoPlace):
        whole = [value.latitude, value.longitude, value.height, value.heading]
        return whole if value.height is not None or value.heading is not None else whole[:2]
    if isinstance(value, VehicleLook):
        return [value.body, value.make, value.model, value.colour, value.year]
    if isinstance(value, tuple):
        return [[each.plate, each.confidence] if isinstance(each, Candidate) else each for each in value]
    raise TypeError(f"{type(value).__name__} cannot be kept in the journal")


_FIELDS: Mapping[type[Event], tuple[tuple[str, Any], ...]] = {
    each: tuple(
        (field.name, field.default) for field in dataclasses.fields(each) if field.name not in ("at", *PICTURES)
    )
    for each in _CLASSES.values()
}


def body_of(event: Event, marks: frozenset[Mark], merged: int, salt: str) -> str:
    """The line of an event. ``salt`` makes the hash of an erased line worthless to whoever guesses what it said.
    Pictures are named by their SHA-256."""
    body: dict[str, Any] = {}
    for name, usual in _FIELDS[type(event)]:
        value = getattr(event, name)
        if value is not usual and value != usual:
            body[name] = value if type(value) is str else _plain(value)
    for role in PICTURES if isinstance(event, PlateRead) else ():
        if picture := getattr(event, role):
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
