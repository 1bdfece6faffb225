"""RTSP methods, Digest, sessions, and what strangers may send."""

from __future__ import annotations

import hashlib
import re
import socket
from collections.abc import Iterator

import pytest
from rtsp_rig import Client, Rig

from drivers.types import Credentials
from drivers.virtual.rtsp.auth import NONCE_SECONDS, Digest, Verdict
from drivers.virtual.rtsp.message import MAX_HEAD
from drivers.virtual.rtsp.session import Choice, parse_transport

TCP = "RTP/AVP/TCP;unicast;interleaved=0-1"


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    made = Rig()
    made.open()
    yield made
    made.close()


@pytest.fixture
def client(rig: Rig) -> Iterator[Client]:
    with rig.talk() as made:
        yield made


def test_options_need_no_password(rig: Rig, client: Client) -> None:
    status, headers, _ = client.raw(f"OPTIONS {rig.uri()} RTSP/1.0\r\nCSeq: 77\r\n\r\n".encode())
    assert (status, headers["cseq"]) == (200, "77")
    for method in ("DESCRIBE", "SETUP", "PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER", "SET_PARAMETER"):
        assert method in headers["public"]


def test_describe_tells_the_stream(rig: Rig, client: Client) -> None:
    status, headers, sdp = client.ask("DESCRIBE", rig.uri("main"))
    assert status == 200
    assert headers["content-type"] == "application/sdp"
    assert "a=rtpmap:96 H264/90000" in sdp
    assert re.search(r"sprop-parameter-sets=\S+,\S+", sdp)
    assert rig.spec.credentials.password not in sdp


@pytest.mark.parametrize("method", ["DESCRIBE", "SETUP", "PLAY", "GET_PARAMETER"])
def test_a_wrong_password_is_refused(rig: Rig, client: Client, method: str) -> None:
    assert client.ask(method, rig.uri(), "wrong")[0] == 401
    assert client.ask(method, rig.uri(), "wrong again")[0] == 401


def test_only_digest_will_do(rig: Rig, client: Client) -> None:
    for header in ("Basic b3BlcmF0b3I6eA==", "Digest", "Digest nonce=", 'Digest username="operator", nonce="zz-00"'):
        request = f"DESCRIBE {rig.uri()} RTSP/1.0\r\nCSeq: 1\r\nAuthorization: {header}\r\n\r\n"
        assert client.raw(request.encode())[0] == 401


def test_an_old_nonce_is_stale_not_wrong() -> None:
    now = [1000.0]
    own = Credentials("operator", "secret")
    digest = Digest(own, lambda: now[0])
    nonce = re.findall('nonce="([^"]*)"', digest.challenge())[0]

    def md5(text: str) -> str:
        return hashlib.md5(text.encode()).hexdigest()

    def header(password: str) -> str:
        response = md5(f"{md5(f'operator:Watchfloor city:{password}')}:{nonce}:{md5('PLAY:/sub')}")
        return (
            f'Digest username="operator", realm="Watchfloor city", nonce="{nonce}", uri="/sub", response="{response}"'
        )

    assert digest.check("PLAY", header("secret")) is Verdict.GOOD
    assert digest.check("SETUP", header("secret")) is Verdict.BAD
    now[0] += NONCE_SECONDS + 1
    assert digest.check("PLAY", header("secret")) is Verdict.STALE
    assert digest.check("PLAY", header("wrong")) is Verdict.BAD
    assert Digest(own, lambda: now[0]).check("PLAY", header("secret")) is Verdict.BAD
    assert "stale=true" in digest.challenge(stale=True)


def test_unknown_streams_sessions_methods_and_transports(rig: Rig, client: Client) -> None:
    assert client.ask("DESCRIBE", rig.uri("third"))[0] == 404
    assert client.ask("RECORD", rig.uri())[0] == 501
    assert client.ask("PLAY", rig.uri())[0] == 454
    for transport in ("", "RAW/RAW/UDP;unicast", "RTP/AVP;multicast;client_port=5000-5001", "RTP/AVP;unicast"):
        assert client.ask("SETUP", rig.uri() + "/trackID=0", Transport=transport)[0] == 461


def test_a_session_from_setup_to_teardown(rig: Rig, client: Client) -> None:
    uri = rig.uri()
    status, headers, _ = client.ask("SETUP", uri + "/trackID=0", Transport=TCP)
    assert status == 200
    assert "timeout=60" in headers["session"]
    assert "interleaved=0-1" in headers["transport"]
    assert client.ask("SETUP", uri + "/trackID=0", Transport=TCP)[0] == 459
    assert client.ask("GET_PARAMETER", uri)[0] == 200
    status, headers, _ = client.ask("PLAY", uri)
    assert status == 200
    sequence = int(re.findall(r"seq=(\d+)", headers["rtp-info"])[0])
    seen = {}
    while len(seen) < 2:
        channel, packet = client.packet()
        seen.setdefault(channel, packet)
    assert int.from_bytes(seen[0][2:4], "big") == sequence
    assert seen[1][1] == 200  # a sender report at once
    client.send("PAUSE", uri)


def test_pause_stops_and_play_goes_on(rig: Rig, client: Client) -> None:
    client.play()
    client.packet()
    client.send("PAUSE", rig.uri())
    assert client.answer()[0] == 200
    client.send("PLAY", rig.uri())
    assert not client.packet_next()  # not a single packet came in between
    assert client.answer()[0] == 200
    assert client.packet()[0] in (0, 1)
    client.send("TEARDOWN", rig.uri())
    assert client.answer()[0] == 200
    with pytest.raises(EOFError):
        client.packet()


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"hello\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 400),
        (b"OPTIONS * RTSP/2.0\r\nCSeq: 1\r\n\r\n", 505),
        (b"OPTIONS * RTSP/1.0\r\nContent-Length: -4\r\n\r\n", 400),
        (b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999999\r\n\r\n", 413),
        (b"OPTIONS * RTSP/1.0\r\nX: " + b"a" * (3 * MAX_HEAD), 413),
    ],
)
def test_garbage_ends_only_its_own_connection(rig: Rig, client: Client, data: bytes, status: int) -> None:
    assert client.raw(data)[0] == status
    with pytest.raises((EOFError, ConnectionResetError)):
        client.answer()
    with rig.talk() as other:
        assert other.ask("DESCRIBE", rig.uri())[0] == 200


def test_a_header_cannot_smuggle_lines(rig: Rig, client: Client) -> None:
    _, headers, _ = client.raw(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\rX-Evil: 1\r\n\r\n")
    assert headers["cseq"] == "0"
    assert client.raw(b"OPTIONS rtsp://[::1 RTSP/1.0\r\nCSeq: 3\r\n\r\n")[0] == 200
    client.nonce = ""
    assert client.ask("DESCRIBE", "rtsp://[::1")[0] == 404


def test_interleaved_packets_from_the_client_are_skipped(rig: Rig, client: Client) -> None:
    client.socket.sendall(b"$\x01\x00\x08" + bytes(8))
    assert client.ask("DESCRIBE", rig.uri())[0] == 200


def test_transport_headers() -> None:
    assert parse_transport("RTP/AVP/TCP;unicast;interleaved=2-3") == Choice(True, 2, 3)
    assert parse_transport("RTP/AVP/TCP;unicast") == Choice(True, 0, 1)
    assert parse_transport("RTP/AVP;unicast;client_port=5000-5001") == Choice(False, 5000, 5001)
    assert parse_transport("RTP/AVP;multicast,RTP/AVP/UDP;unicast;client_port=6000") == Choice(False, 6000, 6001)
    for ports in ("RTP/AVP;unicast;client_port=0-1", "RTP/AVP;unicast;client_port=70000-70001"):
        assert parse_transport(ports) is None
    for bad in ("x", "RTP/AVP/TCP;interleaved=300-301"):
        assert parse_transport(bad) is None


def test_a_stopped_server_cuts_everybody_and_comes_back_on_its_port() -> None:
    rig = Rig()
    rig.open()
    try:
        with rig.talk() as client:
            client.play()
            client.packet()
            port = rig.server.port
            rig.run(rig.server.stop())
            with pytest.raises((EOFError, ConnectionError)):
                client.drain()
            with pytest.raises(OSError):
                socket.create_connection(("127.0.0.1", port), timeout=2).close()
        assert rig.run(rig.server.start()) == port
        with rig.talk() as client:
            client.play()
            assert client.packet()[1]
    finally:
        rig.close()
