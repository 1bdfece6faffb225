"""Proving a password without sending it: WS-UsernameToken digest. Pure.

Sources: WS-Security UsernameToken Profile 1.1 (digest = Base64(SHA-1(nonce + created + password))).
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime

from lxml import etree

from drivers.types import Credentials

_WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
_WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
_DIGEST_TYPE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
_BASE64 = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"


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
