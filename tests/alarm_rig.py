"""Desks of alarms on real databases, with clocks that a test turns by hand."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from console.model.alarm_rules import AlarmRule
from console.model.alarms import Alarm, Cause, Priority
from console.model.permissions import Actor, Policy, Role
from console.services.alarm_desk import AlarmDesk, Done
from console.services.alarm_view import AlarmsView
from console.services.audit_trail import AuditTrail
from console.store.alarms import AlarmStore
from console.store.audit import Audit
from console.store.database import DatabaseError, open_database, sqlite_url
from drivers.events import DoorEvent, Event

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
ANNA = Actor("Anna", Role.OPERATOR, "desk 1")
BERT = Actor("Bert", Role.OPERATOR, "desk 2")
GUEST = Actor("Guest", Role.VIEWER, "desk 1")


@dataclass
class Time:
    """The one clock of a site."""

    seconds: float = 0.0

    def utc(self) -> datetime:
        """Now."""
        return NOON + timedelta(seconds=self.seconds)

    def local(self) -> datetime:
        """The clock on the wall."""
        return self.utc()

    def clock(self) -> float:
        """Monotonic."""
        return self.seconds


@dataclass(frozen=True)
class Entry:
    """A journal entry."""

    seq: int
    event: Event
    received: datetime = NOON
    marks: frozenset[str] = frozenset()


def door(seq: int, what: str = "forced", door_: str = "north") -> Entry:
    """A door that was forced, or that says something else."""
    alarm = what != "closed"
    return Entry(seq, DoorEvent(source="Depot", id=str(seq), at=NOON, door=door_, what=what, alarm=alarm))


def shot(number: int, time: Time) -> Cause:
    """Something that a person has to close."""
    return Cause(
        key=f"shot {number}", kind="shot", priority=Priority.CRITICAL, title=f"Gunshot {number}", why="Heard.",
        at=time.utc(), momentary=True, latched=True, cameras=(1, 2),
    )  # fmt: skip


class Console:
    """One console of a site: its desk, and what it told. ``broken``: its database cannot be used."""

    def __init__(self, folder: Path, time: Time, station: str = "desk 1") -> None:
        self.folder, self.time, self.broken = folder, time, False
        self.troubles: list[str] = []
        self.views: list[AlarmsView] = []
        self.rules: list[AlarmRule] = []
        self.trail = AuditTrail(lambda: Audit(open_database(sqlite_url(folder / "site.db"))))
        self.desk = AlarmDesk(
            self._open, self.trail, station, self.troubles.append, Policy, lambda: tuple(self.rules), utc=time.utc,
            local=time.local, clock=time.clock,
        )  # fmt: skip
        self.desk.listen(self.views.append)
        self.desk.start()

    def _open(self) -> AlarmStore:
        if self.broken:
            raise DatabaseError("site.db", "disk full")
        return BrokenAtWill(self)

    def tick(self) -> None:
        """A second passes at this console."""
        self.desk.tick(self.time.seconds)
        self.settle()

    def settle(self) -> None:
        """Wait until the desk has done what it was given."""
        self.desk._pool.submit(lambda: None).result(10)

    def raise_(self, cause: Cause) -> str:
        """The id of what that raises."""
        return self.desk.raise_(cause).result(10)

    @property
    def alarms(self) -> dict[str, Alarm]:
        """What stands, by key."""
        return {each.key: each for each in self.desk.view.alarms}

    def only(self) -> Alarm:
        """The one alarm that stands."""
        (found,) = self.desk.view.alarms
        return found

    def acknowledge(self, alarm_id: str, actor: Actor = ANNA) -> Done:
        """Somebody takes it."""
        return self.desk.acknowledge([alarm_id], actor).result(10)

    def close(self) -> None:
        """It ends."""
        self.desk.close()
        self.trail.close()


class BrokenAtWill(AlarmStore):
    """The real store of a console whose disk may fill up."""

    def __init__(self, console: Console) -> None:
        super().__init__(open_database(sqlite_url(console.folder / "site.db")), console.desk._station)
        self._console = console

    def changing(self):  # type: ignore[no-untyped-def]
        """As it is, unless the disk is full."""
        if self._console.broken:
            raise DatabaseError("site.db", "disk full")
        return super().changing()


@dataclass
class Site:
    """Consoles on one database and one clock."""

    folder: Path
    time: Time = field(default_factory=Time)
    consoles: list[Console] = field(default_factory=list)

    def console(self, station: str = "desk 1") -> Console:
        """One more console."""
        made = Console(self.folder, self.time, station)
        made.settle()
        self.consoles.append(made)
        return made

    def restart(self, console: Console) -> Console:
        """It ends, and another begins in its place."""
        self.consoles.remove(console)
        console.close()
        return self.console()

    def pass_(self, seconds: float) -> None:
        """Time passes for all."""
        self.time.seconds += seconds
        for each in self.consoles:
            each.tick()

    def close(self) -> None:
        """All of them end."""
        for each in self.consoles:
            each.close()


def failed(future: Future[Done]) -> str:
    """Why an order was not carried out."""
    error = future.exception(10)
    assert error is not None
    return str(error)
