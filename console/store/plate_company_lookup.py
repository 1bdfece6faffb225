"""The questions of company, asked of the database: what was read around each read of a car, and around each incident.
The ranking is ``console.model.plate_company``'s."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine

from console.model.plate_company import MOST_EVIDENCE, OFTEN, companions, meetings, suspects
from console.model.plate_queries import (
    Circle,
    Companion,
    ConvoyQuery,
    Incident,
    IncidentsQuery,
    Ranked,
    SeenPlate,
    Suspect,
    Together,
)
from console.store.bounded_read import Limit, bounded
from console.store.plate_find import chunks, exact_plate, sites_in
from console.store.plate_lookup import COLUMNS, Row, seen
from console.store.plate_tables import READS, millis, place_of

MOST_ASKED = 300
"""Reads of the asked car whose neighbours are looked at, the newest."""
MOST_AROUND = 2000
"""Reads around one of them."""
MOST_NEAR = 100_000
"""Reads around one incident."""
MOST_COUNTED = 3000
MOST_RANKED = 200

Progress = Callable[[int, int], None]
"""How many of how many steps are done; called in the thread that searches."""


def no_progress(done: int, of: int) -> None:
    """For those who do not want to know."""


class CompanyLookup:
    """Any thread but Qt's, several at once. ``engine`` is for reading alone."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def convoy(self, query: ConvoyQuery, limit: Limit, progress: Progress = no_progress) -> Ranked[Companion]:
        """Who drives with a car. Raises ReadStopped, DatabaseError."""
        with bounded(self._engine, limit, "plates") as connection:
            number = exact_plate(connection, query.plate.text)
            if number is None:
                return Ranked()
            around = _Around(connection, query)
            asked = list(seen(connection, mine := around.of_plate(number)))
            notes = []
            if len(asked) > MOST_ASKED:
                asked, mine = asked[:MOST_ASKED], mine[:MOST_ASKED]
                notes.append(f"The car was read more than {MOST_ASKED} times; the newest {MOST_ASKED} were looked at.")
            met: list[Together] = []
            numbers: dict[str, int] = {}
            places: Counter[int] = Counter()
            near: list[tuple[SeenPlate, list[Row]]] = []
            for done, (read, row) in enumerate(zip(asked, mine, strict=True)):
                limit.check()
                progress(done, len(asked))
                rows = [each for each in around.of_read(read, row) if each.plate != number]
                near.append((read, rows))
                places.update({each.plate for each in rows})
            for read, rows in near:  # only those that may be enough are worth their names
                limit.check()
                kept = [each for each in rows if places[each.plate] >= query.places]
                others = list(seen(connection, kept))
                numbers.update((other.plate, each.plate) for other, each in zip(others, kept, strict=True))
                met += meetings(read, others, query.seconds, query.metres)

            def anyway(plates: Sequence[str]) -> Mapping[str, int]:
                return _counts(connection, {numbers[plate]: plate for plate in plates}, limit, query.begin, query.end)

            found = companions(met, query.metres, query.places, anyway)
            if len(found) > MOST_RANKED:
                notes.append(f"More than {MOST_RANKED} cars were found; the first {MOST_RANKED} are shown.")
            return Ranked(tuple(found[:MOST_RANKED]), " ".join(notes))

    def incidents(self, query: IncidentsQuery, limit: Limit, progress: Progress = no_progress) -> Ranked[Suspect]:
        """Who was near more than one incident. Raises ReadStopped, DatabaseError."""
        with bounded(self._engine, limit, "plates") as connection:
            notes: list[str] = []
            near: list[dict[int, list[Row]]] = []
            for done, incident in enumerate(query.incidents):
                limit.check()
                progress(done, len(query.incidents) + 1)
                plates, cut = _near(connection, incident, limit)
                if cut:
                    name = incident.name or f"Incident {done + 1}"
                    notes.append(f"{name} has more than {MOST_NEAR:,} reads around it; the first were looked at.")
                near.append(plates)
            progress(len(query.incidents), len(query.incidents) + 1)
            often = Counter(plate for plates in near for plate in plates)
            several = sorted(
                (plate for plate, times in often.items() if times >= query.least), key=lambda p: (-often[p], p)
            )
            if len(several) > MOST_COUNTED:
                notes.append(f"{len(several):,} plates were near several; {MOST_COUNTED:,} of them were ranked.")
                several = several[:MOST_COUNTED]
            reads = _counts(connection, {plate: plate for plate in several}, limit)
            several.sort(key=lambda plate: (-often[plate], reads.get(plate, 0), plate))
            if len(several) > MOST_RANKED:
                if not notes:
                    notes.append(f"{len(several):,} plates were near several; the first {MOST_RANKED} are shown.")
                several = several[:MOST_RANKED]
            named: list[dict[str, list[SeenPlate]]] = []
            counts: dict[str, int] = {}
            for plates in near:
                rows = [row for plate in several if plate in plates for row in plates[plate][:MOST_EVIDENCE]]
                by_plate: dict[str, list[SeenPlate]] = {}
                for row, read in zip(rows, seen(connection, rows), strict=True):
                    by_plate.setdefault(read.plate, []).append(read)
                    counts[read.plate] = reads.get(row.plate, 0)
                named.append(by_plate)
            return Ranked(tuple(suspects(named, query.least, counts)), " ".join(notes))


class _Around:
    """What was read around the reads of one car."""

    def __init__(self, connection: Connection, query: ConvoyQuery) -> None:
        self._connection, self._query = connection, query
        self._sites: dict[tuple[int, int | None, int | None], list[int]] = {}

    def of_plate(self, number: int) -> list[Row]:
        """The newest reads of the car itself, one more than are looked at."""
        wanted = sa.select(*COLUMNS).where(
            READS.c.plate == number, READS.c.at >= millis(self._query.begin), READS.c.at < millis(self._query.end)
        )
        newest_first = wanted.order_by(READS.c.at.desc(), READS.c.seq.desc()).limit(MOST_ASKED + 1)
        return list(self._connection.execute(newest_first).all())

    def of_read(self, read: SeenPlate, row: Row) -> list[Row]:
        """What was read near one of them, at about that time."""
        key = (row.site, row.latitude, row.longitude)
        if key not in self._sites:
            near = None
            if read.place is not None:
                near = sites_in(self._connection, Circle(read.place, self._query.metres), (), most=2000)
            self._sites[key] = sorted({row.site, *(near or ())})
        span = round(self._query.seconds * 1000)
        found: list[Row] = []
        for some in chunks(self._sites[key]):
            wanted = sa.select(*COLUMNS).where(
                READS.c.site.in_(some), READS.c.at >= row.at - span, READS.c.at <= row.at + span
            )
            found += self._connection.execute(wanted.limit(MOST_AROUND)).all()
        return found


def _near(connection: Connection, incident: Incident, limit: Limit) -> tuple[dict[int, list[Row]], bool]:
    """The reads around an incident by plate, and whether there were more than are looked at."""
    sites = sites_in(connection, incident.circle, ())
    begin, end = millis(incident.at - incident.window), millis(incident.at + incident.window)
    in_time = sa.select(*COLUMNS).where(READS.c.at >= begin, READS.c.at <= end).order_by(READS.c.at)
    if sites is None or len(sites) > 2000:
        questions = [in_time]
    else:
        questions = [in_time.where(READS.c.site.in_(some)) for some in chunks(sorted(sites))]
    circle = incident.circle
    inside: dict[tuple[int, int], bool] = {}
    found: dict[int, list[Row]] = {}
    looked = 0
    for question in questions:
        with connection.execute(question.execution_options(yield_per=1000)) as result:
            for row in result:
                where = (row.latitude, row.longitude)
                fits = inside.get(where)
                if fits is None:
                    place = place_of(*where)
                    fits = inside[where] = place is not None and circle.covers(place)
                if fits:
                    looked += 1
                    if looked > MOST_NEAR:
                        return found, True
                    found.setdefault(row.plate, []).append(row)
        limit.check()
    return found, False


def _counts[Key](
    connection: Connection,
    plates: Mapping[int, Key],
    limit: Limit,
    begin: datetime | None = None,
    end: datetime | None = None,
) -> dict[Key, int]:
    """How often these plates were read, up to OFTEN each."""
    number: sa.BindParameter[int] = sa.bindparam("number")
    within: list[Any] = [READS.c.plate == number]
    if begin is not None and end is not None:
        within += [READS.c.at >= millis(begin), READS.c.at < millis(end)]
    bounded_rows = sa.select(READS.c.plate).where(*within).limit(OFTEN).subquery()
    question = sa.select(sa.func.count()).select_from(bounded_rows)
    found: dict[Key, int] = {}
    for done, (plate, key) in enumerate(plates.items()):
        if not done % 100:
            limit.check()
        found[key] = int(connection.scalar(question, {"number": plate}) or 0)
    return found
