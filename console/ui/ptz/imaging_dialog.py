"""How a camera makes its picture: changed at once, so that the wall shows it, and taken back with one button."""

from __future__ import annotations

from dataclasses import fields, replace

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from console.model.commands import SetImaging
from console.services.commands import Result
from console.ui.plain import plain_label
from console.ui.ptz.control import PtzControl
from console.ui.ptz.facts import Call
from drivers.errors import DriverError
from drivers.ptz import ImagingFeatures, ImagingSettings, Switch

SOON_MS = 250
"""A slider that moves is one change, not fifty."""
LEVELS = {
    "brightness": "Brightness",
    "contrast": "Contrast",
    "saturation": "Colour",
    "sharpness": "Sharpness",
    "iris": "Iris",
    "wide_dynamic_level": "Strength of wide dynamic range",
}
RANGES = {"exposure_time": "Exposure time", "gain": "Gain"}
FLAGS = {"auto_exposure": "Exposure", "auto_focus": "Focus", "wide_dynamic_range": "Wide dynamic range"}
STEPS = 100


class ImagingDialog(QDialog):
    """Only the Qt thread. It asks the camera itself; what is not offered is not shown."""

    def __init__(self, control: PtzControl, call: Call, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._control, self._call = control, call
        self._camera, self._features = control.id, control.known.imaging
        name = "" if control.camera is None else control.camera.name
        self.setWindowTitle(f"Picture settings of {name}")
        self.first: ImagingSettings | None = None
        """As it was when the dialog opened."""
        self._now = ImagingSettings()
        self._wish = ImagingSettings()
        self._filling = self._over = False
        self.widgets: dict[str, QSlider | QComboBox] = {}
        self.words = plain_label(self, "The camera is asked …")
        self.words.setWordWrap(True)
        self.revert = QPushButton("Back to how it was", self)
        self.revert.setAutoDefault(False)
        self.revert.setEnabled(False)
        self.revert.clicked.connect(self._revert)
        self._form = QFormLayout()
        self._form.setHorizontalSpacing(16)
        self._build(self._features)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, parent=self)
        buttons.addButton(self.revert, QDialogButtonBox.ButtonRole.ResetRole)
        buttons.rejected.connect(self.reject)
        column = QVBoxLayout(self)
        column.addLayout(self._form)
        column.addWidget(self.words)
        column.addWidget(buttons)
        self.resize(460, 0)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(SOON_MS)
        self._soon.timeout.connect(self._send)
        self.finished.connect(self._end)
        control.door.commands.ask(
            self._camera,
            lambda device: device.imaging().settings(),
            lambda settings, error: call(lambda: self._came(settings, error)),
        )

    def _build(self, features: ImagingFeatures) -> None:
        for name, caption in {**LEVELS, **RANGES, **FLAGS, "ir_cut": "Infrared filter"}.items():
            if name not in features.settings or (name in RANGES and getattr(features, name) is None):
                continue
            widget: QSlider | QComboBox
            if name in LEVELS or name in RANGES:
                widget = QSlider(Qt.Orientation.Horizontal, self)
                widget.setRange(0, STEPS)
                widget.valueChanged.connect(lambda value, name=name: self._wanted(name, self._level(name, value)))
            else:
                widget = QComboBox(self)
                if name == "ir_cut":
                    for mode in features.ir_cut:
                        widget.addItem({"on": "On (day)", "off": "Off (night)"}.get(mode, "Automatic"), mode)
                else:
                    first, second = ("On", "Off") if name == "wide_dynamic_range" else ("Automatic", "By hand")
                    widget.addItem(first, True)
                    widget.addItem(second, False)
                widget.activated.connect(lambda row, name=name, box=widget: self._wanted(name, box.itemData(row)))
            widget.setAccessibleName(caption)
            widget.setEnabled(False)
            self.widgets[name] = widget
            self._form.addRow(caption, widget)

    def _came(self, settings: ImagingSettings | None, error: DriverError | None) -> None:
        if self._over:
            return
        if settings is None:
            self.words.setText("" if error is None else error.sentence)
            return
        self.first = settings
        why = self._control.why_not(SetImaging)
        self.words.setText(why or ("" if self.widgets else "This camera offers no picture settings."))
        for widget in self.widgets.values():
            widget.setEnabled(not why)
        self._fill(settings)

    def _fill(self, settings: ImagingSettings) -> None:
        self._now, self._filling = settings, True
        for name, widget in self.widgets.items():
            value = getattr(settings, name)
            if isinstance(widget, QSlider):
                if not widget.isSliderDown():
                    widget.setValue(self._place(name, value))
            else:
                widget.setCurrentIndex(widget.findData(value))
        self._filling = False
        self.revert.setEnabled(self.first is not None and settings != self.first)
        by_hand = settings.auto_exposure is False
        for name in ("exposure_time", "gain", "iris"):
            if name in self.widgets and settings.auto_exposure is not None:
                self.widgets[name].setEnabled(by_hand and not self._control.why_not(SetImaging))
                self.widgets[name].setToolTip("" if by_hand else "The camera chooses it. Set the exposure by hand.")

    def _wanted(self, name: str, value: object) -> None:
        if not self._filling:
            self._wish = replace(self._wish, **{name: Switch(value) if name == "ir_cut" else value})  # type: ignore[arg-type]
            self._soon.start()

    def _send(self) -> None:
        wish, self._wish = self._wish, ImagingSettings()
        if wish != ImagingSettings():
            self._control.do(SetImaging(self._camera, wish), self._went)

    def _revert(self) -> None:
        self._soon.stop()
        self._wish = ImagingSettings()
        if self.first is not None:
            back = {f.name: getattr(self.first, f.name) for f in fields(self.first) if f.name in self.widgets}
            self._control.do(SetImaging(self._camera, ImagingSettings(**back)), self._went)

    def _went(self, result: Result) -> None:
        if self._over:
            return
        self.words.setText(result.sentence)
        if isinstance(result.value, ImagingSettings):
            self._fill(result.value)
        elif not result.ok:
            self._fill(self._now)

    def _end(self) -> None:
        if self._soon.isActive():
            self._soon.stop()
            self._send()
        self._over = True

    def _level(self, name: str, place: int) -> float:
        low, high = self._span(name)
        return low + place / STEPS * (high - low)

    def _place(self, name: str, value: float | None) -> int:
        low, high = self._span(name)
        return 0 if value is None or high <= low else round((value - low) / (high - low) * STEPS)

    def _span(self, name: str) -> tuple[float, float]:
        if name == "exposure_time":
            return self._features.exposure_time or (0.0, 1.0)
        return (self._features.gain or (0.0, 1.0)) if name == "gain" else (0.0, 1.0)
