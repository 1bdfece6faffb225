"""A video driver without video: the test feeds packets and says what fails next. It passes the contract of the real."""

from __future__ import annotations

import socket
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable
from datetime import UTC, datetime

from drivers.errors import DriverError, TimedOut
from drivers.types import EncodedPacket, Picture, StreamParameters, StreamRequest, View

FPS = 15.0
GOP = 15
MOST_HELD = 40
LIMIT_S = 20.0


def eventually(condition: Callable[[], bool], seconds: float = LIMIT_S) -> None:
    """Wait for what other threads do; fails when it does not happen."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.002)


class Clock:
    """Time that only the test moves. Any thread reads it."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class NotedPackets:
    """A PacketSink that remembers; it fails where the rules for its callers are broken."""

    def __init__(self) -> None:
        self.packets: list[EncodedPacket] = []
        self.parameters: list[StreamParameters] = []
        self.reasons: list[str] = []
        self._broken = True
        self._inside = threading.Lock()

    def packet(self, parameters: StreamParameters, packet: EncodedPacket) -> None:
        """One more."""
        assert self._inside.acquire(blocking=False)
        assert packet.key or not self._broken
        assert packet.key or parameters == self.parameters[-1]
        self._broken = False
        self.packets.append(packet)
        self.parameters.append(parameters)
        self._inside.release()

    def interrupted(self, reason: str) -> None:
        """Some are missing."""
        assert self._inside.acquire(blocking=False)
        self._broken = True
        self.reasons.append(reason)
        self._inside.release()


class FakeSource:
    """One open stream; see VideoSource. Any thread feeds it."""

    def __init__(self, request: StreamRequest, clock: Callable[[], float], packets: int, first: int = 0) -> None:
        self.request = request
        self.codec, self.width, self.height, self.fps = "H264", 640, 360, FPS
        self.gop = GOP
        self.blank = False
        """Packets give no pictures."""
        self.closed = False
        self.target, self.full = (0, 0), True
        self.view = View()
        self.parameters = StreamParameters("h264", request.uri.encode(), 640, 360, FPS)
        self.scaled = self.decoded = self.skipped = 0
        self.gate = threading.Event()
        """While it is clear, catching up blocks."""
        self.gate.set()
        self._held: list[int] = []
        self._unbroken = False
        self._clock = clock
        self._wake = threading.Condition()
        self._waiting = packets
        self._next_error: DriverError | None = None
        self._ended = False
        self._index = first - 1
        self._has = False

    # what the test does

    def feed(self, count: int = 1) -> None:
        """Let packets come in."""
        with self._wake:
            self._waiting += count
            self._wake.notify_all()

    def fail_next_read(self, error: DriverError) -> None:
        """The next read that finds no packet raises this."""
        with self._wake:
            self._next_error = error
            self._wake.notify_all()

    def end(self) -> None:
        """No packets any more."""
        with self._wake:
            self._ended = True
            self._wake.notify_all()

    @property
    def idle(self) -> bool:
        """Whether all that was fed has been taken."""
        with self._wake:
            return self._waiting == 0

    # what the services do

    @property
    def packet_bytes(self) -> int:
        return 1000 if self._has else 0

    @property
    def packet_is_key(self) -> bool:
        return self._has and self._index % self.gop == 0

    @property
    def packet_time(self) -> float | None:
        return self._index / FPS if self._has else None

    @property
    def held(self) -> int:
        return len(self._held)

    def packet(self) -> EncodedPacket:
        if not self._has:
            raise LookupError("no packet waits")
        data, pts = self._index.to_bytes(4, "big") * 250, self._index / FPS
        return EncodedPacket(data, pts, pts, self.packet_is_key, self._clock() + 1e9, None)

    def read(self) -> bool:
        with self._wake:
            if not self._wake.wait_for(lambda: self._waiting or self._next_error or self._ended, LIMIT_S):
                raise TimedOut(self.request.name)
            if self._waiting:
                self._waiting -= 1
                self._index += 1
                self._has = True
                return True
            self._has = False
            if self._next_error is not None:
                error, self._next_error = self._next_error, None
                raise error
            return False

    def decode(self, convert: bool) -> Picture | None:
        if not self._has:
            return None
        if self.packet_is_key:
            self._held.clear()
            self._unbroken = True
        self.catch_up(len(self._held))
        self.decoded += 1
        pts, self._has = self._index / FPS, False
        if not convert or self.blank:
            return None
        self.scaled += 1
        box_width, box_height = self.target
        scale = min(box_width / self.width, box_height / self.height) if box_width > 0 and box_height > 0 else 1.0
        width, height = max(2, int(self.width * scale) & ~1), max(2, int(self.height * scale) & ~1)
        data = memoryview(bytes((self._index % 256,)) * (width * 4 * height))
        wall = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
        return Picture(data, width, height, width * 4, pts, self._clock(), self.width, self.height, wall)

    def hold(self) -> bool:
        if not self._has:
            return self._unbroken
        if self.packet_is_key:
            self._held.clear()
            self._unbroken = True
        self._has = False
        if self._unbroken:
            self._held.append(self._index)
            if len(self._held) > MOST_HELD:
                self._held.clear()
                self._unbroken = False
        return self._unbroken

    def catch_up(self, most: int) -> None:
        assert self.gate.wait(LIMIT_S)
        self.decoded += min(most, len(self._held))
        del self._held[:most]

    def skip(self) -> None:
        self.skipped += self._has
        if self._has:
            self._held.clear()
            self._has = self._unbroken = False

    def set_view(self, view: View) -> None:
        self.view = view

    def set_target(self, width: int, height: int, full: bool = True) -> None:
        self.target, self.full = (width, height), full

    def close(self) -> None:
        self._has = False
        self.closed = True


class FakeReady(FakeSource):
    """One open stream that can be looked into; see ReadySource. A byte over a socket stands for each packet."""

    def __init__(self, request: StreamRequest, clock: Callable[[], float], packets: int, first: int = 0) -> None:
        super().__init__(request, clock, 0, first)
        self._own, self._far = socket.socketpair()
        self._own.settimeout(LIMIT_S)
        self._errors: deque[Exception] = deque()
        self._come = 0
        self.most = 1000
        """So many packets are taken in at a time."""
        self.drained = True
        self.aboard = False
        self.received: list[tuple[float, float]] = []
        """What ``receive`` was called with."""
        self.fail_silent: DriverError | None = None
        """Raised when nothing has come."""
        self.feed(packets)

    # what the test does

    def feed(self, count: int = 1) -> None:
        self._far.send(b"p" * count)

    def feed_inside(self, count: int) -> None:
        """Packets that have been taken from the socket before anybody looked."""
        self._come += count

    def feed_part(self) -> None:
        """Something comes that is no packet yet."""
        self._far.send(b".")

    def fail_next_read(self, error: Exception) -> None:
        self._errors.append(error)
        self._far.send(b"e")

    def end(self) -> None:
        self._far.close()

    # what the services do

    @property
    def waiting(self) -> int:
        return self._come

    def board(self) -> int:
        assert not self.aboard
        self.aboard = True
        self._own.setblocking(False)
        return self._own.fileno()

    def alight(self) -> None:
        assert self.aboard
        self.aboard = False
        self._own.settimeout(LIMIT_S)

    def receive(self, now: float, since: float) -> bool:
        assert self.aboard
        assert not self._come
        self.received.append((now, since))
        try:
            more = self._take_in(self.most)
        except BlockingIOError:
            self.drained = True
            if self.fail_silent is not None:
                raise self.fail_silent from None
            return True
        self.drained = self._come < self.most
        return more

    def next(self) -> bool:
        self._has = self._come > 0
        if self._has:
            self._come -= 1
            self._index += 1
        return self._has

    def read(self) -> bool:
        assert not self.aboard
        while not self._come:
            if not self._take_in(1):
                self._has = False
                return False
        return self.next()

    def close(self) -> None:
        assert not self.aboard
        super().close()
        self._own.close()
        self._far.close()

    def _take_in(self, most: int) -> bool:
        data = self._own.recv(most)
        self._come += data.count(b"p")
        if b"e" in data:
            raise self._errors.popleft()
        return bool(data)


class FakeVideo:
    """Opens fake streams; see VideoOpener. Any thread."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, packets: int = 0, kind: type[FakeSource] = FakeSource
    ) -> None:
        self._clock, self._packets, self._kind = clock, packets, kind
        self._lock = threading.Lock()
        self._failures: dict[str, deque[DriverError]] = defaultdict(deque)
        self.requests: list[StreamRequest] = []
        self.sources: list[FakeSource] = []
        self.first = 0
        """The index of the next sources' first packet; every GOP-th is a key frame."""
        self.gate = threading.Event()
        """While it is clear, opening blocks."""
        self.gate.set()

    def fail_next_open(self, *errors: DriverError, uri: str = "") -> None:
        """The next openings (of this URI) raise these, one each."""
        with self._lock:
            self._failures[uri].extend(errors)

    def __call__(self, request: StreamRequest) -> FakeSource:
        with self._lock:
            self.requests.append(request)
        assert self.gate.wait(LIMIT_S)
        with self._lock:
            for key in (request.uri, ""):
                if self._failures[key]:
                    raise self._failures[key].popleft()
            source = self._kind(request, self._clock, self._packets, self.first)
            self.sources.append(source)
            return source

    @property
    def opened(self) -> int:
        """How many tries there were."""
        with self._lock:
            return len(self.requests)

    def source(self, index: int = -1, uri: str = "") -> FakeSource:
        """One of the open streams (of this URI), waiting until it is there."""

        def found() -> list[FakeSource]:
            with self._lock:
                return [s for s in self.sources if uri in ("", s.request.uri)]

        eventually(lambda: len(found()) > (index if index >= 0 else 0))
        return found()[index]

    def end_all(self) -> None:
        """Let every read and opening return, so that all workers can end."""
        self.gate.set()
        with self._lock:
            sources = list(self.sources)
        for source in sources:
            source.gate.set()
            source.end()
