"""POST to a camera: ``drivers.http_wire`` with the TLS that cameras have, and a connection that is kept for what must
be quick."""

from __future__ import annotations

import ssl
import time
from collections.abc import Mapping

from drivers.errors import TimedOut, Unreachable
from drivers.http_wire import (
    MAX_BYTES,
    Answer,
    Connection,
    Target,
    ask,
    connect,
    exchange,
    target_of,
    translated,
)

_IDLE_SECONDS = 5.0
"""After which a kept connection is not trusted any more: firewalls forget it, and cameras close it."""


def lenient_tls() -> ssl.SSLContext:
    """TLS that takes the self-signed certificates that cameras have; it keeps listeners out, not impostors."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def post(
    name: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    deadline: float,
    tls: ssl.SSLContext | None = None,
    limit: int = MAX_BYTES,
) -> Answer:
    """POST ``body``; see ``exchange``. Raises Unreachable, TimedOut, BadAnswer."""
    return exchange(name, "POST", url, body, headers, deadline, tls or lenient_tls(), limit)


class KeptConnectionBroke(Unreachable):
    """A connection that was kept broke before an answer came; what was sent is safe to repeat."""


class Line:
    """A connection to one device that is kept between calls, for commands that have to be quick. One thread at a time.

    Bytes that nobody asked for, an answer that could not be read and ``_IDLE_SECONDS`` without a call each end the
    connection, so that a late answer or a second one is never taken for the answer to another call.
    """

    def __init__(self, name: str, tls: ssl.SSLContext | None = None) -> None:
        self._name = name
        self._tls = tls
        self._kept: Connection | None = None
        self._place: tuple[str, str, int] | None = None
        self._used = 0.0

    def post(
        self,
        url: str,
        body: bytes,
        headers: Mapping[str, str],
        deadline: float,
        again: bool = False,
        limit: int = MAX_BYTES,
    ) -> Answer:
        """As ``post`` does it. A connection that was kept may have died unseen, and then nobody knows whether the
        device has read the request: only what is safe to repeat (``again``) goes over a kept one. Raises
        KeptConnectionBroke when that breaks; the next call makes a new one. It is not repeated here, because devices
        refuse a proof of the password that they have seen before."""
        target = target_of(self._name, url)
        kept = self._take(target.place)
        if again and kept is not None:
            try:
                return self._over(kept, target, body, headers, deadline, limit)
            except TimedOut:
                raise
            except Unreachable as error:
                raise KeptConnectionBroke(error.source, error.detail) from None
        elif kept is not None:
            kept.close()
        with translated(self._name):
            fresh = connect(target, deadline, self._tls or lenient_tls())
        return self._over(fresh, target, body, headers, deadline, limit)

    def close(self) -> None:
        """Let go of the connection; the next call makes another one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _take(self, place: tuple[str, str, int]) -> Connection | None:
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        if self._place == place and time.monotonic() - self._used < _IDLE_SECONDS and kept.quiet():
            return kept
        kept.close()
        return None

    def _over(
        self,
        connection: Connection,
        target: Target,
        body: bytes,
        headers: Mapping[str, str],
        deadline: float,
        limit: int,
    ) -> Answer:
        whole = False
        try:
            with translated(self._name):
                connection.until(deadline)
                answer = ask(self._name, connection, target, "POST", body, headers, limit, "keep-alive")
            whole = connection.sock is not None  # http.client drops it where the device wants it closed
        finally:
            if whole:
                self._kept, self._place, self._used = connection, target.place, time.monotonic()
            else:
                connection.close()
        return answer
