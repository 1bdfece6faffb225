"""The pad: a joystick for the mouse, and the place where arrow keys turn a camera without the wall."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QWidget

from console.model.ptz_hands import curve2
from console.ui.ptz.control import PtzControl
from console.ui.ptz.keys import KeyHands
from console.ui.theme import Theme

SIDE = 118


class Pad(QWidget):
    """Drag from anywhere on it: how far from its middle is how fast. Only the Qt thread."""

    def __init__(self, control: PtzControl, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control, self._theme = control, theme
        self._keys = KeyHands(control)
        self._held = False
        self.setFixedSize(SIDE, SIDE)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName("PTZ pad")
        control.read.connect(self.update)

    def sizeHint(self) -> QSize:
        """A square."""
        return QSize(SIDE, SIDE)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """The hand is down."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._held = True
            self._tell(event.position())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """It moves."""
        if self._held:
            self._tell(event.position())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It is off."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._drop()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows, zoom, presets, stop."""
        if not self._keys.press(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """A key is up."""
        if not self._keys.release(event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """What is let go now is not heard of."""
        self._keys.drop()
        self._drop()
        super().focusOutEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A ring, four arrows, and where the hands point."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme, middle = self._theme, QPointF(SIDE / 2, SIDE / 2)
        on = self.isEnabled()
        edge = "selection" if self.hasFocus() else "line"
        painter.setPen(QPen(theme.color(edge), 1.5))
        painter.setBrush(theme.color("background"))
        radius = SIDE / 2 - 2
        painter.drawEllipse(middle, radius, radius)
        (x, y), _ = self._control.pointing
        for dx, dy, lit in ((1, 0, x > 0), (-1, 0, x < 0), (0, -1, y > 0), (0, 1, y < 0)):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("selection" if lit and on else "dim" if on else "line"))
            tip = middle + QPointF(dx, dy) * (radius - 6)
            base, side = tip - QPointF(dx, dy) * 8, QPointF(dy, dx) * 6
            painter.drawPolygon(QPolygonF([tip, base + side, base - side]))
        knob = middle + QPointF(x, -y) * (radius - 26)
        painter.setPen(QPen(theme.color("dim" if on else "line"), 1.5))
        if self._control.held:
            painter.drawLine(middle, knob)
        painter.setBrush(theme.color("panel"))
        painter.drawEllipse(QRectF(knob.x() - 11, knob.y() - 11, 22, 22))
        painter.end()

    def _tell(self, point: QPointF) -> None:
        reach = SIDE / 2 - 12
        self._control.press("pad", curve2(((point.x() - SIDE / 2) / reach, (SIDE / 2 - point.y()) / reach)))

    def _drop(self) -> None:
        if self._held:
            self._held = False
            self._control.lift("pad")
