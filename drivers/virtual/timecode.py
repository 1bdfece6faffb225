"""A strip of black and white cells in the bottom right corner of every picture of the city: when it was taken, and by
which camera. From it the age of a displayed frame can be read off pixels, also off a screenshot.

Layout: 12 columns by 3 rows of cells on a black ground, one cell of margin all around (14 x 5 cells in all, flush with
the picture's right and bottom edges). A cell is 12/640 of the picture's width and 12/360 of its height, so that it is
still 3.6 pixels wide when the picture is painted 192 pixels wide. Read row by row the 36 bits are::

    1011 | time / 10 ms, 11 bits | camera number - 1, 8 bits | CRC, 13 bits

The four leading bits give the threshold between black and white and reject pictures without a strip; the CRC is the
low 13 bits of CRC-32 (ISO 3309, ``zlib.crc32``) over time and camera. Times count modulo 20 s.
"""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

MODULUS_MS = 20_000
STEP_MS = 10
COLUMNS, ROWS = 12, 3
_ACROSS, _DOWN = COLUMNS + 2, ROWS + 2
_CELL_X, _CELL_Y = 12 / 640, 12 / 360
_ANCHOR = (1, 0, 1, 1)
_MIN_CONTRAST = 50.0


def _bits(value: int, count: int) -> list[int]:
    return [(value >> shift) & 1 for shift in range(count - 1, -1, -1)]


def _crc(time: int, camera: int) -> int:
    return zlib.crc32(bytes((time >> 8, time & 255, camera))) & 0x1FFF


def _edges(width: int, height: int) -> tuple[list[int], list[int]]:
    """Pixel columns and rows where cells begin, with one more at the end."""
    cell_x, cell_y = width * _CELL_X, height * _CELL_Y
    left, top = width - _ACROSS * cell_x, height - _DOWN * cell_y
    return (
        [round(left + cell_x * (column + 1)) for column in range(COLUMNS + 1)],
        [round(top + cell_y * (row + 1)) for row in range(ROWS + 1)],
    )


def region(width: int, height: int) -> tuple[int, int, int, int]:
    """Where the strip with its margin lies in a picture of this size: x, y, width, height in pixels."""
    x = int(width - _ACROSS * width * _CELL_X)
    y = int(height - _DOWN * height * _CELL_Y)
    return x, y, width - x, height - y


def draw(image: npt.NDArray[Any], ms: int, camera: int) -> None:
    """Draw the strip into ``image`` (H x W x 3 uint8, changed in place). ``ms`` is wall time in milliseconds,
    ``camera`` its number from 1 to 256. Raises ValueError for another number."""
    if not 1 <= camera <= 256:
        raise ValueError(f"camera number {camera} is not within 1 to 256")
    height, width = image.shape[:2]
    time = ms % MODULUS_MS // STEP_MS
    bits = [*_ANCHOR, *_bits(time, 11), *_bits(camera - 1, 8), *_bits(_crc(time, camera - 1), 13)]
    xs, ys = _edges(width, height)
    cells = np.asarray(bits, np.uint8).reshape(ROWS, COLUMNS) * np.uint8(235) + np.uint8(8)
    block = np.repeat(np.repeat(cells, np.diff(ys), axis=0), np.diff(xs), axis=1)
    x, y, _, _ = region(width, height)
    image[y:, x:] = 8
    image[ys[0] : ys[-1], xs[0] : xs[-1]] = block[:, :, None]


def read(image: npt.NDArray[Any]) -> tuple[int, int] | None:
    """Read the strip of a whole picture (H x W x 3 or 4, uint8, any scale): time in ms modulo 20 s (10 ms steps) and
    camera number, or None where no valid strip is seen."""
    height, width = image.shape[:2]
    x, y, _, _ = region(width, height)
    return _decode(image[y:, x:], width - x, height - y, width * _CELL_X, height * _CELL_Y)


def read_strip(strip: npt.NDArray[Any], picture: tuple[int, int] | None = None) -> tuple[int, int] | None:
    """As ``read``, from only the part that ``region`` names. ``picture`` is the width and height of the whole picture;
    without it the size of a cell is taken from the strip, which is a little less exact."""
    height, width = strip.shape[:2]
    if picture is None:
        return _decode(strip, width, height, width / _ACROSS, height / _DOWN)
    return _decode(strip, width, height, picture[0] * _CELL_X, picture[1] * _CELL_Y)


def _decode(strip: npt.NDArray[Any], width: int, height: int, cell_x: float, cell_y: float) -> tuple[int, int] | None:
    if strip.ndim != 3 or strip.shape[2] < 3 or cell_x < 2 or cell_y < 2:
        return None
    grey = strip[:, :, :3].max(axis=2)
    columns = width - cell_x * (_ACROSS - 1.5 - np.arange(COLUMNS))
    rows = height - cell_y * (_DOWN - 1.5 - np.arange(ROWS))
    # A painted picture may lie a pixel off after rounding: the straight reading first, then its neighbours.
    for dx, dy in ((0.0, 0.0), (-0.25, 0.0), (0.25, 0.0), (0.0, -0.25), (0.0, 0.25)):
        across = np.clip((columns + dx * cell_x).astype(int), 0, width - 1)
        down = np.clip((rows + dy * cell_y).astype(int), 0, height - 1)
        found = _parse(grey[np.ix_(down, across)].ravel().astype(float))
        if found is not None:
            return found
    return None


def _parse(levels: npt.NDArray[np.float64]) -> tuple[int, int] | None:
    white, black = min(levels[0], levels[2], levels[3]), levels[1]
    if white - black < _MIN_CONTRAST:
        return None
    bits = levels > (white + black) / 2
    value = int("".join("1" if bit else "0" for bit in bits), 2)
    time, camera = value >> 21 & 0x7FF, value >> 13 & 0xFF
    if value >> 32 != 0b1011 or time >= MODULUS_MS // STEP_MS or value & 0x1FFF != _crc(time, camera):
        return None
    return time * STEP_MS, camera + 1


def age_ms(code_ms: int, now_ms: int) -> int:
    """Age in ms of a picture with this code at wall time ``now_ms``, modulo 20 s, as a value from -1000 (the picture's
    clock runs ahead by up to a second) to 18999. A code is rounded down to 10 ms, so an age is never told too small."""
    return (now_ms - code_ms + 1000) % MODULUS_MS - 1000
