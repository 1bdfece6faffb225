"""``watchfloor discover``: what it prints, and to whom."""

from __future__ import annotations

import argparse
import json

import pytest

from console.cli import discover
from drivers.types import DeviceKind, Discovered, FoundBy

GATE = Discovered(
    "urn:uuid:1",
    "Gate",
    "192.0.2.7",
    ("http://192.0.2.7/onvif/device_service",),
    DeviceKind.ONVIF,
    FoundBy.WS_DISCOVERY,
)


def run(*words: str) -> int:
    parser = argparse.ArgumentParser()
    discover.add_parser(parser.add_subparsers())
    return discover.run(parser.parse_args(["discover", *words]))


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Discovered]:
    devices = [GATE]
    monkeypatch.setattr(discover, "search", lambda interface, sweeps, seconds: tuple(devices))
    return devices


def test_json_keys_are_stable(found: list[Discovered], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--json", "--add", "rtsp://ada:s3cret@192.0.2.9/live") == 0
    out = capsys.readouterr().out
    assert json.loads(out) == [
        {
            "id": "url:rtsp://192.0.2.9/live",
            "name": "192.0.2.9",
            "address": "192.0.2.9",
            "xaddrs": ["rtsp://192.0.2.9/live"],
            "kind": "rtsp",
            "source": "url",
        },
        {
            "id": "urn:uuid:1",
            "name": "Gate",
            "address": "192.0.2.7",
            "xaddrs": ["http://192.0.2.7/onvif/device_service"],
            "kind": "onvif",
            "source": "ws-discovery",
        },
    ]
    assert "s3cret" not in out


def test_a_table(found: list[Discovered], capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Name", "Address", "Kind", "Found", "by", "Service", "address"]
    assert lines[-1] == "1 cameras, 1 devices"


def test_nothing(found: list[Discovered], capsys: pytest.CaptureFixture[str]) -> None:
    found.clear()
    assert run() == 1
    assert "watchfloor discover --sweep" in capsys.readouterr().out
    assert run("--json") == 1
    assert capsys.readouterr().out == "[]\n"


@pytest.mark.parametrize(
    ("words", "sentence"), [(("--sweep", "x"), "x is no range of addresses."), (("--add", "a b"), "neither")]
)
def test_wrong_arguments(words: tuple[str, ...], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 2
    assert sentence in capsys.readouterr().err


def test_a_real_search_on_loopback() -> None:
    assert all(device.address for device in discover.search("127.0.0.1", (), 0.0))
