"""Values out of foreign messages, bounded and cleaned. What is not needed and not right is left away (a confidence that
is no number); what makes a read useless is refused (a plate as long as a page). Pure."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any

from drivers.events import LONGEST_ID, LONGEST_PLATE, MOST_CANDIDATES, YEARS, Candidate, PlateRead, VehicleLook, made_id
from drivers.feeding import BadMessage, Incoming, TooMuch, Unreadable
from drivers.types import GeoPlace
from drivers.words import clean

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MOST_READS = 100
"""Reads in one message."""
LONGEST_NAME = 64
_TIME = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})[T ]+(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d{1,9})\d*)?\s*(Z|z|[+-]\d{2}:?\d{2})?"
)
_NANOSECONDS, _MICROSECONDS, _MILLISECONDS = 1e17, 1e14, 1e11
"""Numbers from here on are no smaller unit: seconds reach the year 5138 before they look like milliseconds."""


def _no_number(name: str) -> float:
    raise ValueError(name)


_JSON = json.JSONDecoder(parse_constant=_no_number)


def read_json(incoming: Incoming, body: bytes | None = None) -> Any:
    """The JSON value of a message. Raises Unreadable; NaN and infinity are no JSON."""
    raw = incoming.body if body is None else body
    try:
        return _JSON.decode(raw.decode(json.detect_encoding(raw), "surrogatepass"))
    except (ValueError, RecursionError):  # also what is no Unicode
        raise Unreadable(incoming.source, "not JSON") from None


def read_object(incoming: Incoming, body: bytes | None = None) -> dict[str, Any]:
    """As ``read_json``, where only an object will do. Raises Unreadable, BadMessage."""
    found = read_json(incoming, body)
    if not isinstance(found, dict):
        raise BadMessage(incoming.source, "JSON, but not an object")
    return found


def inner(value: Any, *path: str) -> Any:
    """What lies at the end of a path of keys in JSON; None where there is nothing."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def rows(incoming: Incoming, value: Any) -> list[dict[str, Any]]:
    """The objects of a list. Raises TooMuch where they are more than one message may bring."""
    if not isinstance(value, list):
        return []
    if len(value) > MOST_READS:
        raise TooMuch(incoming.source, f"{len(value)} reads in one message, {MOST_READS} are the most")
    return [each for each in value if isinstance(each, dict)]


def word(value: Any, longest: int = LONGEST_NAME) -> str:
    """A text, or a whole number as text; "" for everything else."""
    if type(value) is str:  # nearly always
        return clean(value, longest)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**18:
        return str(value)
    return clean(value, longest)


def plate(incoming: Incoming, value: Any) -> str:
    """The text of a plate, "" where none was read: readers write "---" or "???" then. Raises BadMessage for what no
    plate can be."""
    found = word(value, LONGEST_PLATE + 1)
    if not (found.isalnum() or any(char.isalnum() for char in found)):
        return ""
    if len(found) > LONGEST_PLATE:
        raise BadMessage(incoming.source, f"a plate of more than {LONGEST_PLATE} characters")
    return found


def candidates(incoming: Incoming, found: Iterable[tuple[Any, Any]], best: str, scale: float) -> tuple[Candidate, ...]:
    """Other readings than ``best``, each once, from pairs of plate and confidence (0 to ``scale``)."""
    kept: dict[str, Candidate] = {}
    for value, confidence in found:
        other = word(value, LONGEST_PLATE + 1)
        if not other or other == best or other in kept:
            continue
        if len(other) > LONGEST_PLATE or len(kept) >= MOST_CANDIDATES:
            incoming.left_out += 1
        else:
            kept[other] = Candidate(other, share(confidence, scale))
    return tuple(kept.values())


def number(value: Any, low: float, high: float) -> float | None:
    """A finite number within bounds, also one in quotes; None for everything else."""
    if type(value) is float or type(value) is int:  # nearly always
        return float(value) if low <= value <= high else None
    if not isinstance(value, str):
        return None
    try:
        found = float(value[:40])
    except ValueError:
        return None
    return found if math.isfinite(found) and low <= found <= high else None


def share(value: Any, scale: float = 1.0) -> float | None:
    """A confidence from 0 to ``scale`` as one from 0 to 1."""
    found = number(value, 0.0, scale)
    return None if found is None else found / scale


@lru_cache(maxsize=1024)
def look(body: str, make: str, model: str, colour: str, year: str) -> VehicleLook:
    """What a car looks like, in words as ``word`` gives them: one record for all cars that look the same."""
    return VehicleLook(body, make, model, colour, year)


def place(latitude: Any, longitude: Any) -> GeoPlace | None:
    """A place. None where there is none: 0, 0 and -1, -1 are what readers without GPS say."""
    north, east = number(latitude, -90, 90), number(longitude, -180, 180)
    if north is None or east is None or (north == east and north in (0, -1)):
        return None
    return GeoPlace(north, east)


def box(
    left: Any, top: Any, width: Any, height: Any, whole: tuple[Any, Any]
) -> tuple[float, float, float, float] | None:
    """A rectangle in pixels as shares of a picture of the size ``whole``; None where it does not lie in it."""
    across, down = number(whole[0], 1, 1e6), number(whole[1], 1, 1e6)
    if across is None or down is None:
        return None
    x, w = number(left, 0, across), number(width, 0, across)
    y, h = number(top, 0, down), number(height, 0, down)
    if x is None or y is None or w is None or h is None or x + w > across or y + h > down:
        return None
    return (x / across, y / down, w / across, h / down)


def when(value: Any, zone: tzinfo) -> datetime | None:
    """A time in ISO 8601, or a number of seconds, milliseconds, microseconds or nanoseconds since 1970, as its size
    says. Without an offset it is a time of ``zone``. Minutes and seconds beyond 59 are counted on: clocks that say
    00:61:16 occur. None for what is no time."""
    if isinstance(value, str):
        match = _TIME.match(value.strip()[:64])
        if match is not None:
            return _clock_time(match, zone)
    count = number(value, 1, 1e20)
    if count is None:
        return None
    for least, unit in ((_NANOSECONDS, 1e9), (_MICROSECONDS, 1e6), (_MILLISECONDS, 1e3)):
        if count >= least:
            count /= unit
            break
    try:
        return _EPOCH + timedelta(seconds=count)
    except OverflowError:
        return None


def _clock_time(match: re.Match[str], zone: tzinfo) -> datetime | None:
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction = float(f"0.{match[7]}") if match[7] else 0.0
    try:
        plain = datetime(year, month, day) + timedelta(hours=hour, minutes=minute, seconds=second + fraction)  # noqa: DTZ001
        return plain.replace(tzinfo=_offset(match[8], zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _offset(text: str | None, zone: tzinfo) -> tzinfo:
    if not text:
        return zone
    if text in "Zz":
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def stamped(incoming: Incoming, *values: Any) -> tuple[datetime, str]:
    """When it was, by the first value that is a time, and that value as it came, to make ids of: where there is none,
    the time of receipt. A year that no journal takes is no time either."""
    for value in values:
        found = when(value, incoming.zone)
        if found is not None and YEARS[0] <= found.year <= YEARS[1]:
            return found, word(value) or str(value)
    return incoming.received, incoming.received.isoformat()


def own_id(*parts: str) -> str:
    """An id from the source's own words, made shorter where it is too long."""
    joined = ":".join(parts)
    return joined if len(joined) <= LONGEST_ID else made_id(*parts)


def distinct(reads: Sequence[PlateRead]) -> list[PlateRead]:
    """Each read once."""
    return list({each.id: each for each in reads}.values())
