"""What may stand in a site file of a lamp system: for each kind its keys, and which of them it cannot do without. Only
the shape is checked here; what the drivers make of it is said when the console starts.

Passwords are never in the file: ``credentials``, ``token``, ``community``, ``privacy`` and ``callback_token`` are names
of credential sets in the vault.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from console.model.site import LampSystemEntry
from console.store.toml_fields import Misfit, Reader, choice, known, record, take, text, url, whole
from console.store.toml_lines import Path
from console.store.view_schema import flag, number

MOST_ROWS = 20_000
"""Lamps that one system may have in the file."""


class LampKind(enum.StrEnum):
    """Which protocol a lamp system speaks."""

    TALQ = "talq"
    MQTT = "mqtt"
    SNMP = "snmp"
    RELAYS = "relays"


class Dialect(enum.StrEnum):
    """How lamps behind a broker talk."""

    HOME_ASSISTANT = "home_assistant"
    ZIGBEE = "zigbee2mqtt"
    TASMOTA = "tasmota"
    TEMPLATE = "template"


class Fault(enum.StrEnum):
    """What a status of an SNMP lamp means."""

    LAMP = "lamp"
    CONTROL = "control"
    POWER = "power"
    COMMUNICATION = "communication"
    OTHER = "other"


class _Sum(enum.StrEnum):
    SHA = "SHA"
    SHA256 = "SHA-256"


class _Version(enum.StrEnum):
    V2C = "2c"
    V3 = "3"


class _LeafKind(enum.StrEnum):
    INTEGER = "integer"
    GAUGE = "gauge"
    COUNTER = "counter"
    COUNTER64 = "counter64"
    TICKS = "ticks"
    STRING = "string"


@dataclass(frozen=True, slots=True)
class _Shape:
    """A table: its plain keys, the keys that must be there, tables and arrays of tables within it."""

    what: str
    readers: Mapping[str, Reader]
    required: tuple[str, ...] = ()
    inner: Mapping[str, _Shape] = field(default_factory=dict)
    rows: Mapping[str, _Shape] = field(default_factory=dict)

    def check(self, table: Any, path: Path, more: tuple[str, ...] = ()) -> None:
        """Raises Misfit. ``more`` are keys that somebody else reads."""
        known(table, (*more, *self.readers, *self.inner, *self.rows), path, self.what)
        record(table, self.readers, path, self.required)
        for key, shape in self.inner.items():
            if key in table:
                shape.check(table[key], (*path, key))
        for key, shape in self.rows.items():
            found = table.get(key, [])
            if not isinstance(found, list) or len(found) > MOST_ROWS:
                problem = f"'{key}' must be tables in double brackets, at most {MOST_ROWS}"
                raise Misfit((*path, key), problem, f"Write [[lamp_system.{key}]] with two brackets.")
            for index, row in enumerate(found):
                shape.check(row, (*path, key, index))


def _names(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise TypeError('a list of names in quotes, as in ["north", "harbour"]')
    return value


def _faults(value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(
        key.isascii() and key.isdigit() and len(key) < 10 and item in list(Fault) for key, item in value.items()
    ):
        words = ", ".join(f'"{each.value}"' for each in Fault)
        raise TypeError(f'numbers with what they mean, as in {{ 1 = "lamp", 4 = "power" }}, of {words}')
    return value


_SECONDS = number(0.05, 86_400)
_PORT = whole(1, 65_535)
_PERCENT = number(0, 100)
_POWER = number(0, 100_000)
_PLACE = _Shape(
    "a place",
    {
        "latitude": number(-90, 90),
        "longitude": number(-180, 180),
        "height": number(-1000, 10_000),
        "heading": number(0, 360),
    },
    ("latitude", "longitude"),
)
_TALQ = _Shape(
    "a TALQ lamp system",
    {
        "url": url, "client": text, "gateway": text, "credentials": text, "token": text, "ca_file": text,
        "listen": text, "certificate": text, "key": text, "public_url": url, "callback_token": text,
        "timeout": _SECONDS, "confirm": _SECONDS, "reread": _SECONDS,
    },
    ("url",),
)  # fmt: skip
_MQTT_LAMP = _Shape(
    "a lamp",
    {
        "id": text, "name": text, "topic": text, "dimmable": flag, "rated_power": _POWER, "programme": _PERCENT,
    },
    ("id", "topic"),
    inner={"place": _PLACE},
)  # fmt: skip
_SETS: Mapping[Dialect, Mapping[str, Reader]] = {
    Dialect.HOME_ASSISTANT: {
        "discover": text, "command": text, "state": text, "availability": text, "brightness_scale": whole(1, 65_535),
    },
    Dialect.ZIGBEE: {"base": text, "discover": flag, "on_time": flag},
    Dialect.TASMOTA: {"discover": text, "full_topic": text, "rule": whole(0, 3), "timer": whole(1, 8)},
    Dialect.TEMPLATE: {
        "command": text, "payload": text, "release": text, "state": text, "level_path": text,
        "scale": number(0.001, 1e9), "availability": text, "online": text, "offline": text, "on_word": text,
        "off_word": text,
    },
}  # fmt: skip
_MQTT = _Shape(
    "an MQTT lamp system",
    {
        "host": text, "port": _PORT, "credentials": text, "tls": flag, "ca_file": text, "verify": flag,
        "client_id": text, "keepalive": whole(5, 3600), "confirm": _SECONDS, "late": _SECONDS,
    },
    ("host",),
)  # fmt: skip
_LEAF = _Shape(
    "a leaf",
    {
        "oid": text, "kind": choice(_LeafKind), "scale": number(-1e12, 1e12), "offset": number(-1e12, 1e12),
        "low": whole(-(2**63), 2**63 - 1), "high": whole(-(2**63), 2**63 - 1),
    },
    ("oid",),
)  # fmt: skip
LEAVES = (
    "level", "feedback", "seconds", "ramp", "release", "status", "power", "energy", "rated_power", "id", "name",
    "latitude", "longitude", "group", "group_name", "group_level", "group_seconds", "group_ramp",
)  # fmt: skip
_LEAVES = _Shape(
    "leaves",
    {
        "root": text, "release_value": whole(0, 2**31 - 1), "bits": _faults, "values": _faults,
        "overridden_bit": whole(0, 2**31 - 1),
    },
    ("level",),
    inner=dict.fromkeys(LEAVES, _LEAF),
)  # fmt: skip
_CONTROLLER = _Shape("a controller", {"host": text, "port": _PORT, "name": text}, ("host",))
_ROW = _Shape(
    "a lamp",
    {"controller": text, "index": text, "id": text, "name": text, "groups": _names, "rated_power": _POWER},
    ("controller", "index", "id"),
    inner={"place": _PLACE},
)
_SNMP = _Shape(
    "an SNMP lamp system",
    {
        "version": choice(_Version), "community": text, "credentials": text, "auth": choice(_Sum), "privacy": text,
        "max_bytes": whole(484, 65_507), "max_binds": whole(0, 10_000), "window": whole(1, 10_000),
        "timeout": _SECONDS, "retries": whole(0, 20), "total": _SECONDS, "poll": _SECONDS, "settle": number(0, 3600),
        "max_lamps": whole(1, 100_000),
    },
    ("controller", "leaves"),
    inner={"leaves": _LEAVES},
    rows={"controller": _CONTROLLER, "row": _ROW},
)  # fmt: skip
_RELAY = _Shape(
    "a lamp",
    {"camera": text, "output": text, "id": text, "name": text, "rated_power": _POWER},
    ("camera", "output"),
    inner={"place": _PLACE},
)
_RELAYS = _Shape("a lamp system of relays", {}, ("lamp",), rows={"lamp": _RELAY})
_KINDS = {LampKind.TALQ: _TALQ, LampKind.MQTT: _MQTT, LampKind.SNMP: _SNMP, LampKind.RELAYS: _RELAYS}


def lamp_systems_from(tables: Sequence[Any], cameras: frozenset[str]) -> tuple[LampSystemEntry, ...]:
    """The lamp systems, each with its settings as they stand in the file. ``cameras`` are the ids that relays may name.
    Raises Misfit."""
    found: dict[str, LampSystemEntry] = {}
    for index, table in enumerate(tables):
        where: Path = ("lamp_system", index)
        for key in ("name", "kind"):
            if key not in table:
                raise Misfit(where, f"key '{key}' is missing", f"Add a line with {key} = ... here.")
        name, kind = take(table, "name", text, where), take(table, "kind", choice(LampKind), where)
        if not name.strip() or name in found or name in cameras:
            problem = f"the name {name[:80]!r} is empty, or taken already"
            raise Misfit((*where, "name"), problem, "Give this lamp system a name of its own.")
        settings = {key: item for key, item in table.items() if key not in ("name", "kind")}
        if kind is LampKind.MQTT:
            _check_mqtt(settings, where)
        else:
            _KINDS[kind].check(settings, where)
        if kind is LampKind.RELAYS:
            _check_relays(settings["lamp"], where, cameras)
        found[name] = LampSystemEntry(name, kind.value, settings)
    return tuple(found.values())


def _check_mqtt(settings: Mapping[str, Any], where: Path) -> None:
    _MQTT.check(settings, where, ("lamps",))
    sets = settings.get("lamps", [])
    if not isinstance(sets, list) or not sets:
        advice = 'Write [[lamp_system.lamps]] and dialect = "zigbee2mqtt" or another.'
        raise Misfit((*where, "lamps"), "'lamps' must say which lamps there are", advice)
    for index, lamps in enumerate(sets):
        inside = (*where, "lamps", index)
        if not isinstance(lamps, dict) or "dialect" not in lamps:
            words = ", ".join(f'"{each.value}"' for each in Dialect)
            raise Misfit(inside, "key 'dialect' is missing", f"Add a line dialect = ... with one of {words}.")
        dialect = take(lamps, "dialect", choice(Dialect), inside)
        readers = {**_SETS[dialect], "programme": _PERCENT}
        _Shape(f"lamps of {dialect.value}", readers, rows={"lamp": _MQTT_LAMP}).check(lamps, inside, ("dialect",))


def _check_relays(lamps: Sequence[Mapping[str, Any]], where: Path, cameras: frozenset[str]) -> None:
    for index, lamp in enumerate(lamps):
        if lamp["camera"] not in cameras:
            problem = f"no camera has the id {lamp['camera'][:80]!r}"
            raise Misfit((*where, "lamp", index, "camera"), problem, "Write the id of one of the cameras above.")


def lamp_system_table(entry: LampSystemEntry) -> dict[str, Any]:
    """What is written of a lamp system."""
    return {"name": entry.name, "kind": entry.kind, **entry.settings}
