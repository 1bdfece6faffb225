"""What readers make of plates: right mostly, wrong as real readers are, and the same each time."""

from __future__ import annotations

from dataclasses import replace

from plate_rig import reading

from drivers.virtual.plan import make_plan
from drivers.virtual.plates.readers import with_readers
from drivers.virtual.plates.reading import MISREAD, MISSED, first_glance, read
from drivers.virtual.traffic import Traffic

START = 1_790_000_040.0
PLAN, READERS = with_readers(make_plan(7, 4), 3)
PASSES = Traffic(PLAN, [PLAN.sites[reader.camera - 1] for reader in READERS]).passes(START, START + 6 * 3600)


def test_most_are_right_some_wrong_and_a_few_missed() -> None:
    results = [(each.car.plate, read(7, each)) for each in PASSES]
    missed = sum(not guesses for _, guesses in results) / len(results)
    wrong = sum(bool(guesses) and guesses[0].text != plate for plate, guesses in results) / len(results)
    assert abs(missed - MISSED) < 0.015
    assert abs(wrong - MISREAD) < 0.03


def test_the_same_pass_is_always_read_the_same_way() -> None:
    assert [read(7, each) for each in PASSES[:200]] == [read(7, each) for each in PASSES[:200]]
    assert [read(7, each) for each in PASSES[:200]] != [read(8, each) for each in PASSES[:200]]


def test_a_misread_differs_by_one_sign_and_often_knows_the_right_text() -> None:
    found = [(each.car.plate, read(7, each, wrong=True)) for each in PASSES[:300]]
    for plate, guesses in found:
        text = guesses[0].text
        assert text != plate
        assert text in (plate[1:], plate[:-1]) or sum(a != b for a, b in zip(text, plate, strict=True)) == 1
        assert guesses[0].confidence < 0.85
        assert [g.confidence for g in guesses] == sorted((g.confidence for g in guesses), reverse=True)
    knows = sum(any(guess.text == plate for guess in guesses) for plate, guesses in found) / len(found)
    assert 0.6 < knows < 0.95


def test_a_car_that_was_asked_for_is_read_right() -> None:
    for each in PASSES[:200]:
        guesses = read(7, replace(each, asked=True))
        assert guesses[0].text == each.car.plate
        assert guesses[0].confidence > 0.85
        assert read(7, replace(each, asked=True), wrong=True)[0].text != each.car.plate


def test_a_first_glance_is_worse_and_less_sure() -> None:
    full = reading()
    glance = first_glance(full)
    assert glance.text != full.text
    assert glance.confidence < full.confidence
    assert first_glance(full) == glance
