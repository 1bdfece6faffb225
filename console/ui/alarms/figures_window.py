"""How well alarms serve the people who get them: figures in a line, plots, and which cry most."""

from __future__ import annotations

from datetime import timedelta

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QComboBox, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from console.model.alarm_figures import Figures
from console.ui.alarms.words import alarms_words, span_words
from console.ui.fitting import side_window
from console.ui.plain import OneLine, plain_label
from console.ui.theme import Theme, tabular

SPANS = (
    ("The last 8 hours", timedelta(hours=8)), ("The last 24 hours", timedelta(hours=24)),
    ("The last 7 days", timedelta(days=7)), ("The last 30 days", timedelta(days=30)),
)  # fmt: skip
_NAMES = ("Alarms", "For each operator and hour", "Half taken within", "95 of 100 within", "Time in flood", "Stale now")
_TIPS = (
    "How many alarms had to be looked at",
    "On the average of all hours. EEMUA 191: below 6 is good, 12 is the most over a long time",
    "Half of the alarms that were acknowledged were so within this time",
    "95 of 100 alarms that were acknowledged were so within this time",
    "Share of the time in which ten alarms came within ten minutes, until fewer than five did",
    "Alarms that stand for over a day and tell nobody anything any more",
)
_NOISY = 8


class FiguresWindow(QWidget):
    """Only the Qt thread."""

    wanted = Signal(object)
    """A timedelta: figures of that long until now are asked for."""
    help_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("panel")
        self.setWindowTitle("Figures of alarms")
        side_window(self, 1000, 760)
        self._theme = theme
        self._span = QComboBox(self)
        self._note = OneLine(self)
        self._values: list[QLabel] = []
        self._plots_column = QVBoxLayout()
        self.noisiest: list[QLabel] = []
        self._build()
        self._span.currentIndexChanged.connect(lambda _: self.ask())
        for key, run in (("F5", self.ask), ("F1", self.help_wanted.emit)):
            QShortcut(QKeySequence(key), self).activated.connect(run)

    @property
    def span(self) -> timedelta:
        """How far back is looked."""
        wanted: timedelta = self._span.currentData()
        return wanted

    def ask(self) -> None:
        """Ask for the figures of the chosen time."""
        self._note.setText("Being computed …")
        self.wanted.emit(self.span)

    def say(self, words: str) -> None:
        """Why there are none."""
        self._note.setText(words)

    def show_figures(self, found: Figures) -> None:
        """Show these."""
        from console.ui.alarms.plots import AlarmPlots  # when it is first wanted: see there

        plots = self.findChild(AlarmPlots)
        if plots is None:
            plots = AlarmPlots(self._theme, self)
            self._plots_column.addWidget(plots)
        plots.show_figures(found)
        count = sum(sum(hour.alarms.values()) for hour in found.hours)
        rate = sum(hour.each for hour in found.hours) / max(1, len(found.hours))
        words = (
            str(count), f"{rate:.1f}", span_words(found.half), span_words(found.most), f"{found.flood:.1%}",
            str(found.standing),
        )  # fmt: skip
        for label, value in zip(self._values, words, strict=True):
            label.setText(value)
        for row, label in enumerate(self.noisiest):
            title, times = found.noisiest[row] if row < len(found.noisiest) else ("", 0)
            label.setText(f"{times} ×  {title}" if title else "")
        nothing = "Nothing was an alarm in this time."
        self._note.setText("" if count else nothing)
        if not found.noisiest:
            self.noisiest[0].setText(f"{alarms_words(0)}")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc puts the window away."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def _build(self) -> None:
        for words, span in SPANS:
            self._span.addItem(words, span)
        self._span.setCurrentIndex(1)
        self._span.setAccessibleName("Of which time")
        again = QPushButton("Compute again", self)
        again.setToolTip("Up to now (F5)")
        again.clicked.connect(self.ask)
        head = QHBoxLayout()
        head.addWidget(self._span)
        head.addWidget(again)
        head.addWidget(self._note, 1)
        values = QGridLayout()
        values.setHorizontalSpacing(24)
        for column, (name, tip) in enumerate(zip(_NAMES, _TIPS, strict=True)):
            value, label = plain_label(self, "–"), plain_label(self, name)
            value.setFont(tabular(16, bold=True))
            label.setObjectName("dim")
            label.setWordWrap(True)
            for part in (value, label):
                part.setToolTip(tip)
            value.setAccessibleName(name)
            self._values.append(value)
            values.addWidget(value, 0, column)
            values.addWidget(label, 1, column, Qt.AlignmentFlag.AlignTop)
            values.setColumnStretch(column, 1)
        heading = plain_label(self, "Most often")
        heading.setObjectName("heading")
        noisy = QGridLayout()
        for row in range(_NOISY):
            line = OneLine(self)
            line.setMinimumHeight(line.fontMetrics().height() + 2)
            self.noisiest.append(line)
            noisy.addWidget(line, row % (_NOISY // 2), row // (_NOISY // 2))
        whole = QVBoxLayout(self)
        whole.setContentsMargins(10, 8, 10, 8)
        whole.setSpacing(8)
        whole.addLayout(head)
        whole.addLayout(values)
        whole.addLayout(self._plots_column, 1)
        whole.addWidget(heading)
        whole.addLayout(noisy)
