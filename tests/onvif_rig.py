"""A virtual camera to talk to: its own loop in a thread, clocks that the test holds, and zeep on the other side."""

from __future__ import annotations

import asyncio
import importlib.util
import threading
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import requests
import zeep
from zeep.plugins import HistoryPlugin
from zeep.wsse.username import UsernameToken

from drivers.types import Codec, Credentials, GeoPlace
from drivers.virtual.onvif.server import OnvifServer
from drivers.virtual.state import CameraSpec, CameraState, VirtualProfile

BINDINGS = {
    "tds": ("ver10/device/wsdl/devicemgmt.wsdl", "http://www.onvif.org/ver10/device/wsdl", "DeviceBinding"),
    "trt": ("ver10/media/wsdl/media.wsdl", "http://www.onvif.org/ver10/media/wsdl", "MediaBinding"),
    "tr2": ("ver20/media/wsdl/media.wsdl", "http://www.onvif.org/ver20/media/wsdl", "Media2Binding"),
    "tptz": ("ver20/ptz/wsdl/ptz.wsdl", "http://www.onvif.org/ver20/ptz/wsdl", "PTZBinding"),
    "timg": ("ver20/imaging/wsdl/imaging.wsdl", "http://www.onvif.org/ver20/imaging/wsdl", "ImagingBinding"),
    "tmd": ("ver10/deviceio.wsdl", "http://www.onvif.org/ver10/deviceIO/wsdl", "DeviceIOBinding"),
    "tev": ("ver10/events/wsdl/event.wsdl", "http://www.onvif.org/ver10/events/wsdl", "EventBinding"),
    "pull": (
        "ver10/events/wsdl/event.wsdl",
        "http://www.onvif.org/ver10/events/wsdl",
        "PullPointSubscriptionBinding",
    ),
    "subscription": (
        "ver10/events/wsdl/event.wsdl",
        "http://www.onvif.org/ver10/events/wsdl",
        "SubscriptionManagerBinding",
    ),
}
NOW = 1_790_000_000.0


class Clock:
    """A clock that only the test moves."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


def spec(number: int = 1, ptz: bool = True, offset: float = 0.0, codec: Codec = Codec.H264) -> CameraSpec:
    """A camera that is never the same as another number's."""
    return CameraSpec(
        number=number,
        name=f"Harbour <{number}>",
        uuid=f"11111111-2222-3333-4444-{number:012d}",
        serial=f"WF{number:06d}",
        place=GeoPlace(59.3251, 18.0711, 6.5, 135.0),
        ptz=ptz,
        credentials=Credentials("operator", "correct horse"),
        clock_offset=offset,
        main=VirtualProfile("main", codec, 1280, 720, 15, 30, 2000),
        sub=VirtualProfile("sub", Codec.H264, 640, 360, 15, 15, 400),
    )


class Loop:
    """An asyncio loop in a thread, for servers that blocking clients talk to."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="test loop")
        self._thread.start()

    def run(self, work: Awaitable[Any]) -> Any:
        """Wait for ``work`` to be done on the loop."""

        async def wrapped() -> Any:
            return await work

        return asyncio.run_coroutine_threadsafe(wrapped(), self.loop).result(20)

    def settle(self) -> None:
        """Let servers take whoever has just connected: asyncio loses a connection that it takes while it is closed."""

        async def rounds() -> None:
            for _ in range(10):
                await asyncio.sleep(0)

        self.run(rounds())

    def close(self) -> None:
        """End the loop and its thread."""
        self.run(self.loop.shutdown_default_executor())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()


@contextmanager
def served(state: CameraState | None = None, **options: Any) -> Iterator[OnvifServer]:
    """A camera that listens while the block runs."""
    loop = Loop()
    try:
        server = OnvifServer(state or CameraState(spec()), **options)
        loop.run(server.start())
        try:
            yield server
        finally:
            loop.run(server.stop())
    finally:
        loop.close()


@cache
def document(path: str) -> zeep.wsdl.Document:
    """A parsed service description; parsing takes a good part of a second."""
    package = importlib.util.find_spec("onvif")
    assert package is not None
    assert package.submodule_search_locations
    return zeep.Client(str(Path(package.submodule_search_locations[0]) / "wsdl" / path)).wsdl


@contextmanager
def client(
    address: str,
    prefix: str,
    password: str | None = "correct horse",
    auth: Any = None,
    history: HistoryPlugin | None = None,
) -> Iterator[zeep.proxy.ServiceProxy]:
    """A strict zeep client of one service."""
    path, namespace, binding = BINDINGS[prefix]
    with requests.Session() as session:
        session.trust_env = False
        session.auth = auth
        wsse = None if password is None else UsernameToken("operator", password, use_digest=True)
        transport = zeep.Transport(session=session, timeout=10, operation_timeout=10)
        settings, plugins = zeep.Settings(strict=True), [] if history is None else [history]
        connected = zeep.Client(document(path), transport=transport, wsse=wsse, settings=settings, plugins=plugins)
        yield connected.create_service(f"{{{namespace}}}{binding}", address)
