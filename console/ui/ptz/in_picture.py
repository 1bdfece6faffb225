"""The hands in the picture: while PTZ is on for a tile, mouse and keys on it turn its camera instead of what they do
else. The mouse's picture area is the joystick; a click centres, Shift and a drag zoom in, the wheel zooms."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRect, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QRubberBand

from console.model.ptz_hands import of_band, of_drag, step_to, wheel_zoom
from console.ui.ptz.control import PtzControl
from console.ui.ptz.keys import KeyHands
from console.ui.wall.room import WallRoom
from console.ui.wall.surface import WallSurface
from console.ui.wall.surface_input import WHEEL_STEP
from console.ui.wall.tile_view import TileView

CLICK_PIXELS = 6
"""Logical pixels below which a press and a release are a click."""
NO_STEPS = "it turns only for as long as it is told to. Drag in the picture instead."
_LOST = (QEvent.Type.FocusOut, QEvent.Type.WindowDeactivate, QEvent.Type.Hide)


class InPicture(QObject):
    """Lives on the Qt thread; watches the surfaces it is given."""

    changed = Signal()
    """PTZ was switched on or off."""

    def __init__(self, room: WallRoom, control: PtzControl, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._room, self._control = room, control
        self._keys = KeyHands(control)
        self._surface: WallSurface | None = None
        self._tile, self._camera = -1, 0
        self._down: QPointF | None = None
        self._dragging = False
        self._band: QRubberBand | None = None
        self._watched: set[int] = set()
        room.selection_changed.connect(self.look)
        room.changed.connect(self.look)
        room.active_changed.connect(self.look)

    @property
    def camera(self) -> int:
        """The number of the camera that is turned in the picture, 0 for none."""
        return self._camera

    def watch(self, surface: WallSurface) -> None:
        """Hands on this surface too."""
        if id(surface) not in self._watched:
            self._watched.add(id(surface))
            surface.installEventFilter(self)

    def toggle(self) -> None:
        """PTZ on the selected tile on or off."""
        if self._camera:
            self.leave()
            return
        wall = self._room.active
        number = wall.state.camera(wall.state.selected)
        if number is not None:
            self._surface, self._tile, self._camera = wall.surface, wall.state.selected, number
            wall.surface.setFocus()
            wall.surface.setCursor(Qt.CursorShape.CrossCursor)
            self.changed.emit()

    def leave(self) -> bool:
        """The hands do again what they do else; False if they did."""
        if not self._camera:
            return False
        self._let_go("PTZ was switched off")
        if self._surface is not None:
            self._surface.unsetCursor()
        self._surface, self._tile, self._camera = None, -1, 0
        self.changed.emit()
        return True

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """What happens on a surface, before the surface itself has it."""
        if watched is not self._surface or not self._camera:
            return False
        kind = event.type()
        if kind in _LOST:
            self._let_go("the focus went elsewhere")
        elif kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.key() == Qt.Key.Key_Escape:
                return self.leave()
            return self._keys.press(event)
        elif kind == QEvent.Type.KeyRelease and isinstance(event, QKeyEvent):
            return self._keys.release(event)
        elif kind == QEvent.Type.Wheel and isinstance(event, QWheelEvent):
            return self._wheel(event)
        elif isinstance(event, QMouseEvent):
            return self._mouse(kind, event)
        return False

    # Inside

    def _mouse(self, kind: QEvent.Type, event: QMouseEvent) -> bool:
        if kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
            if event.button() != Qt.MouseButton.LeftButton or self._view(event.position()) is None:
                return False
            self._down, self._dragging = event.position(), False
            if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._surface is not None:
                self._band = QRubberBand(QRubberBand.Shape.Rectangle, self._surface)
            return True
        if self._down is None:
            return False
        if kind == QEvent.Type.MouseMove:
            self._move(self._down, event.position())
            return True
        if kind == QEvent.Type.MouseButtonRelease and event.button() == Qt.MouseButton.LeftButton:
            self._release(self._down, event.position())
            return True
        return False

    def _move(self, start: QPointF, now: QPointF) -> None:
        tile = self._own()
        if self._band is not None:
            self._band.setGeometry(QRect(start.toPoint(), now.toPoint()).normalized())
            self._band.show()
            return
        moved = now - start
        if (not self._dragging and moved.manhattanLength() < CLICK_PIXELS) or tile is None or self._surface is None:
            return
        self._dragging = True
        scale = self._surface.devicePixelRatioF()
        vector = of_drag(moved.x() * scale, moved.y() * scale, tile.area.width, tile.area.height)
        self._control.press("drag", vector)

    def _release(self, start: QPointF, now: QPointF) -> None:
        band, dragging = self._band, self._dragging
        self._end_drag()
        first, last = self._share(start), self._share(now)
        if dragging or first is None or last is None:
            return
        closer = 1.0
        point = first[0] - 0.5, 0.5 - first[1]
        if band is not None:
            wanted = of_band(first, last)
            if wanted is None:
                return
            point, closer = wanted
        control = self._control
        step = step_to(point, closer, control.view, control.known.features, control.looking, self._aspect())
        control.take(step, NO_STEPS)

    def _wheel(self, event: QWheelEvent) -> bool:
        if self._view(event.position()) is None:
            return False
        notches = event.angleDelta().y() / WHEEL_STEP
        features = self._control.known.features
        step = wheel_zoom(notches, features, self._control.looking)
        if step is None and notches:
            self._control.pulse_zoom(1.0 if notches > 0 else -1.0)
        elif step is not None:
            self._control.take(step, NO_STEPS)
        return True

    def _own(self) -> TileView | None:
        return None if self._surface is None else self._surface.tile(self._tile)

    def _view(self, point: QPointF) -> TileView | None:
        """The tile that is turned, where a point lies in its picture area."""
        tile = self._own()
        if tile is None or self._surface is None:
            return None
        at = point * self._surface.devicePixelRatioF()
        return tile if tile.area_box.contains(at.toPoint()) else None

    def _share(self, point: QPointF) -> tuple[float, float] | None:
        """A point as shares of the shown picture, whatever the tile's zoom."""
        tile = self._own()
        framing = None if tile is None else tile.framing()
        if tile is None or framing is None or self._surface is None:
            return None
        at = point * self._surface.devicePixelRatioF() - QPointF(tile.area.x, tile.area.y)
        return framing.to_picture(tile.zoom, at.x(), at.y())

    def _aspect(self) -> float:
        tile = self._own()
        if tile is None or tile.picture is None:
            return 16 / 9
        aspect = tile.picture.width / max(1, tile.picture.height)
        return 1 / aspect if self._control.view.rotate in (90, 270) else aspect

    def _end_drag(self) -> None:
        self._down, self._dragging = None, False
        if self._band is not None:
            self._band.hide()
            self._band.deleteLater()
            self._band = None
        self._control.lift("drag")

    def _let_go(self, why: str) -> None:
        self._control.lift_all(why)
        self._keys.drop()
        self._end_drag()

    def look(self) -> None:
        """Leave if the tile shows something else now, or the past."""
        if not self._camera:
            return
        wall, tile = self._room.active, self._own()
        stays = (
            wall.surface is self._surface
            and wall.state.selected == self._tile
            and tile is not None
            and tile.camera == self._camera
            and not tile.replaying
        )
        if not stays:
            self.leave()
