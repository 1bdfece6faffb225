"""The wall: a named set of monitors, the presets that fill them all at once, and when they do so by themselves."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import time

from console.model.items import Item
from console.model.layout import Layout
from console.model.monitor import MonitorState

MAX_MONITORS = 64
PRESET_KEYS = range(2, 13)
"""F2 to F12 may show a preset, but not F11, which is full screen."""


@dataclass(frozen=True, slots=True)
class ScreenId:
    """How a physical monitor is recognised: what it says of itself, and where it lies on the desktop in logical
    pixels. Monitors of one model often tell no serial number; then the connector's name and the place decide."""

    name: str
    serial: str = ""
    maker: str = ""
    model: str = ""
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor of the wall. ``number`` is what operators type (``monitor.tile.camera``), from 1; monitor 1 is the
    desk's. ``screen`` is where it belongs (None: wherever there is room), ``instead`` the number of the monitor that
    shows its layout while its screen is unplugged (None: it waits)."""

    number: int
    name: str
    state: MonitorState
    screen: ScreenId | None = None
    instead: int | None = None


@dataclass(frozen=True, slots=True)
class Arrangement:
    """What a preset puts on one monitor."""

    layout: Layout
    items: tuple[Item | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Preset:
    """A whole wall under a name: what each monitor (by number) shows. ``key``: the function key that shows it."""

    name: str
    monitors: tuple[tuple[int, Arrangement], ...]
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Switch:
    """A preset that is shown by the clock: at this local time, on these weekdays (0 is Monday)."""

    preset: str
    at: time
    weekdays: frozenset[int] = frozenset(range(7))


@dataclass(frozen=True, slots=True)
class PresetTour:
    """Presets one after another: names and how long each stays, in seconds."""

    stops: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Wall:
    """Monitors in the order of their numbers."""

    name: str = "Wall"
    monitors: tuple[Monitor, ...] = ()
    presets: tuple[Preset, ...] = ()
    schedule: tuple[Switch, ...] = ()
    tour: PresetTour = PresetTour()

    def monitor(self, number: int) -> Monitor | None:
        """The monitor of that number."""
        return next((monitor for monitor in self.monitors if monitor.number == number), None)

    def preset(self, name: str) -> Preset | None:
        """The preset of that name."""
        return next((preset for preset in self.presets if preset.name == name), None)

    def on_key(self, key: int) -> Preset | None:
        """The preset on that function key."""
        return next((preset for preset in self.presets if preset.key == key), None)

    def with_monitor(self, monitor: Monitor) -> Wall:
        """The wall with this monitor added, or in the place of the one with its number."""
        others = [other for other in self.monitors if other.number != monitor.number]
        return replace(self, monitors=tuple(sorted((*others, monitor), key=lambda each: each.number)))

    def without_monitor(self, number: int) -> Wall:
        """The wall without this monitor; those that it stood in for wait from now on."""
        left = (each for each in self.monitors if each.number != number)
        return replace(
            self, monitors=tuple(replace(each, instead=None) if each.instead == number else each for each in left)
        )

    def with_preset(self, preset: Preset) -> Wall:
        """The wall with this preset added, or in the place of the one with its name; its key is taken from others."""
        others = (each for each in self.presets if each.name != preset.name)
        kept = (replace(each, key=None) if each.key is not None and each.key == preset.key else each for each in others)
        return replace(self, presets=(*kept, preset))

    def without_preset(self, name: str) -> Wall:
        """The wall without this preset, in schedule and tour too."""
        return replace(
            self,
            presets=tuple(each for each in self.presets if each.name != name),
            schedule=tuple(each for each in self.schedule if each.preset != name),
            tour=PresetTour(tuple(stop for stop in self.tour.stops if stop[0] != name)),
        )

    def remembered(self, name: str, key: int | None = None) -> Preset:
        """What is on all monitors now, as a preset of this name."""
        return Preset(name, tuple((m.number, Arrangement(m.state.layout, m.state.items)) for m in self.monitors), key)

    def showing(self, preset: Preset) -> Wall:
        """The wall as the preset remembers it; monitors that it does not know stay as they are."""
        fresh = dict(preset.monitors)
        return replace(self, monitors=tuple(_arranged(each, fresh.get(each.number)) for each in self.monitors))

    def renumbered(self, old: int, new: int | None) -> Wall:
        """A camera got another number, or went (None)."""
        return self.with_states((each.number, each.state.renumbered(old, new)) for each in self.monitors)

    def with_states(self, states: Iterable[tuple[int, MonitorState]]) -> Wall:
        """The wall with other states on these monitors."""
        fresh = dict(states)
        return replace(self, monitors=tuple(replace(m, state=fresh.get(m.number, m.state)) for m in self.monitors))


def _arranged(monitor: Monitor, wanted: Arrangement | None) -> Monitor:
    if wanted is None:
        return monitor
    selected = min(monitor.state.selected, len(wanted.layout.cells) - 1)
    state = MonitorState(wanted.layout, wanted.items, selected, followed=monitor.state.followed)
    return replace(monitor, state=state)
