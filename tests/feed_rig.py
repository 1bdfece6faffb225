"""The door in, as feeds see it, and a small HTTP client, for the tests of feeds."""

from __future__ import annotations

import http.client
import ssl
import threading
import time
from collections.abc import Callable, Sequence

from drivers.events import Event, PlateRead


class Slip:
    """A receipt that is settled when the test says so."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._stored = False
        self._waiting: list[Callable[[bool], None]] = []

    def settle(self, stored: bool = True) -> None:
        """It is on disk, or refused."""
        with self._lock:
            self._stored = stored
            waiting, self._waiting = self._waiting, []
            self._event.set()
        for done in waiting:
            done(stored)

    def wait(self, seconds: float) -> bool:
        """See ``Receipt``."""
        return self._event.wait(seconds) and self._stored

    def then(self, done: Callable[[bool], None]) -> None:
        """See ``Receipt``."""
        with self._lock:
            if not self._event.is_set():
                self._waiting.append(done)
                return
        done(self._stored)


class Door:
    """Takes events. ``verdict`` is what becomes of them: stored, refused, or nothing until the test settles
    ``slips``."""

    def __init__(self) -> None:
        self.verdict: bool | None = True
        self.events: list[Event] = []
        self.slips: list[Slip] = []
        self.troubles: list[str] = []
        self._changed = threading.Condition()

    def deliver(self, events: list[Event]) -> Slip:
        """See ``Deliver``."""
        slip = Slip()
        if self.verdict is not None:
            slip.settle(self.verdict)
        with self._changed:
            self.events += events
            self.slips.append(slip)
            self._changed.notify_all()
        return slip

    def trouble(self, sentence: str) -> None:
        """What a feed says of itself."""
        with self._changed:
            self.troubles.append(sentence)
            self._changed.notify_all()

    def until(self, true: Callable[[], bool], seconds: float = 20.0) -> bool:
        """Wait until something is so; it is looked at whenever something came, and now and then."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not true():
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._changed.wait(min(left, 0.05))
        return True

    def came(self, count: int) -> bool:
        """Wait until so many events came."""
        return self.until(lambda: len(self.events) >= count)

    @property
    def plates(self) -> list[str]:
        """The plates that came."""
        return [each.plate for each in self.events if isinstance(each, PlateRead)]


def post(
    port: int,
    path: str,
    kind: str,
    body: bytes,
    headers: dict[str, str] | None = None,
    method: str = "POST",
    tls: ssl.SSLContext | None = None,
) -> tuple[int, str, dict[str, str]]:
    """Send one request; status, text and headers of the answer."""
    if tls is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    else:
        connection = http.client.HTTPSConnection("localhost", port, timeout=20, context=tls)
    try:
        connection.request(method, path, body, {"Content-Type": kind, **(headers or {})})
        answer = connection.getresponse()
        return answer.status, answer.read().decode(), {key.lower(): value for key, value in answer.getheaders()}
    finally:
        connection.close()


def ids(events: Sequence[Event]) -> list[str]:
    """Their ids."""
    return [each.id for each in events]
