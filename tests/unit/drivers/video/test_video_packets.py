"""What a source gives of its packets, and what it holds of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import pytest
from video_rig import make_file, request

from drivers.types import View
from drivers.video import live_source
from drivers.video.live_source import LiveSource
from drivers.video.source import open_stream

JOINED = {"sc_threshold": "1000000000"}


@pytest.fixture
def film(tmp_path: Path) -> Path:
    return make_file(tmp_path / "film.mp4", frames=24, fps=200, gop_size=12, options=JOINED)


@pytest.fixture
def stream(film: Path) -> Iterator[LiveSource]:
    opened = open_stream(request(film))
    yield opened
    opened.close()


def test_packets_are_what_the_file_has(film: Path, stream: LiveSource) -> None:
    with av.open(str(film)) as container:
        video = container.streams.video[0]
        assert stream.parameters.extradata == video.codec_context.extradata
        assert (stream.parameters.codec, stream.parameters.width, stream.parameters.height) == ("mpeg4", 64, 48)
        for packet in container.demux(video):
            if not packet.size:
                break
            assert stream.read()
            given = stream.packet()
            assert given == stream.packet()  # it goes on waiting
            assert (given.data, given.key, given.taken) == (bytes(packet), packet.is_keyframe, None)
            assert packet.pts is not None
            assert given.pts == pytest.approx(float(packet.pts * video.time_base))
            stream.skip()


def test_the_time_line_never_goes_back(stream: LiveSource, monkeypatch: pytest.MonkeyPatch) -> None:
    wall, passed = [1_700_000_000.0], [50.0]
    monkeypatch.setattr("drivers.video.live_source.time.time", lambda: wall[0])
    monkeypatch.setattr("drivers.video.live_source.time.monotonic", lambda: passed[0])
    monkeypatch.setattr("drivers.video.source.time.sleep", lambda seconds: None)
    came = []
    for step, jump in ((1.0, 0.0), (1.0, 0.0), (1.0, -10.0), (4.0, 0.0), (20.0, 0.0), (1.0, 3600.0)):
        wall[0] += step + jump
        passed[0] += step
        assert stream.read()
        came.append(stream.packet().arrived - 1_700_000_000.0)
        stream.skip()
    # Ten seconds back: it goes on at half the speed until the clock has caught up. Forward it follows at once.
    assert came == [1.0, 2.0, 2.5, 4.5, 17.0, 3618.0]


def test_what_is_held_is_bounded_by_bytes(stream: LiveSource, monkeypatch: pytest.MonkeyPatch) -> None:
    assert stream.read()
    assert stream.hold()
    monkeypatch.setattr(live_source, "HELD_BYTES", stream._held_bytes)
    assert stream.read()
    assert not stream.hold()
    assert (stream.held, stream._held_bytes) == (0, 0)
    assert stream.read()
    assert not stream.hold()  # nothing before it is there


def test_what_is_held_is_bounded_by_time(stream: LiveSource, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_source, "HELD_SECONDS", 0.0)
    assert stream.read()
    assert stream.hold()
    assert stream.read()
    assert not stream.hold()
    for _ in range(20):
        assert stream.read()
        if stream.packet_is_key:
            break
        stream.skip()
    assert stream.hold()


def test_pictures_after_holding_are_those_of_decoding_all(film: Path, stream: LiveSource) -> None:
    plain = open_stream(request(film))
    for _ in range(10):
        assert plain.read()
        expected = plain.decode(convert=True)
    for _ in range(9):
        assert stream.read()
        assert stream.hold()
    stream.catch_up(4)
    assert stream.held == 5
    assert stream.read()
    picture = stream.decode(convert=True)
    plain.close()
    assert picture is not None
    assert expected is not None
    assert bytes(picture.data) == bytes(expected.data)
    assert picture.pts == expected.pts


def test_a_view_turns_pictures_from_the_next_on(stream: LiveSource) -> None:
    stream.set_target(64, 64)
    assert stream.read()
    upright = stream.decode(convert=True)
    stream.set_view(View(rotate=90))
    assert stream.read()
    turned = stream.decode(convert=True)
    assert upright is not None
    assert turned is not None
    assert (upright.width, upright.height) == (64, 48)
    assert (turned.width, turned.height) == (48, 64)
    assert (turned.source_width, turned.source_height) == (64, 48)
