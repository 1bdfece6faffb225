"""Joysticks and gamepads: what they say now, which axis does what, what the buttons are for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from console.model.sticks import MOST_STICKS, PRESSES, AxisUse, StickSettings, usual
from console.services.sticks import Sticks
from console.ui.plain import plain_label
from console.ui.theme import Theme, tabular
from drivers.sticks_types import StickState

LIVE_MS = 50
NONE = "No joystick or gamepad is plugged in. Plug one in; it is seen within a second."
AXES = {"pan": "Turn left and right", "tilt": "Turn up and down", "zoom": "Zoom"}


class StickView(QWidget):
    """Bars of a stick's axes and lights of its buttons, as they stand."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.state: StickState | None = None
        self.setAccessibleName("What the stick says")

    def sizeHint(self) -> QSize:
        """As many rows as there are axes, and the buttons."""
        if self.state is None:
            return QSize(420, 20)
        return QSize(420, 18 * len(self.state.axes) + 26 * -(-len(self.state.buttons) // 14) + 8)

    def show_state(self, state: StickState | None) -> None:
        """Another state."""
        grows = state is None or self.state is None or state.id != self.state.id
        self.state = state
        if grows:
            self.updateGeometry()
            self.setFixedHeight(self.sizeHint().height())
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """One bar an axis, from its middle; one box a button."""
        if self.state is None:
            return
        painter, theme = QPainter(self), self._theme
        painter.setFont(tabular(8))
        wide = self.width() - 90
        for row, value in enumerate(self.state.axes):
            y = row * 18
            painter.setPen(theme.color("dim"))
            painter.drawText(QRectF(0, y, 56, 16), Qt.AlignmentFlag.AlignVCenter, f"axis {row + 1}")
            box = QRectF(60, y + 3, wide, 10)
            painter.setPen(theme.color("line"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(box)
            end = box.center().x() + value * box.width() / 2
            left = min(end, box.center().x())
            painter.fillRect(QRectF(left, y + 4, abs(end - box.center().x()), 9), theme.color("selection"))
        top = 18 * len(self.state.axes) + 4
        for index, down in enumerate(self.state.buttons):
            box = QRectF(index % 14 * 29, top + index // 14 * 26, 26, 20)
            painter.setPen(theme.color("line"))
            painter.setBrush(theme.color("selection" if down else "background"))
            painter.drawRect(box)
            painter.setPen(theme.color("text" if down else "dim"))
            painter.drawText(box, Qt.AlignmentFlag.AlignCenter, str(index + 1))
        painter.end()


class StickDialog(QDialog):
    """``settings`` is what was chosen for all sticks. Only the Qt thread. ``tried`` is told of each change, so that it
    can be tried at once."""

    def __init__(
        self,
        sticks: Sticks,
        settings: tuple[StickSettings, ...],
        theme: Theme,
        tried: Callable[[tuple[StickSettings, ...]], None],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Joysticks and gamepads")
        self._sticks, self._tried = sticks, tried
        self._all = {each.name: each for each in settings}
        self._shown = -1
        self.which = QComboBox(self)
        self.which.setAccessibleName("Stick")
        self.live = StickView(theme, self)
        self.words = plain_label(self, NONE)
        self.words.setWordWrap(True)
        self.axes: dict[str, tuple[QComboBox, QCheckBox]] = {}
        self.uses: list[QComboBox] = []
        self._form = QFormLayout()
        area = QScrollArea(self)
        self._area = area
        self._buttons = QWidget(area)
        self._button_form = QFormLayout(self._buttons)
        area.setWidget(self._buttons)
        area.setWidgetResizable(True)
        area.setMinimumHeight(170)
        for name, caption in AXES.items():
            box, inverted = QComboBox(self), QCheckBox("inverted", self)
            box.setAccessibleName(caption)
            box.activated.connect(self._changed)
            inverted.clicked.connect(self._changed)
            row = QHBoxLayout()
            row.addWidget(box, 1)
            row.addWidget(inverted)
            self._form.addRow(caption, row)
            self.axes[name] = (box, inverted)
        buttons = QDialogButtonBox(
            QDialogButtonBox.StandardButton.Save
            | QDialogButtonBox.StandardButton.Cancel
            | QDialogButtonBox.StandardButton.RestoreDefaults,
            parent=self,
        )
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        buttons.button(QDialogButtonBox.StandardButton.RestoreDefaults).clicked.connect(self._restore)
        column = QVBoxLayout(self)
        for part in (self.which, self.words, self.live):
            column.addWidget(part)
        column.addLayout(self._form)
        column.addWidget(area, 1)
        column.addWidget(buttons)
        self.resize(480, 560)
        self.which.activated.connect(lambda _row: self._show())
        self._timer = QTimer(self)
        self._timer.setInterval(LIVE_MS)
        self._timer.timeout.connect(self.refresh)
        self._timer.start()
        self.finished.connect(lambda _result: self._timer.stop())
        self.refresh()

    @property
    def settings(self) -> tuple[StickSettings, ...]:
        """All that was set."""
        return tuple(self._all.values())[-MOST_STICKS:]

    def refresh(self) -> None:
        """What the sticks say now; those that came and went."""
        states = self._sticks.states()
        if [state.id for state in states] != [self.which.itemData(row) for row in range(self.which.count())]:
            chosen = self.which.currentData()
            self.which.clear()
            for state in states:
                self.which.addItem(state.name, state.id)
            self.which.setCurrentIndex(max(0, self.which.findData(chosen)) if states else -1)
            self._show()
        self.live.show_state(self._state())

    def _state(self) -> StickState | None:
        chosen = self.which.currentData()
        return next((state for state in self._sticks.states() if state.id == chosen), None)

    def _settings(self, state: StickState) -> StickSettings:
        return self._all.get(state.name) or usual(state.name, state.gamepad)

    def _show(self) -> None:
        state = self._state()
        there = state is not None
        for part in (self.which, self.live, self._area):
            part.setVisible(there)
        for box, inverted in self.axes.values():
            box.setEnabled(there)
            inverted.setEnabled(there)
        self.words.setVisible(not there)
        self.words.setText(self._sticks.trouble or NONE)
        while self._button_form.rowCount():
            self._button_form.removeRow(0)
        self.uses = []
        if state is None:
            return
        settings = self._settings(state)
        for name, (box, inverted) in self.axes.items():
            use: AxisUse = getattr(settings, name)
            box.clear()
            box.addItem("none", None)
            for axis in range(len(state.axes)):
                box.addItem(f"axis {axis + 1}", axis)
            box.setCurrentIndex(max(0, box.findData(use.axis)) if use.axis is not None else 0)
            inverted.setChecked(use.inverted)
        for button in range(len(state.buttons)):
            choice = QComboBox(self._buttons)
            choice.addItem("nothing", "")
            for press in PRESSES:
                choice.addItem(press, press)
            choice.setCurrentIndex(max(0, choice.findData(settings.press(button))))
            choice.activated.connect(self._changed)
            self._button_form.addRow(f"Button {button + 1}", choice)
            self.uses.append(choice)

    def _changed(self) -> None:
        state = self._state()
        if state is None:
            return
        pan, tilt, zoom = (AxisUse(box.currentData(), off.isChecked()) for box, off in self.axes.values())
        buttons = tuple((index, str(box.currentData())) for index, box in enumerate(self.uses) if box.currentData())
        before = self._settings(state)
        self._all[state.name] = replace(before, pan=pan, tilt=tilt, zoom=zoom, buttons=buttons)
        self._tried(self.settings)

    def _restore(self) -> None:
        state = self._state()
        if state is not None:
            self._all.pop(state.name, None)
            self._tried(self.settings)
            self._show()
