"""TALQ's JSON into records. Whatever does not fit is left out and told of, never believed: levels of 900 %, NaN, text
for numbers, names that reorder the line they stand in.

A device has functions; each ``LampActuatorFunction`` of it is a lamp of ours, named ``DEVICE/FUNCTION`` as override
commands address it (schema ``ResourceReference``). Monitor, meter and communication functions tell of the lamps beside
them.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from drivers.errors import BadAnswer
from drivers.luminaires import LampFault
from drivers.types import GeoPlace
from drivers.words import clean

MAX_OBJECTS = 1_000_000
"""Objects and lists in one text: what keeps a text of nothing but brackets from filling the memory."""
_FUNCTIONS = 64
_LONGEST_ID = 128

FAULTS: Mapping[str, LampFault] = {
    "lampFailure": LampFault.LAMP,
    "cyclingFailure": LampFault.LAMP,
    "dimmingFailure": LampFault.CONTROL,
    "controlGearCommFailure": LampFault.CONTROL,
    "controlGearComFailure": LampFault.CONTROL,
    "controlGearFailure": LampFault.CONTROL,
    "relayFailure": LampFault.CONTROL,
    "contactorError": LampFault.CONTROL,
    "supplyLoss": LampFault.POWER,
    "communicationFailure": LampFault.COMMUNICATION,
    "deviceMalfunction": LampFault.OTHER,
    "leakageDetected": LampFault.OTHER,
    "lampUnexpectedOn": LampFault.OTHER,
    "highTemperature": LampFault.OTHER,
    "lampPowerTooHigh": LampFault.OTHER,
    "lampPowerTooLow": LampFault.OTHER,
}
"""Attributes of scope "event", which are event types too, and what they mean for a lamp."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one function says of its lamp; None: nothing. ``level`` is what it burns at, ``wanted`` the level of the
    command in effect, ``reference`` that command's ``cmsRefId``. ``faults`` are event attributes by name. ``flaws`` are
    names of attributes that cannot be."""

    level: float | None = None
    wanted: float | None = None
    overridden: bool | None = None
    reference: str | None = None
    power: float | None = None
    energy: float | None = None
    faults: Mapping[str, bool] = field(default_factory=dict)
    time: datetime | None = None
    flaws: tuple[str, ...] = ()

    def over(self, older: Told) -> Told:
        """This, and what only the older one told."""

        def newest[Value](new: Value | None, old: Value | None) -> Value | None:
            return old if new is None else new

        return Told(
            newest(self.level, older.level),
            newest(self.wanted, older.wanted),
            newest(self.overridden, older.overridden),
            newest(self.reference, older.reference),
            newest(self.power, older.power),
            newest(self.energy, older.energy),
            {**older.faults, **self.faults},
            self.time or older.time,
        )


@dataclass(frozen=True, slots=True)
class Function:
    """One function of a device: its id, its type, what it says of lamps, and of the rest what is needed here."""

    id: str
    type: str
    told: Told
    actuator: str = ""
    """Which actuator a monitor watches."""
    name: str = ""
    place: GeoPlace | None = None
    addresses: Mapping[str, str] = field(default_factory=dict)
    """``gatewayAddress`` and ``cmsUri`` of a gateway's own function."""

    @property
    def lamp(self) -> bool:
        """Whether it is a lamp."""
        return self.type == "LampActuatorFunction"


@dataclass(frozen=True, slots=True)
class Device:
    """One device as far as it was told; ``address`` is a UUID in its usual spelling."""

    address: str
    name: str
    kind: str
    functions: tuple[Function, ...]


def load(source: str, content: bytes, limit: int = MAX_OBJECTS) -> Any:
    """A JSON text. Raises BadAnswer for what is none, is nested too deep or is made of too many parts."""
    if content.lstrip()[:1] == b"<":
        raise BadAnswer(source, "a web page instead of JSON")
    if content.count(b"[") + content.count(b"{") > limit:
        raise BadAnswer(source, "JSON of too many parts")
    try:
        return json.loads(content, parse_constant=_no_number)
    except RecursionError:
        raise BadAnswer(source, "JSON that is nested too deep") from None
    except ValueError:
        raise BadAnswer(source, "its JSON is damaged") from None


def _no_number(word: str) -> float:
    raise ValueError(word)


def normal_uuid(text: object) -> str:
    """A UUID in its usual spelling; "" for what is none."""
    if not isinstance(text, str) or not 32 <= len(text) <= 45:
        return ""
    try:
        return str(uuid.UUID(text))
    except ValueError:
        return ""


def read_device(data: object) -> Device | None:
    """One device of a list, whole or the part that changed; None for what has no address."""
    if not isinstance(data, dict):
        return None
    address = normal_uuid(data.get("address"))
    if not address:
        return None
    listed = data.get("functions")
    read = [read_function(each) for each in listed[:_FUNCTIONS]] if isinstance(listed, list) else []
    kind = clean(data.get("class"))
    return Device(address, clean(data.get("name")), kind, tuple(each for each in read if each is not None))


def read_function(data: object) -> Function | None:
    """One function; None for what has no id."""
    if not isinstance(data, dict):
        return None
    id = data.get("id")
    if not isinstance(id, str) or not good_id(id):
        return None
    kind = clean(data.get("type"))
    name, place, actuator = "", None, ""
    addresses: dict[str, str] = {}
    if kind == "BasicFunction":
        name = clean(_value(data, "displayName")) or clean(_value(data, "assetId"))
        place = _place(_value(data, "location"))
    elif kind == "LocationSensorFunction":
        place = _place(_value(data, "location")) or _place(_value(data, "expectedLocation"))
    elif kind == "LampMonitorFunction":
        reference = _value(data, "actuatorReference")
        actuator = reference if good_id(reference) else ""
    elif kind == "GatewayFunction":
        addresses["gatewayAddress"] = normal_uuid(_value(data, "gatewayAddress"))
        addresses["cmsUri"] = clean(_value(data, "cmsUri"), 300)
    return Function(id, kind, read_told(data), actuator, name, place, addresses)


def good_id(id: object) -> bool:
    """Whether it can be the id of a function: short, and nothing that an address would break at."""
    return isinstance(id, str) and 0 < len(id) <= _LONGEST_ID and id.isprintable() and not set(id) & set("/?# ")


def read_told(data: Mapping[str, Any]) -> Told:
    """What the attributes of one function say of its lamp, whatever function it is: their names do not collide."""
    flaws: list[str] = []

    def number(name: str, value: object, low: float, high: float) -> float | None:
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            flaws.append(name)
            return None
        return float(value)

    def level(name: str, state: object) -> float | None:
        if not isinstance(state, dict):
            return None
        if state.get("name", "LevelState") != "LevelState":
            return None
        return number(name, state.get("value"), 0, 100)

    actual = level("actualLightState", _value(data, "actualLightState"))
    command = _value(data, "feedbackLightCommand")
    if not isinstance(command, dict):
        command = {}
    wanted = level("feedbackLightCommand", command.get("state"))
    reason = command.get("reason")
    overridden = reason == "override" if isinstance(reason, str) else None
    reference = command.get("cmsRefId")
    faults = {}
    for name in FAULTS.keys() & data.keys():
        flag = _value(data, name)
        if isinstance(flag, bool):
            faults[name] = flag
        elif flag is not None:
            flaws.append(name)
    times = [_time(data[name].get("timestamp")) for name in _TIMED if isinstance(data.get(name), dict)]
    known = [time for time in times if time is not None]
    return Told(
        actual,
        wanted,
        overridden,
        reference[:200] if isinstance(reference, str) else None,
        number("activePower", _value(data, "activePower"), 0, 1e6),
        number("activeEnergy", _value(data, "activeEnergy"), 0, 1e12),
        faults,
        max(known) if known else None,
        tuple(flaws),
    )


_TIMED = ("actualLightState", "feedbackLightCommand", "activePower", *FAULTS)


def read_event(kind: object, flag: object) -> Told | None:
    """What an event of a log report says of a lamp; None for events that say nothing."""
    if not isinstance(kind, str) or kind not in FAULTS:
        return None
    return Told(faults={kind: flag is not False})


def read_references(data: object) -> tuple[tuple[str, str], ...]:
    """Resource and address of each reference in a list."""
    made = []
    for each in data if isinstance(data, list) else ():
        if isinstance(each, dict):
            resource, address = each.get("resource"), each.get("address")
            if isinstance(resource, str) and isinstance(address, str) and len(address) <= 400:
                made.append((resource.strip("/"), address.strip("/")))
    return tuple(made)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One error message of the gateway: its key, made readable, and the addresses that it is about."""

    words: str
    addresses: tuple[str, ...]
    missing: bool = False
    """Whether it says that there is no such device."""


def read_refusals(data: object) -> tuple[Refusal, ...]:
    """The errors of an answer 400 or 422 (schema ``TALQErrorMessage``)."""
    made = []
    for each in data if isinstance(data, list) else ():
        if isinstance(each, dict):
            key, told = clean(each.get("key"), 40), clean(each.get("description"))
            about = each.get("references")
            inner = [ref.get("address") for ref in about if isinstance(ref, dict)] if isinstance(about, list) else []
            words = f"{told} ({key})" if told and key else told or key or "no reason given"
            addresses = tuple(address for _, address in read_references(inner))
            made.append(Refusal(words, addresses, key in ("resourceNotFound", "relatedResourceNotFound")))
    return tuple(made)


def faults_of(told: Iterable[Told]) -> tuple[LampFault, ...]:
    """The faults that are set, each once, the gravest of ``LampFault`` first."""
    found = {FAULTS[name] for each in told for name, flag in each.faults.items() if flag}
    return tuple(fault for fault in LampFault if fault in found)


def _value(data: Mapping[str, Any], name: str) -> Any:
    attribute = data.get(name)
    return attribute.get("value") if isinstance(attribute, dict) else None


def _place(data: object) -> GeoPlace | None:
    if not isinstance(data, dict):
        return None
    latitude, longitude = data.get("latitude"), data.get("longitude")
    for each, limit in ((latitude, 90), (longitude, 180)):
        if isinstance(each, bool) or not isinstance(each, int | float) or not abs(each) <= limit:
            return None
    assert isinstance(latitude, int | float)
    assert isinstance(longitude, int | float)
    return None if latitude == longitude == 0 else GeoPlace(float(latitude), float(longitude))


def _time(text: object) -> datetime | None:
    """An RFC 3339 time; None for another, for one without a zone, and for one that no clock shows."""
    if not isinstance(text, str) or len(text) > 40:
        return None
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None
