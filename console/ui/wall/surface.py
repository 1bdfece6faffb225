"""The painted surface of a wall window: all tiles in one widget, repainted only where something changed."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil, floor

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHideEvent, QImage, QPainter, QPaintEvent, QRegion, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.model.layout import Rect
from console.model.monitor import MonitorState
from console.model.tile_state import TileState
from console.ui.theme import Theme, tabular
from console.ui.wall.contents import TileContents
from console.ui.wall.surface_input import InputSurface
from console.ui.wall.tile_view import BarText, TileView, draw_hatched_frame, draw_solid_frame
from drivers.types import Picture


class WallSurface(InputSurface):
    """Paints a MonitorState. It knows no streams: pictures and words are put in, wishes come out as signals."""

    sizes_changed = Signal()

    def __init__(
        self, state: MonitorState, theme: Theme, contents: TileContents | None = None, parent: QWidget | None = None
    ) -> None:
        """``contents`` paints what is no camera; shared by all monitors. Without it such tiles stay dark."""
        super().__init__(parent)
        self._theme, self._state = theme, state
        self._contents = contents
        self._tiles: list[TileView] = []
        self.active = True
        """Whether the hands are on this monitor: its selection is then drawn full, else faint."""
        self._fresh: list[tuple[QRect, QImage]] = []
        """New pictures where there is nothing else to paint, and where: see ``put`` and ``paintEvent``."""
        self._fresh_region = QRegion()
        self.empty_hint = ""
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAttribute(Qt.WidgetAttribute.WA_NoSystemBackground)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName("Video wall")
        self.show_state(state)

    # What to show

    @property
    def tiles(self) -> list[TileView]:
        """The visible tiles."""
        return self._tiles

    @property
    def state(self) -> MonitorState:
        """What is shown."""
        return self._state

    def show_state(self, state: MonitorState) -> None:
        """Take a new state; tiles keep the picture of a camera that stays."""
        kept = {tile.camera: tile for tile in self._tiles if tile.camera is not None}
        self._state = state
        self._tiles = []
        for index in state.shown:
            tile = TileView(index)
            item, camera = state.shows(index), state.camera(index)
            tile.show_item(item, camera)
            before = None if camera is None else kept.get(camera)
            if before is not None:
                tile.take_over(before)
            self._tiles.append(tile)
        self._arrange()

    def tile(self, index: int) -> TileView | None:
        """The tile of that index on the layout, if it is visible."""
        return next((tile for tile in self._tiles if tile.index == index), None)

    def frame_tile(self, tile: TileView) -> None:
        """Paint a tile anew: its zoom or view changed."""
        self.update(self._logical(tile.whole_box))

    def select(self, state: MonitorState) -> None:
        """Only the selection moved."""
        self._state = state
        self.update()

    def put(self, pictures: Mapping[int, Picture]) -> int:
        """New pictures by camera number; returns how many tiles are painted. Where a new picture is all that there is
        to paint (live, copied and not scaled, nothing over it), it is painted here and now: another turn of the event
        loop for it would cost as much as the copying."""
        count = 0
        fresh, region = [], QRegion()
        native = self.devicePixelRatioF() == 1.0
        for tile in self._tiles:
            picture = pictures.get(tile.camera or 0)
            if picture is None or tile.replaying:
                continue
            count += 1
            where = tile.take(picture)
            if (
                native
                and where is not None
                and tile.exact
                and tile.verdict.state is TileState.LIVE
                and tile.index != self._drop_target
                and tile.image is not None
            ):
                fresh.append((where, tile.image))
                region += where
            else:
                self.update(self._logical(tile.area_box if where is None else where))
        if fresh:
            self._paint_now(fresh, region)
        return count

    def _paint_now(self, fresh: list[tuple[QRect, QImage]], region: QRegion) -> None:
        """Paint these pictures at once; where the window is covered, or on its way in or out, when Qt finds it time."""
        window = self.window().windowHandle()
        if window is None or not window.isExposed():
            self.update(region)
            return
        self._fresh, self._fresh_region = fresh, region
        self.repaint(region)
        self._fresh = []

    def put_on(self, tile: TileView, picture: Picture) -> None:
        """A picture on one tile that replays."""
        where = tile.take(picture)
        self.update(self._logical(tile.area_box if where is None else where))

    def say(self, index: int, text: BarText) -> None:
        """The words of tile ``index``'s bar."""
        for tile in self._tiles:
            if tile.index != index:
                continue
            dim_before, state_before = tile.verdict.dim, tile.verdict.state
            if tile.say(text):
                whole = text.verdict.dim or dim_before or state_before != text.verdict.state
                self.update(self._logical(tile.whole_box if whole else tile.bar_box))

    def tick(self, now: float) -> None:
        """Paint clocks and the like again when it is time to; ``now`` in monotonic seconds."""
        if self._contents is None:
            return
        for tile in self._tiles:
            every = None if tile.item is None or tile.camera is not None else self._contents.minimum_refresh(tile.item)
            if every is not None and now - tile.painted_at >= every:
                tile.painted_at = now
                self.update(self._logical(tile.area_box))

    def tile_at(self, x: float, y: float) -> TileView | None:
        """The tile under a point in logical pixels."""
        scale = self.devicePixelRatioF()
        return next((tile for tile in self._tiles if tile.rect.contains(x * scale, y * scale)), None)

    # Geometry

    def _device_size(self) -> QSize:
        scale = self.devicePixelRatioF()
        return QSize(max(1, round(self.width() * scale)), max(1, round(self.height() * scale)))

    def _arrange(self) -> None:
        size, scale = self._device_size(), self.devicePixelRatioF()
        if self._state.maximised is not None:
            rects: tuple[Rect, ...] = (Rect(0, 0, size.width(), size.height()),)
        else:
            rects = self._state.layout.rects(size.width(), size.height(), gap=max(1, round(2 * scale)))
        for tile, rect in zip(self._tiles, rects, strict=True):
            tile.place(rect, scale)
        self.update()
        self.sizes_changed.emit()

    def _logical(self, rect: QRect) -> QRect:
        """The smallest rectangle of logical pixels around device pixels."""
        scale = self.devicePixelRatioF()
        if scale == 1.0:
            return rect
        left, top = floor(rect.left() / scale), floor(rect.top() / scale)
        right, bottom = ceil((rect.right() + 1) / scale), ceil((rect.bottom() + 1) / scale)
        return QRect(left, top, right - left, bottom - top)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Tiles move with the window."""
        super().resizeEvent(event)
        self._arrange()

    def showEvent(self, event: QShowEvent) -> None:
        """Seen again: the tiles need their full pictures."""
        super().showEvent(event)
        self.sizes_changed.emit()

    def hideEvent(self, event: QHideEvent) -> None:
        """Not seen: nothing needs to be decoded."""
        super().hideEvent(event)
        self.sizes_changed.emit()

    def sizeHint(self) -> QSize:
        """A sixteenth of the smallest usual wall."""
        return QSize(960, 540)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint what lies in the region; in device pixels, so that pictures are copied and never scaled by Qt."""
        painter = QPainter(self)
        if self._fresh and event.region() == self._fresh_region:  # new pictures and nothing else: nearly always
            for where, image in self._fresh:
                painter.setClipRect(where)
                painter.drawImage(where.topLeft(), image)
            painter.end()
            return
        scale = self.devicePixelRatioF()
        if scale != 1.0:
            painter.scale(1.0 / scale, 1.0 / scale)
        region = event.region()
        whole = region.boundingRect() == self.rect() and region.rectCount() == 1
        if whole:
            painter.fillRect(QRect(0, 0, *_pair(self._device_size())), self._theme.color("background"))
        for tile in self._tiles:
            if whole or region.intersects(tile.whole_box if scale == 1.0 else self._logical(tile.whole_box)):
                self._paint_tile(painter, tile, region, whole)
        if whole and self.empty_hint:
            self._paint_hint(painter)
        painter.end()

    def _paint_tile(self, painter: QPainter, tile: TileView, region: QRegion, whole: bool) -> None:
        bar = tile.bar_box
        if whole or region.intersects(self._logical(bar)):
            painter.drawImage(bar.topLeft(), tile.bar_image(self._theme, self.devicePixelRatioF()))
        area = tile.area_box
        if not whole and not region.intersects(self._logical(area)):
            return
        if tile.item is not None and tile.camera is None and self._contents is not None:
            self._contents.paint(painter, area, tile.item, self.devicePixelRatioF(), self._theme)
            self._finish_tile(painter, tile, area)
            return
        shown = tile.picture_rect()
        image = None if tile.verdict.state is TileState.NO_SIGNAL else tile.image
        if image is None or shown != area:
            for rest in (area,) if image is None else tile.margins:
                if whole or region.intersects(self._logical(rest)):
                    painter.fillRect(rest, self._theme.color("background"))
        if image is not None:
            if tile.source is not None:
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
                painter.drawImage(QRectF(shown), image, tile.source)
                painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, on=False)
            elif shown.size() == image.size():
                # A region of several tiles is no rectangle, and Qt then copies in small pieces on several threads.
                painter.setClipRect(shown)
                painter.drawImage(shown.topLeft(), image)
                painter.setClipping(False)
            else:
                painter.drawImage(shown, image)
        self._finish_tile(painter, tile, area)

    def _finish_tile(self, painter: QPainter, tile: TileView, area: QRect) -> None:
        tile.button = QRect()
        if tile.verdict.state is not TileState.LIVE or tile.index == self._drop_target:
            self._paint_condition(painter, tile, area)
        self._paint_frame(painter, tile)

    def _paint_condition(self, painter: QPainter, tile: TileView, area: QRect) -> None:
        theme, scale = self._theme, self.devicePixelRatioF()
        verdict = tile.verdict
        if verdict.dim and tile.image is not None and verdict.state is not TileState.NO_SIGNAL:
            painter.fillRect(area, QColor(0, 0, 0, 150))
            draw_hatched_frame(painter, area, theme.color("high"), max(4, round(7 * scale)))
        if verdict.state is TileState.REPLAY:
            draw_solid_frame(painter, area, theme.color("high"), max(3, round(4 * scale)))
        if tile.camera is None:
            words, colour = "", theme.color("dim")
            if tile.index == self._state.selected and tile.item is None:
                words = "Drag a camera here, or type its number and press Enter"
                if self._state.is_hotspot(tile.index):
                    words = "Hotspot: it shows the camera that is selected or alarmed"
        else:
            words, colour = verdict.detail, theme.color("text")
        if tile.index == self._drop_target:
            painter.fillRect(area, QColor(theme.selection).darker(250))
            words = "Drop here"
        if verdict.state is TileState.CONNECTING:
            painter.setPen(theme.color("line"))
            painter.drawRect(area.adjusted(2, 2, -3, -3))
        if not words:
            return
        font = tabular(10)
        font.setPixelSize(max(9, min(round(15 * scale), area.height() // 9)))
        painter.setFont(font)
        box = area.adjusted(8, 6, -8, -6)
        flags = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignBottom | Qt.TextFlag.TextWordWrap
        if tile.image is None or verdict.state is TileState.NO_SIGNAL:
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        wanted = painter.boundingRect(box, flags, words)
        painter.fillRect(wanted.adjusted(-6, -3, 6, 3).intersected(area), theme.color("background"))
        painter.setPen(colour)
        painter.drawText(box, flags, words)
        if verdict.state is TileState.REFUSED and area.height() > 80 * scale:
            self._paint_button(painter, tile, wanted, scale)

    def _paint_button(self, painter: QPainter, tile: TileView, below: QRect, scale: float) -> None:
        label = "Enter credentials…"
        width = painter.fontMetrics().horizontalAdvance(label) + round(20 * scale)
        height = painter.fontMetrics().height() + round(8 * scale)
        top = below.bottom() + round(8 * scale)
        if top + height > tile.area.y + tile.area.height:
            top = below.top() - height - round(8 * scale)
        tile.button = QRect(below.center().x() - width // 2, top, width, height)
        painter.fillRect(tile.button, self._theme.color("panel"))
        painter.setPen(self._theme.color("selection"))
        painter.drawRect(tile.button)
        painter.setPen(self._theme.color("text"))
        painter.drawText(tile.button, Qt.AlignmentFlag.AlignCenter, label)

    def _paint_frame(self, painter: QPainter, tile: TileView) -> None:
        """The selection is an outline beside the picture, never over it: it lies in the gap between tiles."""
        if tile.index != self._state.selected or len(self._tiles) == 1:
            return
        painter.setPen(self._theme.color("selection" if self.active else "line"))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(tile.whole_box.adjusted(-1, -1, 0, 0))

    def _paint_hint(self, painter: QPainter) -> None:
        font = tabular(10)
        font.setPixelSize(round(17 * self.devicePixelRatioF()))
        painter.setFont(font)
        size = self._device_size()
        box = QRectF(0, 0, size.width(), size.height())
        flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
        wanted = painter.boundingRect(box, int(flags), self.empty_hint)
        painter.fillRect(wanted.adjusted(-24, -16, 24, 16), self._theme.color("panel"))
        painter.setPen(self._theme.color("text"))
        painter.drawText(box, int(flags), self.empty_hint)


def _pair(size: QSize) -> tuple[int, int]:
    return size.width(), size.height()
