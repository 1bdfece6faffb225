"""What alarms sound like: a figure of tones for each priority, told apart by rhythm as well as by pitch, so that they
are known without counting. Made by arithmetic, of partials that small speakers can play and old ears can hear."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from console.model.alarms import Priority
from drivers.interfaces import SOUND_RATE

_RISE, _FALL = 0.012, 0.045
"""Seconds in which a tone comes and goes: without them it clicks."""
_PARTIALS = ((1, 1.0), (2, 0.5), (3, 0.35), (4, 0.15))

Figure = tuple[tuple[float, float, float], ...]
"""Tones as frequency in hertz, seconds, and seconds of silence after it."""

FIGURES: dict[Priority, tuple[Figure, float]] = {
    # Two hurried groups of a falling fourth: something must be done now.
    Priority.CRITICAL: (((988, 0.11, 0.03), (740, 0.11, 0.03), (988, 0.11, 0.22)) * 2, 0.95),
    # Three rising tones.
    Priority.HIGH: (((587, 0.16, 0.05), (740, 0.16, 0.05), (880, 0.26, 0.0)), 0.75),
    # Two equal, calm ones.
    Priority.MEDIUM: (((523, 0.24, 0.14), (523, 0.24, 0.0)), 0.55),
    # One short and low.
    Priority.LOW: (((392, 0.18, 0.0),), 0.4),
}
"""The figure of each priority and how loud it is, from 0 to 1."""


@cache
def sound_of(priority: Priority) -> bytes:
    """The figure as the sound card takes it: 16-bit little-endian stereo at ``SOUND_RATE``."""
    figure, level = FIGURES[priority]
    parts = [part for hertz, seconds, rest in figure for part in (_tone(hertz, seconds), _silence(rest))]
    wave = np.concatenate(parts) * level
    both = np.repeat((wave * 32767).astype("<i2"), 2)
    return both.tobytes()


def _tone(hertz: float, seconds: float) -> NDArray[np.float64]:
    count = round(seconds * SOUND_RATE)
    time = np.arange(count) / SOUND_RATE
    wave = np.zeros(count)
    for times, weight in _PARTIALS:
        wave += weight * np.sin(2 * np.pi * hertz * times * time)
    wave /= np.abs(wave).max()
    rise, fall = round(_RISE * SOUND_RATE), round(_FALL * SOUND_RATE)
    envelope = np.ones(count)
    envelope[:rise] = np.linspace(0.0, 1.0, rise)
    envelope[count - fall :] = np.linspace(1.0, 0.0, fall)
    return np.asarray(wave * envelope)


def _silence(seconds: float) -> NDArray[np.float64]:
    return np.zeros(round(seconds * SOUND_RATE))
