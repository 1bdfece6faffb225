"""The objects of the city's SNMP lamp controller: a table of lamps and one of groups, in front of the lamp bank.

The leaves are this make's own, as with any other; ``CITY_LEAVES`` is what its installer writes into the site file.
Plain values here, no SNMP. One thread.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from drivers.lamp_leaves import Leaf, LeafKind, LeafTable, Oid
from drivers.luminaires import LampFault
from drivers.types import GeoPlace
from drivers.virtual.lamps.bank import RATED_POWER, LampBank

STATUS_BITS = (
    (1, LampFault.LAMP),
    (2, LampFault.CONTROL),
    (4, LampFault.POWER),
    (8, LampFault.COMMUNICATION),
    (16, LampFault.OTHER),
)
OVERRIDDEN = 128
LONGEST = 86_400
CITY_LEAVES = LeafTable(
    id=Leaf("3.2.1.1", LeafKind.STRING),
    name=Leaf("3.2.1.2", LeafKind.STRING),
    level=Leaf("3.2.1.3", high=100),
    feedback=Leaf("3.2.1.4", LeafKind.GAUGE, scale=0.1),
    seconds=Leaf("3.2.1.5", high=LONGEST),
    ramp=Leaf("3.2.1.6", high=600),
    status=Leaf("3.2.1.7"),
    bits=STATUS_BITS,
    overridden_bit=OVERRIDDEN,
    power=Leaf("3.2.1.8", LeafKind.GAUGE, scale=0.1),
    energy=Leaf("3.2.1.9", LeafKind.COUNTER, scale=0.001),
    latitude=Leaf("3.2.1.10", scale=1e-6),
    longitude=Leaf("3.2.1.11", scale=1e-6),
    group=Leaf("3.2.1.12"),
    rated_power=Leaf("3.2.1.13", LeafKind.GAUGE),
    group_name=Leaf("4.2.1.1", LeafKind.STRING),
    group_level=Leaf("4.2.1.2", high=100),
    group_seconds=Leaf("4.2.1.3", high=LONGEST),
    group_ramp=Leaf("4.2.1.4", high=600),
)
OWNER = "snmp"
_LEAVES = CITY_LEAVES.leaves()
Wrong = Literal["notWritable", "wrongType", "wrongValue", "inconsistentValue", "resourceUnavailable"]
_WRITABLE = ("level", "seconds", "ramp", "group_level", "group_seconds", "group_ramp")


class SetRefused(Exception):
    """A SET is refused, nothing changed: why, and at which object, from 0."""

    def __init__(self, why: Wrong, index: int) -> None:
        super().__init__(f"{why} at {index}")
        self.why, self.index = why, index


@dataclass(frozen=True, slots=True)
class Change:
    """What a SET asks of one lamp; None: not said. ``index`` is the first of its objects in the message."""

    row: int
    index: int
    level: int | None = None
    seconds: int | None = None
    ramp: int | None = None


@dataclass(slots=True)
class _Register:
    """What was last commanded of a lamp. ``end`` on the clock that is handed in."""

    level: int
    end: float = 0.0


class LampTable:
    """Rows count from 1, in the order of ``ids``; every ``group_size`` lamps are a group."""

    def __init__(
        self,
        bank: LampBank,
        ids: Sequence[str],
        clock: Callable[[], float],
        places: Mapping[str, GeoPlace] | None = None,
        group_size: int = 20,
        names: Mapping[str, str] | None = None,
    ) -> None:
        self._bank, self._clock = bank, clock
        self.ids = tuple(ids)
        self._places, self._names = places or {}, names or {}
        self._group_size = group_size
        self._registers = {row: _Register(round(bank.state(id).programme)) for row, id in enumerate(self.ids, 1)}
        self._groups = range(1, -(-len(self.ids) // group_size) + 1)
        self._objects: dict[Oid, tuple[str, int]] = {}
        for name, leaf in _LEAVES.items():
            rows = self._groups if name.startswith("group_") else range(1, len(self.ids) + 1)
            for row in rows:
                self._objects[(*leaf.path(CITY_LEAVES.root), row)] = name, row
        self._sorted = sorted(self._objects)

    def get(self, name: Oid) -> tuple[LeafKind, int | bytes] | None:
        """An object's type and value, None where there is none."""
        known = self._objects.get(name)
        if known is None:
            return None
        leaf, row = known
        kind = _LEAVES[leaf].kind
        return kind, self._group_value(leaf, row) if leaf.startswith("group_") else self._value(leaf, row)

    def after(self, name: Oid) -> Oid | None:
        """The next object's name, None at the end."""
        place = bisect.bisect_right(self._sorted, name)
        return self._sorted[place] if place < len(self._sorted) else None

    def changes(self, binds: Sequence[tuple[Oid, int | None]]) -> list[Change]:
        """What a SET asks, lamp by lamp; a group's lamps each. None for a value is one of another type than a number.
        Raises SetRefused; nothing is done yet."""
        asked: dict[int, Change] = {}
        for index, (name, value) in enumerate(binds):
            leaf, row = self._objects.get(name, ("", 0))
            if leaf not in _WRITABLE:
                raise SetRefused("notWritable", index)
            if value is None:
                raise SetRefused("wrongType", index)
            limits = _LEAVES[leaf]
            if not limits.low <= value <= limits.high:
                raise SetRefused("wrongValue", index)
            rows = self._members(row) if leaf.startswith("group_") else range(row, row + 1)
            column = leaf.removeprefix("group_")
            for each in rows:
                change = asked.get(each, Change(each, index))
                asked[each] = replace(change, **{column: value})
        found = list(asked.values())
        single = {self._objects[name][1] for name, _ in binds if not self._objects[name][0].startswith("group_")}
        for change in found:
            if change.level is not None and not (change.seconds or self._rest(change.row)):
                raise SetRefused("inconsistentValue", change.index)  # a level without an end would stay for ever
            faults = self._bank.state(self.ids[change.row - 1]).faults
            if change.row in single and (LampFault.COMMUNICATION in faults or LampFault.POWER in faults):
                raise SetRefused("resourceUnavailable", change.index)
        return found

    def apply(self, change: Change) -> None:
        """Do it."""
        id, register = self.ids[change.row - 1], self._registers[change.row]
        if change.seconds == 0:
            if self._bank.release(id, OWNER):
                register.end = 0.0
            return
        if change.level is None and change.seconds is None:
            return
        seconds = self._rest(change.row) if change.seconds is None else change.seconds
        level = register.level if change.level is None else change.level
        if self._bank.order(id, level, seconds, change.ramp or 0.0, OWNER):
            register.level, register.end = level, self._clock() + seconds

    def _members(self, group: int) -> range:
        first = (group - 1) * self._group_size + 1
        return range(first, min(first + self._group_size, len(self.ids) + 1))

    def _rest(self, row: int) -> int:
        return max(0, math.ceil(self._registers[row].end - self._clock() - 1e-9))

    def _group_value(self, leaf: str, group: int) -> int | bytes:
        if leaf == "group_name":
            return f"Circuit {group}".encode()
        first = self._members(group)[0]
        return {"group_level": self._registers[first].level, "group_seconds": self._rest(first)}.get(leaf, 0)

    def _value(self, leaf: str, row: int) -> int | bytes:
        id = self.ids[row - 1]
        place = self._places.get(id)
        match leaf:
            case "id":
                return id.encode()
            case "name":
                return self._names.get(id, f"Lamp {id}").encode()
            case "level":
                return self._registers[row].level
            case "seconds":
                return self._rest(row)
            case "latitude":
                return 0 if place is None else round(place.latitude * 1e6)
            case "longitude":
                return 0 if place is None else round(place.longitude * 1e6)
            case "group":
                return (row - 1) // self._group_size + 1
            case "rated_power":
                return round(RATED_POWER)
            case "ramp":
                return 0
        state = self._bank.state(id)
        match leaf:
            case "feedback":
                return round(state.level * 10)
            case "power":
                return round(state.power * 10)
            case "energy":
                return round(state.energy * 1000)
        bits = sum(bit for bit, fault in STATUS_BITS if fault in state.faults)
        return bits | (OVERRIDDEN if state.overridden else 0)
