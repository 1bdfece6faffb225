"""Layouts: which tiles a wall has and where. Pure arithmetic on a grid."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from console.model.items import Item

MAX_WEIGHT = 1000
"""How many times as wide as another a column can be."""

MAX_TILES = 256
"""More tiles than this are refused: they would be smaller than a thumb on any wall, and nothing could paint them."""


class LayoutError(ValueError):
    """A layout that cannot be. The sentence names the layout and what to change."""

    def __init__(self, layout: str, problem: str, advice: str) -> None:
        super().__init__(f"Layout {layout!r}: {problem}. {advice}")


@dataclass(frozen=True, slots=True)
class Cell:
    """A tile's place on the grid: row and column from 0, and how many it spans. ``item`` is what the layout puts there
    (None: free for whatever the operator calls up); a ``hotspot`` follows what is selected or alarmed."""

    row: int
    column: int
    rows: int = 1
    columns: int = 1
    item: Item | None = None
    hotspot: bool = False

    @property
    def place(self) -> tuple[int, int, int, int]:
        """Row, column, rows, columns."""
        return self.row, self.column, self.rows, self.columns


@dataclass(frozen=True, slots=True)
class Rect:
    """Device pixels."""

    x: int
    y: int
    width: int
    height: int

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.x <= x < self.x + self.width and self.y <= y < self.y + self.height


@dataclass(frozen=True, slots=True)
class Layout:
    """A grid and its tiles in reading order. ``row_weights`` and ``column_weights`` say how high and wide the tracks of
    the grid are against each other; empty: all the same. LayoutError where tiles overlap, leave the grid or are too
    many."""

    name: str
    rows: int
    columns: int
    cells: tuple[Cell, ...]
    row_weights: tuple[int, ...] = ()
    column_weights: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.cells) <= MAX_TILES:
            raise LayoutError(self.name, f"{len(self.cells)} tiles", f"Use between 1 and {MAX_TILES} tiles.")
        if not (1 <= self.rows <= MAX_TILES and 1 <= self.columns <= MAX_TILES):
            raise LayoutError(self.name, f"a grid of {self.rows} x {self.columns}", "Use fewer rows and columns.")
        for what, weights, count in (
            ("row", self.row_weights, self.rows), ("column", self.column_weights, self.columns),
        ):  # fmt: skip
            if weights and len(weights) != count:
                raise LayoutError(self.name, f"{len(weights)} {what} weights", f"Give one for each of {count} {what}s.")
            if any(not 1 <= weight <= MAX_WEIGHT for weight in weights):
                raise LayoutError(self.name, f"a {what} weight is out of range", f"Use 1 to {MAX_WEIGHT}.")
        taken: set[tuple[int, int]] = set()
        for index, cell in enumerate(self.cells, start=1):
            if cell.rows < 1 or cell.columns < 1 or cell.row < 0 or cell.column < 0:
                raise LayoutError(self.name, f"tile {index} has no size", "Give rows and columns of at least 1.")
            if cell.row + cell.rows > self.rows or cell.column + cell.columns > self.columns:
                raise LayoutError(self.name, f"tile {index} leaves the grid", "Make it smaller or move it.")
            area = {
                (row, column)
                for row in range(cell.row, cell.row + cell.rows)
                for column in range(cell.column, cell.column + cell.columns)
            }
            if area & taken:
                raise LayoutError(self.name, f"tile {index} overlaps another", "Move one of them.")
            taken |= area

    def rects(self, width: int, height: int, gap: int = 1) -> tuple[Rect, ...]:
        """Each tile's rectangle in an area of ``width`` x ``height`` pixels, ``gap`` pixels between neighbours. Edges
        come from one rounding each, so neighbours meet exactly."""
        xs = _lines(width + gap, self.columns, self.column_weights)
        ys = _lines(height + gap, self.rows, self.row_weights)
        return tuple(
            Rect(
                xs[cell.column],
                ys[cell.row],
                max(1, xs[cell.column + cell.columns] - xs[cell.column] - gap),
                max(1, ys[cell.row + cell.rows] - ys[cell.row] - gap),
            )
            for cell in self.cells
        )

    def neighbour(self, index: int, dx: int, dy: int) -> int:
        """Where an arrow key leads from tile ``index``: the nearest whose side lies that way, else itself."""
        here = self.cells[index]
        best, best_cost = index, float("inf")
        for other, cell in enumerate(self.cells):
            along, across = _way(here, cell, dx, dy)
            if other == index or along <= 0:
                continue
            cost = along + 3 * across
            if cost < best_cost:
                best, best_cost = other, cost
        return best


def _lines(length: int, count: int, weights: Sequence[int]) -> list[int]:
    """Where the tracks of a grid begin and the last one ends, in pixels."""
    sums = list(accumulate(weights or [1] * count, initial=0))
    return [round(part * length / sums[-1]) for part in sums]


def _way(here: Cell, there: Cell, dx: int, dy: int) -> tuple[float, float]:
    """How far ``there`` lies in the direction, and how far beside it, between the centres in cells."""
    x = there.column + there.columns / 2 - here.column - here.columns / 2
    y = there.row + there.rows / 2 - here.row - here.rows / 2
    if dx:
        overlap = there.row < here.row + here.rows and here.row < there.row + there.rows
        return x * dx, 0.0 if overlap else abs(y)
    overlap = there.column < here.column + here.columns and here.column < there.column + there.columns
    return y * dy, 0.0 if overlap else abs(x)


def grid(name: str, rows: int, columns: int) -> Layout:
    """A plain grid."""
    if rows * columns > MAX_TILES:
        raise LayoutError(name, f"{rows * columns} tiles", f"Use between 1 and {MAX_TILES} tiles.")
    return Layout(name, rows, columns, tuple(Cell(r, c) for r in range(rows) for c in range(columns)))


_NAMES = {1: "Single", 2: "Quad"}
"""What operators call the smallest grids."""


def grid_for(count: int) -> Layout:
    """The smallest square grid that holds ``count`` tiles."""
    side = 1
    while side * side < count:
        side += 1
    return grid(_NAMES.get(side, f"{side}x{side}"), side, side)


def _around(name: str, side: int, cells: list[Cell]) -> Layout:
    """A square grid with the given large tiles first and single tiles in the rest."""
    taken = {
        (r, c) for cell in cells for r in range(cell.row, cell.row + cell.rows)
        for c in range(cell.column, cell.column + cell.columns)
    }  # fmt: skip
    rest = [Cell(r, c) for r in range(side) for c in range(side) if (r, c) not in taken]
    return Layout(name, side, side, (*cells, *rest))


PRESETS: tuple[Layout, ...] = (
    grid("Single", 1, 1),
    grid("Quad", 2, 2),
    grid("3x3", 3, 3),
    grid("4x4", 4, 4),
    grid("5x5", 5, 5),
    grid("6x6", 6, 6),
    grid("8x8", 8, 8),
    _around("1+5", 3, [Cell(0, 0, 2, 2)]),
    _around("1+7", 4, [Cell(0, 0, 3, 3)]),
    _around("2+8", 4, [Cell(0, 0, 2, 2), Cell(0, 2, 2, 2)]),
    _around("1+12", 4, [Cell(1, 1, 2, 2)]),
)
"""The layouts that are always there, smallest first, then those with large tiles."""


def preset(name: str) -> Layout | None:
    """The preset of that name."""
    return next((layout for layout in PRESETS if layout.name == name), None)
