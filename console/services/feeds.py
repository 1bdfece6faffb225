"""The feeds of a site: made and started in a worker, ended beside each other."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from drivers.events import Deliver, EventFeed, FeedCounts


class Feeds:
    """``start`` and ``close`` come from one thread, the rest from any. ``make`` gives the feeds and sentences about
    those that could not be made; ``trouble`` takes sentences for the operator, in threads of the feeds, and ``changed``
    the name of a feed with what is wrong with it from now on, "" for nothing, as it is at the beginning."""

    def __init__(
        self,
        make: Callable[[], tuple[list[EventFeed], list[str]]],
        deliver: Deliver,
        trouble: Callable[[str], None],
        changed: Callable[[str, str], None] = lambda name, sentence: None,
    ) -> None:
        self._make, self._deliver, self._trouble, self._changed = make, deliver, trouble, changed
        self._lock = threading.Lock()
        self._feeds: list[EventFeed] = []
        self._wrong: dict[str, str] = {}
        self._ending = False
        self._worker = threading.Thread(target=self._begin, name="feeds", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._worker.start()

    def counts(self) -> dict[str, FeedCounts]:
        """What each feed counted, by its name."""
        with self._lock:
            feeds = list(self._feeds)
        return {feed.name: feed.counts() for feed in feeds}

    def wrong(self) -> dict[str, str]:
        """What is wrong now, by the name of the feed."""
        with self._lock:
            return dict(self._wrong)

    def close(self) -> None:
        """End all feeds and wait for them."""
        with self._lock:
            self._ending = True
        if self._worker.ident is not None:
            self._worker.join()
        if self._feeds:
            with ThreadPoolExecutor(min(16, len(self._feeds)), thread_name_prefix="feeds end") as pool:
                list(pool.map(lambda feed: feed.stop(), self._feeds))

    def _begin(self) -> None:
        feeds, problems = self._make()
        for problem in problems:
            self._trouble(problem)
        for feed in feeds:
            with self._lock:
                if self._ending:
                    return
                self._feeds.append(feed)
            self._changed(feed.name, "")
            feed.start(self._deliver, partial(self._told, feed.name))

    def _told(self, name: str, sentence: str) -> None:
        """In a thread of the feed."""
        with self._lock:
            before = self._wrong.pop(name, "")
            if sentence:
                self._wrong[name] = sentence
        if sentence == before:
            return
        self._changed(name, sentence)
        if sentence:
            self._trouble(sentence)
