"""Which object of an SNMP lamp controller means what: NTCIP 1213 gives the root, the agency's MIB gives the leaves.

So nothing here is built in but the root: the installer writes the table into the site file. A leaf that is not in the
table is a feature that the controllers do not have. Both ends use these records, the driver and the virtual city.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, fields

from drivers.luminaires import LampFault

ELMS_ROOT = "1.3.6.1.4.1.1206.4.2.13"
"""NTCIP 1213, Electrical and Lighting Management Systems."""
Oid = tuple[int, ...]
_LONGEST = 64
_LARGEST_PART = 2**32 - 1


class LeafKind(enum.StrEnum):
    """The types of SMIv2 that lamps need."""

    INTEGER = "integer"
    GAUGE = "gauge"
    COUNTER = "counter"
    COUNTER64 = "counter64"
    TICKS = "ticks"
    STRING = "string"


def oid(text: str) -> Oid:
    """``"1.3.6.1"`` as numbers. Raises ValueError with a sentence."""
    try:
        parts = tuple(int(part) for part in text.strip().strip(".").split("."))
    except ValueError:
        raise ValueError(f"{text[:80]!r} is not an object identifier: numbers with dots between") from None
    if len(parts) > _LONGEST or any(not 0 <= part <= _LARGEST_PART for part in parts):
        raise ValueError(f"{text[:80]!r} is not an object identifier: too long, or a number out of range")
    return parts


@dataclass(frozen=True, slots=True)
class Leaf:
    """One column. ``oid`` comes after the table's root, or is whole when it starts with a dot. What is on the wire,
    times ``scale``, plus ``offset``, is percent, seconds, watts, kilowatt-hours or degrees. ``low`` and ``high`` are
    the least and the most that the controller takes, on the wire."""

    oid: str
    kind: LeafKind = LeafKind.INTEGER
    scale: float = 1.0
    offset: float = 0.0
    low: int = 0
    high: int = 2**31 - 1

    def __post_init__(self) -> None:
        oid(self.oid)
        if not (math.isfinite(self.scale) and math.isfinite(self.offset)) or self.scale == 0:
            raise ValueError(f"leaf {self.oid}: the scale is a number other than 0")
        if self.low > self.high:
            raise ValueError(f"leaf {self.oid}: the lowest value is above the highest")

    def path(self, root: str) -> Oid:
        """The whole identifier of the column."""
        return oid(self.oid) if self.oid.startswith(".") else oid(root) + oid(self.oid)

    def wire(self, value: float, *, up: bool = False) -> int | None:
        """``value`` as the controller wants it, rounded (``up``: to the next whole one); None where it does not fit."""
        raw = (value - self.offset) / self.scale
        if not math.isfinite(raw):
            return None
        whole = math.ceil(raw - 1e-9) if up else round(raw)
        return whole if self.low <= whole <= self.high else None

    def value(self, raw: int) -> float:
        """What the controller said, in our unit."""
        return raw * self.scale + self.offset


@dataclass(frozen=True, slots=True)
class LeafTable:
    """The leaves of one kind of controller. Columns are indexed by the lamp, ``group_...`` columns by the group.

    ``level`` commands, ``feedback`` tells what burns. ``seconds`` is how long the controller itself holds an order from
    now on: written with each order, 0 ends it, and what is read is the rest. Without it nothing here ends by itself.
    ``release`` ends an order when ``release_value`` is written, where a 0 in ``seconds`` does not. ``status`` is read
    as bits (``bits``) or, where ``values`` is given, as a whole; ``overridden_bit`` says that an order holds. ``id`` is
    the agency's own number of a lamp, stable when a controller is replaced.
    """

    level: Leaf
    root: str = ELMS_ROOT
    feedback: Leaf | None = None
    seconds: Leaf | None = None
    ramp: Leaf | None = None
    release: Leaf | None = None
    release_value: int = 1
    status: Leaf | None = None
    bits: tuple[tuple[int, LampFault], ...] = ()
    values: tuple[tuple[int, LampFault], ...] = ()
    overridden_bit: int = 0
    power: Leaf | None = None
    energy: Leaf | None = None
    rated_power: Leaf | None = None
    id: Leaf | None = None
    name: Leaf | None = None
    latitude: Leaf | None = None
    longitude: Leaf | None = None
    group: Leaf | None = None
    group_name: Leaf | None = None
    group_level: Leaf | None = None
    group_seconds: Leaf | None = None
    group_ramp: Leaf | None = None

    def __post_init__(self) -> None:
        oid(self.root)
        seen: dict[Oid, str] = {}
        for name, leaf in self.leaves().items():
            path = leaf.path(self.root)
            if path in seen:
                raise ValueError(f"the leaves {seen[path]} and {name} are the same object")
            seen[path] = name
        for name in ("level", "seconds", "ramp", "release", "group_level", "group_seconds", "group_ramp"):
            written = self.leaves().get(name)
            if written is not None and written.kind is LeafKind.STRING:
                raise ValueError(f"the leaf {name} is a number, not a string")

    def leaves(self) -> dict[str, Leaf]:
        """The leaves that there are, by name."""
        found = {each.name: getattr(self, each.name) for each in fields(self)}
        return {name: leaf for name, leaf in found.items() if isinstance(leaf, Leaf)}
