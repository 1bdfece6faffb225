"""RTP and RTSP byte by byte: packets to feed in, and a server that says what a test wants it to say."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable

from video_rig import Served

from drivers.video.rtsp.h26x import assembler
from drivers.video.rtsp.rtp import Assembler

START = b"\0\0\0\1"
SSRC = 0x1234ABCD


def rtp(
    payload: bytes, sequence: int, stamp: int = 0, marker: bool = False, kind: int = 96, source: int = SSRC
) -> bytes:
    """One RTP packet."""
    return struct.pack(">BBHII", 0x80, kind | marker << 7, sequence & 0xFFFF, stamp & 0xFFFFFFFF, source) + payload


def framed(packet: bytes, channel: int = 0) -> bytes:
    """A packet as it stands in the RTSP connection."""
    return struct.pack(">cBH", b"$", channel, len(packet)) + packet


def report(wall: float, stamp: int, source: int = SSRC) -> bytes:
    """A sender report."""
    ntp = wall + 2_208_988_800
    parts = (int(ntp) & 0xFFFFFFFF, int(ntp % 1 * (1 << 32)), stamp & 0xFFFFFFFF, 0, 0)
    return struct.pack(">BBHIIIIII", 0x80, 200, 6, source, *parts)


def goodbye(source: int = SSRC) -> bytes:
    """An RTCP BYE."""
    return struct.pack(">BBHI", 0x81, 203, 1, source)


def fed(packets: list[bytes], codec: str = "h264") -> Assembler:
    """An assembler that has had these packets."""
    made = assembler(codec, 96)
    for packet in packets:
        view = memoryview(bytearray(packet))
        made.packet(view, 0, len(packet))
        made.settle()
    return made


def cut(unit: bytes, size: int, codec: str = "h264") -> list[bytes]:
    """A unit as fragments of ``size`` bytes."""
    if codec == "h264":
        head, body = bytes((unit[0] & 0xE0 | 28,)), unit[1:]
        kind = unit[0] & 0x1F
    else:
        head, body = bytes((unit[0] & 0x81 | 49 << 1, unit[1])), unit[2:]
        kind = unit[0] >> 1 & 0x3F
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    marks = [0x80 * (at == 0) | 0x40 * (at == len(pieces) - 1) | kind for at in range(len(pieces))]
    return [head + bytes((mark,)) + piece for mark, piece in zip(marks, pieces, strict=True)]


SDP = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\n"
    "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1{sets}\r\na=framerate:10\r\na=control:track1\r\n"
)


class Scripted:
    """What a ``Served`` answers: a well-behaved camera, unless ``special`` answers a request in another way."""

    def __init__(self, media: bytes = b"", sdp: str = SDP.format(sets=""), session: str = "77;timeout=60") -> None:
        self.media, self.sdp, self.session = media, sdp, session
        self.public = "OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN"
        self.transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
        self.special: dict[str, Callable[[bytes], bytes | None]] = {}
        self.playing = threading.Event()

    def __call__(self, connection: socket.socket, head: bytes) -> bool:
        """See ``Served``."""
        while head.startswith(b"$"):  # a receiver report
            head = head[4 + int.from_bytes(head[2:4]) :]
        method = head.split(b" ")[0].decode("latin-1")
        special = self.special.get(method)
        said = special(head) if special else None
        connection.sendall(self.plain(method, head) if said is None else said)
        if method == "PLAY":
            self.playing.set()
        return True

    def plain(self, method: str, head: bytes) -> bytes:
        """The usual answer."""
        if method == "DESCRIBE":
            return answered(head, "200 OK", "Content-Type: application/sdp", body=self.sdp.encode())
        if method == "SETUP":
            return answered(head, "200 OK", f"Session: {self.session}", f"Transport: {self.transport}")
        more = (f"Public: {self.public}",) if method == "OPTIONS" else ()
        return answered(head, "200 OK", *more) + (self.media if method == "PLAY" else b"")


def header(head: bytes, name: str) -> str:
    """A header of a request."""
    for line in head.decode("latin-1").split("\r\n"):
        if line.lower().startswith(f"{name.lower()}:"):
            return line.partition(":")[2].strip()
    return ""


def answered(head: bytes, status: str, *more: str, body: bytes = b"") -> bytes:
    """An answer to a request."""
    lines = [f"RTSP/1.0 {status}", f"CSeq: {header(head, 'cseq')}", *more]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


def asked(server: Served, method: str) -> list[bytes]:
    """The requests with a method."""
    return [head for head in server.requests if f"{method} ".encode() in head.split(b"\r\n")[0]]
