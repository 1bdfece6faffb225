"""The whole city: in this process over its sockets, and as the command that people start."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import requests

from drivers.virtual.city import City, CityOptions

DATE = (
    '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    '<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)
START = (
    "import argparse, sys; from console.cli import city; parser = argparse.ArgumentParser(); "
    "city.add_parser(parser.add_subparsers()); args = parser.parse_args(); sys.exit(args.run(args))"
)


def free_udp_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def in_city(options: CityOptions, scenario: Callable[[City], Awaitable[None]]) -> None:
    async def run() -> None:
        city = City(options)
        try:
            await city.start()
            await scenario(city)
        finally:
            await city.stop()

    asyncio.run(run())


async def asks(url: str) -> int:
    """The status of a SOAP request made in a thread; 0 where nobody listens."""

    def post() -> int:
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.post(url, data=DATE, timeout=5).status_code
            except requests.ConnectionError:
                return 0

    return await asyncio.to_thread(post)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(15):
        while not await condition():
            await asyncio.sleep(0.02)


def test_the_same_seed_is_the_same_city() -> None:
    def who(seed: int) -> list[object]:
        city = City(CityOptions(5, seed))
        try:
            return city.specs
        finally:
            city.streams.close()

    assert who(3) == who(3)
    assert who(3) != who(4)


def test_a_camera_loses_its_power_reboots_and_keeps_its_address() -> None:
    async def scenario(city: City) -> None:
        camera = city.cameras[2]
        xaddr, uris = camera.onvif.xaddr, camera.uris
        assert await asks(xaddr) == 200
        await city.power(2, on=False)
        assert await asks(xaddr) == 0
        assert await asks(city.cameras[1].onvif.xaddr) == 200
        await city.power(2, on=True)
        assert await asks(xaddr) == 200
        city.reboot(2, 0.1)
        await until(lambda: _is(lambda: not camera.state.up))
        await until(lambda: _is(lambda: camera.state.up))
        assert await asks(xaddr) == 200
        assert (camera.onvif.xaddr, camera.uris) == (xaddr, uris)

    in_city(CityOptions(2, discovery=False, fixed_ports=False), scenario)


async def _is(value: Callable[[], bool]) -> bool:
    return value()


def test_taken_ports_are_no_hindrance() -> None:
    async def scenario(city: City) -> None:
        async def second(other: City) -> None:
            theirs = {camera.onvif.xaddr for camera in other.cameras.values()}
            assert not theirs & {camera.onvif.xaddr for camera in city.cameras.values()}

        other = City(CityOptions(2, seed=39, discovery=False))
        try:
            await other.start()
            await second(other)
        finally:
            await other.stop()

    in_city(CityOptions(2, seed=39, discovery=False), scenario)


def test_relays_drive_lamps_in_view_and_snapshots_show_them() -> None:
    async def scenario(city: City) -> None:
        camera = city.cameras[1]
        assert camera.lamp in city.lamps.snapshot()[1]
        snapshot = camera.onvif.context.snapshot
        assert snapshot is not None
        picture = await asyncio.to_thread(snapshot, camera.state.spec.sub)
        assert picture is not None
        assert picture.startswith(b"\xff\xd8")

    in_city(CityOptions(1, discovery=False, fixed_ports=False), scenario)


def test_discovery_finds_it_until_it_stops() -> None:
    port = free_udp_port()
    probe = re.sub(
        r"<GetSystem.*/>",
        '<d:Probe xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"/>',
        DATE.replace("<s:Body>", "<s:Header><MessageID>uuid:1</MessageID></s:Header><s:Body>"),
    )

    async def scenario(city: City) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
            asker.setblocking(False)
            asker.bind(("127.0.0.1", 0))
            asker.sendto(probe.encode(), ("127.0.0.1", port))
            found = set()
            async with asyncio.timeout(10):
                while len(found) < 3:
                    answer = await asyncio.get_running_loop().sock_recv(asker, 65536)
                    found.add(re.search(rb"<d:XAddrs>(.*)</d:XAddrs>", answer)[1].decode())
        assert found == {camera.onvif.xaddr for camera in city.cameras.values()}

    in_city(CityOptions(3, discovery_port=port, mdns=False, fixed_ports=False), scenario)


def test_a_city_serves_without_discovery_when_its_port_is_held() -> None:
    async def scenario(city: City) -> None:
        (trouble,) = city.troubles
        assert trouble.startswith("not announced by WS-Discovery: port")
        assert await asks(city.cameras[1].onvif.xaddr) == 200

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as holder:
        holder.bind(("127.0.0.1", 0))
        port = int(holder.getsockname()[1])
        in_city(CityOptions(1, discovery_port=port, mdns=False, fixed_ports=False), scenario)


@pytest.mark.parametrize("way", ["signal", "stdin"])
def test_the_command_serves_and_ends_cleanly(tmp_path: Path, way: str) -> None:
    if way == "signal" and sys.platform == "win32":
        pytest.skip("Windows has no SIGTERM for other processes")
    arguments = ["city", "--cameras", "2", "--seed", "31", "--json", "--control", "--no-discovery", "--stdin-guard"]
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", START, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "WATCHFLOOR_CACHE": str(tmp_path)},
    )
    with process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            assert set(told) == {"devices", "lamp_systems", "readers", "control"}
            assert told["readers"] == []
            assert [set(device) for device in told["devices"]] == [{"name", "xaddr", "rtsp", "user", "password"}] * 2
            assert asyncio.run(asks(told["devices"][1]["xaddr"])) == 200
            if way == "signal":
                process.send_signal(signal.SIGTERM)
                process.wait(timeout=20)
            _, complaints = process.communicate(timeout=20)  # closes standard input first
        finally:
            process.kill()
    assert process.returncode == 0
    assert all(line.startswith("city: pictures of") for line in complaints.splitlines())
