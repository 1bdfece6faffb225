"""How well alarms serve the people who get them (EEMUA 191, ISA-18.2 clause 16): rates per operator and hour, time to
acknowledge, share of the time in flood, what stands, and which sources cry most. Computed from the log of alarms. Pure.

How many operators there were in an hour is how many people acknowledged or closed something in it, at least one."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from console.model.alarm_list import floods
from console.model.alarms import Priority, What

MOST_BAD_ACTORS = 10
_HANDS = frozenset({What.ACKNOWLEDGED, What.CLOSED, What.SHELVED, What.TAKEN_OUT})
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of the log as it was kept, with what is needed of its alarm. ``heard``: it was news on the list."""

    at: datetime
    alarm: str
    what: What
    who: str = ""
    station: str = ""
    why: str = ""
    key: str = ""
    title: str = ""
    priority: Priority = Priority.LOW
    heard: bool = False


@dataclass(frozen=True, slots=True)
class HourRate:
    """One hour, from its beginning: alarms by priority, operators, and alarms for each of them."""

    begin: datetime
    alarms: dict[Priority, int]
    operators: int

    @property
    def each(self) -> float:
        """Alarms an operator."""
        return sum(self.alarms.values()) / self.operators


@dataclass(frozen=True, slots=True)
class Figures:
    """Of a stretch of time. ``half`` and ``most`` are the 50th and 95th percentile of the seconds until somebody
    acknowledged, None where nobody did; ``flood`` is from 0 to 1; ``noisiest`` are titles and how often they came."""

    begin: datetime
    end: datetime
    hours: tuple[HourRate, ...]
    delays: tuple[tuple[datetime, float], ...]
    """When somebody acknowledged, and after how many seconds."""
    half: float | None
    most: float | None
    flood: float
    floods: tuple[tuple[datetime, datetime], ...]
    standing: int
    noisiest: tuple[tuple[str, int], ...]


def figures(lines: Iterable[Logged], begin: datetime, end: datetime, standing: int = 0) -> Figures:
    """The figures from ``begin`` to ``end`` (aware UTC; both are taken to whole hours for the rates). ``lines`` in the
    order in which they were written; ``standing``: alarms that are active longer than a day now."""
    known = sorted(lines, key=lambda each: each.at)
    inside = [each for each in known if begin <= each.at < end]
    news = [each for each in inside if each.heard]
    delays = _delays(known, begin, end)
    seconds = sorted(each for _, each in delays)
    spans = [(span.begin, min(end, span.end or end)) for span in floods([each.at for each in news], end)]
    whole = (end - begin).total_seconds()
    flooded = sum((last - first).total_seconds() for first, last in spans)
    often = Counter(each.key for each in news)
    titles = {each.key: each.title for each in news}
    return Figures(
        begin, end, _hours(inside, begin, end), delays, percentile(seconds, 50), percentile(seconds, 95),
        flooded / whole if whole > 0 else 0.0, tuple(spans), standing,
        tuple((titles[key], count) for key, count in often.most_common(MOST_BAD_ACTORS)),
    )  # fmt: skip


def percentile(rising: Sequence[float], share: float) -> float | None:
    """The nearest-rank percentile of rising values; None of none."""
    if not rising:
        return None
    return rising[max(0, ceil(share / 100 * len(rising)) - 1)]


def _hours(lines: Sequence[Logged], begin: datetime, end: datetime) -> tuple[HourRate, ...]:
    alarms: dict[datetime, Counter[Priority]] = defaultdict(Counter)
    people: dict[datetime, set[str]] = defaultdict(set)
    for each in lines:
        hour = each.at.replace(minute=0, second=0, microsecond=0)
        if each.heard:
            alarms[hour][each.priority] += 1
        if each.who and each.what in _HANDS:
            people[hour].add(each.who)
    found = []
    hour = begin.replace(minute=0, second=0, microsecond=0)
    while hour < end:
        found.append(HourRate(hour, dict(alarms[hour]), max(1, len(people[hour]))))
        hour += _HOUR
    return tuple(found)


def _delays(lines: Sequence[Logged], begin: datetime, end: datetime) -> tuple[tuple[datetime, float], ...]:
    """From the moment an alarm began to wait until somebody acknowledged it."""
    since: dict[str, datetime] = {}
    found = []
    for each in lines:
        if each.heard:
            since.setdefault(each.alarm, each.at)
        elif each.what is What.ACKNOWLEDGED:
            came = since.pop(each.alarm, None)
            if came is not None and begin <= each.at < end:
                found.append((each.at, max(0.0, (each.at - came).total_seconds())))
        elif each.what in (What.SHELVED, What.SUPPRESSED, What.TAKEN_OUT, What.CLOSED):
            since.pop(each.alarm, None)
    return tuple(found)
