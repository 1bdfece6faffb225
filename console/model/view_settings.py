"""What a camera's view may be: the limits that the site file, the dialogs and the painters agree on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from drivers.types import Dewarp, View

MOST_MASKS = 32
MOST_CORNERS = 64
ROTATIONS = (0, 90, 180, 270)
"""Degrees clockwise."""

RANGES: Mapping[str, tuple[float, float]] = {
    "lens": (60.0, 280.0),
    "pan": (-180.0, 180.0),
    "tilt": (-90.0, 90.0),
    "view": (10.0, 150.0),
    "radius": (0.1, 1.0),
}
"""The numbers of a fisheye's settings, least and most; degrees but for the radius (see ``drivers.types.Dewarp``)."""

SMALLEST_AREA = 1e-5
"""Share of the picture: a mask below this hides nothing and is a slip of the hand."""
GRID = 100_000
"""Corners are kept to this part of a side: finer than any pixel, short to write."""


def area(mask: Sequence[tuple[float, float]]) -> float:
    """The share of the picture that a polygon encloses (the shoelace formula)."""
    turns = zip(mask, (*mask[1:], mask[0]), strict=True)
    return abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in turns)) / 2


def tidy(view: View) -> View:
    """The view with what is out of range put right: corners pulled into the picture and rounded, masks that hide
    nothing left out, angles clamped."""
    masks = (tuple((_share(x), _share(y)) for x, y in mask[:MOST_CORNERS]) for mask in view.masks)
    kept = tuple(mask for mask in masks if len(mask) > 2 and area(mask) >= SMALLEST_AREA)[:MOST_MASKS]
    rotate = view.rotate if view.rotate in ROTATIONS else 0
    return replace(view, rotate=rotate, masks=kept, dewarp=None if view.dewarp is None else clamped(view.dewarp))


def clamped(dewarp: Dewarp) -> Dewarp:
    """The settings within ``RANGES``."""
    numbers = {name: min(high, max(low, getattr(dewarp, name))) for name, (low, high) in RANGES.items()}
    return replace(dewarp, **numbers, centre=(_share(dewarp.centre[0]), _share(dewarp.centre[1])))


def without_masks(view: View, lift: bool) -> View:
    """The view for a snapshot or an export of somebody who may lift the masks and asked for it."""
    return replace(view, masks=()) if lift else view


def _share(value: float) -> float:
    return round(min(1.0, max(0.0, value)) * GRID) / GRID
