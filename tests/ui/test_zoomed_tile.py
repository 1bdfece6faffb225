"""Digital zoom in a tile: by wheel, drag and keys; what the decoder is asked for; and what live words never do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication
from ui_fakes import BLUE, GREEN, RED, colours, shot
from ui_room import Room

from console.model.tile_state import TileState, replaying
from drivers.types import Fit, View

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
CTRL = Qt.KeyboardModifier.ControlModifier
K = Qt.Key


def wheel(room: Room, tile: int, steps: int, at: QPoint | None = None) -> None:
    where = QPointF(at or room.middle(tile))
    event = QWheelEvent(
        where, room.surface.mapToGlobal(where), QPoint(), QPoint(0, 120 * steps), Qt.MouseButton.NoButton, NONE,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(room.surface, event)


def drag(room: Room, start: QPoint, by: QPoint) -> None:
    room.qtbot.mousePress(room.surface, LEFT, pos=start)
    end = QPointF(start + by)
    move = QMouseEvent(
        QMouseEvent.Type.MouseMove, end, room.surface.mapToGlobal(end), Qt.MouseButton.NoButton, LEFT, NONE
    )
    QApplication.sendEvent(room.surface, move)
    room.qtbot.mouseRelease(room.surface, LEFT, pos=start + by)


def test_the_wheel_zooms_where_the_pointer_is_and_back_out_again(room: Room) -> None:
    room.take(1, RED)
    tile = room.tile(0)
    corner = QPoint(tile.picture_rect().x() + 4, tile.picture_rect().y() + 4)
    wheel(room, 0, 4, corner)
    assert tile.zoom.factor == pytest.approx(1.25**4)
    assert tile.zoom.x < 0.4
    assert tile.source is not None or tile.picture_rect()
    wheel(room, 0, -9, corner)
    assert not tile.zoom.on


def test_a_zoomed_picture_is_dragged_and_the_tile_stays(room: Room) -> None:
    room.take(1, RED)
    wheel(room, 0, 6)
    tile = room.tile(0)
    before = tile.zoom
    wanted = QSignalSpy(room.surface.drag_wanted)
    drag(room, room.middle(0), QPoint(40, 0))
    assert tile.zoom.x < before.x
    assert tile.zoom.factor == before.factor
    assert wanted.count() == 0
    assert room.wall.state.cameras[:3] == (1, 2, 3)


def test_keys_zoom_pan_and_show_the_whole_picture(room: Room) -> None:
    room.take(1, RED)
    tile = room.tile(0)
    for _ in range(5):
        room.press(K.Key_Plus, CTRL)
    assert tile.zoom.factor > 2
    x = tile.zoom.x
    room.press(K.Key_Right, CTRL)
    assert tile.zoom.x > x
    assert room.wall.state.selected == 0, "Ctrl and an arrow move the picture, not the selection"
    room.press(K.Key_0, CTRL)
    assert not tile.zoom.on
    assert room.desk.keypad.text == ""


def test_a_zoom_asks_for_more_pixels_and_gives_them_back(room: Room) -> None:
    room.take(1, RED)
    room.take(1, GREEN)
    tile = room.tile(0)
    plain = tile.picture.width if tile.picture else 0
    wheel(room, 0, 4)
    room.take(1, BLUE)
    assert tile.picture is not None
    assert tile.picture.width > plain
    assert tile.image is not None
    assert tile.source is not None
    wheel(room, 0, -20)
    room.take(1, RED)
    room.take(1, GREEN)
    assert tile.picture.width == plain


def test_a_zoom_goes_with_its_camera(room: Room) -> None:
    room.take(1, RED)
    wheel(room, 0, 4)
    room.wall.go(room.wall.state.swapped(0, 5))
    assert room.tile(5).zoom.on
    room.wall.go(room.wall.state.placed(4, 5))
    assert not room.tile(5).zoom.on


def test_filling_leaves_no_bars_and_stretching_none_either(room: Room) -> None:
    view = {1: View()}
    room.wall._view_of = lambda number: view.get(number, View())
    room.take(1, RED)
    tile = room.tile(0)
    assert tile.picture_rect() != tile.area_box
    for fit in (Fit.FILL, Fit.STRETCH):
        view[1] = View(fit=fit)
        room.wall.views_changed()
        room.take(1, RED)
        assert tile.picture_rect() == tile.area_box
        inside = tile.area_box.adjusted(1, 1, -2, -2)
        assert colours(shot(room.surface), inside) == {RED}


def test_a_mask_drawn_now_takes_the_old_picture_away_at_once(room: Room) -> None:
    view = {1: View()}
    room.wall._view_of = lambda number: view.get(number, View())
    room.take(1, RED)
    view[1] = replace(view[1], masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),))
    room.wall.views_changed()
    assert room.tile(0).image is None
    assert RED not in colours(shot(room.surface), room.tile(0).area_box)


def test_a_replaying_tile_takes_no_live_picture_until_it_ends(room: Room) -> None:
    room.take(1, RED)
    tile = room.tile(0)
    room.wall.replay_picture(0, None)
    room.wall.replay_words(0, replaying("REPLAY -0:05", ""), "02:41:07.0")
    assert tile.image is None
    assert (tile.verdict.state, tile.text.time if tile.text else "") == (TileState.REPLAY, "02:41:07.0")
    room.cameras.send("Main St / 5th", GREEN)
    for _ in range(5):
        room.wall.put(room.pool.collect())
        room.wall.refresh()
    assert tile.image is None
    assert tile.verdict.state is TileState.REPLAY
    room.wall.replay_end(0)
    assert tile.verdict.state is not TileState.REPLAY
    room.take(1, GREEN)
    assert tile.verdict.state is TileState.LIVE
