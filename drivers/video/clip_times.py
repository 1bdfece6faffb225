"""Time stamps of a stream become those of a file: from zero, growing, in ticks, whatever the camera's clock did."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from math import isfinite
from statistics import median

from drivers.types import EncodedPacket

TICKS = 90_000
"""Ticks a second, the clock of RTP video (RFC 3551, 5): what cameras send comes back without rounding."""

LONGEST_JUMP = 10.0
"""Seconds by which a stream's clock may part from this computer's between two packets; beyond, it has jumped."""

_SMALL_STEP_BACK = -1.0
"""Seconds: a decoding time that steps back by less is a slip of one packet, not a new clock."""

_LONGEST_REORDER = 10 * TICKS

HEAD_PACKETS, HEAD_SECONDS = 8, 0.5
"""How many packets tell whether the first stamps can be believed, and how long to wait for them."""


def settled(head: Sequence[EncodedPacket]) -> tuple[list[EncodedPacket], int]:
    """The first packets of a stream with stamps that make sense, and how many had none. FFmpeg's RTSP reader knows the
    time of the very first packet seldom, and decoding times where pictures are reordered only after a few; what stands
    in their place parts from all that follows."""
    packets, mended = list(head), 0
    stamps = [each.pts for each in packets[1:]]
    if not stamps or not all(isfinite(each.pts) and isfinite(each.dts) for each in packets):
        return packets, 0
    ordered = sorted(stamps)
    step = median([after - before for before, after in pairwise(ordered)] or [0.04])
    step = min(max(step, 0.001), 1.0)
    if abs(packets[0].pts - ordered[0]) > LONGEST_JUMP:
        first = ordered[0] - step
        packets[0], mended = packets[0]._replace(pts=first, dts=first), 1
    good = len(packets) - 1
    while good > 0 and packets[good - 1].dts < packets[good].dts and packets[good - 1].dts <= packets[good - 1].pts:
        good -= 1
    for index in range(good):
        dts = packets[good].dts - (good - index) * step
        packets[index], mended = packets[index]._replace(dts=min(dts, packets[index].pts)), max(mended, index + 1)
    return packets, mended


def taken_at_start(taken: Sequence[float | None], stamps: Sequence[int], tick: float) -> float | None:
    """The sender's time of the first packet, UTC seconds; None where it told none at all. It is known seconds after
    the first picture (the first RTCP report) and counted back from there. ``stamps`` in ticks of ``tick`` seconds."""
    for when, stamp in zip(taken, stamps, strict=True):
        if when is not None:
            return when - (stamp - stamps[0]) * tick
    return None


class Stamper:
    """One file's stamps. ``origin`` is the stream's time of the file's zero, seconds; ``repaired`` counts packets whose
    stamps were unusable: not there (NaN), equal to or before the one before, or after a jump of the stream's clock.
    The time between such a packet and the one before is then taken from their arrival."""

    def __init__(self, first: EncodedPacket | None = None, repaired: int = 0) -> None:
        """``first`` sets the origin; it is stamped like all others."""
        known = [each for each in (first.dts, first.pts) if isfinite(each)] if first is not None else []
        self.origin = known[0] if known else 0.0
        self.repaired = repaired
        self._last: int | None = None
        self._arrived = 0.0

    def stamp(self, packet: EncodedPacket) -> tuple[int, int]:
        """``(pts, dts)`` in ticks; dts grows by one at least, pts is never before dts."""
        dts, pts = packet.dts, packet.pts
        mended = not isfinite(dts)
        if mended and isfinite(pts):
            dts = pts
        if self._last is None:
            ticks = 0
        else:
            ticks, mended = self._next(dts, packet.arrived, self._last, mended)
        self._last, self._arrived = ticks, packet.arrived
        if isfinite(pts):
            shown = round((pts - self.origin) * TICKS)
            if not 0 <= shown - ticks <= _LONGEST_REORDER:
                mended, shown = True, ticks
        else:
            mended, shown = True, ticks
        self.repaired += mended
        return shown, ticks

    def _next(self, dts: float, arrived: float, last: int, mended: bool) -> tuple[int, bool]:
        lapse = max(0.0, arrived - self._arrived)
        if isfinite(dts):
            ticks = round((dts - self.origin) * TICKS)
            step = (ticks - last) / TICKS
            if ticks > last and abs(step - lapse) <= LONGEST_JUMP:
                return ticks, mended
            if _SMALL_STEP_BACK < step <= 0:
                return last + 1, True
        ticks = last + max(1, round(lapse * TICKS))
        if isfinite(dts):
            self.origin = dts - ticks / TICKS
        return ticks, True
