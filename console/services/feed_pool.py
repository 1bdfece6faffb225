"""All cameras that are shown somewhere: one feed a camera, however many tiles and windows show it."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.services.feed import Feed, Need, Resolve
from console.services.stream import Stream, StreamFacts
from drivers.interfaces import VideoOpener
from drivers.types import Picture, StreamProfile

SWITCH_INTERVAL = 0.001
"""Seconds after which a thread must offer the GIL: the Qt thread waits for it behind dozens of workers."""


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A camera as the pool needs it: what it offers and how to turn a profile into a request (in a worker)."""

    number: int
    name: str
    profiles: tuple[StreamProfile, ...]
    resolve: Resolve
    access: str = ""
    """How it is reached (transport, name of the credentials): when this changes the streams are opened anew."""

    def same_as(self, other: FeedSource) -> bool:
        """Whether running streams may go on. ``resolve`` is a function and says nothing by comparison."""
        return (self.name, self.profiles, self.access) == (other.name, other.profiles, other.access)


class FeedPool:
    """Only the Qt thread calls it. Decoding is bounded by a few slots, about the cores, whatever the streams."""

    def __init__(
        self, opener: VideoOpener, clock: Callable[[], float] = time.monotonic, slots: int | None = None
    ) -> None:
        self._opener, self._clock = opener, clock
        self._slots = threading.Semaphore(slots or max(2, os.cpu_count() or 2))
        self._sources: dict[int, FeedSource] = {}
        self._feeds: dict[int, Feed] = {}
        self._leaving: list[Stream] = []
        sys.setswitchinterval(SWITCH_INTERVAL)

    def offer(self, sources: Sequence[FeedSource]) -> None:
        """The cameras that exist now. Feeds of cameras that changed or went are closed; the tiles ask again."""
        fresh = {source.number: source for source in sources}
        for number, feed in list(self._feeds.items()):
            old, new = self._sources.get(number), fresh.get(number)
            if new is None or old is None or not new.same_as(old):
                self._leaving += feed.stop()
                del self._feeds[number]
        self._sources = fresh

    def need(self, number: int, who: object, need: Need | None) -> None:
        """Tile ``who`` wants camera ``number`` like this; None: not any more. Unknown numbers are ignored."""
        feed = self._feeds.get(number)
        if feed is None:
            source = self._sources.get(number)
            if need is None or source is None:
                return
            feed = Feed(number, source.name, source.profiles, source.resolve, self._opener, self._slots, self._clock)
            self._feeds[number] = feed
        feed.need(who, need)
        # A camera that refused its login stays remembered when its tile goes: asking it again with the same password
        # each time a layout comes back would lock the account.
        if not feed.needed and not feed.refused:
            self._leaving += feed.stop()
            del self._feeds[number]

    def collect(self) -> dict[int, Picture]:
        """New pictures by camera number since the last call."""
        new = {}
        for number, feed in self._feeds.items():
            picture = feed.take()
            if picture is not None:
                new[number] = picture
        return new

    @property
    def shown(self) -> int:
        """How many cameras are shown."""
        return sum(feed.needed for feed in self._feeds.values())

    def feed(self, number: int) -> Feed | None:
        """The feed of a camera that is shown, else None."""
        return self._feeds.get(number)

    def retry(self, number: int) -> None:
        """Try this camera again now."""
        feed = self._feeds.get(number)
        if feed is not None:
            feed.retry()

    def check(self) -> None:
        """About once a second: watch for stuck workers and let ended ones go."""
        for feed in self._feeds.values():
            feed.check()
        self._leaving = [stream for stream in self._leaving if not stream.join(0)]

    def all_facts(self) -> dict[int, StreamFacts]:
        """Facts of every shown camera."""
        found = {number: feed.facts() for number, feed in self._feeds.items() if feed.needed}
        return {number: facts for number, facts in found.items() if facts is not None}

    def close(self, timeout: float = 6.0) -> bool:
        """End everything; False if a worker did not end in ``timeout`` seconds (it is a daemon and ends with us)."""
        for feed in self._feeds.values():
            self._leaving += feed.stop()
        self._feeds.clear()
        deadline = time.monotonic() + timeout
        return all(stream.join(max(0.0, deadline - time.monotonic())) for stream in self._leaving)
