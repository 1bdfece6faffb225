"""A wall on two screens of scale 1 and 2: whole screens are filled, pictures are copied pixel by pixel on both.

The scale comes from QT_SCREEN_SCALE_FACTORS: with ``dpr`` in the platform's file the screens say 2, yet windows paint
at 1.
"""

import sys
from dataclasses import replace

import numpy as np
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QApplication, QWidget

from console.model.layout import preset
from console.model.monitor import empty_monitor, showing
from console.model.tile_state import TileState, TileVerdict
from console.model.wall import Monitor, Wall
from console.ui.theme import DARK
from console.ui.wall.surface import WallSurface
from console.ui.wall.tile_view import BarText
from console.ui.wall.windows import WallWindows, screen_id
from drivers.types import Picture

app = QApplication(["test"])
theme = DARK
screens = app.screens()
assert [screen.devicePixelRatio() for screen in screens] == [1.0, 2.0], screens
layout = preset("Quad")
surfaces = {}


def surface_for(number):
    surfaces[number] = WallSurface(showing(layout, [number]), theme)
    return surfaces[number]


def settle():
    for _ in range(5):
        app.processEvents()


desk = QWidget()
desk.resize(600, 400)
desk.show()
desk.activateWindow()
settle()
windows = WallWindows(surface_for, theme, desk)
homes = []
windows.settled.connect(homes.append)
wall = Wall(monitors=(Monitor(1, "Desk", empty_monitor()), Monitor(2, "East", empty_monitor())))
windows.show_wall(wall)
settle()

window = windows.window(2)
assert window.screen() is screens[1]
assert window.geometry() == screens[1].geometry(), window.geometry()
assert window.isFullScreen()
assert window.isVisible()
assert not window.isActiveWindow()
assert app.activeWindow() is desk, app.activeWindow()
assert homes == [{1: screen_id(screens[0]), 2: screen_id(screens[1])}], homes
assert windows.free_screens() == []

surface = surfaces[2]
assert surface.devicePixelRatioF() == 2.0
live = TileVerdict(TileState.LIVE, "LIVE")
tile = surface.tiles[0]
area = tile.area
assert surface.tiles[-1].rect.x + surface.tiles[-1].rect.width == 1920  # device pixels
width, height = area.width & ~1, area.height & ~1
dots = np.indices((height, width)).sum(axis=0) % 2 * 255  # a chess board of single device pixels
pixels = np.repeat(dots.astype(np.uint8)[:, :, None], 4, axis=2)
surface.say(0, BarText("2", "Gate", "", live, False))
surface.put({2: Picture(pixels.tobytes(), width, height, 4 * width, 0.0, 0.0, width, height)})
image = window.grab().toImage()
assert (image.width(), image.height()) == (1920, 1080), image.size()
spot = tile.picture_rect()
shown = image.copy(spot).convertToFormat(image.Format.Format_RGB32)
seen = np.frombuffer(shown.constBits(), np.uint8).reshape(spot.height(), shown.bytesPerLine() // 4, 4)
assert (seen[:, : spot.width(), :3] == pixels[:, :, :3]).all(), "not copied pixel by pixel"

# The supervisor changes the two round: the desk goes to the right, the wall's window to the left.
left, right = (screen_id(screen) for screen in screens)
changed = wall.with_monitor(replace(wall.monitor(1), screen=right)).with_monitor(replace(wall.monitor(2), screen=left))
windows.show_wall(changed)
settle()
assert desk.screen() is screens[1], desk.screen()
assert window.screen() is screens[0]
assert window.geometry() == screens[0].geometry()
assert surface.devicePixelRatioF() == 1.0
tiles = surface.tiles
assert tiles[-1].rect.x + tiles[-1].rect.width == 1280, tiles[-1].rect

windows.identify()
settle()
signs = windows.signs.standing
assert [(sign.number, sign.screen().name()) for sign in signs] == [("2", "LEFT"), ("1", "RIGHT")]
if len(sys.argv) > 1:
    signs[1].grab().save(sys.argv[1])
assert app.activeWindow() is desk
keys = []
windows.key_pressed.connect(lambda event: keys.append(event.text()))
app.sendEvent(surface, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_7, Qt.KeyboardModifier.NoModifier, "7"))
assert keys == ["7"]
windows.dispose()
settle()
assert app.topLevelWidgets() == [desk], app.topLevelWidgets()
desk.close()
sys.stdout.write("two screens")
