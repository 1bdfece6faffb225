"""mDNS announcements, browsed on loopback."""

from __future__ import annotations

import asyncio

from zeroconf import IPVersion, ServiceStateChange, Zeroconf
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf

from drivers.virtual.mdns import AXIS, RTSP, MdnsAnnouncer, Service, service_infos

SERVICE = Service("Mill Ln / 1st.", "urn:uuid:1-2-3", "WF00C0FFEE", "127.0.0.1", 8080, 5540, "main")


def test_a_camera_is_seen_and_gone_again() -> None:
    async def scenario() -> None:
        seen: dict[tuple[str, str], ServiceStateChange] = {}
        changed = asyncio.Event()

        def change(zeroconf: Zeroconf, service_type: str, name: str, state_change: ServiceStateChange) -> None:
            if SERVICE.serial in name:
                seen[service_type, name] = state_change
                changed.set()

        async def wait(state: ServiceStateChange) -> None:
            async with asyncio.timeout(15):
                while len(seen) < 2 or set(seen.values()) != {state}:
                    changed.clear()
                    await changed.wait()

        listener = AsyncZeroconf(interfaces=["127.0.0.1"], ip_version=IPVersion.V4Only)
        browser = AsyncServiceBrowser(listener.zeroconf, [RTSP, AXIS], handlers=[change])
        announcer = MdnsAnnouncer([SERVICE])
        await announcer.start()
        await wait(ServiceStateChange.Added)
        name = next(name for kind, name in seen if kind == RTSP)
        info = AsyncServiceInfo(RTSP, name)
        assert await info.async_request(listener.zeroconf, 5000)
        assert (info.parsed_addresses(), info.port) == (["127.0.0.1"], 5540)
        assert info.properties[b"uuid"] == b"urn:uuid:1-2-3"
        await announcer.stop()
        await wait(ServiceStateChange.Removed)
        await browser.async_cancel()
        await listener.async_close()

    asyncio.run(scenario())


def test_long_names_fit() -> None:
    (info, _) = service_infos([Service("ö" * 200, "e", "S", "127.0.0.1", 1, 2, "main")])
    assert len(info.name.removesuffix("." + RTSP).encode()) <= 63
