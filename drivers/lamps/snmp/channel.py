"""The way to one controller: what is sent, and answers matched to it. Here v2c; v3 is in ``user_channel``.

``send`` gives a future that lives longer than anybody waits for it, because an answer that comes late still tells that
the lamps were switched. All in the one thread of the driver's loop.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from pyasn1.codec.ber import decoder, encoder
from pyasn1.error import PyAsn1Error
from pysnmp.error import PySnmpError
from pysnmp.proto.api import v2c

from drivers.errors import TimedOut, Unreachable
from drivers.lamps.snmp.config import Community, Controller
from drivers.lamps.snmp.messages import Reply, Request, Verb, build, read

LATE_S = 30.0
"""How long a late answer to a command is still of use."""
_MAX_DATAGRAM = 65_507
_PATIENCE = 4
_PARSE_ERRORS = (PyAsn1Error, PySnmpError, LookupError, ValueError, TypeError, OverflowError, RecursionError)
"""What pysnmp and pyasn1 throw at content that is no SNMP."""


class Channel(Protocol):
    """One controller. ``overhead``: bytes of a message beside its objects. What is not SNMP, of another host or no
    answer to what was asked is dropped and counted."""

    overhead: int
    heard: float
    """When the last good answer came, on the loop's clock."""

    @property
    def strange(self) -> int:
        """How much was dropped so far."""

    async def open(self) -> None:
        """Be ready to send; quick when it is already. Raises Unreachable."""

    def send(self, request: Request) -> asyncio.Future[Reply]:
        """Put it on the wire. The future is cancelled when no answer came for ``LATE_S``; a refused password is its
        exception. Raises Unreachable."""

    def close(self) -> None:
        """Cancel all that is waited for."""


class CommunityChannel(asyncio.DatagramProtocol):
    """v2c over a connected socket: the kernel lets in nothing but what the controller's own address and port send."""

    def __init__(self, source: str, controller: Controller, access: Community) -> None:
        self._source, self._controller = source, controller
        self._community = access.community.encode()
        self._transport: asyncio.DatagramTransport | None = None
        self._opening = asyncio.Lock()
        self._waiting: dict[int, tuple[asyncio.Future[Reply], Request]] = {}
        self._echoes: dict[bytes, int] = {}
        self.overhead = 50 + len(self._community)
        self._strange = 0
        self.heard = -math.inf

    @property
    def strange(self) -> int:
        """See Channel."""
        return self._strange

    async def open(self) -> None:
        """See Channel."""
        async with self._opening:
            if self._transport is not None:
                return
            loop, where = asyncio.get_running_loop(), (self._controller.host, self._controller.port)
            try:
                self._transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=where)
            except (OSError, UnicodeError) as problem:
                raise Unreachable(self._source, str(problem)) from None

    def send(self, request: Request) -> asyncio.Future[Reply]:
        """See Channel."""
        if self._transport is None:
            raise Unreachable(self._source, "the way to it is closed")
        loop = asyncio.get_running_loop()
        id, pdu = build(request)
        message = v2c.Message()
        v2c.apiMessage.set_defaults(message)
        v2c.apiMessage.set_community(message, self._community)
        v2c.apiMessage.set_pdu(message, pdu)
        future: asyncio.Future[Reply] = loop.create_future()
        self._waiting[id] = future, request
        content = encoder.encode(message)
        echo = self._echo(content) if request.verb is Verb.SET else b""
        if echo:
            self._echoes[echo] = id
        timer = loop.call_later(LATE_S, future.cancel)

        def over(_: asyncio.Future[Reply]) -> None:
            timer.cancel()
            self._waiting.pop(id, None)
            self._echoes.pop(echo, None)

        future.add_done_callback(over)
        self._transport.sendto(content)
        return future

    def datagram_received(self, data: bytes, addr: tuple[str | Any, int]) -> None:
        """Match an answer; drop all else."""
        reply = self._match(data) if len(data) <= _MAX_DATAGRAM else None
        if reply is None:
            self._strange += 1
            return
        future, answer = reply
        self.heard = asyncio.get_running_loop().time()
        if not future.done():
            future.set_result(answer)

    def _echo(self, content: bytes) -> bytes:
        """The answer to a SET that went well, as most agents write it: the request with another tag. Decoding 1,000
        lamps' answers takes pyasn1 0.35 s, comparing them takes nothing; an agent that writes lengths otherwise is
        decoded."""
        head = 2 + (content[1] & 0x7F if content[1] & 0x80 else 0)
        size = len(self._community)
        tag = head + 3 + 2 + (size >= 128) + size
        return content[:tag] + b"\xa2" + content[tag + 1 :]

    def _match(self, data: bytes) -> tuple[asyncio.Future[Reply], Reply] | None:
        id = self._echoes.get(data)
        if id is not None:
            return self._waiting[id][0], Reply(0, 0, ())
        try:
            message, rest = decoder.decode(data, asn1Spec=v2c.Message())
            if rest or int(v2c.apiMessage.get_version(message)) != 1:
                return None
            if bytes(v2c.apiMessage.get_community(message)) != self._community:
                return None
            pdu = v2c.apiMessage.get_pdu(message)
            found = self._waiting.get(int(v2c.apiPDU.get_request_id(pdu)))
            answer = None if found is None else read(pdu, found[1])
        except _PARSE_ERRORS:
            return None
        return None if found is None or answer is None else (found[0], answer)

    def error_received(self, exc: Exception) -> None:
        """The kernel's word that nothing listens there. Anybody can forge it, so the time-out decides."""

    def close(self) -> None:
        """See Channel."""
        for future, _ in tuple(self._waiting.values()):
            future.cancel()
        if self._transport is not None:
            self._transport.close()
            self._transport = None


async def ask(
    channel: Channel,
    source: str,
    make: Callable[[], Request | None],
    timeout: float,
    retries: int,
    late: Callable[[Reply], None] | None = None,
) -> Reply:
    """Send what ``make`` gives, again after each time-out, until an answer to any of them comes.

    UDP loses packets, so SNMP repeats. For reading that is always safe. For a SET it is safe here and only here because
    of what is set: an absolute level, and how long *from now* it holds, which ``make`` works out anew for each try.
    Done twice it is the same level with the same end; and when the end has passed ``make`` gives None and nothing is
    sent any more. ``late`` hears the first answer that comes after we gave up. Raises TimedOut, Refused, Unreachable.
    """
    tries: list[asyncio.Future[Reply]] = []
    strange = channel.strange
    try:
        for _ in range(retries + 1):
            request = make()
            if request is None:
                break
            await channel.open()
            tries.append(channel.send(request))
            answer = await _first(channel, tries, timeout)
            if answer is not None:
                return answer.result()
    finally:
        _leave(tries, late)
    dropped = "; what came was no answer to what was asked" if channel.strange > strange else ""
    raise TimedOut(source, f"tried {len(tries)} times{dropped}")


async def _first(
    channel: Channel, tries: Sequence[asyncio.Future[Reply]], timeout: float
) -> asyncio.Future[Reply] | None:
    """The first answer to any try, None after ``timeout``. A controller that answers others meanwhile is not dead but
    busy with what we sent it, and repeating would only add to that: it gets up to ``_PATIENCE`` times as long."""
    now = asyncio.get_running_loop().time
    until, last = now() + timeout, now() + _PATIENCE * timeout
    while True:
        open = [each for each in tries if not each.cancelled()]
        if not open:
            return None
        done, _ = await asyncio.wait(open, timeout=max(0.0, until - now()), return_when=asyncio.FIRST_COMPLETED)
        for future in done:
            if not future.cancelled():
                return future
        until = min(channel.heard + timeout, last)
        if until <= now():
            return None


def _leave(tries: list[asyncio.Future[Reply]], late: Callable[[Reply], None] | None) -> None:
    """Nobody waits any more: the answers that still come are late, unless one came in time."""
    answered = any(each.done() and not each.cancelled() for each in tries)
    told: list[bool] = []

    def hear(future: asyncio.Future[Reply]) -> None:
        if future.cancelled() or future.exception() is not None or told or late is None:
            return
        told.append(True)
        late(future.result())

    for each in tries:
        if answered or late is None:
            each.cancel()
        else:
            each.add_done_callback(hear)
        if each.done() and not each.cancelled():
            each.exception()
