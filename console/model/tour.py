"""Tours on the tiles of a monitor: which stop each shows now, when that changes, and which cameras come next. Pure; the
caller passes ``now`` (monotonic seconds) and calls again at the moment that it was told."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from console.model.items import SHORTEST_DWELL, CameraItem, PlainItem, TourItem, TourStep
from console.model.monitor import MonitorState

JUMP = 5.0
"""Seconds by which a stop may end late and still be caught up with. Later than that the computer slept, and what was
missed is left out: the next stop begins now."""


def caught_up(dwells: Sequence[float], at: int, since: float, now: float) -> tuple[int, float]:
    """Stop ``at`` of a round began at ``since``: which stop is on at ``now``, and since when. Stops begin when the one
    before should have ended, not when somebody looked, so nothing drifts. One stop alone, or none, never ends."""
    if len(dwells) < 2 or now < since + dwells[at]:
        return at, since
    if now - since - dwells[at] > JUMP:
        return (at + 1) % len(dwells), now
    while now >= since + dwells[at]:
        at, since = (at + 1) % len(dwells), since + dwells[at]
    return at, since


@dataclass(frozen=True, slots=True)
class Run:
    """A tour on a tile: its stops on this site, the present one, since when (monotonic seconds); ``held``: paused after
    that many seconds of it."""

    tour: TourItem
    stops: tuple[TourStep, ...]
    since: float
    at: int = 0
    held: float | None = None

    @property
    def item(self) -> PlainItem | None:
        """What it shows; None where none of its cameras exists."""
        return self.stops[self.at].item if self.stops else None

    def advanced(self, now: float) -> Run:
        """The run at ``now``."""
        if self.held is not None:
            return self
        at, since = caught_up([_dwell(stop) for stop in self.stops], self.at, self.since, now)
        return self if (at, since) == (self.at, self.since) else replace(self, at=at, since=since)

    def turned(self, steps: int, now: float) -> Run:
        """So many stops further or back, where it stays its full time; a paused one stays paused."""
        if not self.stops:
            return self
        held = None if self.held is None else 0.0
        return replace(self, at=(self.at + steps) % len(self.stops), since=now, held=held)

    def refitted(self, stops: tuple[TourStep, ...], now: float) -> Run:
        """The run after the site's cameras changed: the present stop stays if it is still there, else the next does."""
        if stops == self.stops:
            return self
        rest = (*self.stops[self.at :], *self.stops[: self.at])
        stay = next((stop for stop in rest if stop in stops), None)
        if stay is None:
            return Run(self.tour, stops, now, held=None if self.held is None else 0.0)
        at = min((i for i, stop in enumerate(stops) if stop == stay), key=lambda i: abs(i - self.at))
        if stay == rest[0]:
            return replace(self, stops=stops, at=at)
        return replace(self, stops=stops, at=at, since=now, held=None if self.held is None else 0.0)

    def coming(self) -> Iterator[tuple[float, TourStep]]:
        """The other stops of a round, each with when it begins; none while paused."""
        if self.held is not None:
            return
        when = self.since
        for i in range(1, len(self.stops)):
            when += _dwell(self.stops[(self.at + i - 1) % len(self.stops)])
            yield when, self.stops[(self.at + i) % len(self.stops)]


@dataclass(frozen=True, slots=True)
class TourPlayer:
    """All tours of one monitor: per tile of its layout a run, None where there is no tour. Immutable."""

    runs: tuple[Run | None, ...] = ()
    cameras: tuple[int, ...] = ()

    def run(self, tile: int) -> Run | None:
        """The run on a tile."""
        return self.runs[tile] if 0 <= tile < len(self.runs) else None

    def is_paused(self, tile: int) -> bool:
        """Whether the tile's tour stands still because somebody wanted it to."""
        run = self.run(tile)
        return run is not None and run.held is not None

    def paused(self, tile: int, now: float) -> TourPlayer:
        """The tile's tour stands still."""
        return self._with(tile, lambda run: run if run.held is not None else replace(run, held=now - run.since))

    def resumed(self, tile: int, now: float) -> TourPlayer:
        """The tile's tour goes on; the stop stays for the rest of its time."""
        return self._with(tile, lambda run: run if run.held is None else replace(run, since=now - run.held, held=None))

    def next(self, tile: int, now: float) -> TourPlayer:
        """The tile's next stop, now."""
        return self._with(tile, lambda run: run.turned(1, now))

    def previous(self, tile: int, now: float) -> TourPlayer:
        """The tile's stop before, now."""
        return self._with(tile, lambda run: run.turned(-1, now))

    def _with(self, tile: int, change: Callable[[Run], Run]) -> TourPlayer:
        run = self.run(tile)
        if run is None:
            return self
        return replace(self, runs=(*self.runs[:tile], change(run), *self.runs[tile + 1 :]))


@dataclass(frozen=True, slots=True)
class Played:
    """What ``play`` found: the player and the monitor's state at that moment, when to ask again at the latest (None:
    not before something else changes), and the cameras that are needed within ``ahead`` seconds, soonest first."""

    player: TourPlayer
    state: MonitorState
    next_at: float | None
    soon: tuple[int, ...]


def play(player: TourPlayer, state: MonitorState, cameras: Sequence[int], now: float, ahead: float = 5.0) -> Played:
    """The tours of a monitor at ``now``. ``cameras``: the numbers of the site, rising; steps to others are left out.

    A tour goes on where it was when the layout around it changes, even on another tile; one that is put on a tile while
    an equal one runs joins it, so that both show the same."""
    known = tuple(cameras)
    wanted = [state.item(tile) for tile in range(len(state.layout.cells))]
    tours = [item if isinstance(item, TourItem) else None for item in wanted]
    runs = _fitted(player, tours, known, now)
    runs = tuple(None if run is None else run.advanced(now) for run in runs)
    there = TourPlayer(runs, known)
    shown = state.touring(_stops(runs))
    coming = sorted(
        (each for run in runs if run is not None for each in _until(run.coming(), now + ahead)),
        key=lambda each: each[0],
    )
    soon = dict.fromkeys(
        stop.item.number for when, stop in coming if when <= now + ahead and isinstance(stop.item, CameraItem)
    )
    return Played(there, shown, _next_at(coming, now, ahead), tuple(soon))


def _fitted(
    player: TourPlayer, tours: Sequence[TourItem | None], cameras: tuple[int, ...], now: float
) -> tuple[Run | None, ...]:
    """A run for each tour: its own, one from a tile that holds that tour no more, a copy of an equal one, or a new."""
    moved = [run for tile, run in enumerate(player.runs) if run is not None and run.tour != _at(tours, tile)]
    fresh: dict[TourItem, Run] = {}
    runs: list[Run | None] = []
    for tile, tour in enumerate(tours):
        if tour is None:
            runs.append(None)
            continue
        run = player.run(tile)
        if run is None or run.tour != tour:
            run = next((each for each in moved if each.tour == tour), None)
            if run is not None:
                moved.remove(run)
        if run is None:
            run = next((r for r in player.runs if r is not None and r.tour == tour and r.held is None), None)
        if run is None:
            if tour not in fresh:
                fresh[tour] = Run(tour, _known(tour, cameras), now)
            run = fresh[tour]
        elif cameras != player.cameras:
            run = run.refitted(_known(tour, cameras), now)
        runs.append(run)
    return tuple(runs)


def _at(tours: Sequence[TourItem | None], tile: int) -> TourItem | None:
    return tours[tile] if tile < len(tours) else None


def _known(tour: TourItem, cameras: tuple[int, ...]) -> tuple[TourStep, ...]:
    """The stops that this site can show."""
    there = set(cameras)
    return tuple(
        stop for stop in tour.stops(cameras) if not isinstance(stop.item, CameraItem) or stop.item.number in there
    )


def _stops(runs: Sequence[Run | None]) -> tuple[PlainItem | None, ...]:
    """For ``MonitorState.touring``; () without tours, so that a monitor that has none stays equal to itself."""
    return tuple(None if run is None else run.item for run in runs) if any(runs) else ()


def _until(coming: Iterator[tuple[float, TourStep]], end: float) -> Iterator[tuple[float, TourStep]]:
    """What comes up to ``end``, and the first after it."""
    for each in coming:
        yield each
        if each[0] > end:
            return


def _next_at(coming: Sequence[tuple[float, TourStep]], now: float, ahead: float) -> float | None:
    """The next beginning of a stop, or of the time in which a later one is to be prepared."""
    moments = [when for when, _ in coming[:1]]
    moments += [when - ahead for when, _ in coming if when - ahead > now][:1]
    return min(moments, default=None)


def _dwell(stop: TourStep) -> float:
    return max(SHORTEST_DWELL, stop.dwell)
