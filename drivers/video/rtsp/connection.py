"""One TCP connection to an RTSP server: messages and packets that come over it, mixed (RFC 2326, 10.12).

Everything lies in one buffer that is used again and again; a packet is looked at where it came in.
"""

from __future__ import annotations

import errno
import socket
import struct
import sys
import time
from collections import deque
from collections.abc import Callable

from drivers.errors import BadAnswer, TimedOut, Unreachable
from drivers.video.rtsp import NotOurs
from drivers.video.rtsp.message import MAX_BODY, MAX_HEAD, Malformed, Message, read
from drivers.video.rtsp.rtp import Assembler
from drivers.video.translate import unreachable

READ_BYTES = 64 * 1024
_LARGEST = max(4 + 0xFFFF, MAX_HEAD + MAX_BODY)
_SIZE = _LARGEST + 2 * READ_BYTES
_LEAST = READ_BYTES // 2
"""Bytes that must be free behind what came in; otherwise it moves to the front."""
MAX_LOST = 1024 * 1024
"""Bytes between packets that are no packets and no messages, of all of a connection; beyond it is given up."""
_MOST_MESSAGES = 100
"""Messages that wait: no server sends so many at once."""
_DOLLAR = 36
_AWAY_SECONDS = 3.0
"""Longer between two ``receive``, and what the camera said meanwhile may still lie in the socket."""
_MOST_READS = 2
"""Reads in one ``receive``: what comes quicker than 30 Mbit/s waits for the next one."""


class Connection:
    """One thread at a time; what it waits for is bounded by deadlines until ``stream``, then by a time-out."""

    def __init__(self, name: str, connected: socket.socket) -> None:
        self._name, self._socket = name, connected
        self._buffer = bytearray(_SIZE)
        self._view = memoryview(self._buffer)
        self._at = self._end = self._lost = 0
        self._media = self._control = -1
        self._assembler: Assembler | None = None
        self.messages: deque[Message] = deque()
        self._patience = 0.0
        self._hear: Callable[[], None] = self.messages.clear
        self._quiet_since, self._heard, self._asked = 0.0, 0, 0.0
        self.drained = True
        """Whether the last ``receive`` took all that there was."""

    @classmethod
    def open(cls, name: str, host: str, port: int, deadline: float) -> Connection:
        """Connect, to each address of ``host`` in turn. Raises DriverError."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise Unreachable(name, "its name is unknown") from None
        problem: OSError | None = None
        for family, kind, protocol, _, address in found:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            made = socket.socket(family, kind, protocol)
            try:
                made.settimeout(left)
                made.connect(address)
                # Requests are small and wait for nothing.
                made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError as error:
                made.close()
                problem = error
                continue
            return cls(name, made)
        raise TimedOut(name) if problem is None else unreachable(name, problem)

    def send(self, data: bytes) -> None:
        """Send all of it. Raises DriverError."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise self._problem(error) from None

    def message(self, deadline: float) -> Message:
        """The next message; packets before it go to the assembler. Raises DriverError, and NotOurs where something
        else than RTSP comes or the server ends the connection."""
        while not self.messages:
            self._wait(deadline)
        return self.messages.popleft()

    def carry(self, media: int, control: int, assembler: Assembler) -> None:
        """Packets of these channels go to ``assembler`` from now on."""
        self._media, self._control, self._assembler = media, control, assembler

    def look(self, deadline: float) -> bool:
        """Wait for more packets until ``deadline``; False when it has passed. Raises DriverError, NotOurs."""
        try:
            self._wait(deadline)
        except TimedOut:
            return False
        return True

    def stream(self, seconds: float, hear: Callable[[], None]) -> None:
        """From now on a read waits for so long at most, in the kernel: with a time-out of Python's each read would be
        two system calls. ``hear`` is called when messages came in between."""
        self._patience, self._hear = seconds, hear
        self._socket.settimeout(None)
        whole, rest = int(seconds), int(seconds % 1 * 1e6)
        limit: bytes | int = struct.pack("ll", whole, rest)
        if sys.platform == "win32":
            limit = int(seconds * 1000)
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            self._socket.setsockopt(socket.SOL_SOCKET, option, limit)

    def more(self) -> bool:
        """Wait until the assembler has a unit; False at the end of the stream. Raises DriverError."""
        assert self._assembler is not None
        units, messages = self._assembler.units, self.messages
        until = 0.0
        while True:
            if messages:
                self._hear()
            if units:
                return True
            if self._assembler.ended:
                return False
            try:
                if not self._fill():
                    return False
            except OSError as error:
                raise self._problem(error) from None
            try:
                self._take()
            except (Malformed, NotOurs):
                raise BadAnswer(self._name, "its stream cannot be followed any more") from None
            if units and not messages:
                return True
            # Something came, but no picture: not for ever.
            now = time.monotonic()
            if not until:
                until, packets = now + self._patience, self._assembler.packets
            elif now > until:
                if self._assembler.packets == packets:
                    raise TimedOut(self._name)
                raise BadAnswer(self._name, "what it sends is not what it announces")

    def board(self) -> int:
        """From now on nothing waits: ``receive`` takes the place of ``more``. Returns the socket's descriptor."""
        assert self._assembler is not None
        self._socket.setblocking(False)
        self._quiet_since = self._asked = time.monotonic()
        self._heard = self._assembler.packets
        self.drained = True
        return self._socket.fileno()

    def alight(self) -> None:
        """From now on ``more`` waits again; the kernel has kept its time-outs."""
        self._socket.settimeout(None)

    def receive(self, now: float) -> bool:
        """Take in what has come; False at the end of the stream. Raises DriverError."""
        assembler = self._assembler
        assert assembler is not None
        over = False
        self.drained = False
        if now - self._asked > _AWAY_SECONDS:  # nobody has looked: that is not the silence of the camera
            self._quiet_since = now
        self._asked = now
        try:
            for _ in range(_MOST_READS):
                count = self._fill()
                if not count:
                    over = True
                    break
                self._take()
                if count < _LEAST:  # there was room for more
                    self.drained = True
                    break
        except BlockingIOError:
            self.drained = True
        except OSError as error:
            raise self._problem(error) from None
        except (Malformed, NotOurs):
            raise BadAnswer(self._name, "its stream cannot be followed any more") from None
        if self.messages:
            self._hear()
        if assembler.units:
            self._quiet_since, self._heard = now, assembler.packets
            return True
        if now - self._quiet_since > self._patience:  # something may have come, but no picture: not for ever
            if assembler.packets == self._heard:
                raise TimedOut(self._name)
            raise BadAnswer(self._name, "what it sends is not what it announces")
        return not (over or assembler.ended)

    def close(self, last: bytes = b"") -> None:
        """Say ``last`` if that needs no waiting, and end the connection."""
        try:
            if last and self._socket.fileno() >= 0:
                self._socket.setblocking(False)
                self._socket.send(last)
        except OSError:
            pass  # it is gone already, or does not listen: it will notice
        self._socket.close()

    def _wait(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimedOut(self._name)
        try:
            self._socket.settimeout(left)
            if not self._fill():
                raise NotOurs("the server ended the connection")
        except OSError as error:
            raise self._problem(error) from None
        try:
            self._take()
        except Malformed:
            raise NotOurs("not RTSP") from None

    def _fill(self) -> int:
        """One read behind what is there already; the number of bytes."""
        pending = self._assembler is not None and bool(self._assembler.pending)
        if self._at == self._end and not pending:
            self._at = self._end = 0
        elif _SIZE - self._end < _LEAST:
            if self._assembler is not None:
                self._assembler.settle()
            rest = self._end - self._at
            self._buffer[:rest] = self._buffer[self._at : self._end]
            self._at, self._end = 0, rest
        if self._end:
            count = self._socket.recv_into(self._view[self._end :], min(READ_BYTES, _SIZE - self._end))
        else:
            count = self._socket.recv_into(self._buffer, READ_BYTES)
        self._end += count
        return count

    def _take(self) -> None:
        """Look at everything that is complete."""
        view, at, end = self._view, self._at, self._end
        media, assembler = self._media, self._assembler
        while end - at >= 4:
            if view[at] == _DOLLAR:
                stop = at + 4 + (view[at + 2] << 8 | view[at + 3])
                if stop > end:
                    break
                channel = view[at + 1]
                if assembler is not None:
                    if channel == media:
                        assembler.packet(view, at + 4, stop)
                    elif channel == self._control:
                        assembler.control(view, at + 4, stop)
                at = stop
                continue
            before, at = at, self._text(at, end)
            if at == before:
                break
        self._at = at

    def _text(self, at: int, end: int) -> int:
        """Where it goes on behind a message or behind what is lost; ``at`` where more must come first."""
        first = self._buffer[at]
        if first in b"\r\n":
            self._lost += 1
            if self._lost > MAX_LOST:
                raise Malformed
            return at + 1
        if 65 <= first <= 90:
            try:
                found = read(self._buffer, at, end)
            except Malformed:
                if self._assembler is None:
                    raise
            else:
                if found is None:
                    return at
                if len(self.messages) >= _MOST_MESSAGES:
                    raise Malformed
                self.messages.append(found[0])
                return found[1]
        elif self._assembler is None:
            raise Malformed
        return self._next_packet(at, end)

    def _next_packet(self, at: int, end: int) -> int:
        """Framing is lost: go on where something looks like an RTP packet of the video."""
        start, head = at, bytes((_DOLLAR, self._media))
        while True:
            at = self._buffer.find(head, at + 1, end)
            if at < 0:
                at = end - 1 if self._buffer[end - 1] == _DOLLAR and end - 1 > start else end
                break
            if end - at < 5 or ((self._buffer[at + 2] or self._buffer[at + 3] > 12) and self._buffer[at + 4] >> 6 == 2):
                break
        self._lost += at - start
        if self._lost > MAX_LOST:
            raise Malformed
        return at

    def _problem(self, error: OSError) -> Unreachable:
        if isinstance(error, TimeoutError | BlockingIOError) or error.errno == errno.EAGAIN:
            return TimedOut(self._name)
        return unreachable(self._name, error)
