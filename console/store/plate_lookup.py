"""Searching millions of plate reads. A question is answered from whichever side is smaller: the plates that it means,
the sites that lie in its area, or time itself, walked backwards from the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Select

from console.model.plate_queries import Found, PlateQuery, SeenPlate
from console.store.bounded_read import Limit, bounded
from console.store.plate_find import (
    Site,
    chunks,
    exact_plate,
    matching_plates,
    near_plates,
    of_cameras,
    sites_in,
    sites_of,
    texts_of,
)
from console.store.plate_tables import READS, SITES, TEXTS, millis, moment, place_of

_FEW_SITES = 1000
_MANY_PLATES = 200
"""From so many plates on a few sites are the smaller side."""
_FEW_READS = 30_000
"""So many are walked through sooner than plates are looked for."""
_FIRST_SLICE = 60_000
"""Milliseconds of the first slice of time."""
_WIDER = 4

Row = Any
"""A row of COLUMNS."""
COLUMNS = (
    READS.c.seq, READS.c.plate, READS.c.site, READS.c.at, READS.c.latitude, READS.c.longitude, READS.c.heading,
    READS.c.region,
)  # fmt: skip


class PlateLookup:
    """Any thread but Qt's, several at once. ``engine`` is for reading alone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def search(self, query: PlateQuery, limit: Limit) -> Found:
        """The newest reads that a question means. Raises ReadStopped, DatabaseError."""
        with bounded(self._engine, limit, "plates") as connection:
            rows, weights = _Search(connection, query, limit).rows()
            more = len(rows) > query.most
            return Found(tuple(seen(connection, rows[: query.most], weights)), more)


def seen(connection: Connection, rows: Sequence[Row], weights: dict[int, float] | None = None) -> Iterator[SeenPlate]:
    """Rows of COLUMNS as what they mean."""
    texts = texts_of(connection, sorted({row.plate for row in rows}))
    sites = sites_of(connection, sorted({row.site for row in rows}))
    unknown = Site("", "")
    for row in rows:
        site = sites.get(row.site, unknown)
        yield SeenPlate(
            row.seq,
            texts.get(row.plate, ""),
            moment(row.at),
            site.source,
            site.camera,
            place_of(row.latitude, row.longitude),
            row.heading,
            row.region or "",
            (weights or {}).get(row.plate, 0.0),
        )


def newest(rows: Iterable[Row], most: int) -> list[Row]:
    """The newest of these, the newest first."""
    return sorted(rows, key=lambda row: (-row.at, -row.seq))[:most]


class _Search:
    """One question on its way."""

    def __init__(self, connection: Connection, query: PlateQuery, limit: Limit) -> None:
        self._connection, self._query, self._limit = connection, query, limit
        self._wanted = query.most + 1
        self._begin, self._end = millis(query.begin), millis(query.end)
        self._sites: dict[int, Site] | None = None

    def rows(self) -> tuple[list[Row], dict[int, float]]:
        """The newest rows, one more than asked for if there are; and how near each plate is."""
        query = self._query
        limited = query.area is not None or bool(query.at_cameras)
        if limited:
            self._sites = sites_in(self._connection, query.area, query.at_cameras)
            if self._sites is not None and not self._sites:
                return [], {}
        weights: dict[int, float] = {}
        plates: list[int] | None = None
        if query.plate is not None:
            if query.near:
                near = near_plates(self._connection, query.plate.text)
                weights = {number: far for number, (_, far) in near.items()}
                plates = sorted(weights, key=weights.__getitem__)
            elif query.plate.exact:
                one = exact_plate(self._connection, query.plate.text)
                plates = [] if one is None else [one]
            elif not self._short():
                found = matching_plates(self._connection, query.plate, self._limit)
                plates = None if found is None else sorted(found, reverse=True)
        few_sites = self._sites is not None and len(self._sites) <= _FEW_SITES
        if plates is not None and (len(plates) <= _MANY_PLATES or not few_sites or query.near):
            return self._by_plates(plates), weights
        if few_sites:
            return self._by_sites(sorted(self._sites or ())), weights
        return self._by_time(), weights

    def _short(self) -> bool:
        """Whether so few reads lie in the time and at the sites that a walk through them is the quickest."""
        reads = self._numbers_between()
        if reads > _FEW_READS and self._sites is not None and len(self._sites) <= _FEW_SITES:
            sites = self._connection.scalar(sa.select(sa.func.max(SITES.c.id))) or 1
            reads = reads * len(self._sites) // max(sites, 1)
        return reads <= _FEW_READS

    def _numbers_between(self) -> int:
        """About how many reads lie in the time: the numbers that the journal gave in it."""
        after = sa.select(READS.c.seq).where(READS.c.at >= self._begin).order_by(READS.c.at, READS.c.seq).limit(1)
        before = sa.select(READS.c.seq).where(READS.c.at < self._end)
        first = self._connection.scalar(after)
        last = self._connection.scalar(before.order_by(READS.c.at.desc(), READS.c.seq.desc()).limit(1))
        return 0 if first is None or last is None else abs(last - first) + 1

    def _by_plates(self, plates: Sequence[int]) -> list[Row]:
        """What was newest so far bounds what is asked of the rest."""
        best: list[Row] = []
        begin = self._begin
        for some in _growing(plates):
            self._limit.check()
            chosen = READS.c.plate == some[0] if len(some) == 1 else READS.c.plate.in_(some)
            wanted = self._at_cameras(self._in_time(sa.select(*COLUMNS).where(chosen), begin, self._end))
            best = newest([*best, *self._take(wanted)], self._wanted)
            if len(best) == self._wanted:
                begin = best[-1].at
        return best

    def _by_sites(self, sites: Sequence[int]) -> list[Row]:
        """Slices of time, from the end; each about as wide as what is still missing needs."""
        best: list[Row] = []
        end, width = self._end, _FIRST_SLICE
        while end > self._begin and len(best) < self._wanted:
            self._limit.check()
            begin = max(self._begin, end - width)
            came: list[Row] = []
            for some in chunks(sites):
                wanted = self._matching(self._in_time(sa.select(*COLUMNS).where(READS.c.site.in_(some)), begin, end))
                came += self._take(wanted)
            best += newest(came, self._wanted - len(best))
            end, width = begin, _next_width(width, len(came), self._wanted - len(best))
        return best

    def _by_time(self) -> list[Row]:
        return self._take(self._matching(self._in_time(sa.select(*COLUMNS), self._begin, self._end)))

    def _in_time(self, wanted: Select[Any], begin: int, end: int) -> Select[Any]:
        return wanted.where(READS.c.at >= begin, READS.c.at < end).order_by(READS.c.at.desc(), READS.c.seq.desc())

    def _matching(self, wanted: Select[Any]) -> Select[Any]:
        pattern = self._query.plate
        if pattern is not None:
            wanted = wanted.join(TEXTS, TEXTS.c.id == READS.c.plate).where(TEXTS.c.text.like(pattern.like))
        return self._at_cameras(wanted)

    def _at_cameras(self, wanted: Select[Any]) -> Select[Any]:
        """Where there are too many sites to have them at hand."""
        cameras = self._query.at_cameras
        if not cameras or self._sites is not None:
            return wanted
        return wanted.join(SITES, SITES.c.id == READS.c.site).where(of_cameras(cameras))

    def _take(self, wanted: Select[Any]) -> list[Row]:
        """The first rows of a question that lie where they are asked for."""
        fits = self._fits()
        if fits is None:
            return list(self._connection.execute(wanted.limit(self._wanted)).all())
        rows = []
        with self._connection.execute(wanted.execution_options(yield_per=256)) as result:
            for row in result:
                if fits(row):
                    rows.append(row)
                    if len(rows) == self._wanted:
                        break
        return rows

    def _fits(self) -> Callable[[Row], bool] | None:
        area, sites, cameras = self._query.area, self._sites, self._query.at_cameras
        if area is None and not cameras:
            return None

        def fits(row: Row) -> bool:
            if sites is not None and row.site not in sites:
                return False
            if area is None:
                return True
            place = place_of(row.latitude, row.longitude)
            return place is not None and area.covers(place)

        return fits


def _growing(plates: Sequence[int]) -> Iterator[Sequence[int]]:
    """A few first: they bound the rest."""
    yield from chunks(plates[:20], 20)
    yield from chunks(plates[20:])


def _next_width(width: int, came: int, missing: int) -> int:
    if not came:
        return width * _WIDER
    return max(1, min(width * _WIDER, 1 + width * missing * 3 // (2 * came)))
