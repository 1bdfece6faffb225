"""Opening a stream with FFmpeg: the URL, its options, and a second try where the first look was too short."""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

import av
from av.container import InputContainer
from av.error import FFmpegError

from drivers.errors import BadAnswer, DriverError, Unsupported
from drivers.types import Credentials, StreamRequest, Transport
from drivers.video.translate import translate

OPEN_SECONDS = 5.0
_SOCKET_MICROSECONDS = str(int(OPEN_SECONDS * 1e6))

# What a stream of each scheme may open in turn. Without this an HLS list or an SDP could name local files.
_WHITELIST = {
    "rtsp": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,http,https,httpproxy,crypto",
    "http": "http,https,httpproxy,tcp,tls,crypto,data",
    "file": "file,crypto,data",
    "udp": "udp,rtp",
}
_FAMILY = {
    "rtsp": "rtsp", "rtsps": "rtsp", "http": "http", "https": "http", "file": "file", "": "file", "udp": "udp",
    "rtp": "udp",
}  # fmt: skip


def with_credentials(uri: str, credentials: Credentials | None) -> str:
    """``uri`` with the credentials in it, as FFmpeg wants them. The result is a secret: never show or log it."""
    if credentials is None:
        return uri
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    login = f"{quote(credentials.user, safe='')}:{quote(credentials.password, safe='')}"
    return urlunsplit(parts._replace(netloc=f"{login}@{host}"))


def scheme_family(request: StreamRequest) -> str:
    """``rtsp``, ``http``, ``udp`` or ``file``. Raises Unsupported for any other scheme, BadAnswer for a broken URL."""
    try:
        scheme = urlsplit(request.uri).scheme.lower()
    except ValueError as error:
        raise BadAnswer(request.name, "the URL cannot be read", "Correct the URL of this camera.") from error
    if len(scheme) == 1:  # a drive letter of Windows
        scheme = "file"
    try:
        return _FAMILY[scheme]
    except KeyError:
        advice = "Use rtsp, rtsps, http, https or a file."
        raise Unsupported(request.name, f"streams by {scheme[:20]!r} cannot be opened", advice) from None


def is_live(request: StreamRequest) -> bool:
    """Whether the sender sets the pace; files and HLS playlists must be slowed down to theirs."""
    family = scheme_family(request)
    return family != "file" and not (family == "http" and urlsplit(request.uri).path.lower().endswith(".m3u8"))


def open_container(request: StreamRequest) -> InputContainer:
    """Connect and find the streams. Blocks for a few seconds at most. Raises DriverError."""
    family = scheme_family(request)
    try:
        return _try(request, family, probe=32_768, analyze=500_000)
    except FFmpegError as error:
        first = translate(request.name, error)
        if not isinstance(first, BadAnswer) or family == "file":
            raise first from error
    return _again(request, family)


def _again(request: StreamRequest, family: str) -> InputContainer:
    """A short look does not suffice for streams whose first key frame is late ("unspecified size")."""
    try:
        return _try(request, family, probe=2_000_000, analyze=4_000_000)
    except FFmpegError as error:
        raise translate(request.name, error) from error


def _try(request: StreamRequest, family: str, probe: int, analyze: int) -> InputContainer:
    options = {
        "probesize": str(probe),
        "analyzeduration": str(analyze),
        "protocol_whitelist": _WHITELIST[family],
        "fflags": "nobuffer",
    }
    if family == "rtsp":
        options |= {
            "rtsp_transport": "udp" if request.transport is Transport.UDP else "tcp",
            "allowed_media_types": "video",
            "timeout": _SOCKET_MICROSECONDS,
        }
        if request.transport is Transport.TCP:
            options["reorder_queue_size"] = "0"
    elif family == "http":
        options |= {"rw_timeout": _SOCKET_MICROSECONDS}
    elif family == "udp":
        options |= {"timeout": _SOCKET_MICROSECONDS}
    # The read time-out stays unset: it would make FFmpeg take the GIL at each poll (PyAV issue 1112); FFmpeg's own
    # socket time-out and the stream's watchdog do its work.
    opened = av.open(
        with_credentials(request.uri, request.credentials), mode="r", options=options, timeout=(OPEN_SECONDS, None)
    )
    if not isinstance(opened, InputContainer):  # pragma: no cover - mode "r" gives nothing else
        raise DriverError(request.name)
    return opened
