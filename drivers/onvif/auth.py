"""Proving a password without sending it: WS-UsernameToken digest, and HTTP Digest where a device wants that. Pure.

Sources: WS-Security UsernameToken Profile 1.1 (digest = Base64(SHA-1(nonce + created + password))); RFC 7616 and RFC
2617 for HTTP Digest.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from lxml import etree

from drivers.types import Credentials

_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST_TYPE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
_MAX_HEADER = 4096
_PARAMETER = re.compile(r'(?<![\w-])([A-Za-z][\w-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))')
_HASHES: dict[str, Callable[[bytes], str]] = {
    "MD5": lambda data: hashlib.md5(data, usedforsecurity=False).hexdigest(),
    "SHA-256": lambda data: hashlib.sha256(data).hexdigest(),
}


def sign(envelope: etree._Element, credentials: Credentials, created: datetime, nonce: bytes) -> None:
    """Put a Security header with a UsernameToken into a SOAP envelope. ``created`` is the device's time (UTC); it is
    written with ``Z``, because some Hikvision refuse ``+00:00``."""
    namespace = etree.QName(envelope).namespace
    header = envelope.find(f"{{{namespace}}}Header")
    if header is None:
        header = etree.Element(f"{{{namespace}}}Header")
        envelope.insert(0, header)
    stamp = created.strftime("%Y-%m-%dT%H:%M:%S.") + f"{created.microsecond // 1000:03d}Z"
    digest = hashlib.sha1(nonce + stamp.encode() + credentials.password.encode(), usedforsecurity=False).digest()
    security = etree.SubElement(header, f"{{{_WSSE}}}Security", nsmap={"wsse": _WSSE, "wsu": _WSU})
    security.set(f"{{{namespace}}}mustUnderstand", "1")
    token = etree.SubElement(security, f"{{{_WSSE}}}UsernameToken")
    etree.SubElement(token, f"{{{_WSSE}}}Username").text = credentials.user
    etree.SubElement(token, f"{{{_WSSE}}}Password", Type=_DIGEST_TYPE).text = base64.b64encode(digest).decode()
    etree.SubElement(token, f"{{{_WSSE}}}Nonce", EncodingType=_BASE64).text = base64.b64encode(nonce).decode()
    etree.SubElement(token, f"{{{_WSU}}}Created").text = stamp


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
