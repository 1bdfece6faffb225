"""Session descriptions (RFC 4566) as cameras write them: the first video track, if it is one that is read here. Pure.

Sources: RFC 2326, C.1 (control); RFC 6184, 8.1 and RFC 7798, 7.1 (format parameters).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from drivers.video.parameter_sets import START
from drivers.video.rtsp import NotOurs

CLOCK = 90_000
_CODECS = {"H264": "h264", "H265": "hevc"}
_SETS = {"h264": ("sprop-parameter-sets",), "hevc": ("sprop-vps", "sprop-sps", "sprop-pps")}
_MOST_LINES, _MOST_SETS, _MOST_SET = 1000, 64, 4096
_METADATA = "vnd.onvif.metadata"
_PLAIN = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Track:
    """What to set up and what will come: FFmpeg's name of the codec, RTP payload type, the URLs of SETUP and of PLAY,
    the parameter sets each behind a start code, and frames a second (0 where it does not say)."""

    codec: str
    payload_type: int
    url: str
    session_url: str
    sets: bytes = b""
    fps: float = 0.0


def video_track(text: str, base: str) -> Track:
    """The first video track of a description. ``base`` is what its URLs are relative to. Raises NotOurs."""
    session, media = _sections(text)
    session_url = _joined(base, _attribute(session, "control")) if _absolute(_attribute(session, "control")) else base
    for lines in media:
        words = lines[0].split()
        if words[0] == "video":
            return _track(lines, words, session_url)
    raise NotOurs("no video")


def metadata_track(text: str, base: str) -> Track:
    """The first track of ONVIF metadata (Streaming Specification, 5.1.2.1) of a description, as plain text. Raises
    NotOurs."""
    session, media = _sections(text)
    session_url = _joined(base, _attribute(session, "control")) if _absolute(_attribute(session, "control")) else base
    compressed = False
    for lines in media:
        words = lines[0].split()
        plain = len(words) > 3 and words[2].upper().startswith("RTP/AVP") and words[3].isdecimal()
        if words[0] != "application" or not plain or int(words[3]) > 127:
            continue
        form = _of_type(lines, "rtpmap", words[3]).partition("/")[0].strip().lower()
        if form.startswith(f"{_METADATA}."):
            compressed = True
        elif form == _METADATA:
            url = _joined(session_url, _attribute(lines[1:], "control"))
            return Track("metadata", int(words[3]), url, session_url)
    raise NotOurs("compressed, which the camera can be told not to do" if compressed else "no metadata")


def _sections(text: str) -> tuple[list[str], list[list[str]]]:
    """Attributes of the session, and for each medium its line and its attributes."""
    session: list[str] = []
    media: list[list[str]] = []
    for line in text.split("\n")[:_MOST_LINES]:
        line = line.strip()
        if line.startswith("m=") and len(line) > 2:
            media.append([line[2:]])
        elif line.startswith("a="):
            (media[-1] if media else session).append(line[2:])
    return session, media


def _attribute(lines: list[str], name: str) -> str:
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(f"{name}:")), "")


def _absolute(control: str) -> bool:
    return control.lower().startswith("rtsp://")


def _joined(base: str, control: str) -> str:
    """Where a control leads. RFC 3986 would drop what stands behind the last slash of ``base``, and with it the query;
    servers mean all of it."""
    if not control or control == "*":
        return base
    url = control if _absolute(control) else f"{base}{'' if base.endswith('/') else '/'}{control.lstrip('/')}"
    if not _PLAIN.fullmatch(url) or len(url) > 2048:
        raise NotOurs("a control URL that cannot be sent")
    return url


def _track(lines: list[str], words: list[str], session_url: str) -> Track:
    if len(words) < 4 or not words[2].upper().startswith("RTP/AVP") or not words[3].isdecimal():
        raise NotOurs("not plain RTP")
    kind = words[3]
    name, _, rate = _of_type(lines, "rtpmap", kind).partition("/")
    codec = _CODECS.get(name.strip().upper())
    if codec is None or not (rate.split("/") or [""])[0].strip() == str(CLOCK) or int(kind) > 127:
        raise NotOurs("another codec")
    pairs = [part.strip().partition("=") for part in _of_type(lines, "fmtp", kind).split(";")]
    more = {key.strip().lower(): value.strip() for key, _, value in pairs}
    if more.get("packetization-mode", "0") not in ("0", "1") or more.get("sprop-max-don-diff", "0") != "0":
        raise NotOurs("interleaved units")
    url = _joined(session_url, _attribute(lines[1:], "control"))
    return Track(codec, int(kind), url, session_url, _sets(codec, more), _rate(_attribute(lines[1:], "framerate")))


def _of_type(lines: list[str], name: str, kind: str) -> str:
    """What an attribute says of one payload type."""
    for line in lines[1:]:
        head, _, value = line.partition(" ")
        if head == f"{name}:{kind}":
            return value.strip()
    return ""


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        return 0.0
    return rate if 0.1 <= rate <= 240 else 0.0


def _sets(codec: str, more: Mapping[str, str]) -> bytes:
    units: list[bytes] = []
    for name in _SETS[codec]:
        for text in more.get(name, "").split(",")[:_MOST_SETS]:
            try:
                unit = base64.b64decode(text.strip() + "=" * (-len(text.strip()) % 4), validate=True)
            except (binascii.Error, ValueError):
                return b""  # a set that cannot be read is worth none: the stream brings them itself
            # Some cameras put start codes before their sets.
            unit = unit.removeprefix(START).removeprefix(START[1:])
            if 0 < len(unit) <= _MOST_SET:
                units.append(START + unit)
    return b"".join(units)


def base_of(url: str, headers: Mapping[str, str]) -> str:
    """What a description's URLs are relative to (RFC 2326, C.1.1)."""
    for name in ("content-base", "content-location"):
        found = headers.get(name, "").strip()
        if _absolute(found) and _PLAIN.fullmatch(found) and len(found) <= 2048:
            try:
                if urlsplit(found).hostname:
                    return _without_login(found)
            except ValueError:
                pass
    return url


def _without_login(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
