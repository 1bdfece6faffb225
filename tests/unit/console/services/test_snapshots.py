"""Snapshots: from the largest picture there is, into a folder whose manifest knows them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest
from clip_rig import START, film, gops

from console.model.recording import SnapshotSettings
from console.services.packet_ring import PacketRing, RingBudget
from console.services.snapshots import Snapshot, SnapshotFailed, SnapshotRequest, Snapshots, told
from console.store.folder_lock import FolderLock
from console.store.manifest import read_entries
from console.store.recordings import verify
from drivers.errors import Unreachable
from drivers.types import Gop, StreamRequest, View
from drivers.video.still import make_still

PARAMETERS, FILM = film("h264")
MASK = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0))


class Desk:
    """Snapshots of a camera whose ring holds the substream and whose main stream is four times as large."""

    def __init__(self, folder: Path, jpeg: bool = False) -> None:
        self.now = START + 4
        self.ring = PacketRing(RingBudget())
        for packet in FILM:
            self.ring.packet(PARAMETERS, packet)
        self.main = gops(*film("h264", width=128, height=96))[3]
        self.grab: Callable[[StreamRequest, float], Gop] = lambda request, seconds: self.main
        self.snapshots = Snapshots(
            SnapshotSettings(folder, jpeg, caption=False),
            make_still,
            lambda request, seconds: self.grab(request, seconds),
            clock=lambda: self.now,
            product="Watchfloor test",
        )

    def take(self, **more: object) -> Snapshot:
        """A snapshot of camera 17."""
        return self.ask(**more).result(20)

    def ask(self, **more: object) -> Future[Snapshot]:
        """The same, under way."""
        known: dict[str, object] = {
            "footage": self.ring,
            "main": lambda: StreamRequest("Main St", "rtsp://camera/main"),
            "main_pixels": 128 * 96,
        }
        return self.snapshots.take(SnapshotRequest(17, "Main St 5th", "anna", **{**known, **more}))  # type: ignore[arg-type]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A desk with a folder."""
    desk = Desk(tmp_path / "snapshots")
    try:
        yield desk
    finally:
        desk.snapshots.close()
        desk.ring.close()


def test_the_main_stream_is_opened_where_only_the_small_one_is_kept(desk: Desk) -> None:
    taken = desk.take()
    assert (taken.still.width, taken.still.height, taken.note) == (128, 96, "")
    assert taken.path is not None
    assert taken.path.name == "2026-11-21 02-41-10.773 camera 17 Main St 5th.png"
    assert hashlib.sha256(taken.path.read_bytes()).hexdigest() == taken.sha256
    assert told(taken) == (
        "Snapshot of camera 17 saved as 2026-11-21 02-41-10.773 camera 17 Main St 5th.png: 128 x 96, 02:41:10 UTC "
        "(camera's time)."
    )


def test_what_is_kept_of_the_main_stream_is_enough(desk: Desk) -> None:
    def never(request: StreamRequest, seconds: float) -> Gop:
        raise AssertionError("it was opened")

    desk.grab = never
    taken = desk.take(main_pixels=64 * 48)
    assert taken.still.width == 64
    assert taken.still.taken == pytest.approx(START + 3.9 - 0.25)
    assert desk.take(main_pixels=0, main=None).still.width == 64


def test_a_moment_of_the_replay_is_taken_as_it_was(desk: Desk) -> None:
    taken = desk.take(when=START + 1.55)
    assert taken.still.width == 64
    assert taken.still.taken == pytest.approx(START + 1.5 - 0.25)


def test_old_footage_is_not_what_is_seen_now(desk: Desk) -> None:
    desk.now = START + 60
    assert desk.take(main_pixels=64 * 48).still.width == 128
    with pytest.raises(SnapshotFailed, match="Wait until it is live"):
        desk.take(main=None)


def test_where_the_main_stream_does_not_come_the_small_one_does(desk: Desk) -> None:
    def gone(request: StreamRequest, seconds: float) -> Gop:
        raise Unreachable("Main St 5th")

    desk.grab = gone
    taken = desk.take()
    assert taken.still.width == 64
    assert taken.note.startswith("It has the size of the small stream")
    assert "not reachable" in told(taken)
    desk.now = START + 60
    with pytest.raises(SnapshotFailed, match=r"No snapshot was taken\. Main St 5th: not reachable"):
        desk.take()


def test_masks_are_painted_unless_they_may_be_lifted(desk: Desk) -> None:
    view = View(masks=(MASK,))
    hidden, open_, plain = desk.take(view=view), desk.take(view=view, lift_masks=True), desk.take()
    assert hidden.sha256 != open_.sha256
    entries = [entry.fields for entry in read_entries(desk.snapshots.settings.folder)]
    assert [(each["masked"], each["masks_lifted"]) for each in entries] == [
        (True, False),
        (False, True),
        (False, False),
    ]
    assert plain.still.width == 128


def test_the_manifest_knows_them(desk: Desk) -> None:
    first, second = desk.take(), desk.take()
    assert second.path is not None
    assert second.path.name.endswith("Main St 5th (2).png")
    verdict = verify(desk.snapshots.settings.folder)
    assert (verdict.problem, verdict.entries, verdict.files) == ("", 2, 2)
    entry = next(read_entries(desk.snapshots.settings.folder)).fields
    assert (entry["sha256"], entry["operator"], entry["clock"]) == (first.sha256, "anna", "camera")
    second.path.write_bytes(b"other")
    assert "(2).png has 5 bytes" in verify(desk.snapshots.settings.folder).problem


def test_two_at_once_take_turns(desk: Desk) -> None:
    results = [each.result(20) for each in [desk.ask() for _ in range(8)]]
    assert len({each.path for each in results}) == 8
    assert verify(desk.snapshots.settings.folder).problem == ""


def test_without_a_file(desk: Desk) -> None:
    taken = desk.take(save=False)
    assert taken.path is None
    assert taken.still.data.startswith(b"\x89PNG")
    assert not desk.snapshots.settings.folder.exists()


def test_a_jpeg(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "snapshots", jpeg=True)
    path = desk.take().path
    assert path is not None
    assert path.suffix == ".jpg"
    desk.snapshots.close()
    desk.ring.close()


def test_a_folder_that_cannot_be_used_is_said(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = desk.snapshots.settings.folder
    desk.take()
    monkeypatch.setattr("console.services.snapshots.LOCK_SECONDS", 0.0)
    lock = FolderLock(folder)
    with pytest.raises(SnapshotFailed, match="could not be saved"):
        desk.take()
    lock.release()
    desk.snapshots.settings = SnapshotSettings(folder / next(folder.glob("*.png")).name / "below")
    with pytest.raises(SnapshotFailed, match="Check the disk"):
        desk.take()
