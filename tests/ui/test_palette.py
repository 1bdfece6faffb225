"""Ctrl+K: cameras, layouts, presets and actions by a few letters, with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QLineEdit, QListView
from ui_fakes import NAMES, camera, shot
from ui_room import Room

from console.ui.offers import offers
from console.ui.palette import Palette

K = Qt.Key


@pytest.fixture
def palette(room: Room) -> Iterator[Palette]:
    made = Palette(
        room.theme,
        lambda: offers(room.room, [camera(number) for number in NAMES], room.actions, called.append),
        room.desk,
    )
    called.clear()
    yield made
    made.close()


called: list[int] = []


def typed(palette: Palette, text: str) -> list[str]:
    line = palette.findChild(QLineEdit)
    view = palette.findChild(QListView)
    assert line is not None
    assert view is not None
    line.clear()
    QTest.keyClicks(line, text)
    model = view.model()
    return [str(model.index(row, 0).data()) for row in range(model.rowCount())]


def press(palette: Palette, key: Qt.Key) -> None:
    line = palette.findChild(QLineEdit)
    assert line is not None
    QTest.keyClick(line, key)


def test_a_camera_by_letters_and_by_number(palette: Palette, room: Room) -> None:
    palette.open_over(room.desk)
    name = NAMES[17]
    assert typed(palette, name[:4].lower())[0] == name
    assert typed(palette, "17")[0] == name
    press(palette, K.Key_Return)
    assert called == [17]
    assert not palette.isVisible()


def test_a_layout_and_an_action_run_at_once(palette: Palette, room: Room) -> None:
    palette.open_over(room.desk)
    typed(palette, "layout 4x4")
    press(palette, K.Key_Return)
    assert room.wall.state.layout.name == "4x4"
    palette.open_over(room.desk)
    assert typed(palette, "undo")[0] == "Undo"
    press(palette, K.Key_Return)
    assert room.wall.state.layout.name == "3x3"


def test_arrows_choose_and_go_round(palette: Palette, room: Room) -> None:
    palette.open_over(room.desk)
    lines = typed(palette, "zoom")
    view = palette.findChild(QListView)
    assert view is not None
    press(palette, K.Key_Up)
    assert view.currentIndex().row() == len(lines) - 1
    press(palette, K.Key_Down)
    press(palette, K.Key_Down)
    assert view.currentIndex().row() == 1
    press(palette, K.Key_PageDown)
    assert 1 < view.currentIndex().row() < len(lines)


def test_what_was_chosen_lately_comes_first(palette: Palette, room: Room) -> None:
    palette.open_over(room.desk)
    typed(palette, "1+12")
    press(palette, K.Key_Return)
    palette.open_over(room.desk)
    assert typed(palette, "")[0] == "1+12"


def test_nothing_found_says_what_helps_and_enter_does_nothing(palette: Palette, room: Room) -> None:
    palette.open_over(room.desk)
    assert typed(palette, "qqqqqq <b>") == []
    assert any("Fewer letters" in label.text() for label in palette.findChildren(QLabel))
    press(palette, K.Key_Return)
    assert palette.isVisible()
    press(palette, K.Key_Escape)
    assert not palette.isVisible()


def test_what_cannot_be_done_now_is_not_offered(palette: Palette, room: Room) -> None:
    room.wall.go(room.wall.state.chosen(8))
    palette.open_over(room.desk)
    assert "Try again now" not in typed(palette, "try again")
    room.wall.go(room.wall.state.chosen(0))
    palette.open_over(room.desk)
    assert "Try again now" in typed(palette, "try again")


def test_the_lines_are_painted(palette: Palette, room: Room) -> None:
    palette.open_over(room.desk)
    typed(palette, "e")
    before = shot(palette)
    press(palette, K.Key_Down)
    assert shot(palette) != before
