"""What the palette offers: every camera, layout, preset and action that there is now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from console.model.search import Entry
from console.model.show import ShowLayout, ShowPreset
from console.model.site import Camera
from console.ui.actions import Actions
from console.ui.palette import Offer
from console.ui.wall.room import WallRoom


def offers(
    room: WallRoom, cameras: Iterable[Camera], actions: Actions, call_up: Callable[[int], object]
) -> list[Offer]:
    """All of them, cameras first."""
    found = [
        Offer(
            Entry(f"camera {camera.id}", "Camera", camera.name, camera.number, (camera.address, camera.model)),
            partial(call_up, camera.number),
        )
        for camera in cameras
    ]
    wall = room.wall
    found += [
        Offer(
            Entry(f"preset {preset.name}", "Preset", preset.name, None, (), f"F{preset.key}" if preset.key else ""),
            partial(room.show, ShowPreset(preset.name)),
        )
        for preset in wall.presets
    ]
    found += [
        Offer(
            Entry(f"layout {name}", "Layout", name, None, (f"{len(layout.cells)} tiles",)),
            partial(room.show, ShowLayout(name)),
        )
        for name, layout in room.layouts.items()
    ]
    found += [
        Offer(Entry(f"action {action.name}", "Action", action.name, None, (), action.key), action.run)
        for action in actions
        if action.listed and action.possible()
    ]
    return found
