"""Home Assistant's MQTT lights in the JSON schema, announced under ``homeassistant/light/.../config`` or configured.

Source: the integration's documentation, "MQTT light, JSON schema" and "MQTT discovery" (abbreviations included). These
lamps cannot end an order: the keeper does.
"""

from __future__ import annotations

import json
from typing import Any

from drivers.lamps.mqtt.config import HomeAssistantLamps
from drivers.lamps.mqtt.dialect import Dialect, Heard, Message, Reading, Wanted, Wire, named_lamp
from drivers.lamps.mqtt.wire import (
    BadPayloadError,
    brightness,
    decode,
    fill,
    number,
    read_object,
    share,
    topic_name,
)
from drivers.luminaires import Luminaire
from drivers.words import clean

_SHORT = {
    "uniq_id": "unique_id",
    "cmd_t": "command_topic",
    "stat_t": "state_topic",
    "bri_scl": "brightness_scale",
    "avty_t": "availability_topic",
    "avty": "availability",
    "pl_avail": "payload_available",
    "pl_not_avail": "payload_not_available",
    "t": "topic",
    "dev": "device",
}


def light_payload(level: float, scale: float, dimmable: bool, ramp: float = 0.0) -> str:
    """The command of the JSON schema, which Zigbee2MQTT takes as well."""
    command: dict[str, Any] = {"state": "ON" if level > 0 else "OFF"}
    if level > 0 and dimmable:
        command["brightness"] = brightness(level, scale)
    if ramp > 0:
        command["transition"] = round(ramp, 1)
    return json.dumps(command)


def light_level(found: dict[str, object], scale: float, dimmable: bool) -> float | None:
    """The level that a state of the JSON schema tells; None where it tells none."""
    state = found.get("state")
    if state is not None and state not in ("ON", "OFF"):
        raise BadPayloadError(f"no state {clean(str(state))[:30]!r}")
    value = number(found.get("brightness"), 0, scale)
    if state == "OFF":
        return 0.0
    if value is not None and dimmable:
        return share(value, scale)
    return 100.0 if state == "ON" and not dimmable else None


def available(payload: bytes, words: tuple[str, str]) -> bool | None:
    """Whether a device says that it is there; None for a word that is neither."""
    text = decode(payload)
    if text.startswith("{"):
        text = str(read_object(payload).get("state"))
    return {words[0]: True, words[1]: False}.get(text)


class HomeAssistantDialect(Dialect):
    """Lamps of one ``HomeAssistantLamps``."""

    ramps = True

    def __init__(self, lamps: HomeAssistantLamps) -> None:
        super().__init__(lamps.lamps, lamps.programme)
        self._prefix = lamps.discover
        for each in lamps.lamps:
            values = {"topic": each.topic, "id": each.id}
            listens = [(fill(lamps.state, values), "state")]
            if lamps.availability:
                listens.append((fill(lamps.availability, values), "available"))
            command = fill(lamps.command, values)
            scale, programme = lamps.brightness_scale, self.programme_of(each)
            self.add(Wire(named_lamp(each), command, tuple(listens), scale, programme), Heard())

    @property
    def filters(self) -> tuple[str, ...]:
        """Both forms of discovery topics, with and without a node."""
        if not self._prefix:
            return ()
        return (f"{self._prefix}/light/+/config", f"{self._prefix}/light/+/+/config")

    def announced(self, topic: str, payload: bytes, heard: Heard) -> bool:
        """Take ``PREFIX/light/.../config``; an empty payload takes the lamp away."""
        if not self._prefix or not (topic.startswith(f"{self._prefix}/light/") and topic.endswith("/config")):
            return False
        if not payload:
            self.remove_source(topic, heard)
            return True
        config = _long(read_object(payload))
        if config.get("schema", "basic") != "json":
            heard.log.append(f"{topic[:120]!r}: only the JSON schema is spoken here")
            return True
        base = config.get("~", "")
        wire = _wire(config, base if isinstance(base, str) else "", topic)
        self.add(self.dress(wire, wire.command), heard)
        return True

    def read(self, wire: Wire, kind: str, payload: bytes) -> Reading | None:
        """A state or a word of availability."""
        if kind == "available":
            here = available(payload, wire.words)
            return None if here is None else Reading(wire.lamp.id, here=here)
        found = read_object(payload)
        level = light_level(found, wire.scale, wire.lamp.dimmable)
        return Reading(wire.lamp.id, level=level, power=number(found.get("power"), 0, 1e5))

    def command(self, wire: Wire, wanted: Wanted) -> list[Message]:
        """State, brightness and transition in one message."""
        return [Message(wire.command, light_payload(wanted.level, wire.scale, wire.lamp.dimmable, wanted.ramp))]

    def back(self, wire: Wire, level: float) -> list[Message]:
        """The programme's level as any other."""
        return [Message(wire.command, light_payload(level, wire.scale, wire.lamp.dimmable))]


def _long(config: dict[str, object]) -> dict[str, object]:
    return {_SHORT.get(key, key): value for key, value in config.items()}


def _wire(config: dict[str, object], base: str, source: str) -> Wire:
    command, state = _topic(config, "command_topic", base), _topic(config, "state_topic", base)
    if command is None or state is None:
        raise BadPayloadError("a lamp needs a command topic and a state topic")
    listens = {state: "state"}
    words = ("online", "offline")
    places = config.get("availability")
    first = places[0] if isinstance(places, list) and places else places
    holder = _long(first) if isinstance(first, dict) else config
    where = _topic(holder, "topic" if holder is not config else "availability_topic", base)
    if where is not None and where not in listens:
        listens[where] = "available"
        words = (
            str(holder.get("payload_available", "online"))[:40],
            str(holder.get("payload_not_available", "offline"))[:40],
        )
    device = config.get("device")
    about = device if isinstance(device, dict) else {}
    id = clean(config.get("unique_id")) or source
    name = clean(config.get("name")) or clean(about.get("name")) or id
    scale = number(config.get("brightness_scale"), 1, 65535) or 255.0
    dims = config.get("brightness", False) is True or "brightness" in _modes(config)
    return Wire(Luminaire(id, name, dimmable=dims), command, tuple(listens.items()), scale, None, words, source)


def _modes(config: dict[str, object]) -> list[object]:
    modes = config.get("supported_color_modes")
    return modes if isinstance(modes, list) else []


def _topic(config: dict[str, object], key: str, base: str) -> str | None:
    value = config.get(key)
    if not isinstance(value, str):
        return None
    if value.startswith("~"):
        value = base + value[1:]
    elif value.endswith("~"):
        value = value[:-1] + base
    return topic_name(value)
