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


def test_what_is_known_later_counts_for_lamps_that_spoke_before() -> None:
    known: list[list[str] | None] = [None]
    asked: list[str] = []

    def before(system: str) -> list[str] | None:
        asked.append(system)
        return known[0]

    watch = LampWatch(before)
    lamps = {name: Luminaire(name, f"Elm {name}") for name in "abc"}
    states = state("a") | state("b", LampFault.LAMP) | state("c")
    assert [change.lamp for change in watch.look("Ring", lamps, states, "ab")] == ["Elm b"]
    known[0] = ["Elm a", "Elm b", "Elm gone"]
    assert watch.look("Ring", lamps, states, "c") == [LampChange("Ring", "Elm a", "", None)]
    assert watch.look("Ring", lamps, states, "abc") == [], "told once, and a fault that was told is not told again"
    assert watch.look("Ring", lamps, states | state("b"), "b") == [LampChange("Ring", "Elm b", "", None)]
    assert asked == ["Ring", "Ring"]


def test_a_fault_that_was_known_and_is_still_there_is_told_once() -> None:
    watch = LampWatch(lambda system: ["Elm 1"])
    broken = state("a", LampFault.LAMP)
    assert [change.fault for change in watch.look("Ring", LAMPS, broken, "a")] == ["lamp failed"]
    assert watch.look("Ring", LAMPS, broken, "a") == []
    assert [change.fault for change in watch.look("Ring", LAMPS, state("a"), "a")] == [""]
