"""Causes and alarms for tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from console.model.alarm_life import raised
from console.model.alarms import Alarm, Cause, Priority

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    """So many seconds after noon."""
    return NOON + timedelta(seconds=seconds)


def cause(key: str = "door:A:1", seconds: float = 0.0, **more: Any) -> Cause:
    """A door of medium priority, unless said otherwise."""
    fields: dict[str, Any] = {
        "key": key, "kind": "door", "priority": Priority.MEDIUM, "title": f"Alarm {key}", "why": "It says so.",
        "at": at(seconds), "source": "Depot",
    }  # fmt: skip
    return Cause(**(fields | more))


def alarm(key: str = "door:A:1", seconds: float = 0.0, **more: Any) -> Alarm:
    """What that raises."""
    return raised(None, cause(key, seconds, **more), at(seconds), f"id of {key}", "desk 1").alarm
