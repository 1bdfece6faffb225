"""The addresses of this machine that a search can go out from."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

import ifaddr

from drivers.discovery.ranking import Network


@dataclass(frozen=True, slots=True)
class LocalAddress:
    """One address of one interface; ``scope`` is the interface's index, needed for IPv6 link-local ones."""

    address: str
    network: Network
    index: int

    @property
    def is_ipv6(self) -> bool:
        """Whether this is an IPv6 address."""
        return self.network.version == 6


def local_addresses(only: str = "") -> tuple[LocalAddress, ...]:
    """Every address of every interface, loopback too (the virtual city lives there); with ``only`` the one given, by
    address or by interface name. Of IPv6 the link-local ones and loopback: multicast discovery needs no others."""
    found: dict[str, LocalAddress] = {}
    for adapter in ifaddr.get_adapters():
        for ip in adapter.ips:
            text = ip.ip if isinstance(ip.ip, str) else ip.ip[0]
            network = ipaddress.ip_network(f"{text}/{ip.network_prefix}", strict=False)
            if only and only not in (text, adapter.name, adapter.nice_name):
                continue
            if network.version == 6 and not (network.is_link_local or network.is_loopback):
                continue
            found.setdefault(text, LocalAddress(text, network, adapter.index or 0))
    return tuple(found.values())
