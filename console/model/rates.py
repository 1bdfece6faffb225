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
        that went back (the stream is another one) starts over."""
        if self._looks and counter < self._looks[-1][1]:
            self._looks.clear()
        self._looks.append((now, counter))
        while len(self._looks) > 2 and now - self._looks[1][0] >= self._window:
            self._looks.popleft()
        (then, before), (_, after) = self._looks[0], self._looks[-1]
        return (after - before) / (now - then) if now > then else 0.0
