"""What retention of anything needs: a thread that looks now and then, acts as nobody's hand, and ends when told."""

from __future__ import annotations

import logging
import threading
from abc import ABC, abstractmethod

from console.model.permissions import Actor, Role
from console.store.database import DatabaseError

log = logging.getLogger(__name__)

STEP_SECONDS = 0.05
"""Pause between two steps, so that whoever else writes to the same database is never kept waiting for long."""


class Keeper(ABC):
    """A thread of its own from ``start`` to ``close``, which calls ``keep`` now and then. ``what`` is erased, in the
    log's words."""

    def __init__(self, what: str, station: str, step_seconds: float) -> None:
        self._what, self._step_seconds = what, step_seconds
        self._actor = Actor("retention", Role.AUTOMATION, station)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"keeper of {what}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def close(self) -> None:
        """End after the step in hand."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    @abstractmethod
    def keep(self) -> int:
        """Erase all that is due now; how many it were. Blocks. Raises DatabaseError."""

    @abstractmethod
    def next_look(self, looked: bool) -> float:
        """Seconds until the next look; ``looked``: whether there was one already."""

    def _run(self) -> None:
        looked = False
        while not self._ending.wait(self.next_look(looked)):
            looked = True
            try:
                self.keep()
            except DatabaseError as error:
                log.warning("%s whose time is over could not be erased yet: %s", self._what, error)
