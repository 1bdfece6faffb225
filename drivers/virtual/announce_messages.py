"""WS-Discovery messages as a device reads and writes them.

Sources: WS-Discovery of April 2005 (what ONVIF uses) and its OASIS version 1.1; ONVIF Core Specification, chapter 7.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from drivers.virtual.onvif.wire import Markup, SoapFault, find, local, read_xml, tag

_VERSIONS = {
    "http://schemas.xmlsoap.org/ws/2005/04/discovery": (
        "http://schemas.xmlsoap.org/ws/2004/08/addressing",
        "urn:schemas-xmlsoap-org:ws:2005:04:discovery",
    ),
    "http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01": (
        "http://www.w3.org/2005/08/addressing",
        "urn:docs-oasis-open-org:ws-dd:ns:discovery:2009:01",
    ),
}
"""Discovery namespace -> addressing namespace and the address of the multicast group."""
DRAFT = next(iter(_VERSIONS))
TYPES = frozenset({"NetworkVideoTransmitter", "Device"})
_SEGMENT_LIMIT = 64


@dataclass(frozen=True, slots=True)
class Question:
    """A Probe or, where ``endpoint`` is given, a Resolve. ``version`` is its discovery namespace."""

    version: str
    message: str
    types: frozenset[str] = frozenset()
    scopes: tuple[str, ...] = ()
    match_by: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Identity:
    """What a device tells of itself; ``xaddr`` is where its device service is."""

    endpoint: str
    scopes: tuple[str, ...]
    xaddr: str
    metadata_version: int = 1


def read_question(data: bytes) -> Question | None:
    """The Probe or Resolve in a datagram; None for anything else, for whatever comes over the network may be wrong."""
    try:
        root = read_xml(data)
    except SoapFault:
        return None
    header, body = find(root, "Header"), find(root, "Body")
    message = find(header, "MessageID")
    if body is None or len(body) != 1 or message is None or not (message.text or "").strip():
        return None
    question = body[0]
    version = question.tag.rpartition("}")[0].lstrip("{")
    if version not in _VERSIONS:
        return None
    name = (message.text or "").strip()[:256]
    if local(question) == "Resolve":
        address = find(question, "EndpointReference", "Address")
        endpoint = "" if address is None else (address.text or "").strip()
        return Question(version, name, endpoint=endpoint) if endpoint else None
    if local(question) != "Probe":
        return None
    types, scopes = find(question, "Types"), find(question, "Scopes")
    return Question(
        version,
        name,
        frozenset(word.rpartition(":")[2] for word in ("" if types is None else types.text or "").split()),
        () if scopes is None else tuple((scopes.text or "").split()[:_SEGMENT_LIMIT]),
        "" if scopes is None else scopes.get("MatchBy", "").rpartition("/")[2],
    )


def matches(question: Question, identity: Identity) -> bool:
    """Whether this device is asked: all types and all scopes must be its own (WS-Discovery 5.1)."""
    if question.endpoint:
        return question.endpoint.lower() == identity.endpoint.lower()
    if not question.types <= TYPES:
        return False
    if question.match_by in ("", "rfc2396", "rfc3986"):
        return all(any(_below(wanted, scope) for scope in identity.scopes) for wanted in question.scopes)
    return question.match_by == "strcmp0" and set(question.scopes) <= set(identity.scopes)


def _below(wanted: str, scope: str) -> bool:
    """Whether ``wanted`` is a prefix of ``scope`` by whole path segments, scheme and host without regard to case."""
    first, second = urlsplit(wanted), urlsplit(scope)
    if (first.scheme.lower(), first.netloc.lower()) != (second.scheme.lower(), second.netloc.lower()):
        return False
    wanted_parts = [part for part in first.path.split("/") if part]
    parts = [part for part in second.path.split("/") if part]
    return "." not in wanted_parts and ".." not in wanted_parts and parts[: len(wanted_parts)] == wanted_parts


def _about(identity: Identity) -> list[Markup]:
    return [
        tag("a:EndpointReference", tag("a:Address", identity.endpoint)),
        tag("d:Types", "dn:NetworkVideoTransmitter tds:Device"),
        tag("d:Scopes", " ".join(identity.scopes)),
        tag("d:XAddrs", identity.xaddr),
        tag("d:MetadataVersion", identity.metadata_version),
    ]


def _message(version: str, kind: str, message: str, sequence: tuple[int, int], relates: str, content: Markup) -> bytes:
    addressing, group = _VERSIONS[version]
    header = [
        tag("a:MessageID", message),
        tag("a:RelatesTo", relates) if relates else Markup(),
        tag("a:To", f"{addressing}/role/anonymous" if relates else group),
        tag("a:Action", f"{version}/{kind}"),
        tag("d:AppSequence", InstanceId=sequence[0], MessageNumber=sequence[1]),
    ]
    return (
        '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"'
        f' xmlns:a="{addressing}" xmlns:d="{version}" xmlns:dn="http://www.onvif.org/ver10/network/wsdl"'
        f' xmlns:tds="http://www.onvif.org/ver10/device/wsdl">{tag("s:Header", *header)}'
        f"{tag('s:Body', content)}</s:Envelope>"
    ).encode()


def answer(question: Question, identity: Identity, message: str, sequence: tuple[int, int]) -> bytes:
    """ProbeMatches or ResolveMatches with this one device. ``message`` is the answer's own id, ``sequence`` the
    device's instance and message number."""
    kind = "Resolve" if question.endpoint else "Probe"
    content = tag(f"d:{kind}Matches", tag(f"d:{kind}Match", *_about(identity)))
    return _message(question.version, f"{kind}Matches", message, sequence, question.message, content)


def hello(identity: Identity, message: str, sequence: tuple[int, int]) -> bytes:
    """The device has come."""
    return _message(DRAFT, "Hello", message, sequence, "", tag("d:Hello", *_about(identity)))


def bye(identity: Identity, message: str, sequence: tuple[int, int]) -> bytes:
    """The device goes."""
    content = tag("d:Bye", tag("a:EndpointReference", tag("a:Address", identity.endpoint)))
    return _message(DRAFT, "Bye", message, sequence, "", content)
