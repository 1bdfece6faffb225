"""One tile on the surface: where it is, what it shows, and a cached picture of its bar.

Everything is painted in device pixels. The bar above the picture is drawn once per change of its words and then copied,
so that a new frame costs one copy of its pixels and nothing else; and nothing ever lies over a picture.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFontMetricsF, QImage, QPainter, QPen, QPolygonF

from console.model.items import PlainItem
from console.model.layout import Rect
from console.model.tile_state import EMPTY, Shape, TileState, TileVerdict
from console.model.zoom import WHOLE, Framing, Zoom
from console.ui.theme import Theme, tabular
from drivers.types import Fit, Picture, Polygon

_PIXELS = QImage.Format.Format_RGB32


@dataclass(frozen=True, slots=True)
class BarText:
    """What the bar says: number, name, time of the picture, and the state."""

    number: str
    name: str
    time: str
    verdict: TileVerdict
    selected: bool
    marks: str = ""
    """Signs that stay whatever happens: MAY STILL MOVE, REC, SOUND, MASKED; what matters most stands first, because a
    narrow tile cuts the end."""


def bar_height(tile: Rect, scale: float) -> int:
    """Height of a tile's bar in device pixels: readable, yet at most an eighth of the tile. ``scale``: device pixels
    per logical pixel."""
    return round(max(10 * scale, min(22 * scale, tile.height / 8)))


class TileView:
    """Geometry and caches of one tile. Only the Qt thread uses it."""

    def __init__(self, index: int) -> None:
        self.index = index
        self.rect = Rect(0, 0, 1, 1)
        self.area = Rect(0, 0, 1, 1)
        """Where the picture may be: the tile without its bar."""
        self.item: PlainItem | None = None
        self.camera: int | None = None
        self.zoom, self.fit = WHOLE, Fit.FIT
        self.masks: tuple[Polygon, ...] = ()
        """What is painted over in the pictures that it has."""
        self.painted_at = 0.0
        """When what is no camera was painted last, monotonic seconds."""
        self.replaying = False
        """Live pictures are not for this tile."""
        self.source: QRectF | None = None
        """The part of the picture that is seen, in its pixels; None: all of it. As old as ``picture_rect``."""
        self.picture: Picture | None = None
        self.image: QImage | None = None
        self.verdict = EMPTY
        self.text: BarText | None = None
        self.button = QRect()
        """Where the credentials button was painted, empty if it was not."""
        self.whole_box = self.bar_box = self.area_box = QRect()
        """``rect``, the bar and ``area`` as Qt has them: made once, not at each picture."""
        self.margins: list[QRect] = []
        """What of the area the picture leaves free; as old as ``picture_rect``."""
        self.exact = False
        """Whether the picture is copied as it is, all of it; as old as ``picture_rect``."""
        self._shown: QRect | None = None
        self._bar: QImage | None = None

    def place(self, rect: Rect, scale: float) -> None:
        """Set the tile's rectangle on the surface in device pixels."""
        bar = bar_height(rect, scale)
        self.rect = rect
        self.area = Rect(rect.x, rect.y + bar, rect.width, max(1, rect.height - bar))
        self.whole_box = QRect(rect.x, rect.y, rect.width, rect.height)
        self.bar_box = QRect(rect.x, rect.y, rect.width, rect.height - self.area.height)
        self.area_box = QRect(self.area.x, self.area.y, self.area.width, self.area.height)
        self._shown = self._bar = None

    def show_item(self, item: PlainItem | None, camera: int | None) -> None:
        """Something else: its predecessor's picture must not be seen under its name."""
        if item != self.item:
            self.item, self.camera, self.picture, self.image, self._shown = item, camera, None, None, None
            self.verdict, self.text, self._bar = EMPTY, None, None
            self.zoom, self.fit, self.replaying = WHOLE, Fit.FIT, False

    def forget_picture(self) -> None:
        """What was seen has nothing to do with what comes."""
        self.picture = self.image = self._shown = None

    def take_over(self, other: TileView) -> None:
        """What the same camera showed on another tile."""
        self.picture, self.image, self.verdict = other.picture, other.image, other.verdict
        self.zoom, self.fit, self.replaying = other.zoom, other.fit, other.replaying

    def look(self, zoom: Zoom, fit: Fit) -> bool:
        """Another part of the picture, or another way to fit it in; True if the tile must be painted again."""
        if (zoom, fit) == (self.zoom, self.fit):
            return False
        self.zoom, self.fit, self._shown = zoom, fit, None
        return True

    def framing(self) -> Framing | None:
        """The arithmetic of the picture in this tile; None before there is a picture."""
        if self.picture is None:
            return None
        tile = (float(self.area.width), float(self.area.height))
        return Framing(tile, (float(self.picture.width), float(self.picture.height)), self.fit)

    def take(self, picture: Picture) -> QRect | None:
        """A new picture; wrapped, not copied (QImage keeps the buffer alive). Where it lies if that is where its
        predecessor lay, else None."""
        old, self.picture = self.picture, picture
        width, height = picture.width, picture.height
        if old is None or old.width != width or old.height != height:
            self._shown = None
        self.image = QImage(picture.data, width, height, picture.stride, _PIXELS)
        return self._shown

    def say(self, text: BarText) -> bool:
        """Set the bar's words; True if it must be painted again."""
        if text == self.text:
            return False
        self.text, self.verdict, self._bar = text, text.verdict, None
        return True

    def picture_rect(self) -> QRect:
        """Where the picture lies: centred in the area, its aspect kept, never enlarged beyond the area."""
        if self._shown is None:
            self._shown = self._place_picture()
            picture = self.picture
            self.exact = (
                picture is not None
                and self.source is None
                and (self._shown.width(), self._shown.height()) == (picture.width, picture.height)
            )
            self.margins = _around(self.area_box, self._shown)
        return self._shown

    def _place_picture(self) -> QRect:
        self.source = None
        framing = self.framing()
        if framing is None or self.picture is None:
            return self.area_box
        if self.zoom.on or self.fit is not Fit.FIT:
            source, target = framing.placement(self.zoom)
            exact = (round(target.width), round(target.height)) == (self.picture.width, self.picture.height)
            if self.zoom.on or not exact:
                self.source = QRectF(*source)
            return QRect(round(target.x) + self.area.x, round(target.y) + self.area.y, *map(round, target[2:]))
        scale = min(self.area.width / self.picture.width, self.area.height / self.picture.height)
        width, height = self.picture.width, self.picture.height
        # The decoder scaled to this tile; only while another size is on its way is it scaled here.
        if scale < 1.0 or scale > 1.0 + 8 / min(width, height):
            width, height = round(width * scale), round(height * scale)
        x = self.area.x + (self.area.width - width) // 2
        y = self.area.y + (self.area.height - height) // 2
        return QRect(x, y, width, height)

    def bar_image(self, theme: Theme, scale: float) -> QImage:
        """The bar as an image, from the cache if its words are the same."""
        if self._bar is None:
            self._bar = _paint_bar(self, theme, scale)
        return self._bar


def _paint_bar(tile: TileView, theme: Theme, scale: float) -> QImage:
    height = tile.rect.height - tile.area.height
    image = QImage(max(1, tile.rect.width), max(1, height), QImage.Format.Format_RGB32)
    image.fill(theme.color("panel"))
    text = tile.text
    if text is None:
        return image
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    # The size is given in pixels: the bar is an image of device pixels, whatever the screen's resolution.
    font = tabular(10, bold=False)
    font.setPixelSize(max(7, round(height * 0.66)))
    painter.setFont(font)
    metrics = QFontMetricsF(font)
    pad = height * 0.35
    if text.selected:
        painter.fillRect(0, 0, image.width(), max(1, round(2 * scale)), theme.color("selection"))
    state = text.verdict
    colour = theme.color(STATE_COLOURS[state.state])
    right = image.width() - pad
    if state.headline:
        headline = metrics.elidedText(state.headline, Qt.TextElideMode.ElideRight, right - 2.5 * height)
        width = metrics.horizontalAdvance(headline)
        box = QRectF(right - width, 0, width + 1, height)
        painter.setPen(colour)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, headline)
        size = height * 0.5
        draw_shape(
            painter, state.shape, QRectF(box.left() - size - pad * 0.6, height / 2 - size / 2, size, size), colour
        )
        right = box.left() - size - pad * 1.4
    marks = metrics.elidedText(text.marks, Qt.TextElideMode.ElideRight, max(0.0, right - 2 * height))
    first = text.marks.partition(" ")[0]
    if len(first) == 1 and len(marks) < 3:  # an alarm's shape says something where its word has no room
        marks = first if metrics.horizontalAdvance(first) <= right - height else ""
    if marks:
        width = metrics.horizontalAdvance(marks)
        painter.setPen(theme.color("text"))
        box = QRectF(right - width, 0, width + 1, height)
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, marks)
        right = box.left() - pad
    if text.time:
        width = metrics.horizontalAdvance(text.time)
        if right - width > image.width() * 0.5:
            painter.setPen(theme.color("dim"))
            box = QRectF(right - width, 0, width + 1, height)
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text.time)
            right = box.left() - pad
    bold = tabular(10, bold=True)
    bold.setPixelSize(font.pixelSize())
    left = pad
    painter.setPen(theme.color("text"))
    if text.number:
        painter.setFont(bold)
        painter.drawText(QPointF(left, height / 2 + metrics.capHeight() / 2), text.number)
        left += QFontMetricsF(bold).horizontalAdvance(text.number) + pad * 0.7
        painter.setFont(font)
    name = metrics.elidedText(text.name, Qt.TextElideMode.ElideRight, max(0.0, right - left))
    painter.drawText(QPointF(left, height / 2 + metrics.capHeight() / 2), name)
    painter.end()
    return image


STATE_COLOURS = {
    TileState.EMPTY: "dim",
    TileState.CONNECTING: "dim",
    TileState.LIVE: "text",
    TileState.STALE: "high",
    TileState.REFUSED: "high",
    TileState.NO_SIGNAL: "high",
    TileState.REPLAY: "high",
}
"""Live is grey, because it is normal; the rest is abnormal and says so in colour, word and shape."""


def draw_shape(painter: QPainter, shape: Shape, box: QRectF, colour: QColor) -> None:
    """The sign of a state in ``box``."""
    painter.save()
    pen = QPen(colour, max(1.0, box.height() * 0.16))
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    inner = box.adjusted(box.width() * 0.1, box.height() * 0.1, -box.width() * 0.1, -box.height() * 0.1)
    match shape:
        case Shape.DOT:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(inner.center(), inner.width() * 0.38, inner.height() * 0.38)
        case Shape.RING:
            painter.drawEllipse(inner)
        case Shape.HATCH:
            step = inner.width() / 3
            for i in range(4):
                x = inner.left() + i * step
                painter.drawLine(QPointF(x - step * 0.5, inner.bottom()), QPointF(x + step * 0.5, inner.top()))
        case Shape.CROSS:
            painter.drawLine(inner.topLeft(), inner.bottomRight())
            painter.drawLine(inner.topRight(), inner.bottomLeft())
        case Shape.REWIND:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            for left, right in ((box.left(), box.center().x()), (box.center().x(), box.right())):
                corners = [
                    QPointF(right, inner.top()),
                    QPointF(left, inner.center().y()),
                    QPointF(right, inner.bottom()),
                ]
                painter.drawPolygon(QPolygonF(corners))
        case Shape.KEY:
            r = inner.width() * 0.26
            painter.drawEllipse(QPointF(inner.left() + r, inner.center().y()), r, r)
            y = inner.center().y()
            painter.drawLine(QPointF(inner.left() + 2 * r, y), QPointF(inner.right(), y))
            painter.drawLine(QPointF(inner.right(), y), QPointF(inner.right(), y + r * 1.2))
            painter.drawLine(QPointF(inner.right() - r, y), QPointF(inner.right() - r, y + r))
        case Shape.NONE:
            pass
    painter.restore()


def draw_hatched_frame(painter: QPainter, area: QRect, colour: QColor, thickness: int) -> None:
    """A hatched border: what lies inside is not live, recognisable without colour and from afar."""
    painter.save()
    outer = QPolygonF(QRectF(area))
    inner = QPolygonF(QRectF(area.adjusted(thickness, thickness, -thickness, -thickness)))
    brush = QBrush(colour, Qt.BrushStyle.BDiagPattern)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(brush)
    painter.drawPolygon(outer.subtracted(inner))
    painter.restore()


def _around(area: QRect, hole: QRect) -> list[QRect]:
    """What of ``area`` lies around ``hole``, as up to four rectangles."""
    if hole.isEmpty():
        return [area]
    hole = hole.intersected(area)
    return [
        rect
        for rect in (
            QRect(area.left(), area.top(), area.width(), hole.top() - area.top()),
            QRect(area.left(), hole.bottom() + 1, area.width(), area.bottom() - hole.bottom()),
            QRect(area.left(), hole.top(), hole.left() - area.left(), hole.height()),
            QRect(hole.right() + 1, hole.top(), area.right() - hole.right(), hole.height()),
        )
        if not rect.isEmpty()
    ]


def draw_solid_frame(painter: QPainter, area: QRect, colour: QColor, thickness: int) -> None:
    """A solid border: what lies inside is replayed. (Hatched means stale; no state rests on colour alone.)"""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    outer = QPolygonF(QRectF(area))
    painter.drawPolygon(
        outer.subtracted(QPolygonF(QRectF(area.adjusted(thickness, thickness, -thickness, -thickness))))
    )
    painter.restore()
