"""The readers of a city at work, on a clock that the test holds, and the control API's part of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from reader_rig import NOW, Receiver, reading

from drivers.virtual.control_plates import WrongPlateRequestError, serve
from drivers.virtual.lamps.mqtt_wire import Publication
from drivers.virtual.plan import camera_specs, make_plan
from drivers.virtual.plates.event_messages import Notification
from drivers.virtual.plates.eye import Eye
from drivers.virtual.plates.field import CityPlates, NoReaderError
from drivers.virtual.plates.push import Target, TargetError
from drivers.virtual.plates.readers import Maker, Way, with_readers
from drivers.virtual.plates.teller import MARKUP, YEAR_S, Teller
from drivers.virtual.state import Lamps
from drivers.virtual.traffic import Traffic

PLAN, READERS = with_readers(make_plan(7, 16), len(Maker))
SITES = [PLAN.sites[reader.camera - 1] for reader in READERS]
SPECS, LAMPS = camera_specs(PLAN), Lamps(PLAN.lamp_levels())
NAMES = {reader.maker: reader.device for reader in READERS}


def city(
    clock: Callable[[], float] = lambda: NOW,
    notify: Callable[[int, Notification], None] = lambda camera, event: None,
    up: Callable[[int], bool] = lambda camera: True,
) -> CityPlates:
    eyes = {site.number: Eye(site, SPECS[site.number - 1].main, LAMPS) for site in SITES}
    return CityPlates(PLAN, READERS, Traffic(PLAN, SITES), eyes, notify, clock, up=up)


class Voice:
    """One reader that tells, and what was heard of it."""

    def __init__(self, maker: Maker) -> None:
        self.heard: list[Publication | Notification] = []
        self.teller = Teller(reading(maker).reader, self.heard.append, self.heard.append)

    def plates(self) -> list[str]:
        found = []
        for each in self.heard:
            assert isinstance(each, Publication)
            found.append(json.loads(each.payload)["plate"])
        return found


def frigate() -> Voice:
    return Voice(Maker.FRIGATE)


def told(voice: Voice, *plates: str) -> None:
    for number, plate in enumerate(plates):
        voice.teller.tell(reading(Maker.FRIGATE, plate, f"pass-{number}"))


def test_reads_come_twice_or_out_of_order_or_not_at_all_on_demand() -> None:
    voice = frigate()
    voice.teller.faults.set("duplicates", times=1)
    told(voice, "A1", "A2")
    assert voice.plates() == ["A1", "A1", "A2"]
    voice.teller.faults.set("reordered", times=1)
    told(voice, "B1", "B2", "B3")
    assert voice.plates()[3:] == ["B2", "B1", "B3"]
    voice.teller.faults.set("silent", times=2)
    told(voice, "C1", "C2", "C3")
    assert voice.plates()[6:] == ["C3"]


def test_a_wrong_clock_and_markup_on_demand() -> None:
    voice = frigate()
    voice.teller.faults.set("clock", times=1)
    voice.teller.faults.set("markup", times=1)
    told(voice, "A1", "A2")
    assert voice.plates() == ["A1" + MARKUP, "A2"]
    times = [json.loads(each.payload)["timestamp"] for each in voice.heard if isinstance(each, Publication)]
    assert times == [pytest.approx(NOW + YEAR_S), pytest.approx(NOW)]
    voice.teller.faults.set("clock", "-60")
    assert voice.teller.clock(NOW) == NOW - 60
    voice.teller.faults.set("markup", "\u202e\U0001f697" * 2000)
    told(voice, "A3")
    assert len(voice.plates()[-1]) > 4000


def test_messages_of_a_broker_are_cut_or_padded_on_demand() -> None:
    voice = frigate()
    voice.teller.faults.set("broken", times=1)
    voice.teller.faults.set("huge", "100000", times=2)
    told(voice, "A1", "A2", "A3")
    sizes = [len(each.payload) for each in voice.heard if isinstance(each, Publication)]
    assert sizes[:2] == [100_000, 100_000]
    assert sizes[2] < 1000


def test_an_onvif_event_is_padded_on_demand() -> None:
    voice = Voice(Maker.ONVIF)
    voice.teller.faults.set("huge", times=1)
    voice.teller.tell(reading(Maker.ONVIF))
    (event,) = voice.heard
    assert isinstance(event, Notification)
    assert len(event.data["Image"]) == 8 * 1024 * 1024


def test_axis_tells_of_a_car_again_with_a_better_text() -> None:
    async def run() -> list[dict[str, Any]]:
        teller = Teller(reading(Maker.AXIS).reader)
        assert teller.pusher is not None
        async with Receiver() as receiver:
            teller.pusher.aim(Target(receiver.url))
            teller.start()
            teller.tell(reading(Maker.AXIS))
            await receiver.until(lambda: len(receiver.requests) == 2)
            await teller.stop()
            await receiver.until(lambda: len(receiver.requests) == 2)
            return [json.loads(each.body.split(b"\r\n\r\n")[1].split(b"\r\n")[0]) for each in receiver.requests]

    new, update = asyncio.run(run())
    assert [new["carState"], update["carState"]] == ["new", "update"]
    assert new["plateASCII"] != update["plateASCII"] == "AB12CDE"
    assert float(new["plateConfidence"]) < float(update["plateConfidence"])
    assert new["carID"] == update["carID"]


# --- the whole field -------------------------------------------------------------------------------------------------


def test_who_passes_is_told_over_each_makers_way_and_the_truth_is_kept() -> None:
    events: list[tuple[int, Notification]] = []
    heard: list[Publication] = []

    async def run() -> list[dict[str, Any]]:
        plates = city(notify=lambda camera, event: events.append((camera, event)))
        plates.broker.publish = heard.append  # type: ignore[method-assign]
        for teller in plates.tellers.values():
            teller._publish = heard.append
        async with Receiver() as receiver:
            plates.aim("all", Target(receiver.url, token="t"))
            for teller in plates.tellers.values():
                teller.start()
            for each in plates.ask("all", "MX15 NOW"):
                await plates.happen(each)
            await receiver.until(lambda: len(receiver.requests) == 5)  # Axis tells twice
            await plates.stop()
            assert all(b"MX15NOW" in each.body.upper() for each in receiver.requests if b"carState" not in each.body)
        return [each.row() for each in plates.truth()]

    truth = asyncio.run(run())
    assert [row["plate"] for row in truth] == ["MX15NOW"] * len(Maker)
    assert all(row["read"] == "MX15NOW" and row["told"] for row in truth)
    assert {row["reader"] for row in truth} == {reader.name for reader in READERS}
    asked = (Way.PULL, Way.STREAM)
    assert [camera for camera, _ in events] == [r.camera for r in READERS if r.way in asked]
    assert "MX15NOW" in events[0][1].elements["LicensePlateInfo"]
    assert len(heard) == 2
    assert all(b"MX15NOW" in each.payload for each in heard)


def test_what_passes_by_itself_is_told_when_it_passes() -> None:
    """The clock stands just before a pass; the readers wake for it."""
    first = Traffic(PLAN, SITES).passes(NOW, NOW + 60)[0]
    begun = asyncio.Event()

    async def run() -> list[str]:
        started = asyncio.get_running_loop().time()
        plates = city(lambda: first.at - 0.02 + asyncio.get_running_loop().time() - started)
        await plates.start("127.0.0.1")
        begun.set()
        async with asyncio.timeout(10):
            while not plates.truth():
                await asyncio.sleep(0.005)
        await plates.stop()
        return [each.plate for each in plates.truth(first.at)]

    assert asyncio.run(run())[0] == first.car.plate


def test_a_silent_reader_and_a_misreading_one_are_in_the_truth() -> None:
    async def run() -> None:
        plates = city()
        plates.named(NAMES[Maker.FRIGATE])[0].faults.set("silent", times=1)
        plates.named(NAMES[Maker.ONVIF_MQTT])[0].faults.set("misread", times=1)
        for each in plates.ask("all", "AB12 CDE"):
            await plates.happen(each)
        rows = {row.camera: row for row in plates.truth()}
        silent, wrong = (plates.named(NAMES[m])[0].reader.camera for m in (Maker.FRIGATE, Maker.ONVIF_MQTT))
        assert (rows[silent].told, rows[silent].read) == (False, "AB12CDE")
        assert (rows[wrong].told, rows[wrong].read != "AB12CDE") == (True, True)
        assert plates.truth(NOW + 3600) == []
        await plates.stop()

    asyncio.run(run())


def test_a_camera_without_power_reads_nothing() -> None:
    async def run() -> None:
        off = READERS[0].camera
        plates = city(up=lambda camera: camera != off)
        for each in plates.ask("all", "AB12 CDE"):
            await plates.happen(each)
        assert [(row.camera, row.told, row.read) for row in plates.truth() if not row.told] == [(off, False, "")]
        await plates.stop()

    asyncio.run(run())


def test_the_broker_takes_consoles_with_the_password_that_is_told() -> None:
    from paho.mqtt.client import CallbackAPIVersion, Client

    async def run() -> None:
        plates = city()
        await plates.start("127.0.0.1")
        (row,) = [row for row in plates.describe() if row["maker"] == "frigate"]
        got: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()
        loop, ready = asyncio.get_running_loop(), asyncio.Event()
        client = Client(CallbackAPIVersion.VERSION2)
        client.username_pw_set(row["user"], row["password"])
        client.on_connect = lambda *_: client.subscribe(row["topic"] + "/#")
        client.on_subscribe = lambda *_: loop.call_soon_threadsafe(ready.set)
        client.on_message = lambda _c, _u, m: loop.call_soon_threadsafe(got.put_nowait, (m.topic, m.payload))
        await asyncio.to_thread(client.connect, row["host"], row["port"])
        client.loop_start()
        try:
            async with asyncio.timeout(10):
                await ready.wait()
                assert await got.get() == ("frigate/available", b"online")
                for each in plates.ask(str(row["camera"]), "ZZ99 ZZZ"):
                    await plates.happen(each)
                topic, payload = await got.get()
        finally:
            await asyncio.to_thread(client.disconnect)
            await asyncio.to_thread(client.loop_stop)
            await plates.stop()
        assert topic == "frigate/tracked_object_update"
        assert json.loads(payload)["plate"] == "ZZ99ZZZ"

    asyncio.run(run())


# --- control ---------------------------------------------------------------------------------------------------------


def controlled(scenario: Callable[[CityPlates], Awaitable[None]]) -> None:
    async def run() -> None:
        plates = city()
        try:
            await scenario(plates)
        finally:
            await plates.stop()

    asyncio.run(run())


def call(plates: CityPlates, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    where, _, query = path.partition("?")
    return serve(plates, method, where.split("/"), query, body or {})


def test_readers_targets_and_passes_by_the_control_api() -> None:
    async def scenario(plates: CityPlates) -> None:
        rows = call(plates, "GET", "plates/readers")
        assert [row["maker"] for row in rows] == [maker.value for maker in Maker]
        body = {"url": "http://127.0.0.1:9/x", "user": "u", "password": "hush", "verify": False}
        pushing = call(plates, "POST", "plates/targets", body)
        assert {row["way"] for row in pushing} == {Way.PUSH.value}
        assert all(row["target"] == "http://127.0.0.1:9/x" for row in pushing)
        assert "hush" not in json.dumps(pushing)
        gone = call(plates, "DELETE", f"plates/targets/{NAMES[Maker.AXIS]}")
        assert [row["target"] for row in gone] == [None]
        (passing,) = call(plates, "POST", "plates/pass", {"plate": "AB 123", "reader": READERS[0].camera})
        assert passing["plate"] == "AB123"
        assert passing["posix"] == pytest.approx(NOW + 3)
        assert call(plates, "GET", "plates/truth?since=0") == []
        await plates.happen(plates.traffic.passes(NOW, NOW + 10)[0])
        assert len(call(plates, "GET", "plates/truth?since=2026-01-01T00:00:00Z")) == 1
        assert len(call(plates, "GET", "plates/convoy")) == 3
        incidents = call(plates, "GET", f"plates/incidents?since={NOW}&until={NOW + 1800}")
        assert len(incidents) == 6
        assert all(54 < row["latitude"] < 55 and row["plate"] == plates.traffic.suspect() for row in incidents)

    controlled(scenario)


def test_faults_by_the_control_api() -> None:
    async def scenario(plates: CityPlates) -> None:
        rows = call(plates, "POST", "plates/readers/all/faults", {"name": "clock", "value": 3600})
        assert all(row["faults"] == {"clock": "3600"} for row in rows)
        (row,) = call(plates, "DELETE", f"plates/readers/{READERS[0].camera}/faults/clock")
        assert row["faults"] == {}
        assert call(plates, "DELETE", "plates/readers/all/faults")[-1]["faults"] == {}

    controlled(scenario)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "plates/pass", {"plate": "AB123", "reader": "nobody"}, 404),
        ("POST", "plates/pass", {"reader": "all"}, 400),
        ("POST", "plates/pass", {"plate": "x" * 40, "reader": "all"}, 400),
        ("POST", "plates/pass", {"plate": "AB1", "reader": "all", "towards": 3}, 400),
        ("POST", "plates/targets", {"url": "file:///etc/passwd"}, 400),
        ("POST", "plates/targets", {"url": "http://a/", "verify": "no"}, 400),
        ("POST", "plates/targets", {"url": "http://a/", "reader": NAMES[Maker.FRIGATE]}, 400),
        ("GET", "plates/truth?since=yesterday", {}, 400),
        ("POST", "plates/readers/all/faults", {"name": "none"}, 400),
        ("POST", "plates/readers/all/faults", {"name": "clock", "value": "soon"}, 400),
        ("POST", "plates/readers/all/faults", {"name": "silent", "times": 0}, 400),
        ("POST", "plates/readers/x/faults", {"name": "silent"}, 404),
    ],
)
def test_requests_that_cannot_be_served(method: str, path: str, body: dict[str, Any], status: int) -> None:
    async def scenario(plates: CityPlates) -> None:
        with pytest.raises(WrongPlateRequestError) as caught:
            call(plates, method, path, body)
        assert caught.value.status == status

    controlled(scenario)


def test_what_is_not_of_plates_is_left_to_others() -> None:
    async def scenario(plates: CityPlates) -> None:
        for method, path in (("GET", "lamps"), ("PUT", "plates/truth"), ("GET", "plates")):
            with pytest.raises(LookupError):
                call(plates, method, path)
        with pytest.raises(NoReaderError, match="no plate reader 'x'"):
            plates.named("x")
        with pytest.raises(TargetError):
            plates.aim(NAMES[Maker.ONVIF], None)

    controlled(scenario)
