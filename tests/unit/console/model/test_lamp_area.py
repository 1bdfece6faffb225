"""Lamps that are meant: radius, area, nearest."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.lamp_area import (
    Plane,
    bounds,
    distance,
    in_area,
    in_box,
    inside,
    nearest,
    plane_around,
    within_radius,
)
from drivers.types import GeoPlace

cities = st.builds(GeoPlace, st.floats(-70, 70), st.floats(-180, 180))
steps = st.floats(-3000, 3000)


@pytest.mark.parametrize(
    ("one", "other", "metres"),
    [
        ((0, 0), (1, 0), 110_574.4),
        ((0, 0), (0, 1), 111_319.5),
        ((45, 0), (46, 0), 111_141.6),
        ((60, 10), (60, 10.01), 558.02),
        ((48.2, 16.37), (48.2, 16.37), 0.0),
        ((10, 179.999), (10, -179.999), 219.28),
    ],
)
def test_distances_are_those_of_the_ellipsoid(
    one: tuple[float, float], other: tuple[float, float], metres: float
) -> None:
    assert distance(GeoPlace(*one), GeoPlace(*other)) == pytest.approx(metres, rel=1e-4)


@given(cities, steps, steps)
def test_a_distance_is_the_same_both_ways_and_near_that_on_a_sphere(one: GeoPlace, east: float, north: float) -> None:
    other = Plane(one.latitude, one.longitude).place((east, north))
    far = distance(one, other)
    assert far == pytest.approx(distance(other, one), rel=1e-9, abs=1e-6)
    lat1, lat2 = math.radians(one.latitude), math.radians(other.latitude)
    turn = math.radians(other.longitude - one.longitude)
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin(turn / 2) ** 2
    sphere = 2 * 6_371_008.8 * math.asin(min(1.0, math.sqrt(half)))
    assert far == pytest.approx(sphere, rel=0.01, abs=0.01)
    assert far == pytest.approx(math.hypot(east, north), rel=0.003, abs=0.01)


@given(cities, steps, steps)
def test_a_plane_leads_back_to_where_one_was(centre: GeoPlace, east: float, north: float) -> None:
    plane = Plane(centre.latitude, centre.longitude)
    again = plane.point(plane.place((east, north)))
    assert again == pytest.approx((east, north), abs=1e-3)


@given(cities, st.lists(st.tuples(steps, steps), min_size=1, max_size=30), st.floats(0, 4000))
def test_whoever_is_within_the_radius_is_nearer_than_whoever_is_not(
    centre: GeoPlace, points: list[tuple[float, float]], metres: float
) -> None:
    plane = Plane(centre.latitude, centre.longitude)
    places = {number: plane.place(point) for number, point in enumerate(points)}
    found = within_radius(places, centre, metres)
    order = nearest(places, centre, len(places))
    assert set(order) == set(places)
    assert set(order[: len(found)]) == found or all(distance(centre, places[key]) <= metres for key in found)
    assert all(distance(centre, place) > metres for key, place in places.items() if key not in found)


@given(st.lists(st.tuples(steps, steps), min_size=3, max_size=12), st.tuples(steps, steps), st.tuples(steps, steps))
def test_an_area_may_begin_at_any_corner_and_lie_anywhere(
    area: list[tuple[float, float]], point: tuple[float, float], shift: tuple[float, float]
) -> None:
    within = inside(point, area)
    assert within == inside(point, area[1:] + area[:1])
    left, bottom, right, top = bounds(area)
    if within:
        assert left <= point[0] <= right
        assert bottom <= point[1] <= top
    assert in_area({1: point}, area) == (frozenset({1}) if within else frozenset())


@given(st.floats(1, 3000), st.integers(3, 24), st.tuples(steps, steps))
def test_a_round_area_holds_what_is_well_within_and_nothing_outside(
    radius: float, corners: int, point: tuple[float, float]
) -> None:
    angles = [2 * math.pi * corner / corners for corner in range(corners)]
    area = [(radius * math.cos(angle), radius * math.sin(angle)) for angle in angles]
    far = math.hypot(*point)
    if far < radius * math.cos(math.pi / corners) * 0.999:
        assert inside(point, area)
    if far > radius * 1.001:
        assert not inside(point, area)


def test_an_area_that_bends_inwards_leaves_the_bay_out() -> None:
    bay = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (5.0, 2.0), (0.0, 10.0)]
    points = {"bay": (5.0, 6.0), "left": (1.0, 5.0), "right": (9.0, 5.0), "south": (5.0, 1.0), "out": (20.0, 1.0)}
    assert in_area(points, bay) == {"left", "right", "south"}


def test_no_area_holds_nobody() -> None:
    points = {"a": (0.0, 0.0)}
    assert in_area(points, []) == frozenset()
    assert in_area(points, [(0.0, 0.0), (1.0, 1.0)]) == frozenset()
    assert in_box(points, (-1.0, -1.0), (1.0, 1.0)) == {"a"}
    assert in_box(points, (1.0, 1.0), (-1.0, -1.0)) == {"a"}
    assert in_box(points, (1.0, 1.0), (2.0, 2.0)) == frozenset()
    assert not inside((0.0, 0.0), [])
    assert bounds([]) == (0.0, 0.0, 0.0, 0.0)
    assert nearest({}, GeoPlace(0, 0), 3) == []
    assert plane_around([]) == Plane(0.0, 0.0)


def test_lamps_on_both_sides_of_the_date_line_are_neighbours() -> None:
    places = [GeoPlace(10.0, 179.999), GeoPlace(10.002, -179.999)]
    plane = plane_around(places)
    xs = [plane.point(place)[0] for place in places]
    assert max(xs) - min(xs) == pytest.approx(219.3, abs=1)


def test_at_a_pole_nothing_is_divided_by_nothing() -> None:
    plane = Plane(90.0, 0.0)
    assert plane.place(plane.point(GeoPlace(90.0, 20.0))).latitude == pytest.approx(90.0)
    assert distance(GeoPlace(90.0, 0.0), GeoPlace(90.0, 90.0)) < 0.2
