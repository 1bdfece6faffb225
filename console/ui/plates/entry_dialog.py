"""One entry of a hotlist."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, tzinfo

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QFormLayout, QLineEdit, QVBoxLayout, QWidget

from console.model.hotlists import LONGEST_TEXT, HotEntry, HotlistRefusal, check_entry
from console.model.plates import LONGEST_PLATE, normal
from console.ui.plain import plain_label
from console.ui.plates.day_edit import DayEdit
from console.ui.plates.hot_words import last_day
from drivers.words import clean

MONTH = timedelta(days=30)
"""How far ahead the end of a new entry is offered."""


class EntryDialog(QDialog):
    """Only the Qt thread; ``entry`` is what it says when it was accepted."""

    def __init__(
        self, before: HotEntry | None, clock: Callable[[], datetime], zone: tzinfo | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._zone, self._before = zone, before
        shown = before or HotEntry(plate="", expires=clock() + MONTH)
        self.setWindowTitle("Add a plate" if before is None else "Change the entry")
        self.setMinimumWidth(440)
        self.plate, self.state = QLineEdit(shown.plate, self), QLineEdit(shown.state, self)
        self.reason, self.case = QLineEdit(shown.reason, self), QLineEdit(shown.case, self)
        self.note = QLineEdit(shown.note, self)
        today = clock().astimezone(zone).date()
        self.starts = DayEdit("Valid from", "from the start of", today, self)
        self.expires = DayEdit("Valid until", "until the end of", today + MONTH, self)
        self.starts.show_day(None if shown.starts is None else shown.starts.astimezone(zone).date())
        self.expires.show_day(last_day(shown.expires, zone))
        self._read, self._message = plain_label(self), plain_label(self)
        self._buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self
        )
        self._build()

    def _build(self) -> None:
        form = QFormLayout()
        for words, field, most, tip in (
            ("Plate", self.plate, 2 * LONGEST_PLATE, "6DZG261"),
            ("State or country", self.state, 60, "CA, us-ca, Germany"),
            ("Reason", self.reason, LONGEST_TEXT, "stolen, missing person"),
            ("Case number", self.case, LONGEST_TEXT, ""),
            ("Note", self.note, LONGEST_TEXT, ""),
        ):
            field.setMaxLength(most)
            field.setPlaceholderText(tip)
            field.setAccessibleName(words)
            form.addRow(words, field)
            if field is self.plate:
                self._read.setObjectName("dim")
                form.addRow("", self._read)
        form.addRow("Valid", self.starts)
        form.addRow("", self.expires)
        self._message.setWordWrap(True)
        self._message.hide()
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._message)
        column.addWidget(self._buttons)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)
        self.plate.textChanged.connect(self._show_read)
        self._show_read()

    @property
    def entry(self) -> HotEntry:
        """As it stands in the fields; what was not touched stays as it was."""
        before = self._before
        starts, expires = self.starts.start(self._zone), self.expires.end(self._zone)
        if before is not None:  # times of a day, which the fields do not show, are kept where their day was
            if (
                starts is not None
                and before.starts is not None
                and before.starts.astimezone(self._zone).date() == (starts.date())
            ):
                starts = before.starts
            if last_day(expires, self._zone) == last_day(before.expires, self._zone):
                expires = before.expires
        return HotEntry(
            id=0 if before is None else before.id, plate=clean(self.plate.text(), 2 * LONGEST_PLATE),
            state=clean(self.state.text()), reason=clean(self.reason.text(), LONGEST_TEXT),
            case=clean(self.case.text(), LONGEST_TEXT), note=clean(self.note.text(), LONGEST_TEXT), starts=starts,
            expires=expires,
        )  # fmt: skip

    def accept(self) -> None:
        """Not before it can be looked for."""
        try:
            check_entry(self.entry)
        except HotlistRefusal as refusal:
            self._message.setText(str(refusal))
            self._message.show()
            self.plate.setFocus()
            return
        super().accept()

    def _show_read(self) -> None:
        plate = normal(self.plate.text())
        self._read.setText(f"is compared as {plate}" if plate else "letters and digits are compared, nothing else")
