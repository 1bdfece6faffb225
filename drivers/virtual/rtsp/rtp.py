"""Frames to one watcher: RTP numbering (RFC 3550), sender reports, and what faults do to packets."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import Protocol

from drivers.virtual.encode import CLOCK_HZ, Frame
from drivers.virtual.state import FaultBox

_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_PATCH = struct.Struct(">HII")
REPORT_S = 5.0


class Wire(Protocol):
    """Where packets go: the RTSP connection itself, or UDP sockets."""

    def media(self, joined: bytearray, starts: list[int]) -> None:
        """Send RTP packets, each behind a 4-byte interleaving head at ``starts``."""

    def report(self, packet: bytes) -> None:
        """Send one RTCP packet."""

    def backlog(self) -> int:
        """Bytes that wait because the peer does not read."""


def sender_report(ssrc: int, wall: float, timestamp: int, packets: int, size: int) -> bytes:
    """A sender report and a CNAME (RFC 3550, 6.4.1 and 6.5): ``timestamp`` belongs to wall time ``wall``; so many
    packets and bytes were sent."""
    seconds = int(wall)
    fraction = int((wall - seconds) * (1 << 32)) & 0xFFFFFFFF
    ntp = (seconds + _NTP_EPOCH) & 0xFFFFFFFF
    counts = (packets & 0xFFFFFFFF, size & 0xFFFFFFFF)
    sender = struct.pack(">BBHIIIIII", 0x80, 200, 6, ssrc, ntp, fraction, timestamp, *counts)
    name = b"\x01\x04city\0\0"  # CNAME, padded to a multiple of four with the terminating zeros
    return sender + struct.pack(">BBHI", 0x81, 202, 1 + len(name) // 4, ssrc) + name


class Watcher:
    """One playing session: its own SSRC, sequence and timestamp offsets. Lives in the city's asyncio loop.

    A watcher that does not read is limited: above ``MAX_BACKLOG`` waiting bytes it gets nothing until the next key
    frame after the backlog has gone, and ``stuck`` tells since when.
    """

    MAX_BACKLOG = 512 * 1024

    def __init__(self, wire: Wire, faults: FaultBox, clock: Callable[[], float], rng: random.Random) -> None:
        self._wire, self._faults, self._clock, self._rng = wire, faults, clock, rng
        self.ssrc = rng.getrandbits(32)
        self.sequence = rng.getrandbits(16)
        self._offset = rng.getrandbits(32)
        self._packets = self._bytes = 0
        self._next_report = 0.0
        self._skipping = False
        self._held: bytes | None = None
        self.stuck: float | None = None

    def timestamp(self, media_time: float) -> int:
        """The RTP timestamp of a moment on the wall clock."""
        return (int(media_time * CLOCK_HZ) + self._offset) & 0xFFFFFFFF

    def send(self, frame: Frame, media_time: float, jump: float = 0.0) -> None:
        """Send one frame taken at wall time ``media_time``; ``jump`` is the time_jump fault in seconds."""
        if not self._room(frame.key):
            return
        now = self._clock()
        if now >= self._next_report:
            self._next_report = now + REPORT_S
            self._report(media_time + jump)
        stamp = self.timestamp(media_time + jump)
        joined, sequence = bytearray(frame.data), self.sequence
        for start in frame.starts:
            _PATCH.pack_into(joined, start + 6, sequence, stamp, self.ssrc)
            sequence = (sequence + 1) & 0xFFFF
        self.sequence = sequence
        self._packets += len(frame.starts)
        self._bytes += len(joined) - 16 * len(frame.starts)
        loss, reorder = self._faults.peek("rtp_loss"), self._faults.peek("rtp_reorder")
        if loss is None and reorder is None and self._held is None:
            self._wire.media(joined, list(frame.starts))
        else:
            self._spoil(joined, frame.starts, float(loss or 0), float(reorder or 0))

    def _room(self, key: bool) -> bool:
        backlog = self._wire.backlog()
        if backlog > self.MAX_BACKLOG:
            self._skipping = True
            if self.stuck is None:
                self.stuck = self._clock()
            return False
        if self._skipping and not (key and backlog < self.MAX_BACKLOG // 4):
            return False
        self._skipping, self.stuck = False, None
        return True

    def _spoil(self, joined: bytearray, starts: tuple[int, ...], loss: float, reorder: float) -> None:
        """Leave packets out, or hold one back and send it after its successor."""
        out, places = bytearray(), []
        for start, end in zip(starts, (*starts[1:], len(joined)), strict=True):
            packet = bytes(joined[start:end])
            if loss and self._rng.random() < loss:
                self._faults.take("rtp_loss")
                continue
            if self._held is None and reorder and self._rng.random() < reorder:
                self._faults.take("rtp_reorder")
                self._held = packet
                continue
            for piece in (packet, self._held):
                if piece is not None:
                    places.append(len(out))
                    out += piece
            self._held = None
        if places:
            self._wire.media(out, places)

    def _report(self, wall: float) -> None:
        """Which RTP timestamp belongs to which wall time.

        ``wall`` is that of the frame about to go out and not, as the RFC has it, of the report. The line it fixes is
        the same, and FFmpeg, which counts from the first report's timestamp, then sees no times before zero.
        """
        self._wire.report(sender_report(self.ssrc, wall, self.timestamp(wall), self._packets, self._bytes))
