"""Who gets a seat, what becomes of crowds at the door, and what a suspect is told on the doorstep."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import gc
import socket
import ssl
from asyncio import sslproto
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import pytest
from certificates import make_certificates

from drivers import http_door
from drivers.http_door import Door, Seat, Seats, listening, network_of, reset
from drivers.http_messages import BadRequestError, Request, Response, parse_head
from drivers.http_server import WebServer

RIGHT = b"POST / HTTP/1.1\r\nX-Token: right\r\nContent-Length: 2\r\n\r\n{}"
WRONG = b"POST / HTTP/1.1\r\nX-Token: wrong\r\nContent-Length: 2\r\n\r\n{}"
TURNED_DOWN = Response(HTTPStatus.TOO_MANY_REQUESTS, b"wait\n", "text/plain", {"Retry-After": "9"}, close=True)


def loop_factory() -> asyncio.AbstractEventLoop:
    return asyncio.SelectorEventLoop()


def run(main: Awaitable[None]) -> None:
    async def within() -> None:
        async with asyncio.timeout(20):
            await main

    asyncio.run(within(), loop_factory=loop_factory)


class Gate:
    """Lets in who says ``right``; what else it does, a test says."""

    def __init__(self) -> None:
        self.suspicious, self.open = False, True
        self.looked: list[bool] = []
        self.away = 0

    def suspects(self, peer: str) -> bool:
        return self.suspicious

    def knows(self, request: Request) -> bool:
        return request.headers.get("x-token") == "right"

    def comes(self, peer: str) -> bool:
        return self.open

    def turned_away(self, peer: str) -> None:
        self.away += 1

    def admit(self, request: Request) -> Response | None:
        self.looked.append(self.knows(request))
        return None if self.looked[-1] else TURNED_DOWN


async def handle(request: Request) -> Response:
    return Response(200, request.body, "text/plain")


@asynccontextmanager
async def serving(
    gate: Gate, tls: ssl.SSLContext | None = None, connections: int = 8, idle: float = 30.0
) -> AsyncIterator[tuple[WebServer, int]]:
    web = WebServer(handle, idle, 1000, tls, connections, gate)
    port = await web.start()
    try:
        yield web, port
    finally:
        await web.stop()
        assert len(web._seats) == 0


async def answer(port: int, sent: bytes) -> bytes:
    writer = None
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        return await reader.read(4096)
    except ConnectionResetError:
        return b"reset"
    finally:
        if writer is not None:
            writer.transport.abort()


async def until(true: Callable[[], bool]) -> None:
    while not true():
        await asyncio.sleep(0.001)


# Seats


def cut_by(seats: Callable[[Callable[[Seat], None]], Seats]) -> tuple[Seats, list[Seat]]:
    cut: list[Seat] = []
    return seats(cut.append), cut


def taken(seats: Seats, peer: str) -> Seat:
    seat = seats.take(peer)
    assert seat is not None
    return seat


def test_a_crowd_from_one_network_makes_room_for_itself() -> None:
    seats, cut = cut_by(lambda each: Seats(8, 2, each))
    first, second = taken(seats, "192.0.2.1"), taken(seats, "192.0.2.1")
    other = taken(seats, "192.0.2.2")
    third = taken(seats, "192.0.2.1")
    assert cut == [first]
    seats.prove(second)
    taken(seats, "192.0.2.1")
    assert cut == [first]
    taken(seats, "192.0.2.1")
    assert cut == [first, third]
    assert len(seats) == 4
    assert other in seats.all()
    assert second in seats.all()


def test_where_all_is_full_the_largest_crowd_makes_room() -> None:
    seats, cut = cut_by(lambda each: Seats(4, 3, each))
    lone = taken(seats, "192.0.2.1")
    crowd = [taken(seats, "2001:db8::1"), taken(seats, "2001:db8::2"), taken(seats, "2001:db8::3")]
    taken(seats, "192.0.2.9")
    assert cut == crowd[:1]
    assert lone in seats.all()


def test_who_has_proved_himself_makes_room_for_nobody() -> None:
    seats, cut = cut_by(lambda each: Seats(2, 2, each))
    for _ in range(2):
        seats.prove(taken(seats, "192.0.2.1"))
    assert seats.take("192.0.2.2") is None
    assert cut == []
    seats.leave(seats.all()[0])
    stranger = taken(seats, "192.0.2.2")
    seats.leave(stranger)
    seats.leave(stranger)
    seats.prove(stranger)
    assert len(seats) == 1


def test_without_a_gate_nobody_makes_room() -> None:
    seats, cut = cut_by(lambda each: Seats(2, 0, each))
    assert [seats.take("192.0.2.1") is None for _ in range(3)] == [False, False, True]
    assert cut == []


def test_networks() -> None:
    assert network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("fe80::1%eth0") == "fe80::/64"
    assert network_of("nonsense:") == "nonsense:"


# Listening


def test_a_port_that_is_taken_and_an_address_that_is_none() -> None:
    async def main() -> None:
        [first, *others] = await listening("127.0.0.1", 0)
        port = first.getsockname()[1]
        with pytest.raises(OSError, match="in use"):
            await listening("127.0.0.1", port)
        for each in (first, *others):
            each.close()
        with pytest.raises(OSError):
            await listening("no.such.host.invalid", 0)
        everywhere = await listening("", port)
        assert {each.getsockname()[1] for each in everywhere} == {port}
        for each in everywhere:
            each.close()

    run(main())


class TooMany(socket.socket):
    """Cannot accept as often as a test says."""

    fail_next_accepts = 0

    def accept(self) -> tuple[socket.socket, object]:
        if self.fail_next_accepts:
            self.fail_next_accepts -= 1
            raise OSError(errno.EMFILE, "Too many open files")
        return super().accept()


def test_too_many_open_files_are_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_door, "_PAUSE", 0.001)

    async def main() -> None:
        listener = TooMany(socket.AF_INET)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        listener.setblocking(False)
        listener.fail_next_accepts = 2
        came: list[str] = []

        def knocks(connection: socket.socket, peer: str) -> None:
            came.append(peer)
            reset(connection)

        door = Door([listener], knocks)
        early = socket.create_connection(("127.0.0.1", door.port))
        await until(lambda: bool(came))
        assert came == ["127.0.0.1"]
        early.close()
        listener.fail_next_accepts = 1
        late = socket.create_connection(("127.0.0.1", door.port))
        await until(lambda: not listener.fail_next_accepts)
        door.close()
        await asyncio.sleep(0.002)  # the pause is over, and it does not listen again
        late.close()
        assert came == ["127.0.0.1"]

    run(main())


# On the doorstep


def test_a_suspect_is_answered_before_anything_is_made() -> None:
    async def main() -> None:
        gate = Gate()
        gate.suspicious = True
        async with serving(gate) as (web, port):
            with socket.create_connection(("127.0.0.1", port)) as one:
                one.sendall(WRONG * 3)  # before the server has a turn
                one.setblocking(False)
                told = await asyncio.get_running_loop().sock_recv(one, 4096)
            assert told.startswith(b"HTTP/1.1 429 ")
            assert b"Connection: close\r\n" in told
            assert b"Retry-After: 9\r\n" in told
            assert gate.looked == [False]
            with socket.create_connection(("127.0.0.1", port)) as one:
                one.sendall(b"nonsense\r\n\r\n")
                one.setblocking(False)
                told = await asyncio.get_running_loop().sock_recv(one, 4096)
            assert told.startswith(b"HTTP/1.1 400 ")
            assert gate.away == 1
            assert len(web._seats) == 0
            gate.open = False  # a right password passes in the same way
            with socket.create_connection(("127.0.0.1", port)) as one:
                one.sendall(RIGHT)
                gate.open = True
                one.setblocking(False)
                told = await asyncio.get_running_loop().sock_recv(one, 4096)
            assert told.startswith(b"HTTP/1.1 200 ")
            assert gate.looked == [False, True]

    run(main())


def test_a_suspect_of_whom_nothing_is_there_yet_waits_his_turn() -> None:
    async def main() -> None:
        gate = Gate()
        gate.suspicious = True
        async with serving(gate) as (web, port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await until(lambda: len(web._seats) == 1)
            writer.write(WRONG)
            assert (await reader.read()).startswith(b"HTTP/1.1 429 ")
            writer.close()
            await until(lambda: len(web._seats) == 0)
            assert (gate.looked, gate.away) == ([False], 0)

    run(main())


def test_too_many_are_ended_at_once() -> None:
    async def main() -> None:
        gate = Gate()
        gate.open = False
        async with serving(gate) as (web, port):
            assert await answer(port, b"") == b"reset"
            assert (gate.looked, len(web._seats)) == ([], 0)

    run(main())


@pytest.mark.parametrize("sent", [b"", b"POST / HT", b"nonsense\r\n\r\n"])
def test_who_ends_without_having_asked_is_told_of(sent: bytes) -> None:
    async def main() -> None:
        gate = Gate()
        async with serving(gate, idle=0.05) as (_, port):
            told = await answer(port, sent)
            assert told[:12] == (b"HTTP/1.1 400" if sent.endswith(b"\n") else b"")
            await until(lambda: gate.away == 1)

    run(main())


# TLS


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    folder: Path = tmp_path_factory.mktemp("tls")
    authority, certificate, key = make_certificates(folder)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(certificate, key)
    return server, ssl.create_default_context(cafile=authority)


def hello() -> bytes:
    """The begin of a handshake."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    with pytest.raises(ssl.SSLWantReadError):
        context.wrap_bio(incoming, outgoing, server_hostname="localhost").do_handshake()
    return outgoing.read()


def test_handshakes_that_are_never_finished_have_seats_too(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def main() -> None:
        gate = Gate()
        async with serving(gate, tls[0], connections=8) as (web, port):
            begun = [await asyncio.open_connection("127.0.0.1", port) for _ in range(4)]
            for _, writer in begun[1::2]:
                writer.write(hello())
            await until(lambda: gate.away == 2)  # an address has two of eight
            assert len(web._seats) == 2
            reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=tls[1], server_hostname="localhost")
            writer.write(RIGHT)
            assert (await reader.read(4096)).startswith(b"HTTP/1.1 200 ")
            writer.transport.abort()
            for _, each in begun:
                each.transport.abort()

    run(main())


def test_what_a_handshake_needed_is_gone_with_it(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Buffers of 300 kB each must not wait for the next look for cycles: a flood makes thousands."""

    def there() -> int:
        return sum(type(each) is sslproto.SSLProtocol for each in gc.get_objects())

    async def main() -> None:
        gate = Gate()
        async with serving(gate, tls[0], connections=64) as (web, port):
            before = there()
            for sent in (b"", hello(), b"GET / HTTP/1.1\r\n\r\n"):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(sent)
                if sent:
                    await reader.read(16)
                writer.transport.abort()
            await until(lambda: gate.away == 3 and len(web._seats) == 0)
            await asyncio.sleep(0)
            assert there() == before

    gc.collect()
    gc.disable()
    try:
        run(main())
    finally:
        gc.enable()


def test_the_end_leaves_nothing_open(tls: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    async def main() -> None:
        for context in (None, tls[0]):
            gate = Gate()
            async with serving(gate, context) as (web, port):
                held = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
                await until(lambda: len(web._seats) == 2)
                assert web.listening
            assert not web.listening
            await web.stop()
            for reader, writer in held:
                with contextlib.suppress(ConnectionResetError):
                    assert await reader.read() == b""
                writer.close()

    run(main())


def test_a_head_of_very_many_lines() -> None:
    with pytest.raises(BadRequestError) as caught:
        parse_head(b"POST / HTTP/1.1\r\n" + b"a:\r\n" * 1000 + b"\r\n")
    assert caught.value.status == 431
