"""Which camera is heard, how loud, and silence at one click."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QSlider, QWidget

from console.services.audio import SoundState
from console.ui.plain import OneLine, plain_tip

WORDS_WIDTH = 300
"""Logical pixels: a sentence about a sound that cannot be played."""


class SoundDoor(Protocol):
    """What the bar asks of the listener; none of it waits."""

    @property
    def state(self) -> SoundState:
        """What is heard now."""

    def set_volume(self, volume: float) -> None:
        """From 0 to 1."""

    def set_muted(self, muted: bool) -> None:
        """Silence without losing the connection."""

    def stop(self) -> None:
        """Listen to nobody."""


class SoundBar(QWidget):
    """Shown while a camera is listened to, and gone otherwise. ``refresh`` is called on the Qt thread after each change
    of the listener's state (through the Bridge)."""

    stopped = Signal()

    def __init__(self, door: SoundDoor, mute_key: str = "", off_key: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._door = door
        self._sign = QLabel(self)
        self._sign.setAccessibleName("Sound")
        self._words = OneLine(self)
        self._words.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)  # Ignored overlaps the others
        self._words.setFixedWidth(WORDS_WIDTH)
        self._mute = QPushButton("Mute", self)
        self._mute.setCheckable(True)
        self._mute.setToolTip("Silence, and sound again at once" + _key(mute_key))
        self._mute.toggled.connect(self._door.set_muted)
        self._volume = QSlider(Qt.Orientation.Horizontal, self)
        self._volume.setRange(0, 100)
        self._volume.setPageStep(10)
        self._volume.setFixedWidth(110)
        self._volume.setAccessibleName("Volume of the sound")
        self._volume.setToolTip("Volume. Left and Right arrow: a little; Page Up and Page Down: more.")
        self._volume.valueChanged.connect(lambda value: self._door.set_volume(value / 100))
        self._off = QPushButton("Sound off", self)
        self._off.setToolTip("Listen to no camera" + _key(off_key))
        self._off.clicked.connect(self._end)
        row = QHBoxLayout(self)
        row.setContentsMargins(6, 2, 6, 2)
        for part in (self._sign, self._words, self._mute, self._volume, self._off):
            row.addWidget(part)
        self.refresh()

    @property
    def words(self) -> str:
        """What it says."""
        return self._words.text()

    def refresh(self) -> None:
        """Show the listener's state."""
        state = self._door.state
        self.setVisible(state.number is not None)
        heard = state.playing and not state.muted and state.volume > 0
        self._sign.setText("\u266a" if heard else "\u2205")
        self._words.setText(f"{state.words} (muted)" if state.muted and state.playing else state.words)
        self._words.setToolTip(plain_tip(self._words.text()))
        for part, value in ((self._mute, state.muted), (self._volume, round(state.volume * 100))):
            part.blockSignals(True)
            if isinstance(part, QSlider):
                part.setValue(int(value))
            else:
                part.setChecked(bool(value))
            part.blockSignals(False)

    def _end(self) -> None:
        self._door.stop()
        self.stopped.emit()


def _key(name: str) -> str:
    return f" ({name})" if name else ""
