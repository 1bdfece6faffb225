"""The feeds of a site: begun in a worker, what is wrong is told once, all ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from console.services.feeds import Feeds
from console.services.intake import Delivery
from drivers.events import Deliver, Event, FeedCounts

PATIENCE = 20.0


class FakeFeed:
    """A feed that remembers what was done to it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.started, self.stopped = threading.Event(), 0
        self.tell: Callable[[str], None] = lambda sentence: None

    def start(self, deliver: Deliver, trouble: Callable[[str], None]) -> None:
        self.tell = trouble
        self.started.set()

    def counts(self) -> FeedCounts:
        return FeedCounts(received=7)

    def stop(self) -> None:
        self.stopped += 1


def nothing(events: list[Event]) -> Delivery:
    return Delivery(0)


@pytest.fixture
def told() -> list[str]:
    return []


def test_what_could_be_made_runs_and_what_could_not_is_told(told: list[str]) -> None:
    gate, quay = FakeFeed("gate"), FakeFeed("quay")
    feeds = Feeds(lambda: ([gate, quay], ["Plate source 'north' is left out."]), nothing, told.append)
    feeds.renew()
    assert gate.started.wait(PATIENCE)
    assert quay.started.wait(PATIENCE)
    assert told == ["Plate source 'north' is left out."]
    assert feeds.counts()["quay"].received == 7
    feeds.close()
    assert (gate.stopped, quay.stopped) == (1, 1)


def test_what_is_wrong_is_told_once_and_can_be_asked_until_it_is_over(told: list[str]) -> None:
    gate = FakeFeed("gate")
    feeds = Feeds(lambda: ([gate], []), nothing, told.append)
    feeds.renew()
    assert gate.started.wait(PATIENCE)
    for sentence in ("no answer", "no answer", "", "no answer"):
        gate.tell(sentence)
    assert told == ["no answer", "no answer"]
    assert feeds.wrong() == {"gate": "no answer"}
    gate.tell("")
    assert feeds.wrong() == {}
    feeds.close()


def test_an_end_while_they_are_made_starts_none(told: list[str]) -> None:
    gate, may, asked = FakeFeed("gate"), threading.Event(), threading.Event()

    def make() -> tuple[list[FakeFeed], list[str]]:
        asked.set()
        assert may.wait(PATIENCE)
        return [gate], []

    feeds = Feeds(make, nothing, told.append)
    feeds.renew()
    assert asked.wait(PATIENCE)
    ending = threading.Thread(target=feeds.close)
    ending.start()
    may.set()
    ending.join(PATIENCE)
    assert gate.stopped == int(gate.started.is_set()), "what was begun was ended"
    Feeds(lambda: ([], []), nothing, told.append).close()


def test_a_fault_that_keeps_feeds_away_is_no_silence(told: list[str], caplog: pytest.LogCaptureFixture) -> None:
    def make() -> tuple[list[FakeFeed], list[str]]:
        raise OSError("a fault of ours")

    feeds = Feeds(make, nothing, told.append)
    feeds.renew()
    feeds.renew()
    with ThreadPoolExecutor(1) as pool:
        pool.submit(feeds.close).result(PATIENCE)
    assert told
    assert all("Plate readers may not be heard" in sentence for sentence in told)
    assert "a fault of ours" in caplog.text
    caplog.clear()
