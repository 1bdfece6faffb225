"""The windows of a wall of several monitors, on screens that come, go and differ in scale.

What needs several screens runs in a process of its own: Qt's platform is chosen once per process.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from console.model.monitor import empty_monitor
from console.model.wall import Monitor, ScreenId, Wall
from console.ui.theme import DARK
from console.ui.wall.monitors_dialog import MonitorsDialog, next_number, on_screen, with_new_monitor
from console.ui.wall.windows import WallWindows, place, screen_words

SCREENS = Path(__file__).parent / "screens"
ROOT = Path(__file__).resolve().parents[2]
LEFT = ScreenId("DP-1", "A1", "Dell", "U24", 0, 0, 1920, 1080)
RIGHT = ScreenId("DP-2", "B2", "Dell", "U24", 1920, 0, 1920, 1080)


def run(script: str, **environ: str) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(SCREENS / script)],
        capture_output=True,
        text=True,
        timeout=110,
        env={**os.environ, **environ},
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


def test_two_screens_of_different_scale() -> None:
    platform = f"offscreen:configfile={SCREENS / 'two.json'}"
    done = run("two_scales.py", QT_QPA_PLATFORM=platform, QT_SCREEN_SCALE_FACTORS="LEFT=1;RIGHT=2")
    assert done == "two screens"


@pytest.fixture
def x_server() -> Iterator[str]:
    """A display with room for three monitors, ended afterwards."""
    if not (sys.platform == "linux" and shutil.which("Xvfb") and shutil.which("xrandr")):
        pytest.skip("needs Xvfb and xrandr (Debian packages xvfb and x11-xserver-utils)")
    reading, writing = os.pipe()
    command = ["Xvfb", "-displayfd", str(writing), "-screen", "0", "2400x600x24", "-noreset", "-nolisten", "tcp"]
    server = subprocess.Popen(command, pass_fds=[writing], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(writing)
    try:
        with os.fdopen(reading) as pipe:
            number = pipe.readline().strip()
        assert number, "Xvfb did not start"
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(10)


def test_screens_are_unplugged_and_plugged_in(x_server: str) -> None:
    assert run("hot_plug.py", DISPLAY=x_server, QT_QPA_PLATFORM="xcb") == "plugged"


def test_screens_of_different_scale_are_unplugged_and_plugged_in(x_server: str) -> None:
    factors = "LEFT=1;RIGHT=1;FAR=2"
    done = run("hot_plug.py", DISPLAY=x_server, QT_QPA_PLATFORM="xcb", QT_SCREEN_SCALE_FACTORS=factors)
    assert done == "plugged"


def test_a_screen_changes_its_size(x_server: str) -> None:
    assert run("new_size.py", DISPLAY=x_server, QT_QPA_PLATFORM="xcb") == "followed"


def monitor(number: int, screen: ScreenId | None = None, instead: int | None = None) -> Monitor:
    return Monitor(number, f"M{number}", empty_monitor(), screen, instead)


def test_nothing_covers_the_desk() -> None:
    wall = Wall(monitors=(monitor(1, LEFT), monitor(2, RIGHT)))
    assert place(wall, [LEFT, RIGHT], 0).screens == {1: 0, 2: 1}
    assert place(wall, [LEFT, RIGHT], 1).screens == {1: 1, 2: None}
    assert place(wall, [RIGHT], 0).screens == {1: 0, 2: None}
    assert place(wall, [LEFT, RIGHT], None).screens == {2: 1}


def test_a_new_monitor_takes_the_smallest_free_number() -> None:
    wall = Wall(monitors=(monitor(1), monitor(3)))
    assert next_number(wall) == 2
    added = with_new_monitor(wall, RIGHT)
    assert [each.number for each in added.monitors] == [1, 2, 3]
    assert added.monitors[1].screen == RIGHT
    full = Wall(monitors=tuple(monitor(number) for number in range(1, 65)))
    assert with_new_monitor(full, None) is full


def test_two_monitors_change_screens() -> None:
    wall = on_screen(Wall(monitors=(monitor(1, LEFT), monitor(2, RIGHT))), 1, RIGHT)
    assert [each.screen for each in wall.monitors] == [RIGHT, LEFT]
    assert on_screen(wall, 9, LEFT) is wall


def test_screens_in_words() -> None:
    assert screen_words(LEFT) == "Dell U24 (DP-1), 1920 x 1080"
    assert screen_words(ScreenId("HDMI-1", width=800, height=600)) == "HDMI-1, 800 x 600"


class OneScreen:
    """A wall without a desk, on the one screen of the test's platform."""

    def __init__(self, app: QApplication) -> None:
        self.windows = WallWindows(lambda number: QWidget(), DARK)
        self.wall = Wall(monitors=(monitor(1), monitor(2), monitor(3)))
        self.windows.settled.connect(self._settled)
        self.windows.show_wall(self.wall)

    def _settled(self, news: dict[int, ScreenId]) -> None:
        for number, screen in news.items():
            found = self.wall.monitor(number)
            assert found is not None
            self.wall = self.wall.with_monitor(replace(found, screen=screen))

    def changed(self, wall: Wall) -> None:
        """As the composition root does it."""
        self.wall = wall
        self.windows.show_wall(wall)


@pytest.fixture
def one(qapp: QApplication) -> Iterator[OneScreen]:
    one = OneScreen(qapp)
    yield one
    one.windows.dispose()


def test_a_desk_that_is_shown_later_is_watched(qapp: QApplication, qtbot: QtBot) -> None:
    desk = QWidget()
    qtbot.addWidget(desk)
    windows = WallWindows(lambda number: QWidget(), DARK, desk)
    windows.show_wall(Wall(monitors=(monitor(1), monitor(2))))
    desk.show()
    handle = desk.windowHandle()
    qtbot.waitUntil(lambda: windows._desk_watched is handle)
    windows.dispose()


def test_one_screen_shows_the_first_and_the_others_wait(one: OneScreen) -> None:
    second, third = one.windows.window(2), one.windows.window(3)
    assert second is not None
    assert third is not None
    assert second.isVisible()
    assert not third.isVisible()
    assert one.windows.where(3) is None
    assert one.wall.monitor(2) is not None
    assert one.windows.where(2) == one.windows.screens()[0]


def test_closing_a_window_ends_nothing(one: OneScreen, qtbot: QtBot) -> None:
    window = one.windows.window(2)
    assert window is not None
    with qtbot.waitSignal(one.windows.window_closed) as closed:
        window.close()
    assert closed.args == [2]
    one.windows.identify()
    assert window.isVisible()


def test_keys_reach_the_desk(one: OneScreen) -> None:
    window = one.windows.window(2)
    assert window is not None
    keys: list[str] = []
    one.windows.key_pressed.connect(lambda event: keys.append(event.text()))
    QTest.keyClick(window, Qt.Key.Key_1)
    assert keys == ["1"]


def test_signs_stand_for_a_while(one: OneScreen, qtbot: QtBot) -> None:
    one.windows.identify()
    signs = one.windows.signs
    assert [(sign.number, sign.name) for sign in signs.standing] == [("2", "M2")]
    assert not signs.standing[0].grab().isNull()
    one.windows.identify()  # again: no second sign over the first
    assert len(signs.standing) == 1
    qtbot.waitUntil(lambda: not signs.standing, timeout=20_000)


def test_a_removed_monitor_is_told_before_its_window_goes(one: OneScreen) -> None:
    gone: list[tuple[int, bool]] = []
    surface = one.windows.window(3)
    one.windows.monitor_gone.connect(lambda number: gone.append((number, surface is not None)))
    one.changed(one.wall.without_monitor(3))
    assert gone == [(3, True)]
    assert one.windows.window(3) is None


@pytest.fixture
def dialog(one: OneScreen, qtbot: QtBot) -> MonitorsDialog:
    dialog = MonitorsDialog(lambda: one.wall, one.windows, confirm=lambda question: "M3" in question)
    dialog.wall_changed.connect(one.changed)
    qtbot.addWidget(dialog)
    dialog.show()
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow)
    return dialog


def texts(dialog: MonitorsDialog) -> list[str]:
    return [dialog.list.item(row).text() for row in range(dialog.list.count())]


def test_the_dialog_says_where_monitors_are(dialog: MonitorsDialog, one: OneScreen) -> None:
    first, second, third = texts(dialog)
    assert "desk" in first
    assert screen_words(one.windows.screens()[0]) in second
    assert "no free screen: waits" in third
    one.changed(on_screen(one.wall, 3, LEFT))
    assert "unplugged: waits" in texts(dialog)[2]


def test_a_monitor_is_renamed_added_and_removed_by_keyboard(
    dialog: MonitorsDialog, one: OneScreen, qtbot: QtBot
) -> None:
    dialog.list.setFocus()
    QTest.keyClick(dialog.list, Qt.Key.Key_Down)
    QTest.keyClick(dialog, Qt.Key.Key_N, Qt.KeyboardModifier.AltModifier)
    assert dialog.name.hasFocus()
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "East wall")
    QTest.keyClick(dialog.name, Qt.Key.Key_Tab)
    second = one.wall.monitor(2)
    assert second is not None
    assert second.name == "East wall"
    QTest.keyClick(dialog, Qt.Key.Key_A, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: [each.number for each in one.wall.monitors] == [1, 2, 3, 4])
    assert dialog.list.currentRow() == 3
    dialog.list.setCurrentRow(2)
    dialog.list.setFocus()
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)
    assert [each.number for each in one.wall.monitors] == [1, 2, 4]
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)  # not confirmed
    assert [each.number for each in one.wall.monitors] == [1, 2, 4]
    dialog.list.setCurrentRow(0)
    QTest.keyClick(dialog.list, Qt.Key.Key_Delete)  # the desk stays
    assert [each.number for each in one.wall.monitors] == [1, 2, 4]


def test_where_a_monitor_is_shown_meanwhile(dialog: MonitorsDialog, one: OneScreen) -> None:
    dialog.list.setCurrentRow(2)
    dialog.instead_box.setCurrentIndex(dialog.instead_box.findData(2))
    dialog.instead_box.activated.emit(dialog.instead_box.currentIndex())
    third = one.wall.monitor(3)
    assert third is not None
    assert third.instead == 2
    assert "unplugged: shown on monitor 2" in texts(dialog)[2]
    assert "shows monitor 3 meanwhile" in texts(dialog)[1]
    assert one.windows.host(3) == 2


def test_a_screen_is_given_to_another_monitor(dialog: MonitorsDialog, one: OneScreen) -> None:
    dialog.list.setCurrentRow(2)
    dialog.screen_box.setCurrentIndex(1)
    dialog.screen_box.activated.emit(1)
    second, third = one.windows.window(2), one.windows.window(3)
    assert second is not None
    assert third is not None
    assert third.isVisible()
    assert not second.isVisible()
