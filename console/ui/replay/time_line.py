"""The time line: where there is footage of which camera, where the replay is, and a hand to take it elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.model.time_line import TimeWindow, merged
from console.ui.theme import Theme, tabular

MOST_ROWS = 4
"""Cameras with a row of their own; more of them share one."""
START_SECONDS = 330.0
"""What is shown at first: the usual five minutes of a replay buffer and a little room."""
_AHEAD = 0.02
"""Share of the line that lies beyond now, so that the playhead at the live edge is seen whole."""
_ZOOM = 1.25
"""Factor of one notch of the wheel and of one key."""


@dataclass(frozen=True, slots=True)
class Row:
    """The footage of one camera: spans in UTC seconds since 1970."""

    label: str
    spans: tuple[tuple[float, float], ...]


class TimeLine(QWidget):
    """Lives on the Qt thread; knows no session. ``scrubbed`` says where the operator wants to be, ``held`` whether the
    hand is still on it."""

    scrubbed = Signal(float)
    held = Signal(bool)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._rows: tuple[Row, ...] = ()
        self._window = TimeWindow(0.0, START_SECONDS)
        self._position = self._now = 0.0
        self._follows = True
        self._pointer: float | None = None
        self._holding = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName("Time line")
        self.setToolTip("")

    @property
    def window_shown(self) -> TimeWindow:
        """The piece of time that is seen."""
        return self._window

    @property
    def rows(self) -> tuple[Row, ...]:
        """What is drawn: one row a camera, or one for all."""
        return self._rows

    def begin(self, position: float, now: float) -> None:
        """A replay begins: show its surroundings up to now."""
        self._window = TimeWindow(now - START_SECONDS * (1 - _AHEAD), START_SECONDS)
        self._follows = True
        self.show_time(position, now)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """The footage there is. More cameras than there is room for share a row, in which their gaps are seen where
        nobody has anything."""
        fresh = tuple(rows)
        if len(fresh) > MOST_ROWS:
            together = merged(span for row in fresh for span in row.spans)
            fresh = (Row(f"{len(fresh)} cameras", together),)
        if fresh == self._rows:
            return
        if len(fresh) != len(self._rows):
            self.updateGeometry()
        self._rows = fresh
        self.update()

    def show_time(self, position: float, now: float) -> None:
        """Where the replay is, and where now is."""
        before = self._window
        latest = now + _AHEAD * self._window.length
        if self._holding:
            pass  # nothing moves under the hand
        elif self._follows:
            self._window = TimeWindow(latest - self._window.length, self._window.length)
        if not self._holding and not self._window.start <= position <= self._window.end:
            self._window = self._window.showing(position).kept_before(latest)
            self._follows = self._window.end >= latest - 0.001
        width = max(1, self.width())
        moved = abs(self._window.share(position) - before.share(self._position)) * width
        if moved >= 0.25 or self._window.length != before.length or abs(now - self._now) > 0.5:
            self.update()
        self._position, self._now = position, now

    def sizeHint(self) -> QSize:
        """One row a camera, and a line of times."""
        line = self.fontMetrics().height()
        return QSize(600, self._top() + round(self._row_height() * max(1, len(self._rows)) + line * 0.5))

    def minimumSizeHint(self) -> QSize:
        """As high as it wants to be."""
        return QSize(200, self.sizeHint().height())

    # Hands

    def zoom(self, factor: float, around: float | None = None) -> None:
        """Show ``factor`` times as much time; what lies at ``around`` (else the playhead) stays where it is."""
        where = self._position if around is None else around
        self._window = self._window.zoomed(factor, where).kept_before(self._now + _AHEAD * self._window.length)
        self._follows = self._window.end >= self._now
        self.update()

    def pan(self, seconds: float) -> None:
        """Show what is earlier (negative) or later."""
        self._window = self._window.panned(seconds).kept_before(self._now + _AHEAD * self._window.length)
        self._follows = self._window.end >= self._now
        self.update()

    def time_at(self, x: float) -> float:
        """The time that lies at ``x``, logical pixels from the left."""
        return self._window.at((x - self._left()) / max(1.0, self.width() - self._left()))

    def x_of(self, when: float) -> float:
        """Where a time lies, logical pixels from the left."""
        return self._left() + self._window.share(when) * max(1.0, self.width() - self._left())

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the playhead here."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._holding = True
            self.held.emit(True)
            self._scrub(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Take it along."""
        self._pointer = event.position().x()
        if self._holding:
            self._scrub(self._pointer)
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let it go."""
        if self._holding and event.button() == Qt.MouseButton.LeftButton:
            self._holding = False
            self.held.emit(False)

    def leaveEvent(self, event: QEvent) -> None:
        """No time under the pointer any more."""
        super().leaveEvent(event)
        self._pointer = None
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the pointer; with Shift, or sideways, move along."""
        turned = event.angleDelta()
        if turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.pan(-(turned.x() or turned.y()) / 120 * self._window.length * 0.1)
        elif turned.y():
            self.zoom(_ZOOM ** (-turned.y() / 120), self.time_at(event.position().x()))
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """With the focus: plus and minus zoom, Page Up and Page Down move along; the rest is the replay's."""
        match event.key():
            case Qt.Key.Key_Plus | Qt.Key.Key_Equal:
                self.zoom(1 / _ZOOM)
            case Qt.Key.Key_Minus:
                self.zoom(_ZOOM)
            case Qt.Key.Key_PageUp:
                self.pan(-self._window.length * 0.5)
            case Qt.Key.Key_PageDown:
                self.pan(self._window.length * 0.5)
            case _:
                super().keyPressEvent(event)

    def _scrub(self, x: float) -> None:
        self.scrubbed.emit(min(self.time_at(min(max(x, self._left()), self.width())), self._now))

    # Painting

    def _left(self) -> float:
        """Room for the numbers of the cameras."""
        if not self._rows:
            return 0.0
        widest = max(self.fontMetrics().horizontalAdvance(row.label) for row in self._rows)
        return float(min(widest + 10, self.width() // 4))

    def _row_height(self) -> int:
        return max(8, round(self.fontMetrics().height() * 0.85))

    def _top(self) -> int:
        """Where the first row begins, below the times and the head of the playhead."""
        return round(self.fontMetrics().height() * 1.5)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Bands, marks, now, playhead, and the time under the pointer."""
        painter = QPainter(self)
        theme = self._theme
        painter.fillRect(self.rect(), theme.color("panel"))
        font = tabular(self.font().pointSizeF() if self.font().pointSizeF() > 0 else 9)
        painter.setFont(font)
        line = self.fontMetrics().height()
        top = self._top()
        left, bottom = self._left(), top + self._row_height() * max(1, len(self._rows))
        self._paint_marks(painter, left, line, bottom)
        for index, row in enumerate(self._rows or (Row("", ()),)):
            self._paint_row(painter, row, left, top + index * self._row_height())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_now(painter, left, top, bottom)
        self._paint_playhead(painter, left, top, bottom)
        if self._pointer is not None and self._pointer >= left:
            self._paint_pointer(painter, self._pointer, line, bottom)
        if self.hasFocus():
            painter.setPen(QPen(theme.color("selection"), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _paint_marks(self, painter: QPainter, left: float, line: int, bottom: int) -> None:
        width = painter.fontMetrics().horizontalAdvance("00:00:00") * 1.9
        offset = _offset(self._now)
        marks, step = self._window.marks(int((self.width() - left) / width), offset)
        for mark in marks:
            x = self.x_of(mark)
            painter.setPen(self._theme.color("line"))
            painter.drawLine(QPointF(x, line), QPointF(x, bottom))
            local = datetime.fromtimestamp(mark).astimezone()
            words = local.strftime("%H:%M:%S" if step < 60 else "%H:%M")
            half = painter.fontMetrics().horizontalAdvance(words) / 2
            if x - half < left or x + half > self.width() or self._under_pointer(x, 2.5 * half):
                continue  # words that would be cut say less than none
            painter.setPen(self._theme.color("dim"))
            painter.drawText(QPointF(x - half, painter.fontMetrics().ascent()), words)

    def _under_pointer(self, x: float, near: float) -> bool:
        return self._pointer is not None and abs(self._pointer - x) < near

    def _paint_row(self, painter: QPainter, row: Row, left: float, top: int) -> None:
        height = self._row_height()
        painter.setPen(self._theme.color("dim"))
        box = QRectF(4, top - 2, max(0.0, left - 8), height + 4)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, row.label)
        painter.fillRect(QRectF(left, top + 1, self.width() - left, height - 2), self._theme.color("background"))
        for start, end in row.spans:
            if end < self._window.start or start > self._window.end:
                continue
            first, last = max(left, self.x_of(start)), min(float(self.width()), self.x_of(end))
            painter.fillRect(QRectF(first, top + 1, max(1.0, last - first), height - 2), self._band())

    def _band(self) -> QColor:
        band = self._theme.color("low")
        band.setAlphaF(0.55)
        return band

    def _paint_now(self, painter: QPainter, left: float, top: int, bottom: int) -> None:
        x = self.x_of(self._now)
        if left <= x <= self.width():
            painter.setPen(QPen(self._theme.color("text"), 1))
            painter.drawLine(QPointF(x, top - 2), QPointF(x, bottom + 2))

    def _paint_playhead(self, painter: QPainter, left: float, top: int, bottom: int) -> None:
        x = self.x_of(self._position)
        if not left <= x <= self.width():
            return
        amber = self._theme.color("high")
        painter.setPen(QPen(amber, 2))
        painter.drawLine(QPointF(x, top - 3), QPointF(x, bottom + 3))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(amber)
        size = self._row_height() * 0.55
        corners = [QPointF(x - size, top - 3 - size), QPointF(x + size, top - 3 - size), QPointF(x, top - 2)]
        painter.drawPolygon(QPolygonF(corners))

    def _paint_pointer(self, painter: QPainter, x: float, line: int, bottom: int) -> None:
        when = datetime.fromtimestamp(self.time_at(x)).astimezone()
        words = when.strftime("%H:%M:%S.") + str(when.microsecond // 100_000)
        width = painter.fontMetrics().horizontalAdvance(words) + 10
        place = min(max(self._left(), x - width / 2), self.width() - width)
        painter.setPen(QPen(self._theme.color("dim"), 1))
        painter.drawLine(QPointF(x, line), QPointF(x, bottom + 3))
        box = QRectF(place, 0, width, line + 2)
        painter.fillRect(box, self._theme.color("line"))
        painter.setPen(self._theme.color("text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, words)


def _offset(when: float) -> float:
    """Seconds that local time is ahead of UTC."""
    shift = datetime.fromtimestamp(when).astimezone().utcoffset()
    return 0.0 if shift is None else shift.total_seconds()
