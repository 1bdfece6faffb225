"""Lamps that fail and are mended: told once each, also when they were mended while nobody looked."""

from __future__ import annotations

from datetime import UTC, datetime

from console.model.lamp_watch import LampChange, LampWatch
from drivers.luminaires import LampFault, LampState, Luminaire
from drivers.types import GeoPlace

NOW = datetime(2026, 11, 26, 22, 0, tzinfo=UTC)
PLACE = GeoPlace(38.9, -77.0)
LAMPS = {"a": Luminaire("a", "Elm 1", PLACE), "b": Luminaire("b", "Elm 2"), "c": Luminaire("c", "Elm 2")}


def state(lamp: str, *faults: LampFault) -> dict[str, LampState]:
    return {lamp: LampState(lamp, NOW, faults=faults)}


def test_a_fault_is_told_once_and_so_is_its_end() -> None:
    watch = LampWatch()
    assert watch.look("Ring", LAMPS, state("a"), ["a"]) == []
    broken = state("a", LampFault.POWER, LampFault.LAMP)
    assert watch.look("Ring", LAMPS, broken, ["a"]) == [LampChange("Ring", "Elm 1", "lamp failed, no power", PLACE)]
    assert watch.look("Ring", LAMPS, broken, ["a"]) == []
    assert watch.look("Ring", LAMPS, state("a", LampFault.LAMP), ["a"])[0].fault == "lamp failed"
    assert watch.look("Ring", LAMPS, state("a"), ["a"]) == [LampChange("Ring", "Elm 1", "", PLACE)]


def test_lamps_of_one_name_are_told_apart() -> None:
    found = LampWatch().look("Ring", LAMPS, state("b", LampFault.LAMP) | state("c", LampFault.LAMP), ["b", "c"])
    assert [change.lamp for change in found] == ["Elm 2 (b)", "Elm 2 (c)"]


def test_what_was_mended_while_the_console_was_off_is_told() -> None:
    watch = LampWatch(lambda system: ["Elm 1"] if system == "Ring" else [])
    assert watch.look("Ring", LAMPS, state("a"), ["a"]) == [LampChange("Ring", "Elm 1", "", PLACE)]
    assert watch.look("Quay", LAMPS, state("a"), ["a"]) == []


def test_what_is_no_lamp_of_the_system_is_left_out() -> None:
    assert LampWatch().look("Ring", LAMPS, state("x", LampFault.LAMP), ["x", "y"]) == []
