"""The piece of the time line that a bar shows: zoom, pan, and where its marks are. Pure; UTC seconds since 1970."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from math import floor

SHORTEST, LONGEST = 30.0, 86_400.0
"""Seconds that a bar shows at least and at most."""
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600)
"""Seconds between two marks: steps that a clock knows."""


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """From ``start`` on for ``length`` seconds."""

    start: float
    length: float

    @property
    def end(self) -> float:
        """Where it ends."""
        return self.start + self.length

    def share(self, when: float) -> float:
        """Where ``when`` lies: 0 at the start, 1 at the end; outside of that beyond them."""
        return (when - self.start) / self.length

    def at(self, share: float) -> float:
        """The time that lies there."""
        return self.start + share * self.length

    def zoomed(self, factor: float, around: float) -> TimeWindow:
        """Show ``factor`` times as much; ``around`` stays where it is, as far as the limits allow."""
        length = min(LONGEST, max(SHORTEST, self.length * factor))
        return TimeWindow(around - self.share(around) * length, length)

    def panned(self, seconds: float) -> TimeWindow:
        """Another piece of the same length."""
        return TimeWindow(self.start + seconds, self.length)

    def showing(self, when: float) -> TimeWindow:
        """This window, moved if ``when`` is not in it: a tenth of it then lies on the other side of ``when``."""
        if self.start <= when <= self.end:
            return self
        return TimeWindow(when - (0.1 if when < self.start else 0.9) * self.length, self.length)

    def kept_before(self, latest: float) -> TimeWindow:
        """Not later than so that it ends at ``latest``: nothing is seen of the future."""
        return TimeWindow(min(self.start, latest - self.length), self.length)

    def marks(self, most: int, offset: float = 0.0) -> tuple[tuple[float, ...], int]:
        """Times of at most ``most`` marks within the window at whole steps of local time, and the step. ``offset``:
        seconds that local time is ahead of UTC."""
        step = next((each for each in STEPS if self.length / each < max(1, most)), STEPS[-1])
        count = floor((self.end + offset) / step) - floor((self.start + offset) / step)
        first = (floor((self.start + offset) / step) + 1) * step - offset
        return tuple(first + index * step for index in range(count)), step


def merged(spans: Iterable[tuple[float, float]], within: float = 0.0) -> tuple[tuple[float, float], ...]:
    """Spans in order, those that overlap or lie at most ``within`` seconds apart made one."""
    found: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if found and start <= found[-1][1] + within:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return tuple(found)
