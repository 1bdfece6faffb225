"""Clips: what goes in comes out, whatever the stream does, and a crash costs a second at most."""

from __future__ import annotations

import errno
import signal
import subprocess
import sys
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest
from clip_rig import FPS, START, TAGS, brightness, film, gops

from drivers.clips import BadClip, ClipFacts
from drivers.errors import BadAnswer, DriverError, Unsupported
from drivers.types import EncodedPacket, Gop, StreamParameters
from drivers.video.clip_boxes import arrivals_box, is_unfinished, whole_length
from drivers.video.clip_file import RawFile, create
from drivers.video.clip_reader import ClipReader, read_clip, recover_clip
from drivers.video.parameter_sets import in_band, out_of_band
from drivers.video.writer import ClipWriter

CASES = [("h264", 0), ("h264", 2), ("hevc", 0), ("hevc", 2), ("mjpeg", 0)]


def record(path: Path, parameters: StreamParameters, packets: tuple[EncodedPacket, ...]) -> ClipFacts:
    """A closed clip of all packets."""
    writer = ClipWriter(path, parameters, TAGS, clock=lambda: 0.0)
    assert all(writer.fits(parameters, packet) for packet in packets)
    return write_all(writer, packets)


def write_all(writer: ClipWriter, packets: tuple[EncodedPacket, ...]) -> ClipFacts:
    """All packets, and the end."""
    for packet in packets:
        writer.write(packet)
    return writer.close()


@pytest.mark.parametrize(("codec", "bframes"), CASES)
def test_what_goes_in_comes_out(tmp_path: Path, codec: str, bframes: int) -> None:
    parameters, packets = film(codec, bframes=bframes)
    path = tmp_path / "clip.mp4"
    facts = record(path, parameters, packets)
    assert (facts.packets, facts.repaired, facts.whole) == (len(packets), 0, True)
    assert (facts.start, facts.end) == (packets[0].arrived, packets[-1].arrived)
    assert facts.bytes == path.stat().st_size
    reader = read_clip(path)
    original = gops(parameters, packets)
    found = [reader.gop(index) for index in range(len(reader.starts))]
    reader.close()
    assert reader.tags == TAGS
    assert [len(each.packets) for each in found] == [len(each.packets) for each in original]
    for ours, theirs in zip(found, original, strict=True):
        assert brightness(ours) == brightness(theirs)
        for new, old in zip(ours.packets, theirs.packets, strict=True):
            assert new.key == old.key
            assert new.arrived == round(old.arrived, 6)
            assert new.taken == round(old.taken or 0.0, 6)
            assert new.pts == pytest.approx(old.pts, abs=1e-5)
            assert new.dts == pytest.approx(old.dts, abs=1e-5)


@pytest.mark.parametrize(("codec", "bframes"), CASES)
def test_other_programs_can_play_and_seek(tmp_path: Path, codec: str, bframes: int) -> None:
    parameters, packets = film(codec, bframes=bframes)
    path = tmp_path / "clip.mp4"
    record(path, parameters, packets)
    assert not is_unfinished(path)
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert video.codec_context.codec_tag == {"h264": "avc1", "hevc": "hvc1", "mjpeg": "mp4v"}[codec]
        assert sum(1 for _ in container.decode(video)) == len(packets)
        assert "Main St 5th" in container.metadata["title"]
        assert container.metadata["creation_time"].startswith("2026-11-21T02:41:07")
        assert '"Watchfloor test"' in container.metadata["comment"]
        container.seek(int(2.5 / float(video.time_base or 1)), stream=video)
        frame = next(container.decode(video))
        assert 1.5 <= float(frame.time or 0.0) <= 2.6


def test_gops_are_read_in_any_order(tmp_path: Path) -> None:
    parameters, packets = film("h264", bframes=2)
    path = tmp_path / "clip.mp4"
    record(path, parameters, packets)
    reader = read_clip(path)
    in_order = [reader.gop(index) for index in range(4)]
    mixed = [reader.gop(index) for index in (3, 1, 2, 0)]
    reader.close()
    assert [mixed[3], mixed[1], mixed[2], mixed[0]] == in_order


def test_a_recording_can_be_recorded_again(tmp_path: Path) -> None:
    """What comes out of a clip carries lengths in place of start codes; an export writes it as it is."""
    for codec in ("h264", "hevc"):
        parameters, packets = film(codec)
        record(tmp_path / f"{codec} one.mp4", parameters, packets)
        first = read_clip(tmp_path / f"{codec} one.mp4")
        whole = [first.gop(index) for index in range(len(first.starts))]
        first.close()
        copied = tuple(packet for gop in whole for packet in gop.packets)
        record(tmp_path / f"{codec} two.mp4", first.parameters, copied)
        second = read_clip(tmp_path / f"{codec} two.mp4")
        assert second.parameters == first.parameters
        assert [second.gop(index) for index in range(len(second.starts))] == whole
        second.close()


def test_parameter_sets_out_of_band(tmp_path: Path) -> None:
    """Some cameras send them in the SDP alone."""
    for codec in ("h264", "hevc"):
        parameters, packets = film(codec)
        sets = in_band(codec, packets[0].data)
        stripped = tuple(each._replace(data=each.data.replace(sets, b"")) if each.key else each for each in packets)
        assert not in_band(codec, stripped[0].data)
        record(tmp_path / f"{codec}.mp4", replace(parameters, extradata=sets), stripped)
        reader = read_clip(tmp_path / f"{codec}.mp4")
        assert brightness(reader.gop(0)) == brightness(gops(parameters, packets)[0])
        assert out_of_band(codec, reader.parameters.extradata) == sets
        reader.close()
    with pytest.raises(BadAnswer, match="parameter sets"):
        record(tmp_path / "none.mp4", parameters, stripped)
    assert not (tmp_path / "none.mp4").exists()


def test_another_picture_size_needs_another_file(tmp_path: Path) -> None:
    parameters, packets = film("h264")
    _, larger = film("h264", width=128, height=96)
    writer = ClipWriter(tmp_path / "clip.mp4", parameters, TAGS)
    assert writer.fits(parameters, packets[0])
    writer.write(packets[0])
    assert writer.fits(parameters, packets[10])
    assert not writer.fits(parameters, larger[0])
    assert not writer.fits(replace(parameters, fps=25.0), packets[10])
    writer.close()


@pytest.mark.parametrize(
    ("change", "repaired"),
    [
        (lambda each: each, 0),
        (lambda each: each._replace(dts=float("nan"), pts=float("nan")), 40),
        (lambda each: each._replace(dts=float("nan")), 40),
        (lambda each: each._replace(dts=5000.0, pts=5000.0), 39),
        (lambda each: each if each.arrived < START + 2 else each._replace(pts=each.pts - 4000, dts=each.dts - 4000), 1),
        (lambda each: each if each.arrived < START + 2 else each._replace(pts=each.pts + 4000, dts=each.dts + 4000), 1),
        (lambda each: each._replace(pts=each.dts - 1.0), 40),
    ],
)  # fmt: skip
def test_odd_time_stamps_are_mended_and_counted(tmp_path: Path, change: object, repaired: int) -> None:
    parameters, packets = film("h264")
    assert callable(change)
    facts = record(tmp_path / "clip.mp4", parameters, tuple(change(each) for each in packets))
    assert facts.repaired == repaired
    reader = read_clip(tmp_path / "clip.mp4")
    assert [each.arrived for index in range(4) for each in reader.gop(index).packets] == [
        round(each.arrived, 6) for each in packets
    ]
    with av.open(str(tmp_path / "clip.mp4")) as container:
        stamps = [each.dts for each in container.demux(video=0) if each.dts is not None]
        assert stamps == sorted(set(stamps))
        assert sum(1 for _ in av.open(str(tmp_path / "clip.mp4")).decode(video=0)) == len(packets)
    reader.close()


@pytest.mark.parametrize("codec", ["h264", "hevc"])
def test_the_first_stamps_of_an_rtsp_stream(tmp_path: Path, codec: str) -> None:
    """As FFmpeg gives them of a server with B-frames: the first has none, then some have no decoding time."""
    parameters, packets = film(codec, bframes=2)
    odd = [packets[0]._replace(pts=99_000.0, dts=99_000.0)]
    odd += [each._replace(dts=each.pts) for each in packets[1:4]]
    facts = record(tmp_path / "clip.mp4", parameters, (*odd, *packets[4:]))
    assert 3 <= facts.repaired <= len(odd)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        shown = [each.pts for each in container.decode(video=0)]
    assert len(shown) == len(packets)
    assert {after - before for before, after in pairwise(shown) if before is not None and after is not None} == {9000}


def test_what_waits_for_its_stamps_is_written_when_nothing_follows(tmp_path: Path) -> None:
    parameters, packets = film("h264")
    now = [0.0]
    writer = ClipWriter(tmp_path / "clip.mp4", parameters, TAGS, clock=lambda: now[0])
    writer.write(packets[0])
    writer.sync()
    assert writer.bytes == 0
    now[0] = 1.0
    writer.sync()
    assert writer.bytes > 0
    writer.write(packets[1])
    assert writer.close().packets == 2


def test_what_cannot_be_recorded_is_said(tmp_path: Path) -> None:
    parameters, packets = film("h264")
    with pytest.raises(Unsupported, match="vp9"):
        ClipWriter(tmp_path / "a.mp4", replace(parameters, codec="vp9"), TAGS).write(packets[0])
    with pytest.raises(BadAnswer, match="key frame"):
        ClipWriter(tmp_path / "a.mp4", parameters, TAGS).write(packets[1])
    with pytest.raises(DriverError):
        ClipWriter(tmp_path / "a.mp4", parameters, TAGS).close()
    rubbish = packets[0]._replace(data=in_band("h264", packets[0].data) + b"\0\0\0\1\x65" + b"\x00" * 40)
    writer = ClipWriter(tmp_path / "b.mp4", parameters, TAGS)
    writer.write(rubbish)
    writer.close()


# --- crashes ----------------------------------------------------------------------------------------------------------

WRITE_AND_WAIT = """
import sys, time
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from clip_rig import TAGS, film
from drivers.video.writer import ClipWriter
parameters, packets = film(sys.argv[3], frames=95, gop=20, bframes=int(sys.argv[4]))
writer = ClipWriter(Path(sys.argv[2]), parameters, TAGS)
for packet in packets:
    writer.write(packet)
print(len(packets), flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(("codec", "bframes"), CASES)
def test_a_killed_writer_leaves_all_but_the_last_second(tmp_path: Path, codec: str, bframes: int) -> None:
    path = tmp_path / "clip.mp4.part"
    here = str(Path(__file__).parents[3])
    arguments = [sys.executable, "-c", WRITE_AND_WAIT, here, str(path), codec, str(bframes)]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        count = int(writer.stdout.readline())
        writer.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    facts = recover_clip(path)
    assert facts is not None
    assert not facts.whole
    assert count - FPS <= facts.packets < count
    parameters, packets = film(codec, frames=95, gop=20, bframes=bframes)
    reader = ClipReader(path)
    kept = [packet for index in range(len(reader.starts)) for packet in reader.gop(index).packets]
    reader.close()
    assert brightness(gops(parameters, packets)[0]) == brightness(reader_gop(path, 0))
    for new, old in zip(kept, packets, strict=False):
        # The table of arrivals was not written yet: the sender's clock stands in for it.
        assert new.arrived == pytest.approx(old.arrived, abs=0.02)
        assert new.pts == pytest.approx(old.pts, abs=1e-5)


def reader_gop(path: Path, index: int) -> Gop:
    """One GOP of a file."""
    reader = read_clip(path)
    try:
        return reader.gop(index)
    finally:
        reader.close()


def test_a_file_cut_anywhere_is_mended_or_refused(tmp_path: Path) -> None:
    parameters, packets = film("h264", bframes=2)
    full = tmp_path / "full.mp4.part"
    writer = ClipWriter(full, parameters, TAGS)
    for packet in packets:
        writer.write(packet)
    data = full.read_bytes()
    before = 0
    for length in range(0, len(data), 97):
        path = tmp_path / "cut.mp4.part"
        path.write_bytes(data[:length])
        facts = recover_clip(path)
        assert (facts is None) == (whole_length(path) == 0)
        if facts is None:
            assert path.stat().st_size == length
        else:
            assert facts.packets >= before
            before = facts.packets
    assert before > 0
    writer.abandon()


def test_a_crash_while_the_index_is_written_loses_nothing(tmp_path: Path) -> None:
    """The patch of the head waits until the index is on disk; cut in between, the fragments are still there."""
    parameters, packets = film("h264")
    path = tmp_path / "clip.mp4"
    record(path, parameters, packets)
    patches: list[bytes] = []
    files: list[RawFile] = []

    class NoPatches:
        """A file on which the machine dies before the first patch."""

        def __init__(self, place: Path) -> None:
            self._file = create(place)
            files.append(self._file)

        def write(self, data: bytes, /) -> int | None:
            if patches:
                raise OSError(errno.EIO, "gone")
            return self._file.write(data)

        def seek(self, offset: int, whence: int = 0, /) -> int:
            patches.append(b"")
            return self._file.seek(offset, whence)

        def truncate(self, size: int, /) -> int:
            raise AssertionError

        def fileno(self) -> int:
            return self._file.fileno()

        def close(self) -> None:
            self._file.close()

    dying = ClipWriter(tmp_path / "dying.mp4.part", parameters, TAGS, open_file=NoPatches)
    for packet in packets:
        dying.write(packet)
    with pytest.raises(OSError):
        dying.close()
    assert patches
    files[0].close()
    facts = recover_clip(tmp_path / "dying.mp4.part")
    assert facts is not None
    assert facts.packets == len(packets)


class FullDisk:
    """A file on a disk with ``room`` bytes."""

    def __init__(self, path: Path, room: int) -> None:
        self._file = create(path)
        self._room = room

    def write(self, data: bytes, /) -> int | None:
        if self._room <= 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        written = self._file.write(data[: self._room]) or 0
        self._room -= written
        return written

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def truncate(self, size: int, /) -> int:
        return self._file.truncate(size)

    def fileno(self) -> int:
        return self._file.fileno()

    def close(self) -> None:
        self._file.close()


def test_a_full_disk_keeps_what_was_written(tmp_path: Path) -> None:
    parameters, packets = film("h264")
    path = tmp_path / "clip.mp4"
    size = record(path, parameters, packets).bytes
    kept = -1
    for room in range(0, size, 211):
        place = tmp_path / f"{room}.mp4"

        def full(at: Path, room: int = room) -> RawFile:
            return FullDisk(at, room)

        writer = ClipWriter(place, parameters, TAGS, open_file=full)
        with pytest.raises(OSError) as told:
            write_all(writer, packets)
        assert told.value.errno == errno.ENOSPC
        facts = writer.abandon()
        assert (facts is None) == (not place.exists())
        if facts is not None:
            assert place.stat().st_size == facts.bytes <= room
            assert facts.packets >= kept
            kept = facts.packets
    assert kept == len(packets)


def test_files_that_are_no_clips(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no film")
    (tmp_path / "empty.mp4").write_bytes(b"")
    with av.open(str(tmp_path / "other.mp4"), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        out.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        out.mux(stream.encode())
    for name in ("text.mp4", "empty.mp4", "other.mp4"):
        with pytest.raises(BadClip, match=name):
            read_clip(tmp_path / name)
    with pytest.raises(FileNotFoundError):
        read_clip(tmp_path / "none.mp4")


def test_a_wrong_table_of_arrivals_is_not_believed(tmp_path: Path) -> None:
    parameters, packets = film("h264")
    path = tmp_path / "clip.mp4"
    record(path, parameters, packets)
    data = path.read_bytes()
    at = data.rindex(b"uuid") - 4
    assert data[at:] == arrivals_box([each.arrived for each in packets], [each.taken for each in packets])
    for wrong in (
        data[:at],
        data[: at + 60] + b"\xff" * 9 + data[at + 69 :],
        data[:at] + arrivals_box([START], [None]),
    ):
        path.write_bytes(wrong)
        reader = read_clip(path)
        assert not reader.facts.whole
        assert reader.gop(1).start == pytest.approx(packets[10].arrived, abs=0.02)
        reader.close()
