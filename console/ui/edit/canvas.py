"""The canvas of edit mode: a draft to scale, arranged by mouse and by keys."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, QPointF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QKeyEvent,
    QMouseEvent,
)
from PySide6.QtWidgets import QApplication, QWidget

from console.model.items import CameraItem, Item
from console.model.layout import Layout
from console.model.layout_edit import Axis, Border, lines
from console.ui.actions import Actions
from console.ui.edit.canvas_paint import Still
from console.ui.edit.canvas_view import CanvasView, Hand
from console.ui.edit.draft import Draft
from console.ui.edit.drags import READY, cameras_in, kind_in, may_drop
from console.ui.edit.words import NameOf
from console.ui.theme import Theme

_MOST_DIGITS = 5
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_CTRL, _SHIFT, _ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)


class Canvas(CanvasView):
    """Shows a Draft and edits it. Only the Qt thread. ``actions`` has the keys that are not the canvas's own (arrows,
    digits, Enter, Esc)."""

    edit_wanted = Signal(str)
    """The properties of the current tile are wanted, with this kind of item ("" for what it holds)."""
    menu_wanted = Signal(QPoint)
    unknown_camera = Signal(int)
    escaped = Signal()
    """Esc, and there was nothing of the canvas's own to leave."""

    def __init__(
        self, draft: Draft, theme: Theme, aspect: float, name_of: NameOf, still: Still, actions: Actions,
        shown: Callable[[], dict[int, Item]], parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(draft, theme, aspect, name_of, still, shown, parent)
        self._actions = actions
        self.setAcceptDrops(True)

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a border, or pick a tile."""
        if event.button() != Qt.MouseButton.LeftButton or self._hand is not Hand.NOTHING:
            return
        self._leave_digits()
        point, keys = event.position(), event.modifiers()
        self._pressed_at = self._pointer = point
        border = None if keys & (_CTRL | _SHIFT) else self.border_at(point)
        if border is not None:
            self._hand, self._border, self._live = Hand.BORDER, border, None
            return
        tile = self.tile_at(point)
        self._hand, self._pressed_tile = Hand.PRESSED, tile
        if tile is None:
            return
        if keys & _CTRL:
            self._draft.toggle(tile)
        elif not keys & _SHIFT and tile not in self._draft.picked:
            self._draft.pick(tile)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pull along what is held; else say by the pointer what could be."""
        point = self._pointer = event.position()
        if self._hand is Hand.NOTHING:
            self._point(self.border_at(point))
            return
        if self._hand is Hand.BORDER:
            self._pull(point, snap=not event.modifiers() & _SHIFT)
            return
        if self._hand is Hand.PRESSED:
            far = (point - self._pressed_at).manhattanLength()
            if far < QApplication.startDragDistance():
                return
            self._hand = Hand.BAND if self._band_begins(event) else Hand.SWAP
            if self._hand is Hand.SWAP:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._hand is Hand.SWAP:
            tile = self.tile_at(point)
            here = self._pressed_tile
            swap = tile is not None and tile != here and here is not None
            self._aim(tile if swap else None, f"Change places with {(here or 0) + 1}")
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was begun is done."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        hand, tile, live, base = self._hand, self._pressed_tile, self._live, self._draft.layout
        self._let_go()
        if hand is Hand.BORDER and live is not None:
            self._draft.do("resize", lambda layout: live if layout == base else layout)
        elif hand is Hand.SWAP and tile is not None:
            there = self.tile_at(event.position())
            if there is not None and there != tile:
                self._draft.swap(tile, there)
        elif hand is Hand.BAND:
            band = self._band(event.position())
            self._draft.pick_these(i for i, rect in enumerate(self.tile_rects()) if rect.intersects(band))
        elif hand is Hand.PRESSED and tile is not None:
            if event.modifiers() & _SHIFT:
                self._draft.extend(tile)
            elif not event.modifiers() & _CTRL:
                self._draft.pick(tile)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Edit what the tile holds."""
        tile = self.tile_at(event.position())
        left, border = event.button() == Qt.MouseButton.LeftButton, self.border_at(event.position())
        if tile is not None and left and border is None:
            self._draft.pick(tile)
            self.edit_wanted.emit("")

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done, by the right button or the menu key."""
        if event.reason() == QContextMenuEvent.Reason.Mouse:
            tile = self.tile_at(QPointF(event.pos()))
            if tile is not None and tile not in self._draft.picked:
                self._draft.pick(tile)
            self.menu_wanted.emit(event.globalPos())
        else:
            self.menu_wanted.emit(self.mapToGlobal(self.tile_rect(self._draft.current).center()))

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer says nothing outside."""
        super().leaveEvent(event)
        if self._hand is Hand.NOTHING:
            self.unsetCursor()

    def _band_begins(self, event: QMouseEvent) -> bool:
        """A rubber band begins beside the tiles, on a free one, or anywhere with Shift or Ctrl."""
        if self._pressed_tile is None or event.modifiers() & (_SHIFT | _CTRL):
            return True
        cell = self._draft.layout.cells[self._pressed_tile]
        return cell.item is None and not cell.hotspot

    def _pull(self, point: QPointF, snap: bool) -> None:
        border, frame = self._border, self.frame()
        if border is None:
            return
        upright = border.axis is Axis.COLUMNS
        share = (point.x() - frame.x()) / frame.width() if upright else (point.y() - frame.y()) / frame.height()
        if self._live is None and (point - self._pressed_at).manhattanLength() < 2:
            return
        self._live = self._draft.move_border(self._draft.layout, border, share, snap)
        moved = None if self._live is None else _moved(self._live, border, share)
        self._snap = moved if moved is not None and abs(moved - share) < 0.5 else None
        self.update()

    def _point(self, border: Border | None) -> None:
        if border is None:
            self.unsetCursor()
        else:
            upright = border.axis is Axis.COLUMNS
            self.setCursor(Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor)

    # Drops

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Cameras and items may come."""
        if may_drop(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Show where it would land, and how."""
        many = len(cameras_in(event.mimeData())) > 1
        words = "Drop here, and on the free tiles that follow" if many else "Drop here"
        self._aim(self.tile_at(event.position()), "Drop here as a tour" if event.modifiers() & _ALT else words)
        event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """Not here after all."""
        self._aim(None, "")

    def dropEvent(self, event: QDropEvent) -> None:
        """One onto the tile, many onto this and the free ones that follow, with Alt as a tour."""
        self._aim(None, "")
        tile = self.tile_at(event.position())
        if tile is None or not may_drop(event.mimeData()):
            return
        event.setDropAction(Qt.DropAction.CopyAction)  # a move would take it out of the list that it came from
        event.accept()
        items, kind = cameras_in(event.mimeData()), kind_in(event.mimeData())
        known = [each for each in items if isinstance(each, CameraItem) and self._name_of(each.number) is not None]
        for each in items:
            if isinstance(each, CameraItem) and each not in known:
                self.unknown_camera.emit(each.number)
        self.place(tile, [*known], kind, tour=bool(event.modifiers() & _ALT))

    def place(self, tile: int, items: list[Item], kind: str = "", tour: bool = False) -> None:
        """What a drop does, and Enter in the lists."""
        if kind in READY:
            items = [READY[kind]]
        if items and (tour or kind == "tour"):
            self._draft.tour_there(tile, items)
        elif items:
            self._draft.put_there(tile, items)
        elif kind:
            self._draft.pick(tile)
            self.edit_wanted.emit(kind)

    # Keys

    def event(self, event: QEvent) -> bool:
        """Single letters and arrows with modifiers are ours before any shortcut."""
        override = event.type() == QEvent.Type.ShortcutOverride
        if override and isinstance(event, QKeyEvent) and self._takes(event):
            event.accept()
            return True
        return super().event(event)

    def _takes(self, event: QKeyEvent) -> bool:
        return event.key() in _ARROWS or (event.key() == Qt.Key.Key_Escape and self._busy())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows pick; with Shift more, with Alt they move borders, with Ctrl+Shift they change places."""
        key, text = event.key(), event.text()
        plain = not event.modifiers() & (_CTRL | _ALT)
        if self._hand is not Hand.NOTHING and key != Qt.Key.Key_Escape:
            return  # a hand on the mouse: first let go
        if key in _ARROWS:
            self._arrow(*_ARROWS[Qt.Key(key)], event.modifiers())
        elif plain and text.isascii() and text.isdecimal():
            self._typed = (self._typed + text)[-_MOST_DIGITS:]
            self.update()
        elif key == Qt.Key.Key_Backspace and self._typed:
            self._typed = self._typed[:-1]
            self.update()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain:
            self._enter()
        elif key == Qt.Key.Key_Escape:
            self._escape()
        elif key == Qt.Key.Key_Space and event.modifiers() & _CTRL:
            self._draft.toggle(self._draft.current)
        elif (action := self._actions.for_key(event)) is not None:
            self._leave_digits()
            if action.possible():
                action.run()
        else:
            super().keyPressEvent(event)

    def _arrow(self, dx: int, dy: int, keys: Qt.KeyboardModifier) -> None:
        self._leave_digits()
        if keys & _ALT:
            self._draft.nudge(dx, dy, other_side=bool(keys & _SHIFT))
        elif keys & _CTRL and keys & _SHIFT:
            self._draft.swap_towards(dx, dy)
        else:
            self._draft.step(dx, dy, extend=bool(keys & _SHIFT), keep=bool(keys & _CTRL))

    def _enter(self) -> None:
        if not self._typed:
            self.edit_wanted.emit("")
            return
        number = int(self._typed)
        self._leave_digits()
        if self._name_of(number) is None:
            self.unknown_camera.emit(number)
        else:
            self._draft.put(CameraItem(number))

    def _busy(self) -> bool:
        return bool(self._typed) or self._hand is not Hand.NOTHING or len(self._draft.picked) > 1

    def _escape(self) -> None:
        if self._hand is not Hand.NOTHING:
            self._let_go()
        elif self._typed:
            self._leave_digits()
        elif len(self._draft.picked) > 1:
            self._draft.pick(self._draft.current)
        else:
            self.escaped.emit()


def _moved(layout: Layout, border: Border, wish: float) -> float | None:
    """Where a border came to lie: of those that run where it ran the nearest to what was wished."""
    middle = (border.start + border.end) / 2
    near = [each.share for each in lines(layout) if each.axis is border.axis and each.start <= middle <= each.end]
    return min(near, key=lambda share: abs(share - wish), default=None)
