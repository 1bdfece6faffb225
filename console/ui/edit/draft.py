"""A draft of a layout: each edit a step with a name, what is picked, and sentences where something is impossible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from math import ceil, floor

from PySide6.QtCore import QObject, Signal

from console.model.items import CameraItem, Item, PlainItem
from console.model.layout import Layout, LayoutError
from console.model.layout_edit import (
    Border,
    Edge,
    border_of,
    cleared,
    equalised,
    extended_tour,
    follow,
    merge,
    move_line,
    normalised,
    put,
    put_many,
    renamed,
    set_hotspot,
    split,
    swap,
)
from console.model.layout_shape import boxes
from console.model.monitor import MonitorState
from console.model.undo import Undo
from console.ui.edit.shapes import divided_as, exact
from console.ui.edit.words import flaw_of, plain_items, said, short

DWELL = 10.0
"""Seconds of a step of a new tour."""
KEY_STEPS = 96
"""Places of a border that keys reach: halves, thirds, quarters, sixths, eighths and twelfths are among them."""

_ARROW_EDGES = {
    (-1, 0): (Edge.RIGHT, Edge.LEFT),
    (1, 0): (Edge.RIGHT, Edge.LEFT),
    (0, -1): (Edge.BOTTOM, Edge.TOP),
    (0, 1): (Edge.BOTTOM, Edge.TOP),
}


class Draft(QObject):
    """Only the Qt thread. It touches no wall: who wants the layout reads ``layout``. Impossible edits change nothing
    and tell why by ``said``; each edit returns whether something changed."""

    changed = Signal()
    """The layout, its history or what is saved."""
    picked_changed = Signal()
    said = Signal(str)

    def __init__(self, layout: Layout, saved: Layout | None = None, parent: QObject | None = None) -> None:
        """``saved``: what the file has, if the draft is ahead of it already."""
        super().__init__(parent)
        self._undo = Undo(layout)
        self._saved = saved or layout
        self._picked: frozenset[int] = frozenset({0})
        self._current = self._anchor = 0

    # What is there

    @property
    def layout(self) -> Layout:
        """The draft."""
        return self._undo.state

    @property
    def saved(self) -> Layout:
        """What was last published."""
        return self._saved

    @property
    def dirty(self) -> bool:
        """Whether there is something to publish."""
        return self.layout != self._saved

    @property
    def undo_name(self) -> str | None:
        """What ``undo`` would take back."""
        return self._undo.undo_name

    @property
    def redo_name(self) -> str | None:
        """What ``redo`` would do again."""
        return self._undo.redo_name

    @property
    def picked(self) -> tuple[int, ...]:
        """The picked tiles, rising; at least one."""
        return tuple(sorted(self._picked))

    @property
    def current(self) -> int:
        """The tile that keys start from."""
        return self._current

    # History

    def start(self, layout: Layout, saved: Layout | None = None) -> None:
        """Another layout, with a history of its own."""
        self._undo, self._saved = Undo(layout), saved or layout
        self._picked, self._current, self._anchor = frozenset({0}), 0, 0
        self._tell()

    def mark_saved(self, layout: Layout) -> None:
        """This is what the file has now."""
        self._saved = layout
        self.changed.emit()

    def undo(self) -> bool:
        """One step back."""
        return self._travel(self._undo.undo, "There is nothing to undo.")

    def redo(self) -> bool:
        """One step forward again."""
        return self._travel(self._undo.redo, "There is nothing to redo.")

    def revert(self) -> bool:
        """Back to what is published, as a step that can be undone."""
        return self.do("revert", lambda layout: self._saved)

    def do(self, name: str, edit: Callable[[Layout], Layout]) -> bool:
        """An edit under the name that stands behind "Undo"."""
        before = self.layout
        try:
            after = edit(before)
        except LayoutError as error:
            self.said.emit(said(error, before.name))
            return False
        if not self._undo.go(name, after):
            return False
        self._follow(before)
        self.said.emit("")
        self._tell()
        return True

    def _travel(self, step: Callable[[], str | None], nothing: str) -> bool:
        before = self.layout
        name = step()
        if name is None:
            self.said.emit(nothing)
            return False
        self._follow(before)
        self.said.emit("")
        self._tell()
        return True

    def _follow(self, before: Layout) -> None:
        """What is picked stays picked, whatever its tiles are called now."""
        after = self.layout
        if [cell.place for cell in before.cells] == [cell.place for cell in after.cells]:
            return
        self._picked = frozenset(follow(before, after, tile) for tile in self._picked)
        self._current = follow(before, after, self._current)
        self._anchor = self._current

    def _tell(self) -> None:
        self.changed.emit()
        self.picked_changed.emit()

    # Picking

    def pick(self, tile: int) -> None:
        """This tile alone."""
        self._pick({tile}, tile, anchor=tile)

    def toggle(self, tile: int) -> None:
        """This one more, or one less; one always stays."""
        picked = self._picked ^ {tile}
        self._pick(picked or {tile}, tile, anchor=tile)

    def extend(self, tile: int) -> None:
        """All tiles in the rectangle that the first picked and this one span."""
        self._pick(self._between(self._anchor, tile), tile, anchor=self._anchor)

    def pick_these(self, tiles: Iterable[int]) -> None:
        """These tiles; none: nothing changes."""
        chosen = set(tiles)
        if chosen:
            first = self._current if self._current in chosen else min(chosen)
            self._pick(chosen, first, anchor=first)

    def pick_all(self) -> None:
        """Every tile."""
        self._pick(set(range(len(self.layout.cells))), self._current, anchor=self._anchor)

    def step(self, dx: int, dy: int, extend: bool = False, keep: bool = False) -> None:
        """To the neighbour on that side; ``extend`` picks what lies between, ``keep`` what is picked stays so."""
        there = self.layout.neighbour(self._current, dx, dy)
        if extend:
            self.extend(there)
        elif keep:
            self._pick(self._picked, there, anchor=there)
        else:
            self.pick(there)

    def _pick(self, tiles: Iterable[int], current: int, anchor: int) -> None:
        before = (self._picked, self._current)
        self._picked, self._current, self._anchor = frozenset(tiles), current, anchor
        if before != (self._picked, self._current):
            self.picked_changed.emit()

    def _between(self, one: int, other: int) -> set[int]:
        shape = boxes(self.layout)
        a, b = shape[one], shape[other]
        left, top = min(a.left, b.left), min(a.top, b.top)
        right, bottom = max(a.right, b.right), max(a.bottom, b.bottom)
        return {
            i for i, box in enumerate(shape)
            if box.left < right and box.right > left and box.top < bottom and box.bottom > top
        }  # fmt: skip

    # Shape

    def split(self, columns: int, rows: int) -> bool:
        """Each picked tile into that many parts."""

        def edit(layout: Layout) -> Layout:
            before = layout
            for tile in self.picked:
                layout = split(layout, follow(before, layout, tile), columns, rows)
            return layout

        return self.do("split", edit)

    def merge(self) -> bool:
        """The picked tiles made one."""
        return self.do("merge", lambda layout: merge(layout, self.picked))

    def equalise(self) -> bool:
        """All columns and all rows alike."""
        return self.do("equal sizes", equalised)

    def move_border(self, base: Layout, border: Border, share: float, snap: bool) -> Layout | None:
        """What a drag would give; nothing changes. None, and a sentence, if it is impossible."""
        try:
            return move_line(base, border, share, snap)
        except LayoutError as error:
            self.said.emit(said(error, base.name))
            return None

    def nudge(self, dx: int, dy: int, other_side: bool = False) -> bool:
        """The right or lower border of the tile (at the monitor's edge the other one) one place further;
        ``other_side``: the left or upper one."""
        first, second = _ARROW_EDGES[(dx, dy)]
        if other_side:
            first, second = second, first

        def edit(layout: Layout) -> Layout:
            layout = normalised(layout)
            tile = follow(self.layout, layout, self._current)
            border = border_of(layout, tile, first) or border_of(layout, tile, second)
            if border is None:
                raise LayoutError(layout.name, "this tile has no border to move on that axis", "Split it first.")
            here = exact(layout, border)
            wish = floor(here * KEY_STEPS) + 1 if dx + dy > 0 else ceil(here * KEY_STEPS) - 1
            moved = move_line(layout, border, wish / KEY_STEPS, snap=False)
            if boxes(moved) == boxes(layout):
                raise LayoutError(layout.name, "this border can not go further", "Merge tiles to make one larger.")
            return moved

        return self.do("resize", edit)

    def divide_as(self, pattern: Layout) -> bool:
        """The division of another layout; what is on the tiles stays, in order."""
        before = self.layout
        after, left = divided_as(before, pattern)
        done = self.do(f"divide as {pattern.name}", lambda layout: after)
        if left:
            self.said.emit(f"{_count(left, 'tile')} found no room in this division. Ctrl+Z brings them back.")
        return done

    # What tiles hold

    def put(self, item: Item | None) -> bool:
        """Something (or nothing) on all picked tiles."""
        flaw = None if item is None else flaw_of(item)
        if flaw is not None:
            self.said.emit(flaw)
            return False

        def edit(layout: Layout) -> Layout:
            for tile in self.picked:
                layout = put(layout, tile, item)
            return layout

        return self.do("clear" if item is None else f"put {short(item)}", edit)

    def put_there(self, tile: int, items: Sequence[Item]) -> bool:
        """The first onto this tile, the others onto the free ones that follow."""
        if not items:
            return False
        rest: tuple[Item, ...] = ()

        def edit(layout: Layout) -> Layout:
            nonlocal rest
            layout, rest = put_many(layout, tile, items)
            return layout

        done = self.do(f"put {short(items[0])}" if len(items) == 1 else f"put {len(items)} things", edit)
        self.pick(tile)
        if rest:
            words = ", ".join(str(each.number) for each in rest if isinstance(each, CameraItem))
            self.said.emit(
                f"No free tile was left for {_count(len(rest), 'item')}{f' ({words[:60]})' if words else ''}. "
                "Split a tile, or drop them with Alt as a tour."
            )
        return done

    def tour_there(self, tile: int, items: Sequence[Item], dwell: float = DWELL) -> bool:
        """A tour of these on the tile, behind what it holds."""
        steps: tuple[PlainItem, ...] = plain_items(tuple(items))
        if not steps:
            return False
        done = self.do("tour", lambda layout: extended_tour(layout, tile, steps, dwell))
        self.pick(tile)
        return done

    def clear(self) -> bool:
        """The picked tiles free."""
        return self.do("clear", lambda layout: cleared(layout, self.picked))

    def swap(self, one: int, other: int) -> bool:
        """Two tiles change what they hold; the moved one stays picked."""
        done = self.do("swap", lambda layout: swap(layout, one, other))
        self.pick(other)
        return done

    def swap_towards(self, dx: int, dy: int) -> bool:
        """With the neighbour on that side."""
        return self.swap(self._current, self.layout.neighbour(self._current, dx, dy))

    def hotspot(self, on: bool) -> bool:
        """Whether the picked tiles follow what is selected or alarmed."""

        def edit(layout: Layout) -> Layout:
            for tile in self.picked:
                layout = set_hotspot(layout, tile, on)
            return layout

        return self.do("hotspot" if on else "no hotspot", edit)

    def toggle_hotspot(self) -> bool:
        """The other way round than the tile that keys start from."""
        return self.hotspot(not self.layout.cells[self._current].hotspot)

    def rename(self, name: str) -> bool:
        """Another name for the layout."""
        return self.do("rename", lambda layout: renamed(layout, name))

    def take_over(self, state: MonitorState) -> bool:
        """What a monitor shows onto the free tiles of the draft; nothing that is there already comes twice."""

        def edit(layout: Layout) -> Layout:
            there = {cell.item for cell in layout.cells}
            waiting = [item for item in state.items if item is not None and item not in there]
            for tile, cell in enumerate(layout.cells):
                if waiting and cell.item is None and not cell.hotspot:
                    layout = put(layout, tile, waiting.pop(0))
            return layout

        if self.do("take what is shown", edit):
            return True
        self.said.emit("Nothing was taken: no tile is free, or all that is shown is here already.")
        return False


def _count(number: int, what: str) -> str:
    return f"1 {what}" if number == 1 else f"{number} {what}s"
