"""What every feed of events needs, whatever it speaks: one message that came in, what is wrong with it, and counts.

A parser is a pure function ``Incoming -> events``. It raises ``BadMessage`` for what it cannot understand, gives
nothing for what is no event (a heartbeat), and counts in ``Incoming.left_out`` what it had to leave out of an event.
"""

from __future__ import annotations

import logging
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from http import HTTPStatus

from drivers.errors import BadAnswer, DriverError, Refused
from drivers.events import Deliver, Event, FeedCounts, PlateRead
from drivers.words import clean

logger = logging.getLogger(__name__)

STORE_SECONDS = 5.0
"""How long a sender waits for its events to be on disk."""
_REMEMBERED = 1000
_BETTER = 0.05
_AGAIN_SECONDS = 60.0
_LONGEST_PAUSE = 40.0
_READ_SECONDS = 10.0
"""So long a sentence about a message stays."""


class BadMessage(BadAnswer):
    """A message that is understood as far as it goes, and is not what this kind of source sends. ``status`` is what
    an HTTP sender is answered."""

    what = "sent something that cannot be understood"
    advice = "Check that its kind is the right one in the site file, and what it is set to send."
    status = HTTPStatus.UNPROCESSABLE_ENTITY


class Unreadable(BadMessage):
    """Not JSON, not XML, not multipart, or cut off."""

    status = HTTPStatus.BAD_REQUEST


class WrongType(BadMessage):
    """A content type that this kind of source does not send."""

    status = HTTPStatus.UNSUPPORTED_MEDIA_TYPE


class TooMuch(BadMessage):
    """More than one message may bring."""

    status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE


@dataclass(slots=True)
class Incoming:
    """One message of the source ``source``, received at ``received``. ``zone`` is where clocks without a zone of their
    own stand; ``topic`` that of a message of a broker."""

    source: str
    body: bytes
    received: datetime
    content_type: str = ""
    topic: str = ""
    zone: tzinfo = UTC
    left_out: int = 0
    """Pictures and candidates that a parser left out of what it gave."""


Parser = Callable[[Incoming], Sequence[Event]]


class Tally:
    """Counts of a feed, and its trouble: each sentence is told when it changes, not each time, and those about
    messages seldom enough for somebody to read them. Any thread; ``tell`` is called outside of the lock, in the thread
    of whoever found the trouble."""

    def __init__(self, tell: Callable[[str], None], clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._counts = FeedCounts()
        self._sentence = ""
        self._about_message, self._said = False, float("-inf")
        self._tell, self._clock = tell, clock

    def took(self, received: datetime, left_out: int = 0) -> None:
        """A message was understood, and is on disk where it brought events."""
        with self._lock:
            now = self._counts
            self._counts = replace(
                now, received=now.received + 1, left_out=now.left_out + left_out, last=_later(now.last, received)
            )
            over = self._about_message and self._clock() - self._said >= _READ_SECONDS
        if over:
            self.trouble("")

    def bad(self, sentence: str) -> None:
        """A message was not understood, or came from somebody with a wrong password."""
        self.refused()
        with self._lock:
            if self._clock() - self._said < _READ_SECONDS:
                return
        self.trouble(sentence, True)

    def refused(self, count: int = 1) -> None:
        """A message, or several, was not understood or not let in."""
        with self._lock:
            self._counts = replace(self._counts, refused=self._counts.refused + count)

    def over(self, sentence: str) -> None:
        """That is not so any more; what was said since then stays."""
        with self._lock:
            said = self._sentence == sentence
        if said:
            self.trouble("")

    def trouble(self, sentence: str, about_message: bool = False) -> None:
        """What is wrong now; "" for nothing."""
        with self._lock:
            same, self._sentence = sentence == self._sentence, sentence
            self._about_message = about_message
            self._said = self._clock() if about_message else float("-inf")
        if not same:
            self._tell(sentence)

    @property
    def counts(self) -> FeedCounts:
        """The counts as they are now."""
        with self._lock:
            return self._counts


class Coalescer:
    """Leaves out what a stream repeats with every picture: a read of the same car with the same plate, unless it is
    surer by a good step or comes much later. One thread."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], tuple[str, float, datetime]] = OrderedDict()

    def fresh(self, events: Sequence[Event]) -> list[Event]:
        """What of it is new."""
        return [each for each in events if not isinstance(each, PlateRead) or not each.car or self._new(each)]

    def _new(self, read: PlateRead) -> bool:
        key, sure = (read.camera, read.car), read.confidence or 0.0
        before = self._seen.get(key)
        if before is not None:
            plate, best, at = before
            since = (read.at - at).total_seconds()
            if plate == read.plate and sure < best + _BETTER and abs(since) < _AGAIN_SECONDS:
                return False
        self._seen[key] = (read.plate, sure, read.at)
        self._seen.move_to_end(key)
        while len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        return True


class NotStored(DriverError):
    """The console itself could not store what came."""

    what = "what it sent could not be stored here"
    advice = "Look at the database and the disk of this console; it is tried again by itself."


class PolledFeed(ABC):
    """A feed that asks one device, in a thread of its own, and connects again after growing pauses. A refused password
    is not sent again. ``start`` and ``stop`` are called by one thread at a time, ``counts`` by any; the rest happens in
    the feed's thread."""

    def __init__(self, name: str, parse: Parser, zone: tzinfo = UTC, first_pause: float = 2.0) -> None:
        self.name = name
        self.ending = threading.Event()
        self.tally = Tally(lambda sentence: None)
        self._parse, self._zone, self._first = parse, zone, first_pause
        self._thread: threading.Thread | None = None
        self._deliver: Deliver | None = None
        self._worked = False

    def start(self, deliver: Deliver, trouble: Callable[[str], None]) -> None:
        """See ``EventFeed``."""
        self._deliver, self.tally = deliver, Tally(trouble)
        self.ending.clear()
        self._thread = threading.Thread(target=self._run, name=f"feed {self.name}")
        self._thread.start()

    def counts(self) -> FeedCounts:
        """See ``EventFeed``."""
        return self.tally.counts

    def stop(self) -> None:
        """See ``EventFeed``. Takes as long as the device may take to answer: some seconds."""
        self.ending.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    @abstractmethod
    def serve(self) -> None:
        """Connect, and take what comes until ``ending``. Raises DriverError."""

    def works(self) -> None:
        """The connection stands."""
        self._worked = True
        self.tally.trouble("")

    def take(self, body: bytes, fresh: Callable[[Sequence[Event]], Sequence[Event]] = lambda events: events) -> None:
        """Parse a message, and hand its events in until they are stored: the device does not keep them for us.
        ``fresh`` may leave some out."""
        received = datetime.now(UTC)
        incoming = Incoming(self.name, body, received, zone=self._zone)
        try:
            events = list(fresh(self._parse(incoming)))
        except BadMessage as error:
            self.tally.bad(error.sentence)
            return
        while events and not self._stored(events):
            if self.ending.is_set():
                return
            self.tally.trouble(NotStored(self.name).sentence)
            self.ending.wait(1.0)
        if events:
            self.tally.took(received, incoming.left_out)

    def _stored(self, events: list[Event]) -> bool:
        assert self._deliver is not None
        verdict: list[bool] = []
        settled = threading.Event()

        def done(stored: bool) -> None:
            verdict.append(stored)
            settled.set()

        self._deliver(events).then(done)
        until = time.monotonic() + STORE_SECONDS
        while not settled.wait(0.25):
            if self.ending.is_set() or time.monotonic() > until:
                return False
        return verdict[0]

    def _run(self) -> None:
        pause = self._first
        while not self.ending.is_set():
            self._worked = False
            try:
                self.serve()
            except Refused as error:
                self.tally.trouble(error.sentence)
                return
            except DriverError as error:
                self.tally.trouble(error.sentence)
            except Exception as error:  # a thread's top: whatever a device's bytes did here is told, and tried again
                logger.exception("%s: the feed failed unexpectedly", self.name)
                self.tally.trouble(BadAnswer(self.name, clean(f"{type(error).__name__}: {error}")).sentence)
            pause = self._first if self._worked else min(_LONGEST_PAUSE, pause * 2)
            self.ending.wait(pause)


def _later(one: datetime | None, other: datetime) -> datetime:
    return other if one is None or other > one else one
