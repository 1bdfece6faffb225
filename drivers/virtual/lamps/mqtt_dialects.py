"""How the city's lamps speak MQTT: as behind Zigbee2MQTT, with Tasmota, and as Home Assistant's JSON lights.

Each dialect has lamps of the bank. It announces them, reads what is commanded, and words what they tell.
"""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drivers.luminaires import LampFault
from drivers.virtual.lamps.bank import BankState
from drivers.virtual.lamps.mqtt_wire import Publication

AWAY = frozenset({LampFault.COMMUNICATION, LampFault.POWER})
"""Faults with which a lamp answers nothing."""
_A_GROUP = 20


@dataclass(frozen=True, slots=True)
class Act:
    """One lamp is to go to a level; for ``seconds``, where it ends that itself."""

    lamp: str
    level: float
    ramp: float = 0.0
    seconds: float = math.inf


@dataclass(slots=True)
class Read:
    """What a message means: what is to be done, who is to tell its state, and what is answered at once."""

    acts: list[Act] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    answers: list[Publication] = field(default_factory=list)


def _kept(topic: str, value: object) -> Publication:
    payload = value if isinstance(value, str) else json.dumps(value)
    return Publication(topic, payload.encode(), 1, True)


def _read(payload: bytes) -> dict[str, Any]:
    """What was commanded; empty for anything that is no JSON object."""
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _number(value: object, high: float) -> float | None:
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return min(high, max(0.0, float(value))) if good else None  # type: ignore[arg-type]


def _light(lamp: str, command: dict[str, Any], scale: float, before: float) -> Act | None:
    """A command of the JSON schema."""
    ramp = _number(command.get("transition"), 3600.0) or 0.0
    bright = _number(command.get("brightness"), scale)
    if command.get("state") == "OFF":
        return Act(lamp, 0.0, ramp)
    if bright is not None:
        return Act(lamp, float(round(100.0 * bright / scale)), ramp)
    return Act(lamp, before or 100.0, ramp) if command.get("state") == "ON" else None


def _state(state: BankState, scale: float) -> dict[str, Any]:
    bright = round(state.level * scale / 100)
    return {"state": "ON" if bright else "OFF", "brightness": bright}


class FieldDialect(ABC):
    """Lamps that speak one dialect. ``level`` tells what a lamp burns at."""

    names: Mapping[str, str] = {}
    """What lamps are called, where not by their ids."""

    def __init__(self, lamps: Sequence[str], level: Callable[[str], float]) -> None:
        self.lamps, self._level = tuple(lamps), level
        self._mine = frozenset(lamps)

    @property
    @abstractmethod
    def filters(self) -> tuple[str, ...]:
        """Topics on which commands come."""

    @abstractmethod
    def announce(self) -> list[Publication]:
        """Tell that the lamps are there."""

    @abstractmethod
    def read(self, message: Publication) -> Read | None:
        """What a message commands and what is answered at once; None where it is not for these lamps."""

    @abstractmethod
    def tell(self, lamp: str, state: BankState, name: str = "") -> list[Publication]:
        """A lamp's state; under another lamp's ``name`` where a fault wants that."""

    @abstractmethod
    def presence(self, lamp: str, here: bool) -> Publication:
        """Whether a lamp is there."""

    def refuse(self, lamp: str, state: BankState) -> list[Publication]:
        """It does not do it; without a word for that it tells what it does instead."""
        return self.tell(lamp, state)

    def unreached(self, lamp: str) -> list[Publication]:
        """A command did not come to the lamp: mostly nobody says so."""
        return []

    def tick(self, now: float) -> list[Act]:
        """What lamps do by themselves."""
        return []


class HomeAssistantField(FieldDialect):
    """``street/LAMP/set`` and ``street/LAMP``."""

    filters = ("street/+/set",)

    def announce(self) -> list[Publication]:
        """One retained message a lamp, with abbreviations as small devices send them."""
        return [
            _kept(
                f"homeassistant/light/{lamp}/config",
                {
                    "~": f"street/{lamp}",
                    "name": self.names.get(lamp, f"Lamp {lamp}"),
                    "uniq_id": lamp,
                    "schema": "json",
                    "cmd_t": "~/set",
                    "stat_t": "~",
                    "avty_t": "~/availability",
                    "brightness": True,
                    "dev": {"ids": [lamp], "name": f"Street lamp {lamp}"},
                },
            )
            for lamp in self.lamps
        ]

    def read(self, message: Publication) -> Read | None:
        """A command of the JSON schema."""
        lamp = message.topic.removeprefix("street/").removesuffix("/set")
        if message.topic != f"street/{lamp}/set" or lamp not in self._mine:
            return None
        act = _light(lamp, _read(message.payload), 255, self._level(lamp))
        return Read([] if act is None else [act])

    def tell(self, lamp: str, state: BankState, name: str = "") -> list[Publication]:
        """State and brightness."""
        return [_kept(f"street/{name or lamp}", _state(state, 255))]

    def presence(self, lamp: str, here: bool) -> Publication:
        """A word."""
        return _kept(f"street/{lamp}/availability", "online" if here else "offline")


class ZigbeeField(FieldDialect):
    """``zigbee2mqtt/LAMP/set`` and ``zigbee2mqtt/LAMP``; groups of twenty."""

    filters = ("zigbee2mqtt/+/set", "zigbee2mqtt/+/get")

    def __init__(self, lamps: Sequence[str], level: Callable[[str], float]) -> None:
        super().__init__(lamps, level)
        starts = range(0, len(self.lamps), _A_GROUP)
        self.groups = {f"row-{at // _A_GROUP + 1}": self.lamps[at : at + _A_GROUP] for at in starts}

    def announce(self) -> list[Publication]:
        """The lists of devices and groups."""
        features = [{"name": "state"}, {"name": "brightness", "value_min": 0, "value_max": 254}]
        exposes = [{"type": "light", "features": features}, {"type": "numeric", "name": "power"}]
        addresses = {lamp: f"0x00158d{at:010x}" for at, lamp in enumerate(self.lamps)}
        devices: list[dict[str, Any]] = [
            {"ieee_address": "0x00158dffffffffff", "type": "Coordinator", "friendly_name": "Coordinator"}
        ]
        devices += [
            {
                "ieee_address": addresses[lamp],
                "friendly_name": lamp,
                "type": "Router",
                "definition": {"model": "STREET-70", "vendor": "City works", "exposes": exposes},
            }
            for lamp in self.lamps
        ]
        groups = [
            {
                "id": at + 1,
                "friendly_name": name,
                "members": [{"ieee_address": addresses[lamp], "endpoint": 1} for lamp in members],
            }
            for at, (name, members) in enumerate(self.groups.items())
        ]
        return [
            _kept("zigbee2mqtt/bridge/state", {"state": "online"}),
            _kept("zigbee2mqtt/bridge/devices", devices),
            _kept("zigbee2mqtt/bridge/groups", groups),
        ]

    def read(self, message: Publication) -> Read | None:
        """A command to a lamp or a group; a question is answered by the state as it is."""
        base, _, rest = message.topic.partition("/")
        name, _, verb = rest.partition("/")
        lamps = (name,) if name in self._mine else self.groups.get(name)
        if base != "zigbee2mqtt" or lamps is None or verb not in ("set", "get"):
            return None
        if verb == "get":
            return Read(asked=list(lamps))
        command = _read(message.payload)
        acts = [_light(lamp, command, 254, self._level(lamp)) for lamp in lamps]
        return Read([act for act in acts if act is not None])

    def tell(self, lamp: str, state: BankState, name: str = "") -> list[Publication]:
        """State, brightness, power and energy."""
        told = _state(state, 254) | {"power": round(state.power, 1), "energy": round(state.energy, 3)}
        return [_kept(f"zigbee2mqtt/{name or lamp}", told)]

    def presence(self, lamp: str, here: bool) -> Publication:
        """The newer form."""
        return _kept(f"zigbee2mqtt/{lamp}/availability", {"state": "online" if here else "offline"})

    def refuse(self, lamp: str, state: BankState) -> list[Publication]:
        """The bridge complains in its log."""
        return [self._complain(lamp, "Error: Status 'UNSUPPORTED_CLUSTER'")]

    def unreached(self, lamp: str) -> list[Publication]:
        """The bridge knows that the radio did not reach it."""
        return [self._complain(lamp, "Error: no network route")]

    @staticmethod
    def _complain(lamp: str, why: str) -> Publication:
        line = {"level": "error", "message": f"z2m: Publish 'set' 'state' to '{lamp}' failed: '{why}'"}
        return Publication("zigbee2mqtt/bridge/logging", json.dumps(line).encode(), 1)


class TasmotaField(FieldDialect):
    """``cmnd/LAMP/...``, ``stat/LAMP/RESULT`` and ``tele/LAMP/...``; rule timers as the firmware has them."""

    filters = ("cmnd/+/+",)

    def __init__(self, lamps: Sequence[str], level: Callable[[str], float], clock: Callable[[], float]) -> None:
        super().__init__(lamps, level)
        self._clock = clock
        self._rules: dict[tuple[str, str], tuple[str, bool]] = {}
        self._variables: dict[tuple[str, str], str] = {}
        self._timers: dict[tuple[str, str], float] = {}

    def announce(self) -> list[Publication]:
        """Retained, as SetOption19 0 sends it."""
        return [
            _kept(
                f"tasmota/discovery/{mac}/config",
                {
                    "dn": f"Lamp {lamp}",
                    "fn": [self.names.get(lamp, f"Lamp {lamp}"), None],
                    "hn": f"lamp-{lamp}",
                    "mac": mac,
                    "ofln": "Offline",
                    "onln": "Online",
                    "t": lamp,
                    "ft": "%prefix%/%topic%/",
                    "tp": ["cmnd", "stat", "tele"],
                    "rl": [2, 0, 0, 0],
                    "lt_st": 1,
                    "ver": 1,
                },
            )
            for lamp, mac in ((each, f"24A160{at:06X}") for at, each in enumerate(self.lamps))
        ]

    def read(self, message: Publication) -> Read | None:
        """A command, or several in a Backlog."""
        parts = message.topic.split("/")
        if len(parts) != 3 or parts[0] != "cmnd" or parts[1] not in self._mine:
            return None
        lamp, text = parts[1], message.payload[:2000].decode("utf-8", "replace")
        commands = [(parts[2], text)]
        if parts[2].lower().startswith("backlog"):
            words = [each.strip().partition(" ") for each in text.split(";") if each.strip()]
            commands = [(verb, rest.strip()) for verb, _, rest in words]
        read = Read()
        for verb, rest in commands[:30]:
            self._one(lamp, verb.lower(), rest, read)
        return read

    def tell(self, lamp: str, state: BankState, name: str = "") -> list[Publication]:
        """The result and the meter."""
        result = json.dumps(self._result(state)).encode()
        meter = {"ENERGY": {"Total": round(state.energy, 3), "Power": round(state.power)}}
        return [
            Publication(f"stat/{name or lamp}/RESULT", result, 1),
            Publication(f"tele/{name or lamp}/SENSOR", json.dumps(meter).encode(), 1),
        ]

    def presence(self, lamp: str, here: bool) -> Publication:
        """The last will and its opposite."""
        return _kept(f"tele/{lamp}/LWT", "Online" if here else "Offline")

    def refuse(self, lamp: str, state: BankState) -> list[Publication]:
        """As for a command that its build does not have."""
        return [Publication(f"stat/{lamp}/RESULT", b'{"Command":"Unknown"}', 1)]

    def tick(self, now: float) -> list[Act]:
        """Rule timers that ran out, where a rule waits for them."""
        acts = []
        for (lamp, timer), at in tuple(self._timers.items()):
            if at > now:
                continue
            del self._timers[(lamp, timer)]
            for (owner, _), (text, on) in self._rules.items():
                if owner == lamp and on and f"rules#timer={timer} do dimmer %var{timer}%" in text.lower():
                    acts.append(Act(lamp, _number(_float(self._variables.get((lamp, timer), "")), 100) or 0.0))
        return acts

    def _one(self, lamp: str, verb: str, rest: str, read: Read) -> None:
        name, number = verb.rstrip("0123456789"), verb[len(verb.rstrip("0123456789")) :]
        answer: dict[str, Any] = {}
        if name == "dimmer":
            level = _number(_float(rest), 100)
            answer = {"Command": "Error"} if level is None else answer
            read.acts += [] if level is None else [Act(lamp, level, seconds=self._left(lamp))]
        elif name == "power" and rest.upper() in ("0", "1", "ON", "OFF"):
            read.acts.append(Act(lamp, (self._level(lamp) or 100.0) if rest.upper() in ("1", "ON") else 0.0))
        elif name == "var":
            self._variables[(lamp, number)] = rest
            answer = {f"Var{number}": rest}
        elif name == "ruletimer":
            seconds = _number(_float(rest), 65535) or 0.0
            self._timers.pop((lamp, number), None)
            if seconds:
                self._timers[(lamp, number)] = self._clock() + seconds
            answer = {f"T{number}": seconds}
        elif name == "rule":
            text, on = self._rules.get((lamp, number), ("", False))
            text, on = (text, rest == "1") if rest in ("0", "1") else (rest, on)
            self._rules[(lamp, number)] = (text, on)
            answer = {f"Rule{number}": {"State": "ON" if on else "OFF", "Once": "OFF", "Rules": text}}
        elif name in ("state", "status"):
            read.asked.append(lamp)
        else:
            answer = {"Command": "Unknown"}
        if answer:
            read.answers.append(Publication(f"stat/{lamp}/RESULT", json.dumps(answer).encode(), 1))

    def _left(self, lamp: str) -> float:
        """Seconds until a rule will bring the lamp back: then the bank may end it, at the very moment."""
        now = self._clock()
        return min((at - now for (owner, _), at in self._timers.items() if owner == lamp), default=math.inf)

    @staticmethod
    def _result(state: BankState) -> dict[str, Any]:
        level = round(state.level)
        return {"POWER": "ON" if level else "OFF", "Dimmer": level}


def _float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
