"""Requests and answers of HTTP/1.1 as our small server has them: read from a stream with bounds, and written."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

HEAD_LIMIT = 16 * 1024
BODY_LIMIT = 256 * 1024
HEAD_END = b"\r\n\r\n"
_HEADERS = 130
"""Lines of a head; each costs time, and senders need a dozen."""
_DIGITS = frozenset("0123456789abcdefABCDEF")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; header names in lower case, ``body`` within the server's limit."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""
    peer: str = ""
    """The address that it came from."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]


@dataclass(frozen=True, slots=True)
class Response:
    """What to answer. ``stream`` replaces ``body`` where bytes come over time; ``length`` is then their number. With
    ``twice`` the whole answer goes out a second time, which no client expects."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/soap+xml; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None
    length: int | None = None
    twice: bool = False
    close: bool = False
    """End the connection after it."""


HANG = Response()
"""Answer nothing and keep the connection until the client gives up."""


class BadRequestError(Exception):
    """The client sent no HTTP that we understand; ``status`` says which way."""

    def __init__(self, status: HTTPStatus) -> None:
        self.status = status
        super().__init__(status.phrase)


def kept(request: Request) -> bool:
    """Whether the connection goes on after it, as far as the client is concerned."""
    return request.headers.get("connection", "").lower() != "close"


async def read_head(reader: asyncio.StreamReader, peer: str = "") -> Request | None:
    """The next request without its body, None at a clean end. Raises BadRequestError, IncompleteReadError and
    LimitOverrunError."""
    try:
        head = await reader.readuntil(HEAD_END)
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise
    except asyncio.LimitOverrunError as error:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from error
    return parse_head(head, peer)


def parse_head(head: bytes, peer: str = "") -> Request:
    """A request without its body; ``head`` goes to its empty line. Raises BadRequestError."""
    lines = head.decode("latin-1").split("\r\n")
    if len(lines) > _HEADERS:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    headers = {}
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequestError(HTTPStatus.BAD_REQUEST)
        headers[name.strip().lower()] = value.strip()
    return Request(parts[0], parts[1], headers, peer=peer)


def written(response: Response, keep: bool) -> bytes:
    """An answer as it goes out, without what it streams; ``keep`` says whether the connection goes on after it."""
    length = len(response.body) if response.length is None else response.length
    head = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}", f"Content-Length: {length}"]
    head.append(f"Content-Type: {response.content_type}")
    head += [f"{name}: {value}" for name, value in response.headers.items()]
    head.append(f"Connection: {'keep-alive' if keep else 'close'}")
    whole = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + response.body
    return whole * 2 if response.twice else whole


def body_size(head: Request, body_limit: int = BODY_LIMIT) -> int:
    """How many bytes the body has, or may have where it comes in chunks. Raises BadRequestError."""
    headers = head.headers
    coding = headers.get("transfer-encoding")
    if coding is not None and (coding.lower() != "chunked" or "content-length" in headers):
        raise BadRequestError(HTTPStatus.LENGTH_REQUIRED)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit() and len(length) < 12):
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    if int(length) > body_limit:
        raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return int(length) if coding is None else body_limit


async def read_body(
    head: Request, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body_limit: int = BODY_LIMIT
) -> bytes:
    """The body of a request whose head was read. Raises as ``read_head`` does."""
    size = body_size(head, body_limit)
    if head.headers.get("expect", "").lower() == "100-continue":
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "transfer-encoding" in head.headers:
        return await _read_chunks(reader, body_limit)
    return await reader.readexactly(size)


async def _read_chunks(reader: asyncio.StreamReader, limit: int) -> bytes:
    """A body in chunks (RFC 9112, 7.1). Extensions and trailers are read over."""
    body = bytearray()
    while True:
        digits = (await _read_line(reader)).partition(";")[0].strip()
        if not 1 <= len(digits) <= 8 or not _DIGITS.issuperset(digits):
            raise BadRequestError(HTTPStatus.BAD_REQUEST)
        size = int(digits, 16)
        if len(body) + size > limit:
            raise BadRequestError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        if size == 0:
            break
        body += await reader.readexactly(size)
        if await reader.readexactly(2) != b"\r\n":
            raise BadRequestError(HTTPStatus.BAD_REQUEST)
    trailers = 0
    while line := await _read_line(reader):
        trailers += len(line)
        if trailers > HEAD_LIMIT:
            raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    return bytes(body)


async def _read_line(reader: asyncio.StreamReader) -> str:
    return (await reader.readuntil(b"\r\n"))[:-2].decode("latin-1")
