"""Our requests before a gateway of others: Stoplight Prism, which checks each against TALQ's own OpenAPI file.

Runs where Prism is installed: ``WATCHFLOOR_PRISM`` names it, or it is in ``.venv/node`` (where ``packaging/test.sh``
puts it) or on the path. The OpenAPI file is a part of the consortium's; see the README beside it.
"""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drivers.http_wire import exchange
from drivers.lamps.talq import writing
from drivers.lamps.talq.client import TalqClient, Verdict
from drivers.lamps.talq.config import VERSION, TalqConfig
from drivers.lamps.talq.fleet import GatewaySelf
from drivers.lamps.talq.system import TalqLamps
from drivers.luminaires import LampAnswer, LampNews, LampOrder, Outcome

ROOT = Path(__file__).resolve().parents[4]
API = ROOT / "tests" / "fixtures" / "talq" / "gateway-2-7-1-part.json"
IN_VENV = ROOT / ".venv" / "node" / "node_modules" / ".bin" / "prism"
PRISM = os.environ.get("WATCHFLOOR_PRISM") or (str(IN_VENV) if IN_VENV.exists() else shutil.which("prism"))
pytestmark = pytest.mark.skipif(PRISM is None, reason="Stoplight Prism is not installed")

CMS = "4a8a0f3c-7f0e-4b52-9d0e-0a6f2f6d9a11"
LAMP = f"{uuid.UUID(int=1)}/lamp-01"


def order(*lamps: str) -> LampOrder:
    end = datetime.now(UTC) + timedelta(hours=1)
    return LampOrder(lamps, 80, end, ramp=2.5, reference="lease 7", reason="a test")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prism that answers 422 to what is not as in the file."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    assert PRISM is not None
    log = tmp_path_factory.mktemp("prism") / "log"
    with log.open("wb") as out:
        command = [PRISM, "mock", "--errors", "-h", "127.0.0.1", "-p", str(port), str(API)]
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT)
    try:
        end = time.monotonic() + 60
        while b"is listening" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < end, log.read_text()
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture
def client(gateway: str) -> TalqClient:
    return TalqClient(TalqConfig("Prism", gateway, CMS), None)


def test_it_does_check(gateway: str) -> None:
    headers = {"talq-api-version": VERSION, "Content-Type": "application/json"}
    body = writing.release([("devices", LAMP)])
    for query in (f"clientAddress={CMS}", f"clientAddress=me&talqRequestId={uuid.uuid4()}"):
        url = f"{gateway}/override-commands?{query}"
        answer = exchange("Prism", "POST", url, body, headers, time.monotonic() + 10)
        assert answer.status_code == 422


def test_orders_are_as_in_the_file(client: TalqClient) -> None:
    sent = threading.Event()
    body = writing.override([("devices", LAMP), ("groups", "north")], order(LAMP))
    assert client.override(body, str(uuid.uuid4()), sent.set) == Verdict(done=True)
    assert sent.is_set()
    assert client.override(writing.release([("devices", LAMP)]), str(uuid.uuid4()), sent.set) == Verdict(done=True)


def test_questions_are_as_in_the_file(client: TalqClient) -> None:
    assert len(client.devices().devices) == 1
    assert len(client.groups()) == 1


def test_what_we_tell_of_ourselves_is_as_in_the_file(client: TalqClient) -> None:
    client.introduce(GatewaySelf(str(uuid.uuid4()), "gateway-01", "", ""), "http://127.0.0.1:8123")
    client.ask_events()


def test_a_thousand_lamps(gateway: str) -> None:
    """Prism has no lamps; so they announce themselves to us, as a gateway does for devices that come."""
    known = threading.Event()

    def heard(news: LampNews) -> None:
        if news.lamps is not None:
            known.set()

    system = TalqLamps(TalqConfig("Prism", gateway, CMS))
    try:
        system.start(heard)
        assert known.wait(20)
        lamps = announce(system.callback_port, 1000)
        answers: list[LampAnswer] = []

        def progress(given: Sequence[LampAnswer]) -> None:
            answers.extend(given)

        system.order(order(*lamps), progress)
        system.release(lamps, "lease 7", progress)
        assert [answer.outcome for answer in answers] == [Outcome.DONE] * 2000
    finally:
        system.stop()


def announce(port: int, count: int) -> tuple[str, ...]:
    functions = [{"id": "lamp-01", "type": "LampActuatorFunction"}]
    addresses = [str(uuid.UUID(int=number + 1)) for number in range(count)]
    devices = [{"address": each, "name": "lamp", "class": "lamp", "functions": functions} for each in addresses]
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        query = f"clientAddress={uuid.uuid4()}&talqRequestId={uuid.uuid4()}"
        connection.request("POST", f"/devices?{query}", json.dumps(devices), {"talq-api-version": VERSION})
        assert connection.getresponse().status == 201
    finally:
        connection.close()
    return tuple(f"{each}/lamp-01" for each in addresses)
