"""mDNS announcements of the city's cameras (RFC 6762, RFC 6763), on loopback unless asked otherwise."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass

from zeroconf import IPVersion, ServiceInfo
from zeroconf.asyncio import AsyncZeroconf

RTSP, AXIS = "_rtsp._tcp.local.", "_axis-video._tcp.local."
"""What cameras in the field announce: RTSP servers of any make, and Axis's own type for the web service."""
LIMIT = 64
"""Cameras in one city that announce themselves. Announcing 256 costs the city nothing worth telling (0.1 s of CPU,
measured), but whoever browses then resolves 512 services one by one, on a link that carries nothing else."""


@dataclass(frozen=True, slots=True)
class Service:
    """One camera as mDNS tells of it; ``endpoint`` is its endpoint reference, ``serial`` stands for its MAC."""

    name: str
    endpoint: str
    serial: str
    host: str
    web_port: int
    rtsp_port: int
    rtsp_path: str


class MdnsAnnouncer:
    """Registers two services per camera. City's loop only."""

    def __init__(self, services: Sequence[Service], interfaces: Sequence[str] = ("127.0.0.1",)) -> None:
        self._services, self._interfaces = list(services), list(interfaces)
        self._zeroconf: AsyncZeroconf | None = None
        self._sending: list[Awaitable[None]] = []

    async def start(self) -> None:
        """Begin to announce; the three announcements go out over the next half second. Raises OSError where port 5353
        cannot be shared."""
        self._zeroconf = AsyncZeroconf(interfaces=self._interfaces, ip_version=IPVersion.V4Only)
        register = self._zeroconf.async_register_service
        # Names carry the serial number, so there is nothing to probe for: announcing goes at once.
        infos = service_infos(self._services)
        self._sending = [await register(info, cooperating_responders=True) for info in infos]

    async def stop(self) -> None:
        """Say goodbye (records with a lifetime of zero) and close."""
        if self._zeroconf is not None:
            await asyncio.gather(*self._sending)
            await self._zeroconf.async_unregister_all_services()
            await self._zeroconf.async_close()
            self._zeroconf = None


def service_infos(services: Sequence[Service]) -> list[ServiceInfo]:
    """The records of all cameras."""
    infos = []
    for service in services:
        name = service.name.replace(".", " ").encode()[:40].decode(errors="ignore")
        label = f"{name} {service.serial}"
        texts = {"uuid": service.endpoint, "path": service.rtsp_path}
        for kind, port, properties in (
            (RTSP, service.rtsp_port, texts),
            (AXIS, service.web_port, {"uuid": service.endpoint, "macaddress": service.serial}),
        ):
            infos.append(
                ServiceInfo(
                    kind,
                    f"{label}.{kind}",
                    addresses=[ipaddress.ip_address(service.host).packed],
                    port=port,
                    properties=properties,
                    server=f"{service.serial.lower()}.local.",
                )
            )
    return infos
