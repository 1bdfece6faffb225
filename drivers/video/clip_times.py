"""Time stamps of a stream become those of a file: from zero, growing, in ticks, whatever the camera's clock did."""

from __future__ import annotations

from math import isfinite

from drivers.types import EncodedPacket

TICKS = 90_000
"""Ticks a second, the clock of RTP video (RFC 3551, 5): what cameras send comes back without rounding."""

LONGEST_JUMP = 10.0
"""Seconds by which a stream's clock may part from this computer's between two packets; beyond, it has jumped."""

_SMALL_STEP_BACK = -1.0
"""Seconds: a decoding time that steps back by less is a slip of one packet, not a new clock."""

_LONGEST_REORDER = 10 * TICKS


class Stamper:
    """One file's stamps. ``origin`` is the stream's time of the file's zero, seconds; ``repaired`` counts packets whose
    stamps were unusable: not there (NaN), equal to or before the one before, or after a jump of the stream's clock.
    The time between such a packet and the one before is then taken from their arrival."""

    def __init__(self) -> None:
        self.origin = 0.0
        self.repaired = 0
        self._last: int | None = None
        self._arrived = 0.0

    def stamp(self, packet: EncodedPacket) -> tuple[int, int]:
        """``(pts, dts)`` in ticks; dts grows by one at least, pts is never before dts."""
        dts, pts = packet.dts, packet.pts
        mended = not isfinite(dts)
        if mended and isfinite(pts):
            dts = pts
        if self._last is None:
            self.origin = dts if isfinite(dts) else 0.0
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
