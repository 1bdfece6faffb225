"""A small MQTT 3.1.1 broker for the virtual city: QoS 0 and 1, retained messages, wildcards, wills, keep-alive, one
account. It keeps no sessions: who comes back subscribes again. QoS 2 and other versions are refused.

Bounded in all it takes: clients, subscriptions, retained messages, packets, and what a slow reader lets pile up.
"""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable

from drivers.types import Credentials
from drivers.virtual.lamps import mqtt_wire as wire
from drivers.virtual.lamps.mqtt_wire import MalformedError, Publication

MAX_CLIENTS = 64
MAX_FILTERS = 50_000
MAX_RETAINED = 50_000
MAX_RETAINED_BYTES = 64 * 1024 * 1024
MAX_BACKLOG = 16 * 1024 * 1024
"""Bytes that may wait for a client that does not read; then it is cut off."""
_CONNECT_S = 10.0
_VERSION, _BAD_LOGIN, _NO_LOGIN = 1, 4, 5


class Broker:
    """Serves one address. Everything belongs to one asyncio loop. ``local`` gets each message that a client published,
    for those who live in the same process; ``publish`` is how they speak themselves."""

    def __init__(
        self,
        credentials: Credentials | None = None,
        local: Callable[[Publication], None] = lambda message: None,
        greet: Callable[[], bytes | None] = lambda: None,
    ) -> None:
        """``greet`` may give bytes that a new client gets instead of an answer; empty: it is cut off at once."""
        self.credentials, self._local, self._greet = credentials, local, greet
        self.host, self.port = "", 0
        self.received = 0
        """Messages that clients published."""
        self._server: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[None], _Client] = {}
        self._retained: dict[str, Publication] = {}
        self._retained_bytes = 0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen; the port. Raises OSError."""
        self._server = await asyncio.start_server(self._connected, host, port or self.port)
        self.host, self.port = host, self._server.sockets[0].getsockname()[1]
        return self.port

    async def stop(self) -> None:
        """Cut all connections and stop listening; what is retained stays. May be called twice, and started again."""
        if self._server is not None:
            self._server.close()
        tasks = tuple(self._clients)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None

    def cut(self) -> None:
        """Break every connection, as a cable does."""
        for client in self._clients.values():
            client.abort()

    @property
    def clients(self) -> int:
        """How many connections there are."""
        return len(self._clients)

    @property
    def retained(self) -> dict[str, bytes]:
        """What is kept, by topic."""
        return {topic: message.payload for topic, message in self._retained.items()}

    def publish(self, message: Publication) -> None:
        """Pass a message on, and keep it where it is to be."""
        if message.retain:
            self._keep(message)
        for client in tuple(self._clients.values()):
            client.offer(message)

    def take(self, message: Publication) -> None:
        """A client's message."""
        self.received += 1
        self.publish(message)
        self._local(message)

    def kept(self, filter: str) -> list[Publication]:
        """Retained messages for a new subscription."""
        if "+" not in filter and "#" not in filter:
            return [self._retained[filter]] if filter in self._retained else []
        parts = filter.split("/")
        return [message for topic, message in self._retained.items() if wire.matches(parts, topic)]

    def admits(self, hello: wire.Hello) -> int:
        """The return code of CONNACK."""
        account = self.credentials
        if account is None:
            return 0
        if hello.user is None or hello.password is None:
            return _NO_LOGIN
        same = hmac.compare_digest(hello.user.encode(), account.user.encode())
        return 0 if same & hmac.compare_digest(hello.password, account.password.encode()) else _BAD_LOGIN

    def replace(self, client_id: str, by: _Client) -> None:
        """Two clients with one id: the older one goes."""
        for client in self._clients.values():
            if client is not by and client_id and client.id == client_id:
                client.abort()

    def _keep(self, message: Publication) -> None:
        old = self._retained.pop(message.topic, None)
        self._retained_bytes -= 0 if old is None else len(old.payload)
        room = len(self._retained) < MAX_RETAINED and self._retained_bytes + len(message.payload) <= MAX_RETAINED_BYTES
        if message.payload and room:
            self._retained[message.topic] = message
            self._retained_bytes += len(message.payload)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        greeting = self._greet()
        if task is None or len(self._clients) >= MAX_CLIENTS or greeting is not None:
            writer.write(greeting or b"")
            if greeting:
                writer.close()
            else:
                writer.transport.abort()
            return
        client = self._clients[task] = _Client(self, reader, writer)
        try:
            await client.serve()
        except (asyncio.CancelledError, ConnectionError, asyncio.IncompleteReadError, TimeoutError, MalformedError):
            pass  # each of them ends this connection and nothing else
        finally:
            del self._clients[task]
            writer.close()
            if client.will is not None:
                self.take(client.will)


class _Client:
    """One connection."""

    def __init__(self, broker: Broker, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._broker, self._reader, self._writer = broker, reader, writer
        self.id = ""
        self.will: Publication | None = None
        self._exact: dict[str, int] = {}
        self._wild: dict[str, tuple[list[str], int]] = {}
        self._number = 0

    def abort(self) -> None:
        """Break the connection now."""
        self._writer.transport.abort()

    async def serve(self) -> None:
        """Greet, then do what the client asks until it goes, misbehaves or falls silent."""
        async with asyncio.timeout(_CONNECT_S):
            kind, _, body = await wire.read_packet(self._reader)
        if kind != wire.CONNECT:
            return
        try:
            hello = wire.read_hello(body)
        except wire.VersionError:
            self._writer.write(wire.connack(_VERSION))
            return
        code = self._broker.admits(hello)
        self._writer.write(wire.connack(code))
        if code:
            return
        self.id, self.will = hello.client_id, hello.will
        self._broker.replace(hello.client_id, self)
        patience = hello.keepalive * 1.5 if hello.keepalive else None
        while True:
            async with asyncio.timeout(patience):
                kind, flags, body = await wire.read_packet(self._reader)
            if kind == wire.DISCONNECT:
                self.will = None
                return
            self._do(kind, flags, body)
            await self._writer.drain()

    def offer(self, message: Publication, retained: bool = False) -> None:
        """Send a message if it was subscribed to."""
        qos = self._exact.get(message.topic, -1)
        for parts, granted in self._wild.values():
            if granted > qos and wire.matches(parts, message.topic):
                qos = granted
        if qos >= 0:
            self._send(message, min(qos, message.qos), retained)

    def _send(self, message: Publication, qos: int, retained: bool) -> None:
        if self._writer.transport.is_closing():
            return
        if self._writer.transport.get_write_buffer_size() > MAX_BACKLOG:
            self.abort()
            return
        self._number = self._number % 65535 + 1
        self._writer.write(wire.publish(message, self._number, qos, retained))

    def _do(self, kind: int, flags: int, body: bytes) -> None:
        if kind == wire.PUBLISH:
            message, number = wire.read_publish(flags, body)
            if number:
                self._writer.write(wire.packet(wire.PUBACK, 0, number.to_bytes(2, "big")))
            self._broker.take(message)
        elif kind == wire.SUBSCRIBE:
            self._subscribe(wire.Fields(body))
        elif kind == wire.UNSUBSCRIBE:
            fields = wire.Fields(body)
            which = fields.take(2)
            while fields.more:
                name = fields.text()
                self._exact.pop(name, None)
                self._wild.pop(name, None)
            self._writer.write(wire.packet(wire.UNSUBACK, 0, which))
        elif kind == wire.PINGREQ:
            self._writer.write(wire.packet(wire.PINGRESP, 0, b""))
        elif kind != wire.PUBACK:
            raise MalformedError(f"no packet of kind {kind} is expected from a client")

    def _subscribe(self, fields: wire.Fields) -> None:
        number, granted, fresh = fields.take(2), bytearray(), []
        while fields.more:
            filter, qos = fields.text(), min(fields.byte(), 1)
            full = len(self._exact) + len(self._wild) >= MAX_FILTERS
            if full or not wire.good_filter(filter):
                granted.append(0x80)
                continue
            granted.append(qos)
            fresh.append((filter, qos))
            if "+" in filter or "#" in filter:
                self._wild[filter] = (filter.split("/"), qos)
            else:
                self._exact[filter] = qos
        self._writer.write(wire.packet(wire.SUBACK, 0, number + bytes(granted)))
        for filter, qos in fresh:
            for message in self._broker.kept(filter):
                self._send(message, min(qos, message.qos), True)
