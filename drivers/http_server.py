"""A small HTTP/1.1 server over asyncio streams: bounded headers and bodies, chunks, keep-alive, nothing else.

The standard library's server is a thread per connection; 256 cameras with a few clients each want one loop instead.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import replace
from http import HTTPStatus
from typing import Protocol

from drivers.http_door import Door, Seat, Seats, listening, reset
from drivers.http_messages import (
    BODY_LIMIT,
    HANG,
    HEAD_END,
    HEAD_LIMIT,
    BadRequestError,
    Request,
    Response,
    body_size,
    kept,
    parse_head,
    read_body,
    read_head,
    written,
)

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
_STRANGERS = 4
"""Who has proved nothing has so small a part of all connections from one network."""


Handler = Callable[[Request], Awaitable[Response | None]]


class Gate(Protocol):
    """Who looks at connections before anything is made for them, and at requests before their bodies are read. All of
    it must be quick; ``peer`` is the address that a connection comes from."""

    def suspects(self, peer: str) -> bool:
        """Whether so much that is wrong came from there that heads are looked at on the doorstep where that is
        possible: what ``knows`` does not know, is answered what ``admit`` says, and is gone."""

    def knows(self, request: Request) -> bool:
        """Whether a request proves itself. Changes nothing."""

    def comes(self, peer: str) -> bool:
        """One more connection; False: it is ended at once."""

    def turned_away(self, peer: str) -> None:
        """A connection ended before it proved itself, and not by an answer of ``admit``."""

    def admit(self, request: Request) -> Response | None:
        """None lets it in, and the sender has proved itself; else the answer."""


class WebServer:
    """Serves ``handler`` on one address, https with ``tls``. A handler that gives None closes the connection without an
    answer. A request must be there within ``idle`` seconds and its body be no longer than ``body_limit``
    bytes; beyond ``connections`` at once further ones are cut. With a ``gate``, which needs a loop with selectors,
    those are cut instead that have never passed it (see ``Seats``), and what has not shaken hands yet counts too.
    ``body_total`` bounds the bodies of all requests under way.

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
        self._gate = gate
        self._body_total = body_total or connections * body_limit
        self._held = 0
        self._server: asyncio.Server | None = None
        self._door: Door | None = None
        self._seats = Seats(connections, 0 if gate is None else max(1, connections // _STRANGERS), self._cut)

    @property
    def listening(self) -> bool:
        """Whether it was started and not stopped."""
        return self._server is not None or self._door is not None

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen and return the port. Raises OSError when the port is taken."""
        if self._gate is not None:
            self._door = Door(await listening(host, port), self._knocks)
            return self._door.port
        self._server = await asyncio.start_server(
            self._connected,
            host,
            port,
            limit=HEAD_LIMIT,
            ssl=self._tls,
            ssl_handshake_timeout=None if self._tls is None else _HANDSHAKE,
            backlog=_BACKLOG,
        )
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Stop listening and cut every connection; a second call does nothing."""
        server, self._server = self._server, None
        door, self._door = self._door, None
        if door is not None:
            door.close()
        if server is not None:
            await _close(server)
        tasks = [seat.task for seat in self._seats.all() if seat.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if door is not None:
            for _ in range(_TURNS):  # transports that were just let go of still have to be closed
                await asyncio.sleep(0)
        if server is not None:
            try:
                async with asyncio.timeout(_LINGER):
                    await server.wait_closed()
            except TimeoutError:
                pass  # a client that reads nothing keeps its last answer; the loop's end takes it

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection that asyncio took, where there is no gate."""
        address = writer.get_extra_info("peername")
        peer = str(address[0]) if isinstance(address, tuple) else ""
        seat = self._seats.take(peer) if self._server is not None else None
        if seat is None:
            writer.transport.abort()
            return
        seat.task = asyncio.current_task()
        try:
            await self._serve(reader, writer, seat, peer)
        finally:
            self._seats.leave(seat)

    def _knocks(self, connection: socket.socket, peer: str) -> None:
        """A connection, where there is a gate."""
        assert self._gate is not None
        if self._tls is None and self._gate.suspects(peer) and self._seen_through(connection, peer):
            return
        seat = self._seats.take(peer) if self._gate.comes(peer) else None
        if seat is None:
            reset(connection)
            return
        seat.task = asyncio.get_running_loop().create_task(self._host(connection, seat, peer))
        seat.task.add_done_callback(lambda task: None if seat.begun else connection.close())

    def _seen_through(self, connection: socket.socket, peer: str) -> bool:
        """Whether a suspect's request was there already, wrong, and answered on the doorstep."""
        assert self._gate is not None
        try:
            there = connection.recv(HEAD_LIMIT, socket.MSG_PEEK)
            end = there.find(HEAD_END)
            if end < 0:
                return False
            try:
                request = parse_head(there[: end + len(HEAD_END)], peer)
                answer = None if self._gate.knows(request) else self._gate.admit(request)
            except BadRequestError as error:
                self._gate.turned_away(peer)
                answer = _refusal(error)
            if answer is None:
                return False
            connection.recv(HEAD_LIMIT)  # what lies there unread would take the answer with it
            connection.send(written(answer, False))
        except BlockingIOError:
            return False  # nothing is there yet
        except OSError:
            pass  # it is gone already
        connection.close()
        return True

    def _cut(self, seat: Seat) -> None:
        """Somebody else needs that seat."""
        if seat.task is not None:
            seat.task.cancel()

    async def _host(self, connection: socket.socket, seat: Seat, peer: str) -> None:
        """A connection that was let in, from the handshake until its socket is closed."""
        assert self._gate is not None
        seat.begun = True
        loop = asyncio.get_running_loop()
        reader = asyncio.StreamReader(HEAD_LIMIT, loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        patience = {} if self._tls is None else {"ssl_handshake_timeout": _HANDSHAKE, "ssl_shutdown_timeout": _LINGER}
        writer = None
        try:
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, connection, ssl=self._tls, **patience)
            writer = asyncio.StreamWriter(transport, protocol, reader, loop)
            await self._serve(reader, writer, seat, peer)
            async with asyncio.timeout(_LINGER):
                await writer.wait_closed()
        except (OSError, asyncio.CancelledError) as error:
            _forget(error)  # no handshake, or it does not go, or stop(), or no room: nobody is there to be told
        finally:
            if writer is not None:
                writer.transport.abort()
            self._seats.leave(seat)
            if not seat.answered:
                self._gate.turned_away(peer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seat: Seat, peer: str) -> None:
        """One request after the other, until one side has enough."""
        cut = False
        try:
            while await self._exchange(reader, writer, seat, peer):
                pass
        except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass  # the client went away, was too slow or too long: there is nobody left to tell
        except asyncio.CancelledError:
            cut = True  # stop(), or no room: the stream's own task callback would report a cancelled task as an error
        finally:
            if self.listening and not cut:
                writer.close()
            else:
                writer.transport.abort()

    async def _exchange(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, seat: Seat, peer: str
    ) -> bool:
        """One request and its answer; False ends the connection."""
        held = 0
        try:
            async with asyncio.timeout(self._idle):
                request = await read_head(reader, peer)
                if request is None:
                    return False
                if self._gate is not None:
                    turned_down = self._gate.admit(request)
                    seat.answered = True
                    if turned_down is not None:
                        return await self._turn_down(reader, writer, request, turned_down)
                    self._seats.prove(seat)
                size = body_size(request, self._body_limit)
                if self._held + size > self._body_total:
                    busy = Response(HTTPStatus.SERVICE_UNAVAILABLE, b"busy", "text/plain", {"Retry-After": "1"})
                    return await self._turn_down(reader, writer, request, busy)
                held = size
                self._held += held
                request = replace(request, body=await read_body(request, reader, writer, self._body_limit))
            return await self._answer(reader, writer, request)
        except BadRequestError as error:
            await self._send(writer, _refusal(error), keep=False)
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
        keep = small and not response.close and kept(request)
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
        keep = not response.close and kept(request)
        await self._send(writer, response, keep)
        return keep

    async def _send(self, writer: asyncio.StreamWriter, response: Response, keep: bool) -> None:
        async with asyncio.timeout(self._idle):
            writer.write(written(response, keep))
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


def _forget(error: BaseException) -> None:
    """Let go of the frames that an error came through: they hold it, and with it a connection's buffers of 300 kB,
    until somebody looks for cycles."""
    left: BaseException | None = error
    while left is not None:
        left.__traceback__ = None
        left = left.__context__


def _refusal(error: BadRequestError) -> Response:
    return Response(error.status, str(error).encode(), "text/plain")


async def _close(server: asyncio.Server) -> None:
    """Take no more connections."""
    # WORKAROUND: a connection whose accepting is under way when the server is closed is lost with its socket open
    # (https://github.com/python/cpython/issues/109564). So none is accepted any more first, then it is closed.
    for each in server.sockets:
        try:
            asyncio.get_running_loop().remove_reader(each.fileno())
        except NotImplementedError:
            break  # the proactor, which accepts in one go
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    server.close()
