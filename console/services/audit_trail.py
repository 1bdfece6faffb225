"""The audit as the door out uses it: opened when first needed, in a worker, and its trouble told once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from console.model.permissions import Actor
from console.store.audit import Audit, Entry
from console.store.database import DatabaseError


class AuditTrail:
    """Any thread but Qt's: each call waits for the disk. ``opener`` raises DatabaseError; it is tried again at the next
    entry. ``trouble`` is told when entries cannot be written, and when they can again ("")."""

    def __init__(self, opener: Callable[[], Audit], trouble: Callable[[str], None] = lambda sentence: None) -> None:
        self._opener, self._trouble = opener, trouble
        self._lock = threading.Lock()
        self._opening = threading.Lock()
        self._audit: Audit | None = None
        self._later: ThreadPoolExecutor | None = None
        self._bad = False

    def add(
        self,
        actor: Actor,
        action: str,
        target: str,
        detail: Mapping[str, object] | None = None,
        outcome: str = "asked",
        about: int = 0,
    ) -> int:
        """See ``Audit.add``. Raises DatabaseError."""
        try:
            number = self._open().add(actor, action, target, detail, outcome, about)
        except DatabaseError as error:
            with self._lock:
                told, self._bad = self._bad, True
            if not told:
                self._trouble(f"Nothing can be put on record: {error} Until then only stops are carried out.")
            raise
        with self._lock:
            was_bad, self._bad = self._bad, False
        if was_bad:
            self._trouble("")
        return number

    def add_within(
        self,
        seconds: float,
        actor: Actor,
        action: str,
        target: str,
        detail: Mapping[str, object] | None = None,
        outcome: str = "asked",
        about: int = 0,
    ) -> int:
        """The same for what must not wait for a slow database (a Stop): 0 where the entry is not on disk within so many
        seconds; it is written as soon as it can be. Raises DatabaseError."""
        with self._lock:
            if self._later is None:
                self._later = ThreadPoolExecutor(1, thread_name_prefix="audit")
            written = self._later.submit(self.add, actor, action, target, detail, outcome, about)
        try:
            return written.result(seconds)
        except TimeoutError:
            return 0

    def open(self) -> None:
        """Open it ahead, so that no hand waits for it; that it cannot be is told at the first entry."""
        try:
            self._open()
        except DatabaseError:
            pass  # the entry that needs it tries again, and tells

    def newest(self, most: int = 200, target: str = "") -> list[Entry]:
        """See ``Audit.newest``. Raises DatabaseError."""
        return self._open().newest(most, target)

    def close(self) -> None:
        """Write what waits, and let go of the database."""
        with self._lock:
            later, self._later = self._later, None
        if later is not None:
            later.shutdown(wait=True)
        with self._opening:
            if self._audit is not None:
                self._audit.close()
                self._audit = None

    def _open(self) -> Audit:
        with self._opening:
            if self._audit is None:
                self._audit = self._opener()
            return self._audit
