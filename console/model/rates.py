"""Rates from counters that only grow. Pure."""

from __future__ import annotations

from collections import deque


class Rate:
    """Events a second over the last few seconds, from looks at a counter."""

    def __init__(self, window: float = 3.0) -> None:
        self._window = window
        self._looks: deque[tuple[float, float]] = deque()

    def look(self, now: float, counter: float) -> float:
        """Note the counter at ``now`` (seconds); returns the rate over the window, 0 before there is one. A counter
        that went back (the stream is another one), or that nobody looked at for a while, starts over."""
        if self._looks and (counter < self._looks[-1][1] or now - self._looks[-1][0] > self._window):
            self._looks.clear()  # nobody looked for a while: what happened meanwhile says nothing about now
        self._looks.append((now, counter))
        while len(self._looks) > 2 and now - self._looks[1][0] >= self._window:
            self._looks.popleft()
        (then, before), (_, after) = self._looks[0], self._looks[-1]
        return (after - before) / (now - then) if now > then else 0.0


class Sum:
    """The sum of counters that come and go: what one counted before it was seen, or while it was away, is left out, so
    that the sum only grows by what happens now."""

    def __init__(self) -> None:
        self._last: dict[int, int] = {}
        self._total = 0

    def total(self, counters: dict[int, int]) -> int:
        """The sum after a look at these counters, by their keys."""
        self._total += sum(max(0, count - self._last.get(key, count)) for key, count in counters.items())
        self._last = dict(counters)
        return self._total
