"""A focus that is held: by steps where the lens can, else until it is stopped, whatever happens."""

from __future__ import annotations

from dataclasses import replace

import pytest
from door_rig import ANNA, BERT, CAMERA, CARL, Rig
from ptz_rig import controlled

from console.model.commands import GoHome, Stop
from console.services.commands import Result
from console.services.focus_hold import BEAT_SECONDS, FULL_SPEED, HAND_SECONDS, LONGEST_SECONDS
from drivers.errors import Unreachable


@pytest.fixture
def rig() -> Rig:
    made = Rig()
    made.devices.lens.offers = replace(made.devices.lens.offers, focus_relative=True)
    return made


@pytest.fixture
def plain() -> Rig:
    """A lens that knows no steps."""
    return Rig()


def hold(rig: Rig, speed: float = 0.5, told: list[Result] | None = None) -> bool:
    return rig.focus.hold(CAMERA, speed, ANNA, (told if told is not None else []).append)


def steps(rig: Rig) -> list[float]:
    assert {what for what, _ in rig.devices.lens.commands} <= {"focus step"}
    return [way for _, way in rig.devices.lens.commands if isinstance(way, float)]


def test_what_is_held_is_sent_as_steps_as_long_as_the_hand_was_down(rig: Rig) -> None:
    for _ in range(10):
        assert hold(rig)
        rig.queues.run()
        rig.time.now += BEAT_SECONDS
    rig.focus.let_go(CAMERA, ANNA)
    rig.queues.run()
    assert len(steps(rig)) == 10
    assert sum(steps(rig)) == pytest.approx(0.5 * FULL_SPEED * 10 * BEAT_SECONDS)
    assert rig.trail.outcomes("moves the focus by steps") == ["asked", "done", "done"], "one hold, and how far it went"
    assert rig.trail.details[-1] == {"steps": 10, "way": 0.25}


def test_a_tap_is_one_step_and_a_console_that_dies_leaves_no_more(rig: Rig) -> None:
    hold(rig, -0.5)
    rig.focus.let_go(CAMERA, ANNA)
    rig.queues.run()
    assert steps(rig) == [pytest.approx(-0.5 * FULL_SPEED * BEAT_SECONDS)]
    hold(rig)
    rig.queues.run()
    rig.pass_(30.0)
    assert len(steps(rig)) == 2, "nobody says that the hand is still down"


def test_a_slow_lens_gets_one_step_at_a_time_and_none_is_long(rig: Rig) -> None:
    for _ in range(5):
        hold(rig)
        rig.time.now += BEAT_SECONDS
    assert len(rig.queues.jobs) == 1
    rig.queues.run()
    hold(rig)
    rig.time.now += 0.9 * HAND_SECONDS
    rig.queues.run()
    assert max(steps(rig)) <= 0.5 * FULL_SPEED * LONGEST_SECONDS
    hold(rig)
    rig.focus.let_go(CAMERA, ANNA)
    rig.queues.run()
    assert len(steps(rig)) == 2, "what waited when the hand let go is not sent"


def test_a_step_that_fails_ends_it_until_the_hand_lets_go(rig: Rig) -> None:
    told: list[Result] = []
    rig.devices.lens.fail_next_step = Unreachable("Depot", "no answer")
    hold(rig, told=told)
    rig.queues.run()
    assert "no answer" in told[0].sentence
    assert not hold(rig, told=told)
    rig.focus.let_go(CAMERA, ANNA)
    assert hold(rig)
    rig.queues.run()
    assert len(steps(rig)) == 1


def test_a_lens_without_steps_is_stopped_when_the_hand_lets_go(plain: Rig) -> None:
    for _ in range(3):
        assert hold(plain)
        plain.queues.run()
        plain.time.now += BEAT_SECONDS
    assert plain.devices.lens.commands == [("focus", 0.5)]
    plain.focus.let_go(CAMERA, ANNA)
    plain.commands.do(Stop(CAMERA), ANNA)
    plain.queues.run()
    assert plain.devices.lens.commands[1:] == [("focus", 0.0)], "a Stop of the head sweeps it away, yet it is done"


def test_a_hand_that_is_not_heard_of_a_taken_camera_and_the_end_stop_it(plain: Rig) -> None:
    hold(plain)
    plain.pass_(HAND_SECONDS + 0.1)
    assert plain.devices.lens.commands == [("focus", 0.5), ("focus", 0.0)]
    hold(plain)
    plain.queues.run()
    plain.commands.permit(GoHome(CAMERA), BERT)
    told: list[Result] = []
    assert not hold(plain, told=told)
    assert "has it in hand" in told[0].sentence
    plain.queues.run()
    assert plain.devices.lens.commands[2:] == [("focus", 0.5), ("focus", 0.0)]


def test_the_other_way_stops_the_first(plain: Rig) -> None:
    hold(plain, 0.5)
    hold(plain, -0.5)
    plain.queues.run()
    assert plain.devices.lens.commands == [("focus", 0.5), ("focus", 0.0), ("focus", -0.5)]


def test_the_end_of_the_program(plain: Rig) -> None:
    hold(plain)
    plain.queues.run()
    assert not plain.focus.close(0.0)
    plain.queues.run()
    assert plain.focus.close(0.0)
    assert plain.devices.lens.commands[-1] == ("focus", 0.0)
    assert not hold(plain)


def test_who_may_not_is_told(rig: Rig) -> None:
    told: list[Result] = []
    assert rig.focus.hold(CAMERA, 0.5, BERT)
    assert not rig.focus.hold(CAMERA, 0.5, CARL, told.append)
    assert "has it in hand" in told[0].sentence
    assert rig.focus.let_go(CAMERA, BERT), "whose hand is still on it"
    assert not rig.focus.let_go(CAMERA, BERT)


def test_on_the_wire_a_dead_console_leaves_a_step_and_only_a_lens_without_steps_goes_on() -> None:
    rig = Rig()
    with controlled() as gate:
        motor = gate.camera.imaging.focus
        rig.devices.lens = gate.controls.imaging()  # type: ignore[assignment]
        for _ in range(3):
            assert hold(rig, 1.0)
            rig.queues.run()
            rig.time.now += BEAT_SECONDS
            gate.clock.now += BEAT_SECONDS
        gate.clock.now += 60.0
        assert motor.position == pytest.approx(0.5 + 3 * FULL_SPEED * BEAT_SECONDS)
        assert not motor.moving
        rig.focus.let_go(CAMERA, ANNA)
        rig.queues.run()
        gate.fault("focus_continuous_only")
        told: list[Result] = []
        hold(rig, -0.1, told)
        rig.queues.run()
        assert [result.ok for result in told] == [False]
        rig.focus.let_go(CAMERA, ANNA)
        assert hold(rig, -0.1), "it is known now that it knows no steps"
        rig.queues.run()
        assert motor.moving
        rig.pass_(HAND_SECONDS + 0.1)
        assert not motor.moving
