"""What the world did to alarms, applied to the database in one transaction: an alarm that changed twenty times within
a batch is written once, with the lines of its log bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import uuid4

from console.model.alarm_life import and_then, over, raised, renamed_away
from console.model.alarm_rules import AlarmRule, ruled
from console.model.alarms import Alarm, Cause, LogLine, Over, Step, What
from console.store.alarms import AlarmBook

READ_BETTER = "the car was read better: another alarm has it"
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


def apply(
    book: AlarmBook, events: Iterable[Cause | Over], moment: Moment, station: str, known: Iterable[Alarm] = ()
) -> list[Alarm]:
    """Raise and end alarms in ``book``; the alarms as they were written. ``known`` are those that stand: a hit that
    comes under another key than before, since its car was read better, leaves the alarm that it was in."""
    batch = _Batch(book, moment, station, [each for each in known if each.hits])
    for event in events:
        batch.take(event)
    return [
        book.put(each.alarm, bounded(each.lines), each.heard and each.alarm.waits) for each in batch.touched.values()
    ]  # fmt: skip


class _Batch:
    """What becomes of alarms by one transaction's events."""

    def __init__(self, book: AlarmBook, moment: Moment, station: str, known: Sequence[Alarm]) -> None:
        self._book, self._moment, self._station, self._known = book, moment, station, known
        self.touched: dict[str, _Touched] = {}
        self._standing: dict[str, Alarm | None] = {}
        self._applied: set[str] = set()

    def take(self, event: Cause | Over) -> None:
        """The next that happened."""
        key = event.key
        before = self._open(key)
        if isinstance(event, Cause) and event.hit_number:
            before = self._moved_here(event, before)
        newer = before is None or event.seq > before.seq
        if event.seq and newer and key not in self._applied and self._book.knows(event.seq, key):
            return  # it was applied before a restart, to an alarm that is closed by now
        self._applied.add(key)  # entries come in order: of this alarm none that follows was applied before
        step = _step(before, event, self._moment, self._station)
        if step is not None and step.alarm != before:
            self._write(key, step)

    def _open(self, key: str) -> Alarm | None:
        if key not in self._standing:
            self._standing[key] = self._book.open_of(key)
        return self._standing[key]

    def _write(self, key: str, step: Step) -> None:
        alarm = step.alarm
        each = self.touched.setdefault(alarm.id, _Touched(alarm))
        each.alarm = alarm
        each.lines += step.lines
        each.heard = each.heard or step.news
        self._standing[key] = None if alarm.closed is not None else alarm

    def _moved_here(self, cause: Cause, before: Alarm | None) -> Alarm | None:
        """The alarm that a hit belongs to from now on: the one that it was in becomes this one where it had no other
        hit, and is left by it else."""
        number = cause.hit_number
        if before is not None and number in before.hits:
            return before
        there = [each for each in self._standing.values() if each is not None]
        key = next((each.key for each in (*there, *self._known) if number in each.hits and each.key != cause.key), "")
        other = self._open(key) if key else None
        if other is None or number not in other.hits:
            return before
        if other.hits != (number,):
            self._write(key, over(other, Over(key=key, at=cause.at, why=READ_BETTER, hit=cause.hit), self._moment.utc))
        elif before is not None:
            self._write(key, renamed_away(other, self._moment.utc, READ_BETTER))
        else:
            self._standing[key] = None
            return other
        return before


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
