"""The sign of each priority: square, triangle, circle, dash. Filled while it waits, an outline once it is taken, so
that neither rests on colour alone."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from console.model.alarms import Priority

LETTERS = {Priority.CRITICAL: "■", Priority.HIGH: "▲", Priority.MEDIUM: "●", Priority.LOW: "▬"}
"""For places where there is text only: the bars of tiles, the bottom line."""


def draw_priority(painter: QPainter, priority: Priority, box: QRectF, colour: QColor, filled: bool) -> None:
    """The sign in the middle of ``box``, which is square."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    width = max(1.0, box.height() * 0.12)
    pen = QPen(colour, width)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    painter.setPen(pen)
    painter.setBrush(colour if filled else Qt.BrushStyle.NoBrush)
    inner = box.adjusted(width, width, -width, -width)
    match priority:
        case Priority.CRITICAL:
            painter.drawRect(inner)
        case Priority.HIGH:
            painter.drawPolygon(
                QPolygonF([QPointF(inner.center().x(), inner.top()), inner.bottomRight(), inner.bottomLeft()])
            )
        case Priority.MEDIUM:
            painter.drawEllipse(inner)
        case Priority.LOW:
            third = inner.height() * 0.32
            painter.drawRect(inner.adjusted(0, third, 0, -third))
    painter.restore()
