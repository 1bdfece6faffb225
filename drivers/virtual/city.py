"""The virtual city as a whole: cameras with their ONVIF and RTSP servers, announcements and control, in one loop."""

from __future__ import annotations

import asyncio
import math
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from drivers.virtual.announce import PORT, Announcer
from drivers.virtual.control import Control
from drivers.virtual.lamps.bank import PROGRAMME
from drivers.virtual.lamps.systems import CityLamps, all_lamps
from drivers.virtual.loops import StreamBank
from drivers.virtual.mdns import LIMIT, MdnsAnnouncer, Service
from drivers.virtual.onvif.auth import Accepts
from drivers.virtual.onvif.context import Lamp
from drivers.virtual.onvif.server import OnvifServer
from drivers.virtual.plan import Plan, camera_specs, make_plan
from drivers.virtual.plates.event_messages import TOPIC, Notification
from drivers.virtual.plates.eye import Eye
from drivers.virtual.plates.field import CityPlates
from drivers.virtual.plates.frames import Analytics
from drivers.virtual.plates.readers import Reader, Way, with_readers
from drivers.virtual.rtsp.server import RtspServer
from drivers.virtual.state import CameraSpec, CameraState, Lamps, VirtualProfile
from drivers.virtual.traffic import Traffic

FIRST_PORT, PORTS_A_CITY, CITIES = 12000, 512, 40
FIRST_LAMP_PORT, LAMP_PORTS_A_CITY = 11800, 4
"""Ports follow the seed and lie below those that systems hand out by themselves."""
_PLATE_PORT = 3
"""The last of the lamps' ports: the broker of the plate readers."""
_REBOOT_GRACE = 0.3
"""Seconds between the answer to a reboot command and the end of the connection that carries it."""


@dataclass(frozen=True, slots=True)
class CityOptions:
    """How a city is to be. ``cache_dir`` keeps encoded loops between runs; with ``fixed_ports`` the ports follow the
    seed where they are free. ``discovery_port`` differs in tests only. ``open_streams``: RTSP asks for no password."""

    cameras: int = 16
    seed: int = 7
    variety: bool = False
    day: bool = False
    discovery: bool = True
    mdns: bool = True
    control: bool = False
    cache_dir: Path | None = None
    fixed_ports: bool = True
    host: str = "127.0.0.1"
    discovery_port: int = PORT
    open_streams: bool = False
    lamps: int = 0
    """So many lamps at least; those that the streets have no room for are in no picture."""
    serve_lamps: bool = True
    readers: int = 0
    """So many of the fixed cameras read plates; their pictures show the traffic that is read."""
    plate_pictures: bool = True


class Camera:
    """One camera that runs: its state and its two servers. City's loop only."""

    def __init__(
        self,
        state: CameraState,
        onvif: OnvifServer,
        rtsp: RtspServer,
        lamp: str,
        analytics: Analytics | None = None,
    ) -> None:
        self.state, self.onvif, self.rtsp, self.lamp = state, onvif, rtsp, lamp
        self._analytics = analytics
        self._changing = asyncio.Lock()

    @property
    def uris(self) -> list[str]:
        """Where it streams, main stream first."""
        return [
            f"rtsp://{self.rtsp.host}:{self.rtsp.port}/{p.token}" for p in (self.state.spec.main, self.state.spec.sub)
        ]

    def notify(self, event: Notification, at: float) -> None:
        """Tell those who pull events or listen to the metadata of a plate that was read at the event's time; the
        camera's own clock said ``at``."""
        self.onvif.events.notify(TOPIC, event.source, event.data, event.elements, at)
        if self._analytics is not None and self.rtsp.metadata is not None:
            self.rtsp.metadata.publish(self._analytics.see(event, at), event.at)

    async def on(self) -> None:
        """Power up on the same ports, or on others when somebody has taken them meanwhile."""
        async with self._changing:
            if self.state.up and self.onvif.listening:
                return
            try:
                await self.rtsp.start()
            except OSError:
                self.rtsp.port = 0
                await self.rtsp.start()
            self.onvif.context.rtsp_port = self.rtsp.port
            try:
                await self.onvif.start(self.rtsp.host, self.onvif.context.port)
            except OSError:
                await self.onvif.start(self.rtsp.host, 0)
            self.state.up = True

    async def off(self) -> None:
        """Power down; every connection breaks."""
        async with self._changing:
            self.state.up = False
            await self.onvif.stop()
            await self.rtsp.stop()


class City:
    """Composes and runs a city. ``start`` and ``stop`` once each; everything belongs to the loop that calls them, apart
    from ``prepare``, which blocks and wants a thread of its own."""

    def __init__(self, options: CityOptions, clock: Callable[[], float] = time.time) -> None:
        self.options = options
        self.plan: Plan
        self.plan, readers = with_readers(make_plan(options.seed, options.cameras), options.readers)
        hung = {reader.camera for reader in readers}
        traffic = Traffic(self.plan, [site for site in self.plan.sites if site.number in hung]) if readers else None
        specs = camera_specs(self.plan, options.variety)
        lamps = all_lamps(self.plan, options.lamps)
        self.lamps = Lamps({lamp.id: PROGRAMME for lamp in lamps})
        self.streams = StreamBank(self.plan, self.lamps, options.cache_dir, specs, day=options.day, traffic=traffic)
        self._clock = clock
        self.cameras: dict[int, Camera] = {}
        self.specs = specs
        self.announcer: Announcer | None = None
        self.mdns: MdnsAnnouncer | None = None
        self.control: Control | None = None
        self.lamp_systems = CityLamps(self.plan, self.lamps, lamps) if options.serve_lamps else None
        self._onvif_readers = {reader.camera for reader in readers if reader.way in (Way.PULL, Way.STREAM)}
        self.plates = None if traffic is None else self._plates(readers, traffic)
        self._tasks: set[asyncio.Task[None]] = set()
        self.troubles: list[str] = []
        """Sentences for the user."""
        self._ending = threading.Event()
        self.preparing = (0, len(specs))

    async def start(self) -> None:
        """Serve everything; ``troubles`` then tells what was left out. Raises OSError when nobody can be served."""
        options = self.options
        for spec in self.specs:
            camera = self._camera(spec)
            self.cameras[spec.number] = camera
            await camera.on()
        if self.lamp_systems is not None:
            await self.lamp_systems.start(options.host, self._lamp_port(0))
        if self.plates is not None:
            await self.plates.start(options.host, self._lamp_port(_PLATE_PORT))
        if options.discovery:
            await self._announce()
        if options.control:
            self.control = Control(self, secrets.token_urlsafe(24))
            await self.control.start(options.host)

    async def _announce(self) -> None:
        """Announce everything. Other programs may hold these ports for themselves; then the city serves without."""
        host = self.options.host
        devices = [camera.onvif for camera in self.cameras.values()]
        port, instance = self.options.discovery_port, int(self._clock())
        announcer = Announcer(devices, self.options.seed, (host,), port, instance)
        try:
            await announcer.start()
            self.announcer = announcer
        except OSError as error:
            self.troubles.append(f"not announced by WS-Discovery: port {port}: {error.strerror or error}")
        if self.options.mdns and len(self.cameras) <= LIMIT:
            mdns = MdnsAnnouncer([self._service(camera) for camera in self.cameras.values()], (host,))
            try:
                await mdns.start()
                self.mdns = mdns
            except OSError as error:
                self.troubles.append(f"not announced by mDNS: {error.strerror or error}")

    async def stop(self) -> None:
        """Say Bye and end everything. Waits for the picture that is being drawn just now, for nothing else."""
        self._ending.set()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self.control is not None:
            await self.control.stop()
        if self.plates is not None:
            await self.plates.stop()
        if self.lamp_systems is not None:
            await self.lamp_systems.stop()
        if self.announcer is not None:
            await self.announcer.stop()
        if self.mdns is not None:
            await self.mdns.stop()
        await asyncio.gather(*(camera.off() for camera in self.cameras.values()))
        await asyncio.to_thread(self.streams.close)

    def prepare(self, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        """Make all loops that are not there yet; blocks, any thread. ``progress(done, of)`` counts cameras."""

        def counted(done: int, of: int) -> None:
            self.preparing = (done, of)
            progress(done, of)

        try:
            self.streams.prepare(counted)
        except (CancelledError, RuntimeError):  # what the thread pool says when it is closed in the middle of work
            if not self._ending.is_set():
                raise

    def describe(self) -> dict[str, Any]:
        """What ``watchfloor city --json`` prints: addresses and credentials of all devices, and how to control."""
        return {
            "devices": [
                {
                    "name": camera.state.spec.name,
                    "xaddr": camera.onvif.xaddr,
                    "rtsp": camera.uris,
                    "user": camera.state.spec.credentials.user,
                    "password": camera.state.spec.credentials.password,
                }
                for camera in self.cameras.values()
            ],
            "lamp_systems": [] if self.lamp_systems is None else self.lamp_systems.describe(),
            "readers": [] if self.plates is None else [self._reader(each) for each in self.plates.describe()],
            "control": None if self.control is None else {"url": self.control.url, "token": self.control.token},
        }

    def geojson(self) -> dict[str, Any]:
        """Roads, buildings, lamps and cameras (RFC 7946)."""
        return self.plan.geojson()

    def watchers(self) -> int:
        """How many RTSP connections there are."""
        return sum(camera.rtsp.watchers for camera in self.cameras.values())

    async def power(self, number: int, on: bool) -> None:
        """Switch one camera. Raises KeyError for an unknown number."""
        camera = self.cameras[number]
        if on:
            await camera.on()
            if self.announcer is not None:
                self.announcer.hello(camera.onvif)
        else:
            # A camera that loses its power has no time for a Bye.
            await camera.off()

    def reboot(self, number: int, seconds: float) -> None:
        """Send one camera through a reboot that takes ``seconds``; returns at once."""
        task = asyncio.get_running_loop().create_task(self._cycle(self.cameras[number], seconds))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _cycle(self, camera: Camera, seconds: float) -> None:
        await asyncio.sleep(_REBOOT_GRACE)
        if not camera.state.up:
            return
        if self.announcer is not None:
            self.announcer.bye(camera.onvif)
        await camera.off()
        await asyncio.sleep(seconds)
        await self.power(camera.state.spec.number, on=True)

    def _lamp_port(self, place: int) -> int:
        """One of the ports beside the lamp systems', 0 where ports are not fixed."""
        options = self.options
        return FIRST_LAMP_PORT + options.seed % CITIES * LAMP_PORTS_A_CITY + place if options.fixed_ports else 0

    def _plates(self, readers: Sequence[Reader], traffic: Traffic) -> CityPlates:
        eyes = {}
        for reader in readers:
            spec = self.specs[reader.camera - 1]
            painter = partial(self.streams.still_painter, spec, spec.main) if self.options.plate_pictures else None
            eyes[reader.camera] = Eye(self.plan.sites[spec.number - 1], spec.main, self.lamps, painter)
        return CityPlates(self.plan, readers, traffic, eyes, self._notify, self._clock, up=self._is_up)

    def _is_up(self, number: int) -> bool:
        return self.cameras[number].state.up

    def _notify(self, number: int, event: Notification) -> None:
        """A camera tells of a plate, by its own clock."""
        camera = self.cameras[number]
        camera.notify(event, event.at - self._clock() + camera.onvif.clock.posix())

    def _reader(self, told: dict[str, Any]) -> dict[str, Any]:
        """A reader with the address and login of its camera."""
        camera = self.cameras[told["camera"]]
        login = camera.state.spec.credentials
        found = {**told, "xaddr": camera.onvif.xaddr}
        if told["way"] == Way.STREAM:
            found["uri"] = camera.uris[0]
        asked = told["way"] in (Way.PULL, Way.STREAM)
        return {"user": login.user, "password": login.password, **found} if asked else found

    def _camera(self, spec: CameraSpec) -> Camera:
        options = self.options
        state = CameraState(spec)
        base = FIRST_PORT + options.seed % CITIES * PORTS_A_CITY + 2 * (spec.number - 1) if options.fixed_ports else -1
        # Players that are measured fetch all that is offered; every fifth camera has no microphone anyway.
        sound = not options.open_streams and spec.number % 5 > 0
        lamp = self._lamp(spec)
        # Every third camera of a varied city knows HTTP Digest only, as some makers' do.
        accepts = Accepts.DIGEST if options.variety and spec.number % 3 == 0 else Accepts.BOTH
        # Every second head of a varied city tells degrees too.
        degrees = options.variety and spec.number % 2 == 0
        onvif = OnvifServer(
            state,
            lamp=Lamp(self.lamps, lamp),
            snapshot=lambda profile: self._snapshot(state, profile),
            reboot=lambda seconds: self.reboot(spec.number, seconds),
            accepts=accepts,
            wall=self._clock,
            degrees=degrees,
        )
        onvif.context.port = max(0, base)
        reads = onvif.context.reads_plates = spec.number in self._onvif_readers
        analytics = Analytics(onvif.clock.posix, onvif.context.mono) if reads else None
        look = None if analytics is None else analytics.look
        rtsp = RtspServer(state, self.streams, options.host, base + 1, self._clock, options.open_streams, sound, look)
        return Camera(state, onvif, rtsp, lamp, analytics)

    def _lamp(self, spec: CameraSpec) -> str:
        """The nearest lamp that a camera at home looks at."""
        site = self.plan.sites[spec.number - 1]

        def distance(lamp: Any) -> float:
            ahead = (lamp.x - site.x) * math.cos(site.yaw) + (lamp.y - site.y) * math.sin(site.yaw)
            far = math.hypot(lamp.x - site.x, lamp.y - site.y)
            return far if ahead > 0.9 * far and far > 8.0 else far + 10_000.0

        return min(self.plan.lamps, key=distance).id

    def _snapshot(self, state: CameraState, profile: VirtualProfile) -> bytes | None:
        """A JPEG of what the camera sees now; blocks for some milliseconds."""
        clock = datetime.fromtimestamp(self._clock(), UTC) + timedelta(seconds=state.spec.clock_offset)
        painter = self.streams.painter(state.spec, profile)
        image = painter.draw(self._clock(), state.pose, self.lamps.snapshot()[1], clock)
        done, data = cv2.imencode(".jpg", image)
        return data.tobytes() if done else None

    def _service(self, camera: Camera) -> Service:
        spec = camera.state.spec
        return Service(
            spec.name,
            f"urn:uuid:{spec.uuid}",
            spec.serial,
            camera.rtsp.host,
            camera.onvif.context.port,
            camera.rtsp.port,
            spec.main.token,
        )
