"""The decoder of a live stream, which may leave out what nobody sees.

H.264 and H.265 smooth the edges of their blocks after decoding (the loop filter), a seventh of the decoder's work. In a
picture that is shown much smaller its absence cannot be seen. FFmpeg takes that option only when a decoder is opened
(``skip_loop_filter``), so another decoder takes over, at a key frame, where none needs to know what was before.
"""

from __future__ import annotations

from av.codec.context import CodecContext
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from drivers.video.parameter_sets import in_band

_FILTERED = frozenset(("h264", "hevc"))


class LiveDecoder:
    """Decodes one stream's packets as they come. One thread at a time."""

    def __init__(self, context: VideoCodecContext) -> None:
        """``context`` is made ready but not open: with its size, its parameter sets and its flags."""
        self._first = context
        self._size = (self._first.width, self._first.height)
        self._context = self._first
        self.light = False
        """Whether pictures between key frames come without the loop filter."""

    def choose(self, light: bool, key: Packet[VideoStream]) -> None:
        """From this key frame on decode ``light`` or in full, if the codec knows a difference."""
        if light is self.light or self._context.name not in _FILTERED:
            return
        before = self._context
        same = (before.width, before.height) == self._size
        if not same and not in_band(before.name, bytes(key)):
            return  # what it takes to decode this came once, when the size changed, and is known to this decoder alone
        made = CodecContext.create(before.codec)
        assert isinstance(made, VideoCodecContext)
        made.extradata = self._first.extradata
        made.thread_count, made.flags = 1, before.flags
        made.pkt_timebase = before.pkt_timebase
        made.reorder_depth = before.reorder_depth  # else it may have to learn that by dropping pictures
        # Key frames keep it: what begins without the filter is handed on to all pictures until the next one.
        made.options = {"skip_loop_filter": "nokey"} if light else {}
        self._context, self.light = made, light

    @property
    def pixel_aspect(self) -> float:
        """The width of a pixel divided by its height, as the last key frame said; 0 where none did."""
        aspect = self._context.sample_aspect_ratio
        return float(aspect) if aspect else 0.0

    def decode(self, packet: Packet[VideoStream]) -> VideoFrame | None:
        """The newest picture that comes out, if any does. Raises FFmpegError."""
        newest: VideoFrame | None = None
        for frame in self._context.decode(packet):
            newest = frame
        return newest
