"""A small HTTP/1.1 server over asyncio streams: bounded headers and bodies, chunks, keep-alive, nothing else.

The standard library's server is a thread per connection; 256 cameras with a few clients each want one loop instead.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Protocol

HEAD_LIMIT = 16 * 1024
BODY_LIMIT = 256 * 1024
CONNECTIONS = 64
IDLE_SECONDS = 30.0
_LINGER = 2.0
_SMALL = 64 * 1024
"""A body of up to so many bytes is read and thrown away where its request is turned down, so that the sender gets the
answer; before a larger one the connection ends."""
_HANDSHAKE = 5.0
_BACKLOG = 512
_LINGER_READS = 512
_TURNS = 10
"""Turns of the loop that a connection accepted in the last moment needs to come to ``_connected``, and be cut."""
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


Handler = Callable[[Request], Awaitable[Response | None]]


class Gate(Protocol):
    """Who looks at requests before their bodies are read."""

    def admit(self, request: Request) -> Response | None:
        """None lets it in, and the sender has proved itself; else the answer. Must be quick."""


class WebServer:
    """Serves ``handler`` on one address, https with ``tls``. A handler that gives None closes the connection without an
    answer. A request must be there within ``idle`` seconds and its body be no longer than ``body_limit``
    bytes; beyond ``connections`` at once further ones are cut. With a ``gate`` that turns requests down before their
    bodies are read, it is the oldest connection that has never passed it that is cut instead. ``body_total`` bounds the
    bodies of all requests under way.

    Everything runs on the loop that called ``start``; no other thread may touch it.
    """

    def __init__(
        self,
        handler: Handler,
        idle: float = IDLE_SECONDS,
        body_limit: int = BODY_LIMIT,
        tls: ssl.SSLContext | None = None,
        connections: int = CONNECTIONS,
        gate: Gate | None = None,
        body_total: int = 0,
    ) -> None:
        self._handler = handler
        self._idle, self._body_limit, self._tls = idle, body_limit, tls
        self._connections, self._gate = connections, gate
        self._body_total = body_total or connections * body_limit
        self._held = 0
        self._server: asyncio.Server | None = None
        self._tasks: dict[asyncio.Task[None], bool] = {}
        """The connections in the order in which they came, and whether each has passed the gate."""

    @property
    def listening(self) -> bool:
        """Whether it was started and not stopped."""
        return self._server is not None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen and return the port. Raises OSError when the port is taken."""
        patience = None if self._tls is None else _HANDSHAKE
        self._server = await asyncio.start_server(
            self._connected,
            host,
            port,
            limit=HEAD_LIMIT,
            ssl=self._tls,
            ssl_handshake_timeout=patience,
            backlog=_BACKLOG,
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection; a second call does nothing."""
        if self._server is None:
            return
        server, self._server = self._server, None
        # WORKAROUND: a connection whose accepting is under way when the server is closed is lost with its socket open
        # (https://github.com/python/cpython/issues/109564). So none is accepted any more first, then it is closed.
        for socket in server.sockets:
            try:
                asyncio.get_running_loop().remove_reader(socket.fileno())
            except NotImplementedError:
                break  # the proactor, which accepts in one go
        for _ in range(_TURNS):
            await asyncio.sleep(0)
        server.close()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        try:
            async with asyncio.timeout(_LINGER):  # transports that were just let go of still have to be closed
                await server.wait_closed()
        except TimeoutError:
            pass  # a client that reads nothing keeps its last answer; the loop's end takes it

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or self._server is None or not self._room():
            writer.transport.abort()
            return
        self._tasks[task] = False
        cut = False
        address = writer.get_extra_info("peername")
        peer = str(address[0]) if isinstance(address, tuple) else ""
        try:
            while await self._exchange(reader, writer, task, peer):
                pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away, was too slow or too long: there is nobody left to tell
        except asyncio.CancelledError:
            cut = True  # stop(), or no room: the stream's own task callback would report a cancelled task as an error
        finally:
            self._tasks.pop(task, None)
            if self.listening and not cut:
                writer.close()
            else:
                writer.transport.abort()

    def _room(self) -> bool:
        """Whether one more connection is taken, making room for it where somebody who proved nothing is there."""
        if len(self._tasks) < self._connections:
            return True
        oldest = (
            None if self._gate is None else next((task for task, proved in self._tasks.items() if not proved), None)
        )
        if oldest is None:
            return False
        del self._tasks[oldest]
        oldest.cancel()
        return True

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, task: asyncio.Task[None], peer: str
    ) -> bool:
        """One request and its answer; False ends the connection."""
        held = 0
        try:
            async with asyncio.timeout(self._idle):
                head = await read_head(reader)
                if head is None:
                    return False
                request = replace(head, peer=peer)
                if self._gate is not None:
                    turned_down = self._gate.admit(request)
                    if turned_down is not None:
                        return await self._turn_down(reader, writer, request, turned_down)
                    if task in self._tasks:
                        self._tasks[task] = True
                size = body_size(request, self._body_limit)
                if self._held + size > self._body_total:
                    busy = Response(HTTPStatus.SERVICE_UNAVAILABLE, b"busy", "text/plain", {"Retry-After": "1"})
                    return await self._turn_down(reader, writer, request, busy)
                held = size
                self._held += held
                request = replace(request, body=await read_body(request, reader, writer, self._body_limit))
            return await self._answer(reader, writer, request)
        except BadRequestError as error:
            await self._send(writer, Response(error.status, str(error).encode(), "text/plain"), keep=False)
            return False
        finally:
            self._held -= held

    async def _turn_down(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request, response: Response
    ) -> bool:
        """Answer without the body; False ends the connection."""
        length = request.headers.get("content-length", "0")
        small = length.isascii() and length.isdigit() and len(length) < 7 and int(length) <= _SMALL
        small = small and not {"transfer-encoding", "expect"} & request.headers.keys()
        keep = small and not response.close and _kept(request)
        if keep:
            await reader.readexactly(int(length))
        await self._send(writer, response, keep)
        if not keep and not response.close:
            await _let_finish(reader)
        return keep

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: Request) -> bool:
        response = await self._handler(request)
        if response is HANG:
            while await reader.read(4096):
                pass
        if response is None or response is HANG:
            return False
        keep = not response.close and _kept(request)
        await self._send(writer, response, keep)
        return keep

    async def _send(self, writer: asyncio.StreamWriter, response: Response, keep: bool) -> None:
        length = len(response.body) if response.length is None else response.length
        head = [f"HTTP/1.1 {response.status} {HTTPStatus(response.status).phrase}", f"Content-Length: {length}"]
        head.append(f"Content-Type: {response.content_type}")
        head += [f"{name}: {value}" for name, value in response.headers.items()]
        head.append(f"Connection: {'keep-alive' if keep else 'close'}")
        async with asyncio.timeout(self._idle):
            whole = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + response.body
            writer.write(whole * 2 if response.twice else whole)
            await writer.drain()
        if response.stream is not None:
            async for piece in response.stream:
                writer.write(piece)
                await writer.drain()


async def _let_finish(reader: asyncio.StreamReader) -> None:
    """Take what a client still sends, for a while: who is cut off while it sends does not see the answer."""
    try:
        async with asyncio.timeout(_LINGER):
            for _ in range(_LINGER_READS):
                if not await reader.read(_SMALL):
                    return
    except TimeoutError:
        pass  # it has had its time


def _kept(request: Request) -> bool:
    return request.headers.get("connection", "").lower() != "close"


async def read_request(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body_limit: int = BODY_LIMIT
) -> Request | None:
    """The next request, None at a clean end. Raises BadRequestError, IncompleteReadError and LimitOverrunError."""
    head = await read_head(reader)
    return None if head is None else replace(head, body=await read_body(head, reader, writer, body_limit))


async def read_head(reader: asyncio.StreamReader) -> Request | None:
    """The next request without its body, None at a clean end. Raises as ``read_request`` does."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if not error.partial:
            return None
        raise
    except asyncio.LimitOverrunError as error:
        raise BadRequestError(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE) from error
    lines = head.decode("latin-1").split("\r\n")
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequestError(HTTPStatus.BAD_REQUEST)
    headers = {}
    for line in lines[1:-2]:
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequestError(HTTPStatus.BAD_REQUEST)
        headers[name.strip().lower()] = value.strip()
    return Request(parts[0], parts[1], headers)


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
    """The body of a request whose head was read. Raises as ``read_request`` does."""
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
