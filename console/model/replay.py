"""The clock of a replay: where on the time line the tiles are, how fast and in which direction. Pure and immutable.

All times are UTC seconds since 1970 on this computer's clock, the time line of replay buffers and recordings (see
``drivers.types.EncodedPacket.arrived``). Many tiles share one clock, so they are always at the same moment.
"""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, replace

SPEEDS = (0.25, 0.5, 1.0, 2.0, 4.0, 8.0)
"""How fast a replay can run, in either direction."""
_FRACTIONS = {0.25: "1/4", 0.5: "1/2"}


class Edge(enum.Enum):
    """Where a replay stopped by itself."""

    NONE = ""
    START = "start"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class ReplayState:
    """At ``since`` the position was ``anchor``. ``speed`` is negative backwards and never 0; paused is ``playing``
    False, which keeps the speed. ``first`` and ``last`` are where the footage begins and ends."""

    anchor: float
    since: float
    speed: float = 1.0
    playing: bool = True
    first: float = -math.inf
    last: float = math.inf
    edge: Edge = Edge.NONE

    def position(self, now: float) -> float:
        """Where the replay is at ``now``."""
        # A computer's clock may be set back: the replay then waits, it does not run the other way.
        passed = max(0.0, now - self.since) * self.speed if self.playing else 0.0
        return self._within(self.anchor + passed)

    def moved(self, now: float, to: float) -> ReplayState:
        """Somewhere else on the time line, playing or paused as before."""
        return replace(self, anchor=self._within(to), since=now, edge=Edge.NONE)

    def jumped(self, now: float, seconds: float) -> ReplayState:
        """So many seconds further (negative: back)."""
        return self.moved(now, self.position(now) + seconds)

    def paused(self, now: float) -> ReplayState:
        """Stand still."""
        return replace(self, anchor=self.position(now), since=now, playing=False)

    def played(self, now: float, speed: float | None = None) -> ReplayState:
        """Run, with the speed as it was or another one (negative: backwards). Raises ValueError for one that is not
        among SPEEDS."""
        wanted = self.speed if speed is None else speed
        if abs(wanted) not in SPEEDS:
            raise ValueError(f"{wanted} is none of the speeds {SPEEDS}")
        return replace(self, anchor=self.position(now), since=now, speed=wanted, playing=True, edge=Edge.NONE)

    def toggled(self, now: float) -> ReplayState:
        """K: pause, and on again."""
        return self.paused(now) if self.playing else self.played(now)

    def shuttled(self, now: float, direction: int) -> ReplayState:
        """L (``direction`` 1) and J (-1): play in that direction; if it plays so already, twice as fast."""
        speed = 1.0
        if self.playing and self.speed * direction > 0:
            speed = min((each for each in SPEEDS if each > abs(self.speed)), default=SPEEDS[-1])
        return self.played(now, math.copysign(speed, direction))

    def slowed(self, now: float, direction: int) -> ReplayState:
        """Shift+L and Shift+J: play slowly in that direction; if it plays so already, half as fast."""
        speed = SPEEDS[1]
        if self.playing and self.speed * direction > 0:
            speed = max((each for each in SPEEDS if each < abs(self.speed)), default=SPEEDS[0])
        return self.played(now, math.copysign(speed, direction))

    def limited(self, now: float, first: float, last: float) -> ReplayState:
        """What footage there is now. A replay that reached one of the ends in its direction stops there and says so;
        one that stands where footage was dropped is moved along."""
        last = max(first, last)
        fresh = replace(self, first=first, last=last)
        raw = self.anchor + (max(0.0, now - self.since) * self.speed if self.playing else 0.0)
        if self.playing and self.speed > 0 and raw >= last:
            return replace(fresh, anchor=last, since=now, playing=False, edge=Edge.LIVE)
        if self.playing and self.speed < 0 and raw <= first:
            return replace(fresh, anchor=first, since=now, playing=False, edge=Edge.START)
        if not first <= raw <= last:
            return replace(fresh, anchor=fresh._within(raw), since=now)
        return fresh

    def behind(self, now: float) -> float:
        """Seconds from here to now."""
        return max(0.0, now - self.position(now))

    def words(self, now: float) -> str:
        """What a tile's bar says: ``REPLAY -0:42``, with the speed where it is not 1, and when it is paused."""
        said = f"REPLAY {ago(self.behind(now))}"
        if not self.playing:
            return f"{said} paused"
        return said if self.speed == 1.0 else f"{said} {speed_words(self.speed)}"

    def detail(self) -> str:
        """Why it stopped by itself, in a sentence; empty if it did not."""
        if self.edge is Edge.LIVE:
            return "The newest footage. Press Esc to return to live."
        return "The oldest footage that is kept. Press L to play on." if self.edge is Edge.START else ""

    def _within(self, position: float) -> float:
        return min(max(position, self.first), self.last)


def started(now: float, back: float = 5.0) -> ReplayState:
    """A replay that begins ``back`` seconds ago."""
    return ReplayState(now - back, now)


def speed_words(speed: float) -> str:
    """``2x``, ``1/4x``, ``back 1x``."""
    said = _FRACTIONS.get(abs(speed)) or f"{abs(speed):g}"
    return f"{'back ' if speed < 0 else ''}{said}x"


def ago(seconds: float) -> str:
    """``-0:42``, ``-1:02:03``, ``-2 d 03:04:05``."""
    whole = max(0, int(seconds))
    days, rest = divmod(whole, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, secs = divmod(rest, 60)
    if days:
        return f"-{days} d {hours:02}:{minutes:02}:{secs:02}"
    return f"-{hours}:{minutes:02}:{secs:02}" if hours else f"-{minutes}:{secs:02}"
