"""From likelihoods to letters and digits."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from drivers.ocr.letters import MOST_CANDIDATES, SIGNS, Alphabet, Floats

KNOWN = [*"!-.", *SIGNS, *SIGNS.lower(), "京"]
ALPHABET = Alphabet(KNOWN)
NONE = ""


def answer(*columns: dict[str, float]) -> Floats:
    """One column of likelihoods each; what is not named is for "none"."""
    made = np.zeros((len(columns), len(KNOWN) + 1), np.float32)
    for row, column in zip(made, columns, strict=True):
        for sign, likely in column.items():
            row[0 if sign == NONE else KNOWN.index(sign) + 1] = likely
        row[0] += max(0.0, 1.0 - sum(column.values()))
    return made


def spelt(text: str) -> Floats:
    columns = []
    for before, sign in pairwise("\0" + text):
        columns += [{NONE: 1.0}] * (before == sign) + [{sign: 1.0}]
    return answer(*columns)


def test_repeated_columns_are_one_sign_unless_none_lies_between() -> None:
    assert ALPHABET.read(answer({"A": 0.9}, {"A": 0.8}, {NONE: 1.0}, {"A": 0.9}, {"1": 0.9})).text == "AA1"


def test_separators_and_foreign_signs_are_left_out() -> None:
    assert ALPHABET.read(spelt("AB-12.京C")).text == "AB12C"


def test_small_letters_of_the_same_shape_count_for_their_capitals() -> None:
    assert ALPHABET.read(answer({"S": 0.3, "s": 0.4, "5": 0.2})).text == "S"


def test_confidence_falls_with_each_doubt() -> None:
    sure, unsure = ALPHABET.read(spelt("AB12")), ALPHABET.read(answer({"A": 1.0}, {"B": 0.4, "8": 0.35}))
    assert sure.confidence == pytest.approx(1.0)
    assert unsure.confidence == pytest.approx(0.4**0.5, abs=1e-3)


def test_other_ways_to_read_are_told_the_likeliest_first() -> None:
    line = ALPHABET.read(answer({"B": 0.6, "8": 0.3}, {"O": 0.5, "0": 0.4, "D": 0.1}))
    assert [each.plate for each in line.candidates][:2] == ["B0", "8O"]
    assert all((each.confidence or 0) <= line.confidence for each in line.candidates)
    flat = dict.fromkeys(SIGNS, 1 / 36)
    assert len(ALPHABET.read(answer(*([flat, {NONE: 1.0}] * 8))).candidates) <= MOST_CANDIDATES


def test_nothing_is_nothing() -> None:
    assert ALPHABET.read(answer({NONE: 1.0}, {NONE: 1.0})).text == ""


def test_a_recogniser_of_another_writing_is_refused() -> None:
    with pytest.raises(ValueError, match="does not know 9"):
        Alphabet(list(SIGNS[:-1]))
