"""One connection to a broker, kept up in a thread of its own, over paho-mqtt's client.

Nothing of ours is ever kept for later: each connection has a client of its own, and what the last one had not delivered
dies with it. A lamp command that arrives minutes late is worse than one that fails. What is kept is what the broker has
for us, where the link has a ``take``: then a message is acknowledged only when whoever took it says so, the broker's
session outlives the connection, and what was not acknowledged comes again.
"""

from __future__ import annotations

import logging
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from paho.mqtt.client import Client, ConnectFlags, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from drivers.errors import BadAnswer, DriverError, Refused, TimedOut, Unreachable
from drivers.types import Credentials
from drivers.words import clean

logger = logging.getLogger(__name__)

MAX_QUEUED = 20_000
"""Messages that may be on their way to the broker at the same time."""
MAX_PACKET = 8 * 1024 * 1024
"""Bytes of one packet."""
_CONNECT_S = 10.0
_FIRST_DELAY_S, _LAST_DELAY_S = 1.0, 60.0
_TICK_S = 0.1
_GOODBYE_S = 2.0
_A_SUBSCRIBE = 100
_WRONG_PASSWORD = frozenset({"Bad user name or password", "Not authorized", "Banned"})


@dataclass(frozen=True, slots=True)
class Tls:
    """How the broker proves who it is: by the authorities in the file ``ca`` (None: those of the system). Without
    ``verify`` the connection is encrypted, and anybody may be at its other end."""

    ca: Path | None = None
    verify: bool = True


@dataclass(frozen=True, slots=True)
class Broker:
    """Where the broker is. ``name`` is what messages call it."""

    name: str
    host: str
    port: int = 1883
    credentials: Credentials | None = None
    tls: Tls | None = None
    client_id: str = ""
    """Empty: the broker or this driver makes one. Two clients with the same id throw each other out."""
    keepalive_s: int = 15


@dataclass(frozen=True, slots=True)
class Message:
    """One message to publish."""

    topic: str
    payload: str


Take = Callable[[str, bytes, Callable[[], None]], None]
"""Takes topic and payload of a message, and what to call, in any thread, when it may be acknowledged."""


class LinkEvents(Protocol):
    """Who is told; everything in the link's thread. All of it must be quick."""

    def connected(self) -> None:
        """The broker took the connection; nothing is subscribed yet."""

    def lost(self, error: DriverError) -> None:
        """There is no connection (any more), and why. Told again when the reason changes."""

    def message(self, topic: str, payload: bytes, retained: bool) -> None:
        """Something was published. ``retained``: the broker had kept it."""

    def acknowledged(self, number: int) -> None:
        """The broker has what ``publish`` gave this number."""

    def denied(self) -> None:
        """The broker refuses a subscription."""

    def tick(self, now: float) -> None:
        """Some time went by: a few times a second while connected; ``now`` as of ``time.monotonic``."""


class _OversizedError(ConnectionError):
    """A message of more than ``MAX_PACKET``."""


class _Client(Client):
    """paho's client, but it takes no message of any size: MQTT allows 256 MB, and paho would gather it all."""

    oversized = 0

    def _sock_recv(self, bufsize: int) -> bytes:
        if bufsize > MAX_PACKET:
            self.oversized = bufsize
            raise _OversizedError(f"a message of {bufsize} bytes")
        return super()._sock_recv(bufsize)


class _TlsSocket(ssl.SSLSocket):
    """paho leaves a socket open whose handshake failed."""

    def do_handshake(self, block: bool = False) -> None:
        """As always, but nothing is left behind."""
        try:
            super().do_handshake(block)
        except OSError:
            self.close()
            raise


class Link:
    """Keeps one connection up, with growing pauses between tries (1 s to 60 s). A refused password is not tried again.

    ``publish`` and ``subscribe`` may be called from any thread; the rest belongs to who made it.
    """

    def __init__(
        self, broker: Broker, events: LinkEvents, first_delay: float = _FIRST_DELAY_S, take: Take | None = None
    ) -> None:
        """With ``take`` messages go there instead of to ``events``."""
        self._broker, self._events, self._first, self._take = broker, events, first_delay, take
        self._id = broker.client_id or f"watchfloor-{secrets.token_hex(6)}"
        self._living: _Client | None = None
        self._dropped = ""
        self._lock = threading.Lock()
        self._client: _Client | None = None
        self._error: DriverError = Unreachable(broker.name, "not connected yet")
        self._ending, self._wake = threading.Event(), threading.Event()
        self._tried = threading.Condition(self._lock)
        self._tries = 0
        self._answered: ReasonCode | None = None
        self._thread = threading.Thread(target=self._run, name=f"mqtt {broker.name}", daemon=True)

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._thread.start()

    def stop(self) -> None:
        """Disconnect and end the thread; at most some seconds."""
        self._ending.set()
        self._wake.set()
        self._thread.join()

    @property
    def error(self) -> DriverError | None:
        """Why there is no connection; None while there is one."""
        with self._lock:
            return None if self._client is not None else self._error

    @property
    def failed(self) -> DriverError | None:
        """Why the newest try failed; None while there is a connection, and before any try has ended."""
        with self._lock:
            return None if self._client is not None or not self._tries else self._error

    def retry(self, seconds: float) -> None:
        """Where there is no connection: try now, and wait that long for it to come about or fail."""
        with self._tried:
            if self._client is not None or not self._thread.is_alive():
                return
            tries = self._tries
            self._wake.set()
            self._tried.wait_for(lambda: self._client is not None or self._tries > tries, seconds)

    def publish(self, messages: Sequence[Message]) -> list[int | None]:
        """Send with QoS 1, not retained; a number for each, None for what could not be taken. Raises DriverError where
        there is no connection."""
        with self._lock:
            client = self._client
            if client is None:
                raise self._error
        numbers: list[int | None] = []
        for message in messages:
            info = client.publish(message.topic, message.payload, qos=1)
            numbers.append(info.mid if info.rc == MQTTErrorCode.MQTT_ERR_SUCCESS else None)
        return numbers

    def subscribe(self, filters: Sequence[str]) -> None:
        """Listen; what the broker keeps on these topics comes (again). Raises DriverError without a connection."""
        with self._lock:
            client = self._client
            if client is None:
                raise self._error
        for at in range(0, len(filters), _A_SUBSCRIBE):
            client.subscribe([(each, 1) for each in filters[at : at + _A_SUBSCRIBE]])

    def drop(self, why: str) -> None:
        """Break the connection, and make another one after a growing pause; any thread."""
        self._dropped = why

    def _run(self) -> None:
        delay = self._first
        while not self._ending.is_set():
            try:
                error, worked = self._one_connection()
            except DriverError as trouble:
                error, worked = trouble, False
            except Exception as trouble:  # a thread's top: whatever a peer's bytes did to the client is told, and over
                logger.exception("%s: the connection failed unexpectedly", self._broker.name)
                error, worked = BadAnswer(self._broker.name, clean(f"{type(trouble).__name__}: {trouble}")), False
            delay = self._first if worked else delay
            with self._lock:
                self._client, self._error = None, error
                self._tries += 1
                self._tried.notify_all()
            if self._ending.is_set():
                return
            self._events.lost(error)
            if isinstance(error, Refused):
                return
            self._wake.wait(delay)
            self._wake.clear()
            delay = min(_LAST_DELAY_S, delay * 2)

    def _one_connection(self) -> tuple[DriverError, bool]:
        """Connect and serve until it breaks; why it did, and whether it had worked."""
        broker, self._answered, self._dropped = self._broker, None, ""
        client = self._make()
        with self._lock:
            self._living = client
        try:
            try:
                client.connect(broker.host, broker.port, broker.keepalive_s)
            except ssl.SSLError as error:
                return tls_error(broker, error), False
            except TimeoutError:
                return TimedOut(broker.name, "no connection in time"), False
            except (OSError, UnicodeError) as error:
                return Unreachable(broker.name, clean(str(getattr(error, "strerror", "") or error))), False
            return self._serve(client)
        finally:
            client.on_disconnect = None
            with self._lock:
                self._client = self._living = None
            client.reinitialise()  # closes its sockets

    def _serve(self, client: _Client) -> tuple[DriverError, bool]:
        name, deadline = self._broker.name, time.monotonic() + _CONNECT_S
        while self._answered is None:
            if client.loop(_TICK_S) != MQTTErrorCode.MQTT_ERR_SUCCESS and self._answered is None:
                return BadAnswer(name, "the connection was closed before the broker answered"), False
            if self._ending.is_set():
                return Unreachable(name, "stopped"), False
            if time.monotonic() > deadline:
                return TimedOut(name, "it accepted the connection and says nothing"), False
        answer = self._answered
        if answer.is_failure:
            words = str(answer)
            return (Refused(name, words) if words in _WRONG_PASSWORD else BadAnswer(name, clean(words))), False
        with self._lock:
            self._client = client
        self._events.connected()
        with self._lock:
            self._tried.notify_all()
        while client.loop(_TICK_S) == MQTTErrorCode.MQTT_ERR_SUCCESS and not self._ending.is_set():
            self._events.tick(time.monotonic())
            if self._dropped:
                return Unreachable(name, self._dropped, "It is tried again by itself."), False
        if self._ending.is_set():
            deadline = time.monotonic() + _GOODBYE_S
            client.disconnect()
            while client.loop(_TICK_S) == MQTTErrorCode.MQTT_ERR_SUCCESS and time.monotonic() < deadline:
                pass  # the last packets and the goodbye go out
        if client.oversized:
            return BadAnswer(name, f"a message of {client.oversized} bytes, {MAX_PACKET} is the most"), True
        return Unreachable(name, "the connection to the broker is lost"), True

    def _make(self) -> _Client:
        broker = self._broker
        kept = self._take is not None
        client = _Client(
            CallbackAPIVersion.VERSION2, self._id, clean_session=not kept, manual_ack=kept, reconnect_on_failure=False
        )
        client.connect_timeout = _CONNECT_S
        client.max_inflight_messages_set(MAX_QUEUED)
        client.max_queued_messages_set(MAX_QUEUED)
        if broker.credentials is not None:
            client.username_pw_set(broker.credentials.user, broker.credentials.password)
        if broker.tls is not None:
            client.tls_set_context(tls_context(broker))
        client.on_connect = self._on_connect
        client.on_message = self._on_message
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        # Being set, it keeps paho from writing in the thread that publishes; the loop is woken to write instead.
        client.on_socket_register_write = lambda client, data, sock: None
        return client

    def _on_connect(
        self, client: Client, data: object, flags: ConnectFlags, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._answered = reason

    def _on_message(self, client: Client, data: object, message: MQTTMessage) -> None:
        try:
            topic = message.topic
        except UnicodeDecodeError:
            logger.warning("%s: a topic that is no text", self._broker.name)
            return
        if self._take is None:
            self._events.message(topic, bytes(message.payload), message.retain)
            return
        number, qos = message.mid, message.qos

        def done() -> None:
            with self._lock:
                if self._living is client:  # of an earlier connection: the broker sends it again
                    client.ack(number, qos)

        self._take(topic, bytes(message.payload), done)

    def _on_publish(
        self, client: Client, data: object, number: int, reason: ReasonCode, properties: Properties
    ) -> None:
        self._events.acknowledged(number)

    def _on_subscribe(
        self, client: Client, data: object, number: int, reasons: list[ReasonCode], properties: Properties | None
    ) -> None:
        if any(each.is_failure for each in reasons):
            self._events.denied()


def tls_context(broker: Broker) -> ssl.SSLContext:
    """The context of a broker's connection. Raises DriverError where the file of authorities cannot be used."""
    tls = broker.tls
    assert tls is not None
    try:
        context = ssl.create_default_context(cafile=None if tls.ca is None else str(tls.ca))
    except (OSError, ValueError) as error:
        advice = "Choose a PEM file with the certificate of the broker's authority."
        raise BadAnswer(broker.name, f"the file of authorities cannot be read ({clean(str(error))})", advice) from error
    context.sslsocket_class = _TlsSocket
    if not tls.verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def tls_error(broker: Broker, error: ssl.SSLError) -> DriverError:
    """What went wrong with TLS, in words."""
    if isinstance(error, ssl.SSLCertVerificationError):
        why = clean(error.verify_message).rstrip(".") or "it is not trusted"
        advice = "Check the file of authorities, the broker's host name and its certificate."
        return Unreachable(broker.name, f"its certificate does not hold: {why}", advice)
    advice = "Check that the port is the one for TLS, and that the broker's TLS is current."
    return Unreachable(broker.name, f"TLS failed: {clean(error.reason or str(error))}", advice)
