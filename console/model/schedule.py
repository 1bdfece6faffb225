"""Presets that are shown by the clock, and tours of presets. Pure; the caller passes the time.

``now`` of the schedule is an aware local time whose zone knows its summer time: a ``zoneinfo.ZoneInfo``, or
``SystemZone`` for the zone that this computer is set to. ``datetime.astimezone()`` alone gives a fixed offset, which is
wrong on the other side of a change of the clocks."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from math import inf, isfinite

from console.model.tour import caught_up
from console.model.wall import PresetTour, Switch

SHORTEST_STAY = 1.0
"""Seconds for which a preset of a tour is shown at least."""
_SECOND = timedelta(seconds=1)


class SystemZone(tzinfo):
    """The time zone that this computer is set to, with its changes between summer and winter."""

    def utcoffset(self, dt: datetime | None) -> timedelta | None:
        """What the system says for that local time (and ``fold``). By way of the time stamp, for ``astimezone()`` of a
        naive time that the clocks skip tells the offset of the other side."""
        if dt is None:
            return None
        local = dt.replace(tzinfo=None, microsecond=0)
        return local.replace(tzinfo=UTC, fold=0) - datetime.fromtimestamp(local.timestamp(), UTC)

    def dst(self, dt: datetime | None) -> timedelta | None:
        """Not told by the system."""
        return None

    def tzname(self, dt: datetime | None) -> str | None:
        """The abbreviation for that local time."""
        return None if dt is None else dt.replace(tzinfo=None).astimezone().tzname()

    def fromutc(self, dt: datetime) -> datetime:
        """The local time of a moment; ``fold`` where the clocks show it a second time."""
        there = dt.replace(tzinfo=UTC).astimezone()
        local = there.replace(tzinfo=self)
        return local if local.utcoffset() == there.utcoffset() else local.replace(fold=1)


def due(schedule: tuple[Switch, ...], since: datetime, now: datetime) -> Switch | None:
    """The switch that should be on now, if one fell after ``since`` and up to ``now``; of several the latest, so that a
    computer that slept for two days makes one switch. Of two at the same time the one further back in the schedule."""
    fallen = [each for each in _moments(schedule, now, range(-8, 2)) if _utc(since) < each[0] <= _utc(now)]
    return schedule[max(fallen)[2]] if fallen else None


def next_due(schedule: tuple[Switch, ...], now: datetime) -> tuple[datetime, Switch] | None:
    """When (in the zone of ``now``) the next switch falls, and which; None where none ever does."""
    coming = [each for each in _moments(schedule, now, range(-1, 9)) if each[0] > _utc(now)]
    if not coming:
        return None
    first = min(coming)[0]
    last = max(each for each in coming if each[0] == first)
    return first.astimezone(now.tzinfo), schedule[last[2]]


def _moments(schedule: tuple[Switch, ...], now: datetime, days: range) -> Iterator[tuple[datetime, time, int]]:
    """When each switch falls on these days, counted from today: the moment in UTC, the time on its clock, its index."""
    for index, switch in enumerate(schedule):
        at = switch.at.replace(tzinfo=None, fold=0)
        for day in days:
            when = now.date() + timedelta(days=day)
            if when.weekday() in switch.weekdays:
                yield _moment(when, at, now.tzinfo), at, index


def _moment(day: date, at: time, zone: tzinfo | None) -> datetime:
    """The moment, in UTC, at which the clocks show that time: the first where they show it twice, and where they skip
    it the moment in which they do."""
    local = datetime.combine(day, at, zone)
    first, second = _utc(local), _utc(local.replace(fold=1))
    if first <= second:
        return first
    # PEP 495: within a gap fold=0 counts with the offset of before, fold=1 with that of after; the change lies between.
    before, after = second.replace(microsecond=0), first.replace(microsecond=0)
    offset = after.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + (after - before) // (2 * _SECOND) * _SECOND
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


def _utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)


@dataclass(frozen=True, slots=True)
class PresetTourPlayer:
    """A tour of presets: stop ``at`` since ``since`` (monotonic seconds), or standing still ``until`` then because an
    operator did something. Immutable; ask ``advanced`` at ``next_at``."""

    stops: tuple[tuple[str, float], ...] = ()
    at: int = 0
    since: float = 0.0
    until: float | None = None

    @property
    def preset(self) -> str | None:
        """The preset that should be on; None while an operator has the wall, or where there is nothing to show."""
        return self.stops[self.at][0] if self.stops and self.until is None else None

    @property
    def next_at(self) -> float | None:
        """When something changes by itself; None if nothing will."""
        if self.until is not None:
            return self.until if isfinite(self.until) else None
        return self.since + self._stays[self.at] if len(self.stops) > 1 else None

    def advanced(self, now: float) -> PresetTourPlayer:
        """The tour at ``now``; after a pause it goes on with the next stop."""
        if self.until is not None:
            return self if now < self.until else self.resumed(now)
        at, since = caught_up(self._stays, self.at, self.since, now)
        return self if (at, since) == (self.at, self.since) else replace(self, at=at, since=since)

    def interrupted(self, now: float, pause: float) -> PresetTourPlayer:
        """An operator changed the wall: nothing is switched for ``pause`` seconds (infinity: until ``resumed``), nor
        before the end of a longer pause that was asked for earlier."""
        if not self.stops:
            return self
        return replace(self, until=max(now + pause, -inf if self.until is None else self.until))

    def resumed(self, now: float) -> PresetTourPlayer:
        """The end of a pause, now."""
        if self.until is None:
            return self
        return replace(self, at=(self.at + 1) % len(self.stops), since=now, until=None)

    @property
    def _stays(self) -> tuple[float, ...]:
        return tuple(max(SHORTEST_STAY, seconds) for _, seconds in self.stops)


def preset_tour(tour: PresetTour, presets: Container[str], now: float) -> PresetTourPlayer:
    """The tour from its beginning; stops whose preset does not exist are left out."""
    return PresetTourPlayer(tuple(stop for stop in tour.stops if stop[0] in presets), since=now)
