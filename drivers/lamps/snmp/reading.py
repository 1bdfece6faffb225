"""From what a controller says to records. All of it is untrusted: whatever makes no sense counts as not told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

from drivers.lamp_leaves import Leaf, LeafTable
from drivers.lamps.snmp.messages import Value
from drivers.luminaires import LampFault, LampState
from drivers.types import GeoPlace

_MAX_TEXT = 80
_MAX_GROUPS = 16
Values = Mapping[str, Value]
"""One lamp's or group's values by the names of their leaves."""


def text(value: Value | None) -> str:
    """Letters that can be shown, one line, no more than 80; control characters and those that turn the direction of
    writing are gone."""
    if isinstance(value, int):
        return str(value)
    if not isinstance(value, bytes):
        return ""
    letters = value[: 4 * _MAX_TEXT].decode("utf-8", "replace")
    return " ".join("".join(each if each.isprintable() else " " for each in letters).split())[:_MAX_TEXT].strip()


def quantity(leaf: Leaf | None, value: Value | None, low: float = -math.inf, high: float = math.inf) -> float | None:
    """A number in our unit, None outside ``low`` to ``high``. Strings with a number in them are taken too: some MIBs
    write coordinates so."""
    if leaf is None:
        return None
    if isinstance(value, bytes):
        try:
            found = float(text(value)) * leaf.scale + leaf.offset
        except ValueError:
            return None
    elif isinstance(value, int):
        found = leaf.value(value)
    else:
        return None
    return found if math.isfinite(found) and low - 1e-9 <= found <= high + 1e-9 else None


def place(table: LeafTable, values: Values) -> GeoPlace | None:
    """Where a lamp stands; 0, 0 is how controllers say that they do not know."""
    latitude = quantity(table.latitude, values.get("latitude"), -90, 90)
    longitude = quantity(table.longitude, values.get("longitude"), -180, 180)
    if latitude is None or longitude is None or (latitude == 0 and longitude == 0):
        return None
    return GeoPlace(round(latitude, 7), round(longitude, 7))  # a centimetre


def group_numbers(value: Value | None) -> tuple[str, ...]:
    """The groups that a lamp says it is in: a number, or a string of numbers; 0 is none."""
    if isinstance(value, int):
        return (str(value),) if value > 0 else ()
    numbers = [each for each in text(value).replace(",", " ").split() if each.isascii() and each.isdecimal()]
    return tuple(dict.fromkeys(str(int(each)) for each in numbers[:_MAX_GROUPS] if 0 < int(each) < 2**31))


def faults(table: LeafTable, value: Value | None) -> tuple[LampFault, ...]:
    """What is wrong with a lamp by its status."""
    status = _status(value)
    if status is None:
        return ()
    if table.values:
        found = [fault for number, fault in table.values if number == status]
    else:
        found = [fault for bit, fault in table.bits if status & bit]
    return tuple(dict.fromkeys(found))


def _status(value: Value | None) -> int | None:
    if isinstance(value, bytes):  # BITS
        return int.from_bytes(value, "big") if 0 < len(value) <= 8 else None
    return value if isinstance(value, int) else None


def overridden(table: LeafTable, values: Values) -> bool | None:
    """Whether an order holds: by the rest of its time, else by a bit."""
    rest = values.get("seconds")
    if table.seconds is not None and isinstance(rest, int):
        return rest > 0
    status = _status(values.get("status"))
    return bool(status & table.overridden_bit) if status is not None and table.overridden_bit else None


def state(table: LeafTable, id: str, values: Values, time: datetime) -> LampState:
    """What is known of a lamp now. ``seconds`` is not asked for where a bit says whether an order holds."""
    level = "level" if table.feedback is None else "feedback"
    return LampState(
        id=id,
        time=time,
        level=quantity(table.feedback or table.level, values.get(level), 0, 100),
        power=quantity(table.power, values.get("power"), 0),
        energy=quantity(table.energy, values.get("energy"), 0),
        faults=faults(table, values.get("status")),
        overridden=overridden(table, values),
    )


def state_leaves(table: LeafTable) -> tuple[str, ...]:
    """What must be asked for a state; the fewer the sooner."""
    wanted = ["level" if table.feedback is None else "feedback", "status", "power", "energy"]
    if not table.overridden_bit:
        wanted.append("seconds")
    there = table.leaves()
    return tuple(name for name in wanted if name in there)
