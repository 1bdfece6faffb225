"""Decoding times of pictures that are shown in another order: RTP carries only when each is shown. Pure."""

from __future__ import annotations

from heapq import heappush, heapreplace

_LONGEST = 90_000
"""Ticks: a step back beyond this is no reordering but another clock."""
_DEEPEST = 16
"""No codec reorders further."""


class Order:
    """Decoding times for presentation times in decoding order. As many pictures are looked back on as the stream says
    that it reorders, or as it turns out to."""

    def __init__(self, depth: int, step: int) -> None:
        """``step`` is the time of a picture in ticks."""
        self._depth, self._step = depth, step
        self._heap: list[int] = []

    def dts(self, pts: int) -> int:
        """The decoding time of the next picture in ticks."""
        heap = self._heap
        if not heap or not -_LONGEST < pts - heap[0] < 10 * _LONGEST:
            self._heap = heap = [pts - back * self._step for back in range(self._depth + 1, 0, -1)]
        lowest = heapreplace(heap, pts)
        if pts < lowest and len(heap) <= _DEEPEST:
            heappush(heap, lowest)
        return heap[0]
