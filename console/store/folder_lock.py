"""One program at a time writes into a folder of recordings: two would tear the chain of its manifest."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_NAME = "watchfloor.lock"


class FolderInUse(Exception):
    """Another program holds the folder."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"Another Watchfloor records into {folder}. Close it, or choose another folder.")


class FolderLock:
    """Holds ``folder`` until ``release`` or the end of the process, however that comes. Raises FolderInUse, OSError."""

    def __init__(self, folder: Path, name: str = _NAME) -> None:
        """``name`` is that of the file: locks of different names do not mind each other."""
        self._handle = os.open(folder / name, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._handle)
        except OSError:
            os.close(self._handle)
            raise FolderInUse(folder) from None

    def release(self) -> None:
        """Let go. The file stays: removing it would let two others lock two files of that name."""
        os.close(self._handle)


def _lock(handle: int) -> None:
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
