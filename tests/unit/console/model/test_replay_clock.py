"""The clock of a replay: positions, speeds, ends."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.replay import SPEEDS, Edge, ReplayState, ago, speed_words, started

NOW = 10_000.0


def test_it_starts_behind_now_and_stays_so() -> None:
    state = started(NOW, 5.0)
    assert state.position(NOW) == NOW - 5
    assert state.position(NOW + 60) == NOW + 55
    assert state.behind(NOW + 60) == 5.0


@pytest.mark.parametrize("speed", [*SPEEDS, *(-each for each in SPEEDS)])
def test_speeds(speed: float) -> None:
    state = started(NOW, 100).played(NOW, speed)
    assert state.position(NOW + 4) == NOW - 100 + 4 * speed


def test_another_speed_begins_where_it_is() -> None:
    state = started(NOW, 100).played(NOW + 10, 8.0)
    assert state.position(NOW + 10) == NOW - 90
    assert state.position(NOW + 12) == NOW - 74
    with pytest.raises(ValueError, match="none of the speeds"):
        state.played(NOW, 3.0)


def test_pause_and_on() -> None:
    state = started(NOW, 10).paused(NOW + 2)
    assert state.position(NOW + 50) == NOW - 8
    on = state.toggled(NOW + 50)
    assert on.playing
    assert on.position(NOW + 51) == NOW - 7
    assert not on.toggled(NOW + 51).playing


def test_j_and_l_double_and_turn_round() -> None:
    state = started(NOW, 100)
    speeds = []
    for direction in (1, 1, 1, 1, -1, -1, 1):
        state = state.shuttled(NOW, direction)
        speeds.append(state.speed)
    assert speeds == [2.0, 4.0, 8.0, 8.0, -1.0, -2.0, 1.0]
    assert state.paused(NOW).shuttled(NOW, 1).speed == 1.0


def test_slowly() -> None:
    state = started(NOW, 100)
    speeds = []
    for direction in (1, 1, 1, -1, -1):
        state = state.slowed(NOW, direction)
        speeds.append(state.speed)
    assert speeds == [0.5, 0.25, 0.25, -0.5, -0.25]


def test_the_live_edge_stops_and_says_so() -> None:
    state = started(NOW, 10).played(NOW, 8.0).limited(NOW + 1, NOW - 300, NOW + 1)
    assert state.playing
    state = state.limited(NOW + 2, NOW - 300, NOW + 2)
    assert (state.playing, state.edge) == (False, Edge.LIVE)
    assert state.position(NOW + 60) == NOW + 2
    assert "Esc" in state.detail()
    assert state.jumped(NOW + 3, -5).detail() == ""


def test_the_oldest_footage_stops_backwards() -> None:
    state = started(NOW, 10).played(NOW, -4.0).limited(NOW + 10, NOW - 20, NOW)
    assert (state.playing, state.edge, state.position(NOW + 11)) == (False, Edge.START, NOW - 20)
    on = state.played(NOW + 11, 1.0)
    assert on.edge is Edge.NONE
    assert on.position(NOW + 12) == NOW - 19


def test_footage_that_is_dropped_takes_the_replay_along() -> None:
    state = started(NOW, 100).paused(NOW).limited(NOW, NOW - 90, NOW)
    assert state.position(NOW) == NOW - 90
    assert state.limited(NOW + 30, NOW - 60, NOW + 30).position(NOW + 30) == NOW - 60


def test_a_clock_that_is_set_back_does_not_turn_the_replay_round() -> None:
    state = started(NOW, 10)
    assert state.position(NOW - 3600) == NOW - 10


def test_words() -> None:
    state = started(NOW, 42)
    assert state.words(NOW) == "REPLAY -0:42"
    assert state.played(NOW, 0.25).words(NOW) == "REPLAY -0:42 1/4x"
    assert state.played(NOW, -2.0).words(NOW) == "REPLAY -0:42 back 2x"
    assert state.paused(NOW).words(NOW) == "REPLAY -0:42 paused"
    assert [ago(each) for each in (0, 59.9, 3725, 200_000)] == ["-0:00", "-0:59", "-1:02:05", "-2 d 07:33:20"]
    assert [speed_words(each) for each in (1.0, 0.5, -8.0)] == ["1x", "1/2x", "back 8x"]


moves = st.one_of(
    st.tuples(st.just("moved"), st.floats(-500, 500)),
    st.tuples(st.just("jumped"), st.floats(-500, 500)),
    st.tuples(st.just("paused"), st.none()),
    st.tuples(st.just("toggled"), st.none()),
    st.tuples(st.just("played"), st.sampled_from([*SPEEDS, *(-each for each in SPEEDS)])),
    st.tuples(st.just("shuttled"), st.sampled_from([1, -1])),
    st.tuples(st.just("slowed"), st.sampled_from([1, -1])),
    st.tuples(st.just("limited"), st.tuples(st.floats(-300, 0), st.floats(0, 300))),
)


@given(st.lists(st.tuples(st.floats(0, 100), moves), max_size=30))
def test_it_never_leaves_the_footage_and_never_jumps_by_itself(acts: list[tuple[float, tuple[str, object]]]) -> None:
    now, state = NOW, started(NOW, 5.0)
    for passed, (what, how) in acts:
        before = state.position(now)
        now += passed
        there = state.position(now)
        assert abs(there - before) <= passed * abs(state.speed) + 1e-6
        arguments = [] if how is None else list(how) if isinstance(how, tuple) else [how]
        if what == "moved":
            arguments = [NOW + float(arguments[0])]
        if what == "limited":
            arguments = [NOW + each for each in arguments]
        state = getattr(state, what)(now, *arguments)
        assert state.first <= state.position(now) <= state.last
        assert abs(state.speed) in SPEEDS
        if what in ("paused", "toggled", "played", "shuttled", "slowed"):
            assert math.isclose(state.position(now), there, abs_tol=1e-6)
        if what == "limited" and state.first <= there <= state.last:
            assert math.isclose(state.position(now), there, abs_tol=1e-6)


@given(st.floats(-100, 100), st.floats(0, 50), st.sampled_from(SPEEDS), st.floats(0.001, 50))
def test_forwards_and_back_is_where_it_began(at: float, pause: float, speed: float, run: float) -> None:
    state = ReplayState(NOW + at, NOW).paused(NOW).played(NOW + pause, speed)
    back = state.played(NOW + pause + run, -speed)
    assert math.isclose(back.position(NOW + pause + 2 * run), NOW + at, abs_tol=1e-5)
