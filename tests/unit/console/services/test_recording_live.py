"""A camera on the network, recorded through the pool: from its packets on the wire to playback, snapshot and export."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from console.model.recording import RecordingSettings, SnapshotSettings
from console.services.exporter import ExportCamera, Exporter, ExportRequest
from console.services.feed import Need
from console.services.feed_pool import FeedPool, FeedSource
from console.services.recorder import Recorder
from console.services.snapshots import SnapshotRequest, Snapshots
from console.store.recordings import verify
from drivers.types import StreamProfile, StreamRequest
from drivers.video.clip_reader import read_clip, recover_clip
from drivers.video.encode_masked import masker
from drivers.video.grab import grab
from drivers.video.source import open_stream
from drivers.video.still import make_still
from drivers.video.writer import open_clip


def _rig() -> ModuleType:
    """The rig of the virtual city's own tests."""
    known = sys.modules.get("rtsp_rig")
    if known is not None:
        return known
    path = Path(__file__).parents[2] / "drivers" / "virtual" / "rtsp_rig.py"
    spec = importlib.util.spec_from_file_location("rtsp_rig", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["rtsp_rig"] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def camera() -> Iterator[Any]:
    """A virtual camera: 320x180 and 480x270, ten pictures a second, a key frame each half second."""
    made = _rig().Rig()
    made.open()
    yield made
    made.close()


def eventually(what: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never became so"
        time.sleep(0.01)


def test_from_the_wire_to_the_export(camera: Any, tmp_path: Path) -> None:
    profiles = (
        StreamProfile("main", "Main", camera.uri("main"), width=480, height=270),
        StreamProfile("sub", "Sub", camera.uri("sub"), width=320, height=180),
    )

    def resolve(profile: StreamProfile) -> StreamRequest:
        return StreamRequest("Gate", profile.uri, camera.spec.credentials)

    pool = FeedPool(open_stream)
    pool.offer([FeedSource(4, "Gate", profiles, resolve)])
    pool.need(4, "tile", Need(320, 180))
    recorder = Recorder(
        RecordingSettings(tmp_path / "recordings", segment_seconds=5), open_clip, read_clip, recover_clip
    )
    snapshots = Snapshots(SnapshotSettings(tmp_path / "pictures"), make_still, grab)
    exporter = Exporter(open_clip, masker)
    recorder.start()
    try:
        # The tile shows the small stream for a moment, then the key is pressed.
        eventually(lambda: bool(pool.collect()))
        shown = pool.footage(4)
        assert shown is not None
        eventually(lambda: sum(span.end - span.start for span in shown.spans()) > 1.0)
        sink = recorder.record(4, "Gate", "anna", shown)
        assert pool.record(4, sink)
        eventually(lambda: recorder.states()[0].segments >= 1 and recorder.states()[0].bytes > 0)
        taken = snapshots.take(
            SnapshotRequest(
                4, "Gate", "anna", footage=pool.footage(4), main=lambda: resolve(profiles[0]), main_pixels=480 * 270
            )
        ).result(20)
        eventually(lambda: recorder.states()[0].segments >= 2)
        pool.stop_recording(4)
        recorder.end(4)
        eventually(lambda: all(each.join(0) for each in recorder._ending))
        assert taken.still.width == 480
        segments = recorder.index.segments(4)
        footage = recorder.footage(4)
        widths, packets = [], 0
        gop = footage.gop_at(0.0)
        before = 0.0
        while gop is not None:
            assert gop.start > before
            widths.append(gop.parameters.width)
            packets += len(gop.packets)
            before = gop.start
            gop = footage.gop_after(gop.start)
        assert widths[0] == 320  # what was seen before the key was pressed
        assert widths[-1] == 480  # the best stream
        assert len(segments) >= 2
        done = exporter.start(
            ExportRequest(
                segments[0].start, segments[-1].end, (ExportCamera(4, "Gate", footage),), tmp_path / "export", "anna"
            ),
            lambda progress: None,
        ).done.result(30)
        # The span ends where the last picture came: whether that one is still in it is a matter of microseconds.
        assert sum(each.facts.packets for each in done.files) in (packets - 1, packets)
        assert [each.facts.repaired for each in done.files] == [0] * len(done.files)
    finally:
        pool.close()
        recorder.close()
        snapshots.close()
        exporter.close()
    assert verify(tmp_path / "recordings").problem == ""
    assert verify(tmp_path / "pictures").problem == ""
