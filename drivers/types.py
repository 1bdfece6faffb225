"""Frozen records that drivers hand over: SI units, WGS 84, aware UTC times. Wire formats end before they get here."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


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


@dataclass(frozen=True, slots=True)
class Picture:
    """One decoded, scaled picture, ready to paint.

    ``data`` is a buffer of ``height`` rows of ``stride`` bytes, pixels B,G,R,X (QImage's Format_RGB32 on little
    endian). It keeps its memory alive and is never written to again. ``pts`` in seconds on the stream's clock,
    ``arrived`` on ``time.monotonic()`` when its packet came in, ``wall_time`` from RTCP where the sender tells it.
    """

    data: Any
    width: int
    height: int
    stride: int
    pts: float
    arrived: float
    source_width: int
    source_height: int
    wall_time: datetime | None = None
