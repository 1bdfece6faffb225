"""What an order is on the wire: which columns get which values. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from drivers.errors import Unsupported
from drivers.lamp_leaves import Leaf, LeafTable
from drivers.lamps.snmp.controller import Setting
from drivers.lamps.snmp.messages import number
from drivers.luminaires import LampFeatures, LampOrder

Settings = Callable[[], Setting | None]


def features(table: LeafTable, dies_back: bool) -> LampFeatures:
    """What controllers with this table can do: a leaf that is not there is a feature that is not there."""
    groups = table.group_level is not None and (table.group_seconds is not None or table.seconds is None)
    return LampFeatures(
        expires=table.seconds is not None,
        ramps=table.ramp is not None,
        groups=groups,
        levels=table.level.high - table.level.low > 1,
        power=table.power is not None,
        dies_back=dies_back and table.seconds is None,
    )


def check(source: str, table: LeafTable, order: LampOrder, can: LampFeatures, now: datetime) -> None:
    """Raises Unsupported for an order that must not or cannot be sent."""
    if not (can.expires or can.dies_back):
        raise Unsupported(
            source,
            "its controllers cannot end an order by themselves, so lamps could stay as they are ordered for ever",
            "Name the leaf with the time of an override in the site file, if the controllers have one.",
        )
    if not (math.isfinite(order.level) and 0 <= order.level <= 100):
        raise Unsupported(source, "a level is from 0 to 100 percent", "Choose another level.")
    if not math.isfinite(order.ramp) or order.ramp < 0:
        raise Unsupported(source, "a ramp takes 0 seconds or more", "Choose another ramp.")
    rest = (order.until - now).total_seconds()
    for leaf in (table.seconds, table.group_seconds if can.groups and order.group else None):
        if leaf is not None and leaf.wire(max(rest, leaf.value(leaf.low)), up=True) is None:
            longest = leaf.value(leaf.high) / 60
            raise Unsupported(
                source, f"its controllers hold an order for {longest:.0f} minutes at most", "Give an earlier end."
            )


def ordering(table: LeafTable, order: LampOrder, wall: Callable[[], datetime], *, group: bool) -> Settings:
    """The columns for an order, in the order in which a simple controller may act on them: the end before the level,
    so that no level is ever set without one. Asked again, it gives what is left of the time then."""
    level = table.group_level if group else table.level
    seconds = table.group_seconds if group else table.seconds
    ramp = table.group_ramp if group else table.ramp
    assert level is not None

    def settings() -> Setting | None:
        rest = (order.until - wall()).total_seconds()
        if rest <= 0:
            return None
        found = []
        if seconds is not None:
            found.append((seconds.path(table.root), number(seconds.kind, seconds.wire(rest, up=True) or seconds.low)))
        if ramp is not None:
            taken = ramp.wire(min(order.ramp, ramp.value(ramp.high)))
            found.append((ramp.path(table.root), number(ramp.kind, ramp.low if taken is None else taken)))
        found.append((level.path(table.root), number(level.kind, _level(level, order.level))))
        return found

    return settings


def _level(leaf: Leaf, level: float) -> int:
    if leaf.high - leaf.low <= 1:  # on and off only
        return leaf.high if level > 0 else leaf.low
    wire = leaf.wire(level)
    # A leaf whose range is smaller than 0 to 100 percent gets the nearest that it takes.
    return wire if wire is not None else leaf.high if leaf.value(leaf.high) < level else leaf.low


def releasing(source: str, table: LeafTable) -> Settings:
    """The columns that end orders. Raises Unsupported where there are none."""
    if table.release is not None:
        setting = [(table.release.path(table.root), number(table.release.kind, table.release_value))]
    elif table.seconds is not None:
        setting = [(table.seconds.path(table.root), number(table.seconds.kind, 0))]
    else:
        raise Unsupported(
            source,
            "its controllers cannot be told to go back to their programme",
            "Name the leaf that ends an override in the site file, if the controllers have one.",
        )
    return lambda: setting


def releasing_group(table: LeafTable) -> Settings | None:
    """The column that ends a group's order, where a 0 in its time does."""
    if table.group_seconds is None or table.release is not None:
        return None
    setting = [(table.group_seconds.path(table.root), number(table.group_seconds.kind, 0))]
    return lambda: setting
