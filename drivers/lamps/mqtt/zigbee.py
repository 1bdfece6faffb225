"""Zigbee2MQTT: lamps by ``bridge/devices``, groups by ``bridge/groups``, commands by ``NAME/set``.

Source: the project's documentation, "MQTT topics and messages", "Groups", "On with timed off". ``on_time`` is used
only where the site file says that these lamps obey it and 0 is their programme: it ends in darkness, not in a level.
"""

from __future__ import annotations

import json
import re

from drivers.lamps.mqtt.config import ZigbeeLamps
from drivers.lamps.mqtt.dialect import Dialect, Heard, Message, Reading, Wanted, Wire, named_lamp
from drivers.lamps.mqtt.home_assistant import available, light_level, light_payload
from drivers.lamps.mqtt.wire import MAX_LIST, BadPayloadError, number, read_json, read_object, topic_name
from drivers.luminaires import LampGroup, Luminaire
from drivers.words import clean

_SCALE = 254.0
_LONGEST_ON_TIME = 6500.0
"""Seconds: the radio's counter has 16 bits of tenths."""
_MAX_GROUPS = 2000
_LOST = ("no network route", "delivery failed", "timeout", "timed out", "no response")
"""What the bridge says when the radio does not reach a lamp; anything else is the lamp's own refusal."""
_FAILED = re.compile(r"[Pp]ublish '(?:set|get)' '[^']{1,60}' to '([^']{1,200})' failed: '?(.{1,200})")


class ZigbeeDialect(Dialect):
    """Lamps of one ``ZigbeeLamps``."""

    ramps = True
    has_groups = True
    power = True

    def __init__(self, lamps: ZigbeeLamps) -> None:
        super().__init__(lamps.lamps, lamps.programme)
        self._base, self._discover, self._on_time = lamps.base, lamps.discover, lamps.on_time
        self.expires = lamps.on_time and lamps.programme == 0
        self._names: dict[str, str] = {}
        self._addresses: dict[str, str] = {}
        self._members: dict[str, frozenset[str]] = {}
        for each in lamps.lamps:
            self.add(self._wire(named_lamp(each), each.topic, "", self.programme_of(each)), Heard())

    @property
    def filters(self) -> tuple[str, ...]:
        """The lists of the bridge and what it complains of."""
        lists = ("bridge/devices", "bridge/groups") if self._discover else ()
        return tuple(f"{self._base}/{each}" for each in (*lists, "bridge/logging"))

    def announced(self, topic: str, payload: bytes, heard: Heard) -> bool:
        """Take a list of devices or groups, or a complaint."""
        if topic == f"{self._base}/bridge/logging":
            self._complaint(payload, heard)
        elif topic == f"{self._base}/bridge/devices" and self._discover:
            self._devices(read_json(payload, MAX_LIST), topic, heard)
        elif topic == f"{self._base}/bridge/groups" and self._discover:
            self._groups(read_json(payload, MAX_LIST), heard)
        else:
            return False
        return True

    def read(self, wire: Wire, kind: str, payload: bytes) -> Reading | None:
        """A state (with power and energy where the lamp meters), or whether the lamp is there."""
        if kind == "available":
            here = available(payload, wire.words)
            return None if here is None else Reading(wire.lamp.id, here=here)
        found = read_object(payload)
        level = light_level(found, wire.scale, wire.lamp.dimmable)
        power, energy = number(found.get("power"), 0, 1e5), number(found.get("energy"), 0, 1e9)
        return Reading(wire.lamp.id, level=level, power=power, energy=energy)

    def ends(self, wire: Wire, wanted: Wanted) -> bool:
        """Where it is to go dark, soon enough, and knows how."""
        return self._on_time and wanted.back == 0 and wanted.level > 0 and wanted.seconds <= _LONGEST_ON_TIME

    def command(self, wire: Wire, wanted: Wanted) -> list[Message]:
        """The end first, where the lamp holds it: a connection that breaks in between leaves no lamp on for ever."""
        light = light_payload(wanted.level, wire.scale, wire.lamp.dimmable, wanted.ramp)
        if not self.ends(wire, wanted):
            return [Message(wire.command, light)]
        timed = json.dumps({"state": "ON", "on_time": max(1, round(wanted.seconds))})
        if not wire.lamp.dimmable:
            return [Message(wire.command, timed)]
        only = json.loads(light)
        del only["state"]
        return [Message(wire.command, timed), Message(wire.command, json.dumps(only))]

    def back(self, wire: Wire, level: float) -> list[Message]:
        """The programme's level as any other."""
        return [Message(wire.command, light_payload(level, wire.scale, wire.lamp.dimmable))]

    def ask(self, wire: Wire) -> list[Message]:
        """Zigbee2MQTT keeps no states at the broker by itself."""
        return [Message(wire.command.removesuffix("/set") + "/get", '{"state": ""}')]

    def groups(self) -> tuple[LampGroup, ...]:
        """The groups that hold lamps of this set."""
        return tuple(
            LampGroup(name, clean(name) or name, lamps)
            for name, members in self._members.items()
            if (lamps := self._lamps_of(members))
        )

    def group_command(self, group: str, lamps: frozenset[str], wanted: Wanted) -> list[Message] | None:
        """One message for a whole group; it must hold these lamps and no other device."""
        members = self._members.get(group, frozenset())
        if not members or self._lamps_of(members) != lamps or len(members) != len(lamps):
            return None
        dimmable = all(self.wires[each].lamp.dimmable for each in lamps)
        return [Message(f"{self._base}/{group}/set", light_payload(wanted.level, _SCALE, dimmable, wanted.ramp))]

    def _lamps_of(self, members: frozenset[str]) -> frozenset[str]:
        return frozenset(self._addresses[each] for each in members if each in self._addresses)

    def _wire(self, lamp: Luminaire, name: str, source: str, programme: float | None = None) -> Wire:
        topic = f"{self._base}/{name}"
        listens = ((topic, "state"), (f"{topic}/availability", "available"))
        return Wire(lamp, f"{topic}/set", listens, _SCALE, programme, source=source)

    def _devices(self, found: object, source: str, heard: Heard) -> None:
        if not isinstance(found, list):
            raise BadPayloadError("it is not a list of devices")
        wires: dict[str, Wire] = {}
        addresses: dict[str, str] = {}
        for device in found:
            address = clean(device.get("ieee_address")) if isinstance(device, dict) else ""
            name = topic_name(f"{self._base}/{device.get('friendly_name')}") if address else None
            dimmable = _light(device) if name is not None else None
            if name is None or dimmable is None:
                continue
            friendly = name.removeprefix(f"{self._base}/")
            wire = self.dress(
                self._wire(Luminaire(address, clean(friendly) or address, dimmable=dimmable), friendly, source),
                friendly,
            )
            wires[wire.lamp.id] = wire
            addresses[address] = wire.lamp.id
        for gone in [w.lamp.id for w in self.wires.values() if w.source and w.lamp.id not in wires]:
            self.remove(gone, heard)
        for wire in wires.values():
            self.add(wire, heard)
        self._addresses = {address: id for address, id in addresses.items() if id in self.wires}

    def _groups(self, found: object, heard: Heard) -> None:
        if not isinstance(found, list):
            raise BadPayloadError("it is not a list of groups")
        members: dict[str, frozenset[str]] = {}
        for group in found[:_MAX_GROUPS]:
            name = group.get("friendly_name") if isinstance(group, dict) else None
            listed = group.get("members") if isinstance(group, dict) else None
            if topic_name(f"{self._base}/{name}") is None or not isinstance(name, str) or not isinstance(listed, list):
                continue
            members[name] = frozenset(clean(each.get("ieee_address")) for each in listed if isinstance(each, dict)) - {
                ""
            }
        if members != self._members:
            self._members = members
            heard.lamps = True

    def _complaint(self, payload: bytes, heard: Heard) -> None:
        found = read_object(payload)
        message = found.get("message")
        if found.get("level") != "error" or not isinstance(message, str):
            return
        match = _FAILED.search(message[:1000])
        if match is None:
            return
        route = self._routes.get(f"{self._base}/{match[1]}")
        why = clean(match[2]) or "it failed"
        lost = any(word in why.lower() for word in _LOST)
        ids = self._lamps_of(self._members.get(match[1], frozenset())) if route is None else {route[0]}
        for id in ids:
            heard.readings.append(Reading(id, lost=why) if lost else Reading(id, refused=why))


def _light(device: dict[str, object]) -> bool | None:
    """Whether a device is a dimmable light; None where it is no light."""
    definition = device.get("definition")
    exposes = definition.get("exposes") if isinstance(definition, dict) else None
    for each in exposes if isinstance(exposes, list) else ():
        if isinstance(each, dict) and each.get("type") == "light":
            features = each.get("features")
            names = [f.get("name") for f in features if isinstance(f, dict)] if isinstance(features, list) else []
            return "brightness" in names
    return None
