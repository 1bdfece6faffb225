"""Exports: what was recorded, as it was, with papers that others can check; or nothing at all."""

from __future__ import annotations

import errno
import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from clip_rig import START, brightness, film, gops, later

from console.services.exporter import (
    ExportCamera,
    ExportCancelled,
    Exported,
    Exporter,
    ExportFailed,
    ExportProgress,
    ExportRequest,
    ExportRun,
)
from console.services.packet_ring import PacketRing, RingBudget
from drivers.clips import ClipSink, ClipTags
from drivers.types import EncodedPacket, Gop, StreamParameters
from drivers.video.clip_reader import read_clip
from drivers.video.encode_masked import masker
from drivers.video.writer import ClipWriter, open_clip

PARAMETERS, FILM = film("h264", frames=100, bframes=2)
LEFT_HALF = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))


class Desk:
    """An exporter with footage of two cameras."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.free = 10**12
        self.open_clip: Callable[[Path, StreamParameters, ClipTags], ClipSink] = open_clip
        self.progress: list[ExportProgress] = []
        self.exporter = Exporter(
            lambda path, parameters, tags: self.open_clip(path, parameters, tags),
            masker,
            space=lambda folder: (10**13, self.free),
            clock=lambda: START + 100,
            product="Watchfloor test",
        )
        self.first, self.second = PacketRing(RingBudget()), PacketRing(RingBudget())
        self.feed(self.first, FILM)
        self.feed(self.second, later(FILM, 0.05))

    @staticmethod
    def feed(ring: PacketRing, packets: tuple[EncodedPacket, ...], parameters: StreamParameters = PARAMETERS) -> None:
        """Packets come in."""
        for packet in packets:
            ring.packet(parameters, packet)

    def start(self, begin: float = 2.5, end: float = 6.25, **more: Any) -> ExportRun:
        """Export of both cameras."""
        cameras = more.pop(
            "cameras", (ExportCamera(17, "Main St 5th", self.first), ExportCamera(4, "Gate: west", self.second))
        )
        request = ExportRequest(START + begin, START + end, cameras, self.folder, "anna", "case 7", **more)
        return self.exporter.start(request, self.progress.append)

    def export(self, begin: float = 2.5, end: float = 6.25, **more: Any) -> Exported:
        """The same, waited for."""
        return self.start(begin, end, **more).done.result(30)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a folder for exports."""
    desk = Desk(tmp_path / "exports")
    try:
        yield desk
    finally:
        desk.exporter.close()
        desk.first.close()
        desk.second.close()


def films(folder: Path, name: str) -> list[Gop]:
    """All GOPs of one exported file."""
    reader = read_clip(folder / name)
    found = [reader.gop(index) for index in range(len(reader.starts))]
    reader.close()
    return found


def test_a_range_of_two_cameras(desk: Desk) -> None:
    done = desk.export()
    assert done.folder.name == "Watchfloor export 2026-11-21 02-41-09 to 02-41-13"
    assert [each.file for each in done.files] == [
        "camera 17 Main St 5th 2026-11-21 02-41-09.123.mp4",
        "camera 4 Gate west 2026-11-21 02-41-09.173.mp4",
    ]
    seen = films(done.folder, done.files[0].file)
    assert [brightness(each) for each in seen[:4]] == [brightness(each) for each in gops(PARAMETERS, FILM)[2:6]]
    times = [each.arrived for gop in seen for each in gop.packets]
    assert times == [round(each.arrived, 6) for each in FILM if START + 2 <= each.arrived <= START + 6.25]
    assert done.missing == ()
    shares = [each.share for each in desk.progress]
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0.0, 1.0)


def test_the_papers(desk: Desk) -> None:
    done = desk.export()
    manifest = json.loads((done.folder / "manifest.json").read_text())
    assert (manifest["operator"], manifest["reason"], manifest["exported"]) == (
        "anna",
        "case 7",
        "2026-11-21T02:42:47.123457Z",
    )
    assert [each["masks"] for each in manifest["cameras"]] == ["none", "none"]
    for line in (done.folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split(" *")
        assert hashlib.sha256((done.folder / name).read_bytes()).hexdigest() == digest
    listed = {each["file"]: each for each in manifest["files"]}
    assert set(listed) == {each.name for each in done.folder.glob("*.mp4")}
    first = listed["camera 17 Main St 5th 2026-11-21 02-41-09.123.mp4"]
    assert (first["start"], first["codec"], first["encoded_again_with_masks"]) == (
        "2026-11-21T02:41:09.123457Z",
        "h264",
        False,
    )
    readme = (done.folder / "readme.txt").read_text()
    assert "sha256sum -c SHA256SUMS" in readme
    assert "nothing was encoded again" in readme


def test_masks_are_burnt_in_unless_they_may_be_lifted(desk: Desk) -> None:
    cameras = (ExportCamera(17, "Main St 5th", desk.first, (LEFT_HALF,)),)
    hidden = desk.export(8.0, 9.5, cameras=cameras)
    bright = [brightness(each) for each in films(hidden.folder, hidden.files[0].file)]
    plain = [brightness(each) for each in gops(PARAMETERS, FILM)[8:]]
    assert hidden.files[0].masked
    assert all(seen != real for seen, real in zip(bright, plain, strict=False))
    manifest = json.loads((hidden.folder / "manifest.json").read_text())
    assert manifest["cameras"][0]["masks"] == "burnt in; the pictures were encoded again"
    assert manifest["files"][0]["encoded_again_with_masks"]
    assert "masks are burnt" in (hidden.folder / "readme.txt").read_text()
    lifted = desk.export(8.0, 9.5, cameras=cameras, lift_masks=True)
    assert not lifted.files[0].masked
    assert json.loads((lifted.folder / "manifest.json").read_text())["cameras"][0]["masks"] == "lifted"
    assert lifted.folder.name.endswith("(2)")


def test_another_file_where_the_stream_changes_and_at_gaps(desk: Desk) -> None:
    parameters, larger = film("h264", width=128, height=96)
    desk.feed(desk.first, later(larger, 10), parameters)
    desk.feed(desk.first, later(larger, 30), parameters)
    done = desk.export(8.0, 60.0, cameras=(ExportCamera(17, "Main St 5th", desk.first),))
    assert [(each.facts.width, round(each.facts.start - START)) for each in done.files] == [
        (64, 8),
        (128, 10),
        (128, 30),
    ]


def test_a_camera_without_footage_is_told(desk: Desk) -> None:
    empty = PacketRing(RingBudget())
    cameras = (ExportCamera(17, "Main St 5th", desk.first), ExportCamera(9, "Yard", empty))
    done = desk.export(cameras=cameras)
    assert done.missing == (9,)
    assert json.loads((done.folder / "manifest.json").read_text())["cameras"][1]["found"] is False
    with pytest.raises(ExportFailed, match="no recording of these cameras"):
        desk.export(cameras=(ExportCamera(9, "Yard", empty),))
    empty.close()


def left(desk: Desk) -> list[str]:
    """What lies in the folder for exports."""
    return [each.name for each in desk.folder.iterdir()] if desk.folder.exists() else []


def test_cancelling_leaves_nothing(desk: Desk) -> None:
    begun, may = threading.Event(), threading.Event()

    class Slow(ClipWriter):
        """Waits in the middle."""

        def write(self, packet: EncodedPacket) -> None:
            begun.set()
            may.wait(20)
            super().write(packet)

    desk.open_clip = Slow
    run = desk.start()
    assert begun.wait(20)
    assert left(desk) == ["Watchfloor export 2026-11-21 02-41-09 to 02-41-13.part"]
    run.cancel()
    may.set()
    with pytest.raises(ExportCancelled):
        run.done.result(20)
    assert left(desk) == []


def test_a_disk_that_fills_leaves_nothing(desk: Desk) -> None:
    class Full(ClipWriter):
        """Fails at the second camera."""

        def write(self, packet: EncodedPacket) -> None:
            if packet.pts % 1 > 0.04 and self._tags.number == 4:
                raise OSError(errno.ENOSPC, "No space left on device")
            super().write(packet)

    desk.open_clip = Full
    with pytest.raises(ExportFailed, match=r"the disk is full\. Choose another folder"):
        desk.export()
    assert left(desk) == []


def test_space_is_looked_for_before(desk: Desk) -> None:
    desk.free = 40_000_000
    with pytest.raises(ExportFailed, match="are needed and 40 MB are free"):
        desk.export()
    assert left(desk) == []


def test_what_makes_no_sense_is_refused(desk: Desk) -> None:
    with pytest.raises(ExportFailed, match="choose at least one camera"):
        desk.export(5.0, 5.0)
    with pytest.raises(ExportFailed, match="choose at least one camera"):
        desk.export(cameras=())
    desk.folder.parent.joinpath("exports").write_text("in the way")
    with pytest.raises(ExportFailed, match="Choose another folder"):
        desk.export()


def test_a_stream_that_cannot_be_read_is_told(desk: Desk) -> None:
    class Broken:
        """Footage on a disk that fails."""

        def spans(self) -> tuple[()]:
            return ()

        def gop_at(self, when: float) -> Gop | None:
            raise OSError(errno.EIO, "Input/output error")

        gop_after = gop_before = gop_at

    with pytest.raises(ExportFailed, match="Input/output error"):
        desk.export(cameras=(ExportCamera(1, "Gate", Broken()),))
    assert left(desk) == []
