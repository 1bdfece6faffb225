"""What is held stops, whatever happens."""

from __future__ import annotations

from itertools import pairwise

import pytest
from door_rig import ANNA, BERT, CAMERA, CARL, Rig

from console.model.commands import GoPreset, Stop
from console.model.permissions import Actor, Role
from console.services.commands import Result
from console.services.dispatch import MOVE_SECONDS
from console.services.ptz_hold import HAND_SECONDS, STOP_SECONDS
from drivers.errors import DriverError, Unreachable
from drivers.ptz import Axes

RIGHT, LEFT, CLOSER = Axes(0.5, 0.0), Axes(-0.5, 0.0), Axes(zoom=0.5)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def hold(rig: Rig, velocity: Axes = RIGHT, actor: Actor = ANNA) -> list[Result]:
    """A hand goes down; gives what it is told."""
    told: list[Result] = []
    rig.holds.hold(CAMERA, velocity, actor, told.append)
    return told


def test_a_held_move_is_refreshed_well_within_its_time_out_and_stands_once_in_the_audit(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    times = []
    for _ in range(60):
        before = len(rig.moves())
        rig.pass_(0.05, touch=lambda: hold(rig))
        if len(rig.moves()) > before:
            times.append(rig.time.now)
    gaps = [b - a for a, b in pairwise(times)]
    assert max(gaps) < MOVE_SECONDS / 2
    assert all(args == (RIGHT, MOVE_SECONDS) for _, args in rig.done("move"))
    assert rig.head.moving
    assert rig.trail.outcomes("moves") == ["asked", "done"]


def test_letting_go_stops_and_the_audit_tells_how_long_it_was_held(rig: Rig) -> None:
    told = hold(rig)
    rig.pass_(0.3, touch=lambda: hold(rig))
    rig.holds.let_go(CAMERA)
    assert rig.holds.held() == {CAMERA}
    rig.queues.run()
    assert not rig.head.moving
    assert rig.holds.held() == frozenset()
    assert rig.trail.entries[-2][:2] == ("Anna", "stops")
    assert rig.trail.details[-2] == {"why": "let go", "seconds": 0.3, "moves": 1}
    assert told == []


def test_standing_still_is_letting_go(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    assert rig.holds.hold(CAMERA, Axes(0.0, 0.0), ANNA)
    rig.queues.run()
    assert len(rig.done("stop")) == 1


def test_a_hand_that_is_not_heard_of_stops(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    rig.pass_(HAND_SECONDS - 0.1)
    assert rig.done("stop") == []
    rig.pass_(0.15)
    assert len(rig.done("stop")) == 1
    assert not rig.head.moving


def test_one_move_at_a_time_and_the_newest_follows(rig: Rig) -> None:
    for speed in (0.1, 0.2, 0.3):
        hold(rig, Axes(speed, 0.0))
    assert len(rig.queues.jobs) == 1  # one on its way, however often the hand moves
    original = rig.head.move

    def slow(velocity: Axes, timeout: float) -> None:
        original(velocity, timeout)
        if len(rig.moves()) == 1:  # the hand goes on while the camera takes its time
            for speed in (0.5, 0.7, 0.9):
                hold(rig, Axes(speed, 0.0))
            assert not rig.queues.jobs

    rig.head.move = slow  # type: ignore[method-assign]
    rig.queues.run()
    assert rig.moves() == [Axes(0.3, 0.0), Axes(0.9, 0.0)]


def test_a_failing_move_lets_go_and_says_so(rig: Rig) -> None:
    rig.head.fail_next_move = Unreachable("Depot", "no answer")
    told = hold(rig)
    rig.queues.run()
    assert [result.ok for result in told] == [False]
    assert "no answer" in told[0].sentence
    assert len(rig.done("stop")) == 1
    assert rig.holds.held() == frozenset()


def test_a_later_move_that_fails_lets_go_too(rig: Rig) -> None:
    told = hold(rig)
    rig.queues.run()
    rig.head.fail_next_move = Unreachable("Depot", "gone")
    rig.holds.hold(CAMERA, LEFT, ANNA, told.append)
    rig.queues.run()
    assert "gone" in told[0].sentence
    assert not rig.head.moving


def failing_stops(rig: Rig, times: int) -> None:
    original = rig.head.stop
    left = [times]

    def stop() -> None:
        if left[0]:
            left[0] -= 1
            rig.head.commands.append(("stop", ()))
            raise Unreachable("Depot", "no answer")
        original()

    rig.head.stop = stop  # type: ignore[method-assign]


def test_a_stop_that_is_not_confirmed_is_tried_again(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    failing_stops(rig, 2)
    rig.holds.let_go(CAMERA)
    rig.queues.run()
    assert rig.holds.held() == {CAMERA}
    rig.pass_(1.0)
    assert len(rig.done("stop")) == 3
    assert rig.holds.held() == frozenset()
    assert rig.alarms == []


def test_a_stop_that_stays_unconfirmed_is_an_alarm_until_a_later_one_is_confirmed(rig: Rig) -> None:
    told = hold(rig)
    rig.queues.run()
    failing_stops(rig, 12)
    rig.holds.let_go(CAMERA)
    rig.pass_(STOP_SECONDS + 1)
    assert [device for device, _ in rig.alarms] == [CAMERA]
    assert rig.alarms[0][1].startswith("The camera may still move.")
    assert "alarm" in rig.trail.outcomes("stop not confirmed")[0]
    assert len(told) == 1
    assert rig.holds.held() == frozenset()
    answers: list[Result] = []
    rig.holds.stop(CAMERA, ANNA, answers.append, "stop again")
    rig.pass_(STOP_SECONDS)
    assert rig.alarms[-1] == (CAMERA, "")
    assert answers[-1].ok


def test_a_stop_that_breaks_inside_the_console_is_tried_again(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    original = rig.head.stop

    def broken() -> None:
        rig.head.stop = original  # type: ignore[method-assign]
        raise KeyError("a fault of ours")

    rig.head.stop = broken  # type: ignore[method-assign]
    rig.holds.let_go(CAMERA)
    rig.queues.run()
    rig.pass_(1.2)
    assert not rig.head.moving
    assert rig.holds.held() == frozenset()


def test_a_higher_rank_takes_the_camera_and_the_other_is_told(rig: Rig) -> None:
    told = hold(rig)
    rig.queues.run()
    hold(rig, LEFT, BERT)
    rig.queues.run()
    assert "Bert took the camera" in told[0].sentence
    assert rig.moves()[-1] == LEFT
    assert rig.done("stop") == []  # it obeys the new hand; a stop would only jerk
    assert not rig.holds.hold(CAMERA, RIGHT, ANNA, told.append)
    assert told[-1].held_by is not None
    assert told[-1].held_by.actor == BERT
    rig.queues.run()
    assert rig.moves()[-1] == LEFT


def test_the_late_failure_of_the_hand_before_does_not_stop_the_new_one(rig: Rig) -> None:
    original = rig.head.move

    def fails_while_bert_takes_over(velocity: Axes, timeout: float) -> None:
        rig.head.move = original  # type: ignore[method-assign]
        hold(rig, LEFT, BERT)
        raise Unreachable("Depot", "late")

    rig.head.move = fails_while_bert_takes_over  # type: ignore[method-assign]
    hold(rig)
    rig.queues.run()
    assert rig.moves() == [LEFT]
    assert rig.done("stop") == []
    assert rig.holds.held() == {CAMERA}


def test_equal_ranks_wait_for_the_lease(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    told = hold(rig, LEFT, CARL)
    assert "Anna at desk 1 has it in hand for 15 s more" in told[0].sentence
    rig.queues.run()
    assert rig.moves() == [RIGHT]
    assert any(outcome.startswith("refused") for outcome in rig.trail.outcomes("moves"))


def test_a_viewer_moves_nothing(rig: Rig) -> None:
    told = hold(rig, RIGHT, Actor("Vera", Role.VIEWER))
    assert "not allowed as viewer" in told[0].sentence
    rig.queues.run()
    assert rig.head.commands == []


def test_a_new_hold_while_the_old_one_is_stopping(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    rig.holds.let_go(CAMERA)
    hold(rig, LEFT)
    rig.queues.run()
    assert [name for name, _ in rig.head.commands] == ["move", "stop", "move"]
    assert rig.head.moving
    rig.holds.let_go(CAMERA)
    rig.queues.run()
    assert not rig.head.moving
    assert rig.holds.held() == frozenset()


def test_an_axis_that_is_not_spoken_of_any_more_stands_still(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    hold(rig, CLOSER)
    rig.queues.run()
    assert rig.moves()[-1] == Axes(0.0, 0.0, 0.5)
    hold(rig, CLOSER, BERT)
    rig.queues.run()
    assert rig.moves()[-1] == Axes(0.0, 0.0, 0.5)


def test_a_stop_sweeps_what_waits_and_nothing_sticks(rig: Rig) -> None:
    swept: list[Result] = []
    hold(rig)
    rig.commands.do(GoPreset(CAMERA, "1"), ANNA, swept.append)
    rig.commands.do(Stop(CAMERA), ANNA)
    assert swept[0].sentence == "Depot: overtaken by a stop."
    rig.queues.run()
    assert [name for name, _ in rig.head.commands] == ["stop"]
    rig.pass_(0.2, touch=lambda: hold(rig))  # the hand is still down: its move was swept, not forgotten
    assert rig.head.moving


def test_stop_ends_whatever_moves_it(rig: Rig) -> None:
    preset = rig.keep("Gate")[0]
    rig.commands.do(GoPreset(CAMERA, preset.token), BERT)
    rig.queues.run()
    answers: list[Result] = []
    assert rig.holds.stop(CAMERA, ANNA, answers.append)
    rig.queues.run()
    assert answers[0].ok
    assert len(rig.done("stop")) == 1
    assert not rig.holds.stop(CAMERA, Actor("Vera", Role.VIEWER), answers.append)
    assert "not allowed" in answers[-1].sentence


def test_a_broken_audit_blocks_moves_but_not_stops(rig: Rig) -> None:
    hold(rig)
    rig.queues.run()
    rig.trail.broken = True
    rig.holds.let_go(CAMERA)
    rig.queues.run()
    assert not rig.head.moving
    told = hold(rig)
    rig.queues.run()
    assert "put on record" in told[0].sentence
    assert len(rig.moves()) == 1


def test_a_closed_queue_leaves_no_hold_behind(rig: Rig) -> None:
    hold(rig)
    rig.queues.closed = True
    rig.holds.let_go(CAMERA)
    assert rig.holds.held() == frozenset()


def test_close_stops_all_and_lets_none_begin(rig: Rig) -> None:
    hold(rig)
    rig.holds.hold("urn:uuid:2", RIGHT, ANNA)
    rig.queues.run()
    assert not rig.holds.close(0.0)  # nobody has confirmed yet
    assert not rig.holds.hold(CAMERA, LEFT, ANNA)
    rig.queues.run()
    assert rig.holds.close(0.0)
    assert len(rig.done("stop")) == 2
    assert not rig.head.moving


def test_a_device_that_is_gone_is_one_clear_sentence(rig: Rig) -> None:
    rig.devices.broken = DriverError("Depot", "it is not part of the site any more", "Add it again.")
    told = hold(rig)
    rig.pass_(STOP_SECONDS + 1)
    assert len(told) == 2  # the move, and the stop that nobody confirmed
    assert "not part of the site" in told[0].sentence
    assert len(rig.alarms) == 1
