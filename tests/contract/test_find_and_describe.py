"""What every Finder and every Describer must do, held against the virtual city's real protocols on loopback."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from console.model.site import Site
from console.services.discovery import Discovery, in_order
from console.services.onboarding import Onboarder, Outcome, RefusalMemory
from console.services.onboarding_csv import named
from console.services.onboarding_input import from_discovered
from console.store.credentials import MemoryVault
from drivers.discovery.mdns import MdnsFinder
from drivers.discovery.sweep import SweepFinder
from drivers.discovery.ws_discovery import WsDiscoveryFinder
from drivers.errors import BadAnswer, DriverError, LockedOut, Refused, TimedOut
from drivers.interfaces import Finder, VideoSource
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.key_frames import KeyFrameAsker
from drivers.onvif.wsdl import WsdlLibrary
from drivers.types import CameraDescription, Credentials, Discovered, StreamRequest
from drivers.virtual.city import Camera, City, CityOptions
from drivers.virtual.loops import Live

CAMERAS = 4
LIBRARY = WsdlLibrary()
"""One for all tests, as the product has one for all cameras: parsing is slow."""


class Running:
    """A city in a thread of its own."""

    def __init__(self, city: City, loop: asyncio.AbstractEventLoop) -> None:
        self.city, self._loop = city, loop

    def do[Result](self, work: Callable[[], Result]) -> Result:
        """Run something in the city's loop."""

        async def call() -> Result:
            return work()

        return asyncio.run_coroutine_threadsafe(call(), self._loop).result(20)

    @property
    def cameras(self) -> list[Camera]:
        return list(self.city.cameras.values())

    @property
    def discovery_port(self) -> int:
        return self.city.options.discovery_port


@pytest.fixture
def running() -> Iterator[Running]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    city = City(CityOptions(cameras=CAMERAS, fixed_ports=False, discovery_port=port))
    try:
        asyncio.run_coroutine_threadsafe(city.start(), loop).result(30)
        yield Running(city, loop)
    finally:
        asyncio.run_coroutine_threadsafe(city.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(20)
        loop.close()


def eventually(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def ids(running: Running) -> set[str]:
    return {f"urn:uuid:{camera.state.spec.uuid.removeprefix('urn:uuid:')}" for camera in running.cameras}


FINDERS: dict[str, Callable[[Running], Finder]] = {
    "WS-Discovery": lambda running: WsDiscoveryFinder("127.0.0.1", port=running.discovery_port),
    "mDNS": lambda running: MdnsFinder("127.0.0.1"),
    "sweep": lambda running: SweepFinder(
        "127.0.0.1", tuple(camera.onvif.context.port for camera in running.cameras), (), running.discovery_port
    ),
}


@pytest.mark.parametrize("kind", FINDERS)
def test_a_finder_finds_each_camera_and_then_is_quiet(kind: str, running: Running) -> None:
    finder = FINDERS[kind](running)
    found: list[Discovered] = []
    try:
        finder.start(found.append)
        eventually(lambda: ids(running) <= {device.id for device in found})
        with pytest.raises(RuntimeError):
            finder.start(found.append)
        finder.probe()
    finally:
        finder.stop()
    count = len(found)
    finder.stop()
    assert len(found) == count
    assert all(device.xaddrs and device.address == "127.0.0.1" and device.seen for device in found)


def test_all_finders_together_give_each_camera_once(running: Running) -> None:
    discovery = Discovery([make(running) for make in FINDERS.values()])
    try:
        assert discovery.start(lambda now, before: None) == ()
        eventually(lambda: {device.id for device in discovery.snapshot()} == ids(running))
    finally:
        discovery.stop()


def test_a_reboot_is_a_bye_and_a_hello(running: Running) -> None:
    events: list[Discovered] = []
    finder = WsDiscoveryFinder("127.0.0.1", port=running.discovery_port)
    try:
        finder.start(events.append)
        eventually(lambda: len(events) == CAMERAS)
        running.do(lambda: running.cameras[0].onvif.context.reboot(0.2))
        eventually(lambda: any(device.gone for device in events))
        eventually(lambda: not events[-1].gone and len(events) >= CAMERAS + 2)
    finally:
        finder.stop()


# --- describing -----------------------------------------------------------------------------------------------------


def describe(camera: Camera, password: str | None = None, seconds: float = 3.0) -> CameraDescription:
    spec = camera.state.spec
    credentials = replace(spec.credentials, password=password) if password is not None else spec.credentials
    xaddr = f"http://127.0.0.1:{camera.onvif.context.port}/onvif/device_service"
    return OnvifDescriber(LIBRARY, call_seconds=seconds)(spec.name, (xaddr,), credentials, spec.uuid)


def test_a_describer_learns_everything(running: Running) -> None:
    for camera in running.cameras:
        spec = camera.state.spec
        said = OnvifDescriber(LIBRARY)(
            spec.name, (f"http://127.0.0.1:{camera.onvif.context.port}/onvif/device_service",), spec.credentials
        )
        assert [profile.uri for profile in said.profiles] == camera.uris
        assert [profile.width for profile in said.profiles] == [spec.main.width, spec.sub.width]
        assert [profile.codec for profile in said.profiles] == [spec.main.codec, spec.sub.codec]
        assert (said.info.serial, said.name) == (spec.serial, spec.name)
        assert abs(said.clock_offset - spec.clock_offset) < 3
        assert said.place is not None
        assert abs(said.place.latitude - spec.place.latitude) < 1e-4
        assert ("ptz" in said.services) == spec.ptz == any(profile.has_ptz for profile in said.profiles)


@pytest.mark.parametrize(
    ("fault", "value", "error"),
    [
        ("soap_html", "1", BadAnswer),
        ("soap_truncated", "1", BadAnswer),
        ("soap_bomb", "1", BadAnswer),
        ("soap_500", "1", DriverError),
        ("huge", "6000000", BadAnswer),
        ("slow", "30", TimedOut),
        ("silent", "1", TimedOut),
        ("redirect", "198.51.100.7", BadAnswer),
    ],
)
def test_a_describer_survives_faults(fault: str, value: str, error: type[DriverError], running: Running) -> None:
    camera, other = running.cameras[:2]
    running.do(lambda: camera.state.faults.set(fault, value))
    with pytest.raises(error) as caught:
        describe(camera, seconds=0.5)
    assert camera.state.spec.name in str(caught.value)
    assert camera.state.spec.credentials.password not in str(caught.value)
    describe(other)
    running.do(lambda: camera.state.faults.clear())
    describe(camera)


@pytest.mark.parametrize(
    ("fault", "words"), [("wrong_xaddr", "service names another host"), ("wrong_uri", "names another host")]
)
def test_foreign_hosts_are_not_followed_and_said(fault: str, words: str, running: Running) -> None:
    camera = running.cameras[0]
    running.do(lambda: camera.state.faults.set(fault, "198.51.100.7"))
    said = describe(camera)
    assert any(words in warning and "198.51.100.7" in warning for warning in said.warnings)
    assert [profile.uri for profile in said.profiles] == camera.uris


def test_without_media2(running: Running) -> None:
    camera = running.cameras[0]
    running.do(lambda: camera.state.faults.set("no_media2"))
    said = describe(camera)
    assert [profile.uri for profile in said.profiles] == camera.uris
    assert "media2" not in said.services


def test_a_wrong_password_counts_once_and_five_lock(running: Running) -> None:
    camera = running.cameras[0]
    guard: Any = camera.onvif.guard
    for attempt in range(1, 5):
        with pytest.raises(Refused):
            describe(camera, f"wrong{attempt}")
        assert guard.refused == attempt
    assert not guard.locked
    with pytest.raises(Refused):
        describe(camera, "wrong5")
    assert guard.locked
    with pytest.raises(LockedOut, match="account locked by the device"):
        describe(camera)


# --- all of it ------------------------------------------------------------------------------------------------------


def no_video(request: StreamRequest) -> VideoSource:
    raise AssertionError("nothing is added by URL here")


def test_the_whole_city_is_onboarded(running: Running) -> None:
    discovery = Discovery([FINDERS["WS-Discovery"](running)])
    try:
        discovery.start(lambda now, before: None)
        eventually(lambda: len(discovery.snapshot()) == CAMERAS)
    finally:
        discovery.stop()
    vault = MemoryVault({"a wrong one": Credentials("operator", "nope")})
    right = {named(camera.state.spec.credentials, vault) for camera in running.cameras}
    library = WsdlLibrary()
    boarder = Onboarder(OnvifDescriber(library), no_video, vault, RefusalMemory())
    run = boarder.start(
        [from_discovered(device) for device in in_order(discovery.snapshot())],
        ("a wrong one", *sorted(right)[:2]),
        Site(),
        lambda event: None,
    )
    assert run.wait(30)
    assert [result.outcome for result in run.results()] == [Outcome.ADDED] * CAMERAS
    site = Site().adding(run.cameras())
    assert [camera.number for camera in site.cameras] == list(range(1, CAMERAS + 1))
    assert {camera.name for camera in site.cameras} == {camera.state.spec.name for camera in running.cameras}
    assert library.parses == 2
    assert all(camera.onvif.guard.refused == 1 for camera in running.cameras)


@pytest.mark.parametrize("media2", [True, False])
def test_a_camera_makes_a_key_frame_when_asked(media2: bool, running: Running) -> None:
    camera = running.cameras[0]
    if not media2:
        running.do(lambda: camera.state.faults.set("no_media2"))
    token = camera.onvif.context.profiles()[0].token
    ask = KeyFrameAsker(OnvifDescriber(LIBRARY))
    ask(camera.state.spec.name, (camera.onvif.xaddr,), camera.state.spec.credentials, "", token)
    assert camera.state.take_key_wish(token)
    with pytest.raises(DriverError):
        ask(camera.state.spec.name, (camera.onvif.xaddr,), camera.state.spec.credentials, "", "no such profile")


def test_a_stream_drawn_live_has_its_key_frame_at_once(running: Running) -> None:
    camera = running.cameras[0]
    main = camera.onvif.context.profiles()[0]
    live = Live(running.city.streams, camera.state, main)
    try:
        kinds = [live.frame(1000.0 + i / main.fps).key for i in range(3)]
        camera.state.wish_key(main.token)
        kinds += [live.frame(1000.0 + i / main.fps).key for i in range(3, 6)]
    finally:
        live.close()
    assert kinds == [True, False, False, True, False, False]
