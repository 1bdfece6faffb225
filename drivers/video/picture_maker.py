"""Scales one decoded frame into a Picture: what replay, playback and snapshots do with a frame."""

from __future__ import annotations

from datetime import datetime

from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

from drivers.types import Picture, View

MAX_SIDE = 16_384
"""A picture larger than this (either side, pixels) is refused: nothing real sends it, and it would eat the memory."""


class PictureMaker:
    """One thread at a time uses it; it keeps the tables of the scaler from picture to picture."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._scaler = VideoReformatter()

    def make(
        self,
        frame: VideoFrame,
        target: tuple[int, int],
        view: View,
        pixel_aspect: float = 1.0,
        pts: float = 0.0,
        arrived: float = 0.0,
        wall_time: datetime | None = None,
    ) -> Picture:
        """``frame`` scaled to fit into ``target`` (device pixels; 0 x 0: as large as it is), its aspect kept, both
        sides even."""
        width, height = fitted(frame.width, frame.height, pixel_aspect, target)
        # AREA keeps thin lines (plates) when shrinking; accurate rounding writes the rest of odd rows too.
        kind = Interpolation.AREA if width < frame.width else Interpolation.BICUBIC
        scaled = self._scaler.reformat(frame, width, height, "bgra", interpolation=kind | Interpolation.ACCURATE_RND)
        plane = scaled.planes[0]
        return Picture(
            data=plane,
            width=width,
            height=height,
            stride=plane.line_size,
            pts=pts,
            arrived=arrived,
            source_width=frame.width,
            source_height=frame.height,
            wall_time=wall_time,
        )


def fitted(width: int, height: int, pixel_aspect: float, target: tuple[int, int]) -> tuple[int, int]:
    """The even size that a picture of ``width`` x ``height`` gets in the box ``target``."""
    shown = width * (pixel_aspect if pixel_aspect > 0 else 1.0)
    if target[0] <= 0 or target[1] <= 0:
        return max(2, round(shown) & ~1), max(2, height & ~1)
    scale = min(target[0] / shown, target[1] / height)
    return max(2, int(shown * scale) & ~1), max(2, int(height * scale) & ~1)
