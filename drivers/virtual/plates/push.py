"""How readers push: one request after another to the address that they were told, kept until it is taken.

Like devices with a buffer: what was not acknowledged is tried again, later and later, and nothing overtakes it. When
the buffer is full, the oldest goes. Faults spoil what is sent, not what is kept.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import ssl
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import urlsplit

from drivers.virtual.plates.push_messages import Message
from drivers.virtual.state import FaultBox

BUFFER = 500
PATIENCE_S = 10.0
PAUSES = (1.0, 30.0)
"""Seconds before the second try, and the longest; each pause is twice the one before."""
_LONGEST_URL = 500
_HEAD_LIMIT = 16 * 1024
_CHUNK = 64 * 1024
_PASSING = frozenset({401, 403, 404, 408, 409, 425, 429})
"""Refusals that may be over when it is tried again; with any other 4xx the message itself is at fault."""
FAULTS = (
    "silent",  # the reader is there and says nothing; what passes meanwhile is never told
    "duplicates",  # everything is told twice
    "reordered",  # each read is told after the one that follows it
    "clock",  # value seconds: the reader's clock is ahead by so much (a year)
    "misread",  # plates are read wrongly
    "markup",  # value: what is put behind the plate's text (a tag with a script)
    "huge",  # value bytes: requests and messages are padded to this size (64 MiB; messages at most 8 MiB)
    "endless",  # a request never finishes: it announces more than it sends, and drips
    "broken",  # messages are cut in the middle
    "wrong_password",  # requests carry another password or token
)
"""``huge``, ``endless``, ``broken`` and ``wrong_password`` strike per request, the others per read."""


class TargetError(ValueError):
    """An address that nothing can be pushed to."""

    def __init__(self, why: str) -> None:
        super().__init__(f"not a target for reads: {why}")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a reader pushes. ``token`` goes as ``Authorization: Bearer``, or else ``user`` and ``password`` as Basic;
    neither is needed. Without ``verify`` any certificate will do."""

    url: str
    user: str = ""
    password: str = field(default="", repr=False)
    token: str = field(default="", repr=False)
    verify: bool = True

    def __post_init__(self) -> None:
        """Raises TargetError."""
        if len(self.url) > _LONGEST_URL or any(sign <= " " or sign > "~" for sign in self.url):
            raise TargetError("an address with blanks or strange signs, or far too long")
        parts = urlsplit(self.url)
        try:
            good = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            good = False
        if not good:
            raise TargetError("an address is http://HOST:PORT/PATH or https://...")
        if parts.username is not None:
            raise TargetError("user and password do not belong into the address")
        if any("\r" in part or "\n" in part for part in (self.user, self.password, self.token)):
            raise TargetError("a password or token in several lines")

    def authorization(self, wrong: bool = False) -> str:
        """The header's value, "" for none; ``wrong``: with another password."""
        if self.token:
            return f"Bearer {'wrong' if wrong else self.token}"
        if not self.user:
            return ""
        pair = f"{self.user}:{'wrong' if wrong else self.password}"
        return "Basic " + base64.b64encode(pair.encode()).decode()


@dataclass(slots=True)
class PushCounts:
    """What became of a reader's messages."""

    sent: int = 0
    tries: int = 0
    refused: int = 0
    """Given up, because the receiver will never take them."""
    lost: int = 0
    """Pushed out of the full buffer, or without a target."""
    trouble: str = ""
    """Why the last try failed, "" after one that did not."""


class Pusher:
    """One reader's way to its target. One loop only, but for ``faults``."""

    def __init__(self, faults: FaultBox, pause: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self.target: Target | None = None
        self.counts = PushCounts()
        self._faults, self._pause = faults, pause
        self._waiting: deque[Message] = deque()
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    def aim(self, target: Target | None) -> None:
        """Push there from now on; what waits goes there too. None: nowhere."""
        self.target = target
        self._woken.set()

    def offer(self, message: Message) -> None:
        """Keep a message until it is taken. Without a target it is lost, as with a device that nobody has set up."""
        if self.target is None:
            self.counts.lost += 1
            return
        if len(self._waiting) >= BUFFER:
            self._waiting.popleft()
            self.counts.lost += 1
        self._waiting.append(message)
        self._woken.set()

    def start(self) -> None:
        """Begin to push."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def stop(self) -> None:
        """End; what waits is lost."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def _run(self) -> None:
        pause = PAUSES[0]
        while True:
            self._woken.clear()
            if not self._waiting or self.target is None:
                await self._woken.wait()
                continue
            message = self._waiting[0]
            try:
                status = await self._post(self.target, message)
            except (OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, _NoHttp) as error:
                status, self.counts.trouble = 0, str(error) or type(error).__name__
            taken = 200 <= status < 300
            given_up = 400 <= status < 500 and status not in _PASSING
            if taken or given_up:
                if self._waiting and self._waiting[0] is message:  # the full buffer may have pushed it out meanwhile
                    self._waiting.popleft()
                self.counts.sent += taken
                self.counts.refused += given_up
                self.counts.trouble = "" if taken else f"HTTP {status}"
                pause = PAUSES[0]
                continue
            if status:
                self.counts.trouble = f"HTTP {status}"
            await self._rest(pause)
            pause = min(pause * 2, PAUSES[1])

    async def _rest(self, seconds: float) -> None:
        """Wait until the next try, or until there is another target."""
        before = self.target
        resting = asyncio.ensure_future(self._pause(seconds))
        try:
            while not resting.done() and self.target is before:
                self._woken.clear()
                woken = asyncio.ensure_future(self._woken.wait())
                try:
                    await asyncio.wait({resting, woken}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    woken.cancel()
        finally:
            resting.cancel()

    async def _post(self, target: Target, message: Message) -> int:
        """Send one request; the status of the answer. Raises OSError, TimeoutError, _NoHttp."""
        self.counts.tries += 1
        parts = urlsplit(target.url)
        secure = None if parts.scheme == "http" else _tls(target.verify)
        port = parts.port or (80 if secure is None else 443)
        async with asyncio.timeout(PATIENCE_S):
            reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=secure, limit=_HEAD_LIMIT)
        try:
            return await self._exchange(target, message, reader, writer)
        finally:
            writer.close()
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await writer.wait_closed()

    async def _exchange(
        self, target: Target, message: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> int:
        body, size = message.body, len(message.body)
        if self._faults.take("broken") is not None:
            body, size = body[: size // 2], size // 2
        huge, endless = self._faults.take("huge"), self._faults.take("endless") is not None
        if huge is not None:
            size = max(size, _size(huge))
        authorization = target.authorization(self._faults.take("wrong_password") is not None)
        parts = urlsplit(target.url)
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = [f"POST {path} HTTP/1.1", f"Host: {parts.netloc}", f"Content-Type: {message.content_type}"]
        head += [f"Content-Length: {size + (1 << 20 if endless else 0)}", "User-Agent: reader/1.0", "Connection: close"]
        head += [f"Authorization: {authorization}"] if authorization else []
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode() + body)
        answer = asyncio.ensure_future(_status(reader))
        try:
            if endless:
                await self._drip(writer, answer)
            else:
                for filler in _blanks(size - len(body)):
                    if answer.done():
                        break
                    writer.write(filler)
                    async with asyncio.timeout(PATIENCE_S):
                        await writer.drain()
            async with asyncio.timeout(PATIENCE_S):
                return await answer
        except OSError:
            # Who refuses a large body answers and closes; the answer counts more than the broken pipe.
            async with asyncio.timeout(1.0):
                return await answer
        finally:
            answer.cancel()
            await asyncio.gather(answer, return_exceptions=True)

    async def _drip(self, writer: asyncio.StreamWriter, answer: asyncio.Future[int]) -> None:
        """A byte now and then, until the receiver has enough."""
        while not answer.done():
            writer.write(b" ")
            await writer.drain()
            await self._pause(1.0)


class _NoHttp(Exception):
    """The receiver answered something else."""


async def _status(reader: asyncio.StreamReader) -> int:
    line = (await reader.readline()).decode("latin-1").split(" ")
    if len(line) < 2 or not line[0].startswith("HTTP/1.") or not (line[1].isascii() and line[1][:3].isdigit()):
        raise _NoHttp("no answer" if line == [""] else "an answer that is no HTTP")
    return int(line[1][:3])


def _size(value: str) -> int:
    return int(float(value)) if float(value) > 1 else 64 * 1024 * 1024


def _blanks(size: int) -> Iterator[bytes]:
    """Blanks are what JSON, XML and multipart all bear at their end."""
    while size > 0:
        yield b" " * min(size, _CHUNK)
        size -= _CHUNK


@cache
def _tls(verify: bool) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
