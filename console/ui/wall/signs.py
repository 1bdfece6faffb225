"""Which monitor is which: a large number on each screen for a few seconds."""

from __future__ import annotations

from PySide6.QtCore import QObject, QRect, QRectF, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QScreen
from PySide6.QtWidgets import QWidget
from shiboken6 import delete, isValid

from console.ui.theme import Theme, tabular

SHOWN_MS = 3000
"""How long the numbers stay; pressing the key again begins anew."""


class Sign(QWidget):
    """A number and a name in the middle of a screen. It takes neither focus nor clicks."""

    def __init__(self, screen: QScreen, number: str, name: str, theme: Theme) -> None:
        flags = Qt.WindowType.ToolTip | Qt.WindowType.FramelessWindowHint | Qt.WindowType.WindowTransparentForInput
        super().__init__(None, flags | Qt.WindowType.WindowStaysOnTopHint | Qt.WindowType.WindowDoesNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.number, self.name = number, name
        self._theme = theme
        self.setWindowTitle(f"Watchfloor {number} {name}".strip())
        self.setScreen(screen)
        whole = screen.geometry()
        side = max(160, min(whole.width(), whole.height()) // 3)
        box = QRect(0, 0, min(whole.width(), side * 3 // 2), side)
        box.moveCenter(whole.center())
        self.setGeometry(box)

    def paintEvent(self, event: QPaintEvent) -> None:
        """The number as large as it fits, the name below."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self._theme.color("panel"))
        painter.setPen(self._theme.color("selection"))
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        upper = QRectF(0, 0, self.width(), self.height() * 0.78)
        lower = QRectF(8, self.height() * 0.72, self.width() - 16, self.height() * 0.22)
        font = tabular(10, bold=True)
        font.setPixelSize(max(12, round(self.height() * 0.6)))
        painter.setFont(font)
        painter.setPen(self._theme.color("text"))
        painter.drawText(upper, int(Qt.AlignmentFlag.AlignCenter), self.number)
        font = tabular(10)
        font.setPixelSize(max(10, round(self.height() * 0.09)))
        painter.setFont(font)
        name = painter.fontMetrics().elidedText(self.name, Qt.TextElideMode.ElideRight, round(lower.width()))
        painter.drawText(lower, int(Qt.AlignmentFlag.AlignCenter), name)
        painter.end()


class Signs(QObject):
    """The signs that stand now. Lives on the Qt thread."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._standing: list[Sign] = []
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(SHOWN_MS)
        self._timer.timeout.connect(self.take_down)

    @property
    def standing(self) -> list[Sign]:
        """The signs on the screens."""
        return list(self._standing)

    def put_up(self, words: list[tuple[QScreen, str, str]]) -> None:
        """Screen, number and name of each sign; they go by themselves."""
        self.take_down()
        for screen, number, name in words:
            sign = Sign(screen, number, name, self._theme)
            self._standing.append(sign)
            sign.show()
        if self._standing:
            self._timer.start()

    def take_down(self) -> None:
        """All signs away at once."""
        self._timer.stop()
        for sign in self._standing:
            if isValid(sign):
                delete(sign)
        self._standing.clear()
