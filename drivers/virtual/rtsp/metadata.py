"""The metadata track of a camera: XML documents over RTP (ONVIF Streaming Specification, 5.1.2.1).

A document is spread over as many packets as it needs, which share a timestamp; the last one carries the marker bit.
"""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Callable

from drivers.virtual.encode import Frame
from drivers.virtual.rtsp.channel import STUCK_S
from drivers.virtual.rtsp.rtp import Watcher, Wire
from drivers.virtual.state import FaultBox

PAYLOAD_TYPE = 107
BEAT_S = 0.5
"""A frame comes so often where somebody listens, be there something in it or not."""
_PACKET_BYTES = 1388
"""Of a document in a packet; with the head of RTP 1,400."""
_ORDER_S = 5.0


def packets(document: bytes) -> Frame:
    """A document as RTP packets. Numbers, time and sender are written into them for each listener."""
    data, starts = bytearray(), []
    for at in range(0, len(document), _PACKET_BYTES):
        piece = document[at : at + _PACKET_BYTES]
        marker = 0x80 if at + _PACKET_BYTES >= len(document) else 0
        starts.append(len(data))
        data += struct.pack(">cBHBB10x", b"$", 0, 12 + len(piece), 0x80, marker | PAYLOAD_TYPE) + piece
    return Frame(bytes(data), tuple(starts), True)


class MetadataChannel:
    """Sends documents to all who listen to a camera's metadata. City's loop only. ``look`` gives the document of the
    frame of now."""

    def __init__(self, look: Callable[[], bytes], faults: FaultBox, clock: Callable[[], float]) -> None:
        self._look, self._faults, self._clock = look, faults, clock
        self._listeners: dict[MetadataTrack, Callable[[], None]] = {}
        self._task: asyncio.Task[None] | None = None
        self._last = 0.0

    def __len__(self) -> int:
        return len(self._listeners)

    def join(self, track: MetadataTrack, end: Callable[[], None]) -> None:
        """Send to a listener from now on, at once for a start; ``end`` is called when it does not read for long."""
        self._listeners[track] = end
        if self._faults.peek("silent") is None:
            track.send(packets(self._look()), self._order(self._clock()), self._jump())
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._beat())

    def leave(self, track: MetadataTrack) -> None:
        """Send nothing more to a listener."""
        self._listeners.pop(track, None)
        if not self._listeners and self._task is not None:
            self._task.cancel()
            self._task = None

    async def stop(self) -> None:
        """Forget all listeners."""
        self._listeners.clear()
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    def publish(self, document: bytes, at: float) -> None:
        """Send a document about the wall time ``at``."""
        if not self._listeners or self._faults.peek("silent") is not None:
            return
        frame, at, now = packets(document), self._order(at), self._clock()
        for track, end in tuple(self._listeners.items()):
            track.send(frame, at, self._jump())
            if track.stuck is not None and now - track.stuck > STUCK_S:
                self.leave(track)
                end()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self.publish(self._look(), self._clock())

    def _order(self, at: float) -> float:
        """Timestamps do not run backwards: what took a moment to be read has the time of the last frame. Where the wall
        clock was set back they begin anew."""
        self._last = at if at > self._last or at < self._last - _ORDER_S else self._last
        return self._last

    def _jump(self) -> float:
        return float(self._faults.peek("time_jump") or 0.0)


class MetadataTrack(Watcher):
    """The metadata of one session."""

    def __init__(
        self,
        channel: MetadataChannel,
        wire: Wire,
        faults: FaultBox,
        clock: Callable[[], float],
        rng: random.Random,
        end: Callable[[], None],
    ) -> None:
        super().__init__(wire, faults, clock, rng)
        self._channel, self._end = channel, end
        self._joined = False

    def begin(self) -> None:
        """Listen."""
        if not self._joined:
            self._joined = True
            self._channel.join(self, self._end)

    def pause(self) -> None:
        """Listen no more."""
        self._joined = False
        self._channel.leave(self)
