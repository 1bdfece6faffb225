"""Where a camera's packets go as they come in, beside being decoded: replay buffers and recordings."""

from __future__ import annotations

from typing import Protocol

from drivers.types import EncodedPacket, StreamParameters


class PacketSink(Protocol):
    """Takes packets. Called from the stream's worker thread, never from two threads at a time, though not always from
    the same one. What it does must be quick (put it in a queue): the camera's pictures wait meanwhile. It must not
    raise."""

    def packet(self, parameters: StreamParameters, packet: EncodedPacket) -> None:
        """The next packet. The first one ever, and the first after ``interrupted``, is a key frame. ``parameters``
        change only at a key frame."""

    def interrupted(self, reason: str) -> None:
        """Packets are missing from here on: the camera broke off, its stream changed, or a new try failed too
        (``reason`` says so for the operator, without a secret). It may be called several times in a row. The next
        packet, if one comes, is a key frame."""
