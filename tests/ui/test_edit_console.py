"""Edit mode in the console as it is composed: opened, previewed, published, and found again after a restart."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from edit_fakes import CTRL
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from test_console import House, film
from ui_fakes import FakeFinder

from console import paths
from console.model.items import CameraItem
from console.model.site import Site
from console.store.layout_library import LayoutLibrary
from console.ui.edit.window import EditWindow
from console.ui.wall.surface import WallSurface

Key = Qt.Key


@pytest.fixture
def house(qtbot: QtBot) -> Iterator[House]:
    """Three cameras; their streams are files that are not there."""
    house = House(qtbot, Site("Town", (film(1), film(2), film(17))), FakeFinder())  # type: ignore[arg-type]
    try:
        yield house
    finally:
        house.console.stop()


def opened(house: House) -> EditWindow:
    """By key, on the desk."""
    house.desk.activateWindow()
    house.qtbot.waitUntil(house.desk.isActiveWindow)
    house.console.wall.surface.setFocus()
    QTest.keyClick(house.console.wall.surface, Key.Key_E, CTRL)
    house.qtbot.waitUntil(lambda: house.console.editing.window is not None)
    window = house.console.editing.window
    assert isinstance(window, EditWindow)
    window.activateWindow()
    house.qtbot.waitUntil(window.isActiveWindow)
    window.canvas.setFocus()
    return window


def test_edit_preview_publish_restart_and_the_same_is_there(house: House, qtbot: QtBot) -> None:
    window = opened(house)
    before = house.wall
    window.line.name.setText("Gates")
    window.line.name.editingFinished.emit()
    QTest.keyClick(window.canvas, Key.Key_H)
    QTest.keyClicks(window.canvas, "17")
    QTest.keyClick(window.canvas, Key.Key_Return)
    assert window.draft.layout.cells[0].item == CameraItem(17)
    assert house.wall == before

    window.preview()
    surface = window.stage.findChild(WallSurface)
    assert isinstance(surface, WallSurface)
    assert surface.state.camera(0) == 17
    assert house.console.pool.feed(17) is not None
    assert house.wall == before
    window.stage.end_preview()
    for _ in range(3):  # the beat goes on without it
        with qtbot.waitSignal(house.console.pulse.words):
            pass
    assert not window.stage.findChildren(WallSurface)

    wished = window.draft.layout
    QTest.keyClick(window.canvas, Key.Key_S, CTRL)
    qtbot.waitUntil(lambda: house.wall.layout == wished)
    assert house.wall.camera(0) == 17
    qtbot.waitUntil(lambda: not window.draft.dirty)
    window.close()
    qtbot.waitUntil(lambda: house.console.editing.window is None)

    stored, problems = LayoutLibrary(paths.layouts(), paths.own_layouts()).load()
    assert problems == ()
    assert wished in stored

    again = opened(house)
    assert again.draft.layout == wished
    qtbot.waitUntil(lambda: again.line.box.currentText() == "Gates")
    again.close()


def test_a_draft_that_is_kept_is_there_again(house: House, qtbot: QtBot) -> None:
    window = opened(house)
    QTest.keyClick(window.canvas, Key.Key_H)
    draft = window.draft.layout
    window._left_for_good = True  # as after "Keep the draft"
    window.close()
    qtbot.waitUntil(lambda: house.console.editing.window is None)
    again = opened(house)
    assert again.draft.layout == draft
    assert again.draft.dirty
    QTest.keyClick(again.canvas, Key.Key_R, CTRL)
    again.close()
