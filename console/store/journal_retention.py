"""What the journal forgets, and what it must keep: events are erased after their time, in small steps, unless something
holds them (a hit, an incident). Erasing takes the body, the pictures and what projections made of it; the hashes stay
until all lines before a line are erased, then those go too and the chain begins later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from console.store.event_codec import micros
from console.store.journal import MOST_ASKED, Journal, told
from console.store.journal_tables import HOLD, JOURNAL, PICTURE, START
from drivers.events import EventKind


def hold(journal: Journal, seqs: Sequence[int], why: str, until: datetime | None = None) -> None:
    """Keep these lines, whatever their kind's time, until then or until they are released. ``why`` names what they
    belong to; a line may be held by many. Raises DatabaseError."""
    end = None if until is None else micros(until)
    with told(), journal.writing.begin() as connection:
        for seq in seqs:
            mine = sa.and_(HOLD.c.seq == seq, HOLD.c.why == why)
            connection.execute(HOLD.delete().where(mine))
            connection.execute(HOLD.insert(), {"seq": seq, "why": why, "until": end})


def release(journal: Journal, why: str) -> None:
    """What belonged to this is no longer held by it. Raises DatabaseError."""
    with told(), journal.writing.begin() as connection:
        connection.execute(HOLD.delete().where(HOLD.c.why == why))


def due(journal: Journal, kind: EventKind, before: datetime, now: datetime) -> bool:
    """Whether there is anything for ``erase``. Raises DatabaseError."""
    with told(), journal.engine.connect() as connection:
        return connection.scalar(_due(kind, before, now, 1)) is not None


def erase(journal: Journal, kind: EventKind, before: datetime, now: datetime, most: int = 200) -> int:
    """Erase up to so many lines of a kind that came in before then and are not held; how many it were. One short
    transaction. Raises DatabaseError."""
    with told(), journal.writing.begin() as connection:
        seqs = list(connection.scalars(_due(kind, before, now, min(most, MOST_ASKED))))
        if seqs:
            connection.execute(JOURNAL.update().where(JOURNAL.c.seq.in_(seqs)).values(body=None))
            for table in (PICTURE, HOLD):
                connection.execute(table.delete().where(table.c.seq.in_(seqs)))
            for projection in journal.projections:
                projection.forget(connection, seqs)
    return len(seqs)


def _due(kind: EventKind, before: datetime, now: datetime, most: int) -> sa.Select[Any]:
    holds = sa.or_(HOLD.c.until.is_(None), HOLD.c.until > micros(now))
    held = sa.exists().where(HOLD.c.seq == JOURNAL.c.seq, holds)
    mine = (JOURNAL.c.kind == kind.value, JOURNAL.c.body.is_not(None), JOURNAL.c.received < micros(before))
    return sa.select(JOURNAL.c.seq).where(*mine, ~held).order_by(JOURNAL.c.received).limit(most)


def trim(journal: Journal, most: int = MOST_ASKED) -> int:
    """Cut off up to so many lines at the beginning whose bodies are all erased; how many it were. The newest line
    always stays. Raises DatabaseError."""
    with told(), journal.writing.begin() as connection:
        first = sa.select(JOURNAL.c.seq, JOURNAL.c.hash, JOURNAL.c.body.is_(None).label("erased"))
        rows = connection.execute(first.order_by(JOURNAL.c.seq).limit(most + 1)).all()
        gone = []
        for row in rows[:-1] if len(rows) > 1 else ():
            if not row.erased:
                break
            gone.append(row)
        if gone:
            connection.execute(START.delete())
            connection.execute(START.insert(), {"seq": gone[-1].seq, "hash": gone[-1].hash})
            connection.execute(JOURNAL.delete().where(JOURNAL.c.seq <= gone[-1].seq))
    return len(gone)
