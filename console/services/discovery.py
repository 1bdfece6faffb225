"""What all finders found, each device once.

The same camera comes by WS-Discovery, mDNS and a sweep, with or without its endpoint reference. Sightings are one
device when their id agrees, or when they name the same service address. A device seen at another address has moved.
"""

from __future__ import annotations

import ipaddress
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from drivers.errors import DriverError
from drivers.interfaces import Finder
from drivers.types import DeviceKind, Discovered, FoundBy
from drivers.urls import split

MAX_DEVICES = 4096

type OnChange = Callable[[Discovered, Discovered | None], None]
"""``on_change(now, before)``; ``before`` is None for a new device. Its address differs for one that has moved."""

_TRUST = {FoundBy.WS_DISCOVERY: 0, FoundBy.SWEEP: 1, FoundBy.MDNS: 2}


class Discovery:
    """Runs finders and merges what they find. All methods come from any thread; ``on_change`` is called from the
    finders' threads, one call at a time, and must not call ``stop``."""

    def __init__(self, finders: Sequence[Finder] = ()) -> None:
        self._lock = threading.Lock()
        self._telling = threading.Lock()
        self._finders = list(finders)
        self._running: list[Finder] = []
        self._devices: dict[str, Discovered] = {}
        self._on_change: OnChange | None = None

    def start(self, on_change: OnChange) -> tuple[DriverError, ...]:
        """Start all finders; gives the errors of those that cannot run here, the others go on."""
        with self._lock:
            self._on_change = on_change
            finders = list(self._finders)
        failures: list[DriverError] = []
        for finder in finders:
            try:
                self._run(finder)
            except DriverError as error:
                failures.append(error)
        return tuple(failures)

    def add(self, finder: Finder) -> None:
        """Another finder, for example a sweep that the user asks for; started at once when the others run. Raises
        DriverError when it cannot run here."""
        with self._lock:
            self._finders.append(finder)
            started = self._on_change is not None
        if started:
            self._run(finder)

    def probe(self) -> None:
        """Let all finders ask the network again now."""
        with self._lock:
            finders = list(self._running)
        for finder in finders:
            finder.probe()

    def stop(self) -> None:
        """Stop all finders; when this returns ``on_change`` is not called any more. What was found stays."""
        with self._lock:
            finders, self._running = self._running, []
            self._on_change = None
        for finder in finders:
            finder.stop()

    def snapshot(self) -> tuple[Discovered, ...]:
        """All devices, in the order in which they came."""
        with self._lock:
            return tuple(self._devices.values())

    def _run(self, finder: Finder) -> None:
        finder.start(self._seen)
        with self._lock:
            if self._on_change is not None:
                self._running.append(finder)
                return
        finder.stop()  # ``stop`` came in between

    def _seen(self, device: Discovered) -> None:
        with self._telling:
            with self._lock:
                now, before = self._merge(device)
                tell = self._on_change
            if tell is not None and now is not None:
                tell(now, before)

    def _merge(self, device: Discovered) -> tuple[Discovered | None, Discovered | None]:
        key = self._key_of(device)
        before = self._devices.get(key)
        if before is None:
            if device.gone or len(self._devices) >= MAX_DEVICES:
                return None, None
            self._devices[device.id] = device
            return device, None
        now = merged(before, device)
        if now.id != key:  # the first sighting did not know the endpoint reference
            self._devices = {(now.id if name == key else name): item for name, item in self._devices.items()}
        self._devices[now.id] = now
        same = replace(now, seen=None) == replace(before, seen=None)
        return (None if same else now), before

    def _key_of(self, device: Discovered) -> str:
        if device.id in self._devices:
            return device.id
        places = _places(device)
        for key, known in self._devices.items():
            if not (is_endpoint(known.id) and is_endpoint(device.id)) and places & _places(known):
                return key
        return device.id


def merged(before: Discovered, device: Discovered) -> Discovered:
    """One record of two sightings of one device. The endpoint reference wins over a made-up id, ONVIF over RTSP, and
    the more telling source gives name and address; the same source always gives the newest."""
    if device.gone:
        return replace(before, gone=device.source is before.source, seen=device.seen)
    better = before.gone or _rank(device) <= _rank(before)
    first, second = (device, before) if better else (before, device)
    extra = tuple(xaddr for xaddr in second.xaddrs if xaddr not in first.xaddrs) if _compatible(first, second) else ()
    return replace(
        first,
        id=next((item.id for item in (first, second) if is_endpoint(item.id)), first.id),
        name=first.name if first.name != first.address or second.name == second.address else second.name,
        xaddrs=first.xaddrs + extra if first.source is not second.source else first.xaddrs,
        scopes=first.scopes or second.scopes,
        hardware=first.hardware or second.hardware,
        place=first.place or second.place,
        seen=device.seen or before.seen,
        gone=False,
    )


def is_endpoint(device_id: str) -> bool:
    """Whether an id is a real identity, not one made up from an address or URL."""
    return bool(device_id) and not device_id.startswith(("address:", "url:"))


def _compatible(first: Discovered, second: Discovered) -> bool:
    return first.kind is second.kind and first.address == second.address


def _rank(device: Discovered) -> tuple[bool, int]:
    return device.kind is not DeviceKind.ONVIF, _TRUST.get(device.source, 9)


def _places(device: Discovered) -> set[tuple[str, int]]:
    """Host and port of each service address: cameras behind one address differ in the port."""
    usual = {"http": 80, "https": 443, "rtsp": 554, "rtsps": 322}
    parts = [split(xaddr) for xaddr in device.xaddrs]
    return {(str(item.hostname), item.port or usual.get(item.scheme, 0)) for item in parts if item is not None}


def in_order(devices: Iterable[Discovered]) -> tuple[Discovered, ...]:
    """Devices by address and port, as numbers: the order in which a technician expects them to be numbered. Answers
    themselves come in any order."""

    def key(device: Discovered) -> tuple[int, int, str, int, str]:
        port = min((place[1] for place in _places(device)), default=0)
        try:
            address = ipaddress.ip_address(device.address.partition("%")[0])
        except ValueError:
            return (9, 0, device.address, port, device.id)
        return (address.version, int(address), "", port, device.id)

    return tuple(sorted(devices, key=key))
