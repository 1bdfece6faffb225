"""All monitors of the wall together: which one the hands are on, presets, hotspots, tours, the schedule, undo."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from PySide6.QtCore import QObject, Signal

from console.model.layout import Layout
from console.model.show import ShowCommand, apply
from console.model.wall import Monitor, Wall
from console.ui.wall.controller import WallController


class WallRoom(QObject):
    """Lives on the Qt thread. One controller a monitor, made by ``make``; monitor 1 is the desk's and always there."""

    changed = Signal()
    """Something that has to be kept: what a monitor shows, presets, monitors."""
    selection_changed = Signal()
    active_changed = Signal()
    """The hands went to another monitor."""
    monitors_changed = Signal()
    stepped = Signal()
    """Something was done that can be undone."""

    def __init__(self, wall: Wall, make: Callable[[Monitor], WallController], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._make, self._wall = make, wall
        self.layouts: Mapping[str, Layout] = {}
        """The layouts that can be shown, by name."""
        self._controllers: dict[int, WallController] = {}
        self._active = 1
        self._steps: list[set[int]] = []
        self._undone: list[set[int]] = []
        self._group: set[int] | None = None
        self._take_in(wall)

    # What there is

    @property
    def wall(self) -> Wall:
        """The whole wall as it is now."""
        return self._wall.with_states((number, each.state) for number, each in self._controllers.items())

    @property
    def active(self) -> WallController:
        """The monitor that the hands are on."""
        return self._controllers.get(self._active) or self._controllers[1]

    @property
    def active_number(self) -> int:
        """Its number."""
        return self._active if self._active in self._controllers else 1

    @property
    def controllers(self) -> Mapping[int, WallController]:
        """All monitors by number."""
        return self._controllers

    def number_of(self, controller: WallController) -> int:
        """The monitor that a controller drives."""
        return next(number for number, each in self._controllers.items() if each is controller)

    # What is done

    def activate(self, number: int) -> None:
        """The hands go to another monitor; its selection is the selection now."""
        if number != self._active and number in self._controllers:
            before = self.active
            self._active = number
            for each in (before, self.active):
                each.set_active(each is self.active)
            self.active_changed.emit()
            self._selected(number)

    def next_monitor(self) -> None:
        """The hands go one monitor further."""
        numbers = sorted(self._controllers)
        self.activate(numbers[(numbers.index(self.active_number) + 1) % len(numbers)])

    def show(self, command: ShowCommand) -> None:
        """Whatever is to be shown, by whomever: the operator, the schedule, and later events. Raises ShowError."""
        self.go_to(apply(self.wall, command, self.layouts, monitor=self.active_number))

    def go_to(self, wall: Wall) -> None:
        """Show what these monitors show; one step to undo, however many they are."""
        with self._one_step():
            for monitor in wall.monitors:
                if monitor.number in self._controllers:
                    self._controllers[monitor.number].go(monitor.state)

    def follow(self, camera: int | None) -> None:
        """Every hotspot shows this camera, those of layouts that are shown later too."""
        for each in self._controllers.values():
            each.start_with(each.state.following(camera))

    def undo(self) -> bool:
        """One step back, on whichever monitors it was made."""
        return self._walk(self._steps, self._undone, WallController.undo)

    def redo(self) -> bool:
        """One step forward again."""
        return self._walk(self._undone, self._steps, WallController.redo)

    def set_wall(self, wall: Wall) -> None:
        """Other monitors, presets or schedule; what the monitors show stays theirs."""
        self._take_in(wall)
        self.changed.emit()

    def renumbered(self, old: int, new: int | None) -> None:
        """A camera got another number, or went."""
        self.go_to(self.wall.renumbered(old, new))
        fresh = self._wall.renumbered(old, new)
        if fresh != self._wall:
            self._wall = fresh

    def put_everywhere(self, action: Callable[[WallController], object]) -> None:
        """Do something with every monitor."""
        for each in list(self._controllers.values()):
            action(each)

    # Inside

    def _take_in(self, wall: Wall) -> None:
        if wall.monitor(1) is None:
            raise ValueError("a wall has a monitor 1")
        before = set(self._controllers)
        for monitor in wall.monitors:
            if monitor.number not in self._controllers:
                self._controllers[monitor.number] = self._connected(monitor)
        for gone in before - {monitor.number for monitor in wall.monitors}:
            self._controllers.pop(gone).release()
        self._wall = wall
        if before != set(self._controllers):
            if before:
                self.follow(self.active.state.followed)  # hotspots of new monitors too
            self.monitors_changed.emit()

    def _connected(self, monitor: Monitor) -> WallController:
        controller, number = self._make(monitor), monitor.number
        controller.state_changed.connect(self.changed)
        controller.selection_changed.connect(lambda: self._selected(number))
        controller.stepped.connect(lambda: self._stepped(number))
        controller.set_active(number == self._active)
        return controller

    def _selected(self, number: int) -> None:
        if number != self.active_number:
            return
        state = self.active.state
        camera = state.camera(state.selected)
        if camera is not None and not state.is_hotspot(state.selected):
            self.follow(camera)
        self.selection_changed.emit()

    def _stepped(self, number: int) -> None:
        if self._group is not None:
            self._group.add(number)
        else:
            self._steps.append({number})
        self._undone.clear()
        self.stepped.emit()

    @contextmanager
    def _one_step(self) -> Iterator[None]:
        self._group = set()
        try:
            yield
        finally:
            group, self._group = self._group, None
            if group:
                self._steps.append(group)

    def _walk(self, source: list[set[int]], target: list[set[int]], move: Callable[[WallController], bool]) -> bool:
        done = False
        while source and not done:
            step = source.pop()
            moved = {number for number in step if (each := self._controllers.get(number)) and move(each)}
            done = bool(moved)
            if done:
                target.append(moved)
        return done
