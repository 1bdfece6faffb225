"""Presets of the whole wall, for supervisors: which there are, when they are shown, and in which turn."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QMessageBox, QPushButton, QTabWidget, QVBoxLayout, QWidget

from console.model.schedule import SystemZone
from console.model.wall import Wall
from console.ui.edit.preset_list import PresetsTab
from console.ui.edit.preset_schedule import ScheduleTab
from console.ui.edit.preset_tabs import WallTab
from console.ui.edit.preset_tour import TourTab
from console.ui.plain import plain_label, plain_tip


def local_now() -> datetime:
    """Now, in the zone of this computer."""
    return datetime.now(SystemZone())


class PresetsDialog(QDialog):
    """Changes are collected and given out by OK; Cancel forgets them. Only "Show now" does something at once."""

    wall_changed = Signal(object)
    """The Wall as it is now, with the presets, schedule and tour of this dialog."""
    show_wanted = Signal(object)
    """A Preset to be shown on the wall at once; it may not be saved yet."""

    def __init__(
        self, wall: Callable[[], Wall], parent: QWidget | None = None, clock: Callable[[], datetime] = local_now,
        confirm: Callable[[str], bool] | None = None,
    ) -> None:  # fmt: skip
        """``wall`` gives the wall as it is now: what monitors show goes on changing while this is open. ``clock``: an
        aware local time. ``confirm`` asks before something is lost; None: in a message box."""
        super().__init__(parent)
        self.setWindowTitle("Presets of the wall")
        self.resize(860, 520)
        self._now = wall
        self._first = self._wall = wall()
        self.presets = PresetsTab(wall, confirm or self._asked, self)
        self.schedule = ScheduleTab(clock, self)
        self.tour = TourTab(self)
        self.tabs = QTabWidget(self)
        self.tabs.setAccessibleName("Presets, schedule and tour")
        self.tabs.setDocumentMode(True)
        self.tabs.tabBar().setDrawBase(False)
        self.words = plain_label(self)
        self.words.setWordWrap(True)
        self.words.setAccessibleName("What there is to say")
        self.words.setMinimumHeight(2 * self.words.fontMetrics().height())
        for tab, name, tip in (
            (self.presets, "Presets", "The whole wall under a name and a key (Ctrl+Tab leads on)"),
            (self.schedule, "By the clock", "Which preset is shown when"),
            (self.tour, "Tour", "Presets one after another"),
        ):
            self.tabs.setTabToolTip(self.tabs.addTab(tab, name), tip)
            tab.wanted.connect(self._take)
            tab.said.connect(self.words.setText)
        self.presets.show_wanted.connect(self._show_preset)
        self.tabs.currentChanged.connect(lambda _: self.words.clear())
        self.ok = QPushButton("OK", self)
        self.ok.setToolTip("Take over what was changed here (Ctrl+Enter)")
        self.ok.clicked.connect(self.accept)
        self.cancel = QPushButton("Cancel", self)
        self.cancel.setToolTip("Leave everything as it was (Esc)")
        self.cancel.clicked.connect(self.reject)
        for button in (self.ok, self.cancel):
            button.setAutoDefault(False)
        buttons = QHBoxLayout()
        buttons.addWidget(self.words, 1)
        buttons.addWidget(self.ok)
        buttons.addWidget(self.cancel)
        column = QVBoxLayout(self)
        column.addWidget(self.tabs, 1)
        column.addLayout(buttons)
        self._take(self._wall)
        self.presets.list.setFocus()

    @property
    def wall(self) -> Wall:
        """The wall as it is wanted so far."""
        return self._wall

    def accept(self) -> None:
        """Give the changes out, onto the wall as it is by now; nothing if there are none."""
        self.presets.commit()
        self.schedule.commit()
        self.tour.commit()
        wanted, first = self._wall, self._first
        if (wanted.presets, wanted.schedule, wanted.tour) != (first.presets, first.schedule, first.tour):
            fresh = replace(self._now(), presets=wanted.presets, schedule=wanted.schedule, tour=wanted.tour)
            self.wall_changed.emit(fresh)
        super().accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter in a field only finishes the field; Ctrl+Enter takes all over."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.accept()
        elif isinstance(focus := self.focusWidget(), QPushButton):
            focus.click()

    def say(self, sentence: str) -> None:
        """A sentence for the bottom line."""
        self.words.setText(sentence)

    def _take(self, wall: Wall) -> None:
        self._wall = wall
        self.words.clear()
        tabs: tuple[WallTab, ...] = (self.presets, self.schedule, self.tour)
        for tab in tabs:
            tab.show_wall(wall)

    def _show_preset(self, name: str) -> None:
        preset = self._wall.preset(name)
        if preset is not None:
            self.show_wanted.emit(preset)
            self.say(f"“{name}” is on the wall.")

    def _asked(self, question: str) -> bool:
        return QMessageBox.question(self, "Presets", plain_tip(question)) == QMessageBox.StandardButton.Yes
