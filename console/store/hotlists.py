"""Hotlists and their entries in the database. Each list has one *generation* of entries that counts; a file is brought
in as another one, in small steps beside everything else that writes, compared with the first, and put in its place in
one stroke. What became of it on the way, nobody sees half a list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from console.model.hotlists import Diff, HotEntry, Hotlist, HotlistRefusal, Tier
from console.model.plate_matcher import MatchRow
from console.model.plates import normal
from console.store.database import LISTS, DatabaseError, for_writing
from console.store.hotlist_tables import (
    ENTRY,
    GENERATION,
    LIST,
    entry_of,
    entry_values,
    inserted,
    list_of,
    list_values,
    patient,
    seconds,
    text,
    told,
)
from console.store.sorted_rows import Row, in_order

STEP = 2000
"""Rows of one transaction: others that write wait for one step at most."""
PAGE = 20_000
SHOWN = 200
"""Entries of each kind that a difference shows."""
LEFT_BEHIND = 86_400.0
"""Seconds after which a generation that nobody put in place was left by a console that died."""
LONGEST_SEARCH = 100
_STAGED, _OLD = "staged", "old"
_COLUMNS = (
    "generation", "key", "plate", "state", "reason", "case_number", "note", "starts", "expires",
)  # fmt: skip
_SAID = ("plate", "state", "reason", "case_number", "note", "starts", "expires")


@dataclass(frozen=True, slots=True)
class Staged:
    """Entries that wait to replace those of a list. ``revision`` is the list's when they came."""

    generation: int
    list: int
    revision: int
    rows: int


class HotlistStore:
    """Any thread but Qt's; every call may raise DatabaseError. ``clock`` gives aware UTC."""

    def __init__(
        self,
        engine: Engine,
        station: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        folder: Path | None = None,
        alive: Callable[[], bool] = lambda: True,
    ) -> None:
        """``folder`` takes what is sorted meanwhile, None: the system's own. When ``alive`` says no, what no list needs
        is left for the next ``sweep``: nobody waits for a million rows to be removed."""
        self._engine, self._station, self._clock, self._folder = engine, station, clock, folder
        self._writing, self._alive = for_writing(engine, LISTS), alive

    # Lists

    def lists(self) -> tuple[Hotlist, ...]:
        """All of them by name."""
        with told("hotlists"), self._engine.connect() as connection:
            return tuple(list_of(row) for row in connection.execute(sa.select(LIST).order_by(LIST.c.name)))

    def one(self, list_id: int) -> Hotlist:
        """One of them. Raises HotlistRefusal where it is gone."""
        with told("hotlists"), self._engine.connect() as connection:
            return list_of(self._row(connection, list_id))

    def revision(self) -> tuple[tuple[int, int], ...]:
        """Another one after each change of any list."""
        wanted = sa.select(LIST.c.id, LIST.c.revision).order_by(LIST.c.id)
        with told("hotlists"), self._engine.connect() as connection:
            return tuple((row.id, row.revision) for row in connection.execute(wanted))

    def keep(self, wanted: Hotlist) -> int:
        """Add a list (``id`` 0) or change what it is, not its entries; its number. Raises HotlistRefusal."""
        try:
            with told("hotlists", but=IntegrityError), self._writing.begin() as connection:
                if not wanted.id:
                    generation = self._generation(connection, 0, "")
                    values = {**list_values(wanted), "source": "", "entries": 0, "revision": self._next(connection)}
                    made = inserted(connection, LIST, {**values, "generation": generation})
                    connection.execute(GENERATION.update().where(GENERATION.c.id == generation).values(list=made))
                    return made
                self._row(connection, wanted.id)
                values = {**list_values(wanted), "revision": self._next(connection)}
                connection.execute(LIST.update().where(LIST.c.id == wanted.id).values(**values))
                return wanted.id
        except IntegrityError:
            raise HotlistRefusal(f"There is a hotlist {wanted.name!r} already. Take another name.") from None

    def remove(self, list_id: int) -> None:
        """A list is gone at once, its entries in small steps. Its hits stay as long as they are kept."""
        with told("hotlists"), self._writing.begin() as connection:
            self._row(connection, list_id)
            connection.execute(GENERATION.update().where(GENERATION.c.list == list_id).values(state=_OLD))
            connection.execute(LIST.delete().where(LIST.c.id == list_id))
        self.sweep()

    # Entries

    def entries(self, list_id: int, search: str = "", most: int = 500, after: int = 0) -> tuple[HotEntry, ...]:
        """Entries whose plate, case number, reason or note has ``search`` in it, in the order in which they came;
        ``after`` the entry of this number, to go on."""
        with told("hotlists"), self._engine.connect() as connection:
            mine = ENTRY.c.generation == self._row(connection, list_id).generation
            wanted = sa.select(ENTRY).where(mine, ENTRY.c.id > after).order_by(ENTRY.c.id).limit(most)
            if search.strip():
                wanted = wanted.where(_finds(search.strip()))
                patient(connection)
            return tuple(entry_of(row) for row in connection.execute(wanted))

    def entry(self, entry_id: int) -> HotEntry | None:
        """One of them, None where it is gone."""
        with told("hotlists"), self._engine.connect() as connection:
            row = connection.execute(sa.select(ENTRY).where(ENTRY.c.id == entry_id)).first()
            return None if row is None else entry_of(row)

    def find(self, list_id: int, key: str) -> HotEntry | None:
        """The entry with this key, None where there is none. Raises HotlistRefusal where the list is gone."""
        with told("hotlists"), self._engine.connect() as connection:
            mine = ENTRY.c.generation == self._row(connection, list_id).generation
            row = connection.execute(sa.select(ENTRY).where(mine, ENTRY.c.key == text(key))).first()
            return None if row is None else entry_of(row)

    def put(self, list_id: int, entry: HotEntry, by: str) -> int:
        """Add an entry (``id`` 0) or change one; its number. Raises HotlistRefusal where another has its plate and
        state, or it is gone."""
        try:
            with told("hotlists", but=IntegrityError), self._writing.begin() as connection:
                values = entry_values(entry, self._row(connection, list_id).generation)
                if not entry.id:
                    made = inserted(connection, ENTRY, values)
                else:
                    mine = sa.and_(ENTRY.c.id == entry.id, ENTRY.c.generation == values["generation"])
                    if not connection.execute(ENTRY.update().where(mine).values(**values)).rowcount:
                        raise HotlistRefusal("The entry is gone: the list was replaced or somebody removed it.")
                    made = entry.id
                self._touch(connection, list_id, by, 0 if entry.id else 1)
                return made
        except IntegrityError:
            raise HotlistRefusal(f"{entry.plate} {entry.state} is on this list already.".replace("  ", " ")) from None

    def take_out(self, list_id: int, entry_id: int, by: str) -> HotEntry:
        """Remove one; what it was. Raises HotlistRefusal where it is gone."""
        with told("hotlists"), self._writing.begin() as connection:
            mine = sa.and_(ENTRY.c.id == entry_id, ENTRY.c.generation == self._row(connection, list_id).generation)
            row = connection.execute(sa.select(ENTRY).where(mine)).first()
            if row is None:
                raise HotlistRefusal("The entry is gone already.")
            connection.execute(ENTRY.delete().where(mine))
            self._touch(connection, list_id, by, -1)
            return entry_of(row)

    def match_rows(self) -> Iterator[MatchRow]:
        """What matching needs of all entries of all lists that are on, in pages."""
        columns = (ENTRY.c.id, ENTRY.c.plate, ENTRY.c.state, ENTRY.c.starts, ENTRY.c.expires)
        with told("hotlists"), self._engine.connect() as connection:
            lists = connection.execute(sa.select(LIST.c.id, LIST.c.generation).where(LIST.c.enabled == 1)).all()
            for list_id, generation in lists:
                last = 0
                while True:
                    wanted = sa.select(*columns).where(ENTRY.c.generation == generation, ENTRY.c.id > last)
                    rows = connection.execute(wanted.order_by(ENTRY.c.id).limit(PAGE)).all()
                    for row in rows:
                        yield MatchRow(row.id, list_id, normal(row.plate), row.state, row.starts, row.expires)
                    if len(rows) < PAGE:
                        break
                    last = rows[-1].id

    # Replacing

    def stage(
        self, list_id: int, entries: Iterable[HotEntry], go_on: Callable[[int], bool] = lambda rows: True
    ) -> Staged | None:
        """Bring entries in beside those that count, the first of each key; ``go_on`` is told how many came (twice: as
        they are read, and again as they are written) and says whether to go on. None where it did not, and nothing is
        left then."""
        with told("hotlists"), self._writing.begin() as connection:
            revision = self._row(connection, list_id).revision
            generation = self._generation(connection, list_id, _STAGED)
        rows, complete = 0, False
        try:
            ordered = in_order(_numbered(entries), go_on, self._folder)
            if ordered is None:
                return None
            for some in batched(_once(ordered), STEP):
                values = [dict(zip(_COLUMNS, (generation, row[0], *row[2:]), strict=True)) for row in some]
                with told("hotlists"), self._writing.begin() as connection:
                    connection.execute(ENTRY.insert(), values)
                rows += len(some)
                if not go_on(rows):
                    return None
            complete = True
        except OSError as error:
            raise DatabaseError("hotlists", f"no room to sort a list: {error.strerror or error}") from error
        finally:
            if not complete:
                self.discard(Staged(generation, list_id, revision, rows))
        return Staged(generation, list_id, revision, rows)

    def diff(self, staged: Staged) -> Diff:
        """What would change."""
        old, new = ENTRY.alias("old"), ENTRY.alias("new")
        both = sa.and_(old.c.key == new.c.key, new.c.generation == staged.generation)
        changed = sa.or_(*(old.c[name].is_distinct_from(new.c[name]) for name in _SAID))
        with told("hotlists"), self._engine.connect() as connection:
            patient(connection)
            generation = self._row(connection, staged.list).generation
            mine = old.c.generation == generation

            def count(wanted: sa.Select[int]) -> int:
                return int(connection.execute(wanted).scalar_one())

            in_all = count(sa.select(sa.func.count()).select_from(old).where(mine))
            shared = count(sa.select(sa.func.count()).select_from(old.join(new, both)).where(mine))
            other = count(sa.select(sa.func.count()).select_from(old.join(new, both)).where(mine, changed))
            removed = self._lacking(connection, generation, staged.generation)
            added = self._lacking(connection, staged.generation, generation)
            pairs = (
                sa.select(old.c.id.label("was"), new.c.id.label("comes"))
                .select_from(old.join(new, both)).where(mine, changed).order_by(old.c.id).limit(SHOWN)
            )  # fmt: skip
            ids = [(row.was, row.comes) for row in connection.execute(pairs)]
            found = self._by_id(connection, [each for pair in ids for each in pair])
            first = tuple((found[was], found[comes]) for was, comes in ids)
        return Diff(staged.rows - shared, in_all - shared, other, shared - other, added, removed, first)

    def apply(self, staged: Staged, source: str, taken: str = "", reach: Tier | None = None) -> Hotlist:
        """Put them in place, in one stroke; ``taken`` is the mark of a file of the list's folder, ``reach`` how far the
        list matches from now on (None: as before). Raises HotlistRefusal where the list changed since they came, or
        they are gone."""
        with told("hotlists"), self._writing.begin() as connection:
            row = self._row(connection, staged.list)
            if row.revision != staged.revision:
                raise HotlistRefusal("Somebody changed the list meanwhile. Look at the difference again.")
            there = sa.and_(GENERATION.c.id == staged.generation, GENERATION.c.state == _STAGED)
            if not connection.execute(GENERATION.update().where(there).values(state="")).rowcount:
                raise HotlistRefusal("What was brought in is gone. Import the file again.")
            connection.execute(GENERATION.update().where(GENERATION.c.id == row.generation).values(state=_OLD))
            values = {
                "generation": staged.generation, "source": text(source), "updated": seconds(self._clock()),
                "entries": staged.rows, **({"taken": text(taken)} if taken else {}),
                **({} if reach is None else {"reach": reach.value}),
            }  # fmt: skip
            connection.execute(
                LIST.update().where(LIST.c.id == staged.list).values(**values, revision=self._next(connection))
            )
        return self.one(staged.list)

    def discard(self, staged: Staged) -> None:
        """Forget what was brought in."""
        with told("hotlists"), self._writing.begin() as connection:
            there = sa.and_(GENERATION.c.id == staged.generation, GENERATION.c.state == _STAGED)
            connection.execute(GENERATION.update().where(there).values(state=_OLD))
        self.sweep()

    def sweep(self) -> int:
        """Remove, in small steps, what no list needs any more: replaced generations, those that a console left behind,
        entries that were over longer ago than their list keeps its hits. How many."""
        now = self._clock().timestamp()
        gone = 0
        with told("hotlists"), self._engine.connect() as connection:
            left = sa.and_(GENERATION.c.state == _STAGED, GENERATION.c.at < now - LEFT_BEHIND)
            wanted = sa.select(GENERATION.c.id).where(sa.or_(GENERATION.c.state == _OLD, left))
            old = [row.id for row in connection.execute(wanted)]
            kept = connection.execute(sa.select(LIST.c.generation, LIST.c.keep_days)).all()
        for generation in old:
            gone += self._remove_where(ENTRY.c.generation == generation)
            if not self._alive():
                return gone
            with told("hotlists"), self._writing.begin() as connection:
                connection.execute(GENERATION.delete().where(GENERATION.c.id == generation))
        for generation, days in kept:
            over = sa.and_(ENTRY.c.generation == generation, ENTRY.c.expires < now - days * 86_400.0)
            gone += (removed := self._remove_where(over))
            if removed:
                with told("hotlists"), self._writing.begin() as connection:
                    mine = LIST.c.generation == generation
                    connection.execute(LIST.update().where(mine).values(entries=LIST.c.entries - removed))
        return gone

    # Inside

    def _remove_where(self, which: sa.ColumnElement[bool]) -> int:
        some = sa.select(ENTRY.c.id).where(which).limit(STEP)
        gone = 0
        while self._alive():
            with told("hotlists"), self._writing.begin() as connection:
                removed = connection.execute(ENTRY.delete().where(ENTRY.c.id.in_(some))).rowcount
            gone += removed
            if removed < STEP:
                break
        return gone

    def _lacking(self, connection: Connection, of: int, in_: int) -> tuple[HotEntry, ...]:
        """The first entries of one generation that another has not."""
        one, other = ENTRY.alias("one"), ENTRY.alias("other")
        there = sa.exists().where(other.c.generation == in_, other.c.key == one.c.key)
        wanted = sa.select(one).where(one.c.generation == of, ~there).order_by(one.c.id).limit(SHOWN)
        return tuple(entry_of(row) for row in connection.execute(wanted))

    def _by_id(self, connection: Connection, ids: Sequence[int]) -> dict[int, HotEntry]:
        rows = connection.execute(sa.select(ENTRY).where(ENTRY.c.id.in_(ids)))
        return {row.id: entry_of(row) for row in rows}

    def _row(self, connection: Connection, list_id: int) -> sa.Row[tuple[object, ...]]:
        row = connection.execute(sa.select(LIST).where(LIST.c.id == list_id)).first()
        if row is None:
            raise HotlistRefusal("The hotlist is gone: somebody removed it.")
        return row

    def _touch(self, connection: Connection, list_id: int, by: str, more: int) -> None:
        values = {
            "updated": seconds(self._clock()), "source": text(by), "revision": self._next(connection),
            "entries": LIST.c.entries + more,
        }  # fmt: skip
        connection.execute(LIST.update().where(LIST.c.id == list_id).values(**values))

    def _next(self, connection: Connection) -> int:
        """A revision above all that there are."""
        return int(connection.execute(sa.select(sa.func.coalesce(sa.func.max(LIST.c.revision), 0))).scalar_one()) + 1

    def _generation(self, connection: Connection, list_id: int, state: str) -> int:
        values = {"list": list_id, "at": self._clock().timestamp(), "station": self._station, "state": state}
        return inserted(connection, GENERATION, values)


def _finds(search: str) -> sa.ColumnElement[bool]:
    """Where a plate, however it is spelled, or a text has this in it."""
    words = search[:LONGEST_SEARCH]
    told_in = [ENTRY.c[name].icontains(words, autoescape=True) for name in ("plate", "reason", "case_number", "note")]
    plate = normal(words)
    if plate:
        told_in.append(ENTRY.c.key.like(f"%{plate}%|%"))
    return sa.or_(*told_in)


def _numbered(entries: Iterable[HotEntry]) -> Iterator[Row]:
    for number, entry in enumerate(entries):
        words = (text(each) for each in (entry.plate, entry.state, entry.reason, entry.case, entry.note))
        yield text(entry.key), number, *words, seconds(entry.starts), seconds(entry.expires)


def _once(rows: Iterable[Row]) -> Iterator[Row]:
    """The first of each key."""
    before: object = None
    for row in rows:
        if row[0] != before:
            before = row[0]
            yield row
