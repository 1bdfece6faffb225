"""All cameras that are shown: one feed each, closed with the last tile or when the camera changes."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest
from fake_video import FPS, Clock, FakeVideo, eventually

from console.services.feed import Need
from console.services.feed_pool import FeedPool, FeedSource, WarmSettings
from drivers.types import StreamProfile, StreamRequest

NEED = Need(320, 180)


def camera(number: int, name: str = "", uri: str = "") -> FeedSource:
    profile = StreamProfile("sub", "Sub", uri or f"fake:{number}", width=640, height=360)
    return FeedSource(number, name or f"Gate {number}", (profile,), lambda p: StreamRequest(f"Gate {number}", p.uri))


@pytest.fixture
def video() -> FakeVideo:
    return FakeVideo(Clock())


@pytest.fixture
def pool(video: FakeVideo) -> Iterator[FeedPool]:
    interval = sys.getswitchinterval()
    made = FeedPool(video, Clock(), slots=2, warm=WarmSettings(0.0))
    yield made
    for feed in list(made._feeds.values()):
        made._leaving += feed.stop()
    made._feeds.clear()
    video.end_all()
    assert made.close(20.0)
    sys.setswitchinterval(interval)


def collected(pool: FeedPool, number: int) -> None:
    eventually(lambda: number in pool.collect())


def test_one_feed_a_camera_however_many_tiles(pool: FeedPool, video: FakeVideo) -> None:
    pool.offer([camera(1), camera(2)])
    for who in ("a", "b", "c"):
        pool.need(1, who, NEED)
    video.source().feed()
    collected(pool, 1)
    assert video.opened == 1
    assert pool.collect() == {}
    assert set(pool.all_facts()) == {1}
    for who in ("a", "b"):
        pool.need(1, who, None)
    assert pool.feed(1) is not None
    pool.need(1, "c", None)
    assert pool.feed(1) is None
    video.source().feed()
    eventually(lambda: video.source().closed)

    def all_let_go() -> bool:
        pool.check()
        return not pool._leaving

    eventually(all_let_go)


def test_the_rate_of_the_quickest_stream_is_known_when_it_plays(pool: FeedPool, video: FakeVideo) -> None:
    pool.offer([camera(1), camera(2)])
    assert pool.fastest == 0.0
    pool.need(1, "tile", NEED)
    video.source().feed()
    collected(pool, 1)
    assert pool.fastest == FPS


def test_unknown_cameras_are_ignored(pool: FeedPool, video: FakeVideo) -> None:
    pool.offer([camera(1)])
    pool.need(9, "a", NEED)
    pool.need(1, "a", None)
    pool.retry(9)
    assert (video.opened, pool.feed(9), pool.collect()) == (0, None, {})


@pytest.mark.parametrize("change", ["name", "streams", "gone"])
def test_a_camera_that_changed_is_closed_and_the_others_go_on(pool: FeedPool, video: FakeVideo, change: str) -> None:
    pool.offer([camera(1), camera(2)])
    pool.need(1, "a", NEED)
    pool.need(2, "b", NEED)
    other = pool.feed(2)
    old = video.source(uri="fake:1")
    changed = {"name": [camera(1, "Yard")], "streams": [camera(1, uri="fake:new")], "gone": []}[change]
    pool.offer([*changed, camera(2)])
    assert pool.feed(1) is None
    assert pool.feed(2) is other
    old.feed()
    eventually(lambda: old.closed)
    pool.need(1, "a", NEED)
    if changed:
        fresh = pool.feed(1)
        assert fresh is not None
        assert fresh.name == changed[0].name
        assert fresh.facts() is not None
    else:
        assert pool.feed(1) is None


def test_offering_the_same_again_disturbs_nobody(pool: FeedPool, video: FakeVideo) -> None:
    pool.offer([camera(1)])
    pool.need(1, "a", NEED)
    feed = pool.feed(1)
    pool.offer([camera(1), camera(2)])
    assert pool.feed(1) is feed
    video.source()
    assert video.opened == 1


def test_a_worker_that_does_not_end_does_not_hold_up_the_end(pool: FeedPool, video: FakeVideo) -> None:
    video.gate.clear()
    pool.offer([camera(1)])
    pool.need(1, "a", NEED)
    eventually(lambda: video.opened == 1)
    assert not pool.close(0.01)


def test_the_slots_bound_decoding_over_all_streams(pool: FeedPool, video: FakeVideo) -> None:
    pool.offer([camera(n) for n in range(1, 7)])
    inside, most, lock, go = [0], [0], threading.Lock(), threading.Event()
    for n in range(1, 7):
        pool.need(n, "a", NEED)
    eventually(lambda: len(video.sources) == 6)
    for source in video.sources:
        decode = source.decode

        def slow(convert: bool, decode: object = decode) -> object:
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            go.wait(10)
            with lock:
                inside[0] -= 1
            return decode(convert)  # type: ignore[operator]

        source.decode = slow  # type: ignore[method-assign, assignment]
    for source in video.sources:
        source.feed(3)
    eventually(lambda: inside[0] == 2)
    go.set()
    seen: set[int] = set()

    def all_seen() -> bool:
        seen.update(pool.collect())
        return len(seen) == 6

    eventually(all_seen)
    assert most[0] == 2
