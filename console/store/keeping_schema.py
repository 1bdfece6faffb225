"""How long events are kept, as it stands in a site file.

[retention]
plate = 14.0                            # days; 0 is for ever
"""

from __future__ import annotations

from typing import Any

from console.model.keeping import Keeping
from console.store.toml_fields import known, take
from console.store.toml_lines import Path
from console.store.view_schema import number
from drivers.events import EventKind

MOST_DAYS = 36_500.0


def keeping_from(table: Any) -> Keeping:
    """The days of each kind that is named. Raises Misfit."""
    where: Path = ("retention",)
    known(table, [kind.value for kind in EventKind], where, "retention")
    return Keeping({EventKind(name): float(take(table, name, number(0, MOST_DAYS), where)) for name in table})


def keeping_table(keeping: Keeping) -> dict[str, Any]:
    """What is written of it."""
    return {kind.value: days for kind, days in keeping.days.items()}
