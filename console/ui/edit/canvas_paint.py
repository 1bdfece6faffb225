"""How a draft looks: tiles to scale with their numbers, what they hold, and what the hands are doing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from PySide6.QtCore import QLine, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from console.model.items import CameraItem, Item, TextItem, TourItem
from console.model.layout import Cell, Layout, Rect
from console.ui.edit.words import NameOf, called, step_words
from console.ui.theme import Theme, tabular

type Still = Callable[[int], QImage | None]
"""The last picture of a camera, if there is one."""

MARGIN = 20
"""Logical pixels around the layout: borders at the edge can be seen, and a rubber band can begin there."""
GAP = 4
"""Logical pixels between tiles."""
_MOST_SCALED = 300
_CENTRE = int(Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap)
_LINE = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)
_ELIDE = Qt.TextElideMode.ElideRight


@dataclass(frozen=True, slots=True)
class Scene:
    """What is to be seen, in device pixels. ``shown``: what the monitor shows on free tiles now."""

    layout: Layout
    frame: Rect
    scale: float
    picked: tuple[int, ...] = ()
    current: int = 0
    focus: bool = False
    target: int | None = None
    target_words: str = ""
    band: QRect | None = None
    snap: QLine | None = None
    snap_words: str = ""
    typed: str = ""
    shown: dict[int, Item] = field(default_factory=dict)

    def rects(self) -> list[QRect]:
        """Each tile's place."""
        frame = self.frame
        gap = max(2, round(GAP * self.scale))
        return [
            QRect(frame.x + rect.x, frame.y + rect.y, rect.width, rect.height)
            for rect in self.layout.rects(frame.width, frame.height, gap)
        ]


class CanvasPainter:
    """Paints scenes. Pictures are asked for and scaled once until ``look_again``: a hand that drags a border over 64
    tiles would else scale them all for each of its moves."""

    def __init__(self, theme: Theme, name_of: NameOf, still: Still) -> None:
        self._theme, self._name_of, self._still = theme, name_of, still
        self._seen: dict[int, QImage | None] = {}
        self._scaled: dict[tuple[int, int, int], QImage] = {}

    def look_again(self) -> None:
        """Cameras may have newer pictures."""
        self._seen.clear()
        self._scaled.clear()

    def paint(self, painter: QPainter, scene: Scene, whole: QRect) -> None:
        """The whole canvas."""
        theme, frame = self._theme, scene.frame
        painter.fillRect(whole, theme.color("background"))
        around = QRect(frame.x, frame.y, frame.width, frame.height)
        painter.fillRect(around, theme.color("line"))
        for index, rect in enumerate(scene.rects()):
            self._tile(painter, scene, index, rect)
        for index, rect in enumerate(scene.rects()):
            if index in scene.picked:
                self._outline(painter, scene, index, rect)
        if scene.band is not None:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.color("selection"), max(1.0, scene.scale), Qt.PenStyle.DashLine))
            painter.drawRect(scene.band)
        if scene.snap is not None:
            painter.setPen(QPen(theme.color("selection"), max(1.0, 2 * scene.scale)))
            painter.drawLine(scene.snap)
            self._flag(painter, scene, scene.snap)

    def _tile(self, painter: QPainter, scene: Scene, index: int, rect: QRect) -> None:
        theme, scale, cell = self._theme, scene.scale, scene.layout.cells[index]
        painter.save()
        painter.setClipRect(rect)
        painter.fillRect(rect, theme.color("panel"))
        bar = QRect(rect.x(), rect.y(), rect.width(), min(rect.height() // 3, round(22 * scale)))
        area = rect.adjusted(0, bar.height(), 0, 0)
        if index == scene.target:
            self._say(painter, area, scene.target_words, "text", scale)
        elif scene.typed and index == scene.current:
            self._say(painter, area, f"{scene.typed}  Enter: this camera", "text", scale)
        else:
            self._content(painter, scene, index, area)
        self._bar(painter, index, cell, bar, scale)
        if index == scene.target:
            painter.setPen(QPen(theme.color("selection"), max(2.0, 2 * scale), Qt.PenStyle.DashLine))
            inset = round(2 * scale)
            painter.drawRect(rect.adjusted(inset, inset, -inset - 1, -inset - 1))
        painter.restore()

    def _content(self, painter: QPainter, scene: Scene, index: int, area: QRect) -> None:
        cell, scale = scene.layout.cells[index], scene.scale
        match cell.item:
            case None if cell.hotspot:
                self._say(painter, area, "Follows what is selected or alarmed", "dim", scale)
            case None:
                now = scene.shown.get(index)
                words = "Free" if now is None else f"Free\nthe wall shows {called(now, self._name_of)}"
                self._say(painter, area, words, "dim", scale)
            case CameraItem(number):
                self._camera(painter, area, number, scale)
            case TextItem(text):
                self._say(painter, area, text[:400], "text", scale)
            case TourItem() as tour:
                self._tour(painter, area, tour, scale)
            case item:
                self._say(painter, area, called(item, self._name_of), "text", scale)

    def _camera(self, painter: QPainter, area: QRect, number: int, scale: float) -> None:
        image = self._picture(number, area)
        if image is None:
            words = "No picture yet" if self._name_of(number) is not None else f"There is no camera {number} here"
            self._say(painter, area, words, "dim", scale)
            return
        painter.fillRect(area, QColor(0, 0, 0))
        x, y = area.x() + (area.width() - image.width()) // 2, area.y() + (area.height() - image.height()) // 2
        painter.drawImage(x, y, image)

    def _picture(self, number: int, area: QRect) -> QImage | None:
        """The last picture of a camera, in the size of its tile."""
        if number not in self._seen:
            self._seen[number] = self._still(number)
        image = self._seen[number]
        if image is None or image.isNull():
            return None
        key = (number, area.width(), area.height())
        if key not in self._scaled:
            if len(self._scaled) > _MOST_SCALED:  # a window that is being resized has a new size each time
                self._scaled.clear()
            modes = Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
            self._scaled[key] = image.scaled(area.size().expandedTo(QSize(1, 1)), *modes)
        return self._scaled[key]

    def _tour(self, painter: QPainter, area: QRect, tour: TourItem, scale: float) -> None:
        font = _font(13 * scale)
        metrics = QFontMetrics(font)
        line = round(metrics.height() * 1.25)
        edge = round(10 * scale)
        room = max(0, (area.height() - edge) // line)
        steps = tour.steps if len(tour.steps) <= room else tour.steps[: max(0, room - 1)]
        painter.setFont(font)
        for row, step in enumerate(steps):
            box = QRect(area.x() + edge, area.y() + edge // 2 + row * line, area.width() - 2 * edge, line)
            words = f"{row + 1}.  {step_words(step, self._name_of)},  {step.dwell:g} s"
            painter.setPen(self._theme.color("text"))
            painter.drawText(box, _LINE, metrics.elidedText(words, _ELIDE, box.width()))
        if len(steps) < len(tour.steps) and room:
            box = QRect(area.x() + edge, area.y() + edge // 2 + len(steps) * line, area.width() - 2 * edge, line)
            painter.setPen(self._theme.color("dim"))
            more = f"and {len(tour.steps) - len(steps)} more" if steps else f"{len(tour.steps)} steps"
            painter.drawText(box, _LINE, metrics.elidedText(more, _ELIDE, box.width()))

    def _bar(self, painter: QPainter, index: int, cell: Cell, bar: QRect, scale: float) -> None:
        """The number of the tile, what it holds, and the hotspot's word."""
        font = _font(max(8.0, min(13 * scale, bar.height() * 0.62)))
        bold = QFont(font)
        bold.setBold(True)
        metrics = QFontMetrics(font)
        edge = max(3, round(6 * scale))
        box = bar.adjusted(edge, 0, -edge, 0)
        painter.fillRect(bar, self._theme.color("background"))
        painter.setFont(bold)
        painter.setPen(self._theme.color("text"))
        number = str(index + 1)
        wide = QFontMetrics(bold).horizontalAdvance(number) + 2 * edge
        chip = QRect(bar.x(), bar.y(), wide, bar.height())
        painter.fillRect(chip, self._theme.color("line"))
        painter.drawText(chip, int(Qt.AlignmentFlag.AlignCenter), number)
        left = wide + round(2 * scale)
        words = "" if cell.item is None else called(cell.item, self._name_of)
        sign = "◎ hotspot" if cell.hotspot else ""
        if sign:
            wide = metrics.horizontalAdvance(sign)
            if wide + left > box.width():
                sign, wide = "◎", metrics.horizontalAdvance("◎")
            painter.setFont(font)
            painter.drawText(box, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), sign)
            box = box.adjusted(0, 0, -wide - edge, 0)
        painter.setFont(font)
        rest = box.adjusted(left, 0, 0, 0)
        if rest.width() > 0:
            painter.drawText(rest, _LINE, metrics.elidedText(words, _ELIDE, rest.width()))

    def _outline(self, painter: QPainter, scene: Scene, index: int, rect: QRect) -> None:
        """Picked tiles have a frame; the one that keys start from a thicker one while keys come here."""
        strong = index == scene.current and scene.focus
        width = max(1, round((4 if strong else 2) * scene.scale))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        pen = QPen(self._theme.color("selection"), width)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        half = width // 2
        painter.drawRect(rect.adjusted(half, half, -half - width % 2, -half - width % 2))

    def _say(self, painter: QPainter, area: QRect, words: str, token: str, scale: float) -> None:
        """A sentence in the middle; smaller where there is little room, nothing where there is none."""
        edge = round(8 * scale)
        box = area.adjusted(edge, 2, -edge, -2)
        for size in (15.0, 13.0, 11.0, 9.0):
            font = _font(size * scale)
            metrics = QFontMetrics(font)
            wanted = metrics.boundingRect(box, _CENTRE, words)
            longest = max((metrics.horizontalAdvance(word) for word in words.split()), default=0)
            if wanted.height() <= box.height() and longest <= box.width():
                painter.setFont(font)
                painter.setPen(self._theme.color(token))
                painter.drawText(box, _CENTRE, words)
                return

    def _flag(self, painter: QPainter, scene: Scene, line: QLine) -> None:
        """Where the border is, in words beside it."""
        font = _font(13 * scene.scale, bold=True)
        metrics = QFontMetrics(font)
        box = QRect(0, 0, metrics.horizontalAdvance(scene.snap_words) + round(14 * scene.scale), metrics.height() + 4)
        box.moveCenter(line.center())
        painter.fillRect(box, self._theme.color("background"))
        painter.setFont(font)
        painter.setPen(self._theme.color("text"))
        painter.drawText(box, int(Qt.AlignmentFlag.AlignCenter), scene.snap_words)


def _font(size: float, bold: bool = False) -> QFont:
    font = tabular(10, bold)
    font.setPixelSize(max(7, round(size)))
    return font
