"""What raises and ends alarms waits here for the database, in order, until it is on disk."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future

from console.model.alarms import Cause, Over

MOST_WAITING = 10_000
"""Causes that wait for a database that cannot be used; beyond it those of one alarm become one."""
MOST_AT_ONCE = 500

Waiting = tuple[Cause | Over, Future[str]]
"""Something that happened, and what is told when it is on disk."""


class AlarmQueue:
    """Any thread. Its size is bounded by how many alarms there are, not by how long the database cannot be used."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[Waiting] = deque()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, event: Cause | Over) -> Future[str]:
        """One more."""
        told: Future[str] = Future()
        with self._lock:
            if len(self._waiting) >= MOST_WAITING:
                self._waiting = _merged(self._waiting)
            self._waiting.append((event, told))
        return told

    def take(self) -> list[Waiting]:
        """The next of them, at most ``MOST_AT_ONCE``."""
        with self._lock:
            return [self._waiting.popleft() for _ in range(min(MOST_AT_ONCE, len(self._waiting)))]

    def put_back(self, some: Sequence[Waiting]) -> None:
        """What could not be written is the next again."""
        with self._lock:
            self._waiting.extendleft(reversed(some))


def _merged(waiting: deque[Waiting]) -> deque[Waiting]:
    """Of each alarm the newest cause and the newest end only, and each hit that was none. A future that is merged away
    gives what the other does."""
    kept: dict[tuple[str, type, str], Waiting] = {}
    for event, told in waiting:
        place = (event.key, type(event), event.hit if isinstance(event, Over) else "")
        before = kept.pop(place, None)
        if before is not None:
            told.add_done_callback(_passing(before[1]))
        kept[place] = (event, told)
    return deque(kept.values())


def _passing(to: Future[str]) -> Callable[[Future[str]], None]:
    def done(of: Future[str]) -> None:
        if of.cancelled():
            to.cancel()
        elif to.set_running_or_notify_cancel():
            to.set_result(of.result())

    return done
