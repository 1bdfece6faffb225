"""Lamps over MQTT for tests: the city's broker or Mosquitto in front of a bank, and what a driver told of them."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from drivers.lamps.mqtt.config import Broker, HomeAssistantLamps, LampSet, MqttConfig, TasmotaLamps, ZigbeeLamps
from drivers.lamps.mqtt.driver import MqttLamps
from drivers.luminaires import LampAnswer, LampNews, LampOrder, LampState
from drivers.types import Credentials
from drivers.virtual.lamps.bank import LampBank
from drivers.virtual.lamps.mqtt_lamps import FieldLamps, LampFaults, MqttCity
from drivers.virtual.lamps.mqtt_wire import Publication
from drivers.virtual.state import Lamps

LOGIN = Credentials("console", "street-lamp-4711")
PATIENCE = 20.0
MOSQUITTO = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
SETS: tuple[LampSet, ...] = (
    ZigbeeLamps(),
    TasmotaLamps(discover="tasmota/discovery"),
    HomeAssistantLamps(discover="homeassistant"),
)


class Loop:
    """An asyncio loop in a thread of its own."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="city loop")
        self._thread.start()

    def run[T](self, work: Coroutine[Any, Any, T]) -> T:
        """Run in the loop and wait."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    def call(self, work: Callable[[], object]) -> None:
        """Call in the loop and wait."""

        async def run() -> None:
            work()

        self.run(run())

    def close(self) -> None:
        """End it."""
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(PATIENCE)
        self.loop.close()


def make_bank(count: int) -> LampBank:
    """Lamps L0001 and so on."""
    ids = [f"L{at + 1:04d}" for at in range(count)]
    return LampBank(Lamps(dict.fromkeys(ids, 0.0)), ids, time.monotonic)


class CityRig:
    """The city's own broker with lamps, running in a thread."""

    def __init__(
        self, count: int = 6, dialects: Sequence[str] = ("zigbee", "tasmota", "home_assistant"), login: bool = True
    ) -> None:
        self.loop = Loop()
        self.bank = make_bank(count)
        self.city = MqttCity(self.bank, LOGIN if login else None, dialects)
        self.faults = self.city.faults
        self.port = self.loop.run(self.city.start())

    def broker(self, credentials: Credentials | None = LOGIN) -> Broker:
        """Where it is."""
        return Broker("Street", "127.0.0.1", self.port, credentials)

    def cut(self) -> None:
        """Break all connections."""
        self.loop.call(self.city.broker.cut)

    def close(self) -> None:
        """End it."""
        self.loop.run(self.city.stop())
        self.loop.close()


class BridgedRig:
    """The same lamps as a client of another broker."""

    def __init__(
        self,
        broker: Broker,
        bank: LampBank,
        names: Mapping[str, str] | None = None,
        ca: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.loop, self.bank, self.faults = Loop(), bank, LampFaults()
        self._broker = broker
        self.client = paho.Client(CallbackAPIVersion.VERSION2, "city-lamps")
        self.client.max_inflight_messages_set(0)
        if broker.credentials is not None:
            self.client.username_pw_set(broker.credentials.user, broker.credentials.password)
        if ca is not None:
            self.client.tls_set(str(ca))
        self.lamps = FieldLamps(bank, self._publish, self.faults, clock=clock, names=names)
        self.client.on_message = self._message
        subscribed = threading.Event()
        self.client.on_subscribe = lambda *args: subscribed.set()
        self.client.connect(broker.host, broker.port)
        self.client.loop_start()
        self.client.subscribe([(each, 1) for each in self.lamps.filters])
        assert subscribed.wait(PATIENCE)
        self.loop.call(self.lamps.start)

    def broker(self, credentials: Credentials | None = LOGIN) -> Broker:
        """Where it is."""
        return self._broker

    def close(self) -> None:
        """End it."""
        self.loop.run(self.lamps.stop())
        self.client.disconnect()
        self.client.loop_stop()
        self.loop.close()

    def _publish(self, message: Publication) -> None:
        self.client.publish(message.topic, message.payload, message.qos, message.retain)

    def _message(self, client: object, data: object, message: paho.MQTTMessage) -> None:
        found = Publication(message.topic, bytes(message.payload))
        self.loop.loop.call_soon_threadsafe(self.lamps.take, found)


class Told:
    """What a system told; waits for things to become true."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self.news: list[LampNews] = []
        self.states: dict[str, LampState] = {}
        self.lamps: dict[str, Any] = {}
        self.answers: list[tuple[str, LampAnswer]] = []
        self.troubles: list[str] = []
        self.log: list[str] = []

    def __call__(self, news: LampNews) -> None:
        with self._change:
            self.news.append(news)
            self.states |= {each.id: each for each in news.states}
            if news.lamps is not None:
                self.lamps = {each.id: each for each in news.lamps}
            self.answers += [(news.reference, each) for each in news.answers]
            self.troubles += [] if news.trouble is None else [news.trouble]
            self.log += news.log
            self._change.notify_all()

    def until(self, true: Callable[[], bool], what: str = "it") -> None:
        """Wait until something is true: looked at with all that is told, and often, because a keeper tells nothing."""
        deadline = time.monotonic() + PATIENCE
        with self._change:
            while not self._change.wait_for(true, 0.05):
                assert time.monotonic() < deadline, f"{what} never happened; {self.troubles[-3:]} {self.log[-5:]}"

    def level(self, id: str) -> float | None:
        """The level that was told last."""
        state = self.states.get(id)
        return None if state is None else state.level

    def known(self, count: int) -> None:
        """Wait until so many lamps have told a level."""
        self.until(
            lambda: sum(each.level is not None for each in self.states.values()) >= count and len(self.lamps) >= count,
            "all lamps known",
        )


@contextmanager
def running(broker: Broker, sets: Sequence[LampSet] = SETS, **more: Any) -> Iterator[tuple[MqttLamps, Told]]:
    """A driver that runs, and what it tells."""
    settings = {"confirm_s": 5.0, "late_s": 30.0} | {
        key: more.pop(key) for key in ("confirm_s", "late_s") if key in more
    }
    system, told = MqttLamps(MqttConfig(broker, tuple(sets), **settings), first_delay=0.05, **more), Told()
    system.start(told)
    try:
        yield system, told
    finally:
        system.stop()


def order(
    system: MqttLamps, lamps: Sequence[str], level: float, seconds: float = 3600.0, **more: Any
) -> dict[str, LampAnswer]:
    """Give an order; the answers, each lamp once."""
    answers: list[LampAnswer] = []
    until = datetime.now(UTC) + timedelta(seconds=seconds)
    system.order(LampOrder(tuple(lamps), level, until, **more), answers.extend)
    assert len({each.id for each in answers}) == len(answers)
    return {each.id: each for each in answers}


def release(system: MqttLamps, lamps: Sequence[str], **more: Any) -> dict[str, LampAnswer]:
    """Release; the answers, each lamp once."""
    answers: list[LampAnswer] = []
    system.release(tuple(lamps), "lease", answers.extend, **more)
    assert len({each.id for each in answers}) == len(answers)
    return {each.id: each for each in answers}


def free_port() -> int:
    """A port that is free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def mosquitto(folder: Path, lines: Sequence[str] = ("allow_anonymous true",)) -> Iterator[int]:
    """A Mosquitto on a free port."""
    assert MOSQUITTO is not None
    port = free_port()
    settings = folder / "mosquitto.conf"
    log = folder / "mosquitto.log"
    head = (f"listener {port} 127.0.0.1", f"log_dest file {log}", "user root", "max_queued_messages 100000")
    settings.write_text("\n".join((*head, *lines)) + "\n")
    process = subprocess.Popen([MOSQUITTO, "-c", str(settings)], stderr=subprocess.PIPE)
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except ConnectionRefusedError:
                assert process.poll() is None, f"Mosquitto ended: {process.stderr.read()!r}"  # type: ignore[union-attr]
                assert time.monotonic() < until
                time.sleep(0.02)
        yield port
    finally:
        process.terminate()
        process.wait(PATIENCE)
        assert process.stderr is not None
        process.stderr.close()
