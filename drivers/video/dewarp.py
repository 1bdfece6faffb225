"""A straight view out of a fisheye picture.

Model: equidistant projection, ``r = f * theta``, where ``theta`` is the angle between a ray and the lens's axis and
``r`` how far from the circle's middle it falls, so ``f = radius / (lens / 2)``; the straight view is the rectilinear
``r = f * tan(theta)``. Both as in J. Kannala and S. Brandt, "A generic camera model and calibration method for
conventional, wide-angle, and fish-eye lenses", IEEE TPAMI 28(8), 2006, equations (1) and (2).

For each pixel of the result its ray is turned up by ``tilt``, then to the right by ``pan``, and looked up in the
fisheye picture. The lookup tables are made once per change and cost 20 to 60 ms.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
import numpy.typing as npt

from drivers.types import Dewarp

Maps = tuple[npt.NDArray[np.int16], npt.NDArray[np.uint16]]
Size = tuple[int, int]

_OUTSIDE = -8.0
"""A place in no picture: painted black."""
_SHARPER = 1.3
"""How much finer than the result's middle the fisheye picture is kept; towards the edges a straight view stretches."""


def focal(dewarp: Dewarp, width: int) -> float:
    """Pixels per radian in the middle of a straight view of this width."""
    return width / 2 / math.tan(math.radians(dewarp.view) / 2)


def wanted_scale(dewarp: Dewarp, source: Size, result: Size) -> float:
    """How much of the source's own size suffices for a result of this size; at most 1."""
    radius = dewarp.radius * min(source)
    dense = radius / math.radians(dewarp.lens / 2)
    return min(1.0, _SHARPER * focal(dewarp, result[0]) / max(dense, 1e-6))


def maps(dewarp: Dewarp, source: Size, result: Size, mirror: bool) -> Maps:
    """Tables for ``cv2.remap``, of shape (height, width) of the result: where in a source of that size each of its
    pixels lies. With ``mirror`` the source is mirrored left to right first."""
    places = look_up(dewarp, source, result, mirror)
    fixed, fraction = cv2.convertMaps(*places, cv2.CV_16SC2)
    return np.asarray(fixed, np.int16), np.asarray(fraction, np.uint16)


def look_up(
    dewarp: Dewarp, source: Size, result: Size, mirror: bool = False
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """For each pixel of the result its x and y in the source, in pixels; outside the lens's circle a place outside."""
    (width, height), f = result, focal(dewarp, result[0])
    x, y = np.meshgrid((np.arange(width) + 0.5 - width / 2) / f, (np.arange(height) + 0.5 - height / 2) / f)
    tilt, pan = math.radians(dewarp.tilt), math.radians(dewarp.pan)
    y, ahead = y * math.cos(tilt) - math.sin(tilt), y * math.sin(tilt) + math.cos(tilt)
    x, ahead = x * math.cos(pan) + ahead * math.sin(pan), ahead * math.cos(pan) - x * math.sin(pan)
    beside = np.hypot(x, y)
    theta = np.arctan2(beside, ahead)
    half = math.radians(dewarp.lens / 2)
    far = dewarp.radius * min(source) * theta / half / np.maximum(beside, 1e-12)
    sign = -1.0 if mirror else 1.0
    across = dewarp.centre[0] * source[0] - 0.5 + sign * x * far
    down = dewarp.centre[1] * source[1] - 0.5 + y * far
    outside = theta > half
    across[outside] = down[outside] = _OUTSIDE
    return across.astype(np.float32), down.astype(np.float32)
