"""The city's plate readers as the console is told of them: source entries, targets, and a file of targets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from console.cli.city import _targets
from console.cli.city_plates import (
    BROKER_SET_NAME,
    TOKEN_SET_NAME,
    Wanted,
    aim_readers,
    plate_sources,
    receiver_url,
    send_car,
    wanted_plates,
)
from console.model.plate_sources import ReceiverEntry
from console.store.credentials import MemoryVault
from console.store.plate_schema import plate_source_table, plate_sources_from
from drivers.virtual.plates.push import Target

MQTT = {"host": "127.0.0.1", "port": 11831, "user": "console", "password": "hush"}


def reader(camera: int, maker: str, way: str, **more: Any) -> dict[str, Any]:
    found = {"name": f"Gate {camera}", "device": f"reader-{camera:03d}", "maker": maker, "way": way, "camera": camera}
    return {**found, "xaddr": f"http://c/{camera}", **more}


READERS = [
    reader(1, "rekor", "push"),
    reader(2, "hikvision", "push"),
    reader(3, "frigate", "mqtt", topic="frigate", **MQTT),
    reader(5, "onvif", "pull", user="operator", password="x"),
    reader(6, "onvif_mqtt", "mqtt", topic="reader-006", **MQTT),
    reader(7, "frigate", "mqtt", topic="frigate", **MQTT),
    reader(9, "axis", "push"),
    reader(10, "onvif_metadata", "stream", user="operator", password="x", uri="rtsp://c:1/main"),
]
NUMBERS = {f"http://c/{camera}": camera + 100 for camera in (1, 2, 3, 5, 6, 7, 10)}


def test_readers_become_sources_of_their_kinds_and_passwords_go_to_the_vault() -> None:
    vault = MemoryVault()
    sources = plate_sources(READERS, NUMBERS, vault)
    assert [(source.kind.value, source.camera) for source in sources] == [
        ("rekor", 101),
        ("hikvision", 102),
        ("frigate", 0),
        ("onvif_events", 105),
        ("onvif_mqtt", 106),
        ("onvif_metadata", 110),
    ]
    assert sources[0].path == "/plates/city/reader-001"
    assert sources[2].cameras == {"reader-003": 103, "reader-007": 107}
    assert sources[4].prefix == "reader-006"
    tables = [plate_source_table(source) for source in sources]
    assert plate_sources_from(tables, frozenset(NUMBERS.values())) == sources
    broker, token = vault.get(BROKER_SET_NAME), vault.get(TOKEN_SET_NAME)
    assert broker is not None
    assert broker.password == "hush"
    assert token is not None
    assert len(token.password) >= 24
    assert "hush" not in json.dumps(tables)
    assert token.password not in json.dumps(tables)
    assert plate_sources(READERS, NUMBERS, vault) == sources
    assert vault.get(TOKEN_SET_NAME) == token


def test_a_city_without_readers_needs_no_passwords() -> None:
    vault = MemoryVault()
    assert plate_sources([], NUMBERS, vault) == ()
    assert plate_sources(READERS, {}, vault) == ()
    assert vault.names() == ()
    assert aim_readers({}, [], "http://r", vault) == 0
    with pytest.raises(LookupError):
        aim_readers({}, READERS, "http://r", vault)


def test_the_receivers_address() -> None:
    assert receiver_url(None) == "http://127.0.0.1:8470"
    assert receiver_url(ReceiverEntry("::1", 9000, "c.pem")) == "https://[::1]:9000"


@pytest.fixture
def control() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    taken: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            taken.append({"path": self.path, "key": self.headers["X-City-Token"], **json.loads(body)})
            self.answers(b"")

        def do_GET(self) -> None:
            told = {"/plates/convoy": ["AB1", "CD2"], "/plates/incidents": [{"plate": "XY9"}, {"plate": "XY9"}]}
            self.answers(json.dumps(told[self.path]).encode())

        def answers(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Keep quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", taken
        server.shutdown()
        thread.join()


def test_readers_that_push_are_told_where_to(control: tuple[str, list[dict[str, Any]]]) -> None:
    url, taken = control
    vault = MemoryVault()
    plate_sources(READERS, NUMBERS, vault)
    assert aim_readers({"url": url, "token": "key"}, READERS, "https://127.0.0.1:8470/", vault, verify=False) == 3
    assert {body["path"] for body in taken} == {"/plates/targets"}
    assert {body["key"] for body in taken} == {"key"}
    assert [body["reader"] for body in taken] == ["reader-001", "reader-002", "reader-009"]
    assert taken[0]["url"] == "https://127.0.0.1:8470/plates/city/reader-001"
    token = vault.get(TOKEN_SET_NAME)
    assert token is not None
    assert {body["token"] for body in taken} == {token.password}
    assert taken[0]["verify"] is False


def test_the_city_tells_whom_a_hotlist_may_have_and_sends_a_car(control: tuple[str, list[dict[str, Any]]]) -> None:
    url, taken = control
    assert wanted_plates({"url": url, "token": "key"}) == Wanted(suspects=("XY9",), convoy=("AB1", "CD2"))
    send_car({"url": url, "token": "key"}, "XY9", "reader-001")
    assert taken == [{"path": "/plates/pass", "key": "key", "plate": "XY9", "reader": "reader-001"}]


def test_targets_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "targets.json"
    file.write_text(json.dumps([{"reader": "3", "url": "http://a/x", "token": "t"}, {"url": "https://b/"}]))
    assert _targets(file) == [("3", Target("http://a/x", token="t")), ("all", Target("https://b/"))]
    assert _targets(None) == []
    for content in ("{}", "[1]", "[{}]", '[{"url": "x"}]', '[{"url": "http://a/", "verify": 1}]', "[" * 100_000):
        file.write_text(content)
        with pytest.raises(ValueError):
            _targets(file)
