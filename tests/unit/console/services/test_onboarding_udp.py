"""A stream added by URL whose server knows UDP only."""

from __future__ import annotations

from console.model.site import Site
from console.services.onboarding import Onboarder, Outcome, Progress, RefusalMemory
from console.services.onboarding_input import from_text
from console.store.credentials import MemoryVault
from drivers.errors import Unsupported
from drivers.types import CameraDescription, Credentials, StreamRequest, Transport


class UdpOnlySource:
    codec, width, height, fps = "H264", 640, 360, 15.0

    def close(self) -> None:
        pass


class UdpOnlyServer:
    def __init__(self) -> None:
        self.asked: list[Transport] = []

    def __call__(self, request: StreamRequest) -> UdpOnlySource:
        self.asked.append(request.transport)
        if request.transport is Transport.TCP:
            raise Unsupported(request.name, "it does not serve over this transport")
        return UdpOnlySource()


def nobody(name: str, xaddrs: tuple[str, ...], login: Credentials | None, expect: str = "") -> CameraDescription:
    raise AssertionError("a stream is not asked by ONVIF")


def test_a_stream_that_is_served_by_udp_alone_is_added_with_udp() -> None:
    server, events = UdpOnlyServer(), list[Progress]()
    candidate, _ = from_text("rtsp://127.0.0.1:8554/street")
    onboarder = Onboarder(nobody, server, MemoryVault(), RefusalMemory())  # type: ignore[arg-type]
    run = onboarder.start([candidate], [], Site(), events.append)
    assert run.wait(10)
    assert server.asked == [Transport.TCP, Transport.UDP]
    assert events[-1].outcome is Outcome.ADDED
    (camera,) = run.cameras()
    assert camera.transport is Transport.UDP
