"""The list of alarms as operators get it: ranked, grouped while a flood goes on, and the next one to turn to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from console.model.alarms import Alarm, AlarmState, How, Priority

FLOOD_ALARMS, FLOOD_SECONDS = 10, 600.0
"""So many new alarms within so long at one console are a flood (EEMUA 191, ISA-18.2)."""
CALM_ALARMS = 5
"""It is over when fewer than these came within that time."""
LEAST_GROUP = 3
"""Alarms that are folded into one line during a flood, at least."""


def ranked(alarms: Iterable[Alarm]) -> list[Alarm]:
    """The worst that nobody has acknowledged first, of equals the newest; acknowledged ones follow in the same way."""
    return sorted(alarms, key=lambda each: (not each.waits, each.priority.rank, -each.last.timestamp(), each.id))


def visible(alarms: Iterable[Alarm]) -> list[Alarm]:
    """What is wrong now: neither closed nor put aside."""
    return [each for each in alarms if each.shown]


def put_aside(alarms: Iterable[Alarm], *how: How) -> list[Alarm]:
    """What is not on the list in one of these ways, what comes back first first."""
    found = [each for each in alarms if each.closed is None and each.aside is not None and each.aside.how in how]
    return sorted(found, key=lambda each: (_until(each), each.priority.rank, each.id))


def _until(alarm: Alarm) -> float:
    aside = alarm.aside
    return inf if aside is None or aside.until is None else aside.until.timestamp()


def waiting(alarms: Iterable[Alarm]) -> int:
    """How many have to be acknowledged."""
    return sum(each.waits for each in alarms)


def next_worst(alarms: Iterable[Alarm], looked_at: Collection[tuple[str, int]] = ()) -> Alarm | None:
    """The alarm to turn to next: the worst that waits and was not looked at since it was raised last, or came to stand
    elsewhere (``looked_at``: what ``Alarm.sight`` was then); where all were, the worst that waits; then the worst that
    still stands."""
    order = ranked(visible(alarms))
    waits = [each for each in order if each.waits]
    fresh = [each for each in waits if each.sight not in looked_at]
    return next(iter(fresh or waits or order), None)


def matches(alarm: Alarm, words: str) -> bool:
    """Whether an alarm has all of the ``words`` in what is told of it, or a camera number among them."""
    cause = alarm.cause
    text = f"{cause.title} {cause.why} {cause.source} {cause.kind} {alarm.priority.value}".casefold()
    numbers = {str(number) for number in cause.cameras}
    return all(word in text or word in numbers for word in words.casefold().split())


# Floods


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time; ``end`` None: it goes on."""

    begin: datetime
    end: datetime | None


def floods(times: Sequence[datetime], now: datetime) -> list[Span]:
    """When it was a flood: from the moment at which ``FLOOD_ALARMS`` had come within ``FLOOD_SECONDS`` until fewer than
    ``CALM_ALARMS`` had. ``times`` rise: those of new alarms at one console."""
    found: list[Span] = []
    window = timedelta(seconds=FLOOD_SECONDS)
    begin: datetime | None = None
    for index, at in enumerate(times):
        if begin is not None:
            calm = _calm(times, index, window)
            if calm is not None and calm < at:
                found.append(Span(begin, calm))
                begin = None
        if begin is None and index + 1 >= FLOOD_ALARMS and at - times[index + 1 - FLOOD_ALARMS] <= window:
            begin = at
    if begin is not None:
        calm = _calm(times, len(times), window)
        found.append(Span(begin, calm if calm is not None and calm <= now else None))
    return found


def _calm(times: Sequence[datetime], upto: int, window: timedelta) -> datetime | None:
    """When fewer than ``CALM_ALARMS`` of the first ``upto`` lie within the window, if no other came."""
    return times[upto - CALM_ALARMS] + window if upto >= CALM_ALARMS else None


def in_flood(times: Sequence[datetime], now: datetime) -> bool:
    """Whether it is a flood now."""
    spans = floods(times, now)
    return bool(spans) and spans[-1].end is None


# Lines


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the list: one alarm, or several of one kind and priority during a flood. ``name`` tells groups
    apart; ``open``: its alarms follow as lines of their own."""

    alarms: tuple[Alarm, ...]
    name: str = ""
    open: bool = False
    inside: bool = False
    """It belongs to the open group above."""

    @property
    def first(self) -> Alarm:
        """The alarm, or the first of them."""
        return self.alarms[0]

    @property
    def grouped(self) -> bool:
        """Whether it stands for several."""
        return bool(self.name)


def lines(order: Sequence[Alarm], flood: bool, opened: Collection[str] = ()) -> list[Line]:
    """The list, of ranked alarms: one line each; while it is a flood, one for all that are of one kind and one priority
    and in one state. What is critical always has a line of its own. ``opened``: names of groups that are spread out."""
    if not flood:
        return [Line((each,)) for each in order]
    groups: dict[str, list[Alarm]] = defaultdict(list)
    for each in order:
        groups[_group(each)].append(each)
    made: list[Line] = []
    done: set[str] = set()
    for each in order:
        group = _group(each)
        if not group or len(groups[group]) < LEAST_GROUP:
            made.append(Line((each,)))
        elif group not in done:
            done.add(group)
            members = tuple(groups[group])
            made.append(Line(members, group, group in opened))
            if group in opened:
                made += [Line((other,), inside=True) for other in members]
    return made


def _group(alarm: Alarm) -> str:
    if alarm.priority is Priority.CRITICAL:
        return ""
    return f"{alarm.priority.value} {alarm.cause.kind} {'waits' if alarm.waits else 'taken'}"


def counts(alarms: Iterable[Alarm]) -> dict[AlarmState, int]:
    """How many are in each state."""
    return dict(Counter(each.state for each in alarms))
