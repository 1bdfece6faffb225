"""All of the console that looks for wanted plates: hotlists, the matcher, hits and the desk at which people decide on
them. It ends what it began.

Lists and hits have a database of their own beside that of the audit: a list of a million rows that is replaced must
keep neither a hand nor the journal waiting."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError, Future
from pathlib import Path

from sqlalchemy import Engine

from console.model.alarms import AlarmRefusal, Cause, Over, Priority
from console.model.hotlists import Decision, Hit, Tier, Verdict
from console.model.permissions import Right
from console.model.plate_sources import camera_numbered
from console.model.site import Camera
from console.services.alarm_desk import AlarmDesk, Done
from console.services.audit_trail import AuditTrail
from console.services.hit_outbox import HitOutbox
from console.services.hotlist_book import HotlistBook
from console.services.hotlist_folder import FolderNews, HotlistFolders
from console.services.intake import Intake
from console.services.plate_desk import PlateDesk
from console.services.site_book import SiteBook
from console.store.database import DatabaseError, open_database, sqlite_url
from console.store.hotlists import HotlistStore
from console.store.journal import Pictures
from console.store.journal_retention import hold
from console.store.plate_hits import HitStore, kept_until
from drivers.events import EventKind
from drivers.words import clean

log = logging.getLogger(__name__)

DATABASE = "hotlists.db"
KIND = "hit"
"""What alarms of hits are called."""
MATCHES = {
    Tier.EXACT: "Exactly {}",
    Tier.CANDIDATE: "Another reading is {}",
    Tier.FOLDED: "Look-alike of {}",
    Tier.NEAR: "One character off {}",
}
"""How sure a hit is, as its alarm says it."""
TRAIL_SECONDS = 900.0
"""The alarm of a car is over so long after it was seen last."""
ALARM_SECONDS = 10.0
"""How long a hit waits until its alarm is on disk; then the same reads come again."""

LOOK_SECONDS = 0.2
"""Between two looks meanwhile whether the console ends."""


class Wanted:
    """The Qt thread builds and closes it; the desk and the book say who may call them. ``trouble`` takes sentences for
    the operator, ``came`` each hit that is on disk; both are called in workers. ``confirmed`` is told of hits that a
    person found correct, at least once each, across crashes: see ``HitOutbox``."""

    def __init__(
        self, book: SiteBook, folder: Path, trail: AuditTrail, alarms: AlarmDesk, intake: Intake, station: str,
        trouble: Callable[[str], None], database: str = "", confirmed: Callable[[Hit], None] = lambda hit: None,
    ) -> None:  # fmt: skip
        self._book, self._folder, self._database, self._station = book, folder, database, station
        self._alarms, self._intake, self._trouble = alarms, intake, trouble
        self._opening = threading.Lock()
        self._engine: Engine | None = None
        self.came: Callable[[Hit], None] = lambda hit: None
        policy = lambda: book.site.policy  # noqa: E731 -- asked for the site as it is then
        self.lists = HotlistBook(
            self._lists, trail, policy, trouble=trouble, forget=lambda: self._hits().forget()
        )  # fmt: skip
        self._outbox = HitOutbox(self._hits, confirmed)
        self.folders = HotlistFolders(self.lists, self._brought)
        self.desk = PlateDesk(
            self._hits, self._lists, self.lists.matcher, self._pictures, trail, policy, self._hit, self._outbox.send,
            self._decided,
        )  # fmt: skip
        intake.follow("hotlists", self.desk.handle, frozenset({EventKind.PLATE}))

    def start(self) -> None:
        """Read the lists, look into folders, pass on hits that were confirmed before; returns at once."""
        self.lists.start()
        self._outbox.start()
        self.folders.start()

    def close(self) -> None:
        """End every thread. Before the intake: its follower may wait for the first matcher."""
        self.lists.end()
        self.folders.close()
        self.lists.close()
        self._outbox.close()

    def dispose(self) -> None:
        """Let go of the database, when the intake has ended."""
        with self._opening:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None

    def camera_of(self, hit: Hit) -> Camera | None:
        """The camera of the site that made the read; None where the site does not say."""
        return camera_numbered(hit.read.source, hit.read.camera, self._book.site)

    # Inside

    def _open(self) -> Engine:
        with self._opening:
            if self._engine is None:
                self._engine = open_database(self._database or sqlite_url(self._folder / DATABASE))
            return self._engine

    def _lists(self) -> HotlistStore:
        return HotlistStore(self._open(), self._station, folder=self._folder, alive=lambda: not self.lists.ending)

    def _hits(self) -> HitStore:
        return HitStore(self._open())

    def _pictures(self, seq: int) -> Pictures | None:
        journal = self._intake.journal
        return None if journal is None else journal.pictures(seq)

    def _hit(self, hit: Hit) -> None:
        """In the follower's thread: the read is kept as long as the hit, an alarm is raised, the screens are told. The
        log never says whose plate it was: who looks at that is on record."""
        journal = self._intake.journal
        if journal is not None:
            hold(journal, [hit.read.seq], f"hit {hit.id}", kept_until(hit))
        wanted = hit.decided is None or hit.decided.verdict is Verdict.CORRECT
        if wanted and not self._on_disk(self._alarms.raise_(self._cause(hit))):
            raise DatabaseError("alarms", f"the alarm of hit {hit.id} is not on disk yet")
        log.info("hit %d of list %r by %r: %s, read %d", hit.id, hit.list.name, hit.read.source, hit.tier, hit.reads)
        self.came(hit)

    def _on_disk(self, alarm: Future[str]) -> bool:
        """Whether it is, within ALARM_SECONDS; at the end of the console nobody waits for it, the next start does."""
        until = time.monotonic() + ALARM_SECONDS
        while not self.lists.ending and time.monotonic() < until:
            try:
                alarm.result(LOOK_SECONDS)
            except TimeoutError:
                continue
            except CancelledError:
                return False
            return True
        return alarm.done() and not alarm.cancelled()

    def _cause(self, hit: Hit) -> Cause:
        camera, read, entry = self.camera_of(hit), hit.read, hit.entry
        why = " ".join(part for part in (entry.reason or hit.list.reason, entry.case and f"({entry.case})") if part)
        match = MATCHES[hit.tier].format(entry.plate)
        reader = " / ".join(part for part in (read.source, read.camera) if part)
        return Cause(
            key=hit.car.key, kind=KIND, priority=Priority(hit.list.urgency.value),
            title=f"{read.plate.upper()}: {hit.list.name}", why=f"{why}. {match}" if why else match,
            at=min(read.at, read.received), source=read.source, device="" if camera is None else camera.id,
            cameras=() if camera is None else (camera.number,), place=read.place, accuracy=read.accuracy, seq=read.seq,
            hit=str(hit.id), momentary=True, lasts=TRAIL_SECONDS,
            where=clean(f"{camera.number} {camera.name}" if camera is not None else reader),
        )  # fmt: skip

    def _decided(self, hit: Hit) -> None:
        """In the worker of whoever decided: who decides on the newest hit of a car has taken its alarm, and what is no
        hit needs none."""
        decided = hit.decided
        if decided is not None:
            self._settle(hit, decided)
        self.came(hit)

    def _settle(self, hit: Hit, decided: Decision) -> None:
        """The alarm of a hit that somebody decided on. One that tells of others as well goes back to those, and waits
        for somebody who looks at them. What it is by now the desk looks up itself."""
        number = str(hit.id)
        alarms = self._alarms.view.alarms
        alarm = next((each for each in alarms if each.cause.hit == number or hit.id in each.hits), None)
        others = () if alarm is None else tuple(each for each in alarm.hits if each != hit.id)
        why = f"{decided.verdict.value} {decided.reason}".strip()
        good = decided.verdict is Verdict.CORRECT
        may = self._book.site.policy.allows(decided.actor, Right.ALARMS)
        if alarm is not None and alarm.waits and may and (good or not others):
            self._alarms.acknowledge([alarm.id], decided.actor, why, number).add_done_callback(self._took)
        if not good:
            there = self._newest(others) if alarm is not None and alarm.cause.hit == number else None
            self._alarms.over(
                Over(
                    key=hit.car.key if alarm is None else alarm.key, at=decided.at,
                    why=f"{decided.actor.name}: {why}", hit=number,
                    instead=None if there is None else self._cause(there),
                )
            )  # fmt: skip

    def _newest(self, hits: Sequence[int]) -> Hit | None:
        """The newest of these that is kept still. None where they cannot be read now: the alarm stays where it is."""
        try:
            return next((hit for each in reversed(hits) if (hit := self._hits().hit(each)) is not None), None)
        except DatabaseError as error:
            log.warning("%s", error)
            return None

    def _took(self, done: Future[Done]) -> None:
        """In the alarm desk's thread. That somebody else took it meanwhile is no trouble."""
        try:
            done.result()
        except AlarmRefusal as refusal:
            log.info("%s", refusal)
        except DatabaseError as error:
            self._trouble(str(error))

    def _brought(self, news: FolderNews) -> None:
        if not news.good:
            self._trouble(f"Hotlist {news.name}: {news.words}")
