"""One spelling of each region on the screen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.region_names import _CODES, region_name


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("gb", "GB"), ("GBR", "GB"), ("uk", "GB"), ("United Kingdom", "GB"), ("d", "DE"), ("rou", "RO"),
        ("us-ca", "US-CA"), ("US_CA", "US-CA"), ("usa california", "US-CA"), ("California", "US-CA"),
        ("ontario", "CA-ON"), ("can-qc", "CA-QC"), ("CA", "CA"), ("ny", "NY"), ("gb-eng", "GB-ENG"), ("de by", "DE-BY"),
        ("", ""), ("Atlantis", "Atlantis"), ("de-Bavaria", "de-Bavaria"), ("<b>x</b>", "<b>x</b>"), ("--", "--"),
    ],
)  # fmt: skip
def test_a_region_has_one_spelling_and_what_is_not_known_stays(told: str, shown: str) -> None:
    assert region_name(told) == shown


@given(st.text(max_size=200))
def test_whatever_comes_nothing_is_made_up(told: str) -> None:
    shown = region_name(told)
    assert shown == told or shown.replace("-", "").isalnum()
    assert region_name(shown) == shown


def test_each_country_stands_there_once() -> None:
    codes = _CODES.split()
    assert len(codes) == len({code[:2] for code in codes}) == len({code[2:] for code in codes}) == 249
    assert {len(code) for code in codes} == {5}
