"""The words of a pull point (ONVIF Core, 9; WS-BaseNotification): envelopes out, answers in. Pure.

zeep loses the topics of events, and some devices want things said in their own way: Axis its reference parameters as
headers, XiongMai and Tapo WS-Addressing in every call of the subscription (others break their PTZ with it, so it is
used here alone).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from xml.sax.saxutils import escape

from lxml import etree

from drivers.errors import BadAnswer, DriverError
from drivers.http_wire import Answer
from drivers.words import clean

_WSA = "http://www.w3.org/2005/08/addressing"
_TEV = "http://www.onvif.org/ver10/events/wsdl"
_WSNT = "http://docs.oasis-open.org/wsn/b-2"
_MANAGER = "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager"
_SPACES = (
    f'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:wsa="{_WSA}" xmlns:tev="{_TEV}" xmlns:wsnt="{_WSNT}"'
)
_MOST_PARAMETERS = 4096
ACTIONS = {
    "CreatePullPointSubscription": f"{_TEV}/EventPortType/CreatePullPointSubscriptionRequest",
    "PullMessages": f"{_TEV}/PullPointSubscription/PullMessagesRequest",
    "Renew": f"{_MANAGER}/RenewRequest",
    "Unsubscribe": f"{_MANAGER}/UnsubscribeRequest",
}
_SHORTEST, _LONGEST = 10.0, 3600.0


class SubscriptionLost(DriverError):
    """The device does not know the subscription any more, or will not make one."""

    what = "its event subscription failed"
    advice = "It is made anew by itself; if it stays so, restart the camera: its subscriptions may be used up."


@dataclass(frozen=True, slots=True)
class Subscription:
    """A pull point: its address as the device told it, the XML that must be echoed in headers, and how many seconds it
    was granted."""

    address: str
    parameters: str
    seconds: float


def create(address: str, seconds: float) -> tuple[bytes, str]:
    """The envelope that asks for a pull point, and its action."""
    inner = f"<tev:InitialTerminationTime>PT{seconds:.0f}S</tev:InitialTerminationTime>"
    return _envelope("CreatePullPointSubscription", "tev", address, "", inner)


def pull(subscription: Subscription, address: str, seconds: float, most: int) -> tuple[bytes, str]:
    """Wait so long for messages, so many at most."""
    inner = f"<tev:Timeout>PT{seconds:.0f}S</tev:Timeout><tev:MessageLimit>{most}</tev:MessageLimit>"
    return _envelope("PullMessages", "tev", address, subscription.parameters, inner)


def renew(subscription: Subscription, address: str, seconds: float) -> tuple[bytes, str]:
    """So many seconds more."""
    inner = f"<wsnt:TerminationTime>PT{seconds:.0f}S</wsnt:TerminationTime>"
    return _envelope("Renew", "wsnt", address, subscription.parameters, inner)


def unsubscribe(subscription: Subscription, address: str) -> tuple[bytes, str]:
    """No more."""
    return _envelope("Unsubscribe", "wsnt", address, subscription.parameters, "")


def _envelope(operation: str, prefix: str, address: str, parameters: str, inner: str) -> tuple[bytes, str]:
    action = ACTIONS[operation]
    head = (
        f"<wsa:Action>{action}</wsa:Action><wsa:MessageID>urn:uuid:{uuid.uuid4()}</wsa:MessageID>"
        f"<wsa:To>{escape(address)}</wsa:To>{parameters}"
    )
    body = f"<{prefix}:{operation}>{inner}</{prefix}:{operation}>"
    return (
        f"<s:Envelope {_SPACES}><s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>".encode(),
        action,
    )


def read_created(name: str, answer: Answer) -> Subscription:
    """The pull point that an answer tells of. Raises DriverError."""
    root = _root(name, answer)
    reference = next(root.iter("{*}SubscriptionReference"), None)
    address = "" if reference is None else _text(next(reference.iter("{*}Address"), None))
    if reference is None or not address:
        raise BadAnswer(name, "a subscription without an address")
    parameters = ""
    for group in reference.iter("{*}ReferenceParameters"):
        for each in group:
            if isinstance(each.tag, str):
                each.set(f"{{{_WSA}}}IsReferenceParameter", "true")
                parameters += etree.tostring(each, encoding="unicode", with_tail=False)
                if len(parameters) > _MOST_PARAMETERS:
                    raise BadAnswer(name, "a subscription with far too long parameters")
    return Subscription(address, parameters, _granted(root))


def check(name: str, answer: Answer) -> None:
    """Raises SubscriptionLost for a fault, and BadAnswer for what is no SOAP."""
    _root(name, answer)


def read_granted(name: str, answer: Answer) -> float:
    """Seconds that a renewal gave. Raises DriverError."""
    return _granted(_root(name, answer))


def _root(name: str, answer: Answer) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=True, remove_comments=True
    )
    try:
        root = etree.fromstring(answer.content, parser)
    except (etree.XMLSyntaxError, ValueError, LookupError):
        root = None
    if root is None or root.getroottree().docinfo.internalDTD is not None:
        raise BadAnswer(name, "events that are no XML")
    fault = next(root.iter("{*}Fault"), None)
    if fault is not None:
        said = _text(next(fault.iter("{*}Text", "{*}faultstring"), None))
        raise SubscriptionLost(name, clean(said).rstrip(".") or "a fault without a reason")
    if answer.status_code >= 300:
        raise SubscriptionLost(name, f"HTTP {answer.status_code}")
    return root


def _granted(root: etree._Element) -> float:
    """From the device's two times, whatever its clock says; 60 s where they cannot be read."""
    now, end = (_text(next(root.iter("{*}" + name), None)) for name in ("CurrentTime", "TerminationTime"))
    try:
        seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(now)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 60.0
    return min(_LONGEST, max(_SHORTEST, seconds))


def _text(element: etree._Element | None) -> str:
    return "" if element is None or element.text is None else element.text.strip()[:2048]
