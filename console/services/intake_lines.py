"""What waits at the door in: a line for each source in two lanes, bounded by number and by the bytes of pictures."""

from __future__ import annotations

import enum
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import replace

from console.model.journal import Admitted, merge_key, urgent
from drivers.events import Event, PlateRead

MOST_OF_SOURCE = 20_000
"""Events of one source that may wait: four seconds of the largest burst that is meant to pass."""
MOST_IN_ALL = 60_000
MOST_BYTES = 256 * 1024 * 1024
"""Of pictures that may wait: a reader may send a megabyte with each car."""
BYTES_AT_ONCE = 8 * 1024 * 1024
"""Of pictures in one transaction: what is urgent goes with it, and is held up where it finds no room."""
MOST_RECEIPTS = 200
"""Deliveries that may wait for one line of the journal: what is merged, and what a sender sends once more."""


class Delivery:
    """A receipt; see ``drivers.events.Receipt``. Any thread."""

    __slots__ = ("_good", "_lock", "_then", "_waiting")

    def __init__(self, waiting: int) -> None:
        self._waiting, self._good = waiting, True
        self._lock = threading.Lock()
        self._then: list[Callable[[bool], None]] = []

    def wait(self, seconds: float) -> bool:
        """Whether all of them are on disk, waiting so long at most."""
        settled = threading.Event()  # few wait like this, and thousands a second are made
        self.then(lambda good: settled.set())
        return settled.wait(seconds) and self._good

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
        for done in waiting:
            done(self._good)


Waiting = tuple[Admitted, list[Delivery]]
"""An event, and whom to tell what became of it."""


class Placed(enum.Enum):
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
        self.items: OrderedDict[object, Waiting] = OrderedDict()


class _Lane:
    """The lines of all sources, the one whose turn is next first, and how many wait in them."""

    __slots__ = ("lines", "waiting")

    def __init__(self) -> None:
        self.lines: OrderedDict[str, _Line] = OrderedDict()
        self.waiting = 0

    def take(self, most: int, most_bytes: int) -> list[Waiting]:
        """So many at most, of each source in turn; no more once their pictures have so many bytes."""
        batch: list[Waiting] = []
        size = 0
        while self.lines and len(batch) < most and size < most_bytes:
            source, line = self.lines.popitem(last=False)
            share = max(1, (most - len(batch)) // (len(self.lines) + 1))
            for _ in range(min(share, len(line.items))):
                batch.append(line.items.popitem(last=False)[1])
                size += picture_bytes(batch[-1][0].event)
                if size >= most_bytes:
                    break
            if line.items:
                self.lines[source] = line
        self.waiting -= len(batch)
        return batch


class Lines:
    """What may be an alarm waits in a lane before all else. Whoever has it guards it with a lock of its own."""

    def __init__(self, most_of_source: int, most_in_all: int, most_bytes: int) -> None:
        self._most_of_source, self._most_in_all, self._most_bytes = most_of_source, most_in_all, most_bytes
        self._urgent, self._other = _Lane(), _Lane()
        self._bytes = 0
        """Of pictures that wait, or were taken and not let go."""

    @property
    def waiting(self) -> int:
        """How many wait."""
        return self._urgent.waiting + self._other.waiting

    @property
    def urgent(self) -> int:
        """How many that may be an alarm."""
        return self._urgent.waiting

    @property
    def other(self) -> int:
        """How many of all else."""
        return self._other.waiting

    def place(self, item: Admitted, delivery: Delivery) -> Placed:
        """Let it wait, if there is room."""
        event, size = item.event, picture_bytes(item.event)
        if size and self._bytes + size > self._most_bytes:
            return Placed.REFUSED
        lane = self._urgent if urgent(event) else self._other
        line = lane.lines.get(event.source)
        if line is None:
            line = lane.lines[event.source] = _Line()
        crowded = len(line.items) * 2 >= self._most_of_source or lane.waiting * 2 >= self._most_in_all
        merging = merge_key(event) if crowded else None
        key: object = event.id if merging is None else merging
        if (older := line.items.get(key)) is not None:
            before, deliveries = older
            if len(deliveries) >= MOST_RECEIPTS:
                return Placed.REFUSED
            deliveries.append(delivery)
            if merging is None:
                return Placed.AGAIN
            line.items[key] = (replace(item, merged=before.merged + 1), deliveries)  # it keeps its place in the line
            self._bytes += size - picture_bytes(before.event)
            return Placed.MERGED
        if len(line.items) >= self._most_of_source or lane.waiting >= self._most_in_all:
            return Placed.REFUSED
        line.items[key] = (item, [delivery])
        lane.waiting += 1
        self._bytes += size
        return Placed.WAITS

    def take(self, most: int, most_bytes: int) -> list[Waiting]:
        """What is next: all that is urgent, then of each source in turn. ``let_go`` it when it is done with."""
        batch = self._urgent.take(most, most_bytes)
        return batch + self._other.take(most - len(batch), most_bytes)

    def all(self) -> list[Waiting]:
        """Everything that waits; nothing does then."""
        left: list[Waiting] = []
        while self.waiting:
            left += self.take(self.waiting, self._most_bytes)
        self.let_go(left)
        return left

    def let_go(self, batch: Sequence[Waiting]) -> None:
        """These are done with: there is room for others."""
        self._bytes -= sum(picture_bytes(item.event) for item, _ in batch)


def picture_bytes(event: Event) -> int:
    """What the pictures of an event weigh."""
    return len(event.plate_picture) + len(event.scene_picture) if isinstance(event, PlateRead) else 0
