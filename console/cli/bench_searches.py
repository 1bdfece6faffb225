"""What the bench searches for: questions as operators ask them, made of what is in the database."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

from console.cli.bench_fill import Filled, plate_of
from console.model.plate_pattern import parse_pattern
from console.model.plate_queries import Circle, ConvoyQuery, Incident, IncidentsQuery, PlateQuery
from console.store.bounded_read import Limit
from console.store.plate_store import PlateStore
from console.store.plate_tables import moment
from drivers.types import GeoPlace

PATIENCE = 60.0
Question = PlateQuery | ConvoyQuery | IncidentsQuery


class Questions:
    """Questions about the reads of a filled database, the same ones in each run."""

    def __init__(self, filled: Filled) -> None:
        self._filled, self._chance = filled, random.Random(11)
        self._begin, self._end = moment(filled.begin), moment(filled.end)
        database = sqlite3.connect(filled.path)
        try:
            (most,) = database.execute("SELECT max(id) FROM plate_text").fetchone()
            numbers = [self._chance.randint(1, most) for _ in range(400)]
            found = f"SELECT text FROM plate_text WHERE id IN ({','.join(map(str, numbers))}) AND length(text) > 4"
            self._plates = [str(row[0]) for row in database.execute(found)]
        finally:
            database.close()

    def kinds(self) -> dict[str, Callable[[], Question]]:
        """What is asked, by name."""
        return {
            "exact": lambda: self._reads(self._plate()),
            "never read": lambda: self._reads(plate_of(self._chance) + "X"),
            "near": lambda: self._reads(self._plate(), near=True),
            "AB1*": lambda: self._reads(self._plate()[:3] + "*"),
            "*123": lambda: self._reads("*" + self._plate()[-3:]),
            "*B12*": lambda: self._reads(f"*{self._plate()[1:4]}*"),
            "*B1*": lambda: self._reads(f"*{self._plate()[1:3]}*"),
            "AB?12": self._one_unknown,
            "?LD*8": self._no_beginning,
            "circle of 300 m, an hour": lambda: self._reads("", hours=1, metres=300),
            "circle of 300 m, all time": lambda: self._reads("", metres=300),
            "circle of 3 km, an hour": lambda: self._reads("", hours=1, metres=3000),
            "circle of 20 km, all time": lambda: self._reads("", metres=20_000),
            "an hour": lambda: self._reads("", hours=1),
            "one camera, all time": lambda: self._reads("", camera=True),
            "*B1* in 1 km, a day": lambda: self._reads(f"*{self._plate()[1:3]}*", hours=24, metres=1000),
            "near in 3 km, a day": lambda: self._reads(self._plate(), hours=24, metres=3000, near=True),
            "convoy": lambda: ConvoyQuery(parse_pattern(self._plate()), self._begin, self._end),
            "four incidents": self._incidents,
        }

    def endless(self) -> Iterator[tuple[str, Question]]:
        """One of each kind after the other, for ever."""
        kinds = self.kinds()
        while True:
            for name, make in kinds.items():
                yield name, make()

    def _plate(self) -> str:
        return self._chance.choice(self._plates)

    def _one_unknown(self) -> PlateQuery:
        plate = self._plate()
        place = self._chance.randrange(len(plate))
        return self._reads(f"{plate[:place]}?{plate[place + 1 :]}")

    def _no_beginning(self) -> PlateQuery:
        plate = self._plate()
        return self._reads(f"?{plate[1:3]}*{plate[-1]}")

    def _camera(self) -> tuple[str, GeoPlace]:
        name, latitude, longitude = self._chance.choice(self._filled.cameras)
        return name, GeoPlace(latitude, longitude)

    def _reads(
        self, plate: str, hours: float = 0, metres: float = 0, camera: bool = False, near: bool = False
    ) -> PlateQuery:
        begin, end = self._begin, self._end
        if hours:
            begin += (end - begin - timedelta(hours=hours)) * self._chance.random()
            end = begin + timedelta(hours=hours)
        name, place = self._camera()
        return PlateQuery(
            begin,
            end,
            parse_pattern(plate) if plate else None,
            near,
            Circle(place, metres) if metres else None,
            (name,) if camera else (),
        )

    def _incidents(self) -> IncidentsQuery:
        span = self._end - self._begin
        return IncidentsQuery(
            tuple(Incident(self._camera()[1], self._begin + span * self._chance.random()) for _ in range(4))
        )


def answer(store: PlateStore, question: Question) -> float:
    """Ask, and the milliseconds it took."""
    limit, begun = Limit(PATIENCE), time.perf_counter()
    if isinstance(question, ConvoyQuery):
        store.company.convoy(question, limit)
    elif isinstance(question, IncidentsQuery):
        store.company.incidents(question, limit)
    else:
        store.reads.search(question, limit)
    return (time.perf_counter() - begun) * 1000
