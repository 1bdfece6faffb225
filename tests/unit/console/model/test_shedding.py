"""What is left out when the machine cannot keep up, packet by packet and in a simulated overload."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from shed_simulation import INTERVAL, simulate

from console.model.shedding import (
    BEHIND,
    JUMP_AHEAD,
    MIN_SHARE,
    SHOW_AT_LEAST_EVERY,
    Attention,
    Shedder,
    Work,
)

GOP = 15


def feed(
    shedder: Shedder, first: int, count: int, late: float = 0.0, start: float = 100.0, jump: float = 0.0
) -> list[Work]:
    """Packets ``first`` to ``first + count`` of a stream, each ``late`` seconds late."""
    return [
        shedder.weigh(
            start + n * INTERVAL + late, jump + n * INTERVAL, n % GOP == 0, INTERVAL, 0.0 if late else INTERVAL
        )
        for n in range(first, first + count)
    ]


def settled(attention: Attention = Attention.NORMAL, packets: int = 60) -> Shedder:
    shedder = Shedder(attention=attention)
    assert set(feed(shedder, 0, packets)) == {Work.SHOW}
    return shedder


def test_on_time_everything_is_shown() -> None:
    shedder = Shedder()
    assert set(feed(shedder, 0, 2000)) == {Work.SHOW}
    assert (shedder.shed_shown, shedder.shed_decoded, shedder.share) == (0, 0, 1.0)


def test_a_burst_at_the_start_makes_nothing_late() -> None:
    shedder = Shedder()
    # Two seconds of pictures from the past in one moment, as GStreamer's server sends them, then as they come.
    burst = [shedder.weigh(100.0 + n * 1e-4, n * INTERVAL, n % GOP == 0, INTERVAL) for n in range(30)]
    assert set(burst) == {Work.SHOW}
    assert shedder.catching_up
    works = [
        shedder.weigh(100.0 + (n - 29) * INTERVAL, n * INTERVAL, n % GOP == 0, INTERVAL, INTERVAL)
        for n in range(30, 600)
    ]
    assert set(works) == {Work.SHOW}
    assert not shedder.catching_up
    assert shedder.shed_shown == shedder.shed_decoded == 0


def test_who_never_waits_for_a_packet_is_behind() -> None:
    shedder = Shedder()
    # From the start on each picture takes a tenth longer than its interval.
    works = [shedder.weigh(100.0 + n * INTERVAL * 1.1, n * INTERVAL, n % GOP == 0, INTERVAL) for n in range(300)]
    assert Work.SKIP in works


def test_pictures_out_of_order_are_not_late() -> None:
    shedder = Shedder()
    order = [0, 4, 2, 1, 3]  # I P B B B as an encoder with a pyramid sends them
    works = []
    for n in range(1500):
        group, place = divmod(n, 5)
        pts = (group * 5 + order[place]) * INTERVAL
        works.append(shedder.weigh(100.0 + n * INTERVAL, pts, n % GOP == 0, INTERVAL, INTERVAL))
    assert set(works) == {Work.SHOW}


def test_lateness_is_still_seen_with_pictures_out_of_order() -> None:
    shedder = Shedder()
    order = [0, 4, 2, 1, 3]
    for n in range(3000):
        group, place = divmod(n, 5)
        late = 0.0 if n < 1500 else 2.0
        pts = (group * 5 + order[place]) * INTERVAL
        shedder.weigh(100.0 + n * INTERVAL + late, pts, n % GOP == 0, INTERVAL, 0.0 if late else INTERVAL)
    assert shedder.shed_decoded > 0


@pytest.mark.parametrize("jump", [3600.0, JUMP_AHEAD + 0.1, -3600.0, -0.6])
def test_a_jump_of_the_cameras_clock_is_no_lateness(jump: float) -> None:
    shedder = settled()
    assert set(feed(shedder, 60, 600, jump=jump)) == {Work.SHOW}
    assert shedder.shed_decoded == shedder.shed_shown == 0


def test_lateness_after_a_jump_is_judged_anew() -> None:
    shedder = settled()
    feed(shedder, 60, 60, jump=3600.0)
    assert Work.SKIP in feed(shedder, 120, 30, late=0.8, jump=3600.0)


def test_a_drifting_clock_is_followed() -> None:
    shedder = Shedder()
    # 300 ppm too slow: after an hour its pictures would be a second late if the quickest packet were never forgotten.
    works = [
        shedder.weigh(n * INTERVAL * 1.0003, n * INTERVAL, n % GOP == 0, INTERVAL, INTERVAL) for n in range(15 * 3600)
    ]
    assert set(works) == {Work.SHOW}


@pytest.mark.parametrize("attention", [Attention.WARM, Attention.HIDDEN])
def test_what_nobody_sees_is_held(attention: Attention) -> None:
    shedder = Shedder(attention=attention)
    assert set(feed(shedder, 0, 60)) == {Work.HOLD}
    assert shedder.shed_decoded == 0


def test_a_tile_that_comes_back_goes_on_with_what_was_held() -> None:
    shedder = Shedder(attention=Attention.HIDDEN)
    feed(shedder, 0, 20)
    shedder.attention = Attention.NORMAL
    shedder.resume()
    assert set(feed(shedder, 20, 20)) == {Work.SHOW}


def test_a_tile_that_comes_back_waits_for_a_key_frame_where_not_all_was_held() -> None:
    shedder = Shedder(attention=Attention.HIDDEN)
    feed(shedder, 0, 20)
    shedder.lost()
    shedder.attention = Attention.NORMAL
    shedder.resume()
    works = feed(shedder, 20, 20)
    assert works[:10] == [Work.SKIP] * 10  # what it would decode now refers to pictures that are not there
    assert set(works[10:]) == {Work.SHOW}


def test_the_time_that_catching_up_took_is_no_lateness() -> None:
    shedder = settled()
    shedder.attention = Attention.WARM
    feed(shedder, 60, 30)
    shedder.attention = Attention.NORMAL
    shedder.resume()
    assert shedder.catching_up
    assert set(feed(shedder, 90, 20, late=0.8)) == {Work.SHOW}


def test_a_little_late_is_decoded_and_shown_five_times_a_second() -> None:
    shedder = settled()
    works = feed(shedder, 60, 75, late=0.15)
    assert Work.SKIP not in works
    shown = [n for n, work in enumerate(works) if work is Work.SHOW]
    gaps = [b - a for a, b in itertools.pairwise(shown)]
    assert set(gaps) <= {3, 4}  # 3 frames are the 0.2 s, but for rounding
    assert shedder.shed_shown == works.count(Work.DECODE)


@given(
    st.lists(st.tuples(st.floats(0, 0.3), st.floats(-1, 4), st.integers(0, 14)), max_size=120),
    st.sampled_from([Attention.SMALL, Attention.NORMAL, Attention.SELECTED]),
)
def test_what_is_decoded_after_a_fifth_of_a_second_is_shown(
    steps: list[tuple[float, float, int]], attention: Attention
) -> None:
    shedder, now, pts, last = Shedder(attention=attention), 100.0, 0.0, -1e9
    for wait, step, key in steps:
        now, pts = now + wait, pts + step
        before = (shedder.shed_shown, shedder.shed_decoded)
        work = shedder.weigh(now, pts, key == 0, INTERVAL)
        if now - last >= SHOW_AT_LEAST_EVERY:
            assert work is not Work.DECODE
        if work is Work.SHOW:
            last = now
        counted = (shedder.shed_shown - before[0], shedder.shed_decoded - before[1])
        assert counted == {Work.SHOW: (0, 0), Work.DECODE: (1, 0), Work.SKIP: (0, 1)}[work]


@pytest.mark.parametrize("attention", [Attention.SMALL, Attention.NORMAL, Attention.SELECTED])
def test_far_behind_it_skips_to_the_next_key_frame(attention: Attention) -> None:
    shedder = settled(attention)
    works = feed(shedder, 61, 40, late=BEHIND[attention] + 0.05)
    first_key = 75 - 61
    assert set(works[:first_key]) == {Work.SKIP}
    assert works[first_key] is not Work.SKIP


def test_the_least_important_is_left_out_first() -> None:
    assert BEHIND[Attention.SMALL] < BEHIND[Attention.NORMAL] < BEHIND[Attention.SELECTED]
    late = (BEHIND[Attention.NORMAL] + BEHIND[Attention.SELECTED]) / 2
    assert Work.SKIP in feed(settled(Attention.NORMAL), 60, 30, late=late)
    assert Work.SKIP not in feed(settled(Attention.SELECTED), 60, 30, late=late)


def test_the_share_falls_with_trouble_and_comes_back() -> None:
    shedder = settled()
    feed(shedder, 60, GOP * 7, late=0.7)
    assert shedder.share == MIN_SHARE
    works = feed(shedder, 165, GOP)
    assert works[: round(GOP * MIN_SHARE)].count(Work.SKIP) == 0
    assert works[-1] is Work.SKIP  # the end of the group is left out until it has proved itself
    feed(shedder, 180, GOP * 20)
    assert shedder.share == 1.0
    assert set(feed(shedder, 480, GOP)) == {Work.SHOW}


def test_the_selected_tile_loses_nothing_to_a_low_share() -> None:
    shedder = settled(Attention.SELECTED)
    shedder.share = MIN_SHARE
    assert set(feed(shedder, 60, 60)) == {Work.SHOW}


def test_a_new_connection_starts_over() -> None:
    shedder = settled()
    feed(shedder, 60, 100, late=1.0)
    assert shedder.share < 1.0
    shedder.restart()
    # Not a still picture for a group: of the first one nobody knows how long it is.
    assert set(feed(shedder, 0, GOP, late=7.0)) == {Work.SHOW}
    assert feed(shedder, GOP, GOP * 20, late=7.0)[-GOP:] == [Work.SHOW] * GOP


def test_packets_without_times_are_shown() -> None:
    shedder = Shedder()
    assert {shedder.weigh(float(n), None, n % GOP == 0, INTERVAL) for n in range(60)} == {Work.SHOW}


# --- overload -------------------------------------------------------------------------------------------------------

FROM, UNTIL = 20.0, 60.0
"""After the start and the first adaption."""


def overload(decode_ms: float, scale_ms: float, attentions: list[Attention]) -> list[tuple[int, float]]:
    """Per stream: pictures shown and the longest gap, between FROM and UNTIL."""
    streams = simulate(attentions, UNTIL, lambda now: decode_ms / 1000, lambda now: scale_ms / 1000)
    return [(stream.count(FROM, UNTIL), stream.longest_gap(FROM, UNTIL)) for stream in streams]


@pytest.mark.parametrize(("decode_ms", "scale_ms"), [(4, 4), (8, 3), (12, 4)])
def test_an_overload_is_shared_fairly(decode_ms: float, scale_ms: float) -> None:
    told = overload(decode_ms, scale_ms, [Attention.NORMAL] * 24)
    counts = [count for count, _ in told]
    mean = sum(counts) / len(counts)
    assert mean < 15 * (UNTIL - FROM) * 0.99  # it is an overload
    assert min(counts) >= mean / 2
    assert max(gap for _, gap in told) <= 2.0


@pytest.mark.parametrize(("decode_ms", "scale_ms", "gop"), [(8, 3, GOP), (5.65, 0.3, GOP), (5, 3, 1)])
def test_lag_does_not_grow_while_the_overload_lasts(decode_ms: float, scale_ms: float, gop: int) -> None:
    streams = simulate([Attention.NORMAL] * 24, 180.0, lambda now: decode_ms / 1000, lambda now: scale_ms / 1000, gop)

    def oldest(since: float, until: float) -> float:
        return max(age for stream in streams for at, age in stream.shown if since <= at < until)

    assert oldest(150.0, 180.0) <= oldest(30.0, 60.0) + 0.5


def test_enough_machine_sheds_nothing() -> None:
    for stream in simulate([Attention.NORMAL] * 24, 30.0, lambda now: 0.0025, lambda now: 0.0015):
        assert stream.shedder.shed_decoded == stream.shedder.shed_shown == 0


def test_the_selected_tile_keeps_the_most_pictures() -> None:
    told = overload(12, 4, [Attention.SELECTED] + [Attention.NORMAL] * 12 + [Attention.SMALL] * 12)
    selected, normal, small = told[0][0], [t[0] for t in told[1:13]], [t[0] for t in told[13:]]
    assert selected > max(normal)
    assert sum(normal) > sum(small)


def test_when_the_load_goes_everything_is_shown_again() -> None:
    streams = simulate(
        [Attention.NORMAL] * 24,
        80.0,
        lambda now: 0.012 if now < 30 else 0.002,
        lambda now: 0.004 if now < 30 else 0.001,
    )
    for stream in streams:
        assert stream.shedder.share == 1.0
        assert stream.count(70.0, 80.0) >= 149
        assert max(age for at, age in stream.shown if at >= 70.0) < 0.1


# --- streams that go with the rounds --------------------------------------------------------------------------------


def weigh_pairs(shedder: Shedder, count: int, interval: float, gop: int = GOP) -> list[Work]:
    """Two packets at a time, of which the first has the second right behind it."""
    works = []
    for n in range(count):
        at = 100.0 + (n // 2 * 2 + 1) * interval
        last = n % 2 == 1
        works.append(
            shedder.weigh(at, n * interval, n % gop == 0, interval, interval if last else 0.0, superseded=not last)
        )
    return works


def test_what_a_newer_picture_replaces_is_decoded_and_not_shown() -> None:
    shedder = Shedder()
    works = weigh_pairs(shedder, 600, 1 / 60)
    assert works[0] is Work.SHOW  # the very first is better than nothing
    assert set(works[1::2]) == {Work.SHOW}
    assert set(works[2::2]) == {Work.DECODE}
    assert (shedder.shed_shown, shedder.shed_decoded) == (299, 0)


def test_where_each_picture_is_a_key_frame_it_is_not_even_decoded() -> None:
    shedder = Shedder()
    works = weigh_pairs(shedder, 600, 1 / 60, gop=1)
    assert set(works[4::2]) == {Work.SKIP}
    assert set(works[1::2]) == {Work.SHOW}


def test_a_picture_is_seen_now_and_then_even_if_there_is_always_a_newer_one() -> None:
    shedder = Shedder()
    times = [100.0 + n * 0.01 for n in range(500)]
    works = [shedder.weigh(now, (now - 100) * 6, n % GOP == 0, 0.06, superseded=True) for n, now in enumerate(times)]
    shown = [now for now, work in zip(times, works, strict=True) if work is Work.SHOW]
    assert max(later - earlier for earlier, later in itertools.pairwise(shown)) < SHOW_AT_LEAST_EVERY + 0.02
    assert len(shown) < len(times) / 10


def test_what_is_replaced_while_the_past_comes_in_is_no_loss() -> None:
    shedder = Shedder()
    for n in range(40):
        shedder.weigh(100.0, n * INTERVAL, n % GOP == 0, INTERVAL, superseded=n < 39)
    assert shedder.catching_up
    assert shedder.shed_shown == 0


def test_what_is_hidden_is_held_though_a_newer_one_is_there() -> None:
    assert Shedder(attention=Attention.HIDDEN).weigh(100.0, 0.0, True, INTERVAL, superseded=True) is Work.HOLD


DRIFT = 1.0005
"""A camera's clock that goes slower than ours by half a millisecond a second."""


def drifting(shedder: Shedder, within: float | None) -> list[Work]:
    """Twenty minutes of packets of which each is seen to at once, although nobody ever waits for one."""
    settled = [shedder.weigh(100.0 + n * INTERVAL, n * INTERVAL, n % GOP == 0, INTERVAL, INTERVAL) for n in range(30)]
    return settled + [
        shedder.weigh(100.0 + n * INTERVAL * DRIFT, n * INTERVAL, n % GOP == 0, INTERVAL, within=within)
        for n in range(30, 18_000)
    ]


def test_a_clock_that_drifts_makes_nothing_late_that_has_just_come() -> None:
    assert set(drifting(Shedder(), 0.06)) == {Work.SHOW}
    assert Work.SKIP in drifting(Shedder(), None)  # what is not known to have just come is late


def test_lateness_is_still_seen_up_to_what_is_possible() -> None:
    late, within = INTERVAL + 0.05, INTERVAL + 0.1
    for known, least in ((within, Work.DECODE), (0.01, Work.SHOW)):
        shedder = settled()
        at = 100.0 + 60 * INTERVAL
        assert shedder.weigh(at + late, 60 * INTERVAL, False, INTERVAL, within=known) is least
