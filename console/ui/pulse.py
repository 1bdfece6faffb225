"""The screen's heartbeat: one timer takes the newest pictures to all windows, and measures itself."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from console.services.feed_pool import FeedPool
from drivers.types import Picture

TICK_MS = 33
"""Milliseconds between two looks into the mailboxes: twice the rate of usual substreams."""
WORDS_EVERY = 6
"""Ticks between two looks at the words on the tiles: five times a second, so that STALE appears in time."""
CHECK_EVERY = 30

Sink = Callable[[Mapping[int, Picture]], None]


class Pulse(QObject):
    """Lives on the Qt thread. ``words`` fires five times a second, ``second`` about once."""

    words = Signal()
    second = Signal()

    def __init__(self, pool: FeedPool, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pool = pool
        self._sinks: list[Sink] = []
        self._count = 0
        self._last: float | None = None
        self.intervals: deque[float] = deque(maxlen=4096)
        """Seconds between the last ticks: how punctual the Qt thread is."""
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self._tick)

    def attach(self, sink: Sink) -> None:
        """``sink`` gets the new pictures by camera number at each tick."""
        self._sinks.append(sink)

    def detach(self, sink: Sink) -> None:
        """Undo ``attach``."""
        self._sinks.remove(sink)

    def start(self) -> None:
        """Begin to beat."""
        self._timer.start()

    def stop(self) -> None:
        """Stop beating."""
        self._timer.stop()

    def _tick(self) -> None:
        now = time.perf_counter()
        if self._last is not None:
            self.intervals.append(now - self._last)
        self._last = now
        pictures = self._pool.collect()
        if pictures:
            for sink in self._sinks:
                sink(pictures)
        self._count += 1
        if self._count % WORDS_EVERY == 0:
            self.words.emit()
        if self._count % CHECK_EVERY == 0:
            self._pool.check()
            self.second.emit()
