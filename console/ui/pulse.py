"""The screen's heartbeat: takes the newest pictures to all windows, when a round of the streams has brought them, and
by a timer of its own where no rounds go."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from console.services.feed_pool import FeedPool
from drivers.types import Picture

MANY = 40
QUICK_FPS = 18.0
FASTEST_MS, SLOWEST_MS = 16, 33
"""Milliseconds between two looks into the mailboxes: the slower beat where it is at most half of the time between two
pictures of every stream, and with more than MANY streams. A picture waits half of it on the average, and each look
costs the same however few pictures are there."""
PATIENCE_MS = 100
"""Without a round for so long the timer beats again."""
WORDS_SECONDS = 0.2
"""Between two looks at the words on the tiles, so that STALE appears in time."""
CHECK_SECONDS = 1.0


def interval_for(streams: int, fastest: float) -> int:
    """Milliseconds between two looks when so many streams are shown, the quickest with ``fastest`` pictures a second
    (0 where it is not known)."""
    slow = streams > MANY or 0.0 < fastest <= QUICK_FPS
    return SLOWEST_MS if slow else FASTEST_MS


Sink = Callable[[Mapping[int, Picture]], None]


class Pulse(QObject):
    """Lives on the Qt thread. ``beat`` fires at each tick, ``words`` five times a second, ``second`` about once."""

    beat = Signal()
    words = Signal()
    second = Signal()
    _came = Signal()

    def __init__(self, pool: FeedPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._sinks: list[Sink] = []
        self._words_at = self._check_at = 0.0
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(SLOWEST_MS)
        self._timer.timeout.connect(self._alone)
        self._interval = SLOWEST_MS
        self._told = False
        """Whether the Qt thread knows already that something came: one wake-up waits at most."""
        self._came.connect(self._round_over, Qt.ConnectionType.QueuedConnection)

    def attach(self, sink: Sink) -> None:
        """``sink`` gets the new pictures by camera number at each tick."""
        self._sinks.append(sink)

    def detach(self, sink: Sink) -> None:
        """Undo ``attach``."""
        self._sinks.remove(sink)

    def start(self) -> None:
        """Begin to beat."""
        self._pool.tell(self._tell)
        self._timer.start()

    def stop(self) -> None:
        """Stop beating."""
        self._pool.tell(None)
        self._timer.stop()

    def _tell(self) -> None:
        """In the thread of the rounds."""
        if not self._told:
            self._told = True
            self._came.emit()

    def _round_over(self) -> None:
        self._told = False
        if self._timer.isActive():  # else it was stopped meanwhile
            self._timer.start(PATIENCE_MS)
            self._tick()

    def _alone(self) -> None:
        if self._timer.interval() != self._interval:
            self._timer.setInterval(self._interval)
        self._tick()

    def _tick(self) -> None:
        pictures = self._pool.collect()
        if pictures:
            for sink in self._sinks:
                sink(pictures)
        self.beat.emit()
        now = time.monotonic()
        if now >= self._words_at:
            self._words_at = now + WORDS_SECONDS
            self.words.emit()
        if now >= self._check_at:
            self._check_at = now + CHECK_SECONDS
            self._pool.check()
            self._interval = interval_for(self._pool.shown, self._pool.fastest)
            self._pool.beat(self._interval / 1000)
            self.second.emit()
