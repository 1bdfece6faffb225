"""From when to when: quick choices, and times of one's own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QHBoxLayout, QLabel, QWidget

from drivers.events import YEARS

OWN = "These times"
_SPANS = {
    "Last hour": timedelta(hours=1),
    "Last 24 hours": timedelta(hours=24),
    "Last 7 days": timedelta(days=7),
    "Last 30 days": timedelta(days=30),
}
_MINUTES = "yyyy-MM-dd HH:mm"
TONIGHT = "Tonight"
ANY = "Any time"
"""Also what readers with a wrong clock date to other years."""
CHOICES = ("Last hour", TONIGHT, "Last 24 hours", "Last 7 days", "Last 30 days", ANY, OWN)
_FIRST, _LAST = datetime(YEARS[0], 1, 1, tzinfo=UTC), datetime(YEARS[1] + 1, 1, 1, tzinfo=UTC)
EVENING, MORNING = time(18, 0), time(6, 0)


def tonight(now: datetime) -> tuple[datetime, datetime]:
    """The night that is now, or the one that comes: 18:00 to 06:00 in the zone of ``now``."""
    day = now.date() if now.time() >= time(12, 0) else now.date() - timedelta(days=1)
    begin = datetime.combine(day, EVENING, now.tzinfo)
    return begin, datetime.combine(day + timedelta(days=1), MORNING, now.tzinfo)


class TimeRange(QWidget):
    """Only the Qt thread. ``utc`` gives the present."""

    def __init__(self, utc: Callable[[], datetime], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._utc = utc
        self.choice = QComboBox(self)
        self.choice.addItems(CHOICES)
        self.choice.setAccessibleName("When")
        self.choice.setToolTip("When (Alt+W leads here)")
        self.begin, self.end = when_edit(self, _MINUTES), when_edit(self, _MINUTES)
        self.begin.setAccessibleName("From")
        self.end.setAccessibleName("To")
        self._to = QLabel("to", self)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        for widget in (self.choice, self.begin, self._to, self.end):
            row.addWidget(widget)
        row.addStretch(1)
        self.setFocusProxy(self.choice)
        self.choice.currentTextChanged.connect(self._chosen)
        self.choice.setCurrentText("Last 24 hours")

    def span(self) -> tuple[datetime, datetime]:
        """Begin and end, aware; quick choices count from now, and the fields say so."""
        words = self.choice.currentText()
        if words == OWN:
            return moment(self.begin), moment(self.end)
        begin, end = self._quick(words)
        put(self.begin, begin)
        put(self.end, end)
        return begin, end

    def _quick(self, words: str) -> tuple[datetime, datetime]:
        now = self._utc()
        if words == TONIGHT:
            return tonight(now.astimezone())
        if words == ANY:
            return _FIRST, _LAST
        return now - _SPANS[words], now + timedelta(minutes=1)

    def set_span(self, begin: datetime, end: datetime) -> None:
        """Times of one's own."""
        self.choice.setCurrentText(OWN)
        put(self.begin, begin)
        put(self.end, end)

    def take(self, other: TimeRange) -> None:
        """The same as there; a quick choice stays one, and counts from when it is asked."""
        put(self.begin, moment(other.begin))
        put(self.end, moment(other.end))
        self.choice.setCurrentText(other.choice.currentText())

    def _chosen(self, words: str) -> None:
        self.span()
        own = words == OWN
        for widget in (self.begin, self.end):
            widget.setEnabled(own)


def when_edit(parent: QWidget, shows: str = "yyyy-MM-dd HH:mm:ss") -> QDateTimeEdit:
    """A field for a moment, in this computer's zone; seconds are kept where they are not shown."""
    edit = QDateTimeEdit(parent)
    edit.setDisplayFormat(shows)
    edit.setCalendarPopup(False)
    edit.setMinimumWidth(edit.fontMetrics().horizontalAdvance("0" * len(shows)) + 34)
    return edit


def put(edit: QDateTimeEdit, at: datetime) -> None:
    """Show a moment."""
    edit.setDateTime(QDateTime.fromSecsSinceEpoch(int(at.timestamp())))


def moment(edit: QDateTimeEdit) -> datetime:
    """What it says."""
    return datetime.fromtimestamp(edit.dateTime().toSecsSinceEpoch(), UTC)
