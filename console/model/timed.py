"""Commands that wait for their time: a restart at night, a clock set on Sunday. Pure; times are aware UTC."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from console.model import commands as c
from console.model.permissions import Actor
from drivers.ptz import ImagingSettings, Switch

TOO_LATE = timedelta(minutes=5)
"""What could not be done within so long after its time, because no console ran, is not done any more."""

KINDS: Mapping[str, type[c.Command]] = {
    kind.__name__: kind for kind in (c.Reboot, c.SetClock, c.SwitchOutput, c.PulseOutput, c.GoPreset, c.SetImaging)
}
"""What can be put off. Not moves: nobody would watch them."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A command, when, and for whom."""

    id: str
    when: datetime
    command: c.Command
    actor: Actor


def due(waiting: tuple[Timed, ...], now: datetime) -> tuple[tuple[Timed, ...], tuple[Timed, ...]]:
    """Those to be done now, and those that are too late."""
    ripe = [each for each in waiting if each.when <= now]
    late = tuple(each for each in ripe if now - each.when > TOO_LATE)
    return tuple(each for each in ripe if each not in late), late


def to_record(command: c.Command) -> dict[str, Any]:
    """A command as plain values. Raises ValueError for one that cannot be put off."""
    kind = type(command).__name__
    if kind not in KINDS:
        raise ValueError(f"{command.what!r} cannot be put off")
    values = asdict(command)
    if isinstance(command, c.SetImaging):
        values["settings"] = {key: value for key, value in asdict(command.settings).items() if value is not None}
    return {"kind": kind, **values}


def from_record(record: Mapping[str, Any]) -> c.Command:
    """The command of a record. Raises ValueError for what is none."""
    values = dict(record)
    kind = KINDS.get(str(values.pop("kind", "")))
    if kind is None:
        raise ValueError("no command that can be put off")
    known = {each.name: each for each in fields(kind)}
    if not set(values) <= set(known):
        raise ValueError(f"unknown keys: {', '.join(sorted(set(values) - set(known)))}")
    if "settings" in values:
        values["settings"] = _imaging(values["settings"])
    for name, wanted in _TYPES:
        if name in known and name in values and not _is(values[name], wanted):
            raise ValueError(f"{name!r} has the wrong type")
    if "speed" in values and values["speed"] is not None and not _is(values["speed"], float):
        raise ValueError("'speed' has the wrong type")
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(str(error)) from None


_TYPES = (("device", str), ("token", str), ("name", str), ("active", bool), ("seconds", float))


def _is(value: object, wanted: type) -> bool:
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return isinstance(value, wanted)


def _imaging(values: object) -> ImagingSettings:
    if not isinstance(values, dict):
        raise ValueError("settings must be a table")
    read = dict(values)
    if "ir_cut" in read:
        read["ir_cut"] = Switch(read["ir_cut"])
    if not all(isinstance(value, Switch | bool) or _is(value, float) for value in read.values()):
        raise ValueError("settings hold something that is no number")
    try:
        return ImagingSettings(**read)
    except TypeError as error:
        raise ValueError(str(error)) from None
