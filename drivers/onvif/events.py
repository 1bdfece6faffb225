"""Events of an ONVIF camera by a pull point: made, pulled from, renewed at 80 % of its time, and given back at the end.

What the messages mean is the parser's business; it gets each answer with notifications as it came.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, tzinfo

from drivers.errors import DriverError, Unsupported
from drivers.feeding import Parser, PolledFeed
from drivers.http_wire import Answer
from drivers.onvif import subscription
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.reading import service_address
from drivers.onvif.services import find_services
from drivers.onvif.session import Manner, OnvifSession
from drivers.types import Credentials

PULL_SECONDS = 2.0
"""How long a pull waits: no longer than somebody waits for the end. Tapo closes its own after 10 s."""
LEAST_SECONDS = 0.05
"""Between two pulls: some devices answer at once though they have nothing, and would be asked as fast as they can."""
_LIFE_SECONDS = 60.0
_RENEW_AT = 0.8
_CALL_SECONDS = 8.0
_MOST_MESSAGES = 50

Connect = Callable[[], OnvifSession]


def connector(
    describer: OnvifDescriber, name: str, xaddrs: tuple[str, ...], credentials: Credentials | None, endpoint: str = ""
) -> Connect:
    """Makes sessions with one camera, its clock and its services read."""

    def connect() -> OnvifSession:
        session = describer.connect(name, xaddrs, credentials, endpoint, _CALL_SECONDS).session
        find_services(session)
        session.stay()
        return session

    return connect


class PullPointFeed(PolledFeed):
    """The feed of one camera's events. ``about`` is a word that messages worth parsing contain."""

    def __init__(
        self,
        name: str,
        connect: Connect,
        parse: Parser,
        about: bytes = b"NotificationMessage",
        zone: tzinfo = UTC,
        clock: Callable[[], float] = time.monotonic,
        first_pause: float = 2.0,
    ) -> None:
        super().__init__(name, parse, zone, first_pause)
        self._connect, self._about, self._clock = connect, about, clock

    def serve(self) -> None:
        """See ``PolledFeed``."""
        session = self._connect()
        try:
            self._subscribed(session)
        finally:
            session.close()

    def _subscribed(self, session: OnvifSession) -> None:
        service = session.addresses.get("events", "")
        if not service:
            raise Unsupported(self.name, "it has no event service")
        made = self._made(session, service)
        address, _ = service_address(made.address, session.xaddr, "event")
        address = address or service
        try:
            self.works()
            until = self._clock() + made.seconds * _RENEW_AT
            while not self.ending.is_set():
                begun = self._clock()
                if begun >= until:
                    envelope = subscription.renew(made, address, _LIFE_SECONDS)
                    granted = subscription.read_granted(self.name, self._ask(session, address, envelope))
                    until = self._clock() + granted * _RENEW_AT
                answer = self._ask(session, address, subscription.pull(made, address, PULL_SECONDS, _MOST_MESSAGES))
                if self._about in answer.content and answer.status_code == 200:
                    self.take(answer.content)
                else:
                    subscription.check(self.name, answer)
                if (left := begun + LEAST_SECONDS - self._clock()) > 0:
                    self.ending.wait(left)
        finally:
            self._give_back(session, made, address)

    def _made(self, session: OnvifSession, service: str) -> subscription.Subscription:
        answer = self._ask(session, service, subscription.create(service, _LIFE_SECONDS))
        return subscription.read_created(self.name, answer)

    def _give_back(self, session: OnvifSession, made: subscription.Subscription, address: str) -> None:
        try:
            self._ask(session, address, subscription.unsubscribe(made, address))
        except DriverError:
            pass  # it ends by itself within a minute

    def _ask(self, session: OnvifSession, address: str, envelope: tuple[bytes, str]) -> Answer:
        body, action = envelope
        headers = {"Content-Type": f'application/soap+xml; charset=utf-8; action="{action}"'}
        return session.exchange(address, body, headers, Manner(True, _CALL_SECONDS + PULL_SECONDS, False))
