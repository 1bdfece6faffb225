"""WS-Discovery messages (OASIS WS-Discovery 1.1 and the 2005/04 draft that ONVIF uses), read from hostile networks.

Names are matched by their local part, because devices get namespaces wrong. Pure: bytes in, records out.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote

from lxml import etree

from drivers.types import GeoPlace
from drivers.urls import normal_endpoint

MAX_DATAGRAM = 65_535
_MAX_MATCHES = 32
_MAX_ITEMS = 64
_MAX_ITEM = 1024
_MAX_NAME = 80
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")

_PROBE = """<?xml version="1.0" encoding="UTF-8"?>\
<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" \
xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" \
xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" \
xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><s:Header>\
<a:Action s:mustUnderstand="1">http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action>\
<a:MessageID>urn:uuid:{message}</a:MessageID>\
<a:ReplyTo><a:Address>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:Address></a:ReplyTo>\
<a:To s:mustUnderstand="1">urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>\
</s:Header><s:Body><d:Probe>{types}</d:Probe></s:Body></s:Envelope>"""

PROBE_TYPES = ("dn:NetworkVideoTransmitter", "tds:Device", "")
"""Cameras differ in which of these they answer; the empty one asks everything."""


class MalformedError(ValueError):
    """A datagram that is no WS-Discovery message."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """One device in one message. ``endpoint`` is empty where the device did not say it."""

    bye: bool
    hello: bool
    endpoint: str
    types: tuple[str, ...]
    scopes: tuple[str, ...]
    xaddrs: tuple[str, ...]

    @property
    def is_onvif(self) -> bool:
        """Whether type, scope or address speak of ONVIF; printers and computers answer the untyped probe too."""
        return (
            any(name.startswith("NetworkVideo") for name in self.types)
            or any(scope.lower().startswith("onvif:") for scope in self.scopes)
            or any("/onvif" in xaddr for xaddr in self.xaddrs)
        )


def probe(types: str, message: uuid.UUID) -> bytes:
    """A Probe for one of ``PROBE_TYPES`` (WS-Discovery 5.2)."""
    wanted = f"<d:Types>{types}</d:Types>" if types else ""
    return _PROBE.format(message=message, types=wanted).encode()


def parse(data: bytes) -> tuple[Announcement, ...]:
    """The devices that a ProbeMatches, ResolveMatches, Hello or Bye tells of; none for a Probe (our own comes back).
    Raises MalformedError for everything else; lists and texts are cut at sane sizes."""
    root = read_xml(data)
    if _local(root) != "Envelope":
        raise MalformedError("not a SOAP envelope")
    body = _child(root, "Body")
    message = next(iter(body), None) if body is not None else None
    kind = _local(message)
    if message is None or kind not in ("Hello", "Bye", "ProbeMatches", "ResolveMatches", "Probe", "Resolve"):
        raise MalformedError("not a WS-Discovery message")
    if kind in ("Probe", "Resolve"):
        return ()
    matches = [message]
    if kind.endswith("Matches"):
        matches = [item for item in message if _local(item) in ("ProbeMatch", "ResolveMatch")][:_MAX_MATCHES]
    return tuple(_announcement(match, kind) for match in matches)


def read_xml(data: bytes) -> etree._Element:
    """The root of a small XML document without DTD, entities and network. Raises MalformedError."""
    if len(data) > MAX_DATAGRAM:
        raise MalformedError("larger than a datagram")
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError) as error:
        raise MalformedError(f"not XML ({type(error).__name__})") from None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise MalformedError("has a DTD")
    return root


def first_text(root: etree._Element, name: str) -> str:
    """The text of the first element with this local name, wherever it is; empty without one."""
    return next((_text(element) for element in root.iter("{*}" + name)), "")


def _announcement(match: etree._Element, kind: str) -> Announcement:
    reference = _child(match, "EndpointReference")
    endpoint = _text(_child(reference, "Address") if reference is not None else None)
    return Announcement(
        bye=kind == "Bye",
        hello=kind == "Hello",
        endpoint=normal_endpoint(endpoint),
        types=tuple(item.rpartition(":")[2] for item in _list(match, "Types")),
        scopes=_scopes(match),
        xaddrs=_list(match, "XAddrs"),
    )


def scope_value(scopes: tuple[str, ...], category: str) -> str:
    """What the ONVIF scopes say under ``name``, ``hardware`` or ``location``; printable, cut at a sane length."""
    for scope in scopes:
        head, _, value = scope.partition(f"/{category}/")
        if value and head.lower().startswith("onvif:"):
            text = "".join(letter for letter in unquote(value) if letter.isprintable()).strip()
            if text:
                return text[:_MAX_NAME]
    return ""


def scope_place(scopes: tuple[str, ...]) -> GeoPlace | None:
    """A position from the scopes: ``location/latitude/52.1``, ``longitude``, ``height`` (m) and ``heading`` (degrees)
    likewise, or a geo URI (RFC 5870) anywhere, as in ``location/geo:52.1,4.3,12``. None where it is not sane."""
    words = {key: scope_value(scopes, f"location/{key}") for key in ("latitude", "longitude", "height", "heading")}
    if not words["latitude"]:
        geo = next((unquote(scope).partition("geo:")[2] for scope in scopes if "geo:" in unquote(scope)), "")
        parts = geo.partition("/")[0].partition(";")[0].split(",")
        words.update(zip(("latitude", "longitude", "height"), parts, strict=False))
    try:
        numbers = {key: float(word) for key, word in words.items() if word}
        place = GeoPlace(**numbers)
    except (ValueError, TypeError):
        return None
    height, heading = place.height or 0.0, place.heading or 0.0
    sane = abs(place.latitude) <= 90 and abs(place.longitude) <= 180 and abs(height) < 10_000 and 0 <= heading <= 360
    return place if sane else None


def _local(element: etree._Element | None) -> str:
    tag = element.tag if element is not None else ""
    return str(tag).rpartition("}")[2]


def _child(element: etree._Element, name: str) -> etree._Element | None:
    return next((child for child in element if _local(child) == name), None)


def _text(element: etree._Element | None) -> str:
    return (element.text or "").strip() if element is not None else ""


def _list(element: etree._Element, name: str) -> tuple[str, ...]:
    return _sane(_text(_child(element, name)).split())


def _scopes(element: etree._Element) -> tuple[str, ...]:
    """The scopes. Each is an absolute URI, so a word without a scheme belongs to the one before: devices put names
    into them as they are (``onvif://www.onvif.org/name/Yard Cam``, onvif_simple_server)."""
    found: list[str] = []
    for word in _text(_child(element, "Scopes")).split():
        if not found or _SCHEME.match(word):
            found.append(word)
        elif len(found[-1]) <= _MAX_ITEM:  # what is longer is dropped below
            found[-1] += f" {word}"
    return _sane(found)


def _sane(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(word for word in words if len(word) <= _MAX_ITEM and word.isprintable())[:_MAX_ITEMS]
