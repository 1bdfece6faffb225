"""The audit: an append-only table in which each entry holds the hash of the one before, so that a change, a cut or
another order is found. The newest entry is also written beside the database (``audit.head``): without that, entries
could be taken off the end unseen.

An entry stands before what it speaks of is done ("asked"); a second one says how it ended and names the first
(``about``)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from console.model.permissions import Actor
from console.store.database import DatabaseError, for_writing, plain
from console.store.head_file import HeadFile

GENESIS = "0" * 64
MOST_DETAIL = 16_384
"""Characters of detail that an entry may hold; more is cut, and says so."""
PAGE = 1000
"""Entries that are read at a time."""

_TABLE = sa.table(
    "audit",
    *(
        sa.column(name)
        for name in (
            "seq", "at", "actor", "role", "station", "action", "target", "detail", "outcome", "about", "hash",
        )
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit. ``at`` in UTC, ``detail`` as JSON, ``about`` the entry whose outcome this is, else 0."""

    seq: int
    at: str
    actor: str
    role: str
    station: str
    action: str
    target: str
    detail: str
    outcome: str
    about: int
    hash: str

    def digest(self, before: str) -> str:
        """The hash that it must have after an entry of hash ``before``."""
        fields = (self.seq, self.at, self.actor, self.role, self.station, self.action, self.target, self.detail)
        text = json.dumps(
            (before, *fields, self.outcome, self.about), ensure_ascii=True, separators=(",", ":"), default=_no_text
        )
        return hashlib.sha256(text.encode("ascii")).hexdigest()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ``verify`` found. ``first_bad`` is the number of the first entry that is not as it was written, or of the
    first that is missing; None where all are good. ``why`` says it in words, and what could not be checked."""

    entries: int
    first_bad: int | None
    why: str = ""

    @property
    def ok(self) -> bool:
        """Whether nothing was changed, cut or put elsewhere."""
        return self.first_bad is None


class Audit:
    """Any thread; entries are written one at a time. ``clock`` gives aware UTC."""

    def __init__(
        self, engine: Engine, head: Path | None = None, clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._engine, self._clock = engine, clock
        self._head = None if head is None else HeadFile(head)
        self._writing = for_writing(engine)
        self._lock = threading.Lock()

    def add(
        self,
        actor: Actor,
        action: str,
        target: str,
        detail: Mapping[str, object] | None = None,
        outcome: str = "asked",
        about: int = 0,
    ) -> int:
        """One more entry; it is on disk when this returns its number. Raises DatabaseError."""
        text = json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str)
        if len(text) > MOST_DETAIL:
            text = json.dumps({"cut": text[:MOST_DETAIL]}, ensure_ascii=False)
        at = self._clock().astimezone(UTC).isoformat(timespec="milliseconds")
        words = [_clean(word) for word in (actor.name, actor.role.value, actor.station, action, target)]
        with self._lock:
            try:
                with self._writing.begin() as connection:
                    last, before = _last(connection)
                    who, role, station, verb, on = words
                    entry = Entry(last + 1, at, who, role, station, verb, on, _clean(text), _clean(outcome), about, "")
                    row = {name: getattr(entry, name) for name in _TABLE.c.keys()}  # noqa: SIM118 -- no dict
                    row["hash"] = entry.digest(before)
                    connection.execute(_TABLE.insert(), row)
            except SQLAlchemyError as error:
                raise DatabaseError("audit", plain(error)) from None
            if self._head is not None:
                self._head.write(last + 1, str(row["hash"]))
        return last + 1

    def newest(self, most: int = 200, target: str = "") -> list[Entry]:
        """The last entries, the newest first. Raises DatabaseError."""
        wanted = sa.select(_TABLE).order_by(_TABLE.c.seq.desc()).limit(most)
        if target:
            wanted = wanted.where(_TABLE.c.target == target)
        try:
            with self._engine.connect() as connection:
                return [Entry(*row) for row in connection.execute(wanted)]
        except SQLAlchemyError as error:
            raise DatabaseError("audit", plain(error)) from None

    def verify(self) -> Verdict:
        """Read all of it and check each hash, and that nothing was cut off. Raises DatabaseError."""
        head = None if self._head is None else self._head.read()
        expected, before, hash_at_head = 1, GENESIS, ""
        try:
            for entry in self._all():
                if entry.seq < expected:
                    return Verdict(expected - 1, entry.seq, f"entry {entry.seq} was put in")
                if entry.seq != expected:
                    return Verdict(expected - 1, expected, f"entry {expected} is missing")
                if entry.hash != entry.digest(before):
                    return Verdict(expected - 1, expected, f"entry {expected} was changed or put elsewhere")
                if head is not None and entry.seq == head[0]:
                    hash_at_head = entry.hash
                before, expected = entry.hash, expected + 1
        except SQLAlchemyError as error:
            raise DatabaseError("audit", plain(error)) from None
        count = expected - 1
        if head is not None and head[0] > count:
            return Verdict(count, count + 1, f"entries {count + 1} to {head[0]} were cut off")
        if head is not None and head[0] > 0 and hash_at_head != head[1]:
            return Verdict(count, head[0], f"entry {head[0]} is not the one that was written: the whole was made anew")
        if head is None and self._head is not None and count:
            return Verdict(
                count, None, f"{self._head.name} is missing: whether entries were cut off the end is unknown"
            )
        return Verdict(count, None)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def _all(self) -> Iterator[Entry]:
        """All rows in order, those that were never written by us as well: with a number of 0, with bytes in a text."""
        page = sa.select(_TABLE).order_by(_TABLE.c.seq).limit(PAGE)
        with self._engine.connect() as connection, _any_bytes(connection):
            rows = connection.execute(page).all()
            while rows:
                for row in rows:
                    yield Entry(*row)
                rows = connection.execute(page.where(_TABLE.c.seq > rows[-1].seq)).all()


def _last(connection: Connection) -> tuple[int, str]:
    row = connection.execute(sa.select(_TABLE.c.seq, _TABLE.c.hash).order_by(_TABLE.c.seq.desc()).limit(1)).first()
    return (0, GENESIS) if row is None else (row.seq, row.hash)


def _no_text(value: object) -> object:
    """What somebody else put where a text or a number was: its hash is another."""
    return ["no text", repr(value)]


@contextlib.contextmanager
def _any_bytes(connection: Connection) -> Iterator[None]:
    """SQLite raises for a text that is no UTF-8, and would not say where. Such bytes become lone surrogates here."""
    raw: Any = connection.connection.dbapi_connection
    if not isinstance(raw, sqlite3.Connection):
        yield
        return
    raw.text_factory = lambda data: data.decode("utf-8", "surrogateescape")
    try:
        yield
    finally:
        raw.text_factory = str


def _clean(text: str) -> str:
    """What no database refuses: NUL and lone surrogates are written out."""
    return text.replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")
