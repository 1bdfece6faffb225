"""WS-Discovery over multicast: one socket for each address of this machine, and one that hears Hello and Bye.

The recipe is measured (probes of three kinds at 0, 0.25 and 1 s); hostile replies are counted and forgotten.
"""

from __future__ import annotations

import contextlib
import heapq
import itertools
import selectors
import socket
import struct
import sys
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from drivers.discovery.interfaces import LocalAddress, local_addresses
from drivers.discovery.messages import MAX_DATAGRAM, PROBE_TYPES, MalformedError, parse, probe
from drivers.discovery.table import DeviceTable
from drivers.errors import Unreachable
from drivers.types import Discovered, FoundBy

PORT = 3702
GROUP_4 = "239.255.255.250"
GROUP_6 = "ff02::c"
PROBES_AT = (0.0, 0.25, 1.0)
ROUND_LENGTH = 3.0
_HOPS = 4
_BATCH = 256
_BUFFER = 1024 * 1024  # hundreds of cameras answer within a few milliseconds


@dataclass(frozen=True, slots=True)
class DiscoveryCounts:
    """What came in so far: datagrams, those that were no WS-Discovery, devices left out because there were too many."""

    datagrams: int = 0
    malformed: int = 0
    dropped: int = 0


class WsDiscoveryFinder:
    """A Finder by WS-Discovery (see ``drivers.interfaces.Finder``).

    ``start``, ``probe``, ``stop`` and ``counts`` come from any thread; one thread of its own owns the sockets and the
    table and calls ``found``. ``interface`` limits it to one address or interface name; every ``period`` seconds it
    asks again, on the interfaces that are there then. ``port`` differs in tests only. ``found`` must not call ``stop``.
    """

    def __init__(self, interface: str = "", period: float = 30.0, port: int = PORT) -> None:
        self._interface = interface
        self._period = period
        self._port = port
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._wake: socket.socket | None = None
        self._counts = DiscoveryCounts()

    def start(self, found: Callable[[Discovered], None]) -> None:
        """See Finder. Raises Unreachable when ``interface`` names none of this machine."""
        addresses = local_addresses(self._interface)
        if self._interface and not addresses:
            raise Unreachable(
                "Discovery",
                f"this machine has no interface {self._interface!r}",
                "Give the address or the name of one of its interfaces, or none for all.",
            )
        with self._lock:
            if self._thread is not None:
                raise RuntimeError("already started")
            mine, self._wake = socket.socketpair()
            search = _Search(self._interface, self._period, self._port, found, mine, self._count)
            self._thread = threading.Thread(target=search.run, name="ws-discovery", daemon=True)
            self._thread.start()

    def probe(self) -> None:
        """See Finder."""
        self._tell(b"p")

    def stop(self) -> None:
        """See Finder."""
        with self._lock:
            thread, wake, self._thread, self._wake = self._thread, self._wake, None, None
        if wake is not None and thread is not None:
            wake.close()
            thread.join()

    def counts(self) -> DiscoveryCounts:
        """What came in so far."""
        with self._lock:
            return self._counts

    def _tell(self, word: bytes) -> None:
        with self._lock:
            if self._wake is not None:
                self._wake.send(word)

    def _count(self, counts: DiscoveryCounts) -> None:
        with self._lock:
            self._counts = counts


class _Search:
    """The thread's side of a finder."""

    def __init__(
        self,
        interface: str,
        period: float,
        port: int,
        found: Callable[[Discovered], None],
        wake: socket.socket,
        count: Callable[[DiscoveryCounts], None],
    ) -> None:
        self._interface = interface
        self._period = period
        self._port = port
        self._found = found
        self._wake = wake
        self._count = count
        self._table = DeviceTable(FoundBy.WS_DISCOVERY)
        self._selector = selectors.DefaultSelector()
        self._senders: dict[LocalAddress, socket.socket] = {}
        self._listener: socket.socket | None = None
        self._joined: set[LocalAddress] = set()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._round = 0
        self._datagrams = 0
        self._malformed = 0

    def run(self) -> None:
        self._selector.register(self._wake, selectors.EVENT_READ)
        try:
            self._begin_round()
            while self._once():
                pass
        finally:
            for key in list(self._selector.get_map().values()):
                if isinstance(key.fileobj, socket.socket):
                    key.fileobj.close()
            self._selector.close()

    def _once(self) -> bool:
        wait = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
        for key, _ in self._selector.select(wait):
            if key.fileobj is self._wake:
                word = self._wake.recv(64)
                if not word:
                    return False
                self._begin_round()
            elif isinstance(key.fileobj, socket.socket):
                self._receive(key.fileobj)
        while self._due and self._due[0][0] <= time.monotonic():
            heapq.heappop(self._due)[2]()
        return True

    def _begin_round(self) -> None:
        """Look at the interfaces again and put this round's probes in the place of those of an older round."""
        self._follow_interfaces()
        self._round += 1
        now = time.monotonic()
        self._due = []
        for offset, types in zip(PROBES_AT, PROBE_TYPES, strict=True):
            self._later(now + offset, partial(self._send, types))
        self._later(now + ROUND_LENGTH, self._end_round)
        self._later(now + max(self._period, ROUND_LENGTH), self._begin_round)

    def _end_round(self) -> None:
        for device in self._table.end_round(self._round):
            self._found(device)

    def _later(self, when: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (when, next(self._order), do))

    def _follow_interfaces(self) -> None:
        present = set(local_addresses(self._interface))
        for gone in self._senders.keys() - present:
            self._drop(self._senders.pop(gone))
        for address in present - self._senders.keys():
            with contextlib.suppress(OSError):  # an interface that is down or has no multicast: ask on the others
                self._senders[address] = self._register(_sender(address))
        if self._listener is None:
            with contextlib.suppress(OSError):  # another program holds the port for itself: go without Hello and Bye
                self._listener = self._register(_listener(self._port))
        if self._listener is not None:
            for address in present - self._joined:
                with contextlib.suppress(OSError):
                    _join(self._listener, address)
            self._joined = present

    def _register(self, endpoint: socket.socket) -> socket.socket:
        endpoint.setblocking(False)
        self._selector.register(endpoint, selectors.EVENT_READ)
        return endpoint

    def _drop(self, endpoint: socket.socket) -> None:
        self._selector.unregister(endpoint)
        endpoint.close()

    def _send(self, types: str) -> None:
        message = probe(types, uuid.uuid4())
        for address, endpoint in self._senders.items():
            target = (GROUP_6, self._port, 0, address.index) if address.is_ipv6 else (GROUP_4, self._port)
            with contextlib.suppress(OSError):  # this interface has no route now; the next round asks again
                endpoint.sendto(message, target)

    def _receive(self, endpoint: socket.socket) -> None:
        networks = [address.network for address in self._senders]
        for _ in range(_BATCH):  # bounded, so that a flood on one socket cannot starve the others
            try:
                data, source = endpoint.recvfrom(MAX_DATAGRAM)
            except BlockingIOError:
                break
            except OSError:  # Windows reports an ICMP answer to an earlier probe here
                continue
            self._datagrams += 1
            try:
                said = parse(data)
            except MalformedError:
                self._malformed += 1
                continue
            for announcement in said:
                sender = _readable(source)
                device = self._table.take(announcement, sender, networks, datetime.now(UTC), self._round)
                if device is not None:
                    self._found(device)
        self._count(DiscoveryCounts(self._datagrams, self._malformed, self._table.dropped))


def _readable(source: tuple[object, ...]) -> str:
    """The sender's address; a link-local IPv6 one with the index of the interface, without which nothing reaches it."""
    address = str(source[0])
    if address.startswith("fe80:") and "%" not in address and len(source) == 4:
        return f"{address}%{source[3]}"
    return address


def _sender(address: LocalAddress) -> socket.socket:
    endpoint = socket.socket(socket.AF_INET6 if address.is_ipv6 else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        if address.is_ipv6:
            endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, address.index)
            endpoint.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, _HOPS)
            endpoint.bind((address.address, 0, 0, address.index))
        else:
            endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(address.address))
            endpoint.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, _HOPS)
            endpoint.bind((address.address, 0))
    except OSError:
        endpoint.close()
        raise
    return endpoint


def _listener(port: int) -> socket.socket:
    """A socket on the port of WS-Discovery, shared with whoever else listens there. IPv4 only: Hello over IPv6 alone is
    not seen in the field, and such a device still answers probes."""
    endpoint = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # on Windows any address; elsewhere the group's, so that unicast probes to a camera on this machine stay its own
        endpoint.bind(("" if sys.platform == "win32" else GROUP_4, port))
    except OSError:
        endpoint.close()
        raise
    return endpoint


def _join(listener: socket.socket, address: LocalAddress) -> None:
    if not address.is_ipv6:
        request = struct.pack("4s4s", socket.inet_aton(GROUP_4), socket.inet_aton(address.address))
        listener.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
