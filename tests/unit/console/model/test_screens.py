"""Which monitor lies on which screen: the same whatever the order, and nobody moves because another was unplugged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from console.model.monitor import empty_monitor
from console.model.screens import Assignment, adopted, assign
from console.model.wall import Monitor, ScreenId

STATE = empty_monitor()


def screen(name: str, x: int = 0, serial: str = "", model: str = "P24") -> ScreenId:
    return ScreenId(name, serial, "Dell", model, x, 0, 1920, 1080)


def wall(*homes: ScreenId | None, instead: dict[int, int] | None = None) -> list[Monitor]:
    waits = instead or {}
    return [Monitor(n, f"m{n}", STATE, home, waits.get(n)) for n, home in enumerate(homes, start=1)]


def names(assignment: Assignment, screens: Sequence[ScreenId]) -> list[str | None]:
    return [None if index is None else screens[index].name for _, index in sorted(assignment.screens.items())]


A, B, C = screen("DP-1", 0, "sA"), screen("DP-2", 1920, "sB"), screen("HDMI-1", 3840, "sC", "U32")


def test_each_lies_where_it_belongs() -> None:
    assert names(assign(wall(A, B, C), [C, A, B]), [C, A, B]) == ["DP-1", "DP-2", "HDMI-1"]


def test_a_device_is_known_on_another_connector() -> None:
    there = [screen("DP-2", 0, "sA"), screen("DP-1", 1920, "sB")]  # the cables were swapped
    assert names(assign(wall(A, B), there), there) == ["DP-2", "DP-1"]


def test_identical_ones_without_serial_are_told_apart_by_connector_then_by_place() -> None:
    one, two = screen("DP-1", 0), screen("DP-2", 1920)
    swapped = [replace(one, x=1920), replace(two, x=0)]
    assert names(assign(wall(one, two), swapped), swapped) == ["DP-1", "DP-2"]
    renamed = [replace(one, name="DP-3-1"), replace(two, name="DP-3-2")]
    assert names(assign(wall(two, one), renamed), renamed) == ["DP-3-2", "DP-3-1"]


def test_those_that_all_tell_the_same_serial_are_told_apart_too() -> None:
    one, two = screen("DP-1", 0, "0000"), screen("DP-2", 1920, "0000")
    alone = [replace(two, x=0)]  # the other was unplugged, and this one slid to the left
    assert names(assign(wall(one, two), alone), alone)[1] == "DP-2"


def test_a_replaced_panel_of_the_same_model_is_taken_on() -> None:
    there = [A, screen("DP-2", 1920, "sNew")]
    assignment = assign(wall(A, B), there)
    assert names(assignment, there) == ["DP-1", "DP-2"]
    assert adopted(wall(A, B), assignment, there)[1].screen == there[1]


def test_unplugged_it_waits_and_plugged_it_returns() -> None:
    monitors = wall(A, B, C)
    without = [replace(A, x=0), replace(C, x=1920)]  # what lay to the right slides
    assignment = assign(monitors, without)
    assert names(assignment, without) == ["DP-1", None, "HDMI-1"]
    assert assignment.waiting == (2,)
    home = adopted(monitors, assignment, without)
    assert home[1].screen == B
    again = assign(home, [C, B, A])
    assert names(again, [C, B, A]) == ["DP-1", "DP-2", "HDMI-1"]
    assert again.waiting == ()


def test_its_layout_is_shown_where_the_supervisor_said() -> None:
    monitors = wall(A, B, C, instead={2: 3})
    there = [A, C]
    assignment = assign(monitors, there)
    assert assignment.instead == {3: 2}
    assert assignment.on_screen(1) == 2
    assert assignment.on_screen(0) == 1
    assert assignment.waiting == (3,)
    assert assign(monitors, [A, B, C]).instead == {}


def test_of_two_that_would_be_shown_by_the_same_one_the_lower_is() -> None:
    monitors = wall(A, B, C, screen("DP-4", 9000, "sD"), instead={2: 1, 3: 1, 4: 2})
    assignment = assign(monitors, [A])
    assert assignment.instead == {1: 2}
    assert assignment.waiting == (1, 3, 4)


def test_screens_that_nobody_needs_are_left_alone() -> None:
    assignment = assign(wall(B), [A, B, C])
    assert assignment.screens == {1: 1}
    assert assignment.on_screen(0) is None


def test_new_monitors_take_what_is_left_from_the_left_and_the_desk_the_systems_screen() -> None:
    assert names(assign(wall(None, None, None), [C, B, A]), [C, B, A]) == ["DP-1", "DP-2", "HDMI-1"]
    assert names(assign(wall(None, None), [C, B, A], desk=B), [C, B, A]) == ["DP-2", "DP-1"]
    assert names(assign(wall(None, None, A), [C, B, A], desk=A), [C, B, A]) == ["DP-2", "HDMI-1", "DP-1"]


def test_the_desk_finds_a_place_for_the_time_being_and_others_do_not() -> None:
    monitors = wall(A, B)
    assignment = assign(monitors, [C])
    assert names(assignment, [C]) == ["HDMI-1", None]
    assert assignment.makeshift == {1}
    assert adopted(monitors, assignment, [C])[0].screen == A
    assert assign(wall(A, B), [B]).screens == {1: None, 2: 0}
    assert assign(wall(A), []).screens == {1: None}
    assert Assignment().screen(1) is None


ids = st.builds(
    ScreenId,
    name=st.sampled_from(["DP-1", "DP-2", "HDMI-1", "DP-3-1"]),
    serial=st.sampled_from(["", "", "1", "2"]),
    maker=st.just("Dell"),
    model=st.sampled_from(["P24", "U32"]),
    x=st.sampled_from([0, 1920, 3840, 5760]),
    width=st.just(1920),
    height=st.just(1080),
)
screen_lists = st.lists(ids, max_size=5, unique=True)
real_screens = st.lists(  # connectors and places are there once; so are serial numbers, where there are any
    ids, max_size=4, unique_by=(lambda s: s.name, lambda s: s.x, lambda s: (s.model, s.serial or s.name))
)
walls = st.lists(st.none() | ids, max_size=5).flatmap(
    lambda homes: st.lists(st.none() | st.integers(1, 5), min_size=len(homes), max_size=len(homes)).map(
        lambda waits: [
            Monitor(n, "", STATE, home, None if wait == n else wait)
            for n, (home, wait) in enumerate(zip(homes, waits, strict=True), start=1)
        ]
    )
)


def who(assignment: Assignment, screens: Sequence[ScreenId]) -> dict[int, ScreenId | None]:
    return {n: None if index is None else screens[index] for n, index in assignment.screens.items()}


@given(walls, screen_lists, st.none() | ids, st.randoms(use_true_random=False))
def test_the_order_of_the_screens_does_not_matter(
    monitors: list[Monitor], screens: list[ScreenId], desk: ScreenId | None, rng: Random
) -> None:
    mixed = list(screens)
    rng.shuffle(mixed)
    backwards = monitors[::-1]
    one, other = assign(monitors, screens, desk), assign(backwards, mixed, desk)
    assert who(one, screens) == who(other, mixed)
    assert (one.instead, one.makeshift) == (other.instead, other.makeshift)


@given(walls, screen_lists)
def test_no_two_on_one_screen(monitors: list[Monitor], screens: list[ScreenId]) -> None:
    assignment = assign(monitors, screens)
    used = [index for index in assignment.screens.values() if index is not None]
    assert len(used) == len(set(used))
    assert set(assignment.screens) == {monitor.number for monitor in monitors}
    for host, guest in assignment.instead.items():
        assert assignment.screen(host) is not None
        assert assignment.screen(guest) is None


@given(walls, real_screens, st.integers(0, 4))
def test_unplugging_one_moves_nobody_else_and_plugging_it_brings_all_back(
    monitors: list[Monitor], screens: list[ScreenId], which: int
) -> None:
    before = assign(monitors, screens)
    settled = list(adopted(monitors, before, screens))
    there = who(before, screens)
    assert who(assign(settled, screens), screens) == there
    if not screens:
        return
    gone = screens[which % len(screens)]
    left = [each for each in screens if each != gone]
    without = assign(settled, left)
    for number, place in who(without, left).items():
        if there[number] not in (None, gone):
            assert place == there[number]
    still = list(adopted(settled, without, left))
    assert who(assign(still, screens), screens) == there
