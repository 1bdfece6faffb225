"""Reading what comes over MQTT: any client may publish anything, so sizes, types, ranges and names are checked here."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

from drivers.words import clean

MAX_PAYLOAD = 64 * 1024
MAX_LIST = 8 * 1024 * 1024
"""Bytes of a state, and of a list of all devices."""
_MAX_TOPIC = 256
_PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")


class BadPayloadError(ValueError):
    """A payload that is not what its topic promises; the text is a clause for the technician."""


def decode(payload: bytes, limit: int = MAX_PAYLOAD) -> str:
    """The text of a payload. Raises BadPayloadError where it is too long or no UTF-8."""
    if len(payload) > limit:
        raise BadPayloadError(f"{len(payload)} bytes are too many")
    try:
        return payload.decode()
    except UnicodeDecodeError as error:
        raise BadPayloadError("it is not text") from error


def _no_constant(name: str) -> float:
    raise BadPayloadError(f"{name} is not a number")


def read_json(payload: bytes, limit: int = MAX_PAYLOAD) -> object:
    """The value in a payload. Raises BadPayloadError for anything else than strict JSON."""
    text = decode(payload, limit)
    try:
        return json.loads(text, parse_constant=_no_constant)
    except BadPayloadError:
        raise
    except (ValueError, RecursionError) as error:
        raise BadPayloadError("it is not JSON") from error


def read_object(payload: bytes, limit: int = MAX_PAYLOAD) -> dict[str, object]:
    """As ``read_json``, where only an object will do."""
    found = read_json(payload, limit)
    if not isinstance(found, dict):
        raise BadPayloadError("it is not a JSON object")
    return found


def number(value: object, low: float, high: float) -> float | None:
    """A number within bounds, None where there is none. Raises BadPayloadError for what cannot be."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadPayloadError(f"{shorten(value)} is not a number")
    try:
        found = float(value)
    except OverflowError as error:
        raise BadPayloadError("a number is far too large") from error
    if not math.isfinite(found) or not low <= found <= high:
        raise BadPayloadError(f"{found:g} is not between {low:g} and {high:g}")
    return found


def shorten(value: object) -> str:
    """A foreign value for a message: printable and short."""
    return repr(clean(value if isinstance(value, str) else type(value).__name__, 30))


def topic_name(value: object) -> str | None:
    """A topic that may be published to, None where it may not: no wildcards, nothing of the broker's own ``$`` topics,
    nothing unprintable."""
    if not isinstance(value, str) or not value or len(value.encode("utf-8", "replace")) > _MAX_TOPIC:
        return None
    if value.startswith("$") or "+" in value or "#" in value or not value.isprintable():
        return None
    return value


def follow(value: object, path: str) -> object:
    """What lies at ``a.b.0`` in a JSON value; None where there is nothing."""
    for step in path.split(".") if path else ():
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def check_template(template: str, known: frozenset[str]) -> None:
    """Raises ValueError for a placeholder that nothing fills."""
    for match in _PLACEHOLDER.finditer(template):
        if match[1] not in known:
            raise ValueError(f"no placeholder {{{match[1]}}}; there are {', '.join(sorted(known))}")


def fill(template: str, values: Mapping[str, str]) -> str:
    """Put values in for ``{name}``, once each: what a value brings with it is never looked at again."""
    return _PLACEHOLDER.sub(lambda match: values[match[1]], template)


def share(value: float, scale: float) -> float:
    """A level in percent of a brightness."""
    return round(100.0 * value / scale, 2)


def brightness(level: float, scale: float) -> int:
    """A brightness of a level in percent; what burns at all is never rounded off to dark."""
    return max(1, round(level * scale / 100.0)) if level > 0 else 0
