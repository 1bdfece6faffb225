"""The bar that says which camera is heard."""

from __future__ import annotations

from dataclasses import replace

from pytestqt.qtbot import QtBot

from console.services.audio import SoundState
from console.ui.audio.sound_bar import SoundBar


class Door:
    """A listener that only remembers."""

    def __init__(self) -> None:
        self.state = SoundState()

    def set_volume(self, volume: float) -> None:
        self.state = replace(self.state, volume=volume)

    def set_muted(self, muted: bool) -> None:
        self.state = replace(self.state, muted=muted)

    def stop(self) -> None:
        self.state = SoundState()


def test_it_is_there_while_somebody_is_heard(qtbot: QtBot) -> None:
    door = Door()
    bar = SoundBar(door, "Shift+A", "A")
    qtbot.addWidget(bar)
    assert bar.isHidden()
    door.state = SoundState(17, "Sound of camera 17", True, 0.5)
    bar.refresh()
    assert bar.isVisible()
    assert bar.words == "Sound of camera 17"
    assert bar._sign.text() == "\u266a"
    assert bar._volume.value() == 50
    bar._mute.click()
    assert door.state.muted
    bar.refresh()
    assert bar.words == "Sound of camera 17 (muted)"
    assert bar._sign.text() != "\u266a"
    bar._volume.setValue(90)
    assert door.state.volume == 0.9
    assert "(A)" in bar._off.toolTip()
    with qtbot.waitSignal(bar.stopped):
        bar._off.click()
    bar.refresh()
    assert not bar.isVisible()


def test_what_comes_from_a_camera_is_text(qtbot: QtBot) -> None:
    door = Door()
    door.state = SoundState(3, "Camera 3: <b>no</b> sound")
    bar = SoundBar(door)
    qtbot.addWidget(bar)
    assert bar.words == "Camera 3: <b>no</b> sound"
    bar.hide()
