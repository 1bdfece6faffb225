"""Onboarding: careful with passwords, clear in its sentences, stable in its numbers."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import cast

import pytest

from console.model.site import Camera, Site
from console.services.onboarding import Onboarder, OnboardingRun, Outcome, Progress, RefusalMemory
from console.services.onboarding_input import Candidate, from_discovered, from_known, from_text
from console.store.credentials import MemoryVault
from drivers.errors import LockedOut, NotFound, Refused, Unreachable
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
)

ADA, BOB, CYD, DAN = (Credentials(name, f"pw-{name}") for name in ("ada", "bob", "cyd", "dan"))
SETS = {"ada": ADA, "bob": BOB, "cyd": CYD, "dan": DAN}


@dataclass
class Cameras:
    """Describes cameras: by address the credentials that are right, or what goes wrong."""

    right: dict[str, Credentials | Exception | None]
    asked: list[tuple[str, Credentials | None, str]] = field(default_factory=list)
    together: int = 0
    most: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(
        self, name: str, xaddrs: tuple[str, ...], credentials: Credentials | None, expect_endpoint: str = ""
    ) -> CameraDescription:
        with self.lock:
            self.asked.append((name, credentials, expect_endpoint))
            self.together += 1
            self.most = max(self.most, self.together)
        try:
            answer = self.right[name]
            if isinstance(answer, Exception):
                raise answer
            if answer != credentials:
                raise Refused(name)
            stream = StreamProfile("main", "Main", "rtsp://192.0.2.1/main", Codec.H264, 1280, 720, 25.0, has_ptz=True)
            return CameraDescription(
                DeviceInfo("Acme", "X1"), (stream,), {"device": xaddrs[0], "ptz": xaddrs[0]}, endpoint="urn:uuid:1"
            )
        finally:
            with self.lock:
                self.together -= 1


class Video:
    """Opens streams by URL."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.requests: list[StreamRequest] = []
        self.sources: list[Source] = []

    def __call__(self, request: StreamRequest) -> VideoSource:
        self.requests.append(request)
        if self.error is not None:
            raise self.error
        self.sources.append(Source())
        return cast(VideoSource, self.sources[-1])


class Source:
    """An open stream that only says what it is."""

    def __init__(self) -> None:
        self.codec, self.width, self.height, self.fps = "H264", 640, 360, 15.0
        self.closed = False

    def close(self) -> None:
        self.closed = True


def candidate(name: str, **more: object) -> Candidate:
    return Candidate(f"id-{name}", DeviceKind.ONVIF, "192.0.2.1", name, ("http://192.0.2.1/x",), **more)  # type: ignore[arg-type]


def onboard(
    cameras: Cameras,
    candidates: Sequence[Candidate],
    sets: Sequence[str] = ("ada", "bob", "cyd", "dan"),
    site: Site | None = None,
    memory: RefusalMemory | None = None,
    video: Video | None = None,
    insist: bool = False,
) -> tuple[OnboardingRun, list[Progress]]:
    events: list[Progress] = []
    boarder = Onboarder(cameras, video or Video(), MemoryVault(SETS), memory or RefusalMemory(), parallel=4)
    run = boarder.start(candidates, sets, site or Site(), events.append, insist)
    assert run.wait(20)
    return run, events


def test_many_at_once_with_stable_numbers() -> None:
    cameras = Cameras({f"cam{n}": ADA for n in range(40)})
    known = Site("s", (Camera(2, "Old", "old"), Camera(7, "Mine", "id-cam3")))
    run, events = onboard(cameras, [candidate(f"cam{n}") for n in range(40)], site=known)
    assert cameras.most <= 4
    site = known.adding(run.cameras())
    mine = site.by_id("id-cam3")
    assert mine is not None
    assert (mine.number, mine.name, mine.manufacturer) == (7, "Mine", "Acme")
    assert [camera.number for camera in run.cameras()][:5] == [1, 3, 4, 7, 5]
    assert all(event.outcome is Outcome.ADDED for event in run.results())
    assert sum(event.outcome is Outcome.ADDED for event in events) == 40
    assert mine.ptz
    assert mine.credentials == "ada"


def test_each_set_once_and_at_most_three() -> None:
    cameras = Cameras({"gate": DAN})
    run, _ = onboard(cameras, [candidate("gate")])
    assert [asked[1] for asked in cameras.asked] == [ADA, BOB, CYD]
    assert run.results()[0].outcome is Outcome.REFUSED
    assert "user name or password refused" in run.results()[0].sentence


def test_refusals_are_remembered_until_the_user_insists() -> None:
    now = [0.0]
    memory = RefusalMemory(lambda: now[0])
    cameras = Cameras({"gate": DAN})
    onboard(cameras, [candidate("gate")], memory=memory)
    run, _ = onboard(cameras, [candidate("gate")], memory=memory)
    assert len(cameras.asked) == 3
    assert run.results()[0].sentence == (
        "gate: user name or password refused: 3 credential sets were refused. "
        "More could lock the account: wait half an hour, or say that you want to go on."
    )
    run, _ = onboard(cameras, [candidate("gate")], sets=("ada",), memory=memory)
    assert run.results()[0].sentence == (
        "gate: user name or password refused: these credentials were refused before. Enter other ones."
    )
    run, _ = onboard(cameras, [candidate("gate")], memory=memory, insist=True)
    assert run.results()[0].outcome is Outcome.ADDED
    assert [asked[1] for asked in cameras.asked[3:]] == [DAN]
    memory.forget("id-gate")
    assert not memory.refused("id-gate", ADA)


def test_half_an_hour_later_the_fourth_set_is_tried() -> None:
    now = [0.0]
    memory = RefusalMemory(lambda: now[0])
    cameras = Cameras({"gate": DAN})
    onboard(cameras, [candidate("gate")], memory=memory)
    now[0] = 1801.0
    run, _ = onboard(cameras, [candidate("gate")], memory=memory)
    assert run.results()[0].outcome is Outcome.ADDED


def test_a_lock_out_ends_it() -> None:
    cameras = Cameras({"gate": LockedOut("gate")})
    run, _ = onboard(cameras, [candidate("gate")])
    assert len(cameras.asked) == 1
    assert "account locked by the device" in run.results()[0].sentence


def test_one_bad_camera_does_not_disturb_the_others() -> None:
    cameras = Cameras({"a": ADA, "b": Unreachable("b"), "c": BOB})
    run, _ = onboard(cameras, [candidate(name) for name in "abc"])
    assert [result.outcome for result in run.results()] == [Outcome.ADDED, Outcome.FAILED, Outcome.ADDED]
    assert run.results()[1].sentence == "b: not reachable. Check its power, cable and address."


def test_own_sets_come_first_and_open_cameras_need_none() -> None:
    cameras = Cameras({"a": DAN, "b": None})
    onboard(cameras, [candidate("a", sets=("dan",))], sets=("ada",))
    run, _ = onboard(cameras, [candidate("b")], sets=())
    assert [asked[1] for asked in cameras.asked] == [DAN, None]
    assert run.cameras()[0].credentials == ""


def test_cancel() -> None:
    cameras = Cameras({f"cam{n}": ADA for n in range(20)})
    boarder = Onboarder(cameras, Video(), MemoryVault(SETS), RefusalMemory(), parallel=1)
    runs: list[OnboardingRun] = []
    ready = threading.Event()

    def progress(event: Progress) -> None:
        assert ready.wait(10)
        runs[0].cancel()

    runs.append(boarder.start([candidate(f"cam{n}") for n in range(20)], ("ada",), Site(), progress))
    ready.set()
    assert runs[0].wait(10)
    outcomes = [result.outcome for result in runs[0].results()]
    assert outcomes.count(Outcome.ADDED) == 1
    assert outcomes.count(Outcome.CANCELLED) == 19
    assert "not asked, the run was cancelled" in runs[0].results()[-1].sentence


def test_nothing_to_do_is_done() -> None:
    run, events = onboard(Cameras({}), [])
    assert run.results() == ()
    assert events == []


def test_by_url() -> None:
    video = Video()
    found, credentials = from_text("rtsp://ada:s3cret@192.0.2.9:8554/live", "Pier")
    assert credentials == Credentials("ada", "s3cret")
    run, _ = onboard(Cameras({}), [found], sets=("ada",), video=video)
    (camera,) = run.cameras()
    assert (camera.name, camera.kind, camera.address) == ("Pier", DeviceKind.RTSP, "192.0.2.9")
    assert camera.streams[0].uri == "rtsp://192.0.2.9:8554/live"
    assert (camera.streams[0].width, camera.streams[0].codec) == (640, Codec.H264)
    assert video.requests[0].credentials == ADA
    assert all(source.closed for source in video.sources)
    run, _ = onboard(Cameras({}), [found], video=Video(NotFound("Pier")))
    assert run.results()[0].sentence.startswith("Pier: no such stream on the device.")


def test_a_known_camera_that_moved_is_asked_who_it_is() -> None:
    endpoint = "urn:uuid:12345678-1234-1234-1234-123456789abc"
    camera = Camera(5, "Gate", endpoint, address="192.0.2.1", credentials="bob")
    device = Discovered(endpoint, "x", "192.0.2.8", ("http://192.0.2.8/x",), DeviceKind.ONVIF, FoundBy.WS_DISCOVERY)
    cameras = Cameras({"Gate": BOB})
    run, _ = onboard(cameras, [from_known(camera, device)], sets=(), site=Site("s", (camera,)))
    (moved,) = run.cameras()
    assert cameras.asked == [("Gate", BOB, endpoint)]
    assert (moved.number, moved.address, moved.id) == (5, "192.0.2.8", endpoint)


def test_an_address_is_known_by_its_endpoint_afterwards() -> None:
    found, _ = from_text("192.0.2.1:8080")
    run, _ = onboard(Cameras({"192.0.2.1": ADA}), [found])
    assert run.cameras()[0].id == "urn:uuid:1"


def test_from_discovered() -> None:
    device = Discovered("address:x", "Gate", "192.0.2.8", ("rtsp://192.0.2.8/",), DeviceKind.RTSP, FoundBy.MDNS)
    assert from_discovered(device).uri == "rtsp://192.0.2.8/"


@pytest.mark.parametrize(
    ("text", "kind", "first"),
    [
        ("192.0.2.1", DeviceKind.ONVIF, "http://192.0.2.1/onvif/device_service"),
        ("cam.local:8080", DeviceKind.ONVIF, "http://cam.local:8080/onvif/device_service"),
        ("[fe80::1]:81", DeviceKind.ONVIF, "http://[fe80::1]:81/onvif/device_service"),
        ("fe80::1", DeviceKind.ONVIF, "http://[fe80::1]/onvif/device_service"),
        ("http://192.0.2.1/onvif/device_service", DeviceKind.ONVIF, "http://192.0.2.1/onvif/device_service"),
        ("http://192.0.2.1/video.mjpg", DeviceKind.URL, "http://192.0.2.1/video.mjpg"),
        ("rtsps://192.0.2.1:322:322/a", DeviceKind.RTSP, "rtsps://192.0.2.1:322/a"),
        ("/films/a b.mp4", DeviceKind.URL, "file:///films/a%20b.mp4"),
        (r"C:\films\a.mp4", DeviceKind.URL, "file:///C:/films/a.mp4"),
        ("file:///films/a.mp4", DeviceKind.URL, "file:///films/a.mp4"),
    ],
)
def test_what_people_type(text: str, kind: DeviceKind, first: str) -> None:
    found, credentials = from_text(text)
    assert found.kind is kind
    assert (found.xaddrs or (found.uri,))[0] == first
    assert credentials is None


@pytest.mark.parametrize(
    "text", ["", "a b", "concat:/etc/passwd|x", "subfile://x", "rtsp://", "x/y", "a@b", "rtsp://h:x/"]
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"\. (Write|Use) "):
        from_text(text)


@pytest.mark.parametrize(
    ("asked", "warnings"),
    [
        ("http://192.0.2.1/x", ()),
        ("http://192.0.2.9/x", ("It answered from 192.0.2.1 and is asked at 192.0.2.9, as it says.",)),
        ("http://[2001:db8::9]/x", ()),
        ("http://gate.example/x", ()),
    ],
)
def test_another_address_is_not_followed_silently(asked: str, warnings: tuple[str, ...]) -> None:
    gate = replace(candidate("gate"), xaddrs=(asked,))
    run, _ = onboard(Cameras({"gate": ADA}), [gate], ("ada",))
    (result,) = run.results()
    assert (result.outcome, result.warnings) == (Outcome.ADDED, warnings)
