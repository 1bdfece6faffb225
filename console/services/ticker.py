"""One thread for all that is due by time: holds, patrols, lamp leases, scheduled commands. Nothing in it may block:
what talks to devices goes into their queues."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)

AGAIN_SECONDS = 1.0

Tick = Callable[[float], float | None]
"""Does what is due at ``now`` (monotonic seconds) and returns when it wants to be called next, None: when woken."""


class Ticker:
    """``add``, ``wake`` and ``close`` come from any thread; ticks run in the ticker's."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, name: str = "ticker") -> None:
        self._clock = clock
        self._wake = threading.Condition()
        self._ticks: list[Tick] = []
        self._woken = False
        self._ending = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def add(self, tick: Tick) -> None:
        """Call this from now on."""
        with self._wake:
            self._ticks.append(tick)
            self._woken = True
            self._wake.notify()

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wake(self) -> None:
        """Something is due that was not before."""
        with self._wake:
            self._woken = True
            self._wake.notify()

    def close(self) -> None:
        """End; when it returns no tick runs any more."""
        with self._wake:
            self._ending = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._woken = False
                if self._ending:
                    return
                ticks = tuple(self._ticks)
            now = self._clock()
            due = [when for tick in ticks if (when := _ticked(tick, now)) is not None]
            with self._wake:
                if not self._woken and not self._ending:
                    self._wake.wait(max(0.0, min(due) - self._clock()) if due else None)


def _ticked(tick: Tick, now: float) -> float | None:
    """The top of the thread: a fault in one tick must not end the others, among them what stops cameras."""
    try:
        return tick(now)
    except Exception:  # the top of the thread: what stops cameras ticks here too, and must go on
        log.exception("what is due by time failed inside the console; it is tried again")
        return now + AGAIN_SECONDS
