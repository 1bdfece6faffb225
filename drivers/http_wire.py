"""One HTTP request to a device that nobody should trust: bounded in time and size from the first byte to the last.

``requests`` times each read, so a byte a second holds it for ever; here every receive gets what is left of one total
deadline. Each call has a connection of its own: devices handle that best, and nothing is shared between calls. Proxies,
redirects and cookies do not exist.
"""

from __future__ import annotations

import http.client
import math
import socket
import ssl
import time
import zlib
from collections.abc import Callable, Mapping
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
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https"):
        raise BadAnswer(name, "its service address cannot be used")
    secure = parts.scheme == "https"
    host, port = str(parts.hostname), parts.port or (443 if secure else 80)
    try:
        endpoint = _connect(host, port, deadline, (tls or ssl.create_default_context()) if secure else None)
        connection = http.client.HTTPConnection(host, port)
        connection.sock = endpoint
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            fixed = {"Connection": "close", "Accept-Encoding": "identity", "User-Agent": "Watchfloor"}
            bare = host.partition("%")[0]  # the index of our interface is nobody else's business
            shown = f"[{bare}]" if ":" in bare else bare
            fixed["Host"] = shown if port == (443 if secure else 80) else f"{shown}:{port}"
            sending()
            connection.request(method, target, body, {**headers, **fixed})
            with connection.getresponse() as response:
                return _read(name, response, limit)
        finally:
            connection.close()
            endpoint.close()
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


def _connect(host: str, port: int, deadline: float, tls: ssl.SSLContext | None) -> socket.socket:
    failure: OSError | None = None
    for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        endpoint = _Socket(family, kind, protocol)
        endpoint.deadline = deadline
        try:
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
