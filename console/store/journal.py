"""The journal: everything that the city reports, append-only, each line with the hash of the one before.

A line is written once, whatever a source repeats: source and id name an event for ever. Tables that are made of it (for
searching) are *projections*, written in the same transaction, so that neither is ever there without the other. What
retention erases is the body alone; the hashes stay, so that the rest can still be proved (``journal_check``)."""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from console.model.journal import Admitted, JournalEntry
from console.store.bulk import put_rows, which_are
from console.store.database import JOURNAL as JOURNAL_CHAIN
from console.store.database import DatabaseError, for_writing, plain
from console.store.event_codec import PICTURES, body_of, event_from, event_key, kinds_of, micros, moment
from console.store.head_file import HeadFile
from console.store.journal_tables import CURSOR, JOURNAL, PICTURE, chained, content_of, last_line
from drivers.events import EventKind, PlateRead

log = logging.getLogger(__name__)

MOST_AT_ONCE = 2000
"""Lines of one transaction: they share what it costs by itself, above all waiting for threads that compute."""
MOST_ASKED = 500
"""Lines of one question."""


class Projection(Protocol):
    """A table made of the journal."""

    def write(self, connection: Connection, entries: Sequence[JournalEntry]) -> None:
        """New lines, in the transaction that writes them."""

    def forget(self, connection: Connection, seqs: Sequence[int]) -> None:
        """Lines that are erased, in the transaction that erases them."""


@dataclass(frozen=True, slots=True)
class Pictures:
    """What a plate reader sent along, JPEG; empty where there is none."""

    plate: bytes = b""
    scene: bytes = b""


@contextmanager
def told() -> Iterator[None]:
    """What goes wrong with the database, in our words."""
    try:
        yield
    except SQLAlchemyError as error:
        raise DatabaseError("journal", plain(error)) from None


class Journal:
    """Any thread but Qt's. ``station`` names this console in its lines; ``head`` is a file that remembers the newest
    line, without which lines could be cut off the end unseen. All methods raise DatabaseError."""

    def __init__(
        self,
        engine: Engine,
        station: str,
        projections: Sequence[Projection] = (),
        head: Path | None = None,
        salt: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self.engine, self.station, self.projections = engine, station, tuple(projections)
        self.writing = for_writing(engine, JOURNAL_CHAIN)
        self._salt = salt
        self._lock = threading.Lock()
        self.head = None if head is None else HeadFile(head)

    def append(self, items: Sequence[Admitted]) -> list[JournalEntry]:
        """Write what is new of these, at most ``MOST_AT_ONCE``, and return it in order; it is on disk then."""
        keyed: dict[bytes, Admitted] = {}
        for item in items:
            keyed.setdefault(event_key(item.event), item)
        if not keyed:
            return []
        with self._lock, told():
            with self.writing.begin() as connection:
                for known in which_are(connection, JOURNAL.name, "event", list(keyed)):
                    del keyed[bytes(known)]
                if not keyed:
                    return []
                rows, entries, digest = self._lines(connection, keyed)
                put_rows(connection, JOURNAL.name, JOURNAL.c.keys(), rows)
                if pictures := [picture for entry in entries for picture in _pictures(entry)]:
                    put_rows(connection, PICTURE.name, PICTURE.c.keys(), pictures)
                for projection in self.projections:
                    projection.write(connection, entries)
            if self.head is not None:
                self.head.write(entries[-1].seq, digest.hex())
        return entries

    def _lines(
        self, connection: Connection, keyed: dict[bytes, Admitted]
    ) -> tuple[list[tuple[Any, ...]], list[JournalEntry], bytes]:
        seq, before = last_line(connection)
        salts = self._salt(8 * len(keyed)).hex()
        rows, entries = [], []
        for index, (key, item) in enumerate(keyed.items()):
            seq += 1
            event, received = item.event, micros(item.received)
            body = body_of(event, item.marks, item.merged, salts[16 * index : 16 * index + 16])
            at, kind, content = micros(event.at), event.kind.value, content_of(body)
            before = chained(before, seq, kind, key, at, received, self.station, content)
            rows.append((seq, kind, key, at, received, self.station, body, content, before))
            entries.append(JournalEntry(seq, event, item.received, self.station, item.marks, item.merged))
        return rows, entries, before

    # Reading

    def last(self) -> int:
        """The number of the newest line, 0 for none."""
        with told(), self.engine.connect() as connection:
            return last_line(connection)[0]

    def after(
        self, seq: int, most: int = 1000, kinds: frozenset[EventKind] | None = None, station: str | None = None
    ) -> list[JournalEntry]:
        """The lines after this one that are not erased, rising. A line that somebody damaged is left out and told in
        the log; ``journal verify`` finds it."""
        wanted = sa.select(*_READ).where(JOURNAL.c.seq > seq, JOURNAL.c.body.is_not(None))
        if (names := kinds_of(kinds)) is not None:
            wanted = wanted.where(JOURNAL.c.kind.in_(names))
        if station is not None:
            wanted = wanted.where(JOURNAL.c.station == station)
        found: list[JournalEntry] = []
        rows: Sequence[Any] = ()
        while not found:  # nothing found means that there is nothing more
            more = wanted if not rows else wanted.where(JOURNAL.c.seq > rows[-1].seq)
            with told(), self.engine.connect() as connection:
                rows = connection.execute(more.order_by(JOURNAL.c.seq).limit(most)).all()
            if not rows:
                break
            found = [entry for row in rows if (entry := _entry(row)) is not None]
        return found

    def entry(self, seq: int) -> JournalEntry | None:
        """One line; None where there is none or it was erased."""
        found = self.entries((seq,))
        return found[0] if found else None

    def entries(self, seqs: Sequence[int]) -> list[JournalEntry]:
        """These lines, at most ``MOST_ASKED``, rising; without those that are not there."""
        wanted = sa.select(*_READ).where(JOURNAL.c.seq.in_(list(seqs)[:MOST_ASKED]), JOURNAL.c.body.is_not(None))
        with told(), self.engine.connect() as connection:
            rows = connection.execute(wanted.order_by(JOURNAL.c.seq)).all()
        return [entry for row in rows if (entry := _entry(row)) is not None]

    def pictures(self, seq: int) -> Pictures:
        """What came along with a line."""
        wanted = sa.select(PICTURE.c.role, PICTURE.c.jpeg).where(PICTURE.c.seq == seq)
        with told(), self.engine.connect() as connection:
            found = {row.role: bytes(row.jpeg) for row in connection.execute(wanted)}
        return Pictures(found.get("plate_picture", b""), found.get("scene_picture", b""))

    # How far somebody who follows it has come

    def cursor(self, name: str) -> int:
        """The last line that this follower of this station has done; the newest line where it follows for the first
        time."""
        mine = sa.and_(CURSOR.c.name == name, CURSOR.c.station == self.station)
        with told(), self.writing.begin() as connection:
            seq = connection.scalar(sa.select(CURSOR.c.seq).where(mine))
            if seq is None:
                seq = last_line(connection)[0]
                connection.execute(CURSOR.insert(), {"name": name, "station": self.station, "seq": seq})
        return int(seq)

    def keep_cursor(self, name: str, seq: int) -> None:
        """This follower has done all lines up to this one."""
        mine = sa.and_(CURSOR.c.name == name, CURSOR.c.station == self.station)
        with self._lock, told(), self.writing.begin() as connection:  # SQLite would have it look again and again
            connection.execute(CURSOR.update().where(mine).values(seq=seq))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()


_READ = (JOURNAL.c.seq, JOURNAL.c.kind, JOURNAL.c.at, JOURNAL.c.received, JOURNAL.c.station, JOURNAL.c.body)


def _entry(row: Any) -> JournalEntry | None:
    try:
        body = event_from(row.kind, row.at, row.body)
        return JournalEntry(row.seq, body.event, moment(row.received), str(row.station), body.marks, body.merged)
    except ValueError as error:
        log.warning("line %s of the journal cannot be read: %s", row.seq, error)
        return None


def _pictures(entry: JournalEntry) -> Iterator[tuple[int, str, bytes]]:
    if isinstance(entry.event, PlateRead):
        for role in PICTURES:
            if picture := getattr(entry.event, role):
                yield entry.seq, role, picture
