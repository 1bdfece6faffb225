"""Hotlists and hits on a real disk, with a clock that stands still until a test lets time pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from console.model.hotlists import Hit, HotEntry, Hotlist
from console.model.permissions import Actor, Policy, Role
from console.services.audit_trail import AuditTrail
from console.services.hotlist_book import HotlistBook
from console.services.plate_desk import PlateDesk
from console.store.audit import Audit
from console.store.database import open_database, sqlite_url
from console.store.hotlists import HotlistStore
from console.store.plate_hits import HitStore
from drivers.events import Event, PlateRead

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
ANNA = Actor("anna", Role.OPERATOR, "desk-1")
CHIEF = Actor("chief", Role.SUPERVISOR, "desk-2")
GUEST = Actor("guest", Role.VIEWER, "desk-1")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the journal."""

    seq: int
    event: Event
    received: datetime
    station: str = "desk-1"


@dataclass(frozen=True, slots=True)
class Photos:
    """Pictures of a read."""

    plate: bytes = b""
    scene: bytes = b""


def a_read(seq: int, plate: str, at: datetime = NOW, **more: object) -> Line:
    """A plate that was read, as the journal has it."""
    read = PlateRead(source="gate", id=f"e{seq}", at=at, plate=plate, region="us-ca", camera="7")
    return Line(seq, replace(read, **more), at)  # type: ignore[arg-type]


class HotRig:
    """All of the room but its screens."""

    def __init__(self, folder: Path) -> None:
        self.now = NOW
        self.folder = folder
        self.engine = open_database(sqlite_url(folder / "watchfloor.db"))
        self.store = HotlistStore(self.engine, "desk-1", lambda: self.now, folder)
        self.hit_store = HitStore(self.engine, lambda: self.now)
        self.audit = Audit(self.engine, folder / "audit.head", lambda: self.now)
        self.trail = AuditTrail(lambda: self.audit)
        self.policy = Policy()
        self.rebuilt = 0
        self.hits: list[Hit] = []
        self.confirmed: list[Hit] = []
        self.decided: list[Hit] = []
        self.photos: dict[int, Photos] = {}
        self.troubles: list[str] = []
        self.book = HotlistBook(
            lambda: self.store, self.trail, lambda: self.policy, lambda matcher: self._count(), self.troubles.append,
            self.hit_store.forget, lambda: self.now,
        )  # fmt: skip
        self.desk = self.new_desk()

    def _count(self) -> None:
        self.rebuilt += 1

    def new_desk(self) -> PlateDesk:
        """As after a new start."""
        return PlateDesk(
            lambda: self.hit_store, lambda: self.store, lambda: self.book.matcher(0),
            lambda seq: self.photos.get(seq, Photos()), self.trail, lambda: self.policy, self.hits.append,
            self.confirmed.append, self.decided.append,
        )  # fmt: skip

    def listed(self, *entries: HotEntry | str, **facts: object) -> int:
        """A list with these on it, and a matcher that knows them."""
        wanted = replace(Hotlist(name="Stolen"), **facts)  # type: ignore[arg-type]
        list_id = self.store.keep(wanted)
        made = [each if isinstance(each, HotEntry) else HotEntry(plate=each, state="CA") for each in entries]
        staged = self.store.stage(list_id, made)
        assert staged is not None
        self.store.apply(staged, "list.csv")
        self.book.refresh()
        return list_id

    def said(self) -> list[tuple[str, str, str, str]]:
        """Who did what to what, and how it went: the newest first."""
        return [(each.actor, each.action, each.target, each.outcome) for each in self.audit.newest()]

    def close(self) -> None:
        """Let go of the disk."""
        self.book.close()
        self.trail.close()
        self.engine.dispose()
