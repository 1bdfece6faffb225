"""Reads that come over MQTT: one client for all sources behind a broker, and a feed for each of them.

A message is acknowledged when its events are on disk. Where they cannot be stored the connection is given up, and made
again after a pause: the broker then sends everything once more that was not acknowledged.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from paho.mqtt.client import topic_matches_sub

from drivers.errors import DriverError
from drivers.events import Deliver, FeedCounts
from drivers.feeding import BadMessage, Incoming, Parser, Tally
from drivers.mqtt_link import Broker, Link

MOST_BYTES = 2 * 1024 * 1024
_MOST_WAITING = 1000
"""Messages that wait to be stored; brokers send some 20 until the first is acknowledged."""


class NotAllowed(DriverError):
    """The broker does not let us listen."""

    what = "the broker refuses the subscription"
    advice = "Allow this user to read the topics of the plate sources."


@dataclass(frozen=True, slots=True)
class MqttSource:
    """One source behind a broker. ``filter`` is the topics that it speaks on, wildcards allowed."""

    name: str
    parse: Parser
    filter: str
    zone: tzinfo = UTC


class MqttFeed:
    """The feed of one source. ``start`` and ``stop`` are called by one thread at a time, ``counts`` by any."""

    def __init__(self, source: MqttSource, client: MqttClient) -> None:
        self.name, self.source = source.name, source
        self._client = client
        self._desk: _Desk | None = None

    def start(self, deliver: Deliver, trouble: Callable[[str], None]) -> None:
        """See ``EventFeed``."""
        self._desk = _Desk(self.source, deliver, Tally(trouble))
        self._client.add(self._desk)

    def counts(self) -> FeedCounts:
        """See ``EventFeed``."""
        return FeedCounts() if self._desk is None else self._desk.tally.counts

    def stop(self) -> None:
        """See ``EventFeed``. The last source that stops ends the connection."""
        if self._desk is not None:
            self._client.remove(self._desk)


class _Desk:
    def __init__(self, source: MqttSource, deliver: Deliver, tally: Tally) -> None:
        self.source, self.deliver, self.tally = source, deliver, tally


class MqttClient:
    """The connection to one broker, while it has sources. ``add`` and ``remove`` may be called from any thread; the
    rest is called by the link, in its thread, and receipts settle in whatever thread."""

    def __init__(
        self, broker: Broker, first_delay: float = 1.0, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        """``broker.client_id`` should stay the same from run to run, and be nobody else's: the broker keeps what comes
        while we are away under it."""
        self._broker, self._first, self._now = broker, first_delay, now
        self._lock = threading.Lock()
        self._desks: tuple[_Desk, ...] = ()
        self._link: Link | None = None
        self._waiting = 0

    def feed(self, source: MqttSource) -> MqttFeed:
        """The feed of a source; it listens once it is started."""
        return MqttFeed(source, self)

    def add(self, desk: _Desk) -> None:
        """Listen for a source."""
        with self._lock:
            self._desks = (*self._desks, desk)
            link = self._link
            if link is None:
                self._link = Link(self._broker, self, self._first, self._take)
                self._link.start()
                return
        try:
            link.subscribe([desk.source.filter])
        except DriverError:  # it is subscribed to when the connection stands
            if (failed := link.failed) is not None:
                desk.tally.trouble(failed.sentence)

    def remove(self, desk: _Desk) -> None:
        """No longer listen for a source; without any the connection ends."""
        with self._lock:
            self._desks = tuple(each for each in self._desks if each is not desk)
            if self._desks or self._link is None:
                return
            link, self._link = self._link, None
        link.stop()

    def connected(self) -> None:
        """See ``LinkEvents``."""
        with self._lock:
            link, desks, self._waiting = self._link, self._desks, 0
        if link is not None:
            link.subscribe(sorted({each.source.filter for each in desks}))
        for desk in desks:
            desk.tally.trouble("")

    def lost(self, error: DriverError) -> None:
        """See ``LinkEvents``."""
        for desk in self._desks:
            desk.tally.trouble(error.sentence)

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """See ``LinkEvents``; all messages go to ``_take``."""

    def acknowledged(self, number: int) -> None:
        """See ``LinkEvents``; nothing is published."""

    def denied(self) -> None:
        """See ``LinkEvents``."""
        for desk in self._desks:
            desk.tally.trouble(NotAllowed(self._broker.name).sentence)

    def tick(self, now: float) -> None:
        """See ``LinkEvents``."""

    def _take(self, topic: str, payload: bytes, done: Callable[[], None]) -> None:
        heard = [desk for desk in self._desks if topic_matches_sub(desk.source.filter, topic)]
        if not heard:
            done()  # a subscription of an earlier run, which the broker remembers
            return
        with self._lock:
            self._waiting += 1
            crowded = self._waiting > _MOST_WAITING
        if crowded:
            self._drop("it sends more than can be stored")
            return
        open_ = _Open(len(heard), done, self)
        for desk in heard:
            self._hear(desk, topic, payload, open_)

    def _hear(self, desk: _Desk, topic: str, payload: bytes, open_: _Open) -> None:
        source, received = desk.source, self._now()
        incoming = Incoming(source.name, payload, received, topic=topic, zone=source.zone)
        try:
            if len(payload) > MOST_BYTES:
                raise BadMessage(source.name, f"a message of {len(payload)} bytes")
            events = list(source.parse(incoming))
        except BadMessage as error:
            desk.tally.bad(error.sentence)
            open_.settled(True)  # it will not be any better the next time
            return

        def stored(well: bool) -> None:
            if well:
                desk.tally.took(received, incoming.left_out)
            else:
                desk.tally.refused()
            open_.settled(well)

        if events:
            desk.deliver(events).then(stored)
        else:
            stored(True)

    def over(self, well: bool) -> None:
        """All sources that heard a message are done with it; any thread."""
        with self._lock:
            self._waiting -= 1
        if not well:
            self._drop("what it sent could not be stored here")

    def _drop(self, why: str) -> None:
        link = self._link
        if link is not None:
            link.drop(why)


class _Open:
    """A message that is not acknowledged yet. Settled in any thread."""

    def __init__(self, count: int, done: Callable[[], None], client: MqttClient) -> None:
        self._lock = threading.Lock()
        self._left, self._well = count, True
        self._done, self._client = done, client

    def settled(self, well: bool) -> None:
        """One source is done with it."""
        with self._lock:
            self._left -= 1
            self._well = self._well and well
            last = self._left == 0
        if last:
            if self._well:
                self._done()
            self._client.over(self._well)
