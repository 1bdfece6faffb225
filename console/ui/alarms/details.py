"""The selected alarm: why, where, since when, what it rests on, and its life line by line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

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
from console.ui.plain import plain_label
from console.ui.theme import Theme, tabular

LOG_LINES = 5
"""Lines of an alarm's life that are seen without scrolling."""


class AlarmDetails(QWidget):
    """Only the Qt thread. What the hands want leaves it as signals."""

    acknowledge_wanted = Signal()
    note_wanted = Signal()
    shelve_wanted = Signal()
    close_wanted = Signal()
    back_wanted = Signal()
    go_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title, self._state, self._why, self._facts = (plain_label(self) for _ in range(4))
        self._life = QPlainTextEdit(self)
        self.take = _button("Acknowledge", "The selected alarms are yours (A)", self.acknowledge_wanted, self)
        self.note = _button("With a note…", "Acknowledge and say something about it (Shift+A)", self.note_wanted, self)
        self.shelf = _button("Shelve…", "Off the list for a time, for a reason (Z)", self.shelve_wanted, self)
        self.done = _button("Close", "What raised it is dealt with (Shift+Z)", self.close_wanted, self)
        self.back = _button("Bring back", "Unshelve it, or put it back into service (Shift+Z)", self.back_wanted, self)
        self.go = _button("Show", "Its cameras and its place (Enter)", self.go_wanted, self)
        self._build(theme)

    def show_alarms(self, alarms: Sequence[Alarm], now: datetime, may: bool) -> None:
        """The alarms that are selected; ``may``: whether whoever sits here may do something to them."""
        self.setVisible(bool(alarms))
        if not alarms:
            return
        first = alarms[0]
        one = len(alarms) == 1
        if one:
            cause = first.cause
            since = f"since {clock(first.raised, now)}"
            again = f", {first.count} times, last {clock(first.last, now)}" if first.count > 1 else ""
            facts = (
                cameras_words(cause.cameras), place_words(cause.place, cause.accuracy), cause.source,
                evidence_words(first),
            )  # fmt: skip
            self._title.setText(cause.title)
            self._state.setText(f"{PRIORITY_WORDS[first.priority]}, {state_words(first, now)}, {since}{again}")
            self._why.setText(cause.why)
            self._facts.setText("  ·  ".join(filter(None, facts)))
        else:
            self._title.setText(f"{alarms_words(len(alarms))} selected")
            self._state.setText(", ".join(dict.fromkeys(each.state.value for each in alarms)))
            self._why.setText("")
            self._facts.setText("")
        for label in (self._why, self._facts):
            label.setVisible(bool(label.text()))
        self._life.setVisible(one)
        self.go.setVisible(one and bool(first.cause.cameras or first.cause.place))
        for button, wanted in (
            (self.take, any(each.waits for each in alarms)),
            (self.note, any(each.waits for each in alarms)),
            (self.shelf, any(each.shown for each in alarms)),
            (self.done, any(each.may_close for each in alarms)),
            (self.back, any(not each.shown and each.closed is None for each in alarms)),
        ):
            button.setVisible(wanted)
            button.setEnabled(may)

    def show_life(self, lines: Sequence[Logged], now: datetime) -> None:
        """Its log; an empty one while it is read."""
        text = "\n".join(log_words(line, now) for line in reversed(lines))
        if self._life.toPlainText() != text:
            self._life.setPlainText(text)

    def _build(self, theme: Theme) -> None:
        self._title.setFont(tabular(10, bold=True))
        self._state.setStyleSheet(f"color: {theme.text};")
        self._facts.setObjectName("dim")
        self._life.setReadOnly(True)
        self._life.setAccessibleName("Life of the alarm, the newest first")
        self._life.setFont(tabular(9))
        self._life.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self._life.setTabChangesFocus(True)
        self._life.setFixedHeight(self._life.fontMetrics().lineSpacing() * LOG_LINES + 12)
        self._life.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(3)
        for label in (self._title, self._state, self._why, self._facts):
            label.setWordWrap(True)
            label.setMinimumWidth(0)
            column.addWidget(label)
        column.addWidget(self._life)
        for buttons in ((self.take, self.note, self.back), (self.shelf, self.done, self.go)):
            row = QHBoxLayout()
            row.setSpacing(6)
            for button in buttons:
                row.addWidget(button)
            row.addStretch(1)
            column.addLayout(row)


def _button(words: str, tip: str, wish: object, parent: QWidget) -> QPushButton:
    button = QPushButton(words, parent)
    button.setToolTip(tip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(lambda: wish.emit())  # type: ignore[attr-defined]
    return button
