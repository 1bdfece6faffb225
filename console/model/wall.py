"""What a wall shows: layout, cameras on tiles, selection, maximised tile. Immutable states, pure moves, undo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from console.model.layout import Layout, preset


@dataclass(frozen=True, slots=True)
class WallState:
    """``cameras`` holds one number (or None) per tile of the layout; more are remembered beyond it, so that a smaller
    layout forgets nothing."""

    layout: Layout
    cameras: tuple[int | None, ...] = ()
    selected: int = 0
    maximised: int | None = None

    def camera(self, tile: int) -> int | None:
        """The camera on a tile."""
        return self.cameras[tile] if 0 <= tile < len(self.cameras) else None

    @property
    def shown(self) -> tuple[int, ...]:
        """Tiles that are on screen now."""
        return tuple(range(len(self.layout.cells))) if self.maximised is None else (self.maximised,)

    def tile_of(self, camera: int) -> int | None:
        """The first visible tile that shows a camera."""
        return next((i for i in range(len(self.layout.cells)) if self.camera(i) == camera), None)

    def arranged(self, layout: Layout) -> WallState:
        """Another layout, the cameras staying in order."""
        selected = min(self.selected, len(layout.cells) - 1)
        return replace(self, layout=layout, selected=selected, maximised=None)

    def placed(self, camera: int | None, tile: int) -> WallState:
        """A camera (or nothing) on a tile."""
        cameras = list(self.cameras) + [None] * (tile + 1 - len(self.cameras))
        cameras[tile] = camera
        return replace(self, cameras=tuple(cameras), selected=tile)

    def swapped(self, one: int, other: int) -> WallState:
        """Two tiles change their cameras; the selection follows the one that was moved."""
        first, second = self.camera(one), self.camera(other)
        return replace(self.placed(second, one).placed(first, other), selected=other)

    def renumbered(self, old: int, new: int | None) -> WallState:
        """A camera got another number; None: it is no more, and its tiles are free."""
        return replace(self, cameras=tuple(new if camera == old else camera for camera in self.cameras))

    def filled(self, cameras: Sequence[int]) -> WallState:
        """Cameras that are on no tile go onto the free tiles, in order."""
        state = self
        waiting = [number for number in cameras if number not in self.cameras]
        for tile in range(len(self.layout.cells)):
            if waiting and state.camera(tile) is None:
                state = replace(state.placed(waiting.pop(0), tile), selected=self.selected)
        return state

    def moved(self, dx: int, dy: int) -> WallState:
        """The selection one tile further; while maximised, the next tile is maximised instead."""
        selected = self.layout.neighbour(self.selected, dx, dy)
        return replace(self, selected=selected, maximised=None if self.maximised is None else selected)

    def chosen(self, tile: int) -> WallState:
        """The selection on a tile."""
        return replace(self, selected=max(0, min(tile, len(self.layout.cells) - 1)))

    def toggled(self) -> WallState:
        """The selected tile maximised, or back."""
        return replace(self, maximised=None if self.maximised is not None else self.selected)


def empty_wall(layout: Layout | None = None) -> WallState:
    """A wall with nothing on it."""
    start = layout or preset("16")
    assert start is not None
    return WallState(start)


class History:
    """Undo and redo without limit over what the wall shows; moving the selection is no step."""

    def __init__(self, state: WallState) -> None:
        self.state = state
        self._past: list[WallState] = []
        self._future: list[WallState] = []

    def go(self, state: WallState) -> bool:
        """Take a new state; False if nothing changed."""
        if state == self.state:
            return False
        if (state.layout, state.cameras) != (self.state.layout, self.state.cameras):
            self._past.append(self.state)
            self._future.clear()
        self.state = state
        return True

    def undo(self) -> bool:
        """One step back; False if there is none."""
        return self._step(self._past, self._future)

    def redo(self) -> bool:
        """One step forward again; False if there is none."""
        return self._step(self._future, self._past)

    def _step(self, source: list[WallState], target: list[WallState]) -> bool:
        if not source:
            return False
        target.append(self.state)
        self.state = source.pop()
        return True
