"""The tables of hotlists and hits, and records as rows. Times are UTC seconds since 1970."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row
from sqlalchemy.exc import SQLAlchemyError

from console.model.hotlists import Decision, Hit, HotEntry, Hotlist, ReadFacts, Tier, Urgency, Verdict
from console.model.permissions import Actor, Role
from console.model.regions import Regions
from console.store.database import DatabaseError, plain
from drivers.events import VehicleLook
from drivers.types import GeoPlace

PATIENT_MS = 60_000


def _table(name: str, columns: str) -> sa.TableClause:
    return sa.table(name, *(sa.column(column) for column in columns.split()))


LIST = _table(
    "hotlist",
    "id name owner urgency reason reach starts expires keep_days enabled folder source updated revision generation "
    "entries taken",
)
GENERATION = _table("hotlist_generation", "id list at station state")
ENTRY = _table("hotlist_entry", "id generation key plate state reason case_number note starts expires")
HIT = _table(
    "plate_hit",
    "id seq at received source camera plate entry_plate entry_key list tier reads keep_until detail",
)
HIT_READ = _table("plate_hit_read", "seq hit")
OUTBOX = _table("plate_hit_outbox", "hit")
"""Hits that were found correct and not passed on yet."""
DECISION = _table("plate_hit_decision", "id hit at actor role station verdict reason")


class HitUnreadable(DatabaseError):
    """A hit that is not as this program writes them: damaged, or of a newer console."""

    def __init__(self, hit_id: int, problem: str) -> None:
        super().__init__(f"hit {hit_id}", f"it is not as it was written ({problem})")


@contextmanager
def told(what: str, but: type[SQLAlchemyError] | tuple[()] = ()) -> Iterator[None]:
    """What the database complains of becomes a DatabaseError, ``but`` for what the caller knows what to make of."""
    try:
        yield
    except but:
        raise
    except SQLAlchemyError as error:
        raise DatabaseError(what, plain(error)) from None


def patient(connection: Connection) -> None:
    """Let this transaction, which only reads, take its time: a list may have a million entries."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {PATIENT_MS}")


def inserted(connection: Connection, table: sa.TableClause, values: Mapping[str, object]) -> int:
    """One row more; its number."""
    return int(connection.execute(sa.insert(table).values(**values).returning(table.c.id)).scalar_one())


def text(words: str) -> str:
    """What no database refuses: NUL and lone surrogates are dropped."""
    if words.isascii() and "\0" not in words:
        return words
    return words.replace("\0", "").encode("utf-8", "ignore").decode("utf-8")


def seconds(at: datetime | None) -> float | None:
    """A time as it is kept."""
    return None if at is None else at.timestamp()


def moment(at: float | None) -> datetime | None:
    """A time as it was kept; None for what is none."""
    try:
        return None if at is None else datetime.fromtimestamp(float(at), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def list_values(wanted: Hotlist) -> dict[str, object]:
    """What a person sets of a list, as columns."""
    return {
        "name": text(wanted.name), "owner": text(wanted.owner), "urgency": wanted.urgency.value,
        "reason": text(wanted.reason), "reach": wanted.reach.value, "starts": seconds(wanted.starts),
        "expires": seconds(wanted.expires), "keep_days": wanted.keep_days, "enabled": int(wanted.enabled),
        "folder": text(wanted.folder),
    }  # fmt: skip


def list_of(row: Row[Any]) -> Hotlist:
    """A row of ``LIST``. Raises DatabaseError for what this program did not write."""
    try:
        urgency, reach = Urgency(row.urgency), Tier(row.reach)
    except ValueError as error:
        raise DatabaseError(f"hotlist {row.name}", f"it is not as it was written ({error})") from None
    return Hotlist(
        id=row.id, name=row.name, owner=row.owner, urgency=urgency, reason=row.reason, reach=reach,
        starts=moment(row.starts), expires=moment(row.expires), keep_days=row.keep_days, enabled=bool(row.enabled),
        folder=row.folder, updated=moment(row.updated), source=row.source, revision=row.revision, entries=row.entries,
        taken=row.taken,
    )  # fmt: skip


def entry_values(entry: HotEntry, generation: int) -> dict[str, object]:
    """An entry as columns, without its number."""
    return {
        "generation": generation, "key": text(entry.key), "plate": text(entry.plate), "state": text(entry.state),
        "reason": text(entry.reason), "case_number": text(entry.case), "note": text(entry.note),
        "starts": seconds(entry.starts), "expires": seconds(entry.expires),
    }  # fmt: skip


def entry_of(row: Row[Any]) -> HotEntry:
    """A row of ``ENTRY``."""
    return HotEntry(
        id=row.id, plate=row.plate, state=row.state, reason=row.reason, case=row.case_number, note=row.note,
        starts=moment(row.starts), expires=moment(row.expires),
    )  # fmt: skip


def detail_of(hit: Hit) -> str:
    """All that a hit keeps, as JSON."""
    record = {
        "read": asdict(hit.read), "list": asdict(hit.list), "entry": asdict(hit.entry), "regions": hit.regions.value,
        "reading": hit.reading, "weight": hit.weight,
    }  # fmt: skip
    return text(json.dumps(record, ensure_ascii=False, default=_written))


def hit_of(row: Row[Any], decided: Decision | None) -> Hit:
    """A row of ``HIT``. Raises HitUnreadable for what this program did not write."""
    try:
        record = json.loads(row.detail)
        read, kept, entry = record["read"], record["list"], record["entry"]
        for fields, names in (
            (read, ("at", "received")), (kept, ("starts", "expires", "updated")), (entry, ("starts", "expires")),
        ):  # fmt: skip
            for name in names:
                fields[name] = None if fields[name] is None else datetime.fromisoformat(fields[name])
        read["place"] = None if read["place"] is None else GeoPlace(**read["place"])
        read["look"] = VehicleLook(**read["look"])
        kept["urgency"], kept["reach"] = Urgency(kept["urgency"]), Tier(kept["reach"])
        return Hit(
            id=row.id, read=ReadFacts(**read), list=Hotlist(**kept), entry=HotEntry(**entry), tier=Tier(row.tier),
            regions=Regions(record["regions"]), reading=record["reading"], weight=record["weight"], reads=row.reads,
            decided=decided,
        )  # fmt: skip
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise HitUnreadable(row.id, type(error).__name__) from None


def decision_of(row: Row[Any]) -> Decision:
    """A row of ``DECISION``."""
    try:
        actor = Actor(row.actor, Role(row.role), row.station)
        at = moment(row.at)
        assert at is not None
        return Decision(row.id, row.hit, at, actor, Verdict(row.verdict), row.reason)
    except (ValueError, AssertionError):
        raise DatabaseError(f"decision {row.id}", "it is not as it was written") from None


def _written(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
