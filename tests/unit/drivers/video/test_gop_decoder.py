"""The right picture of a GOP: by seeking, forwards, backwards, one by one, of all codecs."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from gop_rig import HEIGHT, OPEN_GOPS, PLAIN, REORDERED, WIDTH, gops, number_in

from drivers.errors import Unsupported
from drivers.frames import frame_line
from drivers.types import Gop, StreamParameters, View
from drivers.video import gop_decoder
from drivers.video.gop_decoder import GopDecoder

KINDS = [("h264", PLAIN["h264"]), ("hevc", PLAIN["hevc"]), ("h264", REORDERED["h264"]), ("hevc", REORDERED["hevc"])]
NAMES = ["h264", "hevc", "h264 with B-frames", "hevc with B-frames"]


def shown(decoder: GopDecoder, gop: Gop, rank: int, before: Gop | None = None, keep: bool = False) -> int | None:
    found = decoder.frame(gop, rank, before, keep)
    return None if found is None else number_in(found.picture)


@pytest.mark.parametrize(("codec", "options"), KINDS, ids=NAMES)
def test_each_picture_forwards_backwards_and_anywhere(codec: str, options: dict[str, str]) -> None:
    made = gops(codec, 40, 20, options=options)
    assert [len(gop.packets) for gop in made] == [20, 20]
    decoder = GopDecoder("camera")
    for index, gop in enumerate(made):
        assert [shown(decoder, gop, rank) for rank in range(20)] == list(range(20 * index, 20 * index + 20))
    for index, gop in reversed(list(enumerate(made))):
        ranks = list(reversed(range(20)))
        assert [shown(decoder, gop, rank, keep=True) for rank in ranks] == [20 * index + rank for rank in ranks]
    dice = random.Random(7)
    for _ in range(25):
        index, rank = dice.randrange(2), dice.randrange(20)
        assert shown(decoder, made[index], rank) == 20 * index + rank
    decoder.close()


def test_b_frames_are_really_in_there() -> None:
    for codec in ("h264", "hevc"):
        assert frame_line(gops(codec, 40, 20, options=REORDERED[codec])[0]).reordered


def test_mjpeg_where_each_picture_is_a_group() -> None:
    made = gops("mjpeg", 6, 1)
    assert len(made) == 6
    decoder = GopDecoder("camera")
    assert [shown(decoder, gop, 0) for gop in made] == [0, 1, 2, 3, 4, 5]
    assert [shown(decoder, gop, 0) for gop in reversed(made)] == [5, 4, 3, 2, 1, 0]


def test_large_pictures_on_several_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gop_decoder, "_LARGE", 1)
    for options in (PLAIN["h264"], REORDERED["h264"]):
        made = gops("h264", 40, 20, options=options)
        decoder = GopDecoder("camera")
        assert [shown(decoder, made[0], rank) for rank in (0, 1, 2, 7, 19, 3)] == [0, 1, 2, 7, 19, 3]
        assert shown(decoder, made[1], 5) == 25


def test_leading_pictures_of_an_open_group_need_the_group_before() -> None:
    made = gops("hevc", 60, 20, options=OPEN_GOPS)
    first, second, *_ = made
    line = frame_line(second)
    assert line.leading > 0
    decoder = GopDecoder("camera")
    seen = [shown(decoder, second, rank, first) for rank in range(len(second.packets))]
    begin = len(first.packets)
    assert seen == list(range(begin, begin + len(second.packets)))
    # Without it the leading pictures cannot be had: what is seen instead is the key frame, never a broken picture.
    alone = GopDecoder("camera")
    found = alone.frame(second, 0)
    assert found is not None
    assert (found.rank, number_in(found.picture)) == (line.leading, begin + line.leading)


def test_each_packet_is_decoded_once_forwards_and_once_a_memory_backwards() -> None:
    gop = gops("h264", 30, 30)[0]
    decoder = GopDecoder("camera")
    decoder.set_target(160, 90)
    assert decoder.needed(gop, 4) == 5
    shown(decoder, gop, 4)
    assert decoder.needed(gop, 4) == 0
    assert decoder.needed(gop, 5) == 1
    shown(decoder, gop, 29, keep=True)
    assert [decoder.needed(gop, rank) for rank in (28, 10, 5)] == [0, 0, 0]


def test_the_memory_for_pictures_is_bounded() -> None:
    gop = gops("h264", 30, 30)[0]
    decoder = GopDecoder("camera", cache_bytes=5 * WIDTH * HEIGHT * 4)
    assert decoder.room(gop) == 5
    shown(decoder, gop, 20, keep=True)
    assert [rank for rank in range(30) if decoder.needed(gop, rank) == 0] == [16, 17, 18, 19, 20]
    assert [shown(decoder, gop, rank, keep=True) for rank in range(20, -1, -1)] == list(range(20, -1, -1))
    assert sum(decoder.needed(gop, rank) == 0 for rank in range(30)) <= 6


def test_a_group_that_grows_while_it_is_looked_at() -> None:
    for options in (PLAIN["h264"], REORDERED["h264"]):
        whole = gops("h264", 40, 20, options=options)[0]
        decoder = GopDecoder("camera")
        for length in range(8, 21, 3):
            part = replace(whole, packets=whole.packets[:length], whole=False)
            stamps = sorted(packet.pts for packet in part.packets)
            for rank in (length // 2, length - 1):
                assert shown(decoder, part, rank) == round(stamps[rank] * 15)
        assert shown(decoder, whole, 19) == 19


def test_broken_packets_are_survived() -> None:
    gop = gops("h264", 40, 20)[0]
    packets = list(gop.packets)
    packets[8] = packets[8]._replace(data=b"\0\0\0\1\x65broken")
    packets[12] = packets[12]._replace(data=b"")
    broken = replace(gop, packets=tuple(packets))
    decoder = GopDecoder("camera")
    assert shown(decoder, broken, 7) == 7
    for rank in range(8, 20):
        found = decoder.frame(broken, rank)
        assert found is None or found.rank <= rank
    assert shown(decoder, gops("h264", 40, 20)[1], 3) == 23


def test_nothing_that_can_be_decoded_gives_nothing() -> None:
    gop = gops("h264", 40, 20)[0]
    noise = replace(gop, packets=tuple(each._replace(data=b"noise" * 10) for each in gop.packets[:5]))
    assert GopDecoder("camera").frame(noise, 3) is None


def test_an_unknown_codec_is_a_sentence() -> None:
    gop = gops("h264", 40, 20)[0]
    with pytest.raises(Unsupported, match="coded as rawvideo"):
        GopDecoder("Gate").frame(replace(gop, parameters=StreamParameters("rawvideo")), 0)


def test_left_half_way_nothing_is_lost() -> None:
    gop = gops("h264", 30, 30)[0]
    decoder = GopDecoder("camera")
    asked = iter([True] * 10 + [False])
    assert decoder.frame(gop, 29, go_on=lambda: next(asked)) is None
    assert decoder.needed(gop, 29) == 20
    assert shown(decoder, gop, 29) == 29


def test_size_and_view_hold_for_the_next_picture() -> None:
    gop = gops("h264", 30, 30)[0]
    decoder = GopDecoder("camera")
    decoder.set_target(160, 160)
    found = decoder.frame(gop, 3)
    assert found is not None
    assert (found.picture.width, found.picture.height) == (160, 90)
    decoder.set_view(View(rotate=90, masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)),)))
    turned = decoder.frame(gop, 3)
    assert turned is not None
    assert turned.picture.height > turned.picture.width
    pixels = np.frombuffer(turned.picture.data, np.uint8)
    assert np.ptp(pixels.reshape(-1, 4)[:, :3]) < 40  # nothing of the picture is left under its mask
    assert number_in(turned.picture) is None


def test_a_picture_knows_when_it_was_taken() -> None:
    gop = gops("h264", 40, 20, options=REORDERED["h264"])[0]
    packets = tuple(each._replace(taken=5000.0 + each.pts) for each in gop.packets)
    found = GopDecoder("camera").frame(replace(gop, packets=packets), 4)
    assert found is not None
    assert found.picture.wall_time is not None
    assert found.picture.wall_time.timestamp() == pytest.approx(5000.0 + sorted(each.pts for each in packets)[4])
    odd = tuple(each._replace(taken=1e300) for each in gop.packets)
    told = GopDecoder("camera").frame(replace(gop, packets=odd), 4)
    assert told is not None
    assert told.picture.wall_time is not None
    assert told.picture.wall_time.timestamp() == pytest.approx(gop.packets[4].arrived)
    assert found.picture.arrived < 0  # on the clock of live pictures it is years old
