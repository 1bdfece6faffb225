"""RTSP requests and answers as text (RFC 2326, sections 4 to 7), with bounds on everything that comes in."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_HEAD = 8 * 1024
MAX_BODY = 16 * 1024
_REASONS = {
    200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 413: "Request Entity Too Large",
    454: "Session Not Found", 455: "Method Not Valid in This State", 459: "Aggregate Operation Not Allowed",
    461: "Unsupported Transport", 501: "Not Implemented", 505: "RTSP Version Not Supported",
}  # fmt: skip


class MalformedError(Exception):
    """The peer sent something that is not RTSP. ``status`` is the answer, after which the connection ends."""

    def __init__(self, status: int, detail: str) -> None:
        self.status = status
        super().__init__(detail)


@dataclass(frozen=True, slots=True)
class Request:
    """One request; header names in lower case."""

    method: str
    uri: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def cseq(self) -> str:
        """The sequence number to repeat in the answer, digits only (a header must not smuggle in lines)."""
        value = self.headers.get("cseq", "")
        return value if value.isdigit() and len(value) < 12 else "0"

    @property
    def path(self) -> str:
        """The path of the URI without slashes at its ends."""
        try:
            return urlsplit(self.uri).path.strip("/")
        except ValueError:
            return ""


async def read_request(reader: asyncio.StreamReader) -> Request | bytes | None:
    """The next request, or the bytes of one interleaved packet, or None at the end of the connection. Raises
    MalformedError. The reader's limit bounds the head."""
    try:
        first = await reader.readexactly(1)
        while first in b"\r\n":  # empty lines before a request are allowed (4.1)
            first = await reader.readexactly(1)
        if first == b"$":
            head = await reader.readexactly(3)
            return await reader.readexactly(int.from_bytes(head[1:], "big"))
        text = first + await reader.readuntil(b"\r\n\r\n")
    except asyncio.LimitOverrunError:
        raise MalformedError(413, "the head of a request is too long") from None
    except asyncio.IncompleteReadError:
        return None
    if len(text) > MAX_HEAD:
        raise MalformedError(413, "the head of a request is too long")
    request = _parse(text.decode("utf-8", "replace"))
    length = request.headers.get("content-length", "0")
    if not length.isdigit():
        raise MalformedError(400, "Content-Length is not a number")
    if len(length) > 6 or int(length) > MAX_BODY:
        raise MalformedError(413, "the body of a request is too long")
    if not int(length):
        return request
    try:
        body = await reader.readexactly(int(length))
    except asyncio.IncompleteReadError:
        return None
    return Request(request.method, request.uri, request.headers, body)


def _parse(text: str) -> Request:
    lines = text.split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[0].isascii() or not parts[0].replace("_", "").isalpha():
        raise MalformedError(400, "not a request line")
    if parts[2] != "RTSP/1.0":
        raise MalformedError(505 if parts[2].startswith("RTSP/") else 400, "not RTSP/1.0")
    headers = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip().lower()] = value.strip()
    return Request(parts[0], parts[1], headers)


def answer(status: int, cseq: str, headers: Mapping[str, str] | None = None, body: str = "") -> bytes:
    """An answer as bytes."""
    lines = [f"RTSP/1.0 {status} {_REASONS[status]}", f"CSeq: {cseq}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    content = body.encode()
    if content:
        lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join([*lines, "", ""]).encode() + content
