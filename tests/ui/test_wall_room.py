"""Several monitors under one pair of hands: who is active, presets, hotspots, tours, schedule, and one undo for all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta

import pytest
from pytestqt.qtbot import QtBot
from ui_fakes import NAMES, Clock, FakeCameras

from console.app import dress
from console.model.items import CameraRange, TourItem
from console.model.layout import Cell, Layout, grid
from console.model.monitor import History, MonitorState, showing
from console.model.show import FollowCamera, ShowCamera, ShowError, ShowLayout, ShowPreset
from console.model.wall import Monitor, PresetTour, Switch, Wall
from console.services.feed_pool import FeedPool
from console.ui.wall.conductor import HANDS_SECONDS, Conductor
from console.ui.wall.controller import WallController
from console.ui.wall.room import WallRoom
from console.ui.wall.surface import WallSurface

FOUR = grid("Quad", 2, 2)
WITH_HOTSPOT = Layout("Spot", 1, 2, (Cell(0, 0), Cell(0, 1, hotspot=True)))


class Rig:
    """A room of two monitors on cameras that send nothing."""

    def __init__(self, qtbot: QtBot, clock: Clock) -> None:
        from PySide6.QtWidgets import QApplication

        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.theme, self.clock, self.qtbot = dress(app), clock, qtbot
        self.pool = FeedPool(FakeCameras(clock), clock, slots=2)
        wall = Wall(
            "Room",
            (Monitor(1, "Desk", showing(FOUR, (1, 2, 3))), Monitor(2, "Left", showing(WITH_HOTSPOT, (4,)))),
        )
        self.room = WallRoom(wall, self._make)
        self.room.layouts = {"Quad": FOUR, "Spot": WITH_HOTSPOT}
        self.local = datetime(2026, 11, 21, 21, 59, tzinfo=UTC)
        self.conductor = Conductor(self.room, lambda: sorted(NAMES), clock, lambda: self.local)

    def _make(self, monitor: Monitor) -> WallController:
        surface = WallSurface(monitor.state, self.theme)
        self.qtbot.addWidget(surface)
        return WallController(surface, self.pool, History(monitor.state), NAMES.get, self.clock)

    def state(self, number: int) -> MonitorState:
        return self.room.controllers[number].state


@pytest.fixture
def rig(qtbot: QtBot) -> Iterator[Rig]:
    made = Rig(qtbot, Clock())
    yield made
    made.room.put_everywhere(WallController.release)
    assert made.pool.close()


def test_the_hands_go_from_monitor_to_monitor(rig: Rig) -> None:
    assert rig.room.active_number == 1
    rig.room.next_monitor()
    assert (rig.room.active_number, rig.room.active.surface.active) == (2, True)
    assert not rig.room.controllers[1].surface.active
    rig.room.next_monitor()
    rig.room.activate(9)
    assert rig.room.active_number == 1


def test_what_is_selected_appears_on_every_hotspot(rig: Rig) -> None:
    rig.room.active.go(rig.state(1).chosen(1))
    assert rig.state(2).camera(1) == 2
    rig.room.active.go(rig.state(1).chosen(3))  # an empty tile leaves the hotspot as it is
    assert rig.state(2).camera(1) == 2
    rig.room.activate(2)
    assert rig.state(2).camera(1) == 4, "the selection of the other monitor counts now"
    rig.room.active.go(rig.state(2).chosen(1))  # the hotspot itself follows nobody
    assert rig.state(2).camera(1) == 4
    rig.room.show(FollowCamera(None))
    assert rig.state(2).camera(1) is None


def test_commands_show_cameras_layouts_and_presets(rig: Rig) -> None:
    rig.room.show(ShowCamera(17, monitor=2, tile=1))
    assert rig.state(2).camera(0) == 17
    night = rig.room.wall.remembered("Night")
    rig.room.set_wall(rig.room.wall.with_preset(night))
    rig.room.show(ShowLayout("Spot"))
    assert rig.state(1).layout.name == "Spot"
    rig.room.show(ShowPreset("Night"))
    assert (rig.state(1).layout.name, rig.state(1).cameras) == ("Quad", (1, 2, 3))
    with pytest.raises(ShowError, match="no preset 'Day'"):
        rig.room.show(ShowPreset("Day"))


def test_one_undo_takes_a_preset_back_from_all_monitors(rig: Rig) -> None:
    rig.room.set_wall(rig.room.wall.with_preset(rig.room.wall.remembered("Night")))
    rig.room.controllers[1].go(rig.state(1).placed(None, 0))
    rig.room.controllers[2].go(rig.state(2).placed(17, 0))
    rig.room.show(ShowPreset("Night"))
    assert (rig.state(1).camera(0), rig.state(2).camera(0)) == (1, 4)
    assert rig.room.undo()
    assert (rig.state(1).camera(0), rig.state(2).camera(0)) == (None, 17)
    assert rig.room.undo()
    assert rig.state(2).camera(0) == 4, "steps go back in the order in which they were made, on whichever monitor"
    assert rig.state(1).camera(0) is None
    assert rig.room.redo()
    assert rig.room.redo()
    assert (rig.state(1).camera(0), rig.state(2).camera(0)) == (1, 4)
    assert not rig.room.redo()


def test_a_monitor_that_is_taken_away_leaves_its_steps_behind(rig: Rig) -> None:
    rig.room.controllers[2].go(rig.state(2).placed(17, 0))
    rig.room.activate(2)
    rig.room.set_wall(rig.room.wall.without_monitor(2))
    assert rig.room.active_number == 1
    assert not rig.room.undo()
    with pytest.raises(ValueError, match="monitor 1"):
        rig.room.set_wall(Wall())


def test_a_camera_that_goes_leaves_monitors_and_presets(rig: Rig) -> None:
    rig.room.set_wall(rig.room.wall.with_preset(rig.room.wall.remembered("Night")))
    rig.room.renumbered(4, 5)
    assert rig.state(2).camera(0) == 5


def test_a_tour_goes_round_and_says_what_comes_next(rig: Rig) -> None:
    soon: list[tuple[int, ...]] = []
    rig.conductor.soon.connect(soon.append)
    tour = TourItem((CameraRange(1, 3, 10.0),))
    rig.room.controllers[1].go(rig.state(1).put(tour, 3))
    rig.conductor.tick()
    assert rig.state(1).camera(3) == 1
    rig.clock.now += 6
    rig.conductor.tick()
    assert soon[-1] == (2,)
    rig.clock.now += 4
    rig.conductor.tick()
    assert rig.state(1).camera(3) == 2
    rig.room.controllers[1].go(rig.state(1).chosen(3))
    rig.conductor.tour_key(3, "pause")
    assert rig.conductor.is_paused(1, 3)
    rig.clock.now += 60
    rig.conductor.tick()
    assert rig.state(1).camera(3) == 2
    rig.conductor.tour_key(3, "next")
    assert rig.state(1).camera(3) == 3
    rig.room.undo()
    assert rig.state(1).item(3) is None, "what a tour does by itself is no step to undo"


def test_the_schedule_shows_a_preset_once(rig: Rig) -> None:
    notes: list[str] = []
    rig.conductor.note.connect(notes.append)
    wall = rig.room.wall.with_preset(rig.room.wall.remembered("Night"))
    rig.room.set_wall(Wall(wall.name, wall.monitors, wall.presets, (Switch("Night", time(22)),)))
    rig.room.controllers[1].go(rig.state(1).placed(17, 0))
    rig.conductor.tick()
    assert rig.state(1).camera(0) == 17
    rig.local += timedelta(minutes=2)
    rig.conductor.tick()
    assert rig.state(1).camera(0) == 1
    assert "Night" in notes[0]
    rig.room.undo()
    rig.conductor.tick()
    assert rig.state(1).camera(0) == 17, "what an operator takes back stays taken back"


def test_a_tour_of_presets_stands_back_for_the_operator(rig: Rig) -> None:
    one = rig.room.wall.remembered("One")
    rig.room.show(ShowLayout("Spot", 1))
    two = rig.room.wall.remembered("Two")
    wall = rig.room.wall.with_preset(one).with_preset(two)
    rig.room.set_wall(Wall(wall.name, wall.monitors, wall.presets, (), PresetTour((("One", 30.0), ("Two", 30.0)))))
    assert rig.conductor.start_tour()
    assert rig.state(1).layout.name == "Quad"
    rig.clock.now += 30
    rig.conductor.tick()
    assert rig.state(1).layout.name == "Spot"
    rig.room.controllers[1].go(rig.state(1).placed(17, 0))
    rig.clock.now += 60
    rig.conductor.tick()
    assert rig.state(1).camera(0) == 17
    rig.clock.now += HANDS_SECONDS
    rig.conductor.tick()
    assert rig.state(1).layout.name == "Quad"
    rig.conductor.stop_tour()
    assert not rig.conductor.touring


def test_a_wall_without_a_tour_says_so(rig: Rig) -> None:
    assert not rig.conductor.start_tour()
