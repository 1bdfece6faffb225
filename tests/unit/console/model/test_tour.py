"""Tours on tiles: they keep time, stay in step, and go on where they were."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.items import CameraItem, CameraRange, ClockItem, Item, TourItem, TourStep
from console.model.layout import grid
from console.model.monitor import MonitorState
from console.model.tour import JUMP, Played, TourPlayer, play

CAMERAS = tuple(range(1, 10))


def tour(*steps: int | tuple[int, float]) -> TourItem:
    pairs = [step if isinstance(step, tuple) else (step, 10.0) for step in steps]
    return TourItem(tuple(TourStep(CameraItem(number), dwell) for number, dwell in pairs))


def monitor(*items: Item | None, columns: int = 4) -> MonitorState:
    return MonitorState(grid("a", 1, columns), items)


def shown(played: Played) -> list[int | None]:
    return [played.state.camera(tile) for tile in range(len(played.state.layout.cells))]


class Room:
    """A monitor with a clock."""

    def __init__(self, state: MonitorState, cameras: Sequence[int] = CAMERAS) -> None:
        self.state, self.cameras, self.player = state, tuple(cameras), TourPlayer()

    def at(self, now: float, ahead: float = 3.0) -> Played:
        played = play(self.player, self.state, self.cameras, now, ahead)
        self.player = played.player
        return played


def test_a_tour_shows_its_stops_in_turn_and_tells_what_comes() -> None:
    room = Room(monitor(tour(1, (2, 5.0), 3)))
    first = room.at(100.0)
    assert (shown(first)[0], first.next_at, first.soon) == (1, 107.0, ())  # then the second is to be prepared
    soon = room.at(107.0)
    assert (shown(soon)[0], soon.next_at, soon.soon) == (1, 110.0, (2,))
    second = room.at(110.2)
    assert (shown(second)[0], second.next_at, second.soon) == (2, 112.0, ())
    assert shown(room.at(115.0))[0] == 3
    assert shown(room.at(125.0))[0] == 1


def test_all_that_comes_within_the_time_ahead_is_told_soonest_first() -> None:
    room = Room(monitor(tour((1, 2.0), (2, 2.0), (3, 2.0), (4, 2.0)), tour((5, 3.0), (6, 3.0))))
    assert room.at(0.0, ahead=4.0).soon == (2, 6, 3)


def test_hours_of_late_calls_do_not_add_up() -> None:
    room = Room(monitor(tour(1, 2, 3, 4)))
    room.at(0.0)
    now = 0.0
    while now < 6 * 3600:
        played = room.at(now)
        assert played.next_at is not None
        now = played.next_at + 0.4
    begun = room.at(now).player.runs[0]
    assert begun is not None
    assert begun.since % 10.0 == 0.0
    assert shown(room.at(now))[0] == 1 + int(now / 10.0) % 4


def test_after_sleep_the_next_stop_and_no_race_through_the_rest() -> None:
    room = Room(monitor(tour(1, 2, 3)))
    room.at(0.0)
    awake = room.at(8 * 3600.0)
    assert shown(awake)[0] == 2
    assert awake.next_at == 8 * 3600.0 + 7.0
    assert shown(room.at(8 * 3600.0 + 9.9))[0] == 2


def test_a_short_stall_is_caught_up_with() -> None:
    room = Room(monitor(tour((1, 1.0), (2, 1.0), (3, 1.0), (4, 1.0))))
    room.at(0.0)
    assert shown(room.at(3.5))[0] == 4
    assert shown(room.at(3.5 + JUMP + 0.4))[0] == 1


def test_steps_to_cameras_that_are_not_there_are_left_out() -> None:
    room = Room(monitor(tour(1, 77, 3), tour(77, 78)))
    first = room.at(0.0)
    assert shown(first)[:2] == [1, None]
    assert shown(room.at(10.0))[0] == 3
    assert first.state.shows(1) is None


@pytest.mark.parametrize("alone", [tour(1), tour(1, 77), TourItem((TourStep(ClockItem()),)), TourItem(())])
def test_one_stop_never_moves(alone: TourItem) -> None:
    room = Room(monitor(alone))
    first = room.at(0.0)
    assert (first.next_at, first.soon) == (None, ())
    assert room.at(9e9).state == first.state


def test_ranges_are_spelt_out_and_shared() -> None:
    room = Room(monitor(*(TourItem((CameraRange(1, 9, 10.0, (part, 2)),)) for part in (1, 2))))
    assert shown(room.at(0.0))[:2] == [1, 2]
    assert shown(room.at(10.0))[:2] == [3, 4]


def test_other_things_stay_as_they_are() -> None:
    state = monitor(CameraItem(5), ClockItem(), None)
    played = Room(state).at(0.0)
    assert played.state == state
    assert (played.next_at, played.soon) == (None, ())


def test_pause_resume_next_and_previous_are_for_one_tile() -> None:
    room = Room(monitor(tour(1, 2, 3), tour(1, 2, 3)))
    room.at(0.0)
    room.player = room.player.paused(0, 4.0)
    assert room.player.is_paused(0)
    assert not room.player.is_paused(1)
    assert shown(room.at(15.0))[:2] == [1, 2]
    room.player = room.player.resumed(0, 100.0)
    assert shown(room.at(105.9))[0] == 1  # six of its ten seconds were left
    assert shown(room.at(106.0))[0] == 2
    room.player = room.player.next(0, 107.0)
    assert shown(room.at(107.0))[0] == 3
    room.player = room.player.previous(0, 108.0).previous(0, 109.0)
    assert shown(room.at(109.0))[0] == 1
    assert shown(room.at(118.9))[0] == 1
    assert shown(room.at(119.0))[0] == 2


def test_a_paused_tour_can_be_turned_and_stays_paused() -> None:
    room = Room(monitor(tour(1, 2, 3)))
    room.at(0.0)
    room.player = room.player.paused(0, 4.0).paused(0, 5.0).next(0, 6.0)
    still = room.at(500.0)
    assert (shown(still)[0], still.next_at, still.soon) == (2, None, ())
    room.player = room.player.resumed(0, 600.0).resumed(0, 601.0)
    assert shown(room.at(609.9))[0] == 2
    assert shown(room.at(610.0))[0] == 3


def test_where_there_is_no_tour_nothing_is_turned() -> None:
    room = Room(monitor(CameraItem(1), TourItem(())))
    room.at(0.0)
    for tile in (-1, 0, 1, 99):
        assert room.player.next(tile, 1.0) == room.player
    assert room.player.paused(0, 1.0) is room.player
    assert not room.player.is_paused(99)


def test_a_maximised_tile_goes_on_and_so_do_those_behind_it() -> None:
    room = Room(monitor(tour(1, 2), tour(3, 4)))
    room.at(0.0)
    room.state = replace(room.state, maximised=0)
    played = room.at(10.0)
    assert shown(played)[:2] == [2, 4]
    assert played.state.maximised == 0


def test_tours_go_on_in_another_layout_and_on_another_tile() -> None:
    room = Room(monitor(tour(1, 2, 3), None, tour(4, 5, 6)))
    room.at(0.0)
    room.at(10.0)
    room.state = monitor(CameraItem(9), tour(4, 5, 6), tour(1, 2, 3), columns=3)
    played = room.at(12.0)
    assert shown(played) == [9, 5, 2]
    assert played.next_at == 17.0
    assert shown(room.at(20.0)) == [9, 6, 3]


def test_swapped_tours_take_their_pause_along() -> None:
    room = Room(monitor(tour(1, 2), tour(3, 4)))
    room.at(0.0)
    room.player = room.player.paused(0, 1.0)
    room.state = room.state.swapped(0, 1)
    room.at(2.0)
    assert [room.player.is_paused(tile) for tile in (0, 1)] == [False, True]


def test_an_equal_tour_joins_the_one_that_runs() -> None:
    room = Room(monitor(tour(1, 2, 3)))
    room.at(0.0)
    room.state = monitor(tour(1, 2, 3), tour(1, 2, 3))
    assert shown(room.at(14.0))[:2] == [2, 2]
    assert shown(room.at(20.0))[:2] == [3, 3]


def test_when_cameras_come_and_go_the_present_stop_stays_if_it_can() -> None:
    room = Room(monitor(tour(1, 2, 3, 4)))
    room.at(0.0)
    room.at(10.0)
    room.cameras = (2, 3, 4)
    assert shown(room.at(12.0))[0] == 2
    room.cameras = (1, 3, 4)
    assert shown(room.at(15.0))[0] == 3
    assert shown(room.at(24.9))[0] == 3
    room.cameras = ()
    assert shown(room.at(25.0))[0] is None
    room.cameras = CAMERAS
    assert shown(room.at(26.0))[0] == 1
    assert shown(room.at(36.0))[0] == 2


@given(
    st.lists(st.lists(st.tuples(st.integers(1, 12), st.floats(0.1, 30.0)), max_size=4), min_size=1, max_size=4),
    st.lists(
        st.tuples(st.floats(0.01, 60.0), st.sampled_from(["", "pause", "resume", "next", "previous"])), max_size=25
    ),
)
def test_it_never_asks_for_the_past_and_equal_tours_show_the_same(
    tours: list[list[tuple[int, float]]], todo: list[tuple[float, str]]
) -> None:
    items = [tour(*steps) for steps in tours]
    room = Room(monitor(items[0], *items, columns=5))  # tiles 0 and 1 hold the same
    now = 0.0
    for wait, what in todo:
        now += wait
        for tile in (0, 1):
            room.player = {
                "": lambda t, n: room.player,
                "pause": room.player.paused,
                "resume": room.player.resumed,
                "next": room.player.next,
                "previous": room.player.previous,
            }[what](tile, now)
        played = room.at(now)
        assert played.next_at is None or played.next_at > now
        assert played.state.shows(0) == played.state.shows(1)
        assert set(played.soon) <= set(CAMERAS)
        assert all(camera is None or camera in CAMERAS for camera in shown(played))
        assert room.at(now) == played
