"""WS-Discovery for all cameras of the city: one responder answers in the name of each, with Hello and Bye."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import sys
import uuid
from collections import OrderedDict
from collections.abc import Sequence
from functools import partial
from typing import Protocol

from drivers.virtual.announce_messages import Identity, Question, answer, bye, hello, matches, read_question

GROUP, PORT = "239.255.255.250", 3702
MAX_DELAY = 0.5
"""Seconds (APP_MAX_DELAY): answers are spread over this time, so that a city does not overrun the asker's buffer."""
_REMEMBERED = 512
_BURST, _BURST_PAUSE = 16, 0.004  # so many Byes at once, then a pause (seconds)
_PENDING_LIMIT = 4096
_IP_MULTICAST_ALL = 49  # from linux/in.h, the socket module does not name it


class Announced(Protocol):
    """A device as discovery sees it."""

    @property
    def up(self) -> bool:
        """Whether it is there to answer."""

    def identity(self) -> Identity:
        """What it tells of itself now."""


class Announcer:
    """Answers probes on the given interfaces (addresses of this machine) and on unicast to the discovery port there.

    Everything runs on the loop that called ``start``. ``instance`` should grow from start to start.
    """

    def __init__(
        self,
        devices: Sequence[Announced],
        seed: int = 0,
        interfaces: Sequence[str] = ("127.0.0.1",),
        port: int = PORT,
        instance: int = 1,
    ) -> None:
        self._devices = list(devices)
        self._random = random.Random(f"announce {seed}")
        self._interfaces = list(interfaces)
        self._port = port
        self._instance, self._number = instance, 0
        self._senders: dict[str, asyncio.DatagramTransport] = {}
        self._listeners: list[asyncio.DatagramTransport] = []
        self._seen: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._pending: set[asyncio.TimerHandle] = set()
        self.answered = 0
        self.malformed = 0

    async def start(self) -> None:
        """Open the sockets and say Hello for every device. Raises OSError when the port is held by somebody alone."""
        loop = asyncio.get_running_loop()
        try:
            for interface in self._interfaces:
                for multicast in (False, True):
                    if multicast and sys.platform == "win32":
                        continue  # there one socket takes both, for an address of a group cannot be bound
                    endpoint = _socket(interface, self._port, multicast)
                    protocol = partial(_Protocol, self, interface)
                    transport, _ = await loop.create_datagram_endpoint(protocol, sock=endpoint)
                    if multicast:
                        self._listeners.append(transport)
                    else:
                        self._senders[interface] = transport
        except OSError:
            self._close()
            raise
        for device in self._devices:
            if device.up:
                self._later(lambda device=device: self.hello(device))

    async def stop(self) -> None:
        """Say Bye for every device that is there, and close."""
        for handle in self._pending:
            handle.cancel()
        self._pending.clear()
        for count, device in enumerate(self._devices, start=1):
            if device.up and self._senders:
                self.bye(device)
            if count % _BURST == 0:
                await asyncio.sleep(_BURST_PAUSE)
        self._close()
        await asyncio.sleep(0)

    def hello(self, device: Announced) -> None:
        """Tell the group that a device is there."""
        self._group(hello(device.identity(), *self._ids()))

    def bye(self, device: Announced) -> None:
        """Tell the group that a device goes."""
        self._group(bye(device.identity(), *self._ids()))

    def received(self, data: bytes, source: tuple[str, int], interface: str) -> None:
        """One datagram that came to ``interface``. Answers go out later, each after a delay of its own."""
        if interface.startswith("127.") and not source[0].startswith("127."):
            return  # somebody else's probe: addresses on loopback would be of no use there
        question = read_question(data)
        if question is None:
            self.malformed += 1
            return
        key = (question.message, f"{source[0]}:{source[1]}")
        if key in self._seen:
            return  # the same datagram once more, or over the other socket
        self._seen[key] = None
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        for device in self._devices:
            if device.up and len(self._pending) < _PENDING_LIMIT and matches(question, device.identity()):
                self._later(lambda device=device: self._answer(question, device, source, interface))

    def _later(self, work: _Work) -> None:
        def run() -> None:
            self._pending.discard(handle)
            work()

        handle = asyncio.get_running_loop().call_later(self._random.uniform(0.0, MAX_DELAY), run)
        self._pending.add(handle)

    def _ids(self) -> tuple[str, tuple[int, int]]:
        self._number += 1
        message = uuid.UUID(int=self._random.getrandbits(128), version=4)
        return f"urn:uuid:{message}", (self._instance, self._number)

    def _answer(self, question: Question, device: Announced, source: tuple[str, int], interface: str) -> None:
        sender = self._senders.get(interface)
        if sender is None or not device.up:
            return
        self.answered += 1
        sender.sendto(answer(question, device.identity(), *self._ids()), source)

    def _group(self, data: bytes) -> None:
        for transport in self._senders.values():
            transport.sendto(data, (GROUP, self._port))

    def _close(self) -> None:
        for transport in [*self._senders.values(), *self._listeners]:
            transport.close()
        self._senders.clear()
        self._listeners.clear()


class _Work(Protocol):
    def __call__(self) -> object: ...


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, announcer: Announcer, interface: str) -> None:
        self._announcer, self._interface = announcer, interface

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._announcer.received(data, addr, self._interface)

    def error_received(self, exc: Exception) -> None:
        """An asker went away before its answer came (ICMP); nothing to do about it."""


def _socket(interface: str, port: int, multicast: bool) -> socket.socket:
    """A bound socket: for unicast and sending at the interface's address, for multicast at the group's, so that probes
    to other interfaces of this machine stay with those whom they are meant for."""
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        endpoint.setblocking(False)
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if sys.platform == "darwin":
            endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        windows = sys.platform == "win32"
        endpoint.bind(("" if windows else GROUP if multicast else interface, port))
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(interface))
        endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 1)
        if multicast or windows:
            if sys.platform == "linux":
                endpoint.setsockopt(socket.IPPROTO_IP, _IP_MULTICAST_ALL, 0)
            member = struct.pack("4s4s", socket.inet_aton(GROUP), socket.inet_aton(interface))
            endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    except OSError:
        endpoint.close()
        raise
    return endpoint
