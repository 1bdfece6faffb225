"""One open stream as a VideoSource over FFmpeg's demuxer: whatever it can open."""

from __future__ import annotations

import time
from collections.abc import Iterator
from fractions import Fraction

from av.codec.context import Flags
from av.container import InputContainer
from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from drivers.errors import NotVideo
from drivers.types import StreamRequest, Transport
from drivers.video.live_source import LiveSource
from drivers.video.opening import check_login, is_live, open_container, scheme_family
from drivers.video.rtsp import NotOurs
from drivers.video.rtsp.source import open_rtsp
from drivers.video.translate import translate

_LONGEST_PAUSE = 2.0
"""Seconds: a gap between packets of a file or a playlist beyond this is a jump of its clock, not a pause."""


class AvSource(LiveSource):
    """A stream opened by PyAV."""

    def __init__(self, request: StreamRequest, container: InputContainer) -> None:
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
        rate = self._stream.average_rate or self._stream.guessed_rate
        tick = float(self._stream.time_base or Fraction(1, 90_000))
        super().__init__(request.name, context, tick, float(rate) if rate else 0.0)
        self._packets: Iterator[Packet[VideoStream]] = container.demux(self._stream)
        self._live = is_live(request)
        self._pace_from: float | None = None
        self._epoch: float | None = None

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
        self._arrive()
        stamp = packet.dts if packet.pts is None else packet.pts
        # FFmpeg does not know the time of the first packet of most RTSP streams; counted from the next it is 0.
        self._stamped = self._stamped + self._frame_seconds if stamp is None else stamp * self._tick
        if packet.is_keyframe:
            self._follow_size()
        return True

    def close(self) -> None:
        """Close the connection and free the decoder."""
        super().close()
        self._container.close()

    def _pixel_aspect(self) -> float:
        aspect = self._stream.sample_aspect_ratio
        return float(aspect) if aspect else 1.0

    def _pace(self, packet: Packet[VideoStream]) -> None:
        """Files and playlists come as fast as the disk gives them: hand them over at their own speed."""
        if packet.dts is None:
            return
        stamp = packet.dts * self._tick
        now = time.monotonic()
        if self._pace_from is None or abs(self._pace_from + stamp - now) > _LONGEST_PAUSE:
            self._pace_from = now - stamp
        time.sleep(max(0.0, self._pace_from + stamp - now))

    def _epoch_now(self) -> float | None:
        """FFmpeg's ``start_time_realtime`` is the wall time of pts 0, whatever the first pts was. It is known after the
        first RTCP sender report, with some servers seconds after the first picture."""
        if self._epoch is None:
            realtime = self._container.start_time_realtime
            if not realtime or realtime < 0:
                return None
            self._epoch = realtime / 1e6
        return self._epoch


def open_stream(request: StreamRequest) -> LiveSource:
    """Open ``request`` (RTSP, RTSPS, HTTP MJPEG, HLS, a file). Blocks for seconds at most. Raises DriverError.

    H.264 and H.265 over RTSP and TCP have an own reader; all else, and whatever that one does not understand, is
    FFmpeg's."""
    family = scheme_family(request)
    if family == "rtsp" and request.transport is Transport.TCP and request.uri[:7].lower() == "rtsp://":
        check_login(request, family)
        try:
            return open_rtsp(request)
        except NotOurs:
            pass
    return AvSource(request, open_container(request))
