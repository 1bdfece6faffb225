"""What can be a plate and what cannot, before anybody believes a read."""

from __future__ import annotations

import pytest

from drivers.plate_reading import PlatesNotRead, line_like, plate_like


@pytest.mark.parametrize(
    "text", ["AB12CDE", "6DZG250", "GX1", "B8", "STOP", "110729", "AB12CDE4567", "AB-12", "", "ÄB12"]
)
def test_plates_have_letters_and_digits_and_some_length(text: str) -> None:
    assert plate_like(text) == (text in ("AB12CDE", "6DZG250"))


@pytest.mark.parametrize(
    ("size", "like"),
    [
        ((100, 25, 0.0), True),
        ((100, 25, 0.3), True),
        ((100, 25, 0.6), False),
        ((30, 25, 0.0), False),
        ((400, 20, 0.0), False),
        ((30, 7, 0.0), False),
        ((100, 0, 0.0), False),
    ],
)
def test_lines_of_a_plate_have_a_shape(size: tuple[float, float, float], like: bool) -> None:
    assert line_like(*size) is like


def test_who_lacks_the_extra_part_is_told_how_to_get_it() -> None:
    assert 'pip install "watchfloor[plates]"' in PlatesNotRead("Plate reader").sentence
