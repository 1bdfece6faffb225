"""Which stream a tile gets: the smallest that covers it, and no flapping while somebody drags a window's edge."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from console.model.profile_choice import choose_profile
from drivers.types import StreamProfile

SUB = StreamProfile("sub", "Sub", "rtsp://a/sub", width=640, height=360)
MAIN = StreamProfile("main", "Main", "rtsp://a/main", width=1920, height=1080)
MID = StreamProfile("mid", "Mid", "rtsp://a/mid", width=1280, height=720)
BLIND = StreamProfile("blind", "Blind", "rtsp://a/blind")
OTHER = StreamProfile("other", "Other", "rtsp://a/other")

sizes = st.tuples(st.integers(1, 4000), st.integers(1, 3000))
profile_lists = st.lists(st.sampled_from([SUB, MID, MAIN, BLIND, OTHER]), unique=True)


def token(profile: StreamProfile | None) -> str:
    assert profile is not None
    return profile.token


def test_the_smallest_that_covers() -> None:
    every = (MAIN, SUB, MID)
    picked = [token(choose_profile(every, w, w * 9 // 16)) for w in (1, 320, 640, 642, 1280, 1282, 1920, 3840)]
    assert picked == ["sub", "sub", "sub", "mid", "mid", "main", "main", "main"]


def test_one_binding_side_suffices() -> None:
    assert choose_profile((MAIN, SUB), 2000, 360) is SUB  # a picture fits by its height here
    assert choose_profile((MAIN, SUB), 640, 1000) is SUB


def test_maximised_takes_the_largest_whatever_the_size() -> None:
    assert choose_profile((SUB, MAIN, BLIND), 100, 100, SUB, best=True) is MAIN


def test_one_stream_is_taken_for_every_size() -> None:
    for best in (False, True):
        assert choose_profile((SUB,), 4000, 3000, None, best) is SUB
        assert choose_profile((BLIND,), 4000, 3000, None, best) is BLIND


def test_unknown_sizes_go_by_the_cameras_order_and_stay() -> None:
    assert choose_profile((BLIND, OTHER), 100, 100) is BLIND
    assert choose_profile((BLIND, OTHER), 100, 100, OTHER) is OTHER
    assert choose_profile((BLIND, SUB), 4000, 3000) is SUB


def test_a_stream_without_address_is_none() -> None:
    nowhere = StreamProfile("x", "X", "", width=640, height=360)
    assert choose_profile((), 100, 100) is None
    assert choose_profile((nowhere,), 100, 100) is None
    assert choose_profile((nowhere, BLIND), 100, 100, nowhere) is BLIND


def test_a_stream_that_is_no_more_is_left() -> None:
    assert choose_profile((SUB, MAIN), 640, 360, MID) is SUB


@given(profile_lists, sizes, st.sampled_from([None, SUB, MID, MAIN, BLIND]), st.booleans())
def test_asking_again_changes_nothing(
    profiles: list[StreamProfile], size: tuple[int, int], current: StreamProfile | None, best: bool
) -> None:
    first = choose_profile(profiles, *size, current, best)
    assert choose_profile(profiles, *size, first, best) == first
    assert (first is None) == (not profiles)


@given(sizes, st.lists(st.floats(1.0, 1.15), min_size=2, max_size=30), st.sampled_from([None, SUB, MID, MAIN]))
def test_wobbling_by_a_seventh_changes_the_stream_once_at_most(
    size: tuple[int, int], wobbles: list[float], current: StreamProfile | None
) -> None:
    chosen = []
    for wobble in wobbles:
        current = choose_profile((SUB, MID, MAIN), round(size[0] * wobble), round(size[1] * wobble), current)
        chosen.append(current)
    changes = sum(a != b for a, b in itertools.pairwise(chosen))
    assert changes <= 1


@given(sizes, st.sampled_from([None, SUB, MID, MAIN]))
def test_never_much_too_small_while_a_larger_one_exists(size: tuple[int, int], current: StreamProfile | None) -> None:
    chosen = choose_profile((SUB, MID, MAIN), *size, current)
    assert chosen is MAIN or (
        chosen is not None and (chosen.width * 1.21 >= size[0] or chosen.height * 1.21 >= size[1])
    )
