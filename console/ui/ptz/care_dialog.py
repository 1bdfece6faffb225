"""For technicians: restart a device and set its clock, now or at a time."""

from __future__ import annotations

from datetime import UTC

from PySide6.QtCore import QDateTime
from PySide6.QtWidgets import (
    QDateTimeEdit,
    QDialog,
    QDialogButtonBox,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.model.commands import Command, Reboot, SetClock
from console.services.commands import Result
from console.ui.plain import plain_label
from console.ui.ptz.control import PtzControl
from console.ui.ptz.facts import Call
from drivers.errors import DriverError
from drivers.ptz import DeviceClock


class CareDialog(QDialog):
    """Only the Qt thread. A restart is asked for twice: the button must be pressed, and then again."""

    def __init__(self, control: PtzControl, call: Call, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control, self._call, self._camera = control, call, control.id
        self.setWindowTitle(f"Restart and clock of {'' if control.camera is None else control.camera.name}")
        self._over = False
        self.clock, self.words = plain_label(self, "The device's clock is asked …"), plain_label(self)
        self.words.setWordWrap(True)
        self.restart = self._button("Restart now…", self._restart)
        self.set_clock = self._button("Set the clock now", lambda: self._do(SetClock(self._camera)))
        self.when = QDateTimeEdit(QDateTime.currentDateTime().addSecs(3600), self)
        self.when.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.when.setCalendarPopup(True)
        self.when.setAccessibleName("When")
        self.waiting = QListWidget(self)
        self.waiting.setAccessibleName("What waits for its time")
        self.waiting.setFixedHeight(110)
        now = QHBoxLayout()
        now.addWidget(self.restart)
        now.addWidget(self.set_clock)
        later = QHBoxLayout()
        later.addWidget(self.when, 1)
        later.addWidget(self._button("Restart then", lambda: self._put_off(Reboot(self._camera))))
        later.addWidget(self._button("Set the clock then", lambda: self._put_off(SetClock(self._camera))))
        self.cancel = self._button("Cancel the chosen one", self._cancel)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, parent=self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addWidget(self.clock)
        column.addLayout(now)
        column.addLayout(later)
        column.addWidget(self.waiting)
        for part in (self.cancel, self.words, buttons):
            column.addWidget(part)
        self.finished.connect(self._end)
        self._show_waiting()
        self._ask()

    def _ask(self) -> None:
        self._control.door.commands.ask(
            self._camera,
            lambda device: device.care().clock(),
            lambda clock, error: self._call(lambda: self._came(clock, error)),
        )

    def _came(self, clock: DeviceClock | None, error: DriverError | None) -> None:
        if self._over:
            return
        if clock is None:
            self.clock.setText("" if error is None else error.sentence)
            return
        by = "by NTP" if clock.ntp else "set by hand"
        at = clock.time.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        self.clock.setText(f"Its clock says {at}, {clock.offset:+.1f} s from this computer's, {by}.")

    def _button(self, words: str, run: object) -> QPushButton:
        button = QPushButton(words, self)
        button.setAutoDefault(False)
        button.clicked.connect(run)
        return button

    def _restart(self) -> None:
        if self.restart.text().endswith("…"):
            self.restart.setText("Really restart")
            self.words.setText("Its pictures are gone for a minute or two. Press again to restart it.")
        else:
            self.restart.setText("Restart now…")
            self._do(Reboot(self._camera))

    def _do(self, command: Command) -> None:
        self._control.do(command, self._went)

    def _went(self, result: Result) -> None:
        if not self._over:
            self.words.setText(result.sentence or (str(result.value or "") or "Done."))
            if result.ok and isinstance(result.command, SetClock):
                self._ask()

    def _put_off(self, command: Command) -> None:
        when = self.when.dateTime().toPython()
        try:
            self._control.door.timetable.put_off(
                command,
                when.astimezone(UTC),  # type: ignore[attr-defined]
                self._control.door.actor,
            )
        except ValueError as error:
            self.words.setText(str(error))
            return
        self.words.setText("")
        self._show_waiting()

    def _cancel(self) -> None:
        item = self.waiting.currentItem()
        if item is not None:
            self._control.door.timetable.cancel(str(item.data(0x100)))
            self._show_waiting()

    def _show_waiting(self) -> None:
        self.waiting.clear()
        for each in self._control.door.timetable.waiting:
            if each.command.device == self._camera:
                at = each.when.astimezone().strftime("%Y-%m-%d %H:%M")
                item = QListWidgetItem(f"{at}  {each.command.what}  ({each.actor.name})")
                item.setData(0x100, each.id)
                self.waiting.addItem(item)
        self.cancel.setEnabled(self.waiting.count() > 0)

    def _end(self) -> None:
        self._over = True
