"""Which devices have answered, each once. Pure: time and rounds are given from outside.

A device with several addresses answers from each of them; the first one stays its address until it is silent for a
whole round of probes, or a Hello comes from another. Belongs to one thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from drivers.discovery.messages import Announcement, scope_place, scope_value
from drivers.discovery.ranking import Network, rank
from drivers.types import DeviceKind, Discovered, FoundBy

MAX_DEVICES = 4096


@dataclass(slots=True)
class _Entry:
    device: Discovered
    heard: int
    other: Discovered | None = None
    other_heard: int = -1


class DeviceTable:
    """Turns announcements into devices, one for each endpoint reference, or else for each source address."""

    def __init__(self, source: FoundBy) -> None:
        self._source = source
        self._entries: dict[str, _Entry] = {}
        self.dropped = 0

    def take(
        self, said: Announcement, sender: str, networks: Iterable[Network], now: datetime, number: int
    ) -> Discovered | None:
        """Note what ``sender`` said in probe round ``number``; the device if it is new or changed, else None."""
        device = self._device(said, sender, networks, now)
        entry = self._entries.get(device.id)
        if entry is None:
            if said.bye:
                return None
            if len(self._entries) >= MAX_DEVICES:
                self.dropped += 1
                return None
            self._entries[device.id] = _Entry(device, number)
            return device
        if said.bye:
            # a Bye often says nothing but the endpoint
            return self._put(entry, replace(entry.device, seen=now, gone=True), number)
        if device.address != entry.device.address and not (said.hello or entry.device.gone or _better(device, entry)):
            entry.other, entry.other_heard = device, number
            return None
        if not said.xaddrs:
            device = replace(device, xaddrs=entry.device.xaddrs) if device.address == entry.device.address else device
        return self._put(entry, device, number)

    def end_round(self, number: int) -> Iterator[Discovered]:
        """The devices that answered round ``number`` from another address only: they have moved."""
        for entry in self._entries.values():
            if entry.heard < number and entry.other is not None and entry.other_heard == number:
                moved = self._put(entry, entry.other, number)
                if moved is not None:
                    yield moved

    def _put(self, entry: _Entry, device: Discovered, number: int) -> Discovered | None:
        changed = replace(device, seen=None) != replace(entry.device, seen=None)
        entry.device, entry.heard, entry.other = device, number, None
        return device if changed else None

    def _device(self, said: Announcement, sender: str, networks: Iterable[Network], now: datetime) -> Discovered:
        hardware = scope_value(said.scopes, "hardware")
        return Discovered(
            id=said.endpoint or f"address:{sender}",
            name=scope_value(said.scopes, "name") or hardware or sender,
            address=sender,
            xaddrs=rank(said.xaddrs, sender, networks),
            kind=DeviceKind.ONVIF if said.is_onvif else DeviceKind.OTHER,
            source=self._source,
            scopes=said.scopes,
            hardware=hardware,
            place=scope_place(said.scopes),
            seen=now,
        )


def _better(device: Discovered, entry: _Entry) -> bool:
    """A device that answers by IPv4 as well is easier to reach, and to read, than by a link-local IPv6 address."""
    return entry.device.address.startswith("fe80:") and not device.address.startswith("fe80:")
