"""What the world did to alarms, applied to the database in one transaction: an alarm that changed twenty times within
a batch is written once, with the lines of its log bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from console.model.alarm_life import and_then, over, raised
from console.model.alarm_rules import AlarmRule, ruled
from console.model.alarms import Alarm, Cause, LogLine, Over, Step, What
from console.store.alarms import AlarmBook

MOST_LINES = 20
"""Lines that one alarm gets from one batch; of more, those in the middle become one that counts them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """Now, in UTC and by the clock on the wall, with the rules of the site."""

    utc: datetime
    local: datetime
    rules: Sequence[AlarmRule] = ()


@dataclass(slots=True)
class _Touched:
    alarm: Alarm
    lines: list[LogLine] = field(default_factory=list)
    heard: bool = False


def apply(book: AlarmBook, events: Iterable[Cause | Over], moment: Moment, station: str) -> list[Alarm]:
    """Raise and end alarms in ``book``; the alarms as they were written."""
    touched: dict[str, _Touched] = {}
    standing: dict[str, Alarm | None] = {}
    applied: set[str] = set()
    for event in events:
        key = event.key
        if key not in standing:
            standing[key] = book.open_of(key)
        before = standing[key]
        newer = before is None or event.seq > before.seq
        if event.seq and newer and key not in applied and book.knows(event.seq, key):
            continue  # it was applied before a restart, to an alarm that is closed by now
        applied.add(key)  # entries come in order: of this alarm none that follows was applied before
        step = _step(before, event, moment, station)
        if step is None or not step.lines:
            continue
        alarm = step.alarm
        each = touched.setdefault(alarm.id, _Touched(alarm))
        each.alarm = alarm
        each.lines += step.lines
        each.heard = each.heard or step.news
        standing[key] = None if alarm.closed is not None else alarm
    return [
        book.put(each.alarm, bounded(each.lines), each.heard and each.alarm.waits) for each in touched.values()
    ]  # fmt: skip


def parts(events: Iterable[Cause | Over], most: int) -> Iterator[list[Cause | Over]]:
    """The events in their order, cut where another alarm would be one too many for a transaction."""
    part: list[Cause | Over] = []
    keys: set[str] = set()
    for event in events:
        if event.key not in keys and len(keys) >= most:
            yield part
            part, keys = [], set()
        part.append(event)
        keys.add(event.key)
    if part:
        yield part


def _step(before: Alarm | None, event: Cause | Over, moment: Moment, station: str) -> Step | None:
    if isinstance(event, Over):
        return None if before is None else over(before, event, moment.utc)
    step = raised(before, event, moment.utc, uuid4().hex, station)
    return and_then(step, ruled(step.alarm, moment.rules, moment.utc, moment.local)) if step.lines else step


def bounded(lines: Sequence[LogLine]) -> list[LogLine]:
    """At most ``MOST_LINES``: the first and the last, and how many there were between them."""
    if len(lines) <= MOST_LINES:
        return list(lines)
    head, tail = lines[: MOST_LINES // 2], lines[len(lines) - MOST_LINES // 2 + 1 :]
    between = lines[len(head) : len(lines) - len(tail)]
    middle = replace(between[-1], what=What.AGAIN, who="", why=f"and {len(between)} changes between")
    return [*head, middle, *tail]
