"""Who wants which lamps how bright, and until when. Wishes overlap: a lamp shows the brightest of those that hold, and
they unwind in any order. Pure; times are aware UTC.

What the lamp systems were told last is kept beside it (``Told``): the difference between that and what is wanted is
what has to be sent."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from console.model.permissions import Actor

LampRef = tuple[str, str]
"""A lamp: the name of its system, and its id there."""

LEAD = timedelta(seconds=1)
"""A dimmer wish that outlasts a brighter one is sent so long before the brighter one ends, so that no lamp falls back
to its programme in between."""
SAME = timedelta(seconds=2)
"""Ends that differ by less are the same."""
LONGEST = timedelta(hours=12)
"""The longest lease: what is longer is the lamp system's own programme's business."""


@dataclass(frozen=True, slots=True)
class LampLease:
    """Somebody wants ``lamps`` at ``level`` percent until ``until``. ``group`` is the system's own group that they are,
    if so."""

    id: str
    lamps: frozenset[LampRef]
    level: float
    until: datetime
    holder: Actor
    made: datetime
    reason: str = ""
    ramp: float = 0.0
    group: tuple[str, str] | None = None

    def left(self, now: datetime) -> float:
        """Seconds until it ends."""
        return max(0.0, (self.until - now).total_seconds())


@dataclass(frozen=True, slots=True)
class Told:
    """What a lamp system was told last of a lamp: this level until then."""

    level: float
    until: datetime


@dataclass(frozen=True, slots=True)
class LampCall:
    """Something to send: ``level`` None is a release. ``lease`` is whose wish it serves, "" for none."""

    system: str
    lamps: tuple[str, ...]
    level: float | None = None
    until: datetime | None = None
    ramp: float = 0.0
    group: str = ""
    lease: str = ""


def natural(name: str) -> list[tuple[int, str]]:
    """To sort names by: lamp 2 before lamp 10."""
    parts = re.split(r"([0-9]{1,18})", name.casefold())
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]


class LampBook:
    """All leases of lamps. One thread at a time (the service guards it)."""

    def __init__(self, leases: Iterable[LampLease] = (), told: Mapping[LampRef, Told] | None = None) -> None:
        self._leases = {lease.id: lease for lease in leases}
        self._told: dict[LampRef, Told] = dict(told or {})
        self._failed: dict[LampRef, Told] = {}
        """What a lamp did not obey: not sent again by itself."""
        self._stuck: set[LampRef] = set()
        """Lamps whose release failed: see ``release_again``."""
        self._again: set[LampRef] = set()
        """Lamps that failed and that somebody asked for once more, whatever they were told."""

    @property
    def leases(self) -> tuple[LampLease, ...]:
        """All that hold, the oldest first."""
        return tuple(sorted(self._leases.values(), key=lambda lease: (lease.made, lease.id)))

    def lease(self, lease_id: str) -> LampLease | None:
        """One of them."""
        return self._leases.get(lease_id)

    def told(self) -> Mapping[LampRef, Told]:
        """What the systems were told."""
        return dict(self._told)

    def add(self, lease: LampLease) -> None:
        """One more wish; what failed before is tried again for it. Raises ValueError for one without lamps."""
        if not lease.lamps:
            raise ValueError("a lease without lamps")
        until = min(lease.until, lease.made + LONGEST)
        self._leases[lease.id] = LampLease(
            lease.id, lease.lamps, lease.level, until, lease.holder, lease.made, lease.reason, lease.ramp, lease.group
        )
        for lamp in lease.lamps:
            if self._failed.pop(lamp, None) is not None:
                self._again.add(lamp)

    def release(self, lease_id: str) -> LampLease | None:
        """End a wish before its time."""
        return self._leases.pop(lease_id, None)

    def expire(self, now: datetime) -> tuple[LampLease, ...]:
        """Forget what has ended by now, and give it."""
        ended = tuple(lease for lease in self.leases if lease.until <= now)
        for lease in ended:
            del self._leases[lease.id]
        for lamp, told in list(self._told.items()):
            if told.until <= now:
                del self._told[lamp]  # the lamp went back by itself
                self._stuck.discard(lamp)
        for lamp in [lamp for lamp, failed in self._failed.items() if failed.until <= now]:
            del self._failed[lamp]
        if ended:
            self._again &= self._held(now)
        return ended

    def wanted(self, now: datetime) -> Mapping[LampRef, LampLease]:
        """Whose wish each lamp follows at ``now``: the brightest, of those as bright the longest."""
        best: dict[LampRef, LampLease] = {}
        for lease in self.leases:
            if lease.until <= now:
                continue
            for lamp in lease.lamps:
                other = best.get(lamp)
                if other is None or (lease.level, lease.until) > (other.level, other.until):
                    best[lamp] = lease
        return best

    def calls(self, now: datetime) -> tuple[LampCall, ...]:
        """What has to be sent now, grouped: releases first. A lamp for which nothing changed is not in it."""
        wanted = self.wanted(now + LEAD)
        orders: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
        releases: dict[str, list[str]] = defaultdict(list)
        for (system, lamp), lease in wanted.items():
            ref, goal = (system, lamp), Told(lease.level, lease.until)
            known = _same(self._told.get(ref), goal) and ref not in self._again
            if not known and not _same(self._failed.get(ref), goal):
                orders[lease.id][system].append(lamp)
        held = self._held(now)
        for (system, lamp), told in self._told.items():
            if (system, lamp) not in held and told.until > now and (system, lamp) not in self._stuck:
                releases[system].append(lamp)
        found = [LampCall(system, tuple(sorted(lamps))) for system, lamps in sorted(releases.items())]
        for lease_id, systems in orders.items():
            lease = self._leases[lease_id]
            for system, lamps in sorted(systems.items()):
                group = self._whole_group(lease, system, lamps)
                found.append(
                    LampCall(system, tuple(sorted(lamps)), lease.level, lease.until, lease.ramp, group, lease.id)
                )
        return tuple(found)

    def sent(self, call: LampCall, good: Iterable[str], bad: Iterable[str], unsure: Iterable[str] = ()) -> None:
        """How a call went: the lamps that obey (or will), those that refuse and are as they were, and those that did
        not answer. The last may have obeyed all the same: they are not asked again by themselves, but they are released
        and told anew like those that obey."""
        if call.level is None or call.until is None:
            for lamp in good:
                self._told.pop((call.system, lamp), None)
            self._stuck.update((call.system, lamp) for lamp in (*bad, *unsure))
            for lamp in (*good, *bad, *unsure):
                self._failed.pop((call.system, lamp), None)
            return
        goal = Told(call.level, call.until)
        for lamp in good:
            self._told[(call.system, lamp)] = goal
            self._failed.pop((call.system, lamp), None)
            self._again.discard((call.system, lamp))
        for lamp in (*bad, *unsure):
            self._failed[(call.system, lamp)] = goal
            self._again.discard((call.system, lamp))
        for lamp in unsure:
            self._told[(call.system, lamp)] = goal
        self._stuck.difference_update((call.system, lamp) for lamp in call.lamps)

    def release_again(self) -> bool:
        """What could not be released is to be tried once more, which is always safe; True if there is any. Called now
        and then: without it such a lamp would stay bright until the end that it was told."""
        stuck = bool(self._stuck)
        self._stuck.clear()
        return stuck

    def answered_late(self, lease_id: str, lamp: LampRef, good: bool) -> None:
        """A lamp says after all how an order of this lease went; nothing if that is no longer what it should do."""
        lease = self._leases.get(lease_id)
        if lease is None:
            return
        goal = Told(lease.level, lease.until)
        if good and _same(self._failed.get(lamp), goal):
            self._told[lamp] = self._failed.pop(lamp)
        elif not good and _same(self._told.get(lamp), goal):
            self._failed[lamp] = self._told.pop(lamp)

    def obeying(self, lease: LampLease) -> frozenset[LampRef]:
        """The lamps of a lease that were told just this, whoever's wish it was that told them."""
        goal = Told(lease.level, lease.until)
        return frozenset(lamp for lamp in lease.lamps if lamp not in self._failed and _same(self._told.get(lamp), goal))

    def _held(self, now: datetime) -> set[LampRef]:
        return {lamp for lease in self._leases.values() if lease.until > now for lamp in lease.lamps}

    def due(self, now: datetime) -> datetime | None:
        """When something changes by itself next."""
        ends = [lease.until for lease in self._leases.values()]
        return min((end - LEAD if end - LEAD > now else end for end in ends), default=None)

    def returns_to(self, lease: LampLease, now: datetime) -> tuple[LampLease, ...]:
        """The wishes that take over some of its lamps when it ends, the brightest first; none: all lamps go back to
        their programme."""
        others = [
            other
            for other in self._leases.values()
            if other.id != lease.id and other.until > max(now, lease.until) and not other.lamps.isdisjoint(lease.lamps)
        ]
        return tuple(sorted(others, key=lambda other: (-other.level, other.until, other.id)))

    @staticmethod
    def _whole_group(lease: LampLease, system: str, lamps: list[str]) -> str:
        """The group's id where the call is for all of it."""
        whole = lease.group is not None and lease.group[0] == system and len(lamps) == len(lease.lamps)
        return lease.group[1] if whole and lease.group is not None else ""


def _same(one: Told | None, other: Told) -> bool:
    return one is not None and abs(one.level - other.level) < 0.5 and abs(one.until - other.until) < SAME
