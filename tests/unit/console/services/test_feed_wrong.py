"""Streams that a camera does not serve, logins that it refused, workers that do not come back."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from fake_video import Clock, FakeVideo, eventually

from console.model.restart import Phase
from console.services.feed import WRONG_TRIES, Feed, Need
from console.services.feed_pool import FeedPool, FeedSource
from console.services.slots import DecodeSlots
from drivers.errors import NotFound, Refused, Unreachable
from drivers.types import StreamProfile, StreamRequest

SUB = StreamProfile("sub", "Sub", "fake:sub", width=640, height=360)
MAIN = StreamProfile("main", "Main", "fake:main", width=1920, height=1080)
NEED = Need(320, 180)


@pytest.fixture
def video() -> FakeVideo:
    return FakeVideo(Clock())


def ended(feed: Feed, video: FakeVideo) -> None:
    streams = feed.stop()
    video.end_all()
    assert all(stream.join(20) for stream in streams)


def failed(feed: Feed, times: int) -> bool:
    facts = feed.facts()
    return facts is not None and facts.failures >= times


def a_feed(video: FakeVideo) -> Feed:
    return Feed(4, "Gate", (SUB, MAIN), lambda p: StreamRequest("Gate", p.uri), video, DecodeSlots(2))


def test_another_stream_is_taken_where_the_camera_does_not_serve_the_first(video: FakeVideo) -> None:
    video.fail_next_open(*[NotFound("Gate")] * WRONG_TRIES, uri=SUB.uri)
    feed = a_feed(video)
    feed.need("tile", NEED)
    eventually(lambda: failed(feed, WRONG_TRIES))
    feed.check()
    video.source(uri=MAIN.uri).feed()
    eventually(lambda: feed.take() is not None)
    assert feed.profile == MAIN
    ended(feed, video)


def test_a_camera_that_is_away_keeps_its_stream(video: FakeVideo) -> None:
    video.fail_next_open(*[Unreachable("Gate")] * WRONG_TRIES, uri=SUB.uri)
    feed = a_feed(video)
    feed.need("tile", NEED)
    eventually(lambda: failed(feed, WRONG_TRIES))
    feed.check()
    assert feed.profile == SUB
    ended(feed, video)


@pytest.fixture
def pool(video: FakeVideo) -> Iterator[FeedPool]:
    interval = sys.getswitchinterval()
    made = FeedPool(video, slots=2)
    yield made
    video.end_all()
    assert made.close(20.0)
    sys.setswitchinterval(interval)


def test_a_refused_login_is_not_tried_again_when_its_tile_comes_back(pool: FeedPool, video: FakeVideo) -> None:
    video.fail_next_open(Refused("Gate"))
    pool.offer([FeedSource(4, "Gate", (SUB,), lambda p: StreamRequest("Gate", p.uri), "tcp old")])
    pool.need(4, "tile", NEED)
    eventually(lambda: pool.all_facts()[4].phase is Phase.REFUSED)
    for _ in range(3):
        pool.need(4, "tile", None)
        assert pool.shown == 0
        assert pool.all_facts() == {}
        pool.need(4, "tile", NEED)
    assert pool.all_facts()[4].phase is Phase.REFUSED
    assert len(video.requests) == 1
    # Other credentials are another matter.
    pool.offer([FeedSource(4, "Gate", (SUB,), lambda p: StreamRequest("Gate", p.uri), "tcp new")])
    pool.need(4, "tile", NEED)
    video.source().feed()
    eventually(lambda: 4 in pool.collect())
    assert len(video.requests) == 2
