"""At 200 % scaling pictures go to the glass pixel by pixel, and cv2 beside PySide6 does not disturb the wall.

Each runs in a process of its own: scale and import order belong to the whole process.
"""

from __future__ import annotations

import os
import subprocess
import sys

SHARP = """
import sys
import numpy as np
from PySide6.QtWidgets import QApplication
from console.app import dress
from console.model.layout import preset
from console.model.tile_state import TileState, TileVerdict
from console.model.monitor import empty_monitor
from console.ui.wall.surface import WallSurface
from console.ui.wall.tile_view import BarText
from drivers.types import Picture

app = QApplication(["test"])
theme = dress(app)
surface = WallSurface(empty_monitor(preset("Quad")).placed(1, 0).placed(2, 3).chosen(1), theme)
surface.resize(501, 307)
surface.show()
app.processEvents()
scale = surface.devicePixelRatioF()
assert scale == float(sys.argv[1]), scale
live = TileVerdict(TileState.LIVE, "LIVE")
pictures = {}
for number, index in ((1, 0), (2, 3)):
    area = next(tile for tile in surface.tiles if tile.index == index).area
    width, height = area.width & ~1, area.height & ~1
    dots = np.indices((height, width)).sum(axis=0) % 2 * 255  # a chess board of single device pixels
    pixels = np.repeat(dots.astype(np.uint8)[:, :, None], 4, axis=2)
    pictures[number] = Picture(pixels.tobytes(), width, height, 4 * width, 0.0, 0.0, width, height)
    surface.say(index, BarText(str(number), "Gate", "", live, False))
surface.put(pictures)
image = surface.grab().toImage()
assert image.width() == round(501 * scale), image.width()
for index in (0, 3):
    tile = next(tile for tile in surface.tiles if tile.index == index)
    place = tile.picture_rect()
    assert place.width() == tile.picture.width, "the picture was scaled"
    shown = image.copy(place).convertToFormat(image.Format.Format_RGB32)
    seen = np.frombuffer(shown.constBits(), np.uint8).reshape(place.height(), shown.bytesPerLine() // 4, 4)
    assert (seen[:, : place.width(), :3] == np.frombuffer(tile.picture.data, np.uint8).reshape(
        place.height(), place.width(), 4)[:, :, :3]).all(), "not copied pixel by pixel"
bar = surface.tiles[0].rect.height - surface.tiles[0].area.height
assert bar >= 10 * scale, bar
print("sharp")
"""

CV2_FIRST = """
import cv2
from PySide6.QtWidgets import QApplication, QApplication as A
from console.app import dress
from console.model.layout import preset
from console.model.monitor import empty_monitor
from console.ui.wall.surface import WallSurface

app = QApplication(["test"])
surface = WallSurface(empty_monitor(preset("3x3")), dress(app))
surface.resize(640, 360)
surface.show()
app.processEvents()
assert not surface.grab().isNull()
assert "cv2" not in " ".join(app.libraryPaths()), app.libraryPaths()
print("painted by", app.platformName())
"""


def test_pictures_are_sharp_at_200_percent() -> None:
    assert run(SHARP, "2.0", QT_SCALE_FACTOR="2") == "sharp"


def test_pictures_are_sharp_at_150_percent() -> None:
    assert run(SHARP, "1.5", QT_SCALE_FACTOR="1.5") == "sharp"


def test_cv2_imported_first_does_not_disturb_the_wall() -> None:
    assert run(CV2_FIRST).startswith("painted by")


def run(code: str, *arguments: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", **environ},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
