"""Adding many cameras at once: pick what was found, give credentials, watch each one's progress."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.services.devices import Devices
from console.services.onboarding import OnboardingRun, Outcome, Progress
from console.services.onboarding_csv import CsvError, CsvRow, read_csv
from console.services.onboarding_input import Candidate, from_discovered, from_text
from console.ui.bridge import Bridge
from console.ui.plain import plain_label, plain_tip
from drivers.interfaces import Finder
from drivers.types import Credentials, DeviceKind

SIGN = {
    Outcome.PENDING: "…",
    Outcome.ADDED: "✓ added",
    Outcome.REFUSED: "⊘ refused",
    Outcome.FAILED: "✕ failed",
    Outcome.CANCELLED: "– cancelled",
}
NOTHING_FOUND = "Nothing found yet. Check the network cable, or enter an address or a range above."
NOTHING_NEW = "Nothing new answers: all cameras that were found are added. Others can be entered by address or range."
CHECK, NAME, ADDRESS, KIND, STATE = range(5)


class AddDialog(QDialog):
    """Only the Qt thread; results of workers come through the bridge."""

    added = Signal()

    def __init__(
        self, devices: Devices, bridge: Bridge, sweep: Callable[[str], Finder], parent: QWidget | None = None
    ) -> None:
        """``sweep`` makes a finder for a range of addresses; it raises ValueError with a sentence."""
        super().__init__(parent)
        self.setWindowTitle("Add cameras")
        self.resize(900, 620)
        self._devices, self._bridge, self._sweep = devices, bridge, sweep
        self._rows: dict[str, int] = {}
        self._candidates: dict[str, Candidate] = {}
        self._own: dict[str, Credentials] = {}
        self._run: OnboardingRun | None = None
        self._running: set[str] = set()
        self._table = QTableWidget(0, 5, self)
        self._user, self._password = QLineEdit(self), QLineEdit(self)
        self._where, self._range = QLineEdit(self), QLineEdit(self)
        self._message, self._bar = plain_label(self), QProgressBar(self)
        self._start = QPushButton("Add the picked cameras", self)
        self._cancel = QPushButton("Stop", self)
        self._build()
        bridge.found_changed.connect(self.show_found)
        bridge.progress.connect(self._progress)
        self.show_found()

    # Building

    def _build(self) -> None:
        self._table.setHorizontalHeaderLabels(["", "Name", "Address", "Kind", "State"])
        self._table.verticalHeader().hide()
        self._table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self._table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._table.setAccessibleName("Found cameras")
        header = self._table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(STATE, QHeaderView.ResizeMode.Stretch)
        column = QVBoxLayout(self)
        column.addLayout(self._search_row())
        column.addWidget(self._table, 1)
        column.addLayout(self._form())
        self._message.setWordWrap(True)
        column.addWidget(self._message)
        self._bar.hide()
        column.addWidget(self._bar)
        column.addLayout(self._button_row())

    def _search_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(QLabel("What answers on the network appears here by itself.", self))
        row.addStretch(1)
        for text, tip, slot in (
            ("Search again", "Ask all networks now", self._devices.search_again),
            ("Pick all", "Pick every camera of the list", partial(self._pick, True)),
            ("Pick none", "Pick no camera", partial(self._pick, False)),
            ("From a list…", "A CSV with name, address, user, password, number", self._import),
        ):
            row.addWidget(_button(text, tip, slot, self))
        return row

    def _form(self) -> QGridLayout:
        self._where.setPlaceholderText("192.0.2.10, http://…/onvif/device_service, rtsp://…, a file")
        self._range.setPlaceholderText("192.0.2.0/24 or 192.0.2.10-40")
        self._password.setEchoMode(QLineEdit.EchoMode.Password)
        self._user.setPlaceholderText("user name")
        self._password.setPlaceholderText("password")
        grid = QGridLayout()
        by_hand = _button("Put on the list", "Add by address or URL", self._by_hand, self)
        sweep = _button("Search range", "Ask every address of a range", self._search_range, self)
        self._where.returnPressed.connect(self._by_hand)
        self._range.returnPressed.connect(self._search_range)
        lines: list[tuple[str, QLineEdit, QWidget]] = [
            ("Address or URL", self._where, by_hand),
            ("Range of addresses", self._range, sweep),
            ("Login for all picked", self._user, self._password),
        ]
        for line, (caption, first, second) in enumerate(lines):
            label = QLabel(caption, self)
            label.setBuddy(first)
            grid.addWidget(label, line, 0)
            grid.addWidget(first, line, 1)
            grid.addWidget(second, line, 2)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(2, 2)
        return grid

    def _button_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addStretch(1)
        close = _button("Close", "Back to the wall (Esc)", self.reject, self)
        # No default button: Enter in the address line puts a line on the list and must not begin to log in anywhere.
        for button in (self._start, self._cancel):
            button.setAutoDefault(False)
        self._password.returnPressed.connect(self._begin)
        self._start.clicked.connect(self._begin)
        self._cancel.clicked.connect(self._stop)
        self._cancel.hide()
        for part in (self._cancel, close, self._start):
            row.addWidget(part)
        return row

    # The list

    def show_found(self) -> None:
        """Bring the list up to date with what answers; what is picked stays picked."""
        for device in self._devices.found():
            candidate = from_discovered(device)
            if candidate.id not in self._rows:
                self._put(candidate, device.kind.value)
            else:
                self._candidates[candidate.id] = candidate
        if not self._rows:
            self._message.setText(NOTHING_NEW if self._devices.site.cameras else NOTHING_FOUND)
        elif self._message.text().startswith("Nothing "):
            self._message.clear()

    def _put(self, candidate: Candidate, kind: str) -> None:
        row = self._table.rowCount()
        self._table.insertRow(row)
        tick = QTableWidgetItem()
        tick.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
        camera = kind != DeviceKind.OTHER.value  # a printer is not asked for a login unless somebody means it
        tick.setCheckState(Qt.CheckState.Checked if camera else Qt.CheckState.Unchecked)
        tick.setData(Qt.ItemDataRole.UserRole, candidate.id)
        self._table.setItem(row, CHECK, tick)
        for column, text in ((NAME, candidate.label), (ADDRESS, candidate.address), (KIND, kind), (STATE, "")):
            self._table.setItem(row, column, QTableWidgetItem(text))
        self._rows[candidate.id] = row
        self._candidates[candidate.id] = candidate

    def _pick(self, picked: bool) -> None:
        state = Qt.CheckState.Checked if picked else Qt.CheckState.Unchecked
        for row in range(self._table.rowCount()):
            self._item(row, CHECK).setCheckState(state)

    def _item(self, row: int, column: int) -> QTableWidgetItem:
        item = self._table.item(row, column)
        assert item is not None
        return item

    def _by_hand(self) -> None:
        text = self._where.text().strip()
        if not text:
            return
        try:
            candidate, credentials = from_text(text)
        except ValueError as error:
            self._message.setText(str(error))
            return
        if credentials is not None:
            self._own[candidate.id] = credentials
        if candidate.id not in self._rows:
            self._put(candidate, candidate.kind.value)
        self._where.clear()
        self._message.clear()

    def _search_range(self) -> None:
        text = self._range.text().strip()
        if not text:
            return
        try:
            finder = self._sweep(text)
        except ValueError as error:
            self._message.setText(str(error))
            return
        self._message.setText(f"Asking every address of {text} …")
        self._devices.sweep(finder).add_done_callback(self._report)

    def _report(self, future: Future[Any]) -> None:
        """In a worker: what went wrong goes to the message line."""
        error = future.exception()
        if error is not None:
            self._bridge.call.emit(lambda: self._message.setText(str(error)))

    def _import(self) -> None:
        path, _ = QFileDialog.getOpenFileName(self, "A list of cameras", "", "CSV (*.csv *.txt);;All files (*)")
        if path:
            self.import_list(Path(path))

    def import_list(self, path: Path) -> None:
        """Put the cameras of a CSV on the list, with the credentials beside them."""
        try:
            rows: tuple[CsvRow, ...] = read_csv(path)
        except CsvError as error:
            self._message.setText(str(error))
            return
        for row in rows:
            if row.candidate.id not in self._rows:
                self._put(row.candidate, row.candidate.kind.value)
            else:
                self._candidates[row.candidate.id] = row.candidate
            if row.credentials is not None:
                self._own[row.candidate.id] = row.credentials
        self._message.setText(f"{len(rows)} cameras from {path.name}.")

    # The run

    def _begin(self) -> None:
        if self._running:
            return
        picked = [
            self._candidates[key]
            for key, row in self._rows.items()
            if self._item(row, CHECK).checkState() is Qt.CheckState.Checked and key not in self._running
        ]
        if not picked:
            self._message.setText("Pick at least one camera of the list.")
            return
        self._running = {candidate.id for candidate in picked}
        self._start.setEnabled(False)
        self._cancel.show()
        self._bar.setRange(0, len(picked))
        self._bar.setValue(0)
        self._bar.show()
        for candidate in picked:
            self._item(self._rows[candidate.id], STATE).setText("waiting")
        user = self._user.text().strip()
        common = Credentials(user, self._password.text()) if user else None
        own = {key: value for key, value in self._own.items() if key in self._running}
        begun = self._devices.onboard_with(picked, common, own, self._bridge.progress.emit)
        begun.add_done_callback(self._begun)

    def _begun(self, future: Future[OnboardingRun]) -> None:
        """In a worker."""
        error = future.exception()
        if error is not None:
            self._bridge.call.emit(lambda: self._failed(str(error)))
        else:
            self._run = future.result()

    def _failed(self, sentence: str) -> None:
        self._message.setText(sentence)
        for key in self._running:
            self._item(self._rows[key], STATE).setText("")
        self._running.clear()
        self._over()

    def _progress(self, event: object) -> None:
        if not isinstance(event, Progress) or event.candidate.id not in self._running:
            return
        row = self._rows[event.candidate.id]
        state = self._item(row, STATE)
        state.setText("asking" if event.outcome is Outcome.PENDING else SIGN[event.outcome])
        state.setToolTip(plain_tip("\n".join((event.sentence, *event.warnings))))
        if event.outcome is Outcome.PENDING:
            return
        if event.outcome is Outcome.ADDED:
            self._item(row, CHECK).setCheckState(Qt.CheckState.Unchecked)
        else:
            state.setText(f"{SIGN[event.outcome]}: {event.sentence}")
        self._running.discard(event.candidate.id)
        self._bar.setValue(self._bar.maximum() - len(self._running))
        if not self._running:
            self._over()
            self._summary()
            self.added.emit()

    def _summary(self) -> None:
        states = [self._item(row, STATE).text() for row in self._rows.values()]
        added = sum(text.startswith(SIGN[Outcome.ADDED]) for text in states)
        bad = sum(text.startswith((SIGN[Outcome.REFUSED], SIGN[Outcome.FAILED])) for text in states)
        words = f"{added} camera{'' if added == 1 else 's'} added."
        if bad:
            words += f" {bad} were not: point at their state to read why, enter another login and try these again."
        self._message.setText(words)

    def _over(self) -> None:
        self._start.setEnabled(True)
        self._cancel.hide()
        self._bar.hide()
        self._run = None

    def _stop(self) -> None:
        if self._run is not None:
            self._run.cancel()
            self._message.setText("Stopping after the cameras that are being asked.")

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing does not stop a run; it goes on and its cameras appear. The password does not stay."""
        self._password.clear()
        event.accept()

    def reject(self) -> None:
        """Esc and the Close button are the same as closing."""
        self._password.clear()
        super().reject()


def _button(text: str, tip: str, slot: Callable[[], object], parent: QWidget) -> QPushButton:
    button = QPushButton(text, parent)
    button.setToolTip(tip)
    button.setAutoDefault(False)
    button.clicked.connect(lambda _=False: slot())
    return button
