"""RTP packets of a picture become one access unit (RFC 3550), given away with its last packet.

The last packet of a picture carries the marker bit (RFC 6184, 5.1; RFC 7798, 4.1). Where a server sets none, or sets it
in the middle of pictures, the change of the timestamp ends a unit.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from struct import Struct

MAX_UNIT = 8 * 1024 * 1024
"""Bytes: more of one picture than this is thrown away."""
_PART = 256
"""Bytes that a part of a unit is counted for beside its own: a flood of tiny parts costs memory too."""
_HEAD = Struct(">BBHII")
_REPORT = Struct(">IIII")
_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_SENDER_REPORT, _BYE = 200, 203

Unit = tuple[bytes, int, bool]
"""An access unit in Annex B form, its presentation time in ticks since the first, and whether it is a key frame."""


class Assembler(ABC):
    """Packets in, units out. One thread. Packets are parts of one buffer that its owner may overwrite only after
    ``settle``, unless ``pending`` is empty.

    What a gap leaves of a unit goes to the decoder, which conceals what is missing: a picture with a mended spot is
    better than none, and without a gap in time."""

    def __init__(self, payload_type: int, tick: float) -> None:
        """``tick`` is the unit of timestamps in seconds."""
        self.units: deque[Unit] = deque()
        self.pending: list[bytes | memoryview] = []
        self.epoch: float | None = None
        """The sender's time of tick 0, UTC seconds since 1970; None where it has not told."""
        self.ended = False
        """Whether the server said goodbye."""
        self.packets = 0
        self._type, self._tick = payload_type, tick
        self._next = self._late = -1
        self._source = self._raw = -1
        self._ticks = 0
        self._step = 3000
        self._size = 0
        self._sliced = self._key = False
        self._open = False
        """Whether a fragmented unit of the codec is under way."""
        self._marked = False
        """Whether a unit with this timestamp was given away already, by its marker."""
        self._by_marker = True
        self._report: tuple[float, int] | None = None

    def packet(self, view: memoryview, at: int, end: int) -> None:
        """Take the RTP packet that lies between ``at`` and ``end``."""
        if end - at < 13:
            return
        first, kind, sequence, stamp, source = _HEAD.unpack_from(view, at)
        at += 12
        if first != 0x80:
            at, end = _payload(view, first, at, end)
            if at >= end:
                return
        self.packets += 1
        if kind & 0x7F != self._type:
            return
        if (sequence != self._next or source != self._source) and not self._follows(sequence, source, stamp):
            return
        self._next = sequence + 1 & 0xFFFF
        if stamp != self._raw:
            self._turn(stamp)
        self._size += end - at + _PART
        if self._size > MAX_UNIT:
            self._forget()
        self.payload(view, at, end)
        if kind & 0x80 and self._sliced and self._by_marker:
            self._give()
            self._marked = True

    def control(self, view: memoryview, at: int, end: int) -> None:
        """Take the RTCP packets that lie between ``at`` and ``end`` (RFC 3550, 6.1)."""
        while end - at >= 8:
            stop = at + 4 + 4 * int.from_bytes(view[at + 2 : at + 4])
            if view[at] & 0xC0 != 0x80 or stop > end:
                return
            kind, source = view[at + 1], int.from_bytes(view[at + 4 : at + 8])
            if kind == _SENDER_REPORT and stop - at >= 28 and self._source in (-1, source):
                seconds, fraction, stamp, _ = _REPORT.unpack_from(view, at + 8)
                if seconds > _NTP_EPOCH:
                    self._report = (seconds - _NTP_EPOCH + fraction / (1 << 32), stamp)
                    self._learn()
            elif kind == _BYE and view[at] & 0x1F and source == self._source:
                self.ended = True
            at = stop

    def settle(self) -> None:
        """Copy what is pending: the buffer is about to be overwritten."""
        self.pending = [bytes(part) for part in self.pending]

    @abstractmethod
    def payload(self, view: memoryview, at: int, end: int) -> None:
        """Take what an RTP packet carries; never empty."""

    def _again(self) -> None:
        """A picture goes on after its marker: markers of this server mean nothing."""
        if self._marked:
            self._by_marker = False

    def _give(self) -> None:
        self.units.append((b"".join(self.pending), self._ticks, self._key))
        self._forget()

    def _forget(self) -> None:
        self.pending.clear()
        self._size = 0
        self._sliced = self._key = self._open = False

    def _turn(self, stamp: int) -> None:
        """Another timestamp: what was before is complete. Parameter sets alone wait for their picture."""
        if self._sliced:
            self._give()
        self._marked = self._open = False
        if self._raw >= 0:
            self._step = _signed(stamp - self._raw, 32)
            self._ticks += self._step
        self._raw = stamp
        if self._report is not None:
            self._learn()

    def _follows(self, sequence: int, source: int, stamp: int) -> bool:
        """Whether a packet that is not the next one counts: not if it comes too late."""
        if source != self._source:
            self._restart(source, stamp)
            return True
        if _signed(sequence - self._next, 16) < 0 and sequence != self._late:
            self._late = sequence + 1 & 0xFFFF
            return False
        self._open = False
        return True

    def _restart(self, source: int, stamp: int) -> None:
        """Another sender, with numbers of its own: time goes on where it was."""
        if self._source >= 0:
            if self._sliced:
                self._give()
            self._forget()
            self._marked = False
            self._ticks += self._step if 0 < self._step < 900_000 else 3000
            self._raw = stamp
            self.epoch = self._report = None
        self._source = source

    def _learn(self) -> None:
        if self._report is not None and self._raw >= 0:
            wall, stamp = self._report
            self.epoch = wall - (self._ticks + _signed(stamp - self._raw, 32)) * self._tick
            self._report = None


def _signed(difference: int, bits: int) -> int:
    half = 1 << bits - 1
    return (difference + half & (1 << bits) - 1) - half


def _payload(view: memoryview, first: int, at: int, end: int) -> tuple[int, int]:
    """Where the payload lies in a packet with contributors, an extension or padding (RFC 3550, 5.1); nowhere in one
    that is not RTP."""
    if first & 0xC0 != 0x80:
        return end, end
    at += 4 * (first & 0x0F)
    if first & 0x10:
        if at + 4 > end:
            return end, end
        at += 4 + 4 * int.from_bytes(view[at + 2 : at + 4])
    if first & 0x20:
        end -= view[end - 1]
    return at, end
