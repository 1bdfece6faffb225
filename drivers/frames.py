"""The pictures of a GOP in the order in which they are seen, and when. Pure; needs no decoder.

A packet's place in the GOP is its place in decoding order; with B-frames pictures are seen in another one, that of the
presentation time stamps. The time line counts arrivals (``EncodedPacket.arrived``), so the first picture seen gets the
first arrival, the second the second, and so on: pictures and arrivals are as many, and both only grow.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from itertools import pairwise

from drivers.types import Gop

MOST_REORDERED = 16
"""Places by which H.264 and H.265 can reorder a picture at most; time stamps that say more have jumped."""
MOST_BACK = 2.0
"""Seconds by which a packet's time stamp can lie before that of the packet before it: beyond, the stamps have jumped,
as when a server gives the first packet none."""
_LEAST_APART = 1e-6
"""Seconds: pictures that arrived at once are kept apart by this, so that each can be stepped to."""


@dataclass(frozen=True, slots=True)
class FrameLine:
    """``ranks``: for each packet of the GOP, the place of its picture in the order of seeing; ``order`` the other way
    round, the packet of each place. ``times``: when each is seen, by rank, UTC seconds, strictly growing. ``leading``:
    how many of the first ranks are seen before the key frame, which needs the GOP before to be decoded (open GOP).
    ``reordered``: packets do not come in the order of seeing. ``settled``: how many of the first ranks no packet can
    change that is still to come, as far as the packets so far show how late one can be; all of a whole GOP."""

    ranks: tuple[int, ...]
    order: tuple[int, ...]
    times: tuple[float, ...]
    leading: int
    reordered: bool
    settled: int

    def rank_at(self, when: float) -> int:
        """The picture that is seen at ``when``, as far as that is settled; the first one before that."""
        return max(0, bisect_right(self.times, when, hi=self.settled) - 1)


def frame_line(gop: Gop) -> FrameLine:
    """Put the pictures of ``gop`` in order. Where time stamps are missing, equal or jump, decoding order counts."""
    packets = gop.packets
    order = sorted(range(len(packets)), key=lambda index: (packets[index].pts, index))
    jumped = any(later.pts < packet.pts - MOST_BACK for packet, later in pairwise(packets))
    if jumped or any(abs(rank - index) > MOST_REORDERED for rank, index in enumerate(order)):
        order = list(range(len(packets)))
    ranks = [0] * len(packets)
    for rank, index in enumerate(order):
        ranks[index] = rank
    times: list[float] = []
    for packet in packets:
        times.append(packet.arrived if not times else max(packet.arrived, times[-1] + _LEAST_APART))
    latest = max(index - rank for index, rank in enumerate(ranks))
    settled = len(packets) if gop.whole else max(1, len(packets) - latest)
    return FrameLine(tuple(ranks), tuple(order), tuple(times), ranks[0], latest > 0, settled)
