"""Which car's company is asked for, and what counts as together."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from console.model.plate_pattern import LONGEST_PATTERN, parse_pattern
from console.model.plate_queries import ConvoyQuery
from console.ui.plates.search_form import line, metres_box
from console.ui.plates.search_times import TimeRange


class ConvoyForm(QWidget):
    """Only the Qt thread."""

    search_wanted = Signal()

    def __init__(self, utc: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plate = line(self, "the whole plate of the car", "The car whose company is asked for", LONGEST_PATTERN)
        self.times = TimeRange(utc, self)
        self.times.choice.setCurrentText("Last 7 days")
        self.seconds = QSpinBox(self)
        self.seconds.setRange(1, 3600)
        self.seconds.setValue(60)
        self.seconds.setSuffix(" s")
        self.seconds.setAccessibleName("Seconds apart at most")
        self.metres = metres_box(self, 150, 5000)
        self.places = QSpinBox(self)
        self.places.setRange(2, 50)
        self.places.setValue(3)
        self.places.setAccessibleName("Different places at least")
        self.button = QPushButton("&Search", self)
        self.button.setToolTip("Search (Enter)")
        self.button.clicked.connect(self.search_wanted)
        self.plate.returnPressed.connect(self.search_wanted)
        self._build()

    def query(self) -> ConvoyQuery:
        """The question. Raises PatternError, QueryError."""
        begin, end = self.times.span()
        pattern = parse_pattern(self.plate.text())
        return ConvoyQuery(
            pattern, begin, end, float(self.seconds.value()), float(self.metres.value()), self.places.value()
        )

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 4, 0, 4)
        close = QHBoxLayout()
        close.setSpacing(6)
        words = ("within", self.seconds, "and", self.metres, "of it, at", self.places, "different places or more")
        for word in words:
            close.addWidget(QLabel(word, self) if isinstance(word, str) else word)
        close.addStretch(1)
        close.addWidget(self.button)
        for row, column, text, field in (
            (0, 0, "&Plate", self.plate), (0, 2, "&When", self.times), (1, 0, "Seen &together", self.seconds),
        ):  # fmt: skip
            label = QLabel(text, self)
            label.setBuddy(field.choice if isinstance(field, TimeRange) else field)
            grid.addWidget(label, row, column)
        grid.addWidget(self.plate, 0, 1)
        grid.addWidget(self.times, 0, 3)
        grid.addLayout(close, 1, 1, 1, 3)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)
        grid.setHorizontalSpacing(8)
