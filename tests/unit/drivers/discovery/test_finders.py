"""Finders against small devices on loopback that answer as badly as the field does."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from test_discovery_messages import ENDPOINT, match
from zeroconf import ServiceInfo

from drivers.discovery.mdns import MdnsFinder, device_from
from drivers.discovery.messages import parse
from drivers.discovery.sweep import SweepFinder
from drivers.discovery.table import MAX_DEVICES, DeviceTable
from drivers.discovery.ws_discovery import GROUP_4, DiscoveryCounts, WsDiscoveryFinder
from drivers.errors import Unreachable
from drivers.types import DeviceKind, Discovered, FoundBy

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def eventually(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    """Wait for a condition, at most ``seconds``."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)


class Responder:
    """Something on the network that answers each probe with the same datagrams."""

    def __init__(self, replies: list[bytes]) -> None:
        self.replies = replies
        self.probes: list[bytes] = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind(("", 0))
        self.port = int(self._socket.getsockname()[1])
        group = struct.pack("4s4s", socket.inet_aton(GROUP_4), socket.inet_aton("127.0.0.1"))
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        self._socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def announce(self, data: bytes) -> None:
        """Send to everybody, as a Hello or Bye goes."""
        self._socket.sendto(data, (GROUP_4, self.port))

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"end", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while True:
            data, source = self._socket.recvfrom(65535)
            if data == b"end":
                return
            if b":Probe>" in data or b":Probe " in data:
                self.probes.append(data)
                for reply in self.replies:
                    self._socket.sendto(reply, source)


@contextmanager
def searching(replies: list[bytes]) -> Iterator[tuple[WsDiscoveryFinder, Responder, list[Discovered]]]:
    responder = Responder(replies)
    finder = WsDiscoveryFinder("127.0.0.1", port=responder.port)
    found: list[Discovered] = []
    try:
        finder.start(found.append)
        yield finder, responder, found
    finally:
        finder.stop()
        responder.close()


def test_nine_replies_and_garbage_are_one_camera() -> None:
    garbage = [b"", b"\xff" * 3000, b"<a/>", match()[:300], b"<!DOCTYPE a []>" + match()]
    with searching([match(), *garbage, match(), match()]) as (finder, responder, found):
        eventually(lambda: len(responder.probes) >= 3 and finder.counts().malformed >= 15)
        assert [device.id for device in found] == [ENDPOINT]
        assert found[0].address == "127.0.0.1"
        assert found[0].name == "Gate 1"
        assert found[0].xaddrs[0] == "http://127.0.0.1/onvif/device_service"
        assert found[0].source is FoundBy.WS_DISCOVERY
        assert finder.counts().datagrams >= 24


def test_without_endpoint_the_address_is_the_id() -> None:
    with searching([match(endpoint=None)]) as (_, responder, found):
        eventually(lambda: len(responder.probes) >= 3 and bool(found))
        assert [device.id for device in found] == ["address:127.0.0.1"]


def test_bye_and_hello_are_heard() -> None:
    with searching([]) as (finder, responder, found):
        eventually(lambda: len(responder.probes) >= 1)
        responder.announce(match(kind="Hello", item=""))
        eventually(lambda: len(found) == 1)
        responder.announce(match(kind="Bye", item=""))
        eventually(lambda: len(found) == 2)
        assert found[1].gone
        responder.announce(match(kind="Hello", item=""))
        eventually(lambda: len(found) == 3)
        assert not found[2].gone
        before = len(responder.probes)
        finder.probe()
        eventually(lambda: len(responder.probes) > before)


def test_an_unknown_interface_says_so() -> None:
    with pytest.raises(Unreachable, match=r"no interface 'nope'. Give the address or the name of one"):
        WsDiscoveryFinder("nope").start(lambda device: None)


def test_stop_twice_and_without_start() -> None:
    for finder in (WsDiscoveryFinder("127.0.0.1"), SweepFinder("127.0.0.1"), MdnsFinder("127.0.0.1")):
        finder.stop()
        finder.probe()
        finder.stop()
    assert WsDiscoveryFinder().counts() == DiscoveryCounts()


# --- the table: who has moved, who only has two addresses ------------------------------------------------------------


def test_a_second_address_is_no_move_until_the_first_is_silent() -> None:
    table = DeviceTable(FoundBy.WS_DISCOVERY)
    (said,) = parse(match(xaddrs=""))
    first = table.take(said, "192.0.2.7", (), NOW, 1)
    assert first is not None
    assert table.take(said, "192.0.2.8", (), NOW, 1) is None
    assert list(table.end_round(1)) == []
    assert table.take(said, "192.0.2.8", (), NOW, 2) is None
    (moved,) = table.end_round(2)
    assert (moved.id, moved.address) == (first.id, "192.0.2.8")
    assert list(table.end_round(2)) == []


def test_a_hello_moves_at_once() -> None:
    table = DeviceTable(FoundBy.WS_DISCOVERY)
    table.take(parse(match())[0], "192.0.2.7", (), NOW, 1)
    moved = table.take(parse(match(kind="Hello", item=""))[0], "192.0.2.8", (), NOW, 1)
    assert moved is not None
    assert moved.address == "192.0.2.8"


def test_ipv4_is_better_than_a_link_local_address() -> None:
    table = DeviceTable(FoundBy.WS_DISCOVERY)
    (said,) = parse(match(xaddrs="http://[fe80::1]/x"))
    first = table.take(said, "fe80::1%4", (), NOW, 1)
    assert first is not None
    assert first.xaddrs == ("http://[fe80::1%4]/x",)
    second = table.take(said, "192.0.2.8", (), NOW, 1)
    assert second is not None
    assert second.address == "192.0.2.8"
    assert table.take(said, "fe80::1%4", (), NOW, 1) is None


def test_a_flood_of_inventions_is_bounded() -> None:
    table = DeviceTable(FoundBy.WS_DISCOVERY)
    (said,) = parse(match(endpoint=None))
    for number in range(MAX_DEVICES + 5):
        table.take(said, f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}", (), NOW, 1)
    assert table.dropped == 5


# --- sweep ----------------------------------------------------------------------------------------------------------


class TcpDevice:
    """Answers each connection with the same bytes, then closes."""

    def __init__(self, answer: bytes) -> None:
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.requests: list[bytes] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        with socket.create_connection(("127.0.0.1", self.port)) as last:
            last.sendall(b"end")
        self._thread.join()
        self._listener.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            with connection:
                request = connection.recv(65535)
                if request == b"end":
                    return
                self.requests.append(request)
                try:
                    connection.sendall(self._answer)
                except OSError:
                    pass


SOAP = (
    b"HTTP/1.1 200 OK\r\n\r\n<s:Envelope><GetSystemDateAndTimeResponse/><GUID>"
    + ENDPOINT.encode()
    + b"</GUID></s:Envelope>"
)


@pytest.mark.parametrize(
    ("answer", "rtsp", "kinds"),
    [
        (SOAP, False, [DeviceKind.ONVIF]),
        (b"HTTP/1.1 200 OK\r\n\r\n<html>a printer</html>", False, []),
        (b"", False, []),
        (b"\0" * 200_000, False, []),
        (b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", True, [DeviceKind.RTSP]),
        (b"SSH-2.0-x\r\n\r\n", True, []),
    ],
)
def test_a_sweep_knows_what_answers(answer: bytes, rtsp: bool, kinds: list[DeviceKind]) -> None:
    device = TcpDevice(answer)
    ports = (device.port,)
    sweep = SweepFinder("127.0.0.1", () if rtsp else ports, ports if rtsp else (), probe_port=9, listen=0.05)
    found: list[Discovered] = []
    try:
        sweep.start(found.append)
        assert sweep.wait(20)
    finally:
        sweep.stop()
        device.close()
    assert [item.kind for item in found] == kinds
    assert all(b"Authorization" not in request and b"Security" not in request for request in device.requests)


def test_a_sweep_probes_by_unicast() -> None:
    responder = Responder([match(), b"junk"])
    sweep = SweepFinder("127.0.0.1", (), (), probe_port=responder.port)
    found: list[Discovered] = []
    try:
        sweep.start(found.append)
        eventually(lambda: bool(found))
    finally:
        sweep.stop()
        responder.close()
    assert [(device.id, device.source) for device in found] == [(ENDPOINT, FoundBy.SWEEP)]


# --- mDNS -----------------------------------------------------------------------------------------------------------


def service(kind: str, properties: dict[str, str], name: str = "Gate") -> ServiceInfo:
    full = f"{name}.{kind}"
    return ServiceInfo(kind, full, addresses=[socket.inet_aton("192.0.2.5")], port=8554, properties=properties)


def test_mdns_services_become_devices() -> None:
    rtsp = device_from(service("_rtsp._tcp.local.", {"path": "live"}))
    assert rtsp is not None
    assert (rtsp.id, rtsp.kind, rtsp.name) == ("address:192.0.2.5:8554", DeviceKind.RTSP, "Gate")
    assert rtsp.xaddrs == ("rtsp://192.0.2.5:8554/live",)
    onvif = device_from(service("_onvif._tcp.local.", {"uuid": ENDPOINT[9:]}))
    assert onvif is not None
    assert (onvif.id, onvif.xaddrs) == (ENDPOINT, ("http://192.0.2.5:8554/onvif/device_service",))
    axis = device_from(service("_axis-video._tcp.local.", {"path": "/camera", "macaddress": "00408C000000"}))
    assert axis is not None
    assert axis.kind is DeviceKind.ONVIF
    assert device_from(ServiceInfo("_rtsp._tcp.local.", "x._rtsp._tcp.local.")) is None
