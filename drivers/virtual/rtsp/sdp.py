"""Session descriptions (RFC 4566) of a camera's streams, true ones and, on demand, lying ones."""

from __future__ import annotations

import base64

from drivers.types import Codec
from drivers.virtual.encode import CLOCK_HZ, payload_type
from drivers.virtual.rtsp.metadata import PAYLOAD_TYPE
from drivers.virtual.state import VirtualProfile

TRACK = "trackID=0"
SOUND_TRACK = "trackID=1"
METADATA_TRACK = "trackID=2"


def describe(
    profile: VirtualProfile,
    sets: list[bytes],
    host: str,
    lie: str = "",
    sound: bool = False,
    metadata: bool = False,
) -> str:
    """The SDP of a stream, with ``sound`` and ``metadata`` or without; ``sets`` are its parameter sets. ``lie``: "",
    "not_video", "garbage" or "wrong_codec"."""
    if lie == "garbage":
        return "v=0\r\nthis is not a session description\r\nm=\r\na=control\r\n\0\xff\r\n"
    kind = payload_type(profile.codec)
    if lie == "not_video":
        media = ["m=application 0 RTP/AVP 107", "a=rtpmap:107 vnd.onvif.metadata/90000"]
    elif lie == "wrong_codec":
        other = "H265" if profile.codec is Codec.H264 else "H264"
        media = ["m=video 0 RTP/AVP 96", f"a=rtpmap:96 {other}/{CLOCK_HZ}"]
    else:
        media = [f"m=video 0 RTP/AVP {kind}", f"b=AS:{profile.bitrate_kbps}"]
        media += [f"a=rtpmap:{kind} {profile.codec.value}/{CLOCK_HZ}", *_format(profile.codec, sets)]
        media += [f"a=framerate:{profile.fps}", f"a=x-dimensions:{profile.width},{profile.height}"]
    head = ["v=0", f"o=- 1 1 IN IP4 {host}", f"s=Watchfloor city {profile.token}", f"c=IN IP4 {host}", "t=0 0"]
    media.append(f"a=control:{TRACK}")
    if sound:  # payload type 0 is PCMU at 8 kHz (RFC 3551, 6)
        media += ["m=audio 0 RTP/AVP 0", "b=AS:64", "a=rtpmap:0 PCMU/8000", "a=ptime:40", f"a=control:{SOUND_TRACK}"]
    if metadata:
        media += [f"m=application 0 RTP/AVP {PAYLOAD_TYPE}", f"a=rtpmap:{PAYLOAD_TYPE} vnd.onvif.metadata/{CLOCK_HZ}"]
        media += ["a=recvonly", f"a=control:{METADATA_TRACK}"]
    return "\r\n".join([*head, "a=control:*", "a=range:npt=now-", *media, ""])


def _format(codec: Codec, sets: list[bytes]) -> list[str]:
    texts = [base64.b64encode(unit).decode() for unit in sets]
    if codec is Codec.H264:  # RFC 6184, 8.1: profile-level-id is the SPS's bytes 1 to 3
        both = ",".join(texts)
        return [f"a=fmtp:96 packetization-mode=1; profile-level-id={sets[0][1:4].hex()}; sprop-parameter-sets={both}"]
    if codec is Codec.H265:  # RFC 7798, 7.1
        return [f"a=fmtp:96 sprop-vps={texts[0]}; sprop-sps={texts[1]}; sprop-pps={texts[2]}"]
    return []
