"""Commands that wait for their time, on disk."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from console.model.permissions import Actor, Role
from console.model.timed import Timed, from_record, to_record
from console.store.files import read_bounded, save_atomically

MAX_BYTES = 4_000_000
VERSION = 1


class TimedFileError(ValueError):
    """The file cannot be used; it is left as it is."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path.name}: put-off commands cannot be read: {problem}. Correct the file, or remove it.")


def load_timed(path: Path) -> tuple[Timed, ...]:
    """All of them; none without a file. Raises TimedFileError."""
    try:
        data = json.loads(read_bounded(path, MAX_BYTES))
        if data["schema_version"] != VERSION:
            raise ValueError(f"its version is {data['schema_version']!r}")
        return tuple(map(_timed, data["commands"]))
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        problem = f"{error} is missing" if isinstance(error, KeyError) else " ".join(str(error).split())[:200]
        raise TimedFileError(path, problem) from error


def save_timed(path: Path, waiting: tuple[Timed, ...]) -> None:
    """Write it whole. Raises OSError."""
    commands = [
        {
            "id": each.id,
            "when": each.when.isoformat(),
            "actor": [each.actor.name, each.actor.role.value, each.actor.station],
            "command": to_record(each.command),
        }
        for each in waiting
    ]
    data = {"schema_version": VERSION, "commands": commands}
    save_atomically(path, json.dumps(data, indent=1).encode("ascii"))


def _timed(record: dict[str, Any]) -> Timed:
    name, role, station = record["actor"]
    when = datetime.fromisoformat(record["when"])
    if when.tzinfo is None:
        raise ValueError("a time without its zone")
    actor = Actor(str(name), Role(role), str(station))
    return Timed(str(record["id"]), when.astimezone(UTC), from_record(record["command"]), actor)
