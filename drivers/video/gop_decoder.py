"""Decodes kept packets picture by picture, forwards and backwards: the eyes of replay, playback and snapshots.

Unlike a live source it may look ahead, and it leaves no filter out: pictures may be evidence. Each packet is decoded
once while a replay runs forwards. Backwards a GOP can only be decoded from its key frame on; the pictures on that way
are kept, scaled, as far as the memory allows, so that it is walked once per memory and not once per picture.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

from av.codec.context import CodecContext, Flags, ThreadType
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from drivers.errors import DriverError, NotVideo, Unsupported
from drivers.frames import FrameLine, frame_line
from drivers.types import Gop, Picture, StreamParameters, View
from drivers.video.live_source import MAX_SIDE
from drivers.video.shaping import Shaper

CACHE_BYTES = 24 * 2**20
"""Memory for scaled pictures of one camera."""
_CODECS = frozenset({"h264", "hevc", "mjpeg", "mpeg4", "vp8", "vp9", "av1"})
"""What cameras send. FFmpeg knows hundreds of decoders, and each can be attacked by what it is fed."""
_LARGE = 1280 * 720
"""Pixels from which several threads decode one stream: replay looks ahead, so their delay costs nothing."""
_THREADED = frozenset({"h264", "hevc"})
_MOST_THREADS = 4
_TICK = Fraction(1, 1000)
_SECONDS_PER_PIXEL, _SECONDS_PER_PACKET = 2e-9, 3e-4
"""What decoding costs until it has been measured (1080p: 4 ms)."""
_YEAR_9999 = 253_402_300_799
"""UTC seconds: the last moment that a calendar knows. Senders tell anything."""
_NOBODY = -1
"""The index of pictures of the GOP before, which are decoded only because others refer to them."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A picture and its place in its GOP (see ``FrameLine``): the one asked for, or the one seen last before it where
    that packet gave no picture."""

    picture: Picture
    rank: int


class GopDecoder:
    """The decoder of one camera's footage. One thread at a time calls it; the ``set_...`` may come from any thread
    meanwhile (each is one assignment, looked at when a picture is asked for or kept).

    It measures what a packet costs, so that a caller can ask how long a picture will take."""

    def __init__(self, name: str, cache_bytes: int = CACHE_BYTES) -> None:
        self._name = name
        self._shaper = Shaper()
        self._cache_bytes = cache_bytes
        self._cache: dict[tuple[float, int], Picture] = {}
        self._cached_shape: object = None
        self._target: tuple[int, int] = (0, 0)
        self._context: VideoCodecContext | None = None
        self._made_for: tuple[StreamParameters, bool] | None = None
        self._start: float | None = None
        self._fed = 0
        self._emitted = 0
        self._drained = self._primed = False
        self._ready: dict[int, VideoFrame] = {}
        self._gone: set[int] = set()
        self._cost: float | None = None

    def set_target(self, width: int, height: int) -> None:
        """The box in device pixels that pictures are scaled to. Any thread."""
        self._target = (width, height)

    def set_view(self, view: View) -> None:
        """How pictures are turned and what of them is masked. Any thread."""
        self._shaper.set_view(view)

    def set_memory(self, size: int) -> None:
        """Keep scaled pictures of so many bytes at most, from the next one on. Any thread."""
        self._cache_bytes = size

    def seconds(self, gop: Gop, packets: int) -> float:
        """What decoding so many packets of this stream will take, about."""
        if self._cost is not None:
            return packets * self._cost
        pixels = gop.parameters.width * gop.parameters.height
        return packets * (_SECONDS_PER_PACKET + pixels * _SECONDS_PER_PIXEL)

    def needed(self, gop: Gop, rank: int) -> int:
        """How many packets have to be decoded until that picture is there; 0 if it is."""
        self._forget_other_shapes()
        line = frame_line(gop)
        index = line.order[rank]
        if (gop.start, index) in self._cache or (self._start == gop.start and index in self._ready):
            return 0
        if self._start != gop.start or index in self._gone:
            return rank + 1
        return max(1, rank + 1 - self._fed)

    def room(self, gop: Gop) -> int:
        """How many scaled pictures of this stream can be kept."""
        width, height = self._target
        if width <= 0 or height <= 0:
            width, height = gop.parameters.width or 1920, gop.parameters.height or 1080
        return max(1, self._cache_bytes // (4 * width * height))

    def frame(
        self,
        gop: Gop,
        rank: int,
        before: Gop | None = None,
        keep: bool = False,
        go_on: Callable[[], bool] = lambda: True,
    ) -> Decoded | None:
        """The picture of that rank, scaled; None if it cannot be had or ``go_on`` said to leave it (what was decoded is
        not lost). ``before`` is the GOP before, for leading pictures of an open GOP. With ``keep`` what is decoded on
        the way is kept, for going backwards. Takes CPU; raises DriverError where nothing of the stream can be shown."""
        self._forget_other_shapes()
        line = frame_line(gop)
        kept = self._cache.get((gop.start, line.order[rank]))
        if kept is not None:
            return Decoded(kept, rank)
        begun, fed_before = time.perf_counter(), self._fed
        try:
            found = self._walk(gop, line, rank, before, keep, go_on)
        except FFmpegError as error:
            self._start = None
            detail = f"its footage cannot be decoded ({error.strerror})"
            raise DriverError(self._name, detail, "Choose another moment.") from error
        walked = self._fed - fed_before if self._fed > fed_before else self._fed
        if walked > 0:
            each = (time.perf_counter() - begun) / walked
            self._cost = each if self._cost is None else 0.8 * self._cost + 0.2 * each
        return found

    def close(self) -> None:
        """Let go of the decoder and all pictures."""
        self._context, self._made_for, self._start = None, None, None
        self._ready.clear()
        self._cache.clear()

    # The way to a picture

    def _walk(
        self, gop: Gop, line: FrameLine, rank: int, before: Gop | None, keep: bool, go_on: Callable[[], bool]
    ) -> Decoded | None:
        wanted = line.order[rank]
        prime = rank < line.leading and before is not None
        ended = self._drained and self._fed < len(gop.packets) and wanted not in self._ready
        if self._start != gop.start or wanted in self._gone or ended or (prime and not self._primed):
            self._begin(gop, line, before if prime else None, go_on)
        keep_from = rank - self.room(gop) + 1 if keep else rank
        while wanted not in self._ready:
            self._let_go(gop, line, rank, keep_from)
            if not go_on():
                return None
            if not self._feed(gop, line):
                break
        best = wanted if wanted in self._ready else self._nearest(line, rank)
        if best is None:
            return None
        seen = line.ranks[best]
        self._let_go(gop, line, seen, keep_from)
        picture = self._make(gop, line, best)
        self._keep(gop.start, best, picture, wanted)
        return Decoded(picture, seen)

    def _begin(self, gop: Gop, line: FrameLine, before: Gop | None, go_on: Callable[[], bool]) -> None:
        """Start again at a key frame."""
        context = self._decoder(gop, line)
        self._start, self._fed, self._emitted = gop.start, 0, 0
        self._drained, self._primed = False, before is not None
        self._ready.clear()
        self._gone.clear()
        if before is None or before.parameters != gop.parameters:
            return
        for packet in before.packets:
            if not go_on():
                self._start = None  # half a GOP decoded is no ground to stand on
                return
            if packet.data:
                self._decode(context, _packet(packet.data, _NOBODY))

    def _feed(self, gop: Gop, line: FrameLine) -> bool:
        """One packet more, or the end of them; False when nothing more can come."""
        context = self._context
        if context is None or self._drained or self._start is None:
            return False
        if self._fed < len(gop.packets):
            data = gop.packets[self._fed].data
            if data:  # nothing at all would tell FFmpeg that the stream ends
                self._take(self._decode(context, _packet(data, self._fed)), line)
            self._fed += 1
            return True
        if self._emitted >= self._fed and not gop.whole:
            return False  # nothing is left inside, and more may come: do not end what can go on
        self._drained = True
        self._take(self._decode(context, None), line)
        return True

    def _decode(self, context: VideoCodecContext, packet: Packet[VideoStream] | None) -> list[VideoFrame]:
        try:
            return context.decode(packet)
        except InvalidDataError:
            return []  # broken by the network; the pictures after it may be whole

    def _take(self, frames: list[VideoFrame], line: FrameLine) -> None:
        for frame in frames:
            index = frame.pts
            if index is None or not 0 <= index < len(line.ranks):
                continue
            self._emitted += 1
            if line.ranks[index] >= line.leading or self._primed:
                self._ready[index] = frame

    def _nearest(self, line: FrameLine, rank: int) -> int | None:
        """A packet gave no picture: what is seen then is the one before it, at the start the one after it."""
        before = [index for index in self._ready if line.ranks[index] < rank]
        if before:
            return max(before, key=line.ranks.__getitem__)
        return min(self._ready, key=line.ranks.__getitem__, default=None)

    def _let_go(self, gop: Gop, line: FrameLine, rank: int, keep_from: int) -> None:
        """Pictures before ``rank`` that came out: keep those wanted, and drop the others but for the newest, which is
        shown if ``rank`` itself gives no picture."""
        older = sorted((index for index in self._ready if line.ranks[index] < rank), key=line.ranks.__getitem__)
        for index in older:
            if line.ranks[index] >= keep_from and (gop.start, index) not in self._cache:
                self._keep(gop.start, index, self._make(gop, line, index), line.order[rank])
        for index in older[:-1]:
            del self._ready[index]
            self._gone.add(index)

    # Pictures

    def _make(self, gop: Gop, line: FrameLine, index: int) -> Picture:
        frame = self._ready[index]
        if frame.width > MAX_SIDE or frame.height > MAX_SIDE:
            raise NotVideo(self._name, f"the picture claims {frame.width} x {frame.height} pixels")
        packet = gop.packets[index]
        seen, taken = line.times[line.ranks[index]], packet.taken
        pixels = self._shaper.picture(frame, self._target, gop.parameters.pixel_aspect)
        return Picture(
            data=pixels.data,
            width=pixels.width,
            height=pixels.height,
            stride=pixels.stride,
            pts=packet.pts,
            # When it came, on the clock of live pictures: whoever looks at the age sees an old picture.
            arrived=time.monotonic() - (time.time() - seen),
            source_width=frame.width,
            source_height=frame.height,
            taken=seen if taken is None or not 0 <= taken < _YEAR_9999 else taken,
        )

    def _keep(self, start: float, index: int, picture: Picture, wanted: int) -> None:
        size = picture.stride * picture.height
        room = max(1, self._cache_bytes // max(1, size))
        while len(self._cache) >= room:
            # Another GOP's first, then what lies farthest from what is looked at.
            del self._cache[max(self._cache, key=lambda key: (key[0] != start, abs(key[1] - wanted)))]
        self._cache[start, index] = picture

    def _forget_other_shapes(self) -> None:
        shape = (self._target, self._shaper.view)
        if shape != self._cached_shape:
            self._cached_shape = shape
            self._cache.clear()

    # The decoder

    def _decoder(self, gop: Gop, line: FrameLine) -> VideoCodecContext:
        wanted = (gop.parameters, line.reordered)
        if self._context is not None and self._made_for == wanted:
            self._context.flush_buffers()
            return self._context
        self._context = self._open(gop.parameters, line.reordered)
        self._made_for = wanted
        self._cache.clear()
        self._cost = None
        return self._context

    def _open(self, parameters: StreamParameters, reordered: bool) -> VideoCodecContext:
        if parameters.codec not in _CODECS:
            detail = f"its footage is coded as {parameters.codec or 'something unknown'}"
            raise Unsupported(self._name, detail, "Set the camera to H.264, H.265 or MJPEG.")
        context = CodecContext.create(parameters.codec, "r")
        assert isinstance(context, VideoCodecContext)
        if parameters.extradata:
            context.extradata = parameters.extradata
        threaded = parameters.codec in _THREADED and parameters.width * parameters.height >= _LARGE
        context.thread_count = min(_MOST_THREADS, os.cpu_count() or 1) if threaded else 1
        if threaded:
            context.thread_type = ThreadType.FRAME
        if reordered:
            # Without this FFmpeg learns from the first picture out of order how many to hold back, and drops that one,
            # where the encoder did not announce it (libavcodec, h264_refs and h264_slice: has_b_frames).
            context.options = {"strict": "strict"}
        elif not threaded:
            context.flags |= Flags.low_delay  # each picture comes out at once; FFmpeg allows no threads with it
        return context


def _packet(data: bytes, index: int) -> Packet[VideoStream]:
    """The decoder hands a packet's time stamp on to its picture: that is how pictures are told apart, by the index of
    their packet in the GOP."""
    # Copied into memory of FFmpeg's: to let go of Python's bytes its threads would need the interpreter's lock, which
    # the thread that waits for them may hold (PyAV does when it closes or flushes a decoder).
    packet = cast("Packet[VideoStream]", Packet(len(data)))  # PyAV's types know only packets of a container
    packet.update(data)
    packet.pts = index
    packet.time_base = _TICK
    return packet
