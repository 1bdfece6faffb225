"""Zoom and framing: what lies under the pointer stays there, nothing beyond the picture is ever seen."""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from console.model.zoom import LARGEST_SIDE, MOST, WHOLE, Box, Framing, Zoom, needed, placement, wants_best
from drivers.types import Fit

sides = st.integers(1, 4000)
shares = st.floats(0, 1)
framings = st.builds(Framing, st.tuples(sides, sides), st.tuples(sides, sides), st.sampled_from(Fit))
zooms = st.builds(Zoom, st.floats(1, MOST), shares, shares)


@given(framings, zooms)
def test_never_beyond_the_picture_nor_the_tile(framing: Framing, zoom: Zoom) -> None:
    source, target = framing.placement(zoom)
    width, height = framing.picture
    assert source.x >= -1e-6
    assert source.y >= -1e-6
    assert source.x + source.width <= width + 1e-6
    assert source.y + source.height <= height + 1e-6
    assert target.x >= 0
    assert target.y >= 0
    assert target.x + target.width <= max(1, framing.tile[0])
    assert target.y + target.height <= max(1, framing.tile[1])
    assert all(value == int(value) for value in target)


@given(framings, zooms, shares, shares, st.integers(-8, 8))
def test_what_lies_under_the_pointer_stays(
    framing: Framing, zoom: Zoom, across: float, down: float, steps: int
) -> None:
    _, target = framing.placement(zoom)
    x, y = target.x + across * (target.width - 1), target.y + down * (target.height - 1)
    before = framing.to_picture(zoom, x, y)
    closer = framing.zoomed_at(zoom, x, y, steps)
    source, _ = framing.placement(closer)
    # Where an edge of the picture is at the edge of what is seen, that forbids it.
    assume(closer.on and source.x > 1e-6 and source.x + source.width < framing.picture[0] - 1e-6)
    assert framing.to_tile(closer, *before)[0] == pytest.approx(x, abs=1e-3)


def test_the_wheel_holds_the_point_in_both_directions() -> None:
    framing = Framing((800, 450), (1920, 1080))
    zoom = framing.zoomed_at(WHOLE, 600, 100, 4)
    assert zoom.factor == pytest.approx(1.25**4)
    assert framing.to_picture(zoom, 600, 100) == pytest.approx((0.75, 100 / 450))
    assert framing.zoomed_at(zoom, 600, 100, -4) == WHOLE


@given(framings, zooms, shares, shares)
def test_there_and_back(framing: Framing, zoom: Zoom, x: float, y: float) -> None:
    source, _ = framing.placement(zoom)
    point = (
        (source.x + x * source.width) / framing.picture[0],
        (source.y + y * source.height) / framing.picture[1],
    )
    back = framing.to_picture(zoom, *framing.to_tile(zoom, *point))
    assert back == pytest.approx(point, abs=1e-6)


@given(framings, zooms, st.floats(-5000, 5000), st.floats(-5000, 5000))
def test_dragging_moves_by_as_much_as_the_hand(framing: Framing, zoom: Zoom, dx: float, dy: float) -> None:
    start = framing.settled(zoom)
    moved = framing.panned(start, dx, dy)
    assert moved == framing.settled(moved)
    assert moved.factor == zoom.factor
    here = framing.to_tile(start, start.x, start.y)
    there = framing.to_tile(moved, start.x, start.y)
    assert abs(there[0] - here[0]) <= abs(dx) + 1e-3
    assert abs(there[1] - here[1]) <= abs(dy) + 1e-3


def test_the_three_ways_to_lie_in_a_tile() -> None:
    wide = (1600, 900)
    assert placement((800, 800), wide) == (Box(0, 0, 1600, 900), Box(0, 175, 800, 450))
    assert placement((800, 800), wide, Fit.FILL) == (Box(350, 0, 900, 900), Box(0, 0, 800, 800))
    assert placement((800, 800), wide, Fit.STRETCH) == (Box(0, 0, 1600, 900), Box(0, 0, 800, 800))


def test_zoomed_the_bars_are_used() -> None:
    source, target = placement((800, 800), (1600, 900), Fit.FIT, Zoom(2.0))
    assert target == Box(0, 0, 800, 800)
    assert source == pytest.approx(Box(400, 50, 800, 800))


def test_what_is_no_zoom_is_put_right() -> None:
    assert Zoom(math.nan, math.inf, -3) == Zoom(1.0, 0.5, 0.0)
    assert Zoom(1e9).factor == MOST
    assert Framing((0, -1), (0, 0)).placement()[1] == Box(0, 0, 1, 1)


def test_what_the_decoder_should_deliver() -> None:
    hd = (1920.0, 1080.0)
    assert needed((400, 300), hd) == (400, 300)
    assert needed((400, 400), hd, Fit.FILL) == (712, 400)
    assert needed((400, 400), hd, Fit.STRETCH) == (400, 400)
    assert needed((480, 270), hd, zoom=Zoom(2.0)) == (960, 540)
    assert needed((480, 270), hd, zoom=Zoom(16.0), largest=hd) == (1920, 1080)
    assert max(needed((4000, 4000), hd, zoom=Zoom(16.0))) == LARGEST_SIDE


def test_the_main_stream_when_it_matters() -> None:
    assert not wants_best(WHOLE, 1920, 640)
    assert not wants_best(Zoom(1.2), 480, 640)
    assert wants_best(Zoom(2.0), 480, 640)
    assert wants_best(Zoom(1.5), 480, 640, already=True)
    assert not wants_best(Zoom(1.5), 480, 640)
    assert not wants_best(Zoom(1.3), 480, 640, already=True)
