"""Cameras between two layouts: kept open undecoded, shown again at once as what they are, bounded, never for ever; and
their packets in replay buffers and recordings."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest
from fake_video import GOP, Clock, FakeVideo, NotedPackets, eventually

from console.model.restart import Phase
from console.model.shedding import Attention
from console.model.tile_state import STALE_AFTER, TileState
from console.services.feed import Feed, Need
from console.services.feed_pool import FeedPool, FeedSource, ReplaySettings, WarmSettings
from drivers.errors import Refused, Unreachable
from drivers.types import Picture, StreamProfile, StreamRequest, View

NEED = Need(320, 180)
LARGE = Need(1600, 900)
WARM = WarmSettings(seconds=20.0, most=3)
PLAIN, BUFFERS = View(), ReplaySettings()


def camera(number: int, main: bool = False, access: str = "", view: View = PLAIN) -> FeedSource:
    sub = StreamProfile("sub", "Sub", f"fake:{number}", width=640, height=360)
    best = StreamProfile("main", "Main", f"fake:{number}/main", width=1920, height=1080)
    profiles = (sub, best) if main else (sub,)
    return FeedSource(
        number, f"Gate {number}", profiles, lambda p: StreamRequest(f"Gate {number}", p.uri), access, view
    )


class Bench:
    """A pool over a fake driver."""

    def __init__(self, replay: ReplaySettings = BUFFERS) -> None:
        self.clock = Clock()
        self.video = FakeVideo(self.clock)
        self.pool = FeedPool(self.video, self.clock, 2, replay, WARM, lambda: self.clock.now + 1e9)
        self.pool.offer([camera(n, main=n == 9) for n in range(1, 10)])

    def live(self, number: int, need: Need = NEED) -> None:
        """A tile shows the camera and has its first picture."""
        self.pool.need(number, "tile", need)
        source = self.video.source(uri=f"fake:{number}")
        source.feed()
        self.picture(number)

    def picture(self, number: int) -> Picture:
        """The next picture."""
        found: list[Picture] = []

        def taken() -> bool:
            picture = self.pool.collect().get(number)
            if picture is not None:
                found.append(picture)
            return bool(found)

        eventually(taken)
        return found[0]

    def feed(self, number: int) -> Feed:
        feed = self.pool._feeds[number]
        assert feed is not None
        return feed

    def state(self, number: int) -> TileState:
        return self.feed(number).verdict(self.clock.now).state

    def gone(self, number: int) -> bool:
        return number not in self.pool._feeds

    def close(self) -> None:
        for number in list(self.pool._feeds):
            self.pool._close(number, "the test ends")
        self.video.end_all()
        assert self.pool.close(20.0)


@pytest.fixture
def bench() -> Iterator[Bench]:
    interval = sys.getswitchinterval()
    made = Bench()
    yield made
    made.close()
    sys.setswitchinterval(interval)


def test_a_camera_stays_open_undecoded_when_its_last_tile_goes(bench: Bench) -> None:
    bench.live(1)
    bench.pool.need(1, "tile", None)
    assert bench.pool.warm_cameras == {1}
    assert bench.pool.feed(1) is None
    assert bench.pool.shown == 0
    assert bench.pool.all_facts() == {}
    source = bench.video.source()
    source.feed(5)
    eventually(lambda: source.held == 5)
    assert source.decoded == 1
    assert bench.pool.collect() == {}
    bench.clock.now += WARM.seconds - 0.1
    bench.pool.check()
    assert not bench.gone(1)
    bench.clock.now += 0.2
    bench.pool.check()
    assert bench.gone(1)
    assert bench.pool.warm_cameras == frozenset()
    source.feed()
    eventually(lambda: source.closed)


def test_it_shows_the_old_picture_as_old_and_is_live_with_the_next_packet(bench: Bench) -> None:
    bench.live(1)
    old = bench.feed(1).last
    bench.pool.need(1, "tile", None)
    source = bench.video.source()
    source.feed(4)
    eventually(lambda: source.held == 4)
    bench.clock.now += 1.0
    bench.pool.need(1, "other tile", NEED)
    assert bench.pool.collect() == {1: old}
    assert bench.pool.collect() == {}
    verdict = bench.feed(1).verdict(bench.clock.now)
    assert (verdict.state, verdict.dim) == (TileState.CONNECTING, True)  # a second old, and not from now
    bench.clock.now += 5.0
    assert bench.state(1) is TileState.STALE
    source.feed()
    assert bench.picture(1).arrived == bench.clock.now
    assert bench.state(1) is TileState.LIVE
    assert source.decoded == 6
    assert bench.video.opened == 1


def test_a_tile_more_gets_the_newest_picture_at_once(bench: Bench) -> None:
    bench.live(1)
    assert bench.pool.collect() == {}
    bench.pool.need(1, "other tile", NEED)
    assert bench.pool.collect() == {1: bench.feed(1).last}
    assert bench.state(1) is TileState.LIVE
    bench.pool.need(1, "other tile", LARGE)
    assert bench.pool.collect() == {}


def test_another_view_forgets_the_old_picture(bench: Bench) -> None:
    bench.live(1)
    bench.pool.need(1, "tile", None)
    masked = View(masks=(((0.0, 0.0), (1.0, 0.0), (1.0, 1.0)),))
    bench.pool.offer([camera(1, view=masked)])
    bench.pool.need(1, "tile", NEED)
    assert bench.pool.collect() == {}
    assert bench.state(1) is TileState.CONNECTING
    assert bench.video.source().view == masked
    assert bench.video.opened == 1


def test_the_longest_unseen_goes_first(bench: Bench) -> None:
    for number in (1, 2, 3, 4):
        bench.live(number)
    for number in (3, 1, 2):
        bench.pool.need(number, "tile", None)
        bench.clock.now += 1
    bench.pool.need(3, "tile", NEED)
    bench.pool.need(3, "tile", None)  # seen again just now
    bench.pool.need(4, "tile", None)
    assert bench.pool.warm_cameras == {2, 3, 4}
    assert bench.gone(1)


def test_a_warm_stream_that_breaks_is_let_go(bench: Bench) -> None:
    bench.live(1)
    bench.pool.need(1, "tile", None)
    bench.video.source().fail_next_read(Unreachable("Gate 1"))

    def broken() -> bool:
        facts = bench.feed(1).facts()
        return facts is not None and facts.phase is Phase.WAITING

    eventually(broken)
    bench.pool.check()
    assert bench.gone(1)
    assert bench.video.opened == 1


def test_a_camera_that_is_away_is_not_kept(bench: Bench) -> None:
    bench.video.fail_next_open(Unreachable("Gate 1"))
    bench.pool.need(1, "tile", NEED)
    eventually(lambda: bench.pool.all_facts()[1].phase is Phase.WAITING)
    bench.pool.need(1, "tile", None)
    assert bench.gone(1)


def test_a_tour_opens_its_next_cameras_before_they_are_shown(bench: Bench) -> None:
    bench.pool.warm([1, 2, 77], NEED)
    source = bench.video.source(uri="fake:1")
    source.feed(7)
    eventually(lambda: source.held == 7)
    assert bench.pool.warm_cameras == {1, 2}
    bench.clock.now += WARM.seconds - 1
    bench.pool.warm([1])
    bench.clock.now += 2
    bench.pool.check()
    assert bench.pool.warm_cameras == {1}
    bench.pool.need(1, "tile", NEED)
    assert bench.state(1) is TileState.CONNECTING
    source.feed()
    bench.picture(1)
    assert bench.state(1) is TileState.LIVE
    assert bench.video.opened == 2
    bench.pool.warm([1])  # shown now: nothing to do
    assert bench.pool.warm_cameras == frozenset()


def test_a_refused_login_is_not_spent_again_on_warming(bench: Bench) -> None:
    bench.video.fail_next_open(Refused("Gate 1"))
    bench.pool.warm([1])
    eventually(lambda: bench.feed(1).refused)
    bench.pool.check()
    for _ in range(3):
        bench.pool.warm([1])
        bench.pool.need(1, "tile", NEED)
        bench.pool.need(1, "tile", None)
        bench.pool.check()
    assert bench.video.opened == 1
    assert bench.state(1) is TileState.REFUSED


def test_hidden_tiles_decode_nothing_and_come_back_at_once(bench: Bench) -> None:
    bench.live(1)
    bench.pool.need(1, "tile", replace(NEED, attention=Attention.HIDDEN))
    source = bench.video.source()
    bench.clock.now += 5.0
    source.feed(3)
    eventually(lambda: source.held == 3)
    assert bench.state(1) is TileState.LIVE  # told by its packets
    assert bench.pool.collect() == {}
    bench.pool.need(1, "tile", NEED)
    verdict = bench.feed(1).verdict(bench.clock.now)
    assert (verdict.state, verdict.dim) == (TileState.CONNECTING, True)  # nobody is to blame for what our rule left out
    assert bench.picture(1).arrived == bench.clock.now - 5.0
    bench.clock.now += STALE_AFTER
    assert bench.state(1) is TileState.STALE
    source.feed()
    assert bench.picture(1).arrived == bench.clock.now
    assert bench.state(1) is TileState.LIVE
    assert source.decoded == 5


def kept(bench: Bench, number: int) -> int:
    footage = bench.pool.footage(number)
    count, gop = 0, None if footage is None else footage.gop_at(0.0)
    while footage is not None and gop is not None:
        count += len(gop.packets)
        gop = footage.gop_after(gop.start)
    return count


def test_the_buffer_has_what_came_shown_or_warm_and_outlives_the_stream(bench: Bench) -> None:
    assert bench.pool.footage(1) is None
    bench.live(1)
    bench.pool.need(1, "tile", None)
    source = bench.video.source()
    source.feed(20)
    eventually(lambda: kept(bench, 1) == 21)
    assert bench.pool.buffered_bytes > 21_000
    bench.clock.now += WARM.seconds + 1
    bench.pool.check()
    assert bench.gone(1)
    assert kept(bench, 1) == 21
    bench.pool.need(1, "tile", NEED)
    bench.video.source(1, uri="fake:1").feed(2)
    eventually(lambda: kept(bench, 1) == 23)
    bench.pool.need(1, "tile", None)
    bench.clock.now += 301.0
    bench.pool.check()
    assert bench.pool.footage(1) is None
    assert bench.pool.buffered_bytes == 0


def test_a_buffer_goes_with_its_camera_but_not_with_a_new_password(bench: Bench) -> None:
    for number in (1, 2, 3):
        bench.live(number)
    bench.pool.offer([camera(1, access="new"), camera(2, main=True)])
    assert kept(bench, 1) == 1
    assert kept(bench, 2) == kept(bench, 3) == 0


def test_without_buffers_nothing_is_kept() -> None:
    interval = sys.getswitchinterval()
    bench = Bench(ReplaySettings(enabled=False))
    bench.live(1)
    assert bench.pool.footage(1) is None
    bench.close()
    sys.setswitchinterval(interval)


def test_a_better_stream_takes_the_buffer_over_at_its_first_key_frame(bench: Bench) -> None:
    bench.live(9)
    sub = bench.video.source(uri="fake:9")
    sub.feed(2)
    eventually(lambda: kept(bench, 9) == 3)
    bench.pool.need(9, "tile", LARGE)
    main = bench.video.source(uri="fake:9/main")
    main.feed(3)
    eventually(lambda: kept(bench, 9) == 6)
    sub.feed(2)
    eventually(lambda: sub.idle)
    main.feed(2)
    eventually(lambda: kept(bench, 9) == 8)
    footage = bench.pool.footage(9)
    assert footage is not None
    newest = footage.gop_at(2e9)
    assert newest is not None
    assert newest.parameters == main.parameters


def test_the_stream_that_is_shown_is_recorded_without_opening_another(bench: Bench) -> None:
    bench.live(1)
    sink = NotedPackets()
    assert bench.pool.record(1, sink)
    source = bench.video.source()
    source.feed(GOP + 2)
    eventually(lambda: len(sink.packets) == 3)  # from the next key frame on
    assert bench.video.opened == 1
    assert bench.pool.recorded == {1}
    bench.pool.need(1, "tile", None)
    bench.clock.now += WARM.seconds + 1
    bench.pool.check()
    decoded = source.decoded
    source.feed(2)
    eventually(lambda: len(sink.packets) == 5)
    assert source.decoded == decoded
    bench.pool.stop_recording(1)
    assert bench.gone(1)
    source.feed()
    eventually(lambda: source.closed)
    assert len(sink.packets) == 5


def test_the_best_stream_is_recorded_and_shown_when_it_is_wanted(bench: Bench) -> None:
    bench.live(9)
    sink = NotedPackets()
    bench.pool.record(9, sink)
    main = bench.video.source(uri="fake:9/main")
    main.feed(4)
    eventually(lambda: len(sink.packets) == 4)
    assert main.decoded == 0
    assert bench.feed(9).profile is not None
    assert bench.feed(9).profile.token == "sub"  # type: ignore[union-attr]
    bench.pool.need(9, "tile", LARGE)
    main.feed()
    eventually(lambda: bench.pool.collect() != {} and bench.feed(9).profile.token == "main")  # type: ignore[union-attr]
    bench.pool.stop_recording(9)
    main.feed()
    bench.picture(9)
    assert bench.video.opened == 2


def test_a_recording_outlives_breaks_and_changes_of_its_camera(bench: Bench) -> None:
    sink = NotedPackets()
    assert not bench.pool.record(77, sink)
    bench.pool.record(1, sink)
    source = bench.video.source(uri="fake:1")
    source.feed(2)
    eventually(lambda: len(sink.packets) == 2)
    source.fail_next_read(Unreachable("Gate 1", "connection reset"))
    eventually(lambda: sink.reasons == ["not reachable: connection reset"])
    bench.clock.now += 1
    bench.pool.check()
    bench.video.source(1, uri="fake:1").feed(2)
    eventually(lambda: len(sink.packets) == 4)
    bench.pool.offer([camera(1, access="new")])
    assert sink.reasons[-1] == "the camera was changed"
    bench.video.source(2, uri="fake:1").feed(1)
    eventually(lambda: len(sink.packets) == 5)
    bench.pool.offer([])
    assert bench.gone(1)
    bench.pool.offer([camera(1)])
    bench.video.source(3, uri="fake:1").feed(1)
    eventually(lambda: len(sink.packets) == 6)


def test_what_is_recorded_serves_a_tile_at_once(bench: Bench) -> None:
    bench.pool.record(9, NotedPackets())
    main = bench.video.source(uri="fake:9/main")
    main.feed(4)
    eventually(lambda: main.held == 4)
    bench.pool.need(9, "tile", NEED)
    main.feed()
    assert bench.picture(9).source_width == 640
    assert bench.feed(9).profile.token == "main"  # type: ignore[union-attr]
    sub = bench.video.source(uri="fake:9")
    sub.feed()
    eventually(lambda: bench.pool.collect() != {} and bench.feed(9).profile.token == "sub")  # type: ignore[union-attr]
    assert not main.closed
