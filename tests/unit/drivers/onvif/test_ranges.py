"""Ranges of devices, sane and absurd, and what is sent and read by them."""

from __future__ import annotations

import math
from types import SimpleNamespace as Said
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.onvif.ranges import Kind, Range, Spaces, position, read_range, read_spaces, speed_vector, vector
from drivers.ptz import Axes, Axis

GENERIC = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/PositionGenericSpace"
DEGREES = "http://www.onvif.org/ver10/tptz/PanTiltSpaces/SphericalPositionSpaceDegrees"
any_number = st.floats() | st.integers() | st.none() | st.text(max_size=5)


def span(low: Any, high: Any) -> Said:
    return Said(Min=low, Max=high)


def space(uri: str, low: Any, high: Any, both: bool = True) -> Said:
    return Said(URI=uri, XRange=span(low, high), YRange=span(low, high) if both else None)


def absolute(*spaces: Said, zoom: Said | None = None) -> Spaces:
    return read_spaces(Said(AbsolutePanTiltPositionSpace=list(spaces), AbsoluteZoomPositionSpace=zoom))


@pytest.mark.parametrize(
    ("low", "high"),
    [(0, 0), (1, -1), (None, 1), ("x", 1), (math.nan, 1), (-math.inf, 1), (0, 1e9), (0, 1e-9), ([], {})],
)
def test_ranges_that_are_none(low: Any, high: Any) -> None:
    assert read_range(span(low, high)) is None
    assert absolute(space(GENERIC, low, high)).axes(Kind.ABSOLUTE) == frozenset()
    assert vector(absolute(space(GENERIC, low, high)), Kind.ABSOLUTE, Axes(0.5, 0.5, 0.5)) == {}


@given(any_number, any_number, any_number)
def test_no_range_divides_by_zero_or_sends_what_is_outside(low: Any, high: Any, value: Any) -> None:
    found = read_range(span(low, high))
    if found is None:
        return
    assert found.low < found.high
    part = found.part(value)
    assert part is None or 0.0 <= part <= 1.0
    if isinstance(value, float):
        assert found.low <= found.at(value) <= found.high or math.isclose(found.at(value), found.high)


@given(st.floats(-1, 1), st.floats(-1, 1), st.floats(0, 1))
def test_positions_come_back_from_0_to_360(pan: float, tilt: float, zoom: float) -> None:
    spaces = absolute(space("urn:maker", 0, 360), zoom=space("", 1, 30, False))
    sent = vector(spaces, Kind.ABSOLUTE, Axes(pan, tilt, zoom))
    assert 0 <= sent["PanTilt"]["x"] <= 360
    assert sent["PanTilt"]["space"] == "urn:maker"
    assert 1 <= sent["Zoom"]["x"] <= 30
    assert "space" not in sent["Zoom"]
    told = position(spaces, Said(PanTilt=Said(**sent["PanTilt"]), Zoom=Said(**sent["Zoom"])))
    assert told is not None
    for back, there in ((told.pan, pan), (told.tilt, tilt), (told.zoom, zoom)):
        assert back is not None
        assert math.isclose(back, there, abs_tol=1e-5)


def test_generic_spaces_are_chosen_and_others_tolerated() -> None:
    digital = "http://www.onvif.org/ver10/tptz/ZoomSpaces/NormalizedDigitalPosition"
    spaces = absolute(
        space(DEGREES, -170, 170), space("urn:maker", 0, 9), space(GENERIC, -1, 1), zoom=space(digital, 0, 1)
    )
    best = spaces.best(Kind.ABSOLUTE, Axis.PAN_TILT)
    assert best is not None
    assert best.uri == GENERIC
    assert spaces.axes(Kind.ABSOLUTE) == {Axis.PAN_TILT}
    degrees = spaces.degrees()
    assert degrees is not None
    assert degrees.x == Range(-170.0, 170.0)
    told = position(spaces, Said(PanTilt=Said(x=85.0, y=-170.0, space=DEGREES), Zoom=None))
    assert told == Axes(0.5, -1.0, None)
    only = absolute(space(DEGREES, -170, 170), space(GENERIC, 0, 0))
    assert vector(only, Kind.ABSOLUTE, Axes(0.5, 0.0))["PanTilt"] == {"x": 85.0, "y": 0.0, "space": DEGREES}


@pytest.mark.parametrize("told", [None, "x", Said(PanTilt=Said(x=math.nan, y=0)), Said(PanTilt=Said(x=7, y=0))])
def test_positions_that_make_no_sense_are_not_told(told: Any) -> None:
    assert position(absolute(space(GENERIC, -1, 1)), told) is None


def test_a_speed_needs_both_ways_and_axes_that_lack_are_left_out() -> None:
    spaces = read_spaces(
        Said(
            ContinuousPanTiltVelocitySpace=[space("a", -2, 4)],
            ContinuousZoomVelocitySpace=[space("b", 0, 1, False)],
            PanTiltSpeedSpace=[space("c", 0, 0.5, False)],
            ZoomSpeedSpace=[space("d", -1, 0, False)],
        )
    )
    assert spaces.axes(Kind.CONTINUOUS) == {Axis.PAN_TILT}
    sent = vector(spaces, Kind.CONTINUOUS, Axes(0.5, -0.5, 1.0))
    assert sent == {"PanTilt": {"x": 2.0, "y": -1.0, "space": "a"}}
    assert vector(spaces, Kind.CONTINUOUS, Axes(math.nan, -math.inf))["PanTilt"] == {"x": 0.0, "y": 0.0, "space": "a"}
    assert speed_vector(spaces, 1.0, Axis) == {"PanTilt": {"x": 0.5, "y": 0.5, "space": "c"}}
    assert speed_vector(spaces, None, Axis) is None


@pytest.mark.parametrize(
    "said", [None, "", Said(), Said(AbsolutePanTiltPositionSpace="x"), Said(ZoomSpeedSpace=[None])]
)
def test_spaces_that_are_none(said: Any) -> None:
    assert read_spaces(said).found == {}
