"""What a tile can hold: a camera, a place for the map, a page, a picture, text, a clock, the alarm list, or a tour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

SHORTEST_DWELL, LONGEST_DWELL = 1.0, 86_400.0
"""Seconds that a step of a tour may last."""
MAX_STEPS = 512
"""Steps of one tour; more is a mistake in the file."""


@dataclass(frozen=True, slots=True)
class CameraItem:
    """The camera of that number."""

    number: int


@dataclass(frozen=True, slots=True)
class MapItem:
    """The map."""


@dataclass(frozen=True, slots=True)
class WebItem:
    """A web page; only addresses that the site's allow-list names are opened."""

    url: str


@dataclass(frozen=True, slots=True)
class PictureItem:
    """A picture from a file (a floor plan, a logo)."""

    file: str


@dataclass(frozen=True, slots=True)
class TextItem:
    """A few words, as large as the tile allows."""

    text: str


@dataclass(frozen=True, slots=True)
class ClockItem:
    """The time; ``zone`` is an IANA name, "" for the zone of this computer."""

    zone: str = ""


@dataclass(frozen=True, slots=True)
class AlarmsItem:
    """The alarm list."""


PlainItem = CameraItem | MapItem | WebItem | PictureItem | TextItem | ClockItem | AlarmsItem
"""What shows one thing."""


@dataclass(frozen=True, slots=True)
class TourStep:
    """One stop of a tour; ``dwell`` in seconds."""

    item: PlainItem
    dwell: float = 10.0


@dataclass(frozen=True, slots=True)
class CameraRange:
    """Every camera of the site from ``first`` to ``last``, ``dwell`` seconds each. Of them only each ``share[1]``-th,
    beginning with the ``share[0]``-th (from 1), so that several tiles can divide a site among them."""

    first: int = 1
    last: int = 99_999
    dwell: float = 10.0
    share: tuple[int, int] = (1, 1)


@dataclass(frozen=True, slots=True)
class TourItem:
    """A carousel."""

    steps: tuple[TourStep | CameraRange, ...]

    def stops(self, cameras: Sequence[int]) -> tuple[TourStep, ...]:
        """The steps on a site with these camera numbers, ranges spelt out; at most ``MAX_STEPS``."""
        return tuple(self._spelt_out(sorted(cameras)))[:MAX_STEPS]

    def _spelt_out(self, cameras: Sequence[int]) -> Iterator[TourStep]:
        for step in self.steps:
            if isinstance(step, TourStep):
                yield step
                continue
            which, among = step.share
            there = [number for number in cameras if step.first <= number <= step.last]
            for number in there[which - 1 :: among]:
                yield TourStep(CameraItem(number), step.dwell)


Item = PlainItem | TourItem
"""What a tile holds."""
