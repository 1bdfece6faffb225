"""POST to a camera: ``drivers.http_wire`` with the TLS that cameras have."""

from __future__ import annotations

import ssl
from collections.abc import Mapping

from drivers.http_wire import MAX_BYTES, Answer, exchange


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
    """POST ``body``; see ``exchange``. Raises Unreachable, TimedOut, BadAnswer."""
    return exchange(name, "POST", url, body, headers, deadline, tls or lenient_tls(), limit)
