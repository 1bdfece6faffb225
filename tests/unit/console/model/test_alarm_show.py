"""Cameras of an alarm come onto the wall without taking anything away that somebody needs."""

from __future__ import annotations

from dataclasses import replace

from console.model.alarm_show import commands, tile_of
from console.model.layout import Layout, preset
from console.model.monitor import showing
from console.model.show import FollowCamera, ShowCamera
from console.model.wall import Monitor, Wall


def wall(*cameras: int | None, hotspot: int | None = None) -> Wall:
    layout = preset("Quad")
    assert layout is not None
    if hotspot is not None:
        cells = tuple(replace(cell, hotspot=index == hotspot) for index, cell in enumerate(layout.cells))
        layout = Layout(layout.name, layout.rows, layout.columns, cells)
    return Wall("Wall", (Monitor(1, "", showing(layout, cameras)),))


def test_nothing_to_show() -> None:
    assert commands(wall(1), (), 1) == ()


def test_free_tiles_are_used_in_order_and_what_is_seen_stays() -> None:
    assert commands(wall(1, None, 3), (3, 8, 9, 10), 1) == (ShowCamera(8, 1, 2), ShowCamera(9, 1, 4))
    assert tile_of(wall(1, None, 3), 3, 1) == (1, 2)
    assert tile_of(wall(1), 9, 1) is None


def test_a_full_wall_gives_the_selected_tile_to_the_first_camera_only() -> None:
    assert commands(wall(1, 2, 3, 4), (8, 9), 1) == (ShowCamera(8, 1),)


def test_hotspots_follow_the_first_camera() -> None:
    assert commands(wall(1, None, 3, None, hotspot=3), (8, 9), 1) == (FollowCamera(8), ShowCamera(9, 1, 2))
    assert commands(wall(1, 2, 3, None, hotspot=3), (8, 9), 1) == (FollowCamera(8),)


def test_a_monitor_that_is_not_there() -> None:
    assert commands(wall(1), (8,), 5) == ()
