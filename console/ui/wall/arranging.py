"""Presets, monitors and tours of the wall: what supervisors arrange and operators call up with a key."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QInputDialog, QWidget

from console.model.show import ShowError, ShowPreset
from console.model.wall import PRESET_KEYS, Wall
from console.ui.actions import Action
from console.ui.edit.presets_dialog import PresetsDialog
from console.ui.wall.conductor import Conductor
from console.ui.wall.monitors_dialog import MonitorsDialog
from console.ui.wall.room import WallRoom
from console.ui.wall.windows import WallWindows

FULL_SCREEN_KEY = 11
"""F11 is full screen everywhere; no preset lies on it."""


class Arranging(QObject):
    """Lives on the Qt thread. ``window`` is the parent of its dialogs."""

    def __init__(
        self,
        room: WallRoom,
        conductor: Conductor,
        windows: WallWindows,
        window: QWidget,
        note: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._room, self._conductor, self._windows = room, conductor, windows
        self._window, self._note = window, note
        self._monitors: MonitorsDialog | None = None

    def actions(self) -> list[Action]:
        """All of them, each with its key."""
        keys = [key for key in PRESET_KEYS if key != FULL_SCREEN_KEY]
        return [
            *(
                Action(f"Show the preset on F{key}", partial(self.show_key, key), (f"F{key}",), anywhere=True,
                       listed=False)
                for key in keys
            ),
            *(
                Action(f"Remember the wall on F{key}", partial(self.remember, key), (f"Shift+F{key}",), anywhere=True,
                       listed=False)
                for key in keys
            ),
            Action("Remember the wall as a preset", partial(self.remember, None), ("Ctrl+Shift+S",), anywhere=True),
            Action("Presets, schedule and tour", self.arrange_presets, ("Ctrl+P",), anywhere=True),
            Action("Monitors", self.arrange_monitors, ("Ctrl+M",), anywhere=True),
            Action("Numbers on the monitors", self._windows.identify, ("Ctrl+Shift+M",), anywhere=True),
            Action("Begin or end the tour of presets", self.toggle_tour, ("Ctrl+T",), anywhere=True),
            Action("Pause or go on with the tour of this tile", partial(self._tour, "pause"), ("Ctrl+Space",)),
            Action("Next stop of the tour of this tile", partial(self._tour, "next"), ("Ctrl+PgDown",)),
            Action("Stop before in the tour of this tile", partial(self._tour, "previous"), ("Ctrl+PgUp",)),
        ]  # fmt: skip

    def show_key(self, key: int) -> None:
        """The preset on a function key."""
        preset = self._room.wall.on_key(key)
        if preset is None:
            self._note(f"No preset is on F{key}. Shift+F{key} remembers the wall as it is now.")
            return
        try:
            self._room.show(ShowPreset(preset.name))
        except ShowError as error:
            self._note(str(error))
            return
        self._note(f"Preset {preset.name}. Ctrl+Z takes it back.")

    def remember(self, key: int | None) -> None:
        """All monitors as they are now, under a name that is asked for."""
        wall = self._room.wall
        there = None if key is None else wall.on_key(key)
        suggested = there.name if there is not None else f"Preset {len(wall.presets) + 1}"
        title = "Remember the wall" if key is None else f"Remember the wall on F{key}"
        name, taken = QInputDialog.getText(self._window, title, "Name of the preset:", text=suggested)
        name = " ".join(name.split())[:80]
        if not taken or not name:
            return
        known = wall.preset(name)
        preset = wall.remembered(name, key if key is not None else (known.key if known is not None else None))
        self.take(wall.with_preset(preset))
        self._note(f"{name} is remembered." + (f" F{preset.key} shows it." if preset.key else ""))

    def arrange_presets(self) -> None:
        """The dialog for presets, when they are shown by the clock, and their tour."""
        dialog = PresetsDialog(lambda: self._room.wall, self._window)
        dialog.wall_changed.connect(self.take)
        dialog.show_wanted.connect(lambda preset: self._room.go_to(self._room.wall.showing(preset)))
        dialog.exec()
        dialog.deleteLater()

    def arrange_monitors(self) -> None:
        """The dialog for screens and monitors."""
        if self._monitors is None:
            self._monitors = MonitorsDialog(lambda: self._room.wall, self._windows, self._window)
            self._monitors.wall_changed.connect(self.take)
        self._monitors.show()
        self._monitors.raise_()
        self._monitors.activateWindow()

    def toggle_tour(self) -> None:
        """Presets one after another, or not any more."""
        if self._conductor.touring:
            self._conductor.stop_tour()
            self._note("The tour of presets has ended.")
        elif self._conductor.start_tour():
            self._note("The tour of presets goes on until Ctrl+T.")
        else:
            self._note("The tour of presets has no stop yet. Choose its presets in the list of presets (Ctrl+P).")

    def take(self, wall: Wall) -> None:
        """The wall with other presets, monitors or schedule."""
        self._room.set_wall(wall)

    def _tour(self, what: str) -> None:
        number, tile = self._room.active_number, self._room.active.state.selected
        if not self._conductor.mark(number, tile):
            self._note("There is no tour on this tile.")
            return
        self._conductor.tour_key(tile, what)
        self._room.active.refresh()
        if what == "pause":
            paused = self._conductor.is_paused(number, tile)
            self._note("The tour of this tile is paused. Ctrl+Space goes on." if paused else "The tour goes on.")
