"""Patrols go on by themselves, make way for people, and give up on a camera that does not obey."""

from __future__ import annotations

from dataclasses import replace

from door_rig import ANNA, CAMERA, Rig

from console.model.commands import GoPreset, Move
from console.model.patrol import MOST_FAILURES, Patrol, PatrolStep
from drivers.errors import Unreachable
from drivers.ptz import Axes


def on_patrol() -> Rig:
    rig = Rig()
    one, two = (preset.token for preset in rig.keep("Gate", "Yard"))
    rig.patrols.set([Patrol(CAMERA, "Night", (PatrolStep(one, 10.0), PatrolStep(two, 5.0, 0.5)))])
    return rig


def shown(rig: Rig) -> list[object]:
    return [args[0] for _, args in rig.done("go_preset")]


def test_it_goes_round_with_dwell_and_speed() -> None:
    rig = on_patrol()
    rig.pass_(31)
    assert shown(rig) == ["1", "2", "1", "2", "1"]
    assert rig.done("go_preset")[1][1] == ("2", 0.5)
    assert rig.trail.entries[0][0] == "patrol"


def test_a_person_interrupts_it_and_it_goes_on_when_the_lease_is_over() -> None:
    rig = on_patrol()
    rig.pass_(1)
    rig.commands.do(GoPreset(CAMERA, "2"), ANNA)
    rig.pass_(14)
    assert shown(rig) == ["1", "2"]
    assert rig.patrols.states()[CAMERA][1].waiting == "Anna has it in hand"
    rig.pass_(4)
    assert shown(rig) == ["1", "2", "2"]  # its next step
    assert rig.patrols.states()[CAMERA][1].waiting == ""
    assert rig.patrols.states()[CAMERA][1].failures == 0


def test_it_makes_way_at_once_for_who_gives_the_camera_back() -> None:
    rig = on_patrol()
    rig.pass_(1)
    assert rig.commands.permit(Move(CAMERA, Axes(0.1)), ANNA) is None
    rig.pass_(10)
    rig.commands.give_back(CAMERA, ANNA)
    rig.pass_(2)
    assert shown(rig) == ["1", "2"]


def test_it_gives_up_after_failures_and_begins_anew_when_asked() -> None:
    rig = on_patrol()
    rig.devices.broken = Unreachable("Depot", "no answer")
    rig.pass_(400, 0.5)
    state = rig.patrols.states()[CAMERA][1]
    assert state.stopped
    assert "no answer" in state.waiting
    assert len(rig.trail.outcomes("turns to a preset")) == 2 * MOST_FAILURES
    rig.devices.broken = None
    rig.patrols.restart(CAMERA)
    rig.pass_(1)
    assert shown(rig) == ["1"]


def test_paused_or_off_it_does_nothing() -> None:
    rig = on_patrol()
    rig.patrols.pause(True)
    rig.pass_(20)
    assert shown(rig) == []
    assert rig.patrols.paused
    rig.patrols.pause(False)
    patrol, _ = rig.patrols.states()[CAMERA]
    rig.patrols.set([replace(patrol, on=False)])
    rig.pass_(20)
    assert shown(rig) == []
