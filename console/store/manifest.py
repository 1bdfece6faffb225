"""The book of recordings: one line of JSON for each thing that happened, each with the hash of the line before.

Lines are only ever appended and reach the disk before anybody relies on them. A changed, removed or inserted line
breaks the chain of hashes; a removed end shows by files that no line names. One file a day (UTC), named
``manifest-2026-11-21.jsonl``; the chain goes on from file to file. The hash is SHA-256 over the line's bytes without
its end.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.model.recording import utc_text

FIRST = "0" * 64
"""The hash before the first line."""
PATTERN = "manifest-????-??-??.jsonl"
MAX_LINE = 64 * 1024


class ManifestError(Exception):
    """A line of the manifest that is wrong. The sentence names the file, the line and what to do."""

    def __init__(self, path: Path, line: int, problem: str) -> None:
        self.path, self.line, self.problem = path, line, problem
        super().__init__(f"{path.name}, line {line}: {problem}.")


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: its file, its place in it (from 1), its hash, and what it says."""

    path: Path
    line: int
    sha256: str
    fields: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """``segment``, ``deleted``, ``held``, ``released``, ``snapshot`` or ``note``."""
        return str(self.fields["kind"])


def read_entries(folder: Path, skipped: list[ManifestError] | None = None) -> Iterator[Entry]:
    """Every line of every day, in order, with the chain of hashes checked. Raises ManifestError at the first one that
    is wrong, and OSError. With ``skipped`` the chain is not looked at, and lines that cannot be read are left out and
    put there."""
    before, count = FIRST, 0
    for path in sorted(folder.glob(PATTERN)):
        with path.open("rb") as file:
            for line, raw in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
                try:
                    if not raw.endswith(b"\n"):
                        raise ManifestError(path, line, "it has no end")
                    raw = raw[:-1]
                    fields = _parse(path, line, raw)
                except ManifestError as error:
                    if skipped is None:
                        raise
                    skipped.append(error)
                    continue
                if skipped is None:
                    count += 1
                    if fields["previous"] != before:
                        raise ManifestError(
                            path, line, "it does not follow from the line before: one of them was changed"
                        )
                    if fields["n"] != count:
                        raise ManifestError(path, line, f"it has number {fields['n']} in place of {count}")
                    before = hashlib.sha256(raw).hexdigest()
                yield Entry(path, line, before, fields)


def _parse(path: Path, line: int, raw: bytes) -> dict[str, Any]:
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict) or not {"n", "kind", "previous", "at"} <= fields.keys():
        raise ManifestError(path, line, "it is no entry")
    return fields


class Manifest:
    """The book that is written. Any thread may call ``append``; a lock keeps the order. The folder must be locked
    against other programs (``console.store.folder_lock``)."""

    def __init__(self, folder: Path, clock: Callable[[], float] = time.time) -> None:
        """Finds the end of the book; an unfinished last line, which only a power cut leaves, is taken off and noted. A
        last line that cannot be read stays, and the book goes on after it: what happens next must be written down all
        the same. Raises OSError."""
        self._folder, self._clock = folder, clock
        self._lock = threading.Lock()
        self._previous, self._count = FIRST, 0
        self._newest = ""
        books = sorted(folder.glob(PATTERN))
        torn = _cut_torn_end(books[-1]) if books else 0
        while books and not books[-1].stat().st_size:
            books.pop()
        if books:
            self._newest = books[-1].name
            raw = _last_line(books[-1])
            self._previous = hashlib.sha256(raw).hexdigest()
            self._count = _number(raw) or sum(_lines(book) for book in books)
        if torn:
            self.append("note", {"text": f"An unfinished line of {torn} bytes was taken off after a power cut."})

    @property
    def head(self) -> str:
        """The hash of the newest line. Whoever keeps it elsewhere can prove later that nothing was cut off."""
        return self._previous

    def append(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Add a line and wait until it is on the disk. Raises OSError; then there is no such line."""
        with self._lock:
            now = self._clock()
            at = utc_text(now)
            # A clock that was set back must not put a line into an older file: their order is the order of lines.
            name = max(f"manifest-{at[:10]}.jsonl", self._newest)
            entry = {"n": self._count + 1, "kind": kind, "at": at, **fields, "previous": self._previous}
            raw = json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode()
            if len(raw) >= MAX_LINE:
                raise ValueError("an entry of the manifest is too long")
            _append(self._folder / name, raw + b"\n")
            self._previous, self._count, self._newest = hashlib.sha256(raw).hexdigest(), self._count + 1, name


def _number(raw: bytes) -> int | None:
    """The number of a line; None where it cannot be read."""
    try:
        number = json.loads(raw)["n"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def _private(path: str, flags: int) -> int:
    """Names of cameras and operators are nobody else's business on this computer."""
    return os.open(path, flags, 0o600)


def _append(path: Path, data: bytes) -> None:
    with open(path, "ab", buffering=0, opener=_private) as file:
        length = file.seek(0, os.SEEK_END)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[file.write(rest) or 0 :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(length)
            raise
    if length == 0 and os.name == "posix":
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _tail(path: Path) -> bytes:
    with path.open("rb") as file:
        length = file.seek(0, os.SEEK_END)
        file.seek(max(0, length - 2 * MAX_LINE))
        return file.read(2 * MAX_LINE)


def _last_line(path: Path) -> bytes:
    return _tail(path).rstrip(b"\n").rpartition(b"\n")[2]


def _cut_torn_end(path: Path) -> int:
    """Take off what stands behind the last line's end; how many bytes that were."""
    torn = len(_tail(path).rpartition(b"\n")[2])
    if torn:
        with path.open("r+b") as file:
            file.truncate(path.stat().st_size - torn)
            file.flush()
            os.fsync(file.fileno())
    return torn
