"""Sightings of several finders become devices, each once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from console.services.discovery import Discovery, in_order
from drivers.errors import Unreachable
from drivers.types import DeviceKind, Discovered, FoundBy

EPR = "urn:uuid:12345678-1234-1234-1234-123456789abc"


def seen(**changes: object) -> Discovered:
    base = Discovered(
        id=EPR,
        name="Gate",
        address="192.0.2.7",
        xaddrs=("http://192.0.2.7/onvif/device_service",),
        kind=DeviceKind.ONVIF,
        source=FoundBy.WS_DISCOVERY,
    )
    return replace(base, **changes)  # type: ignore[arg-type]


class Fake:
    """A finder whose sightings the test makes."""

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.found: Callable[[Discovered], None] = lambda device: None
        self.probes = 0
        self.running = False

    def start(self, found: Callable[[Discovered], None]) -> None:
        if self.fails:
            raise Unreachable("mDNS")
        self.found, self.running = found, True

    def probe(self) -> None:
        self.probes += 1

    def stop(self) -> None:
        self.running = False


class Watched:
    def __init__(self, *finders: Fake) -> None:
        self.changes: list[tuple[Discovered, Discovered | None]] = []
        self.discovery = Discovery(finders)
        self.failures = self.discovery.start(lambda now, before: self.changes.append((now, before)))


@pytest.mark.parametrize("swap", [False, True])
def test_one_camera_by_three_ways_in_any_order(swap: bool) -> None:
    fake = Fake()
    watched = Watched(fake)
    sightings = [
        seen(),
        seen(id="address:192.0.2.7:80", name="192.0.2.7", source=FoundBy.SWEEP),
        seen(source=FoundBy.MDNS, name="gate-mdns"),
    ]
    for device in reversed(sightings) if swap else sightings:
        fake.found(device)
    (device,) = watched.discovery.snapshot()
    assert (device.id, device.name, device.source) == (EPR, "Gate", FoundBy.WS_DISCOVERY)


def test_nothing_new_is_not_told() -> None:
    fake = Fake()
    watched = Watched(fake)
    for _ in range(3):
        fake.found(seen())
    assert len(watched.changes) == 1


def test_cameras_behind_one_address_stay_apart() -> None:
    fake = Fake()
    watched = Watched(fake)
    fake.found(seen(id="address:192.0.2.7:81", xaddrs=("http://192.0.2.7:81/x",)))
    fake.found(seen(id="address:192.0.2.7:82", xaddrs=("http://192.0.2.7:82/x",)))
    fake.found(seen(id="urn:uuid:00000000-0000-0000-0000-000000000001"))
    fake.found(seen())  # the same service address, but another endpoint reference
    assert len(watched.discovery.snapshot()) == 4


def test_a_move_is_followed_and_told() -> None:
    fake = Fake()
    watched = Watched(fake)
    fake.found(seen())
    fake.found(seen(address="192.0.2.9", xaddrs=("http://192.0.2.9/onvif/device_service",)))
    now, before = watched.changes[-1]
    assert before is not None
    assert (before.address, now.address, now.id) == ("192.0.2.7", "192.0.2.9", EPR)
    assert now.xaddrs == ("http://192.0.2.9/onvif/device_service",)
    assert len(watched.discovery.snapshot()) == 1


def test_bye_and_back() -> None:
    fake = Fake()
    watched = Watched(fake)
    fake.found(seen(gone=True))
    assert watched.changes == []
    fake.found(seen())
    fake.found(seen(gone=True))
    assert watched.changes[-1][0].gone
    fake.found(seen())
    assert not watched.changes[-1][0].gone


def test_a_finder_that_cannot_run_does_not_stop_the_others() -> None:
    good, bad = Fake(), Fake(fails=True)
    watched = Watched(bad, good)
    assert [str(failure) for failure in watched.failures] == [
        "mDNS: not reachable. Check its power, cable and address."
    ]
    late = Fake()
    watched.discovery.add(late)
    watched.discovery.probe()
    assert (good.probes, late.probes, bad.probes) == (1, 1, 0)
    watched.discovery.stop()
    assert not good.running
    assert not late.running
    late.found(seen())
    assert watched.changes == []


def test_order_by_address_and_port() -> None:
    found = [
        seen(id="c", address="192.0.2.10", xaddrs=("http://192.0.2.10/",)),
        seen(id="b", address="192.0.2.9", xaddrs=("http://192.0.2.9:8081/",)),
        seen(id="a", address="192.0.2.9", xaddrs=("http://192.0.2.9/",)),
        seen(id="d", address="name", xaddrs=()),
    ]
    assert [device.id for device in in_order(found)] == ["a", "b", "c", "d"]
