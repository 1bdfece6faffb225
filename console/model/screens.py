"""Which monitor of the wall lies on which screen of this computer. Pure; the order of the screens is of no matter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from console.model.wall import Monitor, ScreenId

DESK = 1
"""The number of the monitor that lies in the desk's window."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """``screens``: per number of a monitor the index of its screen, None where it waits for one. ``instead``: per
    number of a monitor that has a screen the number of the one whose layout it shows for the time being. ``makeshift``:
    the numbers of those that lie on a screen that is not the one they belong to, because that is not there."""

    screens: Mapping[int, int | None] = field(default_factory=dict)
    instead: Mapping[int, int] = field(default_factory=dict)
    makeshift: frozenset[int] = frozenset()

    def screen(self, number: int) -> int | None:
        """The index of a monitor's screen; None where it waits for one, or there is no such monitor."""
        return self.screens.get(number)

    def on_screen(self, index: int) -> int | None:
        """The number of the monitor whose layout that screen shows; None: it is left alone."""
        there = next((number for number, screen in self.screens.items() if screen == index), None)
        return None if there is None else self.instead.get(there, there)

    @property
    def waiting(self) -> tuple[int, ...]:
        """The numbers of the monitors whose layout is on no screen now."""
        shown = {self.instead.get(number, number) for number, screen in self.screens.items() if screen is not None}
        return tuple(number for number in self.screens if number not in shown)


def assign(monitors: Sequence[Monitor], screens: Sequence[ScreenId], desk: ScreenId | None = None) -> Assignment:
    """Each monitor on the screen that it belongs to: the very same; else the same device (maker, model and serial
    number) on another connector; else the same model on the same connector; else the same model in the same place. No
    two are ever on one screen.

    A monitor that belongs to no screen yet takes one that is left, from the left. So does the desk's (monitor 1) while
    its own is away, for somebody has to work there: ``desk`` (the system's primary screen) if that is left. Where none
    is, its window lies wherever the system puts it. Any other waits, and its layout is shown by the monitor that its
    ``instead`` names, if that has a screen; of two that name the same one the lower number is shown."""
    found = _matched(monitors, screens)
    order = sorted(range(len(screens)), key=lambda index: _sort_key(screens[index]))
    left = [index for index in order if index not in found.values()]
    makeshift = set()
    for monitor in sorted(monitors, key=lambda each: each.number):
        homeless = monitor.screen is None
        if monitor.number in found or not left or not (homeless or monitor.number == DESK):
            continue
        primary = [index for index in left if monitor.number == DESK and screens[index] == desk]
        first = (primary or left)[0]
        left.remove(first)
        found[monitor.number] = first
        if not homeless:
            makeshift.add(monitor.number)
    numbers = sorted(monitor.number for monitor in monitors)
    return Assignment(
        {number: found.get(number) for number in numbers}, _stand_ins(monitors, found), frozenset(makeshift)
    )


def adopted(monitors: Sequence[Monitor], assignment: Assignment, screens: Sequence[ScreenId]) -> tuple[Monitor, ...]:
    """The monitors, each belonging from now on to the screen on which it lies; to be saved. Those that wait, or lie
    somewhere for the time being, still belong where they did."""
    settled = {
        number: screens[index]
        for number, index in assignment.screens.items()
        if index is not None and number not in assignment.makeshift
    }
    return tuple(replace(each, screen=settled.get(each.number, each.screen)) for each in monitors)


def _matched(monitors: Sequence[Monitor], screens: Sequence[ScreenId]) -> dict[int, int]:
    """Number -> index, for those whose own screen is there: the surest pairs first, so that one who merely would fit
    takes nobody's screen away."""
    pairs = sorted(
        ((rank, monitor.number, _sort_key(screen)), monitor.number, index)
        for monitor in monitors
        for index, screen in enumerate(screens)
        if monitor.screen is not None and (rank := _rank(monitor.screen, screen)) is not None
    )
    found: dict[int, int] = {}
    taken: set[int] = set()
    for _, number, index in pairs:
        if number not in found and index not in taken:
            found[number] = index
            taken.add(index)
    return found


def _rank(own: ScreenId, screen: ScreenId) -> tuple[int, int] | None:
    """How sure it is (0: surest) that a screen is the one a monitor belongs to; None: it is not."""
    same_kind = (own.maker, own.model) == (screen.maker, screen.model)
    same_device = same_kind and own.serial != "" and own.serial == screen.serial
    same_plug = own.name == screen.name
    same_place = (own.x, own.y, own.width, own.height) == (screen.x, screen.y, screen.width, screen.height)
    if own == screen:
        return 0, 0
    if same_device:  # cheap ones all say the same number: then connector and place decide among them
        return 1, 2 * (not same_plug) + (not same_place)
    if same_kind and same_plug:
        return 2, int(not same_place)
    return (3, 0) if same_kind and same_place else None


def _stand_ins(monitors: Sequence[Monitor], found: Mapping[int, int]) -> dict[int, int]:
    """Host -> the waiting monitor whose layout it shows."""
    hosts: dict[int, int] = {}
    for monitor in sorted(monitors, key=lambda each: each.number):
        if monitor.number not in found and monitor.instead in found and monitor.instead is not None:
            hosts.setdefault(monitor.instead, monitor.number)
    return hosts


def _sort_key(screen: ScreenId) -> tuple[int, int, str, str, str, str, int, int]:
    """From the left, then from the top; the rest so that any order of the same screens gives the same."""
    return (
        screen.x, screen.y, screen.name, screen.serial, screen.maker, screen.model, screen.width, screen.height,
    )  # fmt: skip
