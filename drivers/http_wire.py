"""One HTTP request to a device that nobody should trust: bounded in time and size from the first byte to the last.

``requests`` times each read, so a byte a second holds it for ever; here every receive gets what is left of one total
deadline. Each call has a connection of its own (``exchange``): devices handle that best, and nothing is shared between
calls; who keeps one (``drivers.onvif.wire.Line``) builds on the same pieces. Proxies, redirects and cookies do not
exist.
"""

from __future__ import annotations

import contextlib
import http.client
import math
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from drivers.errors import BadAnswer, TimedOut, Unreachable
from drivers.urls import split

MAX_BYTES = 4 * 1024 * 1024
_PIECE = 64 * 1024


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


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, taken apart."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def place(self) -> tuple[str, str, int]:
        """What a connection is made to."""
        return self.scheme, self.host, self.port

    @property
    def shown(self) -> str:
        """For the Host header; the index of our interface is nobody else's business."""
        bare = self.host.partition("%")[0]
        shown = f"[{bare}]" if ":" in bare else bare
        return shown if self.port == (443 if self.scheme == "https" else 80) else f"{shown}:{self.port}"


class Connection(http.client.HTTPConnection):
    """Over a socket that was connected before."""

    def __init__(self, target: Target, endpoint: _Socket | _TlsSocket) -> None:
        super().__init__(target.host, target.port)
        self._endpoint = endpoint
        self.unsent = bytearray()
        """What was given to ``send`` and waits for ``flush``."""
        self.sock = endpoint

    def send(self, data: Any) -> None:
        """Head and body come one after the other; they go out together, see ``flush``."""
        self.unsent += data

    def flush(self) -> None:
        """Send all that was given to ``send`` in one piece: each write is one more wait for the interpreter among busy
        threads, and cameras would wait 40 ms to acknowledge the head alone."""
        data, self.unsent = self.unsent, bytearray()
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


def exchange(
    name: str,
    method: str,
    url: str,
    body: bytes,
    headers: Mapping[str, str],
    deadline: float,
    tls: ssl.SSLContext | None = None,
    limit: int = MAX_BYTES,
    sending: Callable[[], None] = lambda: None,
) -> Answer:
    """Send one request and read the whole answer before ``deadline`` (``time.monotonic`` seconds), at most ``limit``
    bytes before and after decompression. ``name`` is what errors call the device; ``tls`` is for https, by default the
    system's own with certificates checked. ``sending`` is called when the connection stands, before the first byte goes
    out: an error without that call means that nothing was sent. Raises Unreachable, TimedOut, BadAnswer."""
    target = target_of(name, url)
    with translated(name), contextlib.closing(connect(target, deadline, tls)) as connection:
        sending()
        return ask(name, connection, target, method, body, headers, limit, "close")


def target_of(name: str, url: str) -> Target:
    """An address taken apart. Raises BadAnswer for one that cannot be used."""
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https"):
        raise BadAnswer(name, "its service address cannot be used")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, str(parts.hostname), parts.port or (443 if parts.scheme == "https" else 80), path)


@contextlib.contextmanager
def translated(name: str) -> Iterator[None]:
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


def connect(target: Target, deadline: float, tls: ssl.SSLContext | None) -> Connection:
    """Connect, with TLS where the address wants it. Raises OSError; see ``translated``."""
    context = (tls or ssl.create_default_context()) if target.scheme == "https" else None
    return Connection(target, _connect(target.host, target.port, deadline, context))


def ask(
    name: str,
    connection: Connection,
    target: Target,
    method: str,
    body: bytes,
    headers: Mapping[str, str],
    limit: int,
    after: str,
) -> Answer:
    """One exchange; ``after`` is what shall become of the connection, in HTTP's words."""
    fixed = {"Connection": after, "Accept-Encoding": "identity", "User-Agent": "Watchfloor", "Host": target.shown}
    connection.request(method, target.path, body, {**headers, **fixed})
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
