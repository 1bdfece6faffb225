"""An alarm and its life, after ISA-18.2: unacknowledged or acknowledged, active or returned, latched where a person has
to close it; shelved by a person for a time, suppressed by a rule of the site, out of service until a person says
otherwise. Records only; ``alarm_life`` has the steps from one state to the next.

Nothing is an alarm twice: what has the same ``key`` as an alarm that is not closed is that alarm again, counted.

What moves (``Cause.lasts``: a wanted car that drives past cameras) is one alarm as well: it stands where it was seen
last, and is over when it has not been seen for a while. Somebody who has taken it follows it, and is shown each new
place without a sound; see ``alarm_life.raised``."""

from __future__ import annotations

import enum
from dataclasses import dataclass
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


LONGEST_HIT = 18
"""Figures of a hit's number; databases take no longer ones."""
MOST_HITS = 200
"""Hits that an alarm names, the newest."""


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
    BETTER = "known better"
    TAKEN_BACK = "in part taken back"
    UNHEEDED = "not followed any more"
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
    over, so a person may close it. ``latched``: it stands until a person closes it. ``lasts``: seconds after the last
    raise when it is over by itself; taken, it stands until then (0: it is told when it is over). ``where`` says where
    it was seen; other words are another place."""

    key: str
    kind: str
    priority: Priority
    title: str
    why: str
    at: datetime
    source: str = ""
    where: str = ""
    device: str = ""
    cameras: tuple[int, ...] = ()
    place: GeoPlace | None = None
    accuracy: float | None = None
    seq: int = 0
    hit: str = ""
    momentary: bool = False
    latched: bool = False
    lasts: float = 0.0

    @property
    def hit_number(self) -> int:
        """The hit's number in the store of hits, 0 for none."""
        return number_of(self.hit)


def number_of(hit: str) -> int:
    """The number of a hit as a cause names it, 0 for none."""
    return int(hit) if hit.isascii() and hit.isdigit() and len(hit) <= LONGEST_HIT else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Over:
    """What raised the alarm of this key is over. ``hit``: only this hit of it is, as it was none; the alarm stands
    while it has others, at what ``instead`` tells of them where it stood at this one."""

    key: str
    at: datetime
    why: str = ""
    seq: int = 0
    hit: str = ""
    instead: Cause | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm from its first raise until it is closed. ``raised`` is when it came first, ``last`` when last;
    ``count`` how often it was raised, ``calls`` how often it had to be heard, ``moved`` how often it came to stand
    elsewhere. ``hits`` are the numbers of its hits, rising. ``until``: when it is over by itself. ``quiet``: until then
    it waits without a sound, for somebody follows it. ``version`` orders changes among consoles; the store gives it."""

    id: str
    cause: Cause
    priority: Priority
    """That of the cause, or what a rule made of it."""
    raised: datetime
    last: datetime
    active: bool = True
    count: int = 1
    calls: int = 1
    moved: int = 0
    hits: tuple[int, ...] = ()
    until: datetime | None = None
    quiet: datetime | None = None
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
    def sounds(self) -> bool:
        """Whether it is heard: it waits, and nobody is at it."""
        return self.waits and self.quiet is None

    @property
    def sight(self) -> tuple[str, int]:
        """Once more raised, or elsewhere, it is another one to look at."""
        return self.id, self.calls + self.moved

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
