"""The life of an alarm: each step takes an alarm and gives what it is afterwards, with the lines for its log. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from console.model.alarms import Alarm, AlarmRefusal, Aside, Cause, How, LogLine, Over, Priority, Step, Touch, What

# What the world does


def raised(before: Alarm | None, cause: Cause, now: datetime, fresh_id: str = "", station: str = "") -> Step:
    """``cause`` raises an alarm, or the one that is there (``before``, not closed) again. What the alarm heard of
    already (``seq``) changes nothing. An acknowledged alarm waits again where something new happened: it had returned,
    it is momentary, or it became worse."""
    if before is None or before.closed is not None:
        made = Alarm(
            id=fresh_id, cause=cause, priority=cause.priority, raised=cause.at, last=cause.at, seq=cause.seq,
            station=station,
        )  # fmt: skip
        return Step(made, (LogLine(now, What.RAISED, "", cause.why, cause.seq),), news=True)
    if cause.seq and cause.seq <= before.seq:
        return Step(before)
    worse = cause.priority.rank < before.cause.priority.rank
    fresh = not before.active or cause.momentary or worse
    after = replace(
        before,
        cause=_newer(before.cause, cause),
        priority=min(before.priority, cause.priority, key=lambda each: each.rank) if worse else before.priority,
        active=True,
        returned=None,
        count=before.count + 1,
        last=max(before.last, cause.at),
        acked=None if fresh else before.acked,
        calls=before.calls + fresh,
        seq=max(before.seq, cause.seq),
    )
    return Step(after, (LogLine(now, What.AGAIN, "", cause.why, cause.seq),), news=fresh and after.aside is None)


def over(before: Alarm, end: Over, now: datetime) -> Step:
    """What raised it is over. One that was acknowledged and is not latched is closed, and so is one that a rule
    suppressed."""
    if before.closed is not None or not before.active or (end.seq and end.seq <= before.seq):
        return Step(before)
    after = replace(before, active=False, returned=end.at, seq=max(before.seq, end.seq))
    return _closing(after, (LogLine(now, What.RETURNED, "", end.why, end.seq),), now)


# What people do


def acknowledged(before: Alarm, who: str, now: datetime, note: str = "") -> Step:
    """Somebody took it. Raises AlarmRefusal where there is nothing to acknowledge."""
    if before.closed is not None:
        raise AlarmRefusal("The alarm is closed already")
    if before.aside is not None:
        raise AlarmRefusal(f"The alarm is {before.state.value}", "Bring it back first.")
    if before.acked is not None:
        raise AlarmRefusal(f"{before.acked.who} has acknowledged it already")
    after = replace(before, acked=Touch(who, now, note))
    if after.active and after.cause.momentary and not after.cause.latched:
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
    """A shelf that has run out ends."""
    aside = before.aside
    if before.closed is not None or aside is None or aside.until is None or now < aside.until:
        return Step(before)
    return _back(before, "", now, "its time is over")


def suppressed(before: Alarm, rule: str, now: datetime) -> Step:
    """A rule of the site takes it off the list (``rule`` "": none does any more)."""
    aside = before.aside
    if before.closed is not None or (aside is not None and aside.how is not How.SUPPRESSED):
        return Step(before)
    if not rule:
        return Step(before) if aside is None else _back(before, "", now, "")
    if aside is not None and aside.who == rule:
        return Step(before)
    after = replace(before, aside=Aside(How.SUPPRESSED, rule, "rule of the site", now), acked=None)
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
    return Step(replace(before, aside=aside), (LogLine(now, what, aside.who, words),))


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


def _newer(old: Cause, new: Cause) -> Cause:
    """What is known after a raise: the newer words; a place or cameras that it does not tell stay."""
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
