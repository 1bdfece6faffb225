"""Retention of alarms: in the background, in small steps, on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from console.model.keeping import Keeping
from console.services.audit_trail import AuditTrail
from console.services.keeper import STEP_SECONDS, Keeper
from console.store.alarm_retention import due, erase
from console.store.alarms import AlarmStore

FIRST_SECONDS = 60.0
"""After the start: until then there is enough to read."""
EVERY_SECONDS = 3600.0


class AlarmKeeper(Keeper):
    """A thread of its own from ``start`` to ``close``. ``opener`` opens the alarms there, when they are first needed;
    ``keeping`` says how long they are kept now. Each run that erases something is one line in the audit before it and
    one after it; without an audit nothing is erased."""

    def __init__(
        self,
        opener: Callable[[], AlarmStore],
        keeping: Callable[[], Keeping],
        trail: AuditTrail,
        station: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        step_seconds: float = STEP_SECONDS,
    ) -> None:
        super().__init__("alarms", station, step_seconds)
        self._opener, self._keeping, self._trail, self._clock = opener, keeping, trail, clock
        self._store: AlarmStore | None = None

    def close(self) -> None:
        """End after the step in hand, let go of the database."""
        super().close()
        if self._store is not None:
            self._store.close()
            self._store = None

    def next_look(self, looked: bool) -> float:
        """See Keeper."""
        return EVERY_SECONDS if looked else FIRST_SECONDS

    def keep(self) -> int:
        """Erase all that is due now; how many alarms it were. Blocks. Raises DatabaseError."""
        before = self._keeping().alarms_end(self._clock())
        if before is None:
            return 0
        if self._store is None:
            self._store = self._opener()
        if not due(self._store, before):
            return 0
        detail = {"before": before.isoformat(timespec="seconds")}
        line = self._trail.add(self._actor, "erases alarms", "closed alarms", detail)
        alarms = lines = 0
        while not self._ending.is_set() and (step := erase(self._store, before)):
            alarms, lines = alarms + step.alarms, lines + step.lines
            self._ending.wait(self._step_seconds)
        erased = {"erased": alarms, "lines": lines}
        self._trail.add(self._actor, "erases alarms", "closed alarms", erased, "done", line)
        return alarms
