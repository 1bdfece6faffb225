"""The bench of floods: its senders where nobody listens, and a short run of the whole with and without TLS."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from console.cli import bench_flood, flood_senders
from console.cli.bench_flood import FloodBench, measure_flood
from console.cli.flood_senders import HOST, Task, flood, send_right


@pytest.fixture
def nobody() -> int:
    with socket.create_server((HOST, 0)) as one:
        return int(one.getsockname()[1])


def test_a_flood_where_nobody_listens(nobody: int) -> None:
    result = flood(Task(True, nobody, HOST, 1000, 0.1, ""))
    assert result.offered == result.closed > 0
    assert result.answered == result.waited == result.unopened == 0


def test_an_address_that_is_none_of_ours(nobody: int) -> None:
    result = flood(Task(True, nobody, "192.0.2.1", 1000, 0.02, ""))
    assert result.offered == result.unopened > 0


def test_reads_that_nobody_takes_are_lost(nobody: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flood_senders, "_ANSWER_SECONDS", 0.05)
    monkeypatch.setattr(flood_senders, "_RETRY_SECONDS", 0.01)
    heard = send_right(Task(False, nobody, HOST, 1, 0.01, "token"))
    assert (heard.took, heard.lost) == ([], 1)
    assert heard.failed_tries >= 1


def test_no_token_is_shown() -> None:
    assert "sesame" not in repr(Task(False, 1, HOST, 1, 1, "sesame"))


@pytest.mark.parametrize("tls", [False, True])
def test_the_whole_is_measured(tls: bool, qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFLOOR_DATA", str(tmp_path / "data"))
    monkeypatch.setattr(bench_flood, "SETTLE_SECONDS", 0.1)
    figures = measure_flood(FloodBench(rate=300, seconds=1, tls=tls), lambda line: None)
    assert {"offered_per_s", "refused_per_s", "right_ms", "tick_ms", "rss_mb"} <= figures.keys()
    assert figures["flood"]["offered"] > 0
    for reader in figures["right"]:
        assert reader["receipts"] > 0
        assert reader["lost"] == 0
    assert figures["counted"]["received"] == sum(reader["receipts"] for reader in figures["right"])
    assert {"p50", "p99"} <= figures["tick_ms"].keys()
    assert list((tmp_path / "data").iterdir()) == [], "nothing is left behind"
