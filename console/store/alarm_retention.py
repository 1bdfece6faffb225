"""What is forgotten of alarms: those that were closed long ago go, with their log, in small steps. The alarm that
changed last stays, for the numbers of changes and of lines go on from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from console.store.alarms import ALARM, LOG, AlarmStore
from console.store.database import DatabaseError, plain

STEP_ALARMS, STEP_LINES = 200, 500
"""What goes in one transaction, at most."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What a step erased; nothing where nothing is left to do."""

    alarms: int = 0
    lines: int = 0

    def __bool__(self) -> bool:
        return bool(self.alarms or self.lines)


def due(store: AlarmStore, before: datetime) -> bool:
    """Whether there is anything for ``erase``. Raises DatabaseError."""
    try:
        with store.engine.connect() as connection:
            return connection.execute(_due(before, 1)).first() is not None
    except SQLAlchemyError as error:
        raise DatabaseError("alarms", plain(error)) from None


def erase(store: AlarmStore, before: datetime) -> Erased:
    """Erase some of the alarms that were closed before then: their lines first, and alarms whose lines are gone. One
    short transaction. Raises DatabaseError."""
    try:
        with store.writing.begin() as connection:
            ids = list(connection.scalars(_due(before, STEP_ALARMS)))
            if not ids:
                return Erased()
            theirs = sa.select(LOG.c.line).where(LOG.c.alarm.in_(ids)).order_by(LOG.c.line).limit(STEP_LINES)
            lines = list(connection.scalars(theirs))
            if lines:
                connection.execute(LOG.delete().where(LOG.c.line.in_(lines)))
            if len(lines) == STEP_LINES:
                return Erased(lines=len(lines))
            connection.execute(ALARM.delete().where(ALARM.c.id.in_(ids)))
            return Erased(len(ids), len(lines))
    except SQLAlchemyError as error:
        raise DatabaseError("alarms", plain(error)) from None


def _due(before: datetime, most: int) -> sa.Select[Any]:
    newest = sa.select(sa.func.max(ALARM.c.version)).scalar_subquery()
    last = sa.select(LOG.c.alarm).order_by(LOG.c.line.desc()).limit(1).scalar_subquery()
    over = sa.and_(ALARM.c.closed < before.timestamp(), ALARM.c.version < newest)
    unlike = sa.or_(last.is_(None), ALARM.c.id != last)
    return sa.select(ALARM.c.id).where(over, unlike).order_by(ALARM.c.closed).limit(most)
