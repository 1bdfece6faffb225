"""Recording: what was seen before the key was pressed, segments, trouble with the disk, crashes, playback."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from clip_rig import START, brightness, film, gops, later

from console.model.recording import DAY, RecordingSettings
from console.services.footage import Footage
from console.services.packet_queue import Arrival, Gap, PacketQueue
from console.services.packet_ring import PacketRing, RingBudget
from console.services.packet_sink import PacketSink
from console.services.recorder import Recorder, disk_space
from console.store.manifest import read_entries
from console.store.recordings import file_hash, verify
from drivers.clips import ClipSink, ClipTags
from drivers.types import EncodedPacket, Gop, StreamParameters
from drivers.video.clip_reader import read_clip, recover_clip
from drivers.video.writer import ClipWriter, open_clip

PARAMETERS, FILM = film("h264", frames=200, gop=10, bframes=2)
"""20 seconds, a key frame each second."""


def eventually(what: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.005)


class Desk:
    """A recorder over a folder, with a clock that stands still and a disk of any size."""

    def __init__(self, folder: Path, **settings: float) -> None:
        self.now = START + 20
        self.free = 10**12
        self.open_clip: Callable[[Path, StreamParameters, ClipTags], ClipSink] = open_clip
        self.settings = RecordingSettings(folder, **{"segment_seconds": 5.0, "retention_days": 0.0, **settings})  # type: ignore[arg-type]
        self.recorder = self.another()

    def another(self) -> Recorder:
        """A recorder as after a restart."""
        return Recorder(
            self.settings,
            lambda path, parameters, tags: self.open_clip(path, parameters, tags),
            read_clip,
            recover_clip,
            clock=lambda: self.now,
            space=lambda folder: (10**13, self.free),
            product="Watchfloor test",
        )

    def start(self) -> None:
        """The folder is open."""
        self.recorder.start()
        eventually(lambda: self.recorder._files.ready)

    def record(self, packets: tuple[EncodedPacket, ...], footage: Footage | None = None) -> PacketSink:
        """Camera 17 is recorded, and these packets come in."""
        sink = self.recorder.record(17, "Main St 5th", "anna", footage)
        feed(sink, PARAMETERS, packets)
        return sink

    def footage(self) -> list[Gop]:
        """All that can be played back of camera 17, walked forwards."""
        footage = self.recorder.footage(17)
        found = []
        gop = footage.gop_at(0.0)
        while gop is not None:
            found.append(gop)
            gop = footage.gop_after(gop.start)
        return found


def feed(sink: PacketSink, parameters: StreamParameters, packets: tuple[EncodedPacket, ...]) -> None:
    """As the stream's worker does."""
    for packet in packets:
        sink.packet(parameters, packet)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose recorder is open."""
    desk = Desk(tmp_path / "recordings")
    desk.start()
    try:
        yield desk
    finally:
        desk.recorder.close()


def arrived(packets: tuple[EncodedPacket, ...]) -> list[float]:
    """When they came, as files keep it."""
    return [round(each.arrived, 6) for each in packets]


def test_what_is_recorded_can_be_played_back(desk: Desk) -> None:
    desk.record(FILM)
    desk.recorder.end(17)
    eventually(lambda: len(desk.recorder.index.segments(17)) == 4)
    played = desk.footage()
    assert [gop.start for gop in played] == arrived(tuple(each for each in FILM if each.key))
    assert [each for gop in played for each in arrived(gop.packets)] == arrived(FILM)
    assert [brightness(each) for each in played] == [brightness(each) for each in gops(PARAMETERS, FILM)]
    footage = desk.recorder.footage(17)
    spans = footage.spans()
    assert [(span.start, span.end) for span in spans] == [(round(FILM[0].arrived, 6), round(FILM[-1].arrived, 6))]
    assert footage.gop_at(START + 7.45) == played[7]
    assert footage.gop_at(START - 100) == played[0]
    assert footage.gop_at(START + 100) == played[-1]
    backwards = [played[-1]]
    while (before := footage.gop_before(backwards[-1].start)) is not None:
        backwards.append(before)
    assert backwards == played[::-1]
    first = desk.recorder.index.segments(17)[0]
    assert first.file == "2026-11-21/camera 17 Main St 5th/2026-11-21 02-41-07.123 camera 17.mp4"
    assert (first.operator, first.recovered) == ("anna", False)
    assert first.taken_start == pytest.approx(START - 0.25)
    assert verify(desk.settings.folder).problem == ""


def test_it_begins_with_what_was_seen_before(desk: Desk) -> None:
    """The ring and the queue overlap; each packet is in the file once."""
    ring = PacketRing(RingBudget())
    feed(ring, PARAMETERS, FILM[:150])
    desk.now = START + 14.9
    desk.record((), ring)
    feed(ring, PARAMETERS, FILM[150:])
    feed(desk.recorder.record(17, "Main St 5th", "anna", None), PARAMETERS, FILM[140:])
    desk.recorder.end(17)
    eventually(lambda: desk.recorder._ending[0].join(0))
    kept = [each for gop in desk.footage() for each in arrived(gop.packets)]
    assert kept == arrived(FILM[40:])  # 10 s before the key was pressed, from the key frame before that on
    ring.close()


def test_what_comes_before_the_first_live_key_frame_is_not_lost(desk: Desk) -> None:
    """A sink begins with a key frame; the ring goes on until then."""
    ring = PacketRing(RingBudget())
    feed(ring, PARAMETERS, FILM[:103])
    desk.now = START + 10.2
    sink = desk.record((), ring)
    eventually(lambda: desk.recorder.states()[0].writing)
    feed(ring, PARAMETERS, FILM[103:107])
    eventually(lambda: desk.recorder._jobs[17]._newest == FILM[106].arrived)
    for packet in FILM[107:]:
        ring.packet(PARAMETERS, packet)
        if packet.arrived >= FILM[110].arrived:
            sink.packet(PARAMETERS, packet)
    desk.recorder.end(17)
    eventually(lambda: desk.recorder._ending[0].join(0))
    kept = [each for gop in desk.footage() for each in arrived(gop.packets)]
    assert kept == arrived(FILM)  # from the key frame at 0 s on: 10 s before and no gap
    ring.close()


def test_footage_of_long_ago_is_not_what_was_just_seen(desk: Desk) -> None:
    ring = PacketRing(RingBudget(), seconds=3600)
    feed(ring, PARAMETERS, FILM)
    desk.now = START + 100
    desk.record(later(FILM[:20], 100), ring)
    desk.recorder.end(17)
    eventually(lambda: len(desk.recorder.index.segments(17)) == 1)
    assert desk.recorder.index.segments(17)[0].start == round(START + 100, 6)
    ring.close()


def test_another_stream_makes_another_file(desk: Desk) -> None:
    """The ring held the substream; the main stream is recorded."""
    parameters, substream = film("h264", frames=100, gop=10, width=32, height=32)
    ring = PacketRing(RingBudget())
    feed(ring, parameters, substream)
    desk.now = START + 9.9
    desk.record(FILM[100:150], ring)
    desk.recorder.end(17)
    eventually(lambda: len(desk.recorder.index.segments(17)) == 3)
    sizes = [(gop.parameters.width, len(gop.packets)) for gop in desk.footage()]
    assert sizes == [(32, 10)] * 10 + [(64, 10)] * 5
    ring.close()


def test_a_broken_connection_ends_the_file(desk: Desk) -> None:
    sink = desk.record(FILM[:20])
    sink.interrupted("the camera broke off")
    sink.interrupted("no answer in time")
    feed(sink, PARAMETERS, later(FILM[:20], 60))
    eventually(lambda: desk.recorder.states()[0].writing and desk.recorder.states()[0].segments == 1)
    desk.recorder.end(17)
    eventually(lambda: len(desk.recorder.index.segments(17)) == 2)
    assert len(desk.recorder.footage(17).spans()) == 2


def test_states_tell_what_is_recorded(desk: Desk) -> None:
    assert desk.recorder.states() == ()
    desk.record(FILM[:120])
    eventually(lambda: desk.recorder.states()[0].segments == 2)
    eventually(lambda: desk.recorder.states()[0].bytes > sum(each.bytes for each in desk.recorder.index.segments()))
    state = desk.recorder.states()[0]
    assert (state.number, state.since, state.writing, state.trouble) == (17, FILM[0].arrived, True, "")
    assert desk.recorder.recording(17)
    desk.recorder.end(17)
    assert not desk.recorder.recording(17)


# --- a disk that does not keep up -------------------------------------------------------------------------------------


def test_a_full_disk_is_said_and_what_was_closed_stays(desk: Desk) -> None:
    sink = desk.record(FILM[:120])
    eventually(lambda: desk.recorder.states()[0].segments == 2)
    desk.free = 0
    eventually(lambda: "disk of the recordings is full" in desk.recorder.states()[0].trouble)
    assert not desk.recorder.states()[0].writing
    assert desk.recorder.states()[0].segments == 3  # what was being written stays too
    feed(sink, PARAMETERS, FILM[120:160])
    desk.now += 3
    desk.free = 10**12
    feed(sink, PARAMETERS, later(FILM[:10], 30))  # too early to try again
    eventually(lambda: not sink._items)  # type: ignore[attr-defined]
    desk.now += 3
    feed(sink, PARAMETERS, later(FILM[:50], 40))
    eventually(lambda: desk.recorder.states()[0].writing)
    assert desk.recorder.states()[0].trouble == ""
    desk.recorder.end(17)
    eventually(lambda: len(desk.recorder.index.segments(17)) == 4)
    kept = {each for gop in desk.footage() for each in arrived(gop.packets)}
    assert kept == set(arrived(FILM[:120] + later(FILM[:50], 40)))
    assert verify(desk.settings.folder).problem == ""


def test_a_disk_that_fills_in_the_middle_of_a_write(desk: Desk) -> None:
    class Full(ClipWriter):
        """Fails after a second and a half."""

        def write(self, packet: EncodedPacket) -> None:
            if packet.arrived > START + 6.5:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().write(packet)

    desk.open_clip = Full
    desk.record(FILM[:120])
    eventually(lambda: desk.recorder.states()[0].trouble != "")
    assert desk.recorder.states()[0].trouble == (
        "The disk of the recordings is full since 02:41:27 UTC. What was recorded before is safe. Free some space or "
        "choose another folder; recording goes on by itself."
    )
    eventually(lambda: len(desk.recorder.index.segments(17)) == 2)
    second = desk.recorder.index.segments(17)[1]
    assert second.recovered
    assert START + 5.5 < second.end < START + 6.6
    assert verify(desk.settings.folder).problem == ""


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_disk_that_is_really_full(tmp_path: Path) -> None:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode:
        pytest.skip("no tmpfs here")
    try:
        desk = Desk(folder / "recordings", free_bytes=0)
        desk.recorder._files._space = disk_space
        desk.start()
        large = tuple(each._replace(data=each.data.ljust(5000, b"\xff")) for each in FILM)
        sink = desk.record(large)
        eventually(lambda: "disk of the recordings is full" in desk.recorder.states()[0].trouble)
        kept = desk.recorder.index.segments(17)
        assert sum(each.bytes for each in kept) > 200_000
        (desk.settings.folder / kept[0].file).unlink()  # the operator makes room
        desk.now += 6
        feed(sink, PARAMETERS, later(FILM[:30], 60))
        eventually(lambda: desk.recorder.states()[0].writing)
        desk.recorder.close()
        after = desk.recorder.index.segments(17)
        assert after[-1].end == round(later(FILM[:30], 60)[-1].arrived, 6)
        for segment in after[1:]:
            assert file_hash(desk.settings.folder / segment.file) == segment.sha256
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_slow_disk_loses_whole_gops_and_says_so(tmp_path: Path) -> None:
    queue = PacketQueue(limit=30_000)
    large = tuple(each._replace(data=each.data.ljust(1000, b"\0")) for each in FILM)
    feed(queue, PARAMETERS, large[:45])
    taken, more = queue.take(0)
    assert (len(taken), more) == (30, True)
    feed(queue, PARAMETERS, large[45:])
    taken, _ = queue.take(0)
    assert taken[0] == Gap("the disk was too slow", 20)
    kept = [each.packet for each in taken[1:] if isinstance(each, Arrival)]
    assert kept == list(large[50:80])
    assert kept[0].key
    queue.interrupted("broke off")
    queue.interrupted("broke off again")
    queue.close()
    queue.packet(PARAMETERS, large[0])
    assert queue.take(0) == ([Gap("broke off", 120)], False)


def test_packets_that_were_lost_are_told(desk: Desk) -> None:
    held = threading.Event()

    class Slow(ClipWriter):
        """Waits until it may."""

        def write(self, packet: EncodedPacket) -> None:
            held.wait(20)
            super().write(packet)

    desk.open_clip = Slow
    sink = desk.record(FILM[:10])
    assert isinstance(sink, PacketQueue)
    eventually(lambda: not sink._items)
    sink._limit = sum(len(each.data) for each in FILM[10:30]) + 1
    feed(sink, PARAMETERS, FILM[10:60])
    held.set()
    eventually(lambda: not sink._items)
    feed(sink, PARAMETERS, FILM[60:80])
    eventually(lambda: desk.recorder.states()[0].lost == 30)
    assert "30 packets are missing" in desk.recorder.states()[0].trouble
    desk.recorder.end(17)
    eventually(lambda: len(desk.recorder.index.segments(17)) == 2)
    kept = [each for gop in desk.footage() for each in arrived(gop.packets)]
    assert kept == arrived(FILM[:30]) + arrived(FILM[60:80])


# --- crashes, quota, retention ----------------------------------------------------------------------------------------


def test_what_a_crash_left_over_is_taken_in(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "recordings")
    folder = desk.settings.folder / "2026-11-21" / "camera 17 Main St 5th"
    folder.mkdir(parents=True)
    tags = ClipTags(17, "Main St 5th", "anna", "Watchfloor test")
    cut, finished, empty = (folder / f"{name}.mp4.part" for name in ("cut", "finished", "empty"))
    writer = open_clip(cut, PARAMETERS, tags)
    for packet in FILM[:50]:
        writer.write(packet)
    writer.sync()
    left = cut.read_bytes()
    writer.abandon()
    cut.write_bytes(left)
    whole = open_clip(finished, PARAMETERS, tags)
    for packet in later(FILM[:50], 5):
        whole.write(packet)
    whole.close()
    empty.write_bytes(b"")
    desk.start()
    segments = desk.recorder.index.segments(17)
    desk.recorder.close()
    assert [(each.file.rpartition("/")[2], each.recovered) for each in segments] == [
        ("cut.mp4", True),
        ("finished.mp4", True),
    ]
    assert segments[0].start == round(START, 6)
    assert START + 4 < segments[0].end < START + 5
    assert segments[1].end == round(later(FILM[:50], 5)[-1].arrived, 6)
    assert empty.exists()
    verdict = verify(desk.settings.folder)
    assert (verdict.problem, verdict.files, verdict.unfinished) == ("", 2, 1)


def test_a_crash_between_the_manifest_and_the_name(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "recordings")
    desk.start()
    desk.record(FILM[:20])
    desk.recorder.close()
    file = next(desk.settings.folder.rglob("*.mp4"))
    file.rename(f"{file}.part")
    assert "missing" in verify(desk.settings.folder).problem
    desk.recorder = desk.another()
    desk.start()
    desk.recorder.close()
    assert verify(desk.settings.folder).problem == ""
    assert len(list(read_entries(desk.settings.folder))) == 1


def test_quota_and_retention_delete_and_write_it_down(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "recordings", retention_days=30.0)
    desk.start()
    desk.record(FILM)
    desk.recorder.close()
    first, second, *rest = desk.recorder.index.segments(17)
    desk.settings = replace(desk.settings, quota_bytes=sum(each.bytes for each in (first, *rest)))
    desk.recorder = desk.another()
    desk.recorder._files.open()
    desk.recorder.hold(first.file, True, "anna", "case 7")
    assert desk.recorder._files.retain() == 1
    assert [each.file for each in desk.recorder.index.segments(17)] == [first.file, *(each.file for each in rest)]
    assert not (desk.settings.folder / second.file).exists()
    gone = next(entry for entry in read_entries(desk.settings.folder) if entry.kind == "deleted")
    assert gone.fields["sha256"] == second.sha256
    assert gone.fields["reason"].startswith("quota of")
    desk.now += 31 * DAY
    shutil.rmtree(desk.settings.folder / "2026-11-21")  # by hand, in between
    assert desk.recorder._files.retain() == 2
    desk.recorder.hold(first.file, False, "anna", "closed")
    assert desk.recorder._files.retain() == 1
    assert verify(desk.settings.folder).problem == ""
    assert [each.name for each in desk.settings.folder.iterdir() if each.is_dir()] == []
    desk.recorder.close()


def test_other_settings_hold_at_once(desk: Desk) -> None:
    desk.record(FILM)
    desk.recorder.end(17)
    eventually(lambda: len(desk.recorder.index.segments(17)) == 4)
    assert desk.recorder.change(replace(desk.settings, quota_bytes=1))
    eventually(lambda: desk.recorder.index.segments(17) == ())
    assert desk.recorder.settings.quota_bytes == 1
    assert not desk.recorder.change(replace(desk.settings, folder=desk.settings.folder / "elsewhere"))


def test_a_file_that_is_gone_is_left_out_of_playback(desk: Desk) -> None:
    desk.record(FILM)
    desk.recorder.end(17)
    eventually(lambda: len(desk.recorder.index.segments(17)) == 4)
    (desk.settings.folder / desk.recorder.index.segments(17)[1].file).unlink()
    (desk.settings.folder / desk.recorder.index.segments(17)[2].file).write_bytes(b"rubbish")
    starts = [gop.start for gop in desk.footage()]
    assert (
        starts
        == arrived(tuple(each for each in FILM if each.key))[:5]
        + arrived(tuple(each for each in FILM if each.key))[15:]
    )


def test_recording_goes_on_after_a_damaged_manifest(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "recordings")
    desk.settings.folder.mkdir()
    (desk.settings.folder / "manifest-2026-11-20.jsonl").write_bytes(b"rubbish\n")
    desk.start()
    eventually(lambda: "manifest-2026-11-20.jsonl, line 1" in desk.recorder.trouble)
    desk.record(FILM)
    desk.recorder.close()
    assert len(desk.recorder.index.segments(17)) == 4
    assert "line 1: it is no entry" in verify(desk.settings.folder).problem


def test_two_programs_do_not_share_a_folder(desk: Desk) -> None:
    other = desk.another()
    other.start()
    eventually(lambda: "Another Watchfloor records into" in other.trouble)
    other.close()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    desk = Desk(tmp_path / "file" / "recordings")
    desk.recorder.start()
    eventually(lambda: "Check the disk of the recordings" in desk.recorder.trouble)
    desk.recorder.close()
