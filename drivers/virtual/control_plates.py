"""The plate readers' part of the city's control API. WHICH is a reader's name, its camera's number, its device, or all:

GET    /plates/readers                 each reader: maker, way, target, what was sent, the faults that are set
POST   /plates/pass                    {"plate", "reader": WHICH, "towards"?}; a car passes in a few seconds
GET    /plates/truth?since=            which plate really passed which reader when; since in seconds since 1970 or ISO
GET    /plates/incidents?since=&until= what happened beside readers, and who came by each time
GET    /plates/convoy                  the plates that drive together
POST   /plates/targets                 {"reader"?: WHICH, "url", "token"? | "user"?, "password"?, "verify"?}
DELETE /plates/targets/WHICH
POST   /plates/readers/WHICH/faults    {"name", "value"?, "times"?}
DELETE /plates/readers/WHICH/faults[/NAME]
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

from drivers.virtual.number_plates import compact
from drivers.virtual.plates.field import CityPlates, NoReaderError
from drivers.virtual.plates.push import FAULTS, Target, TargetError
from drivers.virtual.plates.teller import Teller

_LONGEST_PLATE = 16
_VALUES = {"clock": (-1e9, 1e9), "huge": (0.0, 2.0**31)}


class WrongPlateRequestError(Exception):
    """A request that cannot be served; ``status`` is HTTP's."""

    def __init__(self, reason: str, status: int = 400) -> None:
        self.status = status
        super().__init__(reason)


def serve(plates: CityPlates, method: str, parts: list[str], query: str, body: dict[str, Any]) -> Any:
    """Answer a request. Raises WrongPlateRequestError; LookupError where it is none of these."""
    try:
        match method, *parts:
            case "GET", "plates", "readers":
                return [_state(teller) for teller in plates.tellers.values()]
            case "POST", "plates", "pass":
                return _pass(plates, body)
            case "GET", "plates", "truth":
                return [each.row() for each in plates.truth(_time(query, "since", 0.0))]
            case "GET", "plates", "incidents":
                return _incidents(plates, query)
            case "GET", "plates", "convoy":
                return list(plates.traffic.convoy())
            case "POST", "plates", "targets":
                return [_state(teller) for teller in plates.aim(_text(body, "reader", "all"), target_of(body))]
            case "DELETE", "plates", "targets", which:
                return [_state(teller) for teller in plates.aim(which, None)]
            case "POST", "plates", "readers", which, "faults":
                name, value, times = _fault(body)
                for teller in plates.named(which):
                    teller.faults.set(name, value, times)
                return [_state(teller) for teller in plates.named(which)]
            case "DELETE", "plates", "readers", which, "faults", *names:
                for teller in plates.named(which):
                    teller.faults.clear(names[0] if names else None)
                return [_state(teller) for teller in plates.named(which)]
    except NoReaderError as error:
        raise WrongPlateRequestError(str(error), 404) from error
    except TargetError as error:
        raise WrongPlateRequestError(str(error)) from error
    raise LookupError(method)


def target_of(body: dict[str, Any]) -> Target:
    """A target as the API and ``--plate-targets`` take it. Raises WrongPlateRequestError, TargetError."""
    verify = body.get("verify", True)
    if not isinstance(verify, bool):
        raise WrongPlateRequestError("verify is true or false")
    user, password, token = (_text(body, name, "") for name in ("user", "password", "token"))
    return Target(_text(body, "url"), user, password, token, verify)


def _state(teller: Teller) -> dict[str, Any]:
    """What is known of a reader; never passwords."""
    reader = teller.reader
    found: dict[str, Any] = {
        "name": reader.name,
        "device": reader.device,
        "maker": reader.maker.value,
        "way": reader.way.value,
        "camera": reader.camera,
        "told": teller.told,
        "faults": teller.faults.active(),
    }
    if teller.pusher is not None:
        counts, target = teller.pusher.counts, teller.pusher.target
        found |= {
            "target": None if target is None else target.url,
            "waiting": len(teller.pusher),
            "sent": counts.sent,
            "tries": counts.tries,
            "refused": counts.refused,
            "lost": counts.lost,
            "trouble": counts.trouble,
        }
    return found


def _pass(plates: CityPlates, body: dict[str, Any]) -> list[dict[str, Any]]:
    plate, towards = _text(body, "plate"), body.get("towards", True)
    if not 2 <= len(compact(plate)) <= len(plate) <= _LONGEST_PLATE:
        raise WrongPlateRequestError(f"a plate has 2 to {_LONGEST_PLATE} letters and digits")
    if not isinstance(towards, bool):
        raise WrongPlateRequestError("towards is true or false")
    return [
        {"id": each.id, "camera": each.gate, "plate": each.car.plate, "posix": each.at, "at": _iso(each.at)}
        for each in plates.ask(_text(body, "reader"), plate, towards)
    ]


def _incidents(plates: CityPlates, query: str) -> list[dict[str, Any]]:
    until = _time(query, "until", time.time())
    since = max(_time(query, "since", until - 3600.0), until - 7 * 86_400.0)
    names = {reader.camera: reader.name for reader in plates.readers}
    found = []
    for each in plates.traffic.incidents(since, until):
        latitude, longitude = plates.place(each.x, each.y)
        row = {"id": each.id, "at": _iso(each.at), "posix": each.at, "latitude": latitude, "longitude": longitude}
        found.append({**row, "reader": names[each.gate], "plate": each.plate})
    return found


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")


def _time(query: str, name: str, usual: float) -> float:
    values = parse_qs(query, max_num_fields=10).get(name)
    if not values:
        return usual
    try:
        return float(values[0])
    except ValueError:
        pass
    try:
        moment = datetime.fromisoformat(values[0].replace(" ", "+"))
    except ValueError as error:
        raise WrongPlateRequestError(f"{name} is seconds since 1970, or a date and time") from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _text(body: dict[str, Any], name: str, usual: str | None = None) -> str:
    value = body.get(name, usual)
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or (usual is None and not value):
        raise WrongPlateRequestError(f"{name} is wanted, as text")
    return value


def _fault(body: dict[str, Any]) -> tuple[str, str, int | None]:
    name, value, times = body.get("name"), str(body.get("value", "1"))[:20_000], body.get("times")
    if name not in FAULTS:
        raise WrongPlateRequestError(f"no fault {str(name)[:40]!r}; there are {', '.join(FAULTS)}")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise WrongPlateRequestError("times is a whole number from 1")
    low, high = _VALUES.get(name, (0.0, 0.0))
    try:
        fits = name not in _VALUES or low <= float(value) <= high
    except ValueError:
        fits = False
    if not fits:
        raise WrongPlateRequestError(f"{value[:40]!r} is no value for {name}")
    return name, value, times
