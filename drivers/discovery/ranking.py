"""Which of a device's addresses to try first. A device may list several, some from before it moved or behind a NAT."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from drivers.urls import host_of, split, strip_credentials, with_host

MAX_XADDRS = 8
_NEAR = 1

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address
type Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def rank(xaddrs: Iterable[str], sender: str, networks: Iterable[Network] = ()) -> tuple[str, ...]:
    """The usable ones of ``xaddrs``, healed and ordered: on the host that answered (``sender``), then those in the same
    one of ``networks`` (ours) as it, those in another of them, other routable ones, last link-local and loopback ones.
    From one to ``MAX_XADDRS`` of them.

    Where none is on ``sender``, one is made up there and stands before those outside of its network (an inner address
    behind a NAT), but after those within: a machine with several addresses answers from its first one, whichever of
    them the device has, and on the first one another device may be served.
    """
    usable: dict[str, None] = {}
    for xaddr in xaddrs:
        clean = usable_xaddr(xaddr)
        if clean:
            usable.setdefault(_scoped(clean, sender))
    ours = tuple(networks)
    classes = {xaddr: _class(host_of(xaddr), sender, ours) for xaddr in usable}
    ranked = sorted(usable, key=classes.__getitem__)
    if sender and not (ranked and _same(host_of(ranked[0]), sender)):
        near = sum(classes[xaddr] <= _NEAR for xaddr in ranked[: MAX_XADDRS - 1])
        ranked.insert(near, made_up(sender, ranked[0] if ranked else ""))
    return tuple(ranked[:MAX_XADDRS])


def usable_xaddr(xaddr: str) -> str:
    """A device service address that can be asked: http or https, host and port readable (healed where doubled), no
    credentials in it. Empty where it is none."""
    parts = split(strip_credentials(xaddr)[0])
    if parts is None or parts.scheme.lower() not in ("http", "https") or not parts.hostname:
        return ""
    return with_host(parts, parts.hostname, parts.port)


def made_up(sender: str, model: str = "") -> str:
    """A device service address on the host that answered, with port and path as in ``model`` where there is one."""
    parts = split(model or "http://host/onvif/device_service")
    assert parts is not None  # models come from usable_xaddr
    return with_host(parts, sender, parts.port)


def _scoped(xaddr: str, sender: str) -> str:
    """With the interface's index where ``sender`` has one: without it a link-local IPv6 address leads nowhere."""
    parts = split(xaddr)
    if "%" in sender and parts is not None and _same(str(parts.hostname), sender):
        return with_host(parts, sender, parts.port)
    return xaddr


def _class(host: str, sender: str, networks: tuple[Network, ...]) -> int:
    if _same(host, sender):
        return 0
    address = _address(host)
    if address is None:
        return 3  # a name: it may resolve
    if address.is_loopback or address.is_link_local or address.is_unspecified or address.is_multicast:
        return 4
    around = [network for network in networks if _within(address, network)]
    other = _address(sender)
    if other is not None and any(_within(other, network) for network in around):
        return _NEAR
    return 2 if around else 3


def _address(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _within(address: Address, network: Network) -> bool:
    return address.version == network.version and address in network


def _same(host: str, sender: str) -> bool:
    return host.partition("%")[0].lower() == sender.partition("%")[0].lower()
