"""Who may call: WS-UsernameToken and HTTP Digest against one account, with lock-out.

Sources: WS-Security UsernameToken Profile 1.1 (PasswordDigest = Base64(SHA-1(nonce + created + password))), RFC 7616
with MD5 as cameras use it, ONVIF Core Specification 5.9.4 and 5.12 (operations that need no credentials).
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
import re
import secrets
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable
from datetime import UTC, datetime

from drivers.types import Credentials
from drivers.virtual.onvif.wire import SoapFault, find, local

ATTEMPTS = 5
LOCK_SECONDS = 30 * 60.0
WINDOW_SECONDS = 5.0
NONCES = 8192
NONCE_SECONDS = 120.0
REALM = "virtual camera"
OPEN = frozenset(
    {
        "GetSystemDateAndTime",
        "GetCapabilities",
        "GetServices",
        "GetServiceCapabilities",
        "GetHostname",
        "GetEndpointReference",
        "GetWsdlUrl",
    }
)
"""What the core specification's access class PRE_AUTH lists."""
_FIELD = re.compile(r'(\w+)\s*=\s*(?:"([^"]*)"|([^\s,]+))')


class Accepts(enum.Flag):
    """Which ways of proving a password a camera knows."""

    TOKEN = enum.auto()
    DIGEST = enum.auto()
    BOTH = TOKEN | DIGEST


class NotAuthorized(SoapFault):
    """Refused. ``headers`` carry the challenge where HTTP Digest would do."""

    def __init__(self, reason: str, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(reason, "ter:NotAuthorized", status=status)
        self.headers = headers or {}


class Guard:
    """Checks one account. ``wall`` is the device's own clock (POSIX seconds), ``mono`` a clock that never jumps."""

    def __init__(
        self,
        credentials: Credentials,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
        accepts: Accepts = Accepts.BOTH,
    ) -> None:
        self._credentials = credentials
        self._wall, self._mono = wall, mono
        self._accepts = accepts
        self._secret = secrets.token_bytes(16)
        self._seen: dict[str, float] = {}
        self._wrong = 0
        self._locked_until = 0.0
        self.refused = 0

    @property
    def locked(self) -> bool:
        """True while the account refuses even the right password."""
        return self._mono() < self._locked_until

    def unlock(self) -> None:
        """Forget wrong attempts, as a reboot does."""
        self._wrong, self._locked_until = 0, 0.0

    def check(self, method: str, target: str, authorization: str, header: ET.Element | None) -> None:
        """Return when the caller proved the password. Raises NotAuthorized."""
        token = find(header, "Security", "UsernameToken")
        if self.locked and (token is not None or authorization):
            self.refused += 1
            raise NotAuthorized(f"account locked for {self._locked_until - self._mono():.0f} s", 403)
        if token is not None and Accepts.TOKEN in self._accepts:
            self._check_token(token)
        elif authorization and Accepts.DIGEST in self._accepts:
            self._check_digest(method, target, authorization)
        else:
            self.refused += 1
            raise NotAuthorized("credentials wanted", *self._challenge())

    def _challenge(self, stale: bool = False) -> tuple[int, dict[str, str]]:
        if Accepts.DIGEST not in self._accepts:
            return 400, {}
        stamp = f"{self._mono():.3f}"
        nonce = f"{stamp}-{self._sign(stamp)}"
        suffix = ", stale=true" if stale else ""
        return 401, {"WWW-Authenticate": f'Digest realm="{REALM}", qop="auth", nonce="{nonce}", algorithm=MD5{suffix}'}

    def _sign(self, stamp: str) -> str:
        return hmac.new(self._secret, stamp.encode(), "sha256").hexdigest()[:32]

    def _first_use(self, key: str, seconds: float) -> bool:
        """True once per key; keys are kept for ``seconds``, and when too many are kept nobody gets in."""
        now = self._mono()
        if len(self._seen) >= NONCES:
            self._seen = {known: until for known, until in self._seen.items() if until > now}
        if key in self._seen or len(self._seen) >= NONCES:
            return False
        self._seen[key] = now + seconds
        return True

    def _wrong_password(self, reason: str, status: int, headers: dict[str, str]) -> NotAuthorized:
        self.refused += 1
        self._wrong += 1
        if self._wrong >= ATTEMPTS:
            self._wrong, self._locked_until = 0, self._mono() + LOCK_SECONDS
        return NotAuthorized(reason, status, headers)

    def _check_token(self, token: ET.Element) -> None:
        parts = {local(child): child for child in token}
        text = {name: (child.text or "").strip() for name, child in parts.items()}
        if "PasswordDigest" not in parts.get("Password", ET.Element("none")).get("Type", ""):
            self.refused += 1
            raise NotAuthorized("only PasswordDigest is taken", 400)
        try:
            nonce = base64.b64decode(text["Nonce"], validate=True)
            created = datetime.fromisoformat(text["Created"])
        except (KeyError, ValueError, binascii.Error) as error:
            self.refused += 1
            raise NotAuthorized("token not understood", 400) from error
        if created.tzinfo is None:
            created = created.replace(tzinfo=UTC)
        digest = hashlib.sha1(nonce + text["Created"].encode() + self._credentials.password.encode()).digest()
        right = hmac.compare_digest(base64.b64encode(digest), text["Password"].encode())
        if not right or text.get("Username") != self._credentials.user:
            raise self._wrong_password("wrong user name or password", 400, {})
        now = self._wall()
        if abs(created.timestamp() - now) > WINDOW_SECONDS:
            self.refused += 1
            raise NotAuthorized("token too old or from the future: read the device's clock", 400)
        if not self._first_use(text["Nonce"], 2 * WINDOW_SECONDS):
            self.refused += 1
            raise NotAuthorized("nonce used before", 400)
        self._wrong = 0

    def _check_digest(self, method: str, target: str, authorization: str) -> None:
        fields = {name.lower(): quoted or plain for name, quoted, plain in _FIELD.findall(authorization)}
        stamp, _, signature = fields.get("nonce", "").partition("-")
        genuine = hmac.compare_digest(signature.encode(), self._sign(stamp).encode())
        try:
            count, age = int(fields.get("nc", "0"), 16), self._mono() - float(stamp)
        except ValueError:
            genuine, count, age = False, 0, 0.0
        if not genuine or age > NONCE_SECONDS or fields.get("uri") != target or fields.get("qop") != "auth":
            self.refused += 1
            raise NotAuthorized("answer the new challenge", *self._challenge(stale=True))

        def digest(*parts: str) -> str:
            return hashlib.md5(":".join(parts).encode()).hexdigest()

        first = digest(self._credentials.user, REALM, self._credentials.password)
        second = digest(method, target)
        wanted = digest(first, fields["nonce"], fields.get("nc", ""), fields.get("cnonce", ""), "auth", second)
        right = hmac.compare_digest(wanted.encode(), fields.get("response", "").encode())
        if not right or fields.get("username") != self._credentials.user:
            raise self._wrong_password("wrong user name or password", *self._challenge())
        if not self._first_use(f"{fields['nonce']} {count}", NONCE_SECONDS):
            self.refused += 1
            raise NotAuthorized("nonce count used before", *self._challenge(stale=True))
        self._wrong = 0
