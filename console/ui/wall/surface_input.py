"""Mouse and drags on a wall's surface, told as signals: which tile was clicked, dragged, zoomed or dropped on."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QMimeData, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QHelpEvent,
    QMouseEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from console.ui.wall.tile_view import TileView

CAMERA_MIME = "application/x-watchfloor-cameras"
"""Camera numbers, separated by blanks."""
TILE_MIME = "application/x-watchfloor-tile"
"""A tile's index on the same wall."""
DRAG_PIXELS = 12
"""Logical pixels after which a press is a drag and no click."""
WHEEL_STEP = 120.0
"""Eighths of a degree of one notch of a wheel."""


class InputSurface(QWidget):
    """What the hands do on tiles. It changes nothing itself."""

    tile_clicked = Signal(int)
    tile_activated = Signal(int)
    """Double click: maximise and back."""
    tile_menu = Signal(int, object)
    credentials_wanted = Signal(int)
    dropped_cameras = Signal(object, int)
    """The numbers, and the tile where the first of them goes."""
    dropped_tile = Signal(int, int)
    drag_wanted = Signal(int)
    hint_wanted = Signal(int, object)
    zoom_wanted = Signal(int, object, float)
    """A tile, where the pointer is on its picture area in device pixels (QPointF), and steps of the wheel."""
    pan_wanted = Signal(int, float, float)
    """A tile whose picture was dragged, by device pixels."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._press: tuple[int, QPointF] | None = None
        self._panned: tuple[int, QPointF] | None = None
        self._drop_target: int | None = None
        self.setAcceptDrops(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def tile_at(self, x: float, y: float) -> TileView | None:
        """The tile under a point in logical pixels."""
        raise NotImplementedError

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Select; the credentials button of a refused tile."""
        tile = self.tile_at(event.position().x(), event.position().y())
        if tile is None:
            return
        self.tile_clicked.emit(tile.index)
        if event.button() == Qt.MouseButton.LeftButton:
            point = event.position() * self.devicePixelRatioF()
            if tile.camera is not None and tile.button.contains(point.toPoint()):
                self.credentials_wanted.emit(tile.camera)
                return
            if tile.zoom.on:
                self._panned = (tile.index, event.position())
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
            else:
                self._press = (tile.index, event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the picture of a zoomed tile, or a tile onto another to swap them."""
        if not event.buttons() & Qt.MouseButton.LeftButton:
            return
        if self._panned is not None:
            index, last = self._panned
            moved = (event.position() - last) * self.devicePixelRatioF()
            self._panned = (index, event.position())
            self.pan_wanted.emit(index, moved.x(), moved.y())
        elif self._press is not None:
            index, start = self._press
            if (event.position() - start).manhattanLength() > DRAG_PIXELS:
                self._press = None
                self.drag_wanted.emit(index)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End of a click or a drag."""
        if self._panned is not None:
            self.unsetCursor()
        self._press = self._panned = None

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Maximise and back."""
        self._press = None
        tile = self.tile_at(event.position().x(), event.position().y())
        if tile is not None and event.button() == Qt.MouseButton.LeftButton:
            self.tile_activated.emit(tile.index)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Digital zoom, around the pointer."""
        tile = self.tile_at(event.position().x(), event.position().y())
        steps = event.angleDelta().y() / WHEEL_STEP
        if tile is not None and tile.camera is not None and steps:
            point = event.position() * self.devicePixelRatioF() - QPointF(tile.area.x, tile.area.y)
            self.zoom_wanted.emit(tile.index, point, steps)
            event.accept()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with a tile."""
        tile = self.tile_at(event.pos().x(), event.pos().y())
        if tile is not None:
            self.tile_menu.emit(tile.index, event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Tool tips say how a stream is doing."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            tile = self.tile_at(event.pos().x(), event.pos().y())
            if tile is not None and tile.camera is not None:
                self.hint_wanted.emit(tile.camera, event.globalPos())
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Cameras from the device tree and tiles of this wall may be dropped."""
        if event.mimeData().hasFormat(CAMERA_MIME) or event.mimeData().hasFormat(TILE_MIME):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where it would land."""
        tile = self.tile_at(event.position().x(), event.position().y())
        self._target(None if tile is None else tile.index)
        _accept(event)

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Not here after all."""
        self._target(None)

    def dropEvent(self, event: QDropEvent) -> None:
        """Cameras go onto a tile and those after it; two tiles change places."""
        self._target(None)
        tile = self.tile_at(event.position().x(), event.position().y())
        if tile is None:
            return
        mime = event.mimeData()
        if mime.hasFormat(CAMERA_MIME):
            self.dropped_cameras.emit(dragged_numbers(mime, CAMERA_MIME), tile.index)
        else:
            for source in dragged_numbers(mime, TILE_MIME)[:1]:
                self.dropped_tile.emit(source, tile.index)
        _accept(event)

    def _target(self, index: int | None) -> None:
        if index != self._drop_target:
            self._drop_target = index
            self.update()


def _accept(event: QDropEvent) -> None:
    """Cameras are shown here too, never moved away: with Shift held a list would lose what was dragged from it."""
    if event.mimeData().hasFormat(CAMERA_MIME):
        event.setDropAction(Qt.DropAction.CopyAction)
        event.accept()
    else:
        event.acceptProposedAction()


def dragged_numbers(mime: QMimeData, kind: str) -> list[int]:
    """What was dropped. Drags come from other programs too: whatever is no small number is left out."""
    words = bytes(mime.data(kind).data()).decode("ascii", "replace").split()
    return [int(word) for word in words if word.isascii() and word.isdecimal() and len(word) <= 6]
