"""Stills: the right picture in full size, hidden where it must be, saying what it is. Masks burnt into footage."""

from __future__ import annotations

import struct
import zlib
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from clip_rig import START, brightness, film, gops

from drivers.clips import Still, StillOrder
from drivers.errors import BadAnswer, TimedOut, Unreachable
from drivers.types import StreamRequest, View
from drivers.video.encode_masked import MaskedGops
from drivers.video.grab import grab
from drivers.video.still import make_still

ORDER = StillOrder(17, "Straße 5 東", "anna", "Watchfloor test")
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


def pixels(still: Still) -> npt.NDArray[np.uint8]:
    """Decoded by somebody else."""
    found = cv2.imdecode(np.frombuffer(still.data, np.uint8), cv2.IMREAD_COLOR)
    assert found is not None
    assert found.shape[:2] == (still.height, still.width)
    return np.asarray(found, np.uint8)


@pytest.mark.parametrize(("codec", "bframes"), [("h264", 0), ("h264", 2), ("hevc", 2), ("mjpeg", 0)])
def test_the_picture_of_the_moment(codec: str, bframes: int) -> None:
    gop = gops(*film(codec, bframes=bframes))[0]
    shown = brightness(gop)
    for rank in range(len(gop.packets)):
        when = gop.packets[rank].arrived + 0.001
        still = make_still(gop, when, ORDER)
        assert abs(int(pixels(still).mean()) - 5 * rank) <= 6 + abs(shown[rank] - 5 * rank)
        assert still.by_sender
        assert still.taken == pytest.approx(START + rank / 10 - 0.25)
    newest = make_still(gop, None, ORDER)
    assert newest.taken == max(each.taken or 0 for each in gop.packets)
    assert make_still(gop, START - 50, ORDER).taken == pytest.approx(START - 0.25)


def chunks(data: bytes) -> dict[bytes, bytes]:
    """The text chunks of a PNG, their sums checked."""
    found, at = {}, 8
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + size]
        assert struct.unpack_from(">I", data, at + 8 + size)[0] == zlib.crc32(kind + body)
        if kind in (b"tEXt", b"iTXt"):
            key, _, rest = body.partition(b"\0")
            found[key] = rest if kind == b"tEXt" else rest[4:]
        at += 12 + size
    return found


def test_a_png_says_what_it_is() -> None:
    gop = gops(*film("h264"))[0]
    words = chunks(make_still(gop, None, ORDER).data)
    assert words[b"Title"].decode() == "Camera 17 Straße 5 東"
    assert words[b"Author"] == b"anna"
    assert words[b"Software"] == b"Watchfloor test"
    assert words[b"Source"] == b"camera 17, time of the camera (RTCP)"
    assert words[b"Creation Time"] == b"2026-11-21T02:41:07.773+00:00"
    assert words[b"Comment"] == b"no privacy masks"
    unknown = replace(gop, packets=tuple(each._replace(taken=None) for each in gop.packets))
    still = make_still(unknown, None, ORDER)
    assert not still.by_sender
    assert still.taken == pytest.approx(gop.packets[-1].arrived, abs=0.02)
    assert chunks(still.data)[b"Source"] == b"camera 17, time of this computer"


def exif(data: bytes) -> dict[int, bytes]:
    """The text fields of a JPEG's EXIF (CIPA DC-008, 4.6), both directories."""
    assert data[:4] == b"\xff\xd8\xff\xe1"
    size = int.from_bytes(data[4:6])
    tiff = data[12 : 4 + size]
    assert (data[6:12], tiff[:4]) == (b"Exif\0\0", b"MM\0\x2a")
    found: dict[int, bytes] = {}
    todo = [int.from_bytes(tiff[4:8])]
    while todo:
        at = todo.pop()
        for number in range(int.from_bytes(tiff[at : at + 2])):
            tag, kind, count, place = struct.unpack_from(">HHII", tiff, at + 2 + 12 * number)
            if tag == 0x8769:
                todo.append(place)
            else:
                assert kind == 2
                begin = place if count > 4 else at + 2 + 12 * number + 8
                found[tag] = tiff[begin : begin + count - 1]
                assert tiff[begin + count - 1] == 0
    return found


def test_a_jpeg_says_what_it_is() -> None:
    still = make_still(gops(*film("h264"))[0], None, replace(ORDER, jpeg=True))
    fields = exif(still.data)
    assert fields[0x010E].decode() == "Camera 17 Straße 5 東"
    assert fields[0x9003] == b"2026:11:21 02:41:07"
    assert (fields[0x9011], fields[0x9291]) == (b"+00:00", b"773")
    assert (fields[0x013B], fields[0x0131]) == (b"anna", b"Watchfloor test")
    assert b"Source: camera 17, time of the camera (RTCP)\n" in still.data
    assert abs(int(pixels(still).mean()) - 45) <= 6


def test_masks_and_the_view_hold_for_stills() -> None:
    gop = gops(*film("h264", frames=50))[4]  # bright
    plain = pixels(make_still(gop, None, ORDER))
    masked = pixels(make_still(gop, None, replace(ORDER, view=View(masks=(LEFT_HALF,)))))
    assert plain.mean() > 200
    assert masked[:, :32].max() < 80
    assert masked[:, 40:].min() > 200
    turned = make_still(gop, None, replace(ORDER, view=View(rotate=90, masks=(LEFT_HALF,))))
    assert (turned.width, turned.height) == (48, 64)
    assert pixels(turned)[:32].max() < 80
    assert b"privacy masks are painted over" in turned.data


def test_a_caption_lies_below_the_picture() -> None:
    gop = gops(*film("h264", width=320, height=240))[3]
    plain, captioned = make_still(gop, None, ORDER), make_still(gop, None, replace(ORDER, caption=True))
    assert captioned.height > plain.height
    assert np.array_equal(pixels(captioned)[: plain.height], pixels(plain))
    assert pixels(captioned)[plain.height :].min() < 100  # there is writing


def test_what_does_not_decode_is_said() -> None:
    gop = gops(*film("h264"))[0]
    broken = replace(gop, packets=tuple(each._replace(data=b"\0\0\0\1\x65rubbish") for each in gop.packets))
    with pytest.raises(BadAnswer, match="no picture could be decoded"):
        make_still(broken, None, ORDER)
    hole = list(gop.packets)
    hole[-1] = hole[-1]._replace(data=b"\0\0\0\1\x41rubbish")
    still = make_still(replace(gop, packets=tuple(hole)), None, ORDER)
    assert still.taken == pytest.approx(gop.packets[-2].taken)


# --- masks burnt in ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("codec", "bframes"), [("h264", 0), ("h264", 2), ("mjpeg", 0)])
def test_masks_are_burnt_in(codec: str, bframes: int) -> None:
    source = gops(*film(codec, frames=50, bframes=bframes))
    masked = MaskedGops("camera 17", (LEFT_HALF,))
    made = [masked.convert(each) for each in source[-5:]]
    masked.close()
    for new, old in zip(made, source[-5:], strict=True):
        assert new is not None
        assert new.parameters.codec == "h264"
        assert [each.key for each in new.packets] == [True] + [False] * (len(old.packets) - 1)
        assert [each.arrived for each in new.packets] == [each.arrived for each in old.packets]
        assert [each.pts for each in new.packets] == sorted(each.pts for each in old.packets)
        seen = pixels(make_still(new, None, ORDER))
        assert seen[:, :32].max() < 90
        assert abs(int(seen[:, 44:].mean()) - brightness(old)[-1]) < 20


# --- a key frame of a stream nobody watches ---------------------------------------------------------------------------


def test_the_first_picture_of_a_stream_is_taken(camera: Any) -> None:
    gop = grab(StreamRequest("Gate", camera.uri("main"), camera.spec.credentials), 8.0, clock=lambda: START)
    assert (gop.start, len(gop.packets), gop.packets[0].key) == (START, 1, True)
    still = make_still(gop, None, ORDER)
    assert (still.width, still.height) == (320, 180)


def test_a_stream_that_does_not_come_is_said() -> None:
    with pytest.raises((Unreachable, TimedOut)):
        grab(StreamRequest("Gate", "rtsp://127.0.0.1:9/none"), 2.0)
