"""Alarms in the database, and their log. Several consoles work on one database: each change is made from the alarm as
it is there, within one transaction that holds the write lock, and gets the next version by which the others find it."""

from __future__ import annotations

import contextlib
import hashlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from console.model.alarm_figures import Logged
from console.model.alarms import Alarm, LogLine, Priority, What
from console.store.alarm_text import MOST_WORDS, AlarmTextError, alarm_from, text_of
from console.store.database import ALARMS, DatabaseError, for_writing, plain

log = logging.getLogger(__name__)

MOST_LINES = 200_000
"""Lines of the log that figures are made of, the newest."""
LONGEST_KEY = 400
ALARM = sa.table(
    "alarm", *(sa.column(name) for name in ("id", "key", "kind", "priority", "last", "closed", "version", "body"))
)
LOG = sa.table(
    "alarm_log",
    *(
        sa.column(name)
        for name in (
            "line", "at", "alarm", "what", "who", "station", "why", "key", "title", "priority", "heard", "seq",
        )
    ),
)  # fmt: skip
_READ = (ALARM.c.id, ALARM.c.version, ALARM.c.body)


@dataclass(frozen=True, slots=True)
class Changes:
    """Alarms that changed since a version, closed ones among them, and the version now. ``unread`` says of what could
    not be understood why."""

    alarms: tuple[Alarm, ...]
    version: int
    unread: tuple[str, ...] = ()


class AlarmBook:
    """Within one transaction: see ``AlarmStore.changing``."""

    def __init__(self, connection: Connection, station: str) -> None:
        self._connection, self._station = connection, station
        self._version = int(connection.execute(sa.select(sa.func.max(ALARM.c.version))).scalar() or 0)
        self._line = int(connection.execute(sa.select(sa.func.max(LOG.c.line))).scalar() or 0)
        self._new: list[dict[str, object]] = []

    def open_of(self, key: str) -> Alarm | None:
        """The alarm of this key that is not closed. One that cannot be read holds up no new one."""
        wanted = sa.select(*_READ).where(ALARM.c.key == _key(key), ALARM.c.closed.is_(None))
        return self._read(wanted.order_by(ALARM.c.version.desc()).limit(1))

    def by_id(self, alarm_id: str) -> Alarm | None:
        """An alarm, closed or not."""
        return self._read(sa.select(*_READ).where(ALARM.c.id == alarm_id))

    def knows(self, seq: int, key: str) -> bool:
        """Whether an alarm of this key heard of a journal entry already, whatever became of it since."""
        wanted = sa.select(LOG.c.line).where(LOG.c.seq == seq, LOG.c.key == _key(key)).limit(1)
        return self._connection.execute(wanted).first() is not None

    def put(self, alarm: Alarm, lines: Sequence[LogLine], heard: bool) -> Alarm:
        """Write an alarm and what is to be told of it; ``heard``: the last line was news. Gives it with its version."""
        self._version += 1
        new = not alarm.version
        alarm = replace(alarm, version=self._version)
        values: dict[str, object] = {
            "key": _key(alarm.key), "kind": _clean(alarm.cause.kind), "priority": alarm.priority.value,
            "last": alarm.last.timestamp(), "closed": None if alarm.closed is None else alarm.closed.timestamp(),
            "version": alarm.version, "body": text_of(alarm),
        }  # fmt: skip
        if new:
            self._connection.execute(ALARM.insert(), {"id": alarm.id, **values})
        else:
            self._connection.execute(ALARM.update().where(ALARM.c.id == alarm.id).values(**values))
        for index, line in enumerate(lines):
            self._line += 1
            self._new.append(
                {
                    "line": self._line, "at": line.at.timestamp(), "alarm": alarm.id, "what": line.what.value,
                    "who": _clean(line.who), "station": _clean(self._station), "why": _clean(line.why),
                    "key": values["key"], "title": _clean(alarm.cause.title), "priority": alarm.priority.value,
                    "heard": int(heard and index == len(lines) - 1), "seq": line.seq,
                }
            )  # fmt: skip
        return alarm

    def _read(self, wanted: sa.Select[Any]) -> Alarm | None:
        row = self._connection.execute(wanted).first()
        try:
            return None if row is None else alarm_from(*row)
        except AlarmTextError as error:
            log.warning("%s", error)
            return None

    def flush(self) -> None:
        """Write the lines; called at the end of the transaction."""
        if self._new:
            self._connection.execute(LOG.insert(), self._new)
            self._new = []


class AlarmStore:
    """Any thread but Qt's. ``station`` is this console's name in the log. ``engine`` reads, ``writing`` writes: for
    what belongs to the store and lies in other modules."""

    def __init__(self, engine: Engine, station: str = "") -> None:
        self.engine, self._station = engine, station
        self.writing = for_writing(engine, ALARMS)

    @contextlib.contextmanager
    def changing(self) -> Iterator[AlarmBook]:
        """A transaction: all that is put in it is on disk when it ends, or nothing is. Raises DatabaseError."""
        try:
            with self.writing.begin() as connection:
                book = AlarmBook(connection, self._station)
                yield book
                book.flush()
        except SQLAlchemyError as error:
            raise DatabaseError("alarms", plain(error)) from None

    def standing(self) -> Changes:
        """All that are not closed. Raises DatabaseError."""
        return self._changes(ALARM.c.closed.is_(None))

    def since(self, version: int) -> Changes:
        """What changed after ``version``. Raises DatabaseError."""
        return self._changes(ALARM.c.version > version)

    def life(self, alarm_id: str, most: int = 200) -> tuple[Logged, ...]:
        """The log of one alarm, the newest ``most`` lines, oldest first. Raises DatabaseError."""
        wanted = sa.select(LOG).where(LOG.c.alarm == alarm_id).order_by(LOG.c.line.desc()).limit(most)
        return tuple(reversed(self._logged(wanted)))

    def log(self, begin: datetime, end: datetime) -> tuple[Logged, ...]:
        """What happened to all alarms between two moments, in order. Raises DatabaseError."""
        times = (LOG.c.at >= begin.timestamp(), LOG.c.at < end.timestamp())
        wanted = sa.select(LOG).where(*times).order_by(LOG.c.line.desc()).limit(MOST_LINES)
        return tuple(reversed(self._logged(wanted)))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def _changes(self, which: sa.ColumnElement[bool]) -> Changes:
        try:
            with self.engine.connect() as connection:
                # The version first: what is written between the two is read again next time, and not left out.
                newest = connection.execute(sa.select(sa.func.max(ALARM.c.version))).scalar()
                rows = connection.execute(sa.select(*_READ).where(which).order_by(ALARM.c.version)).all()
        except SQLAlchemyError as error:
            raise DatabaseError("alarms", plain(error)) from None
        alarms, unread = [], []
        for row in rows:
            try:
                alarms.append(alarm_from(*row))
            except AlarmTextError as error:
                unread.append(str(error))
        return Changes(tuple(alarms), max(int(newest or 0), *(each[1] for each in rows), 0), tuple(unread))

    def _logged(self, wanted: sa.Select[Any]) -> list[Logged]:
        try:
            with self.engine.connect() as connection:
                rows = connection.execute(wanted).all()
        except SQLAlchemyError as error:
            raise DatabaseError("alarms", plain(error)) from None
        return [found for row in rows if (found := _line(row)) is not None]


def _line(row: Row[Any]) -> Logged | None:
    """None for what no console wrote."""
    try:
        return Logged(
            datetime.fromtimestamp(float(row.at), UTC), str(row.alarm), What(row.what), str(row.who), str(row.station),
            str(row.why), str(row.key), str(row.title), Priority(row.priority), bool(row.heard),
        )  # fmt: skip
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def _key(key: str) -> str:
    """A key as it is searched by: PostgreSQL takes no long texts into an index."""
    clean = _clean(key)
    if len(clean) <= LONGEST_KEY:
        return clean
    return f"{clean[:100]} {hashlib.sha256(key.encode('utf-8', 'replace')).hexdigest()}"


def _clean(text: str) -> str:
    """What no database refuses: NUL and lone surrogates are written out."""
    return text[:MOST_WORDS].replace("\0", "\\0").encode("utf-8", "backslashreplace").decode("utf-8")
