"""The bench of commands: how its times are counted, and a short run of the whole."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import pytest

from console.cli.bench_commands import CommandBench, _speeds, _times, measure_commands


def test_each_speed_is_known_again() -> None:
    speeds = list(islice(_speeds(), 900))
    assert len(set(map(abs, speeds))) == 900
    assert all(0.04 < abs(speed) < 1 for speed in speeds)
    assert abs(sum(speeds)) < 20, "to both sides in turn"


def test_a_change_counts_until_the_camera_has_it_or_a_later_one() -> None:
    asked = [(0, 0.1), (50_000_000, 0.2), (100_000_000, 0.3), (150_000_000, 0.4)]
    arrived = [(3_000_000, 0.1), (110_000_000, 0.3), (500_000_000, 0.3), (152_000_000, 0.4)]
    assert _times(asked, arrived) == [3.0, 60.0, 10.0, 2.0], "the second was coalesced into the third"


def test_what_the_stop_took_away_has_no_time() -> None:
    assert _times([(0, 0.1), (50_000_000, 0.2)], [(1_000_000, 0.1)]) == [1.0]
    asked = [(0, 0.1), (50_000_000, 0.2), (400_000_000, 0.3)]
    arrived = [(1_000_000, 0.1), (402_000_000, 0.3)]
    assert _times(asked, arrived, [60_000_000, 500_000_000]) == [1.0, 2.0], "the next hold is another"


def test_a_speed_that_comes_again_is_told_apart_by_its_time() -> None:
    asked = [(0, 0.1), (1_000_000_000, 0.1)]
    assert _times(asked, [(2_000_000, 0.1), (1_004_000_000, 0.1)]) == [2.0, 4.0]


@pytest.mark.timeout(240)
def test_the_whole_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFLOOR_DATA", str(tmp_path / "data"))
    told: list[str] = []
    figures = measure_commands(CommandBench(heads=1, seconds=1, lamps=100, rounds=1, streams=0), told.append)
    assert {"ptz_ms", "lamps", "lamps_ms", "lamps_failed"} <= figures.keys()
    assert {"p50", "p95"} <= figures["ptz_ms"].keys()
    assert figures["lamps"] == 100
    assert figures["lamps_failed"] == 0
    assert set(figures["lamps_ms_by_system"]) == {"talq", "mqtt", "snmp"}
    assert figures["audit_entries"] > 0
    assert list((tmp_path / "data").iterdir()) == [], "nothing is left behind"
