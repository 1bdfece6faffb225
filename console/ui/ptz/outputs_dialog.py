"""A device's relays and digital outputs: latch on and off, or a pulse that the device itself ends."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QDialog, QDialogButtonBox, QDoubleSpinBox, QGridLayout, QPushButton, QVBoxLayout, QWidget

from console.model.commands import Command, PulseOutput, SwitchOutput
from console.services.commands import Result
from console.ui.plain import plain_label
from console.ui.ptz.control import PtzControl
from console.ui.ptz.facts import Call
from drivers.errors import DriverError
from drivers.ptz import Output

LONGEST_PULSE = 600.0
ASKED = "The device is asked …"


class OutputsDialog(QDialog):
    """Only the Qt thread. It asks the device itself."""

    def __init__(self, control: PtzControl, call: Call, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control, self._call, self._camera = control, call, control.id
        self.setWindowTitle(f"Relays and outputs of {'' if control.camera is None else control.camera.name}")
        self.words = plain_label(self, ASKED)
        self.words.setWordWrap(True)
        self._rows = QWidget(self)
        self._grid = QGridLayout(self._rows)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._over = False
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, parent=self)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        for part in (self._rows, self.words, buttons):
            column.addWidget(part)
        self.resize(480, 0)
        self.finished.connect(self._end)
        self._ask()

    def _ask(self) -> None:
        self._control.door.commands.ask(
            self._camera,
            lambda device: device.outputs().outputs(),
            lambda outputs, error: self._call(lambda: self._came(outputs, error)),
        )

    def _came(self, outputs: tuple[Output, ...] | None, error: DriverError | None) -> None:
        if self._over:
            return
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if outputs is None:
            self.words.setText("" if error is None else error.sentence)
            return
        if self.words.text() == ASKED or not outputs:
            self.words.setText("" if outputs else "This device has no relays or outputs.")
        for row, output in enumerate(outputs):
            self._show(row, output)

    def _show(self, row: int, output: Output) -> None:
        state = {True: "on", False: "off", None: "state not told"}[output.active]
        self._grid.addWidget(plain_label(self._rows, output.token[:40]), row, 0)
        self._grid.addWidget(plain_label(self._rows, state), row, 1)
        seconds = QDoubleSpinBox(self._rows)
        seconds.setRange(0.1, min(LONGEST_PULSE, output.longest or LONGEST_PULSE))
        seconds.setValue(output.pulse or 1.0)
        seconds.setSuffix(" s")
        seconds.setEnabled(output.pulses)
        seconds.setAccessibleName(f"Length of a pulse of {output.token[:40]}")
        parts = (
            ("On", output.latches, lambda: SwitchOutput(self._camera, output.token, True)),
            ("Off", output.latches, lambda: SwitchOutput(self._camera, output.token, False)),
            ("Pulse", output.pulses, lambda: PulseOutput(self._camera, output.token, seconds.value())),
        )
        for column, (words, offered, make) in enumerate(parts, 2):
            button = QPushButton(words, self._rows)
            button.setAutoDefault(False)
            why = self._control.why_not(SwitchOutput, offered)
            button.setEnabled(not why)
            button.setToolTip(why.replace("camera", "output"))
            button.clicked.connect(lambda _=False, make=make: self._do(make()))
            self._grid.addWidget(button, row, column)
        self._grid.addWidget(seconds, row, 5)

    def _do(self, command: Command) -> None:
        self._control.do(command, partial(self._went, command))

    def _went(self, command: Command, result: Result) -> None:
        if not self._over:
            self.words.setText(result.sentence or _done(command))
            self._ask()

    def _end(self) -> None:
        self._over = True


def _done(command: Command) -> str:
    """What happened, in words: many devices do not tell how a relay stands."""
    match command:
        case SwitchOutput(token=token, active=active):
            return f"{token[:40]} was switched {'on' if active else 'off'}."
        case PulseOutput(token=token, seconds=seconds):
            return f"{token[:40]} is on for {seconds:g} s."
    return "Done."
