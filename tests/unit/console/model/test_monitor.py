"""What is on the wall: cameras stay when layouts change, and undo gives back exactly what was there."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from console.model.items import CameraItem, CameraRange, ClockItem, TextItem, TourItem
from console.model.layout import PRESETS, Cell, Layout, preset
from console.model.monitor import History, MonitorState, empty_monitor, showing

Move = Callable[[MonitorState], MonitorState]


def four(*cameras: int | None) -> MonitorState:
    layout = preset("Quad")
    assert layout is not None
    return showing(layout, cameras)


tiles = st.integers(0, 70)
cameras = st.none() | st.integers(1, 99)
moves: st.SearchStrategy[Move] = st.one_of(
    st.builds(lambda layout: lambda s: s.arranged(layout), st.sampled_from(PRESETS)),
    st.builds(lambda camera, tile: lambda s: s.placed(camera, tile), cameras, tiles),
    st.builds(lambda a, b: lambda s: s.swapped(a, b), tiles, tiles),
    st.builds(lambda numbers: lambda s: s.filled(numbers), st.lists(st.integers(1, 99), max_size=20)),
    st.builds(lambda a, b: lambda s: s.renumbered(a, b), st.integers(1, 99), st.integers(1, 99)),
)
looks: st.SearchStrategy[Move] = st.one_of(
    st.builds(lambda tile: lambda s: s.chosen(tile), st.integers(-5, 99)),
    st.builds(lambda dx, dy: lambda s: s.moved(dx, dy), st.integers(-1, 1), st.integers(-1, 1)),
    st.just(lambda s: s.toggled()),
)


def within(state: MonitorState) -> MonitorState:
    """The selection on a tile that is there, as the screens keep it."""
    return state.chosen(state.selected)


@given(st.lists(moves | looks, max_size=25))
def test_undo_returns_exactly_and_redo_too(todo: list[Move]) -> None:
    history = History(empty_monitor())
    content = [(history.state.layout, history.state.cameras)]
    befores = []
    for move in todo:
        before = history.state
        if history.go(within(move(before))) and (history.state.layout, history.state.cameras) != content[-1]:
            befores.append(before)
            content.append((history.state.layout, history.state.cameras))
    last = history.state
    for before in reversed(befores):
        assert history.undo()
        assert history.state == before
    assert not history.undo()
    for expected in content[1:]:
        assert history.redo()
        assert (history.state.layout, history.state.cameras) == expected
    assert not history.redo()
    assert (history.state.layout, history.state.cameras) == (last.layout, last.cameras)


def test_a_new_step_ends_what_could_be_redone_but_a_look_does_not() -> None:
    history = History(four(1))
    history.go(history.state.placed(2, 1))
    history.undo()
    assert history.go(history.state.chosen(3))
    assert history.redo()
    assert history.state.cameras == (1, 2)
    history.undo()
    history.go(history.state.placed(3, 2))
    assert not history.redo()
    assert not history.go(history.state)


@given(st.lists(cameras, max_size=64), st.sampled_from(PRESETS), st.sampled_from(PRESETS))
def test_another_layout_forgets_nothing(numbers: list[int | None], one: object, other: object) -> None:
    state = showing(one, tuple(numbers))  # type: ignore[arg-type]
    assert state.arranged(other).arranged(one).cameras == state.cameras  # type: ignore[arg-type]
    assert state.arranged(other).selected < len(state.arranged(other).layout.cells)  # type: ignore[arg-type]


def test_a_maximised_tile_is_the_only_one_shown() -> None:
    state = four(1, 2, 3, 4).chosen(2).toggled()
    assert state.shown == (2,)
    assert state.moved(0, -1).shown == (0,)
    assert state.toggled().shown == (0, 1, 2, 3)
    assert state.arranged(state.layout).maximised is None


@given(st.lists(cameras, min_size=4, max_size=4), st.integers(0, 3), st.integers(0, 3))
def test_swapping_twice_is_nothing(numbers: list[int | None], one: int, other: int) -> None:
    state = four(*numbers)
    swapped = state.swapped(one, other)
    assert (swapped.camera(one), swapped.camera(other)) == (state.camera(other), state.camera(one))
    assert swapped.selected == other
    assert swapped.swapped(one, other).cameras == state.cameras


def test_swapping_with_a_tile_that_never_had_a_camera() -> None:
    assert four(7).swapped(0, 3).cameras == (None, None, None, 7)


@given(st.lists(cameras, max_size=4), st.lists(st.integers(1, 9), max_size=9, unique=True))
def test_filling_moves_nobody_and_doubles_nobody(numbers: list[int | None], waiting: list[int]) -> None:
    state = four(*numbers)
    filled = state.filled(waiting)
    assert all(filled.camera(i) == n for i, n in enumerate(numbers) if n is not None)
    assert filled.selected == state.selected
    fresh = [n for n in waiting if n not in numbers]
    placed = [filled.camera(i) for i in range(4) if state.camera(i) is None and filled.camera(i) is not None]
    assert placed == fresh[: len(placed)]
    assert len(placed) == min(len(fresh), 4 - sum(n is not None for n in numbers))


def test_the_first_tile_of_a_camera_is_found_only_where_it_can_be_seen() -> None:
    state = four(None, 5, 5)
    assert (state.tile_of(5), state.tile_of(6), state.camera(99), state.camera(-1)) == (1, None, None, None)
    one = preset("Single")
    assert one is not None
    assert state.arranged(one).tile_of(5) is None


def test_renumbering_changes_every_tile_of_the_camera() -> None:
    assert four(5, 6, 5).renumbered(5, 9).cameras == (9, 6, 9)


def test_a_choice_beyond_the_wall_takes_the_nearest_tile() -> None:
    assert (four().chosen(99).selected, four().chosen(-3).selected) == (3, 0)


HALL = Layout(
    "Hall",
    2,
    2,
    (Cell(0, 0, item=ClockItem()), Cell(0, 1), Cell(1, 0, hotspot=True), Cell(1, 1, item=TextItem("Hall"))),
)


def test_a_layout_brings_its_contents_along_and_takes_them_away_again() -> None:
    state = four(1, 2, 3).arranged(HALL)
    assert [state.shows(i) for i in range(4)] == [ClockItem(), CameraItem(1), None, TextItem("Hall")]
    assert state.arranged(preset("Quad") or HALL).cameras == (1, 2, 3)


def test_a_camera_put_over_what_a_layout_brought_is_kept() -> None:
    state = showing(HALL).placed(5, 0)
    assert state.camera(0) == 5
    assert 5 in state.arranged(preset("Quad") or HALL).cameras


def test_a_hotspot_follows_and_is_no_step_to_undo() -> None:
    history = History(showing(HALL))
    assert history.go(history.state.following(9))
    assert history.state.camera(2) == 9
    assert history.state.following(None).shows(2) is None
    assert not history.undo()


def test_a_camera_called_up_on_a_hotspot_is_what_it_follows() -> None:
    state = showing(HALL).placed(4, 2)
    assert (state.followed, state.camera(2), state.item(2)) == (4, 4, None)
    assert state.renumbered(4, 8).camera(2) == 8
    assert state.placed(4, 1).tile_of(4) == 1, "the tile that really holds it comes first"


def test_filling_leaves_hotspots_and_the_layouts_own_contents_alone() -> None:
    assert [showing(HALL).filled([1, 2, 3]).camera(i) for i in range(4)] == [None, 1, None, None]


def test_a_tour_shows_its_present_stop() -> None:
    tour = TourItem((CameraRange(),))
    state = four(1).put(tour, 1)
    assert state.shows(1) is None
    toured = state.touring([None, CameraItem(3)])
    assert (toured.camera(1), toured.item(1)) == (3, tour)
    assert toured.placed(2, 1).camera(1) == 2
    history = History(state)
    history.go(toured)
    assert not history.undo()


def test_a_range_is_divided_among_tiles() -> None:
    halves = [TourItem((CameraRange(2, 9, 5.0, (which, 2)),)) for which in (1, 2)]
    stops = [[step.item for step in half.stops([9, 1, 2, 5, 12])] for half in halves]
    assert stops == [[CameraItem(2), CameraItem(9)], [CameraItem(5)]]
    assert len(TourItem((CameraRange(),)).stops(range(1, 5000))) == 512
