"""The hands on the keyboard: every key of the desk, without the mouse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QComboBox, QLabel
from ui_fakes import GREEN, RED
from ui_room import Room

from console.model.layout import PRESETS, grid
from console.model.tile_state import TileState

K, M = Qt.Key, Qt.KeyboardModifier


def test_arrows_move_the_selection_and_stop_at_the_edge(room: Room) -> None:
    for key, selected in ((K.Key_Right, 1), (K.Key_Down, 4), (K.Key_Left, 3), (K.Key_Up, 0), (K.Key_Up, 0)):
        room.press(key)
        assert room.wall.state.selected == selected


def test_shift_and_an_arrow_swap_tiles(room: Room) -> None:
    room.press(K.Key_Right, M.ShiftModifier)
    assert room.wall.state.cameras[:3] == (2, 1, 3)
    assert room.wall.state.selected == 1


def test_digits_and_enter_call_a_camera_up(room: Room) -> None:
    room.wall.go(room.wall.state.chosen(5))
    room.type("17")
    assert "17" in typed(room)
    room.press(K.Key_Return)
    assert room.wall.state.camera(5) == 17
    assert typed(room) == ""


def test_the_keypads_digits_and_enter_do_the_same(room: Room) -> None:
    QTest.keyClick(room.surface, "4", M.KeypadModifier)
    room.press(K.Key_Enter, M.KeypadModifier)
    assert room.wall.state.camera(0) == 4


def test_backspace_rubs_digits_out_and_esc_forgets_them(room: Room) -> None:
    room.type("17")
    room.press(K.Key_Backspace)
    assert room.desk.keypad.text == "1"
    room.press(K.Key_Escape)
    assert room.desk.keypad.text == ""
    assert typed(room) == ""
    assert room.wall.state.cameras[:3] == (1, 2, 3)


def test_a_sixth_digit_begins_anew(room: Room) -> None:
    room.type("123456")
    assert room.desk.keypad.text == "6"


def test_a_number_that_nobody_has_is_said_and_changes_nothing(room: Room) -> None:
    room.type("99")
    room.press(K.Key_Return)
    assert room.wall.state.cameras[:3] == (1, 2, 3)
    said = "There is no camera 99. Ctrl+K finds cameras by name."
    assert any(label.text() == said for label in room.status.findChildren(QLabel))


def test_enter_maximises_and_esc_leads_back(room: Room) -> None:
    room.press(K.Key_Return)
    assert room.wall.state.maximised == 0
    room.press(K.Key_Right)
    assert room.wall.state.maximised == 1
    room.press(K.Key_Escape)
    assert room.wall.state.maximised is None
    room.press(K.Key_Return)
    room.press(K.Key_Return)
    assert room.wall.state.maximised is None


@pytest.mark.parametrize("key", [K.Key_Delete, K.Key_Backspace])
def test_delete_and_backspace_clear_the_tile(room: Room, key: Qt.Key) -> None:
    room.press(key)
    assert room.wall.state.cameras[:3] == (None, 2, 3)


def test_page_keys_and_the_box_change_the_layout(room: Room) -> None:
    box = layout_box(room)
    assert box.currentText() == "Layout 3x3"
    room.press(K.Key_PageDown)
    assert (room.wall.state.layout.name, box.currentText()) == ("4x4", "Layout 4x4")
    room.press(K.Key_PageUp)
    room.press(K.Key_PageUp)
    assert (room.wall.state.layout.name, box.currentText()) == ("Quad", "Layout Quad")
    assert [box.itemText(row) for row in range(box.count())] == [f"Layout {layout.name}" for layout in PRESETS]
    box.setCurrentIndex(box.findText("Layout 1+5"))
    box.activated.emit(box.currentIndex())
    assert len(room.surface.tiles) == 6
    assert room.wall.state.cameras[:3] == (1, 2, 3)
    assert room.surface.hasFocus()


def test_page_keys_go_round(room: Room) -> None:
    for _ in PRESETS:
        room.press(K.Key_PageDown)
    assert room.wall.state.layout.name == "3x3"


def test_a_layout_that_is_no_preset_is_not_called_by_another_name(room: Room) -> None:
    room.wall.go(room.wall.state.arranged(grid("100", 10, 10)))
    assert layout_box(room).currentText() != "Layout 3x3"


def test_undo_and_redo(room: Room) -> None:
    room.press(K.Key_Delete)
    room.press(K.Key_PageDown)
    room.press(K.Key_Right)  # moving the selection is no step
    control, shift = M.ControlModifier, M.ControlModifier | M.ShiftModifier
    room.press(K.Key_Z, control)
    assert (room.wall.state.layout.name, room.wall.state.camera(0)) == ("3x3", None)
    room.press(K.Key_Z, control)
    assert room.wall.state.camera(0) == 1
    room.press(K.Key_Z, shift)
    room.press(K.Key_Z, shift)
    assert (room.wall.state.layout.name, room.wall.state.camera(0)) == ("4x4", None)
    room.press(K.Key_Z, shift)
    assert room.wall.state.layout.name == "4x4"


def test_i_shows_measures_in_place_of_the_time(room: Room) -> None:
    room.take(1, RED)
    text = room.tile(0).text
    assert text is not None
    assert ":" in text.time
    room.press(K.Key_I)
    measured = room.tile(0).text
    assert measured is not None
    assert "fps" in measured.time
    room.press(K.Key_I)
    assert room.tile(0).text == text


def test_t_tries_the_selected_camera_again(room: Room) -> None:
    room.cameras.refusing.add("Harbour")
    room.wall.go(room.wall.state.placed(4, 4))
    room.becomes(4, TileState.REFUSED)
    room.cameras.refusing.clear()
    room.press(K.Key_T)
    room.take(4, GREEN)
    assert room.tile(4).verdict.state is TileState.LIVE
    assert room.cameras.opened.count("Harbour") == 2


def test_t_on_an_empty_tile_does_nothing(room: Room) -> None:
    room.wall.go(room.wall.state.chosen(8))
    room.press(K.Key_T)


def test_full_screen_shows_the_wall_alone_and_esc_brings_all_back(room: Room) -> None:
    room.press(K.Key_F11)
    assert room.desk.isFullScreen()
    assert not room.tree.isVisible()
    assert not room.status.isVisible()
    room.qtbot.waitUntil(lambda: room.surface.size() == room.desk.size())
    room.press(K.Key_Right)
    assert room.wall.state.selected == 1
    room.press(K.Key_Escape)
    assert not room.desk.isFullScreen()
    assert room.tree.isVisible()
    assert room.details.isVisible()


def test_full_screen_comes_back_to_a_maximised_window(room: Room) -> None:
    room.desk.showMaximized()
    room.press(K.Key_F11)
    room.press(K.Key_F11)
    assert room.desk.isMaximized()


def test_esc_takes_one_step_at_a_time(room: Room) -> None:
    room.press(K.Key_F11)
    room.press(K.Key_Return)
    room.type("1")
    room.press(K.Key_Escape)
    assert (room.desk.keypad.text, room.wall.state.maximised) == ("", 0)
    room.press(K.Key_Escape)
    assert room.wall.state.maximised is None
    assert room.desk.isFullScreen()
    room.press(K.Key_Escape)
    assert not room.desk.isFullScreen()


@pytest.mark.parametrize(
    ("key", "modifiers", "name"),
    [
        (K.Key_N, M.ControlModifier, "add_wanted"),
        (K.Key_F, M.ControlModifier, "search_wanted"),
        (K.Key_F1, M.NoModifier, "help_wanted"),
    ],
)
def test_keys_that_open_something(room: Room, key: Qt.Key, modifiers: Qt.KeyboardModifier, name: str) -> None:
    wished = QSignalSpy(getattr(room.desk, name))
    room.press(key, modifiers)
    assert wished.count() == 1


def test_ctrl_w_brings_the_keys_back_to_the_wall(room: Room) -> None:
    room.tree.focus_search()
    room.qtbot.keyClicks(room.desk.focusWidget(), "17")
    assert room.desk.keypad.text == ""  # typed into the search box, not called up
    room.qtbot.keyClick(room.desk.focusWidget(), K.Key_W, M.ControlModifier)
    assert room.surface.hasFocus()
    room.type("4")
    assert room.desk.keypad.text == "4"


def test_a_letter_that_means_nothing_is_ignored(room: Room) -> None:
    before = room.wall.state
    room.type("xyz²")
    assert room.wall.state == before
    assert room.desk.keypad.text == ""


def test_keys_work_on_an_empty_wall(room: Room) -> None:
    for _ in range(3):
        room.press(K.Key_Delete)
        room.press(K.Key_Right)
    for key in (K.Key_Return, K.Key_Delete, K.Key_T, K.Key_I, K.Key_Left, K.Key_Escape):
        room.press(key)
    assert not any(room.wall.state.cameras)


def typed(room: Room) -> str:
    label = next(label for label in room.status.findChildren(QLabel) if label.accessibleName() == "Typed number")
    return label.text()


def layout_box(room: Room) -> QComboBox:
    box = room.desk.findChild(QComboBox)
    assert isinstance(box, QComboBox)
    return box
