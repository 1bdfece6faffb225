"""Feeds begin in a worker, and what is wrong with one is told once, and when it is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime

from console.services.feeds import Feeds
from drivers.events import Deliver, EventFeed, FeedCounts


class FakeFeed:
    """A feed that says what a test wants."""

    name = "Reader"

    def __init__(self) -> None:
        self.started, self.stopped = threading.Event(), False
        self.trouble: Callable[[str], None] = lambda sentence: None

    def start(self, deliver: Deliver, trouble: Callable[[str], None]) -> None:
        self.trouble = trouble
        self.started.set()

    def counts(self) -> FeedCounts:
        return FeedCounts(received=3, last=datetime(2026, 11, 26, tzinfo=UTC))

    def stop(self) -> None:
        self.stopped = True


def test_trouble_is_told_once_and_its_end_and_the_beginning() -> None:
    feed = FakeFeed()
    sentences: list[str] = []
    changed: list[tuple[str, str]] = []

    def make() -> tuple[list[EventFeed], list[str]]:
        return [feed], ["Gate: no such kind."]

    def deliver(events: object) -> object:
        raise AssertionError("nothing is delivered here")

    feeds = Feeds(make, deliver, sentences.append, lambda *told: changed.append(told))  # type: ignore[arg-type]
    feeds.renew()
    assert feed.started.wait(10)
    for sentence in ("no answer", "no answer", "", "", "password refused"):
        feed.trouble(sentence)
    assert changed == [("Reader", each) for each in ("", "no answer", "", "password refused")]
    assert sentences == ["Gate: no such kind.", "no answer", "password refused"]
    assert feeds.wrong() == {"Reader": "password refused"}
    assert feeds.counts()["Reader"].received == 3
    feeds.close()
    assert feed.stopped
