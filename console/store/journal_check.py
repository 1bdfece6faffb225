"""Whether the journal is as it was written."""

from __future__ import annotations

import struct
from typing import Any

import sqlalchemy as sa

from console.store.audit import Verdict
from console.store.journal import Journal, told
from console.store.journal_tables import JOURNAL, chained, content_of, start

_PAGE = 1000


def verify(journal: Journal) -> Verdict:
    """Read all of it and check each hash, and that nothing was cut off the end. Lines whose body was erased by
    retention are checked by the hashes that they left; so are those whose body is there. Raises DatabaseError."""
    head = None if journal.head is None else journal.head.read()
    with told(), journal.engine.connect() as connection:
        first, before = start(connection)
        expected, hash_at_head = first + 1, before if head is not None and head[0] == first else b""
        page = sa.select(*JOURNAL.c).order_by(JOURNAL.c.seq).limit(_PAGE)
        rows = connection.execute(page.where(JOURNAL.c.seq > first)).all()
        if stray := connection.scalar(sa.select(sa.func.min(JOURNAL.c.seq)).where(JOURNAL.c.seq <= first)):
            return Verdict(0, stray, f"line {stray} was put in before the first that is kept")
        while rows:
            for row in rows:
                if row.seq != expected:
                    return Verdict(expected - first - 1, expected, f"line {expected} is missing")
                if not _sound(row, before):
                    return Verdict(expected - first - 1, expected, f"line {expected} was changed or put elsewhere")
                before, expected = bytes(row.hash), expected + 1
                if head is not None and row.seq == head[0]:
                    hash_at_head = before
            rows = connection.execute(page.where(JOURNAL.c.seq > rows[-1].seq)).all()
    count, last = expected - first - 1, expected - 1
    if head is not None and head[0] > last:
        return Verdict(count, last + 1, f"lines {last + 1} to {head[0]} were cut off")
    if head is not None and head[0] > first and hash_at_head.hex() != head[1]:
        return Verdict(count, head[0], f"line {head[0]} is not the one that was written: the whole was made anew")
    if head is None and journal.head is not None and count:
        return Verdict(count, None, f"{journal.head.name} is missing: whether lines were cut off the end is unknown")
    return Verdict(count, None)


def _sound(row: Any, before: bytes) -> bool:
    """Anything may stand in a table that somebody else wrote to."""
    try:
        if row.body is not None and content_of(row.body) != bytes(row.content):
            return False
        made = chained(
            before, row.seq, row.kind, bytes(row.event), row.at, row.received, row.station, bytes(row.content)
        )
        return made == bytes(row.hash)
    except (TypeError, AttributeError, ValueError, OverflowError, struct.error):
        return False
