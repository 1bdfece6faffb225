"""What every VideoSource and its opener must do: the fake of the services' tests, a file, and a camera over RTSP by the
own reader and by FFmpeg."""

from __future__ import annotations

import importlib.util
import select
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import DriverError, NotFound
from drivers.interfaces import ReadySource, VideoOpener, VideoSource
from drivers.types import Picture, StreamRequest, View
from drivers.video.opening import open_container
from drivers.video.source import AvSource, open_stream
from drivers.virtual.rtsp.metadata import MetadataChannel

JOINED = {"sc_threshold": "1000000000"}
"""No key frame where the picture changes: groups as long as they are asked for."""

UNIT = Path(__file__).parents[1] / "unit"


def helper(name: str, folder: str) -> Any:
    """A helper that lies beside the unit tests."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, UNIT / folder / f"{name}.py")
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    return sys.modules[name]


@dataclass
class Case:
    """An opener, a request that works, and one that does not."""

    opener: VideoOpener
    good: StreamRequest
    bad: StreamRequest


@pytest.fixture(scope="module")
def rig() -> Iterator[Any]:
    made = helper("rtsp_rig", "drivers/virtual").Rig()
    # Beside the pictures there is what is none of them.
    made.server.metadata = MetadataChannel(lambda: b"<tt:MetadataStream/>", made.state.faults, time.time)
    made.open()
    yield made
    made.close()


def fake_case(rig: Any, folder: Path, kind: str = "FakeSource") -> Case:
    fake = helper("fake_video", "console/services")
    video = fake.FakeVideo(packets=30, kind=getattr(fake, kind))
    video.fail_next_open(NotFound("Gate"), uri="fake:none")

    def opener(request: StreamRequest) -> VideoSource:
        source: Any = video(request)
        source.end()
        return source  # type: ignore[no-any-return]

    return Case(opener, StreamRequest("Gate", "fake:cam"), StreamRequest("Gate", "fake:none"))


def ready_fake_case(rig: Any, folder: Path) -> Case:
    return fake_case(rig, folder, "FakeReady")


def file_case(rig: Any, folder: Path) -> Case:
    path = helper("video_rig", "drivers/video").make_file(
        folder / "film.avi", frames=30, fps=60, gop_size=5, options=JOINED
    )
    return Case(open_stream, StreamRequest("Gate", str(path)), StreamRequest("Gate", str(folder / "none.avi")))


def camera_case(rig: Any, folder: Path) -> Case:
    good = StreamRequest("Gate", rig.uri(), rig.spec.credentials)
    return Case(open_stream, good, replace(good, uri=rig.uri("none")))


def ffmpeg_camera_case(rig: Any, folder: Path) -> Case:
    return replace(camera_case(rig, folder), opener=lambda request: AvSource(request, open_container(request)))


CASES: dict[str, Callable[[Any, Path], Case]] = {
    "fake": fake_case,
    "ready fake": ready_fake_case,
    "file": file_case,
    "camera": camera_case,
    "camera by FFmpeg": ffmpeg_camera_case,
}


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest, rig: Any, tmp_path: Path) -> Case:
    return CASES[request.param](rig, tmp_path)


@pytest.fixture
def source(case: Case) -> Iterator[VideoSource]:
    opened = case.opener(case.good)
    yield opened
    opened.close()


def picture_of(source: VideoSource) -> Picture:
    for _ in range(30):
        assert source.read()
        picture = source.decode(convert=True)
        if picture is not None:
            return picture
    raise AssertionError("no picture")


def test_it_says_what_it_is(source: VideoSource) -> None:
    assert isinstance(source, VideoSource)
    assert source.codec
    assert source.width > 0
    assert source.height > 0
    assert source.fps > 0


def test_a_failure_is_a_driver_error_with_the_name(case: Case) -> None:
    with pytest.raises(DriverError) as told:
        case.opener(case.bad)
    assert told.value.source == "Gate"
    assert case.bad.uri not in str(told.value)


def test_nothing_waits_before_the_first_read(source: VideoSource) -> None:
    assert (source.packet_bytes, source.packet_is_key, source.packet_time) == (0, False, None)
    assert source.decode(convert=True) is None
    source.skip()


def test_the_first_packet_is_a_key_and_gives_a_picture(source: VideoSource) -> None:
    assert source.read()
    assert source.packet_bytes > 0
    assert source.packet_is_key
    picture = source.decode(convert=True) or picture_of(source)
    assert (picture.source_width, picture.source_height) == (source.width, source.height)
    assert picture.stride >= picture.width * 4
    assert len(memoryview(picture.data)) >= picture.stride * picture.height
    assert (source.packet_bytes, source.packet_is_key, source.packet_time) == (0, False, None)


def test_a_packet_is_decoded_or_left_out_once(source: VideoSource) -> None:
    assert source.read()
    source.skip()
    assert source.decode(convert=True) is None
    assert source.read()
    assert source.decode(convert=False) is None
    assert source.decode(convert=True) is None


def test_times_go_on(source: VideoSource) -> None:
    times, arrivals = [], []
    for _ in range(8):
        picture = picture_of(source)
        times.append(picture.pts)
        arrivals.append(picture.arrived)
    assert times == sorted(set(times))
    assert arrivals == sorted(arrivals)


def test_pictures_fit_the_target_with_even_sides(source: VideoSource) -> None:
    for box in ((101, 101), (64, 200), (33, 17)):
        setter = threading.Thread(target=source.set_target, args=box)
        setter.start()
        setter.join()
        picture = picture_of(source)
        assert picture.width <= box[0]
        assert picture.height <= box[1]
        assert picture.width % 2 == picture.height % 2 == 0
        assert picture.width >= box[0] - 1 or picture.height >= box[1] - 1


def test_a_picture_is_never_written_to_again(source: VideoSource) -> None:
    source.set_target(64, 64)
    kept = picture_of(source)
    before = bytes(kept.data)
    for _ in range(5):
        picture_of(source)
    source.close()
    assert bytes(kept.data) == before


def test_a_packet_can_be_copied_while_it_waits(source: VideoSource) -> None:
    with pytest.raises(LookupError):
        source.packet()
    came = []
    for number in range(8):
        assert source.read()
        packet = source.packet()
        assert (len(packet.data), packet.key) == (source.packet_bytes, source.packet_is_key)
        assert source.packet_time is None or packet.pts == source.packet_time
        assert packet.key or number
        came.append(packet.arrived)
        source.decode(convert=False)
    assert came == sorted(came)
    with pytest.raises(LookupError):
        source.packet()


def test_its_parameters_stay_the_same_object(source: VideoSource) -> None:
    first = source.parameters
    assert first.codec in ("h264", "hevc", "mjpeg", "mpeg4")
    assert (first.width, first.height) == (source.width, source.height)
    for _ in range(3):
        assert source.read()
        source.decode(convert=False)
    assert source.parameters is first


def read_until_key(source: VideoSource) -> None:
    for _ in range(100):
        assert source.read()
        if source.packet_is_key:
            return
        source.skip()
    raise AssertionError("no key frame")


def test_what_is_held_is_decoded_before_the_next(source: VideoSource) -> None:
    read_until_key(source)
    assert source.hold()
    for _ in range(25):  # a key frame may come in between, and then it starts over
        if source.held == 3:
            break
        assert source.read()
        assert source.hold()
    assert source.held == 3
    assert (source.packet_bytes, source.packet_is_key, source.packet_time) == (0, False, None)
    source.catch_up(1)
    assert source.held == 2
    assert source.read()
    pts = source.packet_time
    picture = source.decode(convert=True)
    assert source.held == 0
    assert picture is not None
    assert picture.pts == pts


def test_a_key_frame_drops_what_was_held(source: VideoSource) -> None:
    read_until_key(source)
    source.hold()
    read_more = 0
    while True:
        assert source.read()
        if source.packet_is_key:
            break
        assert source.hold()
        read_more += 1
    assert source.held == read_more + 1
    assert source.hold()
    assert source.held == 1


def test_nothing_can_be_held_after_a_part_was_left_out(source: VideoSource) -> None:
    read_until_key(source)
    assert source.hold()
    for _ in range(25):
        assert source.read()
        source.skip()
        assert source.held == 0
        assert source.read()
        if not source.packet_is_key:
            break
    assert not source.hold()
    read_until_key(source)
    assert source.hold()


def test_it_takes_a_view(source: VideoSource) -> None:
    setter = threading.Thread(target=source.set_view, args=(View(mirror=True),))
    setter.start()
    setter.join()
    assert picture_of(source)


# A camera does not end by itself.
@pytest.mark.parametrize("case", ["fake", "ready fake", "file"], indirect=True)
def test_the_end_is_told_and_stays(case: Case) -> None:
    source = case.opener(case.good)
    packets = 0
    while source.read():
        source.skip()
        packets += 1
    assert packets == 30
    assert not source.read()
    source.close()
    source.close()


# --- those that can be looked into ----------------------------------------------------------------------------------

READY = ["ready fake", "camera"]


@pytest.fixture
def ready(case: Case) -> Iterator[ReadySource]:
    opened = case.opener(case.good)
    assert isinstance(opened, ReadySource)
    yield opened
    opened.close()


@pytest.mark.parametrize("case", ["fake", "file", "camera by FFmpeg"], indirect=True)
def test_others_do_not_claim_it(source: VideoSource) -> None:
    assert not isinstance(source, ReadySource)


def look_for(source: ReadySource, descriptor: int, since: float) -> float:
    """Let the next packet wait, looking into the socket whenever it says so; when that was."""
    while not source.next():
        assert source.waiting == 0
        assert source.packet_bytes == 0
        assert select.select([descriptor], [], [], 20)[0]
        now = time.monotonic()
        assert source.receive(now, since)
        since = now
    return since


@pytest.mark.parametrize("case", READY, indirect=True)
def test_looked_into_it_gives_what_reading_gives(ready: ReadySource) -> None:
    assert ready.read()
    assert ready.packet_is_key
    times = [ready.packet_time]
    ready.decode(convert=False)
    descriptor, since = ready.board(), time.monotonic()
    pictures, came = [], []
    for _ in range(8):
        since = look_for(ready, descriptor, since)
        times.append(ready.packet_time)
        assert ready.packet_bytes == len(ready.packet().data) > 0
        came.append(ready.packet().arrived)
        pictures.append(ready.decode(convert=True))
    ready.alight()
    assert ready.read()
    times.append(ready.packet_time)
    assert came == sorted(came)
    assert all(picture is not None for picture in pictures)
    told = [when for when in times if when is not None]
    assert len(told) == 10
    steps = [later - earlier for earlier, later in pairwise(told)]
    assert steps == pytest.approx([1 / ready.fps] * 9, abs=0.01)  # none is missing, none comes twice


@pytest.mark.parametrize("case", READY, indirect=True)
def test_a_look_never_waits(ready: ReadySource) -> None:
    descriptor, since = ready.board(), time.monotonic()
    looks = 0
    while looks < 40 and not select.select([descriptor], [], [], 0)[0]:
        assert ready.receive(time.monotonic(), since)
        looks += 1
        while ready.next():
            ready.skip()
    assert ready.waiting == 0 or looks == 0
    ready.alight()


@pytest.mark.parametrize("case", READY, indirect=True)
def test_it_can_board_again_and_again(ready: ReadySource) -> None:
    for _ in range(3):
        look_for(ready, ready.board(), time.monotonic())
        ready.skip()
        ready.alight()
        assert ready.read()
        ready.skip()
