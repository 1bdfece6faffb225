"""Several footages of one camera as one: what the replay buffer has, and before it what the recordings have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from console.model.time_line import merged
from console.services.footage import Footage, Span
from drivers.types import Gop

_SAME = 0.005
"""Seconds: GOPs of two footages that begin this close together are the same; files round times to their time base."""
_MOST_COVERED = 10_000
"""GOPs of one footage that are passed over, because another footage covers them, before it is given up."""


class MergedFootage:
    """The first of ``footages`` wins where several have something. Any thread may call it, as far as each of them
    allows that; errors of any of them are handed on."""

    def __init__(self, footages: Sequence[Footage]) -> None:
        self._footages = tuple(footages)

    def spans(self) -> tuple[Span, ...]:
        """Where at least one has something."""
        found = merged((span.start, span.end) for footage in self._footages for span in footage.spans())
        return tuple(Span(start, end) for start, end in found)

    def gop_at(self, when: float) -> Gop | None:
        """The GOP under way at ``when``, of the first footage that covers it; where none does, the last that began
        before."""
        for footage in self._footages:
            if _covers(footage, when):
                gop = footage.gop_at(when)
                if gop is not None and gop.start <= when:
                    return gop
        gops = [gop for footage in self._footages if (gop := footage.gop_at(when)) is not None]
        begun = [gop for gop in gops if gop.start <= when]
        # Stable: of equal starts the first footage's is taken.
        if begun:
            return max(begun, key=lambda gop: gop.start)
        return min(gops, key=lambda gop: gop.start, default=None)

    def gop_after(self, start: float) -> Gop | None:
        """The next GOP after the one that began at ``start``, leaving out those that a better footage covers."""
        return self._pick(start, forwards=True)

    def gop_before(self, start: float) -> Gop | None:
        """The GOP before the one that began at ``start``, leaving out those that a better footage covers."""
        return self._pick(start, forwards=False)

    def _pick(self, start: float, forwards: bool) -> Gop | None:
        best: Gop | None = None
        for index, footage in enumerate(self._footages):
            better = self._footages[:index]
            if best is not None and any(_covers(each, start, best.start) for each in better):
                continue  # nothing of this one is seen on the way, so it need not read its disk
            for gop in _walk(footage, start, forwards):
                behind = best is not None and ((gop.start < best.start) != forwards)
                if behind and best is not None:
                    break  # farther away than what was found already
                if not any(_covers(each, gop.start) for each in better):
                    best = gop
                    break
        return best


def _walk(footage: Footage, start: float, forwards: bool) -> Iterator[Gop]:
    """The GOPs of one footage after or before ``start``, the nearest first."""
    gop = footage.gop_at(start + _SAME)
    if gop is None:
        return
    if forwards and gop.start <= start + _SAME:
        gop = footage.gop_after(gop.start)
    elif not forwards:
        while gop is not None and gop.start >= start - _SAME:
            gop = footage.gop_before(gop.start)
    for _ in range(_MOST_COVERED):
        if gop is None:
            return
        yield gop
        gop = footage.gop_after(gop.start) if forwards else footage.gop_before(gop.start)


def _covers(footage: Footage, *moments: float) -> bool:
    """Whether all of ``moments`` lie in one span."""
    first, last = min(moments), max(moments)
    return any(span.start - _SAME <= first and last <= span.end + _SAME for span in footage.spans())
