"""A screen changes its size under a running wall: the window follows, and so does what is remembered of the screen."""

import subprocess
import sys
import time

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from console.model.monitor import empty_monitor
from console.model.wall import Monitor, Wall
from console.ui.theme import DARK
from console.ui.wall.windows import WallWindows

app = QApplication(["test"])
windows = WallWindows(lambda number: QWidget(), DARK)
homes = []
windows.settled.connect(homes.append)
windows.show_wall(Wall(monitors=(Monitor(2, "East", empty_monitor()),)))
window = windows.window(2)


def follows(width: int, height: int) -> None:
    deadline = time.monotonic() + 20
    while (window.width(), window.height(), homes[-1][2].width) != (width, height, width):
        assert time.monotonic() < deadline, (window.geometry(), app.screens()[0].geometry(), homes)
        QTest.qWait(10)
    assert window.isVisible()
    assert window.isFullScreen()


follows(*app.screens()[0].size().toTuple())
for words in (
    "--newmode small 31.5 640 664 704 832 480 489 491 520",
    "--addmode screen small",
    "--output screen --mode small",
):
    subprocess.run(["xrandr", *words.split()], check=True, capture_output=True, timeout=20)
follows(640, 480)
windows.dispose()
sys.stdout.write("followed")
