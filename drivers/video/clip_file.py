"""The file under a clip: it can lose its power at any moment and still be read.

FFmpeg's MP4 muxer writes fragments one behind the other and at the very end turns the file into an ordinary one: it
appends an index and patches the head so that the fragments become its content (``hybrid_fragmented``). A patch that
reaches the disk before the index would make the file unreadable, so patches wait here until all else is on disk.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol


class RawFile(Protocol):
    """What is needed of an unbuffered file."""

    def write(self, data: bytes, /) -> int | None: ...
    def seek(self, offset: int, whence: int = 0, /) -> int: ...
    def truncate(self, size: int, /) -> int: ...
    def fileno(self) -> int: ...
    def close(self) -> None: ...


OpenFile = Callable[[Path], RawFile]


def create(path: Path) -> RawFile:
    """A new file, unbuffered. Raises FileExistsError and other OSErrors."""
    return io.FileIO(path, "x+")


def flush_to_disk(file: RawFile) -> None:
    """Wait until what was written is on the disk."""
    handle = file.fileno()
    if hasattr(os, "fdatasync"):
        os.fdatasync(handle)  # the length counts as data; only times may be older after a crash
    else:
        os.fsync(handle)


def flush_folder(folder: Path) -> None:
    """Bring new names in ``folder`` onto the disk, where the system has a call for that (Windows has none)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class ClipFile:
    """What the muxer sees as its file. One thread. The first OSError is kept in ``problem``; from then on nothing is
    written any more, whatever FFmpeg still says, so that what is on disk stays as it is."""

    def __init__(self, path: Path, open_file: OpenFile = create) -> None:
        self.path = path
        self.problem: OSError | None = None
        self.end = 0
        """The length so far, bytes."""
        self.dirty = False
        """Whether something waits for ``sync``."""
        self._at = 0
        self._patches: list[tuple[int, bytes]] = []
        self._file = open_file(path)

    # What FFmpeg calls.

    def write(self, data: bytes) -> int:
        """Append, or remember a patch."""
        if self.problem is None:
            inside = max(0, min(len(data), self.end - self._at))
            if inside:
                self._patches.append((self._at, data[:inside]))
            try:
                self._put(data[inside:])
            except OSError as error:
                self.problem = error
                raise
            self.end += len(data) - inside
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move; beyond nothing that is there."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.end}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Where the next byte goes."""
        return self._at

    # What the writer calls.

    def append(self, data: bytes) -> None:
        """Write at the end. Raises OSError."""
        self._at = self.end
        self.write(data)

    def sync(self) -> None:
        """All but patches onto the disk. Raises OSError."""
        if self.dirty and self.problem is None:
            flush_to_disk(self._file)
            self.dirty = False

    def finish(self) -> None:
        """All onto the disk, patches last, and close. Raises OSError; then the file is as it was without the patches,
        or with all of them."""
        self.sync()
        for at, data in self._patches:
            self._file.seek(at)
            self._put(data)
        self.sync()
        self._file.close()

    def give_up(self, length: int | None) -> None:
        """Close without patches, cut to ``length`` bytes; remove the file where that is None. Raises OSError."""
        self.problem = self.problem or OSError("given up")
        try:
            if length is not None:
                self._file.truncate(length)
                flush_to_disk(self._file)
        finally:
            self._file.close()
            if length is None:
                self.path.unlink(missing_ok=True)

    def _put(self, data: bytes) -> None:
        """All of it: an unbuffered file may take a part where the disk is nearly full."""
        rest = memoryview(data)
        while rest:
            self.dirty = True
            rest = rest[self._file.write(rest.tobytes()) or 0 :]
