"""How often the screen looks for new pictures, and who wakes it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from typing import cast

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.services.feed_pool import FeedPool
from console.ui import pulse as module
from console.ui.pulse import FASTEST_MS, MANY, SLOWEST_MS, Pulse, interval_for
from drivers.types import Picture


@pytest.mark.parametrize(
    ("streams", "fastest", "beat"),
    [
        (16, 15.0, SLOWEST_MS),
        (16, 25.0, FASTEST_MS),
        (16, 0.0, FASTEST_MS),  # a stream that does not say may be a quick one
        (MANY + 1, 25.0, SLOWEST_MS),
        (0, 0.0, FASTEST_MS),
    ],
)
def test_no_picture_of_the_quickest_stream_waits_for_more_than_half_of_its_time(
    streams: int, fastest: float, beat: int
) -> None:
    assert interval_for(streams, fastest) == beat
    if fastest and streams <= MANY:
        assert beat <= 1000 / fastest / 1.9


# --- when rounds bring the pictures ---------------------------------------------------------------------------------


class FakePool:
    """As much of a FeedPool as the pulse looks at."""

    shown, fastest = 1, 15.0

    def __init__(self) -> None:
        self.came: Callable[[], None] | None = None
        self.beats: list[float] = []
        self.checks = self.collected = 0
        self.new: dict[int, Picture] = {}

    def tell(self, came: Callable[[], None] | None) -> None:
        """Who is told of each round."""
        self.came = came

    def collect(self) -> dict[int, Picture]:
        """What is new."""
        self.collected += 1
        new, self.new = self.new, {}
        return new

    def beat(self, seconds: float) -> None:
        """How often the rounds go."""
        self.beats.append(seconds)

    def check(self) -> None:
        """About once a second."""
        self.checks += 1

    def round(self, times: int = 1) -> None:
        """So many rounds end, in a thread of their own."""
        came = self.came
        assert came is not None
        thread = threading.Thread(target=lambda: [came() for _ in range(times)], name="rounds")
        thread.start()
        thread.join(20)
        assert not thread.is_alive()


@pytest.fixture
def pool() -> FakePool:
    return FakePool()


@pytest.fixture
def pulse(qapp: QApplication, pool: FakePool, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pulse]:
    """It beats by itself only when the test is patient: about once an hour."""
    monkeypatch.setattr(module, "PATIENCE_MS", 3_600_000)
    made = Pulse(cast(FeedPool, pool))
    made._timer.setInterval(3_600_000)
    made.start()
    yield made
    made.stop()
    made.deleteLater()


def picture() -> Picture:
    return Picture(memoryview(bytes(16)), 2, 2, 8, 0.0, 0.0, 2, 2)


def test_the_end_of_a_round_beats_at_once(qapp: QApplication, pulse: Pulse, pool: FakePool) -> None:
    got: list[Mapping[int, Picture]] = []
    pulse.attach(got.append)
    pool.new = {7: picture()}
    pool.round()
    assert pool.collected == 0  # on the Qt thread and nowhere else
    qapp.processEvents()
    assert (pool.collected, [list(each) for each in got]) == (1, [[7]])
    assert pool.checks == 1
    assert pool.beats == [interval_for(1, 15.0) / 1000]
    pool.round()
    qapp.processEvents()
    assert (pool.collected, len(got)) == (2, 1)  # nothing new is given to nobody


def test_one_wake_up_waits_at_most(qapp: QApplication, pulse: Pulse, pool: FakePool) -> None:
    pool.round(1000)
    qapp.processEvents()
    assert pool.collected == 1
    pool.round(3)
    qapp.processEvents()
    assert pool.collected == 2


def test_a_round_that_ends_while_the_screen_looks_is_not_lost(qapp: QApplication, pulse: Pulse, pool: FakePool) -> None:
    def during(pictures: Mapping[int, Picture]) -> None:
        pulse.detach(during)
        pool.new = {8: picture()}
        pool.round()

    pulse.attach(during)
    pool.new = {7: picture()}
    pool.round()
    qapp.processEvents()
    qapp.processEvents()
    assert pool.collected == 2
    assert pool.new == {}


def test_without_rounds_the_timer_beats(qapp: QApplication, pool: FakePool, qtbot: QtBot) -> None:
    pulse = Pulse(cast(FeedPool, pool))
    pulse.start()
    with qtbot.waitSignals([pulse.beat] * 3, timeout=20_000):
        pass
    pool.round()
    qapp.processEvents()
    # The last round was the last for long: the timer takes over again, and at its own pace.
    with qtbot.waitSignals([pulse.beat] * 3, timeout=20_000):
        pass
    assert pulse._timer.interval() == interval_for(1, 15.0)
    pulse.stop()


def test_after_the_stop_nothing_beats(qapp: QApplication, pulse: Pulse, pool: FakePool) -> None:
    pool.round()  # its wake-up still waits
    pulse.stop()
    assert pool.came is None
    qapp.processEvents()
    assert pool.collected == 0
    assert not pulse._timer.isActive()
    pulse.start()
    pool.round()
    qapp.processEvents()
    assert pool.collected == 1
