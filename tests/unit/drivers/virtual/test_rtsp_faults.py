"""Each fault that concerns streams, and disturbed cameras, seen from the client's side."""

from __future__ import annotations

import itertools
import select
import struct
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from rtsp_rig import MAIN, SUB, Client, Rig

from drivers.types import Codec
from drivers.virtual import timecode
from drivers.virtual.encode import Frame
from drivers.virtual.rtsp.rtp import Watcher
from drivers.virtual.state import FaultBox


@pytest.fixture(scope="module")
def shared() -> Iterator[Rig]:
    made = Rig(main=replace(MAIN, width=320, height=180))
    made.open()
    yield made
    made.close()


@pytest.fixture
def rig(shared: Rig) -> Iterator[Rig]:
    yield shared
    shared.state.faults.clear()
    shared.state.look(pan=0.0, tilt=0.0, zoom=0.0)
    for lamp, level in shared.plan.lamp_levels().items():
        shared.lamps.set(lamp, level)


def media(client: Client, count: int) -> list[tuple[int, int]]:
    """Sequence number and timestamp of the next RTP packets."""
    got: list[tuple[int, int]] = []
    while len(got) < count:
        channel, packet = client.packet()
        if channel == 0:
            got.append(struct.unpack(">HI", packet[2:8]))
    return got


def quiet(client: Client, seconds: float) -> bool:
    """True when nothing comes for so long. What was already under way is taken first."""
    return not select.select([client.socket], [], [], seconds)[0]


def pixels_until(rig: Rig, good: Callable[[np.ndarray], bool], token: str = "sub") -> np.ndarray:
    """The first decoded picture for which ``good`` holds; fails after 15 s."""
    deadline = time.monotonic() + 15
    with rig.video(token) as container:
        for packet in container.demux(video=0):
            for frame in packet.decode():
                image = frame.to_ndarray(format="bgr24")
                if good(image):
                    return image
            assert time.monotonic() < deadline
    raise AssertionError("the stream ended")


def test_silent_accepts_and_says_nothing(rig: Rig) -> None:
    rig.state.faults.set("silent")
    with rig.talk() as client:
        client.send("OPTIONS", rig.uri())
        assert quiet(client, 0.3)


def test_silent_once_answers_the_second_time(rig: Rig) -> None:
    rig.state.faults.set("silent", times=1)
    with rig.talk() as client:
        client.send("OPTIONS", rig.uri())
        client.send("OPTIONS", rig.uri())
        assert client.answer()[1]["cseq"] == "2"


def test_stall_stops_rtp_but_not_the_connection(rig: Rig) -> None:
    with rig.talk() as client:
        client.play()
        media(client, 3)
        rig.state.faults.set("stall")
        client.socket.settimeout(0.7)  # seven frame intervals without a packet: it has stalled
        with pytest.raises(TimeoutError):
            client.drain()
    with rig.talk() as other:
        assert other.ask("DESCRIBE", rig.uri())[0] == 200


@pytest.mark.parametrize(("fault", "share"), [("rtp_loss", "0.5"), ("rtp_reorder", "0.5")])
def test_packets_are_lost_or_reordered(rig: Rig, fault: str, share: str) -> None:
    rig.state.faults.set(fault, share)
    with rig.talk() as client:
        client.play()
        numbers = [number for number, _ in media(client, 40)]
    steps = [(b - a + 0x8000) % 0x10000 - 0x8000 for a, b in itertools.pairwise(numbers)]
    if fault == "rtp_loss":
        assert all(step > 0 for step in steps)
        assert sum(step > 1 for step in steps) > 5
    else:
        assert any(step < 0 for step in steps)
        assert max(steps) <= 3
        assert len(set(numbers)) == len(numbers)


def test_time_jumps(rig: Rig) -> None:
    with rig.talk() as client:
        client.play()
        (_, before) = media(client, 1)[0]
        rig.state.faults.set("time_jump", "3600")
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            (_, after) = media(client, 1)[0]
            if (after - before) % 2**32 > 3500 * 90_000:
                return
    raise AssertionError("no jump was seen")


def test_resolution_changes_mid_stream(rig: Rig) -> None:
    deadline = time.monotonic() + 15
    sizes = []
    with rig.video() as container:
        for packet in container.demux(video=0):
            for frame in packet.decode():
                if not sizes:
                    rig.state.faults.set("resolution", "240x136")
                if (frame.width, frame.height) not in sizes:
                    sizes.append((frame.width, frame.height))
            if len(sizes) > 1:
                break
            assert time.monotonic() < deadline
    assert sizes == [(SUB.width, SUB.height), (240, 136)]


def test_a_codec_change_ends_the_stream_and_is_described(rig: Rig) -> None:
    with rig.talk() as client:
        client.play()
        media(client, 1)
        rig.state.faults.set("codec", "H265")
        with pytest.raises((EOFError, ConnectionError)):
            client.drain()
    with rig.video() as container:
        assert container.streams.video[0].codec_context.name == "hevc"


@pytest.mark.parametrize(
    ("lie", "sign"), [("not_video", "m=application"), ("garbage", "this is not"), ("wrong_codec", "H265/90000")]
)
def test_the_sdp_lies_once(rig: Rig, lie: str, sign: str) -> None:
    rig.state.faults.set("bad_sdp", lie, times=1)
    with rig.talk() as client:
        assert sign in client.ask("DESCRIBE", rig.uri())[2]
        assert "m=video 0 RTP/AVP 96" in client.ask("DESCRIBE", rig.uri())[2]


def test_a_lamp_command_is_seen_and_taken_back(rig: Rig) -> None:
    def mean(image: np.ndarray) -> float:
        return float(image[: SUB.height * 3 // 4].mean())

    usual = mean(pixels_until(rig, lambda image: True))
    for lamp in rig.plan.lamp_levels():
        rig.lamps.set(lamp, 100.0)
    pixels_until(rig, lambda image: mean(image) > usual * 1.15)
    for lamp, level in rig.plan.lamp_levels().items():
        rig.lamps.set(lamp, level)
    pixels_until(rig, lambda image: mean(image) < usual * 1.08)


def test_turning_the_camera_turns_the_running_picture(rig: Rig) -> None:
    def upper(image: np.ndarray) -> np.ndarray:
        return image[: image.shape[0] // 3].astype(int)  # houses and sky: no traffic, which differs at each moment

    home = upper(pixels_until(rig, lambda image: True))
    rig.state.look(pan=0.5, zoom=0.3)
    turned = pixels_until(rig, lambda image: np.abs(upper(image) - home).mean() > 10)
    assert timecode.read(turned) is not None
    rig.state.look(pan=0.0, zoom=0.0)
    pixels_until(rig, lambda image: np.abs(upper(image) - home).mean() < 4)


def test_live_and_loop_carry_the_same_clock(rig: Rig) -> None:
    for token in ("main", "sub"):
        image = pixels_until(rig, lambda image: timecode.read(image) is not None, token)
        code = timecode.read(image)
        assert code is not None
        assert code[1] == rig.spec.number
        assert -100 < timecode.age_ms(code[0], int(time.time() * 1000)) < 5_000


class DeafWire:
    """A client that does not read."""

    def __init__(self) -> None:
        self.waiting = 0
        self.sent = 0

    def media(self, joined: bytearray, starts: list[int]) -> None:
        self.waiting += len(joined)
        self.sent += 1

    def report(self, packet: bytes) -> None:
        self.waiting += len(packet)

    def backlog(self) -> int:
        return self.waiting


def test_a_watcher_that_does_not_read_is_limited() -> None:
    import random

    now = [100.0]
    wire = DeafWire()
    watcher = Watcher(wire, FaultBox(), lambda: now[0], random.Random(1))
    packet = b"$\0" + (1012).to_bytes(2, "big") + bytes((0x80, 0xE0)) + bytes(1010)
    plain, key = Frame(packet, (0,), False), Frame(packet, (0,), True)
    for _ in range(5000):
        watcher.send(plain, now[0])
        now[0] += 0.1
    assert wire.waiting < Watcher.MAX_BACKLOG + 2000
    assert watcher.stuck is not None
    wire.waiting, sent = 0, wire.sent
    watcher.send(plain, now[0])
    assert wire.sent == sent  # it goes on with a key frame only
    watcher.send(key, now[0])
    assert wire.sent == sent + 1
    assert watcher.stuck is None


def test_a_codec_can_be_mjpeg(rig: Rig) -> None:
    rig.state.faults.set("codec", Codec.MJPEG.value)
    with rig.video("main") as container:
        assert container.streams.video[0].codec_context.name == "mjpeg"
