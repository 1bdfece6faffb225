"""What can be done to the selected tile and to the monitor that the hands are on: names, keys and what runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PySide6.QtCore import QObject, Signal

from console.model.callup import LastCameras, next_camera
from console.model.monitor import showing
from console.ui.actions import Action
from console.ui.wall.room import WallRoom

ZOOM_STEP = 1
PAN_STEP = 0.15
"""Share of the tile by which Ctrl and an arrow move a zoomed picture."""


class TileActions(QObject):
    """Lives on the Qt thread. Wishes that others fulfil come out as signals with the camera's number."""

    credentials_wanted = Signal(int)

    def __init__(self, room: WallRoom, cameras: Callable[[], Sequence[int]], parent: QObject | None = None) -> None:
        """``cameras``: all numbers of the site, in order."""
        super().__init__(parent)
        self._room, self._cameras = room, cameras
        self._last = LastCameras()
        room.selection_changed.connect(self._remember)

    @property
    def camera(self) -> int | None:
        """The camera on the selected tile."""
        state = self._room.active.state
        return state.camera(state.selected)

    def all(self) -> list[Action]:
        """The list, in the order of the tile's menu."""
        room, on = self._room, self._on_camera
        return [
            Action("Maximise or back", self._toggle, on_tile=True),
            Action("Try again now", on(lambda n: room.active.retry(n)), ("T",), on_tile=True, possible=self._has),
            Action("Credentials…", on(self.credentials_wanted.emit), on_tile=True, possible=self._has),
            Action("Clear the tile", self._clear, ("Del", "Backspace"), on_tile=True, possible=self._holds),
            Action("Next camera", lambda: self._step(1), ("N",)),
            Action("Previous camera", lambda: self._step(-1), ("Shift+N",)),
            Action("The camera before", self._back, ("B",)),
            Action("The layout as it was saved", self._reload, ("Home",)),
            Action("Next monitor", room.next_monitor, ("Ctrl+Tab",), anywhere=True),
            Action("Measures on the tiles", self._measures, ("I",)),
            Action("Zoom in", lambda: self._zoom(1), ("Ctrl++", "Ctrl+="), possible=self._has),
            Action("Zoom out", lambda: self._zoom(-1), ("Ctrl+-",), possible=self._has),
            Action("Whole picture", lambda: self._zoom(0), ("Ctrl+0",), possible=self._has),
            *(
                Action(f"Zoomed picture {where}", partial(self._pan, x, y), (f"Ctrl+{key}",))
                for where, key, x, y in (
                    ("left", "Left", -1, 0), ("right", "Right", 1, 0), ("up", "Up", 0, -1), ("down", "Down", 0, 1),
                )
            ),
        ]  # fmt: skip

    def _on_camera(self, run: Callable[[int], object]) -> Callable[[], None]:
        def do() -> None:
            camera = self.camera
            if camera is not None:
                run(camera)

        return do

    def _has(self) -> bool:
        return self.camera is not None

    def _holds(self) -> bool:
        state = self._room.active.state
        return state.shows(state.selected) is not None or state.item(state.selected) is not None

    def _toggle(self) -> None:
        wall = self._room.active
        wall.go(wall.state.toggled())

    def _clear(self) -> None:
        wall = self._room.active
        if wall.state.is_hotspot(wall.state.selected):
            wall.go(wall.state.following(None))
        else:
            wall.go(wall.state.placed(None, wall.state.selected))

    def _measures(self) -> None:
        wanted = not self._room.active.show_measures
        for each in self._room.controllers.values():
            each.show_measures = wanted
            each.refresh()

    def _reload(self) -> None:
        """What the layout brings along; the cameras that were called up over it go, those on free tiles stay."""
        wall = self._room.active
        state = wall.state
        saved = self._room.layouts.get(state.layout.name, state.layout)
        free = [None if cell.item else item for cell, item in zip(state.layout.cells, state.items, strict=False)]
        numbers = [state.camera(i) for i, item in enumerate(free) if item is not None]
        fresh = showing(saved, numbers) if saved == state.layout else state.arranged(saved)
        wall.go(fresh.chosen(state.selected))

    def _step(self, step: int) -> None:
        wall = self._room.active
        number = next_camera(self._cameras(), self.camera, step)
        if number is not None:
            wall.go(wall.state.placed(number, wall.state.selected))

    def _back(self) -> None:
        wall = self._room.active
        before = self._last.before(self._room.active_number, wall.state.selected, self.camera)
        if before is not None and wall.knows(before):
            wall.go(wall.state.placed(before, wall.state.selected))

    def _remember(self) -> None:
        self._last = self._last.showing(self._room.active_number, self._room.active.state.selected, self.camera)

    def _zoom(self, steps: int) -> None:
        wall = self._room.active
        wall.zoom(wall.state.selected, steps * ZOOM_STEP)

    def _pan(self, x: int, y: int) -> None:
        wall = self._room.active
        wall.pan(wall.state.selected, x * PAN_STEP, y * PAN_STEP)
