"""An alarm and its life, after ISA-18.2: unacknowledged or acknowledged, active or returned, latched where a person has
to close it; shelved by a person for a time, suppressed by a rule of the site, out of service until a person says
otherwise. Pure: each step takes an alarm and gives what it is afterwards, with the lines for its log.

Nothing is an alarm twice: what has the same ``key`` as an alarm that is not closed is that alarm again, counted."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from drivers.types import GeoPlace

STALE_SECONDS = 24 * 3600.0
"""An alarm that is active for longer tells nobody anything new (EEMUA 191): it is stale, and listed as such."""


class Priority(enum.StrEnum):
    """How bad it is, the worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 is the worst."""
        return _RANKS[self]


_RANKS = {each: rank for rank, each in enumerate(Priority)}


class AlarmState(enum.StrEnum):
    """Where in its life an alarm is. Those of ISA-18.2, by what operators call them."""

    UNACKNOWLEDGED = "new"
    """Active, and nobody has taken it."""
    ACKNOWLEDGED = "acknowledged"
    """Active, and somebody has."""
    RETURNED = "over, not acknowledged"
    """What raised it is over before anybody took it."""
    LATCHED = "over, to be closed"
    """Over and acknowledged; a person has to close it."""
    SHELVED = "shelved"
    SUPPRESSED = "suppressed by rule"
    OUT_OF_SERVICE = "out of service"
    CLOSED = "closed"


class How(enum.StrEnum):
    """In which way an alarm was put aside; the later one outranks the earlier."""

    SUPPRESSED = "suppressed"
    SHELVED = "shelved"
    OUT_OF_SERVICE = "out of service"


_ASIDE_STATES = {
    How.SUPPRESSED: AlarmState.SUPPRESSED,
    How.SHELVED: AlarmState.SHELVED,
    How.OUT_OF_SERVICE: AlarmState.OUT_OF_SERVICE,
}


class What(enum.StrEnum):
    """What a line of the log tells."""

    RAISED = "raised"
    AGAIN = "raised again"
    RETURNED = "returned to normal"
    ACKNOWLEDGED = "acknowledged"
    SHELVED = "shelved"
    UNSHELVED = "unshelved"
    SUPPRESSED = "suppressed"
    UNSUPPRESSED = "no longer suppressed"
    TAKEN_OUT = "taken out of service"
    PUT_BACK = "put back into service"
    PRIORITY = "priority changed"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Touch:
    """Somebody did something: ``who``, when, and what they said."""

    who: str
    at: datetime
    note: str = ""


@dataclass(frozen=True, slots=True)
class Aside:
    """Put aside by ``who`` (a person, or the name of a rule) for a reason; ``until`` None: until somebody or the rule
    says otherwise."""

    how: How
    who: str
    why: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Something that raises an alarm. ``key`` says what is the same alarm. ``why`` is a sentence for the operator.
    ``device`` is the id of what it is about, ``cameras`` numbers to show, ``accuracy`` in metres. ``seq`` is the
    journal entry it rests on (0: none), ``hit`` the plate hit. ``momentary``: maybe nothing will ever say that it is
    over, so a person may close it. ``latched``: it stands until a person closes it."""

    key: str
    kind: str
    priority: Priority
    title: str
    why: str
    at: datetime
    source: str = ""
    device: str = ""
    cameras: tuple[int, ...] = ()
    place: GeoPlace | None = None
    accuracy: float | None = None
    seq: int = 0
    hit: str = ""
    momentary: bool = False
    latched: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What raised the alarm of this key is over."""

    key: str
    at: datetime
    why: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm from its first raise until it is closed. ``raised`` is when it came first, ``last`` when last;
    ``count`` how often it was raised and ``calls`` how often it had to be heard. ``version`` orders changes among
    consoles; the store gives it."""

    id: str
    cause: Cause
    priority: Priority
    """That of the cause, or what a rule made of it."""
    raised: datetime
    last: datetime
    active: bool = True
    count: int = 1
    calls: int = 1
    returned: datetime | None = None
    acked: Touch | None = None
    aside: Aside | None = None
    closed: datetime | None = None
    seq: int = 0
    """The newest journal entry that it heard of."""
    station: str = ""
    """The console that raised it."""
    version: int = 0

    @property
    def key(self) -> str:
        """What is the same alarm."""
        return self.cause.key

    @property
    def state(self) -> AlarmState:
        """Where in its life it is."""
        if self.closed is not None:
            return AlarmState.CLOSED
        if self.aside is not None:
            return _ASIDE_STATES[self.aside.how]
        if self.active:
            return AlarmState.UNACKNOWLEDGED if self.acked is None else AlarmState.ACKNOWLEDGED
        return AlarmState.RETURNED if self.acked is None else AlarmState.LATCHED

    @property
    def waits(self) -> bool:
        """Whether somebody has to acknowledge it."""
        return self.state in (AlarmState.UNACKNOWLEDGED, AlarmState.RETURNED)

    @property
    def shown(self) -> bool:
        """Whether it is on the list of what is wrong now: neither closed nor put aside."""
        return self.closed is None and self.aside is None

    @property
    def may_close(self) -> bool:
        """Whether a person may close it."""
        return self.shown and self.acked is not None and (not self.active or self.cause.momentary)

    def closable(self, now: datetime) -> bool:
        """Whether a person may close it now: as above, or because it stands for over a day and somebody took it. What
        raised that may be gone from the site and never say that it is over; said again, it is raised anew."""
        return self.may_close or (self.acked is not None and self.stale(now))

    def stale(self, now: datetime) -> bool:
        """Whether it stands for so long that it tells nothing any more."""
        return self.shown and self.active and now - self.last >= timedelta(seconds=STALE_SECONDS)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One change of an alarm. ``who`` is a person or a rule; "" for the world. ``seq``: the journal entry behind it."""

    at: datetime
    what: What
    who: str = ""
    why: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """What became of an alarm. ``news``: it has to be heard."""

    alarm: Alarm
    lines: tuple[LogLine, ...] = ()
    news: bool = False


class AlarmRefusal(ValueError):
    """This cannot be done with this alarm; the sentence says why, and what can."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__(f"{problem}. {advice}".rstrip())


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
