"""How many streams may decode at a time, whatever their number."""

from __future__ import annotations

import threading
from queue import Empty, SimpleQueue
from types import TracebackType


class Slots:
    """Some tokens; who holds one may work. Any thread. A queue that is written in C instead of a semaphore, which would
    run ten Python functions for each picture."""

    def __init__(self, count: int) -> None:
        self._tokens: SimpleQueue[None] = SimpleQueue()
        for _ in range(count):
            self._tokens.put(None)

    def __enter__(self) -> None:
        self._tokens.get()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._tokens.put(None)

    def acquire(self, timeout: float) -> bool:
        """Take a token; False if none came free in ``timeout`` seconds."""
        try:
            self._tokens.get(timeout=timeout)
        except Empty:
            return False
        return True

    def release(self) -> None:
        """Give a token back."""
        self._tokens.put(None)


class DecodeSlots:
    """Shared by all streams; their workers wait here. ``live`` bounds decoding as such. ``backlog`` bounds how many
    streams decode what they held while nobody saw them: one fewer, so that the others never freeze meanwhile."""

    def __init__(self, count: int) -> None:
        self.live = Slots(count)
        self.backlog = threading.Semaphore(max(1, count - 1))
