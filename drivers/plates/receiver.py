"""One HTTP(S) receiver for all sources that push their reads, and a feed for each of them.

Who has no right password costs little: heads are looked at before bodies are read, nothing is parsed, and after some
failures an address is only told to wait, before its connection ends; without TLS that is done before anything is made
for the connection. A right password passes at all times, whatever else comes from its address. With TLS it can be seen
only after a handshake, the dearest of all: an address may have so many of these a second, further connections are
ended at once. A sender is answered well only when its events are on disk.

What is turned away by the thousands is told in one sentence for as long as it lasts.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus

from drivers.errors import DriverError, Refused
from drivers.events import Deliver, FeedCounts, Receipt
from drivers.feeding import STORE_SECONDS, BadMessage, Incoming, Tally
from drivers.http_messages import Request, Response
from drivers.http_server import WebServer
from drivers.plates.limits import Bucket, Peers, Rate, Siege, seconds
from drivers.plates.multipart import kind_of
from drivers.plates.push import PushSource, path_of
from drivers.words import clean

log = logging.getLogger(__name__)

BODY_LIMIT = 6 * 1024 * 1024
CONNECTIONS = 256
_BODY_TOTAL = 64 * 1024 * 1024
_AGAIN_SECONDS = 5.0
START_AGAIN = "Start the console again."
_PLAIN = "text/plain; charset=utf-8"
_METHODS = ("POST", "PUT")
_QUIET_SECONDS = 60.0
"""A wrong password is told of where no right one came for so long."""
_WRONG_TOLD = 3
_ARRIVALS = Rate(1000.0, 1000.0), Rate(1000.0, 1000.0)
"""Connections of one address, and of all that had no right password yet."""
_HANDSHAKES = Rate(200.0, 200.0), Rate(300.0, 200.0)
"""The same with TLS, where 300 a second take a fifth of a core. Many at once would hold up all others."""


@dataclass(frozen=True, slots=True)
class ReceiverConfig:
    """Where the receiver listens. ``certificate`` and ``key`` are files in PEM; without them it is plain HTTP. One
    address may send ``peer_rate`` messages a second, ``peer_burst`` at once. Every ``look_seconds`` it is looked
    whether a flood is over."""

    host: str = "127.0.0.1"
    port: int = 0
    certificate: str = ""
    key: str = ""
    name: str = "Plate receiver"
    body_limit: int = BODY_LIMIT
    connections: int = CONNECTIONS
    idle: float = 30.0
    peer_rate: float = 2000.0
    peer_burst: float = 5000.0
    store_seconds: float = STORE_SECONDS
    look_seconds: float = 5.0


class CannotListen(DriverError):
    """The receiver's address or certificate cannot be used."""

    what = "does not listen"
    advice = "Correct [receiver] in the site file; it is tried again by itself."


class Flooded(DriverError):
    """Hundreds of connections or requests without a right password come."""

    what = "turns away a flood"
    advice = "Readers are heard as before. Find that address, and keep it out of the network."


class PushFeed:
    """The feed of one source. ``start`` and ``stop`` are called by one thread at a time, ``counts`` by any."""

    def __init__(self, source: PushSource, receiver: Receiver) -> None:
        self.name = source.name
        self.source = source
        self._receiver = receiver
        self._counts = FeedCounts()
        self.desk: Desk | None = None

    def start(self, deliver: Deliver, trouble: Callable[[str], None]) -> None:
        """See ``EventFeed``."""
        self.desk = Desk(self.source, deliver, Tally(trouble), self._receiver.clock)
        self._receiver.add(self.desk)

    def counts(self) -> FeedCounts:
        """See ``EventFeed``."""
        return FeedCounts() if self.desk is None else self.desk.tally.counts

    def stop(self) -> None:
        """See ``EventFeed``. The last source that stops ends the receiver."""
        self._receiver.remove(self.source.where)


class Desk:
    """A source that is being listened for. Lives in the receiver's loop."""

    def __init__(self, source: PushSource, deliver: Deliver, tally: Tally, clock: Callable[[], float]) -> None:
        self.source, self.deliver, self.tally = source, deliver, tally
        self.bucket = Bucket(source.rate, source.burst, clock())
        self.good_at = float("-inf")
        self.wrong = 0


class Receiver:
    """Listens in a thread of its own while it has sources. ``add`` and ``remove`` may be called from any thread; all
    else happens in the loop."""

    def __init__(
        self,
        config: ReceiverConfig,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.clock = clock
        self._config, self._now = config, now
        self._lock = threading.Lock()
        self._desks: dict[str, Desk] = {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._listening = threading.Event()
        self._port = 0
        arrivals = _HANDSHAKES if config.certificate else _ARRIVALS
        self._peers = Peers(Rate(config.peer_rate, config.peer_burst), *arrivals, clock)
        self._siege = Siege(clock)
        self._away = 0
        """Turned away, and in no source's count yet."""
        self._flooded: tuple[Desk, str] | None = None
        """Who told of a flood, and the sentence."""

    def feed(self, source: PushSource) -> PushFeed:
        """The feed of a source; it listens for it once it is started."""
        return PushFeed(source, self)

    def wait_listening(self, timeout: float) -> int:
        """The port, once it listens; 0 where it does not in time."""
        return self._port if self._listening.wait(timeout) else 0

    def add(self, desk: Desk) -> None:
        """Listen for a source. Raises ValueError where another one has its path."""
        with self._lock:
            if desk.source.where in self._desks:
                raise ValueError(f"two sources post to {desk.source.where}")
            self._desks = {**self._desks, desk.source.where: desk}
            if self._thread is None:
                started = threading.Event()
                self._thread = threading.Thread(target=self._run, args=(started,), name="plate receiver")
                self._thread.start()
                started.wait()

    def remove(self, where: str) -> None:
        """No longer listen for a source; without any the thread ends."""
        with self._lock:
            self._desks = {path: desk for path, desk in self._desks.items() if path != where}
            if self._desks or self._thread is None:
                return
            thread, self._thread = self._thread, None
            if self._loop is not None and self._ending is not None:
                self._loop.call_soon_threadsafe(self._ending.set)
            thread.join()

    def _run(self, started: threading.Event) -> None:
        self._loop = self._ending = None
        try:
            # With selectors on every system: the server takes connections itself.
            asyncio.run(self._serve(started), loop_factory=asyncio.SelectorEventLoop)
        except OSError as error:  # no loop can be made: too many files are open
            self._tell(CannotListen(self._config.name, clean(str(error.strerror or error)), START_AGAIN).sentence)
        finally:
            started.set()  # whoever waits has a lock, and the end of the console would wait for it

    async def _serve(self, started: threading.Event) -> None:
        self._loop, self._ending = asyncio.get_running_loop(), asyncio.Event()
        started.set()
        while not self._ending.is_set():
            try:
                web = self._web()
                self._port = await web.start(self._config.host, self._config.port)
            except (OSError, UnicodeError, ValueError) as error:
                self._tell(CannotListen(self._config.name, self._why(error)).sentence)
                await self._wait(_AGAIN_SECONDS)
                continue
            self._tell("")
            self._listening.set()
            while not self._ending.is_set():
                await self._wait(self._config.look_seconds)
                self._look()
            self._listening.clear()
            await web.stop()

    async def _wait(self, seconds: float) -> None:
        assert self._ending is not None
        try:
            async with asyncio.timeout(seconds):
                await self._ending.wait()
        except TimeoutError:
            pass  # once more

    def _web(self) -> WebServer:
        config, tls = self._config, None
        if config.certificate:
            tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
            tls.load_cert_chain(config.certificate, config.key or None, password=_no_password)
        return WebServer(self._handle, config.idle, config.body_limit, tls, config.connections, self, _BODY_TOTAL)

    def _why(self, error: Exception) -> str:
        if isinstance(error, ssl.SSLError) or (isinstance(error, ValueError) and self._config.certificate):
            return "its certificate or key cannot be used"
        where = f"{self._config.host}:{self._config.port}"
        return f"{where} cannot be listened at ({clean(str(getattr(error, 'strerror', '') or error)).rstrip('.')})"

    def _tell(self, sentence: str) -> None:
        for desk in self._desks.values():
            desk.tally.trouble(sentence)

    def suspects(self, peer: str) -> bool:
        """See ``http_server.Gate``. In a siege everybody is suspected who had no right password."""
        return self._peers.fails(peer) or (self._siege.lasts and not self._peers.known(peer))

    def knows(self, request: Request) -> bool:
        """See ``http_server.Gate``."""
        desk = self._desks.get(path_of(request))
        return desk is not None and desk.source.proved(request)

    def comes(self, peer: str) -> bool:
        """See ``http_server.Gate``."""
        if self._peers.arrives(peer):
            return True
        self.turned_away(peer)
        return False

    def turned_away(self, peer: str) -> None:
        """See ``http_server.Gate``."""
        self._peers.failed(peer)
        self._away += 1
        self._besieged(peer, None)

    def _besieged(self, peer: str, desk: Desk | None) -> None:
        """One more was turned away, by ``desk`` where it came so far; says so where it is a flood."""
        teller = desk or self._any_desk()
        if self._siege.turned_away() and teller is not None:
            what = f"hundreds without a right password, the last from {clean(peer)}"
            self._flooded = (teller, Flooded(self._config.name, what).sentence)
            teller.tally.trouble(self._flooded[1])

    def _look(self) -> None:
        """Now and then: what no source has counted is counted, and a flood may be over."""
        teller, sentence = self._flooded or (self._any_desk(), "")
        if teller is None:
            return
        teller.tally.refused(self._away)
        self._away = 0
        ended = self._siege.over()
        if ended is not None:
            log.warning("%s: %d turned away within %.0f s", self._config.name, *ended)
            self._flooded = None
            teller.tally.over(sentence)

    def _any_desk(self) -> Desk | None:
        return next(iter(self._desks.values()), None)

    def admit(self, request: Request) -> Response | None:
        """What to do with a request whose head alone was read. See ``http_server.Gate``."""
        desk = self._desks.get(path_of(request))
        if desk is None or not desk.source.proved(request):
            return self._unproved(request, desk)
        self._peers.proved(request.peer)
        if request.method not in _METHODS:
            return _said(HTTPStatus.METHOD_NOT_ALLOWED, "reads are posted", {"Allow": ", ".join(_METHODS)})
        wait = max(self._peers.wait(request.peer), desk.bucket.take(self.clock()))
        if wait:
            desk.tally.refused()
            return _said(HTTPStatus.TOO_MANY_REQUESTS, "more than it may send", {"Retry-After": seconds(wait)})
        kind = kind_of(request.headers.get("content-type", ""))
        if kind not in desk.source.kinds:
            desk.tally.refused()
            wanted = ", ".join(sorted(each for each in desk.source.kinds if each))
            return _said(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"content type {clean(kind)!r}; it may be {wanted}")
        length = request.headers.get("content-length", "0")
        if len(length) < 12 and length.isascii() and length.isdigit() and int(length) > self._config.body_limit:
            desk.tally.refused()
            most = self._config.body_limit // 1024
            return _said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a body of {length} bytes; {most} KiB are the most")
        return None

    def _unproved(self, request: Request, desk: Desk | None) -> Response:
        wait = self._peers.failed(request.peer)
        self._besieged(request.peer, desk)
        if desk is None:
            self._away += 1
        else:
            desk.wrong += 1
            told = not self._siege.lasts and desk.wrong >= _WRONG_TOLD
            if told and self.clock() - desk.good_at > _QUIET_SECONDS:
                who = f"a sender at {clean(request.peer)} has a wrong password or token"
                advice = "Enter the right one at the sender, or keep that address out."
                desk.tally.bad(Refused(desk.source.name, who, advice).sentence)
            else:
                desk.tally.refused()
        if wait:
            return _said(HTTPStatus.TOO_MANY_REQUESTS, "too many wrong passwords", {"Retry-After": seconds(wait)}, True)
        if desk is None:
            return _said(HTTPStatus.NOT_FOUND, "no source posts here")
        way = {"WWW-Authenticate": 'Basic realm="Watchfloor", charset="UTF-8"'}
        return _said(HTTPStatus.UNAUTHORIZED, "a token or password is missing or wrong", way)

    async def _handle(self, request: Request) -> Response:
        desk = self._desks.get(path_of(request))
        if desk is None:  # stopped meanwhile
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, "stopping", {"Retry-After": "5"}, True)
        source, received = desk.source, self._now()
        content = request.headers.get("content-type", "")
        incoming = Incoming(source.name, request.body, received, content, zone=source.zone)
        try:
            events = list(source.parse(incoming))
        except BadMessage as error:
            if self._flooded is None or self._flooded[0] is not desk:  # one sentence at a time
                desk.tally.bad(error.sentence)
            else:
                desk.tally.refused()
            return _said(error.status, error.detail)
        if events and not await _on_disk(desk.deliver(events), self._config.store_seconds):
            desk.tally.refused()
            return _said(HTTPStatus.SERVICE_UNAVAILABLE, "not stored; send it again", {"Retry-After": "5"})
        desk.good_at, desk.wrong = self.clock(), 0
        desk.tally.took(received, incoming.left_out)
        return Response(HTTPStatus.OK, b"", _PLAIN)


async def _on_disk(receipt: Receipt, seconds: float) -> bool:
    """Whether events are stored, in so many seconds. The receipt may be settled in any thread, at any time."""
    loop = asyncio.get_running_loop()
    settled: asyncio.Future[bool] = loop.create_future()

    def settle(stored: bool) -> None:
        if not settled.done():
            settled.set_result(stored)

    def done(stored: bool) -> None:
        try:
            loop.call_soon_threadsafe(settle, stored)
        except RuntimeError:
            pass  # the receiver has ended: nobody waits any more

    receipt.then(done)
    try:
        async with asyncio.timeout(seconds):
            return await settled
    except TimeoutError:
        return False


def _said(status: HTTPStatus, words: str, headers: dict[str, str] | None = None, close: bool = False) -> Response:
    return Response(status, f"{words}\n".encode(), _PLAIN, headers or {}, close=close)


def _no_password() -> str:
    """For a key that is encrypted: the terminal is never asked."""
    raise ValueError("the key is encrypted")
