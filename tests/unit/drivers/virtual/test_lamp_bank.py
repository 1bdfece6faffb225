"""The bank of lamps: orders end by themselves, ramps move, faults show."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from drivers.luminaires import LampFault
from drivers.virtual.lamps.bank import PROGRAMME, LampBank, LampFaults
from drivers.virtual.state import Lamps


class Bench:
    """A bank, a clock that stands, and what listeners heard."""

    def __init__(self) -> None:
        self.time = 100.0
        self.lamps = Lamps({"a": 1.0, "b": 2.0, "relay": 3.0})
        self.bank = LampBank(self.lamps, ("a", "b"), lambda: self.time)
        self.heard: list[Sequence[str]] = []
        self.unlisten = self.bank.listen(self.heard.append)

    def advance(self, seconds: float) -> None:
        self.time += seconds
        self.bank.tick()

    def shown(self, lamp: str) -> float:
        return self.lamps.snapshot()[1][lamp]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_it_begins_with_the_programme(bench: Bench) -> None:
    assert bench.lamps.snapshot()[1] == {"a": PROGRAMME, "b": PROGRAMME, "relay": 3.0}
    assert not bench.bank.state("a").overridden


def test_an_order_ends_by_itself(bench: Bench) -> None:
    assert bench.bank.order("a", 100, 30)
    assert bench.shown("a") == 100
    bench.advance(29.9)
    assert bench.shown("a") == 100
    bench.advance(0.2)
    assert bench.shown("a") == PROGRAMME
    assert not bench.bank.state("a").overridden
    assert [tuple(each) for each in bench.heard] == [("a",), ("a",)]


def test_without_an_end_it_stays(bench: Bench) -> None:
    bench.bank.order("a", 0, math.inf)
    bench.advance(1e9)
    assert bench.shown("a") == 0
    bench.bank.release("a")
    assert bench.shown("a") == PROGRAMME


def test_of_several_owners_the_newest_holds(bench: Bench) -> None:
    bench.bank.order("a", 100, 60, owner="x")
    bench.bank.order("a", 20, 30, owner="y")
    assert bench.shown("a") == 20
    bench.bank.release("a", owner="z")
    assert bench.shown("a") == 20
    bench.advance(31)
    assert bench.shown("a") == 100
    bench.bank.order("a", 40, 60, owner="x")
    bench.bank.release("a", owner="x")
    assert bench.shown("a") == PROGRAMME


def test_a_ramp(bench: Bench) -> None:
    bench.bank.order("a", 100, 60, ramp=10)
    assert bench.shown("a") == PROGRAMME
    bench.advance(2.5)
    assert bench.shown("a") == 70
    bench.bank.order("a", 0, 60, ramp=7)
    bench.advance(3.5)
    assert bench.shown("a") == 35
    bench.advance(100)
    assert bench.shown("a") == PROGRAMME


def test_power_and_energy(bench: Bench) -> None:
    bench.bank.order("a", 100, 7200)
    before = bench.bank.state("a").energy
    bench.advance(3600)
    state = bench.bank.state("a")
    assert state.power == 70
    assert state.energy - before == pytest.approx(0.070)


@pytest.mark.parametrize(
    ("fault", "level", "power", "reached"),
    [
        (LampFault.LAMP, 0, 1.5, True),
        (LampFault.POWER, 0, 0, False),
        (LampFault.COMMUNICATION, PROGRAMME, 42.6, False),
    ],
)
def test_faults(bench: Bench, fault: LampFault, level: float, power: float, reached: bool) -> None:
    bench.bank.set_fault("a", fault)
    state = bench.bank.state("a")
    assert (bench.shown("a"), state.level, state.power, state.faults) == (level, level, power, (fault,))
    assert bench.bank.order("a", 100, 60) is reached
    assert bench.bank.release("a") is reached
    bench.bank.set_fault("a", None)
    assert bench.shown("a") == PROGRAMME


def test_one_that_loses_its_answers_still_ends_its_order(bench: Bench) -> None:
    bench.bank.order("a", 100, 30)
    bench.bank.set_fault("a", LampFault.COMMUNICATION)
    assert bench.shown("a") == 100
    bench.advance(31)
    assert bench.shown("a") == PROGRAMME


def test_wrong_calls(bench: Bench) -> None:
    with pytest.raises(KeyError):
        bench.bank.order("relay", 100, 60)
    with pytest.raises(ValueError):
        bench.bank.order("a", math.nan, 60)
    bench.bank.order("a", 900, 60)
    assert bench.shown("a") == 100


def test_who_stops_listening_hears_nothing(bench: Bench) -> None:
    bench.unlisten()
    bench.unlisten()
    bench.bank.order("a", 100, 60)
    assert bench.heard == []


def test_faults_of_a_lamp_system() -> None:
    faults = LampFaults()
    faults.fail_next("refuses", 2, "all")
    assert [faults.take("refuses") for _ in range(3)] == ["all", "all", None]
    with pytest.raises(KeyError):
        faults.set("reboot")
