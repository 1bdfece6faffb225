"""Decoded frames to pixels to paint: the size that fits a box, and the quickest way there.

Each worker has scalers of its own; nothing here is shared between threads.
"""

from __future__ import annotations

from typing import Any

from av.video.format import VideoFormat
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter

TWO_STEPS = frozenset(("yuv420p", "yuvj420p"))
"""Formats of which swscale shrinks the planes and then converts them quicker (0.13 ms for 0.18 ms at a tile of sixteen)
than both at once: its fast conversion works only without scaling. It costs half of the colours, no brightness."""

_AREA, _BILINEAR = int(Interpolation.AREA), int(Interpolation.BILINEAR)
_FAST, _ACCURATE = int(Interpolation.FAST_BILINEAR), int(Interpolation.ACCURATE_RND)
"""As numbers: an enum would be looked into by Python code several times a picture."""
_BGRX: Any = VideoFormat("bgra")  # not looked up by name at each picture; PyAV's stubs know names alone

FAST_WIDTH = 8
"""Pixels: the fast conversion leaves the rest of a row that is no multiple of this unwritten."""


def fitted(width: int, height: int, pixel_aspect: float, box: tuple[int, int]) -> tuple[int, int]:
    """The size in square pixels at which a frame of ``width`` x ``height`` fits into ``box``, its shape kept but for
    rounding; with an empty box its own size. Even sides at least: swscale falls back to plain C for odd widths (1.2 ms
    for 0.2 ms)."""
    shown = width * pixel_aspect if pixel_aspect > 0 else float(width)
    if box[0] <= 0 or box[1] <= 0:
        return max(2, round(shown)), max(2, height)
    scale = min(box[0] / shown, box[1] / height)
    across = int(shown * scale)
    across -= across % (FAST_WIDTH if across > 16 * FAST_WIDTH else 2)
    return max(2, across), max(2, int(height * scale) & ~1)


class Scaler:
    """Keeps swscale's tables from one frame to the next. One thread at a time."""

    def __init__(self) -> None:
        self._shrinker, self._converter = VideoReformatter(), VideoReformatter()

    def bgrx(self, frame: VideoFrame, width: int, height: int, exact: bool = False) -> VideoFrame:
        """The frame in B,G,R,X at this size. With ``exact`` everything stays where it is: FFmpeg's fast enlarging
        drifts to the right by up to two of the source's pixels, enough to come out from under a mask. Raises
        FFmpegError for formats that cannot be converted. It is the very same frame when there is nothing to do."""
        # AREA keeps thin lines (plates) when shrinking and costs the same as fast bilinear, which is for enlarging.
        smaller = width < frame.width
        kind = _AREA if smaller else _BILINEAR if exact else _FAST
        if smaller and width % FAST_WIDTH == 0 and frame.format.name in TWO_STEPS:
            planes = self._shrinker.reformat(frame, width, height, interpolation=kind, threads=1)
            return self._converter.reformat(planes, format=_BGRX, interpolation=kind, threads=1)
        if width % FAST_WIDTH:
            kind |= _ACCURATE
        return self._converter.reformat(frame, width, height, _BGRX, interpolation=kind, threads=1)
