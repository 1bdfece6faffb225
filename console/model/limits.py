"""What a command may ask for at most: values out of range are brought into it before anything is sent."""

from __future__ import annotations

import math
from dataclasses import replace

from console.model import commands as c
from drivers.ptz import Axes

LONGEST_PULSE = 3600.0
LONGEST_RAMP = 600.0


def clamp(value: float, low: float, high: float) -> float:
    """Into the range; what is no number is the low end."""
    return low if math.isnan(value) else min(high, max(low, value))


def signed(value: float | None) -> float | None:
    """A speed, a way or a pan or tilt position in [-1, 1]; what is no number is 0."""
    return None if value is None else 0.0 if math.isnan(value) else min(1.0, max(-1.0, value))


def speeds(axes: Axes) -> Axes:
    """Speeds or ways, each in [-1, 1]."""
    return Axes(signed(axes.pan), signed(axes.tilt), signed(axes.zoom))


def within(command: c.Command) -> c.Command:
    """The command with its values in range."""
    match command:
        case c.Move():
            return replace(command, velocity=speeds(command.velocity))
        case c.StepBy():
            return replace(command, way=speeds(command.way), speed=_speed(command.speed))
        case c.GoTo():
            zoom = command.position.zoom
            position = replace(speeds(command.position), zoom=None if zoom is None else clamp(zoom, 0.0, 1.0))
            return replace(command, position=position, speed=_speed(command.speed))
        case c.GoPreset():
            return replace(command, speed=_speed(command.speed))
        case c.Focus():
            return replace(command, speed=signed(command.speed) or 0.0)
        case c.FocusStep():
            return replace(command, way=signed(command.way) or 0.0)
        case c.FocusTo():
            return replace(command, position=clamp(command.position, 0.0, 1.0))
        case c.PulseOutput():
            return replace(command, seconds=clamp(command.seconds, 0.1, LONGEST_PULSE))
        case c.LightLamps():
            return replace(command, level=clamp(command.level, 0.0, 100.0), ramp=clamp(command.ramp, 0.0, LONGEST_RAMP))
    return command


def _speed(speed: float | None) -> float | None:
    return None if speed is None else clamp(speed, 0.01, 1.0)
