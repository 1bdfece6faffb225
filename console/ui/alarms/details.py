"""The selected alarm: how it stands, why, where, what it rests on, and its life line by line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from console.model.alarm_figures import Logged
from console.model.alarms import Alarm
from console.ui.alarms.words import (
    PRIORITY_WORDS,
    alarms_words,
    cameras_words,
    clock,
    evidence_words,
    log_words,
    place_words,
    state_words,
)
from console.ui.plain import OneLine
from console.ui.theme import tabular

FEWEST_LINES, MOST_LINES = 4, 8
"""Lines that are seen without scrolling."""


class AlarmDetails(QWidget):
    """Only the Qt thread. What the hands want leaves it as signals. All that is told stands in one text that scrolls:
    it may be long, and must not push the list away."""

    acknowledge_wanted = Signal()
    note_wanted = Signal()
    shelve_wanted = Signal()
    close_wanted = Signal()
    back_wanted = Signal()
    go_wanted = Signal()
    hit_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.title = OneLine(self)
        self.told = QPlainTextEdit(self)
        self._facts: tuple[str, ...] = ()
        self._life: tuple[str, ...] = ()
        self.take = _button("Acknowledge", "The selected alarms are yours (A)", self.acknowledge_wanted, self)
        self.note = _button("Note…", "Acknowledge and say something about it (Shift+A)", self.note_wanted, self)
        self.done = _button("Close…", "What raised it is dealt with (Shift+Z)", self.close_wanted, self)
        self.back = _button("Bring back", "Unshelve it, or put it back into service (Shift+Z)", self.back_wanted, self)
        self.shelf = _button("Shelve…", "Off the list for a time, for a reason (Z)", self.shelve_wanted, self)
        self.hit = _button(
            "Hit…", "Compare what was read last with the list, and decide (Shift+Space)", self.hit_wanted, self
        )
        self.go = _button("Show", "Its cameras, its place, its hit (Enter)", self.go_wanted, self)
        self._build()

    def show_alarms(self, alarms: Sequence[Alarm], now: datetime, may: bool) -> None:
        """The alarms that are selected; ``may``: whether whoever sits here may do something to them."""
        self.setVisible(bool(alarms))
        if not alarms:
            return
        first, one = alarms[0], len(alarms) == 1
        self.title.setText(first.cause.title if one else f"{alarms_words(len(alarms))} selected")
        self.title.setToolTip("")
        self._facts = _facts(first, now) if one else _counts(alarms)
        if not one:
            self._life = ()
        self._tell()
        for button, wanted in (
            (self.take, any(each.waits for each in alarms)),
            # By key for several and for hits; five buttons would widen the column.
            (self.note, one and first.waits and not first.cause.hit),
            (self.hit, one and bool(first.cause.hit)),
            (self.done, any(each.closable(now) for each in alarms)),
            (self.back, any(not each.shown and each.closed is None for each in alarms)),
            (self.shelf, any(each.shown for each in alarms)),
            (self.go, one and bool(first.cause.cameras or first.cause.place or first.cause.hit_number)),
        ):
            button.setVisible(wanted)
            button.setEnabled(may or button in (self.go, self.hit))

    def show_life(self, lines: Sequence[Logged], now: datetime) -> None:
        """Its log; an empty one while it is read."""
        self._life = tuple(log_words(line, now) for line in reversed(lines))
        self._tell()

    def _tell(self) -> None:
        text = "\n".join((*self._facts, *self._life))
        if self.told.toPlainText() == text:
            return
        bar = self.told.verticalScrollBar()
        at = bar.value()
        self.told.setPlainText(text)
        bar.setValue(at)

    def _build(self) -> None:
        self.title.setFont(tabular(10, bold=True))
        self.told.setReadOnly(True)
        self.told.setAccessibleName("The alarm, and its life, the newest first")
        self.told.setFont(tabular(9))
        self.told.setTabChangesFocus(True)
        self.told.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        line = self.told.fontMetrics().lineSpacing()
        self.told.setMinimumHeight(line * FEWEST_LINES + 12)
        self.told.setMaximumHeight(line * MOST_LINES + 12)
        column = QVBoxLayout(self)
        column.setContentsMargins(2, 4, 2, 6)
        column.setSpacing(4)
        column.addWidget(self.title)
        column.addWidget(self.told, 1)
        row = QHBoxLayout()
        row.setSpacing(4)
        for button in (self.take, self.note, self.hit, self.done, self.back, self.shelf, self.go):
            button.setStyleSheet("padding: 5px 8px;")
            row.addWidget(button)
        row.addStretch(1)
        column.addLayout(row)


def _facts(alarm: Alarm, now: datetime) -> tuple[str, ...]:
    cause = alarm.cause
    again = f", {alarm.count} times, last {clock(alarm.last, now)}" if alarm.count > 1 else ""
    where = (
        cause.where or cameras_words(cause.cameras), place_words(cause.place, cause.accuracy),
        "" if cause.where else cause.source,
    )  # fmt: skip
    found = (
        f"{PRIORITY_WORDS[alarm.priority]}, {state_words(alarm, now)}, since {clock(alarm.raised, now)}{again}",
        cause.why,
        "  ·  ".join((*filter(None, where), *filter(None, (evidence_words(alarm),)))),
    )
    return tuple(filter(None, found))


def _counts(alarms: Sequence[Alarm]) -> tuple[str, ...]:
    """How several alarms stand."""
    return tuple(f"{count} {state}" for state, count in Counter(each.state.value for each in alarms).most_common())


def _button(words: str, tip: str, wish: SignalInstance, parent: QWidget) -> QPushButton:
    button = QPushButton(words, parent)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(lambda: wish.emit())
    return button
