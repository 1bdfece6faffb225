"""The discovery responder over real sockets on loopback."""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from dataclasses import dataclass, field

import pytest

from drivers.virtual.announce import GROUP, Announcer
from drivers.virtual.announce_messages import Identity, Question, matches, read_question

PROBE = """<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"
 xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:x="http://schemas.xmlsoap.org/ws/2005/04/discovery"
 xmlns:dn="http://www.onvif.org/ver10/network/wsdl"><s:Header><a:MessageID>{id}</a:MessageID></s:Header><s:Body>
 {body}</s:Body></s:Envelope>"""


@dataclass
class Camera:
    number: int
    up: bool = True
    scopes: list[str] = field(default_factory=lambda: ["onvif://www.onvif.org/type/video_encoder"])

    def identity(self) -> Identity:
        return Identity(f"urn:uuid:{self.number}", tuple(self.scopes), f"http://127.0.0.1:{8000 + self.number}/onvif")


def probe(types: str = "dn:NetworkVideoTransmitter", scopes: str = "", message: str = "urn:uuid:1") -> bytes:
    inside = f"<x:Probe><x:Types>{types}</x:Types><x:Scopes>{scopes}</x:Scopes></x:Probe>"
    return PROBE.format(id=message, body=inside).encode()


class Asker:
    """A client's socket that sends to the group over loopback and collects answers until a condition holds."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        self.socket.bind(("127.0.0.1", 0))
        self.answers: list[str] = []

    async def __aenter__(self) -> Asker:
        return self

    async def __aexit__(self, *_: object) -> None:
        self.socket.close()

    async def collect(self, count: int) -> list[str]:
        async with asyncio.timeout(10):
            while len(self.answers) < count:
                data = await asyncio.get_running_loop().sock_recv(self.socket, 65536)
                self.answers.append(data.decode())
        return self.answers


@pytest.fixture
def port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


async def _settled(announcer: Announcer) -> None:
    async with asyncio.timeout(10):
        while announcer._pending:
            await asyncio.sleep(0.01)


def test_every_camera_that_is_up_answers_a_multicast_probe_once(port: int) -> None:
    async def scenario() -> list[str]:
        cameras = [Camera(n) for n in range(100)]
        cameras[7].up = False
        announcer = Announcer(cameras, port=port)
        await announcer.start()
        async with Asker() as asker:
            for _ in range(2):  # askers repeat themselves
                asker.socket.sendto(probe(), (GROUP, port))
            answers = await asker.collect(99)
            await _settled(announcer)
            assert announcer.answered == 99
        await announcer.stop()
        return answers

    answers = asyncio.run(scenario())
    assert len({re.search(r"<a:Address>(urn:uuid:\d+)<", text)[1] for text in answers}) == 99
    assert all("<a:RelatesTo>urn:uuid:1</a:RelatesTo>" in text for text in answers)
    assert all("<d:XAddrs>http://127.0.0.1:80" in text for text in answers)


def test_unicast_probes_resolve_hello_and_bye(port: int) -> None:
    async def scenario() -> None:
        announcer = Announcer([Camera(1), Camera(2)], port=port)
        listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        listener.setblocking(False)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((GROUP, port))
        member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton("127.0.0.1"))
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
        await announcer.start()
        async with Asker() as asker, asyncio.timeout(10):
            asker.socket.sendto(probe("tds:Device"), ("127.0.0.1", port))
            await asker.collect(2)
            wanted = (
                "<x:Resolve><a:EndpointReference><a:Address>urn:uuid:2</a:Address></a:EndpointReference></x:Resolve>"
            )
            asker.socket.sendto(PROBE.format(id="urn:uuid:9", body=wanted).encode(), ("127.0.0.1", port))
            resolved = (await asker.collect(3))[2]
            assert "ResolveMatch>" in resolved
            assert "urn:uuid:2<" in resolved
            await _settled(announcer)
            await announcer.stop()
            heard = [(await asyncio.get_running_loop().sock_recv(listener, 65536)).decode() for _ in range(4)]
        listener.close()
        assert sum("<d:Hello>" in text for text in heard) == 2
        assert sum("<d:Bye>" in text for text in heard) == 2

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\x00\xff" * 30,
        b"<a>" * 1000,
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        PROBE.format(id="", body="<x:Probe/>").encode(),
        PROBE.format(id="urn:1", body="<x:ProbeMatches/>").encode(),
        PROBE.format(id="urn:1", body="<x:Resolve/>").encode(),
        PROBE.format(id="urn:1", body='<y:Probe xmlns:y="urn:other"/>').encode(),
    ],
)
def test_nonsense_is_no_question(datagram: bytes) -> None:
    assert read_question(datagram) is None


@pytest.mark.parametrize(
    ("types", "scopes", "match_by", "expected"),
    [
        (set(), [], "", True),
        ({"NetworkVideoTransmitter"}, [], "", True),
        ({"Device", "NetworkVideoTransmitter"}, [], "", True),
        ({"Printer"}, [], "", False),
        (set(), ["ONVIF://www.ONVIF.org/type"], "", True),
        (set(), ["onvif://www.onvif.org/typ"], "", False),
        (set(), ["onvif://www.onvif.org/type/video_encoder", "onvif://www.onvif.org/name/x"], "", False),
        (set(), ["onvif://www.onvif.org/type"], "strcmp0", False),
        (set(), ["onvif://www.onvif.org/type/video_encoder"], "strcmp0", True),
        (set(), ["onvif://www.onvif.org/type"], "ldap", False),
    ],
)
def test_types_and_scopes_filter(types: set[str], scopes: list[str], match_by: str, expected: bool) -> None:
    question = Question("v", "m", frozenset(types), tuple(scopes), match_by)
    assert matches(question, Camera(1).identity()) is expected
