"""How readers push: kept until it is taken, in order, with the faults that are asked for. Over real sockets."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable

import pytest
from plate_rig import Receiver

from drivers.virtual.plates import push
from drivers.virtual.plates.push import FAULTS, Pusher, Target, TargetError
from drivers.virtual.plates.push_messages import Message
from drivers.virtual.state import FaultBox

PAUSES: list[float] = []


async def no_pause(seconds: float) -> None:
    PAUSES.append(seconds)
    await asyncio.sleep(0)


def message(number: int) -> Message:
    return Message("application/json", b'{"number": %d}' % number)


def pushing(receiver: Receiver, scenario: Callable[[Pusher], Awaitable[None]], **login: str) -> None:
    async def run() -> None:
        pusher = Pusher(FaultBox(FAULTS), no_pause)
        async with receiver:
            pusher.aim(Target(receiver.url, **login))
            pusher.start()
            try:
                await scenario(pusher)
            finally:
                await pusher.stop()

    PAUSES.clear()
    asyncio.run(run())


def bodies(receiver: Receiver) -> list[bytes]:
    return [request.body for request in receiver.requests]


def test_messages_come_in_order_and_are_tried_again_until_they_are_taken() -> None:
    receiver = Receiver(503, 500, 0, 200, 429)

    async def scenario(pusher: Pusher) -> None:
        for number in range(3):
            pusher.offer(message(number))
        await receiver.until(lambda: len(receiver.requests) == 7)
        while pusher.counts.sent < 3:
            await asyncio.sleep(0)
        assert pusher.counts.tries == 7
        assert (len(pusher), pusher.counts.trouble) == (0, "")

    pushing(receiver, scenario)
    one, two, three = (message(number).body for number in range(3))
    assert bodies(receiver) == [one, one, one, one, two, two, three]
    assert PAUSES == [1.0, 2.0, 4.0, 1.0]


def test_a_message_that_will_never_be_taken_is_given_up() -> None:
    receiver = Receiver(422)

    async def scenario(pusher: Pusher) -> None:
        pusher.offer(message(1))
        pusher.offer(message(2))
        await receiver.until(lambda: len(receiver.requests) == 2)
        while pusher.counts.sent < 1:
            await asyncio.sleep(0)
        assert pusher.counts.refused == 1

    pushing(receiver, scenario)
    assert bodies(receiver) == [message(1).body, message(2).body]


@pytest.mark.parametrize(
    ("login", "header"),
    [
        ({}, None),
        ({"token": "abc"}, "Bearer abc"),
        ({"user": "r", "password": "p:w"}, "Basic " + base64.b64encode(b"r:p:w").decode()),
    ],
)
def test_the_login_is_sent(login: dict[str, str], header: str | None) -> None:
    receiver = Receiver()

    async def scenario(pusher: Pusher) -> None:
        pusher.offer(message(1))
        await receiver.until(lambda: bool(receiver.requests))

    pushing(receiver, scenario, **login)
    assert receiver.requests[0].headers.get("authorization") == header
    assert receiver.requests[0].headers["content-type"] == "application/json"


def test_wrong_passwords_huge_and_broken_requests_on_demand() -> None:
    receiver = Receiver(401)

    async def scenario(pusher: Pusher) -> None:
        faults = pusher._faults
        faults.set("wrong_password", times=1)
        pusher.offer(message(1))
        await receiver.until(lambda: len(receiver.requests) == 2)
        faults.set("huge", "200000", times=1)
        pusher.offer(message(2))
        await receiver.until(lambda: len(receiver.requests) == 3)
        faults.set("broken", times=1)
        pusher.offer(message(3))
        await receiver.until(lambda: len(receiver.requests) == 4)

    pushing(receiver, scenario, token="right")
    first, second, huge, broken = receiver.requests
    assert (first.headers["authorization"], second.headers["authorization"]) == ("Bearer wrong", "Bearer right")
    assert len(huge.body) == 200_000
    assert huge.body.strip() == message(2).body
    assert broken.body == message(3).body[: len(message(3).body) // 2]


def test_a_request_that_is_too_large_is_given_up_with_the_receivers_word() -> None:
    receiver = Receiver(limit=10_000)

    async def scenario(pusher: Pusher) -> None:
        pusher._faults.set("huge", "30000000", times=1)
        pusher.offer(message(1))
        while not pusher.counts.refused and not pusher.counts.sent:
            await asyncio.sleep(0.001)

    pushing(receiver, scenario)
    assert len(receiver.requests) <= 1  # it was refused by its head, or came again without the fault


def test_an_endless_request_holds_its_connection_until_it_is_cut() -> None:
    started = asyncio.Event()

    async def run() -> None:
        pusher = Pusher(FaultBox(FAULTS), no_pause)
        pusher._faults.set("endless", times=1)

        async def taken(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            head = await reader.readuntil(b"\r\n\r\n")
            if not started.is_set():
                assert b"Content-Length: 1048" in head
                await reader.readexactly(len(message(1).body) + 20)  # it drips
                started.set()
                writer.transport.abort()
                return
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            writer.close()

        server = await asyncio.start_server(taken, "127.0.0.1", 0)
        pusher.aim(Target(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"))
        pusher.start()
        pusher.offer(message(1))
        async with asyncio.timeout(10):
            while not pusher.counts.sent:
                await asyncio.sleep(0.001)
        assert pusher.counts.tries == 2
        await pusher.stop()
        server.close()
        await server.wait_closed()

    asyncio.run(run())


def test_without_a_target_messages_are_lost_and_a_full_buffer_loses_the_oldest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(push, "BUFFER", 3)

    async def run() -> None:
        pusher = Pusher(FaultBox(FAULTS))
        pusher.offer(message(0))
        assert pusher.counts.lost == 1
        pusher.aim(Target("http://127.0.0.1:9/x"))
        for number in range(5):
            pusher.offer(message(number))
        assert len(pusher) == 3
        assert pusher.counts.lost == 3

    asyncio.run(run())


def test_a_new_target_is_tried_at_once() -> None:
    receiver = Receiver()

    async def run() -> None:
        pusher = Pusher(FaultBox(FAULTS), lambda seconds: asyncio.sleep(3600))
        pusher.aim(Target("http://127.0.0.1:9/nobody"))
        pusher.start()
        pusher.offer(message(1))
        while not pusher.counts.trouble:
            await asyncio.sleep(0.001)
        async with receiver:
            pusher.aim(Target(receiver.url))
            await receiver.until(lambda: bool(receiver.requests))
        await pusher.stop()

    asyncio.run(run())
    assert bodies(receiver) == [message(1).body]


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://a/b",
        "http://",
        "http://u:p@host/",
        "http://host:x/",
        "http://host:0/",
        "http://a/\r\nX: y",
        "http://a/" + "x" * 600,
    ],
)
def test_addresses_that_nothing_can_be_pushed_to(url: str) -> None:
    with pytest.raises(TargetError, match="not a target"):
        Target(url)


def test_no_password_is_shown() -> None:
    target = Target("http://host/", "user", "secret1", "secret2")
    assert "secret" not in repr(target)
    with pytest.raises(TargetError):
        Target("http://host/", token="a\r\nb")
