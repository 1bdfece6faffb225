"""How many streams may decode at a time, whatever their number."""

from __future__ import annotations

import threading


class DecodeSlots:
    """Shared by all streams; their workers wait here. ``live`` bounds decoding as such. ``backlog`` bounds how many
    streams decode what they held while nobody saw them: one fewer, so that the others never freeze meanwhile."""

    def __init__(self, count: int) -> None:
        self.live = threading.Semaphore(count)
        self.backlog = threading.Semaphore(max(1, count - 1))
