"""What the wall does by itself: tours on tiles, presets by the clock, tours of presets. Asked with each pulse."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QObject, Signal

from console.model.items import TourItem
from console.model.schedule import PresetTourPlayer, SystemZone, due, preset_tour
from console.model.show import ShowError, ShowPreset
from console.model.tour import TourPlayer, play
from console.ui.wall.room import WallRoom

HANDS_SECONDS = 120.0
"""For so long after an operator changed something a tour of presets leaves the wall alone."""


def _local_now() -> datetime:
    return datetime.now(SystemZone())


class Conductor(QObject):
    """Lives on the Qt thread. ``tick`` is cheap when nothing is due."""

    soon = Signal(object)
    """Camera numbers that tours will show within seconds, for opening their streams ahead."""
    note = Signal(str)

    def __init__(
        self,
        room: WallRoom,
        cameras: Callable[[], Sequence[int]],
        clock: Callable[[], float] = time.monotonic,
        local: Callable[[], datetime] = _local_now,
        parent: QObject | None = None,
    ) -> None:
        """``cameras``: the numbers of the site, rising. ``local``: an aware local time that knows its summer time."""
        super().__init__(parent)
        self._room, self._cameras, self._clock, self._local = room, cameras, clock, local
        self._players: dict[int, TourPlayer] = {}
        self._looked = local()
        self._tour: PresetTourPlayer | None = None
        self._shown: str | None = None
        self._mine = False
        self._soon: tuple[int, ...] = ()
        room.stepped.connect(self._hands)

    @property
    def touring(self) -> bool:
        """Whether a tour of presets goes on."""
        return self._tour is not None

    def start_tour(self) -> bool:
        """Begin the wall's tour of presets; False if there is none."""
        wall = self._room.wall
        self._tour = preset_tour(wall.tour, {each.name for each in wall.presets}, self._clock())
        self._shown = None
        if not self._tour.stops:
            self._tour = None
        self.tick()
        return self._tour is not None

    def stop_tour(self) -> None:
        """End it; the wall stays as it is."""
        self._tour = None

    def tour_key(self, tile: int, what: str) -> None:
        """Pause or go on (``pause``), ``next`` or ``previous`` stop of the tour on a tile of the active monitor."""
        number, now = self._room.active_number, self._clock()
        player = self._players.get(number, TourPlayer())
        if what == "pause":
            player = player.resumed(tile, now) if player.is_paused(tile) else player.paused(tile, now)
        else:
            player = player.next(tile, now) if what == "next" else player.previous(tile, now)
        self._players[number] = player
        self.tick()

    def mark(self, number: int, tile: int) -> str:
        """What the bar of a tile says of its tour."""
        controller = self._room.controllers.get(number)
        if controller is None or not isinstance(controller.state.item(tile), TourItem):
            return ""
        return "TOUR PAUSED" if self.is_paused(number, tile) else "TOUR"

    def is_paused(self, number: int, tile: int) -> bool:
        """Whether the tour on a tile of a monitor stands still because somebody wanted it to."""
        player = self._players.get(number)
        return player is not None and player.is_paused(tile)

    def tick(self) -> None:
        """Bring everything to where it should be now."""
        self._tick_schedule()
        self._tick_preset_tour()
        self._tick_tours()

    def _tick_tours(self) -> None:
        now, cameras = self._clock(), self._cameras()
        soon: dict[int, None] = {}
        for number, controller in self._room.controllers.items():
            played = play(self._players.get(number, TourPlayer()), controller.state, cameras, now)
            self._players[number] = played.player
            if played.state != controller.state:
                controller.start_with(played.state)
            soon.update(dict.fromkeys(played.soon))
        if tuple(soon) != self._soon:
            self._soon = tuple(soon)
            self.soon.emit(self._soon)

    def _tick_schedule(self) -> None:
        now = self._local()
        switch = due(self._room.wall.schedule, self._looked, now)
        self._looked = now
        if switch is not None:
            self._show(
                switch.preset, f"{switch.at:%H:%M}: preset {switch.preset} by the schedule. Ctrl+Z takes it back."
            )

    def _tick_preset_tour(self) -> None:
        if self._tour is None:
            return
        self._tour = self._tour.advanced(self._clock())
        wanted = self._tour.preset
        if wanted is not None and wanted != self._shown:
            self._shown = wanted
            self._show(wanted, "")

    def _show(self, preset: str, note: str) -> None:
        self._mine = True
        try:
            self._room.show(ShowPreset(preset))
        except ShowError as error:
            note = str(error)
        finally:
            self._mine = False
        if note:
            self.note.emit(note)

    def _hands(self) -> None:
        """An operator did something: what goes by itself stands back for a while."""
        if not self._mine and self._tour is not None:
            self._tour = self._tour.interrupted(self._clock(), HANDS_SECONDS)
            self._shown = None
