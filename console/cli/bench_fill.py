"""A database of many plate reads for the bench, written in bulk past the journal and kept in the cache folder.

A made-up city of 25 km: cars that drive around where they live, most seldom and some all day, a rush in the morning and
in the evening, and one read in sixteen with a wrong character. The rows and indexes are those that the console writes;
their numbers in the journal are negative, so that a journal which begins in this database comes after them."""

from __future__ import annotations

import os
import random
import sqlite3
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from console.model.plates import fold
from console.store.database import open_database, sqlite_url
from console.store.plate_tables import BLOCK, CELL

CAMERAS = 1500
SOURCES = 40
CENTRE = (52.52, 13.40)
SIDE = (0.225, 0.37)
"""Degrees of the city's sides."""
DAYS = 30
MISREAD = 1 / 16
READS_OF_A_CAR = 6
_NOW = 1_760_000_000_000
"""When the last read was, milliseconds since 1970: the same in every file."""
_INDEXES = {
    "plate_text_folded": "plate_text (folded)",
    "plate_read_plate": "plate_read (plate, at)",
    "plate_read_site": "plate_read (site, at, plate)",
    "plate_read_at": "plate_read (at, seq, plate)",
}
_CHUNK = 200_000


@dataclass(frozen=True, slots=True)
class Filled:
    """A database with reads. Times in milliseconds since 1970; ``cameras`` their names and places."""

    path: Path
    reads: int
    begin: int
    end: int
    cameras: tuple[tuple[str, float, float], ...]


def filled(folder: Path, reads: int, tell: Callable[[str], None]) -> Filled:
    """The database with so many reads, made where it is not there yet (about a minute for 10 million)."""
    path = folder / f"bench-plates-{reads}.sqlite3"
    places = _cameras()
    if not path.exists():
        tell(f"{reads:,} plate reads are written once, to {path} …")
        folder.mkdir(parents=True, exist_ok=True)
        rough = path.with_suffix(".part")
        for rest in (rough, Path(f"{rough}-wal"), Path(f"{rough}-shm")):
            rest.unlink(missing_ok=True)
        open_database(sqlite_url(rough)).dispose()
        _fill(rough, reads, places)
        os.replace(rough, path)
    return Filled(path, reads, _NOW - DAYS * 86_400_000, _NOW, places)


def plate_of(chance: random.Random) -> str:
    """A plate as three countries have them."""
    kind, letters, figures = chance.random(), string.ascii_uppercase, string.digits
    if kind < 0.6:
        town = chance.choice(("B", "B", "B", "B", "P", "OHV", "LDS", "MOL", "HVL", "TF", "BAR", "HH", "M", "L"))
        return town + "".join(chance.choices(letters, k=2)) + str(chance.randint(1, 9999))
    if kind < 0.8:
        return "".join(chance.choices(letters, k=3)) + "".join(chance.choices(figures, k=4))
    word = "".join(chance.choices(letters, k=2)) + "".join(chance.choices(figures, k=2))
    return word + "".join(chance.choices(letters, k=3))


def _cameras() -> tuple[tuple[str, float, float], ...]:
    chance = random.Random(5)
    return tuple(
        (
            f"cam {number}",
            CENTRE[0] + SIDE[0] * max(-0.5, min(0.5, chance.gauss(0, 0.25))),
            CENTRE[1] + SIDE[1] * max(-0.5, min(0.5, chance.gauss(0, 0.25))),
        )
        for number in range(CAMERAS)
    )


def _fill(path: Path, reads: int, places: tuple[tuple[str, float, float], ...]) -> None:
    chance, dice = random.Random(reads), np.random.default_rng(reads)
    plates, car, site, at = _traffic(reads, chance, dice, places)
    database = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "cache_size=-400000"):
            database.execute(f"PRAGMA {pragma}")
        for name in _INDEXES:
            database.execute(f"DROP INDEX {name}")
        database.execute("BEGIN")
        sites = (
            (number + 1, f"reader {number % SOURCES}", name, int(lat // CELL), int(lon // CELL))
            for number, (name, lat, lon) in enumerate(places)
        )
        database.executemany("INSERT INTO plate_site VALUES (?, ?, ?, ?, ?)", sites)
        database.executemany(
            "INSERT INTO plate_text VALUES (?, ?, ?)",
            ((number, plate, fold(plate)) for number, plate in enumerate(plates, 1)),
        )
        lines = ["", *plates]
        blocks = ((start // BLOCK, "\n".join(lines[start : start + BLOCK])) for start in range(0, len(lines), BLOCK))
        database.executemany("INSERT INTO plate_block VALUES (?, ?)", blocks)
        for rows in _rows(reads, car, site, at, places):
            database.executemany("INSERT INTO plate_read VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
        for name, what in _INDEXES.items():
            database.execute(f"CREATE INDEX {name} ON {what}")
        database.execute("COMMIT")
        database.execute("PRAGMA journal_mode=WAL")
    finally:
        database.close()


def _rows(reads: int, car: Any, site: Any, at: Any, places: tuple[tuple[str, float, float], ...]) -> Iterator[Any]:
    latitudes = np.array([round(lat * 1e7) for _, lat, _ in places])
    longitudes = np.array([round(lon * 1e7) for _, _, lon in places])
    for start in range(0, reads, _CHUNK):
        some = slice(start, min(reads, start + _CHUNK))
        here = site[some]
        seq = np.arange(some.start, some.stop) - reads
        columns = (seq, car[some], here + 1, at[some], latitudes[here], longitudes[here], seq % 4 * 90)
        yield zip(*(column.tolist() for column in columns), ("DE",) * len(here), strict=True)


def _traffic(
    reads: int, chance: random.Random, dice: Any, places: tuple[tuple[str, float, float], ...]
) -> tuple[list[str], Any, Any, Any]:
    """All plates; and for each read, in order of time, the number of its plate, its site and when."""
    cars = max(10, reads // READS_OF_A_CAR)
    known = list(dict.fromkeys(plate_of(chance) for _ in range(cars)))
    cars = len(known)
    weights = np.cumsum(dice.lognormal(0.0, 1.3, cars))
    car = np.searchsorted(weights, dice.random(reads) * weights[-1])
    near = np.argsort([lat + lon for _, lat, lon in places])
    home = dice.integers(0, len(places), cars)
    site = near[(home[car] + np.rint(dice.normal(0, 25, reads)).astype(np.int64)) % len(places)]
    hour = dice.choice(24, reads, p=_hours())
    day = dice.integers(0, DAYS, reads)
    at = _NOW - (DAYS - day) * 86_400_000 + hour * 3_600_000 + dice.integers(0, 3_600_000, reads)
    at.sort()
    plate = car + 1
    wrong = np.flatnonzero(dice.random(reads) < MISREAD)
    numbers = {text: number for number, text in enumerate(known, 1)}
    for index in wrong.tolist():
        text = known[int(car[index])]
        place = chance.randrange(len(text))
        text = text[:place] + chance.choice(string.ascii_uppercase + string.digits) + text[place + 1 :]
        plate[index] = numbers.setdefault(text, len(numbers) + 1)
    return list(numbers), plate, site, at


def _hours() -> Any:
    weights = np.array([2, 1, 1, 1, 2, 5, 10, 16, 15, 11, 10, 10, 11, 11, 12, 14, 16, 16, 13, 9, 7, 5, 4, 3], float)
    return weights / weights.sum()
