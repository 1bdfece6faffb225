"""The devices of the site: added with names for their credentials, numbered without clashes, followed on a move."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from dataclasses import replace
from typing import Any

import pytest
from fake_video import eventually

from console.model.site import Camera, DuplicateCameraError, Site, Stream
from console.services.device_queue import DeviceQueues
from console.services.devices import Devices
from console.services.discovery import Discovery
from console.services.onboarding import Onboarder, Outcome, Progress, RefusalMemory
from console.services.onboarding_input import Candidate
from console.services.site_book import SiteBook
from console.store.credentials import MemoryVault, VaultError
from drivers.errors import BadAnswer, DriverError, Refused
from drivers.interfaces import VideoSource
from drivers.types import (
    CameraDescription,
    Codec,
    Credentials,
    DeviceInfo,
    DeviceKind,
    Discovered,
    FoundBy,
    StreamProfile,
    StreamRequest,
    Transport,
)

ADA, BOB = Credentials("ada", "Pw-Ada-1"), Credentials("bob", "Pw-Bob-2")
GATE = Camera(
    4, "Gate", "urn:uuid:gate", address="192.0.2.4", xaddrs=("http://192.0.2.4/onvif/device_service",),
    streams=(Stream("main", "rtsp://192.0.2.4/main", width=1280, height=720),), credentials="ada",
)  # fmt: skip


class Cameras:
    """Describes by address: credentials that are right, the endpoint, and errors to raise next."""

    def __init__(self) -> None:
        self.right: dict[str, Credentials | None] = {}
        self.endpoints: dict[str, str] = {}
        self.fail_next: list[DriverError] = []
        self.asked: list[tuple[str, Credentials | None, str]] = []
        self.gate = threading.Event()
        self.gate.set()

    def __call__(
        self, name: str, xaddrs: tuple[str, ...], credentials: Credentials | None, expect_endpoint: str = ""
    ) -> CameraDescription:
        xaddr = xaddrs[0]
        endpoint = self.endpoints.get(xaddr, f"urn:uuid:{xaddr}")
        if expect_endpoint and endpoint != expect_endpoint:
            raise BadAnswer(name, "another device answers there")
        self.asked.append((xaddr, credentials, expect_endpoint))
        assert self.gate.wait(20)
        if self.fail_next:
            raise self.fail_next.pop(0)
        if xaddr in self.right and self.right[xaddr] != credentials:
            raise Refused(name)
        stream = StreamProfile("main", "Main", "rtsp://192.0.2.9/main", Codec.H264, 1280, 720, 25.0)
        return CameraDescription(DeviceInfo("Acme", "X1"), (stream,), {"device": xaddr}, endpoint=endpoint)


class Finder:
    """Finds what the test says."""

    def __init__(self) -> None:
        self.found: Callable[[Discovered], None] = lambda device: None
        self.probes = 0

    def start(self, found: Callable[[Discovered], None]) -> None:
        self.found = found

    def probe(self) -> None:
        self.probes += 1

    def stop(self) -> None:
        self.found = lambda device: None


class Vault(MemoryVault):
    """A vault that fails when told to."""

    locked = False

    def _check(self) -> None:
        if self.locked:
            raise VaultError("The vault is locked. Enter its passphrase.")

    def get(self, name: str) -> Credentials | None:
        self._check()
        return super().get(name)

    def names(self) -> tuple[str, ...]:
        self._check()
        return super().names()


def no_video(request: StreamRequest) -> VideoSource:
    raise AssertionError("nothing is added by URL here")


class Bench:
    """Everything that Devices needs, with fakes at its edges."""

    def __init__(self, *cameras: Camera) -> None:
        self.saved: list[Site] = []
        self.book = SiteBook(Site("S", cameras), self.saved.append, lambda error: None)
        self.vault = Vault({"ada": ADA})
        self.cameras, self.finder = Cameras(), Finder()
        self.devices = Devices(
            self.book,
            self.vault,
            Discovery([self.finder]),
            Onboarder(self.cameras, no_video, self.vault, RefusalMemory(), parallel=4),
            DeviceQueues(2),
        )
        self.changes = 0
        self.events: list[Progress] = []
        assert self.devices.start(self._changed) == ()

    def _changed(self) -> None:
        self.changes += 1

    def done(self, outcome: Outcome, count: int = 1) -> list[Progress]:
        """Wait for so many candidates that ended like this."""

        def ended() -> list[Progress]:
            return [event for event in list(self.events) if event.outcome is outcome]

        eventually(lambda: len(ended()) >= count)
        return ended()

    def close(self) -> None:
        self.cameras.gate.set()
        self.devices.stop()
        self.book.close()


@pytest.fixture
def make() -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def bench(*cameras: Camera) -> Bench:
        made.append(Bench(*cameras))
        return made[-1]

    yield bench
    for one in made:
        one.close()


Make = Callable[..., Bench]


def found(number: int, **more: Any) -> Discovered:
    address = f"192.0.2.{number}"
    plain = Discovered(
        f"urn:uuid:{number}", f"Cam {number}", address, (f"http://{address}/x",), DeviceKind.ONVIF, FoundBy.WS_DISCOVERY
    )
    return replace(plain, **more)


def candidate(number: int, **more: Any) -> Candidate:
    plain = Candidate(f"urn:uuid:{number}", DeviceKind.ONVIF, "192.0.2.1", f"Cam {number}", (f"http://h/{number}",))
    return replace(plain, **more)


def test_onboarding_adds_to_the_site_as_each_camera_is_learnt(make: Make) -> None:
    bench = make(GATE)
    run = bench.devices.onboard([candidate(n) for n in (1, 2, 3)], ["ada"], bench.events.append).result(20)
    assert run.wait(20)
    assert [(c.number, c.name, c.credentials) for c in bench.devices.site.cameras] == [
        (1, "Cam 1", "ada"), (2, "Cam 2", "ada"), (3, "Cam 3", "ada"), (4, "Gate", "ada"),
    ]  # fmt: skip
    assert len(bench.done(Outcome.ADDED, 3)) == 3
    bench.book.close()
    assert bench.saved[-1] == bench.devices.site
    assert ADA.password not in repr(bench.saved)


def test_typed_credentials_are_kept_under_a_name_and_the_record_holds_the_name(make: Make) -> None:
    bench = make()
    bench.cameras.right = {"http://h/1": ADA, "http://h/2": BOB}
    run = bench.devices.onboard_with([candidate(1), candidate(2)], ADA, {"urn:uuid:2": BOB}, bench.events.append)
    assert run.result(20).wait(20)
    assert {c.id: c.credentials for c in bench.devices.site.cameras} == {"urn:uuid:1": "ada", "urn:uuid:2": "bob"}
    assert bench.vault.names() == ("ada", "bob")
    assert [credentials for xaddr, credentials, _ in bench.cameras.asked if xaddr == "http://h/2"] == [BOB]
    assert bench.devices.set_names().result(20) == ("ada", "bob")
    assert bench.devices.keep(Credentials("bob", "other")).result(20) == "bob (2)"


def test_two_runs_at_once_give_different_numbers_and_say_which(make: Make) -> None:
    bench = make()
    bench.cameras.gate.clear()
    runs = [
        bench.devices.onboard([candidate(n), candidate(n + 1)], ["ada"], bench.events.append).result(20)
        for n in (1, 11, 21)
    ]
    eventually(lambda: len(bench.cameras.asked) == 6)  # all have their numbers, the same ones
    bench.cameras.gate.set()
    assert all(run.wait(20) for run in runs)
    site = bench.devices.site
    assert [camera.number for camera in site.cameras] == [1, 2, 3, 4, 5, 6]
    for event in bench.done(Outcome.ADDED, 6):
        assert event.camera is not None
        now = site.by_id(event.camera.id)
        assert now is not None
        assert event.camera.number == now.number
        assert event.sentence.endswith(f"added as number {now.number}.")


def test_a_camera_that_is_there_already_keeps_its_number(make: Make) -> None:
    bench = make(GATE)
    bench.cameras.endpoints["http://192.0.2.4/other"] = GATE.id
    typed = Candidate("address:192.0.2.4:", DeviceKind.ONVIF, "192.0.2.4", "", ("http://192.0.2.4/other",))
    run = bench.devices.onboard([typed], ["ada"], bench.events.append).result(20)
    assert run.wait(20)
    assert [(camera.number, camera.id) for camera in bench.devices.site.cameras] == [(4, GATE.id)]
    assert bench.done(Outcome.ADDED)[0].sentence.endswith("added as number 4.")


def test_a_locked_vault_is_told(make: Make) -> None:
    bench = make(GATE)
    bench.vault.locked = True
    with pytest.raises(VaultError, match="locked"):
        bench.devices.onboard([candidate(1)], ["ada"], bench.events.append).result(20)
    bench.devices.change_credentials(4, BOB, bench.events.append)
    assert bench.done(Outcome.FAILED)[0].sentence == "The vault is locked. Enter its passphrase."
    request = bench.devices.feed_sources()[0]
    with pytest.raises(Refused, match="Gate: user name or password refused: The vault is locked"):
        request.resolve(request.profiles[0])
    assert bench.cameras.asked == []


def test_other_credentials_are_tried_once_and_kept_if_they_are_right(make: Make) -> None:
    bench = make(GATE)
    bench.cameras.right[GATE.xaddrs[0]] = BOB
    bench.cameras.endpoints[GATE.xaddrs[0]] = GATE.id
    bench.devices.change_credentials(4, Credentials("ada", "wrong"), bench.events.append)
    bench.done(Outcome.REFUSED)
    assert bench.devices.site.cameras[0].credentials == "ada"
    # A feed that was opened before goes on with what is right now.
    source = bench.devices.feed_sources()[0]
    bench.devices.change_credentials(4, BOB, bench.events.append)
    bench.done(Outcome.ADDED)
    assert bench.devices.site.cameras[0].credentials == "bob"
    assert source.resolve(source.profiles[0]).credentials == BOB
    assert [login for _, login, _ in bench.cameras.asked] == [Credentials("ada", "wrong"), BOB]
    assert all(expect == GATE.id for _, _, expect in bench.cameras.asked)
    bench.devices.change_credentials(99, BOB, bench.events.append)
    assert len(bench.cameras.asked) == 2


def test_a_request_carries_the_login_and_never_in_its_url(make: Make) -> None:
    bench = make(replace(GATE, transport=Transport.UDP), Camera(5, "Open", "urn:uuid:open", streams=GATE.streams))
    gate, open_one = bench.devices.feed_sources()
    request = gate.resolve(gate.profiles[0])
    assert request == StreamRequest("Gate", "rtsp://192.0.2.4/main", ADA, Transport.UDP)
    assert open_one.resolve(open_one.profiles[0]).credentials is None
    bench.vault.remove("ada")
    with pytest.raises(Refused, match="the credentials 'ada' are not on this computer"):
        gate.resolve(gate.profiles[0])


def test_editing_and_removing(make: Make) -> None:
    bench = make(GATE, Camera(5, "Yard", "urn:uuid:yard"))
    source = bench.devices.feed_sources()[0]
    bench.devices.edit(GATE.id, "Main gate", 40, Transport.UDP)
    camera = bench.devices.site.by_number(40)
    assert camera is not None
    assert (camera.name, camera.streams) == ("Main gate", GATE.streams)
    assert source.resolve(source.profiles[0]).transport is Transport.UDP
    with pytest.raises(DuplicateCameraError):
        bench.devices.edit(GATE.id, "Main gate", 5, Transport.TCP)
    with pytest.raises(ValueError, match="number 0"):
        bench.devices.edit(GATE.id, "Main gate", 0, Transport.TCP)
    bench.devices.edit("urn:uuid:none", "X", 7, Transport.TCP)
    bench.devices.remove(GATE.id)
    assert [c.number for c in bench.devices.site.cameras] == [5]


def test_found_is_what_answers_and_is_not_part_of_the_site(make: Make) -> None:
    bench = make(GATE)
    for device in (found(20), found(3), found(4, id=GATE.id, xaddrs=GATE.xaddrs), found(7)):
        bench.finder.found(device)
    bench.finder.found(found(7, gone=True))
    assert [device.address for device in bench.devices.found()] == ["192.0.2.3", "192.0.2.20"]
    assert bench.changes == 5
    bench.devices.search_again()
    assert bench.finder.probes == 1
    other = Finder()
    bench.devices.sweep(other).result(20)
    other.found(found(30))
    assert len(bench.devices.found()) == 3


def test_a_camera_that_moved_is_read_again_there_after_its_identity_is_checked(make: Make) -> None:
    bench = make(GATE)
    new = "http://192.0.2.99/x"
    bench.cameras.endpoints[new] = GATE.id
    bench.finder.found(found(99, id=GATE.id))
    eventually(lambda: bench.devices.site.cameras[0].address == "192.0.2.99")
    camera = bench.devices.site.cameras[0]
    assert (camera.number, camera.name, camera.credentials, camera.xaddrs[0]) == (4, "Gate", "ada", new)
    assert bench.cameras.asked == [(new, ADA, GATE.id)]
    bench.finder.found(found(99, id=GATE.id, name="Other"))
    assert len(bench.cameras.asked) == 1  # it has not moved again


def test_another_device_that_claims_the_identity_gets_no_password(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    bench = make(GATE)
    bench.finder.found(found(99, id=GATE.id))
    eventually(lambda: "another device answers there" in caplog.text)
    assert bench.cameras.asked == []
    assert bench.devices.site.cameras == (GATE,)


def test_a_camera_that_moved_while_the_vault_is_locked_is_told_in_the_log(
    make: Make, caplog: pytest.LogCaptureFixture
) -> None:
    bench = make(GATE)
    bench.vault.locked = True
    bench.finder.found(found(99, id=GATE.id))
    eventually(lambda: "Gate cannot be read again at its new address: The vault is locked" in caplog.text)


def test_a_camera_seen_where_it_was_or_saying_bye_is_left_alone(make: Make) -> None:
    bench = make(GATE)
    bench.finder.found(found(4, id=GATE.id, xaddrs=(*GATE.xaddrs, "http://[fe80::1]/x")))
    bench.finder.found(found(4, id=GATE.id, xaddrs=GATE.xaddrs, gone=True))
    bench.devices.set_names().result(20)  # behind whatever was asked before
    assert bench.cameras.asked == []


def test_the_end_cancels_waits_and_lets_nothing_in_afterwards(
    make: Make, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.services.devices._STOP_SECONDS", 0.05)
    bench = make()
    bench.cameras.gate.clear()
    run = bench.devices.onboard([candidate(n) for n in range(1, 20)], ["ada"], bench.events.append).result(20)
    eventually(lambda: len(bench.cameras.asked) == 4)
    bench.devices.stop()
    bench.book.close()
    bench.cameras.gate.set()  # only now the four that were asked answer
    assert run.wait(20)
    assert len(bench.cameras.asked) == 4
    assert bench.devices.site.cameras == ()
    with pytest.raises((RuntimeError, CancelledError)):
        bench.devices.set_names().result(20)
    assert "exception" not in caplog.text.lower()
