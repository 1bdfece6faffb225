"""Edits of a layout: nothing that was not touched moves, and what can not be is refused with a sentence."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from console.model.items import CameraItem, CameraRange, ClockItem, TourItem, TourStep
from console.model.layout import MAX_TILES, MAX_WEIGHT, PRESETS, Cell, Layout, LayoutError, Rect, grid, preset
from console.model.layout_edit import (
    SMALLEST,
    STEPS,
    Axis,
    Edge,
    border_of,
    cleared,
    equalised,
    extended_tour,
    follow,
    lines,
    made_tour,
    merge,
    move_line,
    normalised,
    put,
    put_many,
    renamed,
    set_dwell,
    set_hotspot,
    split,
    swap,
)
from console.model.layout_shape import boxes, layout_of, weights_of
from console.model.undo import Undo

WIDTH, HEIGHT = 1920, 1080
Edit = Callable[[Layout], Layout]


def named(layout: Layout) -> Layout:
    """A camera on each tile, so that one can be told from another."""
    cells = (replace(cell, item=CameraItem(i)) for i, cell in enumerate(layout.cells, start=1))
    return replace(layout, cells=tuple(cells))


def edited(layout: Layout, rng: random.Random, steps: int) -> Layout:
    """After some edits as a supervisor makes them; those that are refused do nothing."""
    for _ in range(steps):
        try:
            layout = edit(rng)(layout)
        except LayoutError:
            continue
    return layout


def edit(rng: random.Random) -> Edit:
    def any_tile(layout: Layout) -> int:
        return rng.randrange(len(layout.cells))

    def moved(layout: Layout) -> Layout:
        there = lines(layout)
        return move_line(layout, rng.choice(there), rng.random(), rng.random() < 0.5) if there else layout

    return rng.choice(
        [
            lambda layout: split(layout, any_tile(layout), rng.randint(1, 4), rng.randint(1, 4)),
            lambda layout: merge(layout, {any_tile(layout), any_tile(layout)}),
            lambda layout: swap(layout, any_tile(layout), any_tile(layout)),
            lambda layout: put(layout, any_tile(layout), CameraItem(rng.randint(1, 99))),
            moved,
        ]
    )


rngs = st.randoms(use_true_random=False)
layouts = st.builds(edited, st.sampled_from(PRESETS), rngs, st.integers(0, 6))


def far(one: Rect, other: Rect) -> int:
    """By how many pixels the edges of two rectangles differ at most."""
    return max(
        abs(one.x - other.x),
        abs(one.y - other.y),
        abs(one.x + one.width - other.x - other.width),
        abs(one.y + one.height - other.y - other.height),
    )


def covered(layout: Layout) -> Fraction:
    return sum((box.area for box in boxes(layout)), Fraction(0))


def in_order(layout: Layout) -> bool:
    return all((a.row, a.column) < (b.row, b.column) for a, b in pairwise(layout.cells))


@given(layouts, rngs)
def test_tiles_stay_disjoint_and_cover_what_they_covered(layout: Layout, rng: random.Random) -> None:
    after = edited(layout, rng, 1)  # that tiles overlap would be refused by Layout itself
    assert covered(after) == covered(layout) == 1
    assert len(after.cells) <= MAX_TILES
    for weights in (after.row_weights, after.column_weights):
        assert all(1 <= weight <= MAX_WEIGHT for weight in weights)


@given(layouts, st.integers(0, 99), st.integers(1, 4), st.integers(1, 4))
def test_split_then_merge_gives_the_same_picture(layout: Layout, tile: int, columns: int, rows: int) -> None:
    layout = named(normalised(layout))
    tile %= len(layout.cells)
    try:
        parts = split(layout, tile, columns, rows)
    except LayoutError:
        assume(False)
    assert in_order(parts)
    assert len(parts.cells) == len(layout.cells) + columns * rows - 1
    free = [i for i, cell in enumerate(parts.cells) if cell.item is None]
    again = merge(parts, [*free, follow(layout, parts, tile)])
    pictures = zip(layout.rects(WIDTH, HEIGHT), again.rects(WIDTH, HEIGHT), strict=True)
    assert [cell.item for cell in again.cells] == [cell.item for cell in layout.cells]
    assert all(far(a, b) <= 2 for a, b in pictures)
    if max(max(parts.row_weights or (1,)), max(parts.column_weights or (1,))) < 200:  # then nothing was rounded
        assert again == layout


@given(layouts, st.integers(0, 99), st.integers(1, 4), st.integers(1, 4))
def test_a_split_moves_no_other_tile(layout: Layout, tile: int, columns: int, rows: int) -> None:
    layout = named(layout)
    tile %= len(layout.cells)
    try:
        parts = split(layout, tile, columns, rows)
    except LayoutError:
        assume(False)
    after = dict(zip((cell.item for cell in parts.cells), parts.rects(WIDTH, HEIGHT), strict=True))
    for i, (cell, rect) in enumerate(zip(layout.cells, layout.rects(WIDTH, HEIGHT), strict=True)):
        if i != tile:
            assert far(rect, after[cell.item]) <= 2


@given(layouts, st.integers(0, 999), st.floats(-0.5, 1.5), st.booleans())
def test_a_moved_border_moves_the_tiles_beside_it_and_no_others(
    layout: Layout, which: int, share: float, snap: bool
) -> None:
    layout = named(normalised(layout))
    there = lines(layout)
    assume(there)
    border = there[which % len(there)]
    after = move_line(layout, border, share, snap)
    old = {box.item: box for box in boxes(layout)}
    new = {box.item: box for box in boxes(after)}
    rects = dict(zip((cell.item for cell in after.cells), after.rects(WIDTH, HEIGHT), strict=True))
    for cell, rect in zip(layout.cells, layout.rects(WIDTH, HEIGHT), strict=True):
        at, length, across, span = (
            (cell.column, cell.columns, cell.row, cell.rows)
            if border.axis is Axis.COLUMNS
            else (cell.row, cell.rows, cell.column, cell.columns)
        )
        touched = border.index in (at, at + length) and border.first < across + span and across < border.last
        if not touched:
            assert far(rect, rects[cell.item]) <= 2
    least = min(SMALLEST, *(min(b.right - b.left, b.bottom - b.top) for b in old.values()))
    for box in new.values():  # rounding may take a thousandth
        assert min(box.right - box.left, box.bottom - box.top) >= least - Fraction(1, 900)


@given(layouts, rngs)
def test_the_normalised_layout_gives_the_same_picture(layout: Layout, rng: random.Random) -> None:
    once = normalised(layout)
    assert normalised(once) == once
    assert sorted(map(repr, once.rects(WIDTH, HEIGHT))) == sorted(map(repr, layout.rects(WIDTH, HEIGHT)))
    assert (once.rows, once.columns) <= (layout.rows, layout.columns)
    doubled = replace(
        once,
        rows=once.rows * 2,
        columns=once.columns * 2,
        cells=tuple(
            replace(c, row=c.row * 2, column=c.column * 2, rows=c.rows * 2, columns=c.columns * 2) for c in once.cells
        ),
        row_weights=tuple(w for w in once.row_weights for _ in range(2)),
        column_weights=tuple(w for w in once.column_weights for _ in range(2)),
    )
    assert normalised(doubled) == once


@given(layouts, rngs)
def test_undo_and_redo_return_exactly(layout: Layout, rng: random.Random) -> None:
    history = Undo(layout)
    seen = [layout]
    for _ in range(6):
        if not history.go("Edit", edited(history.state, rng, 1)):
            continue
        seen.append(history.state)
    for expected in reversed(seen[:-1]):
        assert history.undo() == "Edit"
        assert history.state == expected
    assert history.undo() is None
    for expected in seen[1:]:
        assert history.redo() == "Edit"
        assert history.state == expected


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=60))
def test_weights_that_have_no_exact_form_err_by_less_than_a_pixel(tracks: list[int]) -> None:
    total = sum(tracks)
    assume(max(tracks) < total or len(tracks) == 1)
    assume(min(tracks) * 500 > total)
    places = [Fraction(sum(tracks[:i]), total) for i in range(len(tracks) + 1)]
    weights = weights_of(places) or (1,) * len(tracks)
    assert len(weights) == len(tracks)
    assert all(1 <= weight <= MAX_WEIGHT for weight in weights)
    for i, place in enumerate(places):
        assert abs(sum(weights[:i]) / sum(weights) - place) * WIDTH <= 1


def test_tracks_too_thin_for_any_weight_keep_one() -> None:
    thin = Fraction(1, 10**6)
    assert weights_of([Fraction(0), thin, 2 * thin, Fraction(1)]) == (1, 1, 1000)


def test_split_inserts_lines_and_leaves_the_rest() -> None:
    parts = split(named(grid("a", 2, 2)), 0, 3, 1)
    assert (parts.rows, parts.columns, parts.row_weights, parts.column_weights) == (2, 4, (), (1, 1, 1, 3))
    assert [cell.place for cell in parts.cells] == [
        (0, 0, 1, 1), (0, 1, 1, 1), (0, 2, 1, 1), (0, 3, 1, 1), (1, 0, 1, 3), (1, 3, 1, 1),
    ]  # fmt: skip
    assert [cell.item for cell in parts.cells] == [CameraItem(1), None, None, *map(CameraItem, (2, 3, 4))]
    assert follow(grid("a", 2, 2), parts, 0) == 0
    assert follow(grid("a", 2, 2), parts, 2) == 4


def test_the_first_part_is_followed_where_weights_had_to_be_rounded() -> None:
    layout = replace(grid("a", 2, 2), row_weights=(809, 151))
    parts = split(layout, 2, 1, 3)  # 2427 to 151 would be exact
    assert max(parts.row_weights) <= MAX_WEIGHT
    assert [follow(layout, parts, tile) for tile in range(4)] == [0, 1, 2, 3]


def test_a_tile_that_shrank_is_followed_though_its_neighbour_took_its_place() -> None:
    layout = replace(grid("a", 1, 2), column_weights=(1, 31))
    after = move_line(layout, lines(layout)[0], 1.0)
    assert after.column_weights == (31, 1)
    assert [follow(layout, after, tile) for tile in range(2)] == [0, 1]


def test_merge_keeps_the_first_item_and_the_hotspot_and_drops_lines() -> None:
    layout = set_hotspot(put(put(grid("a", 2, 2), 3, CameraItem(4)), 1, CameraItem(2)), 2, True)
    whole = merge(layout, [3, 2, 1, 0])
    assert whole == Layout("a", 1, 1, (Cell(0, 0, item=CameraItem(2), hotspot=True),))
    assert follow(layout, whole, 3) == 0


def test_tiles_out_of_reading_order_come_into_it() -> None:
    large = preset("1+12")
    assert large is not None
    assert not in_order(large)
    ordered = normalised(large)
    assert in_order(ordered)
    assert follow(large, ordered, 0) == 5


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda a: split(a, 4, 2, 1), "there is no tile 5. Use 1 to 4."),
        (lambda a: split(a, -1, 2, 1), "there is no tile 0"),
        (lambda a: split(a, 0, 1, 1), "tile 1 can not be split into 1 x 1. Use at least 2 parts."),
        (lambda a: split(a, 0, 0, 2), "can not be split into 0 x 2"),
        (lambda a: split(a, 1, 17, 1), "the parts of tile 2 would be too small. Use fewer parts"),
        (lambda a: split(a, 1, 10_000, 10_000), "more than 256 tiles"),
        (lambda a: merge(a, [2]), "one tile can not be merged. Choose at least two"),
        (lambda a: merge(a, []), "one tile can not be merged"),
        (lambda a: merge(a, [0, 0]), "one tile can not be merged"),
        (lambda a: merge(a, [0, 1, 2]), "tiles 1, 2, 3 do not fill a rectangle"),
        (lambda a: merge(a, [3, 0]), "tiles 1, 4 do not fill a rectangle"),
        (lambda a: merge(a, [0, 9]), "there is no tile 10"),
        (lambda a: swap(a, 0, 4), "there is no tile 5"),
        (lambda a: put(a, 4, None), "there is no tile 5"),
        (lambda a: put_many(a, 4, []), "there is no tile 5"),
        (lambda a: made_tour(a, 0, [], 10), "a tour of 0 steps. Use between 1 and 512."),
        (lambda a: made_tour(a, 0, [ClockItem()], 0.5), "a dwell time is out of range. Use 1 to 86400 seconds."),
        (lambda a: made_tour(a, 0, [ClockItem()], float("nan")), "a dwell time is out of range"),
        (lambda a: set_dwell(a, 0, None, 5), "tile 1 holds no tour"),
        (lambda a: set_dwell(made_tour(a, 1, [ClockItem()], 5), 1, 1, 5), "on tile 2 has no step 2. Use 1 to 1."),
        (lambda a: renamed(a, "  "), "that name can not be used"),
        (lambda a: renamed(a, "a\nb"), "that name can not be used"),
        (lambda a: renamed(a, "a" * 81), "that name can not be used"),
        (lambda a: move_line(grid("a", 1, 1), lines(a)[0], 0.5), "that border is no longer there"),
    ],
)
def test_what_can_not_be_is_refused_with_a_sentence(wrong: Edit, sentence: str) -> None:
    with pytest.raises(LayoutError) as refused:
        wrong(grid("a", 2, 2))
    assert str(refused.value).startswith("Layout 'a': ")
    assert sentence in str(refused.value)


@given(layouts, st.sets(st.integers(0, 99), min_size=2, max_size=5))
def test_only_rectangles_are_merged(layout: Layout, tiles: set[int]) -> None:
    chosen = {tile % len(layout.cells) for tile in tiles}
    assume(len(chosen) > 1)
    shape = [boxes(layout)[tile] for tile in chosen]
    left, right = min(box.left for box in shape), max(box.right for box in shape)
    top, bottom = min(box.top for box in shape), max(box.bottom for box in shape)
    whole = sum(box.area for box in shape) == (right - left) * (bottom - top)
    try:
        merged = merge(layout, chosen)
    except LayoutError:
        assert not whole
    else:
        assert whole
        assert len(merged.cells) == len(layout.cells) - len(chosen) + 1


def test_borders_run_as_far_as_tiles_meet() -> None:
    there = lines(split(grid("a", 2, 2), 0, 2, 1))
    assert [(b.axis, b.index, b.first, b.last) for b in there] == [
        (Axis.COLUMNS, 1, 0, 1),
        (Axis.COLUMNS, 2, 0, 2),
        (Axis.ROWS, 1, 0, 3),
    ]
    assert [(b.share, b.start, b.end) for b in there] == [(0.25, 0.0, 0.5), (0.5, 0.0, 1.0), (0.5, 0.0, 1.0)]


def test_two_borders_in_line_that_do_not_meet_move_apart() -> None:
    layout = merge(grid("a", 3, 2), [2, 3])  # two above, one across, two below
    above, below = (b for b in lines(layout) if b.axis is Axis.COLUMNS)
    after = move_line(layout, below, 0.75)
    assert after.column_weights == (2, 1, 1)
    assert [cell.place for cell in after.cells] == [
        (0, 0, 1, 1), (0, 1, 1, 2), (1, 0, 1, 3), (2, 0, 1, 2), (2, 2, 1, 1),
    ]  # fmt: skip
    assert above.share == below.share


def test_a_border_stops_before_a_tile_vanishes() -> None:
    left = move_line(grid("a", 1, 2), lines(grid("a", 1, 2))[0], -3.0)
    assert left.column_weights == (1, 31)
    down = move_line(grid("a", 2, 1), lines(grid("a", 2, 1))[0], 3.0)
    assert down.row_weights == (31, 1)


def test_a_border_falls_into_place_unless_told_not_to() -> None:
    layout = grid("a", 1, 2)
    (border,) = lines(layout)
    assert move_line(layout, border, 0.34).column_weights == (1, 2)
    loose = move_line(layout, border, 0.34, snap=False)
    assert Fraction(loose.column_weights[0], sum(loose.column_weights)) == Fraction(round(0.34 * STEPS), STEPS)
    three = grid("b", 1, 3)
    near = move_line(three, lines(three)[1], 0.61)  # then the first of three is a third, the others as they come
    assert move_line(near, lines(near)[1], 0.663).column_weights == ()


def test_a_border_in_a_gap_goes_to_its_end() -> None:
    layout = Layout("a", 1, 4, (Cell(0, 0), Cell(0, 3)))
    left, right = lines(layout)
    assert boxes(move_line(layout, left, 1.0))[0].right == Fraction(3, 4)
    assert boxes(move_line(layout, right, 0.0))[1].left == Fraction(1, 4)


def test_the_border_on_a_side_of_a_tile() -> None:
    layout = split(grid("a", 2, 2), 0, 2, 1)
    assert border_of(layout, 0, Edge.LEFT) is None
    assert border_of(layout, 0, Edge.TOP) is None
    assert border_of(layout, 0, Edge.RIGHT) == border_of(layout, 1, Edge.LEFT) == lines(layout)[0]
    assert border_of(layout, 3, Edge.RIGHT) == lines(layout)[1]
    assert border_of(layout, 3, Edge.TOP) == border_of(layout, 2, Edge.BOTTOM) == lines(layout)[2]
    assert border_of(layout, 4, Edge.BOTTOM) is None


def test_equalised_tracks_are_equal_again() -> None:
    layout = grid("a", 2, 3)
    assert equalised(move_line(layout, lines(layout)[0], 0.1)) == layout


def test_swapped_tiles_take_their_hotspot_along() -> None:
    layout = set_hotspot(put(grid("a", 1, 2), 0, CameraItem(1)), 1, True)
    assert swap(layout, 0, 1).cells == (Cell(0, 0, hotspot=True), Cell(0, 1, item=CameraItem(1)))
    assert swap(layout, 1, 1) == layout


def test_many_cameras_fill_the_free_tiles_that_follow() -> None:
    layout = set_hotspot(put(grid("a", 2, 3), 2, ClockItem()), 3, True)
    cameras = [CameraItem(n) for n in range(1, 6)]
    after, left = put_many(layout, 1, cameras)
    assert [cell.item for cell in after.cells] == [
        None, CameraItem(1), ClockItem(), None, CameraItem(2), CameraItem(3),
    ]  # fmt: skip
    assert left == (CameraItem(4), CameraItem(5))
    assert put_many(layout, 1, []) == (layout, ())
    assert put_many(layout, 2, cameras[:1])[0].cells[2].item == CameraItem(1)


def test_tours_are_made_lengthened_and_timed() -> None:
    one, two = CameraItem(1), CameraItem(2)
    layout = made_tour(grid("a", 1, 1), 0, [one], 10)
    longer = extended_tour(layout, 0, [two], 20)
    assert longer.cells[0].item == TourItem((TourStep(one, 10), TourStep(two, 20)))
    assert set_dwell(longer, 0, 1, 5).cells[0].item == TourItem((TourStep(one, 10), TourStep(two, 5)))
    assert set_dwell(longer, 0, None, 7).cells[0].item == TourItem((TourStep(one, 7), TourStep(two, 7)))
    assert extended_tour(put(grid("a", 1, 1), 0, one), 0, [two], 20) == made_tour(layout, 0, [one, two], 20)
    assert extended_tour(grid("a", 1, 1), 0, [two], 20) == made_tour(layout, 0, [two], 20)
    whole = put(layout, 0, TourItem((CameraRange(1, 9),)))
    assert set_dwell(whole, 0, 0, 3).cells[0].item == TourItem((CameraRange(1, 9, 3),))


def test_cleared_tiles_stay_hotspots() -> None:
    layout = set_hotspot(named(grid("a", 1, 3)), 0, True)
    assert [cell.item for cell in cleared(layout, [1]).cells] == [CameraItem(1), None, CameraItem(3)]
    assert cleared(layout) == set_hotspot(grid("a", 1, 3), 0, True)


def test_a_name_loses_the_spaces_around_it() -> None:
    assert renamed(grid("a", 1, 1), " Night watch ").name == "Night watch"


def test_a_shape_with_too_many_lines_is_refused() -> None:
    steps = [Fraction(i, 257) for i in range(258)]
    tall = [replace(boxes(grid("a", 1, 1))[0], left=a, right=b) for a, b in pairwise(steps)]
    with pytest.raises(LayoutError, match="257 tiles"):
        layout_of("a", tall)
