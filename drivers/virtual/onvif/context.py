"""What the services of one virtual camera share: its state, its clock and where things are served."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import quote

from drivers.types import Codec
from drivers.virtual.onvif.wire import Call, Markup, bad_value
from drivers.virtual.state import CameraSpec, CameraState, FaultBox, Lamps, VirtualProfile

Operation = Callable[[Call], Markup | Awaitable[Markup]]
Operations = Mapping[str, Operation]
"""Local name of a request's element -> what answers it; the answer is the inside of ``<prefix:NAMEResponse>``."""

PATHS = {
    "tds": "/onvif/device_service",
    "trt": "/onvif/media_service",
    "tr2": "/onvif/media2_service",
    "tptz": "/onvif/ptz_service",
    "tev": "/onvif/event_service",
    "timg": "/onvif/imaging_service",
    "tmd": "/onvif/deviceio_service",
}
VERSIONS = {"tr2": (20, 12), "tptz": (20, 12), "timg": (20, 6)}
SOURCE = "VideoSource_1"
MANUFACTURER = "Watchfloor"
FIRMWARE = "1.0.7"


class DeviceClock:
    """The camera's own clock, wrong by its offset and by the ``time_jump`` fault. City's loop only."""

    def __init__(self, offset: float, faults: FaultBox, wall: Callable[[], float] = time.time) -> None:
        self._offset, self._faults, self._wall = offset, faults, wall
        self.ntp = False

    def posix(self) -> float:
        """POSIX seconds as the device believes them to be."""
        jump = self._faults.peek("time_jump")
        return self._wall() + self._offset + (float(jump) if jump else 0.0)

    def now(self) -> datetime:
        """The same as an aware UTC time."""
        return datetime.fromtimestamp(self.posix(), UTC)

    def set(self, when: datetime) -> None:
        """Somebody sets the clock."""
        self._offset += when.timestamp() - self.posix()
        self.ntp = False

    def synchronise(self) -> None:
        """The clock follows NTP from now on."""
        self._offset = 0.0
        self.ntp = True


@dataclass(slots=True)
class Lamp:
    """The lamp that a camera's relay drives."""

    lamps: Lamps
    id: str

    @property
    def level(self) -> float:
        """The lamp's level, 0 to 100 %."""
        return self.lamps.snapshot()[1][self.id]

    def switch(self, on: bool) -> None:
        """Full or off."""
        self.lamps.set(self.id, 100.0 if on else 0.0)


@dataclass(slots=True)
class Context:
    """One camera as its services see it. ``port`` is known once the server listens. City's loop only."""

    state: CameraState
    clock: DeviceClock
    mono: Callable[[], float] = time.monotonic
    host: str = "127.0.0.1"
    port: int = 0
    rtsp_port: int = 0
    lamp: Lamp | None = None
    snapshot: Callable[[VirtualProfile], bytes | None] | None = None
    reads_plates: bool = False
    """Whether its events and its metadata tell of number plates (Profile M)."""
    reboot: Callable[[float], None] = lambda _seconds: None
    capabilities: Callable[[str, Call], Markup] = field(default=lambda _prefix, _call: Markup())
    """What the service of this prefix answers to GetServiceCapabilities."""
    emit: Callable[[str, Mapping[str, str], Mapping[str, str]], None] = field(default=lambda _t, _s, _d: None)
    """``emit(topic, source, data)`` sends an event to everybody who pulls."""

    @property
    def spec(self) -> CameraSpec:
        """Who the camera is."""
        return self.state.spec

    @property
    def model(self) -> str:
        """The model's name."""
        return "VC-PTZ" if self.spec.ptz else "VC-Fixed"

    def xaddr(self, path: str, host: str | None = None) -> str:
        """The address of a service, at another ``host`` where the ``wrong_xaddr`` fault wants that."""
        return f"http://{host or self.host}:{self.port}{path}"

    def stream_uri(self, profile: VirtualProfile) -> str:
        """Where a profile streams, with the host that the ``wrong_uri`` fault puts there."""
        host = self.state.faults.take("wrong_uri") or self.host
        return f"rtsp://{host}:{self.rtsp_port}/{profile.token}"

    def snapshot_uri(self, profile: VirtualProfile) -> str:
        """Where a still picture of a profile is."""
        return f"http://{self.host}:{self.port}/snapshot/{quote(profile.token)}"

    def profiles(self) -> tuple[VirtualProfile, ...]:
        """Main stream first."""
        return self.spec.main, self.spec.sub

    def profile(self, token: str) -> VirtualProfile:
        """The profile of this token; raises SoapFault."""
        for profile in self.profiles():
            if profile.token == token:
                return profile
        raise bad_value(f"no profile {token[:40]!r}", "ter:NoProfile")

    def services(self) -> list[str]:
        """Prefixes of the services that this camera has."""
        absent = set()
        if not self.spec.ptz:
            absent.add("tptz")
        if (
            self.state.faults.peek("no_media2") is not None
            or Codec.MJPEG is self.spec.main.codec is self.spec.sub.codec
        ):
            absent.add("tr2")
        return [prefix for prefix in PATHS if prefix not in absent]

    def scopes(self) -> list[str]:
        """Scopes by the core specification's chapter 7.3.2. The position goes under ``location``, whose form it leaves
        open: degrees WGS 84, metres above ground, degrees clockwise from north."""
        base = "onvif://www.onvif.org/"
        place = self.spec.place
        scopes = ["Profile/Streaming", "Profile/T", "type/video_encoder", "type/Network_Video_Transmitter"]
        if self.spec.ptz:
            scopes.append("type/ptz")
        if self.reads_plates:
            scopes.append("Profile/M")
        scopes += [f"hardware/{self.model}", f"name/{quote(self.spec.name, safe='')}"]
        scopes += [f"location/latitude/{place.latitude:.6f}", f"location/longitude/{place.longitude:.6f}"]
        if place.height is not None:
            scopes.append(f"location/height/{place.height:.1f}")
        if place.heading is not None:
            scopes.append(f"location/heading/{place.heading:.1f}")
        return [base + scope for scope in scopes]
