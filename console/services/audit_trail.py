"""The audit as the door out uses it: opened when first needed, in a worker, and its trouble told once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from console.model.permissions import Actor
from console.store.audit import Audit, Entry
from console.store.database import DatabaseError


class AuditTrail:
    """Any thread but Qt's: each call waits for the disk. ``opener`` raises DatabaseError; it is tried again at the next
    entry. ``trouble`` is told when entries cannot be written, and when they can again ("")."""

    def __init__(self, opener: Callable[[], Audit], trouble: Callable[[str], None] = lambda sentence: None) -> None:
        self._opener, self._trouble = opener, trouble
        self._lock = threading.Lock()
        self._audit: Audit | None = None
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
        """Let go of the database."""
        with self._lock:
            if self._audit is not None:
                self._audit.close()
                self._audit = None

    def _open(self) -> Audit:
        with self._lock:
            if self._audit is None:
                self._audit = self._opener()
            return self._audit
