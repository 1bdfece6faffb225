"""The tables of the journal, and the hash that chains its lines."""

from __future__ import annotations

import hashlib
import struct

import sqlalchemy as sa
from sqlalchemy import Connection

GENESIS = bytes(32)


def _table(name: str, *columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns))


JOURNAL = _table("journal", "seq", "kind", "event", "at", "received", "station", "body", "content", "hash")
PICTURE = _table("journal_picture", "seq", "role", "jpeg")
CURSOR = _table("journal_cursor", "name", "station", "seq")
HOLD = _table("journal_hold", "seq", "why", "until")
START = _table("journal_start", "seq", "hash")


def content_of(body: str) -> bytes:
    """The hash of what a line says; it stays when the body is erased."""
    return hashlib.sha256(body.encode("utf-8", "surrogatepass")).digest()


def chained(
    before: bytes, seq: int, kind: str, event: bytes, at: int, received: int, station: str, content: bytes
) -> bytes:
    """The hash of a line after one of hash ``before``."""
    head = struct.pack(">qqqII", seq, at, received, len(kind), len(event))
    return hashlib.sha256(
        b"".join((before, head, kind.encode(), event, content, station.encode("utf-8", "surrogatepass")))
    ).digest()


def last_line(connection: Connection) -> tuple[int, bytes]:
    """Number and hash of the newest line; of the last one that was cut off where all are gone."""
    newest = sa.select(JOURNAL.c.seq, JOURNAL.c.hash).order_by(JOURNAL.c.seq.desc()).limit(1)
    row = connection.execute(newest).first()
    return start(connection) if row is None else (row.seq, bytes(row.hash))


def start(connection: Connection) -> tuple[int, bytes]:
    """Number and hash of the line before the first that is kept."""
    row = connection.execute(sa.select(START.c.seq, START.c.hash).order_by(START.c.seq.desc()).limit(1)).first()
    return (0, GENESIS) if row is None else (row.seq, bytes(row.hash))
