"""How the plan of lamps is painted: every lamp of one look in one call, so that ten thousand are as quick as ten.

Grey and size say how bright a lamp is; what is abnormal has a shape of its own (square: faulty, diamond: did not obey)
and the one colour that the screen keeps for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF, QTransform

from console.model.lamp_area import Point
from console.model.lamp_leases import LampRef
from console.services.lamps import LampView
from console.ui.lamps.words import Condition, condition
from console.ui.theme import Theme, tabular

MANY_RINGS = 1500
"""Rings from which on they are painted without smooth edges: there are too many to look at one."""
STEPS = 5
"""Brightnesses that are told apart."""
_SMALLEST, _LARGEST = 4.0, 10.0
"""Logical pixels across a lamp that is off, and one that is fully on."""


@dataclass(frozen=True, slots=True)
class CameraMark:
    """A camera on the plan."""

    number: int
    point: Point
    selected: bool = False


Look = tuple[Condition, int]
"""What a lamp is like, and its brightness in steps; 0 for off or unknown."""


@dataclass(slots=True)
class Crowd:
    """The lamps on the plan, put together by their look; made once for each change, not for each picture."""

    by_look: dict[Look, QPolygonF] = field(default_factory=dict)

    @classmethod
    def of(cls, views: Iterable[LampView], points: Mapping[LampRef, Point]) -> Crowd:
        """Lamps with a place."""
        groups: dict[Look, list[QPointF]] = defaultdict(list)
        for view in views:
            point = points.get(view.ref)
            if point is not None:
                level = None if view.state is None else view.state.level
                step = 0 if level is None else round(min(100.0, max(0.0, level)) / 100.0 * STEPS)
                groups[condition(view), step].append(QPointF(point[0], -point[1]))
        return cls({look: QPolygonF(points) for look, points in groups.items()})


def polygon(points: Iterable[Point]) -> QPolygonF:
    """Points of the plane, with y downwards as screens have it."""
    return QPolygonF([QPointF(x, -y) for x, y in points])


class PlanPainter:
    """Paints with the tokens of a theme."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme

    def background(self, painter: QPainter, whole: QRectF) -> None:
        """What is behind it all."""
        painter.fillRect(whole, self._theme.color("background"))

    def lamps(
        self, painter: QPainter, crowd: Crowd, chosen: QPolygonF, lit: QPolygonF, to_screen: QTransform, scale: float
    ) -> None:
        """All lamps, the abnormal ones above the others. ``lit`` and ``chosen`` get rings. ``scale``: how much larger
        than usual marks are."""
        many = chosen.count() + lit.count() > MANY_RINGS
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, not many)
        back = self._theme.color("background")
        ring = _LARGEST * scale
        for points, colour, width in (
            (chosen, self._theme.color("selection"), ring + 8),
            (chosen, back, ring + 4),
            (lit, self._theme.color("dim"), ring + 3),
            (lit, back, ring + 1),
        ):
            _dots(painter, to_screen.map(points), colour, width)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for (state, step), points in sorted(crowd.by_look.items(), key=lambda each: _order(each[0])):
            size = scale * (_SMALLEST + (_LARGEST - _SMALLEST) * step / STEPS)
            mapped = to_screen.map(points)
            if state is Condition.FAULTY:
                high = self._theme.color("high")
                side = max(9.0, _LARGEST * scale)
                _dots(painter, mapped, high, side, Qt.PenCapStyle.SquareCap)
                _dots(painter, mapped, back, side - 4, Qt.PenCapStyle.SquareCap)
                _dots(painter, mapped, high, 2.5)
            elif state is Condition.DISOBEYS:
                _diamonds(painter, mapped, self._theme.color("high"), max(8.0, _LARGEST * scale))
            else:
                _dots(painter, mapped, self._grey(step), size)
                if step == 0:
                    _dots(painter, mapped, back, size - 2)

    def cameras(self, painter: QPainter, marks: Sequence[CameraMark], to_screen: QTransform, whole: QRectF) -> None:
        """Small marks with numbers; the selected one stands out."""
        painter.setFont(tabular(8))
        height = painter.fontMetrics().height()
        for mark in marks:
            at = to_screen.map(QPointF(mark.point[0], -mark.point[1]))
            if not whole.adjusted(-40, -40, 40, 40).contains(at):
                continue
            colour = self._theme.color("selection" if mark.selected else "dim")
            painter.setPen(QPen(colour, 1.5))
            painter.setBrush(self._theme.color("panel"))
            painter.drawRect(QRectF(at.x() - 4, at.y() - 3, 8, 6))
            painter.drawLine(at + QPointF(4, 0), at + QPointF(7, -3))
            painter.drawLine(at + QPointF(4, 0), at + QPointF(7, 3))
            painter.setPen(self._theme.color("text" if mark.selected else "dim"))
            painter.drawText(at + QPointF(9, height * 0.35), str(mark.number))

    def drawing(self, painter: QPainter, area: QPolygonF, closed: bool) -> None:
        """What the hands are drawing, in screen pixels."""
        fill = self._theme.color("selection")
        painter.setPen(QPen(fill, 1.5))
        fill.setAlpha(28)
        painter.setBrush(fill)
        if closed or area.count() > 2:
            painter.drawPolygon(area)
        else:
            painter.drawPolyline(area)
        _dots(painter, area, self._theme.color("selection"), 5)

    def circle(self, painter: QPainter, centre: QPointF, radius: float, words: str) -> None:
        """A radius, in screen pixels, with what it says."""
        fill = self._theme.color("selection")
        painter.setPen(QPen(fill, 1.5))
        fill.setAlpha(20)
        painter.setBrush(fill)
        painter.drawEllipse(centre, radius, radius)
        painter.setFont(tabular(9))
        painter.setPen(self._theme.color("text"))
        painter.drawText(centre + QPointF(6, -radius - 4), words)

    def words(self, painter: QPainter, box: QRectF, text: str, dim: bool = True) -> None:
        """A sentence over the plan."""
        painter.setFont(tabular(10))
        painter.setPen(self._theme.color("dim" if dim else "text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap), text)

    def ruler(self, painter: QPainter, corner: QPointF, pixels: float, words: str) -> None:
        """How long so many pixels are, from the lower left corner."""
        painter.setFont(tabular(8))
        wide = pixels + 12 + painter.fontMetrics().horizontalAdvance(words)
        painter.fillRect(QRectF(corner.x() - 4, corner.y() - 8, wide, 16), self._theme.color("background"))
        painter.setPen(QPen(self._theme.color("dim"), 1))
        painter.drawLine(corner, corner + QPointF(pixels, 0))
        for x in (0.0, pixels):
            painter.drawLine(corner + QPointF(x, -3), corner + QPointF(x, 3))
        painter.drawText(corner + QPointF(pixels + 6, 4), words)

    def _grey(self, step: int) -> QColor:
        """From just visible to the colour of text."""
        low, high = self._theme.color("low"), self._theme.color("text")
        part = step / STEPS

        def mixed(one: int, other: int) -> int:
            return round(one + (other - one) * part)

        return QColor(mixed(low.red(), high.red()), mixed(low.green(), high.green()), mixed(low.blue(), high.blue()))


def _order(look: Look) -> tuple[int, int]:
    return list(Condition).index(look[0]), look[1]


def _dots(
    painter: QPainter, points: QPolygonF, colour: QColor, size: float,
    shape: Qt.PenCapStyle = Qt.PenCapStyle.RoundCap,
) -> None:  # fmt: skip
    if points.count() and size > 0:
        painter.setPen(QPen(colour, size, Qt.PenStyle.SolidLine, shape))
        painter.drawPoints(points)


def _diamonds(painter: QPainter, points: QPolygonF, colour: QColor, size: float) -> None:
    """Squares on a corner: the painter is turned, and the points turned back."""
    turned = QTransform().rotate(-45)
    painter.save()
    painter.rotate(45)
    _dots(painter, turned.map(points), colour, size * 0.8, Qt.PenCapStyle.SquareCap)
    painter.restore()
