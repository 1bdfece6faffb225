"""HTTP Digest, for whoever must prove a password without sending it. Pure.

Sources: RFC 7616 and RFC 2617; RFC 2326, section 14, for its use in RTSP.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

from drivers.types import Credentials

_MAX_HEADER = 4096
_PARAMETER = re.compile(r'(?<![\w-])([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a device said in ``WWW-Authenticate: Digest``. ``stale``: only its nonce was too old."""

    realm: str
    nonce: str
    algorithm: str = ""
    qop: str = ""
    opaque: str = ""
    stale: bool = False


def read_challenge(header: str) -> Challenge | None:
    """The Digest challenge in a ``WWW-Authenticate`` header (perhaps among others); None where there is none that we
    can answer. The strongest of several is taken. Only the first ``_MAX_HEADER`` characters are read."""
    found: list[Challenge] = []
    for part in re.split(r"(?i)(?=\bDigest\s)", header[:_MAX_HEADER])[1:]:
        fields = {  # the first of a name: what follows may be the realm of another way
            key.lower(): re.sub(r"\\(.)", r"\1", quoted) or plain
            for key, quoted, plain in reversed(_PARAMETER.findall(part.partition(" ")[2]))
        }
        base = fields.get("algorithm", "MD5").upper().removesuffix("-SESS")
        qops = [word.strip().lower() for word in fields.get("qop", "").split(",") if word.strip()]
        if "nonce" not in fields or base not in _HASHES or (qops and "auth" not in qops):
            continue
        found.append(
            Challenge(
                fields.get("realm", ""),
                fields["nonce"],
                fields.get("algorithm", ""),
                "auth" if qops else "",
                fields.get("opaque", ""),
                fields.get("stale", "").lower() == "true",
            )
        )
    return max(found, key=lambda item: item.algorithm.upper().startswith("SHA-256"), default=None)


def answer(
    challenge: Challenge, credentials: Credentials, method: str, target: str, count: int, client_nonce: str
) -> str:
    """The ``Authorization`` header for one request; ``count`` is how often this nonce has been used, from 1."""
    algorithm = challenge.algorithm.upper() or "MD5"
    digest = _HASHES[algorithm.removesuffix("-SESS")]

    def joined(*words: str) -> str:
        return digest(":".join(words).encode())

    first = joined(credentials.user, challenge.realm, credentials.password)
    if algorithm.endswith("-SESS"):
        first = joined(first, challenge.nonce, client_nonce)
    second = joined(method, target)
    uses = f"{count:08x}"
    if challenge.qop:
        response = joined(first, challenge.nonce, uses, client_nonce, challenge.qop, second)
    else:
        response = joined(first, challenge.nonce, second)
    fields = [
        f'username="{_quoted(credentials.user)}"',
        f'realm="{_quoted(challenge.realm)}"',
        f'nonce="{_quoted(challenge.nonce)}"',
        f'uri="{_quoted(target)}"',
        f'response="{response}"',
    ]
    if challenge.algorithm:
        fields.append(f"algorithm={challenge.algorithm}")
    if challenge.qop:
        fields += [f"qop={challenge.qop}", f"nc={uses}", f'cnonce="{client_nonce}"']
    if challenge.opaque:
        fields.append(f'opaque="{_quoted(challenge.opaque)}"')
    return "Digest " + ", ".join(fields)


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\r", "").replace("\n", "")
