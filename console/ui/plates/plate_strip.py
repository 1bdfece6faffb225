"""A plate in large letters, each in a cell, with those marked that differ from the plate beside it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QLineF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from console.ui.theme import Theme, tabular

MOST_CELLS = 16
"""More characters are too many to compare by eye; the rest is cut."""


class PlateStrip(QWidget):
    """Only the Qt thread. Letters are drawn one by one: nothing in them can be markup or turn the others round."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme, self._name = theme, name
        self._text, self._marks = "", tuple[bool, ...]()
        self.setFont(tabular(22, bold=True))
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)

    @property
    def text(self) -> str:
        """What it shows."""
        return self._text

    @property
    def marked(self) -> str:
        """The characters that are marked."""
        return "".join(char for char, mark in zip(self._text, self._marks, strict=False) if mark)

    def show_plate(self, text: str, marks: Sequence[bool]) -> None:
        """Letters and digits, and which of them differ."""
        cut = len(text) > MOST_CELLS
        self._text = text[: MOST_CELLS - 1] + "…" if cut else text
        self._marks = tuple(marks[: len(self._text)])
        self.setAccessibleName(f"{self._name}: {text}")
        self.update()

    def sizeHint(self) -> QSize:
        """One line of cells."""
        return QSize(240, self.fontMetrics().height() + 14)

    def minimumSizeHint(self) -> QSize:
        """The same height, however narrow."""
        return QSize(120, self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Cells from the left, narrower where there are many."""
        if not self._text:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        step = min(self.fontMetrics().horizontalAdvance("W") * 1.2, (self.width() - 2) / len(self._text))
        font = self.font()
        widest = self.fontMetrics().horizontalAdvance("W")
        if step < widest:
            font.setPointSizeF(max(8.0, font.pointSizeF() * step / widest))
            painter.setFont(font)
        for at, char in enumerate(self._text):
            cell = QRectF(1 + at * step, 1, step - 3, self.height() - 2)
            marked = at < len(self._marks) and self._marks[at]
            painter.setPen(QPen(self._theme.color("high" if marked else "line"), 2 if marked else 1))
            painter.drawRoundedRect(cell, 3, 3)
            painter.setPen(self._theme.color("high" if marked else "text"))
            painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, char)
            if marked:  # a shape too, for those who do not see the colour
                painter.drawLine(QLineF(cell.left() + 4, cell.bottom() - 4, cell.right() - 5, cell.bottom() - 4))
        painter.end()
