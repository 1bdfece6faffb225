"""What the city's TALQ gateway tells of its devices: the lamps of the bank as TALQ's data model 2.7.1 has them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from drivers.luminaires import LampFault
from drivers.virtual.lamps.bank import BankState, LampBank

LAMP, MONITOR, COMMUNICATION = "lamp-01", "monitor-01", "communication-01"
GATEWAY = "gateway-01"
_CITY = uuid.UUID("8d7b4a50-0f0e-5d6c-9a55-6d2f6f6b1f10")
_FLAGS = {"lampFailure": LampFault.LAMP, "controlGearCommFailure": LampFault.CONTROL, "supplyLoss": LampFault.POWER}
_EVENTS = {**{fault: name for name, fault in _FLAGS.items()}, LampFault.COMMUNICATION: "communicationFailure"}

Places = Mapping[str, tuple[float, float]]
"""Latitude and longitude of lamps."""


def address_of(lamp: str) -> str:
    """The TALQ address of a lamp's device, always the same."""
    return str(uuid.uuid5(_CITY, lamp))


def attribute(kind: str, value: object, time: str = "") -> dict[str, Any]:
    """One attribute."""
    return {"type": f"Attribute{kind}", "value": value, **({"timestamp": time} if time else {})}


def stamp(time: datetime) -> str:
    """RFC 3339."""
    return time.isoformat(timespec="milliseconds")


class Devices:
    """The device documents of a bank. ``commands`` are the override commands that were last given, by lamp."""

    def __init__(self, bank: LampBank, places: Places, names: Mapping[str, str], version: str) -> None:
        self._bank, self._places, self._names, self._version = bank, places, names, version
        self.by_address = {address_of(each): each for each in bank.ids}
        self.commands: dict[str, dict[str, Any]] = {}

    def whole(self, lamp: str, now: datetime) -> dict[str, Any]:
        """A device with all its functions."""
        basic: dict[str, Any] = {
            "id": "basic-01",
            "type": "BasicFunction",
            "displayName": attribute("String", self._names.get(lamp, f"Lamp {lamp}")),
            "assetId": attribute("String", lamp),
            "swVersion": attribute("String", self._version),
        }
        functions = [basic]
        if lamp in self._places:
            latitude, longitude = self._places[lamp]
            place = attribute("Location", {"latitude": latitude, "longitude": longitude})
            functions.append({"id": "location-01", "type": "LocationSensorFunction", "location": place})
        device = self.changed(lamp, now)
        default = attribute("LevelState", {"name": "LevelState", "value": 100})
        device["functions"][0].update(defaultLightState=default, calendarID=attribute("String", "night"))
        device["functions"] = [*functions, *device["functions"]]
        return device

    def changed(self, lamp: str, now: datetime, address: str = "") -> dict[str, Any]:
        """A device with the functions that change, as in a PATCH; ``address`` replaces its own."""
        state, time = self._bank.state(lamp), stamp(now)
        actuator = {
            "id": LAMP,
            "type": "LampActuatorFunction",
            "actualLightState": attribute("LevelState", {"name": "LevelState", "value": round(state.level)}, time),
            "feedbackLightCommand": attribute("Command", self._command(lamp, state), time),
        }
        monitor: dict[str, Any] = {
            "id": MONITOR,
            "type": "LampMonitorFunction",
            "actuatorReference": attribute("String", LAMP),
            "activePower": attribute("Float", state.power, time),
            "activeEnergy": attribute("Float", state.energy, time),
        }
        for name, fault in _FLAGS.items():
            monitor[name] = attribute("Boolean", fault in state.faults)
        failed = attribute("Boolean", LampFault.COMMUNICATION in state.faults)
        communication = {"id": COMMUNICATION, "type": "CommunicationFunction", "communicationFailure": failed}
        kind = "VirtualLuminaire"
        return {
            "address": address or address_of(lamp),
            "name": lamp,
            "class": kind,
            "functions": [actuator, monitor, communication],
        }

    def _command(self, lamp: str, state: BankState) -> dict[str, Any]:
        if not state.overridden:
            self.commands.pop(lamp, None)
            return {"state": {"name": "LevelState", "value": round(state.programme)}, "reason": "program"}
        given = self.commands.get(lamp)
        if given is not None:
            return {**given, "reason": "override"}
        return {"state": {"name": "LevelState", "value": round(state.level)}, "reason": "override"}


def gateway_device(address: str, cms_url: str, cms_address: str) -> dict[str, Any]:
    """The gateway itself."""
    function = {
        "id": GATEWAY,
        "type": "GatewayFunction",
        "gatewayAddress": attribute("String", address),
        "cmsUri": attribute("Uri", cms_url),
        "cmsAddress": attribute("String", cms_address),
        "vendor": attribute("String", "Watchfloor"),
    }
    return {"address": address, "name": "Gateway", "class": "VirtualGateway", "functions": [function]}


def group_document(name: str, owner: str, lamps: Sequence[str]) -> dict[str, Any]:
    """A group of lamps."""
    members = [{"resource": "devices", "address": address_of(lamp)} for lamp in lamps]
    return {"address": name, "ownerCMS": owner, "purpose": "override", "members": members}


def event_report(logger: str, lamp: str, before: Iterable[LampFault], after: Iterable[LampFault], now: datetime) -> Any:
    """A log report of the faults that began and ended; None where none did."""
    began, ended = set(after) - set(before), set(before) - set(after)
    entries = [
        {
            "data": {
                "type": "EventLogData",
                "srcAddress": f"{address_of(lamp)}/{COMMUNICATION if fault is LampFault.COMMUNICATION else MONITOR}",
                "timestamp": stamp(now),
                "eventType": _EVENTS.get(fault, "deviceMalfunction"),
                "startEndFlag": fault in began,
            }
        }
        for fault in sorted(began | ended)
    ]
    return {"address": logger, "entries": entries} if entries else None
