"""Instant replay and playback on the monitor that the hands are on."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeyEvent

from console.model.tile_state import TileVerdict
from console.services.footage import Footage
from console.services.replay_tile import FrameDecoder
from console.ui.actions import Action
from console.ui.replay.bar import ReplayBar
from console.ui.replay.controller import ReplayController, ReplayTarget
from console.ui.wall.controller import WallController
from console.ui.wall.room import WallRoom
from drivers.types import Picture, View


class Replaying(QObject):
    """Lives on the Qt thread. A replay stays on the monitor where it began, whatever is done on others meanwhile; there
    is one at a time."""

    def __init__(
        self,
        room: WallRoom,
        footage: Callable[[int], Footage | None],
        view_of: Callable[[int], View],
        name_of: Callable[[int], str | None],
        decoder: Callable[[str, int], FrameDecoder],
        bar: ReplayBar,
        parent: QObject | None = None,
    ) -> None:
        """``footage``: what is kept of a camera, in its replay buffer and in recordings."""
        super().__init__(parent)
        self._room, self._footage, self._view_of, self._name_of = room, footage, view_of, name_of
        self._where: WallController | None = None
        self.control = ReplayController(self, self._targets, decoder, bar, parent=self)
        self.control.changed.connect(self._changed)
        self.control.ticked.connect(self._wall_changed)
        room.changed.connect(self._wall_changed)

    def actions(self) -> list[Action]:
        """For the palette and the tile's menu; their keys are taken by ``key``."""
        return [
            Action("Replay (R)", lambda: self._again(False), on_tile=True, possible=self._can),
            Action("Replay the whole layout (Shift+R)", lambda: self._again(True), possible=self._can),
        ]

    def key(self, event: QKeyEvent) -> bool:
        """Whether a key belongs to replay, and then does what it says."""
        if self._where is not None:
            self.control.lead(self._where.state.selected)  # steps are those of the selected tile's camera
        return self.control.key(event)

    def back(self) -> bool:
        """Esc: live again; False if nothing replays."""
        if not self.control.active:
            return False
        self.control.stop()
        return True

    def selected_at(self, when: float) -> bool:
        """Replay the selected tile from a moment on, UTC seconds; whether there is anything of its camera."""
        targets = self._targets(False)
        if targets:
            self.control.start_at(targets, when)
        return bool(targets)

    def live(self) -> None:
        """The selected tile of the monitor that the hands are on shows what is now."""
        if self._where is self._room.active:
            self.control.drop(self._where.state.selected)

    def moment(self, tile: int) -> float | None:
        """The moment that a tile of the active monitor replays, UTC seconds; None if it is live."""
        if self._where is not self._room.active or not self.control.replays(tile):
            return None
        return self.control.position()

    # A ReplaySink

    def replay_picture(self, tile: int, picture: Picture | None) -> None:
        """See ``WallController.replay_picture``."""
        if self._where is not None:
            self._where.replay_picture(tile, picture)

    def replay_words(self, tile: int, verdict: TileVerdict, taken: str) -> None:
        """See ``WallController.replay_words``."""
        if self._where is not None:
            self._where.replay_words(tile, verdict, taken)

    def replay_end(self, tile: int) -> None:
        """See ``WallController.replay_end``."""
        if self._where is not None:
            self._where.replay_end(tile)

    # Inside

    def _again(self, every: bool) -> None:
        self.control.again(every)

    def _can(self) -> bool:
        return bool(self._targets(False))

    def _targets(self, every: bool) -> list[ReplayTarget]:
        if not self.control.active:
            self._where = self._room.active
        wall = self._where or self._room.active
        found = []
        for tile in wall.surface.tiles:
            footage = None if tile.camera is None else self._footage(tile.camera)
            if tile.camera is None or footage is None or not (every or tile.index == wall.state.selected):
                continue
            name = self._name_of(tile.camera) or str(tile.camera)
            size = (tile.area.width, tile.area.height)
            found.append(ReplayTarget(tile.index, tile.camera, name, footage, size, self._view_of(tile.camera)))
        return found

    def _changed(self) -> None:
        if not self.control.active:
            self._where = None

    def _wall_changed(self) -> None:
        """Tiles that show another camera now, or are gone, replay no more; the others may have another size."""
        if self._where is None or not self.control.active:
            return
        shown = {tile.index: tile for tile in self._where.surface.tiles}
        for target in self.control.targets:
            tile = shown.get(target.tile)
            if tile is None or tile.camera != target.camera:
                self.control.drop(target.tile)
            else:
                self.control.resize(target.tile, (tile.area.width, tile.area.height))
                self.control.set_view(target.tile, self._view_of(target.camera))
