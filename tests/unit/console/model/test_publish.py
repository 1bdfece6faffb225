"""An edited layout on a monitor that operators had filled."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.model.items import CameraItem, ClockItem
from console.model.layout import PRESETS, Layout, grid
from console.model.layout_edit import merge, put, split
from console.model.monitor import showing
from console.model.publish import republished

NINE = grid("3x3", 3, 3)


def test_a_split_moves_only_what_must_move() -> None:
    state = showing(NINE, range(1, 10)).chosen(5)
    split_layout = split(NINE, 0, 2, 1)
    after = republished(state, split_layout)
    assert [after.camera(i) for i in range(10)] == [1, None, 2, 3, 4, 5, 6, 7, 8, 9]
    assert after.camera(after.selected) == 6


def test_what_a_merge_takes_the_tile_of_finds_another() -> None:
    state = showing(NINE, (1, 2, 3, 4, None, 6))
    after = republished(state, merge(NINE, [0, 1]))
    assert after.camera(0) == 1
    assert sorted(number for number in after.cameras if number) == [1, 2, 3, 4, 6]
    assert [after.camera(i) for i in (1, 2)] == [3, 4]


def test_what_the_layout_brings_comes_first() -> None:
    state = showing(NINE, (1, 2))
    after = republished(state, put(NINE, 0, ClockItem()))
    assert after.item(0) == ClockItem()
    assert after.camera(1) == 2
    assert after.camera(2) == 1


@given(st.sampled_from(PRESETS), st.sampled_from(PRESETS), st.lists(st.none() | st.integers(1, 99), max_size=70))
def test_nothing_is_lost_and_nothing_doubled(one: Layout, other: Layout, numbers: list[int | None]) -> None:
    state = showing(one, numbers)
    after = republished(state, other)
    items = [item for item in after.items if item is not None]
    assert sorted(map(str, items)) == sorted(str(CameraItem(number)) for number in numbers if number is not None)
