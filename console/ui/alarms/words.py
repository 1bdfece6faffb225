"""What is said of alarms: one place, so that panel, tile and notes say the same."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from console.model.alarm_figures import Logged
from console.model.alarm_list import Line
from console.model.alarms import Alarm, AlarmState, Priority, What
from drivers.types import GeoPlace
from drivers.words import clean

NONE_NOW = "No alarms. What goes wrong comes here, the worst first."
NOT_READY = "Alarms are being read …"
SHELF_TIMES = (
    ("10 minutes", 600.0), ("30 minutes", 1800.0), ("1 hour", 3600.0), ("4 hours", 4 * 3600.0),
    ("8 hours (a shift)", 8 * 3600.0), ("24 hours", 24 * 3600.0), ("7 days", 7 * 24 * 3600.0),
)  # fmt: skip
REASONS = ("Maintenance", "Being dealt with", "False alarms, reported to a technician", "Exercise")
"""What may be meant; any other words may be typed."""
_LONGEST_NOTE = 500

PRIORITY_WORDS = {
    Priority.CRITICAL: "Critical",
    Priority.HIGH: "High",
    Priority.MEDIUM: "Medium",
    Priority.LOW: "Low",
}


def alarms_words(count: int) -> str:
    """How many."""
    return f"{count} alarm{'s' if count != 1 else ''}"


def clock(moment: datetime, now: datetime) -> str:
    """A moment by the clock on the wall; with its day where that is another one."""
    there, here = moment.astimezone(), now.astimezone()
    return f"{there:%H:%M:%S}" if there.date() == here.date() else f"{there:%d %b %H:%M}"


def span_words(seconds: float | None) -> str:
    """A time that something took: 8 s, 2:41, 3:20:00; a dash for none."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def state_words(alarm: Alarm, now: datetime) -> str:
    """Where in its life it is, with who and until when."""
    aside = alarm.aside
    if alarm.closed is None and aside is not None:
        if aside.until is not None:
            return f"shelved until {clock(aside.until, now)} by {aside.who}: {aside.why}"
        if alarm.state is AlarmState.SUPPRESSED:
            return f"suppressed by the rule {aside.who}"
        return f"out of service by {aside.who}: {aside.why}"
    words = alarm.state.value
    if alarm.quiet is not None:
        words = f"new place, no sound until {clock(alarm.quiet, now)}"
    if alarm.acked is not None:
        over = "" if alarm.active else "over; "
        words = f"{over}taken by {alarm.acked.who}"
        if alarm.may_close:
            words += ", to be closed"
    if alarm.stale(now):
        words += ", stale: stands for over a day"
    return words


def when_words(alarm: Alarm, now: datetime) -> str:
    """When it came last, and where that was, for what moves."""
    where = f" {alarm.cause.where}." if alarm.cause.where else ""
    return f"{clock(alarm.last, now)}{where}"


def times_words(alarm: Alarm) -> str:
    """How often it came."""
    return f"×{alarm.count}" if alarm.count > 1 else ""


def group_words(line: Line) -> str:
    """What a line of several alarms says."""
    first = line.first
    return f"{len(line.alarms)} × {first.cause.kind}, {first.priority.value}"


def new_words(count: int) -> str:
    """How many wait."""
    return f"{count} new" if count else "none new"


def place_words(place: GeoPlace | None, accuracy: float | None) -> str:
    """Where, and how well that is known."""
    if place is None:
        return ""
    sure = "" if accuracy is None else f" ± {accuracy:.0f} m"
    return f"{place.latitude:.5f}, {place.longitude:.5f}{sure}"


def cameras_words(numbers: Sequence[int]) -> str:
    """Which cameras see it."""
    if not numbers:
        return ""
    return f"Camera{'s' if len(numbers) > 1 else ''} {', '.join(map(str, numbers[:8]))}"


def evidence_words(alarm: Alarm) -> str:
    """What it rests on."""
    words = []
    if alarm.cause.seq:
        words.append(f"journal entry {alarm.cause.seq}")
    if alarm.cause.hit:
        words.append(f"hit {clean(alarm.cause.hit, 40)}")
    return ", ".join(words)


def log_words(line: Logged, now: datetime) -> str:
    """A line of its life."""
    who = f" by {line.who}" if line.who else ""
    if line.who and line.what in (What.SUPPRESSED, What.PRIORITY):
        who = f" by the rule {line.who}"
    why = f": {line.why}" if line.why else ""
    return f"{clock(line.at, now)}  {line.what.value}{who}{why}"


def note_text(text: str) -> str:
    """What somebody typed, fit to be kept."""
    return clean(text, _LONGEST_NOTE)
