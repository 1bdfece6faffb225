"""The virtual city's readers and the console's plate feeds: each maker's messages, from a passing car to the door."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest
from feed_rig import Door
from onvif_rig import Loop

from console.cli.city_plates import aim_readers, plate_sources, receiver_url
from console.feed_factory import make_feeds
from console.model.plate_sources import PlateKind, PlateSource, ReceiverEntry, camera_of
from console.model.site import Camera, Site, Stream
from console.store.credentials import MemoryVault
from drivers.events import EventFeed, PlateRead
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary
from drivers.types import Credentials
from drivers.virtual.city import City, CityOptions

OPTIONS = CityOptions(10, 7, discovery=False, fixed_ports=False, control=True, serve_lamps=False, readers=8)

BOTH = "The same camera, by its events"
"""A source beside the one that listens to the metadata of this camera."""


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cars come at once, and what was not taken is tried again soon."""
    monkeypatch.setattr("drivers.virtual.traffic.LEAD_S", 0.2)
    monkeypatch.setattr("drivers.virtual.plates.push.PAUSES", (0.1, 0.5))


@dataclass
class Heard:
    """A city with a reader of each maker, and a site whose feeds hear them."""

    city: City
    loop: Loop
    site: Site
    feeds: list[EventFeed]
    door: Door

    def reads(self, plate: str) -> dict[PlateKind, list[PlateRead]]:
        """Reads of a plate by the kind of their source."""
        found: dict[PlateKind, list[PlateRead]] = {}
        for event in tuple(self.door.events):
            assert isinstance(event, PlateRead)
            if event.plate.upper() == plate and event.source != BOTH:
                source = self.site.plate_source(event.source)
                assert source is not None
                found.setdefault(source.kind, []).append(event)
        return found

    def ids(self, source: str) -> set[str]:
        """Of what came from a source."""
        return {event.id for event in tuple(self.door.events) if event.source == source}

    def ask(self, plate: str) -> None:
        async def ask() -> None:
            assert self.city.plates is not None
            self.city.plates.ask("all", plate)

        self.loop.run(ask())


@contextmanager
def hearing(pictures: bool) -> Iterator[Heard]:
    loop = Loop()
    city = City(replace(OPTIONS, plate_pictures=pictures))
    loop.run(city.start())
    told = city.describe()
    vault = MemoryVault({"city": Credentials(told["devices"][0]["user"], told["devices"][0]["password"])})
    numbers = {device["xaddr"]: 20 + place for place, device in enumerate(told["devices"])}
    cameras = tuple(
        Camera(
            number,
            spec.name,
            f"urn:uuid:{spec.uuid}",
            xaddrs=(device["xaddr"],),
            credentials="city",
            streams=(Stream(spec.main.token, device["rtsp"][0]),),
        )
        for spec, device, number in zip(city.specs, told["devices"], numbers.values(), strict=True)
    )
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        receiver = ReceiverEntry(port=free.getsockname()[1])
    sources = plate_sources(told["readers"], numbers, vault)
    (streamed,) = [source for source in sources if source.kind is PlateKind.ONVIF_METADATA]
    also = PlateSource(BOTH, PlateKind.ONVIF_EVENTS, camera=streamed.camera)
    site = Site(cameras=cameras, plate_sources=(*sources, also), receiver=receiver)
    feeds, problems = make_feeds(site, vault, OnvifDescriber(WsdlLibrary()), "test")
    assert problems == []
    door = Door()
    for feed in feeds:
        feed.start(door.deliver, door.trouble)
    aim_readers(told["control"], told["readers"], receiver_url(receiver), vault)
    try:
        yield Heard(city, loop, site, feeds, door)
    finally:
        for feed in feeds:
            feed.stop()
        loop.run(city.stop())
        loop.close()


def ready(city: City) -> bool:
    """Whether those feeds listen that have to ask for it: the broker's client, the puller, the metadata's reader."""
    assert city.plates is not None
    pulled = [reader.camera for reader in city.plates.readers if reader.maker in ("onvif", "onvif_metadata")]
    streamed = [reader.camera for reader in city.plates.readers if reader.maker == "onvif_metadata"]
    heard = all(city.cameras[number].rtsp.metadata for number in streamed)
    return heard and city.plates.broker.clients > 0 and all(len(city.cameras[number].onvif.events) for number in pulled)


def test_a_car_is_heard_over_all_makers_protocols() -> None:
    with hearing(pictures=True) as heard:
        all_heard(heard)


def all_heard(heard: Heard) -> None:
    kinds = set(PlateKind)
    assert heard.door.until(lambda: ready(heard.city), 20)
    heard.ask("HE11 ARD")
    if not heard.door.until(lambda: set(heard.reads("HE11ARD")) == kinds, 20):
        heard.ask("HE11 ARD")  # the broker's client may have subscribed only just after the first
    assert heard.door.until(lambda: set(heard.reads("HE11ARD")) == kinds, 20), heard.door.troubles
    assert heard.city.plates is not None
    readers = {reader.camera: reader for reader in heard.city.plates.readers}
    now = datetime.now(UTC)
    for kind, reads in heard.reads("HE11ARD").items():
        read = reads[-1]
        assert abs((now - read.at).total_seconds()) < 200  # a device's own clock may be 90 s off
        assert read.confidence is not None
        assert read.confidence > 0.8
        camera = camera_of(read, heard.site)
        assert camera is not None
        reader = readers[camera.number - 19]
        assert reader.maker.value.removesuffix("_events") == kind.value.removesuffix("_events")
        if kind not in (PlateKind.PLATE_RECOGNIZER, PlateKind.FRIGATE):
            assert read.plate_picture.startswith(b"\xff\xd8")
        if kind in (PlateKind.REKOR, PlateKind.PLATE_RECOGNIZER, PlateKind.HIKVISION, PlateKind.AXIS):
            assert read.scene_picture.startswith(b"\xff\xd8")
    (streamed,) = [source.name for source in heard.site.plate_sources if source.kind is PlateKind.ONVIF_METADATA]
    assert heard.door.until(lambda: bool(heard.ids(BOTH) & heard.ids(streamed)))  # the same read has the same id


def test_faults_of_a_reader_stay_with_it() -> None:
    with hearing(pictures=False) as heard:
        faults_stay(heard)


def faults_stay(heard: Heard) -> None:
    plates = heard.city.plates
    assert plates is not None
    pushing = [teller for teller in plates.tellers.values() if teller.pusher is not None]
    names = ("broken", "huge", "markup", "wrong_password")
    spoilt = dict(zip(names, pushing, strict=True))
    for fault, teller in spoilt.items():
        teller.faults.set(fault, "8000000" if fault == "huge" else "1")

    def over() -> bool:
        """All have passed, and what can never be taken was given up."""
        assert plates is not None
        done = [teller.pusher for name, teller in spoilt.items() if name in ("broken", "markup")]
        passed = [each for each in plates.truth() if each.plate == "FA11ULT" and each.told]
        return len(passed) == len(plates.readers) and all(len(each or ()) == 0 for each in done)

    heard.ask("FA11ULT")
    assert heard.door.until(over, 20)
    kinds = {name: PlateKind(teller.reader.maker) for name, teller in spoilt.items()}
    assert not {kinds["broken"], kinds["markup"], kinds["wrong_password"]} & set(heard.reads("FA11ULT"))
    assert heard.door.until(lambda: len(heard.reads("FA11ULT")) >= 3, 20)  # those that do not push
    for teller in pushing:
        teller.faults.clear()
    assert heard.door.until(lambda: kinds["wrong_password"] in heard.reads("FA11ULT"), 20)  # kept until it was taken
    heard.ask("AF73R")
    assert heard.door.until(lambda: set(kinds.values()) <= set(heard.reads("AF73R")), 20)
