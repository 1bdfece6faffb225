"""The door of a server that strangers may flood: connections are taken and turned away before anything is made for
them, and who has proved nothing has few seats. asyncio's own way makes a transport, a task and, with TLS, buffers of
300 kB for whoever connects, counts none of them, and takes hundreds before it serves one.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)

BACKLOG = 1024
"""Connections that the system keeps until they are taken."""
_AT_ONCE = 32
"""So many are taken in one turn of the loop: who is being served must not wait for a crowd that comes."""
_PAUSE = 1.0
_AT_ONCE_GONE = struct.pack("ii", 1, 0)
"""SO_LINGER: on, for 0 s. Windows takes it too, though its numbers are half as long."""


@dataclass(slots=True, eq=False)
class Seat:
    """A connection's place; ``guest`` is the network that it came from."""

    guest: str
    task: asyncio.Task[None] | None = None
    begun: bool = False
    """Whether its task runs, and closes the socket."""
    answered: bool = False
    """Whether a request came by it that the gate looked at."""


class Seats:
    """Who is connected, ``most`` at once. With ``each`` those who have not proved themselves make room for others: the
    oldest of a guest that has so many, or where all is full, of the guest that has most. ``cut`` is told whom it hits.
    One thread."""

    def __init__(self, most: int, each: int, cut: Callable[[Seat], None]) -> None:
        self._most, self._each, self._cut = most, each, cut
        self._taken: set[Seat] = set()
        self._strangers: dict[str, dict[Seat, None]] = {}

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, peer: str) -> Seat | None:
        """A seat for a connection from this address; None where there is none."""
        guest = network_of(peer)
        if self._each:
            own = self._strangers.get(guest, {})
            if len(own) < self._each and len(self._taken) >= self._most:
                own = max(self._strangers.values(), key=len, default=own)
            if len(own) >= self._each or len(self._taken) >= self._most:
                for oldest in own:
                    self._free(oldest)
                    break
        if len(self._taken) >= self._most:
            return None
        seat = Seat(guest)
        self._taken.add(seat)
        self._strangers.setdefault(guest, {})[seat] = None
        return seat

    def prove(self, seat: Seat) -> None:
        """It had a right password: it makes room for nobody from now on."""
        self._known(seat)

    def leave(self, seat: Seat) -> None:
        """The connection has ended; a second call does nothing."""
        self._taken.discard(seat)
        self._known(seat)

    def all(self) -> list[Seat]:
        """Who is connected now."""
        return list(self._taken)

    def _free(self, seat: Seat) -> None:
        self.leave(seat)
        self._cut(seat)

    def _known(self, seat: Seat) -> None:
        own = self._strangers.get(seat.guest, {})
        own.pop(seat, None)
        if not own:
            self._strangers.pop(seat.guest, None)


class Door:
    """Listens, and hands connections and the addresses that they come from to ``knocks``, which must be quick. In the
    loop's thread, with a loop that has selectors."""

    def __init__(self, listeners: list[socket.socket], knocks: Callable[[socket.socket, str], None]) -> None:
        self._listeners, self._knocks = listeners, knocks
        self._loop = asyncio.get_running_loop()
        for listener in listeners:
            self._loop.add_reader(listener, self._ready, listener)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listeners[0].getsockname()[1])

    def close(self) -> None:
        """Listen no more; connections that were handed over go on."""
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            self._loop.remove_reader(listener)
            listener.close()

    def _ready(self, listener: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, address = listener.accept()
            except (BlockingIOError, InterruptedError):
                return
            except (ConnectionAbortedError, ConnectionResetError):
                continue
            except OSError as error:  # too many files are open: it would be ready again at once, for ever
                log.warning("connections wait: %s", error.strerror or error)
                self._loop.remove_reader(listener)
                self._loop.call_later(_PAUSE, self._again, listener)
                return
            connection.setblocking(False)
            self._knocks(connection, str(address[0]))

    def _again(self, listener: socket.socket) -> None:
        if listener in self._listeners:
            self._loop.add_reader(listener, self._ready, listener)


async def listening(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at every address of a host, all at one port. Raises OSError, UnicodeError."""
    loop = asyncio.get_running_loop()
    kind, flags = socket.SOCK_STREAM, socket.AI_PASSIVE
    try:
        found = socket.getaddrinfo(host or None, port, type=kind, flags=flags | socket.AI_NUMERICHOST)
    except socket.gaierror:  # a name: asked for in a thread
        found = await loop.getaddrinfo(host, port, type=kind, flags=flags)
    listeners: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((each[0], each[4]) for each in found):
            at: Any = (address[0], port, *address[2:])
            try:
                listener = socket.create_server(at, family=family, backlog=BACKLOG)
            except OSError as error:
                if error.errno == errno.EAFNOSUPPORT and len(found) > 1:
                    continue  # a computer without IPv6
                raise
            listener.setblocking(False)
            listeners.append(listener)
            port = port or int(listener.getsockname()[1])
    except OSError:
        for listener in listeners:
            listener.close()
        raise
    if not listeners:
        raise OSError(errno.EADDRNOTAVAIL, "the address is none of this computer")
    return listeners


def reset(connection: socket.socket) -> None:
    """End a connection at once, with nothing left of it in the system's memory."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE_GONE)
    except OSError:
        pass  # the other side was quicker: it is closed all the same
    connection.close()


def network_of(peer: str) -> str:
    """The address, or the /64 of one of IPv6: one sender has 2^64 of these."""
    if ":" not in peer:
        return peer
    try:
        return str(ipaddress.IPv6Network((peer.partition("%")[0], 64), strict=False))
    except ValueError:
        return peer
