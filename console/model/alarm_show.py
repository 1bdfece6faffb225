"""How the cameras of an alarm come onto the wall: on the hotspots, on tiles where they are already, on free tiles.
Pure: it gives commands for ``show.apply`` and the tile to select; nothing that an operator put somewhere is taken away,
but for the selected tile where there is no other place for the first camera."""

from __future__ import annotations

from collections.abc import Sequence

from console.model.show import FollowCamera, ShowCamera, ShowCommand
from console.model.wall import Wall

MOST_CAMERAS = 4


def commands(wall: Wall, cameras: Sequence[int], monitor: int) -> tuple[ShowCommand, ...]:
    """What shows the first ``MOST_CAMERAS`` of these cameras, in their order, the best first."""
    wanted = list(dict.fromkeys(cameras))[:MOST_CAMERAS]
    if not wanted:
        return ()
    made: list[ShowCommand] = []
    hotspot = any(cell.hotspot for each in wall.monitors for cell in each.state.layout.cells)
    if hotspot:
        made.append(FollowCamera(wanted[0]))
    there = wall.monitor(monitor)
    if there is None:
        return tuple(made)
    state = there.state
    free = [
        index for index, cell in enumerate(state.layout.cells) if state.shows(index) is None and not cell.hotspot
    ]  # fmt: skip
    for place, number in enumerate(wanted):
        seen = any(each.state.tile_of(number) is not None for each in wall.monitors)
        if seen or (place == 0 and hotspot):
            continue
        if free:
            made.append(ShowCamera(number, monitor, free.pop(0) + 1))
        elif place == 0:
            made.append(ShowCamera(number, monitor))
    return tuple(made)


def tile_of(wall: Wall, camera: int, monitor: int) -> tuple[int, int] | None:
    """The monitor (this one before others) and the tile, from 0, that show a camera."""
    for each in sorted(wall.monitors, key=lambda other: other.number != monitor):
        tile = each.state.tile_of(camera)
        if tile is not None:
            return each.number, tile
    return None
