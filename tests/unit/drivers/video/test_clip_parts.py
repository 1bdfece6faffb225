"""The parts of a clip by themselves: time stamps, parameter sets, arrivals, and files that anybody wrote."""

from __future__ import annotations

import random
from itertools import pairwise
from pathlib import Path

import pytest
from clip_rig import START, TAGS, film
from hypothesis import given
from hypothesis import strategies as st

from drivers.clips import BadClip
from drivers.types import EncodedPacket
from drivers.video.clip_boxes import arrivals_box, boxes, read_arrivals
from drivers.video.clip_reader import read_clip, recover_clip
from drivers.video.clip_tags import metadata, read_note
from drivers.video.clip_times import TICKS, Stamper, settled
from drivers.video.parameter_sets import in_band, is_prefixed, out_of_band, with_start_codes
from drivers.video.writer import open_clip

odd = st.one_of(
    st.floats(0, 100), st.floats(), st.sampled_from([0.0, float("nan"), float("inf"), -1e300, 1e18, 95_443.7, -0.04])
)
packets = st.lists(
    st.builds(lambda pts, dts, lapse: (pts, dts, lapse), odd, odd, st.floats(0, 30)), min_size=1, max_size=60
)


def made(found: list[tuple[float, float, float]]) -> list[EncodedPacket]:
    """Packets with these stamps; arrivals never go back."""
    now = START
    result: list[EncodedPacket] = []
    for pts, dts, lapse in found:
        now += lapse
        result.append(EncodedPacket(b"", pts, dts, not result, now))
    return result


@given(packets)
def test_whatever_a_camera_sends_the_file_has_stamps_that_grow(found: list[tuple[float, float, float]]) -> None:
    head, mended = settled(made(found)[:8])
    stamper = Stamper(head[0], mended)
    stamps = [stamper.stamp(packet) for packet in (*head, *made(found)[8:])]
    times = [dts for _, dts in stamps]
    assert all(after > before for before, after in pairwise(times))
    assert all(0 <= pts - dts <= 10 * TICKS for pts, dts in stamps)
    assert times[0] == 0
    assert times[-1] < 2**62


@given(st.lists(st.integers(1, 2000), min_size=1, max_size=50), st.floats(-1e6, 1e6), st.integers(0, 3))
def test_stamps_that_make_sense_stay(steps: list[int], origin: float, delay: int) -> None:
    now = 0.0
    found: list[EncodedPacket] = []
    for step in steps:
        found.append(EncodedPacket(b"", origin + now + delay * 0.04, origin + now, not found, START + now))
        now += step / 1000
    head, mended = settled(found[:8])
    stamper = Stamper(head[0], mended)
    stamps = [stamper.stamp(packet) for packet in (*head, *found[8:])]
    assert stamper.repaired == 0
    for packet, (pts, dts) in zip(found, stamps, strict=True):
        assert dts / TICKS + stamper.origin == pytest.approx(packet.dts, abs=1e-5)
        assert pts / TICKS + stamper.origin == pytest.approx(packet.pts, abs=1e-5)


micros = st.integers(-(10**15), 4 * 10**15).map(lambda each: each / 1e6)


@given(st.lists(st.tuples(micros, st.none() | micros), min_size=1, max_size=50))
def test_arrivals_come_back_to_the_microsecond(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float | None]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "arrivals.bin"
    path.write_bytes(b"\0\0\0\x08free" + arrivals_box([each for each, _ in rows], [each for _, each in rows]))
    assert read_arrivals(path) == ([each for each, _ in rows], [each for _, each in rows])


@given(st.binary(max_size=300))
def test_any_bytes_are_no_table(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "any.bin"
    whole = arrivals_box([START], [None])
    path.write_bytes(whole[:24] + data)
    read_arrivals(path)
    path.write_bytes(data)
    with path.open("rb") as file:
        assert sum(box.size for box in boxes(file, len(data))) <= len(data)


@given(st.sampled_from(["h264", "hevc", "mjpeg"]), st.binary(max_size=200), st.binary(max_size=200))
def test_any_bytes_are_no_parameter_sets(codec: str, extradata: bytes, data: bytes) -> None:
    in_band(codec, data)
    out_of_band(codec, b"\1" + extradata)
    assert isinstance(with_start_codes(codec, b"\1" + extradata, data), bytes)
    assert not is_prefixed(codec, b"\0\0\0\1" + extradata)


@given(st.dictionaries(st.sampled_from(["comment", "title"]), st.text(max_size=50)))
def test_any_words_are_no_note(found: dict[str, str]) -> None:
    assert read_note(found) is None


def test_a_note_comes_back() -> None:
    first = film("h264")[1][0]
    note = read_note(metadata(TAGS, first, 5000.5, 12.5))
    assert note is not None
    assert (note.tags, note.start, note.taken, note.clock, note.fps) == (TAGS, first.arrived, first.taken, 5000.5, 12.5)
    for wrong in ('{"camera": 1}', "[]", "[" * 3000, '{"camera":1e999}', "null"):
        assert read_note({"comment": wrong}) is None


@pytest.mark.parametrize("unfinished", [False, True])
def test_damaged_files_are_read_or_refused(tmp_path: Path, unfinished: bool) -> None:
    """Bytes changed at random, the same in each run: an answer or a sentence, never a crash."""
    dice = random.Random(7)
    parameters, found = film("h264", bframes=2)
    path = tmp_path / "clip.mp4"
    writer = open_clip(path, parameters, TAGS)
    for packet in found:
        writer.write(packet)
    if unfinished:
        writer.sync()
        good = path.read_bytes()
        writer.abandon()
    else:
        writer.close()
        good = path.read_bytes()
    refused = 0
    for _ in range(150):
        data = bytearray(good)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path.write_bytes(data)
        try:
            reader = read_clip(path)
        except BadClip:
            refused += 1
            continue
        try:
            for index in range(len(reader.starts)):
                reader.gop(index)
        except BadClip:
            refused += 1
        finally:
            reader.close()
        recover_clip(path)
    assert 0 < refused < 150
