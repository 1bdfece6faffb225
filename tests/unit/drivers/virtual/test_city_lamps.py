"""The city's three lamp systems: whose each lamp is, what they tell, and the control API's half of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from drivers.lamp_leaves import Leaf, LeafKind
from drivers.luminaires import LampFault
from drivers.virtual.control_lamps import WrongLampRequestError, serve
from drivers.virtual.lamps.snmp_agent import CITY_LEAVES
from drivers.virtual.lamps.systems import CityLamps, all_lamps, lamp_names, leaf_settings
from drivers.virtual.plan import make_plan
from drivers.virtual.state import Lamps

PLAN = make_plan(7, 4)


def made(wanted: int = 0) -> tuple[CityLamps, Lamps]:
    lamps = all_lamps(PLAN, wanted)
    levels = Lamps({lamp.id: 60.0 for lamp in lamps})
    return CityLamps(PLAN, levels, lamps, lambda: 0.0), levels


def running(scenario: Callable[[CityLamps], Awaitable[None]]) -> None:
    async def run() -> None:
        city, _ = made()
        try:
            await city.start("127.0.0.1")
            await scenario(city)
        finally:
            await city.stop()

    asyncio.run(run())


def test_every_lamp_belongs_to_one_system() -> None:
    city, levels = made(1000)
    ids = [id for served in city.systems.values() for id in served.bank.ids]
    assert len(ids) == len(set(ids)) == 1000
    assert set(ids) == set(levels.snapshot()[1])
    sizes = [len(served.bank.ids) for served in city.systems.values()]
    assert max(sizes) - min(sizes) <= 2
    assert city.system_of(ids[0]) == "talq"


def test_the_lamps_of_the_pictures_come_first_and_stay_where_they_are() -> None:
    lamps = all_lamps(PLAN, 1000)
    assert lamps[: len(PLAN.lamps)] == PLAN.lamps
    east = max(lamp.x for lamp in PLAN.lamps)
    assert all(lamp.x > east + 100 for lamp in lamps[len(PLAN.lamps) :])
    assert len({(lamp.x, lamp.y) for lamp in lamps}) == len(lamps)
    assert all_lamps(PLAN, 3) == PLAN.lamps


def test_lamps_are_called_by_their_streets() -> None:
    names = lamp_names(PLAN, all_lamps(PLAN, 200))
    assert len(set(names.values())) == 200
    assert {name.rpartition(" ")[0] for name in names.values()} == {s.name for s in PLAN.streets} | {"East road"}


def test_an_order_at_any_system_is_seen_in_the_pictures() -> None:
    city, levels = made()
    for served in city.systems.values():
        served.bank.order(served.bank.ids[0], 100.0, 60.0)
        assert levels.snapshot()[1][served.bank.ids[0]] == 100.0


def test_what_is_told_is_what_a_site_file_takes() -> None:
    async def scenario(city: CityLamps) -> None:
        told = {system["kind"]: system for system in city.describe()}
        assert set(told) == {"talq", "mqtt", "snmp"}
        assert told["talq"]["settings"]["url"] == told["talq"]["address"]
        assert told["mqtt"]["settings"]["port"] > 0
        assert told["snmp"]["settings"]["leaves"]["level"] == {"oid": "3.2.1.3", "high": 100}

    running(scenario)


def test_leaves_lose_nothing_on_their_way() -> None:
    told = leaf_settings()
    for name, leaf in CITY_LEAVES.leaves().items():
        entry: dict[str, Any] = dict(told[name])
        kind = LeafKind(entry.pop("kind", "integer"))
        assert Leaf(entry.pop("oid"), kind, **entry) == leaf


def test_a_taken_port_is_no_trouble() -> None:
    async def run() -> None:
        one, two = made()[0], made()[0]
        try:
            await one.start("127.0.0.1")
            port = int(one.describe()[0]["address"].rpartition(":")[2])
            await two.start("127.0.0.1", port)
            assert two.describe()[0]["address"] != one.describe()[0]["address"]
        finally:
            await one.stop()
            await two.stop()

    asyncio.run(run())


def test_control_tells_and_breaks_lamps() -> None:
    city, _ = made()
    first = city.systems["snmp"].bank.ids[0]
    assert serve(city, "POST", ["lamps", first, "fault"], {"fault": "power"}) == {first: ["power"]}
    state = serve(city, "GET", ["lamps", "state"], {})[first]
    assert (state["system"], state["faults"], state["level"], state["came"]) == ("snmp", ["power"], 0.0, 0)
    assert city.state(first).faults == (LampFault.POWER,)
    serve(city, "POST", ["lamps", first, "fault"], {"fault": None})
    city.systems["snmp"].bank.order(first, 80.0, 60.0)
    state = serve(city, "GET", ["lamps", "state"], {})[first]
    assert state["level"] == 80.0
    assert state["came"] > 0


def test_control_makes_systems_fail() -> None:
    city, _ = made()
    serve(city, "POST", ["lamp_systems", "talq", "faults"], {"name": "late", "value": "0.5", "times": 2})
    told = {each["kind"]: each["faults"] for each in serve(city, "GET", ["lamp_systems"], {})}
    assert told == {"talq": {"late": "0.5"}, "mqtt": {}, "snmp": {}}
    serve(city, "POST", ["lamp_systems", "all", "faults"], {"name": "refuses", "value": "all"})
    assert all("refuses" in served.faults.active() for served in city.systems.values())
    serve(city, "DELETE", ["lamp_systems", "talq", "faults", "late"], {})
    serve(city, "DELETE", ["lamp_systems", "all", "faults"], {})
    assert not any(served.faults.active() for served in city.systems.values())


@pytest.mark.parametrize(
    ("parts", "body", "words"),
    [
        (["lamps", "L0001", "fault"], {"fault": "tired"}, "a fault is one of"),
        (["lamps", "L9999", "fault"], {"fault": "lamp"}, "no lamp 'L9999'"),
        (["lamp_systems", "dali", "faults"], {"name": "late"}, "no lamp system 'dali'"),
        (["lamp_systems", "talq", "faults"], {"name": "tired"}, "no fault 'tired'"),
        (["lamp_systems", "talq", "faults"], {"name": "late", "value": "soon"}, "no value for late"),
        (["lamp_systems", "talq", "faults"], {"name": "late", "value": "nan"}, "no value for late"),
        (["lamp_systems", "talq", "faults"], {"name": "late", "times": 0}, "times is a whole number"),
    ],
)
def test_control_refuses_what_cannot_be(parts: list[str], body: dict[str, Any], words: str) -> None:
    with pytest.raises(WrongLampRequestError) as raised:
        serve(made()[0], "POST", parts, body)
    assert words in str(raised.value)


def test_other_requests_are_somebody_elses() -> None:
    with pytest.raises(LookupError):
        serve(made()[0], "GET", ["map"], {})
