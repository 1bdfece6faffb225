"""Walls of several monitors: presets remember and restore all of them, and what goes leaves nothing behind."""

from __future__ import annotations

from datetime import time

from console.model.layout import grid
from console.model.monitor import showing
from console.model.wall import Monitor, Preset, PresetTour, Switch, Wall


def wall() -> Wall:
    return Wall(
        "Control room",
        (
            Monitor(1, "Desk", showing(grid("4", 2, 2), (1, 2))),
            Monitor(2, "Left", showing(grid("1", 1, 1), (7,)), instead=1),
        ),
    )


def test_a_preset_brings_back_every_monitor() -> None:
    night = wall().remembered("Night", key=2)
    changed = wall().with_states([(1, showing(grid("1", 1, 1), (9,)).following(3))])
    back = changed.with_preset(night).showing(night)
    assert [m.state.cameras for m in back.monitors] == [(1, 2), (7,)]
    assert back.monitors[0].state.followed == 3
    assert back.on_key(2) == night


def test_a_preset_leaves_monitors_alone_that_it_does_not_know() -> None:
    preset = Preset("Desk only", wall().remembered("x").monitors[:1])
    third = Monitor(3, "New", showing(grid("1", 1, 1), (5,)))
    assert wall().with_monitor(third).showing(preset).monitors[2] == third


def test_a_smaller_layout_of_a_preset_keeps_the_selection_on_a_tile() -> None:
    small = Preset("Small", ((1, wall().remembered("x").monitors[1][1]),))
    selected = wall().with_states([(1, wall().monitors[0].state.chosen(3))])
    assert selected.showing(small).monitors[0].state.selected == 0


def test_a_key_belongs_to_one_preset() -> None:
    both = wall().with_preset(wall().remembered("Day", 2)).with_preset(wall().remembered("Night", 2))
    assert [(each.name, each.key) for each in both.presets] == [("Day", None), ("Night", 2)]
    none = both.with_preset(wall().remembered("Dusk"))
    assert [each.key for each in none.presets] == [None, 2, None]


def test_a_preset_that_goes_leaves_schedule_and_tour() -> None:
    full = Wall(
        presets=(wall().remembered("Day"), wall().remembered("Night")),
        schedule=(Switch("Night", time(22)), Switch("Day", time(6))),
        tour=PresetTour((("Day", 60.0), ("Night", 30.0))),
    )
    left = full.without_preset("Night")
    assert (len(left.presets), [s.preset for s in left.schedule], left.tour.stops) == (1, ["Day"], (("Day", 60.0),))


def test_a_monitor_that_goes_stands_in_for_nobody() -> None:
    assert wall().without_monitor(1).monitors == (Monitor(2, "Left", wall().monitors[1].state),)
    again = wall().without_monitor(2).with_monitor(wall().monitors[1])
    assert again == wall()


def test_a_camera_that_gets_another_number_gets_it_on_all_monitors() -> None:
    assert [m.state.cameras for m in wall().renumbered(7, 8).monitors] == [(1, 2), (8,)]
    assert [m.state.cameras for m in wall().renumbered(1, None).monitors] == [(None, 2), (7,)]
