"""One slot between a decode thread and the painter: the latest picture wins, and what it replaced is counted."""

from __future__ import annotations

import threading

from drivers.types import Picture


class Mailbox:
    """The worker thread posts, the Qt thread takes. Never more than one picture waits, so lag cannot build up."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.picture: Picture | None = None
        """What waits. Only to look whether anything does: most looks find nothing, sixty times a second for each
        stream, and need no lock for that."""
        self._replaced = 0

    def post(self, picture: Picture, count: bool = True) -> None:
        """Put the newest picture in; an older one that nobody took is dropped, and counted if ``count``."""
        with self._lock:
            if count and self.picture is not None:
                self._replaced += 1
            self.picture = picture

    def take(self) -> Picture | None:
        """The newest picture, once."""
        if self.picture is None:
            return None
        with self._lock:
            picture, self.picture = self.picture, None
            return picture

    @property
    def replaced(self) -> int:
        """How many pictures were never taken."""
        with self._lock:
            return self._replaced
