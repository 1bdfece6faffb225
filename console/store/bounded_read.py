"""Reading that ends: after a time, or when nobody wants the answer any more. A reader never holds a lock that a writer
waits for (SQLite in WAL mode, PostgreSQL's snapshots); what it could hold up is the cleaning of the log, so it is
bounded."""

from __future__ import annotations

import contextlib
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from console.store.database import DatabaseError, plain

_STEPS = 20_000
"""Of SQLite's machine between two looks at the limit: a few tenths of a millisecond."""
_LOOK_SECONDS = 0.1
"""Between two looks at the limit while a server works."""
_CANCEL_SECONDS = 5.0
CACHE_KIB = 32 * 1024
MAP_BYTES = 16 * 1024**3
"""Of the file that is read through memory that the system keeps anyway."""


class ReadStopped(Exception):
    """A question was not answered: somebody took it back (``cancelled``), or it took too long."""

    def __init__(self, cancelled: bool, seconds: float) -> None:
        self.cancelled = cancelled
        longer = (
            f"The search took longer than {seconds:g} s and was ended. Ask for less: a shorter time, a smaller area."
        )
        super().__init__("The search was cancelled." if cancelled else longer)


class Limit:
    """How long one question may take. ``cancelled`` and ``clock`` are asked in the thread that reads."""

    def __init__(
        self,
        seconds: float = 10.0,
        cancelled: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._seconds, self._cancelled, self._clock = seconds, cancelled, clock
        self._end = clock() + seconds

    @property
    def left(self) -> float:
        """Seconds that are left; 0 when it is over."""
        return max(0.0, self._end - self._clock())

    def over(self) -> bool:
        """Whether to stop."""
        return self._cancelled() or self.left <= 0.0

    def check(self) -> None:
        """Raises ReadStopped when it is over."""
        if self.over():
            raise self.stopped()

    def stopped(self) -> ReadStopped:
        """What to raise."""
        return ReadStopped(self._cancelled(), self._seconds)


@contextlib.contextmanager
def bounded(engine: Engine, limit: Limit, what: str) -> Iterator[Connection]:
    """A snapshot of the database for reading only. Raises ReadStopped where the limit ends it, else DatabaseError about
    ``what``."""
    limit.check()
    try:
        with engine.connect() as connection, _watched(connection, limit):
            yield connection
    except SQLAlchemyError as error:
        if limit.over():
            raise limit.stopped() from None
        raise DatabaseError(what, plain(error)) from None


@contextlib.contextmanager
def _watched(connection: Connection, limit: Limit) -> Iterator[None]:
    raw: Any = connection.connection.dbapi_connection
    if isinstance(raw, sqlite3.Connection):
        for pragma in (f"cache_size=-{CACHE_KIB}", f"mmap_size={MAP_BYTES}", "query_only=1"):
            raw.execute(f"PRAGMA {pragma}")
        raw.set_progress_handler(limit.over, _STEPS)
        try:
            yield
        finally:
            raw.set_progress_handler(None, 0)
            raw.execute("PRAGMA query_only=0")
        return
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL statement_timeout = {int(limit.left * 1000) + 1}")
        connection.exec_driver_sql("SET LOCAL transaction_read_only = on")
        with _taken_back(raw, connection.dialect.loaded_dbapi.Error, limit):
            yield
        return
    yield


@contextlib.contextmanager
def _taken_back(raw: Any, trouble: type[Exception], limit: Limit) -> Iterator[None]:
    """Tell a server when nobody wants an answer any more: the thread that asked hears nothing until it comes."""
    answered = threading.Event()

    def watch() -> None:
        while not answered.wait(_LOOK_SECONDS):
            if limit.over():
                with contextlib.suppress(trouble):  # then the server's own time-out ends it
                    raw.cancel()
                return

    watching = threading.Thread(target=watch, name="search limit", daemon=True)
    watching.start()
    try:
        yield
    finally:
        answered.set()
        watching.join(_CANCEL_SECONDS)
