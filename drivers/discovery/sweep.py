"""A sweep over a range of addresses that the user gives, for networks that multicast does not reach.

Each address gets a unicast WS-Discovery probe and a look at the usual TCP ports: RTSP answers OPTIONS (RFC 2326), ONVIF
answers GetSystemDateAndTime, which needs no credentials. No credentials are ever sent.
"""

from __future__ import annotations

import asyncio
import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from drivers.discovery.messages import PROBE_TYPES, MalformedError, first_text, parse, probe, read_xml
from drivers.discovery.ranges import parse_range
from drivers.discovery.table import DeviceTable
from drivers.types import DeviceKind, Discovered, FoundBy
from drivers.urls import normal_endpoint

HTTP_PORTS = (80, 8080, 2020)
RTSP_PORTS = (554,)
_PATH = "/onvif/device_service"
_CONNECT_S = 1.5
_ANSWER_S = 3.0
_LISTEN_S = 2.0
_PROBE_PAUSE_S = 0.005
_MAX_ANSWER = 64 * 1024

_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    '<{0} xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)


class SweepFinder:
    """A Finder over ``addresses`` (see ``parse_range``; ValueError for what is none); sweeps once, and again on each
    ``probe``.

    All methods come from any thread; one thread of its own looks at ``parallel`` ports at once and calls ``found``,
    which must not call ``stop``. Answers to the probes are taken for ``listen`` seconds.
    """

    def __init__(
        self,
        addresses: str,
        http_ports: tuple[int, ...] = HTTP_PORTS,
        rtsp_ports: tuple[int, ...] = RTSP_PORTS,
        probe_port: int = 3702,
        parallel: int = 128,
        listen: float = _LISTEN_S,
    ) -> None:
        self._hosts = parse_range(addresses)
        self._http_ports = http_ports
        self._rtsp_ports = rtsp_ports
        self._probe_port = probe_port
        self._parallel = parallel
        self._listen = listen
        self._idle = threading.Event()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._again: asyncio.Event | None = None
        self._over = False

    def start(self, found: Callable[[Discovered], None]) -> None:
        """See Finder."""
        with self._lock:
            if self._thread is not None:
                raise RuntimeError("already started")
            self._loop = asyncio.new_event_loop()
            self._again = asyncio.Event()
            self._again.set()
            self._over = False
            self._idle.clear()
            self._thread = threading.Thread(
                target=self._run, args=(self._loop, self._again, found), name="sweep", daemon=True
            )
            self._thread.start()

    def probe(self) -> None:
        """See Finder."""
        self._ask_again(over=False)

    def stop(self) -> None:
        """See Finder; a sweep in progress is cut short."""
        self._ask_again(over=True)
        with self._lock:
            thread, self._thread = self._thread, None
            self._loop = self._again = None
        if thread is not None:
            thread.join()

    def wait(self, timeout: float) -> bool:
        """Wait until the sweep is through, at most ``timeout`` seconds; whether it is."""
        return self._idle.wait(timeout)

    def _ask_again(self, over: bool) -> None:
        with self._lock:
            if self._loop is not None and self._again is not None:
                self._over = self._over or over
                self._idle.clear()
                self._loop.call_soon_threadsafe(self._again.set)

    def _run(self, loop: asyncio.AbstractEventLoop, again: asyncio.Event, found: Callable[[Discovered], None]) -> None:
        try:
            loop.run_until_complete(self._serve(again, found))
        finally:
            self._idle.set()
            loop.close()

    async def _serve(self, again: asyncio.Event, found: Callable[[Discovered], None]) -> None:
        while True:
            await again.wait()
            again.clear()
            if self._over:
                return
            sweep = asyncio.ensure_future(self._sweep(found))
            asked = asyncio.ensure_future(again.wait())
            await asyncio.wait((sweep, asked), return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            sweep.cancel()
            await asyncio.gather(sweep, asked, return_exceptions=True)
            if not sweep.cancelled():
                sweep.result()
            if not again.is_set():
                self._idle.set()

    async def _sweep(self, found: Callable[[Discovered], None]) -> None:
        slots = asyncio.Semaphore(self._parallel)

        async def look(host: str, port: int, rtsp: bool) -> None:
            async with slots:
                device = await (_look_rtsp(host, port) if rtsp else _look_http(host, port))
            if device is not None:
                found(device)

        async with asyncio.TaskGroup() as group:
            group.create_task(self._probe_all(found))
            for host in self._hosts:
                for port in self._http_ports:
                    group.create_task(look(host, port, False))
                for port in self._rtsp_ports:
                    group.create_task(look(host, port, True))

    async def _probe_all(self, found: Callable[[Discovered], None]) -> None:
        loop = asyncio.get_running_loop()
        for family in sorted({":" in host for host in self._hosts}):
            local = ("::", 0) if family else ("0.0.0.0", 0)
            try:
                transport, _ = await loop.create_datagram_endpoint(lambda: _Answers(found), local_addr=local)
            except OSError:  # this machine has no such family, so nothing can answer by it
                continue
            try:
                for types in PROBE_TYPES:
                    for host in self._hosts:
                        if (":" in host) is family:
                            transport.sendto(probe(types, uuid.uuid4()), (host, self._probe_port))
                            await asyncio.sleep(_PROBE_PAUSE_S if len(self._hosts) > 16 else 0)
                await asyncio.sleep(self._listen)
            finally:
                transport.close()


class _Answers(asyncio.DatagramProtocol):
    """Takes the answers to unicast probes."""

    def __init__(self, found: Callable[[Discovered], None]) -> None:
        self._found = found
        self._table = DeviceTable(FoundBy.SWEEP)

    def datagram_received(self, data: bytes, addr: tuple[object, ...]) -> None:
        try:
            said = parse(data)
        except MalformedError:
            return  # somebody else's datagram; the sweep has other ways to find the device
        for announcement in said:
            device = self._table.take(announcement, str(addr[0]), (), datetime.now(UTC), 0)
            if device is not None:
                self._found(device)


async def _look_http(host: str, port: int) -> Discovered | None:
    answer = await _ask(host, port, _post(host, port, "GetSystemDateAndTime"))
    if b"GetSystemDateAndTimeResponse" not in answer and b":Envelope" not in answer:
        return None
    identity = await _ask(host, port, _post(host, port, "GetEndpointReference"))
    endpoint = ""
    try:
        endpoint = normal_endpoint(first_text(read_xml(identity.partition(b"\r\n\r\n")[2]), "GUID"))
    except MalformedError:
        pass  # few devices tell it without credentials
    xaddr = f"http://{_bracketed(host)}{'' if port == 80 else f':{port}'}{_PATH}"
    return _device(endpoint, host, port, xaddr, DeviceKind.ONVIF)


async def _look_rtsp(host: str, port: int) -> Discovered | None:
    url = f"rtsp://{_bracketed(host)}{'' if port == 554 else f':{port}'}/"
    answer = await _ask(host, port, f"OPTIONS {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode(), until=b"\r\n\r\n")
    return _device("", host, port, url, DeviceKind.RTSP) if answer.startswith(b"RTSP/1.") else None


def _device(endpoint: str, host: str, port: int, xaddr: str, kind: DeviceKind) -> Discovered:
    return Discovered(
        id=endpoint or f"address:{host}:{port}",
        name=host,
        address=host,
        xaddrs=(xaddr,),
        kind=kind,
        source=FoundBy.SWEEP,
        seen=datetime.now(UTC),
    )


def _post(host: str, port: int, operation: str) -> bytes:
    body = _ENVELOPE.format(operation)
    return (
        f"POST {_PATH} HTTP/1.1\r\nHost: {_bracketed(host)}:{port}\r\n"
        "Connection: close\r\nAccept-Encoding: identity\r\n"
        f"Content-Type: application/soap+xml; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    ).encode()


async def _ask(host: str, port: int, request: bytes, until: bytes = b"") -> bytes:
    """What comes back within the limits of time and size; empty where nobody is."""
    answer = bytearray()
    try:
        async with asyncio.timeout(_CONNECT_S):
            reader, writer = await asyncio.open_connection(host, port, limit=_MAX_ANSWER)
    except (OSError, TimeoutError):
        return b""
    try:
        async with asyncio.timeout(_ANSWER_S):
            writer.write(request)
            while len(answer) < _MAX_ANSWER and not (until and until in answer):
                piece = await reader.read(_MAX_ANSWER - len(answer))
                if not piece:
                    break
                answer += piece
    except (OSError, TimeoutError):
        pass  # what came until now may be enough
    finally:
        writer.transport.abort()
    return bytes(answer)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
