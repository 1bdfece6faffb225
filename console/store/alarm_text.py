"""An alarm as JSON text in the database, and back. What another program wrote there is refused, not guessed."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from console.model.alarms import Alarm, Aside, Cause, How, Priority, Touch
from drivers.types import GeoPlace

MOST_TEXT = 64 * 1024
"""Characters of one alarm."""
MOST_WORDS = 4096
"""Characters of a sentence; more is cut."""


class AlarmTextError(ValueError):
    """This is no alarm that Watchfloor wrote."""

    def __init__(self, problem: object) -> None:
        super().__init__(f"an alarm in the database cannot be read: {problem}")


def text_of(alarm: Alarm) -> str:
    """The alarm as one line of JSON; its id and version are kept beside it."""
    cause = alarm.cause
    place = cause.place
    body: dict[str, object] = {
        "key": cause.key, "kind": cause.kind, "title": cause.title[:MOST_WORDS], "why": cause.why[:MOST_WORDS],
        "given": cause.priority.value, "priority": alarm.priority.value, "at": cause.at.isoformat(),
        "source": cause.source, "device": cause.device, "cameras": list(cause.cameras[:64]),
        "place": None if place is None else [place.latitude, place.longitude, place.height, place.heading],
        "accuracy": cause.accuracy, "hit": cause.hit, "entry": cause.seq, "momentary": cause.momentary,
        "latched": cause.latched, "where": cause.where[:MOST_WORDS], "lasts": cause.lasts, "hits": list(alarm.hits),
        "moved": alarm.moved, "until": _when(alarm.until), "quiet": _when(alarm.quiet),
        "raised": alarm.raised.isoformat(), "last": alarm.last.isoformat(),
        "active": alarm.active, "count": alarm.count, "calls": alarm.calls, "returned": _when(alarm.returned),
        "acked": None if alarm.acked is None else _touch(alarm.acked),
        "aside": None if alarm.aside is None else _aside(alarm.aside), "closed": _when(alarm.closed),
        "seq": alarm.seq, "station": alarm.station,
    }  # fmt: skip
    return json.dumps(body, ensure_ascii=True, separators=(",", ":"), allow_nan=False)


def alarm_from(alarm_id: str, version: int, text: str) -> Alarm:
    """The alarm again; what older consoles do not write may be missing. Raises AlarmTextError."""
    if len(text) > MOST_TEXT:
        raise AlarmTextError("it is too long")
    try:
        body = json.loads(text)
        return _alarm(alarm_id, version, body)
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError) as error:
        raise AlarmTextError(error) from None


def _alarm(alarm_id: str, version: int, body: dict[str, Any]) -> Alarm:
    place = body["place"]
    cause = Cause(
        key=_text(body["key"]), kind=_text(body["kind"]), priority=Priority(body["given"]), title=_text(body["title"]),
        why=_text(body["why"]), at=_moment(body["at"]), source=_text(body["source"]), device=_text(body["device"]),
        cameras=tuple(int(number) for number in body["cameras"]),
        place=None if place is None else _place(place), accuracy=_number(body["accuracy"]), seq=int(body["entry"]),
        hit=_text(body["hit"]), momentary=bool(body["momentary"]), latched=bool(body["latched"]),
        where=_text(body.get("where", "")), lasts=float(body.get("lasts", 0.0)),
    )  # fmt: skip
    acked, aside = body["acked"], body["aside"]
    return Alarm(
        id=alarm_id, cause=cause, priority=Priority(body["priority"]), raised=_moment(body["raised"]),
        last=_moment(body["last"]), active=bool(body["active"]), count=int(body["count"]),
        calls=int(body["calls"]), moved=int(body.get("moved", 0)),
        hits=tuple(int(number) for number in body.get("hits", ())), until=_maybe(body.get("until")),
        quiet=_maybe(body.get("quiet")),
        returned=_maybe(body["returned"]),
        acked=None if acked is None else Touch(_text(acked[0]), _moment(acked[1]), _text(acked[2])),
        aside=None if aside is None else Aside(
            How(aside[0]), _text(aside[1]), _text(aside[2]), _moment(aside[3]), _maybe(aside[4])
        ),
        closed=_maybe(body["closed"]), seq=int(body["seq"]), station=_text(body["station"]), version=version,
    )  # fmt: skip


def _place(place: list[Any]) -> GeoPlace:
    latitude, longitude, height, heading = place
    return GeoPlace(float(latitude), float(longitude), _number(height), _number(heading))


def _touch(touch: Touch) -> list[str]:
    return [touch.who, touch.at.isoformat(), touch.note[:MOST_WORDS]]


def _aside(aside: Aside) -> list[str | None]:
    return [aside.how.value, aside.who, aside.why[:MOST_WORDS], aside.since.isoformat(), _when(aside.until)]


def _when(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _maybe(text: Any) -> datetime | None:
    return None if text is None else _moment(text)


def _moment(text: Any) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value
