"""What every lamp system must do, held against the city's lamps behind the real protocol."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator

import pytest
from lamp_rig import LampRig
from mqtt_lamp_rig import RIGS as MQTT_RIGS
from snmp_lamp_rig import snmp_rig
from talq_rig import TalqRig, slow_rig

from drivers.errors import DriverError
from drivers.luminaires import LampFault, Outcome

RIGS: dict[str, Callable[..., LampRig]] = {
    "TALQ": TalqRig,
    "TALQ, confirmed later": slow_rig(confirm=20.0),
    **MQTT_RIGS,
    "SNMP v2c": snmp_rig("v2c"),
    "SNMP v3": snmp_rig("v3"),
}
HOSTILE = ("\u202eevil\u202c\x07", "a\nb\r\n<b>", "\x00\x01", "x" * 5000)

Open = Callable[..., LampRig]


@pytest.fixture(params=RIGS)
def open_rig(request: pytest.FixtureRequest) -> Iterator[Open]:
    opened: list[LampRig] = []

    def make(**settings: object) -> LampRig:
        made = RIGS[request.param](**settings)
        opened.append(made)
        made.open()
        return made

    yield make
    for each in opened:
        each.close()


@pytest.fixture
def rig(open_rig: Open) -> LampRig:
    return open_rig()


def test_lamps_are_discovered(rig: LampRig) -> None:
    assert {lamp.id for lamp in rig.known} == set(rig.ids)
    assert all(lamp.name for lamp in rig.known)
    rig.settle()


def test_an_order_is_seen_and_told_back(rig: LampRig) -> None:
    assert rig.order(100, rig.ids[:2]).good
    rig.settle()
    assert rig.levels() == [100, 100, 60, 60]


def test_the_newest_order_holds(rig: LampRig) -> None:
    assert rig.order(100).good
    assert rig.order(20, rig.ids[:1]).good
    rig.settle()
    assert rig.levels() == [20, 100, 100, 100]


def test_the_lamps_themselves_end_an_order(rig: LampRig) -> None:
    if not rig.system.features.expires:
        pytest.skip("these lamps do not end orders by themselves")
    assert rig.order(100, seconds=30).good
    rig.settle()
    rig.advance(29)
    assert rig.levels() == [100] * 4
    rig.advance(3)
    assert rig.levels() == [60] * 4
    rig.settle()


def test_they_end_it_with_the_system_gone(rig: LampRig) -> None:
    if not rig.system.features.expires:
        pytest.skip("these lamps do not end orders by themselves")
    assert rig.order(100, seconds=30).good
    rig.settle()
    rig.system.stop()
    assert rig.levels() == [100] * 4
    rig.advance(60)
    assert rig.levels() == [60] * 4


def test_an_order_is_released_early(rig: LampRig) -> None:
    assert rig.order(100).good
    rig.settle()
    assert rig.release(rig.ids[:3]).good
    rig.settle()
    assert rig.levels() == [60, 60, 60, 100]


def test_a_ramp(rig: LampRig) -> None:
    if not rig.system.features.ramps:
        pytest.skip("these lamps know no ramps")
    assert rig.order(100, ramp=10).good
    rig.until(lambda: all(rig.bank.state(lamp).overridden for lamp in rig.bank.ids))
    assert rig.levels() == [60] * 4
    rig.advance(5)
    assert rig.levels() == [80] * 4
    rig.advance(5)
    rig.settle()
    assert rig.levels() == [100] * 4


def test_a_lamp_that_is_not_there(rig: LampRig) -> None:
    answers = rig.order(100, ("nobody", rig.ids[0]))
    assert answers["nobody"].outcome is Outcome.UNKNOWN
    assert answers[rig.ids[0]].good
    assert rig.release(("nobody",))["nobody"].outcome is Outcome.UNKNOWN


def test_one_lamp_does_not_answer(rig: LampRig) -> None:
    silent = rig.ids[1]
    rig.bank.set_fault("L0002", LampFault.COMMUNICATION)
    answers = rig.order(100)
    assert all(answers[lamp].good for lamp in rig.ids if lamp != silent)
    rig.until(lambda: rig.late.get(silent, answers[silent]).outcome is Outcome.UNREACHABLE)
    assert rig.levels() == [100, 60, 100, 100]


def test_one_lamp_is_refused(rig: LampRig) -> None:
    if "refuses" not in rig.does:
        pytest.skip("nothing in this protocol says so")
    rig.faults.fail_next("refuses", value="1")
    answers = rig.order(100)
    assert [answers[lamp].outcome for lamp in rig.ids].count(Outcome.REFUSED) == 1
    assert answers[rig.ids[0]].detail
    rig.settle()
    assert rig.levels() == [60, 100, 100, 100]


def test_all_lamps_are_refused(rig: LampRig) -> None:
    if "refuses" not in rig.does:
        pytest.skip("nothing in this protocol says so")
    rig.faults.fail_next("refuses", value="all")
    assert {answer.outcome for answer in rig.order(100).values()} == {Outcome.REFUSED}
    assert rig.levels() == [60] * 4


def test_a_broken_lamp_is_told_of(rig: LampRig) -> None:
    if not rig.tells_faults:
        pytest.skip("no word of this protocol says that a lamp is broken")
    rig.bank.set_fault("L0003", LampFault.LAMP)
    rig.settle()
    assert rig.states[rig.ids[2]].faults == (LampFault.LAMP,)
    rig.bank.set_fault("L0003", None)
    rig.settle()
    assert rig.states[rig.ids[2]].faults == ()


def test_what_is_late_is_seen_when_it_comes(rig: LampRig) -> None:
    if "late" not in rig.does:
        pytest.skip("this protocol has no late answers")
    rig.faults.fail_next("late", value="0.05")
    assert rig.order(100).good
    rig.until(lambda: rig.levels() == [100] * 4)
    rig.settle()


def test_the_lamp_system_dies_half_way(rig: LampRig) -> None:
    if "dies" not in rig.does:
        pytest.skip("nothing stands between these lamps and us")
    rig.faults.fail_next("dies")
    answers = rig.order(100)
    assert answers[rig.ids[-1]].outcome is Outcome.UNREACHABLE
    assert rig.levels() == [100, 100, 60, 60]
    with pytest.raises(DriverError, match=rig.system.name):
        rig.system.refresh()
    rig.until(lambda: rig.system.name in rig.trouble)
    rig.faults.clear("down")
    rig.system.refresh()
    rig.until(lambda: rig.trouble == "")
    rig.settle()


def test_a_thousand_lamps_with_one_order(open_rig: Open) -> None:
    rig = open_rig(count=1000)
    assert rig.order(100).good
    rig.settle()
    assert rig.levels() == [100] * 1000


def test_hostile_names(open_rig: Open) -> None:
    rig = open_rig(names=HOSTILE)
    for lamp in rig.known:
        assert 0 < len(lamp.name) <= 200
        assert not any(unicodedata.category(char) in ("Cc", "Cf", "Zl", "Zp") for char in lamp.name)
    assert len({lamp.id for lamp in rig.known}) == 4


def test_an_end_that_is_past_is_refused(rig: LampRig) -> None:
    assert not any(answer.good for answer in rig.order(100, seconds=-5).values())
    assert rig.levels() == [60] * 4
