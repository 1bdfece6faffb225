"""Retention of the journal: in the background, in small steps, on record."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from console.model.keeping import Keeping
from console.services.audit_trail import AuditTrail
from console.services.keeper import STEP_SECONDS, Keeper
from console.store.journal import Journal
from console.store.journal_retention import due, erase, trim

EVERY_SECONDS = 600.0


class JournalKeeper(Keeper):
    """A thread of its own from ``start`` to ``close``. ``journal`` gives the journal once it is open, ``keeping`` how
    long things are kept now. Each run that erases something is one line in the audit before it and one after it;
    without an audit nothing is erased."""

    def __init__(
        self,
        journal: Callable[[], Journal | None],
        keeping: Callable[[], Keeping],
        trail: AuditTrail,
        station: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        step_seconds: float = STEP_SECONDS,
    ) -> None:
        super().__init__("events", station, step_seconds)
        self._journal, self._keeping, self._trail, self._clock = journal, keeping, trail, clock

    def next_look(self, looked: bool) -> float:
        """See Keeper."""
        return EVERY_SECONDS if self._journal() is not None else 1.0

    def keep(self) -> int:
        """Erase all that is due now; how many lines it were. Blocks. Raises DatabaseError."""
        journal = self._journal()
        if journal is None:
            return 0
        now, erased = self._clock(), 0
        for kind, before in self._keeping().ends(now).items():
            if not due(journal, kind, before, now):
                continue
            detail = {"before": before.isoformat(timespec="seconds")}
            line = self._trail.add(self._actor, "erases events", kind.value, detail)
            count = 0
            while not self._ending.is_set() and (step := erase(journal, kind, before, now)):
                count += step
                self._ending.wait(self._step_seconds)
            self._trail.add(self._actor, "erases events", kind.value, {"erased": count}, "done", line)
            erased += count
        while not self._ending.is_set() and trim(journal):
            self._ending.wait(self._step_seconds)
        return erased
