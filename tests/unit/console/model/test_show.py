"""Commands to the wall."""

from __future__ import annotations

import pytest

from console.model.items import CameraItem
from console.model.layout import grid
from console.model.monitor import MonitorState, showing
from console.model.show import FollowCamera, ShowCamera, ShowCommand, ShowError, ShowLayout, ShowPreset, apply
from console.model.wall import Arrangement, Monitor, Preset, Wall

LAYOUTS = {"9": grid("9", 3, 3)}
NIGHT = Preset("Night", ((2, Arrangement(grid("1", 1, 1), (CameraItem(8),))),))
WALL = Wall(
    monitors=(
        Monitor(1, "desk", MonitorState(grid("4", 2, 2), selected=2)),
        Monitor(2, "left", showing(grid("4", 2, 2), [5, 6])),
    ),
    presets=(NIGHT,),
)


def state(wall: Wall, number: int) -> MonitorState:
    monitor = wall.monitor(number)
    assert monitor is not None
    return monitor.state


def test_a_camera_comes_on_the_selected_tile_of_the_default_monitor() -> None:
    after = apply(WALL, ShowCamera(17), LAYOUTS)
    assert state(after, 1).camera(2) == 17
    assert state(after, 2) == state(WALL, 2)
    assert state(apply(WALL, ShowCamera(17), LAYOUTS, monitor=2), 2).camera(0) == 17


def test_a_camera_comes_where_it_is_wanted() -> None:
    assert state(apply(WALL, ShowCamera(17, 2, 4), LAYOUTS), 2).camera(3) == 17


def test_a_layout_keeps_the_cameras() -> None:
    after = state(apply(WALL, ShowLayout("9", 2), LAYOUTS), 2)
    assert after.layout == LAYOUTS["9"]
    assert after.cameras == (5, 6)
    assert state(apply(WALL, ShowLayout("9"), LAYOUTS), 1).layout == LAYOUTS["9"]


def test_a_preset_fills_its_monitors() -> None:
    after = apply(WALL, ShowPreset("Night"), LAYOUTS)
    assert state(after, 2).cameras == (8,)
    assert state(after, 1) == state(WALL, 1)


def test_hotspots_follow_on_all_monitors() -> None:
    after = apply(WALL, FollowCamera(3), LAYOUTS)
    assert [monitor.state.followed for monitor in after.monitors] == [3, 3]
    assert apply(after, FollowCamera(None), LAYOUTS) == WALL


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (ShowCamera(17, 7), "There is no monitor 7. The wall has 1, 2."),
        (ShowCamera(17, 1, 5), "Monitor 1 has no tile 5. Its layout has 1 to 4."),
        (ShowCamera(17, 1, 0), "Monitor 1 has no tile 0"),
        (ShowCamera(18), "There is no camera 18"),
        (FollowCamera(18), "There is no camera 18"),
        (ShowLayout("8"), "There is no layout '8'"),
        (ShowLayout("9", 3), "There is no monitor 3"),
        (ShowPreset("Day"), "There is no preset 'Day'. Choose one from the list of presets."),
    ],
)
def test_what_is_not_there_is_named(command: ShowCommand, sentence: str) -> None:
    with pytest.raises(ShowError) as refused:
        apply(WALL, command, LAYOUTS, cameras=(17,))
    assert str(refused.value).startswith(sentence)


def test_a_wall_without_monitors() -> None:
    with pytest.raises(ShowError, match="The wall has none"):
        apply(Wall(), ShowCamera(1), LAYOUTS)
