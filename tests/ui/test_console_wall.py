"""The composed console on its wall: evidence, looks, edit mode, presets and monitors by their keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QInputDialog, QLabel
from pytestqt.qtbot import QtBot
from test_console import House, film
from ui_fakes import FakeFinder

from console import paths
from console.model.layout_edit import split
from console.model.site import Site
from console.store.layout_file import load_layout
from drivers.types import Fit

K, M = Qt.Key, Qt.KeyboardModifier
SHIFT, CTRL = M.ShiftModifier, M.ControlModifier


@pytest.fixture
def house(qtbot: QtBot) -> Iterator[House]:
    """A site of three cameras that send nothing; two of them on the wall."""
    house = House(qtbot, Site("Town", (film(1), film(2), film(17))), FakeFinder())  # type: ignore[arg-type]
    house.console.wall.go(house.wall.placed(1, 0).placed(2, 1).chosen(0))
    house.desk.activateWindow()
    qtbot.waitUntil(house.desk.isActiveWindow)
    house.console.wall.surface.setFocus()
    qtbot.waitUntil(lambda: "Incident" in house.console.room.layouts)
    try:
        yield house
    finally:
        house.console.stop()


def press(house: House, key: Qt.Key, modifiers: Qt.KeyboardModifier = M.NoModifier) -> None:
    QTest.keyClick(house.console.wall.surface, key, modifiers)


def said(house: House, words: str) -> None:
    house.qtbot.waitUntil(lambda: words in house.texts(), timeout=15_000)


def test_a_snapshot_that_cannot_be_taken_is_said(house: House) -> None:
    press(house, K.Key_S)
    said(house, "No snapshot was taken.")


def test_a_recording_begins_and_ends_with_one_key_and_is_seen_on_the_tile(house: House) -> None:
    press(house, K.Key_S, SHIFT)
    said(house, "Camera 1 is being recorded")
    assert house.console.pool.recorded == {1}
    house.console.wall.refresh()
    text = house.console.wall.surface.tiles[0].text
    assert text is not None
    assert "REC" in text.marks
    house.qtbot.waitUntil(lambda: "1 recording" in house.texts())
    press(house, K.Key_S, SHIFT)
    said(house, "has ended")
    assert house.console.pool.recorded == frozenset()


def test_nothing_to_replay_and_nothing_to_export_are_said(house: House) -> None:
    press(house, K.Key_R)
    said(house, "Nothing of this camera is kept yet")
    press(house, K.Key_E, CTRL | SHIFT)
    said(house, "Nothing of the cameras on this monitor is kept yet")


def test_the_next_fit_is_kept_in_the_site(house: House) -> None:
    press(house, K.Key_F, SHIFT)
    house.qtbot.waitUntil(lambda: house.saved[-1].cameras[0].view.fit is Fit.FILL)
    assert house.console.wall.surface.tiles[0].fit is Fit.FILL


def test_listening_is_said_and_ends(house: House) -> None:
    press(house, K.Key_H)
    house.qtbot.waitUntil(house.console.sound_bar.isVisible)
    assert house.console.engine.listener.state.number == 1
    press(house, K.Key_H)
    house.qtbot.waitUntil(lambda: not house.console.sound_bar.isVisible())


def test_a_preset_is_remembered_on_a_key_and_shown_by_it(house: House) -> None:
    def name_it() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QInputDialog)
        dialog.setTextValue("Night")
        dialog.accept()

    QTimer.singleShot(0, name_it)
    press(house, K.Key_F2, SHIFT)
    said(house, "Night is remembered. F2 shows it.")
    press(house, K.Key_Delete)
    assert house.wall.camera(0) is None
    press(house, K.Key_F2)
    assert house.wall.camera(0) == 1
    house.qtbot.waitUntil(lambda: [p.name for p in house.walls[-1].presets] == ["Night"])
    press(house, K.Key_F3)
    said(house, "No preset is on F3.")


def test_edit_mode_publishes_what_was_drawn_and_not_before(house: House) -> None:
    press(house, K.Key_E, CTRL)
    house.qtbot.waitUntil(lambda: house.console.editing.window is not None)
    window = house.console.editing.window
    assert window is not None
    before = house.wall.layout
    window.draft.pick(5)
    window.draft.split(2, 1)
    assert house.wall.layout == before
    assert window.draft.layout == split(before, 5, 2, 1)
    window.publish()
    house.qtbot.waitUntil(lambda: house.wall.layout == window.draft.layout)
    assert (house.wall.camera(0), house.wall.camera(1)) == (1, 2)
    files = list(paths.own_layouts().glob("*.json"))
    assert [load_layout(file) for file in files] == [window.draft.layout]
    window.close()
    house.qtbot.waitUntil(lambda: house.console.editing.window is None)
    house.console.room.undo()
    assert house.wall.layout == before


def test_a_draft_of_a_crash_is_there_again(house: House) -> None:
    press(house, K.Key_E, CTRL)
    house.qtbot.waitUntil(lambda: house.console.editing.window is not None)
    window = house.console.editing.window
    assert window is not None
    window.draft.split(2, 1)
    drawn = window.draft.layout
    file = Path(paths.data_dir()) / "draft.json"
    house.qtbot.waitUntil(lambda: file.exists() and load_layout(file) == drawn, timeout=15_000)


def test_another_monitor_is_there_at_once_and_goes_again(house: House) -> None:
    from console.ui.wall.monitors_dialog import with_new_monitor

    console = house.console
    console.arranging.take(with_new_monitor(console.room.wall, None))
    assert sorted(console.room.controllers) == [1, 2]
    console.room.activate(2)
    QTest.keyClick(console.desk.own_wall.surface, K.Key_1)
    press_on = console.desk.own_wall.surface
    QTest.keyClick(press_on, K.Key_7)
    QTest.keyClick(press_on, K.Key_Return)
    assert console.room.controllers[2].state.camera(0) == 17, "digits go to the monitor that the hands are on"
    console.arranging.take(console.room.wall.without_monitor(2))
    assert sorted(console.room.controllers) == [1]
    assert console.room.active_number == 1
    console.pulse.words.emit()  # a monitor that is gone hears nothing any more


def test_ctrl_k_opens_the_palette_over_the_wall(house: House) -> None:
    press(house, K.Key_K, CTRL)
    assert house.console.palette.isVisible()
    QTest.keyClick(house.console.palette, K.Key_Escape)


def test_the_panel_keeps_its_width_whatever_is_selected(house: House) -> None:
    widths = set()
    for tile in (0, 5, 1):
        house.console.wall.go(house.wall.chosen(tile))
        QTest.qWait(1)
        widths.add(house.console.details.width())
    assert len(widths) == 1
    assert house.desk.findChildren(QLabel)


def test_hands_on_a_monitor_that_is_unplugged_come_home(house: House) -> None:
    from console.ui.wall.monitors_dialog import with_new_monitor

    console = house.console
    console.arranging.take(with_new_monitor(console.room.wall, None))  # there is one screen: it waits
    console.room.activate(2)
    console.windows.changed.emit()
    assert console.room.active_number == 1
    said(house, "Monitor 2 is unplugged.")
