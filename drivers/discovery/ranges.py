"""Ranges of addresses as people write them. Pure."""

from __future__ import annotations

import ipaddress

MAX_HOSTS = 4096

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def parse_range(text: str) -> tuple[str, ...]:
    """The addresses of ``192.0.2.0/24``, ``192.0.2.10-192.0.2.40``, ``192.0.2.10-40``, single ones, or several of these
    with commas between; without network and broadcast address. Raises ValueError with a sentence; more than
    ``MAX_HOSTS`` addresses are an error, not a long wait."""
    hosts: dict[str, None] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        low, count = _bounds(part)
        if len(hosts) + count > MAX_HOSTS:
            raise ValueError(f"{part} has {count} addresses, and {MAX_HOSTS} is the limit. Give a smaller range.")
        for step in range(count):
            hosts.setdefault(str(low + step))
    if not hosts:
        raise ValueError("No address given. Write a range such as 192.0.2.0/24 or 192.0.2.10-40.")
    return tuple(hosts)


def _bounds(part: str) -> tuple[Address, int]:
    try:
        if "/" in part:
            network = ipaddress.ip_network(part, strict=False)
            edge = 1 if network.num_addresses > 2 else 0
            return network.network_address + edge, network.num_addresses - 2 * edge
        first, dash, last = (word.strip() for word in part.partition("-"))
        low = ipaddress.ip_address(first)
        if not dash:
            return low, 1
        if last.isascii() and last.isdigit():
            last = f"{first.rpartition('.')[0]}.{last}"
        high = ipaddress.ip_address(last)
    except ValueError:
        raise ValueError(f"{part} is no range of addresses. Write it as 192.0.2.0/24 or 192.0.2.10-40.") from None
    if low.version != high.version or int(high) < int(low):
        raise ValueError(f"{part} ends before it begins. Write the lower address first.")
    return low, int(high) - int(low) + 1
