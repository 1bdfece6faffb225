"""Override commands as the city's TALQ gateway reads them: strictly, in the words of TALQ's errors."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from drivers.http_messages import Response


class WrongRequestError(Exception):
    """What is wrong with a request: the HTTP status, TALQ's key for it, and the addresses that it is about."""

    def __init__(self, status: int, key: str, words: str = "", addresses: Sequence[str] = ()) -> None:
        self.status, self.key, self.words, self.addresses = status, key, words, tuple(addresses)
        super().__init__(key)

    def response(self) -> Response:
        """As TALQ answers."""
        message: dict[str, Any] = {"key": self.key}
        if self.words:
            message["description"] = self.words
        if self.addresses:
            message["references"] = [{"address": {"resource": "devices", "address": each}} for each in self.addresses]
        return as_json([message], self.status)


@dataclass(frozen=True, slots=True)
class Command:
    """An override command: the lamps by their place in the order, and what they shall do; no ``target`` is a release.
    ``seconds`` is infinite where no end was given."""

    lamps: tuple[str, ...]
    level: float = 0.0
    seconds: float = math.inf
    ramp: float = 0.0
    target: Mapping[str, Any] | None = None


def as_json(data: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in JSON."""
    return Response(status, json.dumps(data).encode(), "application/json", headers or {})


def as_uuid(text: str | None, name: str) -> str:
    """A parameter that must be a UUID."""
    if text is None:
        raise WrongRequestError(400, "parameterMissing", name)
    try:
        return str(uuid.UUID(text))
    except ValueError:
        raise WrongRequestError(400, "parameterValueNotValid", name) from None


def read_body(body: bytes) -> Any:
    """The JSON of a request."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise WrongRequestError(400, "payloadError", "no JSON") from None


def read_command(
    data: object,
    devices: Mapping[str, str],
    groups: Mapping[str, Sequence[str]],
    function: str,
    now: datetime,
) -> Command:
    """Check an override command. ``devices`` are lamps by their addresses, ``function`` what each of them has."""
    addresses = data.get("addresses") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(addresses, list) or not addresses:
        raise WrongRequestError(400, "payloadError", "addresses")
    lamps: dict[str, None] = {}
    missing = []
    for each in addresses:
        resource, address = (each.get("resource"), each.get("address")) if isinstance(each, dict) else (None, None)
        if not isinstance(resource, str) or not isinstance(address, str):
            raise WrongRequestError(400, "payloadError", "addresses")
        device, _, rest = address.partition("/")
        if resource == "groups" and address in groups:
            lamps.update(dict.fromkeys(groups[address]))
        elif resource == "devices" and device in devices and rest in ("", function):
            lamps[devices[device]] = None
        else:
            missing.append(address)
    if missing:
        raise WrongRequestError(422, "relatedResourceNotFound", "no such device", missing)
    target = data.get("targetCommand")
    if target is None:
        return Command(tuple(lamps))
    if not isinstance(target, dict):
        raise WrongRequestError(400, "payloadError", "targetCommand")
    state, ramp = target.get("state"), target.get("rampToLevelTime", 0)
    value = state.get("value") if isinstance(state, dict) else None
    if not isinstance(state, dict) or state.get("name") != "LevelState" or not _number(value) or not _number(ramp):
        raise WrongRequestError(400, "payloadError", "targetCommand.state")
    if not isinstance(value, int) or not 0 <= value <= 100 or not 0 <= ramp <= 86400:
        raise WrongRequestError(422, "overrideCommandNotValid", "level or ramp")
    start, end = _time(target.get("start"), "start"), _time(target.get("expiration"), "expiration")
    if start is not None and (start - now).total_seconds() > 1:
        raise WrongRequestError(422, "overrideCommandNotValid", "commands start at once here")
    seconds = math.inf if end is None else (end - now).total_seconds()
    if seconds <= 0:
        raise WrongRequestError(422, "overrideCommandNotValid", "it has expired already")
    return Command(tuple(lamps), float(value), seconds, float(ramp), target)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _time(text: object, name: str) -> datetime | None:
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise WrongRequestError(400, "payloadError", name)
    return time
