"""Joysticks and gamepads as records, and what gives them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class StickState:
    """One stick now. ``id`` is its own for as long as it stays plugged in. Axes in [-1, 1], right and down positive, a
    gamepad's triggers in [0, 1]; a hat is four buttons after the others: up, right, down, left. A gamepad's axes are
    left across, left down, right across, right down, left trigger, right trigger."""

    id: int
    name: str
    axes: tuple[float, ...]
    buttons: tuple[bool, ...]
    gamepad: bool = False


class StickDriver(Protocol):
    """All sticks of this computer. One thread makes it, asks it and closes it."""

    def poll(self) -> tuple[StickState, ...]:
        """Those that are plugged in now, each as it stands; returns at once."""

    def close(self) -> None:
        """Let go of them; a second time does nothing."""
