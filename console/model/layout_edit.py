"""Edits of a layout: pure moves that give a new one. LayoutError, with a sentence, where one is impossible.

A tile is named by its index from 0. ``split``, ``merge``, ``move_line``, ``normalised`` and ``equalised`` give their
tiles in reading order (by upper, then by left edge), so indices change; ``follow`` says where a tile went. All other
edits leave each tile's index as it is. What a tile holds always goes with it.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import groupby

from console.model.items import (
    LONGEST_DWELL,
    MAX_STEPS,
    SHORTEST_DWELL,
    CameraRange,
    Item,
    PlainItem,
    TourItem,
    TourStep,
)
from console.model.layout import MAX_TILES, Cell, Layout, LayoutError
from console.model.layout_shape import Box, boxes, layout_of, positions

SMALLEST = Fraction(1, 32)
"""No edit makes a tile narrower or lower than this share of the monitor: 60 pixels of 1920."""
SNAP = Fraction(1, 100)
"""A border within this share of a place where it would be in line with others takes that place."""
STEPS = 960
"""Free places of a border on an axis: two pixels of 1920. Weights stay exact, because 960 is below ``MAX_WEIGHT`` and
halves, thirds, quarters, fifths, sixths, eighths and twelfths are among them."""
LONGEST_NAME = 80


class Axis(enum.Enum):
    """Which way a border is moved: between COLUMNS it stands upright and goes left and right, between ROWS it lies."""

    COLUMNS = "columns"
    ROWS = "rows"


class Edge(enum.Enum):
    """A side of a tile."""

    LEFT = "left"
    RIGHT = "right"
    TOP = "top"
    BOTTOM = "bottom"


@dataclass(frozen=True, slots=True)
class Border:
    """A border between tiles that can be dragged as one: as far as tiles meet along it without one lying across.

    ``index``: the line of the grid, from 1; ``first`` to ``last`` (not included): the tracks of the other axis along
    which it runs. For painting and hitting, as shares of the monitor: ``share`` where it is on its axis, ``start`` and
    ``end`` how far it runs on the other."""

    axis: Axis
    index: int
    first: int
    last: int
    share: float
    start: float
    end: float


# Shape


def split(layout: Layout, tile: int, columns: int, rows: int) -> Layout:
    """The tile divided into ``columns`` x ``rows`` equal parts; the first keeps what it held, all others are free and
    no hotspots. Every other tile stays where it is."""
    old = boxes(layout)[_checked(layout, tile)]
    if columns < 1 or rows < 1 or columns * rows < 2:
        raise LayoutError(
            layout.name, f"tile {tile + 1} can not be split into {columns} x {rows}", "Use at least 2 parts."
        )
    if len(layout.cells) - 1 + columns * rows > MAX_TILES:
        raise LayoutError(layout.name, f"more than {MAX_TILES} tiles", "Split it into fewer parts.")
    width, height = (old.right - old.left) / columns, (old.bottom - old.top) / rows
    if (columns > 1 and width < SMALLEST) or (rows > 1 and height < SMALLEST):
        raise LayoutError(
            layout.name, f"the parts of tile {tile + 1} would be too small", "Use fewer parts or enlarge the tile."
        )
    parts = [
        Box(
            old.left + column * width,
            old.top + row * height,
            old.left + (column + 1) * width,
            old.top + (row + 1) * height,
        )
        for row in range(rows)
        for column in range(columns)
    ]
    parts[0] = replace(parts[0], item=old.item, hotspot=old.hotspot)
    others = [box for i, box in enumerate(boxes(layout)) if i != tile]
    return layout_of(layout.name, (*others, *parts))


def merge(layout: Layout, tiles: Collection[int]) -> Layout:
    """The tiles made one. They must fill a rectangle. It holds what the first of them in reading order that is not free
    held, and is a hotspot if one of them was."""
    chosen = {_checked(layout, tile) for tile in tiles}
    if len(chosen) < 2:
        raise LayoutError(layout.name, "one tile can not be merged", "Choose at least two that lie side by side.")
    shape = boxes(layout)
    those = sorted((shape[tile] for tile in chosen), key=lambda box: (box.top, box.left))
    whole = Box(
        min(box.left for box in those),
        min(box.top for box in those),
        max(box.right for box in those),
        max(box.bottom for box in those),
        next((box.item for box in those if box.item is not None), None),
        any(box.hotspot for box in those),
    )
    if sum(box.area for box in those) != whole.area:
        names = ", ".join(str(tile + 1) for tile in sorted(chosen))
        raise LayoutError(
            layout.name, f"tiles {names} do not fill a rectangle", "Choose tiles that do, or make them the same size."
        )
    return layout_of(layout.name, (*(box for i, box in enumerate(shape) if i not in chosen), whole))


def lines(layout: Layout) -> tuple[Border, ...]:
    """The borders that can be dragged, upright ones first. Where tiles meet in a cross the border goes through."""
    return (*_borders(layout, Axis.COLUMNS), *_borders(layout, Axis.ROWS))


def border_of(layout: Layout, tile: int, edge: Edge) -> Border | None:
    """The border on that side of a tile (to move it by keys); None at the edge of the monitor."""
    cell = layout.cells[_checked(layout, tile)]
    axis = Axis.COLUMNS if edge in (Edge.LEFT, Edge.RIGHT) else Axis.ROWS
    index, across = {
        Edge.LEFT: (cell.column, cell.row),
        Edge.RIGHT: (cell.column + cell.columns, cell.row),
        Edge.TOP: (cell.row, cell.column),
        Edge.BOTTOM: (cell.row + cell.rows, cell.column),
    }[edge]
    return next((b for b in _borders(layout, axis) if b.index == index and b.first <= across < b.last), None)


def move_line(layout: Layout, border: Border, share: float, snap: bool = True) -> Layout:
    """A border of this layout (from ``lines``) at ``share`` (0 to 1) of the monitor. It stops where a tile would get
    too small or meet another, and with ``snap`` falls into place beside other borders, half-way between its
    neighbours and at halves, thirds and quarters. Give the layout and border of before the drag each time, not the
    last result."""
    if border not in _borders(layout, border.axis):
        raise LayoutError(layout.name, "that border is no longer there", "Take hold of it again.")
    flip = border.axis is Axis.ROWS
    shape = [_flipped(box) for box in boxes(layout)] if flip else boxes(layout)
    places = _places(layout, border.axis)
    here = places[border.index]
    before = [i for i, box in enumerate(shape) if box.right == here and _along(layout, border, i)]
    behind = [i for i, box in enumerate(shape) if box.left == here and _along(layout, border, i)]
    low, high = _limits(layout, border, shape)
    halves = [(shape[a].left + shape[b].right) / 2 for a in before for b in behind]
    common = [Fraction(part, whole) for whole in (2, 3, 4) for part in range(1, whole)]
    wish = Fraction(round(max(0.0, min(share, 1.0)) * STEPS), STEPS)
    near = [place for place in (*places, *halves, *common) if low <= place <= high and abs(place - wish) <= SNAP]
    there = min(near, key=lambda place: abs(place - wish)) if snap and near else max(low, min(wish, high))
    for i in before:
        shape[i] = replace(shape[i], right=there)
    for i in behind:
        shape[i] = replace(shape[i], left=there)
    return layout_of(layout.name, [_flipped(box) for box in shape] if flip else shape)


def normalised(layout: Layout) -> Layout:
    """The same picture with the fewest lines of the grid and the smallest weights."""
    return layout_of(layout.name, boxes(layout))


def equalised(layout: Layout) -> Layout:
    """All columns of the grid equally wide and all its rows equally high."""
    return replace(normalised(layout), row_weights=(), column_weights=())


def follow(before: Layout, after: Layout, tile: int) -> int:
    """Which tile of the edited layout a tile became: of a split one its first part, of merged ones the whole."""
    old = boxes(before)[_checked(before, tile)]
    shares = [box.shared(old) / box.area for box in boxes(after)]
    most = max(shares) - Fraction(1, 50)  # parts of a split tile lie wholly within it, but for the rounding of weights
    return next(i for i, share in enumerate(shares) if share >= most)


# What tiles hold


def swap(layout: Layout, one: int, other: int) -> Layout:
    """Two tiles change what they hold and which of them is the hotspot."""
    first, second = layout.cells[_checked(layout, one)], layout.cells[_checked(layout, other)]
    cells = list(layout.cells)
    cells[one] = replace(first, item=second.item, hotspot=second.hotspot)
    cells[other] = replace(second, item=first.item, hotspot=first.hotspot)
    return replace(layout, cells=tuple(cells))


def put(layout: Layout, tile: int, item: Item | None) -> Layout:
    """Something (or nothing) on a tile."""
    return _with(layout, tile, lambda cell: replace(cell, item=item))


def put_many(layout: Layout, tile: int, items: Sequence[Item]) -> tuple[Layout, tuple[Item, ...]]:
    """The first item on this tile, the others on the free tiles that follow in the layout's order (not on hotspots);
    and what found no room."""
    cells = list(layout.cells)
    free = [i for i in range(_checked(layout, tile) + 1, len(cells)) if cells[i].item is None and not cells[i].hotspot]
    for place, item in zip((tile, *free), items, strict=False):
        cells[place] = replace(cells[place], item=item)
    return replace(layout, cells=tuple(cells)), tuple(items[1 + len(free) :])


def made_tour(layout: Layout, tile: int, items: Sequence[PlainItem], dwell: float) -> Layout:
    """A tour of these items on the tile, ``dwell`` seconds each, in the place of what it held."""
    return _toured(layout, tile, [TourStep(item, dwell) for item in items])


def extended_tour(layout: Layout, tile: int, items: Sequence[PlainItem], dwell: float) -> Layout:
    """These items behind what the tile holds: a tour gets longer, anything else becomes its first step."""
    old = layout.cells[_checked(layout, tile)].item
    steps: list[TourStep | CameraRange] = []
    if isinstance(old, TourItem):
        steps.extend(old.steps)
    elif old is not None:
        steps.append(TourStep(old, dwell))
    return _toured(layout, tile, [*steps, *(TourStep(item, dwell) for item in items)])


def set_dwell(layout: Layout, tile: int, step: int | None, seconds: float) -> Layout:
    """How long one step (from 0) of the tile's tour stays, or each of them (None)."""
    tour = layout.cells[_checked(layout, tile)].item
    if not isinstance(tour, TourItem):
        raise LayoutError(layout.name, f"tile {tile + 1} holds no tour", "Make one of several cameras first.")
    if step is not None and not 0 <= step < len(tour.steps):
        raise LayoutError(
            layout.name, f"the tour on tile {tile + 1} has no step {step + 1}", f"Use 1 to {len(tour.steps)}."
        )
    steps = [replace(each, dwell=seconds) if step in (None, i) else each for i, each in enumerate(tour.steps)]
    return _toured(layout, tile, steps)


def set_hotspot(layout: Layout, tile: int, on: bool) -> Layout:
    """Whether the tile follows what is selected or alarmed."""
    return _with(layout, tile, lambda cell: replace(cell, hotspot=on))


def cleared(layout: Layout, tiles: Iterable[int] | None = None) -> Layout:
    """Nothing on these tiles (None: on all). Hotspots stay hotspots."""
    for tile in range(len(layout.cells)) if tiles is None else tiles:
        layout = put(layout, tile, None)
    return layout


def renamed(layout: Layout, name: str) -> Layout:
    """The layout under another name, without spaces around it."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise LayoutError(layout.name, "that name can not be used", f"Give it one of 1 to {LONGEST_NAME} characters.")
    return replace(layout, name=name)


def _checked(layout: Layout, tile: int) -> int:
    if not 0 <= tile < len(layout.cells):
        raise LayoutError(layout.name, f"there is no tile {tile + 1}", f"Use 1 to {len(layout.cells)}.")
    return tile


def _with(layout: Layout, tile: int, change: Callable[[Cell], Cell]) -> Layout:
    cells = list(layout.cells)
    cells[tile] = change(cells[_checked(layout, tile)])
    return replace(layout, cells=tuple(cells))


def _toured(layout: Layout, tile: int, steps: Sequence[TourStep | CameraRange]) -> Layout:
    if not 1 <= len(steps) <= MAX_STEPS:
        raise LayoutError(layout.name, f"a tour of {len(steps)} steps", f"Use between 1 and {MAX_STEPS}.")
    if not all(SHORTEST_DWELL <= step.dwell <= LONGEST_DWELL for step in steps):
        raise LayoutError(
            layout.name, "a dwell time is out of range", f"Use {SHORTEST_DWELL:.0f} to {LONGEST_DWELL:.0f} seconds."
        )
    return put(layout, tile, TourItem(tuple(steps)))


def _places(layout: Layout, axis: Axis) -> tuple[Fraction, ...]:
    if axis is Axis.COLUMNS:
        return positions(layout.columns, layout.column_weights)
    return positions(layout.rows, layout.row_weights)


def _tracks(layout: Layout, axis: Axis) -> list[list[int | None]]:
    """Which tile lies in each cell of the grid, None where none does: for COLUMNS row by row, for ROWS the other way
    round, so that in both a border lies between two neighbours in a list."""
    owner: list[list[int | None]] = [[None] * layout.columns for _ in range(layout.rows)]
    for tile, cell in enumerate(layout.cells):
        for row in range(cell.row, cell.row + cell.rows):
            for column in range(cell.column, cell.column + cell.columns):
                owner[row][column] = tile
    return owner if axis is Axis.COLUMNS else [list(column) for column in zip(*owner, strict=True)]


def _borders(layout: Layout, axis: Axis) -> Iterator[Border]:
    tracks = _tracks(layout, axis)
    places = _places(layout, axis)
    across = _places(layout, Axis.ROWS if axis is Axis.COLUMNS else Axis.COLUMNS)
    for index in range(1, len(places) - 1):
        meets = [track[index - 1] != track[index] for track in tracks]
        for is_border, run in groupby(range(len(tracks)), key=meets.__getitem__):
            along = list(run)
            if is_border:
                first, last = along[0], along[-1] + 1
                yield Border(axis, index, first, last, float(places[index]), float(across[first]), float(across[last]))


def _along(layout: Layout, border: Border, tile: int) -> bool:
    """Whether a tile that has an edge on the border's line lies within its run."""
    cell = layout.cells[tile]
    return border.first <= (cell.row if border.axis is Axis.COLUMNS else cell.column) < border.last


def _limits(layout: Layout, border: Border, shape: Sequence[Box]) -> tuple[Fraction, Fraction]:
    """How far the border can go: until a tile on its way is ``SMALLEST`` (one that is smaller now may stay so), or to
    the end of a gap without tiles. ``shape`` has the border's axis from left to right."""
    places = _places(layout, border.axis)
    low, high = places[0], places[-1]
    for track in _tracks(layout, border.axis)[border.first : border.last]:
        before, behind = track[border.index - 1], track[border.index]
        if before is None:
            low = max(low, places[border.index - _gap(track[: border.index][::-1])])
        else:
            low = max(low, shape[before].left + min(SMALLEST, shape[before].right - shape[before].left))
        if behind is None:
            high = min(high, places[border.index + _gap(track[border.index :])])
        else:
            high = min(high, shape[behind].right - min(SMALLEST, shape[behind].right - shape[behind].left))
    return low, high


def _gap(track: Sequence[int | None]) -> int:
    """How many cells without a tile come first."""
    return next((i for i, tile in enumerate(track) if tile is not None), len(track))


def _flipped(box: Box) -> Box:
    return Box(box.top, box.left, box.bottom, box.right, box.item, box.hotspot)
