"""Plate reads made searchable in the same transaction that journals them, so that nothing is in one and not the other;
what retention erases from the journal is forgotten here with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy import Connection

from console.model.plates import fold, normal
from console.store.bulk import look_up, put_rows
from console.store.plate_tables import BLOCK, BLOCKS, READS, SITES, TEXTS, cell, millis, units
from drivers.events import Event, PlateRead

_CHUNK = 500
"""Parameters of one statement; all databases take as many."""
_MOST_GUESSES = 20_000
LONGEST_CAMERA = 200
LONGEST_REGION = 32


class Line(Protocol):
    """What is used of a journal's entry."""

    @property
    def seq(self) -> int:
        """Its number."""

    @property
    def event(self) -> Event:
        """What happened."""


class PlateIndex:
    """A ``Projection`` of the journal. The journal's writer calls it, one transaction at a time. It trusts nothing that
    it remembers, since a transaction may be rolled back and other consoles write too: numbers of sites are guesses
    that one statement proves."""

    def __init__(self) -> None:
        self._guesses: dict[Where, int] = {}

    def write(self, connection: Connection, entries: Sequence[Line]) -> None:
        """Index the plate reads among ``entries``. Raises SQLAlchemyError as the caller's own statements do."""
        reads = [(entry.seq, entry.event) for entry in entries if isinstance(entry.event, PlateRead)]
        if not reads:
            return
        plates = [normal(read.plate) for _, read in reads]
        numbers = _plates(connection, plates)
        wheres = [_where(read) for _, read in reads]
        sites = _sites(connection, wheres, self._guesses)
        rows = [
            (
                seq,
                numbers[plate],
                sites[where],
                millis(read.at),
                None if read.place is None else units(read.place.latitude),
                None if read.place is None else units(read.place.longitude),
                None if read.heading is None else round(read.heading) % 360,
                read.region[:LONGEST_REGION] or None,
            )
            for (seq, read), plate, where in zip(reads, plates, wheres, strict=True)
        ]
        put_rows(connection, "plate_read", _READ, rows)

    def forget(self, connection: Connection, seqs: Sequence[int]) -> None:
        """Erase what is known of these entries, and plates that nobody read any more."""
        gone: set[int] = set()
        for some in _chunks(seqs):
            meant = READS.c.seq.in_(some)
            gone.update(connection.scalars(sa.select(READS.c.plate).where(meant).distinct()))
            connection.execute(READS.delete().where(meant))
        for plates in _chunks(sorted(gone)):
            held = set(connection.scalars(sa.select(READS.c.plate).where(READS.c.plate.in_(plates)).distinct()))
            orphans = [plate for plate in plates if plate not in held]
            if orphans:
                connection.execute(TEXTS.delete().where(TEXTS.c.id.in_(orphans)))
                _write_lines(connection, dict.fromkeys(orphans, ""))


_READ = ("seq", "plate", "site", "at", "latitude", "longitude", "heading", "region")
_SITE = ("id", "source", "camera", "row", "col")
_FOUR = sa.tuple_(SITES.c.source, SITES.c.camera, SITES.c.row, SITES.c.col)
_FIND = sa.select(SITES.c.id, SITES.c.source, SITES.c.camera, SITES.c.row, SITES.c.col).where(
    _FOUR.in_(sa.bindparam("wheres", expanding=True))
)

Where = tuple[str, str, int, int]


def _where(read: PlateRead) -> Where:
    return read.source, read.camera[:LONGEST_CAMERA], *cell(read.place)


def _plates(connection: Connection, plates: Iterable[str]) -> dict[str, int]:
    """The number of each plate; new ones get one."""
    wanted = sorted(set(plates))
    known: dict[str, int] = dict(look_up(connection, "plate_text", "text", ("text", "id"), wanted))
    new = [plate for plate in wanted if plate not in known]
    if new:
        first = (connection.scalar(sa.select(sa.func.max(TEXTS.c.id))) or 0) + 1
        lines = dict(enumerate(new, first))
        rows = [(number, plate, fold(plate)) for number, plate in lines.items()]
        put_rows(connection, "plate_text", ("id", "text", "folded"), rows)
        _write_lines(connection, lines)
        known.update((plate, number) for number, plate in lines.items())
    return known


def _write_lines(connection: Connection, lines: dict[int, str]) -> None:
    """Put plates into the lines of their blocks."""
    by_block: dict[int, dict[int, str]] = {}
    for number, plate in lines.items():
        by_block.setdefault(number // BLOCK, {})[number % BLOCK] = plate
    for block, changes in by_block.items():
        before = connection.scalar(sa.select(BLOCKS.c.texts).where(BLOCKS.c.block == block))
        texts = [] if before is None else before.split("\n")
        texts.extend([""] * (max(changes) + 1 - len(texts)))
        for line, plate in changes.items():
            texts[line] = plate
        joined = "\n".join(texts)
        if before is None:
            connection.execute(BLOCKS.insert(), {"block": block, "texts": joined})
        else:
            connection.execute(BLOCKS.update().where(BLOCKS.c.block == block).values(texts=joined))


def _sites(connection: Connection, wheres: Iterable[Where], guesses: dict[Where, int]) -> dict[Where, int]:
    """The number of each site; new ones get one."""
    wanted = sorted(set(wheres))
    known: dict[Where, int] = {}
    guessed = [guesses[where] for where in wanted if where in guesses]
    for number, *where in look_up(connection, "plate_site", "id", _SITE, guessed):
        known[(where[0], where[1], where[2], where[3])] = number
    unknown = [where for where in wanted if where not in known]
    for part in _chunks(unknown, _CHUNK // 4):
        known.update(((row[1], row[2], row[3], row[4]), row[0]) for row in connection.execute(_FIND, {"wheres": part}))
    new = [where for where in unknown if where not in known]
    if new:
        first = (connection.scalar(sa.select(sa.func.max(SITES.c.id))) or 0) + 1
        known.update((where, number) for number, where in enumerate(new, first))
        put_rows(connection, "plate_site", _SITE, [(known[each], *each) for each in new])
    if len(guesses) > _MOST_GUESSES:
        guesses.clear()
    guesses.update(known)
    return known


def _chunks[Item](items: Sequence[Item], size: int = _CHUNK) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
