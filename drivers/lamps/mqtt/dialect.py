"""What the dialects have in common: which topics belong to which lamp, and the records that they make of messages."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from drivers.lamps.mqtt.config import ConfiguredLamp
from drivers.lamps.mqtt.wire import BadPayloadError, topic_name
from drivers.luminaires import LampFault, LampGroup, Luminaire
from drivers.mqtt_link import Message as Message
from drivers.words import clean

MAX_LAMPS = 20_000
"""More lamps than this are not taken from one broker."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one message told of one lamp; None: nothing. ``refused`` says why the lamp does not do what it was told,
    ``lost`` why that never came to it."""

    id: str
    level: float | None = None
    power: float | None = None
    energy: float | None = None
    here: bool | None = None
    faults: tuple[LampFault, ...] | None = None
    refused: str = ""
    lost: str = ""


@dataclass(slots=True)
class Heard:
    """What one or more messages brought. ``lamps``: the list of lamps or groups changed; ``subscribe`` and ``send``
    are to be done because of it, ``log`` are lines for the technician."""

    readings: list[Reading] = field(default_factory=list)
    lamps: bool = False
    subscribe: list[str] = field(default_factory=list)
    send: list[Message] = field(default_factory=list)
    log: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Wire:
    """How one lamp is reached. ``listens`` are the topics that it speaks on, with what each is for; ``scale`` is its
    brightness at 100 %; ``words`` what it says when it comes and goes."""

    lamp: Luminaire
    command: str
    listens: tuple[tuple[str, str], ...]
    scale: float = 100.0
    programme: float | None = None
    words: tuple[str, str] = ("online", "offline")
    source: str = ""
    """The topic that announced it, "" where it was configured."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An order for one lamp: the level until then, and the level that it goes back to."""

    level: float
    seconds: float
    until: datetime
    ramp: float
    back: float


class Dialect(ABC):
    """One set of lamps. Everything is called under the driver's lock."""

    expires = False
    ramps = False
    has_groups = False
    power = False

    def __init__(self, named: Sequence[ConfiguredLamp], programme: float | None) -> None:
        self.wires: dict[str, Wire] = {}
        self._routes: dict[str, tuple[str, str]] = {}
        self._named = {each.topic: each for each in named}
        self._programme = programme

    @property
    @abstractmethod
    def filters(self) -> tuple[str, ...]:
        """What to subscribe to for announcements."""

    @abstractmethod
    def announced(self, topic: str, payload: bytes, heard: Heard) -> bool:
        """Take an announcement; False where the topic means nothing here. Raises BadPayloadError."""

    @abstractmethod
    def read(self, wire: Wire, kind: str, payload: bytes) -> Reading | None:
        """What a lamp told on a topic of this kind. Raises BadPayloadError."""

    @abstractmethod
    def command(self, wire: Wire, wanted: Wanted) -> list[Message]:
        """Bring a lamp to a level; where ``ends`` is true, in words that the lamp ends itself."""

    @abstractmethod
    def back(self, wire: Wire, level: float) -> list[Message]:
        """End an order now, whoever gave it: bring the lamp back to ``level``."""

    def ends(self, wire: Wire, wanted: Wanted) -> bool:
        """Whether the lamp itself will end this order."""
        return False

    def ask(self, wire: Wire) -> list[Message]:
        """Make a lamp tell its state."""
        return []

    def groups(self) -> tuple[LampGroup, ...]:
        """The groups of this set."""
        return ()

    def group_command(self, group: str, lamps: frozenset[str], wanted: Wanted) -> list[Message] | None:
        """As ``command`` for a group that holds exactly these lamps; None where there is none."""
        return None

    def hear(self, topic: str, payload: bytes, heard: Heard) -> bool:
        """Take a message; False where it means nothing here. What is malformed ends up in the log."""
        route = self._routes.get(topic)
        try:
            if route is None:
                return self.announced(topic, payload, heard)
            wire = self.wires[route[0]]
            reading = self.read(wire, route[1], payload)
            if reading is not None:
                heard.readings.append(reading)
        except BadPayloadError as error:
            heard.log.append(f"{topic[:120]!r}: {error}")
        return True

    @property
    def topics(self) -> tuple[str, ...]:
        """Every topic that the lamps known now speak on."""
        return tuple(self._routes)

    def add(self, wire: Wire, heard: Heard) -> None:
        """Take a lamp in, or what has changed of it; logged where it cannot be. Raises ValueError for a topic of the
        site file that is none."""
        for topic in (wire.command, *(topic for topic, _ in wire.listens)):
            if topic_name(topic) is None and not wire.source:
                raise ValueError(f"{topic!r} is no topic")
        old = self.wires.get(wire.lamp.id)
        if old == wire:
            return
        if old is not None and old.source != wire.source:
            heard.log.append(f"{wire.source[:120]!r} announces a lamp again that {old.source[:120]!r} announced")
            return
        if old is None and len(self.wires) >= MAX_LAMPS:
            heard.log.append(f"{wire.source[:120]!r} is one lamp too many: {MAX_LAMPS} is the most")
            return
        if old is not None:
            self.remove(wire.lamp.id, heard)
        taken = [topic for topic, _ in wire.listens if topic in self._routes]
        if taken:
            heard.log.append(f"{wire.source[:120]!r} speaks on {taken[0][:120]!r}, as another lamp does")
            return
        self.wires[wire.lamp.id] = wire
        for topic, kind in wire.listens:
            self._routes[topic] = (wire.lamp.id, kind)
            heard.subscribe.append(topic)
        heard.send += self.ask(wire)
        heard.lamps = True

    def remove(self, id: str, heard: Heard) -> None:
        """A lamp is no more."""
        wire = self.wires.pop(id, None)
        if wire is not None:
            for topic, _ in wire.listens:
                self._routes.pop(topic, None)
            heard.lamps = True

    def remove_source(self, source: str, heard: Heard) -> None:
        """What was announced there is no more."""
        for wire in [each for each in self.wires.values() if each.source == source]:
            self.remove(wire.lamp.id, heard)

    def dress(self, wire: Wire, topic: str) -> Wire:
        """An announced lamp with what the site file says of the lamp on this topic."""
        named = self._named.get(topic)
        if named is None:
            return replace(wire, programme=self._programme)
        known = self.wires.get(named.id)
        lamp = replace(
            wire.lamp,
            id=named.id,
            name=clean(named.name) or wire.lamp.name,
            place=named.place or wire.lamp.place,
            rated_power=named.rated_power,
        )
        if known is not None and not known.source:
            self.remove(named.id, Heard())
        return replace(wire, lamp=lamp, programme=self.programme_of(named))

    def programme_of(self, named: ConfiguredLamp) -> float | None:
        """The configured level of a named lamp, or of its set."""
        return self._programme if named.programme is None else named.programme


def named_lamp(named: ConfiguredLamp) -> Luminaire:
    """The record of a lamp of the site file."""
    return Luminaire(
        named.id, clean(named.name) or named.id, named.place, dimmable=named.dimmable, rated_power=named.rated_power
    )
