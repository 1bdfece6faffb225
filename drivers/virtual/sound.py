"""What the virtual city sounds like, as G.711: traffic that swells and passes, and the ticking of a crossing whose
pitch belongs to the camera, so that a listener (and a test) can tell which camera is heard.

Twenty seconds that go round without a seam, aligned to the wall clock like the pictures.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from drivers.virtual.plan import PERIOD_S

RATE = 8000
"""Samples a second, one byte each."""
_LOUD = 32_635
_BIAS = 132


def pitch(number: int) -> float:
    """The frequency of a camera's crossing signal, Hz; whole cycles fit the period."""
    return 500.0 + 20.0 * ((number * 7) % 64)


def street(number: int, seed: int = 0) -> npt.NDArray[np.float64]:
    """One period of sound, samples in [-1, 1]."""
    count = round(PERIOD_S * RATE)
    dice = np.random.default_rng((seed, number))
    time = np.arange(count) / RATE
    # A spectrum with random phases sounds like a rush and repeats without a seam; 1/f is the far hum of a city.
    tone = np.fft.rfftfreq(count, 1 / RATE)
    phases = np.exp(2j * np.pi * dice.random(len(tone)))
    hum = np.fft.irfft(phases / np.maximum(tone, 60.0), count)
    rush = np.fft.irfft(phases * np.exp(-(((tone - 600) / 500) ** 2)), count)
    hum, rush = hum / np.abs(hum).max(), rush / np.abs(rush).max()
    passing = np.zeros(count)
    for when in dice.random(5) * PERIOD_S:
        away = (time - when + PERIOD_S / 2) % PERIOD_S - PERIOD_S / 2
        passing += np.exp(-((away / 1.2) ** 2))
    ticking = np.sin(2 * np.pi * pitch(number) * time) * np.exp(-30.0 * (time % 0.5))
    mixed = 0.15 * hum + 0.25 * rush * np.minimum(1.0, passing) + 0.35 * ticking
    return np.asarray(mixed / np.abs(mixed).max() * 0.7)


def mu_law(samples: npt.NDArray[np.float64]) -> bytes:
    """Samples in [-1, 1] as G.711 mu-law (ITU-T G.711, table 2a), a byte each: sign, segment, step, all inverted."""
    values = np.clip(np.rint(samples * 32_767), -_LOUD, _LOUD).astype(np.int32)
    sign = np.where(values < 0, 0x80, 0)
    size = np.abs(values) + _BIAS
    segment = np.floor(np.log2(size)).astype(np.int32) - 7
    step = (size >> (segment + 3)) & 0x0F
    return bytes((~(sign | segment << 4 | step) & 0xFF).astype(np.uint8))


def voice(number: int, seed: int = 0) -> bytes:
    """One period of a camera's sound as it is sent."""
    return mu_law(street(number, seed))
