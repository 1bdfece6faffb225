"""SOAP on the wire: reading requests without trusting them, writing answers that are always well-formed.

Sources: SOAP 1.2 part 1; ONVIF Core Specification, chapter 5 (faults and namespaces).
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

NAMESPACES = {
    "s": "http://www.w3.org/2003/05/soap-envelope",
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "tptz": "http://www.onvif.org/ver20/ptz/wsdl",
    "tev": "http://www.onvif.org/ver10/events/wsdl",
    "timg": "http://www.onvif.org/ver20/imaging/wsdl",
    "tmd": "http://www.onvif.org/ver10/deviceIO/wsdl",
    "wsnt": "http://docs.oasis-open.org/wsn/b-2",
    "wstop": "http://docs.oasis-open.org/wsn/t-1",
    "wsrf": "http://docs.oasis-open.org/wsrf/rw-2",
    "wsa": "http://www.w3.org/2005/08/addressing",
    "tns1": "http://www.onvif.org/ver10/topics",
    "ter": "http://www.onvif.org/ver10/error",
    "xs": "http://www.w3.org/2001/XMLSchema",
}
SOAP = ("http://www.w3.org/2003/05/soap-envelope", "http://schemas.xmlsoap.org/soap/envelope/")
DEPTH_LIMIT = 40
_DECLARATIONS = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d*)?)S)?)?")


class Markup(str):
    """Text that is XML already; plain ``str`` is escaped where it is put into an element."""

    __slots__ = ()


def tag(name: str, /, *content: str | float | None, **attributes: str | float) -> Markup:
    """One element. Markup goes in as it is, other text escaped, booleans as ``true``/``false``, None not at all."""
    inside = "".join(part if isinstance(part, Markup) else escape(_text(part)) for part in content if part is not None)
    outside = "".join(f" {key}={quoteattr(_text(value))}" for key, value in attributes.items())
    return Markup(f"<{name}{outside}>{inside}</{name}>" if inside else f"<{name}{outside}/>")


def join(parts: Iterator[Markup] | list[Markup]) -> Markup:
    """Elements one after another."""
    return Markup("".join(parts))


def _text(value: str | float) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else f"{value:.10g}"


class SoapFault(Exception):
    """A refusal in SOAP's own form. ``subcodes`` are QNames with prefixes of ``NAMESPACES``, outer first."""

    def __init__(self, reason: str, *subcodes: str, sender: bool = True, status: int = 400) -> None:
        self.reason, self.subcodes, self.sender, self.status = reason, subcodes, sender, status
        super().__init__(reason)

    @property
    def markup(self) -> Markup:
        """The body of the answer."""
        nested: Markup | None = None
        for code in reversed(self.subcodes):
            nested = tag("s:Subcode", tag("s:Value", code), nested)
        return tag(
            "s:Fault",
            tag("s:Code", tag("s:Value", "s:Sender" if self.sender else "s:Receiver"), nested),
            tag("s:Reason", Markup(f'<s:Text xml:lang="en">{escape(self.reason)}</s:Text>')),
        )


def bad_value(reason: str, code: str = "ter:InvalidArgVal") -> SoapFault:
    """The fault for an argument that the device does not accept."""
    return SoapFault(reason, "ter:InvalidArgVal", *(() if code == "ter:InvalidArgVal" else (code,)))


@dataclass(frozen=True, slots=True)
class Call:
    """One request: the operation's namespace and name, its element, the SOAP header if any, and the HTTP path."""

    namespace: str
    name: str
    body: ET.Element
    header: ET.Element | None
    path: str = ""

    def find(self, *names: str) -> ET.Element | None:
        """The first element down this path of local names."""
        return find(self.body, *names)

    def text(self, *names: str, default: str = "") -> str:
        """The stripped text at this path of local names."""
        element = self.find(*names)
        return default if element is None or element.text is None else element.text.strip()


def local(element: ET.Element) -> str:
    """The name without its namespace."""
    return element.tag.rpartition("}")[2]


def find(element: ET.Element | None, *names: str) -> ET.Element | None:
    """Walk down by local names; prefixes and namespaces differ too much between clients to insist on them."""
    for name in names:
        if element is None:
            return None
        element = next((child for child in element if local(child) == name), None)
    return element


def number(text: str, low: float, high: float) -> float:
    """A finite number within bounds; raises SoapFault for anything else."""
    try:
        value = float(text)
    except ValueError as error:
        raise bad_value(f"{text[:40]!r} is not a number") from error
    if not low <= value <= high:
        raise bad_value(f"{value} is not between {low} and {high}")
    return value


def duration(text: str) -> float:
    """Seconds of an XML duration such as ``PT1M30S`` (years and months are not taken). Raises SoapFault."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        raise bad_value(f"{text[:40]!r} is not a duration")
    days, hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return min(days * 86400 + hours * 3600 + minutes * 60 + seconds, 1e8)


def read_xml(data: bytes) -> ET.Element:
    """Parse without document types, entities or great depth. Raises SoapFault (``ter:WellFormed``)."""
    builder = ET.TreeBuilder()
    parser = expat.ParserCreate(namespace_separator="}")
    depth = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH_LIMIT:
            raise SoapFault("too deep", "ter:WellFormed")
        builder.start(_clark(name), {_clark(key): value for key, value in attributes.items()})

    def end(name: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_clark(name))

    def doctype(*_: object) -> None:
        raise SoapFault("document types are not accepted", "ter:WellFormed")

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise SoapFault("not well-formed XML", "ter:WellFormed") from error
    return builder.close()


def _clark(name: str) -> str:
    return "{" + name if "}" in name else name


def read_call(data: bytes, path: str = "") -> Call:
    """The operation in a SOAP envelope of either version. Raises SoapFault."""
    root = read_xml(data)
    if root.tag not in [f"{{{uri}}}Envelope" for uri in SOAP]:
        raise SoapFault("not a SOAP envelope", "ter:WellFormed")
    body = find(root, "Body")
    if body is None or len(body) != 1:
        raise SoapFault("one operation is wanted in the body", "ter:WellFormed")
    operation = body[0]
    namespace = operation.tag.rpartition("}")[0].lstrip("{")
    return Call(namespace, local(operation), operation, find(root, "Header"), path)


def addressing(call: Call) -> Markup | None:
    """The WS-Addressing header that answers the request's own, None where it had none (some clients send none, and
    some devices answer one that was not asked for)."""
    message, action = find(call.header, "MessageID"), find(call.header, "Action")
    if message is None or action is None:
        return None
    answer = (action.text or "").strip().removesuffix("Request") + "Response"
    return join([tag("wsa:Action", answer), tag("wsa:RelatesTo", (message.text or "").strip())])


def envelope(content: Markup, header: Markup | None = None) -> bytes:
    """A whole answer; zeep's response parser wants no white space before the declaration."""
    head = tag("s:Header", header) if header else ""
    inside = f"{head}<s:Body>{content}</s:Body>"
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope{_DECLARATIONS}>{inside}</s:Envelope>'.encode()
