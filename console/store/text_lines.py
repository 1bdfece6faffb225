"""Text files of unknown encoding, line by line, in bounded memory whatever they hold."""

from __future__ import annotations

import codecs
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

LONGEST_LINE = 16_384
"""Characters of a line; a longer one is told and left out."""
_CHUNK = 1 << 20
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)


class TextFileError(Exception):
    """A file that cannot be read as text; the sentence names it and says what to do."""

    def __init__(self, path: Path, problem: str, advice: str = "Save the list as CSV in UTF-8.") -> None:
        self.path = path
        super().__init__(f"{path.name}: {problem}. {advice}")


@dataclass(frozen=True, slots=True)
class Encoding:
    """How a file is written: Python's name of it, and a sentence for people where it had to be guessed."""

    name: str
    words: str
    guessed: str = ""


def detect(path: Path, most_bytes: int) -> Encoding:
    """Reads the whole file once, in pieces. Raises TextFileError."""
    try:
        with path.open("rb") as file:
            head = file.read(4096)
            for mark, name, words in _BOMS:
                if head.startswith(mark):
                    return Encoding(name, words)
            if b"\0" in head:
                return _wide(path, head)
            file.seek(0)
            line, at = 1, 0
            decoder = codecs.getincrementaldecoder("utf-8")()
            while True:
                chunk = file.read(_CHUNK)
                at += len(chunk)
                if at > most_bytes:
                    raise TextFileError(path, f"larger than {most_bytes // 1_000_000} MB", "Split the list.")
                if b"\0" in chunk:
                    raise TextFileError(path, "not text: it has bytes of zero in it")
                try:
                    decoder.decode(chunk, not chunk)
                except UnicodeDecodeError as error:
                    line += chunk[: max(0, error.start)].count(b"\n")
                    return _windows(path, line)
                if not chunk:
                    return Encoding("utf-8", "UTF-8")
                line += chunk.count(b"\n")
    except OSError as error:
        raise TextFileError(path, f"cannot be read: {error.strerror or error}", "Check who may read it.") from None


def _wide(path: Path, head: bytes) -> Encoding:
    """Zeros at every other place are what UTF-16 makes of plain letters."""
    even, odd = head[::2].count(0), head[1::2].count(0)
    half = len(head) // 2
    for zeros, others, name in ((odd, even, "utf-16-le"), (even, odd, "utf-16-be")):
        if half and zeros > half * 0.4 and others < half * 0.1:
            return Encoding(name, "UTF-16", "It looks like UTF-16 and does not say so; it is read as that.")
    raise TextFileError(path, "not text: it has bytes of zero in it")


def _windows(path: Path, line: int) -> Encoding:
    told = f"Line {line} is not UTF-8; the file is read as Windows-1252, as spreadsheets in Western Europe write it."
    try:
        with path.open(encoding="cp1252", newline="") as file:
            while file.read(_CHUNK):
                pass
    except UnicodeDecodeError:
        raise TextFileError(path, f"line {line} is neither UTF-8 nor Windows-1252") from None
    return Encoding("cp1252", "Windows-1252", told)


class Lines:
    """The lines of a file with their numbers. Too long ones are None. ``give_back`` puts lines before the others."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._waiting: deque[tuple[int, str | None]] = deque()
        self._number = 0

    def __iter__(self) -> Iterator[tuple[int, str | None]]:
        return self

    def __next__(self) -> tuple[int, str | None]:
        if self._waiting:
            return self._waiting.popleft()
        line = self._file.readline(LONGEST_LINE)
        if not line:
            raise StopIteration
        self._number += 1
        if len(line) == LONGEST_LINE and not line.endswith(("\n", "\r")):
            while (rest := self._file.readline(LONGEST_LINE)) and not rest.endswith(("\n", "\r")):
                pass
            return self._number, None
        return self._number, line

    def give_back(self, lines: list[tuple[int, str]]) -> None:
        """These come next, in this order."""
        self._waiting.extendleft(reversed(lines))
