"""A city with plate readers: what it tells of them, its control API, and the command with its targets."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import requests
from reader_rig import Receiver

from drivers.virtual.city import City, CityOptions

OPTIONS = CityOptions(4, 7, discovery=False, fixed_ports=False, control=True, readers=2, plate_pictures=False)


def in_city(scenario: Callable[[City], Awaitable[None]]) -> None:
    async def run() -> None:
        city = City(OPTIONS)
        try:
            await city.start()
            await scenario(city)
        finally:
            await city.stop()

    asyncio.run(run())


async def ask(city: City, method: str, path: str, json: Any = None) -> Any:
    def call() -> Any:
        assert city.control is not None
        with requests.Session() as session:
            session.trust_env = False
            headers = {"X-City-Token": city.control.token}
            answer = session.request(method, city.control.url + path, json=json, headers=headers, timeout=10)
            return answer.status_code, answer.json()

    return await asyncio.to_thread(call)


def test_a_car_that_is_asked_for_is_pushed_to_the_target_in_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("drivers.virtual.traffic.LEAD_S", 0.2)

    async def scenario(city: City) -> None:
        readers = city.describe()["readers"]
        assert [reader["maker"] for reader in readers] == ["rekor", "plate_recognizer"]
        assert [reader["camera"] for reader in readers] == [1, 2]
        assert readers[0]["xaddr"] == city.cameras[1].onvif.xaddr
        assert readers[0]["name"] == city.specs[0].name
        assert "password" not in readers[0]
        async with Receiver() as receiver:
            body = {"reader": "2", "url": receiver.url, "token": "t0ken"}
            status, rows = await ask(city, "POST", "/plates/targets", body)
            assert (status, rows[0]["target"]) == (200, receiver.url)
            status, _ = await ask(city, "POST", "/plates/pass", {"plate": "CT23 ASK", "reader": 2})
            assert status == 200
            await receiver.until(lambda: any(b"ct23ask" in each.body for each in receiver.requests))
            assert receiver.requests[-1].headers["authorization"] == "Bearer t0ken"
        status, truth = await ask(city, "GET", "/plates/truth?since=0")
        assert any(row["plate"] == "CT23ASK" and row["camera"] == 2 for row in truth)
        assert (await ask(city, "POST", "/plates/pass", {"plate": "A1", "reader": "9"}))[0] == 404
        assert (await ask(city, "GET", "/plates/nothing"))[0] == 404

    in_city(scenario)


def test_a_city_without_readers_says_so() -> None:
    city = City(CityOptions(2, discovery=False))
    try:
        assert city.plates is None
        assert city.describe()["readers"] == []
    finally:
        city.streams.close()
    with pytest.raises(ValueError, match="0 to 2"):
        City(CityOptions(2, readers=3))
