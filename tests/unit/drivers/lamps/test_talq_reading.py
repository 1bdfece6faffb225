"""TALQ's JSON, well-formed and hostile, into records."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.errors import BadAnswer
from drivers.lamps.talq import writing
from drivers.lamps.talq.log import read_entry
from drivers.lamps.talq.reading import (
    Told,
    faults_of,
    load,
    read_device,
    read_function,
    read_references,
    read_refusals,
    read_told,
)
from drivers.luminaires import LampFault, LampOrder
from drivers.types import GeoPlace
from drivers.words import clean

A = "6f1c2c1e-9a44-4b8e-9a39-1b1c6a0b6f01"


def attribute(value: object, **more: object) -> dict[str, object]:
    return {"type": "Attribute", "value": value, **more}


def state(value: object) -> dict[str, object]:
    return {"name": "LevelState", "value": value}


def test_a_lamp_actuator() -> None:
    told = read_told(
        {
            "actualLightState": attribute(state(40), timestamp="2026-11-26T20:00:00+01:00"),
            "feedbackLightCommand": attribute({"state": state(80), "reason": "override", "cmsRefId": "lease 7"}),
        }
    )
    assert (told.level, told.wanted, told.overridden, told.reference) == (40, 80, True, "lease 7")
    assert told.time == datetime(2026, 11, 26, 19, tzinfo=UTC)
    assert told.flaws == ()


def test_a_lamp_monitor() -> None:
    data = {
        "id": "m",
        "type": "LampMonitorFunction",
        "actuatorReference": attribute("lamp-01"),
        "activePower": attribute(42.5),
        "activeEnergy": attribute(812),
        "lampFailure": attribute(True),
        "supplyLoss": attribute(False),
    }
    function = read_function(data)
    assert function is not None
    assert function.actuator == "lamp-01"
    assert (function.told.power, function.told.energy) == (42.5, 812)
    assert faults_of([function.told]) == (LampFault.LAMP,)


@pytest.mark.parametrize("level", [900, -1, "80", True, [], {}, 1e300, 10**400, float("inf")])
def test_levels_that_cannot_be(level: object) -> None:
    told = read_told({"actualLightState": attribute(state(level)), "activePower": attribute(-5)})
    assert told.level is None
    assert told.flaws == ("actualLightState", "activePower")


def test_other_states_and_odd_times_say_nothing() -> None:
    told = read_told(
        {
            "actualLightState": attribute({"name": "RGBState", "value": 3}, timestamp="00:61:16Z"),
            "activePower": attribute(1, timestamp="2026-11-26T20:00:00"),
            "feedbackLightCommand": attribute("off"),
        }
    )
    assert told == Told(power=1)


def test_what_is_newer_covers_what_is_older() -> None:
    older = Told(level=10, power=5, faults={"lampFailure": True, "supplyLoss": True})
    newer = Told(level=20, faults={"lampFailure": False})
    joined = newer.over(older)
    assert (joined.level, joined.power) == (20, 5)
    assert faults_of([joined]) == (LampFault.POWER,)


def test_a_device() -> None:
    device = read_device(
        {
            "address": A.upper(),
            "name": "\u202elamp\x00 1",
            "class": "Luminaire",
            "functions": [
                {
                    "id": "b",
                    "type": "BasicFunction",
                    "displayName": attribute("North\ngate"),
                    "location": attribute({"latitude": 52.1, "longitude": 4.2, "altitude": 3}),
                },
                {"id": "lamp-01", "type": "LampActuatorFunction"},
                {"id": "a/b", "type": "LampActuatorFunction"},
                {"type": "LampActuatorFunction"},
                7,
            ],
        }
    )
    assert device is not None
    assert device.address == A
    assert device.name == "lamp 1"
    assert [each.id for each in device.functions] == ["b", "lamp-01"]
    assert (device.functions[0].name, device.functions[0].place) == ("North gate", GeoPlace(52.1, 4.2))


@pytest.mark.parametrize("data", [None, 7, [], {}, {"address": 7}, {"address": "lamp"}, {"address": "0" * 10_000}])
def test_what_is_no_device(data: object) -> None:
    assert read_device(data) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"<!DOCTYPE html>", "a web page"),
        (b" \n<html>", "a web page"),
        (b"", "damaged"),
        (b"{", "damaged"),
        (b'{"level": NaN}', "damaged"),
        (b"[-Infinity]", "damaged"),
        (b"\xff\xfe\x00", "damaged"),
        (b"1" * 5000, "damaged"),
        (b"[" * 200_000 + b"]" * 200_000, "too deep"),
        (b"[]," * 1_000_001, "too many parts"),
    ],
)
def test_json_that_is_none(text: bytes, words: str) -> None:
    with pytest.raises(BadAnswer, match=f"Ring road: .*{words}"):
        load("Ring road", text)


def test_refusals() -> None:
    about = [{"address": {"resource": "devices", "address": f"/{A}/lamp-01"}}, {"address": 3}, None]
    read = read_refusals(
        [{"key": "overrideCommandNotValid", "description": "too\x07 bright", "references": about}, 5, {"key": 9}]
    )
    assert [each.words for each in read] == ["too bright (overrideCommandNotValid)", "no reason given"]
    assert read[0].addresses == (f"{A}/lamp-01",)
    assert not read[0].missing
    assert read_refusals([{"key": "resourceNotFound"}])[0].missing
    assert read_refusals({"key": "x"}) == ()


@pytest.mark.parametrize("data", [None, {}, [None, 1, {}, {"resource": 1, "address": "x"}]])
def test_references_that_are_none(data: object) -> None:
    assert read_references(data) == ()


def test_entries_of_a_log() -> None:
    event = {"type": "EventLogData", "srcAddress": f"/devices/{A}/m", "eventType": "lampFailure", "startEndFlag": True}
    begun = read_entry({"data": event})
    assert begun is not None
    assert (begun.address, begun.function, begun.line) == (A, "m", f"{A}/m: lampFailure")
    assert begun.told == Told(faults={"lampFailure": True})
    over = read_entry({"data": {**event, "startEndFlag": False}})
    assert over is not None
    assert over.told == Told(faults={"lampFailure": False})
    assert over.line.endswith("lampFailure is over")
    value = {
        "type": "AttributeLogData",
        "srcAddress": A,
        "attributeName": "activePower",
        "attributeValue": attribute(12.5),
    }
    measured = read_entry({"data": value})
    assert measured is not None
    assert measured.told == Told(power=12.5)
    assert measured.line == f"{A}: activePower 12.5"


@pytest.mark.parametrize("data", [None, {}, {"data": 1}, {"data": {"srcAddress": "x"}}, {"data": {"srcAddress": A}}])
def test_entries_that_are_none(data: object) -> None:
    assert read_entry(data) is None


json_like: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(json_like, json_like, json_like)
def test_no_json_breaks_the_readers(one: Any, two: Any, three: Any) -> None:
    functions = [{"id": "f", "type": "LampActuatorFunction", "actualLightState": one, "lampFailure": two}, three]
    read_device({"address": A, "name": one, "functions": functions})
    read_device({"address": one, "functions": two})
    read_refusals([one, {"key": two, "references": three}])
    read_entry({"data": {"type": one, "srcAddress": A, "eventType": two, "attributeName": three}})


@given(st.text())
def test_clean_text_is_one_short_line(text: str) -> None:
    line = clean(text)
    assert len(line) <= 80
    assert line.isprintable()
    assert line == clean(line)


def test_an_override_always_ends() -> None:
    end = datetime(2026, 11, 26, 21, 30, tzinfo=UTC) + timedelta(milliseconds=1)
    order = LampOrder((f"{A}/lamp-01",), 79.6, end, ramp=2.5, reference="lease\n7")
    body = json.loads(writing.override([("devices", f"{A}/lamp-01")], order))
    assert body == {
        "addresses": [{"resource": "devices", "address": f"{A}/lamp-01"}],
        "targetCommand": {
            "state": {"name": "LevelState", "value": 80},
            "rampToLevelTime": 2.5,
            "reason": "override",
            "cmsRefId": "lease 7",
            "expiration": "2026-11-26T21:30:00.001Z",
        },
    }
    assert json.loads(writing.release([("groups", "north")])) == {
        "addresses": [{"resource": "groups", "address": "north"}]
    }
