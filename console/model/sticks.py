"""Joysticks and gamepads: which axis does what, which button does what, and what a state of them asks for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from console.model.ptz_hands import DEAD_ZONE, EXPONENT, Vector, curve, curve2

MOST_AXES, MOST_BUTTONS, MOST_STICKS = 16, 64, 20
DEAD_ZONES, EXPONENTS = (0.0, 0.5), (1.0, 4.0)
"""The least and the most that each may be."""
PRESETS = 12
"""Presets that buttons can call."""

NEXT, PREVIOUS, SNAPSHOT, STOP, HOME = "next camera", "previous camera", "snapshot", "stop", "home"


def preset_press(number: int) -> str:
    """What a button is for that calls a preset, 1 for the first."""
    return f"preset {number}"


PRESSES = (STOP, HOME, NEXT, PREVIOUS, SNAPSHOT, *(preset_press(number) for number in range(1, PRESETS + 1)))
"""What a button may be for."""


def preset_of(press: str) -> int | None:
    """The number of the preset that a button calls."""
    word, _, number = press.partition(" ")
    return int(number) if word == "preset" and number.isdecimal() and number.isascii() else None


@dataclass(frozen=True, slots=True)
class AxisUse:
    """One axis of a stick, from 0; None: none. ``inverted``: its other end is right, up or closer."""

    axis: int | None
    inverted: bool = False

    def of(self, axes: Sequence[float]) -> float:
        """Its deflection; 0 where the stick has no such axis."""
        if self.axis is None or self.axis >= len(axes):
            return 0.0
        return -axes[self.axis] if self.inverted else axes[self.axis]


@dataclass(frozen=True, slots=True)
class StickSettings:
    """How one kind of stick is used; ``name`` is what it calls itself. Sticks push down positive, so tilt is inverted.
    Raises ValueError with a sentence."""

    name: str
    pan: AxisUse = AxisUse(0)
    tilt: AxisUse = AxisUse(1, inverted=True)
    zoom: AxisUse = AxisUse(2)
    dead_zone: float = DEAD_ZONE
    exponent: float = EXPONENT
    buttons: tuple[tuple[int, str], ...] = field(default=())
    """What the buttons are for, from 0; in order, those without a use left out."""

    def __post_init__(self) -> None:
        for what, value, (least, most) in (
            ("dead zone", self.dead_zone, DEAD_ZONES),
            ("exponent", self.exponent, EXPONENTS),
        ):
            if not least <= value <= most:
                raise ValueError(f"The {what} of a stick must lie between {least} and {most}.")
        if any(not 0 <= button < MOST_BUTTONS or press not in PRESSES for button, press in self.buttons):
            raise ValueError("A button of a stick has an unknown use.")
        object.__setattr__(self, "buttons", tuple(sorted(dict(self.buttons).items())))

    def press(self, button: int) -> str:
        """What a button is for; "" for nothing."""
        return dict(self.buttons).get(button, "")

    def with_button(self, button: int, press: str) -> StickSettings:
        """With another use of a button; "" for none."""
        uses = {key: value for key, value in self.buttons if key != button}
        return replace(self, buttons=tuple({**uses, button: press}.items() if press else uses.items()))


def usual(name: str, gamepad: bool) -> StickSettings:
    """How a stick is used that nobody has set: the first two axes turn; a joystick's third (its twist) zooms, of a
    gamepad the right stick, pushed forward."""
    if gamepad:
        uses: tuple[tuple[int, str], ...] = ((0, STOP), (1, HOME), (2, SNAPSHOT), (9, PREVIOUS), (10, NEXT))
        return StickSettings(name, zoom=AxisUse(3, inverted=True), buttons=uses)
    uses = ((0, STOP), *((number, preset_press(number)) for number in range(1, 9)))
    return StickSettings(name, buttons=uses)


def deflection(axes: Sequence[float], settings: StickSettings) -> tuple[Vector, float]:
    """What a stick asks for on the screen: right and up, and closer; in [-1, 1]."""
    vector = settings.pan.of(axes), settings.tilt.of(axes)
    shaped = curve2(vector, settings.dead_zone, settings.exponent)
    return shaped, curve(settings.zoom.of(axes), settings.dead_zone, settings.exponent)


def pressed(before: Sequence[bool], now: Sequence[bool]) -> tuple[int, ...]:
    """The buttons that went down in between."""
    old = (*before, *[False] * max(0, len(now) - len(before)))
    return tuple(index for index, (was, down) in enumerate(zip(old, now, strict=False)) if down and not was)
