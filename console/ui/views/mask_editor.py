"""Drawing privacy masks over a still, by mouse and by keyboard.

The still is as the camera sends it, neither turned nor masked; what is hidden elsewhere must be seen here to be hidden
well.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPolygonF,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.model.mask_drawing import MaskDrawing, Point
from console.model.undo import Undo
from console.model.zoom import Box, placement
from console.ui.theme import DARK, Theme
from drivers.types import Polygon

_REACH = 9.0
"""Logical pixels around a corner in which the mouse takes hold of it."""
_MARGIN = 8
"""Logical pixels around the still, so that corners on its edge can be seen and held."""
_STEP = 1 / 200
"""What an arrow key moves by, as a share of the picture; ten times more with Ctrl, a fifth with Shift."""
_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}

KEYS = (
    "Click: corners of a new mask; Enter or a click on its first corner closes it. Drag corners and masks. "
    "Double-click a side: a corner more. Keys: N new mask, Tab next corner, arrows move (Ctrl far, Shift finely), "
    "+ a corner more, M the whole mask, Del remove, Esc leave, Ctrl+Z and Ctrl+Shift+Z undo and redo."
)


class MaskEditor(QWidget):
    """Edits a MaskDrawing. ``changed`` is emitted after each change of the masks themselves."""

    changed = Signal()

    def __init__(
        self, still: QImage, masks: tuple[Polygon, ...], theme: Theme = DARK, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._still, self._theme = still, theme
        self._undo = Undo(MaskDrawing(masks))
        self._live = self._undo.state
        """What is on screen; ahead of the undo list while the mouse drags."""
        self._drag: Point | None = None
        self._pointer: Point | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(320, 180)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setAccessibleName("Privacy masks")
        self.setAccessibleDescription(KEYS)
        self.setToolTip(KEYS)

    @property
    def drawing(self) -> MaskDrawing:
        """What is on screen."""
        return self._live

    @property
    def masks(self) -> tuple[Polygon, ...]:
        """The masks; one that is being drawn and has corners enough counts, for it was meant."""
        return self._live.closed().masks if self._live.line else self._live.masks

    def apply(self, name: str, drawing: MaskDrawing) -> None:
        """One step, which can be undone; selecting alone is none."""
        before = self._live.masks
        self._live = drawing
        self._keep(name)
        self._show(before)

    def undo(self) -> None:
        """Take the last step back."""
        self._travel(self._undo.undo())

    def redo(self) -> None:
        """Do it again."""
        self._travel(self._undo.redo())

    def sizeHint(self) -> QSize:
        """Large enough to draw with care."""
        return QSize(800, 450)

    # Keys

    def event(self, event: QEvent) -> bool:
        """Tab goes from corner to corner before it leaves, and the dialog's Enter and Esc are ours while we draw."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.ShortcutOverride and self._takes(event):
            event.accept()
            return True
        return super().event(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        """The next corner; past the last one the focus leaves."""
        following = self._live.stepped(1 if forward else -1)
        if following is None:
            self._live = self._live.selected(None)
            self.update()
            return super().focusNextPrevChild(forward)
        self._live = following
        self.update()
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See ``KEYS``; what is not ours goes on to the dialog."""
        if not self._takes(event) or not self._pressed(event):
            super().keyPressEvent(event)

    def _takes(self, event: QKeyEvent) -> bool:
        key, busy = event.key(), bool(self._live.line) or self._live.mask is not None
        if key in (Qt.Key.Key_Escape, Qt.Key.Key_Delete, Qt.Key.Key_Backspace, *_ARROWS, Qt.Key.Key_M):
            return busy
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return bool(self._live.line)
        return key in (Qt.Key.Key_N, Qt.Key.Key_Plus) or event.matches(QKeySequence.StandardKey.Undo) or _redo(event)

    def _pressed(self, event: QKeyEvent) -> bool:
        key, live = event.key(), self._live
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif _redo(event):
            self.redo()
        elif key in _ARROWS:
            step = _STEP * (10 if event.modifiers() & Qt.KeyboardModifier.ControlModifier else 1)
            step /= 5 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = _ARROWS[Qt.Key(key)]
            self.apply("Move", live.moved(dx * step, dy * step))
        elif key == Qt.Key.Key_N:
            self.apply("New mask", live.put_down())
        elif key == Qt.Key.Key_Plus:
            self.apply("Add a corner", live.split())
        elif key == Qt.Key.Key_M:
            self._live = live.selected(live.mask)
            self.update()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.apply("Remove", live.removed())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.apply("New mask", live.closed())
        elif key == Qt.Key.Key_Escape:
            self.apply("Leave", live.abandoned())
        else:
            return False
        return True

    # Mouse

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of what is there, or put down a corner."""
        if event.button() != Qt.MouseButton.LeftButton:
            return
        point = self._share(event.position())
        live = self._live
        if live.line:
            first = live.line[0]
            reach = self._reach()
            home = abs(point[0] - first[0]) <= reach[0] and abs(point[1] - first[1]) <= reach[1]
            if home and len(live.line) > 2:
                self.apply("New mask", live.closed())
            else:
                self.apply("Draw", live.added(point))
            return
        found = live.at(point, self._reach())
        if found is None:
            self.apply("Draw", live.added(point))
            return
        self._live, self._drag = live.selected(*found), point
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Pull along what is held; show where the next corner would be."""
        point = self._share(event.position())
        self._pointer = point
        if self._drag is not None:
            before = self._live.masks
            self._live = self._live.moved(point[0] - self._drag[0], point[1] - self._drag[1])
            self._drag = point
            self._show(before)
        elif self._live.line:
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """What was pulled stays there: one step, however long the way."""
        if self._drag is not None and event.button() == Qt.MouseButton.LeftButton:
            self._drag = None
            self._keep("Move")

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """A corner more on the side that is nearest; while drawing it closes the mask."""
        if self._live.line:
            self.apply("New mask", self._live.closed())
        elif self._live.mask is not None:
            self._drag = None
            self.apply("Add a corner", self._live.split(self._share(event.position())))

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame shows it."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """The frame shows it."""
        super().focusOutEvent(event)
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """The still, the masks over it so that one sees through, the selected corner."""
        painter = QPainter(self)
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), self._theme.color("background"))
        painter.drawImage(QRectF(*self._box()), self._still)
        for index, mask in enumerate(self._live.masks):
            self._paint_mask(painter, index, mask)
        if self._live.line:
            self._paint_line(painter)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("selection"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def _paint_mask(self, painter: QPainter, index: int, mask: Polygon) -> None:
        chosen = index == self._live.mask
        outline = QPolygonF([self._place(corner) for corner in mask])
        edge = self._theme.color("selection" if chosen else "text")
        painter.setPen(QPen(edge, 2))
        painter.setBrush(QColor(30, 30, 30, 165))
        painter.drawPolygon(outline, Qt.FillRule.WindingFill)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QBrush(QColor(200, 200, 200, 70), Qt.BrushStyle.BDiagPattern))
        painter.drawPolygon(outline, Qt.FillRule.WindingFill)
        painter.setPen(QPen(QColor(0, 0, 0), 1))
        for corner, at in enumerate(mask):
            held = chosen and self._live.corner in (None, corner)
            painter.setBrush(self._theme.color("selection") if held else QColor(255, 255, 255))
            radius = 6.5 if chosen and corner == self._live.corner else 4.5
            painter.drawEllipse(self._place(at), radius, radius)

    def _paint_line(self, painter: QPainter) -> None:
        points = [self._place(corner) for corner in self._live.line]
        if self._pointer is not None:
            points.append(self._place(self._pointer))
        painter.setPen(QPen(QColor(0, 0, 0), 4))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawPolyline(points)
        painter.setPen(QPen(self._theme.color("medium"), 2))
        painter.drawPolyline(points)
        painter.setBrush(self._theme.color("medium"))
        for place, corner in enumerate(self._live.line):
            radius = 6.5 if place == 0 else 4.5
            painter.drawEllipse(self._place(corner), radius, radius)

    # Places

    def _box(self) -> Box:
        size = (self._still.width(), self._still.height())
        box = placement((self.width() - 2 * _MARGIN, self.height() - 2 * _MARGIN), size)[1]
        return box._replace(x=box.x + _MARGIN, y=box.y + _MARGIN)

    def _place(self, point: Point) -> QPointF:
        box = self._box()
        return QPointF(box.x + point[0] * box.width, box.y + point[1] * box.height)

    def _share(self, position: QPointF) -> Point:
        box = self._box()
        x, y = (position.x() - box.x) / box.width, (position.y() - box.y) / box.height
        return min(1.0, max(0.0, x)), min(1.0, max(0.0, y))

    def _reach(self) -> Point:
        box = self._box()
        return _REACH / box.width, _REACH / box.height

    def _keep(self, name: str) -> None:
        known = self._undo.state
        if (known.masks, known.line) != (self._live.masks, self._live.line):
            self._undo.go(name, self._live)

    def _travel(self, name: str | None) -> None:
        if name is not None:
            before, self._live = self._live.masks, self._undo.state
            self._show(before)

    def _show(self, before: tuple[Polygon, ...]) -> None:
        self.update()
        if self._live.masks != before:
            self.changed.emit()


def _redo(event: QKeyEvent) -> bool:
    """Ctrl+Shift+Z everywhere, and what the system has besides."""
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    ours = event.key() == Qt.Key.Key_Z and event.modifiers() == both
    return ours or event.matches(QKeySequence.StandardKey.Redo)
