"""The keeper ends orders whatever becomes of the console."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from mqtt_rig import LOGIN, PATIENCE, CityRig, order, release, running

from drivers.errors import DriverError
from drivers.lamps.mqtt.config import HomeAssistantLamps
from drivers.lamps.mqtt.dialect import Message
from drivers.lamps.mqtt.keeping import End, Keeper

HA = (HomeAssistantLamps(discover="homeassistant"),)


@pytest.fixture
def rig() -> Iterator[CityRig]:
    made = CityRig(4, ("home_assistant",))
    yield made
    made.close()


class Levels:
    """Waits for lamps of a bank to burn as they should."""

    def __init__(self, rig: CityRig) -> None:
        self._bank, self._change = rig.bank, threading.Condition()
        self._end = rig.bank.listen(self._changed)

    def _changed(self, lamps: object) -> None:
        with self._change:
            self._change.notify_all()

    def until(self, *levels: float) -> None:
        with self._change:
            assert self._change.wait_for(lambda: self.now() == list(levels), PATIENCE), self.now()
        self._end()

    def now(self) -> list[float]:
        return [self._bank.state(each).level for each in self._bank.ids]


def soon(seconds: float = 0.3) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def end(lamp: str, at: datetime, level: str = '{"state": "OFF"}') -> End:
    return End(lamp, at, (Message(f"street/{lamp}/set", level),))


def test_it_ends_and_says_so(rig: CityRig) -> None:
    ended, done = [], threading.Event()

    def heard(lamps: object) -> None:
        ended.append(lamps)
        done.set()

    keeper = Keeper(rig.broker(), ended=heard)
    keeper.start()
    assert keeper.wait_ready(PATIENCE)
    levels = Levels(rig)
    keeper.keep([end("L0001", soon()), end("L0002", soon(3600))])
    assert done.wait(PATIENCE)
    levels.until(0, 60, 60, 60)
    assert ended == [["L0001"]]
    keeper.drop(["L0002"])
    keeper.stop()


def test_it_lives_on_when_it_is_let_go(rig: CityRig) -> None:
    keeper = Keeper(rig.broker())
    keeper.start()
    assert keeper.wait_ready(PATIENCE)
    levels = Levels(rig)
    keeper.keep([end("L0003", soon(0.5))])
    keeper.stop()
    levels.until(60, 60, 0, 60)


def test_told_to_terminate_it_ends_everything_at_once(rig: CityRig) -> None:
    keeper = Keeper(rig.broker())
    keeper.start()
    assert keeper.wait_ready(PATIENCE)
    levels = Levels(rig)
    keeper.keep([end("L0004", soon(3600))])
    os.kill(keeper.pid, signal.SIGTERM)
    levels.until(60, 60, 60, 0)
    keeper.stop()


def test_without_a_broker_it_confirms_nothing() -> None:
    rig = CityRig(1)
    broker = rig.broker()
    rig.close()
    keeper = Keeper(broker)
    keeper.start()
    assert not keeper.wait_ready(PATIENCE)
    with pytest.raises(DriverError, match=r"Street: .*keeper"):
        keeper.keep([end("L0001", soon())])
    keeper.stop()


def test_a_keeper_that_is_none_confirms_nothing(rig: CityRig) -> None:
    keeper = Keeper(rig.broker(), command=(sys.executable, "-c", "print('hello')"))
    keeper.start()
    assert not keeper.wait_ready(PATIENCE)
    with pytest.raises(DriverError, match="does not run"):
        keeper.keep([end("L0001", soon())])
    keeper.stop()
    with pytest.raises(DriverError, match="cannot be started"):
        Keeper(rig.broker(), command=("/nowhere/keeper",)).start()


def test_no_order_without_a_keeper(rig: CityRig) -> None:
    with running(rig.broker(), HA, keeper_command=("/nowhere/keeper",)) as (system, told):
        told.known(4)
        answers = order(system, sorted(told.lamps), 100)
        assert not any(each.good for each in answers.values())
        assert not system.features.dies_back
        assert [rig.bank.state(each).level for each in rig.bank.ids] == [60] * 4


def test_the_end_comes_again_after_a_broken_connection(rig: CityRig) -> None:
    keeper = Keeper(rig.broker())
    keeper.start()
    assert keeper.wait_ready(PATIENCE)
    levels = Levels(rig)
    keeper.keep([end("L0001", soon(0.5))])
    rig.cut()
    levels.until(0, 60, 60, 60)
    keeper.stop()


def test_the_password_is_in_no_process_list(rig: CityRig) -> None:
    keeper = Keeper(rig.broker())
    keeper.start()
    assert keeper.wait_ready(PATIENCE)
    if sys.platform == "linux":
        process = Path("/proc") / str(keeper.pid)
        assert LOGIN.password.encode() not in (process / "cmdline").read_bytes()
        assert LOGIN.password.encode() not in (process / "environ").read_bytes()
    assert LOGIN.password not in repr(rig.broker())
    keeper.stop()


def test_a_keeper_that_dies_is_followed_by_one_that_knows(rig: CityRig) -> None:
    with running(rig.broker(), HA) as (system, told):
        told.known(4)
        levels = Levels(rig)
        answers = order(system, ["L0001"], 100, seconds=3600)
        assert answers["L0001"].good
        first = system.keeper_pid
        os.kill(first, signal.SIGKILL)
        told.until(lambda: system.keeper_pid not in (0, first) and system.features.dies_back, "another keeper")
        release(system, ["L0001"])
        levels.until(60, 60, 60, 60)


CONSOLE = """
import sys, threading
from datetime import UTC, datetime, timedelta
from drivers.lamps.mqtt.config import Broker, HomeAssistantLamps, MqttConfig
from drivers.lamps.mqtt.driver import MqttLamps
from drivers.luminaires import LampOrder
from drivers.types import Credentials
user, password, port = sys.stdin.readline().split()
broker = Broker("Street", "127.0.0.1", int(port), Credentials(user, password))
system = MqttLamps(MqttConfig(broker, (HomeAssistantLamps(discover="homeassistant", programme=60),)))
known, seen = threading.Event(), set()
def heard(news):
    seen.update(each.id for each in news.lamps or ())
    if len(seen) == 4:
        known.set()
system.start(heard)
known.wait()
order = LampOrder(tuple(sorted(seen)), 100, datetime.now(UTC) + timedelta(seconds=2.0))
system.order(order, lambda answers: None)
print("ordered", flush=True)
threading.Event().wait()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL here")
def test_lamps_fall_back_when_the_console_is_killed(rig: CityRig) -> None:
    bright, back = Levels(rig), Levels(rig)
    root = Path(__file__).parents[4]
    console = subprocess.Popen(
        [sys.executable, "-c", CONSOLE], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root, text=True
    )
    assert console.stdin is not None
    assert console.stdout is not None
    console.stdin.write(f"{LOGIN.user} {LOGIN.password} {rig.port}\n")
    console.stdin.flush()
    assert console.stdout.readline() == "ordered\n"
    bright.until(100, 100, 100, 100)
    console.kill()
    assert console.wait(PATIENCE) == -signal.SIGKILL
    console.stdin.close()
    console.stdout.close()
    back.until(60, 60, 60, 60)
