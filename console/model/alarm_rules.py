"""Rules of the site for alarms: which are suppressed, which get another priority, and when. Pure.

The first rule that suppresses an alarm and the first that changes its priority hold, in the order of the site file. A
rule suppresses critical alarms only where it names that priority: none may vanish by a star too many."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from fnmatch import fnmatchcase

from console.model.alarm_life import and_then, prioritised, suppressed
from console.model.alarms import Alarm, Priority, Step

EVERY_DAY = frozenset(range(7))
MIDNIGHT = time(0)


class RuleAction(enum.StrEnum):
    """What a rule does."""

    SUPPRESS = "suppress"
    PRIORITY = "priority"


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """``kind``, ``source`` and ``device`` are patterns (``*`` and ``?``), "" fits all; ``priority`` is what the alarm
    would have without rules, None fits all. ``weekdays`` count from Monday as 0, ``begin`` and ``end`` are local times:
    from ten at night to six in the morning belongs to the day on which it begins; equal ones mean the whole day."""

    name: str
    action: RuleAction
    kind: str = ""
    source: str = ""
    device: str = ""
    priority: Priority | None = None
    becomes: Priority = Priority.LOW
    weekdays: frozenset[int] = EVERY_DAY
    begin: time = MIDNIGHT
    end: time = MIDNIGHT

    def on(self, local: datetime) -> bool:
        """Whether it holds at this local time."""
        now, today = local.time().replace(tzinfo=None), local.weekday()
        if self.begin == self.end:
            return today in self.weekdays
        if self.begin < self.end:
            return today in self.weekdays and self.begin <= now < self.end
        yesterday = (local - timedelta(days=1)).weekday()
        return (now >= self.begin and today in self.weekdays) or (now < self.end and yesterday in self.weekdays)

    def fits(self, alarm: Alarm) -> bool:
        """Whether it speaks of this alarm."""
        cause = alarm.cause
        if self.action is RuleAction.SUPPRESS and cause.priority is Priority.CRITICAL and self.priority is None:
            return False
        return (
            (self.priority is None or self.priority is cause.priority)
            and _fits(self.kind, cause.kind)
            and _fits(self.source, cause.source)
            and _fits(self.device, cause.device)
        )


def _fits(pattern: str, text: str) -> bool:
    return not pattern or fnmatchcase(text.casefold(), pattern.casefold())


def ruled(alarm: Alarm, rules: Sequence[AlarmRule], now: datetime, local: datetime) -> Step:
    """An alarm after the rules that hold at ``local`` (the same moment by the clock on the wall)."""
    here = [rule for rule in rules if rule.on(local) and rule.fits(alarm)]
    other = next((rule for rule in here if rule.action is RuleAction.PRIORITY), None)
    hides = next((rule.name for rule in here if rule.action is RuleAction.SUPPRESS), "")
    if other is None:
        first = prioritised(alarm, alarm.cause.priority, "", now)
    else:
        first = prioritised(alarm, other.becomes, other.name, now)
    return and_then(first, suppressed(first.alarm, hides, now))
