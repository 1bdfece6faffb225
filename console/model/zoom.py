"""Digital zoom, and how a picture lies in its tile: arithmetic only.

Three spaces: device pixels of a *tile* (from the upper left of its picture area), pixels of the *picture* that is shown
(after rotation and all else), and *shares* of that picture, 0 to 1, in which a zoom is kept because the picture's size
changes with the stream that is decoded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from drivers.types import Fit

MOST = 16.0
"""Beyond this a camera's picture is blocks."""
STEP = 1.25
"""What one step of the wheel enlarges by."""
LARGEST_SIDE = 8192
"""Device pixels: no decoder is asked for more."""

Size = tuple[float, float]
"""Width and height."""
Point = tuple[float, float]


class Box(NamedTuple):
    """A rectangle by its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Zoom:
    """How often enlarged (1: not at all), and which point of the picture, in shares, should be in the tile's middle.
    What is out of range, or no number, is put right."""

    factor: float = 1.0
    x: float = 0.5
    y: float = 0.5

    def __post_init__(self) -> None:
        for name, low, high, usual in (("factor", 1.0, MOST, 1.0), ("x", 0.0, 1.0, 0.5), ("y", 0.0, 1.0, 0.5)):
            value = getattr(self, name)
            object.__setattr__(self, name, min(high, max(low, value)) if math.isfinite(value) else usual)

    @property
    def on(self) -> bool:
        """Whether the picture is enlarged."""
        return self.factor > 1.0


WHOLE = Zoom()
"""Not enlarged."""


@dataclass(frozen=True, slots=True)
class Framing:
    """A picture in a tile. ``tile`` in device pixels and ``picture`` in pixels, each at least 1; the picture's pixels
    are square (the decoder makes them so), only ``Fit.STRETCH`` ignores its shape."""

    tile: Size
    picture: Size
    fit: Fit = Fit.FIT

    def __post_init__(self) -> None:
        for name in ("tile", "picture"):
            width, height = getattr(self, name)
            object.__setattr__(self, name, (max(1.0, float(width)), max(1.0, float(height))))

    def placement(self, zoom: Zoom = WHOLE) -> tuple[Box, Box]:
        """The part of the picture that is seen, in its pixels and never beyond its edges, and where in the tile it is
        painted, in whole device pixels so that a picture of just that size is copied and not scaled."""
        across, down = self._seen(zoom)
        centre = self.settled(zoom)
        width, height = self.picture
        source = Box((centre.x - across / 2) * width, (centre.y - down / 2) * height, across * width, down * height)
        full = self._full(zoom.factor)
        shown = tuple(max(1, round(min(room, side))) for room, side in zip(self.tile, full, strict=True))
        left, top = ((room - side) // 2 for room, side in zip(self.tile, shown, strict=True))
        return source, Box(left, top, *shown)

    def settled(self, zoom: Zoom) -> Zoom:
        """The zoom with its centre moved in so far that nothing beyond the picture's edges would be seen."""
        across, down = self._seen(zoom)
        return Zoom(zoom.factor, _within(zoom.x, across), _within(zoom.y, down))

    def zoomed_at(self, zoom: Zoom, x: float, y: float, steps: float) -> Zoom:
        """Enlarged by ``steps`` of the wheel (less than 0: smaller) so that what lies under the tile's point stays
        there, unless the picture's edge forbids it. All the way out is the whole picture again."""
        under = self.to_picture(zoom, x, y)
        closer = Zoom(zoom.factor * STEP**steps)
        if closer.factor < 1.0 + 1e-6:
            return WHOLE
        full = self._full(closer.factor)
        there = [
            share - (at - room / 2) / side for share, at, room, side in zip(under, (x, y), self.tile, full, strict=True)
        ]
        return self.settled(Zoom(closer.factor, *there))

    def panned(self, zoom: Zoom, dx: float, dy: float) -> Zoom:
        """The picture dragged along by ``dx``, ``dy`` device pixels."""
        centre, full = self.settled(zoom), self._full(zoom.factor)
        return self.settled(Zoom(zoom.factor, centre.x - dx / full[0], centre.y - dy / full[1]))

    def to_picture(self, zoom: Zoom, x: float, y: float) -> Point:
        """Which point of the picture, in shares, lies at a point of the tile; beside the picture its nearest edge."""
        centre, full = self.settled(zoom), self._full(zoom.factor)
        across = centre.x + (x - self.tile[0] / 2) / full[0]
        down = centre.y + (y - self.tile[1] / 2) / full[1]
        return min(1.0, max(0.0, across)), min(1.0, max(0.0, down))

    def to_tile(self, zoom: Zoom, x: float, y: float) -> Point:
        """Where in the tile a point of the picture, in shares, lies; it may lie outside of what is seen."""
        centre, full = self.settled(zoom), self._full(zoom.factor)
        return (x - centre.x) * full[0] + self.tile[0] / 2, (y - centre.y) * full[1] + self.tile[1] / 2

    def _full(self, factor: float) -> Size:
        """The size of the whole picture, seen or not, in device pixels."""
        ratios = [room / side for room, side in zip(self.tile, self.picture, strict=True)]
        if self.fit is Fit.STRETCH:
            return self.tile[0] * factor, self.tile[1] * factor
        scale = (min(ratios) if self.fit is Fit.FIT else max(ratios)) * factor
        return self.picture[0] * scale, self.picture[1] * scale

    def _seen(self, zoom: Zoom) -> Size:
        """Which shares of the picture's width and height are seen."""
        full = self._full(zoom.factor)
        return min(1.0, self.tile[0] / full[0]), min(1.0, self.tile[1] / full[1])


def _within(centre: float, seen: float) -> float:
    return min(1.0 - seen / 2, max(seen / 2, centre))


def placement(tile: Size, picture: Size, fit: Fit = Fit.FIT, zoom: Zoom = WHOLE) -> tuple[Box, Box]:
    """``Framing(tile, picture, fit).placement(zoom)``."""
    return Framing(tile, picture, fit).placement(zoom)


def needed(
    tile: Size, picture: Size, fit: Fit = Fit.FIT, zoom: Zoom = WHOLE, largest: Size | None = None
) -> tuple[int, int]:
    """The box that the decoder should fill, in device pixels, so that what is seen is sharp. ``picture`` gives the
    shape of the picture as it is shown (any size), ``largest`` the size beyond which there is nothing more to see: that
    of the best stream. The shape of the box is the picture's, or the tile's where it is stretched."""
    if fit is Fit.FIT and not zoom.on:
        width, height = max(1.0, tile[0]), max(1.0, tile[1])  # as ever: bars are the decoder's to leave out
    else:
        width, height = Framing(tile, picture, fit)._full(zoom.factor)
    limits = [(LARGEST_SIDE, LARGEST_SIDE)]
    if largest is not None and zoom.on:
        limits.append((round(max(largest[0], tile[0])), round(max(largest[1], tile[1]))))
    scale = min(1.0, *(min(across / width, down / height) for across, down in limits))
    return max(1, math.ceil(width * scale - 1e-6)), max(1, math.ceil(height * scale - 1e-6))


def wants_best(zoom: Zoom, shown_width: float, substream_width: float, already: bool = False) -> bool:
    """Whether the main stream shows more than the substream. ``shown_width`` is that of the whole picture in the tile
    before zooming, device pixels. It is asked for when the substream would be enlarged by more than a quarter, and kept
    (``already``) until it would not be enlarged at all, so that a turn of the wheel back does not flip it."""
    if not zoom.on or substream_width <= 0:
        return False
    return shown_width * zoom.factor > substream_width * (1.0 if already else 1.25)
