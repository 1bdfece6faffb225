"""Small, pure questions about URLs and network addresses that drivers, services and the site file all ask.

Nothing here resolves a name or opens a connection.
"""

from __future__ import annotations

import ipaddress
import re
import uuid
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from drivers.types import Credentials

_DOUBLE_PORT = re.compile(r"^(?P<host>\[[0-9A-Fa-f:.%]+\]|[^:\[\]]+)(?::\d{1,5})*?:(?P<port>\d{1,5})$")


def strip_credentials(url: str) -> tuple[str, Credentials | None]:
    """Take ``user:password@`` out of a URL; gives the clean URL and what was in it, percent-decoded."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url, None
    userinfo, at, host = parts.netloc.rpartition("@")
    if not at:
        return url, None
    user, _, password = userinfo.partition(":")
    clean = urlunsplit(parts._replace(netloc=host))
    return clean, Credentials(unquote(user), unquote(password)) if userinfo else None


def heal_netloc(netloc: str) -> str:
    """Repair what devices get wrong in ``host:port``: a doubled port (``host:8106:8106``), an empty one (``host:``) and
    an IPv6 address without brackets. What is right already, or beyond repair, comes back as it is."""
    userinfo, at, host = netloc.rpartition("@")
    return userinfo + at + _heal_host(host)


def _heal_host(host: str) -> str:
    if host.endswith(":") and host.count(":") == 1:
        return host[:-1]
    if host.count(":") > 1 and not host.startswith("["):
        try:
            return f"[{ipaddress.IPv6Address(host.partition('%')[0])}]"
        except ValueError:
            pass
    match = _DOUBLE_PORT.match(host)
    if match is None:
        return host
    port = int(match["port"])
    return f"{match['host']}:{port}" if 0 < port < 65536 else match["host"]


def split(url: str) -> SplitResult | None:
    """The parts of a URL whose host and port can be read, healed where needed; None where there is no host."""
    try:
        parts = urlsplit(url.strip())
        parts = parts._replace(netloc=heal_netloc(parts.netloc))
        _ = parts.port
    except ValueError:
        return None
    return parts if parts.hostname else None


def host_of(url: str) -> str:
    """The host that a URL names, lower case and without brackets; empty where it names none."""
    parts = split(url)
    return (parts.hostname or "") if parts else ""


def with_host(parts: SplitResult, host: str, port: int | None) -> str:
    """The URL with another host and port; IPv6 gets its brackets."""
    shown = f"[{host}]" if ":" in host and not host.startswith("[") else host
    return urlunsplit(parts._replace(netloc=shown if port is None else f"{shown}:{port}"))


def normal_endpoint(endpoint: str) -> str:
    """An endpoint reference as an id: UUIDs in one spelling, anonymous or absurd ones empty."""
    endpoint = endpoint.strip()
    bare = endpoint.lower().removeprefix("urn:").removeprefix("uuid:")
    try:
        return f"urn:uuid:{uuid.UUID(bare)}"
    except ValueError:
        pass
    if not endpoint.isprintable() or len(endpoint) > 256 or endpoint.endswith("/anonymous"):
        return ""
    return endpoint
