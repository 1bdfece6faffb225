"""One playing session: its transports (RFC 2326, 12.39) and its tracks."""

from __future__ import annotations

import asyncio
import random
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from drivers.virtual.rtsp.channel import Channel, Member
from drivers.virtual.rtsp.rtp import Watcher
from drivers.virtual.state import FaultBox


@dataclass(frozen=True, slots=True)
class Choice:
    """The transport a client asks for: interleaved channels, or UDP ports."""

    tcp: bool
    low: int
    high: int


def parse_transport(header: str) -> Choice | None:
    """The first transport of a header that is served here, or None."""
    for offer in header[:1000].split(","):
        parts = [part.strip() for part in offer.split(";")]
        tcp = parts[0].upper() == "RTP/AVP/TCP"
        if not tcp and (parts[0].upper() not in ("RTP/AVP", "RTP/AVP/UDP") or "multicast" in parts):
            continue
        key = "interleaved" if tcp else "client_port"
        match = re.search(rf"(?:^|;){key}=(\d{{1,5}})(?:-(\d{{1,5}}))?(?:;|$)", ";".join(parts))
        if match is None:
            if tcp:
                return Choice(True, 0, 1)
            continue
        low = int(match[1])
        high = int(match[2]) if match[2] else low + 1
        if (high < 256 and low < 256) if tcp else (0 < low < 65536 and 0 < high < 65536):
            return Choice(tcp, low, high)
    return None


class TcpWire:
    """Packets interleaved with RTSP on its own connection."""

    def __init__(self, writer: asyncio.StreamWriter, channel: int) -> None:
        self._transport, self._channel = writer.transport, channel

    def media(self, joined: bytearray, starts: list[int]) -> None:
        """Send RTP packets in one write."""
        if self._channel:
            for start in starts:
                joined[start + 1] = self._channel
        if not self._transport.is_closing():
            self._transport.write(joined)

    def report(self, packet: bytes) -> None:
        """Send one RTCP packet."""
        if not self._transport.is_closing():
            self._transport.write(bytes((36, self._channel + 1 & 255)) + len(packet).to_bytes(2, "big") + packet)

    def backlog(self) -> int:
        """Bytes that wait for the client to read."""
        return self._transport.get_write_buffer_size()

    def transport(self, choice: Choice) -> str:
        """The answer's transport."""
        return f"RTP/AVP/TCP;unicast;interleaved={choice.low}-{choice.high}"

    def heard(self) -> float | None:
        """None: the connection itself shows whether the client lives."""
        return None

    def close(self) -> None:
        """Nothing of its own to close."""


class _Port(asyncio.DatagramProtocol):
    """A UDP socket of a session; remembers when something came in."""

    def __init__(self) -> None:
        self.heard = 0.0

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.heard = time.monotonic()

    def error_received(self, exc: Exception) -> None:
        """The client's port is closed; the session's end comes from RTSP or from its time-out."""


class UdpWire:
    """Packets to a client's two UDP ports, only ever at the address its RTSP connection comes from."""

    def __init__(self) -> None:
        self._rtp: asyncio.DatagramTransport | None = None
        self._rtcp: asyncio.DatagramTransport | None = None
        self._ports = (_Port(), _Port())

    async def open(self, host: str, peer: str, low: int, high: int) -> None:
        """Bind two ports (an even one and its successor when the system has such a pair) and aim at the client's."""
        loop = asyncio.get_running_loop()
        for _ in range(20):
            self._rtp, _ = await loop.create_datagram_endpoint(
                lambda: self._ports[0], local_addr=(host, 0), remote_addr=(peer, low)
            )
            port = self._rtp.get_extra_info("sockname")[1]
            try:
                if port % 2 == 0:
                    self._rtcp, _ = await loop.create_datagram_endpoint(
                        lambda: self._ports[1], local_addr=(host, port + 1), remote_addr=(peer, high)
                    )
                    return
            except OSError:
                pass  # the neighbour is taken: try the next pair
            self._rtp.close()
        raise ConnectionError("no pair of UDP ports is free")

    def media(self, joined: bytearray, starts: list[int]) -> None:
        """Send each RTP packet as a datagram."""
        if self._rtp is not None and not self._rtp.is_closing():
            for start, end in zip(starts, (*starts[1:], len(joined)), strict=True):
                self._rtp.sendto(bytes(joined[start + 4 : end]))

    def report(self, packet: bytes) -> None:
        """Send one RTCP packet."""
        if self._rtcp is not None and not self._rtcp.is_closing():
            self._rtcp.sendto(packet)

    def backlog(self) -> int:
        """Bytes that the system has not taken."""
        # Every event loop's datagram transport has this, though asyncio's base class does not say so.
        return 0 if self._rtp is None else int(cast(Any, self._rtp).get_write_buffer_size())

    def transport(self, choice: Choice) -> str:
        """The answer's transport."""
        port = 0 if self._rtp is None else self._rtp.get_extra_info("sockname")[1]
        return f"RTP/AVP;unicast;client_port={choice.low}-{choice.high};server_port={port}-{port + 1}"

    def heard(self) -> float:
        """When the client last sent something, on ``time.monotonic()``."""
        return max(port.heard for port in self._ports)

    def close(self) -> None:
        """Close both sockets."""
        for transport in (self._rtp, self._rtcp):
            if transport is not None:
                transport.close()


class Track(Protocol):
    """One medium of a session."""

    ssrc: int
    sequence: int

    def begin(self) -> None:
        """Send from now on; again and again without harm."""

    def pause(self) -> None:
        """Send nothing more."""


class VideoTrack(Watcher):
    """The pictures of one session."""

    def __init__(
        self,
        channel: Channel,
        wire: TcpWire | UdpWire,
        faults: FaultBox,
        clock: Callable[[], float],
        rng: random.Random,
        end: Callable[[], None],
    ) -> None:
        super().__init__(wire, faults, clock, rng)
        self._channel, self._end = channel, end
        self._member: Member | None = None

    def begin(self) -> None:
        """Join the stream."""
        if self._member is None:
            self._member = self._channel.join(self, self._end)

    def pause(self) -> None:
        """Leave the stream."""
        member, self._member = self._member, None
        if member is not None:
            self._channel.leave(member)


class Session:
    """What SETUP makes and TEARDOWN, or the connection's end, takes away: pictures, sound, metadata."""

    def __init__(self) -> None:
        self.id = secrets.token_hex(8)
        self.playing = False
        self._tracks: dict[str, tuple[str, Track]] = {}
        self._wires: list[TcpWire | UdpWire] = []

    def __contains__(self, name: str) -> bool:
        return name in self._tracks

    def add(self, name: str, url: str, track: Track, wire: TcpWire | UdpWire) -> None:
        """One more track."""
        self._tracks[name] = (url, track)
        self._wires.append(wire)

    @property
    def info(self) -> str:
        """Where each track's numbering begins (RFC 2326, 12.33)."""
        return ",".join(f"url={url};seq={track.sequence}" for url, track in self._tracks.values())

    def go(self) -> None:
        """Begin to send if PLAY was answered: the answer goes out before the first packet."""
        if self.playing:
            for _, track in self._tracks.values():
                track.begin()

    def pause(self) -> None:
        """Stop sending."""
        self.playing = False
        for _, track in self._tracks.values():
            track.pause()

    def alive(self, timeout: float) -> bool:
        """True while a silent RTSP connection is no reason to end the session."""
        heard = [wire.heard() for wire in self._wires]
        return self.playing and any(when is None or time.monotonic() - when < timeout for when in heard)

    def close(self) -> None:
        """Stop sending and let go of the sockets."""
        self.pause()
        for wire in self._wires:
            wire.close()
