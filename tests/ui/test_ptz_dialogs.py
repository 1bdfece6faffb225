"""The dialogs beside the panel: presets, patrols, picture settings, relays, care, sticks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from door_rig import BERT, CAMERA
from ptz_house import House
from PySide6.QtCore import QDateTime, QTimer
from PySide6.QtWidgets import QApplication, QComboBox, QDialog, QInputDialog, QMessageBox, QPushButton, QSlider
from ui_room import Room

from console import paths
from console.model.patrol import PatrolStep
from console.model.permissions import Actor, Role
from console.model.sticks import SNAPSHOT, AxisUse
from console.ui.ptz.care_dialog import CareDialog
from console.ui.ptz.imaging_dialog import ImagingDialog
from console.ui.ptz.outputs_dialog import OutputsDialog
from console.ui.ptz.patrol_dialog import PatrolDialog
from console.ui.ptz.stick_settings import StickDialog
from drivers.errors import Unreachable
from drivers.ptz import ImagingSettings
from drivers.sticks_types import StickState

TESS = Actor("Tess", Role.TECHNICIAN, "desk 4")


@pytest.fixture
def house(room: Room) -> Iterator[House]:
    house = House(room)
    house.rig.actor = BERT
    house.panel.refresh()
    try:
        yield house
    finally:
        house.close()


def presets(house: House, *names: str) -> None:
    house.rig.keep(*names)
    house.control.facts.ask(CAMERA)
    house.now()


def answer(kind: type[QDialog], what: str = "", button: str = "") -> None:
    """The next dialog of this kind gets this answer."""

    def find() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, kind)
        if isinstance(dialog, QInputDialog):
            dialog.setTextValue(what)
            dialog.accept()
        else:
            next(b for b in dialog.findChildren(QPushButton) if b.text().replace("&", "") == button).click()

    QTimer.singleShot(50, find)


def press(dialog: QDialog, words: str, nth: int = 0) -> None:
    [b for b in dialog.findChildren(QPushButton) if b.text() == words][nth].click()


def test_presets_are_kept_renamed_and_removed(house: House) -> None:
    box = house.panel.presets
    answer(QInputDialog, "Gate")
    box.keep.click()
    house.now()
    assert box.list.item(0).text() == "1  Gate"
    assert not box.rename.isEnabled()
    box.list.setCurrentRow(0)
    answer(QInputDialog, "North <b>gate</b>")
    box.rename.click()
    house.now()
    assert box.list.item(0).text() == "1  North <b>gate</b>"
    answer(QMessageBox, button="Remove")
    box.remove.click()
    house.now()
    assert box.list.count() == 0
    assert [name for name, _ in house.rig.done("set_preset", "rename_preset", "remove_preset")] == [
        "set_preset", "rename_preset", "remove_preset",
    ]  # fmt: skip


def test_a_preset_is_gone_to_by_a_click(house: House) -> None:
    presets(house, "Gate", "Yard")
    house.panel.presets.list.itemClicked.emit(house.panel.presets.list.item(1))
    house.now()
    assert house.rig.done("go_preset")[0][1][0] == "2"


def test_a_patrol_is_made_switched_and_told(house: House) -> None:
    presets(house, "Gate", "Yard")
    dialog = PatrolDialog(CAMERA, "Main St", house.control.known.presets, None, house.room.desk)
    assert dialog.patrol is not None
    assert dialog.patrol.steps == (PatrolStep("1"), PatrolStep("2"))
    dialog.table.setCurrentCell(1, 0)
    press(dialog, "Up")
    assert dialog.patrol.steps == (PatrolStep("2"), PatrolStep("1"))
    press(dialog, "Add")
    dialog.table.setCurrentCell(0, 0)
    press(dialog, "Remove")
    assert dialog.patrol.steps == (PatrolStep("1"), PatrolStep("1"))
    house.turning._set_patrol(CAMERA, dialog.patrol)
    house.rig.patrols.set(house.book.site.patrols)
    house.panel.refresh()
    assert house.panel.patrol.isChecked()
    house.rig.patrols.tick(house.rig.time.now)
    house.now()
    house.panel.refresh()
    assert house.panel._patrol_words.text() == "step 1 of 2"
    assert house.control.lease(CAMERA) == "patrol"
    house.panel.patrol.click()
    patrol = house.book.site.patrol(CAMERA)
    assert patrol is not None
    assert not patrol.on


def test_a_preset_that_is_gone_stays_on_a_patrol(house: House) -> None:
    presets(house, "Gate")
    patrol = PatrolDialog(CAMERA, "Main St", house.control.known.presets, None).patrol
    assert patrol is not None
    dialog = PatrolDialog(CAMERA, "Main St", (), patrol)
    assert dialog.patrol == patrol
    empty = PatrolDialog(CAMERA, "Main St", (), None)
    assert empty.patrol is None


def test_picture_settings_change_at_once_and_go_back(house: House) -> None:
    dialog = ImagingDialog(house.control, house.waiting.append, house.room.desk)
    assert not dialog.widgets["brightness"].isEnabled()
    house.now()
    slider = dialog.widgets["brightness"]
    assert isinstance(slider, QSlider)
    assert slider.value() == 50
    assert not dialog.revert.isEnabled()
    assert not dialog.widgets["iris"].isEnabled()  # the camera chooses it
    for value in (60, 70, 80):
        slider.setValue(value)
    dialog._soon.stop()
    dialog._send()
    house.now()
    assert house.rig.devices.lens.commands == [("set", ImagingSettings(brightness=0.8))]
    assert dialog.revert.isEnabled()
    exposure = dialog.widgets["auto_exposure"]
    assert isinstance(exposure, QComboBox)
    exposure.activated.emit(1)
    dialog.close()  # what was chosen last is sent, too
    dialog._end()
    house.now()
    assert house.rig.devices.lens.now.auto_exposure is False
    dialog = ImagingDialog(house.control, house.waiting.append, house.room.desk)
    house.now()
    slider = dialog.widgets["brightness"]
    assert isinstance(slider, QSlider)
    slider.setValue(10)
    dialog._send()
    house.now()
    dialog.revert.click()
    house.now()
    assert house.rig.devices.lens.now.brightness == 0.8
    dialog.close()


def test_picture_settings_of_who_may_not(house: House) -> None:
    house.rig.actor = Actor("Oli", Role.OPERATOR)
    dialog = ImagingDialog(house.control, house.waiting.append, house.room.desk)
    house.now()
    assert not dialog.widgets["brightness"].isEnabled()
    assert "Not allowed as operator" in dialog.words.text()
    dialog.close()


def test_relays_latch_and_pulse(house: House) -> None:
    dialog = OutputsDialog(house.control, house.waiting.append, house.room.desk)
    house.now()
    press(dialog, "On")
    house.now()
    press(dialog, "Pulse", 1)
    house.now()
    assert house.rig.devices.relays.commands == [("set", "R1", True), ("pulse", "R2", 2.0)]
    assert dialog.words.text() == "R2 is on for 2 s."
    dialog.close()


def test_a_device_without_relays_that_answers_late_finds_no_dialog(house: House) -> None:
    house.rig.devices.relays.there = ()
    dialog = OutputsDialog(house.control, house.waiting.append, house.room.desk)
    house.now()
    assert "no relays" in dialog.words.text()
    dialog._ask()
    dialog._end()
    house.now()


def test_care_now_and_at_a_time(house: House) -> None:
    house.rig.actor = TESS
    dialog = CareDialog(house.control, house.waiting.append, house.room.desk)
    house.now()
    assert "+1.5 s from this computer's, by NTP" in dialog.clock.text()
    dialog.restart.click()
    house.now()
    assert house.rig.devices.carer.commands == []
    dialog.restart.click()
    dialog.set_clock.click()
    house.now()
    assert house.rig.devices.carer.commands == ["reboot", "set clock"]
    later = house.rig.time.utc() + timedelta(hours=2)
    dialog.when.setDateTime(QDateTime.fromSecsSinceEpoch(int(later.timestamp())))
    press(dialog, "Restart then")
    assert dialog.waiting.count() == 1
    assert "restarts the device  (Tess)" in dialog.waiting.item(0).text()
    dialog.waiting.setCurrentRow(0)
    dialog.cancel.click()
    assert dialog.waiting.count() == 0
    assert house.rig.timetable.waiting == ()
    dialog.when.setDateTime(QDateTime.fromSecsSinceEpoch(0))
    press(dialog, "Restart then")
    assert "past" in dialog.words.text()
    dialog.close()


def test_a_device_that_does_not_answer_says_so_in_the_dialog(house: House) -> None:
    house.rig.devices.care = lambda: (_ for _ in ()).throw(Unreachable("Depot", "no answer"))  # type: ignore[method-assign]
    dialog = CareDialog(house.control, house.waiting.append, house.room.desk)
    house.now()
    assert "no answer" in dialog.clock.text()
    dialog.close()


def test_a_stick_is_set_and_tried_at_once(house: House) -> None:
    tried: list[object] = []
    dialog = StickDialog(house.sticks, (), house.room.theme, tried.append, house.room.desk)
    assert "No joystick" in dialog.words.text()
    house.sticks.step((StickState(5, "Pro <b>Stick", (0.0, 0.0, -1.0), (False,) * 3),))
    dialog.refresh()
    assert dialog.which.currentText() == "Pro <b>Stick"
    box, inverted = dialog.axes["zoom"]
    box.setCurrentIndex(box.findData(None))
    box.activated.emit(0)
    dialog.axes["pan"][1].click()
    use = dialog.uses[2]
    use.setCurrentIndex(use.findData(SNAPSHOT))
    use.activated.emit(0)
    (settings,) = dialog.settings
    assert (settings.pan, settings.zoom) == (AxisUse(0, inverted=True), AxisUse(None))
    assert settings.press(2) == SNAPSHOT
    assert tried[-1] == dialog.settings
    house.sticks.step(())
    dialog.refresh()
    assert "No joystick" in dialog.words.text()
    dialog.reject()
    assert not inverted.isEnabled()


def test_a_lens_that_can_is_focused_by_steps_while_the_button_is_down(house: House) -> None:
    lens = house.rig.devices.lens
    lens.offers = replace(lens.offers, focus_relative=True)
    house.panel.far.pressed.emit()
    house.now()
    house.rig.time.now += 0.2
    house.control._focus_beat.timeout.emit()
    house.now()
    assert lens.commands == [("focus step", pytest.approx(0.025)), ("focus step", pytest.approx(0.025))]
    lens.fail_next_step = Unreachable("Gate", "no answer")
    house.control._focus_beat.timeout.emit()
    house.now()
    house.control._focus_beat.timeout.emit()
    assert not house.control._focus_beat.isActive(), "until the button is pressed anew"
    house.panel.far.released.emit()
    house.now()
    assert len(lens.commands) == 2


def test_focus_iris_and_auxiliary(house: House) -> None:
    house.panel.near.pressed.emit()
    house.panel.near.released.emit()
    house.now()
    assert house.rig.devices.lens.commands == [("focus", -0.5), ("focus", 0.0)]
    house.panel.iris.setValue(70)
    house.panel.iris.sliderReleased.emit()
    house.panel.auxiliary.activated.emit(1)
    house.now()
    assert house.rig.devices.lens.now.iris == 0.7
    assert house.rig.done("auxiliary")[0][1] == ("tt:Wiper|On",)


def test_the_zoom_slider_springs_back(house: House) -> None:
    slider = house.panel.zoom
    slider.setValue(50)  # a click beside the handle
    house.now()
    assert slider.value() == 0
    slider.setSliderDown(True)
    slider.setValue(50)
    house.now()
    assert house.rig.head.moving
    slider.setSliderDown(False)
    slider.sliderReleased.emit()
    house.now()
    assert slider.value() == 0
    assert not house.rig.head.moving


def test_the_help_tells_of_it() -> None:
    page = Path(paths.resources() / "help" / "ptz.md").read_text(encoding="utf-8")
    for words in ("may still\nmove", "15 seconds", "Stop again"):
        assert words in page
