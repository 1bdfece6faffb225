"""A number that is set by a slider and read beside it."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSlider, QWidget


class Dial(QWidget):
    """A slider from ``low`` to ``high`` in steps of 1/``parts``, with its value in words. ``turned`` comes while it is
    being moved."""

    turned = Signal()

    def __init__(
        self, low: float, high: float, value: float, unit: str, parts: int = 1, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._parts, self._unit = parts, unit
        self._slider = QSlider(Qt.Orientation.Horizontal, self)
        self._slider.setRange(round(low * parts), round(high * parts))
        self._slider.setPageStep(max(1, round((high - low) * parts / 20)))
        self._slider.setMinimumWidth(160)
        self._words = QLabel(self)
        self._words.setMinimumWidth(self._words.fontMetrics().horizontalAdvance("-180.00 °°"))
        self._words.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self._slider, 1)
        row.addWidget(self._words)
        self.setFocusProxy(self._slider)
        self.set_value(value)
        self._slider.valueChanged.connect(self._moved)

    def value(self) -> float:
        """Where it stands."""
        return self._slider.value() / self._parts

    def set_value(self, value: float) -> None:
        """Put it there."""
        self._slider.setValue(round(value * self._parts))
        self._say()

    def name(self, words: str) -> None:
        """What a screen reader and the tool tip say."""
        self._slider.setAccessibleName(words)
        self._slider.setToolTip(f"{words}. Left and Right arrow: a step; Page Up and Page Down: a large one.")

    def _moved(self) -> None:
        self._say()
        self.turned.emit()

    def _say(self) -> None:
        digits = len(str(self._parts)) - 1
        self._words.setText(f"{self.value():.{digits}f}{self._unit}")
