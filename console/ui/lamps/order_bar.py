"""What to do with the lamps that are chosen: how bright, how fast, for how long, why; and what to know before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import Qt, QTime, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSlider,
    QSpinBox,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from console.services.lamps import LampView, SystemView
from console.ui.lamps.words import cannot_end, lamps_words, warnings
from console.ui.plain import OneLine, plain_label, plain_tip
from console.ui.theme import Theme

PRESETS = ((5, "5 minutes"), (10, "10 minutes"), (30, "30 minutes"), (60, "1 hour"), (240, "4 hours"))
USUAL = 10
"""Minutes that are offered first."""
UNTIL = -1
LONGEST_REASON = 200


@dataclass(frozen=True, slots=True)
class Order:
    """What the operator asks for: percent, seconds, why, and how many seconds the change may take."""

    level: float
    seconds: float
    reason: str
    ramp: float


class OrderBar(QWidget):
    """Only the Qt thread."""

    light_wanted = Signal()
    release_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self._theme = theme
        self._chosen: Collection[LampView] = ()
        self._systems: Mapping[str, SystemView] = {}
        self._may = True
        self._level = QSlider(Qt.Orientation.Horizontal, self)
        self._percent = QSpinBox(self)
        self._ramp = QSpinBox(self)
        self._span = QComboBox(self)
        self._until = QTimeEdit(self)
        self._reason = QLineEdit(self)
        self._light = QPushButton(self)
        self._release = QPushButton(self)
        self._warning = plain_label(self)
        self._said = OneLine(self)
        self._build()
        self.reset()
        self.show_chosen((), {}, may=True)

    def _build(self) -> None:
        self._level.setRange(0, 100)
        self._level.setPageStep(10)
        self._percent.setRange(0, 100)
        self._percent.setSuffix(" %")
        self._level.valueChanged.connect(self._percent.setValue)
        self._percent.valueChanged.connect(self._level.setValue)
        self._percent.valueChanged.connect(self._show)
        on, off = QPushButton("On", self), QPushButton("Off", self)
        on.setToolTip("100 %")
        off.setToolTip("0 %: the lamps go dark")
        on.clicked.connect(lambda: self._percent.setValue(100))
        off.clicked.connect(lambda: self._percent.setValue(0))
        self._ramp.setRange(0, 600)
        self._ramp.setSuffix(" s")
        self._ramp.setSpecialValueText("at once")
        for minutes, words in PRESETS:
            self._span.addItem(words, minutes)
        self._span.addItem("until …", UNTIL)
        self._span.currentIndexChanged.connect(self._span_changed)
        self._until.setDisplayFormat("HH:mm")
        self._reason.setMaxLength(LONGEST_REASON)
        self._reason.setPlaceholderText("for the record, may be empty")
        self._reason.returnPressed.connect(self._light_if_possible)
        self._light.clicked.connect(self.light_wanted)
        self._release.clicked.connect(self.release_wanted)
        self._light.setDefault(True)
        for widget, name in (
            (self._level, "Level"), (self._percent, "Level in percent"), (self._ramp, "Ramp in seconds"),
            (self._span, "For how long"), (self._until, "Until"), (self._reason, "Reason"),
        ):  # fmt: skip
            widget.setAccessibleName(name)
        self._warning.setWordWrap(True)
        self._warning.setAccessibleName("What to know before")
        self._said.setAccessibleName("What became of it")
        self._warning.setStyleSheet(f"color: {self._theme.high}")
        span = QHBoxLayout()
        span.setContentsMargins(0, 0, 0, 0)
        span.addWidget(self._span)
        span.addWidget(self._until)
        level = QHBoxLayout()
        level.addWidget(self._level, 1)
        for button in (self._percent, on, off):
            level.addWidget(button)
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        for place, words in enumerate(("Level", "Ramp", "For", "Reason")):
            label = QLabel(words, self)
            label.setObjectName("dim")
            grid.addWidget(label, 0, place)
        grid.addLayout(level, 1, 0)
        grid.addWidget(self._ramp, 1, 1)
        grid.addLayout(span, 1, 2)
        grid.addWidget(self._reason, 1, 3)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(3, 2)
        grid.addWidget(self._light, 1, 4)
        grid.addWidget(self._release, 1, 5)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(4)
        column.addWidget(self._warning)
        column.addLayout(grid)
        column.addWidget(self._said)

    # What it holds

    @property
    def order(self) -> Order:
        """What is asked for now."""
        minutes = self._span.currentData()
        seconds = 60.0 * minutes if minutes != UNTIL else _seconds_until(self._until.time())
        return Order(float(self._percent.value()), seconds, self._reason.text().strip(), float(self._ramp.value()))

    def reset(self) -> None:
        """As it is offered first: fully on at once, for ten minutes."""
        self._percent.setValue(100)
        self._ramp.setValue(0)
        self._span.setCurrentIndex([minutes for minutes, _ in PRESETS].index(USUAL))
        self._reason.clear()
        self._span_changed()

    def show_chosen(self, chosen: Collection[LampView], systems: Mapping[str, SystemView], may: bool) -> None:
        """The lamps that are meant; ``may``: whether whoever sits here may drive lamps."""
        self._chosen, self._systems, self._may = chosen, systems, may
        self._show()

    def say(self, words: str) -> None:
        """What became of the last order."""
        self._said.setText(words)
        self._said.setToolTip(plain_tip(words))

    @property
    def said(self) -> str:
        """What it said last."""
        return self._said.text()

    @property
    def warning(self) -> str:
        """What it warns of now."""
        return self._warning.text()

    # Inside

    def _show(self) -> None:
        count = len(self._chosen)
        told = warnings(self._chosen, self._systems, self._percent.value())
        words = "\n".join(f"▲ {each}" for each in told[:4])
        self._warning.setText(words)
        self._warning.setVisible(bool(words))
        names = {view.ref[0] for view in self._chosen}
        refused = bool(names) and all(
            name not in self._systems or cannot_end(self._systems[name].features) for name in names
        )
        self._light.setText(f"Light {lamps_words(count)}" if count else "Light")
        self._light.setEnabled(bool(count) and self._may and not refused)
        self._light.setToolTip("" if self._may else "You may not drive lamps. Ask a supervisor.")
        leases = {view.wanted.id for view in self._chosen if view.wanted is not None}
        lit = sum(view.wanted is not None for view in self._chosen)
        self._release.setText(f"Release {lamps_words(lit)}" if lit else "Release")
        self._release.setEnabled(bool(leases) and self._may)
        whole = "the whole order" if len(leases) == 1 else f"all {len(leases)} orders"
        self._release.setToolTip(f"Ends {whole} that these lamps follow" if leases else "These lamps follow no order")

    def _span_changed(self) -> None:
        custom = self._span.currentData() == UNTIL
        self._until.setVisible(custom)
        if custom:
            later = datetime.now().astimezone() + timedelta(minutes=USUAL + 1)
            self._until.setTime(QTime(later.hour, later.minute))

    def _light_if_possible(self) -> None:
        if self._light.isEnabled():
            self.light_wanted.emit()


def _seconds_until(time: QTime) -> float:
    """From now to a time of day on this computer's clock, tomorrow where it has gone by."""
    now = datetime.now().astimezone()
    end = now.replace(hour=time.hour(), minute=time.minute(), second=0, microsecond=0)
    while end <= now:
        end += timedelta(days=1)
    return (end - now).total_seconds()
