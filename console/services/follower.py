"""Somebody who follows the journal: gets each entry after it is on disk, in order, at least once, across crashes."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence

from console.model.journal import JournalEntry
from console.store.database import DatabaseError
from console.store.journal import Journal
from drivers.events import EventKind

log = logging.getLogger(__name__)

MOST_WAITING = 10_000
"""Entries in memory for a slow follower; beyond it reads from the disk when it gets there."""
MOST_AT_ONCE = 500
KEEP_SECONDS = 5.0
"""How far it came is written so often, and a crash repeats that much: it waits for the journal's writer each time."""
AGAIN_SECONDS = 1.0

Handle = Callable[[Sequence[JournalEntry]], None]
"""Takes entries in order. It may raise DatabaseError: it gets them again."""


class Follower:
    """The journal's one writer calls ``take`` and ``look_back``; ``handle`` runs in the follower's own thread."""

    def __init__(
        self,
        name: str,
        handle: Handle,
        kinds: frozenset[EventKind] | None,
        trouble: Callable[[str], None],
    ) -> None:
        self.name = name
        self._handle, self._kinds, self._trouble = handle, kinds, trouble
        self._wake = threading.Condition()
        self._waiting: list[JournalEntry] = []
        self._behind = True
        """Whether entries are on disk that are not in ``_waiting``: so at the start."""
        self._newest = self._told = 0
        """The last line that it was told of, and how often it was told of anything."""
        self._ending = False
        self._journal: Journal | None = None
        self._thread = threading.Thread(target=self._run, name=f"follows {name}", daemon=True)
        self._kept = self._done = 0
        self._kept_at = 0.0

    def start(self, journal: Journal) -> None:
        """Begin where it came to the last time, or for the first time with whatever is written after this call. Raises
        DatabaseError; then call it again."""
        self._done = self._kept = journal.cursor(self.name)
        self._journal = journal
        self._thread.start()

    def take(self, entries: Sequence[JournalEntry]) -> None:
        """These are on disk."""
        wanted = [entry for entry in entries if self._kinds is None or entry.event.kind in self._kinds]
        with self._wake:
            self._newest = entries[-1].seq
            self._told += 1
            if not self._behind and len(self._waiting) + len(wanted) > MOST_WAITING:
                self._waiting.clear()
                self._behind = True
            if not self._behind:
                self._waiting += wanted
            self._wake.notify()

    def look_back(self) -> None:
        """Lines may be on disk that were not handed to ``take``; called before it is handed any that come after."""
        with self._wake:
            self._waiting.clear()
            self._behind = True
            self._told += 1
            self._wake.notify()

    def close(self) -> None:
        """End after the entries in hand; how far it came is kept."""
        with self._wake:
            self._ending = True
            self._wake.notify()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while True:
            with self._wake:
                while not (self._waiting or self._behind or self._ending):
                    self._done = max(self._done, self._newest)  # what is not for this one is done as well
                    if self._kept >= self._done:
                        self._wake.wait()
                    else:
                        self._wake.wait(KEEP_SECONDS)
                        break
                ending, behind = self._ending, self._behind
                batch, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
            if ending and not batch:
                self._keep(now=True)
                return
            if behind:
                batch = self._read()
            batch = [entry for entry in batch if entry.seq > self._done]
            if batch and not self._handled(batch):
                return
            self._keep()

    def _read(self) -> list[JournalEntry]:
        """The next entries from the disk; when there are none, it is no longer behind."""
        assert self._journal is not None
        with self._wake:
            told = self._told
        try:
            found = self._journal.after(self._done, MOST_AT_ONCE, self._kinds, self._journal.station)
        except DatabaseError as error:
            log.warning("%s cannot read the journal: %s", self.name, error)
            self._pause()
            return []
        if not found:
            with self._wake:
                self._behind = self._told != told  # something came meanwhile: look again
        return found

    def _handled(self, batch: list[JournalEntry]) -> bool:
        """False at the end of the program, with entries not done."""
        while True:
            try:
                self._handle(batch)
            except DatabaseError as error:
                log.warning("%s: %s", self.name, error)
                if not self._pause():
                    return False
            except Exception:  # the top of the thread: one entry that cannot be handled must not hold up all others
                log.exception("%s failed inside the console", self.name)
                if len(batch) == 1:
                    self._trouble(
                        f"Entry {batch[0].seq} of the journal could not be handled by {self.name}: see the log."
                    )
                    break
                if not all(self._handled([entry]) for entry in batch):
                    return False
                break
            else:
                break
        self._done = max(self._done, batch[-1].seq)
        return True

    def _keep(self, now: bool = False) -> None:
        assert self._journal is not None
        due = now or time.monotonic() >= self._kept_at + KEEP_SECONDS
        if self._done == self._kept or not due:
            return
        try:
            self._journal.keep_cursor(self.name, self._done)
        except DatabaseError as error:
            log.warning("%s cannot keep how far it came: %s", self.name, error)
        else:
            self._kept = self._done
        self._kept_at = time.monotonic()

    def _pause(self) -> bool:
        with self._wake:
            self._wake.wait_for(lambda: self._ending, AGAIN_SECONDS)
            return not self._ending
