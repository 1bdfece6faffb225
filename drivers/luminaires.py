"""Street lamps: records and protocols. Levels are percent, 0 to 100; power is in watts; times are aware UTC.

A lamp is only ever driven by an *order with an end*: ``LampOrder.until``. Where ``LampFeatures.expires`` is true the
lamp system itself goes back to its own programme then, whatever becomes of this console.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from drivers.types import GeoPlace


class LampFault(enum.StrEnum):
    """What a lamp system says is wrong with a lamp."""

    LAMP = "lamp failed"
    CONTROL = "control gear failed"
    POWER = "no power"
    COMMUNICATION = "no answer"
    OTHER = "faulty"


@dataclass(frozen=True, slots=True)
class Luminaire:
    """One lamp. ``id`` is stable and unique within its system, ``name`` cleaned and never empty, ``groups`` the ids of
    the system's own groups that it is in."""

    id: str
    name: str
    place: GeoPlace | None = None
    groups: tuple[str, ...] = ()
    dimmable: bool = True
    rated_power: float | None = None


@dataclass(frozen=True, slots=True)
class LampState:
    """What is known of a lamp at ``time`` (the system's own where it tells, else when it was heard); None: not told."""

    id: str
    time: datetime
    level: float | None = None
    power: float | None = None
    energy: float | None = None
    """Kilowatt-hours since it was installed."""
    faults: tuple[LampFault, ...] = ()
    overridden: bool | None = None
    """Whether an order holds, or the lamp follows its own programme."""


@dataclass(frozen=True, slots=True)
class LampFeatures:
    """What a system can do. ``expires``: it ends orders by itself. ``groups``: one message reaches a whole group.
    ``levels``: lamps can be dimmed and not only switched. ``dies_back``: without ``expires``, something else than this
    process ends orders when this process dies (a keeper process)."""

    expires: bool
    ramps: bool = False
    groups: bool = False
    levels: bool = True
    power: bool = False
    dies_back: bool = False


@dataclass(frozen=True, slots=True)
class LampOrder:
    """Bring ``lamps`` to ``level`` until ``until``, within ``ramp`` seconds. ``group`` is the system's own group that
    holds exactly these lamps, if there is one. ``reference`` names the lease, ``reason`` is for the system's log."""

    lamps: tuple[str, ...]
    level: float
    until: datetime
    ramp: float = 0.0
    group: str = ""
    reference: str = ""
    reason: str = ""


class Outcome(enum.StrEnum):
    """How an order went for one lamp."""

    DONE = "done"
    ACCEPTED = "accepted"
    """It will be done; a state follows."""
    REFUSED = "refused"
    UNREACHABLE = "no answer"
    UNKNOWN = "not of this system"


@dataclass(frozen=True, slots=True)
class LampAnswer:
    """What became of an order for one lamp. ``detail`` is a clause for the operator, cleaned and short."""

    id: str
    outcome: Outcome
    detail: str = ""

    @property
    def good(self) -> bool:
        """Whether the lamp does it or will."""
        return self.outcome in (Outcome.DONE, Outcome.ACCEPTED)


@dataclass(frozen=True, slots=True)
class LampNews:
    """What a system tells by itself: states that changed, lamps that came or went, answers that came late, and trouble
    of the system as a whole ("" when it is over). ``log`` are lines of its own log for the technician."""

    system: str
    states: tuple[LampState, ...] = ()
    lamps: tuple[Luminaire, ...] | None = None
    answers: tuple[LampAnswer, ...] = ()
    reference: str = ""
    trouble: str | None = None
    log: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LampGroup:
    """A group that the lamp system keeps."""

    id: str
    name: str
    lamps: frozenset[str] = field(default_factory=frozenset)


Progress = Callable[[Sequence[LampAnswer]], None]
"""Takes answers as they come, each lamp once; called in the driver's thread."""


class LampSystem(Protocol):
    """One lamp system: a TALQ gateway, lamps behind a broker, SNMP controllers, relays. ``order`` and ``release`` come
    from one thread at a time (the system's queue); ``start`` and ``stop`` once each."""

    name: str
    features: LampFeatures

    def start(self, heard: Callable[[LampNews], None]) -> None:
        """Connect and listen; returns soon, goes on trying. ``heard`` is called in a thread of the driver; lamps are
        told by it when they are known (``LampNews.lamps``, all of them)."""

    def refresh(self) -> None:
        """Ask for lamps, states and faults again; what comes is told to ``heard``. Raises DriverError."""

    def groups(self) -> tuple[LampGroup, ...]:
        """The system's own groups, as known now."""

    def order(self, order: LampOrder, progress: Progress) -> None:
        """Send it, grouped as the protocol can; every lamp is answered once through ``progress`` before it returns.
        Raises DriverError where nothing was sent at all. Never repeats what is not safe to repeat."""

    def release(self, lamps: tuple[str, ...], reference: str, progress: Progress, group: str = "") -> None:
        """End orders now: the lamps go back to their own programme. As ``order``."""

    def stop(self) -> None:
        """Disconnect and end every thread. What was ordered stays until its end."""
