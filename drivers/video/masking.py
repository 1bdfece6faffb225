"""Privacy masks painted over pixels, before anybody can see them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from drivers.types import Polygon

Pixels = npt.NDArray[np.uint8]

COVER = (43, 43, 43)
HATCH = (58, 58, 58)
"""Grey that is no street's, with faint lines: a mask is seen as a mask and not as a fault."""

_SUBPIXEL = 4
"""Bits after the point of a corner's place, as ``cv2.fillPoly`` takes it."""


def growth(scale: float) -> int:
    """By how many pixels a mask is grown at a picture that was scaled by ``scale``. Pixels beside the edge hold some of
    what is hidden: the scaler mixes neighbours, and colours are sent for two pixels at a time (4:2:0) and spread again,
    over two pixels of the larger of source and result; where it is enlarged one of the source's pixels is added for the
    hand that drew it."""
    return 3 if scale <= 1.0 else 1 + int(np.ceil(3.0 * scale))


class MaskPainter:
    """Masks for pictures of one size. What can be is computed once; ``paint`` costs a copy of the covered pixels."""

    def __init__(self, masks: Sequence[Polygon], width: int, height: int, grown: int) -> None:
        self._covered = np.zeros((height, width), np.uint8)
        self._boxes: list[tuple[slice, slice]] = []
        self._cover = np.empty((height, width, 4), np.uint8)
        for mask in masks:
            self._add(_filled(mask, width, height, grown))
        self._cover[:] = (*COVER, 255)
        pitch = max(8, min(width, height) // 24)
        for start in range(-height, width, pitch):
            cv2.line(self._cover, (start, height), (start + height, 0), (*HATCH, 255), max(1, pitch // 8), cv2.LINE_AA)

    def paint(self, pixels: Pixels) -> None:
        """Cover what is hidden; ``pixels`` is of shape (height, width, 4) and written to."""
        for box in self._boxes:
            cv2.copyTo(self._cover[box], self._covered[box], pixels[box])

    def _add(self, filled: Pixels) -> None:
        x, y, width, height = cv2.boundingRect(filled)
        if width and height:
            cv2.bitwise_or(self._covered, filled, dst=self._covered)
            self._boxes.append((slice(y, y + height), slice(x, x + width)))


def _filled(mask: Polygon, width: int, height: int, grown: int) -> Pixels:
    """255 where the mask hides. Where its outline crosses itself, everything within the outermost line is hidden: by
    the usual rule the middle of a star would be open."""
    corners = np.array([(x * width - 0.5, y * height - 0.5) for x, y in mask])
    points = np.rint(corners * (1 << _SUBPIXEL)).astype(np.int32)
    canvas = np.zeros((height, width), np.uint8)
    cv2.fillPoly(canvas, [points], 255, shift=_SUBPIXEL)
    outlines, _ = cv2.findContours(canvas, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(canvas, outlines, -1, 255, cv2.FILLED)
    kernel = np.ones((2 * grown + 1, 2 * grown + 1), np.uint8)
    return np.asarray(cv2.dilate(canvas, kernel), np.uint8)
