"""RTSP as text (RFC 2326, sections 4 to 7): what is sent, and what comes in, within bounds. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

MAX_HEAD = 16 * 1024
MAX_BODY = 64 * 1024
_END = b"\r\n\r\n"
_PRINTABLE = re.compile(rb"[\x20-\x7e]*\r?$")
_STATUS = re.compile(r"RTSP/\d\.\d (\d{3})(?: |$)")
_REQUEST = re.compile(r"([A-Z_]{3,20}) \S+ RTSP/\d\.\d$")


class Malformed(Exception):
    """Not RTSP, or more of it than anybody needs."""


@dataclass(frozen=True, slots=True)
class Message:
    """An answer, or a request of the server (``method``; ``status`` is 0). Header names in lower case; what comes
    several times is joined by commas."""

    status: int
    method: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def get(self, name: str) -> str:
        """A header; empty where it is not there."""
        return self.headers.get(name, "")


def request(method: str, url: str, headers: Mapping[str, str]) -> bytes:
    """A request as bytes. Whoever calls sees to it that nothing in it breaks a line."""
    lines = [f"{method} {url} RTSP/1.0", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode()


def answer(status: str, cseq: str) -> bytes:
    """An answer to a request of the server."""
    number = cseq if cseq.isascii() and cseq.isdigit() and len(cseq) < 12 else "0"
    return f"RTSP/1.0 {status}\r\nCSeq: {number}\r\n\r\n".encode()


def read(data: bytearray, at: int, end: int) -> tuple[Message, int] | None:
    """The message that begins at ``at`` and where it ends; None while it is not complete. Raises Malformed."""
    stop = data.find(_END, at, min(end, at + MAX_HEAD))
    if stop < 0:
        line = bytes(data[at : min(end, at + 256)]).split(b"\n", 1)[0]
        if end - at >= MAX_HEAD or not _PRINTABLE.match(line):
            raise Malformed
        return None
    first, _, rest = data[at:stop].decode("utf-8", "replace").partition("\r\n")
    status, method = _STATUS.match(first), _REQUEST.match(first)
    if status is None and method is None:
        raise Malformed
    headers: dict[str, str] = {}
    for text in rest.split("\r\n"):
        name, colon, value = text.partition(":")
        if colon:
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or len(length) > 6 or int(length) > MAX_BODY:
        raise Malformed
    begin, stop = stop + 4, stop + 4 + int(length)
    if stop > end:
        return None
    body = bytes(data[begin:stop])
    return Message(int(status[1]) if status else 0, method[1] if method else "", headers, body), stop
