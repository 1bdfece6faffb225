"""A day that may be none: a tick before it."""

from __future__ import annotations

from datetime import date, datetime, tzinfo

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QCheckBox, QDateEdit, QHBoxLayout, QWidget


class DayEdit(QWidget):
    """Only the Qt thread."""

    def __init__(self, name: str, words: str, first: date, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.tick, self.day = QCheckBox(words, self), QDateEdit(self)
        self.day.setDisplayFormat("yyyy-MM-dd")
        self.day.setCalendarPopup(True)
        self.day.setDate(QDate(first.year, first.month, first.day))
        self.day.setAccessibleName(name)
        self.tick.setAccessibleName(f"{name}: {words}")
        self.day.setEnabled(False)
        self.tick.toggled.connect(self.day.setEnabled)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.tick)
        row.addWidget(self.day)
        row.addStretch(1)

    def show_day(self, day: date | None) -> None:
        """This day, None for none."""
        self.tick.setChecked(day is not None)
        if day is not None:
            self.day.setDate(QDate(day.year, day.month, day.day))

    def start(self, zone: tzinfo | None) -> datetime | None:
        """Its beginning at this place, None for none."""
        return self._begin(0, zone)

    def end(self, zone: tzinfo | None) -> datetime | None:
        """The beginning of the day after it, None for none."""
        return self._begin(1, zone)

    def _begin(self, later: int, zone: tzinfo | None) -> datetime | None:
        if not self.tick.isChecked():
            return None
        day = self.day.date().addDays(later)
        begins = datetime(day.year(), day.month(), day.day(), tzinfo=zone)
        return begins.astimezone(zone)  # one without a zone is of this computer
