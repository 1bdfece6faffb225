"""SNMP agents in a thread of their own, the city's and hostile ones, and an ear for what a lamp system tells."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v2c

from drivers.lamp_leaves import LeafTable
from drivers.lamps.snmp.config import Community, Controller, SnmpConfig, SnmpUser
from drivers.lamps.snmp.system import SnmpLamps
from drivers.luminaires import LampAnswer, LampNews, LampOrder
from drivers.types import GeoPlace
from drivers.virtual.lamps.bank import LampBank
from drivers.virtual.lamps.snmp_agent import CITY_LEAVES, COMMUNITY, USER, SnmpLampAgent
from drivers.virtual.state import Lamps

WAIT_S = 20.0
START = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)


class Clock:
    """Seconds that pass when told to; ``wall`` is the same as a time of day."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def wall(self) -> datetime:
        return START + timedelta(seconds=self.now - 1000.0)


class LoopThread:
    """An asyncio loop in a thread, for what must run beside the driver."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="snmp-rig")
        self._thread.start()

    def run[Result](self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(WAIT_S)

    def do[Result](self, work: Callable[[], Result]) -> Result:
        async def call() -> Result:
            return work()

        return self.run(call())

    def close(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(WAIT_S)
        self.loop.close()


class Ear:
    """Collects what a lamp system tells."""

    def __init__(self) -> None:
        self.news: list[LampNews] = []
        self._changed = threading.Condition()

    def __call__(self, news: LampNews) -> None:
        with self._changed:
            self.news.append(news)
            self._changed.notify_all()

    def wait(self, wanted: Callable[[LampNews], object]) -> LampNews:
        """The first news of this kind, past or to come."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(wanted(each) for each in self.news), WAIT_S), self.news
            return next(each for each in self.news if wanted(each))

    def forget(self) -> None:
        with self._changed:
            self.news.clear()


class CityRig:
    """The city's agent with so many lamps."""

    def __init__(self, lamps: int = 30, **options: Any) -> None:
        self.clock = Clock()
        self.ids = tuple(f"lamp-{number:03d}" for number in range(1, lamps + 1))
        self.bank = LampBank(Lamps(dict.fromkeys(self.ids, 60.0)), self.ids, self.clock)
        places = {id: GeoPlace(40.4, -3.7 + number / 1000) for number, id in enumerate(self.ids)}
        self.thread = LoopThread()
        self.agent = self.thread.do(
            lambda: SnmpLampAgent(self.bank, self.clock, places=places, group_size=10, **options)
        )
        self.port = self.thread.run(self.agent.start())

    def pass_time(self, seconds: float) -> None:
        self.clock.now += seconds
        self.bank.tick()

    def close(self) -> None:
        self.thread.run(self.agent.stop())
        self.thread.close()


@contextmanager
def city(lamps: int = 30, **options: Any) -> Iterator[CityRig]:
    rig = CityRig(lamps, **options)
    try:
        yield rig
    finally:
        rig.close()


def access(version: str) -> Community | SnmpUser:
    if version == "v2c":
        return Community(COMMUNITY)
    return SnmpUser(USER.user, USER.password, privacy=USER.password)


def config(port: int, version: str = "v2c", leaves: LeafTable = CITY_LEAVES, **options: Any) -> SnmpConfig:
    values: dict[str, Any] = {
        "name": "street lamps",
        "controllers": (Controller("127.0.0.1", port),),
        "access": access(version),
        "leaves": leaves,
        "timeout": 5.0,
        "poll": 3600.0,
        "settle": 3600.0,
    }
    return SnmpConfig(**(values | options))


@contextmanager
def running(config: SnmpConfig, clock: Clock | None = None) -> Iterator[tuple[SnmpLamps, Ear]]:
    ear = Ear()
    system = SnmpLamps(config, (clock or Clock()).wall)
    system.start(ear)
    try:
        yield system, ear
    finally:
        system.stop()


def order(lamps: Sequence[str], level: float = 100.0, seconds: float = 600.0, **more: Any) -> LampOrder:
    return LampOrder(tuple(lamps), level, START + timedelta(seconds=seconds), **more)


def send(system: SnmpLamps, order: LampOrder) -> dict[str, LampAnswer]:
    """Give an order; each lamp is answered exactly once."""
    got: list[LampAnswer] = []
    system.order(order, got.extend)
    answers = {each.id: each for each in got}
    assert len(answers) == len(got) == len(set(order.lamps))
    return answers


# --- hostile agents -------------------------------------------------------------------------------------------------


class Asked:
    """One request as a hostile agent sees it."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.message, _ = decoder.decode(data, asn1Spec=v2c.Message())
        self.pdu = v2c.apiMessage.get_pdu(self.message)
        self.kind = type(self.pdu).__name__
        self.binds = [(tuple(name), value) for name, value in v2c.apiPDU.get_varbinds(self.pdu)]

    def answer(self, binds: Sequence[tuple[Any, Any]], status: int = 0, index: int = 0, id: int | None = None) -> bytes:
        reply = v2c.apiMessage.get_response(self.message)
        pdu = v2c.apiMessage.get_pdu(reply)
        if id is not None:
            v2c.apiPDU.set_request_id(pdu, id)
        v2c.apiPDU.set_error_status(pdu, status)
        v2c.apiPDU.set_error_index(pdu, index)
        v2c.apiPDU.set_varbinds(pdu, binds)
        return bytes(encoder.encode(reply))

    @property
    def id(self) -> int:
        return int(v2c.apiPDU.get_request_id(self.pdu))


class Hostile(asyncio.DatagramProtocol):
    """Answers each datagram with what ``reply`` gives."""

    def __init__(self, reply: Callable[[bytes], Sequence[bytes]]) -> None:
        self.reply = reply
        self.transport: Any = None

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        for each in self.reply(data):
            self.transport.sendto(each, addr)


@contextmanager
def hostile(reply: Callable[[bytes], Sequence[bytes]]) -> Iterator[int]:
    """Its port."""
    thread = LoopThread()

    async def begin() -> Any:
        transport, _ = await thread.loop.create_datagram_endpoint(lambda: Hostile(reply), local_addr=("127.0.0.1", 0))
        return transport

    transport = thread.run(begin())
    try:
        yield int(transport.get_extra_info("sockname")[1])
    finally:
        thread.do(transport.close)
        thread.close()
