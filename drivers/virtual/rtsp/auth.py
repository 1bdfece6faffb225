"""HTTP Digest for RTSP (RFC 2617 without qop, as most cameras do it; RFC 2326, section 14)."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from enum import Enum

from drivers.types import Credentials

REALM = "Watchfloor city"
NONCE_SECONDS = 300.0
_FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))')


class Verdict(Enum):
    """What a request's credentials are worth."""

    GOOD = "good"
    STALE = "stale"
    """The password is right, the nonce is too old: the client may try again without asking anybody."""
    BAD = "bad"


class Digest:
    """Checks requests of one server. Nonces carry their own time and a seal, so none is stored."""

    def __init__(self, credentials: Credentials, clock: Callable[[], float]) -> None:
        self._credentials, self._clock = credentials, clock
        self._secret = secrets.token_bytes(16)

    def _nonce(self, stamp: str) -> str:
        seal = hmac.new(self._secret, stamp.encode(), hashlib.sha256).hexdigest()[:32]
        return f"{stamp}-{seal}"

    def challenge(self, stale: bool = False) -> str:
        """The value of a WWW-Authenticate header."""
        nonce = self._nonce(f"{int(self._clock() * 1000):x}")
        return f'Digest realm="{REALM}", nonce="{nonce}", algorithm=MD5' + (", stale=true" if stale else "")

    def check(self, method: str, header: str) -> Verdict:
        """Judge the value of an Authorization header for a request with ``method``."""
        if not header.lower().startswith("digest "):
            return Verdict.BAD
        fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(header[7:])}
        nonce, uri = fields.get("nonce", ""), fields.get("uri", "")
        stamp = nonce.partition("-")[0]
        if fields.get("username") != self._credentials.user or not hmac.compare_digest(
            nonce.encode(), self._nonce(stamp).encode()
        ):
            return Verdict.BAD
        first = f"{self._credentials.user}:{REALM}:{self._credentials.password}"
        want = _md5(f"{_md5(first)}:{nonce}:{_md5(f'{method}:{uri}')}")
        if not hmac.compare_digest(fields.get("response", "").lower().encode(), want.encode()):
            return Verdict.BAD
        age = self._clock() - int(stamp, 16) / 1000  # sealed by us, so it is a number
        return Verdict.GOOD if age <= NONCE_SECONDS else Verdict.STALE


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
