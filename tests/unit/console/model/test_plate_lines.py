"""What a pattern means, found in a text of many plates as it is found in each by itself."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.model.plate_lines import LineSearch
from console.model.plate_pattern import PatternError, parse_pattern

PLATES = ["ALD348", "LD348", "XLD8", "LD8", "", "ALD8LD8", "ALDX", "8", "ÄLD§8", "ABCABC", "A" * 32, "AB\u0301C8"]


def found(typed: str, plates: list[str]) -> list[str]:
    """The plates that a pattern finds, in their order."""
    lines = "\n".join(["", *plates, ""])
    return [lines[start:end] for start, end in LineSearch(parse_pattern(typed)).find(lines)]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("?LD*8", ["ALD348", "XLD8", "ALD8LD8", "ÄLD§8"]),
        ("*LD*8", ["ALD348", "LD348", "XLD8", "LD8", "ALD8LD8", "ÄLD§8"]),
        ("*8", ["ALD348", "LD348", "XLD8", "LD8", "ALD8LD8", "8", "ÄLD§8", "AB\u0301C8"]),
        ("?*8", ["ALD348", "LD348", "XLD8", "LD8", "ALD8LD8", "ÄLD§8", "AB\u0301C8"]),
        ("??D?4*", ["ALD348"]),
        ("8?*", []),
        ("8*", ["8"]),
        ("L?8", ["LD8"]),
        ("*ABC", ["ABCABC"]),
    ],
)
def test_what_is_meant_is_found(typed: str, meant: list[str]) -> None:
    assert found(typed, PLATES) == meant


@given(
    st.text("AB?*8", min_size=1, max_size=10),
    st.lists(st.text("AB8Ä", max_size=9), max_size=30),
)
@example("?*A*?A", ["AA", "AAA", "BAAA"])
@example("*ABA", ["ABABA"])
def test_each_line_is_found_as_it_would_be_by_itself(typed: str, plates: list[str]) -> None:
    try:
        pattern = parse_pattern(typed)
    except PatternError:
        return
    if not pattern.exact:
        assert found(typed, plates) == [plate for plate in plates if plate and pattern.matches(plate)]


def test_a_spiteful_pattern_ends_at_once() -> None:
    assert found("?A" + "*A" * 7 + "*B", ["A" * 32] * 2000) == []
    assert found("*?A" * 7 + "*BB", ["A" * 32] * 2000) == []
