"""Leases that other consoles see: what this one takes is written into the database, what others took is read from it.

A hand must not wait for a database ten times a second, so a lease that was written is written again only after a third
of its time; one that another console took meanwhile is lost at that moment at the latest."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from console.model.leases import HOLD_SECONDS, Lease
from console.model.permissions import Actor
from console.store.database import DatabaseError
from console.store.lease_table import LeaseTable, TableLease

log = logging.getLogger(__name__)

READ_SECONDS = 1.0


class SharedLeases:
    """``confirm``, ``give_back`` and ``others`` wait for the database: workers call them. A database that cannot be
    used is logged and shares nothing; without it nothing but stops is sent anyhow, because nothing can be put on
    record."""

    def __init__(
        self,
        opener: Callable[[], LeaseTable],
        seconds: float = HOLD_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        utc: Callable[[], float] = time.time,
    ) -> None:
        self.seconds = seconds
        """How long a lease lasts from now on; a single assignment from any thread."""
        self._opener, self._clock, self._utc = opener, clock, utc
        self._lock = threading.Lock()
        self._table: LeaseTable | None = None
        self._written: dict[str, tuple[Actor, float]] = {}

    def confirm(self, target: str, actor: Actor) -> Lease | None:
        """Have it, before it is used: None; or who has it on another console."""
        now = self._clock()
        with self._lock:
            before = self._written.get(target)
        if before is not None and before[0] == actor and now - before[1] < self.seconds / 3:
            return None
        try:
            other = self._open().take(target, actor, self.seconds)
        except DatabaseError as error:
            log.warning("leases are not shared: %s", error)
            return None
        with self._lock:
            if other is None:
                self._written[target] = (actor, now)
            else:
                self._written.pop(target, None)
        return None if other is None else self._here(other)

    def give_back(self, target: str, actor: Actor) -> None:
        """Let go before the time."""
        with self._lock:
            before = self._written.pop(target, None)
        if before is None or before[0] != actor:
            return
        try:
            self._open().give_back(target, actor)
        except DatabaseError as error:
            log.warning("a lease was not given back to the others, it runs out: %s", error)

    def others(self) -> tuple[Lease, ...] | None:
        """What other consoles hold now; None where that cannot be known."""
        try:
            found = self._open().all()
        except DatabaseError as error:
            log.warning("leases are not shared: %s", error)
            return None
        with self._lock:
            mine = {(target, actor) for target, (actor, _) in self._written.items()}
        return tuple(self._here(each) for each in found if (each.target, each.actor) not in mine)

    def close(self) -> None:
        """Let go of the database."""
        with self._lock:
            if self._table is not None:
                self._table.close()
                self._table = None

    def _here(self, lease: TableLease) -> Lease:
        """On this console's monotonic clock."""
        shift = self._clock() - self._utc()
        return Lease(lease.target, lease.actor, lease.since + shift, lease.until + shift)

    def _open(self) -> LeaseTable:
        with self._lock:
            if self._table is None:
                self._table = self._opener()
            return self._table
