"""When a stream is tried again: fast after a hiccup, slow and bounded after failures, never by itself when refused."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.model.restart import (
    FIRST_DELAY,
    GOOD_AFTER,
    JITTER,
    SLOWEST,
    Phase,
    RestartState,
    StreamEvent,
    decide,
)

E = StreamEvent
chances = st.floats(0, 1, exclude_max=True)


def after(*events: tuple[StreamEvent, float], chance: float = 0.0) -> tuple[RestartState, float | None]:
    state, delay = RestartState(), None
    for event, now in events:
        state, delay = decide(event, state, now, chance)
    return state, delay


def test_a_hiccup_of_a_stream_that_played_is_mended_at_once() -> None:
    played = [(E.STARTED, 0.0), (E.FIRST_PICTURE, 1.0), (E.BROKE, 1.0 + GOOD_AFTER)]
    state, delay = after(*played)
    assert (state.phase, state.failures, delay) == (Phase.WAITING, 1, FIRST_DELAY)


def test_a_stream_that_breaks_soon_after_its_first_picture_earns_no_fast_restart() -> None:
    state, delays = RestartState(), []
    now = 0.0
    for _ in range(5):
        for event in (E.STARTED, E.FIRST_PICTURE, E.BROKE):
            now += 1.0
            state, delay = decide(event, state, now, 0.0)
        delays.append(delay)
    assert delays == [0.25, 0.5, 1.0, 2.0, 4.0]


@given(chances, st.integers(1, 500))
def test_the_delay_grows_and_is_bounded(chance: float, failures: int) -> None:
    _, delay = decide(E.BROKE, RestartState(Phase.CONNECTING, failures), 0.0, chance)
    assert delay is not None
    assert FIRST_DELAY * (1 - JITTER) < delay <= SLOWEST
    if failures > 8:
        assert delay >= SLOWEST * (1 - JITTER)


def test_the_dice_spread_the_tries() -> None:
    state = RestartState(Phase.CONNECTING, 20)
    delays = {decide(E.BROKE, state, 0.0, step / 10)[1] for step in range(10)}
    assert len(delays) == 10
    assert max(d for d in delays if d) - min(d for d in delays if d) > SLOWEST * JITTER * 0.8


def test_a_refused_stream_waits_for_a_change() -> None:
    state, delay = after((E.STARTED, 0.0), (E.REFUSED, 1.0))
    assert (state.phase, delay) == (Phase.REFUSED, None)
    state, delay = decide(E.CHANGED, state, 2.0, 0.5)
    assert (state.phase, state.failures, delay) == (Phase.CONNECTING, 0, 0.0)


@given(st.lists(st.sampled_from([E.STARTED, E.FIRST_PICTURE, E.BROKE, E.REFUSED]), max_size=30), chances)
def test_only_a_break_plans_a_try(events: list[StreamEvent], chance: float) -> None:
    state = RestartState()
    for now, event in enumerate(events):
        state, delay = decide(event, state, float(now), chance)
        assert (delay is not None) == (event is E.BROKE)


def test_three_failures_make_it_gone_until_it_plays() -> None:
    broke = [(E.BROKE, float(n)) for n in range(3)]
    assert not after(*broke[:2])[0].gone
    assert after(*broke)[0].gone
    assert after(*broke, (E.STARTED, 4.0))[0].gone
    playing, _ = after(*broke, (E.STARTED, 4.0), (E.FIRST_PICTURE, 5.0))
    assert not playing.gone  # else the first stale moment, days later, would be called NO SIGNAL
    assert decide(E.BROKE, playing, 6.0, 0.0)[0].gone
    assert not decide(E.BROKE, playing, 5.0 + GOOD_AFTER, 0.0)[0].gone
    assert not after(*broke, (E.CHANGED, 4.0))[0].gone


def test_restarts_are_counted_for_good() -> None:
    state, _ = after((E.BROKE, 0.0), (E.CHANGED, 1.0), (E.BROKE, 2.0))
    assert (state.restarts, state.failures) == (2, 1)
