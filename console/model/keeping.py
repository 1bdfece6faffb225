"""How long the journal keeps what it was told, by kind, and how long alarms are kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from drivers.events import EventKind

FOR_EVER = 0.0
DEFAULT_DAYS: Mapping[EventKind, float] = {
    EventKind.PLATE: 30.0,
    EventKind.VEHICLE: 30.0,
    EventKind.SHOT: 365.0,
    EventKind.SENSOR: 90.0,
    EventKind.DOOR: 90.0,
    EventKind.LAMP: 365.0,
    EventKind.CAMERA: 365.0,
    EventKind.WEATHER: 90.0,
}
"""Where people pass by, a month: what a hit or an incident needs is held beyond that."""


ALARM_DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Keeping:
    """Days for each kind; a kind that is not named keeps its usual ones, ``FOR_EVER`` is never erased. ``alarms``: days
    that alarms and their log are kept after they were closed."""

    days: Mapping[EventKind, float] = field(default_factory=dict)
    alarms: float = ALARM_DAYS

    def of(self, kind: EventKind) -> float:
        """Days that events of this kind are kept."""
        return self.days.get(kind, DEFAULT_DAYS[kind])

    def ends(self, now: datetime) -> dict[EventKind, datetime]:
        """For each kind that is ever erased: what came in before then is due."""
        return {kind: now - timedelta(days=self.of(kind)) for kind in EventKind if self.of(kind) > FOR_EVER}

    def alarms_end(self, now: datetime) -> datetime | None:
        """Alarms that were closed before then are due; None: none ever is."""
        return now - timedelta(days=self.alarms) if self.alarms > FOR_EVER else None


DEFAULT_KEEPING = Keeping()
