"""Session descriptions as cameras write them, and sequence parameter sets as encoders do."""

from __future__ import annotations

import base64
from fractions import Fraction
from typing import Any

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.video.parameter_sets import sequence_sets
from drivers.video.rtsp import NotOurs
from drivers.video.rtsp.sdp import base_of, metadata_track, video_track
from drivers.video.sequence_set import PictureFormat, picture_format

BASE = "rtsp://10.0.0.1/live?channel=1"
START = b"\0\0\0\1"


def text(*video: str, session: str = "a=control:*", line: str = "m=video 0 RTP/AVP 96") -> str:
    return "\r\n".join(["v=0", "s=x", session, "m=audio 0 RTP/AVP 0", "a=control:sound", line, *video, ""])


H264 = ("a=rtpmap:96 H264/90000", "a=control:track1")


def test_a_video_track() -> None:
    sets = ",".join(base64.b64encode(unit).decode() for unit in (b"\x67abc", b"\x68d"))
    track = video_track(
        text(*H264, f"a=fmtp:96 packetization-mode=1; sprop-parameter-sets={sets};x=y", "a=framerate:12.5"), BASE
    )
    assert (track.codec, track.payload_type, track.fps) == ("h264", 96, 12.5)
    assert (track.url, track.session_url) == (f"{BASE}/track1", BASE)
    assert track.sets == START + b"\x67abc" + START + b"\x68d"


def test_h265_with_start_codes_in_its_sets() -> None:
    sets = [base64.b64encode(START + unit).decode().rstrip("=") for unit in (b"\x40\1v", b"\x42\1ss", b"\x44\1p")]
    line = f"a=fmtp:98 sprop-vps={sets[0]}; sprop-sps={sets[1]}; sprop-pps={sets[2]}"
    track = video_track(text("a=rtpmap:98 H265/90000", line, line="m=video 0 RTP/AVP 98"), BASE)
    assert (track.codec, track.payload_type) == ("hevc", 98)
    assert track.sets == START + b"\x40\1v" + START + b"\x42\1ss" + START + b"\x44\1p"
    assert track.url == BASE


@pytest.mark.parametrize(
    ("control", "session", "wanted"),
    [
        ("rtsp://10.0.0.9/other", "a=control:*", "rtsp://10.0.0.9/other"),
        ("*", "a=control:*", BASE),
        ("", "a=control:*", BASE),
        ("trackID=1", "a=control:rtsp://10.0.0.1/all/", "rtsp://10.0.0.1/all/trackID=1"),
        ("/trackID=1", "a=x", f"{BASE}/trackID=1"),
    ],
)
def test_controls(control: str, session: str, wanted: str) -> None:
    assert video_track(text(H264[0], f"a=control:{control}", session=session), BASE).url == wanted


def test_what_urls_are_relative_to() -> None:
    assert base_of(BASE, {}) == BASE
    assert base_of(BASE, {"content-base": "rtsp://a:b@10.0.0.1/x/"}) == "rtsp://10.0.0.1/x/"
    assert base_of(BASE, {"content-base": "/x/", "content-location": "rtsp://10.0.0.1/y"}) == "rtsp://10.0.0.1/y"
    assert base_of(BASE, {"content-base": "rtsp://[::1/x\x01"}) == BASE


@pytest.mark.parametrize(
    "said",
    [
        "",
        "garbage\0\xff",
        "v=0\r\nm=\r\n",
        text(*H264, line="m=application 0 RTP/AVP 96"),
        text(*H264, line="m=video 0 RTP/SAVP 96"),
        text(*H264, line="m=video 0 RTP/AVP"),
        text(*H264, line="m=video 0 RTP/AVP x"),
        text(*H264, line="m=video 0 RTP/AVP 26"),
        text("a=rtpmap:96 JPEG/90000"),
        text("a=rtpmap:96 H264/8000"),
        text("a=rtpmap:96"),
        text(*H264, "a=fmtp:96 packetization-mode=2"),
        text("a=rtpmap:96 H265/90000", "a=fmtp:96 sprop-max-don-diff=3"),
        text(H264[0], "a=control:x y"),
        text(H264[0], "a=control:" + "x" * 5000),
    ],
)
def test_what_is_left_to_ffmpeg(said: str) -> None:
    with pytest.raises(NotOurs):
        video_track(said, BASE)


METADATA = ("m=application 0 RTP/AVP 107", "a=rtpmap:107 vnd.onvif.metadata/90000", "a=control:track3")


@pytest.mark.parametrize("name", ["vnd.onvif.metadata/90000", "VND.ONVIF.METADATA/90000", "vnd.onvif.metadata"])
def test_a_metadata_track(name: str) -> None:
    other = "m=application 0 RTP/AVP 100", "a=rtpmap:100 x-other/90000", "a=control:track2"
    track = metadata_track(text(*H264, *other, METADATA[0], f"a=rtpmap:107 {name}", METADATA[2]), BASE)
    assert (track.codec, track.payload_type) == ("metadata", 107)
    assert (track.url, track.session_url) == (f"{BASE}/track3", BASE)
    assert video_track(text(*H264, *METADATA), BASE).url == f"{BASE}/track1"


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((), "no metadata"),
        ((METADATA[0],), "no metadata"),
        (("m=application 0 RTP/SAVP 107", METADATA[1]), "no metadata"),
        (("m=application 0 RTP/AVP x", METADATA[1]), "no metadata"),
        (("m=application 0 RTP/AVP 107", "a=rtpmap:107 vnd.onvif.metadataother/90000"), "no metadata"),
        ((METADATA[0], "a=rtpmap:107 vnd.onvif.metadata.gzip/90000"), "compressed"),
        ((METADATA[0], "a=rtpmap:107 vnd.onvif.metadata.exi.onvif/90000"), "compressed"),
    ],
)
def test_no_metadata_that_could_be_read(lines: tuple[str, ...], why: str) -> None:
    with pytest.raises(NotOurs, match=why):
        metadata_track(text(*H264, *lines), BASE)


def test_sets_that_cannot_be_read_are_none() -> None:
    assert video_track(text(*H264, "a=fmtp:96 sprop-parameter-sets=!!,Z0I="), BASE).sets == b""
    assert video_track(text(*H264, "a=framerate:nan"), BASE).fps == 0.0
    assert video_track(text(*H264, "a=framerate:fast"), BASE).fps == 0.0


@given(st.text(max_size=300))
def test_no_description_breaks_it(said: str) -> None:
    for whole in (said, text(*H264, said), text(said)):
        try:
            video_track(whole, BASE)
        except NotOurs:
            pass
        try:
            metadata_track(whole, BASE)
        except NotOurs:
            pass


# --- sequence parameter sets ----------------------------------------------------------------------------------------


def encoded(library: str, width: int, height: int, params: str, aspect: Fraction) -> bytes:
    """The first pictures of an encoder."""
    context: Any = av.CodecContext.create(library, "w")
    context.width, context.height, context.pix_fmt, context.thread_count = width, height, "yuv420p", 1
    context.time_base, context.framerate, context.sample_aspect_ratio = Fraction(1, 15), Fraction(15), aspect
    context.options = {"x265-params" if library == "libx265" else "x264-params": params}
    frame = av.VideoFrame.from_ndarray(np.zeros((height, width, 3), np.uint8), format="bgr24")
    data = b"".join(bytes(packet) for _ in range(4) for packet in context.encode(frame))
    return data + b"".join(bytes(packet) for packet in context.encode(None))


@pytest.mark.parametrize(("width", "height"), [(64, 48), (324, 182), (640, 360)])
@pytest.mark.parametrize(
    ("library", "params", "depth"),
    [
        ("libx264", "bframes=0", 0),
        ("libx264", "bframes=2:interlaced=1", 2),
        ("libx264", "bframes=0:vbv-maxrate=500:vbv-bufsize=500:bitrate=400:nal-hrd=vbr", 0),
        ("libx264", "bframes=2:cqm=jvt", 2),
        ("libx265", "bframes=0:repeat-headers=1:log-level=none:pools=none", 0),
        ("libx265", "bframes=3:repeat-headers=1:log-level=none:pools=none:scaling-list=default:temporal-layers=1", 2),
    ],
)
def test_sizes_of_encoders(library: str, params: str, depth: int, width: int, height: int) -> None:
    if "interlaced" in params:
        height = height // 4 * 4
    codec = "hevc" if library == "libx265" else "h264"
    units = sequence_sets(codec, encoded(library, width, height, params, Fraction(4, 3)))
    found = picture_format(codec, units[0])
    assert found is not None
    assert (found.width, found.height, found.fps) == (width, height, 15.0)
    assert found.pixel_aspect == pytest.approx(4 / 3)
    assert found.reorder is not None
    assert found.reorder >= depth
    for cut in range(len(units[0])):  # whatever is cut off, the size is right or not known
        part = picture_format(codec, units[0][:cut])
        assert part is None or (part.width, part.height) == (width, height)


@given(st.binary(max_size=120), st.sampled_from(["h264", "hevc"]))
def test_no_set_breaks_it(unit: bytes, codec: str) -> None:
    found = picture_format(codec, unit)
    assert found is None or isinstance(found, PictureFormat)
