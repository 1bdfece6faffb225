"""What comes out of a stream: decoded by FFmpeg, timed by its own time code and by RTCP."""

from __future__ import annotations

import itertools
import struct
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rtsp_rig import MAIN, SUB, Rig

from drivers.types import Codec
from drivers.virtual import timecode
from drivers.virtual.loops import StreamBank
from drivers.virtual.plan import camera_specs, make_plan
from drivers.virtual.state import Lamps

NTP_EPOCH = 2_208_988_800


@pytest.fixture(scope="module")
def rig() -> Iterator[Rig]:
    made = Rig(main=replace(MAIN, codec=Codec.H265))
    made.open()
    yield made
    made.close()


def frames(container: Any, count: int) -> list[tuple[Any, np.ndarray]]:
    """The first ``count`` decoded frames with their pixels."""
    got: list[tuple[Any, np.ndarray]] = []
    deadline = time.monotonic() + 20
    for packet in container.demux(video=0):
        got += [(frame, frame.to_ndarray(format="bgr24")) for frame in packet.decode()]
        if len(got) >= count:
            return got[:count]
        assert time.monotonic() < deadline
    raise AssertionError("the stream ended")


def check_codes(got: list[tuple[Any, np.ndarray]], camera: int, fps: int) -> None:
    """Every frame carries the code of its time: evenly spaced, and of now. Where the machine was so busy that the
    camera left frames out, the next one is as many frame times away."""
    codes = [timecode.read(image) for _, image in got]
    assert all(code is not None and code[1] == camera for code in codes)
    times = [code[0] for code in codes if code is not None]
    steps = [(b - a) % 20_000 for a, b in itertools.pairwise(times)]
    assert all(step > 0 and abs(step - round(step * fps / 1000) * 1000 / fps) <= 10 for step in steps)
    assert min(steps) <= 1000 // fps + 10
    # FFmpeg may give the very first frame no time.
    stamps = [float(frame.time) for frame, _ in got[1:]]
    drift = [(t - times[1]) % 20_000 / 1000 - (s - stamps[0]) for t, s in zip(times[1:], stamps, strict=True)]
    assert max(map(abs, drift)) < 0.02
    assert 0 <= timecode.age_ms(times[-1], int(time.time() * 1000)) < 10_000


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_loop_is_decoded_with_true_codes(rig: Rig, transport: str) -> None:
    with rig.video("sub", transport) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", SUB.width, SUB.height)
        check_codes(frames(container, 12), rig.spec.number, SUB.fps)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_live_h265_stream(rig: Rig, transport: str) -> None:
    with rig.video("main", transport) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("hevc", MAIN.width, MAIN.height)
        got = [timecode.read(image) for _, image in frames(container, 6)]
        assert all(code is not None and code[1] == rig.spec.number for code in got)


def test_an_mjpeg_stream() -> None:
    rig = Rig(sub=replace(SUB, codec=Codec.MJPEG, gop=1, fps=5, bitrate_kbps=1500))
    rig.open()
    try:
        for transport in ("tcp", "udp"):
            with rig.video("sub", transport) as container:
                assert container.streams.video[0].codec_context.name == "mjpeg"
                check_codes(frames(container, 3), rig.spec.number, 5)
    finally:
        rig.close()


def test_rtcp_tells_the_wall_time_of_the_pictures(rig: Rig) -> None:
    with rig.talk() as client:
        client.play()
        report, media = b"", []
        while not (report and len(media) > 4):
            channel, packet = client.packet()
            if channel == 1:
                report = report or packet
            elif packet[1] & 0x80:
                media.append(struct.unpack(">I", packet[4:8])[0])
    kind, ssrc, seconds, fraction, stamp = report[1], *struct.unpack(">IIII", report[4:20])
    assert kind == 200
    wall = seconds - NTP_EPOCH + fraction / 2**32
    assert abs(wall - time.time()) < 30
    assert struct.unpack(">BBHI", report[28:36]) == (0x81, 202, 3, ssrc)
    # A frame of this camera is taken at a whole frame interval plus its phase: the report leads exactly there.
    shift = rig.spec.number * 0.381966 % 1.0
    for moment in media:
        behind = ((moment - stamp + 2**31) % 2**32 - 2**31) / 90_000
        place = (wall + behind) * SUB.fps - shift
        assert abs(place - round(place)) < 0.01


def test_ffmpeg_knows_the_wall_time(rig: Rig) -> None:
    with rig.video() as container:
        got = frames(container, 6)
        start = container.start_time_realtime
        assert start is not None
        code = timecode.read(got[-1][1])
        assert code is not None
        taken = start / 1e6 + float(got[-1][0].time)
        off = timecode.age_ms(code[0], int(taken * 1000))
        assert -200 < off < 200


def test_a_second_watcher_gets_the_running_group_and_its_own_numbers(rig: Rig) -> None:
    with rig.talk() as first, rig.talk() as second:
        first.play()
        first.packet()
        second.play()
        heads = []
        for client in (first, second):
            while (head := client.packet())[0]:
                pass
            heads.append(struct.unpack(">I", head[1][8:12])[0])
        assert heads[0] != heads[1]


def test_loops_are_kept_on_disk(tmp_path: Path) -> None:
    tiny = replace(SUB, width=160, height=90, fps=5)
    seen: list[tuple[int, int]] = []
    first = Rig(tmp_path, sub=tiny)
    first.bank.prepare(lambda done, of: seen.append((done, of)))
    groups = [first.bank.group(first.spec, tiny, index).result() for index in range(20)]
    first.bank.close()
    assert seen == [(0, 1), (1, 1)]
    (stored,) = tmp_path.glob("loop-*.bin")
    written = stored.stat().st_mtime_ns

    second = Rig(tmp_path, sub=tiny)
    loop = second.bank.loop(second.spec, tiny)
    assert [loop.ready(index) for index in range(len(loop))] == groups
    second.bank.prepare()
    second.bank.close()
    assert stored.stat().st_mtime_ns == written

    for damage in (stored.read_bytes()[:-1], b"", b"WFLOOP1\n\0"):
        stored.write_bytes(damage)
        third = Rig(tmp_path, sub=tiny)
        assert third.bank.loop(third.spec, tiny).ready(0) is None
        third.bank.close()


def test_a_loop_is_the_same_whoever_makes_it() -> None:
    tiny = replace(SUB, width=160, height=90, fps=5)
    made = []
    for order in ((0, 3), (3, 0)):
        rig = Rig(sub=tiny)
        groups = {index: rig.bank.group(rig.spec, tiny, index).result() for index in order}
        made.append([frame.starts for frame in groups[3]])
        assert groups[3][0].key
        assert not any(frame.key for frame in groups[3][1:])
        rig.bank.close()
    assert made[0] == made[1]


def test_a_stream_takes_about_the_rate_that_its_profile_announces() -> None:
    plan = make_plan(7, 4)
    spec = camera_specs(plan)[0]
    bank = StreamBank(plan, Lamps(plan.lamp_levels()), None, [spec])
    try:
        groups = [bank.group(spec, spec.sub, index).result(60) for index in range(3)]
    finally:
        bank.close()
    bits = sum(8 * len(frame.data) for group in groups for frame in group)
    seconds = sum(len(group) for group in groups) / spec.sub.fps
    assert 0.7 < bits / 1000 / seconds / spec.sub.bitrate_kbps < 1.15
