"""Layouts: what cannot be is refused with a sentence, tiles never overlap, and the arrow keys reach all of them."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.layout import MAX_TILES, PRESETS, Cell, Layout, LayoutError, grid, grid_for, preset


@st.composite
def layouts(draw: st.DrawFn) -> Layout:
    """A grid cut into tiles of several cells, with some places left empty."""
    rows, columns = draw(st.integers(1, 8)), draw(st.integers(1, 8))
    free = set(itertools.product(range(rows), range(columns)))
    cells: list[Cell] = []
    for row, column in itertools.product(range(rows), range(columns)):
        if (row, column) not in free or (cells and draw(st.integers(0, 9)) == 0):
            continue
        high, wide = draw(st.integers(1, rows - row)), draw(st.integers(1, columns - column))
        area = set(itertools.product(range(row, row + high), range(column, column + wide)))
        if not area <= free:
            high = wide = 1
            area = {(row, column)}
        free -= area
        cells.append(Cell(row, column, high, wide))
    return Layout("drawn", rows, columns, tuple(cells))


def test_ten_thousand_tiles_are_refused_with_a_sentence() -> None:
    cells = tuple(Cell(n // 100, n % 100) for n in range(10_000))
    sentence = rf"Layout '\w+': 10000 tiles. Use between 1 and {MAX_TILES} tiles."
    with pytest.raises(LayoutError, match=sentence):
        Layout("wall", 100, 100, cells)
    with pytest.raises(LayoutError, match=sentence):
        grid("wall", 100, 100)
    with pytest.raises(LayoutError, match=sentence):
        grid_for(10_000)


@pytest.mark.parametrize(
    ("rows", "columns", "cells", "problem"),
    [
        (2, 2, (), "0 tiles"),
        (0, 2, (Cell(0, 0),), "a grid of 0 x 2"),
        (2, 10**9, (Cell(0, 0),), "a grid of 2 x 1000000000"),
        (2, 2, (Cell(0, 0), Cell(0, 0)), "tile 2 overlaps another"),
        (3, 3, (Cell(1, 1), Cell(0, 0, 2, 2)), "tile 2 overlaps another"),
        (2, 2, (Cell(0, 0, 3, 1),), "tile 1 leaves the grid"),
        (2, 2, (Cell(0, 0, 1, 10**9),), "tile 1 leaves the grid"),
        (2, 2, (Cell(0, 2),), "tile 1 leaves the grid"),
        (2, 2, (Cell(-1, 0),), "tile 1 has no size"),
        (2, 2, (Cell(0, 0, 0, 1),), "tile 1 has no size"),
    ],
)
def test_what_cannot_be_is_told(rows: int, columns: int, cells: tuple[Cell, ...], problem: str) -> None:
    with pytest.raises(LayoutError) as told:
        Layout("mine", rows, columns, cells)
    assert str(told.value).startswith(f"Layout 'mine': {problem}. ")
    assert str(told.value).endswith(".")


def test_the_presets_of_the_house() -> None:
    counts = {layout.name: len(layout.cells) for layout in PRESETS}
    assert counts == {
        "Single": 1, "Quad": 4, "3x3": 9, "4x4": 16, "5x5": 25, "6x6": 36, "8x8": 64,
        "1+5": 6, "1+7": 8, "2+8": 10, "1+12": 13,
    }  # fmt: skip
    for layout in PRESETS:
        assert sum(cell.rows * cell.columns for cell in layout.cells) == layout.rows * layout.columns
        assert preset(layout.name) is layout
    assert preset("17") is None
    large = {layout.name: sum(cell.rows > 1 for cell in layout.cells) for layout in PRESETS}
    assert {name: count for name, count in large.items() if count} == {"1+5": 1, "1+7": 1, "2+8": 2, "1+12": 1}


@pytest.mark.parametrize(("count", "tiles"), [(0, 1), (1, 1), (2, 4), (16, 16), (17, 25), (256, 256)])
def test_the_smallest_square_for_a_number_of_cameras(count: int, tiles: int) -> None:
    assert len(grid_for(count).cells) == tiles


@given(layouts(), st.integers(0, 2000), st.integers(0, 2000), st.integers(0, 8))
def test_rectangles_cover_the_area_without_overlap(layout: Layout, extra_w: int, extra_h: int, gap: int) -> None:
    # Room for each grid line and a pixel of picture; smaller windows do not exist.
    width, height = layout.columns * (gap + 2) + extra_w, layout.rows * (gap + 2) + extra_h
    rects = layout.rects(width, height, gap)
    assert len(rects) == len(layout.cells)
    for rect, cell in zip(rects, layout.cells, strict=True):
        assert rect.x >= 0
        assert rect.y >= 0
        assert rect.width > 0
        assert rect.height > 0
        assert (rect.x == 0) == (cell.column == 0)
        assert (rect.x + rect.width == width) == (cell.column + cell.columns == layout.columns)
        assert (rect.y + rect.height == height) == (cell.row + cell.rows == layout.rows)
    for (a, one), (b, other) in itertools.combinations(zip(rects, layout.cells, strict=True), 2):
        beside = a.x + a.width + gap <= b.x or b.x + b.width + gap <= a.x
        assert beside or a.y + a.height + gap <= b.y or b.y + b.height + gap <= a.y
        if one.column + one.columns == other.column:
            assert a.x + a.width + gap == b.x  # neighbours meet exactly


def test_the_edges_of_a_rectangle() -> None:
    rect = grid("4", 2, 2).rects(101, 101, 1)[3]
    assert (rect.x, rect.y, rect.width, rect.height) == (51, 51, 50, 50)
    assert rect.contains(51, 51)
    assert rect.contains(100.9, 100.9)
    assert not rect.contains(101, 60)
    assert not rect.contains(50.9, 60)


WAYS = ((1, 0), (-1, 0), (0, 1), (0, -1))


@pytest.mark.parametrize("layout", PRESETS, ids=lambda layout: layout.name)
def test_the_arrow_keys_reach_every_tile_from_every_tile(layout: Layout) -> None:
    for start in range(len(layout.cells)):
        seen, edge = {start}, [start]
        while edge:
            here = edge.pop()
            for way in WAYS:
                there = layout.neighbour(here, *way)
                if there not in seen:
                    seen.add(there)
                    edge.append(there)
        assert len(seen) == len(layout.cells)


@given(layouts(), st.data())
def test_an_arrow_key_leads_its_way_or_stays(layout: Layout, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(layout.cells) - 1))
    dx, dy = data.draw(st.sampled_from(WAYS))
    other = layout.neighbour(index, dx, dy)
    here, there = layout.cells[index], layout.cells[other]
    along_x = (2 * there.column + there.columns) - (2 * here.column + here.columns)
    along_y = (2 * there.row + there.rows) - (2 * here.row + here.rows)
    assert other == index or along_x * dx + along_y * dy > 0


def test_in_a_plain_grid_arrows_go_to_the_next_and_stop_at_the_edge() -> None:
    layout = grid("9", 3, 3)
    assert [layout.neighbour(4, *way) for way in WAYS] == [5, 3, 7, 1]
    assert [layout.neighbour(2, *way) for way in WAYS] == [2, 1, 5, 2]
