"""Which car's track is wanted, and when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from console.model.plate_pattern import LONGEST_PATTERN, parse_pattern
from console.model.plate_queries import PlateQuery, QueryError
from console.services.plate_search import MOST_TRACK
from console.ui.plates.search_form import line
from console.ui.plates.search_times import TimeRange


class TrackForm(QWidget):
    """Only the Qt thread."""

    search_wanted = Signal()

    def __init__(self, utc: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plate = line(self, "the whole plate of the car", "The car whose way is asked for", LONGEST_PATTERN)
        self.times = TimeRange(utc, self)
        self.button = QPushButton("&Search", self)
        self.button.setToolTip("Search (Enter)")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, 0, 4)
        for words, field, stretch in (("&Plate", self.plate, 1), ("&When", self.times, 0)):
            label = QLabel(words, self)
            label.setBuddy(field.choice if isinstance(field, TimeRange) else field)
            row.addWidget(label)
            row.addWidget(field, stretch)
        row.addWidget(self.button)
        self.plate.returnPressed.connect(self.search_wanted)
        self.button.clicked.connect(self.search_wanted)

    def query(self) -> PlateQuery:
        """The question. Raises PatternError, QueryError."""
        begin, end = self.times.span()
        pattern = parse_pattern(self.plate.text())
        if not pattern.exact:
            raise QueryError("A track is that of one car. Leave the wildcards out.")
        return PlateQuery(begin, end, pattern, most=MOST_TRACK)
