"""The edges of the screens, faked: cameras that send what a test says, a clock, a describer, a search."""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget

from console.model.site import Camera, Stream
from console.services.feed_pool import FeedSource
from drivers.errors import DriverError, Refused, Unreachable
from drivers.types import (
    CameraDescription,
    Codec,
    Credentials,
    DeviceInfo,
    DeviceKind,
    Discovered,
    EncodedPacket,
    FoundBy,
    Picture,
    StreamParameters,
    StreamProfile,
    StreamRequest,
    View,
)

RED, GREEN, BLUE = (200, 30, 30), (30, 200, 30), (30, 30, 200)
NAMES = {1: "Main St / 5th", 2: "Station North", 3: "Depot", 4: "Harbour", 17: "Bridge"}


class Clock:
    """Monotonic seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    def pass_(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def picture(width: int, height: int, colour: tuple[int, int, int], arrived: float = 1000.0) -> Picture:
    """A picture of one colour (red, green, blue)."""
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[:, :] = (*reversed(colour), 255)
    return Picture(pixels.tobytes(), width, height, 4 * width, 0.0, arrived, 640, 360)


class FakeCameras:
    """A VideoOpener. Cameras send when a test calls ``send``; ``refusing`` and ``absent`` hold names. Any thread."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.changed = threading.Condition()
        self.frames: dict[str, deque[tuple[int, int, int]]] = defaultdict(deque)
        self.refusing: set[str] = set()
        self.absent: set[str] = set()
        self.opened: list[str] = []
        self.over = False

    def __call__(self, request: StreamRequest) -> FakeSource:
        with self.changed:
            self.opened.append(request.name)
            self.changed.notify_all()
            if request.name in self.refusing:
                raise Refused(request.name)
            if request.name in self.absent:
                raise Unreachable(request.name, "connection refused")
        return FakeSource(self, request.name)

    def send(self, name: str, colour: tuple[int, int, int]) -> None:
        """One picture of this colour."""
        with self.changed:
            self.frames[name].append(colour)
            self.changed.notify_all()

    def end(self) -> None:
        """All streams end."""
        with self.changed:
            self.over = True
            self.changed.notify_all()


class FakeSource:
    """An open stream of FakeCameras."""

    codec, width, height, fps = "H264", 640, 360, 15.0
    packet_bytes, packet_is_key = 1000, True
    packet_time: float | None = None
    parameters = StreamParameters("h264", b"", 640, 360, 15.0)
    held = 0

    def __init__(self, cameras: FakeCameras, name: str) -> None:
        self._cameras, self._name, self._target = cameras, name, (640, 360)

    def read(self) -> bool:
        """Wait for the test."""
        cameras = self._cameras
        with cameras.changed:
            cameras.changed.wait_for(lambda: cameras.over or bool(cameras.frames[self._name]), 30)
            return bool(cameras.frames[self._name])

    def decode(self, convert: bool) -> Picture | None:
        """Scaled to the tile with its aspect kept, as the driver does."""
        with self._cameras.changed:
            colour = self._cameras.frames[self._name].popleft()
        scale = min(self._target[0] / 640, self._target[1] / 360)
        width, height = max(2, int(640 * scale) & ~1), max(2, int(360 * scale) & ~1)
        return picture(width, height, colour, self._cameras.clock.now) if convert else None

    def skip(self) -> None:
        """Leave it out."""
        with self._cameras.changed:
            self._cameras.frames[self._name].popleft()

    def packet(self) -> EncodedPacket:
        """Nothing that could be decoded."""
        return EncodedPacket(b"picture", 0.0, 0.0, True, self._cameras.clock.now)

    def hold(self) -> bool:
        """All are key frames."""
        self.skip()
        return True

    def catch_up(self, most: int) -> None:
        """Nothing is held."""

    def set_view(self, view: View) -> None:
        """Another view."""

    def set_target(self, width: int, height: int, full: bool = True) -> None:
        """Another size."""
        self._target = (width, height)

    def close(self) -> None:
        """Nothing to let go of."""


def source(number: int) -> FeedSource:
    """A camera for the pool."""
    name = NAMES[number]
    profile = StreamProfile("main", "main", f"rtsp://192.0.2.{number}/main", Codec.H264, 640, 360, 15.0)
    return FeedSource(number, name, (profile,), lambda p: StreamRequest(name, p.uri))


def camera(number: int, **more: object) -> Camera:
    """A camera of a site."""
    stream = Stream("main", f"rtsp://192.0.2.{number}/main", "main", Codec.H264, 1280, 720, 15.0)
    base = Camera(number, NAMES[number], f"urn:uuid:{number}", address=f"192.0.2.{number}", streams=(stream,))
    from dataclasses import replace

    return replace(base, manufacturer="Maker", model="M1", firmware="1.0", **more)  # type: ignore[arg-type]


def found(number: int, name: str = "") -> Discovered:
    """A device that a search found."""
    xaddr = f"http://192.0.2.{number}/onvif/device_service"
    return Discovered(
        f"urn:uuid:{number}", name or f"cam {number}", f"192.0.2.{number}", (xaddr,), DeviceKind.ONVIF,
        FoundBy.WS_DISCOVERY,
    )  # fmt: skip


class FakeFinder:
    """A search that finds what the test says."""

    def __init__(self) -> None:
        self.tell: Callable[[Discovered], None] | None = None
        self.probes = 0

    def start(self, tell: Callable[[Discovered], None]) -> None:
        """See Finder."""
        self.tell = tell

    def probe(self) -> None:
        """See Finder."""
        self.probes += 1

    def stop(self) -> None:
        """See Finder."""
        self.tell = None

    def finds(self, device: Discovered) -> None:
        """In the test's thread."""
        assert self.tell is not None
        self.tell(device)


@dataclass
class FakeDescriber:
    """A Describer. ``errors`` by label; ``gate`` holds the answers back while it is cleared. Any thread."""

    errors: dict[str, DriverError] = field(default_factory=dict)
    gate: threading.Event = field(default_factory=threading.Event)
    asked: list[tuple[str, Credentials | None]] = field(default_factory=list)

    def __call__(
        self, name: str, xaddrs: tuple[str, ...], credentials: Credentials | None, expect_endpoint: str = ""
    ) -> CameraDescription:
        """See Describer."""
        self.asked.append((name, credentials))
        assert self.gate.wait(20)
        if name in self.errors:
            raise self.errors[name]
        profile = StreamProfile("main", "main", xaddrs[0].replace("http", "rtsp"), Codec.H264, 640, 360, 15.0)
        info = DeviceInfo("Maker", "M1", "1.0", "S", "H")
        return CameraDescription(info, (profile,), {"device": xaddrs[0]}, name=name)


def shot(widget: QWidget) -> QImage:
    """What the widget shows now."""
    return widget.grab().toImage()


def rgb(image: QImage, x: int, y: int) -> tuple[int, int, int]:
    """A pixel."""
    colour = QColor(image.pixel(x, y))
    return colour.red(), colour.green(), colour.blue()


def colours(image: QImage, place: QRect) -> set[tuple[int, int, int]]:
    """All colours in a rectangle."""
    return {
        rgb(image, x, y) for x in range(place.left(), place.right() + 1) for y in range(place.top(), place.bottom() + 1)
    }
