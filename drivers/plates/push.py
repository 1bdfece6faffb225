"""A source that pushes: where it posts to, how it proves itself, and what it may send. Pure."""

from __future__ import annotations

import base64
import binascii
import hmac
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from urllib.parse import parse_qs, quote, unquote

from drivers.feeding import Parser
from drivers.http_messages import Request
from drivers.types import Credentials

JSON_KINDS = frozenset({"application/json", "text/json", "text/plain", ""})
FORM_KINDS = frozenset({"multipart/form-data", "multipart/mixed", "multipart/related", "multipart/x-mixed-replace"})
XML_KINDS = frozenset({"application/xml", "text/xml", "application/soap+xml", ""})
_LONGEST_TARGET = 2048


@dataclass(frozen=True, slots=True)
class PushSource:
    """One configured source. ``path`` is where it posts to ("" for ``/plates/`` and its name); ``kinds`` the content
    types that it may send. It proves itself by ``token`` (``Authorization: Bearer``, ``X-Token``, or ``?token=`` for
    those that can nothing else) or by ``credentials`` (Basic). ``rate`` and ``burst`` are messages a second, and at
    once. Raises ValueError where there is nothing to prove."""

    name: str
    parse: Parser
    kinds: frozenset[str]
    token: str = field(default="", repr=False)
    credentials: Credentials | None = None
    path: str = ""
    zone: tzinfo = UTC
    rate: float = 500.0
    burst: float = 2000.0

    def __post_init__(self) -> None:
        if not self.token and (self.credentials is None or not self.credentials.password):
            raise ValueError(f"{self.name}: a source that pushes needs a token or a password")

    @property
    def where(self) -> str:
        """The path, as it is compared."""
        return self.path or default_path(self.name)

    def proved(self, request: Request) -> bool:
        """Whether the request brings the token or the password. Compared in constant time."""
        scheme, _, proof = request.headers.get("authorization", "").partition(" ")
        scheme, proof = scheme.lower(), proof.strip()
        if scheme == "basic":
            return self.credentials is not None and _same(_decoded(proof), _login(self.credentials))
        if not self.token:
            return False
        if scheme in ("bearer", "token"):
            return _same(proof.encode(), self.token.encode())
        token = request.headers.get("x-token")
        if token is not None:
            return _same(token.encode("utf-8", "replace"), self.token.encode())
        query = request.target.partition("?")[2]
        if "token=" not in query:
            return False
        return _same(_token_in(query).encode(), self.token.encode())


def default_path(name: str) -> str:
    """Where a source of this name posts to when nothing else is said."""
    return f"/plates/{quote(name, safe='')}"


def path_of(request: Request) -> str:
    """The path of a request as sources give it: percent signs as ``quote`` writes them, no slash at its end."""
    if len(request.target) > _LONGEST_TARGET:
        return ""
    path = request.path.rstrip("/")
    return "/".join(quote(unquote(part), safe="") for part in path.split("/")) if "%" in path else path


def _same(one: bytes, other: bytes) -> bool:
    return hmac.compare_digest(one, other)


def _login(credentials: Credentials) -> bytes:
    return f"{credentials.user}:{credentials.password}".encode()


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text[:1024], validate=True)
    except (binascii.Error, ValueError):
        return b""


def _token_in(query: str) -> str:
    try:
        return parse_qs(query, max_num_fields=10).get("token", [""])[0]
    except ValueError:
        return ""
