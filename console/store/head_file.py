"""The newest entry of a chain, kept beside the database: without it, entries could be taken off the end unseen."""

from __future__ import annotations

import os
from pathlib import Path

from console.store.database import DatabaseError
from console.store.files import read_bounded

_HEAD_BYTES = 1000


class HeadFile:
    """Any thread; writes come one at a time. Raises DatabaseError."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def name(self) -> str:
        """What sentences call it."""
        return self.path.name

    def write(self, seq: int, digest: str) -> None:
        """In place and always of one length, without waiting for the disk: somebody waits for this. After a power cut
        it may be older than the table, which is no fault, but never newer."""
        try:
            file = os.open(self.path, os.O_WRONLY | os.O_CREAT, 0o600)
            try:
                os.write(file, f"{seq:020d} {digest}\n".encode("ascii"))
            finally:
                os.close(file)
        except OSError as error:
            raise DatabaseError(self.name, error.strerror or str(error)) from error

    def read(self) -> tuple[int, str] | None:
        """Number and hash; None where there is no file."""
        try:
            words = read_bounded(self.path, _HEAD_BYTES).decode("ascii").split()
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            raise DatabaseError(self.name, str(error)) from error
        if len(words) != 2 or not words[0].isdecimal() or len(words[0]) > 20:
            raise DatabaseError(self.name, "it does not hold a number and a hash")
        return int(words[0]), words[1]
