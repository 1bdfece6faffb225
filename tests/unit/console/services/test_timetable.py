"""Put-off commands are done once, at their time, by the rights of who put them off."""

from __future__ import annotations

from datetime import timedelta

import pytest
from door_rig import ANNA, CAMERA, Rig

from console.model.commands import Move, Reboot, SetClock
from console.model.permissions import Actor, Role
from console.model.timed import TOO_LATE
from drivers.errors import Unreachable
from drivers.ptz import Axes

TESS = Actor("Tess", Role.TECHNICIAN, "desk 4")


@pytest.fixture
def rig() -> Rig:
    return Rig()


def test_at_its_time_and_once(rig: Rig) -> None:
    rig.timetable.put_off(SetClock(CAMERA), rig.time.utc() + timedelta(seconds=20), TESS)
    rig.timetable.put_off(Reboot(CAMERA), rig.time.utc() + timedelta(seconds=10), TESS)
    assert [type(each.command) for each in rig.timetable.waiting] == [Reboot, SetClock]
    rig.pass_(9)
    assert rig.devices.carer.commands == []
    rig.pass_(30)
    assert rig.devices.carer.commands == ["reboot", "set clock"]
    assert rig.timetable.waiting == ()
    assert rig.told == []


def test_cancelled_it_is_not_done(rig: Rig) -> None:
    timed = rig.timetable.put_off(Reboot(CAMERA), rig.time.utc() + timedelta(seconds=1), TESS)
    rig.timetable.cancel(timed.id)
    rig.pass_(3)
    assert rig.devices.carer.commands == []


def test_what_cannot_wait_is_refused(rig: Rig) -> None:
    later = rig.time.utc() + timedelta(seconds=5)
    with pytest.raises(ValueError, match="cannot be put off"):
        rig.timetable.put_off(Move(CAMERA, Axes(0.1)), later, TESS)
    with pytest.raises(ValueError, match="Not allowed as operator"):
        rig.timetable.put_off(Reboot(CAMERA), later, ANNA)
    with pytest.raises(ValueError, match="past"):
        rig.timetable.put_off(Reboot(CAMERA), rig.time.utc(), TESS)


def test_too_late_is_said_by_name_and_not_done(rig: Rig) -> None:
    rig.timetable.put_off(Reboot(CAMERA), rig.time.utc() + timedelta(seconds=1), TESS)
    rig.time.now += TOO_LATE.total_seconds() + 2
    rig.timetable.tick(rig.time.now)
    rig.queues.run()
    assert rig.devices.carer.commands == []
    assert rig.told[0].startswith("Depot: restarts the device was due at")


def test_a_failure_is_told(rig: Rig) -> None:
    rig.timetable.put_off(Reboot(CAMERA), rig.time.utc() + timedelta(seconds=1), TESS)
    rig.devices.care = lambda: (_ for _ in ()).throw(Unreachable("Depot", "no answer"))  # type: ignore[method-assign]
    rig.pass_(2)
    assert rig.told[0].startswith("At its time: ")


def test_it_looks_again_often_because_clocks_are_set(rig: Rig) -> None:
    rig.timetable.put_off(Reboot(CAMERA), rig.time.utc() + timedelta(days=2), TESS)
    again = rig.timetable.tick(rig.time.now)
    assert again is not None
    assert again - rig.time.now <= 30
