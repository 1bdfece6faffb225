"""Who has which device in hand, in the database: consoles that share it see each other's hands and do not fight.

Times are UTC seconds since 1970 by the clock of the console that writes; consoles of a site are expected to agree to a
second or so, as their recordings must. A lease lasts seconds and renews itself, so a wrong clock costs as many."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Engine, Row
from sqlalchemy.exc import SQLAlchemyError

from console.model.permissions import Actor, Role
from console.store.database import DatabaseError, for_writing, plain

_TABLE = sa.table("lease", *(sa.column(name) for name in ("target", "name", "role", "station", "since", "until")))
LONGEST = 600.0
"""Seconds: what another console writes beyond this has a wrong clock and is cut."""


@dataclass(frozen=True, slots=True)
class TableLease:
    """Somebody has ``target`` in hand until ``until``."""

    target: str
    actor: Actor
    since: float
    until: float


class LeaseTable:
    """Any thread but Qt's. ``clock`` gives UTC seconds since 1970."""

    def __init__(self, engine: Engine, clock: Callable[[], float] = time.time) -> None:
        self._engine, self._clock = engine, clock
        self._writing = for_writing(engine)

    def take(self, target: str, actor: Actor, seconds: float) -> TableLease | None:
        """Take it or go on holding it for so long: None; or who else has it, of the same rank or a higher one. Raises
        DatabaseError."""
        now = self._clock()
        mine = {"name": actor.name, "role": actor.role.value, "station": actor.station}
        try:
            with self._writing.begin() as connection:
                row = connection.execute(sa.select(_TABLE).where(_TABLE.c.target == target)).first()
                held = None if row is None else _lease(row, now)
                other = held if held is not None and held.until > now and held.actor != actor else None
                if other is not None and other.actor.role.rank >= actor.role.rank:
                    return other
                since = held.since if held is not None and other is None and held.until > now else now
                values = {**mine, "since": since, "until": now + seconds}
                if row is None:
                    connection.execute(_TABLE.insert(), {"target": target, **values})
                else:
                    connection.execute(_TABLE.update().where(_TABLE.c.target == target).values(**values))
        except SQLAlchemyError as error:
            raise DatabaseError("leases", plain(error)) from None
        return None

    def give_back(self, target: str, actor: Actor) -> None:
        """Let go before the time. Raises DatabaseError."""
        mine = sa.and_(
            _TABLE.c.target == target,
            _TABLE.c.name == actor.name,
            _TABLE.c.role == actor.role.value,
            _TABLE.c.station == actor.station,
        )
        try:
            with self._writing.begin() as connection:
                connection.execute(_TABLE.delete().where(mine))
        except SQLAlchemyError as error:
            raise DatabaseError("leases", plain(error)) from None

    def all(self) -> tuple[TableLease, ...]:
        """All that hold now. Raises DatabaseError."""
        now = self._clock()
        try:
            with self._engine.connect() as connection:
                rows = connection.execute(sa.select(_TABLE).where(_TABLE.c.until > now)).all()
        except SQLAlchemyError as error:
            raise DatabaseError("leases", plain(error)) from None
        return tuple(lease for row in rows if (lease := _lease(row, now)) is not None)

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()


def _lease(row: Row[Any], now: float) -> TableLease | None:
    """None for what no console wrote: a role that there is not, times that are none."""
    target, name, role, station, since, until = tuple(row)
    if not isinstance(since, int | float) or not isinstance(until, int | float):
        return None
    try:
        actor = Actor(str(name), Role(str(role)), str(station))
    except ValueError:
        return None
    return TableLease(str(target), actor, min(float(since), now), min(float(until), now + LONGEST))
