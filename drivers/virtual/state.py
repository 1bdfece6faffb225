"""What the parts of one virtual camera share: who it is, where it looks, and what it was told to do wrong.

The painter and the RTSP side read it from worker threads, the ONVIF side and the control API write it from the city's
asyncio loop; every access goes through one short lock per camera.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from drivers.types import Codec, Credentials, GeoPlace


@dataclass(frozen=True, slots=True)
class VirtualProfile:
    """One stream of a virtual camera; ``gop`` in frames, ``bitrate_kbps`` in kbit/s."""

    token: str
    codec: Codec
    width: int
    height: int
    fps: int
    gop: int
    bitrate_kbps: int


@dataclass(frozen=True, slots=True)
class CameraSpec:
    """What never changes in one run. The same seed and count give the same specs (ports and passwords too, unless a
    port is taken). ``number`` counts from 1; ``clock_offset`` is the device's clock minus true time in seconds."""

    number: int
    name: str
    uuid: str
    serial: str
    place: GeoPlace
    ptz: bool
    credentials: Credentials
    clock_offset: float
    main: VirtualProfile
    sub: VirtualProfile


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a camera looks: pan and tilt in [-1, 1], zoom in [0, 1]; home is all zero."""

    pan: float = 0.0
    tilt: float = 0.0
    zoom: float = 0.0


@dataclass(slots=True)
class _Fault:
    value: str
    left: int | None
    """How many more times it strikes; None: until cleared."""


FAULTS = (
    "reboot",  # gone for `value` seconds, all connections cut, Bye and Hello
    "silent",  # accepts connections and sends nothing (RTSP and HTTP)
    "stall",  # RTP stops, the connection stays
    "rtp_loss",  # value: share of RTP packets left out, 0..1
    "rtp_reorder",  # value: share of RTP packets swapped with their successor, 0..1
    "resolution",  # value "WxH": the running stream changes size
    "codec",  # value H264|H265|JPEG: the running stream ends, the next DESCRIBE tells the new codec
    "time_jump",  # value seconds: the RTP and wall clocks jump
    "wrong_xaddr",  # value: host put into XAddrs
    "wrong_uri",  # value: host put into stream URIs
    "no_media2",
    "no_ptz_status",
    "soap_500",
    "soap_html",  # an HTML page instead of SOAP
    "soap_truncated",
    "soap_bomb",  # a DTD with nested entities
    "huge",  # value bytes: SOAP answers padded to this size
    "slow",  # value seconds: SOAP answers dripped over this time
    "bad_sdp",  # DESCRIBE lies: value "not_video" | "garbage" | "wrong_codec"
    "redirect",  # HTTP 307 to another host
    "late",  # SOAP is done at once and answered `value` seconds later
    "twice",  # each SOAP answer is sent twice on its connection
    "foreign",  # SOAP is not done, and answered with what answers another operation (of another device)
    "gone",  # SOAP is done, and the connection cut without an answer
    "ptz_ignores_timeout",  # a continuous move goes on past its time-out
    "ptz_no_stop",  # Stop is refused; zero speed works
    "ptz_deaf_stop",  # Stop is answered well and does nothing; zero speed works
    "ptz_zero_range",  # spaces have ranges of zero; value "zoom": those of zoom only
    "ptz_no_relative",  # RelativeMove is listed and refused
    "ptz_no_absolute",  # no absolute spaces, AbsoluteMove is refused
    "ptz_no_zoom",  # no spaces for zoom; a vector with zoom is refused
    "ptz_presets_hostile",  # more presets: hostile names, none, doubled and missing tokens
    "focus_continuous_only",  # the lens offers no other focus moves, and refuses them
    "relay_fixed",  # SetRelayOutputSettings is refused
)


class FaultBox:
    """Faults of one device with ``fail_next`` semantics: set for the next N times or until cleared. ``names`` are those
    that it knows. Any thread."""

    def __init__(self, names: Sequence[str] = FAULTS) -> None:
        self._lock = threading.Lock()
        self._names = frozenset(names)
        self._faults: dict[str, _Fault] = {}

    def set(self, name: str, value: str = "1", times: int | None = None) -> None:
        """Make ``name`` strike, ``times`` times or until cleared. Raises KeyError for an unknown fault."""
        if name not in self._names:
            raise KeyError(name)
        with self._lock:
            self._faults[name] = _Fault(value, times)

    def clear(self, name: str | None = None) -> None:
        """Take one fault away, or all."""
        with self._lock:
            if name is None:
                self._faults.clear()
            else:
                self._faults.pop(name, None)

    def peek(self, name: str) -> str | None:
        """The value while the fault is set, without using it up."""
        with self._lock:
            fault = self._faults.get(name)
            return None if fault is None else fault.value

    def take(self, name: str) -> str | None:
        """The value if the fault strikes now; counts one strike."""
        with self._lock:
            fault = self._faults.get(name)
            if fault is None:
                return None
            if fault.left is not None:
                fault.left -= 1
                if fault.left <= 0:
                    del self._faults[name]
            return fault.value

    def active(self) -> dict[str, str]:
        """All set faults with their values."""
        with self._lock:
            return {name: fault.value for name, fault in self._faults.items()}


class CameraState:
    """What changes: the pose, the lamps in view, whether the device is up. Any thread."""

    def __init__(self, spec: CameraSpec) -> None:
        self.spec = spec
        self.faults = FaultBox()
        self._lock = threading.Lock()
        self._pose = Pose()
        self._up = True
        self._key_wishes: set[str] = set()

    @property
    def pose(self) -> Pose:
        """Where the camera looks now."""
        with self._lock:
            return self._pose

    def look(self, **axes: float) -> Pose:
        """Set ``pan``, ``tilt`` and/or ``zoom`` (clamped) and return the new pose."""
        with self._lock:
            pose = replace(self._pose, **axes)
            self._pose = Pose(
                min(1.0, max(-1.0, pose.pan)), min(1.0, max(-1.0, pose.tilt)), min(1.0, max(0.0, pose.zoom))
            )
            return self._pose

    def wish_key(self, token: str) -> None:
        """A client asked for a key frame on a profile. Loops take no heed: they start with one whenever one joins."""
        with self._lock:
            self._key_wishes.add(token)

    def take_key_wish(self, token: str) -> bool:
        """Whether the next picture has to be a key frame; asked once per picture."""
        with self._lock:
            if token in self._key_wishes:
                self._key_wishes.remove(token)
                return True
            return False

    @property
    def up(self) -> bool:
        """False while the device is off or rebooting."""
        with self._lock:
            return self._up

    @up.setter
    def up(self, value: bool) -> None:
        with self._lock:
            self._up = value


class Lamps:
    """Levels of the city's street lamps by id, 0 to 100 %. ``version`` grows with each change. Any thread."""

    def __init__(self, levels: dict[str, float]) -> None:
        self._lock = threading.Lock()
        self._levels = dict(levels)
        self._version = 0

    def set(self, lamp: str, level: float) -> None:
        """Set one lamp's level; raises KeyError for an unknown lamp."""
        with self._lock:
            if lamp not in self._levels:
                raise KeyError(lamp)
            self._levels[lamp] = min(100.0, max(0.0, level))
            self._version += 1

    @property
    def version(self) -> int:
        """How many changes there were."""
        with self._lock:
            return self._version

    def snapshot(self) -> tuple[int, dict[str, float]]:
        """The version and all levels."""
        with self._lock:
            return self._version, dict(self._levels)
