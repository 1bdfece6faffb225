"""How reads and answers are said on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from console.model.plate_queries import Found, Ranked, Track
from console.model.typed_place import place_text
from console.services.plate_words import Answer
from drivers.types import GeoPlace

MOST_NAMES, LONGEST_NAME = 3, 40
"""Of cameras that are told."""
_ARROWS = "↑↗→↘↓↙←↖"
_WINDS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def arrow(heading: float | None) -> str:
    """Where to, as an arrow on a map with north above."""
    return "" if heading is None else _ARROWS[_eighth(heading)]


def heading_words(heading: float | None) -> str:
    """Where to, as an arrow and a word."""
    return "" if heading is None else f"{_ARROWS[_eighth(heading)]} {_WINDS[_eighth(heading)]}"


def time_words(at: datetime, zone: datetime | None = None) -> str:
    """A time in this computer's zone."""
    return at.astimezone(None if zone is None else zone.tzinfo).strftime("%Y-%m-%d %H:%M:%S")


def place_words(place: GeoPlace | None) -> str:
    """A place; "" where it is unknown."""
    return "" if place is None else place_text(place)


def near_words(nearness: float) -> str:
    """How near a plate is to what was asked for."""
    if nearness == 0.0:
        return "as asked"
    return "look-alikes" if nearness < 0.45 else "one character off"


def seconds_words(seconds: float) -> str:
    """How much later or earlier another car came."""
    if abs(seconds) < 1:
        return "together with the asked car"
    far = f"{abs(seconds):.0f} s" if abs(seconds) < 90 else f"{abs(seconds) / 60:.0f} min"
    return f"{far} {'after' if seconds > 0 else 'before'} the asked car"


def span_words(seconds: float | None) -> str:
    """How long something took."""
    if seconds is None:
        return ""
    whole = timedelta(seconds=round(seconds))
    return str(whole)


def way_words(metres: float | None) -> str:
    """How far."""
    if metres is None:
        return ""
    return f"{metres:.0f} m" if metres < 1000 else f"{metres / 1000:.1f} km"


def answer_rows(answer: Answer) -> Sequence[object]:
    """What was found, a row each."""
    return answer.points if isinstance(answer, Track) else answer.rows


def answer_words(answer: Answer, seconds: float) -> str:
    """What was found, in a sentence."""
    took = f"{seconds:.1f} s" if seconds >= 0.1 else f"{seconds * 1000:.0f} ms"
    if isinstance(answer, Track):
        return f"{_many(len(answer.points), 'read')} of {answer.plate}, in {took}."
    if isinstance(answer, Found):
        if answer.more:
            return (
                f"The newest {len(answer.rows)} of more reads, in {took}. Narrow the time or the area for older ones."
            )
        return f"{_many(len(answer.rows), 'read')}, in {took}."
    assert isinstance(answer, Ranked)
    note = f" {answer.note}" if answer.note else ""
    return f"{_many(len(answer.rows), 'plate')}, in {took}.{note}"


def strange_words(names: Sequence[str]) -> str:
    """That cameras were asked for which the site does not have: else it would look as if nothing had passed there."""
    if not names:
        return ""
    shown = ", ".join(f"“{name[:LONGEST_NAME]}”" for name in names[:MOST_NAMES]) + (
        " …" if len(names) > MOST_NAMES else ""
    )
    what = "is no camera of this site" if len(names) == 1 else "are no cameras of this site"
    return f"{shown} {what}: check the number or the name. It was looked for as a source's own word."


def _many(count: int, what: str) -> str:
    if not count:
        return f"No {what}s"
    return f"{count} {what}" if count == 1 else f"{count:,} {what}s"


def _eighth(heading: float) -> int:
    return round(heading / 45.0) % 8
