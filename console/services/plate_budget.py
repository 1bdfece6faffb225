"""How much of the processor reading plates takes, kept by measuring it: an allowance that fills with time and is spent
by what the threads really used."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

SAVED_SECONDS = 2.0
"""So long a rest is saved up for a rush."""
FIRST_COST = 0.1
"""CPU seconds that a look is taken to cost before one was measured."""
WAITS_SECONDS = 1.0
"""Who asked so long ago no longer waits for a turn."""
_LEARN = 0.2


class CpuBudget:
    """Any thread. ``share`` in cores: 0.5 is half of one. What a look will cost is set aside when it begins, so that
    many cameras at once do not all begin on the same rest; it is put right when it ends."""

    def __init__(self, share: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.share, self._clock = share, clock
        self._lock = threading.Lock()
        self._left = self._most = share * SAVED_SECONDS
        self._at = clock()
        self._cost = FIRST_COST
        self._asked: dict[str, float] = {}
        self._served: dict[str, float] = {}
        self.used = 0.0
        """CPU seconds spent since the start."""

    def spend(self, seconds: float) -> None:
        """So much CPU time was used for other things than looks."""
        with self._lock:
            self.used += seconds
            self._left -= seconds

    def begin(self, who: str) -> float | None:
        """May ``who`` look at a picture now? None: no; else what is to be given to ``end``. While there is little left
        those go first who have waited longest."""
        with self._lock:
            now = self._fill()
            self._asked[who] = now
            if self._left <= 0:
                return None
            if self._left < self._most / 2:
                waiting = [each for each, at in self._asked.items() if now - at <= WAITS_SECONDS]
                if min(waiting, key=lambda each: self._served.get(each, 0.0)) != who:
                    return None
            self._served[who] = now
            del self._asked[who]
            self._left -= self._cost
            return self._cost

    def end(self, set_aside: float, seconds: float) -> None:
        """A look is over and took so many seconds of CPU time."""
        with self._lock:
            self.used += seconds
            self._left += set_aside - seconds
            self._cost += _LEARN * (seconds - self._cost)

    @property
    def deep_in_debt(self) -> bool:
        """Whether even decoding has to wait."""
        with self._lock:
            self._fill()
            return self._left < -self._most / 2

    def _fill(self) -> float:
        now = self._clock()
        self._left = min(self._most, self._left + self.share * (now - self._at))
        self._at = now
        return now
