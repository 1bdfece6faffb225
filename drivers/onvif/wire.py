"""One HTTP POST to a device that nobody should trust: bounded in time and size from the first byte to the last.

``requests`` times each read, so a byte a second holds it for ever; here every receive gets what is left of one total
deadline. Each call has a connection of its own (``post``): cameras handle that best, and nothing is shared between
calls. Only a session that moves a camera keeps one (``Line``). Proxies, redirects and cookies do not exist.
"""

from __future__ import annotations

import contextlib
import http.client
import math
import socket
import ssl
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.errors import BadAnswer, TimedOut, Unreachable
from drivers.urls import split

MAX_BYTES = 4 * 1024 * 1024
_PIECE = 64 * 1024
_IDLE_SECONDS = 5.0
"""After which a kept connection is not trusted any more: firewalls forget it, and cameras close it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer: the HTTP status, headers with names in lower case, the body decompressed."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    encoding: str | None = None


class _Left:
    """Mixin of sockets: each receive may take what is left of ``deadline`` (``time.monotonic`` seconds)."""

    deadline = math.inf

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        self.settimeout(left(self.deadline))  # type: ignore[attr-defined]
        received: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]
        return received


class _Socket(_Left, socket.socket):
    pass


class _TlsSocket(_Left, ssl.SSLSocket):
    pass


def left(deadline: float) -> float:
    """Seconds until ``deadline``. Raises TimeoutError when there are none."""
    seconds = deadline - time.monotonic()
    if seconds <= 0:
        raise TimeoutError("deadline")
    return seconds


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
    """POST ``body`` and read the whole answer before ``deadline`` (``time.monotonic`` seconds), at most ``limit`` bytes
    before and after decompression. ``name`` is what errors call the device. Raises Unreachable, TimedOut, BadAnswer."""
    target = _target(name, url)
    with _errors(name), contextlib.closing(_open(target, deadline, tls)) as connection:
        return _ask(name, connection, target, body, headers, limit, "close")


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
        self._kept: _Connection | None = None
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
        target = _target(self._name, url)
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
        with _errors(self._name):
            fresh = _open(target, deadline, self._tls)
        return self._over(fresh, target, body, headers, deadline, limit)

    def close(self) -> None:
        """Let go of the connection; the next call makes another one."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _take(self, place: tuple[str, str, int]) -> _Connection | None:
        kept, self._kept = self._kept, None
        if kept is None:
            return None
        if self._place == place and time.monotonic() - self._used < _IDLE_SECONDS and kept.quiet():
            return kept
        kept.close()
        return None

    def _over(
        self,
        connection: _Connection,
        target: _Target,
        body: bytes,
        headers: Mapping[str, str],
        deadline: float,
        limit: int,
    ) -> Answer:
        whole = False
        try:
            with _errors(self._name):
                connection.until(deadline)
                answer = _ask(self._name, connection, target, body, headers, limit, "keep-alive")
            whole = connection.sock is not None  # http.client drops it where the device wants it closed
        finally:
            if whole:
                self._kept, self._place, self._used = connection, target.place, time.monotonic()
            else:
                connection.close()
        return answer


@dataclass(frozen=True, slots=True)
class _Target:
    """Where a POST goes, taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def place(self) -> tuple[str, str, int]:
        return self.scheme, self.host, self.port

    @property
    def shown(self) -> str:
        """For the Host header; the index of our interface is nobody else's business."""
        bare = self.host.partition("%")[0]
        shown = f"[{bare}]" if ":" in bare else bare
        return shown if self.port == (443 if self.scheme == "https" else 80) else f"{shown}:{self.port}"


class _Connection(http.client.HTTPConnection):
    """Over a socket that was connected before."""

    def __init__(self, target: _Target, endpoint: _Socket | _TlsSocket) -> None:
        super().__init__(target.host, target.port)
        self._endpoint = endpoint
        self._unsent = bytearray()
        self.sock = endpoint

    def send(self, data: Any) -> None:
        """Head and body come one after the other; they go out together, see ``flush``."""
        self._unsent += data

    def flush(self) -> None:
        """Send all that was given to ``send`` in one piece: each write is one more wait for the interpreter among busy
        threads, and cameras would wait 40 ms to acknowledge the head alone."""
        data, self._unsent = self._unsent, bytearray()
        self._endpoint.sendall(data)

    def until(self, deadline: float) -> None:
        """Everything from now on ends at ``deadline``."""
        self._endpoint.deadline = deadline
        self._endpoint.settimeout(left(deadline))

    def quiet(self) -> bool:
        """Whether the connection is there and nothing unread lies in it."""
        self._endpoint.settimeout(0)
        try:  # below TLS, whose sockets cannot peek
            socket.socket.recv(self._endpoint, 1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """End it, whatever http.client still believes of it."""
        super().close()
        self._endpoint.close()


def _target(name: str, url: str) -> _Target:
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https"):
        raise BadAnswer(name, "its service address cannot be used")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(parts.scheme, str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80), path)


@contextlib.contextmanager
def _errors(name: str) -> Iterator[None]:
    """Everything that a connection can do wrong, as ``drivers.errors``."""
    try:
        yield
    except TimeoutError:
        raise TimedOut(name) from None
    except http.client.RemoteDisconnected:
        raise Unreachable(name, "it closed the connection without an answer") from None
    except http.client.HTTPException as error:
        raise BadAnswer(name, f"not HTTP ({type(error).__name__})") from None
    except ssl.SSLError as error:
        raise Unreachable(name, f"no TLS connection ({error.reason or 'failed'})") from None
    except (OSError, ValueError) as error:
        raise Unreachable(name, getattr(error, "strerror", None) or "its address cannot be used") from None


def _open(target: _Target, deadline: float, tls: ssl.SSLContext | None) -> _Connection:
    context = (tls or lenient_tls()) if target.scheme == "https" else None
    return _Connection(target, _connect(target.host, target.port, deadline, context))


def _ask(
    name: str,
    connection: _Connection,
    target: _Target,
    body: bytes,
    headers: Mapping[str, str],
    limit: int,
    after: str,
) -> Answer:
    """One exchange; ``after`` is what shall become of the connection, in HTTP's words."""
    fixed = {"Connection": after, "Accept-Encoding": "identity", "User-Agent": "Watchfloor", "Host": target.shown}
    connection.request("POST", target.path, body, {**headers, **fixed})
    connection.flush()
    with connection.getresponse() as response:
        return _read(name, response, limit)


def _connect(host: str, port: int, deadline: float, tls: ssl.SSLContext | None) -> _Socket | _TlsSocket:
    failure: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        endpoint = _Socket(family, kind, protocol)
        endpoint.deadline = deadline
        try:
            endpoint.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            endpoint.settimeout(left(deadline))
            endpoint.connect(address)
            if tls is None:
                return endpoint
            tls.sslsocket_class = _TlsSocket
            secured = tls.wrap_socket(endpoint, server_hostname=host)
            assert isinstance(secured, _TlsSocket)
            secured.deadline = deadline
            return secured
        except OSError as error:
            endpoint.close()
            failure = error
            if isinstance(error, TimeoutError):
                break
        except ValueError:  # a host that is no name
            endpoint.close()
            raise
    raise failure or OSError("no address")


def _read(name: str, response: http.client.HTTPResponse, limit: int) -> Answer:
    headers: dict[str, str] = {}
    for key, value in response.getheaders():  # a repeated one is a list (RFC 9110, 5.3): Digest and Basic in turn
        key = key.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    if 300 <= response.status < 400:
        target = split(headers.get("location", ""))
        where = f" to {target.hostname}" if target else ""
        advice = "Redirects are not followed; give the device's own address."
        raise BadAnswer(name, f"it sends us on{where} (HTTP {response.status})", advice)
    too_large = BadAnswer(name, f"an answer of more than {limit // 1024} KiB")
    declared = response.length
    if declared is not None and declared > limit:
        raise too_large
    content = bytearray()
    while piece := response.read1(_PIECE):
        content += piece
        if len(content) > limit:
            raise too_large
    if declared is not None and len(content) < declared:
        raise BadAnswer(name, "its answer was cut off")
    coding = headers.get("content-encoding", "identity").strip().lower()
    plain = bytes(content)
    if coding in ("gzip", "x-gzip", "deflate"):  # we asked for none, but there are devices that do not listen
        unpacker = zlib.decompressobj(wbits=47)
        try:
            plain = unpacker.decompress(plain, limit + 1)
        except zlib.error:
            raise BadAnswer(name, "its compressed answer is damaged") from None
        if len(plain) > limit:
            raise too_large
        if not unpacker.eof:
            raise BadAnswer(name, "its compressed answer is damaged")
    elif coding not in ("", "identity"):
        raise BadAnswer(name, "its answer is compressed in an unknown way")
    return Answer(response.status, headers, plain)
