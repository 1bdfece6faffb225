"""What is said to an RTSP server, and what it may say: passwords once, nothing for ever, doubts to FFmpeg."""

from __future__ import annotations

import base64
import itertools
import re
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from rtsp_wire import SDP, Scripted, answered, asked, cut, framed, goodbye, header, report, rtp
from video_rig import NAME, request, served

from drivers.errors import BadAnswer, DriverError, LockedOut, NotFound, Refused, TimedOut, Unreachable
from drivers.types import Credentials
from drivers.video import opening
from drivers.video.live_source import LiveSource
from drivers.video.rtsp import NotOurs
from drivers.video.rtsp.source import RtspSource, open_rtsp
from drivers.video.source import open_stream

LOGIN = Credentials("operator", "Pw-4711")
DIGEST = 'WWW-Authenticate: Digest realm="cam", nonce="{}"'
KEY = b"\x65\x88" + b"k" * 3000
# 320x240, baseline, pictures in order, and not a word more (H.264, 7.3.2.1.1).
SPS = b"\x67\x42\x00\x1e\xda\x05\x07\xe4"
SETS = f";sprop-parameter-sets={base64.b64encode(SPS).decode()},aM48gA=="


def media(first: int = 0, count: int = 12) -> bytes:
    """Pictures that nobody needs to decode."""
    data, number = framed(report(1_700_000_000.0, 9000 * first), 1), first * 10
    for picture in range(first, first + count):
        pieces = cut(KEY, 1400)
        for piece in pieces:
            data += framed(rtp(piece, number, 9000 * picture, piece is pieces[-1]))
            number += 1
    return data


@pytest.fixture
def camera() -> Scripted:
    return Scripted(media(), SDP.format(sets=SETS))


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OPEN_SECONDS", 0.4)
    monkeypatch.setattr(opening, "SOCKET_SECONDS", 0.4)


@pytest.fixture
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """FFmpeg is not asked; what it is asked for is noted."""
    seen: list[str] = []

    def opened(*args: Any, **more: Any) -> None:
        seen.append("asked")
        raise DriverError(NAME, "FFmpeg was asked")

    monkeypatch.setattr("drivers.video.source.open_container", opened)
    return seen


def opened(port: int, login: Credentials | None = LOGIN) -> LiveSource:
    return open_stream(request(f"rtsp://127.0.0.1:{port}/live", login))


def failing(camera: Scripted, login: Credentials | None = LOGIN) -> tuple[DriverError, list[bytes]]:
    with served(camera) as server, pytest.raises(DriverError) as told:
        opened(server.port, login).close()
    return told.value, server.requests


def ask(challenge: str, never: bool = False) -> Callable[[bytes], Any]:
    """401 until a request proves a password."""
    return lambda head: (
        None if b"Authorization" in head and not never else answered(head, "401 Unauthorized", challenge)
    )


# --- playing --------------------------------------------------------------------------------------------------------


def test_it_plays_and_says_goodbye(camera: Scripted, no_ffmpeg: list[str]) -> None:
    with served(camera) as server:
        source = opened(server.port)
        assert isinstance(source, RtspSource)
        assert (source.codec, source.width, source.height, source.fps) == ("H264", 320, 240, 10.0)
        for number in range(12):
            assert source.read()
            packet = source.packet()
            assert (packet.pts, packet.dts, packet.key) == pytest.approx((number / 10, number / 10, True))
            assert packet.data == b"\0\0\0\1" + KEY
            assert packet.taken == pytest.approx(1_700_000_000.0 + number / 10, abs=0.001)
            source.skip()
        source.close()
        server._threads[0].join(5)
    methods = [re.findall(rb"[A-Z_]+", head)[0].decode() for head in server.requests]
    assert methods == ["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"]
    assert [header(head, "session") for head in server.requests[3:]] == ["77", "77"]
    assert not any(b"Authorization" in head for head in server.requests)  # nobody asked
    assert not no_ffmpeg


def test_packets_before_the_answer_and_other_channels(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.transport = "RTP/AVP/TCP;unicast;interleaved=6-7;ssrc=1234ABCD"
    data = media().replace(b"$\0", b"$\6").replace(b"$\1", b"$\7")
    camera.special["PLAY"] = lambda head: data + camera.plain("OPTIONS", head)
    with served(camera) as server:
        source = opened(server.port)
        assert source.read()
        assert source.packet().taken
        source.close()


def test_size_and_rate_are_found_out_where_nobody_says_them(camera: Scripted, no_ffmpeg: list[str]) -> None:
    sets = [base64.b64decode(text) for text in SETS.partition("=")[2].split(",")]
    camera.sdp = SDP.format(sets="").replace("a=framerate:10\r\n", "")
    camera.media = b"".join(framed(rtp(unit, 65_534 + n)) for n, unit in enumerate(sets)) + media()
    with served(camera) as server:
        source = opened(server.port)
        assert (source.width, source.height, source.fps) == (320, 240, 10.0)
        assert source.parameters.extradata == b"".join(b"\0\0\0\1" + unit for unit in sets)
        source.close()


def test_it_opens_without_a_key_frame(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.media = b"".join(framed(rtp(b"\x41\x9a" + b"i" * 99, n, 9000 * n, True)) for n in range(3))
    with served(camera) as server:
        source = opened(server.port)
        assert source.width == 320
        assert source.read()
        assert not source.packet_is_key
        assert source.decode(convert=True) is None
        source.close()


def test_the_end_of_a_stream(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.media = media(count=1) + framed(goodbye(), 1)
    with served(camera) as server:
        source = opened(server.port)
        assert source.read()
        assert not source.read()
        source.close()
        source.close()
    camera.media = media(count=1) + b"TEARDOWN * RTSP/1.0\r\nCSeq: 1\r\n\r\n"
    with served(camera) as server:
        source = opened(server.port)
        assert source.read()
        with pytest.raises(Unreachable):
            source.read()
        source.close()


@pytest.mark.usefixtures("hasty")
def test_silence_while_it_plays(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.media = media(count=1)
    with served(camera) as server:
        source = opened(server.port)
        assert source.read()
        with pytest.raises(TimedOut):
            source.read()
        source.close()


# --- sessions stay alive --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("public", "method"), [("OPTIONS, GET_PARAMETER", "GET_PARAMETER"), ("OPTIONS", "OPTIONS")])
def test_a_session_is_kept_alive(
    camera: Scripted, public: str, method: str, monkeypatch: pytest.MonkeyPatch, no_ffmpeg: list[str]
) -> None:
    camera.public, camera.session = public, "77;timeout=20"
    camera.special["DESCRIBE"] = ask(DIGEST.format("a"))
    with served(camera) as server:
        source = opened(server.port)
        real = time.monotonic
        for later in (0.0, 9.0, 10.5, 10.6, 21.0):
            monkeypatch.setattr("drivers.video.live_source.time.monotonic", lambda later=later: real() + later)
            assert source.read()
            source.skip()
        monkeypatch.undo()
        source.close()
        server._threads[0].join(5)
    kept = asked(server, method)[-2:]
    assert all(b"Session: 77" in head and b"Digest" in head for head in kept)
    reports = [head for head in server.requests if b"$\1" in head and b"watchfloor" in head]
    assert reports  # in front of the next request
    assert len({header(head, "cseq") for head in server.requests}) == len(server.requests)


def test_an_old_nonce_is_renewed_while_it_plays(camera: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    camera.special["DESCRIBE"] = ask(DIGEST.format("old"))
    camera.special["GET_PARAMETER"] = lambda head: (
        answered(head, "401 Unauthorized", DIGEST.format("new")) + media(12)
        if b'nonce="old"' in head
        else camera.plain("GET_PARAMETER", head) + media(24)
    )
    with served(camera) as server:
        source = opened(server.port)
        real = time.monotonic
        monkeypatch.setattr("drivers.video.live_source.time.monotonic", lambda: real() + 31.0)
        for _ in range(36):
            assert source.read()
            source.skip()
        source.close()
    assert len(asked(server, "GET_PARAMETER")) == 2


def test_questions_of_the_server_are_answered(camera: Scripted) -> None:
    answers: list[bytes] = []

    def serve(connection: socket.socket, head: bytes) -> bool:
        if head.startswith(b"RTSP/1.0"):
            answers.append(head)
            if len(answers) == 2:
                connection.sendall(media(24))
            return True
        return camera(connection, head)

    camera.media = (
        b"OPTIONS * RTSP/1.0\r\nCSeq: 41\r\n\r\n" + media() + b"ANNOUNCE * RTSP/1.0\r\nCSeq: 4\r\n evil\r\n\r\n"
    )
    camera.media += media(12)
    with served(serve) as server:
        source = opened(server.port)
        for _ in range(25):
            assert source.read()
            source.skip()
        source.close()
    assert answers == [b"RTSP/1.0 200 OK\r\nCSeq: 41", b"RTSP/1.0 501 Not Implemented\r\nCSeq: 4"]


# --- passwords ------------------------------------------------------------------------------------------------------


def proofs(requests: list[bytes]) -> list[str]:
    return [header(head, "authorization") for head in requests if b"Authorization" in head]


@pytest.mark.parametrize(
    ("challenge", "begins"),
    [
        (DIGEST.format("n"), "Digest "),
        (DIGEST.format("n") + ', qop="auth", algorithm=SHA-256, opaque="o"', "Digest "),
        (DIGEST.format("n") + '\r\nWWW-Authenticate: Basic realm="cam"', "Digest "),
        ('WWW-Authenticate: Basic realm="Digest or so"', "Basic b3BlcmF0b3I6UHctNDcxMQ=="),
    ],
)
def test_ways_to_prove_a_password(camera: Scripted, challenge: str, begins: str, no_ffmpeg: list[str]) -> None:
    for method in ("OPTIONS", "DESCRIBE", "SETUP", "PLAY"):
        camera.special[method] = ask(challenge)
    with served(camera) as server:
        source = opened(server.port)
        source.close()
    sent = proofs(server.requests)
    assert len(sent) == 5 or len(sent) == 4  # the goodbye may not have been read
    assert all(proof.startswith(begins) for proof in sent)
    assert "Pw-4711" not in b"".join(server.requests).decode()
    if "qop" in challenge:
        assert [re.findall("nc=(\\d+)", proof)[0] for proof in sent[:2]] == ["00000001", "00000002"]


@pytest.mark.parametrize("way", [DIGEST.format("n"), 'WWW-Authenticate: Basic realm="x"'])
def test_a_wrong_password_is_sent_once(camera: Scripted, way: str, no_ffmpeg: list[str]) -> None:
    camera.special["DESCRIBE"] = camera.special["OPTIONS"] = ask(way, never=True)
    error, requests = failing(camera)
    assert type(error) is Refused
    assert len(proofs(requests)) == 1
    assert not no_ffmpeg


@pytest.mark.parametrize(
    ("status", "kind"),
    [("403 Forbidden", Refused), ("423 Locked", LockedOut), ("503 Busy", BadAnswer), ("404 Not Found", NotFound)],
)
def test_whatever_it_says_to_a_password_it_is_sent_once(
    camera: Scripted, status: str, kind: type[DriverError], no_ffmpeg: list[str]
) -> None:
    camera.special["OPTIONS"] = camera.special["DESCRIBE"] = lambda head: answered(
        head, status if b"Authorization" in head else "401 Unauthorized", DIGEST.format("n")
    )
    error, requests = failing(camera)
    assert type(error) is kind
    assert len(proofs(requests)) == 1
    assert not no_ffmpeg


def test_a_server_that_hangs_up_at_a_password_gets_it_once(camera: Scripted, no_ffmpeg: list[str]) -> None:
    def serve(connection: socket.socket, head: bytes) -> bool:
        if b"Authorization" in head:
            return False
        connection.sendall(answered(head, "401 Unauthorized", DIGEST.format("n")))
        return True

    with served(serve) as server, pytest.raises(Unreachable):
        opened(server.port)
    assert len(proofs(server.requests)) == 1
    assert not no_ffmpeg


def test_a_nonce_that_is_too_old_at_once_is_renewed_once(camera: Scripted, no_ffmpeg: list[str]) -> None:
    nonces = itertools.count()
    camera.special["OPTIONS"] = lambda head: answered(
        head, "401 Unauthorized", DIGEST.format(f"n{next(nonces)}") + ", stale=true"
    )
    error, requests = failing(camera)
    assert type(error) is Refused
    assert len(proofs(requests)) == 2


def test_no_password_where_one_is_asked_for(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.special["DESCRIBE"] = ask(DIGEST.format("n"))
    error, requests = failing(camera, None)
    assert type(error) is Refused
    assert not proofs(requests)


def test_an_unknown_way_of_digest_is_left_to_ffmpeg(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.special["OPTIONS"] = ask(DIGEST.format("n") + ", algorithm=MD4\r\nWWW-Authenticate: Basic realm=x")
    _, requests = failing(camera)
    assert not proofs(requests)
    assert no_ffmpeg


def test_a_login_in_the_url_is_not_shown_in_requests(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.special["DESCRIBE"] = ask(DIGEST.format("n"))
    with served(camera) as server:
        open_stream(request(f"rtsp://a:secret@127.0.0.1:{server.port}/live")).close()
    assert b"secret" not in b"".join(server.requests)
    assert 'username="a"' in proofs(server.requests)[0]


# --- verdicts and doubts --------------------------------------------------------------------------------------------


def test_a_redirect_is_told_and_not_followed(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.special["DESCRIBE"] = lambda head: answered(head, "302 Found", "Location: rtsp://127.0.0.1:1/evil")
    error, _ = failing(camera)
    assert error.sentence == (
        f"{NAME}: answered with something that cannot be understood: it redirects to another address, which is not "
        "followed. Enter the address that it redirects to, if you trust it."
    )
    assert not no_ffmpeg


@pytest.mark.usefixtures("hasty")
def test_a_slow_drip_ends_at_the_deadline(no_ffmpeg: list[str]) -> None:
    over = threading.Event()

    def drip(connection: socket.socket, head: bytes) -> bool:
        for byte in b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: " + b"x" * 5000:
            connection.sendall(bytes([byte]))
            if over.wait(0.02):
                break
        return False

    with served(drip) as server:
        with pytest.raises(TimedOut):
            opened(server.port)
        over.set()
    assert not no_ffmpeg


@pytest.mark.usefixtures("hasty")
def test_it_plays_and_nothing_comes(camera: Scripted, no_ffmpeg: list[str]) -> None:
    camera.media = b""
    assert type(failing(camera)[0]) is TimedOut
    camera.media = framed(rtp(b"\x67\x42\0\x1e", 1))
    error, _ = failing(camera)
    assert error.detail == "what it sends is not what it announces"


DOUBTS: dict[str, Callable[[Scripted], None]] = {
    "huge headers": lambda camera: camera.special.update(
        DESCRIBE=lambda head: answered(head, "200 OK", "X: " + "y" * 20_000, body=b"x")
    ),
    "huge body": lambda camera: camera.special.update(
        DESCRIBE=lambda head: b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 99999\r\n\r\n"
    ),
    "no length": lambda camera: camera.special.update(
        DESCRIBE=lambda head: b"RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: -5\r\n\r\n"
    ),
    "http": lambda camera: camera.special.update(OPTIONS=lambda head: b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "binary": lambda camera: camera.special.update(OPTIONS=lambda head: b"\0\xff" * 50),
    "a page": lambda camera: camera.special.update(
        DESCRIBE=lambda head: answered(head, "200 OK", "Content-Type: text/html", body=b"<html>")
    ),
    "garbage": lambda camera: setattr(camera, "sdp", "v=0\r\nnonsense"),
    "another codec": lambda camera: setattr(camera, "sdp", SDP.format(sets="").replace("H264", "VP8")),
    "no session": lambda camera: setattr(camera, "session", ""),
    "udp": lambda camera: setattr(camera, "transport", "RTP/AVP;unicast;client_port=1-2"),
    "odd channels": lambda camera: setattr(camera, "transport", "RTP/AVP/TCP;interleaved=300-301"),
    "461": lambda camera: camera.special.update(SETUP=lambda head: answered(head, "461 Unsupported Transport")),
    "500": lambda camera: camera.special.update(PLAY=lambda head: answered(head, "500 Oops")),
}


@pytest.mark.parametrize("doubt", DOUBTS)
def test_doubts_are_left_to_ffmpeg(camera: Scripted, doubt: str, no_ffmpeg: list[str]) -> None:
    DOUBTS[doubt](camera)
    error, _ = failing(camera)
    assert error.detail == "FFmpeg was asked"


@pytest.mark.parametrize(
    "uri", ["rtsp://127.0.0.1/a b", "rtsp://127.0.0.1/ü", "rtsp:///x", "rtsp://127.0.0.1:0/", "rtsp://h/#x"]
)
def test_urls_that_are_left_to_ffmpeg(uri: str) -> None:
    with pytest.raises(NotOurs):
        open_rtsp(request(uri))


def test_a_name_that_nobody_knows() -> None:
    with pytest.raises(Unreachable, match="its name is unknown"):
        open_rtsp(request("rtsp://camera.invalid/live"))
