"""The canvas of edit mode: a draft to scale, arranged by mouse and by keys."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from PySide6.QtCore import QEvent, QLine, QPoint, QPointF, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QFocusEvent,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QApplication, QSizePolicy, QWidget

from console.model.items import CameraItem, Item
from console.model.layout import Layout, Rect
from console.model.layout_edit import Axis, Border, lines
from console.ui.actions import Actions
from console.ui.edit.canvas_paint import GAP, MARGIN, CanvasPainter, Scene, Still
from console.ui.edit.draft import Draft
from console.ui.edit.drags import READY, cameras_in, kind_in, may_drop
from console.ui.edit.words import NameOf, called
from console.ui.theme import Theme

_REACH = 6.0
"""Logical pixels beside a border in which the mouse takes hold of it."""
_STILLS_MS = 1000
"""How often the pictures are looked at again."""
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


class _Hand(Enum):
    """What a pressed mouse is doing."""

    NOTHING = 0
    PRESSED = 1
    BAND = 2
    SWAP = 3
    BORDER = 4


class Canvas(QWidget):
    """Shows a Draft and edits it. Only the Qt thread. ``shown`` says what the wall has on a tile now, for free tiles;
    ``actions`` has the keys that are not the canvas's own (arrows, digits, Enter, Esc)."""

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
        super().__init__(parent)
        self._draft, self._aspect, self._name_of, self._shown = draft, aspect, name_of, shown
        self._actions = actions
        self._painter = CanvasPainter(theme, name_of, still)
        self._hand = _Hand.NOTHING
        self._pressed_at, self._pointer = QPointF(), QPointF()
        self._pressed_tile: int | None = None
        self._border: Border | None = None
        self._live: Layout | None = None
        """What a border that is being dragged would give."""
        self._snap: float | None = None
        self._target: int | None = None
        self._target_words = ""
        self._typed = ""
        self._stills = QTimer(self)
        self._stills.setInterval(_STILLS_MS)
        self._stills.timeout.connect(self.update)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setAcceptDrops(True)
        self.setMinimumSize(320, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Draft of the layout")
        draft.changed.connect(self._refresh)
        draft.picked_changed.connect(self._refresh)
        self._refresh()

    @property
    def typed(self) -> str:
        """Digits that wait for Enter."""
        return self._typed

    @property
    def layout_seen(self) -> Layout:
        """What is painted: while a border is dragged ahead of the draft."""
        return self._live or self._draft.layout

    def sizeHint(self) -> QSize:
        """Large enough to hit a tile of a wall of sixty-four."""
        return QSize(960, 600)

    # Geometry, in logical pixels

    def frame(self) -> QRect:
        """Where the monitor is, in its aspect."""
        box = self.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        width = max(1, min(box.width(), round(box.height() * self._aspect)))
        height = max(1, round(width / self._aspect))
        return QRect(box.x() + (box.width() - width) // 2, box.y() + (box.height() - height) // 2, width, height)

    def tile_rect(self, tile: int) -> QRect:
        """Where a tile is."""
        frame = self.frame()
        rect = self.layout_seen.rects(frame.width(), frame.height(), GAP)[tile]
        return QRect(frame.x() + rect.x, frame.y() + rect.y, rect.width, rect.height)

    def tile_at(self, point: QPointF) -> int | None:
        """The tile under a point."""
        here, tiles = point.toPoint(), range(len(self.layout_seen.cells))
        return next((i for i in tiles if self.tile_rect(i).contains(here)), None)

    def border_at(self, point: QPointF) -> Border | None:
        """The border that the mouse would take hold of."""
        frame = self.frame()
        best, least = None, _REACH
        for border in lines(self._draft.layout):
            upright = border.axis is Axis.COLUMNS
            along, across = (point.y(), point.x()) if upright else (point.x(), point.y())
            at = (frame.x() + border.share * frame.width()) if upright else (frame.y() + border.share * frame.height())
            begin, length = (frame.y(), frame.height()) if upright else (frame.x(), frame.width())
            if not begin + border.start * length <= along <= begin + border.end * length:
                continue
            far = abs(across - at)
            if far < least:
                best, least = border, far
        return best

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a border, or pick a tile."""
        if event.button() != Qt.MouseButton.LeftButton or self._hand is not _Hand.NOTHING:
            return
        self._leave_digits()
        point, keys = event.position(), event.modifiers()
        self._pressed_at = self._pointer = point
        border = None if keys & (_CTRL | _SHIFT) else self.border_at(point)
        if border is not None:
            self._hand, self._border, self._live = _Hand.BORDER, border, None
            return
        tile = self.tile_at(point)
        self._hand, self._pressed_tile = _Hand.PRESSED, tile
        if tile is None:
            return
        if keys & _CTRL:
            self._draft.toggle(tile)
        elif not keys & _SHIFT and tile not in self._draft.picked:
            self._draft.pick(tile)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pull along what is held; else say by the pointer what could be."""
        point = self._pointer = event.position()
        if self._hand is _Hand.NOTHING:
            self._point(self.border_at(point))
            return
        if self._hand is _Hand.BORDER:
            self._pull(point, snap=not event.modifiers() & _SHIFT)
            return
        if self._hand is _Hand.PRESSED:
            far = (point - self._pressed_at).manhattanLength()
            if far < QApplication.startDragDistance():
                return
            self._hand = _Hand.BAND if self._band_begins(event) else _Hand.SWAP
            if self._hand is _Hand.SWAP:
                self.setCursor(Qt.CursorShape.ClosedHandCursor)
        if self._hand is _Hand.SWAP:
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
        if hand is _Hand.BORDER and live is not None:
            self._draft.do("resize", lambda layout: live if layout == base else layout)
        elif hand is _Hand.SWAP and tile is not None:
            there = self.tile_at(event.position())
            if there is not None and there != tile:
                self._draft.swap(tile, there)
        elif hand is _Hand.BAND:
            band = self._band(event.position())
            self._draft.pick_these(i for i in range(len(base.cells)) if self.tile_rect(i).intersects(band))
        elif hand is _Hand.PRESSED and tile is not None:
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
        if self._hand is _Hand.NOTHING:
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

    def _let_go(self) -> None:
        self._hand, self._border, self._live, self._pressed_tile = _Hand.NOTHING, None, None, None
        self._snap = None
        self.unsetCursor()
        self._aim(None, "")
        self.update()

    def _point(self, border: Border | None) -> None:
        if border is None:
            self.unsetCursor()
        else:
            upright = border.axis is Axis.COLUMNS
            self.setCursor(Qt.CursorShape.SplitHCursor if upright else Qt.CursorShape.SplitVCursor)

    def _aim(self, tile: int | None, words: str) -> None:
        if (tile, words) != (self._target, self._target_words):
            self._target, self._target_words = tile, words
            self.update()

    def _band(self, point: QPointF) -> QRect:
        return QRect(self._pressed_at.toPoint(), point.toPoint()).normalized()

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
        event.acceptProposedAction()
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
        if self._hand is not _Hand.NOTHING and key != Qt.Key.Key_Escape:
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
        return bool(self._typed) or self._hand is not _Hand.NOTHING or len(self._draft.picked) > 1

    def _escape(self) -> None:
        if self._hand is not _Hand.NOTHING:
            self._let_go()
        elif self._typed:
            self._leave_digits()
        elif len(self._draft.picked) > 1:
            self._draft.pick(self._draft.current)
        else:
            self.escaped.emit()

    def _leave_digits(self) -> None:
        if self._typed:
            self._typed = ""
            self.update()

    # Seeing

    def showEvent(self, event: QShowEvent) -> None:
        """Pictures are looked at again while somebody sees them."""
        super().showEvent(event)
        self._stills.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks; what the mouse held is let go."""
        super().hideEvent(event)
        self._stills.stop()
        self._let_go()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame of the current tile tells that keys come here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys go elsewhere; what was typed is forgotten."""
        super().focusOutEvent(event)
        self._leave_digits()
        self.update()

    def _refresh(self) -> None:
        layout, current = self._draft.layout, self._draft.current
        more = f", {len(self._draft.picked)} picked" if len(self._draft.picked) > 1 else ""
        holds = called(layout.cells[current].item, self._name_of)
        self.setAccessibleDescription(f"Tile {current + 1} of {len(layout.cells)}: {holds}{more}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """In device pixels, so that lines are sharp at each scale."""
        painter = QPainter(self)
        scale = self.devicePixelRatioF()
        painter.scale(1 / scale, 1 / scale)
        whole = QRect(0, 0, round(self.width() * scale), round(self.height() * scale))
        self._painter.paint(painter, self._scene(scale), whole)
        painter.end()

    def _scene(self, scale: float) -> Scene:
        frame = self.frame()
        device = Rect(*(round(each * scale) for each in (frame.x(), frame.y(), frame.width(), frame.height())))
        steady = self._live is None
        scene = Scene(
            self.layout_seen, device, scale,
            self._draft.picked if steady else (), self._draft.current, self.hasFocus(),
            self._target, self._target_words, typed=self._typed, shown=self._shown(),
        )  # fmt: skip
        if self._hand is _Hand.BAND:
            band = self._band(self._pointer)
            scene = replace(scene, band=QRect(band.topLeft() * scale, band.size() * scale))
        if self._snap is not None and self._border is not None:
            upright = self._border.axis is Axis.COLUMNS
            at = round((device.x + self._snap * device.width) if upright else (device.y + self._snap * device.height))
            line = (
                QLine(at, device.y, at, device.y + device.height) if upright
                else QLine(device.x, at, device.x + device.width, at)
            )  # fmt: skip
            scene = replace(scene, snap=line, snap_words=_share_words(self._snap))
        return scene


def _moved(layout: Layout, border: Border, wish: float) -> float | None:
    """Where a border came to lie: of those that run where it ran the nearest to what was wished."""
    middle = (border.start + border.end) / 2
    near = [each.share for each in lines(layout) if each.axis is border.axis and each.start <= middle <= each.end]
    return min(near, key=lambda share: abs(share - wish), default=None)


def _share_words(share: float) -> str:
    """ "50 %", "33.3 %", and what of a fraction people know it by."""
    known = {1 / 2: "1/2", 1 / 3: "1/3", 2 / 3: "2/3", 1 / 4: "1/4", 3 / 4: "3/4"}
    name = next((f"  {words}" for value, words in known.items() if abs(value - share) < 0.0005), "")
    return f"{100 * share:.1f} %{name}".replace(".0 %", " %")
