"""The panel on the right under the details: everything that turns and sets the selected camera."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from console.model.commands import (
    Auxiliary,
    Focus,
    GoHome,
    Move,
    Reboot,
    SetHome,
    SetImaging,
    SetPreset,
    Stop,
    SwitchOutput,
)
from console.services.patrols import Patrols
from console.ui.plain import plain_label, plain_tip
from console.ui.ptz.compass import Compass
from console.ui.ptz.control import PtzControl
from console.ui.ptz.pad import Pad
from console.ui.ptz.presets import PresetBox
from console.ui.theme import Theme
from drivers.ptz import Axis, ImagingSettings


class PtzPanel(QWidget):
    """Only the Qt thread. Dialogs are wished for by signals."""

    patrol_wanted = Signal()
    patrol_switched = Signal(bool)
    outputs_wanted = Signal()
    imaging_wanted = Signal()
    care_wanted = Signal()

    def __init__(self, control: PtzControl, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)
        self._control, self._theme = control, theme
        self._alarm = QWidget(self)
        self._alarm_words = plain_label(self._alarm)
        self._alarm_words.setWordWrap(True)
        self._alarm_camera = self._iris_of = ""
        self._iris_told: float | None = None
        self._heading = plain_label(self, "PTZ")
        self._heading.setObjectName("heading")
        self._lease = plain_label(self)
        self._lease.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self._empty = plain_label(self)
        self._empty.setObjectName("dim")
        self._empty.setWordWrap(True)
        self._failure = plain_label(self)
        self._failure.setWordWrap(True)
        self._failure.setStyleSheet(f"color: {theme.high};")
        self.body = QWidget(self)
        self.pad, self.compass = Pad(control, theme, self.body), Compass(control, theme, self.body)
        self.presets = PresetBox(control, self.body)
        self.zoom, self.speed = self._slider(-100, 100, 0), self._slider(10, 100, 100)
        self.patrol = QCheckBox("Patrol", self.body)
        self.auxiliary = QComboBox(self.body)
        self.iris = self._slider(0, 100, 50)
        self._build()
        self._wire()
        control.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """What is known, allowed and wrong now."""
        control, known = self._control, self._control.known
        features, imaging, camera = known.features, known.imaging, control.camera
        self.setVisible(camera is not None or bool(control.alarms))
        self._show_alarm()
        self._heading.setText("PTZ" if camera is None else f"PTZ  {camera.number} {camera.name}"[:40])
        self._lease.setText("" if camera is None else control.lease(camera.id))
        # Where there is an alarm, it says what failed.
        failure = "" if camera is None or camera.id in control.alarms else control.failure(camera.id)
        self._failure.setText(failure)
        self._failure.setVisible(bool(failure))
        words = ""
        if camera is not None and known.asking and not known.turns:
            words = "The camera is asked what it can do …"
        elif camera is not None and not known.turns:
            words = known.error or "This camera cannot be turned. Its picture settings and relays are under More."
        self._empty.setText(words)
        self._empty.setVisible(bool(words))
        self.body.setVisible(camera is not None and known.turns)
        self.more.setVisible(camera is not None)
        self._gate(self.pad, control.why_not(Move, Axis.PAN_TILT in features.continuous), "Drag to turn; with the "
                   "focus here arrows turn, + and - zoom, digits go to presets, . stops")  # fmt: skip
        self._gate(self.zoom, control.why_not(Move, Axis.ZOOM in features.continuous), "Zoom while it is held")
        self._gate(self.stop, control.why_not(Stop), "Stand still, whatever moves it (.)")
        self._gate(self.home, control.why_not(GoHome, features.home), "The home position (Home)")
        focus = control.why_not(Focus, imaging.focus_continuous or imaging.focus_relative)
        self._gate(self.near, focus, "Focus nearer while it is held")
        self._gate(self.far, focus, "Focus further away while it is held")
        auto = control.why_not(SetImaging, "auto_focus" in imaging.settings)
        self._gate(self.auto, auto, "Let the camera focus by itself")
        self._iris_row.setVisible("iris" in imaging.settings)
        self._gate(self.iris, control.why_not(SetImaging), "Iris: how far it is open")
        if known.iris != self._iris_told or control.id != self._iris_of:
            self._iris_told, self._iris_of = known.iris, control.id
            self.iris.setValue(50 if known.iris is None else round(known.iris * 100))
        self._show_auxiliary(features.auxiliary)
        self._show_patrol(control.door.patrols)
        self.presets.refresh()
        self._relays.setEnabled(not control.why_not(SwitchOutput))
        self._set_home.setEnabled(not control.why_not(SetHome, features.home and not features.fixed_home))
        self._care.setEnabled(control.may(Reboot))
        self._care.setToolTip("" if control.may(Reboot) else "For technicians.")

    # Inside

    def _build(self) -> None:
        strip = QHBoxLayout(self._alarm)
        strip.setContentsMargins(8, 6, 8, 6)
        strip.addWidget(self._alarm_words, 1)
        again = QPushButton("Stop again", self._alarm)
        again.clicked.connect(lambda: self._control.stop_again(self._alarm_camera))
        strip.addWidget(again)
        self._alarm.setObjectName("alarm")
        self._alarm.setStyleSheet(
            f"QWidget#alarm {{ border: 2px solid {self._theme.critical}; background: {self._theme.background}; }}"
        )
        top = QHBoxLayout()
        top.addWidget(self._heading)
        top.addWidget(self._lease, 1)
        make = self._button
        self.stop, self.home = make("Stop"), make("Home")
        self.near, self.far, self.auto = make("Near"), make("Far"), make("Auto focus")
        move = QHBoxLayout()
        move.setSpacing(10)
        move.addWidget(self.pad)
        move.addWidget(self.compass)
        move.addStretch(1)
        sliders = QGridLayout()
        sliders.setVerticalSpacing(4)
        for row, (words, slider, name) in enumerate(
            (("Zoom", self.zoom, "Zoom while it is held"), ("Speed", self.speed, "Highest speed"))
        ):
            caption = QLabel(words, self.body)
            caption.setObjectName("dim")
            slider.setAccessibleName(name)
            sliders.addWidget(caption, row, 0)
            sliders.addWidget(slider, row, 1)
        self._iris_row = QWidget(self.body)
        iris = QHBoxLayout(self._iris_row)
        iris.setContentsMargins(0, 0, 0, 0)
        caption = QLabel("Iris", self._iris_row)
        caption.setObjectName("dim")
        self.iris.setAccessibleName("Iris")
        iris.addWidget(caption)
        iris.addWidget(self.iris, 1)
        patrol = QHBoxLayout()
        self._patrol_words = plain_label(self.body)
        self._patrol_words.setObjectName("dim")
        self._patrol_words.setWordWrap(True)
        self.edit_patrol = make("Edit…")
        patrol.addWidget(self.patrol)
        patrol.addWidget(self._patrol_words, 1)
        patrol.addWidget(self.edit_patrol)
        body = QVBoxLayout(self.body)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(6)
        body.addLayout(move)
        body.addLayout(sliders)
        body.addLayout(self._row(self.stop, self.home, self.auxiliary))
        body.addLayout(self._row(self.near, self.far, self.auto))
        body.addWidget(self._iris_row)
        body.addWidget(self.presets)
        body.addLayout(patrol)
        self.more = make("More…")
        menu = QMenu(self.more)
        menu.setToolTipsVisible(True)
        menu.addAction("Picture settings…").triggered.connect(self.imaging_wanted)
        self._relays = menu.addAction("Relays and outputs…")
        self._relays.triggered.connect(self.outputs_wanted)
        self._set_home = menu.addAction("Make this the home position")
        self._set_home.triggered.connect(lambda: self._control.do(SetHome(self._control.id)))
        self._care = menu.addAction("Restart and clock…")
        self._care.triggered.connect(self.care_wanted)
        self.more.setMenu(menu)
        column = QVBoxLayout(self)
        column.setSpacing(6)
        for part in (self._alarm, top, self._failure, self._empty, self.body, self.more):
            if isinstance(part, QWidget):
                column.addWidget(part)
            else:
                column.addLayout(part)

    def _wire(self) -> None:
        control = self._control
        self.zoom.valueChanged.connect(self._zoomed)
        self.zoom.sliderReleased.connect(lambda: self.zoom.setValue(0))
        self.speed.valueChanged.connect(lambda value: setattr(control, "speed", value / 100))
        self.stop.clicked.connect(control.stop)
        self.home.clicked.connect(control.go_home)
        for button, speed in ((self.near, -0.5), (self.far, 0.5)):
            button.pressed.connect(lambda speed=speed: control.focus(speed))
            button.released.connect(control.stop_focus)
        self.auto.clicked.connect(lambda: control.do(SetImaging(control.id, ImagingSettings(auto_focus=True))))
        self.iris.sliderReleased.connect(
            lambda: control.do(SetImaging(control.id, ImagingSettings(iris=self.iris.value() / 100)))
        )
        self.auxiliary.activated.connect(self._switch_auxiliary)
        self.patrol.clicked.connect(self.patrol_switched)
        self.edit_patrol.clicked.connect(self.patrol_wanted)

    def _zoomed(self, value: int) -> None:
        if value and self.zoom.isSliderDown():
            self._control.press("zoom", zoom=value / 100)
        elif value:
            self.zoom.setValue(0)  # keys and clicks beside the handle: nobody would hold it there
        else:
            self._control.lift("zoom")

    def _switch_auxiliary(self, row: int) -> None:
        word = self.auxiliary.itemData(row)
        if word:
            self._control.do(Auxiliary(self._control.id, str(word)))
        self.auxiliary.setCurrentIndex(0)

    def _show_alarm(self) -> None:
        alarms = self._control.alarms
        self._alarm.setVisible(bool(alarms))
        if alarms:
            mine = self._control.id if self._control.id in alarms else next(reversed(alarms))
            self._alarm_camera = mine
            name = self._control.door.name_of(mine)
            words = alarms[mine]
            self._alarm_words.setText(f"■ {words}" if name in words else f"■ {name}: {words}")

    def _show_auxiliary(self, words: tuple[str, ...]) -> None:
        if [self.auxiliary.itemData(row) for row in range(1, self.auxiliary.count())] != list(words):
            self.auxiliary.clear()
            self.auxiliary.addItem("Auxiliary…")
            for word in words:
                self.auxiliary.addItem(word.removeprefix("tt:").replace("|", " ").lower()[:60], word)
        self.auxiliary.setVisible(bool(words))
        self._gate(self.auxiliary, self._control.why_not(Auxiliary), "Wiper, washer, lamp of the camera")

    def _show_patrol(self, patrols: Patrols) -> None:
        control = self._control
        patrol, state = patrols.states().get(control.id, (None, None))
        presets = bool(control.known.presets)
        why = control.why_not(SetPreset, presets)
        if why == "This camera cannot.":
            why = "Keep some presets first; a patrol goes round them."
        self._gate(self.edit_patrol, why, "Its steps: presets, how long, how fast")
        can = control.door.commands.may(control.door.actor, SetPreset)
        self._gate(self.patrol, why if patrol is None or not can else "", "Go round the presets by itself")
        if patrol is None:
            self.patrol.setEnabled(False)
            self.patrol.setToolTip(plain_tip(why or "There is none yet: Edit makes one."))
        self.patrol.setChecked(patrol is not None and patrol.on)
        words = ""
        if patrol is not None and state is not None and patrol.on:
            words = f"step {state.at + 1} of {len(patrol.steps)}" if state.at >= 0 else "begins"
            if state.stopped:
                words = f"gave up: {state.waiting}"
            elif state.waiting:
                words = f"waits: {state.waiting}"
        self._patrol_words.setText(words)

    def _gate(self, widget: QWidget, why: str, tip: str) -> None:
        widget.setEnabled(not why)
        widget.setToolTip(plain_tip(why or tip))

    def _slider(self, low: int, high: int, value: int) -> QSlider:
        slider = QSlider(Qt.Orientation.Horizontal, self.body)
        slider.setRange(low, high)
        slider.setValue(value)
        return slider

    def _button(self, words: str) -> QPushButton:
        return QPushButton(words, self)

    def _row(self, *widgets: QWidget) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(4)
        for widget in widgets:
            row.addWidget(widget, 1)
        return row
