"""`watchfloor bench wall`: the real wall on many streams, measured from inside and off its painted pixels.

The frame age is read from the time code in pixels grabbed from the screen, so it covers everything from the camera's
clock to the glass (but not the monitor itself). CPU is that of this whole process but for that grabbing and reading.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from PySide6.QtCore import QEventLoop, QRect, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from console.app import WallParts, add_wall, build_wall, dress
from console.cli.bench_peers import measure_peer, peer_commands, rounded
from console.cli.city_process import CityProcess
from console.model.layout import grid_for
from console.model.monitor import empty_monitor
from console.model.tile_state import TileState
from console.services.feed_pool import FeedSource
from console.ui.wall.controller import WallController
from console.ui.wall.surface import WallSurface
from drivers.types import Picture, StreamProfile, StreamRequest
from drivers.virtual import timecode

SAMPLES_PER_SECOND = 10
SETTLE_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class WallBench:
    """What to measure."""

    streams: int
    seconds: int
    url_template: str | None
    peers: bool
    size: tuple[int, int]
    picture: str | None
    monitors: int = 1
    """Windows of this size beside each other, each with its share of the streams."""

    def shares(self) -> list[range]:
        """The numbers of the streams on each monitor, from 1 on."""
        each = -(-self.streams // self.monitors)
        firsts = range(1, self.streams + 1, each)
        return [range(first, min(first + each, self.streams + 1)) for first in firsts]


@dataclass(slots=True)
class _Taken:
    """What is gathered while it runs."""

    shown: Counter[int] = field(default_factory=Counter)
    ages: list[int] = field(default_factory=list)
    misread: int = 0

    def put(self, pictures: Mapping[int, Picture]) -> None:
        self.shown.update(pictures.keys())


class _Heartbeat:
    """A timer of 33 ms on the Qt thread: how punctual that thread is while the wall is busy."""

    def __init__(self) -> None:
        self.intervals: list[float] = []
        self._last = time.perf_counter()
        self._timer = QTimer()
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)
        self._timer.start(33)

    def stop(self) -> None:
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.intervals.append(now - self._last)
        self._last = now


def measure_wall(wanted: WallBench) -> dict[str, Any]:
    """Run the bench; the keys of the result are stable. Raises RuntimeError if the streams do not come."""
    if wanted.url_template:
        urls = [wanted.url_template.replace("{n}", str(n)) for n in range(wanted.streams)]
        return _beside_peers(wanted, urls, lambda: _on_screen(wanted, urls))
    with CityProcess(wanted.streams, 7, ("--open-streams", "--no-discovery", "--prepare"), tell) as city:
        urls = [device["rtsp"][1] for device in city.devices]

        def measure() -> dict[str, Any]:
            city.mark_cpu()
            figures = _on_screen(wanted, urls)
            return figures | {"city_cpu_percent": round(city.cpu_percent_since_start_of_measure(), 1)}

        return _beside_peers(wanted, urls, measure)


def tell(line: str) -> None:
    """The city's progress; encoding its pictures for the first time takes a while."""
    if line:
        print(line, file=sys.stderr)


def _beside_peers(wanted: WallBench, urls: list[str], measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """The wall's figures, and with ``peers`` theirs. The first peer runs before the wall and after it, and its mean
    counts: machines get slower and quicker within minutes."""
    if not wanted.peers:
        return measure()
    monitors = [peer_commands([urls[n - 1] for n in share], wanted.size) for share in wanted.shares()]
    names = list(monitors[0])

    def run(name: str) -> float | None:
        warm_up = 16.0 if name.startswith("mpv") else 8.0
        commands = [commands[name] for commands in monitors]
        return measure_peer(commands, wanted.streams, min(10, wanted.seconds), warm_up)

    before = {name: run(name) for name in names[:1]}
    figures = measure()
    peers = {}
    for name in names:
        runs = [used for used in (before.get(name), run(name)) if used]
        if runs:
            used = sum(runs) / len(runs)
            peers[name] = {"cpu_percent": rounded(used), "ratio": round(figures["cpu_percent"] / used, 2)}
    return figures | {"peers": peers}


def _on_screen(wanted: WallBench, urls: list[str]) -> dict[str, Any]:
    app = QApplication.instance() or QApplication(["watchfloor"])
    assert isinstance(app, QApplication)
    theme = dress(app)
    shares = wanted.shares()
    states = [empty_monitor(grid_for(len(share))).filled(share) for share in shares]
    parts = build_wall(states[0], theme)
    walls = [parts.wall, *(add_wall(parts.pool, parts.pulse, state, theme) for state in states[1:])]
    parts.pool.offer([camera_source(n, url) for n, url in enumerate(urls, start=1)])
    for index, wall in enumerate(walls):
        wall.surface.setWindowTitle("Watchfloor bench")
        wall.surface.setGeometry(index * wanted.size[0], 0, *wanted.size)
        wall.surface.show()
        wall.ask()
    parts.pulse.start()
    started = time.monotonic()
    try:
        first = _wait_live(app, walls, 1, 20.0) - started
        everybody = _wait_live(app, walls, wanted.streams, 20.0 + wanted.streams / 4) - started
        run_for(app, SETTLE_SECONDS)
        figures = _measure(app, parts, walls, wanted)
        figures |= {"first_live_s": round(first, 2), "all_live_s": round(everybody, 2)}
        if wanted.picture and not parts.wall.surface.grab().save(wanted.picture):
            raise RuntimeError(f"{wanted.picture}: the picture could not be written. Choose another place.")
        return figures
    finally:
        parts.pulse.stop()
        for wall in walls:
            wall.surface.hide()
        parts.pool.close()


def camera_source(number: int, url: str) -> FeedSource:
    name = f"cam{number}"
    profile = StreamProfile(token="bench", name=name, uri=url)
    return FeedSource(number, name, (profile,), lambda p: StreamRequest(name, p.uri))


def run_for(app: QApplication, seconds: float) -> None:
    """Let the application live for a while."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        one_round(app, left)


def one_round(app: QApplication, left: float) -> None:
    loop = QEventLoop()
    QTimer.singleShot(max(1, int(min(left, 0.1) * 1000)), loop.quit)
    loop.exec()


def _wait_live(app: QApplication, walls: Sequence[WallController], count: int, patience: float) -> float:
    """Wait until ``count`` tiles are live; returns when. Raises RuntimeError with the reason of one that is not."""
    until = time.monotonic() + patience
    while time.monotonic() < until:
        one_round(app, 0.05)
        for wall in walls:
            wall.refresh()
        tiles = [tile for wall in walls for tile in wall.surface.tiles]
        live = sum(tile.verdict.state is TileState.LIVE for tile in tiles)
        if live >= count:
            return time.monotonic()
    bad = next((t for t in tiles if t.camera and t.verdict.state is not TileState.LIVE), None)
    why = "" if bad is None else f" For example camera {bad.camera}: {bad.verdict.headline} {bad.verdict.detail}"
    raise RuntimeError(f"Only {live} of {count} streams came within {patience:.0f} s.{why}")


def _measure(app: QApplication, parts: WallParts, walls: Sequence[WallController], wanted: WallBench) -> dict[str, Any]:
    taken = _Taken()
    parts.pulse.attach(taken.put)
    heartbeat = _Heartbeat()
    own = psutil.Process()
    before = {n: f.dropped for n, f in parts.pool.all_facts().items()}
    used, start, wall = time.process_time(), time.monotonic(), time.monotonic()
    places = [(wall.surface, index) for wall in walls for index, tile in enumerate(wall.surface.tiles) if tile.camera]
    turn, sampling = 0, 0.0
    while (left := start + wanted.seconds - time.monotonic()) > 0:
        run_for(app, min(left, 1.0 / SAMPLES_PER_SECOND))
        if not wanted.url_template:
            begun = time.thread_time()
            _sample_age(*places[turn], taken)
            sampling += time.thread_time() - begun
            turn = (turn + 1) % len(places)
    elapsed = time.monotonic() - wall
    # Reading time codes off the screen is the bench's work, not the wall's; what it took is told beside.
    spent = time.process_time() - used - sampling
    parts.pulse.detach(taken.put)
    heartbeat.stop()
    dropped = sum(f.dropped - before.get(n, 0) for n, f in parts.pool.all_facts().items())
    frames = sum(taken.shown.values())
    rates = [taken.shown[n] / elapsed for n in range(1, wanted.streams + 1)]
    ticks = np.array(heartbeat.intervals) * 1000.0
    figures: dict[str, Any] = {
        "streams": wanted.streams,
        "seconds": round(elapsed, 1),
        "cpu_percent": rounded(100.0 * spent / elapsed),
        "sampling_percent": round(100.0 * sampling / elapsed, 1),
        "cpu_ms_per_frame": round(1000.0 * spent / max(1, frames), 3),
        "fps_min": round(min(rates), 2),
        "fps_mean": round(sum(rates) / len(rates), 2),
        "age_ms": percentiles(np.array(taken.ages), (50, 95, 99)),
        "tick_ms": percentiles(ticks, (50, 99)),
        "rss_mb": round(own.memory_info().rss / 2**20),
        "replay_mb": round(parts.pool.buffered_bytes / 2**20),
        "dropped": dropped,
    }
    if taken.misread:
        figures["age_misread"] = taken.misread
    return figures


def percentiles(values: np.ndarray[Any, Any], which: tuple[int, ...]) -> dict[str, float]:
    if not len(values):
        return {}
    return {f"p{p}": round(float(np.percentile(values, p)), 1) for p in which}


def _sample_age(surface: WallSurface, index: int, taken: _Taken) -> None:
    """Grab a tile's time code off the screen and note how old it is."""
    tile = surface.tiles[index]
    shown = tile.picture_rect()
    if tile.image is None or tile.verdict.state is not TileState.LIVE:
        return
    x, y, width, height = timecode.region(shown.width(), shown.height())
    place = QRect(shown.x() + x, shown.y() + y, width, height)
    pixels = grab_pixels(surface, place)
    now_ms = time.time_ns() // 1_000_000
    found = timecode.read_strip(pixels, (shown.width(), shown.height()))
    if found is None or found[1] != tile.camera:
        taken.misread += 1
        return
    taken.ages.append(timecode.age_ms(found[0], now_ms))


def grab_pixels(surface: WallSurface, place: QRect) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Pixels of the screen (not of the widget) at ``place`` on the surface: height x width x 4, uint8, BGRX."""
    shot = surface.screen().grabWindow(surface.winId(), place.x(), place.y(), place.width(), place.height())
    image = shot.toImage().convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()
