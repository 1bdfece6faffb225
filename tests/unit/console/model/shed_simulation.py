"""A machine with a few decode slots and many streams, simulated: packets come by the clock, work takes time."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field

from console.model.shedding import Attention, Shedder, Work

INTERVAL = 1 / 15


@dataclass
class Watched:
    """One stream and what its tile got to see: times of display and how old each picture was then, seconds."""

    shedder: Shedder
    gop: int
    shown: list[tuple[float, float]] = field(default_factory=list)
    idle_since: float = 0.0
    queued: float = 0.0
    """How old the packet was that was looked at last, seconds."""

    def count(self, since: float, until: float) -> int:
        """How many pictures were shown in a span of time."""
        return sum(since <= at < until for at, _ in self.shown)

    def longest_gap(self, since: float, until: float) -> float:
        """The longest time without a new picture, seconds."""
        times = [since, *(at for at, _ in self.shown if since <= at < until), until]
        return max(b - a for a, b in itertools.pairwise(times))


def simulate(
    attentions: list[Attention],
    seconds: float,
    decode: Callable[[float], float],
    scale: Callable[[float], float],
    gop: int = 15,
    slots: int = 2,
) -> list[Watched]:
    """Run for ``seconds``; ``decode`` and ``scale`` give the seconds that the work takes at a time. A stream's packets
    wait in order (as in a TCP connection) and one is worked on at a time; a slot goes to whoever asked first."""
    streams = [Watched(Shedder(attention=a), gop) for a in attentions]
    free = [0.0] * slots
    queue = [(number * INTERVAL / len(streams), number, 0) for number in range(len(streams))]
    heapq.heapify(queue)
    while queue:
        ready, number, index = heapq.heappop(queue)
        stream = streams[number]
        alone = stream.shedder.attention is Attention.SELECTED  # it needs no slot, but shares the cores with them
        start = ready if alone else max(ready, heapq.heappop(free))
        arrived = number * INTERVAL / len(streams) + index * INTERVAL
        waited, queued = max(0.0, arrived - stream.idle_since), start - ready
        pts, key = 1000.0 + index * INTERVAL, index % stream.gop == 0
        work = stream.shedder.weigh(start, pts, key, INTERVAL, waited, queued)
        end = start + 0.0001
        if work is not Work.SKIP:
            end += decode(start)
        if work is Work.SHOW:
            end += scale(start)
            stream.shown.append((end, end - arrived))
        stream.queued = start - arrived
        if alone:
            end += (end - start) / 2
        else:
            heapq.heappush(free, end)
        stream.idle_since = end
        if end < seconds:
            heapq.heappush(queue, (max(end, arrived + INTERVAL), number, index + 1))
    return streams
