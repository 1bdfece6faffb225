"""Buttons with drawn signs: sharp at every scale, and no font has to know the signs."""

from __future__ import annotations

import enum

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractButton, QWidget

from console.ui.theme import Theme


class Sign(enum.Enum):
    """What a button does, as on every player."""

    STEP_BACK = "step back"
    BACK = "back"
    PAUSE = "pause"
    PLAY = "play"
    STEP = "step"


class SignButton(QAbstractButton):
    """A flat button; ``active`` underlines it: that is what the replay does now."""

    def __init__(self, sign: Sign, name: str, tip: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._sign, self._theme = sign, theme
        self._active = False
        self.setAccessibleName(name)
        self.setToolTip(tip)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)

    def set_active(self, active: bool) -> None:
        """Whether this is what goes on now."""
        if active != self._active:
            self._active = active
            self.update()

    @property
    def active(self) -> bool:
        """Whether this is what goes on now."""
        return self._active

    def sizeHint(self) -> QSize:
        """As high as a line of text and a half, and a little wider."""
        height = round(self.fontMetrics().height() * 1.7)
        return QSize(round(height * 1.25), height)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The sign, a frame under the pointer or with the focus, a line when active."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        whole = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        painter.fillRect(self.rect(), theme.color("line" if self.isDown() else "panel"))
        if self.hasFocus() or self.underMouse():
            painter.setPen(QPen(theme.color("selection" if self.hasFocus() else "dim"), 1))
            painter.drawRect(whole)
        size = whole.height() * 0.42
        box = QRectF(whole.center().x() - size / 2, whole.center().y() - size / 2, size, size)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.color("text" if self.isEnabled() else "low"))
        match self._sign:
            case Sign.PLAY:
                _triangle(painter, box, True)
            case Sign.BACK:
                _triangle(painter, box, False)
            case Sign.PAUSE:
                _bars(painter, box, (0.12, 0.6))
            case Sign.STEP:
                _bars(painter, box, (0.0,), 0.2)
                _triangle(painter, box.adjusted(size * 0.34, 0, 0, 0), True)
            case Sign.STEP_BACK:
                _bars(painter, box, (0.8,), 0.2)
                _triangle(painter, box.adjusted(0, 0, -size * 0.34, 0), False)
        if self._active:
            painter.fillRect(QRectF(whole.left(), whole.bottom() - 1.5, whole.width(), 2), theme.color("high"))
        painter.end()


def _triangle(painter: QPainter, box: QRectF, right: bool) -> None:
    base, tip = (box.left(), box.right()) if right else (box.right(), box.left())
    corners = [QPointF(base, box.top()), QPointF(tip, box.center().y()), QPointF(base, box.bottom())]
    painter.drawPolygon(QPolygonF(corners))


def _bars(painter: QPainter, box: QRectF, places: tuple[float, ...], width: float = 0.28) -> None:
    for place in places:
        painter.drawRect(QRectF(box.left() + place * box.width(), box.top(), width * box.width(), box.height()))
