"""On which line of a TOML text does a key stand? Parsers of TOML keep the values and forget the places, and a message
about a typo is worth little without its line.

This reads a text that a real parser has accepted already, so it only has to know headers, keys, strings and brackets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

type Path = tuple[str | int, ...]
"""Where a value lies: table and key names, and indices into arrays of tables, as in ``("camera", 3, "name")``."""

_HEADER = re.compile(r"^\s*(\[\[?)\s*(.+?)\s*\]\]?\s*(?:#.*)?$")
_KEY_PART = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)\s*""")
_TOKEN = re.compile(r'"""|\'\'\'|"(?:[^"\\\n]|\\.)*"|\'[^\'\n]*\'|#.*|[\[\]{}]')


def key_lines(text: str) -> Mapping[Path, int]:
    """The line, from 1, of each table header and each ``key = value`` that starts a line."""
    lines: dict[Path, int] = {}
    counts: dict[Path, int] = {}
    table: Path = ()
    depth = 0
    quote = ""
    for number, line in enumerate(text.split("\n"), start=1):
        if depth == 0 and not quote:
            header = _HEADER.match(line)
            if header:
                table = _resolve(_parts(header[2])[0], header[1] == "[[", counts)
                lines.setdefault(table, number)
                continue
            keys, end = _parts(line)
            if keys and line[end : end + 1] == "=":
                for stop in range(1, len(keys) + 1):
                    lines.setdefault((*table, *keys[:stop]), number)
                line = line[end + 1 :]
        depth, quote = _skip(line, depth, quote)
    return lines


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of ``path``, or of the nearest thing around it; 0 for the file as a whole."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 0


def _parts(text: str) -> tuple[tuple[str, ...], int]:
    """Split ``a."b c".d`` at the start of a text into its parts; also where they end."""
    parts: list[str] = []
    position = 0
    while match := _KEY_PART.match(text, position):
        word = match[1]
        parts.append(word[1:-1] if word[0] in "\"'" else word)
        position = match.end()
        if text[position : position + 1] != ".":
            break
        position += 1
    return tuple(parts), position


def _resolve(names: tuple[str, ...], array: bool, counts: dict[Path, int]) -> Path:
    """Put the current index behind each name that is an array of tables; ``[[name]]`` begins its next element."""
    path: Path = ()
    for place, name in enumerate(names):
        path = (*path, name)
        if array and place == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _skip(line: str, depth: int, quote: str) -> tuple[int, str]:
    """How deep in brackets, and in which long string, the line ends."""
    position = 0
    while position < len(line):
        if quote:
            end = line.find(quote, position)
            if end < 0:
                return depth, quote
            position, quote = end + 3, ""
            continue
        match = _TOKEN.search(line, position)
        if match is None:
            break
        token = match[0]
        position = match.end()
        if token in ('"""', "'''"):
            quote = token
        elif token in "[{":
            depth += 1
        elif token in "]}":
            depth = max(0, depth - 1)
    return depth, quote
