"""Between a stream's worker and the thread that writes: bounded, never waiting, cut at GOPs when it overflows."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from drivers.types import EncodedPacket, StreamParameters

LIMIT_BYTES = 24 * 2**20
"""What may wait for the disk: about ten seconds of a large camera."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A packet with what its stream is."""

    parameters: StreamParameters
    packet: EncodedPacket


@dataclass(frozen=True, slots=True)
class Gap:
    """Packets are missing here; what follows begins with a key frame. ``lost`` is how many this computer dropped (0
    where the camera broke off)."""

    reason: str
    lost: int = 0


class PacketQueue:
    """A PacketSink. The stream's worker puts, the writing thread takes, ``close`` may come from any thread."""

    def __init__(self, limit: int = LIMIT_BYTES) -> None:
        self._limit = limit
        self._ready = threading.Condition()
        self._items: list[Arrival | Gap] = []
        self._bytes = 0
        self._dropped = 0
        self._closed = False

    def packet(self, parameters: StreamParameters, packet: EncodedPacket) -> None:
        """Put a packet. When too much waits, this and all up to a key frame for which there is room are dropped."""
        size = len(packet.data)
        with self._ready:
            if self._closed:
                return
            if self._dropped:
                if not packet.key or self._bytes + size > self._limit // 2:
                    self._dropped += 1
                    return
                self._items.append(Gap("the disk was too slow", self._dropped))
                self._dropped = 0
            elif self._bytes + size > self._limit:
                self._dropped = 1
                return
            self._items.append(Arrival(parameters, packet))
            self._bytes += size
            self._ready.notify()

    def interrupted(self, reason: str) -> None:
        """Put a gap; several in a row count once."""
        with self._ready:
            if not self._closed and not (self._items and isinstance(self._items[-1], Gap)):
                self._items.append(Gap(reason, self._dropped))
                self._dropped = 0
                self._ready.notify()

    def close(self) -> None:
        """Nothing more comes in; what is there can still be taken."""
        with self._ready:
            self._closed = True
            self._ready.notify()

    @property
    def closed(self) -> bool:
        """Whether nothing more comes in."""
        return self._closed

    def take(self, timeout: float) -> tuple[list[Arrival | Gap], bool]:
        """All that waits, and whether more may come. Waits up to ``timeout`` seconds for something."""
        with self._ready:
            self._ready.wait_for(lambda: self._items or self._closed, timeout)
            items, self._items = self._items, []
            self._bytes = 0
            return items, not self._closed

    def pause(self, seconds: float) -> None:
        """Let packets gather, so that the thread wakes a few times a second and not for each; shorter at the end."""
        with self._ready:
            self._ready.wait_for(lambda: self._closed, seconds)
