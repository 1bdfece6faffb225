"""The feeds of a site: made and started in a worker, ended beside each other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from drivers.events import Deliver, EventFeed, FeedCounts

log = logging.getLogger(__name__)


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
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="feeds")

    def renew(self) -> None:
        """Begin, or end what runs and begin anew with what ``make`` gives now; returns at once."""
        with self._lock:
            if not self._ending:
                self._worker.submit(self._begin)

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
        self._worker.shutdown(wait=True, cancel_futures=True)
        self._end()

    def _end(self) -> None:
        with self._lock:
            feeds, self._feeds = self._feeds, []
        if feeds:
            with ThreadPoolExecutor(min(16, len(feeds)), thread_name_prefix="feeds end") as pool:
                list(pool.map(lambda feed: feed.stop(), feeds))
        for feed in feeds:
            self._told(feed.name, "")

    def _begin(self) -> None:
        try:
            self._renewed()
        except Exception:  # the top of the worker: nobody waits for its end, and silence would look like a quiet city
            log.exception("the feeds failed inside the console")
            self._trouble("Plate readers may not be heard, because a fault of the console kept their feeds from it.")

    def _renewed(self) -> None:
        self._end()
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
        log.info("%s: %s", name, sentence or "nothing is wrong any more")
        self._changed(name, sentence)
        if sentence:
            self._trouble(sentence)
