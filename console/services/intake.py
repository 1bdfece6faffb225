"""The one door in: what feeds report is checked, stamped, on disk, and only then told to whoever follows.

Events wait in a line for each source, and what may be an alarm by itself waits before all others: a flood of one source
delays neither another source nor a shot. A line is bounded. When it is full, what may be merged is (the newest position
of a vehicle stands for the older ones), and counted; all else is *refused* and so stays with whoever sent it: a receipt
says False, a reader that pushes gets a 503 and comes again. Nothing that can be kept is dropped here; what never can be
(no time, no plate) is counted, and done with.
"""

from __future__ import annotations

import enum
import logging
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from console.model.journal import Admitted, JournalEntry, NotAdmitted, admit, merge_key, urgent
from console.services.follower import Follower, Handle
from console.store.database import DatabaseError
from console.store.journal import MOST_AT_ONCE, Journal
from drivers.events import Event, EventKind, PlateRead

log = logging.getLogger(__name__)

MOST_OF_SOURCE = 20_000
"""Events of one source that may wait: four seconds of the largest burst that is meant to pass."""
MOST_IN_ALL = 60_000
MOST_BYTES = 256 * 1024 * 1024
"""Of pictures that may wait: a reader may send a megabyte with each car."""
MOST_RECEIPTS = 200
"""Deliveries that may wait for one line of the journal: what is merged, and what a sender sends once more."""
AGAIN_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses while the database cannot be written; the last is used for all that follow."""

WARN_SECONDS = 10.0
"""Between two lines in the log about events that cannot be kept."""


class Delivery:
    """A receipt; see ``drivers.events.Receipt``. Any thread."""

    def __init__(self, waiting: int) -> None:
        self._waiting, self._good = waiting, True
        self._lock = threading.Condition()
        self._then: list[Callable[[bool], None]] = []

    def wait(self, seconds: float) -> bool:
        """Whether all of them are on disk, waiting so long at most."""
        with self._lock:
            self._lock.wait_for(lambda: self._waiting == 0, seconds)
            return self._waiting == 0 and self._good

    def then(self, done: Callable[[bool], None]) -> None:
        """Call ``done`` when all are on disk, or refused."""
        with self._lock:
            if self._waiting:
                self._then.append(done)
                return
        done(self._good)

    def settle(self, count: int, good: bool) -> None:
        """So many more of them are on disk, or refused."""
        with self._lock:
            self._waiting -= count
            self._good = self._good and good
            if self._waiting:
                return
            waiting, self._then = self._then, []
            self._lock.notify_all()
        for done in waiting:
            done(self._good)


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


class _Placed(enum.Enum):
    """What became of an event that came in."""

    WAITS = enum.auto()
    MERGED = enum.auto()
    AGAIN = enum.auto()
    """The same waits already."""
    REFUSED = enum.auto()


class _Line:
    """What waits of one source: by merge key, or by its id."""

    __slots__ = ("items",)

    def __init__(self) -> None:
        self.items: OrderedDict[object, tuple[Admitted, list[Delivery]]] = OrderedDict()


class _Lane:
    """The lines of all sources, the one whose turn is next first, and how many wait in them."""

    __slots__ = ("lines", "waiting")

    def __init__(self) -> None:
        self.lines: OrderedDict[str, _Line] = OrderedDict()
        self.waiting = 0

    def take(self, most: int) -> list[tuple[Admitted, list[Delivery]]]:
        """So many at most, of each source in turn."""
        batch: list[tuple[Admitted, list[Delivery]]] = []
        while self.lines and len(batch) < most:
            source, line = self.lines.popitem(last=False)
            share = max(1, (most - len(batch)) // (len(self.lines) + 1))
            batch += [line.items.popitem(last=False)[1] for _ in range(min(share, len(line.items)))]
            if line.items:
                self.lines[source] = line
        self.waiting -= len(batch)
        return batch


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
        self._most_of_source, self._most_in_all, self._most_bytes = most_of_source, most_in_all, most_bytes
        self._wake = threading.Condition()
        self._lanes = (_Lane(), _Lane())
        """What is urgent, and all else."""
        self._bytes = 0
        """Of pictures in the lanes and in the writer's hands."""
        self._in_hand = 0
        self._warned_at = float("-inf")
        self._counts = IntakeCounts()
        self._ending = False
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
            placed = Counter(self._place(item, delivery) for item in admitted)
            counts, refused = self._counts, placed[_Placed.REFUSED]
            self._counts = replace(
                counts,
                not_admitted=counts.not_admitted + bad,
                refused=counts.refused + refused,
                merged=counts.merged + placed[_Placed.MERGED],
                again=counts.again + placed[_Placed.AGAIN],
            )
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
            waiting = sum(lane.waiting for lane in self._lanes) + self._in_hand
            return replace(self._counts, waiting=waiting)

    def _place(self, item: Admitted, delivery: Delivery) -> _Placed:
        event, size = item.event, _picture_bytes(item.event)
        if self._ending or (size and self._bytes + size > self._most_bytes):
            return _Placed.REFUSED
        lane = self._lanes[0 if urgent(event) else 1]
        line = lane.lines.get(event.source)
        if line is None:
            line = lane.lines[event.source] = _Line()
        crowded = len(line.items) * 2 >= self._most_of_source or lane.waiting * 2 >= self._most_in_all
        merging = merge_key(event) if crowded else None
        key: object = event.id if merging is None else merging
        if (older := line.items.get(key)) is not None:
            before, deliveries = older
            if len(deliveries) >= MOST_RECEIPTS:
                return _Placed.REFUSED
            deliveries.append(delivery)
            if merging is None:
                return _Placed.AGAIN
            line.items[key] = (replace(item, merged=before.merged + 1), deliveries)  # it keeps its place in the line
            self._bytes += size - _picture_bytes(before.event)
            return _Placed.MERGED
        if len(line.items) >= self._most_of_source or lane.waiting >= self._most_in_all:
            return _Placed.REFUSED
        line.items[key] = (item, [delivery])
        lane.waiting += 1
        self._bytes += size
        return _Placed.WAITS

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
                self._tell(f"{error} What cameras and readers report cannot be kept, nor shown, until it can.")
                if not self._pause(tries):
                    return None
                tries += 1
            else:
                self._tell("")
                self._opened.set()
                return self._journal

    def _next(self) -> list[tuple[Admitted, list[Delivery]]] | None:
        """What is written next: all that is urgent, then of each source in turn; None at the end."""
        with self._wake:
            while not any(lane.waiting for lane in self._lanes):
                if self._ending:
                    return None
                self._wake.wait()
            first, second = self._lanes
            batch = first.take(MOST_AT_ONCE)
            batch += second.take(MOST_AT_ONCE - len(batch))
            self._in_hand = len(batch)
            return batch

    def _write(self, journal: Journal, batch: list[tuple[Admitted, list[Delivery]]]) -> bool:
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

    def _appended(self, journal: Journal, batch: list[tuple[Admitted, list[Delivery]]]) -> list[JournalEntry] | None:
        """What is new of it; None at the end of the program, where it could not be written."""
        tries = 0
        while True:
            try:
                entries = journal.append([item for item, _ in batch])
                break
            except DatabaseError as error:
                waiting = self.counts().waiting
                self._tell(f"{error} {waiting} events wait in memory and are neither kept nor shown until it can.")
                if not self._pause(tries):
                    return None
                tries += 1
        self._tell("")
        if tries and len(entries) < len(batch):
            # An earlier try came to the disk after all (its answer was lost, or the head could not be written): those
            # who follow were not told of its lines, and what comes next must not make them pass over these.
            for follower in self._followers:
                follower.look_back()
        return entries

    def _done_with(
        self, batch: list[tuple[Admitted, list[Delivery]]], good: bool, taken: int = 0, again: int = 0,
        not_admitted: int = 0,
    ) -> None:  # fmt: skip
        with self._wake:
            counts = self._counts
            self._in_hand -= len(batch)
            self._bytes -= sum(_picture_bytes(item.event) for item, _ in batch)
            self._counts = replace(
                counts, taken=counts.taken + taken, again=counts.again + again,
                not_admitted=counts.not_admitted + not_admitted,
            )  # fmt: skip
        self._settle(batch, good)

    def _settle(self, batch: list[tuple[Admitted, list[Delivery]]], good: bool) -> None:
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

    def _tell(self, sentence: str) -> None:
        with self._wake:
            before, self._counts = self._counts.trouble, replace(self._counts, trouble=sentence)
        if sentence != before:
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
            left = [waiting for lane in self._lanes for waiting in lane.take(lane.waiting)]
        self._settle(left, False)
        for follower in self._followers:
            follower.close()
        if self._journal is not None:
            self._journal.close()


def _picture_bytes(event: Event) -> int:
    return len(event.plate_picture) + len(event.scene_picture) if isinstance(event, PlateRead) else 0


def _without_pictures(entry: JournalEntry) -> JournalEntry:
    """Pictures lie in the journal; in memory they would pile up behind a slow follower."""
    event = entry.event
    if getattr(event, "plate_picture", b"") or getattr(event, "scene_picture", b""):
        return replace(entry, event=replace(event, plate_picture=b"", scene_picture=b""))  # type: ignore[call-arg]
    return entry
