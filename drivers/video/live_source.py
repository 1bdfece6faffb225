"""What all live streams share, wherever their packets come from: decoding, holding, catching up, scaling, times."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections import deque

from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from drivers.errors import NotVideo
from drivers.types import EncodedPacket, Fit, Picture, StreamParameters, View
from drivers.video.live_decoder import LiveDecoder
from drivers.video.shaping import Shaper
from drivers.video.translate import translate

MAX_SIDE = 16_384
"""A picture larger than this (either side, pixels) is refused: nothing real sends it, and it would eat the memory."""

HELD_BYTES, HELD_SECONDS = 8_000_000, 20.0
"""Of what is not seen the packets since the last key frame are held up to these bounds."""

SMALLER = 0.9
"""A picture shown below this share of its source's size may be decoded without what only its full size needs."""

_LATEST = 32_000_000_000.0
"""UTC seconds since 1970: a sender's clock beyond the year 2984 is none."""

_CODEC_NAMES = {"h264": "H264", "hevc": "H265", "mjpeg": "JPEG"}


class LiveSource(ABC):
    """One open stream. One thread calls ``read``, ``decode`` and ``close``; ``set_target`` and ``set_view`` may be
    called from any thread (what they set is replaced whole).

    Those who inherit say where packets come from: ``read`` puts the next one into ``_packet`` with its time in seconds
    into ``_stamped``, having called ``_arrive``; ``_epoch_now`` tells the sender's clock; ``close`` ends it."""

    def __init__(self, name: str, context: VideoCodecContext, tick: float, fps: float) -> None:
        """``context`` is a decoder that is not open yet, with what it must know; ``tick`` is the unit of packets' times
        in seconds."""
        self._name = name
        self._context = context
        self._codec = context.name
        self.codec = _CODEC_NAMES.get(context.name, context.name.upper())
        self.width, self.height = context.width, context.height
        self.fps = fps
        # A float: a Fraction would cost several microseconds at each use, two or three times a packet.
        self._tick = tick
        self._packet: Packet[VideoStream] | None = None
        self._arrived = 0.0
        self._came = 0.0
        self._frame_seconds = 1.0 / fps if fps > 0 else 0.04
        self._stamped = -self._frame_seconds
        self._shaper = Shaper()
        self._decoder = LiveDecoder(context)
        self._target, self._full = (0, 0), True
        self._held: deque[tuple[float, Packet[VideoStream]]] = deque()
        self._held_bytes = 0
        self._unbroken = False
        """Whether the decoder and what is held have every packet since the last key frame."""
        self._aspect = self._pixel_aspect()
        self.parameters = self._describe()

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

    @property
    def held(self) -> int:
        """How many packets are held."""
        return len(self._held)

    def packet(self) -> EncodedPacket:
        """A copy of the packet that waits. Raises LookupError where none waits."""
        packet = self._packet
        if packet is None:
            raise LookupError("no packet waits")
        pts = self._stamped
        dts = pts if packet.dts is None else packet.dts * self._tick
        taken = None if packet.pts is None else self._taken(pts)
        return EncodedPacket(self._data(packet), pts, dts, packet.is_keyframe, self._came, taken)

    @abstractmethod
    def read(self) -> bool:
        """Wait for the next packet. False at the end of the stream. Raises DriverError."""

    def set_view(self, view: View) -> None:
        """Show pictures like this from now on. Any thread."""
        self._shaper.set_view(view)

    def set_target(self, width: int, height: int, full: bool = True) -> None:
        """Scale pictures to fit into this box from now on, keeping their aspect. Any thread. Without ``full`` the
        codec's loop filter is left out while they are shown clearly smaller than they are; a change of that holds
        from the next key frame on."""
        self._target, self._full = (width, height), full

    def decode(self, convert: bool) -> Picture | None:
        """Decode the packet that waits; with ``convert`` scale the newest picture that came out. Broken data gives
        None (the decoder resumes at the next key frame)."""
        packet, self._packet = self._packet, None
        if packet is None:
            return None
        if packet.is_keyframe:
            self._drop_held()
            self._unbroken = True
        else:
            self.catch_up(len(self._held))
        newest = self._frame(packet)
        if newest is None or not convert:
            return None
        try:
            return self._scale(newest)
        except FFmpegError as error:  # a pixel format or a colour space that cannot be converted
            raise translate(self._name, error) from None

    def hold(self) -> bool:
        """Keep the packet that waits undecoded; False if nothing can be held until the next key frame."""
        packet, self._packet = self._packet, None
        if packet is None:
            return self._unbroken
        if packet.is_keyframe:
            self._drop_held()
            self._unbroken = True
        if not self._unbroken:
            return False
        self._held.append((self._arrived, packet))
        self._held_bytes += packet.size
        if self._held_bytes > HELD_BYTES or self._arrived - self._held[0][0] > HELD_SECONDS:
            self._drop_held()
            self._unbroken = False
        return self._unbroken

    def catch_up(self, most: int) -> None:
        """Decode up to so many of the packets that are held."""
        for _ in range(min(most, len(self._held))):
            _, packet = self._held.popleft()
            self._held_bytes -= packet.size
            self._frame(packet)

    def skip(self) -> None:
        """Leave the packet that waits undecoded, and with it what is held."""
        if self._packet is not None:
            self._packet = None
            self._drop_held()
            self._unbroken = False

    def close(self) -> None:
        """Free what is held; who inherits closes the connection."""
        self._packet = None
        self._drop_held()

    def _arrive(self, within: float = 0.0, step: float = 0.0) -> None:
        """A packet has come in just now, or ``within`` so many seconds before; it is seen ``step`` seconds after the
        one before it, which tells when it came most likely."""
        now = time.monotonic()
        # Never back: while the computer's clock is behind what was said before, time goes on at half its speed.
        came = time.time()
        if within:
            came = min(came, max(came - within, self._came + step))
        self._came = max(came, self._came + (now - self._arrived) / 2)
        self._arrived = now

    def _data(self, packet: Packet[VideoStream]) -> bytes:
        """The bytes of the packet that waits."""
        return bytes(packet)

    @abstractmethod
    def _pixel_aspect(self) -> float:
        """The width of a pixel divided by its height, as it is known now."""

    @abstractmethod
    def _epoch_now(self) -> float | None:
        """The sender's time of the stream's zero, UTC seconds since 1970; None where it has not told."""

    def _frame(self, packet: Packet[VideoStream]) -> VideoFrame | None:
        try:
            if packet.is_keyframe:
                self._decoder.choose(not self._full and self._shrinks(), packet)
            newest = self._decoder.decode(packet)
        except InvalidDataError:
            return None
        except FFmpegError as error:
            raise translate(self._name, error) from None
        if newest is not None:
            self.width, self.height = newest.width, newest.height
            if packet.is_keyframe:
                self._aspect = self._pixel_aspect()
        return newest

    def _shrinks(self) -> bool:
        """Whether pictures are shown clearly smaller than they are, in both directions."""
        view, (across, down) = self._shaper.view, self._target
        if view.dewarp is not None or min(across, down, self.width, self.height) <= 0:
            return False  # straightening enlarges a part
        if view.rotate in (90, 270):
            across, down = down, across
        aspect = self._aspect
        scales = (across / (self.width * aspect), down / self.height)
        return max(1.0, aspect) * (max(scales) if view.fit is Fit.STRETCH else min(scales)) < SMALLER

    def _drop_held(self) -> None:
        self._held.clear()
        self._held_bytes = 0

    def _follow_size(self) -> None:
        """Called at a key frame: what was decoded before it may have had another size."""
        if (self.width, self.height) != (self.parameters.width, self.parameters.height):
            self.parameters = self._describe()

    def _describe(self) -> StreamParameters:
        return StreamParameters(
            codec=self._codec,
            extradata=bytes(self._context.extradata or b""),
            width=self.width,
            height=self.height,
            fps=self.fps,
            pixel_aspect=self._aspect,
        )

    def _scale(self, frame: VideoFrame) -> Picture:
        if frame.width > MAX_SIDE or frame.height > MAX_SIDE:
            raise NotVideo(self._name, f"the picture claims {frame.width} x {frame.height} pixels")
        shaped = self._shaper.picture(frame, self._target, self._aspect)
        pts = 0.0 if frame.pts is None else frame.pts * self._tick
        return Picture(
            data=shaped.data,
            width=shaped.width,
            height=shaped.height,
            stride=shaped.stride,
            pts=pts,
            arrived=self._arrived,
            source_width=frame.width,
            source_height=frame.height,
            taken=self._taken(pts),
        )

    def _taken(self, pts: float) -> float | None:
        """The sender's time of a packet, UTC seconds since 1970."""
        epoch = self._epoch_now()
        if epoch is None:
            return None
        taken = epoch + pts
        return taken if 0.0 < taken < _LATEST else None
