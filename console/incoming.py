"""All of the console that takes in what the city reports: the journal, the door in, retention. It ends what it began.

The journal has a database of its own beside that of the audit: what comes in by thousands a second must not keep a hand
waiting whose entry has to be on disk first."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from console.model.camera_watch import CameraWatch
from console.model.lamp_watch import LampChange
from console.model.named_cameras import CameraNames
from console.model.plate_sources import located
from console.model.site import Site
from console.model.tile_state import TileState
from console.services.audit_trail import AuditTrail
from console.services.feeds import Feeds
from console.services.intake import Intake
from console.services.journal_keeper import JournalKeeper
from console.services.plate_search import PlateSearch
from console.services.site_book import SiteBook
from console.store.database import open_database, sqlite_url
from console.store.journal import Journal, Pictures, Projection
from console.store.plate_index import PlateIndex
from console.store.plate_store import PlateStore
from console.store.station_file import station_of
from drivers.events import CameraEvent, Event, EventFeed, LampEvent, PlateRead, Receipt, made_id

CONSOLE = "console"
"""The source of what the console itself notices."""
DATABASE, HEAD = "journal.db", "journal.head"


def journal_of(folder: Path, database: str = "", projections: Sequence[Projection] = (), station: str = "") -> Journal:
    """The journal of the console whose data lie in ``folder``, or of another ``database`` (an SQLAlchemy URL).
    ``station`` is what the console is called in it. Raises DatabaseError."""
    engine = open_database(database or sqlite_url(folder / DATABASE))
    # Consoles that share a database write one chain: none of them knows its newest line by itself.
    return Journal(engine, station or socket.gethostname(), projections, None if database else folder / HEAD)


MakeFeeds = Callable[[str], tuple[list[EventFeed], list[str]]]
"""Makes the feeds of the site for the console of this name, and says in sentences which could not be made."""


def plates_of(folder: Path, database: str = "") -> PlateStore:
    """What was read of plates, for searching, in the same database. Raises DatabaseError."""
    return PlateStore(open_database(database or sqlite_url(folder / DATABASE)))


class Incoming:
    """The Qt thread builds and closes it; what it offers may be called from any thread. ``trouble`` takes sentences for
    the operator, "" when one is over. ``make_feeds`` is called in a worker, ``feed_trouble`` with the name
    of a feed and what is wrong with it, "" when nothing is."""

    def __init__(
        self, book: SiteBook, folder: Path, trail: AuditTrail, trouble: Callable[[str], None], database: str = "",
        make_feeds: MakeFeeds = lambda station: ([], []),
        feed_trouble: Callable[[str, str], None] = lambda name, sentence: None,
    ) -> None:  # fmt: skip
        self._book, self._station = book, station_of(folder, bool(database))
        self._lock = threading.Lock()
        self._fed = (book.site.plate_sources, book.site.receiver)
        """What feeds were made for."""
        self._watch = CameraWatch()
        self.feeds = Feeds(partial(make_feeds, self._station), self._deliver, trouble, feed_trouble)
        self.intake = Intake(partial(journal_of, folder, database, (PlateIndex(),), self._station), trouble)
        self.camera_names = CameraNames(lambda: book.site)
        self.plates = PlateSearch(
            partial(plates_of, folder, database), trail, lambda: book.site.policy, self._pictures,
            names=self.camera_names,
        )  # fmt: skip
        self.keeper = JournalKeeper(lambda: self.intake.journal, lambda: book.site.keeping, trail, self._station)

    def start(self) -> None:
        """Open the journal and begin; returns at once."""
        self.intake.start()
        self.keeper.start()
        self._book.listen(self._follow)
        self.feeds.renew()

    def _follow(self, site: Site) -> None:
        """Any thread: the site as it is now."""
        wanted = (site.plate_sources, site.receiver)
        with self._lock:
            changed, self._fed = wanted != self._fed, wanted
        if changed:
            self.feeds.renew()

    def _deliver(self, events: list[Event]) -> Receipt:
        """Any thread of a feed: what a read does not say of its place, the site does."""
        site = self._book.site
        return self.intake.deliver(
            [located(event, site) if isinstance(event, PlateRead) else event for event in events]
        )

    def _pictures(self, seq: int) -> Pictures | None:
        """In a worker: what came with a read."""
        journal = self.intake.journal
        return None if journal is None else journal.pictures(seq)

    def report_cameras(self, states: Mapping[int, TileState], now: float) -> None:
        """About once a second, on the Qt thread: what tiles say of cameras; ``now`` in monotonic seconds. What changed
        enters by the door like everything else."""
        site, at = self._book.site, datetime.now(UTC)
        events: list[Event] = []
        for change in self._watch.look(states, now):
            camera, what = site.by_number(change.number), change.state.value
            if camera is not None:
                name = made_id(self._station, camera.id, what, at.isoformat())
                place, lost = camera.place, change.lost
                events.append(
                    CameraEvent(source=CONSOLE, id=name, at=at, camera=camera.id, what=what, alarm=lost, place=place)
                )
        if events:
            self.intake.deliver(events)

    def report_lamps(self, changes: Sequence[LampChange]) -> None:
        """Any thread: lamps became faulty or well again."""
        at = datetime.now(UTC)
        self.intake.deliver(
            [
                LampEvent(
                    source=change.system, id=made_id(self._station, change.lamp, change.fault, at.isoformat()), at=at,
                    lamp=change.lamp, fault=change.fault, place=change.place,
                )
                for change in changes
            ]
        )  # fmt: skip

    def close(self) -> None:
        """End every thread; what came in is on disk at last."""
        self.feeds.close()
        self.plates.close()
        self.keeper.close()
        self.intake.close()
