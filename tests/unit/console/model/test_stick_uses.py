"""Which axis and which button of a stick do what."""

from __future__ import annotations

import pytest

from console.model.sticks import (
    HOME,
    SNAPSHOT,
    AxisUse,
    StickSettings,
    deflection,
    preset_of,
    preset_press,
    pressed,
    usual,
)


def test_a_stick_at_rest_asks_for_nothing_though_it_trembles() -> None:
    assert deflection((0.05, -0.05, 0.07), usual("Stick", False)) == ((0.0, 0.0), 0.0)


def test_pushed_away_is_up_and_twisted_is_closer() -> None:
    (x, y), zoom = deflection((0.0, -1.0, 1.0), usual("Stick", False))
    assert (x, y, zoom) == (0.0, 1.0, 1.0)
    (x, y), zoom = deflection((1.0, 0.0, 0.0, -1.0), usual("Pad", True))
    assert (x, y, zoom) == (1.0, 0.0, 1.0)


def test_axes_that_are_not_there_do_nothing() -> None:
    assert deflection((), usual("Stick", False)) == ((0.0, 0.0), 0.0)
    assert deflection((1.0,), StickSettings("S", pan=AxisUse(None), zoom=AxisUse(7))) == ((0.0, 0.0), 0.0)


def test_inversion() -> None:
    (x, _), _ = deflection((1.0, 0.0), StickSettings("S", pan=AxisUse(0, inverted=True)))
    assert x == -1.0


def test_buttons() -> None:
    settings = usual("Stick", False).with_button(3, SNAPSHOT).with_button(0, "")
    assert settings.press(3) == SNAPSHOT
    assert settings.press(0) == ""
    assert settings.press(63) == ""
    assert preset_of(preset_press(7)) == 7
    assert preset_of(HOME) is None
    assert preset_of("preset x") is None


def test_presses_are_what_went_down() -> None:
    assert pressed((False, True), (True, True, True)) == (0, 2)
    assert pressed((True, True), (False, True)) == ()
    assert pressed((), ()) == ()


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="dead zone"):
        StickSettings("S", dead_zone=0.9)
    with pytest.raises(ValueError, match="exponent"):
        StickSettings("S", exponent=float("nan"))
    with pytest.raises(ValueError, match="button"):
        StickSettings("S", buttons=((1, "explode"),))
