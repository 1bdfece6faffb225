"""Opening a stream with FFmpeg: the URL, its options, and a second try where the first look was too short."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import cast
from urllib.parse import quote, urlsplit, urlunsplit
from urllib.request import url2pathname

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext

from drivers.errors import BadAnswer, DriverError, NoSound, NotVideo, TimedOut, Unsupported
from drivers.types import Credentials, StreamRequest, Transport
from drivers.video.translate import translate

OPEN_SECONDS = 5.0
SOCKET_SECONDS = 5.0
"""How long a stream may be silent."""

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

_TEXT_FORMATS = {"adf", "bin", "idf", "tty", "xbin"}
"""FFmpeg plays text as if it were a film; nobody who names a text file means that."""

_PLAIN = "!$&'()*+,;=~"
"""What a login may hold as it is (RFC 3986, 3.2.1); all else takes three bytes of few."""

MAX_LOGIN = 127
"""FFmpeg cuts the login of an RTSP URL beyond this many bytes, and a cut password counts as a wrong one."""


def with_credentials(uri: str, credentials: Credentials | None) -> str:
    """``uri`` with the credentials in it, as FFmpeg wants them. The result is a secret: never show or log it."""
    if credentials is None:
        return uri
    parts = urlsplit(uri)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{_login(credentials)}@{host}"))


def _login(credentials: Credentials) -> str:
    return f"{quote(credentials.user, safe=_PLAIN)}:{quote(credentials.password, safe=_PLAIN)}"


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
    patience_ends = time.monotonic() + OPEN_SECONDS * 0.9
    try:
        first = _try(request, family, probe=32_768, analyze=500_000)
    except FFmpegError as error:
        problem = translate(request.name, error)
        if isinstance(problem, BadAnswer) and time.monotonic() >= patience_ends:
            # FFmpeg says "invalid data" when its patience ends in the middle of the RTSP signalling.
            problem = TimedOut(request.name)
        if not isinstance(problem, BadAnswer) or family == "file":
            raise problem from None  # FFmpeg's own error holds the URL, and so the password
    else:
        if _checked(request, first):
            return first
        first.close()
    return _again(request, family)


def open_sound(request: StreamRequest) -> InputContainer:
    """Connect for the sound alone: pictures are not even sent where the camera can leave them out. Blocks for a few
    seconds at most. Raises DriverError, NoSound where there is none."""
    family = scheme_family(request)
    try:
        container = _try(request, family, probe=32_768, analyze=500_000, more={"allowed_media_types": "audio"})
    except FFmpegError as error:
        problem = translate(request.name, error)
        if family == "rtsp" and isinstance(problem, BadAnswer) and not _has_sound(request):
            problem = NoSound(request.name)
        raise problem from None
    if not container.streams.audio:
        container.close()
        raise NoSound(request.name)
    return container


def _has_sound(request: StreamRequest) -> bool:
    """Whether sound is announced at all. Where it is not, FFmpeg has nothing to set up and yet asks to play it, which
    servers answer with whatever error they like; so this asks without playing. True where it cannot be known."""
    more = {"allowed_media_types": "audio", "initial_pause": "1"}
    try:
        container = _try(request, "rtsp", probe=32_768, analyze=500_000, more=more)
    except FFmpegError:
        return True  # what went wrong first is told
    try:
        return bool(container.streams.audio)
    finally:
        container.close()


def _again(request: StreamRequest, family: str) -> InputContainer:
    """A short look does not suffice for streams whose first key frame is late ("unspecified size")."""
    try:
        second = _try(request, family, probe=2_000_000, analyze=4_000_000)
    except FFmpegError as error:
        raise translate(request.name, error) from None
    _checked(request, second)
    return second


def _checked(request: StreamRequest, container: InputContainer) -> bool:
    """Whether the pictures' size is known. Raises DriverError, the container closed, for what can never play."""
    problem: DriverError | None = None
    videos = container.streams.video
    video = videos[0] if videos else None
    # PyAV gives no context where FFmpeg has no decoder, whatever its stubs say.
    decoder = cast(VideoCodecContext | None, video.codec_context) if video is not None else None
    if container.format.name in _TEXT_FORMATS:
        problem = NotVideo(request.name, "it is text", "Choose a video file or stream.")
    elif video is None:
        problem = NotVideo(request.name)
    elif decoder is None:
        problem = Unsupported(request.name, "no decoder for its codec", "Choose another profile or codec.")
    elif decoder.width == 0 and video.start_time is None:
        # Packets came until the time was over and none was of the codec that was announced. A read would never end:
        # FFmpeg drops such packets inside, and its socket time-out sees that something comes.
        advice = "Set another codec at the camera, or bring its firmware up to date."
        problem = BadAnswer(request.name, "what it sends is not what it announces", advice)
    if problem is not None:
        container.close()
        raise problem
    return decoder is not None and decoder.width > 0


def _url(request: StreamRequest, family: str) -> str:
    """What FFmpeg opens. The result may hold the password: never show or log it."""
    if family == "file":
        parts = urlsplit(request.uri)
        # FFmpeg takes the path of a file URL as it stands, "%20" and all.
        return url2pathname(parts.path) if parts.scheme.lower() == "file" else request.uri
    if family == "udp" or request.credentials is None:
        return request.uri
    check_login(request, family)
    return with_credentials(request.uri, request.credentials)


def check_login(request: StreamRequest, family: str) -> None:
    """Raises Unsupported for a login that could not be sent whole."""
    if request.credentials is None:
        return
    if ":" in request.credentials.user:  # RFC 7617, 2: no scheme of HTTP can carry it
        raise Unsupported(request.name, "a user name with a colon", "Use a user name without one.")
    if family == "rtsp" and len(_login(request.credentials)) > MAX_LOGIN:
        raise Unsupported(request.name, "user name and password are too long", "Set a shorter password at the camera.")


def _try(
    request: StreamRequest, family: str, probe: int, analyze: int, more: Mapping[str, str] | None = None
) -> InputContainer:
    silent = str(int(SOCKET_SECONDS * 1e6))
    options = {
        "probesize": str(probe),
        "analyzeduration": str(analyze),
        "protocol_whitelist": _WHITELIST[family],
    }
    # No fflags=nobuffer: it throws away what was read while looking for the streams, and with it the first key frame,
    # so that the first picture came up to a whole GOP later (measured: 2 s). Shedding catches up with what waited.
    if family == "rtsp":
        options |= {
            "rtsp_transport": "udp" if request.transport is Transport.UDP else "tcp",
            "allowed_media_types": "video",
            "timeout": silent,
        }
        if request.transport is Transport.TCP:
            options["reorder_queue_size"] = "0"
        options |= more or {}
    elif family == "http":
        options |= {"rw_timeout": silent}
    elif family == "udp":
        options |= {"timeout": silent}
    # The read time-out stays unset: it would make FFmpeg take the GIL at each poll (PyAV issue 1112); FFmpeg's own
    # socket time-out and the stream's watchdog do its work.
    opened = av.open(_url(request, family), mode="r", options=options, timeout=(OPEN_SECONDS, None))
    if not isinstance(opened, InputContainer):  # pragma: no cover - mode "r" gives nothing else
        raise DriverError(request.name)
    return opened
