"""What is asked for before an alarm is put aside or taken with words: a reason, a time, a note."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from console.model.alarms import Alarm, Priority
from console.ui.alarms.words import REASONS, SHELF_TIMES, alarms_words, clock, note_text
from console.ui.plain import plain_label

_USUAL = 1


class ShelveDialog(QDialog):
    """Reason and time; ``seconds`` None means out of service, until somebody brings it back."""

    def __init__(self, alarms: Sequence[Alarm], now: datetime, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shelve")
        self._now = now
        self._reason, self._time = QComboBox(self), QComboBox(self)
        self._out = QCheckBox("&Out of service, until somebody brings it back", self)
        self._until = plain_label(self)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        what = alarms[0].cause.title if len(alarms) == 1 else alarms_words(len(alarms))
        head = plain_label(self, what)
        head.setObjectName("heading")
        head.setWordWrap(True)
        warn = plain_label(self, "This is a critical alarm. Nobody is told of it until it comes back.")
        warn.setVisible(any(each.priority is Priority.CRITICAL for each in alarms))
        warn.setWordWrap(True)
        self._reason.setEditable(True)
        self._reason.addItems(REASONS)
        self._reason.setCurrentIndex(-1)
        self._reason.setEditText("")
        line = self._reason.lineEdit()
        assert line is not None
        line.setPlaceholderText("Why? Choose or type")
        line.setMaxLength(500)
        for words, seconds in SHELF_TIMES:
            self._time.addItem(words, seconds)
        self._time.setCurrentIndex(_USUAL)
        form = QFormLayout()
        form.addRow("&Reason", self._reason)
        form.addRow("&For", self._time)
        form.addRow("", self._until)
        form.addRow("", self._out)
        column = QVBoxLayout(self)
        column.addWidget(head)
        column.addWidget(warn)
        column.addLayout(form)
        column.addWidget(self._buttons)
        self._until.setObjectName("dim")
        self.setMinimumWidth(420)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self._reason.editTextChanged.connect(self._changed)
        self._time.currentIndexChanged.connect(self._changed)
        self._out.toggled.connect(self._changed)
        self._reason.setFocus()
        self._changed()

    @property
    def reason(self) -> str:
        """Why."""
        return note_text(self._reason.currentText())

    @property
    def seconds(self) -> float | None:
        """For how long."""
        return None if self._out.isChecked() else float(self._time.currentData())

    def _changed(self) -> None:
        seconds = self.seconds
        self._time.setEnabled(seconds is not None)
        if seconds is None:
            words = "It stays away until somebody brings it back."
        else:
            words = f"It comes back at {clock(self._now + timedelta(seconds=seconds), self._now)} if it is not over."
        self._until.setText(words)
        ok = self._buttons.button(QDialogButtonBox.StandardButton.Ok)
        ok.setText("Take out of service" if seconds is None else "Shelve")
        ok.setEnabled(bool(self.reason))
        ok.setToolTip("" if self.reason else "Give a reason first")


class NoteDialog(QDialog):
    """A few words for the record; with them the alarm is acknowledged or closed."""

    def __init__(self, title: str, verb: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(verb)
        head = plain_label(self, title)
        head.setObjectName("heading")
        head.setWordWrap(True)
        self._line = QLineEdit(self)
        self._line.setMaxLength(500)
        self._line.setPlaceholderText("What is done, or what was seen")
        self._line.setAccessibleName("Note")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText(verb)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (head, self._line, buttons):
            column.addWidget(part)
        self.setMinimumWidth(420)
        self._line.setFocus()

    @property
    def note(self) -> str:
        """What was typed."""
        return note_text(self._line.text())
