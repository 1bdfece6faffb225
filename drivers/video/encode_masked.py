"""Masks burnt into footage: decoded, painted over and encoded again, for exports to people who may not see behind."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame

from drivers.errors import BadAnswer
from drivers.frames import frame_line
from drivers.types import EncodedPacket, Gop, Polygon, StreamParameters, View
from drivers.video.decoding import frames
from drivers.video.shaping import Shaper

QUALITY = "18"
"""libx264's constant rate factor: hardly to be told from what came in."""


class MaskedGops:
    """See ``drivers.clips.GopMasking``."""

    def __init__(self, name: str, masks: tuple[Polygon, ...]) -> None:
        self._name = name
        self._shaper = Shaper(View(masks=masks))
        self._encoder: VideoCodecContext | None = None
        self._parameters = StreamParameters("")
        self._size = (0, 0)
        self._count = 0

    def convert(self, gop: Gop) -> Gop | None:
        """The same pictures, masked. Raises DriverError."""
        line = frame_line(gop)
        packets: list[EncodedPacket] = []
        try:
            for rank, frame in frames(gop, self._name):
                shaped = self._shaper.picture(frame, (0, 0), gop.parameters.pixel_aspect)
                rows: Any = np.ndarray(
                    (shaped.height, shaped.width, 4), np.uint8, buffer=shaped.data, strides=(shaped.stride, 4, 1)
                )
                data, key = self._encode(np.ascontiguousarray(rows), gop.parameters.fps, first=not packets)
                source = gop.packets[line.order[rank]]
                arrived = line.times[rank]
                packets.append(EncodedPacket(data, source.pts, source.pts, key, arrived, source.taken))
        except FFmpegError as error:
            raise BadAnswer(self._name, f"its pictures cannot be encoded ({error.strerror})") from error
        return replace(gop, parameters=self._parameters, packets=tuple(packets)) if packets else None

    def close(self) -> None:
        """Free the encoder."""
        self._encoder = None

    def _encode(self, rows: Any, fps: float, first: bool) -> tuple[bytes, bool]:
        height, width = rows.shape[:2]
        if self._encoder is None or self._size != (width, height):
            self._encoder = self._open(width, height, fps)
            first = True
        frame = VideoFrame.from_ndarray(rows, format="bgra").reformat(format="yuv420p")
        frame.pts, frame.time_base = self._count, Fraction(1, 1000)
        self._count += 1
        if first:
            frame.pict_type = PictureType.I
        made = self._encoder.encode(frame)
        if len(made) != 1:
            raise BadAnswer(self._name, "the encoder gave no picture", "Try again.")
        return bytes(made[0]), made[0].is_keyframe

    def _open(self, width: int, height: int, fps: float) -> VideoCodecContext:
        encoder = av.CodecContext.create("libx264", "w")
        assert isinstance(encoder, VideoCodecContext)
        encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
        encoder.time_base = Fraction(1, 1000)
        encoder.framerate = Fraction(fps).limit_denominator(1000) if 0 < fps < 1000 else Fraction(25)
        encoder.thread_count = 1
        # A picture in, a picture out, and key frames only where the source has them.
        encoder.options = {
            "preset": "veryfast",
            "tune": "zerolatency",
            "crf": QUALITY,
            "forced-idr": "1",
            "x264-params": "keyint=100000:min-keyint=1:scenecut=0:bframes=0:repeat-headers=1:log-level=none"
            # What swscale makes of BGR by default; players take untagged large pictures for BT.709.
            ":colormatrix=smpte170m:fullrange=off",
        }
        self._size = (width, height)
        self._parameters = StreamParameters("h264", b"", width, height, fps)
        return encoder


def masker(name: str, masks: tuple[Polygon, ...]) -> MaskedGops:
    """See ``drivers.clips.GopMaskers``."""
    return MaskedGops(name, masks)
