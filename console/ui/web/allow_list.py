"""Which web addresses may be opened. The site's list holds prefixes such as ``https://weather.example.org/radar``.

The rules, all of which must hold for an address to be opened:

- Its scheme is http or https and the same as the entry's: an entry for https does not open http.
- Its host is the entry's, letter case and Unicode spelling aside. There are no wildcards; a sub-domain is another host.
- Its port is the entry's (80 and 443 where none is written).
- It carries no user name or password.
- Its path is the entry's or lies below it: ``/radar`` opens ``/radar`` and ``/radar/today``, not ``/radars``. A path
  that climbs (``..``, also written as ``%2e%2e``), or holds a backslash or a character below a blank, is refused.
- What follows ``?`` and ``#`` is free.

What an opened page fetches for itself (pictures, scripts, data) may come from any path of a host, scheme and port on
the list, and from nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QUrl

PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}
MAX_LENGTH = 2048
"""Characters of an address."""


class AllowListError(ValueError):
    """An entry that can not be. The sentence names it and what to write instead."""

    def __init__(self, entry: str, problem: str) -> None:
        super().__init__(f"{entry!r}: {problem}. Write an address such as https://weather.example.org/radar.")


@dataclass(frozen=True, slots=True)
class _Origin:
    scheme: str
    host: str
    port: int


class AllowList:
    """Prefixes of addresses. Immutable. AllowListError for an entry that can not be."""

    def __init__(self, entries: Sequence[str] = ()) -> None:
        self._entries = tuple(_entry(text) for text in entries)

    @property
    def hosts(self) -> frozenset[str]:
        """The hosts on the list."""
        return frozenset(origin.host for origin, _ in self._entries)

    def opens(self, url: QUrl) -> bool:
        """Whether a page at this address may be shown."""
        origin, path = _origin(url), _path(url)
        if origin is None or path is None or url.userInfo():
            return False
        return any(
            origin == allowed and (path == prefix or path.startswith(prefix.rstrip("/") + "/"))
            for allowed, prefix in self._entries
        )

    def feeds(self, url: QUrl) -> bool:
        """Whether a page may fetch something from this address for itself. Web sockets count as their http kin."""
        origin = _origin(url)
        if origin is None or url.userInfo():
            return False
        kin = _Origin({"ws": "http", "wss": "https"}.get(origin.scheme, origin.scheme), origin.host, origin.port)
        return any(kin == allowed for allowed, _ in self._entries)


def parsed(text: str) -> QUrl | None:
    """An address as it stands in a layout; None if it is none."""
    if len(text) > MAX_LENGTH:
        return None
    url = QUrl(text, QUrl.ParsingMode.StrictMode)
    return url if url.isValid() and url.host() else None


def _entry(text: str) -> tuple[_Origin, str]:
    url = parsed(text)
    if url is None:
        raise AllowListError(text, "this is no web address")
    origin, path = _origin(url), _path(url)
    if origin is None or origin.scheme not in ("http", "https"):
        raise AllowListError(text, "only http and https can be shown")
    if url.userInfo():
        raise AllowListError(text, "it holds a user name or password, which this list must not")
    if url.hasQuery() or url.hasFragment():
        raise AllowListError(text, "what follows ? or # plays no part here")
    if path is None:
        raise AllowListError(text, "its path climbs")
    return origin, path


def _origin(url: QUrl) -> _Origin | None:
    scheme, host = url.scheme().lower(), url.host(QUrl.ComponentFormattingOption.FullyEncoded).lower().rstrip(".")
    if not url.isValid() or not host or scheme not in PORTS:
        return None
    return _Origin(scheme, host, url.port(PORTS[scheme]))


def _path(url: QUrl) -> str | None:
    """The path decoded until nothing is left to decode, as the most willing server would; None if it climbs."""
    path = url.path(QUrl.ComponentFormattingOption.FullyEncoded) or "/"
    for _ in range(4):
        decoded = QUrl.fromPercentEncoding(path.encode("utf-8"))
        if "\\" in decoded or any(ord(letter) < 32 for letter in decoded):
            return None
        if any(part in (".", "..") for part in decoded.split("/")):
            return None
        if decoded == path:
            return path
        path = decoded
    return None
