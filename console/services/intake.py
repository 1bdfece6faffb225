"""The one door in: what feeds report is checked, stamped, on disk, and only then told to whoever follows.

Events wait in a line for each source, and what may be an alarm by itself waits before all others: a flood of one source
delays neither another source nor a shot. A line is bounded. When it is full, what may be merged is (the newest position
of a vehicle stands for the older ones), and counted; all else is *refused* and so stays with whoever sent it: a receipt
says False, a reader that pushes gets a 503 and comes again. Nothing that can be kept is dropped here; what never can be
(no time, no plate) is counted, and done with.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from console.model.journal import JournalEntry, NotAdmitted, admit
from console.services.follower import Follower, Handle
from console.services.intake_lines import (
    BYTES_AT_ONCE,
    MOST_BYTES,
    MOST_IN_ALL,
    MOST_OF_SOURCE,
    Delivery,
    Lines,
    Placed,
    Waiting,
)
from console.store.database import DatabaseError
from console.store.journal import MOST_AT_ONCE, Journal
from drivers.events import Event, EventKind

__all__ = ["BYTES_AT_ONCE", "MOST_AT_ONCE", "Delivery", "Intake", "IntakeCounts"]

log = logging.getLogger(__name__)

PACE_SECONDS = 0.05
"""Between two transactions of what is not urgent: what comes meanwhile shares the next. A single read does not wait."""
AGAIN_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses while the database cannot be written; the last is used for all that follow."""

WARN_SECONDS = 10.0
"""Between two lines in the log about events that cannot be kept."""


@dataclass(frozen=True, slots=True)
class IntakeCounts:
    """What the door counted since it was opened. ``waiting`` is what is not on disk yet."""

    taken: int = 0
    again: int = 0
    """Were on disk already, or wait to be."""
    merged: int = 0
    refused: int = 0
    """No room: they stay with their senders."""
    not_admitted: int = 0
    """Can never be kept: no plate in it, no time."""
    waiting: int = 0
    trouble: str = ""


class Intake:
    """``deliver`` and ``counts`` come from any thread and never wait; ``follow`` before ``start``. ``opener`` opens the
    journal, in the writer's thread, and raises DatabaseError; it is tried again. ``trouble`` takes a sentence for the
    operator, "" when it is over; it is called in the writer's thread."""

    def __init__(
        self,
        opener: Callable[[], Journal],
        trouble: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        most_of_source: int = MOST_OF_SOURCE,
        most_in_all: int = MOST_IN_ALL,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._opener, self._trouble, self._clock = opener, trouble, clock
        self._wake = threading.Condition()
        self._lines = Lines(most_of_source, most_in_all, most_bytes)
        self._in_hand = 0
        self._written_at = float("-inf")
        self._idle = False
        """Whether the writer waits for anything at all; while it keeps the pace it wakes by itself."""
        self._warned_at = float("-inf")
        self._counts = IntakeCounts()
        self._ending = False
        self._problem = ""
        """What was told last; in the writer's thread."""
        self._followers: list[Follower] = []
        self._journal: Journal | None = None
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, name="intake", daemon=True)

    # Whoever follows

    def follow(self, name: str, handle: Handle, kinds: frozenset[EventKind] | None = None) -> None:
        """``handle`` gets the entries of this console that are of these kinds (None: all), in order, in a thread of its
        own, after they are on disk, at least once: how far it came is kept, and after a crash it gets the rest. It
        must not mind an entry twice. Call it before ``start``."""
        self._followers.append(Follower(name, handle, kinds, self._trouble))

    def start(self) -> None:
        """Begin to write; returns at once."""
        self._thread.start()

    @property
    def journal(self) -> Journal | None:
        """Once it is open; for reading."""
        return self._journal

    def wait_open(self, seconds: float) -> bool:
        """Whether the journal is open, waiting so long at most."""
        return self._opened.wait(seconds)

    # What feeds do

    def deliver(self, events: Sequence[Event]) -> Delivery:
        """Take these in. Any thread, returns at once; the receipt says when they are on disk."""
        delivery, now = Delivery(len(events)), self._clock()
        admitted, bad = [], 0
        for event in events:
            try:
                admitted.append(admit(event, now))
            except NotAdmitted as problem:
                bad += 1
                self._warn(problem)
        with self._wake:
            if self._ending:
                placed = Counter({Placed.REFUSED: len(admitted)})
            else:
                placed = Counter(self._lines.place(item, delivery) for item in admitted)
            refused = placed[Placed.REFUSED]
            if bad or placed[Placed.WAITS] < len(admitted):
                counts = self._counts
                self._counts = replace(
                    counts,
                    not_admitted=counts.not_admitted + bad,
                    refused=counts.refused + refused,
                    merged=counts.merged + placed[Placed.MERGED],
                    again=counts.again + placed[Placed.AGAIN],
                )
            if self._idle or self._lines.urgent or self._lines.other >= MOST_AT_ONCE:
                self._idle = False
                self._wake.notify()
        if bad:
            delivery.settle(bad, True)  # sent again it would be no better, and hold up what comes behind it
        if refused:
            delivery.settle(refused, False)
        return delivery

    def _warn(self, problem: NotAdmitted) -> None:
        """A sender may have thousands of them a second: the counter says how many there were."""
        now = time.monotonic()
        if now >= self._warned_at + WARN_SECONDS:
            self._warned_at = now
            log.warning("%s", problem)

    def counts(self) -> IntakeCounts:
        """What was counted so far."""
        with self._wake:
            return replace(self._counts, waiting=self._lines.waiting + self._in_hand)

    # The writer

    def _run(self) -> None:
        journal = self._open()
        if journal is None:
            return
        while (batch := self._next()) is not None:
            if not self._write(journal, batch):
                return

    def _open(self) -> Journal | None:
        """Open it and let those begin who follow it, before the first event is written."""
        tries, waiting = 0, list(self._followers)
        while True:
            try:
                if self._journal is None:
                    self._journal = self._opener()
                while waiting:
                    waiting[0].start(self._journal)
                    del waiting[0]
            except DatabaseError as error:
                self._tell(
                    f"{error} What cameras and readers report cannot be kept, nor shown, until it can.", str(error)
                )
                if not self._pause(tries):
                    return None
                tries += 1
            else:
                self._tell("")
                self._opened.set()
                return self._journal

    def _next(self) -> list[Waiting] | None:
        """What is written next: all that is urgent, then of each source in turn; None at the end."""
        with self._wake:
            lines = self._lines
            while not lines.urgent:
                pause = self._written_at + PACE_SECONDS - time.monotonic()
                if lines.other >= MOST_AT_ONCE or (lines.other and (pause <= 0.0 or self._ending)):
                    break
                if self._ending:
                    return None
                self._idle = not lines.other
                self._wake.wait(None if self._idle else pause)
            self._idle = False
            batch = lines.take(MOST_AT_ONCE, BYTES_AT_ONCE)
            self._in_hand = len(batch)
            return batch

    def _write(self, journal: Journal, batch: list[Waiting]) -> bool:
        """False at the end of the program, where it could not be written."""
        try:
            entries = self._appended(journal, batch)
        except Exception:  # the top of the thread: one event that cannot be written must not hold up all others
            if len(batch) > 1:
                return all(self._write(journal, [each]) for each in batch)
            source = batch[0][0].event.source
            log.exception("an event of %s failed inside the console", source)
            self._trouble(f"{source}: an event could not be kept: see the log.")
            self._done_with(batch, False, not_admitted=1)
            return True
        if entries is None:
            self._done_with(batch, False)
            return False
        self._done_with(batch, True, taken=len(entries), again=len(batch) - len(entries))
        if entries:
            bare = [_without_pictures(entry) for entry in entries]
            for follower in self._followers:
                follower.take(bare)
        return True

    def _appended(self, journal: Journal, batch: list[Waiting]) -> list[JournalEntry] | None:
        """What is new of it; None at the end of the program, where it could not be written."""
        tries = 0
        while True:
            try:
                entries = journal.append([item for item, _ in batch])
                break
            except DatabaseError as error:
                waiting = self.counts().waiting
                self._tell(
                    f"{error} {waiting} events wait in memory and are neither kept nor shown until it can.", str(error)
                )
                if not self._pause(tries):
                    return None
                tries += 1
        self._tell("")
        self._written_at = time.monotonic()
        if tries and len(entries) < len(batch):
            # An earlier try came to the disk after all (its answer was lost, or the head could not be written): those
            # who follow were not told of its lines, and what comes next must not make them pass over these.
            for follower in self._followers:
                follower.look_back()
        return entries

    def _done_with(
        self, batch: list[Waiting], good: bool, taken: int = 0, again: int = 0,
        not_admitted: int = 0,
    ) -> None:  # fmt: skip
        with self._wake:
            counts = self._counts
            self._in_hand -= len(batch)
            self._lines.let_go(batch)
            self._counts = replace(
                counts, taken=counts.taken + taken, again=counts.again + again,
                not_admitted=counts.not_admitted + not_admitted,
            )  # fmt: skip
        self._settle(batch, good)

    def _settle(self, batch: list[Waiting], good: bool) -> None:
        settled: dict[Delivery, int] = {}
        for _, deliveries in batch:
            for delivery in deliveries:
                settled[delivery] = settled.get(delivery, 0) + 1
        for delivery, count in settled.items():
            delivery.settle(count, good)

    def _pause(self, tries: int) -> bool:
        """Wait before another try; False at the end of the program."""
        until = time.monotonic() + AGAIN_SECONDS[min(tries, len(AGAIN_SECONDS) - 1)]
        with self._wake:
            self._wake.wait_for(lambda: self._ending, until - time.monotonic())
            return not self._ending

    def _tell(self, sentence: str, problem: str = "") -> None:
        """Say what is wrong, once for each problem, though the sentence about it counts on."""
        with self._wake:
            self._counts = replace(self._counts, trouble=sentence)
        if problem != self._problem:
            self._problem = problem
            self._trouble(sentence)

    # The end

    def close(self) -> None:
        """Write what waits, let followers come as far as it is quick, and end every thread. What they had not done is
        done at the next start."""
        with self._wake:
            self._ending = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join()
        with self._wake:
            left = self._lines.all()
        self._settle(left, False)
        for follower in self._followers:
            follower.close()
        if self._journal is not None:
            self._journal.close()


def _without_pictures(entry: JournalEntry) -> JournalEntry:
    """Pictures lie in the journal; in memory they would pile up behind a slow follower."""
    event = entry.event
    if getattr(event, "plate_picture", b"") or getattr(event, "scene_picture", b""):
        return replace(entry, event=replace(event, plate_picture=b"", scene_picture=b""))  # type: ignore[call-arg]
    return entry
