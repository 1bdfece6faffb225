"""One virtual camera's ONVIF side: the HTTP server, the dispatch to services, credentials and faults."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable

from drivers.http_messages import HANG, Request, Response
from drivers.http_server import WebServer
from drivers.virtual.announce_messages import Identity
from drivers.virtual.onvif.auth import OPEN, Accepts, Guard, NotAuthorized
from drivers.virtual.onvif.context import PATHS, Context, DeviceClock, Lamp, Operations
from drivers.virtual.onvif.device import DeviceService
from drivers.virtual.onvif.deviceio import DeviceIoService
from drivers.virtual.onvif.events import SUBSCRIPTION_PATH, EventService
from drivers.virtual.onvif.faults import delayed, instead, spoil
from drivers.virtual.onvif.imaging import ImagingService
from drivers.virtual.onvif.media import Media2Service, MediaService
from drivers.virtual.onvif.mover import Mover
from drivers.virtual.onvif.ptz import PtzService
from drivers.virtual.onvif.wire import NAMESPACES, Call, Markup, SoapFault, addressing, envelope, read_call, tag
from drivers.virtual.state import CameraState, VirtualProfile

MOVE_INTERVAL = 0.04
"""Seconds between two poses of a moving head; finer than the frames that show it."""


class OnvifServer:
    """Serves one camera. Everything runs on the loop that called ``start``.

    ``rtsp_port`` goes into stream URIs, ``lamp`` is what the relay drives, ``snapshot`` gives a JPEG of a profile (in a
    worker thread) or None, ``reboot`` is told the seconds that the device shall be away. With ``degrees`` the head has
    spaces in degrees beside the generic ones.
    """

    def __init__(
        self,
        state: CameraState,
        *,
        rtsp_port: int = 0,
        lamp: Lamp | None = None,
        snapshot: Callable[[VirtualProfile], bytes | None] | None = None,
        reboot: Callable[[float], None] | None = None,
        accepts: Accepts = Accepts.BOTH,
        wall: Callable[[], float] = time.time,
        mono: Callable[[], float] = time.monotonic,
        degrees: bool = False,
    ) -> None:
        self.clock = DeviceClock(state.spec.clock_offset, state.faults, wall)
        self.context = Context(state, self.clock, mono, rtsp_port=rtsp_port, lamp=lamp, snapshot=snapshot)
        if reboot is not None:
            self.context.reboot = reboot
        self.mover = Mover(state, mono)
        self.guard = Guard(state.spec.credentials, self.clock.posix, mono, accepts)
        self.events = EventService(self.context)
        self.context.emit = self.events.emit
        self.ptz = PtzService(self.context, self.mover, degrees)
        self.imaging = ImagingService(self.context)
        self.relays = relays = DeviceIoService(self.context)
        self._services: dict[str, Operations] = {
            "tds": {**DeviceService(self.context).operations(), **relays.device_operations()},
            "trt": MediaService(self.context).operations(),
            "tr2": Media2Service(self.context).operations(),
            "tptz": self.ptz.operations(),
            "tev": self.events.operations(),
            "wsnt": self.events.subscription_operations(),
            "timg": self.imaging.operations(),
            "tmd": relays.operations(),
        }
        self.context.capabilities = self._capabilities
        self._web = WebServer(self._answer)
        self._moving: asyncio.Task[None] | None = None
        self._falling: asyncio.Task[None] | None = None
        self.calls = 0

    @property
    def xaddr(self) -> str:
        """The address of the device service."""
        return self.context.xaddr(PATHS["tds"])

    @property
    def listening(self) -> bool:
        """Whether it serves now."""
        return self._web.listening

    @property
    def up(self) -> bool:
        """Whether the camera is there."""
        return self.context.state.up

    def identity(self) -> Identity:
        """What discovery tells of the camera now."""
        host = self.context.state.faults.peek("wrong_xaddr")
        endpoint = f"urn:uuid:{self.context.spec.uuid}"
        return Identity(endpoint, tuple(self.context.scopes()), self.context.xaddr(PATHS["tds"], host))

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> int:
        """Listen (again: on the same port when it is given) and return the port. Raises OSError."""
        self.context.host = host
        self.context.port = await self._web.start(host, port)
        return self.context.port

    async def stop(self) -> None:
        """Cut every connection and forget subscriptions and failed log-ins, as a device without power does."""
        await self._web.stop()
        ending = [task for task in (self._moving, self._falling) if task is not None]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        self._moving = self._falling = None
        self.mover.stop()
        self.relays.fall()
        self.events.clear()
        self.guard.unlock()

    async def _answer(self, request: Request) -> Response | None:
        faults = self.context.state.faults
        if faults.take("silent") is not None:
            return HANG
        self.calls += 1
        self.ptz.arrived = time.monotonic_ns()  # nothing is awaited between here and the operation
        if request.method == "GET" and request.path.startswith("/snapshot/"):
            return await self._still(request)
        if request.path not in PATHS.values() and not request.path.startswith(SUBSCRIPTION_PATH):
            return Response(404, b"Not Found", "text/plain")
        if request.method != "POST":
            return Response(405, b"Method Not Allowed", "text/plain", {"Allow": "POST"})
        return instead(faults, request.target) or await delayed(faults, spoil(faults, await self._soap(request)))

    async def _soap(self, request: Request) -> Response:
        headers: dict[str, str] = {}
        try:
            call = read_call(request.body, request.path)
            return Response(200, envelope(await self._operate(request, call), addressing(call)))
        except SoapFault as fault:
            if isinstance(fault, NotAuthorized):
                headers = fault.headers
            return Response(fault.status, envelope(fault.markup), headers=headers)

    async def _operate(self, request: Request, call: Call) -> Markup:
        prefix = next((known for known, uri in NAMESPACES.items() if uri == call.namespace), "")
        if call.name not in OPEN or prefix == "wsnt":
            authorization = request.headers.get("authorization", "")
            self.guard.check(request.method, request.target, authorization, call.header)
        operation = self._services.get(prefix, {}).get(call.name)
        if operation is None or (prefix != "wsnt" and prefix not in self.context.services()):
            raise SoapFault(f"{call.name[:80]} is not offered", "ter:ActionNotSupported", sender=False, status=500)
        answer = operation(call)
        content = await answer if inspect.isawaitable(answer) else answer
        if any(self.mover.moving) and (self._moving is None or self._moving.done()):
            self._moving = asyncio.create_task(self._move())
        if self.relays.pulsing and (self._falling is None or self._falling.done()):
            self._falling = asyncio.create_task(self._fall())
        return tag(f"{prefix}:{call.name}Response", content)

    def _capabilities(self, prefix: str, call: Call) -> Markup:
        answer = self._services[prefix]["GetServiceCapabilities"](call)
        return answer if isinstance(answer, Markup) else Markup()

    async def _move(self) -> None:
        while any(self.mover.moving):
            await asyncio.sleep(MOVE_INTERVAL)
            self.mover.advance()

    async def _fall(self) -> None:
        while self.relays.pulsing:
            await asyncio.sleep(MOVE_INTERVAL)
            self.relays.advance()

    async def _still(self, request: Request) -> Response:
        try:
            self.guard.check(request.method, request.target, request.headers.get("authorization", ""), None)
            profile = self.context.profile(request.path.removeprefix("/snapshot/"))
        except NotAuthorized as fault:
            return Response(fault.status, b"Unauthorized", "text/plain", fault.headers)
        except SoapFault:
            return Response(404, b"Not Found", "text/plain")
        snapshot = self.context.snapshot
        picture = None if snapshot is None else await asyncio.to_thread(snapshot, profile)
        if picture is None:
            return Response(503, b"No picture", "text/plain")
        return Response(200, picture, "image/jpeg")
