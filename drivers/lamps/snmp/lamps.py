"""The lamps of one system as they were found: which controller and row each one is, and in which groups."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drivers.lamp_leaves import LeafTable, Oid, oid
from drivers.lamps.snmp.config import LampRow, SnmpConfig
from drivers.lamps.snmp.controller import ControllerLink, Target
from drivers.lamps.snmp.messages import Value
from drivers.lamps.snmp.reading import group_numbers, place, quantity, text
from drivers.luminaires import LampGroup, Luminaire

_STATIC = ("id", "name", "latitude", "longitude", "group", "rated_power")


@dataclass(frozen=True, slots=True)
class KnownGroup:
    """A group that a controller keeps: one row of its group table."""

    group: LampGroup
    controller: str
    target: Target


@dataclass(frozen=True, slots=True)
class Found:
    """What one controller has."""

    lamps: Mapping[str, tuple[Luminaire, Target]]
    groups: tuple[KnownGroup, ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """All lamps of the system: ``where`` says the controller and the row of each."""

    lamps: tuple[Luminaire, ...] = ()
    where: Mapping[str, tuple[str, Target]] | None = None
    groups: Mapping[str, KnownGroup] | None = None
    log: tuple[str, ...] = ()

    def place(self, id: str) -> tuple[str, Target] | None:
        """Where a lamp is, None for a stranger."""
        return None if self.where is None else self.where.get(id)

    def group(self, id: str, lamps: Iterable[str]) -> KnownGroup | None:
        """The group, if it is known and holds exactly these lamps."""
        known = None if self.groups is None else self.groups.get(id)
        return known if known is not None and known.group.lamps == frozenset(lamps) else None


async def find(label: str, config: SnmpConfig, link: ControllerLink) -> Found:
    """Ask one controller for its lamps. Raises DriverError."""
    table = config.leaves
    written = {oid(row.index): row for row in config.rows if row.controller == label}
    rows = tuple(written) or await link.rows(table.level)
    wanted = [name for name in _STATIC if not written or name in ("latitude", "longitude")]
    values = await link.values(wanted, rows)
    lamps: dict[str, tuple[Luminaire, Target]] = {}
    members: dict[str, set[str]] = {}
    for row in rows:
        fallback = f"{label}/{'.'.join(map(str, row))}"
        lamp = _lamp(table, label, fallback, values[row], written.get(row))
        if lamp.id in lamps:
            lamp = _renamed(lamp, fallback)
        lamps[lamp.id] = lamp, Target(lamp.id, row)
        for group in lamp.groups:
            members.setdefault(group, set()).add(lamp.id)
    return Found(lamps, await _groups(label, config, link, members))


def _lamp(table: LeafTable, label: str, fallback: str, values: Mapping[str, Value], row: LampRow | None) -> Luminaire:
    where = place(table, values)
    if row is not None:
        numbers = row.groups
        id, name, rated = row.id, row.name or row.id, row.rated_power
        where = row.place or where
    else:
        numbers = group_numbers(values.get("group"))
        id = text(values.get("id")) or fallback
        name = text(values.get("name")) or id
        rated = quantity(table.rated_power, values.get("rated_power"), 0)
    levels = table.level.high - table.level.low > 1
    return Luminaire(id, name, where, tuple(f"{label}/{each}" for each in numbers), levels, rated)


def _renamed(lamp: Luminaire, id: str) -> Luminaire:
    return Luminaire(id, lamp.name, lamp.place, lamp.groups, lamp.dimmable, lamp.rated_power)


async def _groups(
    label: str, config: SnmpConfig, link: ControllerLink, members: Mapping[str, set[str]]
) -> tuple[KnownGroup, ...]:
    rows: dict[str, Oid] = {group: oid(group.removeprefix(f"{label}/")) for group in members}
    names = await link.values(["group_name"], tuple(rows.values()))
    found = []
    for group, row in rows.items():
        name = text(names[row].get("group_name")) or f"{label} {'.'.join(map(str, row))}"
        found.append(KnownGroup(LampGroup(group, name, frozenset(members[group])), label, Target(group, row)))
    return tuple(found)


def book(found: Mapping[str, Found]) -> Book:
    """Put the controllers' lamps together. A lamp that calls itself by an id that an earlier one has is known by its
    controller and row, so that no controller can take another one's lamps away."""
    lamps: list[Luminaire] = []
    where: dict[str, tuple[str, Target]] = {}
    groups: dict[str, KnownGroup] = {}
    log = []
    for label, each in found.items():
        new: dict[str, str] = {}
        for id, (lamp, target) in each.lamps.items():
            if id in where:
                new[id] = f"{label}/{'.'.join(map(str, target.row))}"
                log.append(f"{label}: another lamp is called {id} already; this one is {new[id]}")
                lamp, target = _renamed(lamp, new[id]), Target(new[id], target.row)
            lamps.append(lamp)
            where[lamp.id] = label, target
        for known in each.groups:
            members = frozenset(new.get(id, id) for id in known.group.lamps)
            group = LampGroup(known.group.id, known.group.name, members)
            groups[group.id] = KnownGroup(group, label, known.target)
    return Book(tuple(lamps), where, groups, tuple(log))
