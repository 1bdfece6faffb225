"""Numbers typed on the wall."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.callup import CallUp, CallUpError, Keypad, LastCameras, Target, next_camera, parse, resolve
from console.model.layout import grid
from console.model.monitor import MonitorState
from console.model.wall import Monitor, Wall

WALL = Wall(
    monitors=(
        Monitor(1, "desk", MonitorState(grid("16", 4, 4), selected=3)),
        Monitor(2, "left", MonitorState(grid("4", 2, 2), selected=1)),
        Monitor(5, "one", MonitorState(grid("1", 1, 1))),
    )
)
CAMERAS = (5, 17, 99_999)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17", CallUp(None, None, 17)),
        ("5.17", CallUp(None, 5, 17)),
        ("2.5.17", CallUp(2, 5, 17)),
        ("2.5.", CallUp(2, 5, None)),
        ("5.", CallUp(None, 5, None)),
        ("2..", CallUp(2, None, None)),
        ("2..17", CallUp(2, None, 17)),
        ("..17", CallUp(None, None, 17)),
        (".5.", CallUp(None, 5, None)),
        (" 007 ", CallUp(None, None, 7)),
    ],
)
def test_what_can_be_typed(text: str, expected: CallUp) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "No number was typed. Type the number of a camera, then Enter."),
        (" . ", "No number was typed"),
        ("..", "No number was typed"),
        ("1.2.3.4", "There are too many dots. Type monitor.tile.camera, such as 2.5.17."),
        ("2.x.17", "'x' is no number. Type digits and dots"),
        ("-3", "'-3' is no number"),
        ("1 7", "'1 7' is no number"),
        ("²", "'²' is no number"),
        ("١٧", "is no number"),
        ("0", "Numbers begin at 1"),
        ("2.0.1", "Numbers begin at 1"),
        ("123456", "123456 is too long for a number. Numbers have up to 5 digits."),
        ("9" * 5000, "is too long for a number"),
    ],
)
def test_what_can_not_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(CallUpError) as refused:
        parse(text)
    assert sentence in str(refused.value)
    assert len(str(refused.value)) < 120


@given(st.text("0123456789. x", max_size=15))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        call = parse(text)
    except CallUpError:
        return
    assert (call.monitor, call.tile, call.camera) != (None, None, None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("17", Target(1, 3, 17)),
        ("5.17", Target(1, 4, 17)),
        ("2.4.99999", Target(2, 3, 99_999)),
        ("2.4.", Target(2, 3, None)),
        ("2..5", Target(2, 1, 5)),
        ("16.", Target(1, 15, None)),
    ],
)
def test_what_it_means_on_the_wall(text: str, expected: Target) -> None:
    assert resolve(parse(text), WALL, CAMERAS) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("7.1.17", "There is no monitor 7. The wall has 1, 2, 5."),
        ("17.5", "Monitor 1 has no tile 17. It shows 16 tiles; type 1 to 16."),
        ("5.2.17", "Monitor 5 has no tile 2. It shows one tile; type 1 to 1."),
        ("18", "There is no camera 18. Ctrl+K finds cameras by name."),
    ],
)
def test_what_is_not_there_is_named(text: str, sentence: str) -> None:
    with pytest.raises(CallUpError) as refused:
        resolve(parse(text), WALL, CAMERAS)
    assert str(refused.value) == sentence


def test_the_present_monitor_is_the_callers() -> None:
    assert resolve(parse("4.17"), WALL, CAMERAS, monitor=2) == Target(2, 3, 17)
    with pytest.raises(CallUpError, match=r"There is no monitor 1. The wall has none."):
        resolve(parse("17"), Wall(), CAMERAS)


@pytest.mark.parametrize(
    ("current", "step", "expected"),
    [
        (5, 1, 9), (9, 1, 1), (1, -1, 9), (5, -1, 1), (5, 2, 1), (5, 30, 5),
        (None, 1, 1), (None, -1, 9), (6, 1, 9), (6, -1, 5), (10, 1, 1), (0, -1, 9), (0, 1, 1), (10, -1, 9),
    ],
)  # fmt: skip
def test_next_and_previous_go_round(current: int | None, step: int, expected: int) -> None:
    assert next_camera([9, 1, 5], current, step) == expected


def test_next_among_none() -> None:
    assert next_camera([], 5, 1) is None
    assert next_camera([3], 3, 1) == 3


@given(st.sets(st.integers(1, 99), min_size=1), st.integers(0, 100))
def test_next_visits_all_and_previous_goes_back(numbers: set[int], start: int) -> None:
    at = next_camera(numbers, start)
    seen = []
    for _ in numbers:
        assert at is not None
        seen.append(at)
        following = next_camera(numbers, at)
        assert next_camera(numbers, following, -1) == at
        at = following
    assert sorted(seen) == sorted(numbers)


def test_one_key_goes_back_and_forth() -> None:
    last = LastCameras()
    assert last.before(1, 0, None) is None
    last = last.showing(1, 0, 17).showing(1, 0, 17)
    assert last.before(1, 0, 17) is None
    last = last.showing(1, 0, 5).showing(2, 0, 99)
    assert last.before(1, 0, 5) == 17
    last = last.showing(1, 0, 17)
    assert last.before(1, 0, 17) == 5
    assert last.before(2, 0, 99) is None


def test_an_emptied_tile_gets_back_what_it_had() -> None:
    last = LastCameras().showing(1, 0, 17).showing(1, 0, 5).showing(1, 0, None)
    assert last.before(1, 0, None) == 5


def test_a_camera_that_is_no_more_does_not_come_back() -> None:
    last = LastCameras().showing(1, 0, 17).showing(1, 0, 5).showing(1, 1, 5).showing(1, 1, 17)
    gone = last.without(17)
    assert gone.before(1, 0, 5) is None
    assert gone.before(1, 1, None) is None


def typed(keypad: Keypad, keys: str) -> Keypad:
    for key in keys:
        if key == ".":
            keypad.dot()
        elif key == "<":
            keypad.rub_out()
        else:
            keypad.digit(key)
    return keypad


@pytest.mark.parametrize(
    ("keys", "text"),
    [
        ("17", "17"), ("2.5.17", "2.5.17"), ("2.5.1.7", "2.5.17"), ("123456", "6"), ("2.123456", "2.6"),
        ("12<3", "13"), ("1.<2", "12"), ("<", ""), ("...1", "..1"),
    ],
)  # fmt: skip
def test_keys_make_a_text(keys: str, text: str) -> None:
    assert typed(Keypad(), keys).text == text


def test_enter_reads_and_forgets() -> None:
    keypad = Keypad()
    assert keypad.enter() is None
    assert typed(keypad, "2.5.17").enter() == CallUp(2, 5, 17)
    assert keypad.text == ""
    with pytest.raises(CallUpError):
        typed(keypad, "0").enter()
    assert keypad.text == ""
    typed(keypad, "17").clear()
    assert keypad.enter() is None


@given(st.text("0123456789.<", max_size=30))
def test_what_keys_make_is_always_short_and_well_formed(keys: str) -> None:
    keypad = typed(Keypad(), keys)
    parts = keypad.text.split(".")
    assert len(parts) <= 3
    assert all(len(part) <= 5 for part in parts)
