"""One camera's session, kept over many commands and made again after it broke."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from drivers.errors import BadAnswer, LockedOut, Refused, TimedOut, Unreachable, Unsupported
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.services import find_services
from drivers.onvif.session import OnvifSession
from drivers.types import Credentials

QUERY_SECONDS = 8.0
MOVE_SECONDS = 2.0
"""How long a question and a movement may take, connecting anew not counted."""
INSIST_SECONDS = 10.0
"""How long after a Stop was sent in spite of a refused password no other one is: cameras lock accounts, and a Stop that
is tried again for some seconds is still one Stop."""
_CLOCK_MOVED_SECONDS = 2.0
"""Tokens must lie within about 5 s of the device's clock, so a smaller change is no reason for a refusal."""


class Link:
    """Asks one camera; connects at the first question and again at the next one after the connection broke: its clock,
    its identity and its services are then read anew, because another device may have its address now. One thread at a
    time. ``name``, ``xaddrs``, ``credentials`` and ``endpoint`` are those of ``OnvifDescriber.connect``."""

    def __init__(
        self,
        describer: OnvifDescriber,
        name: str,
        xaddrs: tuple[str, ...],
        credentials: Credentials | None,
        endpoint: str = "",
        mono: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.mono = mono
        self._describer = describer
        self._xaddrs = xaddrs
        self._credentials = credentials
        self._endpoint = endpoint
        self._session: OnvifSession | None = None
        self._refused: Refused | None = None
        self._proved = False
        self._addresses: dict[str, str] = {}
        """Of the services, as the camera told them last."""
        self._insisted_at = -INSIST_SECONDS

    def connected(self) -> bool:
        """Whether there is a session now."""
        return self._session is not None

    def has(self, service: str, seconds: float = QUERY_SECONDS) -> bool:
        """Whether the camera has this service. Connects where need be; raises DriverError."""
        return service in self._connected(seconds).addresses

    def call(
        self,
        service: str,
        operation: str,
        values: dict[str, Any] | None = None,
        *,
        seconds: float = QUERY_SECONDS,
        connecting: float = QUERY_SECONDS,
        again: bool = False,
        authenticate: bool = True,
    ) -> Any:
        """One operation within ``seconds``, after ``connecting`` at most where there is no session; with 0 connecting
        is part of ``seconds``. ``again``: safe to repeat where a kept connection breaks. Raises DriverError; what broke
        is made anew by the next call."""

        def ask(session: OnvifSession, left: float) -> Any:
            offered = session.service(service, seconds=left, again=again, authenticate=authenticate)
            answer = getattr(offered, operation)(**(values or {}))
            self._proved = self._proved or authenticate
            return answer

        return self._once(ask, seconds, connecting)

    def tell(
        self, service: str, operation: str, inside: str, seconds: float, again: bool, stop_by: float | None = None
    ) -> None:
        """One operation as ``OnvifSession.tell`` does it, connecting being part of its ``seconds``. With ``stop_by`` it
        is a Stop, to be over at that moment of ``mono``: connecting anew comes before its ``seconds``, and it is sent
        once though the password was refused meanwhile; it was right when the camera was moved. Raises DriverError."""

        def ask(session: OnvifSession, left: float) -> None:
            session.tell(service, operation, inside, left, again)
            self._proved = True

        if stop_by is None:
            self._once(ask, seconds, 0.0)
            return
        if self._refused is not None:
            self._insist(self._left(stop_by))
        session = self._connected(self._left(stop_by))
        self._try(ask, session, min(stop_by, self.mono() + seconds))

    def _once(self, ask: Callable[[OnvifSession, float], Any], seconds: float, connecting: float) -> Any:
        end = self.mono() + seconds
        session = self._connected(connecting or seconds)
        if connecting:
            end = self.mono() + seconds
        return self._try(ask, session, end)

    def _try(self, ask: Callable[[OnvifSession, float], Any], session: OnvifSession, end: float) -> Any:
        try:
            try:
                return ask(session, self._left(end))
            except Refused as error:
                # What was refused was not done, so it may be asked once more where the reason is gone.
                return ask(self._with_its_clock(session, error, self._left(end)), self._left(end))
        except (Unreachable, BadAnswer):
            self.forget()
            raise

    def forget(self) -> None:
        """Drop the session; the next call connects anew."""
        if self._session is not None:
            self._session.close()
            self._session = None

    def _left(self, end: float) -> float:
        seconds = end - self.mono()
        if seconds <= 0:
            raise TimedOut(self.name)
        return seconds

    def _connected(self, seconds: float) -> OnvifSession:
        if self._refused is not None:
            raise self._refused
        if self._session is None:
            self._session = self._connect(seconds)
        return self._session

    def _connect(self, seconds: float) -> OnvifSession:
        found = self._describer.connect(self.name, self._xaddrs, self._credentials, self._endpoint, seconds)
        session = found.session
        try:
            find_services(session)
        except Refused as error:
            self._refused = error
            raise
        session.stay()
        self._addresses = dict(session.addresses)
        return session

    def _insist(self, seconds: float) -> None:
        """A session that was not refused anything yet, once in ``INSIST_SECONDS``; else the refusal stands. The camera
        is not asked for its services again, so that the one try is the Stop's."""
        if self.mono() - self._insisted_at < INSIST_SECONDS:
            return
        fresh = self._describer.connect(self.name, self._xaddrs, self._credentials, self._endpoint, seconds).session
        self._insisted_at = self.mono()
        self._refused = None
        self._take(fresh)  # what is refused now is not tried again with another clock

    def _take(self, fresh: OnvifSession) -> None:
        """Go on with another session to the same camera."""
        self.forget()
        fresh.addresses.update({name: at for name, at in self._addresses.items() if name not in fresh.addresses})
        fresh.stay()
        self._session, self._proved = fresh, False

    def _with_its_clock(self, session: OnvifSession, error: Refused, seconds: float) -> OnvifSession:
        """A session by the device's clock as it is now, where that has moved since a password that was right. Raises
        ``error`` where it has not; then nothing is sent until the credentials change, since cameras lock accounts."""
        if self._proved and not isinstance(error, LockedOut):
            fresh = self._describer.connect(self.name, self._xaddrs, self._credentials, self._endpoint, seconds).session
            if abs(fresh.clock_offset - session.clock_offset) > _CLOCK_MOVED_SECONDS:
                self._take(fresh)
                return fresh
        self._refused = error
        raise error


def absent(name: str, what: str) -> Unsupported:
    """The error for something that a camera lacks: "it has no ..."."""
    return Unsupported(name, f"it has no {what}")
