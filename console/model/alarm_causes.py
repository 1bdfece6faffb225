"""What of that which happens in the world is an alarm: each journal entry becomes causes and ends of alarms. Pure.

Only what is decided from a single record stands here; hits on hotlists, shots that several sensors tell of and other
findings raise their alarms through the alarm desk."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from console.model.alarms import Cause, Over, Priority
from drivers.events import (
    CameraEvent,
    DoorEvent,
    Event,
    EventKind,
    LampEvent,
    Shot,
    ShotClass,
    WeatherEvent,
)
from drivers.types import GeoPlace
from drivers.words import clean

CLOCK, FEED, MOVING = "clock", "feed", "moving"
"""Kinds of alarms about the console's own sources and devices; the others are kinds of events, and ``hit``."""
HIT = "hit"
_GONE = {
    "NO SIGNAL": ("no signal", "No picture comes from this camera."),
    "REFUSED": ("password refused", "The camera refused user name or password; it is not tried again by itself."),
    "STALE": ("picture stands still", "No new picture has come from this camera for some time."),
}
_TO_NORMAL = frozenset({"closed", "secured", "secure", "normal", "locked"})
_FORCED = ("forced", "duress", "tamper", "broken", "breach")
_WRONG_CLOCK = frozenset({"future", "past"})


class Reported(Protocol):
    """A journal entry, as far as this is concerned."""

    @property
    def seq(self) -> int:
        """Its number."""

    @property
    def event(self) -> Event:
        """What happened."""

    @property
    def received(self) -> datetime:
        """When it came."""

    @property
    def marks(self) -> AbstractSet[str]:
        """What is odd about it."""


@dataclass(frozen=True, slots=True)
class Named:
    """What the site knows of a device: its camera number (0: it is no camera), its name, where it stands."""

    number: int = 0
    name: str = ""
    place: GeoPlace | None = None


Naming = Callable[[str], Named | None]
"""Gives what the site knows of a device by its id or name."""


def unknown(device: str) -> Named | None:
    """For a site that knows nothing."""
    return None


def alarms_of(entry: Reported, standing: Container[str], naming: Naming = unknown) -> Iterator[Cause | Over]:
    """The causes and ends of alarms in an entry. ``standing``: the keys of alarms that are not closed; only those can
    end."""
    event = entry.event
    yield from _clock(entry, standing)
    match event:
        case CameraEvent():
            found: Iterator[Cause | Over] = _camera(entry, event, naming)
        case DoorEvent():
            found = _door(entry, event)
        case LampEvent():
            found = _lamp(entry, event)
        case Shot():
            found = _shot(entry, event)
        case WeatherEvent():
            found = _weather(entry, event)
        case _:
            return
    for each in found:
        if isinstance(each, Cause) or each.key in standing:
            yield each


def _clock(entry: Reported, standing: Container[str]) -> Iterator[Cause | Over]:
    source = entry.event.source
    key = f"clock:{source}"
    wrong = sorted(_WRONG_CLOCK.intersection(entry.marks))
    if wrong:
        side = "ahead of" if "future" in wrong else "far behind"
        yield Cause(
            key=key, kind=CLOCK, priority=Priority.LOW, title=f"Clock of {clean(source)}",
            why=f"Its times are {side} this console's; they are kept and marked. Set its clock.",
            at=entry.received, source=source, seq=entry.seq,
        )  # fmt: skip
    elif key in standing:
        yield Over(key=key, at=entry.received, why="its times are right again", seq=entry.seq)


def _camera(entry: Reported, event: CameraEvent, naming: Naming) -> Iterator[Cause | Over]:
    known = naming(event.camera) or Named()
    cameras = (known.number,) if known.number else ()
    name = f"{known.number} {known.name}".strip() if known.number else clean(known.name or event.camera)
    picture = f"camera:{event.camera}:picture"
    word = event.what.strip().upper()
    if word in _GONE:
        yield Cause(
            key=picture, kind=EventKind.CAMERA, priority=Priority.MEDIUM, title=f"{name}: {_GONE[word][0]}",
            why=_GONE[word][1], at=event.at, source=event.source, device=event.camera,
            cameras=cameras, place=event.place or known.place, accuracy=event.accuracy, seq=entry.seq,
        )  # fmt: skip
        return
    if word == "LIVE":
        yield Over(key=picture, at=event.at, why="its picture is back", seq=entry.seq)
        return
    key = f"camera:{event.camera}:{event.what.casefold()}"
    if event.alarm:
        what = clean(event.what) or "alarm"
        yield Cause(
            key=key, kind=EventKind.CAMERA, priority=Priority.HIGH, title=f"{name}: {what}",
            why=f"The camera reports: {what}.", at=event.at, source=event.source, device=event.camera, cameras=cameras,
            place=event.place or known.place, accuracy=event.accuracy, seq=entry.seq, momentary=True,
        )  # fmt: skip
    else:
        yield Over(key=key, at=event.at, why="the camera says that it is over", seq=entry.seq)


def _door(entry: Reported, event: DoorEvent) -> Iterator[Cause | Over]:
    key = f"door:{event.source}:{event.door}"
    said = clean(event.what) or "alarm"
    if event.alarm:
        forced = any(word in event.what.casefold() for word in _FORCED)
        by = f" ({clean(event.who)})" if event.who else ""
        yield Cause(
            key=key, kind=EventKind.DOOR, priority=Priority.HIGH if forced else Priority.MEDIUM,
            title=f"Door {clean(event.door)}: {said}", why=f"{clean(event.source)} reports {said}{by}.", at=event.at,
            source=event.source, device=event.door, place=event.place, accuracy=event.accuracy, seq=entry.seq,
            momentary=True,
        )  # fmt: skip
    elif event.what.strip().casefold() in _TO_NORMAL:
        yield Over(key=key, at=event.at, why=f"the door is {said}", seq=entry.seq)


def _lamp(entry: Reported, event: LampEvent) -> Iterator[Cause | Over]:
    key = f"lamp:{event.source}:{event.lamp}"
    if not event.fault:
        yield Over(key=key, at=event.at, why="the lamp is well again", seq=entry.seq)
        return
    yield Cause(
        key=key, kind=EventKind.LAMP, priority=Priority.LOW, title=f"Lamp {clean(event.lamp)}: {clean(event.fault)}",
        why=f"{clean(event.source)} says that this lamp is faulty.", at=event.at, source=event.source,
        device=event.lamp, place=event.place, accuracy=event.accuracy, seq=entry.seq,
    )  # fmt: skip


def _shot(entry: Reported, event: Shot) -> Iterator[Cause | Over]:
    key = f"shot:{event.source}:{event.alert or event.id}"
    if event.heard is ShotClass.NO_SHOT:
        yield Over(key=key, at=event.at, why="the detector took it back: no shot", seq=entry.seq)
        return
    rounds = "" if not event.rounds else f", {event.rounds} round{'s' if event.rounds != 1 else ''}"
    possible = event.heard is ShotClass.POSSIBLE
    sure = "" if event.confidence is None else f" It is {event.confidence:.0%} sure."
    yield Cause(
        key=key, kind=EventKind.SHOT, priority=Priority.HIGH if possible else Priority.CRITICAL,
        title=f"{'Possible gunshot' if possible else 'Gunshot'}{rounds}",
        why=f"{clean(event.source)} heard it.{sure}", at=event.at, source=event.source, place=event.place,
        accuracy=event.accuracy, seq=entry.seq, momentary=True, latched=True,
    )  # fmt: skip


def _weather(entry: Reported, event: WeatherEvent) -> Iterator[Cause | Over]:
    key = f"weather:{event.source}:{event.what.casefold()}"
    if not event.alarm:
        yield Over(key=key, at=event.at, why="the warning is over", seq=entry.seq)
        return
    what = clean(event.what) or "warning"
    yield Cause(
        key=key, kind=EventKind.WEATHER, priority=Priority.MEDIUM, title=f"Weather: {what}",
        why=f"{clean(event.source)} warns.", at=event.at, source=event.source, place=event.place,
        accuracy=event.accuracy, seq=entry.seq, momentary=True,
    )  # fmt: skip


def feed_trouble(source: str, sentence: str, at: datetime) -> Cause | Over:
    """What a feed says of itself; "" when it is over."""
    key = f"feed:{source}"
    if not sentence:
        return Over(key=key, at=at, why="it has no trouble any more")
    return Cause(
        key=key, kind=FEED, priority=Priority.MEDIUM, title=f"Trouble with {clean(source)}",
        why=clean(sentence, 300), at=at, source=source,
    )  # fmt: skip


def may_move(device: str, sentence: str, at: datetime, naming: Naming = unknown) -> Cause | Over:
    """A Stop that was not confirmed; "" when it was after all."""
    key = f"moving:{device}"
    if not sentence:
        return Over(key=key, at=at, why="it has stopped after all")
    known = naming(device) or Named()
    name = f"{known.number} {known.name}".strip() if known.number else clean(known.name or device)
    return Cause(
        key=key, kind=MOVING, priority=Priority.HIGH, title=f"{name} may still move", why=clean(sentence, 300), at=at,
        source="this console", device=device, cameras=(known.number,) if known.number else (), place=known.place,
    )  # fmt: skip
