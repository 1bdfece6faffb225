"""The order of a GOP's pictures, from time stamps alone."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from drivers.frames import MOST_REORDERED, frame_line
from drivers.types import EncodedPacket, Gop, StreamParameters

H264 = StreamParameters("h264")


def gop(stamps: list[float], arrived: list[float] | None = None) -> Gop:
    times = arrived or [100.0 + index for index in range(len(stamps))]
    return Gop(
        H264,
        tuple(
            EncodedPacket(b"x", pts, pts, index == 0, when)
            for index, (pts, when) in enumerate(zip(stamps, times, strict=True))
        ),
    )


def test_in_order() -> None:
    line = frame_line(gop([0, 1, 2]))
    assert line.ranks == line.order == (0, 1, 2)
    assert line.times == (100.0, 101.0, 102.0)
    assert not line.reordered
    assert line.leading == 0


def test_b_frames_are_seen_in_the_order_of_their_stamps() -> None:
    line = frame_line(gop([0, 3, 1, 2]))
    assert line.ranks == (0, 3, 1, 2)
    assert line.order == (0, 2, 3, 1)
    assert line.reordered


def test_what_a_growing_group_may_still_change_is_not_settled() -> None:
    whole = gop([0, 3, 1, 2, 6, 4, 5])
    assert frame_line(whole).settled == 7
    growing = frame_line(replace(whole, packets=whole.packets[:5], whole=False))
    assert growing.settled == 4  # picture 6 waits for those that are seen before it
    assert growing.rank_at(1e9) == 3
    assert frame_line(replace(gop([0, 1, 2]), whole=False)).settled == 3


def test_leading_pictures_of_an_open_gop() -> None:
    assert frame_line(gop([2, 0, 1, 3])).leading == 2


def test_stamps_that_are_equal_or_jump_leave_the_order_of_decoding() -> None:
    assert not frame_line(gop([0, 0, 0, 0])).reordered
    jumped = [float(index) for index in range(30)] + [float(index - 1000) for index in range(30)]
    assert not frame_line(gop(jumped)).reordered
    assert frame_line(gop([14_000.0, 0.1, 0.2, 0.3])).leading == 0  # the first had none


def test_pictures_that_arrived_at_once_are_kept_apart() -> None:
    times = frame_line(gop([0, 1, 2], [100.0, 100.0, 100.0])).times
    assert times[0] == 100.0
    assert times[0] < times[1] < times[2] < 100.001


def test_what_is_seen_at_a_moment() -> None:
    line = frame_line(gop([0, 1, 2]))
    assert [line.rank_at(when) for when in (50, 100, 100.9, 101, 500)] == [0, 0, 0, 1, 2]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_ranks_and_order_undo_each_other(stamps: list[float]) -> None:
    line = frame_line(gop(stamps))
    assert [line.ranks[index] for index in line.order] == list(range(len(stamps)))
    assert all(abs(rank - index) <= MOST_REORDERED for index, rank in enumerate(line.ranks))
    assert all(first < second for first, second in zip(line.times, line.times[1:], strict=False))
