"""The life of an alarm: each step takes an alarm and gives what it is afterwards, with the lines for its log. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from console.model.alarms import (
    MOST_HITS,
    Alarm,
    AlarmRefusal,
    Aside,
    Cause,
    How,
    LogLine,
    Over,
    Priority,
    Step,
    Touch,
    What,
    number_of,
)

FOLLOWED_SECONDS = 300.0
"""For so long after somebody took it an alarm that moves is shown without a sound."""
LEAST_LONGER = 60.0
"""Seconds by which an alarm has to last longer before that is written."""

# What the world does


def raised(before: Alarm | None, cause: Cause, now: datetime, fresh_id: str = "", station: str = "") -> Step:
    """``cause`` raises an alarm, or the one that is there (``before``, not closed) again. What the alarm heard of
    already (``seq``, or for hits their numbers) changes nothing. An acknowledged alarm waits again where something new
    happened: it had returned, it is momentary, or it became worse.

    One that moves (``lasts``) is raised again by each place that it passes. Who has taken it follows it: elsewhere it
    waits again, at its new place, but is heard only ``FOLLOWED_SECONDS`` after somebody took it the last time."""
    until = now + timedelta(seconds=cause.lasts) if cause.lasts else None
    hit = cause.hit_number
    if before is None or before.closed is not None:
        made = Alarm(
            id=fresh_id, cause=cause, priority=cause.priority, raised=cause.at, last=cause.at, seq=cause.seq,
            station=station, hits=(hit,) if hit else (), until=until,
        )  # fmt: skip
        return Step(made, (LogLine(now, What.RAISED, "", _told(cause), cause.seq),), news=True)
    if hit and _has(before, hit):
        return _better(before, cause, now, until)
    if not hit and cause.seq and cause.seq <= before.seq:
        return Step(before)
    worse = cause.priority.rank < before.cause.priority.rank
    elsewhere = bool(cause.lasts) and cause.where != before.cause.where
    newest = not cause.lasts or cause.at >= before.cause.at  # readers that were cut off tell old things late
    fresh = not before.active or worse or (cause.momentary and not cause.lasts)
    quiet = before.quiet
    if elsewhere and before.acked is not None and before.aside is None:
        quiet = before.acked.at + timedelta(seconds=FOLLOWED_SECONDS)
        fresh = fresh or quiet <= now
    after = replace(
        before,
        cause=_newer(before.cause, cause) if newest else before.cause,
        priority=min(before.priority, cause.priority, key=lambda each: each.rank) if worse else before.priority,
        active=True,
        returned=None,
        count=before.count + 1,
        last=max(before.last, cause.at),
        acked=None if fresh or elsewhere else before.acked,
        calls=before.calls + fresh,
        moved=before.moved + (elsewhere and newest),
        hits=tuple(sorted((*before.hits, hit)))[-MOST_HITS:] if hit else before.hits,
        until=until or before.until,
        quiet=None if fresh or before.aside is not None else quiet,
        seq=max(before.seq, cause.seq),
    )
    line = LogLine(now, What.AGAIN, "", _told(cause), cause.seq)
    return Step(after, (line,), news=fresh and after.aside is None)


def over(before: Alarm, end: Over, now: datetime) -> Step:
    """What raised it is over, or one of its hits was none. One that was acknowledged and is not latched is closed, and
    so is one that a rule suppressed."""
    if before.closed is not None:
        return Step(before)
    if end.hit:
        number = number_of(end.hit)
        if number not in before.hits and before.cause.hit != end.hit:
            return Step(before)
        rest = tuple(each for each in before.hits if each != number)
        if rest:
            after = replace(before, hits=rest, **_standing_at(before, end, rest))
            return Step(after, (LogLine(now, What.TAKEN_BACK, "", end.why, end.seq),))
    if not before.active or (end.seq and end.seq <= before.seq):
        return Step(before)
    after = replace(before, active=False, returned=end.at, quiet=None, seq=max(before.seq, end.seq))
    return _closing(after, (LogLine(now, What.RETURNED, "", end.why, end.seq),), now)


def renamed_away(before: Alarm, now: datetime, why: str) -> Step:
    """All that it told of stands in another alarm that waits in its place, so nobody has to take this one."""
    if before.closed is not None:
        return Step(before)
    after = replace(before, active=False, returned=before.returned or now, closed=now, quiet=None)
    return Step(after, (LogLine(now, What.CLOSED, "", why),))


# What people do


def acknowledged(before: Alarm, who: str, now: datetime, note: str = "", hit: str = "") -> Step:
    """Somebody took it; ``hit``: at this one. Raises AlarmRefusal where there is nothing to acknowledge, or it stands
    at another hit meanwhile, which nobody has seen."""
    if before.closed is not None:
        raise AlarmRefusal("The alarm is closed already")
    if before.aside is not None:
        raise AlarmRefusal(f"The alarm is {before.state.value}", "Bring it back first.")
    if before.acked is not None:
        raise AlarmRefusal(f"{before.acked.who} has acknowledged it already")
    if hit and before.cause.hit != hit:
        raise AlarmRefusal("The car was seen again meanwhile", "Look at its newest hit.")
    after = replace(before, acked=Touch(who, now, note), quiet=None)
    if after.active and after.cause.momentary and not after.cause.latched and not after.cause.lasts:
        after = replace(after, active=False, returned=now)
    return _closing(after, (LogLine(now, What.ACKNOWLEDGED, who, note),), now)


def closed(before: Alarm, who: str, now: datetime, why: str = "") -> Step:
    """A person is done with it. Raises AlarmRefusal where it has to stand."""
    if not before.closable(now):
        if before.closed is not None:
            raise AlarmRefusal("The alarm is closed already")
        if before.aside is not None:
            raise AlarmRefusal(f"The alarm is {before.state.value}", "Bring it back first.")
        if before.acked is None:
            raise AlarmRefusal("Nobody has acknowledged it", "Acknowledge it first.")
        raise AlarmRefusal(
            "What raised it is not over", "It closes by itself when it is; after a day it can be closed by hand."
        )
    after = replace(before, active=False, returned=before.returned or now, closed=now)
    return Step(after, (LogLine(now, What.CLOSED, who, why),))


def shelved(before: Alarm, who: str, why: str, until: datetime, now: datetime) -> Step:
    """Off the list until then, for a reason. One that is shelved already is shelved anew. Raises AlarmRefusal."""
    return _put_aside(before, Aside(How.SHELVED, who, why, now, until), What.SHELVED, now)


def taken_out(before: Alarm, who: str, why: str, now: datetime) -> Step:
    """Out of service until somebody puts it back. Raises AlarmRefusal."""
    return _put_aside(before, Aside(How.OUT_OF_SERVICE, who, why, now), What.TAKEN_OUT, now)


def brought_back(before: Alarm, who: str, now: datetime, why: str = "") -> Step:
    """Unshelve it, or put it back into service: one that is still active is new again, one that is over is closed,
    unless it is latched. Raises AlarmRefusal for one that a rule suppresses."""
    aside = before.aside
    if aside is None or before.closed is not None:
        raise AlarmRefusal("The alarm is neither shelved nor out of service")
    if aside.how is How.SUPPRESSED:
        raise AlarmRefusal(f"The rule {aside.who!r} of the site suppresses it", "A technician changes rules.")
    return _back(before, who, now, why)


# What time and rules do


def timed_out(before: Alarm, now: datetime) -> Step:
    """What lasts for a time is over, a shelf that has run out ends, and what nobody follows any more is heard."""
    step = Step(before)
    for part in (_not_seen, _off_the_shelf, _unheeded):
        step = and_then(step, part(step.alarm, now))
    return step


def has_time(alarm: Alarm) -> bool:
    """Whether time alone may change it."""
    aside = alarm.aside
    return alarm.until is not None or alarm.quiet is not None or (aside is not None and aside.until is not None)


def suppressed(before: Alarm, rule: str, now: datetime) -> Step:
    """A rule of the site takes it off the list (``rule`` "": none does any more)."""
    aside = before.aside
    if before.closed is not None or (aside is not None and aside.how is not How.SUPPRESSED):
        return Step(before)
    if not rule:
        return Step(before) if aside is None else _back(before, "", now, "")
    if aside is not None and aside.who == rule:
        return Step(before)
    after = replace(before, aside=Aside(How.SUPPRESSED, rule, "rule of the site", now), acked=None, quiet=None)
    return _closing(after, (LogLine(now, What.SUPPRESSED, rule),), now)


def prioritised(before: Alarm, priority: Priority, rule: str, now: datetime) -> Step:
    """A rule changes how bad it is; to a worse one it is news."""
    if before.closed is not None or priority is before.priority:
        return Step(before)
    worse = priority.rank < before.priority.rank
    words = f"{before.priority.value} to {priority.value}"
    after = replace(before, priority=priority, calls=before.calls + (worse and before.waits))
    return Step(after, (LogLine(now, What.PRIORITY, rule, words),), news=worse and after.waits)


def and_then(first: Step, second: Step) -> Step:
    """Two steps as one; ``second`` was made from the alarm of ``first``. What was put aside is no news."""
    shown = second.alarm.waits
    return Step(second.alarm, first.lines + second.lines, (first.news or second.news) and shown)


def _put_aside(before: Alarm, aside: Aside, what: What, now: datetime) -> Step:
    if before.closed is not None:
        raise AlarmRefusal("The alarm is closed already")
    if not aside.why.strip():
        raise AlarmRefusal("A reason is missing", "Say why.")
    if aside.until is not None and aside.until <= now:
        raise AlarmRefusal("That time is over already", "Choose a later one.")
    if before.aside is not None and before.aside.how is How.OUT_OF_SERVICE:
        raise AlarmRefusal("The alarm is out of service", "Put it back first.")
    words = aside.why if aside.until is None else f"until {aside.until:%Y-%m-%d %H:%M} UTC: {aside.why}"
    return Step(replace(before, aside=aside, quiet=None), (LogLine(now, what, aside.who, words),))


def _back(before: Alarm, who: str, now: datetime, why: str) -> Step:
    assert before.aside is not None
    what = {
        How.SHELVED: What.UNSHELVED, How.OUT_OF_SERVICE: What.PUT_BACK, How.SUPPRESSED: What.UNSUPPRESSED
    }[before.aside.how]  # fmt: skip
    after = replace(before, aside=None, acked=None)
    line = LogLine(now, what, who, why)
    if not after.active and not after.cause.latched:
        return Step(replace(after, closed=now), (line, LogLine(now, What.CLOSED, "", "it was over")))
    return Step(replace(after, calls=after.calls + 1), (line,), news=True)


def _closing(after: Alarm, lines: tuple[LogLine, ...], now: datetime) -> Step:
    """Closed where nothing keeps it open: what is over and acknowledged and not latched, or over and suppressed."""
    done = after.acked is not None and not after.cause.latched and after.aside is None
    unseen = after.aside is not None and after.aside.how is How.SUPPRESSED
    if after.active or not (done or unseen):
        return Step(after, lines)
    return Step(replace(after, closed=now), (*lines, LogLine(now, What.CLOSED)))


def _not_seen(before: Alarm, now: datetime) -> Step:
    """One that moves was not seen for so long that it is over."""
    if before.closed is not None or not before.active or before.until is None or now < before.until:
        return Step(before)
    minutes = before.cause.lasts / 60
    return over(before, Over(key=before.key, at=now, why=f"not seen for {minutes:g} minutes"), now)


def _off_the_shelf(before: Alarm, now: datetime) -> Step:
    aside = before.aside
    if before.closed is not None or aside is None or aside.until is None or now < aside.until:
        return Step(before)
    return _back(before, "", now, "its time is over")


def _unheeded(before: Alarm, now: datetime) -> Step:
    """Who took it did not take it again where it is now: it is heard."""
    if before.closed is not None or before.quiet is None or now < before.quiet:
        return Step(before)
    after = replace(before, quiet=None, calls=before.calls + 1)
    return Step(after, (LogLine(now, What.UNHEEDED),), news=True)


def _has(alarm: Alarm, hit: int) -> bool:
    """Whether an alarm heard of this hit already."""
    return hit in alarm.hits or (len(alarm.hits) >= MOST_HITS and hit < alarm.hits[0])


def _better(before: Alarm, cause: Cause, now: datetime, until: datetime | None) -> Step:
    """A further read of a hit that it has: it lasts longer, and may be known better; it is not counted. That it lasts
    a little longer is not worth a write each second, and no line ever."""
    after = before
    if until is not None and before.active and _longer(before.until, until):
        after = replace(after, until=until)
    if before.cause.hit != cause.hit:
        return Step(after)  # it has moved on since
    told = replace(before.cause, key=cause.key, title=cause.title, why=cause.why)
    if told == before.cause:
        return Step(after)
    return Step(replace(after, cause=told), (LogLine(now, What.BETTER, "", _told(cause), cause.seq),))


def _longer(before: datetime | None, until: datetime) -> bool:
    return before is None or until - before >= timedelta(seconds=LEAST_LONGER)


def _standing_at(before: Alarm, end: Over, rest: tuple[int, ...]) -> dict[str, Any]:
    """Where an alarm stands when one of its hits was none: elsewhere only if it stood at that one."""
    if before.cause.hit != end.hit:
        return {}
    there = end.instead
    if there is None or there.hit_number not in rest:
        return {"cause": replace(before.cause, hit=str(rest[-1]))}
    return {"cause": replace(there, key=before.key), "moved": before.moved + 1}


def _told(cause: Cause) -> str:
    """What the log says of a raise: where it was, for what moves."""
    return f"{cause.where}. {cause.why}" if cause.where else cause.why


def _newer(old: Cause, new: Cause) -> Cause:
    """What is known after a raise: the newer words; a place or cameras that it does not tell stay, unless it moved."""
    if new.where != old.where:
        return replace(new, latched=new.latched or old.latched, hit=new.hit or old.hit, seq=new.seq or old.seq)
    return replace(
        new,
        cameras=new.cameras or old.cameras,
        place=new.place or old.place,
        accuracy=new.accuracy if new.place is not None else old.accuracy,
        seq=new.seq or old.seq,
        hit=new.hit or old.hit,
        momentary=new.momentary and old.momentary,
        latched=new.latched or old.latched,
    )
