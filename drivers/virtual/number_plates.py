"""Number plates: how some countries write them, and how they look.

A plate has two spellings: as it hangs on the car ("AB12 CDE") and as readers send it, letters and digits only. The
letters are strokes of even width that fill the plate, so that characters in a reader's picture are tall enough for
reading by machine.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
_TALL, _WIDE = 100, 416
CAP_SHARE = 0.66
"""The height of a character as a share of the plate's."""


@dataclass(frozen=True, slots=True)
class Region:
    """Who issues a plate: ``country`` and ``country3`` by ISO 3166-1, ``state`` within it or "". ``form``: ``A`` is a
    letter, ``9`` a digit, all else stands for itself. ``band`` is the colour (B, G, R) of the strip at the left."""

    country: str
    country3: str
    state: str
    form: str
    ground: tuple[int, int, int]
    band: tuple[int, int, int] | None

    @property
    def code(self) -> str:
        """As Rekor and Plate Recognizer write it: ``gb``, ``us-ca``."""
        return "-".join(part.lower() for part in (self.country, self.state) if part)


_WHITE, _YELLOW, _BLUE = (240, 242, 240), (60, 205, 250), (150, 70, 30)
REGIONS = (
    Region("GB", "GBR", "", "AA99 AAA", _WHITE, _BLUE),
    Region("DE", "DEU", "", "AA-AA 999", _WHITE, _BLUE),
    Region("FR", "FRA", "", "AA-999-AA", _WHITE, _BLUE),
    Region("NL", "NLD", "", "A-999-AA", _YELLOW, _BLUE),
    Region("US", "USA", "CA", "9AAA999", _WHITE, None),
)
_SHARES = (0.55, 0.15, 0.12, 0.10, 0.08)


@dataclass(frozen=True, slots=True)
class Plate:
    """One plate: ``shown`` as it hangs on the car, and whose it is."""

    shown: str
    region: Region

    @property
    def text(self) -> str:
        """Letters and digits only, as readers send it."""
        return compact(self.shown)


def compact(text: str) -> str:
    """Upper-case letters and digits of a plate, nothing else."""
    return "".join(sign for sign in text.upper() if sign.isascii() and sign.isalnum())


def make_plate(rng: random.Random) -> Plate:
    """A plate that follows its region's form."""
    region = rng.choices(REGIONS, _SHARES)[0]
    signs = (
        rng.choice(_LETTERS) if sign == "A" else rng.choice("0123456789") if sign == "9" else sign
        for sign in region.form
    )
    return Plate("".join(signs), region)


def region_of(text: str) -> Region:
    """The region whose form fits a plate; the first one where none does."""
    shape = "".join("9" if sign.isdigit() else "A" for sign in compact(text))
    return next((region for region in REGIONS if compact(region.form) == shape), REGIONS[0])


@lru_cache(maxsize=512)
def picture(plate: Plate, width: int) -> Image:
    """A plate's picture (B, G, R), ``width`` pixels wide; treat it as read-only."""
    big = np.full((_TALL, _WIDE, 3), plate.region.ground, np.uint8)
    left = 12
    if plate.region.band is not None:
        cv2.rectangle(big, (0, 0), (34, _TALL), plate.region.band, -1)
        left = 42
    cv2.rectangle(big, (0, 0), (_WIDE - 1, _TALL - 1), (30, 28, 28), 4)
    ink = _ink(plate.shown)
    high = round(CAP_SHARE * _TALL)
    wide = min(round(ink.shape[1] * high / ink.shape[0] * 0.8), _WIDE - left - 12)
    ink = np.asarray(cv2.resize(ink, (wide, high), interpolation=cv2.INTER_AREA), np.uint8)
    x, y = left + (_WIDE - 12 - left - wide) // 2, (_TALL - high) // 2
    part = big[y : y + high, x : x + wide]
    dark = np.array((24, 20, 20), np.float32)
    share = ink[:, :, None].astype(np.float32) / 255
    part[:] = np.asarray(part * (1 - share) + dark * share, np.uint8)
    return np.asarray(cv2.resize(big, (width, round(width * _TALL / _WIDE)), interpolation=cv2.INTER_AREA), np.uint8)


def _ink(text: str) -> npt.NDArray[np.uint8]:
    """The characters as they cover the ground, 0 to 255, cut to their outline."""
    scale, thick, apart = 4.0, 15, 16
    x, canvas = 20, np.zeros((140, 140 * max(1, len(text)) + 40), np.uint8)
    for sign in text:
        if sign in " -":
            x += 26
            continue
        (wide, _), _ = cv2.getTextSize(sign, cv2.FONT_HERSHEY_SIMPLEX, scale, thick)
        cv2.putText(canvas, sign, (x, 115), cv2.FONT_HERSHEY_SIMPLEX, scale, 255, thick, cv2.LINE_AA)
        x += wide + apart - 14
    rows, columns = np.flatnonzero(canvas.any(axis=1)), np.flatnonzero(canvas.any(axis=0))
    if not len(rows):
        return np.zeros((10, 10), np.uint8)
    return canvas[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
