"""The metadata track of an ONVIF camera, as a feed: RTP packets become documents, and documents go to a parser.

A document may be spread over many packets; its last one carries the marker bit (ONVIF Streaming Specification,
5.1.2.1), which not all cameras set, so it is the end of its root element that counts.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, tzinfo

from drivers.errors import BadAnswer, TimedOut, Unreachable
from drivers.feeding import Coalescer, Parser, PolledFeed, Unreadable
from drivers.types import Credentials
from drivers.urls import split, strip_credentials
from drivers.video.rtsp import NotOurs
from drivers.video.rtsp.connection import Connection
from drivers.video.rtsp.rtp import Assembler
from drivers.video.rtsp.sdp import metadata_track
from drivers.video.rtsp.signalling import Session

MOST_DOCUMENT = 1024 * 1024
_LEFT_OUT = f"a document that breaks off or is larger than {MOST_DOCUMENT >> 20} MiB, which is left out"
_END = re.compile(rb"</(?:[\w.-]{1,40}:)?MetadataStream\s{0,8}>")
_START = re.compile(rb"<(?:[\w.-]{1,40}:)?MetadataStream\b")
_OPEN_SECONDS = 8.0
_LOOK_SECONDS = 0.5
_KEEP_SECONDS = 1.0, 60.0
"""How often a sign of life is given, at most and at least; a server that says nothing to one is gone."""
_TICK = 1 / 90_000
_PORT = 554
_TAIL = 64
"""So far back the end of a document may have begun in what came before."""


class Payloads(Assembler):
    """Gives away what each packet carries: where a document ends is seen in it, not in markers."""

    def payload(self, view: memoryview, at: int, end: int) -> None:
        """See ``Assembler``."""
        self.pending.append(view[at:end])
        self._give()


class Documents:
    """Pieces in, whole documents out. One that grows too large or breaks off is left out, and counted."""

    def __init__(self, most: int = MOST_DOCUMENT) -> None:
        self._most = most
        self._buffer = bytearray()
        self._over = False
        """Whether what comes is the rest of one that was too large."""
        self.left_out = 0

    def add(self, piece: bytes) -> Iterator[bytes]:
        """The documents that are complete with this piece."""
        look = max(0, len(self._buffer) - _TAIL)
        self._buffer += piece
        while match := _END.search(self._buffer, look):
            whole = bytes(self._buffer[: match.end()])
            del self._buffer[: match.end()]
            look = 0
            starts = [each.start() for each in _START.finditer(whole)]
            self.left_out += max(0, len(starts) - 1)
            rest, self._over = self._over and not starts, False
            if not rest:
                yield whole[starts[-1] :] if starts else whole
        if len(self._buffer) > self._most:
            del self._buffer[:-_TAIL]
            self.left_out += not self._over
            self._over = True


class MetadataFeed(PolledFeed):
    """The feed of one camera's metadata stream. ``about`` is a word that documents worth parsing contain. What a stream
    repeats with every picture is left out."""

    def __init__(
        self,
        name: str,
        uri: str,
        credentials: Credentials | None,
        parse: Parser,
        about: bytes = b"LicensePlateInfo",
        zone: tzinfo = UTC,
        first_pause: float = 2.0,
    ) -> None:
        super().__init__(name, parse, zone, first_pause)
        self._url, inside = strip_credentials(uri)
        self._credentials = credentials or inside
        self._about = about

    def serve(self) -> None:
        """See ``PolledFeed``."""
        parts = split(self._url)
        if parts is None or parts.scheme.lower() != "rtsp" or not self._url.isascii() or not self._url.isprintable():
            raise BadAnswer(self.name, "its address is no rtsp:// address", "Correct it in the site file.")
        deadline = time.monotonic() + _OPEN_SECONDS
        with ExitStack() as undo:
            connection = Connection.open(self.name, str(parts.hostname), parts.port or _PORT, deadline)
            undo.callback(connection.close)
            session = Session(self.name, self._url, self._credentials, connection)
            undo.callback(session.end)
            try:
                self._play(connection, session, deadline)
            except NotOurs as error:
                raise BadAnswer(self.name, f"its metadata stream: {error}") from None

    def _play(self, connection: Connection, session: Session, deadline: float) -> None:
        track = session.describe(deadline, metadata_track)
        coming = Payloads(track.payload_type, _TICK)
        connection.carry(*session.set_up(track, deadline), coming)
        session.play(deadline)
        self.works()
        documents, events = Documents(), Coalescer()
        left_out = 0
        every = min(max(session.timeout / 2, _KEEP_SECONDS[0]), _KEEP_SECONDS[1])
        keep_at = time.monotonic() + every
        heard = True
        while not self.ending.is_set():
            heard |= connection.look(time.monotonic() + _LOOK_SECONDS)
            session.hear()
            while coming.units:
                for document in documents.add(coming.units.popleft()[0]):
                    if self._about in document:
                        self.take(document, events.fresh)
            if documents.left_out > left_out:
                left_out = documents.left_out
                self.tally.bad(Unreadable(self.name, _LEFT_OUT).sentence)
            if coming.ended:
                raise Unreachable(self.name, "the other side ended the metadata stream")
            if time.monotonic() > keep_at:
                if not heard:
                    raise TimedOut(self.name, "its metadata stream fell silent")
                keep_at, heard = time.monotonic() + every, False
                session.keep()
