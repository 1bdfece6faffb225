"""mDNS (RFC 6762) by zeroconf: cameras that announce RTSP, Axis's or PSIA's service, or ONVIF."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceListener, Zeroconf

from drivers.discovery.ranking import usable_xaddr
from drivers.errors import Unreachable
from drivers.types import DeviceKind, Discovered, FoundBy
from drivers.urls import normal_endpoint

SERVICE_TYPES = ("_onvif._tcp.local.", "_axis-video._tcp.local.", "_psia._tcp.local.", "_rtsp._tcp.local.")
MAX_DEVICES = 4096
_RESOLVE_MS = 2000
_MAX_NAME = 80


class MdnsFinder:
    """A Finder by mDNS. ``start``, ``probe`` and ``stop`` come from any thread; zeroconf's threads call ``found``,
    which must not call ``stop``. ``interface`` limits it to one address of this machine."""

    def __init__(self, interface: str = "") -> None:
        self._interface = interface
        self._lock = threading.Lock()
        self._zeroconf: Zeroconf | None = None
        self._browser: ServiceBrowser | None = None
        self._listener: _Listener | None = None

    def start(self, found: Callable[[Discovered], None]) -> None:
        """See Finder. Raises Unreachable where mDNS cannot be heard."""
        with self._lock:
            if self._zeroconf is not None:
                raise RuntimeError("already started")
            try:
                if self._interface:
                    self._zeroconf = Zeroconf(interfaces=[self._interface])
                else:
                    self._zeroconf = Zeroconf(ip_version=IPVersion.V4Only)
            except (OSError, ValueError, RuntimeError) as error:
                raise Unreachable(
                    "mDNS", f"cannot be heard here ({error})", "Discovery goes on by its other ways."
                ) from None
            self._listener = _Listener(found)
            self._browse()

    def probe(self) -> None:
        """See Finder."""
        with self._lock:
            if self._browser is not None:
                self._browser.cancel()
                self._browse()

    def stop(self) -> None:
        """See Finder."""
        with self._lock:
            zeroconf, browser, self._zeroconf, self._browser = self._zeroconf, self._browser, None, None
        if browser is not None:
            browser.cancel()
        if zeroconf is not None:
            zeroconf.close()

    def _browse(self) -> None:
        assert self._zeroconf is not None
        assert self._listener is not None
        self._browser = ServiceBrowser(self._zeroconf, list(SERVICE_TYPES), listener=self._listener)


class _Listener(ServiceListener):
    """Called by the browser's thread, one service at a time."""

    def __init__(self, found: Callable[[Discovered], None]) -> None:
        self._found = found
        self._known: dict[str, Discovered] = {}

    def add_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        info = zc.get_service_info(type_, name, timeout=_RESOLVE_MS)
        if info is None or (name not in self._known and len(self._known) >= MAX_DEVICES):
            return
        device = device_from(info)
        if device is not None:
            self._known[name] = device
            self._found(device)

    def update_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        self.add_service(zc, type_, name)

    def remove_service(self, zc: Zeroconf, type_: str, name: str) -> None:
        """A name that runs out says little (caches, sleeping networks): the device stays until it says Bye."""
        self._known.pop(name, None)


def device_from(info: ServiceInfo) -> Discovered | None:
    """The device behind one announced service; None without an address."""
    addresses = info.parsed_addresses(IPVersion.V4Only) or info.parsed_addresses()
    if not addresses:
        return None
    address, port = addresses[0], info.port or 0
    texts = _texts(info.properties)
    host = f"[{address}]" if ":" in address else address
    path = texts.get("path", "")
    path = path if path.startswith("/") else f"/{path}"
    endpoint = normal_endpoint(texts.get("uuid", "") or texts.get("epr", ""))
    if info.type.startswith("_rtsp."):
        kind, xaddrs = DeviceKind.RTSP, (f"rtsp://{host}:{port}{path}",)
    else:
        kind = DeviceKind.ONVIF
        path = path if len(path) > 1 and info.type.startswith("_onvif.") else "/onvif/device_service"
        xaddrs = (usable_xaddr(texts.get("xaddr", "")) or f"http://{host}:{port}{path}",)
    label = "".join(letter for letter in info.name.removesuffix("." + info.type) if letter.isprintable())[:_MAX_NAME]
    return Discovered(
        id=endpoint or f"address:{address}:{port}",
        name=label or address,
        address=address,
        xaddrs=xaddrs,
        kind=kind,
        source=FoundBy.MDNS,
        hardware=texts.get("hardware", "")[:_MAX_NAME],
        seen=datetime.now(UTC),
    )


def _texts(properties: Mapping[bytes, bytes | None]) -> dict[str, str]:
    return {
        key.decode("utf-8", "replace").lower(): value.decode("utf-8", "replace")
        for key, value in properties.items()
        if value is not None
    }
