"""What is known of the lamps: their states, and which orders hold them. Under the driver's lock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from drivers.lamps.mqtt.answers import Aim
from drivers.lamps.mqtt.dialect import Message, Reading
from drivers.luminaires import LampFault, LampState


@dataclass(frozen=True, slots=True)
class Hold:
    """An order that holds a lamp: until when, the level it goes back to, and what the keeper publishes then (empty
    where the lamp ends it)."""

    until: datetime
    back: float
    aim: Aim
    steady: datetime
    """When its ramp is over; from then on a lamp that tells another level is not held by it."""
    send: tuple[Message, ...] = ()


class Known:
    """States and holds by lamp."""

    def __init__(self) -> None:
        self.states: dict[str, LampState] = {}
        self.holds: dict[str, Hold] = {}
        self.changed: set[str] = set()
        self._away: set[str] = set()

    def take(self, reading: Reading, now: datetime) -> None:
        """What a lamp told."""
        id = reading.id
        state = self.states.get(id) or LampState(id, now)
        if reading.here is not None:
            (self._away.discard if reading.here else self._away.add)(id)
            state = replace(state, faults=() if reading.here else (LampFault.COMMUNICATION,))
        if reading.faults is not None:
            state = replace(state, faults=reading.faults)
        for name in ("level", "power", "energy"):
            value = getattr(reading, name)
            if value is not None:
                state = replace(state, **{name: value})
        self.states[id] = replace(state, time=now, overridden=self._obeys(id, state.level, now))
        self.changed.add(id)

    def away(self, id: str) -> bool:
        """Whether it said that it is gone (or its broker did for it)."""
        return id in self._away

    def held(self, id: str, now: datetime) -> Hold | None:
        """The order that holds a lamp now."""
        hold = self.holds.get(id)
        return hold if hold is not None and hold.until > now else None

    def back(self, id: str, programme: float | None, now: datetime) -> float | None:
        """The level that a lamp goes back to; None where nobody can know."""
        hold = self.held(id, now)
        if hold is not None:
            return hold.back
        if programme is not None:
            return programme
        state = self.states.get(id)
        return None if state is None else state.level

    def _obeys(self, id: str, level: float | None, now: datetime) -> bool:
        hold = self.held(id, now)
        return hold is not None and (level is None or now < hold.steady or hold.aim.met(level))

    def hold(self, id: str, hold: Hold | None, now: datetime) -> None:
        """An order holds a lamp from now on, or none."""
        if hold is None:
            self.holds.pop(id, None)
        else:
            self.holds[id] = hold
        state = self.states.get(id)
        if state is not None:
            self.states[id] = replace(state, overridden=self._obeys(id, state.level, now))
            self.changed.add(id)

    def expire(self, now: datetime) -> None:
        """Let go of what is over."""
        for id in [id for id, hold in self.holds.items() if hold.until <= now]:
            self.hold(id, None, now)

    def forget(self, ids: set[str]) -> None:
        """Lamps that are no more; what holds them stays, for it is still to end."""
        for id in ids:
            self.states.pop(id, None)
            self._away.discard(id)
            self.changed.discard(id)
