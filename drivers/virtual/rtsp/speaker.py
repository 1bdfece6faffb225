"""The sound track of one session: PCMU over RTP (RFC 3551, 4.5.14), sent only while somebody listens."""

from __future__ import annotations

import asyncio
import math
import random
import struct
from collections.abc import Callable

from drivers.virtual.rtsp.rtp import REPORT_S, Wire, sender_report
from drivers.virtual.sound import RATE
from drivers.virtual.state import FaultBox

PACKET_S = 0.04
"""Sound in a packet; 25 packets a second."""
_SAMPLES = round(PACKET_S * RATE)
MAX_BACKLOG = 64 * 1024
"""Bytes: a listener that does not read gets nothing until it does."""
_LATE_S = 1.0


class SoundTrack:
    """Sends one period of sound round and round, in step with the wall clock. City's loop only."""

    def __init__(
        self, wire: Wire, sound: bytes, faults: FaultBox, clock: Callable[[], float], rng: random.Random
    ) -> None:
        self._wire, self._sound, self._faults, self._clock = wire, sound, faults, clock
        self.ssrc, self.sequence = rng.getrandbits(32), rng.getrandbits(16)
        self._offset = rng.getrandbits(32)
        self._packets = 0
        self._task: asyncio.Task[None] | None = None

    def begin(self) -> None:
        """Send from now on."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._serve())

    def pause(self) -> None:
        """Send nothing more."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()

    async def _serve(self) -> None:
        tick, next_report = math.ceil(self._clock() / PACKET_S), 0.0
        while True:
            delay = tick * PACKET_S - self._clock()
            if delay > 0:
                await asyncio.sleep(min(delay, _LATE_S))
            if abs(delay) > _LATE_S:  # the wall clock was set, or this computer slept
                tick = math.ceil(self._clock() / PACKET_S)
                continue
            if self._clock() >= next_report:
                next_report = self._clock() + REPORT_S
                counts = self._packets, self._packets * _SAMPLES
                self._wire.report(sender_report(self.ssrc, tick * PACKET_S, self._stamp(tick), *counts))
            if self._faults.peek("silent") is None and self._wire.backlog() < MAX_BACKLOG:
                self._send(tick)
            tick += 1

    def _stamp(self, tick: int) -> int:
        return (tick * _SAMPLES + self._offset) & 0xFFFFFFFF

    def _send(self, tick: int) -> None:
        place = tick * _SAMPLES % len(self._sound)  # a period is a whole number of packets
        payload = self._sound[place : place + _SAMPLES]
        marker = 0 if self._packets else 0x80  # the first after silence (RFC 3551, 4.1)
        rtp = struct.pack(">BBHII", 0x80, marker, self.sequence, self._stamp(tick), self.ssrc) + payload
        self._wire.media(bytearray(struct.pack(">cBH", b"$", 0, len(rtp)) + rtp), [0])
        self.sequence = (self.sequence + 1) & 0xFFFF
        self._packets += 1
