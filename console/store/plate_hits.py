"""Hits and what people decided on them. A hit is written before anybody is told of it; a decision is only ever added
to, and the newest holds."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, Row

from console.model.hotlists import Decision, Hit, HitFilter, HotlistRefusal, Verdict
from console.model.permissions import Actor
from console.store.database import LISTS, for_writing
from console.store.hotlist_tables import (
    DECISION,
    HIT,
    HIT_READ,
    OUTBOX,
    HitUnreadable,
    decision_of,
    detail_of,
    hit_of,
    inserted,
    seconds,
    text,
    told,
)

log = logging.getLogger(__name__)

STEP = 500
MOST_HITS = 1000
MOST_IN_QUESTION = 500
"""What databases take as parameters of one question."""
ALL_HITS = HitFilter()


class HitStore:
    """Any thread but Qt's; every call may raise DatabaseError. ``clock`` gives aware UTC."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._engine, self._clock = engine, clock
        self._writing = for_writing(engine, LISTS)

    def add(self, hits: Sequence[tuple[int, Hit]], window: timedelta) -> list[Hit]:
        """Write hits, each with the number of the first read of its passage; as they are kept, in the same order. One
        of a read that is there already is given back as it is; one of an entry that this camera read within ``window``
        before, or of the same passage, counts as one more read of it."""
        with told("hits"), self._writing.begin() as connection:
            return [self._add(connection, first, hit, window) for first, hit in hits]

    def hits(self, wanted: HitFilter = ALL_HITS, most: int = 200, before: int = 0) -> list[Hit]:
        """Those that the filter lets through, the newest first; ``before`` this number, to go on."""
        newest = (
            sa.select(DECISION.c.hit, sa.func.max(DECISION.c.id).label("newest")).group_by(DECISION.c.hit).subquery()
        )
        question = (
            sa.select(HIT)
            .outerjoin(newest, newest.c.hit == HIT.c.id)
            .outerjoin(DECISION, DECISION.c.id == newest.c.newest)
            .order_by(HIT.c.id.desc())
            .limit(min(most, MOST_HITS) if wanted.car is None else MOST_HITS)
        )
        question = question.where(*_wanted(wanted))
        if before:
            question = question.where(HIT.c.id < before)
        with told("hits"), self._engine.connect() as connection:
            rows = connection.execute(question).all()
            decided = self._decided(connection, [row.id for row in rows])
            found = [hit for row in rows if (hit := _readable(row, decided.get(row.id))) is not None]
            return [hit for hit in found if wanted.car is None or hit.car == wanted.car][:most]

    def hit(self, hit_id: int) -> Hit | None:
        """One of them, None where it is gone."""
        with told("hits"), self._engine.connect() as connection:
            return self._one(connection, hit_id)

    def waiting(self) -> int:
        """How many nobody decided on."""
        there = sa.exists().where(DECISION.c.hit == HIT.c.id)
        with told("hits"), self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(HIT).where(~there)).scalar_one())

    def decisions(self, hit_id: int) -> tuple[Decision, ...]:
        """All on one hit, the first first."""
        wanted = sa.select(DECISION).where(DECISION.c.hit == hit_id).order_by(DECISION.c.id)
        with told("hits"), self._engine.connect() as connection:
            return tuple(decision_of(row) for row in connection.execute(wanted))

    def decide(self, hit_id: int, actor: Actor, verdict: Verdict, reason: str, seen: int) -> Hit:
        """Add a decision; the hit with it. One that was found correct is in the outbox from now on, until ``told_of``
        or until it is found something else. ``seen`` is the number of the newest decision that the person saw, 0 for
        none. Raises HotlistRefusal where another came meanwhile, or the hit is gone."""
        with told("hits"), self._writing.begin() as connection:
            hit = self._one(connection, hit_id)
            if hit is None:
                raise HotlistRefusal("The hit is gone: it was kept no longer.")
            newest = 0 if hit.decided is None else hit.decided.id
            if hit.decided is not None and newest != seen:
                raise HotlistRefusal(
                    f"{hit.decided.actor.name} decided \u201c{hit.decided.verdict.value}\u201d. Look again."
                )
            at = self._clock()
            values = {
                "hit": hit_id, "at": seconds(at), "actor": text(actor.name), "role": actor.role.value,
                "station": text(actor.station), "verdict": verdict.value, "reason": text(reason),
            }  # fmt: skip
            made = inserted(connection, DECISION, values)
            connection.execute(OUTBOX.delete().where(OUTBOX.c.hit == hit_id))
            if verdict is Verdict.CORRECT:
                connection.execute(OUTBOX.insert().values(hit=hit_id))
            return replace(hit, decided=Decision(made, hit_id, at, actor, verdict, text(reason)))

    def to_be_told(self) -> list[int]:
        """Numbers of the hits in the outbox, the oldest first."""
        with told("hits"), self._engine.connect() as connection:
            return [row.hit for row in connection.execute(sa.select(OUTBOX.c.hit).order_by(OUTBOX.c.hit))]

    def waits_to_be_told(self, hit_id: int) -> bool:
        """Whether a hit is in the outbox."""
        with told("hits"), self._engine.connect() as connection:
            return connection.execute(sa.select(OUTBOX.c.hit).where(OUTBOX.c.hit == hit_id)).first() is not None

    def told_of(self, hit_id: int) -> None:
        """Out of the outbox."""
        with told("hits"), self._writing.begin() as connection:
            connection.execute(OUTBOX.delete().where(OUTBOX.c.hit == hit_id))

    def with_hits(self, seqs: Iterable[int]) -> frozenset[int]:
        """Which of these reads belong to a hit: the journal keeps them."""
        wanted, found = list(seqs), set[int]()
        with told("hits"), self._engine.connect() as connection:
            for start in range(0, len(wanted), MOST_IN_QUESTION):
                some = wanted[start : start + MOST_IN_QUESTION]
                found.update(
                    row.seq for row in connection.execute(sa.select(HIT_READ.c.seq).where(HIT_READ.c.seq.in_(some)))
                )
        return frozenset(found)

    def forget(self) -> int:
        """Remove, in small steps, hits that were kept as long as their list says. How many."""
        gone = 0
        while True:
            with told("hits"), self._writing.begin() as connection:
                over = sa.select(HIT.c.id).where(HIT.c.keep_until < self._clock().timestamp()).limit(STEP)
                ids = [row.id for row in connection.execute(over)]
                for table, column in (
                    (HIT, HIT.c.id), (HIT_READ, HIT_READ.c.hit), (DECISION, DECISION.c.hit), (OUTBOX, OUTBOX.c.hit),
                ):  # fmt: skip
                    connection.execute(table.delete().where(column.in_(ids)))
            gone += len(ids)
            if len(ids) < STEP:
                return gone

    # Inside

    def _add(self, connection: Connection, first: int, hit: Hit, window: timedelta) -> Hit:
        seq, key = hit.read.seq, hit.entry.key
        mine = sa.and_(HIT.c.list == hit.list.id, HIT.c.entry_key == text(key))
        seen = sa.select(HIT.c.id).join(HIT_READ, HIT_READ.c.hit == HIT.c.id).where(mine)
        for there in connection.scalars(seen.where(HIT_READ.c.seq == seq).order_by(HIT.c.id.desc())).all():
            if (known := self._known(connection, there)) is not None:
                return known
        at = hit.read.at.timestamp()
        beside = sa.and_(
            HIT.c.source == text(hit.read.source), HIT.c.camera == text(hit.read.camera),
            HIT.c.at.between(at - window.total_seconds(), at + window.total_seconds()),
        )  # fmt: skip
        same = seen.where(sa.or_(beside, HIT_READ.c.seq == first)).order_by(HIT.c.id.desc()).limit(1)
        there = connection.execute(same).scalar()
        known = None if there is None else self._known(connection, there)
        if there is None or known is None:
            there = inserted(connection, HIT, _values(hit))
        else:
            values: dict[str, object] = {"reads": known.reads + 1}
            if (
                hit.tier.rank < known.tier.rank and known.decided is None
            ):  # a later reading is surer: it is the one shown
                better = _values(replace(hit, id=there))
                values |= {name: better[name] for name in ("plate", "tier", "detail")}
            connection.execute(HIT.update().where(HIT.c.id == there).values(**values))
        for each in {seq, first}:  # the first read of the passage may have been too poor to match
            known_read = sa.select(HIT_READ.c.hit).where(HIT_READ.c.seq == each, HIT_READ.c.hit == there)
            if connection.execute(known_read).first() is None:
                connection.execute(HIT_READ.insert().values(seq=each, hit=there))
        return self._sure(connection, there)

    def _known(self, connection: Connection, hit_id: int) -> Hit | None:
        """A hit that is there; None where it cannot be read, which must not keep others from being written."""
        try:
            return self._one(connection, hit_id)
        except HitUnreadable as error:
            log.warning("%s", error)
            return None

    def _sure(self, connection: Connection, hit_id: int) -> Hit:
        hit = self._one(connection, hit_id)
        assert hit is not None, "in one transaction nobody takes it away"
        return hit

    def _one(self, connection: Connection, hit_id: int) -> Hit | None:
        row = connection.execute(sa.select(HIT).where(HIT.c.id == hit_id)).first()
        return None if row is None else hit_of(row, self._decided(connection, [hit_id]).get(hit_id))

    def _decided(self, connection: Connection, ids: Sequence[int]) -> dict[int, Decision]:
        """The newest decision on each of these."""
        found: dict[int, Decision] = {}
        for start in range(0, len(ids), MOST_IN_QUESTION):
            some = DECISION.c.hit.in_(ids[start : start + MOST_IN_QUESTION])
            for row in connection.execute(sa.select(DECISION).where(some).order_by(DECISION.c.id)):
                found[row.hit] = decision_of(row)
        return found


def _readable(row: Row[Any], decided: Decision | None) -> Hit | None:
    """None for one that is not as it was written: the others are shown all the same."""
    try:
        return hit_of(row, decided)
    except HitUnreadable as error:
        log.warning("%s", error)
        return None


def kept_until(hit: Hit) -> datetime:
    """When a hit may be forgotten, and the read that it rests on."""
    return hit.read.received + timedelta(days=hit.list.keep_days)


def _values(hit: Hit) -> dict[str, object]:
    keep = kept_until(hit)
    return {
        "seq": hit.read.seq, "at": seconds(hit.read.at), "received": seconds(hit.read.received),
        "source": text(hit.read.source), "camera": text(hit.read.camera), "plate": text(hit.read.plate),
        "entry_plate": text(hit.entry.plate), "entry_key": text(hit.entry.key), "list": hit.list.id,
        "tier": hit.tier.value, "reads": hit.reads, "keep_until": seconds(keep), "detail": detail_of(hit),
    }  # fmt: skip


def _wanted(wanted: HitFilter) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.text.strip():
        words = wanted.text.strip()[:100]
        columns = (HIT.c.plate, HIT.c.entry_plate, HIT.c.camera, HIT.c.source)
        found.append(sa.or_(*(column.icontains(words, autoescape=True) for column in columns)))
    if wanted.list:
        found.append(HIT.c.list == wanted.list)
    if wanted.car is not None:
        found += [HIT.c.list == wanted.car.list, HIT.c.entry_key == text(wanted.car.entry)]
    if wanted.tier is not None:
        found.append(HIT.c.tier == wanted.tier.value)
    if wanted.decided is not None:
        found.append(DECISION.c.id.isnot(None) if wanted.decided else DECISION.c.id.is_(None))
    if wanted.since is not None:
        found.append(HIT.c.received >= wanted.since.timestamp())
    if wanted.until is not None:
        found.append(HIT.c.received < wanted.until.timestamp())
    if wanted.verdicts:
        found.append(DECISION.c.verdict.in_([each.value for each in sorted(wanted.verdicts)]))
    return found
