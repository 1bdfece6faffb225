"""Reading number plates out of pictures ourselves: the records, and what a reader must offer.

Pixels are OpenCV's: rows x columns x 3 or 4 bytes, B, G, R. Boxes and areas are left, top, width, height, as whole
pixels within a picture, or as shares of its size where that is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from drivers.errors import DriverError
from drivers.events import Candidate
from drivers.types import Picture, Polygon

Pixels = npt.NDArray[np.uint8]

SHORTEST, LONGEST = 4, 10
"""Letters and digits of a plate."""
NARROWEST, WIDEST = 1.6, 9.0
"""Width of a line of plate writing divided by its height; plates of two lines are not read."""
LOWEST_PIXELS = 8
"""A line of writing lower than this cannot be read."""
MOST_TILT = 0.45
"""Rise over run of a line of writing: beyond, it is not a plate on a car that stands on its wheels."""

_WRITING = re.compile(r"(?=.*[0-9])(?=.*[A-Z])[A-Z0-9]+")


class Area(NamedTuple):
    """A rectangle in whole pixels."""

    left: int
    top: int
    width: int
    height: int


class Box(NamedTuple):
    """A rectangle as shares of a picture's width and height."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class FoundPlate:
    """What was read at one place of one picture: letters and digits only, in upper case. ``confidence`` and those of
    the ``candidates`` from 0 to 1; ``box`` in the pixels that were looked at."""

    text: str
    confidence: float
    box: Area
    candidates: tuple[Candidate, ...] = ()


class PlateOcr(Protocol):
    """Finds and reads plates. Any thread; works in the thread that calls, on one core. What it costs follows the size
    of the pixels, up to a bound."""

    def __call__(self, pixels: Pixels) -> Sequence[FoundPlate]:
        """All that looks like a plate in these pixels and is wholly in them."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A plate as it was read in one picture, with the picture: ``box`` in shares of that, ``plate`` the plate cut out
    of it and ``scene`` all of it, made smaller where it is large. The pixels are copies."""

    text: str
    confidence: float
    box: Box
    candidates: tuple[Candidate, ...]
    plate: Pixels
    scene: Pixels


class PlateEye(Protocol):
    """What looks at the pictures of one camera. One thread."""

    def moving(self, picture: Picture) -> tuple[Area, ...]:
        """Where something moved since the pictures before, within the regions; quick."""

    def read(self, picture: Picture, areas: Sequence[Area]) -> list[Seen]:
        """The plates in these areas of it."""

    def jpegs(self, seen: Seen) -> tuple[bytes, bytes]:
        """The plate and the scene as JPEG."""


EyeMaking = Callable[[tuple[Polygon, ...]], PlateEye]
"""Makes an eye that looks within these regions (shares of the picture; none: everywhere). May take a second and raises
DriverError where plates cannot be read on this computer."""


class PlatesNotRead(DriverError):
    """This computer has not got what reading plates needs."""

    what = "plates cannot be read on this computer"
    advice = "Reading plates needs the extra part 'plates'. Install it with: pip install \"watchfloor[plates]\""


def plate_like(text: str) -> bool:
    """Whether letters and digits could be those of a plate: so many, and some of both. Plates of digits alone are left
    out, because times and house numbers look the same."""
    return SHORTEST <= len(text) <= LONGEST and _WRITING.fullmatch(text) is not None


def line_like(width: float, height: float, rise: float = 0.0) -> bool:
    """Whether a line of writing of this size (pixels, along and across the line) could be a plate's. ``rise`` is its
    slope: rise over run."""
    if height < LOWEST_PIXELS or abs(rise) > MOST_TILT:
        return False
    return NARROWEST <= width / height <= WIDEST


def pixels_of(picture: Picture) -> Pixels:
    """A picture's rows x columns x 4 without copying; they must not be written to."""
    data: Any = picture.data
    shape, strides = (picture.height, picture.width, 4), (picture.stride, 4, 1)
    return np.ndarray(shape, np.uint8, buffer=data, strides=strides)
