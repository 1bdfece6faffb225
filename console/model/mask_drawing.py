"""Drawing privacy masks: polygons, the corner that is selected, the polygon that is being drawn. Immutable and pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from console.model.view_settings import MOST_CORNERS, MOST_MASKS, SMALLEST_AREA, area
from drivers.types import Polygon

Point = tuple[float, float]
"""Shares of the picture's width and height."""

_NEW = ((0.4, 0.4), (0.6, 0.4), (0.6, 0.6), (0.4, 0.6))
"""A mask that is put down by key, to be pulled into shape."""


@dataclass(frozen=True, slots=True)
class MaskDrawing:
    """``masks`` are whole; ``line`` has the corners of the one that is being drawn. ``mask`` and ``corner`` say what is
    selected: a corner, a whole mask (``corner`` None), or nothing (both None)."""

    masks: tuple[Polygon, ...] = ()
    line: Polygon = ()
    mask: int | None = None
    corner: int | None = None

    # Drawing

    def added(self, point: Point) -> MaskDrawing:
        """One more corner of the mask that is being drawn; the first begins it. Full is full."""
        if len(self.line) >= MOST_CORNERS or len(self.masks) >= MOST_MASKS:
            return self
        return replace(self, line=(*self.line, _inside(point)), mask=None, corner=None)

    def closed(self) -> MaskDrawing:
        """The mask that is being drawn is whole. One that hides nothing is forgotten."""
        if len(self.line) < 3 or area(self.line) < SMALLEST_AREA:
            return replace(self, line=())
        return MaskDrawing((*self.masks, self.line), (), len(self.masks), None)

    def abandoned(self) -> MaskDrawing:
        """What was begun is forgotten; with nothing begun, nothing is selected."""
        return replace(self, line=()) if self.line else replace(self, mask=None, corner=None)

    def put_down(self) -> MaskDrawing:
        """A square in the middle, its first corner selected: for hands without a mouse."""
        if len(self.masks) >= MOST_MASKS:
            return self
        return MaskDrawing((*self.masks, _NEW), (), len(self.masks), 0)

    # Changing

    def selected(self, mask: int | None, corner: int | None = None) -> MaskDrawing:
        """With this selected."""
        return replace(self, mask=mask, corner=corner)

    def moved(self, dx: float, dy: float) -> MaskDrawing:
        """The selected corner, or mask as a whole, moved; never out of the picture."""
        if self.mask is None:
            return self
        corners = self.masks[self.mask]
        if self.corner is not None:
            x, y = corners[self.corner]
            return self.moved_to((x + dx, y + dy))
        dx = min(1.0 - max(x for x, _ in corners), max(-min(x for x, _ in corners), dx))
        dy = min(1.0 - max(y for _, y in corners), max(-min(y for _, y in corners), dy))
        return self._with(tuple(_inside((x + dx, y + dy)) for x, y in corners))

    def moved_to(self, point: Point) -> MaskDrawing:
        """The selected corner put there."""
        if self.mask is None or self.corner is None:
            return self
        corners = self.masks[self.mask]
        return self._with((*corners[: self.corner], _inside(point), *corners[self.corner + 1 :]))

    def split(self, point: Point | None = None) -> MaskDrawing:
        """A new corner, selected: at ``point`` on the nearest side of the selected mask, or in the middle of the side
        after the selected corner."""
        if self.mask is None or len(self.masks[self.mask]) >= MOST_CORNERS:
            return self
        corners = self.masks[self.mask]
        after = self.corner or 0
        if point is not None:
            after = min(
                range(len(corners)), key=lambda side: _away(point, corners[side], corners[(side + 1) % len(corners)])
            )
        here, there = corners[after], corners[(after + 1) % len(corners)]
        new = _inside(point) if point is not None else ((here[0] + there[0]) / 2, (here[1] + there[1]) / 2)
        return replace(self._with((*corners[: after + 1], new, *corners[after + 1 :])), corner=after + 1)

    def removed(self) -> MaskDrawing:
        """Without the selected corner, or without the mask when it is selected as a whole or has but three corners;
        while drawing, without the last corner."""
        if self.line:
            return replace(self, line=self.line[:-1])
        if self.mask is None:
            return self
        corners = self.masks[self.mask]
        if self.corner is None or len(corners) <= 3:
            return MaskDrawing((*self.masks[: self.mask], *self.masks[self.mask + 1 :]))
        fewer = (*corners[: self.corner], *corners[self.corner + 1 :])
        return replace(self._with(fewer), corner=min(self.corner, len(fewer) - 1))

    # Finding

    def stepped(self, step: int) -> MaskDrawing | None:
        """The next corner (1) or the one before (-1) selected, through all masks; None past the last or the first."""
        places = list(self._places())
        if not places:
            return None
        if self.mask is None:
            return self.selected(*places[0 if step > 0 else -1])
        if self.corner is None:
            return self.selected(self.mask, 0 if step > 0 else len(self.masks[self.mask]) - 1)
        at = places.index((self.mask, self.corner)) + step
        return self.selected(*places[at]) if 0 <= at < len(places) else None

    def at(self, point: Point, reach: Point) -> tuple[int, int | None] | None:
        """What lies under a point: the nearest corner within ``reach`` (shares across and down), else the topmost mask
        around it."""
        near = [
            (math.hypot((x - point[0]) / reach[0], (y - point[1]) / reach[1]), (mask, corner))
            for mask, corner in self._places()
            for x, y in (self.masks[mask][corner],)
        ]
        if near and min(near)[0] <= 1.0:
            return min(near)[1]
        for mask in range(len(self.masks) - 1, -1, -1):
            if _around(self.masks[mask], point):
                return mask, None
        return None

    def _places(self) -> Iterator[tuple[int, int]]:
        for mask, corners in enumerate(self.masks):
            for corner in range(len(corners)):
                yield mask, corner

    def _with(self, corners: Polygon) -> MaskDrawing:
        assert self.mask is not None
        return replace(self, masks=(*self.masks[: self.mask], corners, *self.masks[self.mask + 1 :]))


def _inside(point: Point) -> Point:
    return min(1.0, max(0.0, point[0])), min(1.0, max(0.0, point[1]))


def _away(point: Point, start: Point, end: Point) -> float:
    """How far a point is from a side."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    length = dx * dx + dy * dy
    along = ((point[0] - start[0]) * dx + (point[1] - start[1]) * dy) / length if length else 0.0
    along = min(1.0, max(0.0, along))
    return math.hypot(point[0] - start[0] - along * dx, point[1] - start[1] - along * dy)


def _around(mask: Polygon, point: Point) -> bool:
    """Whether the mask encloses the point: a ray to the right crosses its outline an odd number of times."""
    x, y = point
    inside = False
    for (x0, y0), (x1, y1) in zip(mask, (*mask[1:], mask[0]), strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            inside = not inside
    return inside
