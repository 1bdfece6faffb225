"""Leases of lamps on disk: a console that starts again knows what still holds, and for whom."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.model.lamp_leases import LampLease, LampRef, Told
from console.model.permissions import Actor, Role
from console.store.files import read_bounded, save_atomically

MAX_BYTES = 16_000_000
VERSION = 1


class LeaseFileError(ValueError):
    """The file cannot be used; it is left as it is, and lamps go back by themselves."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path.name}: leases of lamps from before cannot be read: {problem}. They end by themselves.")


@dataclass(frozen=True, slots=True)
class KeptLeases:
    """What holds, and what the lamp systems were told."""

    leases: tuple[LampLease, ...] = ()
    told: Mapping[LampRef, Told] = field(default_factory=dict)


def load_leases(path: Path, now: datetime) -> KeptLeases:
    """What has not ended by ``now`` (UTC); nothing without a file. Raises LeaseFileError."""
    try:
        data = json.loads(read_bounded(path, MAX_BYTES))
        if data["schema_version"] != VERSION:
            raise ValueError(f"its version is {data['schema_version']!r}")
        leases = tuple(lease for lease in map(_lease, data["leases"]) if lease.until > now)
        told = {(str(s), str(i)): Told(_level(level), _time(until)) for s, i, level, until in data["told"]}
    except FileNotFoundError:
        return KeptLeases()
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise LeaseFileError(path, _plain(error)) from error
    return KeptLeases(leases, {lamp: each for lamp, each in told.items() if each.until > now})


def save_leases(path: Path, kept: KeptLeases) -> None:
    """Write it whole. Raises OSError."""
    data = {
        "schema_version": VERSION,
        "leases": [_record(lease) for lease in kept.leases],
        "told": [[*lamp, each.level, each.until.isoformat()] for lamp, each in sorted(kept.told.items())],
    }
    save_atomically(path, json.dumps(data, separators=(",", ":")).encode("ascii"))


def _record(lease: LampLease) -> dict[str, Any]:
    return {
        "id": lease.id,
        "lamps": sorted(lease.lamps),
        "level": lease.level,
        "until": lease.until.isoformat(),
        "holder": [lease.holder.name, lease.holder.role.value, lease.holder.station],
        "made": lease.made.isoformat(),
        "reason": lease.reason,
        "ramp": lease.ramp,
        "group": lease.group,
    }


def _lease(record: Mapping[str, Any]) -> LampLease:
    name, role, station = record["holder"]
    group = record["group"]
    lamps = frozenset((str(system), str(lamp)) for system, lamp in record["lamps"])
    if not lamps:
        raise ValueError("a lease without lamps")
    return LampLease(
        id=str(record["id"]),
        lamps=lamps,
        level=_level(record["level"]),
        until=_time(record["until"]),
        holder=Actor(str(name), Role(role), str(station)),
        made=_time(record["made"]),
        reason=str(record["reason"]),
        ramp=_number(record["ramp"], 0.0, 3600.0),
        group=None if group is None else (str(group[0]), str(group[1])),
    )


def _level(value: object) -> float:
    return _number(value, 0.0, 100.0)


def _number(value: object, least: float, most: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{value!r:.40} is no number")
    if not least <= value <= most:
        raise ValueError(f"{value!r:.40} does not lie between {least:g} and {most:g}")
    return float(value)


def _plain(error: Exception) -> str:
    """What is wrong, in one line."""
    if isinstance(error, KeyError):
        return f"{error} is missing"
    return " ".join(str(error).split())[:200]


def _time(text: str) -> datetime:
    when = datetime.fromisoformat(text)
    if when.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return when.astimezone(UTC)
