"""What one monitor of the wall shows: layout, what is on its tiles, selection, maximised tile. Immutable, with undo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from console.model.items import CameraItem, Item, PlainItem, TourItem
from console.model.layout import Layout, preset


@dataclass(frozen=True, slots=True)
class MonitorState:
    """``items`` holds what was put on each tile of the layout; more are remembered beyond it, so that a smaller layout
    forgets nothing. ``stops`` is where the tours are at the moment and ``followed`` the camera on the hotspots; both
    come and go by themselves and are neither saved nor undone."""

    layout: Layout
    items: tuple[Item | None, ...] = ()
    selected: int = 0
    maximised: int | None = None
    stops: tuple[PlainItem | None, ...] = ()
    followed: int | None = None

    def __post_init__(self) -> None:
        """Free tiles at the end are not written down: what looks the same is equal."""
        used = len(self.items)
        while used and self.items[used - 1] is None:
            used -= 1
        object.__setattr__(self, "items", self.items[:used])

    def item(self, tile: int) -> Item | None:
        """What was put on a tile: a camera, a tour ..."""
        return self.items[tile] if 0 <= tile < len(self.items) else None

    def shows(self, tile: int) -> PlainItem | None:
        """What a tile shows at this moment: of a tour its present stop, on a hotspot what it follows."""
        if self.followed is not None and self.is_hotspot(tile):
            return CameraItem(self.followed)
        item = self.item(tile)
        if isinstance(item, TourItem):
            return self.stops[tile] if tile < len(self.stops) else None
        return item

    def camera(self, tile: int) -> int | None:
        """The camera that a tile shows at this moment."""
        shown = self.shows(tile)
        return shown.number if isinstance(shown, CameraItem) else None

    @property
    def cameras(self) -> tuple[int | None, ...]:
        """What was put on the tiles, as far as it is cameras; beyond the layout's tiles too."""
        return tuple(item.number if isinstance(item, CameraItem) else None for item in self.items)

    @property
    def shown(self) -> tuple[int, ...]:
        """Tiles that are on screen now."""
        return tuple(range(len(self.layout.cells))) if self.maximised is None else (self.maximised,)

    def is_hotspot(self, tile: int) -> bool:
        """Whether the layout makes this tile follow what is selected or alarmed."""
        return 0 <= tile < len(self.layout.cells) and self.layout.cells[tile].hotspot

    def tile_of(self, camera: int) -> int | None:
        """The first tile of the layout that shows a camera; one that does not merely follow it if there is one."""
        tiles = [i for i in range(len(self.layout.cells)) if self.camera(i) == camera]
        return next((i for i in tiles if not self.is_hotspot(i)), tiles[0] if tiles else None)

    def arranged(self, layout: Layout) -> MonitorState:
        """Another layout: what it brings along is on its tiles, and on the others what was there, in order."""
        items = self.items
        if any(cell.item for cell in (*self.layout.cells, *layout.cells)):
            brought = [cell.item for cell in self.layout.cells]
            own = [item for i, item in enumerate(items) if item is not None and item not in brought[i : i + 1]]
            fresh = [cell.item or (own.pop(0) if own and not cell.hotspot else None) for cell in layout.cells]
            items = (*fresh, *own)
        selected = min(self.selected, len(layout.cells) - 1)
        return MonitorState(layout, items, selected, followed=self.followed)

    def put(self, item: Item | None, tile: int) -> MonitorState:
        """Something (or nothing) on a tile, which is then selected. A camera on a hotspot is what is followed."""
        if isinstance(item, CameraItem) and self.is_hotspot(tile):
            return replace(self, followed=item.number, selected=tile)
        items = list(self.items) + [None] * (tile + 1 - len(self.items))
        items[tile] = item
        return replace(self, items=tuple(items), stops=_without(self.stops, tile), selected=tile)

    def placed(self, camera: int | None, tile: int) -> MonitorState:
        """A camera (or nothing) on a tile."""
        return self.put(None if camera is None else CameraItem(camera), tile)

    def swapped(self, one: int, other: int) -> MonitorState:
        """Two tiles change what they hold; the selection follows the one that was moved."""
        first, second = self.item(one), self.item(other)
        return replace(self.put(second, one).put(first, other), selected=other)

    def renumbered(self, old: int, new: int | None) -> MonitorState:
        """A camera got another number; None: it is no more, and its tiles are free."""
        fresh = None if new is None else CameraItem(new)
        items = tuple(fresh if item == CameraItem(old) else item for item in self.items)
        return replace(self, items=items, followed=new if self.followed == old else self.followed)

    def filled(self, cameras: Sequence[int]) -> MonitorState:
        """Cameras that are on no tile go onto the free tiles, in order; hotspots stay free."""
        items = list(self.items) + [None] * (len(self.layout.cells) - len(self.items))
        waiting = [number for number in cameras if CameraItem(number) not in items]
        for tile, cell in enumerate(self.layout.cells):
            if waiting and items[tile] is None and not cell.hotspot:
                items[tile] = CameraItem(waiting.pop(0))
        return replace(self, items=tuple(items))

    def following(self, camera: int | None) -> MonitorState:
        """The hotspots show this camera from now on; None: what was put on them."""
        return replace(self, followed=camera)

    def touring(self, stops: Iterable[PlainItem | None]) -> MonitorState:
        """Where each tile's tour is now (None for tiles without one)."""
        return replace(self, stops=tuple(stops))

    def moved(self, dx: int, dy: int) -> MonitorState:
        """The selection one tile further; while maximised, the next tile is maximised instead."""
        selected = self.layout.neighbour(self.selected, dx, dy)
        return replace(self, selected=selected, maximised=None if self.maximised is None else selected)

    def chosen(self, tile: int) -> MonitorState:
        """The selection on a tile."""
        return replace(self, selected=max(0, min(tile, len(self.layout.cells) - 1)))

    def toggled(self) -> MonitorState:
        """The selected tile maximised, or back."""
        return replace(self, maximised=None if self.maximised is not None else self.selected)


def showing(layout: Layout, cameras: Sequence[int | None] = ()) -> MonitorState:
    """A monitor with these cameras on its tiles, in order, and what the layout itself brings along."""
    asked = list(cameras)
    brought = [cell.item for cell in layout.cells]
    items = [item or (_item(asked.pop(0)) if asked else None) for item in brought] + [_item(each) for each in asked]
    return MonitorState(layout, tuple(items))


def empty_monitor(layout: Layout | None = None) -> MonitorState:
    """A monitor with nothing on it but what the layout brings along."""
    start = layout or preset("4x4")
    assert start is not None
    return showing(start)


def _item(camera: int | None) -> CameraItem | None:
    return None if camera is None else CameraItem(camera)


def _without(stops: tuple[PlainItem | None, ...], tile: int) -> tuple[PlainItem | None, ...]:
    return tuple(None if i == tile else stop for i, stop in enumerate(stops))


class History:
    """Undo and redo without limit over what a monitor shows; moving the selection is no step, nor what tours and
    hotspots do by themselves."""

    def __init__(self, state: MonitorState) -> None:
        self.state = state
        self._past: list[MonitorState] = []
        self._future: list[MonitorState] = []

    @property
    def steps(self) -> int:
        """How many steps can be undone."""
        return len(self._past)

    def go(self, state: MonitorState) -> bool:
        """Take a new state; False if nothing changed."""
        if state == self.state:
            return False
        if (state.layout, state.items) != (self.state.layout, self.state.items):
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

    def _step(self, source: list[MonitorState], target: list[MonitorState]) -> bool:
        if not source:
            return False
        target.append(self.state)
        self.state = source.pop()
        return True
