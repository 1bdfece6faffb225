"""Frozen records that drivers hand over: SI units, WGS 84, aware UTC times. Wire formats end before they get here."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple


@dataclass(frozen=True, slots=True)
class GeoPlace:
    """Where a device stands: degrees WGS 84, height in metres above ground, heading in degrees clockwise from north."""

    latitude: float
    longitude: float
    height: float | None = None
    heading: float | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user name and a password. The password is never part of ``repr``, so it cannot slip into a log or a dump."""

    user: str
    password: str = field(repr=False)


class FoundBy(enum.StrEnum):
    """How a device was found."""

    WS_DISCOVERY = "ws-discovery"
    MDNS = "mdns"
    SWEEP = "sweep"
    ADDRESS = "address"
    URL = "url"
    CSV = "csv"


class DeviceKind(enum.StrEnum):
    """What a found thing is."""

    ONVIF = "onvif"
    RTSP = "rtsp"
    URL = "url"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Discovered:
    """Something that answered on the network. ``id`` is stable over address changes (the endpoint reference) where the
    device has one, else made from the address. ``xaddrs`` are ranked: the most likely to work first."""

    id: str
    name: str
    address: str
    xaddrs: tuple[str, ...]
    kind: DeviceKind
    source: FoundBy
    scopes: tuple[str, ...] = ()
    hardware: str = ""
    place: GeoPlace | None = None
    seen: datetime | None = None
    gone: bool = False
    """True when the device said Bye."""


@dataclass(frozen=True, slots=True)
class DeviceInfo:
    """What a device says of itself."""

    manufacturer: str = ""
    model: str = ""
    firmware: str = ""
    serial: str = ""
    hardware: str = ""


class Codec(enum.StrEnum):
    """Video codecs by their field names."""

    H264 = "H264"
    H265 = "H265"
    MJPEG = "JPEG"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class StreamProfile:
    """One stream that a camera offers. ``width``/``height`` in pixels and ``fps`` are 0 where the device did not say.
    ``uri`` never contains credentials."""

    token: str
    name: str
    uri: str
    codec: Codec = Codec.OTHER
    width: int = 0
    height: int = 0
    fps: float = 0.0
    bitrate_kbps: int = 0
    gop: int = 0
    has_ptz: bool = False


@dataclass(frozen=True, slots=True)
class CameraDescription:
    """All that onboarding learns of one camera. ``warnings`` are sentences for the technician (for example that an
    address was rewritten); ``clock_offset`` is device time minus ours, seconds."""

    info: DeviceInfo
    profiles: tuple[StreamProfile, ...]
    services: Mapping[str, str] = field(default_factory=dict)
    clock_offset: float = 0.0
    place: GeoPlace | None = None
    name: str = ""
    endpoint: str = ""
    """The endpoint reference (``urn:uuid:...``) where the device tells it, for checking identity after a move."""
    warnings: tuple[str, ...] = ()


class Transport(enum.StrEnum):
    """How RTP travels."""

    TCP = "tcp"
    UDP = "udp"


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """What to open. ``name`` is what messages call it (never the URL, which could hold secrets). Size in device pixels
    is what the picture is scaled to; see ``VideoSource.set_target``."""

    name: str
    uri: str
    credentials: Credentials | None = None
    transport: Transport = Transport.TCP


class Picture(NamedTuple):
    """One decoded, scaled picture, ready to paint.

    ``data`` is a buffer of ``height`` rows of ``stride`` bytes, pixels B,G,R,X (QImage's Format_RGB32 on little
    endian). It keeps its memory alive and is never written to again. ``pts`` in seconds on the stream's clock,
    ``arrived`` on ``time.monotonic()`` when its packet came in, ``taken`` in UTC seconds since 1970 where the sender
    tells it.
    """

    data: Any
    width: int
    height: int
    stride: int
    pts: float
    arrived: float
    source_width: int
    source_height: int
    taken: float | None = None

    @property
    def wall_time(self) -> datetime | None:
        """When it was taken; None where the sender does not tell."""
        return None if self.taken is None else datetime.fromtimestamp(self.taken, UTC)


@dataclass(frozen=True, slots=True)
class StreamParameters:
    """What a decoder or a file must know of a stream before its first packet. ``codec`` is FFmpeg's name (``h264``,
    ``hevc``, ``mjpeg``), ``extradata`` what it announced out of band, sizes in pixels, ``fps`` in frames a second
    (0 where unknown). ``pixel_aspect`` is the width of a pixel divided by its height."""

    codec: str
    extradata: bytes = b""
    width: int = 0
    height: int = 0
    fps: float = 0.0
    pixel_aspect: float = 1.0


class EncodedPacket(NamedTuple):
    """One packet as it came. ``pts`` and ``dts`` in seconds on the stream's clock; ``arrived`` in UTC seconds since
    1970 on this computer's clock, never decreasing within a stream: the time line of replay and recording. ``taken`` is
    the sender's time of it by RTCP, UTC seconds since 1970, None where the sender does not tell."""

    data: bytes
    pts: float
    dts: float
    key: bool
    arrived: float
    taken: float | None = None


@dataclass(frozen=True, slots=True)
class Gop:
    """A group of pictures: packets that can be decoded from the first on. ``start`` and ``end`` are when its first and
    its last packet arrived (see ``EncodedPacket.arrived``); ``whole`` is False while more may come."""

    parameters: StreamParameters
    packets: tuple[EncodedPacket, ...]
    whole: bool = True

    @property
    def start(self) -> float:
        """UTC seconds since 1970."""
        return self.packets[0].arrived

    @property
    def end(self) -> float:
        """UTC seconds since 1970."""
        return self.packets[-1].arrived


class Fit(enum.StrEnum):
    """How a picture lies in its tile: all of it with bars, cropped without bars, or stretched."""

    FIT = "fit"
    FILL = "fill"
    STRETCH = "stretch"


@dataclass(frozen=True, slots=True)
class Dewarp:
    """A straight view out of a fisheye picture. All angles in degrees: ``lens`` is the field of view of the fisheye
    across its circle, ``pan`` and ``tilt`` where to look from the middle of it, ``view`` how wide. The circle's centre
    and radius are shares of the picture's width and height, and of its smaller side."""

    lens: float = 180.0
    pan: float = 0.0
    tilt: float = 0.0
    view: float = 90.0
    centre: tuple[float, float] = (0.5, 0.5)
    radius: float = 0.5


Polygon = tuple[tuple[float, float], ...]
"""Corners as shares of a picture's width and height, 0 to 1, in the picture as the camera sends it."""


@dataclass(frozen=True, slots=True)
class View:
    """How a camera's pictures are shown, wherever they are: ``rotate`` clockwise by 0, 90, 180 or 270 degrees, mirrored
    left to right before that, straightened, and with ``masks`` painted over for privacy before anything else."""

    fit: Fit = Fit.FIT
    rotate: int = 0
    mirror: bool = False
    dewarp: Dewarp | None = None
    masks: tuple[Polygon, ...] = ()

    @property
    def plain(self) -> bool:
        """Whether the pixels are shown as they come."""
        return not (self.rotate or self.mirror or self.dewarp or self.masks)
