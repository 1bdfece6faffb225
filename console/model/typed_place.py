"""Places and areas as people type them: degrees with a point, latitude first. Pure."""

from __future__ import annotations

import re

from console.model.plate_queries import MOST_CORNERS, Area, Circle, QueryError
from drivers.types import GeoPlace

LONGEST = 40 * MOST_CORNERS
_NUMBER = re.compile(r"[+-]?\d{1,3}(?:\.\d{1,12})?")
_EXAMPLE = "Write latitude and longitude like 52.5200, 13.4050."


def parse_place(text: str) -> GeoPlace:
    """A place like "52.52, 13.405". Raises QueryError."""
    words = [word for word in re.split(r"[\s,]+", text[:100].strip()) if word]
    one_number = re.fullmatch(r"\s*[+-]?\d+,\d+\s*", text[:100]) is not None  # "52,5" as half of Europe writes it
    if len(words) != 2 or one_number or not all(_NUMBER.fullmatch(word) for word in words):
        shown = text.strip()[:40]
        raise QueryError(f"{shown!r} is no place. {_EXAMPLE}" if shown else f"No place is given. {_EXAMPLE}")
    place = GeoPlace(float(words[0]), float(words[1]))
    Circle(place, 1.0)  # for its sentence
    return place


def parse_area(text: str, metres: float) -> Circle | Area | None:
    """One place, meant with a radius; two, as opposite corners of a rectangle; three and more, as the corners of an
    area, each after a semicolon or on a line of its own. None for nothing. Raises QueryError."""
    if len(text) > LONGEST:
        raise QueryError(f"The area has too many corners. Give at most {MOST_CORNERS}.")
    places = [parse_place(part) for part in re.split(r"[;\n]+", text) if part.strip()]
    if not places:
        return None
    if len(places) == 1:
        return Circle(places[0], metres)
    if len(places) == 2:
        one, other = places
        corners = (one, GeoPlace(one.latitude, other.longitude), other, GeoPlace(other.latitude, one.longitude))
        if one.latitude == other.latitude or one.longitude == other.longitude:
            raise QueryError("The two corners make a line, no area. Give opposite corners, or a place and a radius.")
        return Area(corners)
    return Area(tuple(places))


def place_text(place: GeoPlace) -> str:
    """A place as it can be typed."""
    return f"{place.latitude:.5f}, {place.longitude:.5f}"


def area_text(area: Circle | Area) -> str:
    """An area as it can be typed; the radius of a circle stands elsewhere."""
    if isinstance(area, Circle):
        return place_text(area.centre)
    return "; ".join(place_text(corner) for corner in area.corners)
