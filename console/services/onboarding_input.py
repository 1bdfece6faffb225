"""What can be onboarded, and how people write it: found devices, addresses, URLs. Pure, but for nothing opened here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath, PurePosixPath, PureWindowsPath
from urllib.parse import urlsplit

from console.model.site import Camera
from drivers.types import Credentials, DeviceKind, Discovered
from drivers.urls import host_of, split, strip_credentials, with_host

URL_SCHEMES = ("rtsp", "rtsps", "http", "https", "file", "udp", "rtp")
_ONVIF_PATH = "/onvif/device_service"
_OTHER_PORTS = (8080, 2020, 8000)
_HOST = re.compile(r"^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$|^[0-9A-Fa-f:.]+$")


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing to onboard. ``id`` is what the camera will be known by. ``xaddrs`` for ONVIF, ``uri`` for a stream.

    ``number`` and ``name`` are wishes (0 and empty: whatever comes). ``sets`` are credential sets of its own, tried
    before those of the run. With ``expect`` (a known endpoint reference) no credentials go to another device.
    """

    id: str
    kind: DeviceKind
    address: str
    name: str = ""
    xaddrs: tuple[str, ...] = ()
    uri: str = ""
    number: int = 0
    sets: tuple[str, ...] = ()
    expect: str = ""
    named: bool = True
    """False where the name is only what a search heard; the camera's own word is better then."""

    @property
    def label(self) -> str:
        """What messages call it; never a URL."""
        return self.name or self.address or self.id


def from_discovered(device: Discovered) -> Candidate:
    """A device that a search found."""
    if device.kind is DeviceKind.ONVIF:
        return Candidate(device.id, device.kind, device.address, device.name, device.xaddrs, named=False)
    uri = device.xaddrs[0] if device.xaddrs else ""
    return Candidate(device.id, device.kind, device.address, device.name, uri=uri, named=False)


def from_known(camera: Camera, device: Discovered | None = None) -> Candidate:
    """A camera of the site, to be read again; with ``device`` at the address where it is seen now. Its identity is
    checked there before credentials are sent."""
    if camera.kind is not DeviceKind.ONVIF:
        uri = camera.streams[0].uri if camera.streams else ""
        return Candidate(camera.id, camera.kind, camera.address, camera.name, uri=uri, number=camera.number)
    return Candidate(
        camera.id,
        camera.kind,
        device.address if device else camera.address,
        camera.name,
        device.xaddrs if device else camera.xaddrs,
        number=camera.number,
        sets=(camera.credentials,) if camera.credentials else (),
        expect=camera.id if camera.id.startswith("urn:") else "",
    )


def from_text(text: str, name: str = "") -> tuple[Candidate, Credentials | None]:
    """What somebody typed: an address, ``host:port``, a device service's URL, a stream's URL or a file. Credentials in
    a URL come out apart. Raises ValueError with a sentence."""
    text = text.strip()
    if not text or len(text) > 2048 or not text.isprintable():
        raise ValueError("No address given. Write an address such as 192.0.2.10, or a URL such as rtsp://192.0.2.10/.")
    scheme = urlsplit(text).scheme.lower() if "://" in text else ""
    if not scheme and (text.startswith("/") or re.match(r"^[A-Za-z]:[\\/]", text)):
        kind = PurePosixPath if text.startswith("/") else PureWindowsPath
        return _file(kind(text), name), None
    if not scheme:
        return _address(text, name), None
    if scheme not in URL_SCHEMES:
        raise ValueError(f"URLs with {scheme[:20]}: cannot be opened. Use {', '.join(URL_SCHEMES)}.")
    if scheme == "file":
        return Candidate(
            f"url:{text}", DeviceKind.URL, "", name or PurePosixPath(urlsplit(text).path).name, uri=text
        ), None
    clean, credentials = strip_credentials(text)
    parts = split(clean)
    if parts is None:
        raise ValueError("The URL names no host that can be read. Write it as rtsp://host:port/path.")
    host = str(parts.hostname)
    clean = with_host(parts, host, parts.port)
    if scheme in ("http", "https") and "/onvif/" in parts.path:
        return Candidate(f"address:{host}:{parts.port or ''}", DeviceKind.ONVIF, host, name, (clean,)), credentials
    kind_ = DeviceKind.RTSP if scheme in ("rtsp", "rtsps") else DeviceKind.URL
    return Candidate(f"url:{clean}", kind_, host, name, uri=clean), credentials


def _file(path: PurePath, name: str) -> Candidate:
    uri = path.as_uri()
    return Candidate(f"url:{uri}", DeviceKind.URL, "", name or path.name, uri=uri)


def _address(text: str, name: str) -> Candidate:
    parts = split(f"http://{text}")
    if parts is None or "@" in text or "/" in text or not _HOST.match(str(parts.hostname)):
        raise ValueError(
            f"{text[:80]!r} is neither an address nor a URL. Write it as 192.0.2.10, host:port or rtsp://..."
        )
    host = host_of(f"http://{text}")
    base = parts._replace(path=_ONVIF_PATH)
    ports = (parts.port,) if parts.port else (None, *_OTHER_PORTS)
    xaddrs = tuple(with_host(base, host, port) for port in ports)
    return Candidate(f"address:{host}:{parts.port or ''}", DeviceKind.ONVIF, host, name, xaddrs)
