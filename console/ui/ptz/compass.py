"""Where a camera looks: a compass with its field of view, a gauge for tilt, a bar for zoom."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from console.model.ptz_hands import PAN_DEGREES, TILT_DEGREES, degrees, fov
from console.ui.ptz.control import PtzControl
from console.ui.theme import Theme, tabular

WIDTH, HEIGHT = 150, 132


class Compass(QWidget):
    """Paints what was read back last; degrees where the camera tells them, else shares of its range."""

    def __init__(self, control: PtzControl, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control, self._theme = control, theme
        self.setFixedSize(WIDTH, HEIGHT)
        self.setAccessibleName("Where the camera looks")
        control.read.connect(self.update)
        control.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """As it is drawn."""
        return QSize(WIDTH, HEIGHT)

    def words(self) -> str:
        """The same in words."""
        position, features = self._control.status.position, self._control.known.features
        if position is None:
            return "position unknown"
        pan, tilt = degrees(position.pan, features.pan_degrees), degrees(position.tilt, features.tilt_degrees)
        parts = []
        if position.pan is not None and position.tilt is not None:
            parts += [_told(pan, position.pan), _told(tilt, position.tilt)]
        if position.zoom is not None:
            parts.append(f"zoom {position.zoom:.0%}".replace("%", " %"))
        return "  ".join(parts)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Ring, wedge, gauges, words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        ring, line = QRectF(4, 4, 104, 104), theme.color("line")
        painter.setPen(QPen(line, 1.5))
        painter.drawEllipse(ring)
        for angle in range(0, 360, 45):
            painter.save()
            painter.translate(ring.center())
            painter.rotate(angle)
            painter.drawLine(QPointF(0, -52), QPointF(0, -46 if angle % 90 else -43))
            painter.restore()
        tilt_bar, zoom_bar = QRectF(118, 6, 8, 100), QRectF(136, 6, 8, 100)
        for bar in (tilt_bar, zoom_bar):
            painter.drawRect(bar)
        position, features = self._control.status.position, self._control.known.features
        painter.setPen(theme.color("dim"))
        painter.setFont(tabular(8))
        if position is not None:
            colour = theme.color("selection")
            if position.pan is not None:
                pan = degrees(position.pan, features.pan_degrees or PAN_DEGREES) or 0.0
                wide = fov(position.zoom, self._control.view)
                wedge = theme.color("selection")
                wedge.setAlpha(110)
                painter.setBrush(wedge)
                painter.setPen(QPen(colour, 1))
                painter.drawPie(ring.adjusted(6, 6, -6, -6), round((90 - pan - wide / 2) * 16), round(wide * 16))
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            if position.tilt is not None:
                y = tilt_bar.bottom() - (position.tilt + 1) / 2 * tilt_bar.height()
                painter.drawRect(QRectF(tilt_bar.left() - 3, y - 1.5, 14, 3))
                low, high = features.tilt_degrees or TILT_DEGREES
                if low < 0 < high:
                    level = tilt_bar.bottom() + low / (high - low) * tilt_bar.height()
                    painter.setPen(QPen(theme.color("dim"), 1))
                    painter.drawLine(QPointF(tilt_bar.left(), level), QPointF(tilt_bar.right(), level))
                    painter.setPen(Qt.PenStyle.NoPen)
            if position.zoom is not None:
                painter.drawRect(QRectF(zoom_bar.left() - 3, zoom_bar.bottom() - position.zoom * 100 - 1.5, 14, 3))
        painter.setPen(theme.color("dim"))
        painter.drawText(QRectF(0, 112, WIDTH, 18), Qt.AlignmentFlag.AlignHCenter, self.words())
        painter.end()


def _told(angle: float | None, position: float) -> str:
    return f"{angle:+.0f}°" if angle is not None else f"{position * 100:+.0f} %"
