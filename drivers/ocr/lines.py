"""Lines of writing out of what the detector says of each pixel: how likely it lies in the core of a line.

The network (differentiable binarization: Liao et al., 2020) is taught on lines that were made thinner by a share of
their area over their outline; what it finds is widened by as much again.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from drivers.plate_reading import Area, Pixels, line_like

Floats = npt.NDArray[np.float32]
CORE, SURE = 0.3, 0.5
"""A pixel this likely belongs to a core; a core whose pixels are less likely than this on average is none."""
WIDEN = 1.6
MOST_LINES = 200
"""Outlines that are looked at; a picture full of noise has thousands."""


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line: ``corners`` (4 x 2 pixels) top left, top right, bottom right, bottom left."""

    corners: Floats
    sure: float

    @property
    def area(self) -> Area:
        """The rectangle around it."""
        low, high = np.floor(self.corners.min(axis=0)), np.ceil(self.corners.max(axis=0))
        return Area(int(low[0]), int(low[1]), int(high[0] - low[0]), int(high[1] - low[1]))


def lines(likely: Floats, width: int, height: int) -> list[FoundLine]:
    """The lines in the detector's answer that could be a plate's, the surest first, in pixels of a picture of this
    size. Those that touch its edge are cut, and left out."""
    cores = (likely > CORE).astype(np.uint8)
    outlines, _ = cv2.findContours(cores, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    scale = np.array((width / likely.shape[1], height / likely.shape[0]), np.float32)
    found = []
    for outline in sorted(outlines, key=cv2.contourArea, reverse=True)[:MOST_LINES]:
        line = _line(likely, np.asarray(outline), scale)
        if line is not None and _inside(line.corners, width, height):
            found.append(line)
    return sorted(found, key=lambda line: -line.sure)


def cut_out(pixels: Pixels, line: FoundLine, height: int, most_width: int) -> Pixels:
    """A line set straight, ``height`` pixels high, as wide as it is but no wider than ``most_width``."""
    along, across = _size(line.corners)
    width = int(min(most_width, max(1.0, round(along * height / max(1.0, across)))))
    target = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
    turn = cv2.getPerspectiveTransform(line.corners, target)
    flags = cv2.INTER_CUBIC
    return np.asarray(cv2.warpPerspective(pixels, turn, (width, height), None, flags, cv2.BORDER_REPLICATE), np.uint8)


def _line(likely: Floats, outline: npt.NDArray[np.int32], scale: Floats) -> FoundLine | None:
    centre, size, angle = cv2.minAreaRect(outline)
    if min(size) < 2:
        return None
    left, top, wide, high = cv2.boundingRect(outline)
    inside = np.zeros((high, wide), np.uint8)
    cv2.fillPoly(inside, [outline.reshape(-1, 2) - (left, top)], 1)
    sure = float(cv2.mean(likely[top : top + high, left : left + wide], inside)[0])
    if sure < SURE:
        return None
    out = 2 * size[0] * size[1] * WIDEN / (2 * (size[0] + size[1]))
    corners = _ordered(np.asarray(cv2.boxPoints((centre, (size[0] + out, size[1] + out), angle)), np.float32)) * scale
    along, across = _size(corners)
    (x0, y0), (x1, y1) = corners[0], corners[1]
    rise = float(y1 - y0) / max(1.0, abs(float(x1 - x0)))
    return FoundLine(np.asarray(corners, np.float32), sure) if line_like(along, across, rise) else None


def _ordered(points: Floats) -> Floats:
    """Four corners from the top left clockwise."""
    by_x = points[np.argsort(points[:, 0])]
    left, right = by_x[:2], by_x[2:]
    (top_left, bottom_left), (top_right, bottom_right) = (pair[np.argsort(pair[:, 1])] for pair in (left, right))
    return np.array((top_left, top_right, bottom_right, bottom_left), np.float32)


def _size(corners: Floats) -> tuple[float, float]:
    along = np.linalg.norm(corners[1] - corners[0]) + np.linalg.norm(corners[2] - corners[3])
    across = np.linalg.norm(corners[3] - corners[0]) + np.linalg.norm(corners[2] - corners[1])
    return float(along) / 2, float(across) / 2


def _inside(corners: Floats, width: int, height: int) -> bool:
    """Whether all of it is there, with some ground around it."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    return bool(low.min() >= 1 and high[0] <= width - 1 and high[1] <= height - 1)
