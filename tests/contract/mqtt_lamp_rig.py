"""The city's lamps over MQTT for the contract suite: at the city's own broker, and at a Mosquitto."""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lamp_rig import LampRig

from drivers.lamps.mqtt.config import ConfiguredLamp, HomeAssistantLamps, LampSet, MqttConfig, TasmotaLamps, ZigbeeLamps
from drivers.lamps.mqtt.driver import MqttLamps

_ALL = ("zigbee", "tasmota", "home_assistant")


def _units() -> Any:
    """The rig of the unit tests, which lies beside them."""
    name = "mqtt_rig"
    if name not in sys.modules:
        path = Path(__file__).parents[1] / "unit" / "drivers" / "lamps" / f"{name}.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


class MqttRig(LampRig):
    """Lamps in three dialects; a keeper ends their orders."""

    does = frozenset({"refuses", "late", "dies"})
    tells_faults = False
    rule = 0

    def __init__(self, count: int = 4, names: Sequence[str] = (), dialects: Sequence[str] = _ALL) -> None:
        super().__init__(count, names)
        self._rig, self._dialects = _units(), dialects
        self._stack = ExitStack()
        self._serve()
        named = [ConfiguredLamp(lamp, "", lamp) for lamp in self.bank.ids]
        of = {name: tuple(named[at :: len(dialects)]) for at, name in enumerate(dialects)}
        if names:  # then they are called what they announce
            of = dict.fromkeys(dialects, ())
        kinds: dict[str, LampSet] = {
            "zigbee": ZigbeeLamps(of.get("zigbee", ())),
            "tasmota": TasmotaLamps(of.get("tasmota", ()), discover="tasmota/discovery", rule=self.rule),
            "home_assistant": HomeAssistantLamps(
                of.get("home_assistant", ()),
                discover="homeassistant",
                command="street/{topic}/set",
                state="street/{topic}",
                availability="street/{topic}/availability",
            ),
        }
        sets = tuple(kinds[each] for each in dialects)
        self.driver = MqttLamps(
            MqttConfig(self._broker, sets, confirm_s=3.0 if count < 100 else 15.0),
            clock=lambda: datetime.now(UTC) + timedelta(seconds=self.offset),
            first_delay=0.05,
        )
        self.system = self.driver

    @property
    def ids(self) -> tuple[str, ...]:
        """As configured, or as announced."""
        if not self.names:
            return self.bank.ids
        return tuple(lamp.id for lamp in self.known)

    def open(self) -> None:
        """Wait for states too: a lamp that never told one has nothing to go back to."""
        super().open()
        self.until(lambda: sum(each.level is not None for each in self.states.values()) == len(self.bank.ids))
        if self.rule:
            self.until(lambda: len(self.driver.armed) == len(self.bank.ids))

    def close(self) -> None:
        """Nothing is left to a keeper of a broker that is gone."""
        pid = self.driver.keeper_pid
        super().close()
        if pid:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass  # it had nothing to keep
        self._stack.close()

    def _serve(self) -> None:
        loop = self._rig.Loop()
        self._stack.callback(loop.close)
        city = self._rig.MqttCity(self.bank, self._rig.LOGIN, self._dialects, self.clock, self.names)
        port = loop.run(city.start())
        self._stack.callback(lambda: loop.run(city.stop()))
        self.faults = city.faults
        self._broker = self._rig.Broker("Street", "127.0.0.1", port, self._rig.LOGIN)


class TimerRig(MqttRig):
    """Lamps with Tasmota whose rule timers end the orders."""

    rule = 3

    def __init__(self, count: int = 4, names: Sequence[str] = ()) -> None:
        super().__init__(count, names, ("tasmota",))


class MosquittoRig(MqttRig):
    """The same lamps as clients of a Mosquitto, which never dies for a fault."""

    does = frozenset({"refuses", "late"})

    def _serve(self) -> None:
        if self._rig.MOSQUITTO is None:
            pytest.skip("Mosquitto is not installed")
        folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory()))
        lines = ("allow_anonymous true", "max_inflight_messages 0")
        port = self._stack.enter_context(self._rig.mosquitto(folder, lines))
        self._broker = self._rig.Broker("Street", "127.0.0.1", port)
        bridge = self._rig.BridgedRig(self._broker, self.bank, self.names, clock=self.clock)
        self._stack.callback(bridge.close)
        self.faults = bridge.faults


RIGS: dict[str, Callable[..., LampRig]] = {
    "MQTT": MqttRig,
    "MQTT, ended by the lamps": TimerRig,
    "MQTT, Mosquitto": MosquittoRig,
}
