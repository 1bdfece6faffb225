"""How a camera's pictures are shown: masked, mirrored, straightened and turned, at the size that is wanted.

The order is that of ``drivers.types.View``. The frame is scaled first, because all else costs by the pixel; masks are
then painted onto it, grown so that nothing of what they hide is left in the pixels beside them, and only then anything
is moved.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import cv2
import numpy as np
from av.video.frame import VideoFrame

from drivers.types import Fit, View
from drivers.video.dewarp import Maps, maps, wanted_scale
from drivers.video.masking import MaskPainter, Pixels, growth
from drivers.video.scaling import Scaler, fitted

PLAIN = View()
Size = tuple[int, int]
_FLIPS = {(0, True): 1, (180, False): -1, (180, True): 0}
"""Turned by so much, mirrored before that or not, is one flip: the code that ``cv2.flip`` takes."""
_TURNS = {90: cv2.ROTATE_90_CLOCKWISE, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


class ScaledPixels(NamedTuple):
    """The pixels of a ``drivers.types.Picture``: ``height`` rows of ``stride`` bytes, B,G,R,X. ``data`` keeps its
    memory alive and is never written to again."""

    data: Any
    width: int
    height: int
    stride: int


class _Plan:
    """What a view means for frames of one size in one box; made when any of them changes."""

    def __init__(self, view: View, frame: Size, box: Size, pixel_aspect: float) -> None:
        self.view = view
        self.plain = view.plain
        turned = view.rotate in (90, 270)
        self.result = self._result(frame, (box[1], box[0]) if turned else box, pixel_aspect)
        """Size before turning."""
        self.size = self.result
        """Size to scale the frame to."""
        self.maps: Maps | None = None
        if view.dewarp is not None:
            own = fitted(*frame, pixel_aspect, (0, 0))
            scale = wanted_scale(view.dewarp, own, self.result)
            self.size = fitted(*frame, pixel_aspect, (max(16, round(own[0] * scale)), max(16, round(own[1] * scale))))
            self.maps = maps(view.dewarp, self.size, self.result, view.mirror)
        self.masks: MaskPainter | None = None
        if view.masks:
            scale = max(self.size[0] / frame[0], self.size[1] / frame[1])
            self.masks = MaskPainter(view.masks, *self.size, growth(scale))

    def _result(self, frame: Size, box: Size, pixel_aspect: float) -> Size:
        if self.view.fit is Fit.STRETCH and min(box) > 1:
            return box[0] & ~1, box[1] & ~1
        return fitted(*frame, pixel_aspect, box)

    def moved(self, pixels: Pixels) -> Pixels:
        """Mirrored, straightened and turned; in place where the shape stays, for fresh memory costs more than moving
        (5 ms for 0.2 ms at 1080p)."""
        rotate, mirror = self.view.rotate, self.view.mirror
        if self.maps is not None:
            pixels = _array(cv2.remap(pixels, *self.maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT))
            mirror = False  # the tables have done that
        if rotate in (0, 180):
            if mirror or rotate:
                cv2.flip(pixels, _FLIPS[rotate, mirror], dst=pixels)
            return pixels
        if not mirror:
            return _array(cv2.rotate(pixels, _TURNS[rotate]))
        if rotate == 90:  # mirrored and turned to the right is turned upside down and transposed
            cv2.flip(pixels, -1, dst=pixels)
        return _array(cv2.transpose(pixels))


class Shaper:
    """Applies one camera's view. One worker at a time calls ``picture``; ``set_view`` may come from any thread (the
    view is replaced whole)."""

    def __init__(self, view: View = PLAIN) -> None:
        self._view = view
        self._scaler = Scaler()
        self._plan: _Plan | None = None
        self._planned: tuple[object, ...] = ()

    @property
    def view(self) -> View:
        """What is applied from the next picture on."""
        return self._view

    def set_view(self, view: View) -> None:
        """Apply another view from the next picture on. Tables are made then, in the worker."""
        self._view = view

    @property
    def idle(self) -> bool:
        """Whether pictures are shown as they come, so that a caller with a shorter way may take it."""
        return self._view.plain and self._view.fit is not Fit.STRETCH

    def picture(self, frame: VideoFrame, box: Size, pixel_aspect: float = 1.0) -> ScaledPixels:
        """The frame's picture, as large as fits into ``box`` (device pixels; (0, 0) for its own size). ``pixel_aspect``
        is the width of the frame's pixels divided by their height. Raises FFmpegError for a pixel format that cannot be
        converted."""
        view = self._view
        wanted = (frame.width, frame.height, box, pixel_aspect)
        plan = self._plan
        if plan is None or plan.view is not view or wanted != self._planned:
            plan = self._plan = _Plan(view, (frame.width, frame.height), box, pixel_aspect)
            self._planned = wanted
        plain = plan.plain
        width, height = plan.size
        scaled = self._scaler.bgrx(frame, width, height, not plain)
        plane = scaled.planes[0]
        if plain:
            return ScaledPixels(plane, width, height, plane.line_size)
        pixels: Pixels = np.ndarray(
            (scaled.height, scaled.width, 4), np.uint8, buffer=plane, strides=(plane.line_size, 4, 1)
        )
        if scaled is frame:  # these pixels are the decoder's
            pixels = pixels.copy()
        if plan.masks is not None:
            plan.masks.paint(pixels)
        moved = plan.moved(pixels)
        whole = moved if moved.flags.c_contiguous else plane  # rows with a gap between them are a plane's
        return ScaledPixels(whole, moved.shape[1], moved.shape[0], moved.strides[0])


def shape_still(data: Any, width: int, height: int, stride: int, view: View, box: Size = (0, 0)) -> ScaledPixels:
    """A still picture of B,G,R,X rows under a view, for previews and for snapshots of what was decoded before."""
    still: Pixels = np.ndarray((height, width, 4), np.uint8, buffer=data, strides=(stride, 4, 1))
    return Shaper(view).picture(VideoFrame.from_ndarray(np.ascontiguousarray(still), format="bgra"), box)


def one_thread() -> None:
    """Keep OpenCV from spreading each small picture over all cores, at the priority of none of our workers. It holds
    for the whole process, so the composition root decides."""
    cv2.setNumThreads(1)


def _array(pixels: Any) -> Pixels:
    return np.asarray(pixels, np.uint8)
