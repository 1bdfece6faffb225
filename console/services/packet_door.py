"""Which of a camera's streams writes to a buffer or a recording: one at a time, and never a group without its start."""

from __future__ import annotations

import threading

from console.services.packet_sink import PacketSink
from drivers.types import EncodedPacket, StreamParameters


class PacketDoor:
    """Stands before one sink. Each stream that may write gets a ``Writer``; a stream that came later takes over at its
    first key frame, and an earlier one takes over again when that one ends.

    Streams write from their workers and the pool's thread lets them go; a lock makes them wait for each other, so that
    the sink is never called twice at a time."""

    def __init__(self, sink: PacketSink) -> None:
        self.sink = sink
        self.lock = threading.Lock()
        self.current: Writer | None = None
        self._writers = 0

    def writer(self) -> Writer:
        """For one more stream. Only the pool's thread calls it."""
        self._writers += 1
        return Writer(self, self._writers)


class Writer:
    """One stream's way through the door; a PacketSink that leaves out what the sink must not see."""

    def __init__(self, door: PacketDoor, rank: int) -> None:
        self._door, self._rank = door, rank
        self._left = False

    def packet(self, parameters: StreamParameters, packet: EncodedPacket) -> None:
        """The stream's next packet; from its worker."""
        door = self._door
        with door.lock:
            if self._left:
                return
            current = door.current
            if current is not self:
                if not packet.key or (current is not None and current._rank > self._rank):
                    return
                if current is not None:
                    door.sink.interrupted("another stream of this camera goes on")
                door.current = self
            door.sink.packet(parameters, packet)

    def interrupted(self, reason: str) -> None:
        """The stream broke, or a new try failed; from its worker."""
        with self._door.lock:
            if not self._left:
                self._break(reason)

    def leave(self, reason: str) -> None:
        """The stream writes no more. Any thread; afterwards nothing of it reaches the sink."""
        with self._door.lock:
            if not self._left:
                self._left = True
                self._break(reason)

    def _break(self, reason: str) -> None:
        if self._door.current is self or self._door.current is None:
            self._door.current = None
            self._door.sink.interrupted(reason)
