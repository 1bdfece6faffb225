"""Proving the password to an RTSP server: only when asked, and a wrong one only once (cameras lock accounts)."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Callable

from drivers import http_digest
from drivers.errors import Refused
from drivers.types import Credentials
from drivers.video.rtsp import NotOurs

_WAY = re.compile(r"(?i)(?:^|,)\s*(basic|digest)\b")


class Login:
    """What one connection knows of the password's way. One thread at a time."""

    def __init__(
        self, name: str, credentials: Credentials | None, nonce: Callable[[int], str] = secrets.token_hex
    ) -> None:
        self._name, self._credentials, self._nonce = name, credentials, nonce
        self._challenge: http_digest.Challenge | None = None
        self._basic = False
        self._uses = 0
        self._renewed = False
        self.accepted = False
        """Whether the server has taken the password on this connection."""

    @property
    def at_stake(self) -> bool:
        """Whether the password was sent and nobody said yet that it is right: it must not be sent again."""
        return self._sent and not self.accepted

    @property
    def _sent(self) -> bool:
        return self._basic or self._challenge is not None

    def header(self, method: str, url: str) -> str:
        """The Authorization header of a request; empty while nobody asked for one."""
        if self._credentials is None:
            return ""
        if self._challenge is not None:
            self._uses += 1
            return http_digest.answer(self._challenge, self._credentials, method, url, self._uses, self._nonce(8))
        if self._basic:
            both = f"{self._credentials.user}:{self._credentials.password}"
            return "Basic " + base64.b64encode(both.encode()).decode()
        return ""

    def good(self) -> None:
        """The server took a request."""
        self.accepted = self.accepted or self._sent
        self._renewed = False

    def challenged(self, header: str) -> None:
        """The server asks for the password (status 401, ``WWW-Authenticate``): returns where it may be sent now. Raises
        Refused, and NotOurs for a way that is not known here."""
        ways = {way.lower() for way in _WAY.findall(header)}
        if self._credentials is None or not ways:
            raise Refused(self._name)
        challenge = http_digest.read_challenge(header)
        if self._sent:
            # Once more for a nonce that was too old, and where the password was right a moment ago.
            if self._renewed or challenge is None or not (challenge.stale or self.accepted):
                raise Refused(self._name)
            self._renewed = True
        elif challenge is None and "digest" in ways:
            raise NotOurs("a way of Digest that is not known")
        self._challenge, self._uses = challenge, 0
        self._basic = challenge is None
