"""What a person sees: screenshots of the X display, and the time codes of the virtual city's cameras in them."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from drivers.virtual import timecode

Pixels = npt.NDArray[np.uint8]

CELLS = np.arange(5.0, 8.3, 0.2)
"""Sizes of a strip's cell to look for, in pixels: pictures from 270 to 440 pixels wide."""
VOTES = 4
"""Readings that agree until a code counts."""
STRIP = (14, 5)
"""Cells of a strip with its margin, across and down."""

_GRABBER = """
import sys, time
from PySide6.QtGui import QGuiApplication
app = QGuiApplication(["grabber"])
for line in sys.stdin:
    app.processEvents()
    first = QGuiApplication.primaryScreen()
    box = first.virtualGeometry().translated(-first.geometry().topLeft())
    shot = first.grabWindow(0, *box.getRect())
    now = time.time_ns() // 1_000_000
    print(now if shot.save(line.strip()) else "failed", flush=True)
"""


@dataclass(frozen=True, slots=True)
class Code:
    """A time code on the screen. ``age_ms`` is how old its picture was when the screen was grabbed, ``taken_ms`` when
    the picture was taken (Unix time); ``picture`` where it lies: x, y, width, height. ``white`` is the brightest level
    of the strip: pictures that are dimmed have less of it."""

    camera: int
    age_ms: int
    taken_ms: int
    picture: tuple[int, int, int, int]
    white: int


@dataclass(frozen=True, slots=True)
class Shot:
    """A screenshot (H x W x 3, BGR) and when it was taken, Unix time in ms."""

    image: Pixels
    at_ms: int

    def codes(self) -> dict[int, Code]:
        """The time codes that can be read, by camera."""
        return {code.camera: code for code in find_codes(self.image, self.at_ms)}

    def part(self, place: tuple[int, int, int, int]) -> Pixels:
        """The pixels of a rectangle: x, y, width, height."""
        x, y, width, height = place
        return self.image[y : y + height, x : x + width]


class Screen:
    """Grabs the X display by a small process of its own, as a screenshot tool would. Context manager."""

    def __init__(self, display: str, folder: Path) -> None:
        self._folder, self._count = folder, 0
        environ = {**os.environ, "DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        self._process = subprocess.Popen(
            [sys.executable, "-c", _GRABBER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environ
        )

    def grab(self) -> Shot:
        """The whole display now."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._count += 1
        path = self._folder / f"screen-{self._count}.png"
        self._process.stdin.write(f"{path}\n")
        self._process.stdin.flush()
        said = self._process.stdout.readline().strip()
        assert said.isdecimal(), f"the screenshot failed: {said!r}"
        return load(path, int(said))

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)


def load(path: Path, at_ms: int) -> Shot:
    """A picture file as a screenshot."""
    image = cv2.imread(str(path))
    assert image is not None, path
    return Shot(np.asarray(image, np.uint8), at_ms)


def find_codes(image: Pixels, at_ms: int) -> list[Code]:
    """Search a screenshot for time codes of any size: wherever the four leading cells (white, black, white, white) may
    begin, the strip is read. Its check sum tells whether it was one; among so many trials a few are right by chance, so
    a code counts only where it is read from several neighbouring places."""
    grey = image.max(axis=2).astype(np.int16)
    found: dict[tuple[int, int], list[tuple[int, int, float]]] = {}
    for cell in CELLS:
        for left, top in _candidates(grey, cell):
            read = _read(image, left, top, cell)
            if read is not None:
                found.setdefault(read, []).append((left, top, cell))
    return [
        _code(grey, read, places[len(places) // 2], at_ms) for read, places in found.items() if len(places) >= VOTES
    ]


def _candidates(grey: npt.NDArray[np.int16], cell: float) -> list[tuple[int, int]]:
    steps = [round(cell * k) for k in range(4)]
    width = grey.shape[1] - steps[3]
    first, second, third, fourth = (grey[::2, step : step + width : 2] for step in steps)
    white = np.minimum(np.minimum(first, third), fourth)
    ys, xs = np.nonzero(white - second > 50)
    ys, xs = 2 * ys, 2 * xs
    # The margin above and to the left is as black as the second cell.
    up, back, black = (
        grey[np.maximum(ys - steps[1], 0), xs],
        grey[ys, np.maximum(xs - steps[1], 0)],
        grey[ys, np.minimum(xs + steps[1], grey.shape[1] - 1)],
    )
    good = (up - black < 25) & (back - black < 25)
    return [(round(x - 1.5 * cell), round(y - 1.5 * cell)) for y, x in zip(ys[good], xs[good], strict=True)]


def _read(image: Pixels, left: int, top: int, cell: float) -> tuple[int, int] | None:
    strip = image[max(0, top) : top + round(STRIP[1] * cell), max(0, left) : left + round(STRIP[0] * cell)]
    if strip.shape[0] < 4 * cell or strip.shape[1] < 13 * cell:
        return None
    return timecode.read_strip(strip)


def _code(grey: npt.NDArray[np.int16], read: tuple[int, int], where: tuple[int, int, float], at_ms: int) -> Code:
    left, top, cell = where
    age = timecode.age_ms(read[0], at_ms)
    width, height = round(cell * 640 / 12), round(cell * 360 / 12)
    right, bottom = left + round(STRIP[0] * cell), top + round(STRIP[1] * cell)
    white = int(grey[top:bottom, left:right].max())
    return Code(read[1], age, at_ms - age, (max(0, right - width), max(0, bottom - height), width, height), white)
