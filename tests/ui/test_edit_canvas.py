"""Edit mode's canvas: each thing that the mouse does and the key that does it too, undone and redone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from edit_fakes import ALT, CTRL, LEFT, PLAIN, SHIFT, Editing, cameras, undo_and_redo
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from console.model.items import CameraItem, ClockItem, MapItem, TourItem, TourStep
from console.model.layout import Layout, grid
from console.model.layout_edit import Axis, lines, put
from console.model.layout_shape import boxes
from console.ui.edit.bars import SplitDialog
from console.ui.edit.drags import mime_of

Key = Qt.Key


def quad() -> Layout:
    """Four tiles, cameras on the first two."""
    return put(put(grid("Quad", 2, 2), 0, CameraItem(1)), 1, CameraItem(2))


@pytest.fixture
def editing(qtbot: QtBot) -> Editing:
    return Editing(qtbot, quad())


# Picking


def test_a_click_picks_and_modifiers_pick_more(editing: Editing) -> None:
    editing.click(1)
    assert editing.draft.picked == (1,)
    editing.click(2, CTRL)
    assert editing.draft.picked == (1, 2)
    editing.click(2, CTRL)
    assert editing.draft.picked == (1,)
    editing.click(0)
    editing.click(3, SHIFT)
    assert editing.draft.picked == (0, 1, 2, 3)
    editing.click(3)
    assert editing.draft.picked == (3,)


def test_arrows_pick_and_with_shift_more(editing: Editing) -> None:
    editing.key(Key.Key_Right)
    assert editing.draft.picked == (1,)
    editing.key(Key.Key_Down, SHIFT)
    assert editing.draft.picked == (1, 3)
    editing.key(Key.Key_Escape)
    assert editing.draft.picked == (3,)


def test_tiles_apart_are_picked_by_keys(editing: Editing) -> None:
    editing.key(Key.Key_Right, CTRL)
    editing.key(Key.Key_Down, CTRL)
    assert editing.draft.picked == (0,)
    editing.key(Key.Key_Space, CTRL)
    assert editing.draft.picked == (0, 3)


def test_all_by_key(editing: Editing) -> None:
    editing.key(Key.Key_A, CTRL)
    assert editing.draft.picked == (0, 1, 2, 3)


def test_a_rubber_band_picks_what_it_touches(editing: Editing) -> None:
    editing.pull(editing.at(-0.01, 0.2), editing.at(0.4, 0.8))
    assert editing.draft.picked == (0, 2)
    editing.pull(editing.at(0.55, 0.8), editing.at(0.9, 0.2), SHIFT)
    assert editing.draft.picked == (1, 3)
    assert editing.layout == quad()


def test_a_band_begins_on_a_free_tile_too(editing: Editing) -> None:
    editing.pull(editing.at(0.8, 0.8), editing.at(0.3, 0.7))
    assert editing.draft.picked == (2, 3)


# Shape


@pytest.mark.parametrize(("key", "rows", "columns", "name"), [(Key.Key_H, 2, 3, "split"), (Key.Key_V, 3, 2, "split")])
def test_split_by_key(editing: Editing, key: Key, rows: int, columns: int, name: str) -> None:
    def act() -> None:
        editing.click(3)
        editing.key(key)

    undo_and_redo(editing, act, name)
    assert len(editing.layout.cells) == 5


def test_several_tiles_are_split_in_one_step(editing: Editing) -> None:
    editing.key(Key.Key_A, CTRL)
    undo_and_redo(editing, lambda: editing.key(Key.Key_H), "split")
    assert (editing.layout.rows, editing.layout.columns) == (2, 4)


def test_split_into_a_grid_by_the_number_dialog(editing: Editing, qtbot: QtBot) -> None:
    def answer() -> None:
        dialog = editing.window.findChild(SplitDialog)
        assert isinstance(dialog, SplitDialog)
        for words in ("many", "3 x 2"):
            assert dialog.isVisible()
            dialog.line.setText(words)
            QTest.keyClick(dialog.line, Key.Key_Return)
        assert "Type columns x rows" in dialog.words.text()

    def act() -> None:
        QTimer.singleShot(0, editing.window, answer)
        editing.key(Key.Key_N)

    undo_and_redo(editing, act, "split")
    assert len(editing.layout.cells) == 9


def test_merge_by_key_keeps_what_the_first_held(editing: Editing) -> None:
    editing.key(Key.Key_Down, SHIFT)
    undo_and_redo(editing, lambda: editing.key(Key.Key_M), "merge")
    assert editing.items == cameras(1, 2, None)
    assert editing.draft.picked == (0,)


def test_what_can_not_be_merged_is_said(editing: Editing) -> None:
    editing.click(0)
    editing.click(3, CTRL)
    editing.key(Key.Key_M)
    assert editing.layout == quad()
    assert editing.words == "Tiles 1, 4 do not fill a rectangle. Choose tiles that do, or make them the same size."
    editing.click(1)
    editing.key(Key.Key_H)
    assert editing.words == ""


@pytest.mark.parametrize("axis", list(Axis))
def test_a_border_is_dragged_and_snaps(editing: Editing, axis: Axis) -> None:
    end = editing.at(0.335, 0.2) if axis is Axis.COLUMNS else editing.at(0.2, 0.335)
    undo_and_redo(editing, lambda: editing.pull(editing.border(axis), end), "resize")
    moved = next(each for each in lines(editing.layout) if each.axis is axis)
    assert moved.share == pytest.approx(1 / 3)


def test_shift_lets_a_border_go_where_it_is(editing: Editing) -> None:
    start = editing.border(Axis.COLUMNS)
    QTest.mousePress(editing.canvas, LEFT, PLAIN, start)
    editing.move(QPointF(editing.at(0.335, 0.2)), SHIFT)
    QTest.mouseRelease(editing.canvas, LEFT, SHIFT, editing.at(0.335, 0.2))
    share = next(each.share for each in lines(editing.layout) if each.axis is Axis.COLUMNS)
    assert share == pytest.approx(0.335, abs=0.002)
    assert share != pytest.approx(1 / 3)


def test_a_drag_is_seen_before_it_counts_and_esc_gives_it_up(editing: Editing) -> None:
    editing.pull(editing.border(Axis.COLUMNS), editing.at(0.3, 0.2), drop=False)
    assert editing.layout == quad()
    assert editing.canvas.layout_seen != quad()
    editing.canvas.grab()  # with the line that it snaps to
    editing.key(Key.Key_Escape, on=editing.canvas)
    assert editing.canvas.layout_seen == quad()
    QTest.mouseRelease(editing.canvas, LEFT, PLAIN, editing.at(0.3, 0.2))
    assert editing.layout == quad()
    assert editing.draft.undo_name is None


def test_the_pointer_tells_where_borders_are(editing: Editing) -> None:
    editing.move(QPointF(editing.border(Axis.COLUMNS)), held=Qt.MouseButton.NoButton)
    assert editing.canvas.cursor().shape() is Qt.CursorShape.SplitHCursor
    editing.move(QPointF(editing.border(Axis.ROWS)), held=Qt.MouseButton.NoButton)
    assert editing.canvas.cursor().shape() is Qt.CursorShape.SplitVCursor
    editing.move(QPointF(editing.middle(0)), held=Qt.MouseButton.NoButton)
    assert editing.canvas.cursor().shape() is Qt.CursorShape.ArrowCursor


@pytest.mark.parametrize(
    ("tile", "key", "keys", "edge"),
    [
        (0, Key.Key_Right, ALT, ("right", 49 / 96)),
        (0, Key.Key_Left, ALT, ("right", 47 / 96)),
        (1, Key.Key_Left, ALT, ("left", 47 / 96)),  # its right border is the monitor's
        (1, Key.Key_Right, ALT | SHIFT, ("left", 49 / 96)),
        (0, Key.Key_Down, ALT, ("bottom", 49 / 96)),
        (2, Key.Key_Up, ALT | SHIFT, ("top", 47 / 96)),
    ],
)
def test_borders_by_keys(
    editing: Editing, tile: int, key: Key, keys: Qt.KeyboardModifier, edge: tuple[str, float]
) -> None:
    editing.click(tile)
    undo_and_redo(editing, lambda: editing.key(key, keys), "resize")
    assert float(getattr(boxes(editing.layout)[tile], edge[0])) == pytest.approx(edge[1])


def test_a_border_that_can_go_no_further_says_so(editing: Editing) -> None:
    for _ in range(60):
        editing.key(Key.Key_Left, ALT)
    assert "can not go further" in editing.words
    assert float(boxes(editing.layout)[0].right) == pytest.approx(1 / 32)


def test_equal_sizes_and_divisions_by_key(editing: Editing) -> None:
    editing.key(Key.Key_Right, ALT)
    undo_and_redo(editing, lambda: editing.key(Key.Key_Equal), "equal sizes")
    assert editing.layout == quad()

    def act() -> None:
        editing.key(Key.Key_G, on=editing.canvas)
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        for _ in range(2):
            QTest.keyClick(menu, Key.Key_Down)
        QTest.keyClick(menu, Key.Key_Return)

    undo_and_redo(editing, act, "divide as 3x3")
    assert editing.items[:2] == cameras(1, 2)
    assert editing.layout.name == "Quad"


# What tiles hold


def test_a_tile_dragged_onto_another_changes_places(editing: Editing) -> None:
    undo_and_redo(editing, lambda: editing.pull(editing.middle(0), editing.middle(3)), "swap")
    assert editing.items == cameras(None, 2, None, 1)
    assert editing.draft.picked == (3,)


def test_places_change_by_key(editing: Editing) -> None:
    undo_and_redo(editing, lambda: editing.key(Key.Key_Right, CTRL | SHIFT), "swap")
    assert editing.items == cameras(2, 1, None, None)


def test_a_camera_is_dropped_on_a_tile(editing: Editing) -> None:
    undo_and_redo(editing, lambda: editing.drop(mime_of([17]), 0), "put camera 17")
    assert editing.items == cameras(17, 2, None, None)


def test_many_cameras_fill_the_free_tiles_that_follow(editing: Editing) -> None:
    undo_and_redo(editing, lambda: editing.drop(mime_of([3, 4, 17]), 0), "put 3 things")
    assert editing.items == cameras(3, 2, 4, 17)


def test_cameras_that_find_no_room_are_named(editing: Editing) -> None:
    editing.drop(mime_of([3, 4, 17]), 2)
    assert editing.items == cameras(1, 2, 3, 4)
    assert editing.words.startswith("No free tile was left for 1 item (17).")


def test_with_alt_they_become_a_tour(editing: Editing) -> None:
    undo_and_redo(editing, lambda: editing.drop(mime_of([3, 4]), 2, ALT), "tour")
    assert editing.items[2] == TourItem((TourStep(CameraItem(3)), TourStep(CameraItem(4))))
    editing.drop(mime_of([17]), 2, ALT)
    tour = editing.items[2]
    assert isinstance(tour, TourItem)
    assert len(tour.steps) == 3


def test_what_is_no_camera_of_the_site_is_refused(editing: Editing) -> None:
    editing.drop(mime_of([99]), 2)
    assert editing.layout == quad()
    assert editing.words == "There is no camera 99. Ctrl+F finds cameras by name."


def test_other_drags_are_not_taken(editing: Editing) -> None:
    mime = QMimeData()
    mime.setText("17")
    assert not editing.drop(mime, 0)
    assert editing.layout == quad()


def test_items_of_the_palette_are_dropped(editing: Editing) -> None:
    undo_and_redo(editing, lambda: editing.drop(mime_of(kind="map"), 2), "put map")
    editing.drop(mime_of(kind="clock"), 3)
    assert editing.items[2:] == [MapItem(), ClockItem()]
    editing.drop(mime_of(kind="web"), 0)
    assert editing.draft.picked == (0,)
    assert QApplication.focusWidget() is editing.window.properties.url
    assert editing.items[0] == CameraItem(1)


def test_a_number_and_enter_put_a_camera(editing: Editing) -> None:
    def act() -> None:
        editing.click(3)
        editing.type("17")
        assert editing.canvas.typed == "17"
        editing.key(Key.Key_Return)

    undo_and_redo(editing, act, "put camera 17")
    assert editing.items[3] == CameraItem(17)
    editing.type("98")
    editing.key(Key.Key_Backspace)
    editing.key(Key.Key_Return)
    assert editing.words.startswith("There is no camera 9.")
    editing.type("1")
    editing.key(Key.Key_Escape)
    assert editing.canvas.typed == ""


def test_delete_clears_the_picked_tiles(editing: Editing) -> None:
    editing.key(Key.Key_A, CTRL)
    undo_and_redo(editing, lambda: editing.key(Key.Key_Delete), "clear")
    assert editing.items == cameras(None, None, None, None)


def test_hotspot_by_key(editing: Editing) -> None:
    undo_and_redo(editing, lambda: editing.key(Key.Key_O), "hotspot")
    assert editing.layout.cells[0].hotspot
    editing.key(Key.Key_O)
    assert not editing.layout.cells[0].hotspot


def test_what_the_wall_shows_is_taken_onto_free_tiles(editing: Editing) -> None:
    undo_and_redo(editing, lambda: editing.key(Key.Key_T), "take what is shown")
    assert editing.items == cameras(1, 2, 3, None)
    editing.key(Key.Key_T)
    assert editing.words.startswith("Nothing was taken")


def test_the_menu_has_everything_that_a_tile_can(editing: Editing, qtbot: QtBot) -> None:
    at = editing.middle(3)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, at, editing.canvas.mapToGlobal(at))
    QApplication.sendEvent(editing.canvas, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    assert editing.draft.picked == (3,)
    entries = {entry.text(): entry for entry in menu.actions()}
    assert {"Split side by side", "Merge the picked tiles", "Clear the picked tiles"} <= set(entries)
    assert all(entry.shortcut().toString() for name, entry in entries.items() if name not in ("", "Divide as"))
    entries["Split side by side"].trigger()
    menu.close()
    assert len(editing.layout.cells) == 5


def test_the_menu_key_opens_it_too(editing: Editing) -> None:
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, QPoint(1, 1), QPoint(1, 1))
    QApplication.sendEvent(editing.canvas, event)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    menu.close()


def test_the_canvas_says_what_it_shows(editing: Editing) -> None:
    assert editing.canvas.accessibleDescription() == "Tile 1 of 4: 1  Main St / 5th"
    editing.key(Key.Key_Right, SHIFT)
    assert editing.canvas.accessibleDescription() == "Tile 2 of 4: 2  Station North, 2 picked"


def test_pictures_lie_on_their_tiles(editing: Editing) -> None:
    image = editing.canvas.grab().toImage()
    scale = image.devicePixelRatio()
    green = image.pixelColor((QPointF(editing.middle(1)) * scale).toPoint())
    other = image.pixelColor((QPointF(editing.middle(0)) * scale).toPoint())
    assert green.green() > 200
    assert other.green() < 120


@pytest.mark.parametrize("act", [lambda e: e.key(Key.Key_Z, CTRL), lambda e: e.key(Key.Key_Z, CTRL | SHIFT)])
def test_nothing_to_undo_is_said(editing: Editing, act: Callable[[Editing], None]) -> None:
    act(editing)
    assert editing.words.startswith("There is nothing to")
