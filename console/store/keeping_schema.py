"""How long events and alarms are kept, as it stands in a site file.

[retention]
plate = 14.0                            # days; 0 is for ever
alarms = 90.0                           # after they were closed
"""

from __future__ import annotations

from typing import Any

from console.model.keeping import ALARM_DAYS, Keeping
from console.store.toml_fields import known, take
from console.store.toml_lines import Path
from console.store.view_schema import number
from drivers.events import EventKind

MOST_DAYS = 36_500.0
ALARMS = "alarms"


def keeping_from(table: Any) -> Keeping:
    """The days of each kind that is named. Raises Misfit."""
    where: Path = ("retention",)
    known(table, [*(kind.value for kind in EventKind), ALARMS], where, "retention")
    days = {name: float(take(table, name, number(0, MOST_DAYS), where)) for name in table}
    alarms = days.pop(ALARMS, ALARM_DAYS)
    return Keeping({EventKind(name): value for name, value in days.items()}, alarms)


def keeping_table(keeping: Keeping) -> dict[str, Any]:
    """What is written of it."""
    days = {kind.value: days for kind, days in keeping.days.items()}
    return days if keeping.alarms == ALARM_DAYS else {**days, ALARMS: keeping.alarms}
