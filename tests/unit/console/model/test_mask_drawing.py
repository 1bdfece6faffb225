"""Drawing masks: whatever hands do, what comes out are masks that the site file takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.mask_drawing import MaskDrawing
from console.model.view_settings import MOST_CORNERS, MOST_MASKS, area, clamped, tidy
from console.store.view_schema import masks as read_masks
from drivers.types import Dewarp, View

SQUARE = ((0.2, 0.2), (0.4, 0.2), (0.4, 0.4), (0.2, 0.4))
OTHER = ((0.6, 0.6), (0.8, 0.6), (0.7, 0.8))
two = MaskDrawing((SQUARE, OTHER))
points = st.tuples(st.floats(-0.5, 1.5), st.floats(-0.5, 1.5))
steps = st.one_of(
    st.tuples(st.just("added"), st.tuples(points)),
    st.tuples(st.sampled_from(["closed", "abandoned", "put_down", "removed", "split"]), st.just(())),
    st.tuples(st.just("moved"), points),
    st.tuples(st.just("moved_to"), st.tuples(points)),
    st.tuples(st.just("split"), st.tuples(points)),
    st.tuples(st.just("stepped"), st.tuples(st.sampled_from([1, -1]))),
)


@given(st.lists(steps, max_size=60))
def test_any_hands_draw_masks_that_can_be_saved(did: list[tuple[str, tuple[object, ...]]]) -> None:
    drawing = two
    for name, values in did:
        drawing = getattr(drawing, name)(*values) or drawing
        assert len(drawing.masks) <= MOST_MASKS
        assert all(3 <= len(mask) <= MOST_CORNERS for mask in drawing.masks)
        assert drawing.mask is None or drawing.mask < len(drawing.masks)
        assert drawing.corner is None or (
            drawing.mask is not None and drawing.corner < len(drawing.masks[drawing.mask])
        )
    kept = tidy(View(masks=drawing.masks)).masks
    assert read_masks([[list(corner) for corner in mask] for mask in kept]) == kept


def test_a_mask_is_drawn_corner_by_corner() -> None:
    drawing = MaskDrawing()
    for corner in OTHER:
        drawing = drawing.added(corner)
    assert drawing.masks == ()
    assert drawing.removed().line == OTHER[:2]
    assert drawing.closed() == MaskDrawing((OTHER,), mask=0)
    assert drawing.abandoned() == MaskDrawing()


def test_what_hides_nothing_is_no_mask() -> None:
    assert MaskDrawing(line=((0.1, 0.1), (0.5, 0.5))).closed().masks == ()
    assert MaskDrawing(line=((0.1, 0.1), (0.5, 0.5), (0.3, 0.3))).closed().masks == ()


def test_corners_and_masks_move_and_stay_in_the_picture() -> None:
    assert two.selected(0, 2).moved(0.1, -0.1).masks[0][2] == pytest.approx((0.5, 0.3))
    assert two.selected(0, 2).moved(9, 9).masks[0][2] == (1.0, 1.0)
    pushed = two.selected(0).moved(-9, 0.1).masks[0]
    assert pushed[0] == pytest.approx((0.0, 0.3))
    assert area(pushed) == pytest.approx(area(SQUARE))
    assert two.moved(0.1, 0.1) == two


def test_a_corner_more_and_less() -> None:
    more = two.selected(0).split((0.3, 0.19))
    assert more.masks[0][1] == (0.3, 0.19)
    assert (more.mask, more.corner) == (0, 1)
    assert two.selected(0, 3).split().masks[0][4] == pytest.approx((0.2, 0.3))
    assert more.removed().masks == two.masks
    assert two.selected(1, 0).removed().masks == (SQUARE,)
    assert two.selected(0).removed().masks == (OTHER,)


def test_from_corner_to_corner() -> None:
    first = two.stepped(1)
    assert first is not None
    assert (first.mask, first.corner) == (0, 0)
    last = two.stepped(-1)
    assert last is not None
    assert (last.mask, last.corner) == (1, 2)
    assert last.stepped(1) is None
    assert first.stepped(-1) is None
    assert two.selected(0, 3).stepped(1) == two.selected(1, 0)
    assert MaskDrawing().stepped(1) is None


def test_what_lies_under_the_pointer() -> None:
    reach = (0.02, 0.02)
    assert two.at((0.41, 0.39), reach) == (0, 2)
    assert two.at((0.3, 0.3), reach) == (0, None)
    assert two.at((0.5, 0.5), reach) is None
    assert two.at((0.7, 0.7), reach) == (1, None)


def test_what_is_out_of_range_is_put_right() -> None:
    assert clamped(Dewarp(lens=999, view=-5, centre=(2.0, -1.0), radius=0.0)) == Dewarp(
        280.0, 0.0, 0.0, 10.0, (1.0, 0.0), 0.1
    )
    assert tidy(View(rotate=45, masks=(((0.1, 0.1), (0.1, 0.1), (0.1, 0.1)),))) == View()
