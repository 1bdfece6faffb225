"""Saving in the background: the newest value wins, in one thread, and closing waits for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Saver[T]:
    """``keep`` may come from any thread and returns at once; ``save`` and ``failed`` run in the saver's own thread."""

    def __init__(self, name: str, save: Callable[[T], None], failed: Callable[[Exception], None]) -> None:
        """``save`` writes a value; the OSError or ValueError that it raises goes to ``failed``."""
        self._save, self._failed = save, failed
        self._lock = threading.Lock()
        self._waiting: list[T] = []
        self._pool = ThreadPoolExecutor(1, thread_name_prefix=name)

    def keep(self, value: T) -> None:
        """Save this soon; a value that still waits is forgotten for it."""
        with self._lock:
            begin = not self._waiting
            self._waiting[:] = [value]
        if begin:
            self._pool.submit(self._write)

    def close(self) -> None:
        """Wait until the newest value is saved."""
        self._pool.shutdown(wait=True)

    def _write(self) -> None:
        with self._lock:
            value = self._waiting.pop()
        try:
            self._save(value)
        except (OSError, ValueError) as error:
            self._failed(error)
