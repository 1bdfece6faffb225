"""Bodies of several parts (RFC 2046, 5.1; RFC 7578) as readers send them: names missing, no end, lines without CR.

Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from drivers.feeding import Incoming, TooMuch, Unreadable

MOST_PARTS = 20
_MOST_HEAD = 4096
_BOUNDARY = re.compile(r'(?i);\s*boundary\s*=\s*(?:"([^"]{1,200})"|([^\s;,"]{1,200}))')
_PARAMETER = re.compile(r'(?i)(?:^|[;\s])(name|filename)\s*=\s*(?:"([^"]{0,200})"|([^\s;"]{1,200}))')


@dataclass(frozen=True, slots=True)
class Part:
    """One part; ``name`` and ``filename`` in lower case, "" where it has none, as ``kind``, its content type."""

    name: str
    filename: str
    kind: str
    data: bytes


def kind_of(content_type: str) -> str:
    """The content type without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def is_multipart(incoming: Incoming) -> bool:
    """Whether a message has several parts."""
    return kind_of(incoming.content_type).startswith("multipart/")


def parts(incoming: Incoming) -> list[Part]:
    """The parts of a message. Raises Unreadable, TooMuch."""
    match = _BOUNDARY.search(incoming.content_type[:1000])
    if match is None:
        raise Unreadable(incoming.source, "multipart without a boundary")
    mark = b"--" + (match[1] or match[2]).encode("latin-1", "replace")
    body = incoming.body
    at = 0 if body.startswith(mark) else _next(body, mark, 0)
    if at < 0:
        raise Unreadable(incoming.source, "multipart without its boundary")
    found: list[Part] = []
    while True:
        at += len(mark)
        if body[at : at + 2] == b"--" or at >= len(body):
            return found
        end = _next(body, mark, at)
        whole = body[at : end if end >= 0 else len(body)]
        if len(found) >= MOST_PARTS:
            raise TooMuch(incoming.source, f"more than {MOST_PARTS} parts in one message")
        found.append(_part(incoming, whole))
        if end < 0:
            return found
        at = end


def _next(body: bytes, mark: bytes, at: int) -> int:
    found = body.find(b"\n" + mark, at)
    return found + 1 if found >= 0 else -1


def _part(incoming: Incoming, whole: bytes) -> Part:
    whole = whole.removeprefix(b"\r").removeprefix(b"\n")
    ends = [(at, len(mark)) for mark in (b"\r\n\r\n", b"\n\n") if (at := whole.find(mark, 0, _MOST_HEAD)) >= 0]
    if not ends:
        raise Unreadable(incoming.source, "a part of multipart without its head")
    at, length = min(ends)
    data = whole[at + length :].removesuffix(b"\n").removesuffix(b"\r")
    disposition = kind = ""
    for line in whole[:at].decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key.strip().lower() == "content-disposition":
            disposition = value
        elif key.strip().lower() == "content-type":
            kind = kind_of(value)
    names = {key.lower(): (quoted or bare).lower() for key, quoted, bare in _PARAMETER.findall(disposition)}
    return Part(names.get("name", ""), names.get("filename", ""), kind, data)
