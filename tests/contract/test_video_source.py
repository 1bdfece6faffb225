"""What every VideoSource and its opener must do: the fake of the services' tests, a file and a camera over RTSP."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from drivers.errors import DriverError, NotFound
from drivers.interfaces import VideoOpener, VideoSource
from drivers.types import Picture, StreamRequest
from drivers.video.source import open_stream

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
    made.open()
    yield made
    made.close()


def fake_case(rig: Any, folder: Path) -> Case:
    fake = helper("fake_video", "console/services")
    video = fake.FakeVideo(packets=30)
    video.fail_next_open(NotFound("Gate"), uri="fake:none")

    def opener(request: StreamRequest) -> VideoSource:
        source: Any = video(request)
        source.end()
        return source  # type: ignore[no-any-return]

    return Case(opener, StreamRequest("Gate", "fake:cam"), StreamRequest("Gate", "fake:none"))


def file_case(rig: Any, folder: Path) -> Case:
    path = helper("video_rig", "drivers/video").make_file(folder / "film.avi", frames=30, fps=60, gop_size=5)
    return Case(open_stream, StreamRequest("Gate", str(path)), StreamRequest("Gate", str(folder / "none.avi")))


def camera_case(rig: Any, folder: Path) -> Case:
    good = StreamRequest("Gate", rig.uri(), rig.spec.credentials)
    return Case(open_stream, good, replace(good, uri=rig.uri("none")))


CASES: dict[str, Callable[[Any, Path], Case]] = {"fake": fake_case, "file": file_case, "camera": camera_case}


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


# A camera does not end by itself.
@pytest.mark.parametrize("case", ["fake", "file"], indirect=True)
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
