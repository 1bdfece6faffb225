"""Frozen records of what happens in the world: SI units, WGS 84, aware UTC. Feeds hand them over; wire formats end
before they get here. The door in (``console.services.intake``) validates, stamps and journals them.

``source`` and ``id`` together name an event for ever: what comes twice is one event. A source that gives no ids gets
one made of what it sent (``made_id``), so that a repetition is still the same.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol

from drivers.types import GeoPlace

YEARS = (1970, 9990)
"""When an event may have happened."""
LONGEST_ID = 200
LONGEST_PLATE = 32
MOST_CANDIDATES = 16
MOST_PICTURE = 512 * 1024
"""Bytes of a picture that a record may bring; a larger one is left out and counted by the feed."""


class EventKind(enum.StrEnum):
    """What an event is about."""

    PLATE = "plate"
    SHOT = "shot"
    SENSOR = "sensor"
    DOOR = "door"
    LAMP = "lamp"
    CAMERA = "camera"
    WEATHER = "weather"
    VEHICLE = "vehicle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What all have. ``source`` is the configured name of the feed, ``id`` the source's own name of this event, ``at``
    when it happened by the source's clock, ``accuracy`` of the place in metres (one standard deviation)."""

    kind: ClassVar[EventKind]
    source: str
    id: str
    at: datetime
    place: GeoPlace | None = None
    accuracy: float | None = None


@dataclass(frozen=True, slots=True)
class Candidate:
    """Another way to read a plate; ``confidence`` from 0 to 1."""

    plate: str
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class VehicleLook:
    """What a reader says of a car, in its own words, cleaned; "" where it does not say."""

    body: str = ""
    make: str = ""
    model: str = ""
    colour: str = ""
    year: str = ""


NO_LOOK = VehicleLook()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateRead(Event):
    """A plate was read. ``plate`` as the reader wrote it, cleaned, ``region`` its country or state ("us-ca", "DE") as
    given, ``confidence`` from 0 to 1, ``camera`` what the source calls its camera. ``heading`` in degrees clockwise
    from north where the car drives to, ``direction`` the source's word for it, ``speed`` in metres a second. ``car``
    ties together the reads of one car where the source does. ``box`` is where the plate lies in the picture, as shares
    of its size: left, top, width, height. Pictures are JPEG: of the plate, and of the scene."""

    kind: ClassVar[EventKind] = EventKind.PLATE
    plate: str
    confidence: float | None = None
    region: str = ""
    candidates: tuple[Candidate, ...] = ()
    camera: str = ""
    heading: float | None = None
    direction: str = ""
    speed: float | None = None
    look: VehicleLook = NO_LOOK
    car: str = ""
    box: tuple[float, float, float, float] | None = None
    plate_picture: bytes = b""
    scene_picture: bytes = b""


class ShotClass(enum.StrEnum):
    """What a shot detector heard."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    POSSIBLE = "possible"
    NO_SHOT = "no shot"
    """An alert was taken back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shot(Event):
    """A detector located gunfire. An update of an alert is an event of its own with the same ``alert``."""

    kind: ClassVar[EventKind] = EventKind.SHOT
    heard: ShotClass
    rounds: int | None = None
    confidence: float | None = None
    alert: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorArrival(Event):
    """A microphone heard an impulse; ``at`` is its arrival time."""

    kind: ClassVar[EventKind] = EventKind.SENSOR
    sensor: str
    amplitude: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorEvent(Event):
    """A door said something, as "opened", "forced", "held open", "access denied", "closed"."""

    kind: ClassVar[EventKind] = EventKind.DOOR
    door: str
    what: str
    alarm: bool = False
    who: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LampEvent(Event):
    """A lamp became faulty (``fault`` says how) or well again ("")."""

    kind: ClassVar[EventKind] = EventKind.LAMP
    lamp: str
    fault: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraEvent(Event):
    """The state of a camera changed: ``what`` is a tile's word ("NO SIGNAL", "LIVE") or a device's own event."""

    kind: ClassVar[EventKind] = EventKind.CAMERA
    camera: str
    what: str
    alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WeatherEvent(Event):
    """A measurement or warning: ``what`` as "wind" or the headline of a warning, ``value`` in SI units."""

    kind: ClassVar[EventKind] = EventKind.WEATHER
    what: str
    value: float | None = None
    alarm: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VehiclePosition(Event):
    """Where a vehicle of ours is; ``speed`` in metres a second, ``heading`` in degrees."""

    kind: ClassVar[EventKind] = EventKind.VEHICLE
    vehicle: str
    speed: float | None = None
    heading: float | None = None


def made_id(*parts: object) -> str:
    """An id for an event whose source gives none: the same parts make the same id."""
    return hashlib.blake2b("\x1f".join(map(str, parts)).encode("utf-8", "replace"), digest_size=16).hexdigest()


class Receipt(Protocol):
    """What became of events that were handed in."""

    def wait(self, seconds: float) -> bool:
        """Whether all of them are on disk, waiting so long at most; False also where the door had no room for some.
        What can never be kept is not waited for."""

    def then(self, done: Callable[[bool], None]) -> None:
        """Call ``done`` once, in whatever thread, when they are on disk (True) or have to be sent again (False)."""


Deliver = Callable[[list[Event]], Receipt]
"""The door in, as feeds see it: any thread, returns at once. A sender is answered well only when its events are on disk
(``Receipt``)."""


@dataclass(frozen=True, slots=True)
class FeedCounts:
    """What a feed counted since it started. ``last`` is when it last heard anything."""

    received: int = 0
    refused: int = 0
    """Messages that could not be understood or were not allowed in."""
    left_out: int = 0
    """Pictures too large, candidates too many."""
    last: datetime | None = None


class EventFeed(Protocol):
    """Something that reports events by itself. ``name`` is the source of its events."""

    name: str

    def start(self, deliver: Deliver, trouble: Callable[[str], None]) -> None:
        """Connect or listen; returns soon and goes on trying. ``trouble`` takes one sentence when something is wrong,
        "" when it is over; it is called in a thread of the feed."""

    def counts(self) -> FeedCounts:
        """What came so far; any thread."""

    def stop(self) -> None:
        """Disconnect and end every thread."""
