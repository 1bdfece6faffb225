"""Rates from looks at counters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.rates import Rate


def test_a_steady_counter_gives_its_rate() -> None:
    rate = Rate(3.0)
    assert rate.look(0.0, 100) == 0.0
    assert [rate.look(0.5 * n, 100 + 7.5 * n) for n in range(1, 20)] == pytest.approx([15.0] * 19)


def test_what_is_past_the_window_is_forgotten() -> None:
    rate = Rate(3.0)
    for n in range(10):
        rate.look(float(n), 100.0 * n)
    assert [round(rate.look(10.0 + n, 900.0)) for n in range(4)] == [67, 33, 0, 0]


def test_another_stream_starts_over() -> None:
    rate = Rate()
    rate.look(0.0, 1000)
    rate.look(1.0, 2000)
    assert rate.look(2.0, 15) == 0.0
    assert rate.look(3.0, 30) == 15.0


def test_two_looks_at_one_moment_give_no_rate() -> None:
    rate = Rate()
    rate.look(1.0, 0)
    assert rate.look(1.0, 50) == 0.0


@given(st.lists(st.tuples(st.floats(0, 10), st.floats(0, 1e6)), max_size=60))
def test_a_rate_is_never_negative(looks: list[tuple[float, float]]) -> None:
    rate, now, counter = Rate(), 0.0, 0.0
    for wait, more in looks:
        now, counter = now + wait, counter + more
        assert rate.look(now, counter) >= 0.0
