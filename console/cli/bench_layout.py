"""`watchfloor bench layout`: how soon another layout is painted and live, how soon a replay starts, and what it weighs.

Everything is measured from the wall's outside: from the moment that the layout is asked for until the last of its tiles
has been painted, and until the last shows a picture that came after the asking.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from PySide6.QtWidgets import QApplication

from console.app import WallParts, build_wall, dress
from console.cli.bench_wall import camera_source, percentiles, run_for, tell
from console.cli.city_process import CityProcess
from console.model.layout import grid, grid_for
from console.model.monitor import MonitorState, showing
from console.model.tile_state import TileState
from console.ui.replay.controller import ReplayController, ReplayTarget
from drivers.video.gop_decoder import GopDecoder

TILES, CAMERAS = 16, 64
PATIENCE = 15.0
"""Seconds after which a layout that is not live, or a replay that shows nothing, counts as failed."""
SETTLE = 2.5
"""Seconds on a layout before the next switch: more than a GOP, so that each switch finds another place in one."""


@dataclass(frozen=True, slots=True)
class LayoutBench:
    """What to measure. ``rounds``: how often to switch between two layouts whose cameras were just seen; ``fill``: how
    many seconds 64 tiles run before memory is read (replay buffers are full after 300)."""

    rounds: int
    fill: int
    size: tuple[int, int]


@dataclass(slots=True)
class _Taken:
    """Seconds."""

    painted: list[float] = field(default_factory=list)
    warm: list[float] = field(default_factory=list)
    cold: list[float] = field(default_factory=list)
    replay: list[float] = field(default_factory=list)
    replay_all: list[float] = field(default_factory=list)


def measure_layout(wanted: LayoutBench) -> dict[str, Any]:
    """Run the bench; the keys of the result are stable. Raises RuntimeError if the streams do not come."""
    app = QApplication.instance() or QApplication(["watchfloor"])
    assert isinstance(app, QApplication)
    theme, taken = dress(app), _Taken()
    with CityProcess(CAMERAS, 7, ("--open-streams", "--no-discovery", "--prepare"), tell) as city:
        urls = [device["rtsp"][1] for device in city.devices]
        parts = build_wall(showing(grid("none", 4, 4)), theme)
        parts.pool.offer([camera_source(n, url) for n, url in enumerate(urls, start=1)])
        parts.wall.surface.resize(*wanted.size)
        parts.wall.surface.show()
        parts.pulse.start()
        try:
            _switch(app, parts, wanted.rounds, taken)
            _replay(app, parts, wanted.rounds, taken)
            rss = _fill(app, parts, wanted.fill)
        finally:
            parts.pulse.stop()
            parts.wall.surface.hide()
            parts.pool.close()
    figures = {
        "painted_ms": taken.painted,
        "live_warm_ms": taken.warm,
        "live_cold_ms": taken.cold,
        "replay_ms": taken.replay,
        "replay_16_ms": taken.replay_all,
    }
    shown: dict[str, Any] = {key: percentiles(np.array(each) * 1000.0, (50, 95)) for key, each in figures.items()}
    return shown | {"rss_mb": rss, "filled_s": wanted.fill, "rounds": wanted.rounds}


def _layout(first: int) -> MonitorState:
    """Sixteen cameras from this number on."""
    return showing(grid("4x4", 4, 4), range(first, first + TILES))


def _switch(app: QApplication, parts: WallParts, rounds: int, taken: _Taken) -> None:
    """Layouts of cameras that were never seen, then two of them in turn."""
    for first in range(1, CAMERAS, TILES):
        _, live = _show(app, parts, _layout(first))
        taken.cold.append(live)
        run_for(app, SETTLE)
    for turn in range(rounds):
        painted, live = _show(app, parts, _layout(1 + TILES * (turn % 2)))
        taken.painted.append(painted)
        taken.warm.append(live)
        run_for(app, SETTLE + 0.13 * (turn % 15))


def _show(app: QApplication, parts: WallParts, state: MonitorState) -> tuple[float, float]:
    """Switch; seconds until all tiles were painted with a picture, and until all are live."""
    asked = time.monotonic()
    parts.wall.go(state)
    tiles = parts.wall.surface.tiles
    painted = _until(app, lambda: all(tile.image is not None for tile in tiles), "was never painted")
    parts.wall.surface.repaint()
    painted = time.monotonic() - asked
    _until(
        app,
        lambda: all(tile.picture is not None and tile.picture.arrived >= asked for tile in tiles),
        "did not become live",
    )
    live = time.monotonic() - asked
    parts.wall.refresh()
    late = [tile.camera for tile in tiles if tile.verdict.state is not TileState.LIVE]
    if late:
        raise RuntimeError(f"Cameras {late} show new pictures and do not say LIVE.")
    return painted, live


def _replay(app: QApplication, parts: WallParts, rounds: int, taken: _Taken) -> None:
    """A replay of one tile, and of all, from five seconds ago, again and again."""
    control = ReplayController(parts.wall, lambda every: _targets(parts, every), GopDecoder)
    control.follow(parts.pulse)
    run_for(app, 6.0)
    try:
        for every, into in ((False, taken.replay), (True, taken.replay_all)):
            for _ in range(rounds):
                asked = time.monotonic()
                control.start(_targets(parts, every))
                _until(app, lambda: _replays(parts), "replays nothing")
                parts.wall.surface.repaint()
                into.append(time.monotonic() - asked)
                run_for(app, 0.4)
                control.stop()
                run_for(app, 0.6)
    finally:
        control.close()


def _replays(parts: WallParts) -> bool:
    """Whether every tile that replays shows its picture."""
    return all(tile.image is not None for tile in parts.wall.surface.tiles if tile.replaying)


def _targets(parts: WallParts, every: bool) -> Sequence[ReplayTarget]:
    found = []
    for tile in parts.wall.surface.tiles:
        footage = None if tile.camera is None else parts.pool.footage(tile.camera)
        if tile.camera is not None and footage is not None and (every or tile.index == parts.wall.state.selected):
            size = (tile.area.width, tile.area.height)
            found.append(ReplayTarget(tile.index, tile.camera, f"cam{tile.camera}", footage, size))
    return found


def _fill(app: QApplication, parts: WallParts, seconds: int) -> int:
    """64 tiles at once while their replay buffers fill; the memory of this process in MB."""
    parts.wall.go(showing(grid_for(CAMERAS), range(1, CAMERAS + 1)))
    run_for(app, seconds)
    return round(psutil.Process().memory_info().rss / 2**20)


def _until(app: QApplication, done: Callable[[], bool], problem: str) -> float:
    """Let the application live until something holds; the moment it did. Raises RuntimeError."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise RuntimeError(f"The layout {problem} within {PATIENCE:.0f} s.")
        app.processEvents()
        time.sleep(0.001)
    return time.monotonic()
