"""Wildcards, and which spellings are near a plate."""

from __future__ import annotations

import fnmatch
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.plate_pattern import LONGEST_PATTERN, PatternError, neighbours, parse_pattern
from console.model.plates import apart, fold, normal

few = st.text("AB0O?*", min_size=1, max_size=9)
plates = st.text("AB0OQ8", max_size=8)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("b-ab 12*", "BAB12*"),
        (" ab?12 ", "AB?12"),
        ("**a**", "*A*"),
        ("a*?*?b", "A??*B"),
        ("a?*", "A?*"),
        ("\u202e12\u200fab", "12AB"),
        ("ａｂ１２？", "AB12?"),
        ("٣٤أب", "34أب"),
        ("münchen*", "MÜNCHEN*"),
    ],
)
def test_what_is_typed_is_understood_plainly(typed: str, understood: str) -> None:
    assert parse_pattern(typed).text == understood


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("", "No plate is given. Write letters and figures, or leave the field empty for all plates."),
        (" - ", "No plate is given. Write letters and figures, or leave the field empty for all plates."),
        ("*?*", "Only wildcards are given. Add a letter or figure, or leave the field empty for all plates."),
        ("AB%", "'%' is no part of a plate. Write letters and figures, * for any characters, ? for one."),
        ("A_", "'_' is no part of a plate. Write letters and figures, * for any characters, ? for one."),
        ("A!\N{BUS}", "'\N{BUS}' is no part of a plate. Write letters and figures, * for any characters, ? for one."),
        ("A" * 10_000, f"A plate of 10000 characters is too long. Write at most {LONGEST_PATTERN}."),
        ("A" * 40, "No plate is that long. Plates have at most 32 letters and figures."),
        ("*A" * 12, "There are too many wildcards. Use * at most 8 times."),
    ],
)  # fmt: skip
def test_what_cannot_be_searched_is_told(typed: str, sentence: str) -> None:
    with pytest.raises(PatternError) as caught:
        parse_pattern(typed)
    assert str(caught.value) == sentence


def test_quotes_and_semicolons_are_blanks() -> None:
    assert parse_pattern("AB';--12\"").text == "AB12"


@given(few, plates)
def test_wildcards_match_as_file_names_do(typed: str, plate: str) -> None:
    try:
        pattern = parse_pattern(typed)
    except PatternError:
        return
    assert pattern.matches(plate) == fnmatch.fnmatchcase(plate, typed)
    like = re.escape(pattern.like).replace("%", ".*").replace("_", ".")
    assert pattern.matches(plate) == (re.fullmatch(like, plate) is not None)


def test_a_spiteful_pattern_ends_at_once() -> None:
    assert not parse_pattern("*A" * 8 + "B").matches("A" * 32)


@given(st.text("ABO08Q", min_size=1, max_size=6), st.text("ABO08QX", max_size=7))
def test_all_that_is_near_has_a_neighbouring_spelling(asked: str, seen: str) -> None:
    if apart(seen, asked) is not None:
        assert fold(seen) in neighbours(asked)


@given(st.text(max_size=12))
def test_foreign_plates_have_neighbours_of_their_own(text: str) -> None:
    plain = normal(text)
    if plain:
        around = neighbours(plain)
        assert fold(plain) in around
        assert fold(plain)[1:] in around
        assert len(around) < 40_000
