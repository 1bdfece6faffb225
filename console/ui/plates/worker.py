"""Work that waits for a disk, beside the Qt thread, and its results back on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Protocol

from PySide6.QtCore import QObject, Signal

from console.model.hotlists import HotlistRefusal
from console.store.database import DatabaseError
from console.store.text_lines import TextFileError

log = logging.getLogger(__name__)

FAULT = "It failed, which is a fault of the program: see the log."


class Run(Protocol):
    """How screens have work done."""

    def __call__[T](self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        """Do ``work`` elsewhere; ``done`` with its result or ``failed`` with a sentence is called on the Qt thread."""


class Worker(QObject):
    """``run`` comes from the Qt thread, work happens in one of a few threads. After ``close``, which waits for what is
    under way, nothing is told any more."""

    _told = Signal(object)

    def __init__(self, parent: QObject | None = None, threads: int = 2) -> None:
        super().__init__(parent)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="plates")
        self._closed = False
        self._told.connect(self._tell)

    def run[T](self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        """See ``Run``."""
        if not self._closed:
            self._pool.submit(self._job, work, done, failed)

    def close(self) -> None:
        """End. What waits is not begun."""
        self._closed = True
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _job[T](self, work: Callable[[], T], done: Callable[[T], None], failed: Callable[[str], None]) -> None:
        try:
            result = work()
        except (HotlistRefusal, DatabaseError, TextFileError) as problem:
            self._told.emit(partial(failed, str(problem)))
        except Exception:  # the top of the thread: a fault must not be silence
            log.exception("work for the screens of plates failed")
            self._told.emit(partial(failed, FAULT))
        else:
            self._told.emit(partial(done, result))

    def _tell(self, call: object) -> None:
        if not self._closed and callable(call):
            call()
