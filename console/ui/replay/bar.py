"""The bar of a replay: moment, speed, buttons, and below them the time line. It lies under the wall, never over it."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from console.model.replay import SPEEDS, ReplayState, speed_words
from console.ui.replay.buttons import Sign, SignButton
from console.ui.replay.time_line import Row, TimeLine
from console.ui.theme import Theme, tabular


class Command(enum.Enum):
    """What the buttons ask for."""

    STEP_BACK = enum.auto()
    BACK = enum.auto()
    PAUSE = enum.auto()
    PLAY = enum.auto()
    STEP = enum.auto()
    LIVE = enum.auto()


_BUTTONS = (
    (Sign.STEP_BACK, Command.STEP_BACK, "One picture back", "One picture back ( , )"),
    (Sign.BACK, Command.BACK, "Play backwards", "Play backwards; again: faster (J). Slowly: Shift+J"),
    (Sign.PAUSE, Command.PAUSE, "Pause", "Pause, and on again (K)"),
    (Sign.PLAY, Command.PLAY, "Play", "Play; again: faster (L). Slowly: Shift+L"),
    (Sign.STEP, Command.STEP, "One picture on", "One picture on ( . )"),
)
_LINE_TIP = (
    "Click or drag to go somewhere; turn the wheel to see more or less of the time (+ and -), with Shift to move along "
    "(Page Up, Page Down). Ctrl+Left and Ctrl+Right: 5 seconds."
)


class ReplayBar(QWidget):
    """Lives on the Qt thread; shows what it is told and says what the operator wants."""

    commanded = Signal(object)
    """A Command."""
    speed_wanted = Signal(float)
    """Times 1, without a direction."""
    scrubbed = Signal(float)
    held = Signal(bool)
    key_pressed = Signal(object)
    """A QKeyEvent that the bar itself has no use for; who takes it calls ``accept``."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        self.line = TimeLine(theme, self)
        self.line.setToolTip(_LINE_TIP)
        self.line.scrubbed.connect(self.scrubbed)
        self.line.held.connect(self.held)
        self.buttons: dict[Command, SignButton] = {}
        self._speed = QComboBox(self)
        self._moment, self._words, self._note = QLabel(self), QLabel(self), QLabel(self)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 5, 8, 5)
        column.setSpacing(4)
        column.addLayout(self._build_top())
        column.addWidget(self.line)

    def _build_top(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(3)
        for sign, command, name, tip in _BUTTONS:
            button = SignButton(sign, name, tip, self._theme, self)
            # Bound by default argument: each button says its own command.
            button.clicked.connect(lambda checked=False, each=command: self.commanded.emit(each))
            self.buttons[command] = button
            row.addWidget(button)
        row.addSpacing(6)
        for speed in SPEEDS:
            self._speed.addItem(speed_words(speed), speed)
        self._speed.setToolTip("How fast (J and L again: faster; with Shift: slower)")
        self._speed.setAccessibleName("Speed of the replay")
        self._speed.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._speed.activated.connect(lambda index: self.speed_wanted.emit(self._speed.itemData(index)))
        row.addWidget(self._speed)
        row.addSpacing(10)
        self._moment.setFont(tabular(11))
        self._moment.setAccessibleName("Moment of the replay, local time")
        row.addWidget(self._moment)
        row.addSpacing(14)
        self._words.setFont(tabular(11, bold=True))
        self._words.setStyleSheet(f"color: {self._theme.high}")
        self._words.setAccessibleName("How long ago, and how fast")
        row.addWidget(self._words)
        row.addSpacing(14)
        self._note.setObjectName("dim")
        row.addWidget(self._note, 1)
        live = QPushButton("Live (Esc)", self)
        live.setToolTip("End the replay and return to live (Esc)")
        live.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        live.clicked.connect(lambda: self.commanded.emit(Command.LIVE))
        row.addWidget(live)
        return row

    def begin(self, state: ReplayState, now: float) -> None:
        """A replay begins."""
        self.line.begin(state.position(now), now)
        self.show_state(state, now)

    def show_rows(self, rows: Sequence[Row]) -> None:
        """Where there is footage."""
        self.line.show_rows(rows)

    def show_state(self, state: ReplayState, now: float, note: str = "") -> None:
        """The clock as it is; ``note`` stands beside it (else why it stopped by itself)."""
        position = state.position(now)
        self.line.show_time(position, now)
        _say(self._moment, moment_words(position))
        _say(self._words, state.words(now))
        _say(self._note, note or state.detail())
        self.buttons[Command.PAUSE].set_active(not state.playing)
        self.buttons[Command.PLAY].set_active(state.playing and state.speed > 0)
        self.buttons[Command.BACK].set_active(state.playing and state.speed < 0)
        row = SPEEDS.index(abs(state.speed))
        if row != self._speed.currentIndex():
            self._speed.setCurrentIndex(row)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys of the replay work here too."""
        event.ignore()
        self.key_pressed.emit(event)
        if not event.isAccepted():
            super().keyPressEvent(event)


def moment_words(when: float) -> str:
    """``2026-11-21 02:41:07.4 UTC+1``, local time."""
    local = datetime.fromtimestamp(when).astimezone()
    shift = local.utcoffset()
    minutes = 0 if shift is None else round(shift.total_seconds() / 60)
    hours, rest = divmod(abs(minutes), 60)
    zone = "UTC" if not minutes else f"UTC{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02}" if rest else "")
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 100_000} {zone}"


def _say(label: QLabel, words: str) -> None:
    if label.text() != words:
        label.setText(words)
