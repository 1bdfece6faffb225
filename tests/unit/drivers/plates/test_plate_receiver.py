"""The receiver of pushed reads: who may, what is answered when, and what a crowd with wrong passwords can do."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import errno
import http.client
import socket
import ssl
import threading
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import plate_messages as made
import pytest
from certificates import make_certificates
from feed_rig import Door, post

from drivers.http_messages import Request
from drivers.plates import receiver as receiver_module
from drivers.plates.frigate import read_frigate
from drivers.plates.push import FORM_KINDS, JSON_KINDS, PushSource, path_of
from drivers.plates.receiver import PushFeed, Receiver, ReceiverConfig
from drivers.plates.rekor import read_rekor
from drivers.types import Credentials

TOKEN = {"Authorization": "Bearer open sesame"}
GATE = PushSource("North gate", read_rekor, JSON_KINDS, "open sesame", Credentials("cam", "päss"))
BODY = made.rekor_group()[1]


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Running:
    def __init__(self, config: ReceiverConfig, *sources: PushSource) -> None:
        self.clock = Clock()
        self.door = Door()
        self.receiver = Receiver(config, self.clock)
        self.feeds: list[PushFeed] = [self.receiver.feed(each) for each in sources]
        for feed in self.feeds:
            feed.start(self.door.deliver, self.door.trouble)
        self.port = self.receiver.wait_listening(20)
        assert self.port

    def in_loop(self, work: Callable[[], None]) -> None:
        """Do something in the receiver's thread, and wait for it."""

        async def within() -> None:
            work()

        assert self.receiver._loop is not None
        asyncio.run_coroutine_threadsafe(within(), self.receiver._loop).result(20)

    def post(
        self, body: bytes = BODY, headers: dict[str, str] | None = None, path: str = "/plates/North%20gate"
    ) -> int:
        return post(self.port, path, made.JSON, body, TOKEN if headers is None else headers)[0]


@contextlib.contextmanager
def running(*sources: PushSource, config: ReceiverConfig | None = None) -> Iterator[Running]:
    made_running = Running(config or ReceiverConfig(), *(sources or (GATE,)))
    try:
        yield made_running
    finally:
        for feed in made_running.feeds:
            feed.stop()


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def asked(target: str = "/plates/North%20gate", **headers: str) -> Request:
    return Request("POST", target, headers)


@pytest.mark.parametrize(
    "request_",
    [
        asked(authorization="Bearer open sesame"),
        asked(authorization="Token open sesame"),
        asked(authorization=basic("cam", "päss")["Authorization"]),
        Request("POST", "/plates/North%20gate", {"x-token": "open sesame"}),
        asked("/plates/North%20gate?a=1&token=open%20sesame"),
        asked("/plates/North%20gate?token=open+sesame"),
    ],
)
def test_ways_to_prove_oneself(request_: Request) -> None:
    assert GATE.proved(request_)


@pytest.mark.parametrize(
    "request_",
    [
        asked(),
        asked(authorization="Bearer"),
        asked(authorization="Bearer open sesam"),
        asked(authorization="Digest open sesame"),
        asked(authorization="Basic !!!"),
        asked(authorization=basic("cam", "")["Authorization"]),
        asked(authorization=basic("", "open sesame")["Authorization"]),
        asked("/plates/North%20gate?token="),
        asked("/plates/North%20gate?token=" + "&token=" * 50),
        Request("POST", "/plates/North%20gate?token=open%20sesame", {"authorization": "Bearer wrong"}),
    ],
)
def test_no_proof(request_: Request) -> None:
    assert not GATE.proved(request_)


def test_nobody_sees_a_password() -> None:
    assert "sesame" not in repr(GATE)
    assert "päss" not in repr(GATE)
    with pytest.raises(ValueError, match="needs a token or a password"):
        PushSource("Open", read_rekor, JSON_KINDS)


def test_paths() -> None:
    assert GATE.where == path_of(asked("/plates/North%20gate/?token=x")) == "/plates/North%20gate"
    assert path_of(asked("/a" * 2000)) == ""
    assert path_of(asked("/plates/%41")) == "/plates/A"


def test_answers() -> None:
    with running() as it:
        assert it.post() == 200
        assert it.door.plates == ["7ABC123"]
        status, words, headers = post(it.port, "/plates/North%20gate", made.JSON, BODY)
        assert (status, words) == (401, "a token or password is missing or wrong\n")
        assert headers["www-authenticate"].startswith("Basic ")
        assert it.post(path="/plates/elsewhere") == 404
        for kind, body, wanted, why in (
            (made.JSON, b"{", 400, "not JSON\n"),
            (made.JSON, b'{"data_type": "cats"}', 422, "data_type 'cats' is not that of Rekor's plate messages\n"),
            (made.JSON, made.rekor_results(*["A"] * 101)[1], 413, "101 reads in one message, 100 are the most\n"),
            ("image/png", b"", 415, "content type 'image/png'; it may be application/json, text/json, text/plain\n"),
            (made.JSON, bytes(7 * 1024 * 1024), 413, "a body of 7340032 bytes; 6144 KiB are the most\n"),
        ):
            assert post(it.port, GATE.where, kind, body, TOKEN)[:2] == (wanted, why)
        status, _, headers = post(it.port, GATE.where, "", b"", TOKEN, "GET")
        assert (status, headers["allow"]) == (405, "POST, PUT")
        assert it.post(b'{"data_type": "heartbeat"}') == 200
        counts = it.feeds[0].counts()
        assert (counts.received, counts.refused) == (2, 6)
        assert it.door.troubles == [
            "North gate: sent something that cannot be understood: not JSON. "
            "Check that its kind is the right one in the site file, and what it is set to send."
        ]
        it.feeds[0].stop()
        with pytest.raises(OSError):
            it.post()
        it.feeds[0].start(it.door.deliver, it.door.trouble)


def test_well_only_when_it_is_on_disk() -> None:
    with running(config=ReceiverConfig(store_seconds=0.2)) as it:
        it.door.verdict = False
        status, words, headers = post(it.port, GATE.where, made.JSON, BODY, TOKEN)
        assert (status, words, headers["retry-after"]) == (503, "not stored; send it again\n", "5")
        it.door.verdict = None
        assert it.post() == 503
        it.door.slips[-1].settle()  # too late for the sender, who sends it again
        it.door.verdict = True
        assert it.post() == 200
        assert len({each.id for each in it.door.events}) == 1
        it.door.verdict = None
        assert it.post() == 503
    it.door.slips[-1].settle()  # and after the end it disturbs nobody


def test_more_than_a_source_may_send() -> None:
    from dataclasses import replace

    with running(replace(GATE, rate=1.0, burst=2.0)) as it:
        assert [it.post() for _ in range(3)] == [200, 200, 429]
        assert it.feeds[0].counts().refused == 1
        it.clock.now += 1.0
        assert it.post() == 200


def test_more_than_an_address_may_send() -> None:
    with running(config=ReceiverConfig(peer_rate=1.0, peer_burst=1.0)) as it:
        assert [it.post() for _ in range(2)] == [200, 429]


def test_wrong_passwords_do_not_keep_the_right_one_out() -> None:
    with running() as it:
        answers = [it.post(headers={"X-Token": "guess"}) for _ in range(25)]
        assert answers == [401] * 20 + [429] * 5
        assert it.post() == 200  # from the same address
        assert it.post(headers={"X-Token": "guess"}) == 429
        assert it.feeds[0].counts().refused == 26
        assert len(it.door.troubles) == 1
        assert "a sender at 127.0.0.1 has a wrong password or token" in it.door.troubles[0]
        it.clock.now += 10.0
        assert it.post(headers={"X-Token": "guess"}) == 401


def test_a_flood_is_told_once_and_counted() -> None:
    with running(config=ReceiverConfig(look_seconds=0.01)) as it:
        assert it.post() == 200  # a reader is heard: a wrong password alone would not be told of
        asked_often = Request("POST", GATE.where, {"x-token": "guess"}, peer="192.0.2.7")

        def flood() -> None:
            for _ in range(300):
                assert it.receiver.admit(asked_often) is not None
            assert it.receiver.suspects("192.0.2.7")
            assert it.receiver.suspects("192.0.2.8"), "everybody is, in a siege, who had no right password"
            assert not it.receiver.suspects("127.0.0.1")
            assert not it.receiver.knows(asked_often)
            for _ in range(50):
                it.receiver.turned_away("192.0.2.7")

        it.in_loop(flood)
        assert it.door.until(lambda: it.feeds[0].counts().refused == 350)
        assert it.door.troubles == [
            "Plate receiver: turns away a flood: hundreds without a right password, the last from 192.0.2.7. "
            "Readers are heard as before. Find that address, and keep it out of the network."
        ]
        it.clock.now += 30.0
        it.in_loop(flood)
        it.clock.now += 59.0
        assert it.post() == 200
        assert len(it.door.troubles) == 1
        assert it.post(b"{") == 400
        assert len(it.door.troubles) == 1, "the one sentence stays"
        it.clock.now += 1.0
        assert it.door.until(lambda: it.door.troubles[1:] == [""])
        it.in_loop(flood)
        assert len(it.door.troubles) == 3


def test_connections_of_an_address_are_bounded(tmp_path: Path) -> None:
    _, certificate, key = make_certificates(tmp_path)
    config = ReceiverConfig(certificate=str(certificate), key=str(key))
    for each, burst in ((config, 200), (ReceiverConfig(), 1000)):
        with running(config=each) as it:
            came: list[bool] = []
            it.in_loop(lambda: came.extend(it.receiver.comes("192.0.2.7") for _ in range(2500)))  # noqa: B023
            assert came.index(False) == burst
            assert it.receiver.suspects("192.0.2.7")


def test_connections_that_say_nothing_make_room() -> None:
    with running(config=ReceiverConfig(connections=4)) as it, contextlib.ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(("127.0.0.1", it.port))) for _ in range(6)]
        assert it.post() == 200
        for each in idle[:2]:
            each.settimeout(20)
            with contextlib.suppress(ConnectionResetError):
                assert each.recv(1) == b""  # the oldest were cut


def test_a_slow_sender_is_cut() -> None:
    with running(config=ReceiverConfig(idle=0.2)) as it, socket.create_connection(("127.0.0.1", it.port)) as slow:
        head = b"POST /plates/North%20gate HTTP/1.1\r\nX-Token: open sesame\r\nContent-Type: application/json\r\n"
        slow.sendall(head + b"Content-Length: 1000\r\n\r\n{")
        slow.settimeout(20)
        assert slow.recv(100) == b""
        assert it.door.events == []


def test_chunks_are_bounded_too() -> None:
    with running(config=ReceiverConfig(body_limit=1000)) as it, socket.create_connection(("127.0.0.1", it.port)) as one:
        head = b"POST /plates/North%20gate HTTP/1.1\r\nX-Token: open sesame\r\nTransfer-Encoding: chunked\r\n\r\n"
        one.sendall(head + b"fff\r\n" + bytes(0xFFF))
        one.settimeout(20)
        assert one.recv(100).startswith(b"HTTP/1.1 413 ")


def test_several_sources_and_one_that_is_there_already() -> None:
    other = PushSource("Lot", read_frigate, JSON_KINDS, "t2", path="/hook")
    with running(GATE, other) as it:
        assert it.post(made.frigate(), {"X-Token": "t2"}, "/hook") == 200
        assert it.post(made.frigate(), {"X-Token": "open sesame"}, "/hook") == 401
        assert [each.source for each in it.door.events] == ["Lot"]
        with pytest.raises(ValueError, match="two sources post to /hook"):
            it.receiver.feed(other).start(it.door.deliver, it.door.trouble)


def test_an_address_that_is_taken_is_said_and_tried_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        door = Door()
        feed = Receiver(ReceiverConfig(port=port)).feed(GATE)
        feed.start(door.deliver, door.trouble)
        assert door.until(lambda: bool(door.troubles))
        assert door.troubles[0].startswith(f"Plate receiver: does not listen: 127.0.0.1:{port} cannot be listened at (")
        feed.stop()
    feed.stop()


def test_a_certificate_that_is_none(tmp_path: Path) -> None:
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    door = Door()
    feed = Receiver(ReceiverConfig(certificate=str(bad))).feed(GATE)
    feed.start(door.deliver, door.trouble)
    assert door.until(lambda: bool(door.troubles))
    assert "its certificate or key cannot be used" in door.troubles[0]
    feed.stop()


def test_tls(tmp_path: Path) -> None:
    authority, certificate, key = make_certificates(tmp_path)
    config = ReceiverConfig(certificate=str(certificate), key=str(key))
    with running(PushSource("Gate", read_rekor, JSON_KINDS | FORM_KINDS, "t"), config=config) as it:
        tls = ssl.create_default_context(cafile=authority)
        assert post(it.port, "/plates/Gate?token=t", made.JSON, BODY, tls=tls)[0] == 200
        with pytest.raises((OSError, http.client.HTTPException)):  # plain HTTP to it
            post(it.port, "/plates/Gate?token=t", made.JSON, BODY)
        assert post(it.port, "/plates/Gate?token=t", made.JSON, BODY, tls=tls)[0] == 200


def test_a_thread_that_cannot_begin_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    def full(main: Coroutine[Any, Any, None], **rest: object) -> None:
        main.close()
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(receiver_module.asyncio, "run", full)
    door, done = Door(), threading.Event()

    def begin_and_end() -> None:
        feed = Receiver(ReceiverConfig()).feed(GATE)
        feed.start(door.deliver, door.trouble)
        feed.stop()
        done.set()

    threading.Thread(target=begin_and_end, daemon=True).start()
    assert done.wait(20)
    assert door.troubles == ["Plate receiver: does not listen: Too many open files. Start the console again."]
