"""Plates as texts: one spelling, what readers confuse, and how far two are apart."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.plates import (
    ALIKE_COST,
    FAMILIES,
    FOLDED_COST,
    LONGEST_PLATE,
    SLIP_COST,
    apart,
    fold,
    normal,
    without_one,
)
from console.model.regions import Regions, regions

PLATES = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=2, max_size=9)
ANY = st.text(max_size=60)


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("abc 123", "ABC123"),
        ("ABC-123", "ABC123"),
        (" a·b•c/1.2_3 ", "ABC123"),
        ("ＡＢＣ１２３", "ABC123"),
        ("٣٢١ abc", "321ABC"),
        ("wü-x 12", "WÜX12"),
        ("wu\u0308-x 12", "WÜX12"),
        ("А123ВС", "А123ВС"),
        ("A\u202eBC\u200b1\x0023", "ABC123"),
        ("<b>AB</b>12", "BABB12"),
        ("🚗12", "12"),
        ("", ""),
        ("---", ""),
    ],
)
def test_a_plate_is_its_letters_and_digits(text: str, plate: str) -> None:
    assert normal(text) == plate


@given(ANY)
def test_writing_it_plain_twice_changes_nothing_more(text: str) -> None:
    once = normal(text)
    assert len(once) <= LONGEST_PLATE
    assert normal(once) == once


def test_a_text_of_ten_kilobytes_is_cut() -> None:
    assert normal("A" * 10_000) == "A" * LONGEST_PLATE
    assert normal("-" * 10_000) == ""


@given(PLATES)
def test_folding_never_loses_an_exact_match(plate: str) -> None:
    assert fold(normal(plate.lower())) == fold(plate)
    assert len(fold(plate)) == len(plate)
    assert fold(fold(plate)) == fold(plate)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_folds_into_one(family: str) -> None:
    assert len({fold(char) for char in family}) == 1
    assert all(apart(f"AAA{family[0]}", f"AAA{char}") == FOLDED_COST for char in family[1:])


def test_families_stay_apart() -> None:
    assert len({fold(family)[0] for family in FAMILIES}) == len(FAMILIES)


def test_letters_that_look_latin_fold_with_them() -> None:
    assert fold(normal("А123ВС77")) == fold("A123BC77")
    assert fold(normal("ΑΒ-12")) == fold("AB12")
    assert fold(normal("Ö1")) == fold("O1") == "01"


@pytest.mark.parametrize(
    ("read", "listed", "weight"),
    [
        ("ABC123", "ABC123", 0.0),
        ("ABC1Z3", "ABC123", FOLDED_COST),
        ("A8C1Z3", "ABC123", 2 * FOLDED_COST),
        ("AKC123", "AXC123", ALIKE_COST),
        ("AWC123", "AXC123", SLIP_COST),
        ("ABC13", "ABC123", SLIP_COST),
        ("ABC1423", "ABC123", SLIP_COST),
        ("BC123", "ABC123", SLIP_COST),
        ("ABC12", "ABC123", SLIP_COST),
        ("ABC1233", "ABC123", SLIP_COST),
        ("ABC1123", "ABC123", SLIP_COST),
        ("A0BC", "AQOBC", None),
        ("AOBC", "AQOBC", SLIP_COST),
        ("ABC321", "ABC123", None),
        ("ABD1", "ABC123", None),
        ("8WC123", "BXC123", None),
        ("", "A", SLIP_COST),
    ],
)
def test_how_far_plates_are_apart(read: str, listed: str, weight: float | None) -> None:
    assert apart(read, listed) == weight
    assert apart(listed, read) == weight


@given(PLATES, st.data())
def test_a_dropped_character_is_near(plate: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(plate) - 1))
    assert apart(plate[:at] + plate[at + 1 :], plate) == SLIP_COST


@given(PLATES, PLATES)
def test_the_distance_is_the_same_from_both_sides(a: str, b: str) -> None:
    assert apart(a, b) == apart(b, a)
    if fold(a) == fold(b) and sum(x != y for x, y in zip(a, b, strict=True)) <= 5:
        assert apart(a, b) is not None


def test_one_less() -> None:
    assert without_one("AAB") == ["AB", "AB", "AA"]
    assert without_one("") == []


@pytest.mark.parametrize(
    ("read", "listed", "said"),
    [
        ("us-ca", "CA", Regions.AGREE),
        ("us-ca", "California", Regions.AGREE),
        ("US/NY", "new york", Regions.AGREE),
        ("us", "us-tx", Regions.AGREE),
        ("DE", "D", Regions.AGREE),
        ("de", "Germany", Regions.AGREE),
        ("us-ca", "us-tx", Regions.DIFFER),
        ("us-ca", "TX", Regions.DIFFER),
        ("fr", "Germany", Regions.DIFFER),
        ("", "CA", Regions.UNKNOWN),
        ("us-ca", "", Regions.UNKNOWN),
        ("--", "CA", Regions.UNKNOWN),
        ("x" * 5000, "CA", Regions.DIFFER),
    ],
)
def test_regions(read: str, listed: str, said: Regions) -> None:
    assert regions(read, listed) is said
    assert regions(listed, read) is said
