"""One open stream as a VideoSource over the own reader."""

from __future__ import annotations

import re
import time
from contextlib import ExitStack
from fractions import Fraction
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from av.codec.context import CodecContext, Flags
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from drivers.errors import BadAnswer, DriverError, TimedOut, Unreachable
from drivers.types import StreamRequest
from drivers.urls import strip_credentials
from drivers.video import opening
from drivers.video.live_source import LiveSource
from drivers.video.parameter_sets import in_band, sequence_sets
from drivers.video.rtsp import NotOurs
from drivers.video.rtsp.connection import Connection
from drivers.video.rtsp.h26x import assembler
from drivers.video.rtsp.order import Order
from drivers.video.rtsp.rtp import Assembler
from drivers.video.rtsp.sdp import CLOCK, Track
from drivers.video.rtsp.signalling import Session
from drivers.video.sequence_set import PictureFormat, picture_format

LOOK_SECONDS = 0.5
"""After the first picture so much longer is looked for what the description did not say: size and rate."""
_LOOK_BYTES = 8_000_000
_LOOK_PICTURES = 5
"""So many tell the rate, where nothing else does."""
_PORT = 554
_PLAIN = re.compile(r"[\x21-\x7e]+")


class RtspSource(LiveSource):
    """H.264 or H.265 over RTSP and TCP. See ``LiveSource`` for threads."""

    def __init__(self, name: str, connection: Connection, session: Session, coming: Assembler, seen: _Seen) -> None:
        self._connection, self._session, self._coming = connection, session, coming
        self._units = coming.units
        self._seen = seen
        self._order = Order(seen.format.reorder or 0, round(CLOCK / seen.fps) if seen.fps else 3600)
        self._keep_every = max(1.0, min(session.timeout, 120.0) / 2)
        self._keep_at = time.monotonic() + self._keep_every
        self._bytes = b""
        self._received = self._spread = 0.0
        super().__init__(name, _context(seen), 1 / CLOCK, seen.fps)

    def read(self) -> bool:
        """Wait for the next packet. False at the end of the stream. Raises DriverError."""
        if not self._units and not self._connection.more():
            self._packet = None
            return False
        return self.next()

    def next(self) -> bool:
        """Let the next packet that has come in wait to be decoded; False where none has. Raises DriverError."""
        units = self._units
        if not units:
            self._packet = None
            return False
        self._bytes, pts, key = units.popleft()
        packet: Packet[Any] = Packet(self._bytes)
        self._packet = packet
        packet.pts, packet.dts = pts, self._order.dts(pts)
        stamped = pts * self._tick
        self._arrive(self._spread, stamped - self._stamped)
        self._stamped = stamped
        if key:
            packet.is_keyframe = True
            self._follow_size()
        if self._arrived > self._keep_at:
            self._keep_at = self._arrived + self._keep_every
            self._session.keep()
        return True

    @property
    def waiting(self) -> int:
        """How many packets have come in behind the one of ``next``."""
        return len(self._units)

    @property
    def drained(self) -> bool:
        """Whether the last ``receive`` took all that there was."""
        return self._connection.drained

    def board(self) -> int:
        """From now on nothing waits. Returns the socket's descriptor."""
        self._received = time.monotonic()
        return self._connection.board()

    def alight(self) -> None:
        """From now on ``read`` waits again."""
        self._spread = 0.0
        self._connection.alight()

    def receive(self, now: float, since: float) -> bool:
        """Take in what has come; False at the end of the stream. Raises DriverError."""
        since = max(since, self._received) if self._connection.drained else self._received
        self._spread = min(1.0, max(0.0, now - since))
        self._received = now
        return self._connection.receive(now)

    def close(self) -> None:
        """Say goodbye, close the connection and free the decoder."""
        super().close()
        self._units.clear()
        self._session.end()

    def _data(self, packet: Packet[VideoStream]) -> bytes:
        return self._bytes

    def _pixel_aspect(self) -> float:
        return self._decoder.pixel_aspect or self._seen.format.pixel_aspect

    def _epoch_now(self) -> float | None:
        return self._coming.epoch


class _Seen:
    """What is known of a stream from its description and its first pictures."""

    def __init__(self, track: Track, coming: Assembler) -> None:
        self._coming = coming
        self.codec, self.sets = track.codec, track.sets
        self.format = _format(track.codec, track.sets) or PictureFormat(0, 0)
        self._told = track.fps

    @property
    def fps(self) -> float:
        """Frames a second; 0 where it is not known."""
        if self._told or self.format.fps:
            return self._told or self.format.fps
        times = sorted(ticks for _, ticks, _ in self._coming.units)
        steps = sorted(later - earlier for earlier, later in pairwise(times) if later > earlier)
        return CLOCK / steps[len(steps) // 2] if steps else 0.0

    def look(self, connection: Connection, deadline: float) -> bool:
        """Wait for the first picture, and a little longer for what the description did not say. False if no picture
        came in time."""
        units = self._coming.units
        looked = 0
        until = deadline
        while True:
            for data, _, _ in list(units)[looked:]:
                if not looked:
                    until = min(deadline, time.monotonic() + LOOK_SECONDS)
                looked += 1
                self._look_into(data)
            known = self.format.width and (self._told or self.format.fps or looked >= _LOOK_PICTURES)
            if (known and looked) or sum(len(data) for data, _, _ in units) > _LOOK_BYTES:
                return True
            if self._coming.ended or not connection.look(until):
                return bool(looked)

    def _look_into(self, data: bytes) -> None:
        found = in_band(self.codec, data)
        if found:  # what comes is true, whatever was announced
            self.format = _format(self.codec, found) or self.format
            self.sets = self.sets or found


def open_rtsp(request: StreamRequest) -> RtspSource:
    """Connect, set up and wait for the first picture; a few seconds at most. Raises DriverError, which is a verdict,
    and NotOurs, where FFmpeg may do better."""
    url, inside = strip_credentials(request.uri)
    host, port = _place(url)
    deadline = time.monotonic() + opening.OPEN_SECONDS
    with ExitStack() as undo:
        connection = Connection.open(request.name, host, port, deadline)
        undo.callback(connection.close)
        session = Session(request.name, url, request.credentials or inside, connection)
        undo.callback(session.end)
        try:
            track = session.describe(deadline)
            coming = assembler(track.codec, track.payload_type)
            connection.carry(*session.set_up(track, deadline), coming)
            session.play(deadline)
            seen = _Seen(track, coming)
            looked = seen.look(connection, deadline)
        except NotOurs:
            if session.at_stake:  # to leave it to FFmpeg would send the password again
                raise Unreachable(request.name, "the other side ended the connection") from None
            raise
        if not looked:
            raise _nothing(request.name, coming)
        connection.stream(opening.SOCKET_SECONDS, session.hear)
        source = RtspSource(request.name, connection, session, coming, seen)
        undo.pop_all()
    return source


def _nothing(name: str, coming: Assembler) -> DriverError:
    if not coming.packets:
        return TimedOut(name)
    advice = "Set another codec at the camera, or bring its firmware up to date."
    return BadAnswer(name, "what it sends is not what it announces", advice)


def _place(url: str) -> tuple[str, int]:
    """Host and port. Raises NotOurs for a URL that cannot be sent as it is."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        raise NotOurs("a URL that cannot be read") from None
    if not host or port == 0 or not _PLAIN.fullmatch(url) or parts.fragment:
        raise NotOurs("a URL that cannot be sent")
    return host, port or _PORT


def _format(codec: str, sets: bytes) -> PictureFormat | None:
    return next((found for unit in sequence_sets(codec, sets) if (found := picture_format(codec, unit))), None)


def _context(seen: _Seen) -> VideoCodecContext:
    """A decoder as FFmpeg's demuxer would have made it."""
    made = CodecContext.create(seen.codec, "r")
    assert isinstance(made, VideoCodecContext)
    if seen.sets:
        made.extradata = seen.sets
    # One thread and no delay: dozens of streams share few cores, and FRAME threading would add frames of age.
    made.thread_count = 1
    made.flags |= Flags.low_delay
    made.width, made.height = seen.format.width, seen.format.height
    made.pkt_timebase = Fraction(1, CLOCK)
    return made
