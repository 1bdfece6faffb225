"""What stands in a file for a layout, both ways: version 2 as it is written, version 1 as old files have it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from console.model.items import CameraItem
from console.model.layout import MAX_TILES, MAX_WEIGHT, Cell, Layout, LayoutError
from console.model.site import MAX_NUMBER
from console.store.item_schema import plain_of, read_item
from console.store.json_fields import Fields, several, whole
from console.store.json_lines import Flaws, Node

MAX_REMEMBERED = 4096
"""Items that may be remembered beyond the tiles of a layout."""

type _Weights = tuple[tuple[int, ...], tuple[int, ...]]


def plain_layout(layout: Layout) -> dict[str, Any]:
    """A layout as a file holds it."""
    plain: dict[str, Any] = {"name": layout.name, "rows": layout.rows, "columns": layout.columns}
    if layout.row_weights:
        plain["row_weights"] = list(layout.row_weights)
    if layout.column_weights:
        plain["column_weights"] = list(layout.column_weights)
    return {**plain, "tiles": [_plain_tile(cell) for cell in layout.cells]}


def read_layout(node: Node, flaws: Flaws, beside: Sequence[str] = ()) -> Layout | None:
    """The layout that an object of a file stands for; ``beside`` names keys that the caller reads. None where it is
    none (then ``flaws`` says why)."""
    optional = ("row_weights", "column_weights", *beside)
    fields = Fields(node, flaws, "a layout", ("name", "rows", "columns", "tiles"), optional)
    fields.name("name")
    rows, columns = fields.whole("rows", 1, MAX_TILES), fields.whole("columns", 1, MAX_TILES)
    weights = _weights(fields, "row", rows), _weights(fields, "column", columns)
    tiles = [(each, _read_tile(each, flaws)) for each in fields.several("tiles", "tiles", MAX_TILES, least=1)]
    cells = [(each, cell) for each, cell in tiles if cell is not None]
    if rows and columns:
        _check_places(cells, rows, columns, flaws)
    if fields.flawed:
        return None
    return _made(node, flaws, fields, [cell for _, cell in cells], weights)


def read_old_layout(node: Node, flaws: Flaws, cameras: Sequence[int | None] = ()) -> Layout | None:
    """The layout of version 1, ``{name, rows, columns, cells: [[row, column, rows, columns]]}``, with cameras in the
    order of its cells."""
    fields = Fields(node, flaws, "a layout of version 1", ("name", "rows", "columns", "cells"))
    fields.name("name")
    rows, columns = fields.whole("rows", 1, MAX_TILES), fields.whole("columns", 1, MAX_TILES)
    told = fields.several("cells", "cells", MAX_TILES, least=1)
    places = [(each, _old_place(each, flaws)) for each in told]
    held = [None if camera is None else CameraItem(camera) for camera in cameras[: len(places)]]
    held += [None] * (len(places) - len(held))
    cells = [(each, Cell(*place, item=item)) for (each, place), item in zip(places, held, strict=True) if place]
    if rows and columns:
        _check_places(cells, rows, columns, flaws)
    if fields.flawed:
        return None
    return _made(node, flaws, fields, [cell for _, cell in cells])


def read_old_cameras(fields: Fields) -> tuple[int | None, ...]:
    """The list ``cameras`` of version 1: numbers, and null for free tiles."""
    nodes = fields.several("cameras", "cameras", MAX_REMEMBERED)
    return tuple(None if each.value is None else whole(each, fields.flaws, 1, MAX_NUMBER, usual=1) for each in nodes)


def _plain_tile(cell: Cell) -> dict[str, Any]:
    plain: dict[str, Any] = {"row": cell.row, "column": cell.column}
    if cell.rows != 1:
        plain["rows"] = cell.rows
    if cell.columns != 1:
        plain["columns"] = cell.columns
    if cell.hotspot:
        plain["hotspot"] = True
    if cell.item is not None:
        plain["item"] = plain_of(cell.item)
    return plain


def _read_tile(node: Node, flaws: Flaws) -> Cell | None:
    fields = Fields(node, flaws, "a tile", ("row", "column"), ("rows", "columns", "hotspot", "item"))
    row, column = fields.whole("row", 0, MAX_TILES - 1), fields.whole("column", 0, MAX_TILES - 1)
    rows, columns = fields.whole("rows", 1, MAX_TILES, usual=1), fields.whole("columns", 1, MAX_TILES, usual=1)
    hotspot = fields.flag("hotspot")
    broken = fields.flawed  # of the place; a wrong item does not keep the place from being checked
    held = fields.get("item")
    item = None if held is None else read_item(held, flaws)
    return None if broken else Cell(row, column, rows, columns, item, hotspot)


def _weights(fields: Fields, what: str, count: int) -> tuple[int, ...]:
    most, least = (count, count) if count else (MAX_TILES, 1)
    nodes = fields.several(f"{what}_weights", f"{what} weights", most, least)
    return tuple(whole(each, fields.flaws, 1, MAX_WEIGHT, usual=1) for each in nodes)


def _old_place(node: Node, flaws: Flaws) -> tuple[int, int, int, int] | None:
    before = flaws.count
    parts = several(node, flaws, "numbers of a cell", 4, least=4)
    place = [whole(each, flaws, int(index > 1), MAX_TILES) for index, each in enumerate(parts)]
    if flaws.count > before:
        return None
    row, column, rows, columns = place
    return row, column, rows, columns


def _check_places(cells: Sequence[tuple[Node, Cell]], rows: int, columns: int, flaws: Flaws) -> None:
    """Tell which tiles leave the grid or lie over an earlier one."""
    inside: list[tuple[Node, Cell]] = []
    for node, cell in cells:
        row, column = cell.row + cell.rows, cell.column + cell.columns
        if row > rows or column > columns:
            which, at, most = ("row", row - 1, rows) if row > rows else ("column", column - 1, columns)
            there = f"{which} 0" if most == 1 else f"{which}s 0 to {most - 1}"
            problem = f"the tile reaches {which} {at}, but the grid has {there}"
            flaws.add(node, problem, f"Move it, make it smaller, or give the grid more {which}s.")
            continue
        under = next((other for other, place in inside if _overlap(cell, place)), None)
        if under is not None:
            problem = f"the tile lies over {under.path} of line {flaws.line(under.at)}"
            flaws.add(node, problem, "Move one of them, or make it smaller.")
        inside.append((node, cell))


def _overlap(one: Cell, other: Cell) -> bool:
    beside = one.column >= other.column + other.columns or other.column >= one.column + one.columns
    return not beside and one.row < other.row + other.rows and other.row < one.row + one.rows


def _made(
    node: Node, flaws: Flaws, fields: Fields, cells: Sequence[Cell], weights: _Weights = ((), ())
) -> Layout | None:
    """The layout, unless a rule of the model speaks against it that is not told more precisely before."""
    name, rows, columns = fields.name("name"), fields.whole("rows", 1, MAX_TILES), fields.whole("columns", 1, MAX_TILES)
    try:
        return Layout(name, rows, columns, tuple(cells), *weights)
    except LayoutError as error:
        flaws.add(node, "this layout cannot be", str(error))
        return None
