"""Screens come, go and change under a running wall. Runs under an X server of its own, on which RANDR's monitors make
Qt add and remove screens for real."""

import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStackedWidget, QWidget

from console.model.monitor import empty_monitor
from console.model.wall import Monitor, Wall
from console.ui.theme import DARK
from console.ui.wall.surface import WallSurface
from console.ui.wall.windows import WallWindows

LEFT, RIGHT, FAR = (
    ("LEFT", "800/200x600/150+0+0"),
    ("RIGHT", "800/200x600/150+800+0"),
    ("FAR", "800/200x600/150+1600+0"),
)


def xrandr(*words: str) -> None:
    subprocess.run(["xrandr", *words], check=True, capture_output=True, timeout=20)


def plug(monitor: tuple[str, str], output: str = "none") -> None:
    xrandr("--setmonitor", *monitor, output)


def unplug(monitor: tuple[str, str]) -> None:
    xrandr("--delmonitor", monitor[0])


plug(FAR, "screen")  # who has the output stays, or the X server makes a monitor of its own
plug(LEFT)
plug(RIGHT)
app = QApplication(["test"])
theme = DARK


def wait(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: {windows._assignment}, {[s.name() for s in app.screens()]}")
        QTest.qWait(10)


class Desk(QStackedWidget):
    """As the desk does it: its own surface, or the one that it shows in its place."""

    def __init__(self) -> None:
        super().__init__()
        self.own = QWidget(self)
        self.addWidget(self.own)

    def show_instead(self, number: int | None) -> None:
        shown = self.own if number is None else windows.window(number).surface
        self.addWidget(shown)
        self.setCurrentWidget(shown)


desk = Desk()
desk.setGeometry(50, 50, 500, 400)
desk.show()
windows = WallWindows(lambda number: WallSurface(empty_monitor(), theme), theme, desk)
wall = Wall(monitors=tuple(Monitor(number, f"M{number}", empty_monitor()) for number in (1, 2, 3)))


def settled(news: dict) -> None:
    global wall
    for number, screen in news.items():
        wall = wall.with_monitor(replace(wall.monitor(number), screen=screen))


windows.settled.connect(settled)
windows.desk_shows.connect(desk.show_instead)
windows.show_wall(wall)
second, third = windows.window(2), windows.window(3)


def at(number: int) -> str:
    """The screen that shows a monitor, as Qt sees its window; "" while it is on its way to one."""
    window = windows.window(number)
    if not window.isVisible():
        return "nowhere"
    return window.screen().name() if window.geometry() == window.screen().geometry() else ""


wait(lambda: (at(2), at(3)) == ("RIGHT", "FAR"), "at the start")
assert [wall.monitor(number).screen.name for number in (1, 2, 3)] == ["LEFT", "RIGHT", "FAR"]
surface = second.surface
desk.activateWindow()
wait(desk.isActiveWindow, "the desk has the keyboard")

# Unplugged: its window hides, wherever Qt moved it, and its surface waits with its layout.
unplug(RIGHT)
wait(lambda: (at(2), at(3)) == ("nowhere", "FAR"), "monitor 2 unplugged")
assert not surface.isVisible()
assert windows.where(2) is None
assert wall.monitor(2).screen.name == "RIGHT"

# Plugged in again: the same surface on the same screen.
plug(RIGHT)
wait(lambda: (at(2), at(3)) == ("RIGHT", "FAR"), "monitor 2 back")
assert second.surface is surface
assert surface.isVisible()

assert app.activeWindow() is desk

# The same screen with another size. Qt must have seen it go: it does not look again at RANDR's monitors.
SMALL = ("RIGHT", "640/200x480/150+800+0")
unplug(RIGHT)
wait(lambda: at(2) == "nowhere", "monitor 2 unplugged again")
plug(SMALL)
wait(lambda: at(2) == "RIGHT" and second.width() == 640 and surface.height() == 480, "another size")
wait(lambda: wall.monitor(2).screen.width == 640, "the size is remembered")

# Shown where the supervisor said, on another monitor of the wall ...
wall = wall.with_monitor(replace(wall.monitor(2), instead=3))
windows.show_wall(wall)
unplug(RIGHT)
wait(lambda: (at(2), at(3)) == ("FAR", "nowhere"), "monitor 2 in the place of 3")
assert windows.host(2) == 3
assert "while its screen is unplugged" in second.note.text()
assert second.note.isVisible()
plug(SMALL)
wait(lambda: (at(2), at(3)) == ("RIGHT", "FAR"), "both back")
assert not second.note.isVisible()

# ... or in the desk.
wall = wall.with_monitor(replace(wall.monitor(2), instead=1))
windows.show_wall(wall)
unplug(RIGHT)
wait(lambda: desk.currentWidget() is surface and surface.isVisible(), "monitor 2 in the desk")
assert at(2) == "nowhere"
plug(SMALL)
wait(lambda: at(2) == "RIGHT" and surface.isVisible() and desk.currentWidget() is desk.own, "back from the desk")

# All at once, the desk's screen too: somebody still has a desk, and everything finds its place again.
unplug(RIGHT)
unplug(LEFT)
wait(lambda: [screen.name() for screen in app.screens()] == ["FAR"], "one screen is left")
wait(lambda: desk.screen().name() == "FAR" and at(3) == "nowhere", "the desk is not covered")
assert wall.monitor(1).screen.name == "LEFT"
assert wall.monitor(3).screen.name == "FAR"
plug(LEFT)
plug(SMALL)
wait(lambda: desk.screen().name() == "LEFT", "the desk goes home")
wait(lambda: (at(2), at(3)) == ("RIGHT", "FAR"), "all back")

# The operator drags the desk onto a screen of the wall: that window makes room; the next start finds the desk there.
desk.move(1700, 60)
wait(lambda: at(3) == "nowhere" and wall.monitor(1).screen.name == "FAR", "the desk on FAR")
desk.move(60, 60)
wait(lambda: at(3) == "FAR" and wall.monitor(1).screen.name == "LEFT", "the desk on LEFT again")

# A closed window ends nothing and comes back.
third.close()
QTest.qWait(100)
assert at(3) == "nowhere"
windows.identify()
wait(lambda: at(3) == "FAR", "closed and back")
assert sorted(sign.number for sign in windows.signs.standing) == ["1", "2", "3"]

windows.dispose()
desk.close()
sys.stdout.write("plugged")
