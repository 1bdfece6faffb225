"""What hands do becomes what cameras do, whatever way round their pictures are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.ptz_hands import (
    WIDE_DEGREES,
    curve,
    curve2,
    degrees,
    fov,
    of_band,
    of_drag,
    of_keys,
    step_to,
    to_camera,
    to_screen,
    velocity,
    wheel_zoom,
)
from drivers.ptz import Axes, Axis, PtzFeatures
from drivers.types import Dewarp, View

BOTH = frozenset(Axis)
ALL = PtzFeatures(BOTH, BOTH, BOTH, tells_position=True, pan_degrees=(-90.0, 90.0), tilt_degrees=(-45.0, 45.0))
NOTHING = PtzFeatures()
VIEWS = [View(rotate=turn, mirror=mirror) for turn in (0, 90, 180, 270) for mirror in (False, True)]


@given(st.floats(-3, 3))
def test_the_curve_is_odd_rises_and_stays_in_range(value: float) -> None:
    assert curve(-value) == -curve(value)
    assert -1 <= curve(value) <= 1
    assert abs(curve(value)) <= min(1.0, abs(value))


def test_the_curve_has_a_dead_zone_and_a_fine_beginning() -> None:
    assert [curve(value) for value in (0.0, 0.08, -0.08, math.nan)] == [0.0] * 4
    assert 0 < curve(0.2) < 0.05
    assert curve(1.0) == 1.0
    assert curve(9.0) == 1.0


def test_two_axes_keep_their_way() -> None:
    x, y = curve2((0.3, 0.6))
    assert y / x == pytest.approx(2)
    assert math.hypot(*curve2((1.0, 1.0))) == pytest.approx(1)
    assert curve2((0.0, 0.0)) == (0.0, 0.0)
    assert curve2((math.inf, 0.0)) == (0.0, 0.0)


@pytest.mark.parametrize("view", VIEWS)
def test_directions_go_there_and_back(view: View) -> None:
    for vector in ((1.0, 0.0), (0.0, 1.0), (0.3, -0.7)):
        assert to_screen(to_camera(vector, view), view) == pytest.approx(vector)


def test_directions_of_turned_and_mirrored_pictures() -> None:
    right, up = (1.0, 0.0), (0.0, 1.0)
    assert to_camera(right, View()) == right
    # Turned clockwise by a quarter: what is up in the camera is seen on the right.
    assert to_camera(right, View(rotate=90)) == up
    assert to_camera(up, View(rotate=90)) == (-1.0, 0.0)
    assert to_camera(right, View(rotate=180)) == (-1.0, 0.0)
    assert to_camera(right, View(rotate=270)) == (0.0, -1.0)
    assert to_camera(right, View(mirror=True)) == (-1.0, 0.0)
    assert to_camera(up, View(mirror=True)) == up
    assert to_camera(right, View(dewarp=Dewarp())) == right


def test_keys() -> None:
    assert of_keys(frozenset()) == ((0.0, 0.0), 0.0)
    (x, y), zoom = of_keys(frozenset({"left", "up", "in"}))
    assert x == pytest.approx(-y)
    assert zoom > 0
    assert of_keys(frozenset({"left", "right"}))[0][0] == 0
    slow, fast = of_keys(frozenset({"up"}))[0][1], of_keys(frozenset({"up", "fast"}))[0][1]
    assert slow < fast == 1.0


def test_drags_are_relative_to_the_tile() -> None:
    assert of_drag(2, 1, 400, 200) == (0.0, 0.0)  # a hand that trembles
    x, y = of_drag(0, -80, 400, 200)
    assert (x, y) == pytest.approx((0.0, 1.0))
    assert of_drag(40, 0, 400, 200)[0] > of_drag(40, 0, 1600, 900)[0]
    assert of_drag(1, 1, 0, 0)[0] > 0


def test_velocity_leaves_out_what_a_camera_cannot() -> None:
    turns = PtzFeatures(continuous=frozenset({Axis.PAN_TILT}))
    assert velocity((1.0, 0.0), 1.0, View(), turns) == Axes(1.0, 0.0, None)
    assert velocity((1.0, 0.0), 0.5, View(rotate=90), ALL, (0.5, 1.0)) == Axes(0.0, 0.5, 0.5)
    assert velocity((1.0, 0.0), 1.0, View(), NOTHING).axes == frozenset()


def test_the_field_of_view() -> None:
    assert fov(0.0) == pytest.approx(WIDE_DEGREES)
    assert fov(None) == fov(0.0) > fov(0.5) > fov(1.0) > 0
    assert fov(7.0) == fov(1.0)
    assert fov(0.0, View(dewarp=Dewarp(view=80))) == 80


def test_a_click_goes_to_a_position_where_it_is_known() -> None:
    step = step_to((0.5, 0.0), 1.0, View(), ALL, Axes(0.0, 0.0, 0.0))
    assert step is not None
    assert step.position is not None
    assert step.position.pan == pytest.approx(WIDE_DEGREES / 2 / 90)  # the edge of the picture
    assert step.position.tilt == 0.0
    assert step.position.zoom is None
    narrow = step_to((0.5, 0.0), 1.0, View(), ALL, Axes(0.0, 0.0, 1.0))
    assert narrow is not None
    assert narrow.position is not None
    assert 0 < (narrow.position.pan or 0) < 0.1


def test_a_click_is_a_relative_way_where_no_position_is_known() -> None:
    step = step_to((0.25, -0.25), 2.0, View(), ALL, None)
    assert step is not None
    assert step.way is not None
    assert (step.way.pan or 0) > 0 > (step.way.tilt or 0)
    assert (step.way.zoom or 0) > 0
    assert step_to((0.25, 0.0), 1.0, View(), NOTHING, None) is None
    only_zoom = PtzFeatures(relative=frozenset({Axis.ZOOM}))
    assert step_to((0.25, 0.0), 1.0, View(), only_zoom, None) is None


def test_a_click_in_a_turned_picture() -> None:
    step = step_to((0.0, 0.5), 1.0, View(rotate=180), ALL, Axes(0.0, 0.0, 0.0))
    assert step is not None
    assert step.position is not None
    assert (step.position.tilt or 0) < 0


def test_positions_stay_in_range() -> None:
    step = step_to((0.5, 0.5), 8.0, View(), ALL, Axes(0.99, 0.99, 0.9))
    assert step is not None
    assert step.position == Axes(1.0, 1.0, 1.0) or (step.position is not None and step.position.pan == 1.0)


def test_rubber_bands() -> None:
    band = of_band((0.5, 0.0), (1.0, 0.5))
    assert band is not None
    assert band[0] == pytest.approx((0.25, 0.25))
    assert band[1] == pytest.approx(2.0)
    assert of_band((0.5, 0.5), (0.51, 0.52)) is None
    tiny = of_band((0.5, 0.5), (0.55, 0.5))
    assert tiny is not None
    assert tiny[1] == 10.0


def test_the_wheel() -> None:
    assert wheel_zoom(2, ALL, Axes(zoom=0.5)) is not None
    assert wheel_zoom(2, ALL, Axes(zoom=0.5)).position == Axes(zoom=0.6)  # type: ignore[union-attr]
    assert wheel_zoom(-1, ALL, None).way == Axes(zoom=-0.05)  # type: ignore[union-attr]
    assert wheel_zoom(1, NOTHING, None) is None
    assert wheel_zoom(100, ALL, Axes(zoom=0.5)).position == Axes(zoom=1.0)  # type: ignore[union-attr]


def test_degrees() -> None:
    assert degrees(0.0, (-90.0, 90.0)) == 0.0
    assert degrees(1.0, (-90.0, 90.0)) == 90.0
    assert degrees(None, (-90.0, 90.0)) is None
    assert degrees(0.5, None) is None
