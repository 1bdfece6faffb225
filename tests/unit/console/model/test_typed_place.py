"""Places and areas as people type them."""

from __future__ import annotations

import pytest

from console.model.plate_queries import Area, Circle, QueryError
from console.model.typed_place import area_text, parse_area, parse_place
from drivers.types import GeoPlace


@pytest.mark.parametrize("text", ["52.5, 13.4", " 52.5 13.4 ", "52.5,13.4", "+52.5\t13.40"])
def test_a_place(text: str) -> None:
    assert parse_place(text) == GeoPlace(52.5, 13.4)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "No place is given. Write latitude and longitude like"),
        ("52,5", "'52,5' is no place"),
        ("52,5 13,4", "is no place"),
        ("north 13", "is no place"),
        ("nan 13", "is no place"),
        ("1e9 13", "is no place"),
        ("91 13", "91, 13 is no place on Earth"),
        ("52.5 13.4 7", "is no place"),
        ("1" * 10_000, "is no place"),
    ],
)
def test_what_is_no_place(text: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        parse_place(text)


def test_areas() -> None:
    assert parse_area(" ", 300) is None
    assert parse_area("52.5, 13.4", 300) == Circle(GeoPlace(52.5, 13.4), 300)
    two = parse_area("52.5 13.4; 52.6 13.5", 300)
    assert isinstance(two, Area)
    assert two.covers(GeoPlace(52.55, 13.45))
    assert not two.covers(GeoPlace(52.55, 13.55))
    three = parse_area("52.5 13.4\n52.6 13.4\n52.6 13.5\n", 300)
    assert isinstance(three, Area)
    assert len(three.corners) == 3
    assert parse_area(area_text(three), 300) == three


@pytest.mark.parametrize(
    ("text", "says"),
    [("52.5 13.4; 52.5 13.5", "make a line"), ("5 5;" * 201, "200 corners"), ("5" * 9000, "too many corners")],
)
def test_what_is_no_area(text: str, says: str) -> None:
    with pytest.raises(QueryError, match=says):
        parse_area(text, 300)
