"""Hotlists: lists of plates that are looked for, their entries, what a match is, and what a person makes of a hit."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from console.model.permissions import Actor
from console.model.plates import normal
from console.model.regions import Regions, region_words
from console.model.wanted_cars import WantedCar
from drivers.events import NO_LOOK, VehicleLook
from drivers.types import GeoPlace

LONGEST_NAME = 80
LONGEST_TEXT = 500
"""Characters of a reason, a case number or a note."""
SHORTEST_PLATE = 2
LONGEST_KEPT = 3650
"""Days that hits may be kept."""
MANY_FOR_NEAR = 5000
"""Entries from which a list with the widest reach finds one of the common plates beside each read."""


class HotlistRefusal(ValueError):
    """What cannot be done with a list or a hit; the sentence says why and what to do."""


class Tier(enum.StrEnum):
    """How a read and an entry match, the surest first. It is always shown."""

    EXACT = "exact"
    CANDIDATE = "candidate"
    """Exactly, by another of the reader's own readings."""
    FOLDED = "folded"
    """But for characters that readers confuse; the regions agree."""
    NEAR = "near"
    """One character wrong, dropped or invented; or confused characters where nothing is known of the region."""

    @property
    def rank(self) -> int:
        """0 is the surest."""
        return _TIERS.index(self)


_TIERS = tuple(Tier)


class Urgency(enum.StrEnum):
    """How urgent the hits of a list are; the words are those of alarms."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotlist:
    """A list. ``id`` 0 is one that is not kept yet. ``reach`` is the last tier that counts as a hit. ``keep_days``: how
    long its hits, and entries that are over, are kept. ``folder`` is watched for files that replace it, "" for none.
    ``updated`` is when its entries last came or changed, ``source`` the file or person that they came from,
    ``revision`` grows with each change. ``entries`` counts them. ``taken`` marks the
    last file that was taken from the folder."""

    id: int = 0
    name: str
    owner: str = ""
    urgency: Urgency = Urgency.HIGH
    reason: str = ""
    reach: Tier = Tier.NEAR
    starts: datetime | None = None
    expires: datetime | None = None
    keep_days: int = 365
    enabled: bool = True
    folder: str = ""
    updated: datetime | None = None
    source: str = ""
    revision: int = 0
    entries: int = 0
    taken: str = ""

    def valid(self, now: datetime) -> bool:
        """Whether its entries count now."""
        return self.enabled and within(now, self.starts, self.expires)

    def state(self, now: datetime) -> str:
        """In a word."""
        if not self.enabled:
            return "off"
        if self.expires is not None and now >= self.expires:
            return "expired"
        return "not yet valid" if self.starts is not None and now < self.starts else "in use"


def usual_reach(listed: Hotlist, rows: int) -> Tier:
    """How far a list matches when so many entries take the place of its own, unless a person says otherwise. One that
    becomes long matches look-alike characters: in a dense space of plates half of all strangers are one character from
    some entry. One that was long already matches as a person wanted it to."""
    grows = rows > MANY_FOR_NEAR and listed.entries <= MANY_FOR_NEAR
    return Tier.FOLDED if grows and listed.reach is Tier.NEAR else listed.reach


@dataclass(frozen=True, slots=True, kw_only=True)
class HotEntry:
    """One plate of a list. ``plate`` and ``state`` as written there. From ``starts`` on and before ``expires`` it is
    looked for; None: always."""

    id: int = 0
    plate: str
    state: str = ""
    reason: str = ""
    case: str = ""
    note: str = ""
    starts: datetime | None = None
    expires: datetime | None = None

    @property
    def key(self) -> str:
        """What makes two entries of a list the same: plate and state, however they are spelled."""
        return key_of(self.plate, self.state)

    def valid(self, now: datetime) -> bool:
        """Whether it is looked for now."""
        return within(now, self.starts, self.expires)

    def same(self, other: HotEntry) -> bool:
        """Whether it says the same, whatever its number."""
        return _said(self) == _said(other)


def key_of(plate: str, state: str) -> str:
    """See ``HotEntry.key``."""
    return f"{normal(plate)}|{' '.join(sorted(region_words(state)))}"


def within(now: datetime, starts: datetime | None, expires: datetime | None) -> bool:
    """Whether ``now`` lies from the start on and before the end."""
    return (starts is None or now >= starts) and (expires is None or now < expires)


def _said(entry: HotEntry) -> tuple[object, ...]:
    return entry.plate, entry.state, entry.reason, entry.case, entry.note, entry.starts, entry.expires


def check_list(wanted: Hotlist) -> None:
    """Raises HotlistRefusal for a list that cannot be kept."""
    if not wanted.name.strip():
        raise HotlistRefusal("A hotlist needs a name. Give it one that says whose it is.")
    if len(wanted.name) > LONGEST_NAME:
        raise HotlistRefusal(f"The name is longer than {LONGEST_NAME} characters. Shorten it.")
    if not 1 <= wanted.keep_days <= LONGEST_KEPT:
        raise HotlistRefusal(f"Hits are kept from 1 to {LONGEST_KEPT} days.")
    if wanted.starts is not None and wanted.expires is not None and wanted.expires <= wanted.starts:
        raise HotlistRefusal("The list ends before it begins. Change one of the two dates.")


def check_entry(entry: HotEntry) -> None:
    """Raises HotlistRefusal for an entry that cannot be looked for."""
    if len(normal(entry.plate)) < SHORTEST_PLATE:
        raise HotlistRefusal(f"A plate has at least {SHORTEST_PLATE} letters or digits.")
    if entry.starts is not None and entry.expires is not None and entry.expires <= entry.starts:
        raise HotlistRefusal("The entry ends before it begins. Change one of the two dates.")


@dataclass(frozen=True, slots=True)
class EntryEdit:
    """One entry of a list added (``before`` None), changed or removed (``after`` None)."""

    list: int
    before: HotEntry | None
    after: HotEntry | None

    @property
    def inverse(self) -> EntryEdit:
        """What takes it back."""
        return EntryEdit(self.list, self.after, self.before)

    @property
    def words(self) -> str:
        """For a menu: "Add ABC123"."""
        entry = self.after or self.before
        plate = "" if entry is None else entry.plate
        return f"{'Add' if self.before is None else 'Change' if self.after is not None else 'Remove'} {plate}"


@dataclass(frozen=True, slots=True)
class Diff:
    """What replacing a list would change: counts, and the first of each kind. ``changed`` has pairs of what is there
    and what comes."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    same: int = 0
    first_added: tuple[HotEntry, ...] = ()
    first_removed: tuple[HotEntry, ...] = ()
    first_changed: tuple[tuple[HotEntry, HotEntry], ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether the list stays as it is."""
        return not (self.added or self.removed or self.changed)


class Verdict(enum.StrEnum):
    """What a person makes of a hit."""

    CORRECT = "correct"
    WRONG_PLATE = "wrong plate"
    WRONG_STATE = "wrong state"
    DISMISSED = "dismissed"


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decided what, when and why. Decisions are only ever added; the newest holds."""

    id: int
    hit: int
    at: datetime
    actor: Actor
    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFacts:
    """What a hit keeps of the read, so that it stands when the journal has forgotten it."""

    seq: int
    source: str
    event: str
    at: datetime
    received: datetime
    station: str
    plate: str
    region: str = ""
    confidence: float | None = None
    camera: str = ""
    place: GeoPlace | None = None
    accuracy: float | None = None
    heading: float | None = None
    direction: str = ""
    speed: float | None = None
    look: VehicleLook = NO_LOOK


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A read that matches an entry. List and entry are kept as they were then. ``reading`` is the text that matched:
    the plate, or one of the reader's other readings; ``weight`` how far it is from the entry's plate (0 to 1).
    ``reads`` counts the reads of this car, ``decided`` is the newest decision."""

    id: int = 0
    read: ReadFacts
    list: Hotlist
    entry: HotEntry
    tier: Tier
    regions: Regions
    reading: str
    weight: float = 0.0
    reads: int = 1
    decided: Decision | None = None

    @property
    def age(self) -> timedelta | None:
        """How old the list was when the car was read; None where it is not known."""
        return None if self.list.updated is None else max(timedelta(), self.read.received - self.list.updated)

    @property
    def car(self) -> WantedCar:
        """Which car it is, as far as plates tell."""
        differs = self.regions is Regions.DIFFER
        if self.tier is Tier.EXACT and not differs:
            return WantedCar(self.list.id, self.entry.key)
        other = key_of(self.read.plate, self.read.region) if differs else normal(self.read.plate)
        return WantedCar(self.list.id, self.entry.key, other)


@dataclass(frozen=True, slots=True)
class HitFilter:
    """Which hits a list shows. ``decided``: None for all, False for those that wait. ``text`` occurs in the plate of
    read or entry, or in the camera's name. ``car``: the hits of this one alone."""

    text: str = ""
    list: int = 0
    tier: Tier | None = None
    decided: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    verdicts: frozenset[Verdict] = field(default_factory=frozenset)
    car: WantedCar | None = None
