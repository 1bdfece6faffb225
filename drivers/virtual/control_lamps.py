"""The lamp half of the city's control API:

GET    /lamps/state                    each lamp: system, level, programme, power, faults, when it was commanded
POST   /lamps/ID/fault                 {"fault": "lamp" | "control" | "power" | "communication" | "other" | null}
GET    /lamp_systems                   what is served, and the faults that are set
POST   /lamp_systems/KIND/faults       {"name", "value"?, "times"?}; KIND is talq, mqtt, snmp or all
DELETE /lamp_systems/KIND/faults[/NAME]
"""

from __future__ import annotations

from typing import Any

from drivers.luminaires import LampFault
from drivers.virtual.lamps.bank import FAULTS
from drivers.virtual.lamps.systems import CityLamps, Served


class WrongLampRequestError(Exception):
    """A request that cannot be served; ``status`` is HTTP's."""

    def __init__(self, reason: str, status: int = 400) -> None:
        self.status = status
        super().__init__(reason)


def serve(lamps: CityLamps, method: str, parts: list[str], body: dict[str, Any]) -> Any:
    """Answer a request. Raises WrongLampRequestError; LookupError where it is none of these."""
    match method, *parts:
        case "GET", "lamps", "state":
            return lamps.states()
        case "POST", "lamps", lamp, "fault":
            return _break(lamps, lamp, body)
        case "GET", "lamp_systems":
            return [_system(served) for served in lamps.systems.values()]
        case "POST", "lamp_systems", kind, "faults":
            name, value, times = _fault(body)
            for served in _named(lamps, kind):
                served.faults.set(name, value, times)
            return [_system(served) for served in _named(lamps, kind)]
        case "DELETE", "lamp_systems", kind, "faults", *names:
            for served in _named(lamps, kind):
                served.faults.clear(names[0] if names else None)
            return [_system(served) for served in _named(lamps, kind)]
    raise LookupError(method)


def _system(served: Served) -> dict[str, Any]:
    return {"kind": served.kind, "lamps": len(served.bank.ids), "faults": served.faults.active()}


def _named(lamps: CityLamps, kind: str) -> list[Served]:
    if kind == "all":
        return list(lamps.systems.values())
    if kind not in lamps.systems:
        raise WrongLampRequestError(f"no lamp system {kind[:20]!r}", 404)
    return [lamps.systems[kind]]


def _break(lamps: CityLamps, lamp: str, body: dict[str, Any]) -> dict[str, Any]:
    words = {fault.name.lower(): fault for fault in LampFault}
    word = body.get("fault")
    if word is not None and word not in words:
        raise WrongLampRequestError(f"a fault is one of {', '.join(words)}, or null")
    try:
        lamps.set_fault(lamp, None if word is None else words[word])
    except KeyError as error:
        raise WrongLampRequestError(f"no lamp {lamp[:40]!r}", 404) from error
    return {lamp: [] if word is None else [word]}


def _fault(body: dict[str, Any]) -> tuple[str, str, int | None]:
    name, value, times = body.get("name"), str(body.get("value", "1"))[:200], body.get("times")
    if name not in FAULTS:
        raise WrongLampRequestError(f"no fault {str(name)[:40]!r}; there are {', '.join(FAULTS)}")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise WrongLampRequestError("times is a whole number from 1")
    try:
        fits = name in ("late", "huge") or (name == "refuses" and value == "all") or float(value) >= 0
        fits = fits and (name not in ("late", "huge") or 0 <= float(value) <= 1e9)
    except ValueError:
        fits = False
    if not fits:
        raise WrongLampRequestError(f"{value[:40]!r} is no value for {name}")
    return name, value, times
