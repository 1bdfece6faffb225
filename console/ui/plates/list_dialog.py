"""What a hotlist is: whose, how urgent, for how long, and where it comes from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo

from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from console.model.hotlists import (
    LONGEST_KEPT,
    LONGEST_NAME,
    LONGEST_TEXT,
    MANY_FOR_NEAR,
    Hotlist,
    HotlistRefusal,
    Tier,
    Urgency,
    check_list,
)
from console.ui.plain import plain_label
from console.ui.plates.day_edit import DayEdit
from console.ui.plates.hot_words import REACH_WORDS, last_day, urgency_words
from drivers.words import clean

YEAR = timedelta(days=365)
LONGEST_PATH = 1000


class ListDialog(QDialog):
    """Only the Qt thread; ``wanted`` is what it says when it was accepted."""

    def __init__(
        self, before: Hotlist | None, clock: Callable[[], datetime], zone: tzinfo | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._zone = zone
        self._before = shown = before or Hotlist(name="")
        self.setWindowTitle("New hotlist" if before is None else "Change the hotlist")
        self.setMinimumWidth(520)
        self.name, self.owner = QLineEdit(shown.name, self), QLineEdit(shown.owner, self)
        self.reason = QLineEdit(shown.reason, self)
        self.urgency, self.reach = QComboBox(self), QComboBox(self)
        today = clock().astimezone(zone).date()
        self.starts = DayEdit("List valid from", "from the start of", today, self)
        self.expires = DayEdit("List valid until", "until the end of", today + YEAR, self)
        self.starts.show_day(None if shown.starts is None else shown.starts.astimezone(zone).date())
        self.expires.show_day(last_day(shown.expires, zone))
        # Made in the order in which they stand: that is how Tab goes through them.
        self.keep, self.folder = QSpinBox(self), QLineEdit(shown.folder, self)
        self.choose = QPushButton("Choose…", self)
        self.enabled = QCheckBox("Reads are matched against it", self)
        self._many, self._message = plain_label(self), plain_label(self)
        self._build()

    def _build(self) -> None:
        shown = self._before
        for urgency in Urgency:
            self.urgency.addItem(urgency_words(urgency), urgency.value)
        for tier in Tier:
            self.reach.addItem(REACH_WORDS[tier], tier.value)
        self.urgency.setCurrentIndex(list(Urgency).index(shown.urgency))
        self.reach.setCurrentIndex(shown.reach.rank)
        self.keep.setRange(1, LONGEST_KEPT)
        self.keep.setSuffix(" days")
        self.keep.setValue(shown.keep_days)
        self.enabled.setChecked(shown.enabled)
        self.name.setMaxLength(LONGEST_NAME)
        for field in (self.owner, self.reason):
            field.setMaxLength(LONGEST_TEXT)
        self.folder.setMaxLength(LONGEST_PATH)
        self.folder.setPlaceholderText("no folder: it is imported by hand")
        form = QFormLayout()
        for words, field_widget, tip in (
            ("Name", self.name, "As it is called in hits"),
            ("Owner", self.owner, "Who answers for it"),
            ("Reason", self.reason, "Shown where an entry has none of its own"),
            ("Priority", self.urgency, "That of its alarms"),
            ("It matches", self.reach, "How far a read may be from the plate of an entry"),
        ):
            field_widget.setToolTip(tip)
            field_widget.setAccessibleName(words)
            form.addRow(words, field_widget)
        self._many.setObjectName("dim")
        self._many.setWordWrap(True)
        form.addRow("", self._many)
        form.addRow("Valid", self.starts)
        form.addRow("", self.expires)
        self.keep.setAccessibleName("How long hits are kept")
        self.keep.setToolTip("Afterwards its hits, and entries that are over, are removed")
        form.addRow("Keep hits for", self.keep)
        self.choose.setToolTip("Choose the folder")
        self.choose.clicked.connect(self._choose)
        row = QHBoxLayout()
        row.addWidget(self.folder, 1)
        row.addWidget(self.choose)
        self.folder.setAccessibleName("Folder")
        self.folder.setToolTip("The newest CSV file in it replaces the list as soon as it is whole")
        form.addRow("Daily from folder", row)
        form.addRow("", self.enabled)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel, self)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        self._message.setWordWrap(True)
        self._message.hide()
        column = QVBoxLayout(self)
        column.addLayout(form)
        column.addWidget(self._message)
        column.addWidget(buttons)
        self.reach.currentIndexChanged.connect(self._warn)
        self._warn()

    @property
    def wanted(self) -> Hotlist:
        """As it stands in the fields."""
        return replace(
            self._before, name=clean(self.name.text(), LONGEST_NAME), owner=clean(self.owner.text(), LONGEST_TEXT),
            reason=clean(self.reason.text(), LONGEST_TEXT), urgency=Urgency(self.urgency.currentData()),
            reach=Tier(self.reach.currentData()), starts=self.starts.start(self._zone),
            expires=self.expires.end(self._zone), keep_days=self.keep.value(), enabled=self.enabled.isChecked(),
            folder=self.folder.text().strip(),
        )  # fmt: skip

    def accept(self) -> None:
        """Not before it can be kept."""
        try:
            check_list(self.wanted)
        except HotlistRefusal as refusal:
            self._message.setText(str(refusal))
            self._message.show()
            return
        super().accept()

    def _warn(self) -> None:
        near = self.reach.currentData() == Tier.NEAR.value
        if self._before.entries > MANY_FOR_NEAR:
            words = (
                f"▲ With {self._before.entries:,} entries a great part of all plates is one character from some of "
                "them: expect many false hits. Look-alike characters are far enough for long lists."
            )
        else:
            words = f"An import of more than {MANY_FOR_NEAR:,} entries narrows this to look-alike characters."
        self._many.setText(words if near else "")
        self._many.setVisible(near)

    def _choose(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of the daily file", self.folder.text())
        if folder:
            self.folder.setText(folder)
