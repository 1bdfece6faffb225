"""Which plates and which sites a question means: the two small sets that a search of millions of reads begins with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import Connection

from console.model.plate_lines import LineSearch
from console.model.plate_pattern import Pattern, neighbours
from console.model.plate_queries import Area, Called, Circle
from console.model.plates import apart
from console.store.bounded_read import Limit
from console.store.plate_tables import BLOCK, BLOCKS, CELL, SITES, TEXTS

MOST_PLATES = 10_000
"""More than so many plates are looked for read by read instead: as soon as the first blocks let expect it."""
_AT_ONCE = 32
"""Blocks of one answer: the fewer answers, the less a search waits for other threads of this process."""
_SAMPLE = 64
"""Blocks that tell what to expect of the others."""
MOST_SITES = 50_000
CHUNK = 500
_LAST = "\U0010ffff"
_LONG_ENOUGH = 2
"""Characters at the beginning from which a range is quicker than all blocks."""


@dataclass(frozen=True, slots=True)
class Site:
    """A camera of a source at a place."""

    source: str
    camera: str


def chunks[Item](items: Sequence[Item], size: int = CHUNK) -> Iterator[Sequence[Item]]:
    """Some at a time, as many as every database takes in one question."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def exact_plate(connection: Connection, plain: str) -> int | None:
    """The number of a plate, None where it was never read."""
    return connection.scalar(sa.select(TEXTS.c.id).where(TEXTS.c.text == plain))


def near_plates(connection: Connection, plain: str) -> dict[int, tuple[str, float]]:
    """Plates that readers may have made of this one, and how far they are from it."""
    found: dict[int, tuple[str, float]] = {}
    for some in chunks(sorted(neighbours(plain))):
        for number, text in connection.execute(sa.select(TEXTS.c.id, TEXTS.c.text).where(TEXTS.c.folded.in_(some))):
            far = apart(text, plain)
            if far is not None:
                found[number] = (text, far)
    return found


def matching_plates(connection: Connection, pattern: Pattern, limit: Limit) -> dict[int, str] | None:
    """Plates that a pattern with wildcards means; None for so many that a walk through the reads is quicker."""
    if len(pattern.prefix) >= _LONG_ENOUGH:
        start = pattern.prefix
        wanted = sa.select(TEXTS.c.id, TEXTS.c.text).where(TEXTS.c.text >= start, TEXTS.c.text < start + _LAST)
        rows = connection.execute(wanted.where(TEXTS.c.text.like(pattern.like)).limit(MOST_PLATES + 1)).all()
        return None if len(rows) > MOST_PLATES else {row[0]: row[1] for row in rows}
    search = LineSearch(pattern)
    blocks = int(connection.scalar(sa.select(sa.func.max(BLOCKS.c.block))) or 0) + 1
    found: dict[int, str] = {}
    done = 0
    for first in range((blocks - 1) // _AT_ONCE * _AT_ONCE, -1, -_AT_ONCE):
        limit.check()
        some = BLOCKS.c.block.between(first, first + _AT_ONCE - 1)
        ordered = sa.select(BLOCKS.c.texts).where(some).order_by(BLOCKS.c.block).subquery()
        texts = connection.scalar(sa.select(sa.func.aggregate_strings(ordered.c.texts, "\n")))
        _look(found, first * BLOCK, texts or "", search)
        done += min(_AT_ONCE, blocks - first)
        share = min(1.0, done / blocks) if done >= _SAMPLE else 1.0
        if len(found) > MOST_PLATES * share:
            return None
    return found


def _look(found: dict[int, str], first: int, texts: str, search: LineSearch) -> None:
    """Look through blocks."""
    lines = f"\n{texts}\n"
    number, counted = first - 1, 0
    for start, end in search.find(lines):
        number += lines.count("\n", counted, start)
        counted = start
        found[number] = lines[start:end]


def sites_in(
    connection: Connection, area: Circle | Area | None, cameras: Sequence[Called], most: int = MOST_SITES
) -> dict[int, Site] | None:
    """Sites whose cell touches the area, of these cameras (all, if none is named); None for more than ``most``."""
    wanted = sa.select(SITES.c.id, SITES.c.source, SITES.c.camera)
    if area is not None:
        box = area.box()
        south, north = _cell(box.south), _cell(box.north)
        west, east = _cell(box.west), _cell(box.east)
        cols = (
            SITES.c.col.between(west, east) if box.west <= box.east else (SITES.c.col >= west) | (SITES.c.col <= east)
        )
        wanted = wanted.where(SITES.c.row.between(south, north), cols)
    if cameras:
        wanted = wanted.where(of_cameras(cameras))
    rows = connection.execute(wanted.limit(most + 1)).all()
    return None if len(rows) > most else {row[0]: Site(row[1], row[2]) for row in rows}


def of_cameras(cameras: Sequence[Called]) -> sa.ColumnElement[bool]:
    """Which sites these cameras are."""
    return sa.or_(
        sa.false(),
        *(
            sa.and_(_among(SITES.c.source, each.sources, each.not_sources),
                    _among(SITES.c.camera, each.cameras, each.not_cameras))
            for each in cameras
        ),
    )  # fmt: skip


def _among(column: sa.ColumnElement[str], words: Sequence[str], but: bool) -> sa.ColumnElement[bool]:
    return column.not_in(words) if but else column.in_(words)


def sites_of(connection: Connection, numbers: Sequence[int]) -> dict[int, Site]:
    """What these sites are."""
    found: dict[int, Site] = {}
    for some in chunks(numbers):
        wanted = sa.select(SITES.c.id, SITES.c.source, SITES.c.camera).where(SITES.c.id.in_(some))
        found.update((row[0], Site(row[1], row[2])) for row in connection.execute(wanted))
    return found


def texts_of(connection: Connection, numbers: Sequence[int]) -> dict[int, str]:
    """How these plates read."""
    found: dict[int, str] = {}
    for some in chunks(numbers):
        wanted = sa.select(TEXTS.c.id, TEXTS.c.text).where(TEXTS.c.id.in_(some))
        found.update((row[0], row[1]) for row in connection.execute(wanted))
    return found


def _cell(degrees: float) -> int:
    return int(degrees // CELL)
