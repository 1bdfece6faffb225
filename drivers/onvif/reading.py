"""Records out of zeep's objects. Devices leave out, misspell and invent, so every field is asked for gently. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from drivers.types import Codec, DeviceInfo, GeoPlace, StreamProfile
from drivers.urls import host_of, split, strip_credentials, with_host

MAX_PROFILES = 64
_MAX_TEXT = 128
_SCHEMES = ("rtsp", "rtsps", "http", "https")
_CODECS = {"h264": Codec.H264, "avc": Codec.H264, "h265": Codec.H265, "hevc": Codec.H265, "jpeg": Codec.MJPEG}


def get(value: Any, path: str) -> Any:
    """``value.a.b.c`` for ``a.b.c``; None where anything on the way is missing."""
    for name in path.split("."):
        if value is None:
            return None
        value = value.get(name) if isinstance(value, dict) else getattr(value, name, None)
    return value


def text(value: Any, path: str = "") -> str:
    """A printable text, cut at a sane length; empty where there is none."""
    found = get(value, path) if path else value
    if found is None:
        return ""
    return "".join(letter for letter in str(found) if letter.isprintable()).strip()[:_MAX_TEXT]


def number(value: Any, path: str, high: float = 1e9) -> float:
    """A number from 0 to ``high``; 0 where there is none or it is absurd."""
    try:
        found = float(get(value, path))
    except (TypeError, ValueError):
        return 0.0
    return found if math.isfinite(found) and 0 <= found <= high else 0.0


def items(value: Any) -> list[Any]:
    """A list, whatever a device made of it; at most ``MAX_PROFILES`` long."""
    if value is None:
        return []
    return list(value)[:MAX_PROFILES] if isinstance(value, list | tuple) else [value]


def device_time(answer: Any) -> datetime | None:
    """The UTC time in the answer of GetSystemDateAndTime; None where it says none or an impossible one."""
    for name in ("UTCDateTime", "LocalDateTime"):  # few say local time alone; it is the best guess then
        date, clock = get(answer, f"{name}.Date"), get(answer, f"{name}.Time")
        try:
            return datetime(
                date.Year, date.Month, date.Day, clock.Hour, clock.Minute, min(clock.Second, 59), tzinfo=UTC
            )
        except (AttributeError, TypeError, ValueError, OverflowError):
            continue
    return None


def device_info(answer: Any) -> DeviceInfo:
    """The answer of GetDeviceInformation."""
    return DeviceInfo(
        text(answer, "Manufacturer"),
        text(answer, "Model"),
        text(answer, "FirmwareVersion"),
        text(answer, "SerialNumber"),
        text(answer, "HardwareId"),
    )


def geo_place(answer: Any) -> GeoPlace | None:
    """The first sane position of GetGeoLocation (Core 5.10: degrees, metres; heading is the yaw of the orientation)."""
    for place in items(answer):
        try:
            latitude, longitude = float(get(place, "GeoLocation.lat")), float(get(place, "GeoLocation.lon"))
        except (TypeError, ValueError):
            continue
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):
            continue
        height, yaw = get(place, "GeoLocation.elevation"), get(place, "GeoOrientation.yaw")
        return GeoPlace(
            latitude,
            longitude,
            _finite(height),
            None if _finite(yaw) is None else (_finite(yaw) or 0.0) % 360.0,
        )
    return None


def scope_name(answer: Any) -> str:
    """The name that the technician gave the camera, from the answer of GetScopes (Core 7.3.2.2); empty without one."""
    for scope in items(answer):
        _, mark, name = text(scope, "ScopeItem").partition("onvif.org/name/")
        if mark and name:
            return text(unquote(name))
    return ""


def _finite(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if math.isfinite(found) else None


def codec(name: str) -> Codec:
    """A codec by the names that devices use."""
    plain = name.lower().replace(".", "").replace("-", "").rpartition("/")[2]
    return _CODECS.get(plain, Codec.OTHER)


def profile2(profile: Any) -> StreamProfile | None:
    """A profile of media2 without its address; None where it has no video."""
    encoder = get(profile, "Configurations.VideoEncoder")
    return _profile(
        profile, encoder, number(encoder, "GovLength"), get(profile, "Configurations.PTZ"), text(profile, "token")
    )


def profile1(profile: Any) -> StreamProfile | None:
    """A profile of media (ver10) without its address; None where it has no video."""
    encoder = get(profile, "VideoEncoderConfiguration")
    gop = number(encoder, "H264.GovLength") or number(encoder, "MPEG4.GovLength")
    return _profile(profile, encoder, gop, get(profile, "PTZConfiguration"), text(profile, "token"))


def _profile(profile: Any, encoder: Any, gop: float, ptz: Any, token: str) -> StreamProfile | None:
    if encoder is None or not token:
        return None
    return StreamProfile(
        token=token,
        name=text(profile, "Name") or token,
        uri="",
        codec=codec(text(encoder, "Encoding")),
        width=int(number(encoder, "Resolution.Width", 65535)),
        height=int(number(encoder, "Resolution.Height", 65535)),
        fps=number(encoder, "RateControl.FrameRateLimit", 1000),
        bitrate_kbps=int(number(encoder, "RateControl.BitrateLimit")),
        gop=int(gop),
        has_ptz=ptz is not None,
    )


def stream_address(uri: Any, device: str, profile: str) -> tuple[str, str]:
    """A stream URI that can be opened, and a warning or nothing. ``device`` is the host that we talk to.

    Credentials in it are dropped, ports like ``:8106:8106`` healed. Another host is replaced by ``device`` with the
    port kept: behind address translation cameras tell their inner one, and a stranger's has no business here. Empty
    where nothing can be made of it.
    """
    clean = strip_credentials(str(uri or "").strip())[0]
    parts = split(clean)
    if parts is None or parts.scheme.lower() not in _SCHEMES or not clean.isprintable() or len(clean) > 2048:
        return "", f"Profile {profile} has no stream address that can be used."
    host = str(parts.hostname)
    if same_host(host, device):
        return with_host(parts, host, parts.port), ""
    warning = f"The stream address of profile {profile} names another host ({host}); {device} is used instead."
    return with_host(parts, device, parts.port), warning


def service_address(xaddr: Any, reached: str, service: str) -> tuple[str, str]:
    """The address of a service as ``stream_address`` does it. ``reached`` is the device service address that works: in
    place of another host its scheme and port are taken too, because a translated address has translated ports."""
    parts, base = split(strip_credentials(str(xaddr or ""))[0]), split(reached)
    if base is None or parts is None or parts.scheme.lower() not in ("http", "https"):
        return "", f"The address of its {service} service cannot be used."
    host = str(parts.hostname)
    if same_host(host, str(base.hostname)):
        return with_host(parts, host, parts.port), ""
    warning = f"The address of its {service} service names another host ({host}); {base.hostname} is used instead."
    return with_host(parts._replace(scheme=base.scheme), str(base.hostname), base.port), warning


def same_host(one: str, other: str) -> bool:
    """Whether two hosts are the same by name; scopes of IPv6 addresses do not count."""
    return one.partition("%")[0].lower() == other.partition("%")[0].lower()


def unique(sentences: Iterable[str]) -> tuple[str, ...]:
    """Each sentence once, empty ones left out."""
    return tuple(dict.fromkeys(sentence for sentence in sentences if sentence))


def device_host(xaddr: str) -> str:
    """The host of a device service address."""
    return host_of(xaddr)
