"""The shape of a layout without its grid: where each tile's edges are, in exact shares of the monitor. Editing happens
here, and the grid is made anew afterwards, with the fewest lines and the smallest weights that give the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import gcd, lcm

from console.model.items import Item
from console.model.layout import MAX_WEIGHT, Cell, Layout

_CANDIDATES = 400
"""How many sums of weights are tried where none is exact; among so many one errs by well under a pixel."""


@dataclass(frozen=True, slots=True)
class Box:
    """A tile: its edges as shares (0 to 1) of the monitor's width and height, and what the layout puts there."""

    left: Fraction
    top: Fraction
    right: Fraction
    bottom: Fraction
    item: Item | None = None
    hotspot: bool = False

    @property
    def area(self) -> Fraction:
        """The share of the monitor that it covers."""
        return (self.right - self.left) * (self.bottom - self.top)

    def shared(self, other: Box) -> Fraction:
        """The share of the monitor that both cover."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.bottom, other.bottom) - max(self.top, other.top)
        return width * height if width > 0 and height > 0 else Fraction(0)


def positions(count: int, weights: Sequence[int]) -> tuple[Fraction, ...]:
    """Where the ``count`` + 1 lines of one axis of a grid are, from 0 to 1."""
    sums = list(accumulate(weights or [1] * count, initial=0))
    return tuple(Fraction(part, sums[-1]) for part in sums)


def boxes(layout: Layout) -> list[Box]:
    """The tiles, in the layout's order."""
    xs = positions(layout.columns, layout.column_weights)
    ys = positions(layout.rows, layout.row_weights)
    return [
        Box(
            xs[cell.column],
            ys[cell.row],
            xs[cell.column + cell.columns],
            ys[cell.row + cell.rows],
            cell.item,
            cell.hotspot,
        )
        for cell in layout.cells
    ]


def layout_of(name: str, tiles: Iterable[Box]) -> Layout:
    """The layout with these tiles, in reading order (by upper, then by left edge). Exact where weights up to
    ``MAX_WEIGHT`` can say it, else the nearest. LayoutError as from ``Layout``."""
    ordered = sorted(tiles, key=lambda box: (box.top, box.left))
    zero, one = Fraction(0), Fraction(1)
    xs = sorted({zero, one, *(edge for box in ordered for edge in (box.left, box.right))})
    ys = sorted({zero, one, *(edge for box in ordered for edge in (box.top, box.bottom))})
    column = {x: i for i, x in enumerate(xs)}
    row = {y: i for i, y in enumerate(ys)}
    cells = tuple(
        Cell(
            row[box.top],
            column[box.left],
            row[box.bottom] - row[box.top],
            column[box.right] - column[box.left],
            box.item,
            box.hotspot,
        )
        for box in ordered
    )
    return Layout(name, len(ys) - 1, len(xs) - 1, cells, weights_of(ys), weights_of(xs))


def weights_of(lines: Sequence[Fraction]) -> tuple[int, ...]:
    """The smallest weights that put the lines of an axis (rising, from 0 to 1) there; () where all tracks are equal.
    Each is 1 to ``MAX_WEIGHT``; where that can not be exact, the lines err as little as possible."""
    unit = lcm(*(line.denominator for line in lines))
    weights = [int((high - low) * unit) for low, high in pairwise(lines)]
    common = gcd(*weights)
    weights = [weight // common for weight in weights]
    if max(weights) > MAX_WEIGHT:
        weights = _rounded([float(line) for line in lines])
    return () if len(set(weights)) == 1 else tuple(weights)


def _rounded(lines: Sequence[float]) -> list[int]:
    """Weights for lines that have no exact ones: of the largest possible sums the one that errs least. Lines are
    rounded, not tracks, so that errors do not add up."""
    largest = int(MAX_WEIGHT / max(high - low for low, high in pairwise(lines))) + len(lines)
    best, least = [1] * (len(lines) - 1), float("inf")
    for total in range(largest, max(len(lines) - 1, largest - _CANDIDATES) - 1, -1):
        places = _whole(lines, total)
        weights = [high - low for low, high in pairwise(places)]
        error = max(abs(place / total - line) for place, line in zip(places, lines, strict=True))
        if error < least and max(weights) <= MAX_WEIGHT:
            best, least = weights, error
    return best


def _whole(lines: Sequence[float], total: int) -> list[int]:
    """The lines in whole ``total``-ths, each at least one after the one before."""
    places: list[int] = []
    for i, line in enumerate(lines):
        behind = places[-1] + 1 if places else 0
        places.append(max(behind, min(round(line * total), total - (len(lines) - 1 - i))))
    return places
