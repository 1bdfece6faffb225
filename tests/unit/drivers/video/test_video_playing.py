"""Playing: codecs, transports, changes in mid-stream, pictures that stay valid, and streams that break."""

from __future__ import annotations

import gc
import itertools
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from video_rig import http, jpeg, make_file, pictures, request, served

from drivers.errors import DriverError, NotVideo, TimedOut, Unreachable
from drivers.types import Codec, Picture, Transport
from drivers.video import live_source, opening
from drivers.video.live_source import LiveSource
from drivers.video.source import open_stream
from drivers.virtual import timecode


def pixels(picture: Picture) -> np.ndarray:
    """The picture as height x width x 3, B G R."""
    rows = np.frombuffer(picture.data, np.uint8).reshape(picture.height, picture.stride)
    return rows[:, : picture.width * 4].reshape(picture.height, picture.width, 4)[:, :, :3]


def play_until(stream: LiveSource, good: Callable[[Picture], bool], most: int = 300) -> Picture:
    """The first picture for which ``good`` holds."""
    for _ in range(most):
        assert stream.read()
        picture = stream.decode(convert=True)
        if picture is not None and good(picture):
            return picture
    raise AssertionError("no such picture")


def drained(stream: LiveSource, most: int) -> type[DriverError] | None:
    """How a stream ends: with an error, or None for a plain end. Fails when it goes on for ``most`` packets."""
    try:
        for _ in range(most):
            if not stream.read():
                return None
            stream.skip()
    except DriverError as error:
        return type(error)
    raise AssertionError("it goes on")


# --- a camera -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", Transport)
def test_a_camera_plays_over_both_transports(camera: Any, transport: Transport) -> None:
    before = datetime.now(UTC)
    stream = open_stream(request(camera.uri(), camera.spec.credentials, transport))
    try:
        found = pictures(stream, 12)
        assert (stream.codec, stream.width, stream.height, stream.fps) == ("H264", 320, 180, 10.0)
    finally:
        stream.close()
    times = [picture.pts for picture in found]
    assert times == sorted(times)
    assert np.allclose(np.diff(times), 0.1, atol=0.001)
    assert [p.arrived for p in found] == sorted(p.arrived for p in found)
    walls = [picture.wall_time for picture in found]
    assert all(w is not None for w in walls)
    for picture in found:
        # The time code in the pixels and RTCP tell of the same moment.
        code = timecode.read(np.ascontiguousarray(pixels(picture)))
        assert picture.wall_time is not None
        assert code is not None
        assert abs(timecode.age_ms(code[0], int(picture.wall_time.timestamp() * 1000))) <= 150
        assert abs((picture.wall_time - before).total_seconds()) < 10


@pytest.mark.parametrize("codec", [Codec.H265, Codec.MJPEG])
def test_other_codecs(camera: Any, codec: Codec) -> None:
    camera.state.faults.set("codec", codec.value)
    stream = open_stream(request(camera.uri("main"), camera.spec.credentials))
    try:
        assert pictures(stream, 3)
        assert stream.codec == codec.value
        assert stream.read()
        assert stream.packet_is_key or codec is not Codec.MJPEG
    finally:
        stream.close()


def test_what_waits_is_told_before_it_is_decoded(camera: Any) -> None:
    stream = open_stream(request(camera.uri(), camera.spec.credentials))
    try:
        assert (stream.packet_bytes, stream.packet_is_key, stream.packet_time) == (0, False, None)
        keys: list[bool] = []
        times: list[float | None] = []
        for _ in range(10):
            assert stream.read()
            assert stream.packet_bytes > 0
            times.append(stream.packet_time)
            keys.append(stream.packet_is_key)
            stream.skip()
            assert stream.packet_bytes == 0
            assert stream.decode(convert=True) is None  # nothing waits any more
        assert keys.count(True) == 2  # a GOP is five frames
        assert None not in times[1:]  # the first may come before RTCP tells where it belongs
    finally:
        stream.close()


def test_a_new_resolution_is_followed(camera: Any) -> None:
    stream = open_stream(request(camera.uri(), camera.spec.credentials))
    try:
        stream.set_target(160, 160)
        assert (pictures(stream, 1)[0].source_width, stream.width) == (320, 320)
        camera.state.faults.set("resolution", "240x240")
        changed = play_until(stream, lambda p: p.source_width == 240)
        assert (changed.source_height, changed.width, changed.height) == (240, 160, 160)
        assert (stream.width, stream.height) == (240, 240)
    finally:
        stream.close()


def test_a_new_codec_ends_the_stream_and_the_next_one_has_it(camera: Any) -> None:
    stream = open_stream(request(camera.uri(), camera.spec.credentials))
    try:
        assert pictures(stream, 1)
        camera.state.faults.set("codec", "H265")
        assert drained(stream, 200) in (None, Unreachable)
    finally:
        stream.close()
    again = open_stream(request(camera.uri(), camera.spec.credentials))
    assert again.codec == "H265"
    again.close()


def test_a_stream_that_stalls_is_timed_out(camera: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "SOCKET_SECONDS", 0.7)  # seven frames
    stream = open_stream(request(camera.uri(), camera.spec.credentials))
    try:
        assert pictures(stream, 1)
        camera.state.faults.set("stall")
        assert drained(stream, 50) is TimedOut
    finally:
        stream.close()


@pytest.mark.parametrize("fault", ["rtp_loss", "rtp_reorder"])
def test_lost_and_swapped_packets_do_not_end_it(camera: Any, fault: str) -> None:
    camera.state.faults.set(fault, "0.2")
    stream = open_stream(request(camera.uri(), camera.spec.credentials))
    try:
        assert len(pictures(stream, 5)) == 5
    finally:
        stream.close()


# --- pictures -------------------------------------------------------------------------------------------------------


def test_a_picture_outlives_its_stream(tmp_path: Path) -> None:
    stream = open_stream(request(make_file(tmp_path / "a.avi", frames=6)))
    kept = pictures(stream, 3)
    before = [bytes(p.data) for p in kept]
    assert len(set(before)) == 3
    while stream.read():
        stream.decode(convert=True)
    stream.close()
    del stream
    gc.collect()
    assert [bytes(p.data) for p in kept] == before  # neither freed nor written to again
    for picture in kept:
        assert len(memoryview(picture.data)) >= picture.stride * picture.height
        assert picture.stride >= picture.width * 4


BOXES = [(1, 1), (2, 2), (33, 17), (101, 57), (64, 48), (639, 361), (1, 500), (500, 1), (3840, 2160)]


@pytest.mark.parametrize(("width", "height"), [(64, 48), (48, 64), (66, 38)])
def test_a_picture_fits_into_its_box_with_even_sides(tmp_path: Path, width: int, height: int) -> None:
    stream = open_stream(request(make_file(tmp_path / "a.avi", width=width, height=height, frames=len(BOXES) + 5)))
    try:
        for box in BOXES:
            stream.set_target(*box)
            (picture,) = pictures(stream, 1)
            assert picture.width % 2 == picture.height % 2 == 0
            assert 2 <= picture.width <= max(2, box[0])
            assert 2 <= picture.height <= max(2, box[1])
            assert picture.width >= box[0] - 1 or picture.height >= box[1] - 1 or min(box) <= 2  # it fills one side
            if min(picture.width, picture.height) > 20:
                assert abs(picture.width / picture.height - width / height) < 0.15
    finally:
        stream.close()


@pytest.mark.parametrize("box", [(0, 0), (-5, 10), (100, 0)])
def test_without_a_box_a_picture_has_its_own_size(tmp_path: Path, box: tuple[int, int]) -> None:
    stream = open_stream(request(make_file(tmp_path / "a.avi")))
    stream.set_target(*box)
    (picture,) = pictures(stream, 1)
    assert (picture.width, picture.height) == (64, 48)
    stream.close()


@pytest.mark.parametrize("codec", ["mpeg4", "mjpeg"])
@pytest.mark.parametrize("box", [(0, 0), (436, 246), (431, 400), (204, 300), (130, 70), (640, 361), (854, 480)])
def test_a_picture_is_written_to_its_edges(tmp_path: Path, box: tuple[int, int], codec: str) -> None:
    path = make_file(tmp_path / ("a.avi" if codec == "mpeg4" else "a.mkv"), codec, width=436, height=246)
    stream = open_stream(request(path))
    stream.set_target(*box)
    for picture in pictures(stream, 8)[-3:]:
        found = pixels(picture)[:, :, 1].astype(int)
        assert abs(found - np.median(found)).max() < 6
    stream.close()


def test_pixels_that_are_not_square_are_stretched(tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.mp4", width=64, height=64, sample_aspect_ratio=2)
    stream = open_stream(request(path))
    stream.set_target(128, 128)
    (picture,) = pictures(stream, 1)
    assert (picture.width, picture.height) == (128, 64)
    stream.close()


def test_what_is_only_decoded_is_not_scaled_and_not_lost(tmp_path: Path) -> None:
    stream = open_stream(request(make_file(tmp_path / "a.avi", gop_size=12)))
    for _ in range(5):
        assert stream.read()
        assert stream.decode(convert=False) is None
    assert stream.read()
    picture = stream.decode(convert=True)
    assert picture is not None
    assert abs(int(pixels(picture).mean()) - 20 * 5) < 12  # the sixth picture, built on those that nobody saw
    stream.close()


def test_a_giant_is_refused_in_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "MAX_SIDE", 60)
    stream = open_stream(request(make_file(tmp_path / "a.avi")))
    assert stream.read()
    with pytest.raises(NotVideo, match="the picture claims 64 x 48 pixels"):
        stream.decode(convert=True)
    stream.close()


def test_broken_data_gives_no_picture_and_the_stream_goes_on(tmp_path: Path) -> None:
    path = make_file(tmp_path / "a.avi", frames=30, gop_size=5)
    data = bytearray(path.read_bytes())
    start = data.index(b"movi") + 400
    data[start : start + 300] = b"\xff" * 300
    path.write_bytes(data)
    stream = open_stream(request(path))
    assert pictures(stream, 5)
    stream.close()


# --- files and HTTP -------------------------------------------------------------------------------------------------


class Clock:
    """A clock that sleeping moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        monkeypatch.setattr("drivers.video.source.time.monotonic", lambda: self.now)
        monkeypatch.setattr("drivers.video.source.time.sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


def test_a_file_comes_at_its_own_speed_and_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = open_stream(request(make_file(tmp_path / "a.avi", frames=10, fps=10)))
    clock = Clock(monkeypatch)
    arrived = []
    while stream.read():
        stream.decode(convert=False)
        arrived.append(clock.now)
    assert not stream.read()
    assert np.allclose(np.diff(arrived), 0.1, atol=0.002)
    assert len(arrived) == 10
    stream.close()


def test_a_gap_in_a_file_is_no_pause(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "gap.mkv"
    with av.open(str(path), "w") as out:
        made: Any = out.add_stream("mpeg4", rate=10)
        made.width, made.height, made.pix_fmt = 64, 48, "yuv420p"
        for number, second in enumerate((0, 1, 3600, 3601)):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 9 * number, np.uint8), format="bgr24")
            frame.pts, frame.time_base = second * 10, Fraction(1, 10)
            out.mux(made.encode(frame))
        out.mux(made.encode())
    stream = open_stream(request(path))
    clock = Clock(monkeypatch)
    while stream.read():
        stream.skip()
    assert sum(clock.slept) <= 4.0
    stream.close()


def test_pictures_by_http(tmp_path: Path) -> None:
    over = threading.Event()

    def answer(connection: socket.socket, head: bytes) -> bool:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\nConnection: close\r\n\r\n"
        )
        picture = jpeg()
        part = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(picture) + picture + b"\r\n"
        while not over.wait(0.005):
            connection.sendall(part)
        return False

    with served(answer) as server:
        stream = open_stream(request(f"http://127.0.0.1:{server.port}/video.mjpg"))
        try:
            found = pictures(stream, 5)
            assert (stream.codec, found[0].width, found[0].height) == ("JPEG", 64, 48)
        finally:
            stream.close()
            over.set()


def test_a_playlist_with_its_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = make_file(tmp_path / "a.ts", "mpeg2video", frames=10, fps=25).read_bytes()
    playlist = b"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:0.4,\na.ts\n#EXT-X-ENDLIST\n"

    def answer(connection: socket.socket, head: bytes) -> bool:
        wanted = head.split()[1]
        whole = playlist if wanted.endswith(b".m3u8") else film
        kind = "application/vnd.apple.mpegurl" if wanted.endswith(b".m3u8") else "video/mp2t"
        return http(whole, kind)(connection, head)

    with served(answer) as server:
        stream = open_stream(request(f"http://127.0.0.1:{server.port}/live.m3u8"))
        clock = Clock(monkeypatch)
        found = 0
        while stream.read():
            stream.decode(convert=False)
            found += 1
        stream.close()
    assert found == 10
    assert 0.3 < clock.now - 1000.0 < 0.5  # paced: a server gives a whole piece at once


def test_a_server_that_goes_in_the_middle(tmp_path: Path) -> None:
    film = make_file(tmp_path / "a.ts", "mpeg2video", frames=50, fps=50).read_bytes()
    with served(http(film[: len(film) // 2], "video/mp2t")) as server:
        stream = open_stream(request(f"http://127.0.0.1:{server.port}/a.ts"))
        played = sum(1 for _ in itertools.takewhile(lambda _: stream.read(), range(100)))
        assert 0 < played < 50
        stream.close()
        stream.close()  # twice harms nothing


def test_a_target_may_change_from_another_thread_while_it_plays(tmp_path: Path) -> None:
    stream = open_stream(request(make_file(tmp_path / "a.avi", frames=100, fps=500)))
    over = threading.Event()

    def resize() -> None:
        for side in itertools.cycle((32, 64)):
            stream.set_target(side, side)
            if over.wait(0.001):
                return

    thread = threading.Thread(target=resize)
    thread.start()
    try:
        for picture in pictures(stream, 60):
            assert (picture.width, picture.height) in ((64, 48), (32, 24))
    finally:
        over.set()
        thread.join()
        stream.close()
