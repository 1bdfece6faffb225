"""A camera's feed: the right stream for the tiles, changed without a dark moment, and no password spent twice."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fake_video import Clock, FakeSource, FakeVideo, eventually

from console.model.restart import Phase
from console.model.shedding import Attention
from console.model.tile_state import TileState
from console.services.feed import SWITCH_SECONDS, Feed, Need
from console.services.slots import DecodeSlots
from console.services.stream import Stream
from drivers.errors import Refused, Unreachable
from drivers.types import Picture, StreamProfile, StreamRequest

SUB = StreamProfile("sub", "Sub", "fake:sub", width=640, height=360)
MAIN = StreamProfile("main", "Main", "fake:main", width=1920, height=1080)
SMALL, LARGE = Need(320, 180), Need(1600, 900)


class Bench:
    """One feed over a fake driver."""

    def __init__(self, *profiles: StreamProfile) -> None:
        self.clock = Clock()
        self.video = FakeVideo(self.clock)
        self.feed = Feed(
            4, "Gate", profiles, lambda p: StreamRequest("Gate", p.uri), self.video, DecodeSlots(2), self.clock
        )
        self.streams: list[Stream] = []

    def uris(self) -> list[str]:
        """What was opened, in order."""
        return [request.uri for request in self.video.requests]

    def take(self, source: FakeSource) -> Picture:
        """A packet comes in at ``source``; the feed's next picture."""
        source.feed()
        found: list[Picture] = []

        def taken() -> bool:
            picture = self.feed.take()
            if picture is not None:
                found.append(picture)
            return bool(found)

        eventually(taken)
        return found[0]

    def ended(self, source: FakeSource) -> None:
        source.feed()  # wakes its worker
        eventually(lambda: source.closed)

    def phase(self, phase: Phase) -> None:
        def reached() -> bool:
            facts = self.feed.facts()
            return facts is not None and facts.phase is phase

        eventually(reached)


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench(SUB, MAIN)
    yield made
    close(made)


def close(bench: Bench) -> None:
    streams = bench.feed.stop()
    bench.video.end_all()
    assert all(stream.join(20) for stream in streams)


def test_nothing_is_opened_before_a_tile_asks(bench: Bench) -> None:
    assert not bench.feed.needed
    bench.feed.check()
    assert (bench.feed.take(), bench.feed.facts(), bench.uris()) == (None, None, [])


def test_a_larger_tile_changes_the_stream_without_a_dark_moment(bench: Bench) -> None:
    bench.feed.need("tile", SMALL)
    sub = bench.video.source(uri="fake:sub")
    bench.take(sub)
    bench.feed.need("tile", LARGE)
    main = bench.video.source(uri="fake:main")
    for _ in range(3):
        assert bench.take(sub).source_width == 640  # the old one goes on until the new one shows something
        assert bench.feed.profile == SUB
    assert bench.feed.verdict(bench.clock.now).state is TileState.LIVE
    main.feed()
    eventually(lambda: bench.feed.take() is not None and bench.feed.profile == MAIN)
    bench.ended(sub)
    bench.take(main)
    assert bench.uris() == ["fake:sub", "fake:main"]


def test_a_change_of_mind_in_mid_switch(bench: Bench) -> None:
    bench.feed.need("tile", SMALL)
    sub = bench.video.source(uri="fake:sub")
    bench.take(sub)
    bench.feed.need("tile", LARGE)
    main = bench.video.source(uri="fake:main")
    bench.feed.need("tile", SMALL)
    bench.ended(main)
    bench.take(sub)
    assert bench.feed.profile == SUB
    assert bench.uris() == ["fake:sub", "fake:main"]


def test_the_same_wish_opens_nothing_new(bench: Bench) -> None:
    for _ in range(3):
        bench.feed.need("tile", SMALL)
        bench.feed.check()
    bench.video.source()
    assert bench.uris() == ["fake:sub"]


def test_a_switch_that_never_plays_is_given_up_until_a_retry(bench: Bench) -> None:
    bench.feed.need("tile", SMALL)
    sub = bench.video.source(uri="fake:sub")
    bench.take(sub)
    bench.feed.need("tile", LARGE)
    main = bench.video.source(uri="fake:main")
    bench.clock.now += SWITCH_SECONDS
    bench.feed.check()
    assert not main.closed
    bench.clock.now += 0.1
    bench.feed.check()
    bench.ended(main)
    bench.feed.need("tile", Need(1700, 950))
    bench.feed.check()
    bench.take(sub)
    assert bench.uris() == ["fake:sub", "fake:main"]
    bench.feed.retry()
    bench.feed.check()
    eventually(lambda: bench.uris().count("fake:main") == 2)


def attention(bench: Bench) -> Attention:
    assert bench.feed._playing is not None
    return bench.feed._playing._wants.attention


def test_two_tiles_share_one_stream_that_suits_the_larger(bench: Bench) -> None:
    bench.feed.need("one", Need(1600, 180, attention=Attention.SMALL))
    bench.take(bench.video.source(uri="fake:sub"))
    bench.feed.need("other", Need(320, 900, attention=Attention.SELECTED))
    main = bench.video.source(uri="fake:main")
    main.feed()
    eventually(lambda: bench.feed.take() is not None and bench.feed.profile == MAIN)
    assert main.target == (1600, 900)
    assert attention(bench) is Attention.SELECTED
    bench.feed.need("other", None)
    assert bench.feed.needed
    assert attention(bench) is Attention.SMALL
    eventually(lambda: bench.uris() == ["fake:sub", "fake:main", "fake:sub"])  # the small one suffices again
    bench.feed.need("one", None)
    assert not bench.feed.needed


def test_maximised_means_the_main_stream_for_any_size(bench: Bench) -> None:
    bench.feed.need("tile", Need(100, 100, best=True))
    assert bench.video.source().request.uri == "fake:main"


def test_a_refused_password_is_not_spent_on_another_stream(bench: Bench) -> None:
    bench.video.fail_next_open(Refused("Gate"))
    bench.feed.need("tile", SMALL)
    bench.phase(Phase.REFUSED)
    for _ in range(5):
        for need in (LARGE, Need(100, 100, best=True), SMALL):
            bench.feed.need("tile", need)
            bench.feed.check()
    assert bench.uris() == ["fake:sub"]
    assert bench.feed.verdict(bench.clock.now).state is TileState.REFUSED
    bench.feed.need("tile", LARGE)
    bench.feed.retry()
    bench.take(bench.video.source(uri="fake:sub"))
    bench.feed.check()
    assert bench.video.source(uri="fake:main")  # what was wanted meanwhile


def test_a_refused_switch_is_tried_once(bench: Bench) -> None:
    bench.feed.need("tile", SMALL)
    sub = bench.video.source(uri="fake:sub")
    bench.take(sub)
    bench.video.fail_next_open(*(Refused("Gate") for _ in range(9)), uri="fake:main")
    bench.feed.need("tile", LARGE)
    refused = bench.feed._coming
    assert refused is not None
    eventually(lambda: refused.facts().phase is Phase.REFUSED)
    for _ in range(5):
        bench.feed.need("tile", SMALL)
        bench.feed.need("tile", LARGE)
    bench.take(sub)
    assert bench.uris() == ["fake:sub", "fake:main"]


def test_the_words_follow_the_picture(bench: Bench) -> None:
    def words() -> str:
        return bench.feed.verdict(bench.clock.now).headline

    bench.feed.need("tile", SMALL)
    assert words() == "CONNECTING"
    source = bench.video.source()
    bench.take(source)
    assert words() == "LIVE"
    bench.clock.now += 2.0
    assert words() == "STALE 0:02"
    source.fail_next_read(Unreachable("Gate", "connection reset"))
    bench.phase(Phase.WAITING)
    assert words() == "STALE 0:02"
    assert bench.feed.verdict(bench.clock.now).detail.startswith("not reachable: connection reset")


def test_a_picture_that_nobody_took_is_not_live(bench: Bench) -> None:
    bench.feed.need("tile", SMALL)
    source = bench.video.source()
    source.feed()
    bench.phase(Phase.PLAYING)
    assert bench.feed.verdict(bench.clock.now).state is TileState.CONNECTING
    bench.clock.now += 60.0
    assert bench.feed.take() is not None
    assert bench.feed.verdict(bench.clock.now).state is TileState.STALE  # judged by when it came, not by now


def test_a_camera_without_streams_says_so() -> None:
    bench = Bench()
    bench.feed.need("tile", LARGE)
    bench.feed.check()
    bench.feed.retry()
    verdict = bench.feed.verdict(5.0)
    assert (verdict.state, verdict.detail) == (TileState.NO_SIGNAL, "this camera offers no stream")
    assert bench.feed.stop() == []


def test_one_stream_serves_every_size() -> None:
    bench = Bench(SUB)
    try:
        for need in (SMALL, LARGE, Need(50, 50, best=True)):
            bench.feed.need("tile", need)
        bench.take(bench.video.source())
        assert bench.uris() == ["fake:sub"]
    finally:
        close(bench)
