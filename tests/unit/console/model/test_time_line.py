"""Zoom, pan and marks of a time line."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from console.model.time_line import LONGEST, SHORTEST, STEPS, TimeWindow, merged

WINDOW = TimeWindow(1000.0, 300.0)


def test_shares_and_times() -> None:
    assert WINDOW.share(1150.0) == 0.5
    assert WINDOW.at(0.5) == 1150.0
    assert WINDOW.end == 1300.0


@given(st.floats(1000, 1300), st.floats(0.01, 100))
def test_zoom_leaves_what_is_under_the_pointer(around: float, factor: float) -> None:
    zoomed = WINDOW.zoomed(factor, around)
    assert SHORTEST <= zoomed.length <= LONGEST
    assert math.isclose(zoomed.share(around), WINDOW.share(around), abs_tol=1e-6)


def test_it_moves_so_that_the_playhead_is_seen() -> None:
    assert WINDOW.showing(1200.0) == WINDOW
    assert WINDOW.showing(500.0).share(500.0) == 0.1
    assert math.isclose(WINDOW.showing(5000.0).share(5000.0), 0.9)
    assert WINDOW.kept_before(1200.0).end == 1200.0
    assert WINDOW.kept_before(2000.0) == WINDOW


@given(st.floats(0, 2e9), st.floats(SHORTEST, LONGEST), st.integers(1, 30), st.sampled_from([0.0, 3600.0, 20_700.0]))
def test_marks_lie_within_at_whole_steps_of_local_time(start: float, length: float, most: int, offset: float) -> None:
    marks, step = TimeWindow(start, length).marks(most, offset)
    assert step in STEPS
    assert all(start <= mark <= start + length + 1e-3 for mark in marks)
    assert all(abs((mark + offset) / step - round((mark + offset) / step)) < 1e-6 for mark in marks)
    assert len(marks) <= max(most, length / STEPS[-1]) + 1


def test_spans_that_overlap_are_one() -> None:
    assert merged([(5.0, 6.0), (1.0, 3.0), (2.0, 4.0)]) == ((1.0, 4.0), (5.0, 6.0))
    assert merged([(1.0, 2.0), (2.5, 3.0)], within=0.5) == ((1.0, 3.0),)
    assert merged([]) == ()
