"""What the wall can be told to show, by a key, the clock, the palette, and later by events. One seam: a command goes
in, a new wall comes out."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass

from console.model.layout import Layout
from console.model.wall import Monitor, Wall


class ShowError(ValueError):
    """A command that this wall can not follow. The sentence says what is not there and what to do."""

    def __init__(self, problem: str, advice: str) -> None:
        super().__init__(f"{problem}. {advice}")


@dataclass(frozen=True, slots=True)
class ShowCamera:
    """A camera on a tile (from 1, as operators count) of a monitor; None: the selected tile, the default monitor."""

    camera: int
    monitor: int | None = None
    tile: int | None = None


@dataclass(frozen=True, slots=True)
class ShowLayout:
    """The layout of that name on a monitor; None: the default one."""

    layout: str
    monitor: int | None = None


@dataclass(frozen=True, slots=True)
class ShowPreset:
    """The preset of that name on all its monitors."""

    name: str


@dataclass(frozen=True, slots=True)
class FollowCamera:
    """A camera on the hotspots of all monitors; None: what was put on them."""

    camera: int | None


ShowCommand = ShowCamera | ShowLayout | ShowPreset | FollowCamera
"""All of them."""


def apply(
    wall: Wall,
    command: ShowCommand,
    layouts: Mapping[str, Layout],
    *,
    monitor: int = 1,
    cameras: Container[int] | None = None,
) -> Wall:
    """The wall after the command. ``layouts``: those that there are, by name; ``monitor``: the default one;
    ``cameras``: the numbers of the site, if they are to be checked. ShowError where something is not there."""
    match command:
        case ShowCamera():
            _check_camera(command.camera, cameras)
            there = _monitor(wall, command.monitor, monitor)
            state = there.state.placed(command.camera, _tile(there, command.tile))
            return wall.with_states([(there.number, state)])
        case ShowLayout():
            layout = layouts.get(command.layout)
            if layout is None:
                raise ShowError(f"There is no layout {command.layout!r}", "Choose one from the list of layouts.")
            there = _monitor(wall, command.monitor, monitor)
            return wall.with_states([(there.number, there.state.arranged(layout))])
        case ShowPreset():
            preset = wall.preset(command.name)
            if preset is None:
                raise ShowError(f"There is no preset {command.name!r}", "Choose one from the list of presets.")
            return wall.showing(preset)
        case FollowCamera():
            if command.camera is not None:
                _check_camera(command.camera, cameras)
            return wall.with_states((each.number, each.state.following(command.camera)) for each in wall.monitors)


def _monitor(wall: Wall, number: int | None, default: int) -> Monitor:
    wanted = default if number is None else number
    there = wall.monitor(wanted)
    if there is None:
        known = ", ".join(str(each.number) for each in wall.monitors)
        raise ShowError(f"There is no monitor {wanted}", f"The wall has {known}." if known else "The wall has none.")
    return there


def _tile(monitor: Monitor, tile: int | None) -> int:
    tiles = len(monitor.state.layout.cells)
    wanted = monitor.state.selected + 1 if tile is None else tile
    if not 1 <= wanted <= tiles:
        raise ShowError(f"Monitor {monitor.number} has no tile {wanted}", f"Its layout has 1 to {tiles}.")
    return wanted - 1


def _check_camera(camera: int, cameras: Container[int] | None) -> None:
    if cameras is not None and camera not in cameras:
        raise ShowError(f"There is no camera {camera}", "Choose one from the list of cameras.")
