"""What is said of hits and hotlists, in words and shapes. No widgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo
from difflib import SequenceMatcher

from console.model.hotlists import Decision, Hit, HotEntry, Hotlist, Tier, Urgency, Verdict
from console.model.plates import normal
from console.model.region_names import region_name
from console.model.regions import Regions
from drivers.types import GeoPlace

TIER_SIGNS = {Tier.EXACT: "▮▮▮▮", Tier.CANDIDATE: "▮▮▮▯", Tier.FOLDED: "▮▮▯▯", Tier.NEAR: "▮▯▯▯"}
TIER_WORDS = {
    Tier.EXACT: "exact",
    Tier.CANDIDATE: "another reading",
    Tier.FOLDED: "look-alike characters",
    Tier.NEAR: "one character off",
}
TIER_SHORT = {
    Tier.EXACT: "exact",
    Tier.CANDIDATE: "other reading",
    Tier.FOLDED: "look-alike",
    Tier.NEAR: "one off",
}
TIER_TIPS = {
    Tier.EXACT: "The reader wrote just the plate of the list.",
    Tier.CANDIDATE: "Another of the reader's own readings is just the plate of the list.",
    Tier.FOLDED: "The plates differ only in characters that readers confuse (0 O Q D U G, 1 I L, 8 B, 5 S, 2 Z); the "
    "states agree.",
    Tier.NEAR: "One character is wrong, dropped or too many, or no state is known. Look closely.",
}
URGENCY_SIGNS = {Urgency.CRITICAL: "■", Urgency.HIGH: "▲", Urgency.MEDIUM: "●", Urgency.LOW: "–"}
VERDICT_WORDS = {
    Verdict.CORRECT: "✓ correct",
    Verdict.WRONG_PLATE: "✗ wrong plate",
    Verdict.WRONG_STATE: "✗ wrong state",
    Verdict.DISMISSED: "– dismissed",
}
REACH_WORDS = {
    Tier.EXACT: "the plate exactly",
    Tier.CANDIDATE: "also the reader's other readings",
    Tier.FOLDED: "also look-alike characters",
    Tier.NEAR: "also one character off",
}
WAITS = "waits for a decision"
_POINTS = ("N", "NE", "E", "SE", "S", "SW", "W", "NW")


def tier_words(tier: Tier) -> str:
    """Shape and word of a tier."""
    return f"{TIER_SIGNS[tier]} {TIER_WORDS[tier]}"


def urgency_words(urgency: Urgency) -> str:
    """Shape and word."""
    return f"{URGENCY_SIGNS[urgency]} {urgency.value}"


def decided_words(decision: Decision | None, now: datetime, zone: tzinfo | None) -> str:
    """What was decided, by whom and when."""
    if decision is None:
        return WAITS
    why = f": {decision.reason}" if decision.reason else ""
    return f"{VERDICT_WORDS[decision.verdict]}{why} ({decision.actor.name}, {when_words(decision.at, now, zone)})"


def when_words(at: datetime | None, now: datetime, zone: tzinfo | None) -> str:
    """A time here: the clock alone for today, else the date with it."""
    if at is None:
        return "–"
    here = at.astimezone(zone)
    return f"{here:%H:%M:%S}" if here.date() == now.astimezone(zone).date() else f"{here:%Y-%m-%d %H:%M}"


def day_words(at: datetime | None, zone: tzinfo | None) -> str:
    """An end or a start; "no end" is said by the caller."""
    if at is None:
        return ""
    here = at.astimezone(zone)
    return f"{here:%Y-%m-%d}" if (here.hour, here.minute) == (0, 0) else f"{here:%Y-%m-%d %H:%M}"


def end_words(at: datetime | None, zone: tzinfo | None) -> str:
    """An end as the last day or minute before it that counts."""
    if at is None:
        return ""
    here = at.astimezone(zone)
    midnight = (here.hour, here.minute) == (0, 0)
    return f"{here - timedelta(seconds=1):%Y-%m-%d}" if midnight else f"{here:%Y-%m-%d %H:%M}"


def size_words(count: int) -> str:
    """Bytes as people read them."""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def last_day(at: datetime | None, zone: tzinfo | None) -> date | None:
    """The last day that counts before an end."""
    return None if at is None else (at.astimezone(zone) - timedelta(seconds=1)).date()


def age_words(age: timedelta | None) -> str:
    """How old a list is."""
    if age is None:
        return "of unknown age"
    minutes = int(age.total_seconds() // 60)
    if minutes < 2:
        return "just now"
    if minutes < 120:
        return f"{minutes} minutes old"
    hours = minutes // 60
    return f"{hours} hours old" if hours < 48 else f"{hours // 24} days old"


def regions_words(hit: Hit) -> str:
    """How the regions go together."""
    read, listed = region_name(hit.read.region) or "none", region_name(hit.entry.state) or "none"
    if hit.regions is Regions.AGREE:
        return f"state agrees: {listed}"
    if hit.regions is Regions.UNKNOWN:
        return f"state unknown (read {read}, list {listed})"
    return f"▲ state differs: read {read}, list {listed}"


def heading_words(heading: float | None, direction: str) -> str:
    """Where the car drives to."""
    parts = [] if heading is None else [f"{_POINTS[round(heading / 45) % 8]} ({heading:.0f}°)"]
    return ", ".join([*parts, *([direction] if direction else [])]) or "–"


def speed_words(speed: float | None) -> str:
    """Metres a second as people read them."""
    return "–" if speed is None else f"{speed * 3.6:.0f} km/h"


def place_words(place: GeoPlace | None, accuracy: float | None = None) -> str:
    """A place in degrees."""
    if place is None:
        return "no place known"
    about = "" if accuracy is None else f" ± {accuracy:.0f} m"
    return f"{place.latitude:.5f}, {place.longitude:.5f}{about}"


def look_words(hit: Hit) -> str:
    """The car in the reader's words."""
    look = hit.read.look
    return " ".join(word for word in (look.colour, look.make, look.model, look.body, look.year) if word) or "–"


def late_words(hit: Hit) -> str:
    """Where a read came in long after the car passed, or before: it says so."""
    seconds = (hit.read.received - hit.read.at).total_seconds()
    if seconds > 60:
        return f"▲ came in {_span(seconds)} after the car passed"
    return f"▲ the reader's clock is {_span(-seconds)} ahead" if seconds < -60 else ""


def listed_words(hit: Hit, now: HotEntry | None) -> str:
    """Whether the list still has the entry as it was; "" where it has."""
    if now is None:
        return "▲ no longer on the list"
    return "" if now.same(hit.entry) else "▲ the entry was changed since"


def marks(read: str, listed: str) -> tuple[tuple[bool, ...], tuple[bool, ...]]:
    """Which characters of two plates differ, as ``normal`` writes them."""
    a, b = normal(read), normal(listed)
    left, right = [False] * len(a), [False] * len(b)
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if kind != "equal":
            left[a0:a1] = [True] * (a1 - a0)
            right[b0:b1] = [True] * (b1 - b0)
    return tuple(left), tuple(right)


def list_state(listed: Hotlist, now: datetime) -> str:
    """A list's state in a line."""
    state = listed.state(now)
    return state if state == "in use" else f"▲ {state}"


def count_words(count: int, one: str, many: str) -> str:
    """1 entry, 12 entries."""
    return f"1 {one}" if count == 1 else f"{count:,} {many}"


def track_words(hits: Sequence[Hit], now: datetime, zone: tzinfo | None) -> str:
    """At how many cameras a car was seen, from when to when."""
    if not hits:
        return "No hit of this car is kept."
    cameras = len({(hit.read.source, hit.read.camera) for hit in hits})
    times = sorted(hit.read.at for hit in hits)
    begin, end = when_words(times[0], now, zone), when_words(times[-1], now, zone)
    span = begin if begin == end else f"{begin} to {end}"
    return f"{count_words(len(hits), 'hit', 'hits')} of this car, {count_words(cameras, 'camera', 'cameras')}, {span}"


def diff_words(added: int, removed: int, changed: int, same: int) -> str:
    """What would change."""
    return f"{added:,} added, {removed:,} removed, {changed:,} changed, {same:,} stay as they are"


def joined(parts: Sequence[str]) -> str:
    """Those that are not empty, with points between."""
    return "  ·  ".join(part for part in parts if part)


def _span(seconds: float) -> str:
    if seconds < 7200:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.0f} hours" if seconds < 172_800 else f"{seconds / 86_400:.0f} days"
