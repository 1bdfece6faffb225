"""From a stick to the camera that is selected; and back to rest."""

from __future__ import annotations

import threading
import warnings
from dataclasses import replace
from typing import Any

import pytest
from door_rig import ANNA, BERT, CAMERA, Rig

from console.model.sticks import AxisUse, StickSettings
from console.services.commands import Result
from console.services.sticks import AIM_SECONDS, Aim, Sticks, StickTelling
from drivers.errors import Unreachable, Unsupported
from drivers.ptz import Axes
from drivers.sticks.sdl import SdlSticks
from drivers.sticks_types import StickState
from drivers.types import View

REST = StickState(1, "Stick", (0.0, 0.0, 0.0), (False,) * 4)
RIGHT = replace(REST, axes=(1.0, 0.0, 0.0))
FULL = Axes(1.0, 0.0, 0.0)


class Desk:
    """Sticks on a rig, told by hand how they stand."""

    def __init__(self) -> None:
        self.rig = Rig()
        self.plugged: list[int] = []
        self.presses: list[str] = []
        self.failures: list[Result] = []
        self.notes: list[str] = []
        telling = StickTelling(
            lambda states: self.plugged.append(len(states)), self.presses.append, self.failures.append,
            self.notes.append,
        )  # fmt: skip
        self.sticks = Sticks(lambda: pytest.fail("not opened"), self.rig.holds, telling, self.rig.time)
        self.aim()

    def aim(self, camera: str = CAMERA, view: View | None = None) -> None:
        self.sticks.aim(Aim(camera, ANNA, self.rig.head.features(), view or View()))

    def step(self, *states: StickState, seconds: float = 0.05) -> None:
        self.rig.time.now += seconds
        self.sticks.step(states)
        self.rig.queues.run()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_the_stick_moves_the_camera_at_once_and_stops_it_at_once(desk: Desk) -> None:
    desk.step(REST)
    desk.step(RIGHT, seconds=0.001)
    assert desk.rig.moves() == [FULL]
    desk.step(REST, seconds=0.001)
    assert not desk.rig.head.moving
    assert desk.plugged == [1]


def test_it_is_told_twenty_times_a_second_at_most(desk: Desk) -> None:
    desk.step(REST)
    for step in range(60):
        desk.step(replace(REST, axes=(0.5 + step / 200, 0.0, 0.0)), seconds=1 / 60)
    assert 14 <= len(desk.rig.moves()) <= 21


def test_pulled_out_is_let_go(desk: Desk) -> None:
    desk.step(REST)
    desk.step(RIGHT)
    desk.step()
    assert not desk.rig.head.moving
    assert desk.plugged == [1, 0]


def test_another_camera_stops_the_first_and_waits_for_rest(desk: Desk) -> None:
    desk.step(REST)
    desk.step(RIGHT)
    desk.aim("urn:uuid:2")
    desk.step(RIGHT)
    desk.step(RIGHT)
    assert not desk.rig.head.moving
    assert len(desk.rig.moves()) == 1
    desk.step(REST)
    desk.step(RIGHT)
    assert len(desk.rig.moves()) == 2


def test_a_screen_that_hangs_stops_the_camera(desk: Desk) -> None:
    desk.step(REST)
    desk.step(RIGHT)
    desk.step(RIGHT, seconds=AIM_SECONDS + 0.1)
    assert not desk.rig.head.moving
    desk.sticks.aim(None)
    desk.step(REST)
    desk.step(RIGHT)
    assert len(desk.rig.moves()) == 1


def test_a_lever_that_lies_at_its_end_moves_nothing_and_is_told_once(desk: Desk) -> None:
    lever = replace(REST, axes=(0.0, 0.0, -1.0))
    for _ in range(5):
        desk.step(lever)
    assert desk.rig.moves() == []
    assert len(desk.notes) == 1
    assert "not at rest" in desk.notes[0]
    desk.sticks.use([StickSettings("Stick", zoom=AxisUse(None))])
    desk.step(lever)
    desk.step(replace(lever, axes=(1.0, 0.0, -1.0)))
    assert desk.rig.moves() == [FULL]


def test_a_refused_hand_is_told_once_until_the_stick_came_to_rest(desk: Desk) -> None:
    desk.rig.holds.hold(CAMERA, FULL, BERT)
    desk.step(REST)
    for _ in range(10):
        desk.step(RIGHT)
        desk.rig.holds.hold(CAMERA, FULL, BERT)
    assert len(desk.failures) == 1
    assert desk.failures[0].held_by is not None
    desk.step(REST)
    desk.step(RIGHT)
    assert len(desk.failures) == 2


def test_a_move_that_fails_later_does_not_begin_anew_by_itself(desk: Desk) -> None:
    desk.step(REST)
    desk.rig.head.fail_next_move = Unreachable("Depot", "no answer")
    for _ in range(10):
        desk.step(RIGHT)
    assert len(desk.failures) == 1
    assert len(desk.rig.done("move")) == 1
    assert not desk.rig.head.moving


def test_turned_pictures_turn_the_stick(desk: Desk) -> None:
    desk.aim(view=View(rotate=180))
    desk.step(REST)
    desk.step(RIGHT)
    assert desk.rig.moves() == [Axes(-1.0, 0.0, 0.0)]


def test_buttons_are_told_when_they_go_down(desk: Desk) -> None:
    desk.step(replace(REST, buttons=(True, False, False, False)))  # down when it came
    assert desk.presses == []
    desk.step(REST)
    for _ in range(3):
        desk.step(replace(REST, buttons=(False, True, False, False)))
    assert desk.presses == ["preset 1"]


def test_a_computer_without_sdl_says_why_and_ends_the_thread() -> None:
    rig = Rig()

    def none() -> Any:
        raise Unsupported("This computer", "the library for sticks (SDL) is not installed")

    sticks = Sticks(none, rig.holds, StickTelling())
    sticks.start()
    sticks.close()
    assert "SDL" in sticks.trouble


def test_from_a_virtual_stick_of_sdl_to_the_door() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        sdl: Any = pytest.importorskip("sdl2")
    if not hasattr(sdl, "SDL_JoystickAttachVirtual"):
        pytest.skip("this SDL has no virtual joysticks")
    rig = Rig()
    plugged, moved, gone = threading.Event(), threading.Event(), threading.Event()

    class Watched(type(rig.holds)):  # type: ignore[misc]
        """Says when a hand came and went."""

        def hold(self, *args: Any, **kwargs: Any) -> bool:
            moved.set()
            return bool(super().hold(*args, **kwargs))

        def let_go(self, *args: Any, **kwargs: Any) -> None:
            super().let_go(*args, **kwargs)
            gone.set()

    holds = Watched(rig.commands, lambda: None, lambda *alarm: None)
    driver: list[SdlSticks] = []

    def make() -> SdlSticks:
        driver.append(SdlSticks())
        index = sdl.SDL_JoystickAttachVirtual(sdl.SDL_JOYSTICK_TYPE_FLIGHT_STICK, 3, 4, 0)
        assert index >= 0
        return driver[0]

    sticks = Sticks(make, holds, StickTelling(plugged=lambda states: plugged.set() if states else None))
    sticks.aim(Aim(CAMERA, ANNA, rig.head.features(), View()))
    sticks.start()
    try:
        assert plugged.wait(10)
        (state,) = sticks.states()
        handle = sdl.SDL_JoystickFromInstanceID(state.id)
        sdl.SDL_JoystickSetVirtualAxis(handle, 0, 32767)
        assert moved.wait(10)
        sticks.aim(Aim(CAMERA, ANNA, rig.head.features(), View()))
        sdl.SDL_JoystickDetachVirtual(0)
        assert gone.wait(10)
    finally:
        sticks.close()
    rig.queues.run()
    assert not rig.head.moving


def test_stop_disarms_a_stick_that_lies_at_its_end(desk: Desk) -> None:
    desk.step(REST)
    desk.step(RIGHT)
    desk.rig.holds.stop(CAMERA, ANNA)
    desk.rig.queues.run()
    moves = len(desk.rig.moves())
    for _ in range(10):
        desk.step(RIGHT)
    assert len(desk.rig.moves()) == moves, "it must come to rest first"
    assert desk.rig.done("stop")
    desk.step(REST)
    desk.step(RIGHT)
    assert len(desk.rig.moves()) == moves + 1


def test_a_flick_that_was_over_before_it_was_sent_is_no_failure(desk: Desk) -> None:
    desk.step(REST)
    desk.rig.time.now += 0.05
    desk.sticks.step((RIGHT,))
    desk.rig.time.now += 0.01
    desk.sticks.step((REST,))
    desk.rig.queues.run()
    assert desk.failures == []
    desk.step(RIGHT)
    desk.step(RIGHT)
    assert desk.rig.moves()
