"""What the canvas of edit mode shows and where: the draft to scale, and what the hands are doing with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from enum import Enum

from PySide6.QtCore import QLine, QPointF, QRect, QSize, Qt, QTimer
from PySide6.QtGui import (
    QFocusEvent,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.model.items import Item
from console.model.layout import Layout, Rect
from console.model.layout_edit import Axis, Border, lines
from console.ui.edit.canvas_paint import GAP, MARGIN, CanvasPainter, Scene, Still
from console.ui.edit.draft import Draft
from console.ui.edit.words import NameOf, called
from console.ui.theme import Theme

_REACH = 6.0
"""Logical pixels beside a border in which the mouse takes hold of it."""
_STILLS_MS = 1000
"""How often the pictures are looked at again."""


class Hand(Enum):
    """What a pressed mouse is doing."""

    NOTHING = 0
    PRESSED = 1
    BAND = 2
    SWAP = 3
    BORDER = 4


class CanvasView(QWidget):
    """Shows a Draft in the aspect of its monitor. The hands are those of the class below it, Canvas."""

    def __init__(
        self, draft: Draft, theme: Theme, aspect: float, name_of: NameOf, still: Still,
        shown: Callable[[], dict[int, Item]], parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        """``shown`` says what the wall has on a tile now, for free tiles."""
        super().__init__(parent)
        self._draft, self._aspect, self._name_of, self._shown = draft, aspect, name_of, shown
        self._painter = CanvasPainter(theme, name_of, still)
        self._hand = Hand.NOTHING
        self._pressed_at, self._pointer = QPointF(), QPointF()
        self._pressed_tile: int | None = None
        self._border: Border | None = None
        self._live: Layout | None = None
        """What a border that is being dragged would give."""
        self._snap: float | None = None
        self._target: int | None = None
        self._target_words = ""
        self._typed = ""
        self._stills = QTimer(self)
        self._stills.setInterval(_STILLS_MS)
        self._stills.timeout.connect(self._look_again)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(320, 200)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Draft of the layout")
        draft.changed.connect(self.refresh)
        draft.picked_changed.connect(self.refresh)
        self.refresh()

    @property
    def typed(self) -> str:
        """Digits that wait for Enter."""
        return self._typed

    @property
    def layout_seen(self) -> Layout:
        """What is painted: while a border is dragged ahead of the draft."""
        return self._live or self._draft.layout

    def sizeHint(self) -> QSize:
        """Large enough to hit a tile of a wall of sixty-four."""
        return QSize(960, 600)

    # Geometry, in logical pixels

    def frame(self) -> QRect:
        """Where the monitor is, in its aspect."""
        box = self.rect().adjusted(MARGIN, MARGIN, -MARGIN, -MARGIN)
        width = max(1, min(box.width(), round(box.height() * self._aspect)))
        height = max(1, round(width / self._aspect))
        return QRect(box.x() + (box.width() - width) // 2, box.y() + (box.height() - height) // 2, width, height)

    def tile_rects(self) -> list[QRect]:
        """Where the tiles are."""
        frame = self.frame()
        rects = self.layout_seen.rects(frame.width(), frame.height(), GAP)
        return [QRect(frame.x() + rect.x, frame.y() + rect.y, rect.width, rect.height) for rect in rects]

    def tile_rect(self, tile: int) -> QRect:
        """Where a tile is."""
        return self.tile_rects()[tile]

    def tile_at(self, point: QPointF) -> int | None:
        """The tile under a point."""
        here = point.toPoint()
        return next((i for i, rect in enumerate(self.tile_rects()) if rect.contains(here)), None)

    def border_at(self, point: QPointF) -> Border | None:
        """The border that the mouse would take hold of."""
        frame = self.frame()
        best, least = None, _REACH
        for border in lines(self._draft.layout):
            upright = border.axis is Axis.COLUMNS
            along, across = (point.y(), point.x()) if upright else (point.x(), point.y())
            at = (frame.x() + border.share * frame.width()) if upright else (frame.y() + border.share * frame.height())
            begin, length = (frame.y(), frame.height()) if upright else (frame.x(), frame.width())
            if not begin + border.start * length <= along <= begin + border.end * length:
                continue
            far = abs(across - at)
            if far < least:
                best, least = border, far
        return best

    def _let_go(self) -> None:
        self._hand, self._border, self._live, self._pressed_tile = Hand.NOTHING, None, None, None
        self._snap = None
        self.unsetCursor()
        self._aim(None, "")
        self.update()

    def _aim(self, tile: int | None, words: str) -> None:
        if (tile, words) != (self._target, self._target_words):
            self._target, self._target_words = tile, words
            self.update()

    def _band(self, point: QPointF) -> QRect:
        return QRect(self._pressed_at.toPoint(), point.toPoint()).normalized()

    def _leave_digits(self) -> None:
        if self._typed:
            self._typed = ""
            self.update()

    # Seeing

    def showEvent(self, event: QShowEvent) -> None:
        """Pictures are looked at again while somebody sees them."""
        super().showEvent(event)
        self._stills.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks; what the mouse held is let go."""
        super().hideEvent(event)
        self._stills.stop()
        self._let_go()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """The frame of the current tile tells that keys come here."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Keys go elsewhere; what was typed is forgotten."""
        super().focusOutEvent(event)
        self._leave_digits()
        self.update()

    def _look_again(self) -> None:
        self._painter.look_again()
        self.update()

    def refresh(self) -> None:
        """The draft, what is picked, or a camera's name changed."""
        layout, current = self._draft.layout, self._draft.current
        more = f", {len(self._draft.picked)} picked" if len(self._draft.picked) > 1 else ""
        holds = called(layout.cells[current].item, self._name_of)
        self.setAccessibleDescription(f"Tile {current + 1} of {len(layout.cells)}: {holds}{more}")
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """In device pixels, so that lines are sharp at each scale."""
        painter = QPainter(self)
        scale = self.devicePixelRatioF()
        painter.scale(1 / scale, 1 / scale)
        whole = QRect(0, 0, round(self.width() * scale), round(self.height() * scale))
        self._painter.paint(painter, self._scene(scale), whole)
        painter.end()

    def _scene(self, scale: float) -> Scene:
        frame = self.frame()
        device = Rect(*(round(each * scale) for each in (frame.x(), frame.y(), frame.width(), frame.height())))
        steady = self._live is None
        scene = Scene(
            self.layout_seen, device, scale,
            self._draft.picked if steady else (), self._draft.current, self.hasFocus(),
            self._target, self._target_words, typed=self._typed, shown=self._shown(),
        )  # fmt: skip
        if self._hand is Hand.BAND:
            band = self._band(self._pointer)
            scene = replace(scene, band=QRect(band.topLeft() * scale, band.size() * scale))
        if self._snap is not None and self._border is not None:
            upright = self._border.axis is Axis.COLUMNS
            at = round((device.x + self._snap * device.width) if upright else (device.y + self._snap * device.height))
            line = (
                QLine(at, device.y, at, device.y + device.height) if upright
                else QLine(device.x, at, device.x + device.width, at)
            )  # fmt: skip
            scene = replace(scene, snap=line, snap_words=_share_words(self._snap))
        return scene


def _share_words(share: float) -> str:
    """ "50 %", "33.3 %", and what of a fraction people know it by."""
    known = {1 / 2: "1/2", 1 / 3: "1/3", 2 / 3: "2/3", 1 / 4: "1/4", 3 / 4: "3/4"}
    name = next((f"  {words}" for value, words in known.items() if abs(value - share) < 0.0005), "")
    return f"{100 * share:.1f} %{name}".replace(".0 %", " %")
