"""The hands on the mouse: select, maximise, drag cameras and tiles, tool tips, the menu."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QByteArray, QEvent, QMimeData, QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QMouseEvent,
)
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QMenu, QToolTip
from ui_fakes import RED, shot
from ui_room import Room

from console.ui.wall.surface_input import CAMERA_MIME, TILE_MIME

LEFT = Qt.MouseButton.LeftButton
NOTHING = Qt.KeyboardModifier.NoModifier


def test_a_click_selects_and_a_double_click_maximises_and_back(room: Room) -> None:
    room.qtbot.mouseClick(room.surface, LEFT, pos=room.middle(4))
    assert room.wall.state.selected == 4
    room.qtbot.mouseDClick(room.surface, LEFT, pos=room.middle(1))
    assert room.wall.state.maximised == 1
    assert room.tile(1).area.width > room.surface.width() - 4
    room.qtbot.mouseDClick(room.surface, LEFT, pos=room.middle(1))
    assert room.wall.state.maximised is None


def test_a_camera_dropped_on_a_tile_is_shown_there(room: Room) -> None:
    assert drop(room, CAMERA_MIME, b"17", room.middle_f(5))
    assert room.wall.state.camera(5) == 17
    assert room.wall.state.selected == 5


def test_several_cameras_fill_the_tiles_from_there_on(room: Room) -> None:
    drop(room, CAMERA_MIME, b"4 17", room.middle_f(4))
    assert (room.wall.state.camera(4), room.wall.state.camera(5)) == (4, 17)


def test_more_cameras_than_tiles_lose_the_last(room: Room) -> None:
    drop(room, CAMERA_MIME, b"4 17 1", room.middle_f(7))
    assert room.wall.state.cameras[7:] == (4, 17)


def test_a_tile_dropped_on_another_swaps_them(room: Room) -> None:
    drop(room, TILE_MIME, b"0", room.middle_f(8))
    assert (room.wall.state.camera(0), room.wall.state.camera(8)) == (None, 1)


@pytest.mark.parametrize("data", [b"", b"abc", b"-1", b"9999999", b"1e3", b"\xff\xfe", b"\xc2\xb2"])
def test_a_drop_that_names_no_tile_changes_nothing(room: Room, data: bytes) -> None:
    before = room.wall.state.cameras
    drop(room, TILE_MIME, data, room.middle_f(3))
    assert room.wall.state.cameras == before


def test_other_things_are_not_taken(room: Room) -> None:
    mime = QMimeData()
    mime.setText("17")
    assert not enter(room, mime, room.middle_f(0))


def test_where_a_drag_would_land_is_marked_until_it_leaves(room: Room) -> None:
    before = shot(room.surface)
    mime = mime_of(CAMERA_MIME, b"4")
    assert enter(room, mime, room.middle_f(5))
    hover(room, mime, room.middle_f(5))
    assert shot(room.surface) != before
    QApplication.sendEvent(room.surface, QDragLeaveEvent())
    assert room.wall.state.camera(5) is None
    assert shot(room.surface) == before


def test_pulling_a_tile_asks_for_a_drag(room: Room) -> None:
    wanted = QSignalSpy(room.surface.drag_wanted)
    room.surface.drag_wanted.disconnect(room.hands._drag_tile)  # a real drag would wait for a hand
    start = room.middle(1)
    room.qtbot.mousePress(room.surface, LEFT, pos=start)
    room.qtbot.mouseMove(room.surface, start + QPoint(3, 3))
    assert wanted.count() == 0
    move(room, start + QPoint(30, 5))
    assert wanted.count() == 1
    assert wanted.at(0) == [1]
    room.qtbot.mouseRelease(room.surface, LEFT, pos=start)


def test_a_tool_tip_tells_how_the_stream_is_doing(room: Room) -> None:
    room.take(1, RED)
    where = room.middle(0)
    QApplication.sendEvent(room.surface, QHelpEvent(QEvent.Type.ToolTip, where, room.surface.mapToGlobal(where)))
    text = QToolTip.text()
    QToolTip.hideText()
    assert "Main St / 5th" in text
    assert "H264" in text
    assert "dropped 0" in text
    assert "192.0.2." not in text


def test_the_menu_offers_what_can_be_done(room: Room) -> None:
    texts: list[str] = []
    wanted = QSignalSpy(room.tiles.credentials_wanted)

    def look() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        texts.extend(action.text().partition("\t")[0] for action in menu.actions())
        next(action for action in menu.actions() if action.text().startswith("Credentials")).trigger()
        menu.close()

    QTimer.singleShot(0, look)
    where = room.middle(2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, where, room.surface.mapToGlobal(where))
    QApplication.sendEvent(room.surface, event)
    assert texts == ["Maximise or back", "Try again now", "Credentials…", "Clear the tile"]
    assert wanted.at(0) == [3]


def test_try_again_of_the_menu_means_the_tile_under_the_pointer(room: Room) -> None:
    room.wall.go(room.wall.state.chosen(0))
    tried: list[int] = []
    room.wall.retry = tried.append  # type: ignore[method-assign]

    def choose() -> None:
        menu = QApplication.activePopupWidget()
        assert isinstance(menu, QMenu)
        next(action for action in menu.actions() if action.text().startswith("Try again")).trigger()
        menu.close()

    QTimer.singleShot(0, choose)
    where = room.middle(2)
    event = QContextMenuEvent(QContextMenuEvent.Reason.Keyboard, where, room.surface.mapToGlobal(where))
    QApplication.sendEvent(room.surface, event)
    assert tried == [3]


def mime_of(kind: str, data: bytes) -> QMimeData:
    mime = QMimeData()
    mime.setData(kind, QByteArray(data))
    return mime


def enter(room: Room, mime: QMimeData, where: QPointF) -> bool:
    event = QDragEnterEvent(where, Qt.DropAction.CopyAction, mime, LEFT, NOTHING)
    event.ignore()
    QApplication.sendEvent(room.surface, event)
    return event.isAccepted()


def hover(room: Room, mime: QMimeData, where: QPointF) -> None:
    event = QDragMoveEvent(where, Qt.DropAction.CopyAction, mime, LEFT, NOTHING)
    QApplication.sendEvent(room.surface, event)


def drop(room: Room, kind: str, data: bytes, where: QPointF) -> bool:
    """Pull it in, over the tile, and let go."""
    mime = mime_of(kind, data)
    enter(room, mime, where)
    hover(room, mime, where)
    event = QDropEvent(where, Qt.DropAction.CopyAction, mime, LEFT, NOTHING)
    QApplication.sendEvent(room.surface, event)
    return event.isAccepted()


def move(room: Room, where: QPoint) -> None:
    """A move with the left button held; pytest-qt's holds none."""
    place, globally = QPointF(where), QPointF(room.surface.mapToGlobal(where))
    event = QMouseEvent(QEvent.Type.MouseMove, place, globally, LEFT, LEFT, NOTHING)
    QApplication.sendEvent(room.surface, event)


def test_a_list_loses_nothing_that_is_dragged_with_shift(room: Room) -> None:
    where = room.middle_f(3)
    mime = mime_of(CAMERA_MIME, b"4")
    enter(room, mime, where)
    event = QDropEvent(where, Qt.DropAction.CopyAction | Qt.DropAction.MoveAction, mime, LEFT, NOTHING)
    event.setDropAction(Qt.DropAction.MoveAction)
    QApplication.sendEvent(room.surface, event)
    assert event.isAccepted()
    assert event.dropAction() == Qt.DropAction.CopyAction
    assert room.wall.state.camera(3) == 4
