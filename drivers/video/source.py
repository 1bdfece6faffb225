"""One open stream as a VideoSource: packets in, scaled pictures out."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction

from av.codec.context import Flags
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream

from drivers.errors import NotVideo
from drivers.types import Picture, StreamRequest
from drivers.video.opening import is_live, open_container
from drivers.video.translate import translate

MAX_SIDE = 16_384
"""A picture larger than this (either side, pixels) is refused: nothing real sends it, and it would eat the memory."""

_LONGEST_PAUSE = 2.0
"""Seconds: a gap between packets of a file or a playlist beyond this is a jump of its clock, not a pause."""

_TWO_STEPS = frozenset(("yuv420p", "yuvj420p"))
"""Formats of which swscale shrinks the planes and then converts them quicker (0.13 ms for 0.18 ms at a tile of sixteen)
than both at once: its fast conversion works only without scaling. It halves the lines of colour, not of brightness."""

_FAST_WIDTH = 8
"""Pixels: the fast conversion leaves the rest of a row that is no multiple of this unwritten."""

_CODEC_NAMES = {"h264": "H264", "hevc": "H265", "mjpeg": "JPEG"}


class AvSource:
    """A stream opened by PyAV. One thread calls ``read``, ``decode`` and ``close``; ``set_target`` may be called from
    any thread (a tuple is replaced whole)."""

    def __init__(self, request: StreamRequest, container: InputContainer) -> None:
        self._name = request.name
        self._container = container
        video = container.streams.video
        if not video:
            container.close()
            raise NotVideo(request.name)
        self._stream: VideoStream = video[0]
        context = self._stream.codec_context
        # One thread and no delay: dozens of streams share few cores, and FRAME threading would add frames of age.
        context.thread_count = 1
        context.flags |= Flags.low_delay
        self.codec = _CODEC_NAMES.get(context.name, context.name.upper())
        self.width, self.height = context.width, context.height
        rate = self._stream.average_rate or self._stream.guessed_rate
        self.fps = float(rate) if rate else 0.0
        # A float: a Fraction would cost several microseconds at each use, two or three times a packet.
        self._tick = float(self._stream.time_base or Fraction(1, 90_000))
        self._packets: Iterator[Packet[VideoStream]] = container.demux(self._stream)
        self._packet: Packet[VideoStream] | None = None
        self._arrived = 0.0
        self._shrinker, self._converter = VideoReformatter(), VideoReformatter()
        self._target = (0, 0)
        self._live = is_live(request)
        self._pace_from: float | None = None
        self._epoch: datetime | None = None

    @property
    def packet_bytes(self) -> int:
        """Size of the packet that waits, in bytes."""
        return 0 if self._packet is None else self._packet.size

    @property
    def packet_is_key(self) -> bool:
        """Whether the packet that waits starts a GOP."""
        return self._packet is not None and self._packet.is_keyframe

    @property
    def packet_time(self) -> float | None:
        """Presentation time of the packet that waits, seconds on the stream's clock; None where it has none."""
        if self._packet is None or self._packet.pts is None:
            return None
        return self._packet.pts * self._tick

    def set_target(self, width: int, height: int) -> None:
        """Scale pictures to fit into this box from now on, keeping their aspect. Any thread."""
        self._target = (width, height)

    def read(self) -> bool:
        """Wait for the next packet. False at the end of the stream. Raises DriverError."""
        try:
            packet = next(self._packets, None)
        except FFmpegError as error:
            raise translate(self._name, error) from None  # FFmpeg's error holds the URL, and so the password
        if packet is None or packet.size == 0:
            self._packet = None
            return False
        if not self._live:
            self._pace(packet)
        self._packet = packet
        self._arrived = time.monotonic()
        return True

    def decode(self, convert: bool) -> Picture | None:
        """Decode the packet that waits; with ``convert`` scale the newest picture that came out. Broken data gives
        None (the decoder resumes at the next key frame)."""
        packet, self._packet = self._packet, None
        if packet is None:
            return None
        newest: VideoFrame | None = None
        try:
            for frame in self._stream.codec_context.decode(packet):
                newest = frame
        except InvalidDataError:
            return None
        except FFmpegError as error:
            raise translate(self._name, error) from None
        if newest is None:
            return None
        self.width, self.height = newest.width, newest.height
        if not convert:
            return None
        try:
            return self._scale(newest)
        except FFmpegError as error:  # a pixel format or a colour space that cannot be converted
            raise translate(self._name, error) from None

    def skip(self) -> None:
        """Leave the packet that waits undecoded."""
        self._packet = None

    def close(self) -> None:
        """Close the connection and free the decoder."""
        self._packet = None
        self._container.close()

    def _pace(self, packet: Packet[VideoStream]) -> None:
        """Files and playlists come as fast as the disk gives them: hand them over at their own speed."""
        if packet.dts is None:
            return
        stamp = packet.dts * self._tick
        now = time.monotonic()
        if self._pace_from is None or abs(self._pace_from + stamp - now) > _LONGEST_PAUSE:
            self._pace_from = now - stamp
        time.sleep(max(0.0, self._pace_from + stamp - now))

    def _scale(self, frame: VideoFrame) -> Picture:
        if frame.width > MAX_SIDE or frame.height > MAX_SIDE:
            raise NotVideo(self._name, f"the picture claims {frame.width} x {frame.height} pixels")
        width, height = self._fit(frame)
        # AREA keeps thin lines (plates) when shrinking and costs the same as fast bilinear, which is for enlarging.
        smaller = width < frame.width
        kind = Interpolation.AREA if smaller else Interpolation.FAST_BILINEAR
        if smaller and width % _FAST_WIDTH == 0 and frame.format.name in _TWO_STEPS:
            planes = self._shrinker.reformat(frame, width, height, interpolation=kind, threads=1)
            scaled = self._converter.reformat(planes, format="bgra", interpolation=kind, threads=1)
        else:
            kind |= Interpolation.ACCURATE_RND if width % _FAST_WIDTH else Interpolation(0)
            scaled = self._converter.reformat(frame, width, height, "bgra", interpolation=kind, threads=1)
        plane = scaled.planes[0]
        pts = 0.0 if frame.pts is None else frame.pts * self._tick
        return Picture(
            data=plane,
            width=width,
            height=height,
            stride=plane.line_size,
            pts=pts,
            arrived=self._arrived,
            source_width=frame.width,
            source_height=frame.height,
            wall_time=self._wall_time(pts),
        )

    def _fit(self, frame: VideoFrame) -> tuple[int, int]:
        box_width, box_height = self._target
        aspect = self._stream.sample_aspect_ratio
        shown_width = frame.width * float(aspect) if aspect else float(frame.width)
        if box_width <= 0 or box_height <= 0:
            return frame.width, frame.height
        scale = min(box_width / shown_width, box_height / frame.height)
        # Even sides at least: swscale falls back to plain C for odd widths (1.2 ms for 0.2 ms).
        width = int(shown_width * scale)
        width -= width % (_FAST_WIDTH if width > 16 * _FAST_WIDTH else 2)
        return max(2, width), max(2, int(frame.height * scale) & ~1)

    def _wall_time(self, pts: float) -> datetime | None:
        """FFmpeg's ``start_time_realtime`` is the wall time of pts 0, whatever the first pts was. It is known after the
        first RTCP sender report, with some servers seconds after the first picture."""
        if self._epoch is None:
            realtime = self._container.start_time_realtime
            if not realtime or realtime < 0:
                return None
            self._epoch = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=realtime)
        return self._epoch + timedelta(seconds=pts)


def open_stream(request: StreamRequest) -> AvSource:
    """Open ``request`` (RTSP, RTSPS, HTTP MJPEG, HLS, a file). Blocks for seconds at most. Raises DriverError."""
    return AvSource(request, open_container(request))
