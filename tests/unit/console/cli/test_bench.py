"""The bench: its arithmetic, its peers' command lines, and one tiny real run with the keys that everybody compares."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from console.cli.bench_peers import measure_peer, peer_commands, rounded

URLS = [f"rtsp://127.0.0.1:5{n:03}/sub" for n in range(5)]
TOOLS = {"ffmpeg": "ffmpeg_decode_only", "gst-launch-1.0": "gstreamer_compositor", "mpv": "mpv_mosaic"}


def testpercentiles() -> None:
    pytest.importorskip("PySide6")
    from console.cli.bench_wall import percentiles

    assert percentiles(np.arange(101), (50, 95, 99)) == {"p50": 50.0, "p95": 95.0, "p99": 99.0}
    assert percentiles(np.array([]), (50,)) == {}


@pytest.mark.parametrize(("value", "shown"), [(10.0, 10.0), (10.01, 10.1), (0.0, 0.0), (33.33, 33.4)])
def test_a_bench_does_not_flatter(value: float, shown: float) -> None:
    assert rounded(value) == shown


@pytest.mark.parametrize("installed", [[], ["ffmpeg"], ["mpv"], ["ffmpeg", "gst-launch-1.0", "mpv"]])
def test_peers_that_are_not_installed_are_left_out(monkeypatch: pytest.MonkeyPatch, installed: list[str]) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name if name in installed else None)
    assert set(peer_commands(URLS, (1920, 1080))) == {TOOLS[name] for name in installed}


@pytest.mark.parametrize("streams", [1, 2, 5])
def test_peers_get_every_stream_once_and_no_password(monkeypatch: pytest.MonkeyPatch, streams: int) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: name)
    for command in peer_commands(URLS[:streams], (1920, 1080)).values():
        line = " ".join(command)
        for url in URLS[:streams]:
            assert line.count(url) == 1
        assert "@" not in line
        assert "password" not in line


def test_a_peer_that_ends_by_itself_has_no_figure() -> None:
    assert measure_peer([[sys.executable, "-c", "pass"]], 1, 0.01, 0.5) is None


def test_a_peer_that_works_has_one() -> None:
    used = measure_peer([[sys.executable, "-c", "while True: pass"]], 1, 0.2, 0.0)
    assert used is not None
    assert used > 0


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Of the real bench on two streams for a second; the picture shows its last wall."""
    pytest.importorskip("PySide6")
    folder = tmp_path_factory.mktemp("bench")
    words = ["bench", "wall", "--streams", "2", "--seconds", "1", "--size", "640x360", "--json"]
    done = subprocess.run(
        [sys.executable, "-m", "console", *words, "--picture", str(folder / "wall.png")],
        capture_output=True,
        text=True,
        timeout=100,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "WATCHFLOOR_CACHE": str(folder / "cache")},
    )
    assert done.returncode == 0, done.stderr
    assert (folder / "wall.png").read_bytes().startswith(b"\x89PNG")
    found = json.loads(done.stdout)
    assert isinstance(found, dict)
    return found


@pytest.mark.qt
def test_the_keys_of_a_real_run_are_stable(figures: dict[str, object]) -> None:
    stable = {
        "streams", "seconds", "cpu_percent", "cpu_ms_per_frame", "fps_min", "fps_mean", "age_ms", "tick_ms", "rss_mb",
        "dropped",
    }  # fmt: skip
    assert stable <= set(figures)
    assert "peers" not in figures  # only when asked for
    assert figures["streams"] == 2
    assert set(figures["age_ms"]) == {"p50", "p95", "p99"}  # type: ignore[call-overload]
    assert set(figures["tick_ms"]) == {"p50", "p99"}  # type: ignore[call-overload]


@pytest.mark.qt
def test_streams_that_do_not_come_are_said_with_a_reason(qapp: Any, tmp_path: Path) -> None:
    from console.app import build_wall
    from console.cli.bench_wall import _wait_live, camera_source
    from console.model.layout import grid_for
    from console.model.monitor import empty_monitor
    from console.ui.theme import DARK

    parts = build_wall(empty_monitor(grid_for(1)), DARK)
    parts.pool.offer([camera_source(1, (tmp_path / "missing.mp4").as_uri())])
    parts.wall.go(parts.wall.state.filled([1]))
    parts.pulse.start()
    try:
        with pytest.raises(RuntimeError, match=r"Only 0 of 1 streams came within 1 s\. For example camera 1: \w+"):
            _wait_live(qapp, [parts.wall], 1, 1.0)
    finally:
        parts.pulse.stop()
        parts.wall.release()
        assert parts.pool.close()


@pytest.mark.parametrize(
    ("streams", "monitors", "sizes"),
    [(16, 1, [16]), (16, 2, [8, 8]), (5, 2, [3, 2]), (2, 3, [1, 1]), (9, 4, [3, 3, 3])],
)
@pytest.mark.qt
def test_monitors_share_the_streams(streams: int, monitors: int, sizes: list[int]) -> None:
    from console.cli.bench_wall import WallBench

    shares = WallBench(streams, 1, None, False, (640, 360), None, monitors).shares()
    assert [len(share) for share in shares] == sizes
    assert [number for share in shares for number in share] == list(range(1, streams + 1))
