"""The door out: rights, leases, the audit before the deed, and every command answered once."""

from __future__ import annotations

import pytest
from door_rig import ANNA, BERT, CAMERA, CARL, Rig

from console.model.commands import (
    Command,
    Focus,
    GoPreset,
    RemovePreset,
    SetPreset,
    Stop,
    StopFocus,
    SwitchOutput,
)
from console.model.permissions import Actor, Policy, Right, Role
from console.services.commands import Result
from drivers.errors import DriverError, Unreachable


@pytest.fixture
def rig() -> Rig:
    return Rig()


def do(rig: Rig, command: Command, actor: Actor = ANNA) -> Result:
    """Do it, and see that it is answered once."""
    told: list[Result] = []
    rig.commands.do(command, actor, told.append)
    rig.queues.run()
    assert len(told) == 1
    return told[0]


def test_what_was_done_stands_in_the_audit_before_and_after(rig: Rig) -> None:
    token = rig.keep("Gate")[0].token
    seen: list[int] = []
    original = rig.head.go_preset

    def looks(token: str, speed: float | None = None) -> None:
        seen.append(len(rig.trail.entries))
        original(token, speed)

    rig.head.go_preset = looks  # type: ignore[method-assign]
    assert do(rig, GoPreset(CAMERA, token, "Gate")).ok
    assert seen == [1]
    assert rig.trail.outcomes("turns to a preset") == ["asked", "done"]


def test_the_device_gives_what_there_is_to_give(rig: Rig) -> None:
    assert do(rig, SetPreset(CAMERA, "Gate"), BERT).value == "1"


def test_rights_come_from_the_policy(rig: Rig) -> None:
    refused = do(rig, SetPreset(CAMERA, "Gate"))
    assert refused.sentence.startswith("Depot: not allowed as operator.")
    assert rig.trail.entries[0][3].startswith("refused: ")
    assert rig.done("set_preset") == []
    assert not rig.commands.may(ANNA, SetPreset)
    rig.policy = Policy({Role.OPERATOR: frozenset(Right)})
    assert do(rig, SetPreset(CAMERA, "Gate")).ok


def test_a_lease_keeps_equals_out_and_ends_by_itself(rig: Rig) -> None:
    token = rig.keep("Gate")[0].token
    assert do(rig, GoPreset(CAMERA, token)).ok
    refused = do(rig, GoPreset(CAMERA, token), CARL)
    assert refused.held_by is not None
    assert "Anna at desk 1 has it in hand for 15 s more" in refused.sentence
    lease, left = rig.commands.leases()[CAMERA]
    assert (lease.actor, left) == (ANNA, 15.0)
    rig.time.now += 15
    assert rig.commands.leases() == {}
    assert do(rig, GoPreset(CAMERA, token), CARL).ok
    assert do(rig, GoPreset(CAMERA, token), BERT).ok  # a supervisor does not wait


def test_a_lease_is_given_back_by_its_holder_alone(rig: Rig) -> None:
    do(rig, GoPreset(CAMERA, rig.keep("Gate")[0].token))
    changes = rig.lease_changes
    rig.commands.give_back(CAMERA, BERT)
    assert rig.commands.holder(CAMERA) is not None
    rig.commands.give_back(CAMERA, ANNA)
    assert rig.commands.holder(CAMERA) is None
    assert rig.lease_changes == changes + 1


def test_relays_need_no_lease(rig: Rig) -> None:
    do(rig, GoPreset(CAMERA, rig.keep("Gate")[0].token), BERT)
    assert do(rig, SwitchOutput(CAMERA, "R1", True)).ok
    assert rig.devices.relays.commands == [("set", "R1", True)]


def test_a_failure_is_told_and_stands_in_the_audit(rig: Rig) -> None:
    rig.head.fail_next_go_preset = Unreachable("Depot", "no answer")
    result = do(rig, GoPreset(CAMERA, "1"))
    assert not result.ok
    assert "no answer" in result.sentence
    assert rig.trail.outcomes("turns to a preset")[1].startswith("failed: ")


def test_without_an_audit_only_stops_are_sent(rig: Rig) -> None:
    rig.trail.broken = True
    token = rig.keep("Gate")[0].token
    blocked = do(rig, RemovePreset(CAMERA, token), BERT)
    assert "cannot be put on record" in blocked.sentence
    assert rig.done("remove_preset") == []
    assert do(rig, Stop(CAMERA)).ok
    assert len(rig.done("stop")) == 1


def test_a_stop_overtakes_and_each_is_told(rig: Rig) -> None:
    rig.keep("Gate")
    told: list[str] = []
    for _ in range(3):
        rig.commands.do(GoPreset(CAMERA, "1"), ANNA, lambda result: told.append(result.sentence))
    answers: list[object] = []
    rig.commands.ask(CAMERA, lambda device: device.ptz().presets(), lambda *answer: answers.append(answer))
    assert do(rig, Stop(CAMERA)).ok
    assert told == ["Depot: overtaken by a stop."] * 3
    assert isinstance(answers[0][1], DriverError)  # type: ignore[index]
    assert rig.done("go_preset") == []
    assert rig.trail.outcomes("turns to a preset") == ["dropped by a Stop"] * 3


def test_questions_need_no_right_and_give_the_error(rig: Rig) -> None:
    answers: list[tuple[object, DriverError | None]] = []
    rig.commands.ask(CAMERA, lambda device: device.ptz().presets(), lambda *answer: answers.append(answer))
    rig.head.fail_next_presets = Unreachable("Depot", "no answer")
    rig.queues.run()
    assert isinstance(answers[0][1], Unreachable)
    assert rig.trail.entries == []


def test_a_console_that_ends_says_so(rig: Rig) -> None:
    rig.queues.closed = True
    told: list[Result] = []
    assert not rig.commands.do(Stop(CAMERA), ANNA, told.append)
    assert told[0].sentence == "The console ends; nothing more is sent."
    assert not rig.commands.ask(CAMERA, lambda device: 1, lambda *answer: None)


def test_a_fault_of_our_own_is_answered_and_logged(rig: Rig, caplog: pytest.LogCaptureFixture) -> None:
    token = rig.keep("Gate")[0].token

    def breaks(token: str, speed: float | None = None) -> None:
        raise ZeroDivisionError

    rig.head.go_preset = breaks  # type: ignore[method-assign]
    result = do(rig, GoPreset(CAMERA, token))
    assert not result.ok
    assert result.sentence.startswith("Depot: a fault of the console itself")
    assert "failed inside the console" in caplog.text


def test_a_focus_that_was_begun_is_always_stopped_and_never_before_it_began(rig: Rig) -> None:
    told: list[Result] = []
    rig.commands.do(Focus(CAMERA, -0.5), ANNA, told.append)
    rig.commands.do(StopFocus(CAMERA), ANNA, told.append)
    rig.queues.run()
    assert rig.devices.lens.commands == [("focus", -0.5), ("focus", 0.0)]
    rig.commands.do(Focus(CAMERA, -0.5), ANNA, told.append)
    rig.queues.turn()
    rig.commands.do(StopFocus(CAMERA), ANNA, told.append)
    rig.commands.do(Stop(CAMERA), ANNA, told.append)
    rig.trail.broken = True
    rig.queues.run()
    assert rig.devices.lens.commands[-1] == ("focus", 0.0), "a Stop of the head sweeps it away, yet it is done"
