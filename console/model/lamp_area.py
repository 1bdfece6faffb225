"""Which lamps are meant: within a radius, inside a drawn area, the nearest. On WGS 84, for the few kilometres of a
city: a plane that touches the ellipsoid in the middle of what is looked at. Pure.

The radii of curvature are those of the ellipsoid (Torge, *Geodesy*, 4.1.3); over ten kilometres the plane is off by
less than a thousandth, except within some kilometres of a pole."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from drivers.types import GeoPlace

_A = 6_378_137.0
"""Half of the longer axis of WGS 84, metres."""
_E2 = 6.694_379_990_14e-3
"""Its first eccentricity, squared."""

Point = tuple[float, float]
"""Metres east and north of a plane's origin."""


@dataclass(frozen=True, slots=True)
class Plane:
    """Metres east and north of ``latitude`` and ``longitude`` (degrees), and back."""

    latitude: float
    longitude: float

    def point(self, place: GeoPlace) -> Point:
        """Where a place is."""
        north, east = _metres_per_degree(self.latitude)
        return _turn(place.longitude - self.longitude) * east, (place.latitude - self.latitude) * north

    def place(self, point: Point) -> GeoPlace:
        """The place of a point."""
        north, east = _metres_per_degree(self.latitude)
        latitude = max(-90.0, min(90.0, self.latitude + point[1] / north))
        return GeoPlace(latitude, _turn(self.longitude + point[0] / east))


def plane_around(places: Iterable[GeoPlace]) -> Plane:
    """The plane in the middle of ``places``; of none, at 0, 0. Places on both sides of the date line are neighbours."""
    known = list(places)
    if not known:
        return Plane(0.0, 0.0)
    first = known[0].longitude
    turns = [_turn(place.longitude - first) for place in known]
    latitudes = [place.latitude for place in known]
    longitude = _turn(first + (min(turns) + max(turns)) / 2)
    return Plane((min(latitudes) + max(latitudes)) / 2, longitude)


def distance(one: GeoPlace, other: GeoPlace) -> float:
    """Metres between two places, heights left out."""
    east, north = Plane((one.latitude + other.latitude) / 2, one.longitude).point(other)
    _, south = Plane((one.latitude + other.latitude) / 2, one.longitude).point(one)
    return math.hypot(east, north - south)


def within_radius[Key](places: Mapping[Key, GeoPlace], centre: GeoPlace, metres: float) -> frozenset[Key]:
    """Who stands at most so far from ``centre``."""
    return frozenset(key for key, place in places.items() if distance(centre, place) <= metres)


def nearest[Key](places: Mapping[Key, GeoPlace], centre: GeoPlace, count: int) -> list[Key]:
    """The ``count`` that stand nearest, the nearest first."""
    by_distance = [(distance(centre, place), number, key) for number, (key, place) in enumerate(places.items())]
    return [key for _, _, key in heapq.nsmallest(count, by_distance)]


def inside(point: Point, area: Sequence[Point]) -> bool:
    """Whether a point lies in a polygon, whose last corner is joined to the first. Where its sides cross, a part that
    it goes around twice is outside."""
    x, y = point
    within = False
    x1, y1 = area[-1] if area else (0.0, 0.0)
    for x2, y2 in area:
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * ((y - y1) / (y2 - y1)) + x1:
            within = not within
        x1, y1 = x2, y2
    return within


def in_area[Key](points: Mapping[Key, Point], area: Sequence[Point]) -> frozenset[Key]:
    """Who stands inside a drawn area, points and corners on the same plane."""
    if len(area) < 3:
        return frozenset()
    left, bottom, right, top = bounds(area)
    return frozenset(
        key
        for key, point in points.items()
        if left <= point[0] <= right and bottom <= point[1] <= top and inside(point, area)
    )


def in_box[Key](points: Mapping[Key, Point], one: Point, other: Point) -> frozenset[Key]:
    """Who stands in the rectangle between two corners."""
    left, bottom, right, top = bounds((one, other))
    return frozenset(key for key, (x, y) in points.items() if left <= x <= right and bottom <= y <= top)


def bounds(points: Iterable[Point]) -> tuple[float, float, float, float]:
    """West, south, east and north of all points; all 0 for none."""
    known = list(points)
    if not known:
        return 0.0, 0.0, 0.0, 0.0
    xs, ys = [x for x, _ in known], [y for _, y in known]
    return min(xs), min(ys), max(xs), max(ys)


def _metres_per_degree(latitude: float) -> tuple[float, float]:
    """Northward and eastward at a latitude."""
    sine = math.sin(math.radians(latitude))
    part = 1.0 - _E2 * sine * sine
    north = _A * (1.0 - _E2) / part**1.5
    east = _A / math.sqrt(part) * math.cos(math.radians(latitude))
    return math.radians(north), math.radians(max(east, 1e-3))


def _turn(degrees: float) -> float:
    """An angle between -180 and 180 degrees."""
    return (degrees + 180.0) % 360.0 - 180.0
