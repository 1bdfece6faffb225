"""Plates read from cameras' streams: what becomes an event, what is left out, and how it goes on after troubles."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from fake_video import FPS, GOP, Clock, FakeVideo, eventually

from console.model.plate_cameras import PlateCamera, PlateReading
from console.model.site import Camera, Site, Stream
from console.services.plate_reader import NAME, PlateReader
from drivers.errors import Refused, Unreachable
from drivers.events import MOST_PICTURE, Candidate, Event, PlateRead, Receipt
from drivers.plate_reading import Area, Box, PlateEye, PlatesNotRead, Seen
from drivers.types import GeoPlace, Picture, Polygon, StreamRequest, View

REGION = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0))
MASK = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.2))


class FakeEye:
    """Sees what the test puts up: motion in all of the picture, and these plates."""

    def __init__(self) -> None:
        self.regions: tuple[Polygon, ...] = ()
        self.plates: list[tuple[str, float]] = []
        self.still = False
        self.jpeg = b"jpeg"
        self.failure: Exception | None = None

    def moving(self, picture: Picture) -> tuple[Area, ...]:
        return () if self.still else (Area(0, 0, picture.width, picture.height),)

    def read(self, picture: Picture, areas: Sequence[Area]) -> list[Seen]:
        if self.failure is not None:
            raise self.failure
        pixels = np.zeros((2, 2, 3), np.uint8)
        return [
            Seen(text, sure, Box(0.4, 0.5, 0.1, 0.03), (Candidate(text[:-1] + "0", 0.1),), pixels, pixels)
            for text, sure in self.plates
        ]

    def jpegs(self, seen: Seen) -> tuple[bytes, bytes]:
        return self.jpeg, self.jpeg + b" of the scene"


class Told:
    """A door in that keeps or refuses."""

    def __init__(self) -> None:
        self.events: list[PlateRead] = []
        self.keeps = True

    def __call__(self, events: list[Event]) -> Receipt:
        self.events += [event for event in events if isinstance(event, PlateRead)]
        return self

    def wait(self, seconds: float) -> bool:
        return self.keeps

    def then(self, done: Callable[[bool], None]) -> None:
        done(self.keeps)


class Bench:
    """A reader of one camera (or two) at a clock that only the test moves."""

    def __init__(self, cameras: int = 1, share: float = 16.0) -> None:
        self.clock = Clock()
        self.video = FakeVideo(self.clock)
        self.eye, self.told = FakeEye(), Told()
        self.troubles: list[str] = []
        self.no_ocr: PlatesNotRead | None = None
        chosen = tuple(PlateCamera(f"urn:uuid:{number}", (REGION,), FPS) for number in range(1, cameras + 1))
        self.site = Site(
            cameras=tuple(
                Camera(
                    number, "Gate", f"urn:uuid:{number}", streams=(Stream("main", f"fake:{number}"),),
                    place=GeoPlace(52.0, 4.0), view=View(rotate=90, masks=(MASK,)),
                )
                for number in range(1, cameras + 1)
            ),
            plate_reading=PlateReading(chosen, share),
        )  # fmt: skip
        self.streams: dict[int, str] = {number: f"fake:{number}" for number in range(1, cameras + 1)}
        self.wrong: dict[str, str] = {}
        self.reader = PlateReader(
            lambda: self.site, self._stream_of, self.video, self._make_eye, self.clock, self.wrong.__setitem__
        )  # fmt: skip

    def _stream_of(self, number: int, token: str) -> Callable[[], StreamRequest] | None:
        uri = self.streams.get(number)
        return None if uri is None else lambda: StreamRequest(f"camera {number}", uri)

    def _make_eye(self, regions: tuple[Polygon, ...]) -> PlateEye:
        if self.no_ocr is not None:
            raise self.no_ocr
        self.eye.regions = regions
        return self.eye

    def start(self) -> None:
        self.reader.start(self.told, self.troubles.append)

    def play(self, pictures: int = 1, number: int = 1) -> None:
        """So many pictures, one after the other, each in its time."""
        source = self.video.source(uri=f"fake:{number}")
        for _ in range(pictures):
            self.clock.now += 1.01 / FPS
            before = source.decoded + source.skipped
            source.feed()
            eventually(lambda before=before: source.decoded + source.skipped > before)  # type: ignore[misc]
            eventually(lambda: source.idle)

    def close(self) -> None:
        stopping = threading.Thread(target=self.reader.stop)
        stopping.start()
        eventually(lambda: all(watch._stopping for watch in self.reader._watches.values()))
        self.video.end_all()
        stopping.join(20)
        assert not stopping.is_alive()


@pytest.fixture
def bench() -> Iterator[Bench]:
    made = Bench()
    yield made
    made.close()


def test_a_car_becomes_one_event_with_pictures(bench: Bench) -> None:
    bench.eye.plates = [("AB12CDE", 0.99)]
    bench.start()
    bench.play(5)
    eventually(lambda: len(bench.told.events) == 1)
    (event,) = bench.told.events
    assert (event.source, event.camera, event.plate, event.confidence) == (NAME, "urn:uuid:1", "AB12CDE", 0.99)
    assert event.candidates == (Candidate("AB12CD0", 0.1),)
    assert (event.plate_picture, event.scene_picture) == (b"jpeg", b"jpeg of the scene")
    assert event.place == GeoPlace(52.0, 4.0)
    assert event.box == (0.4, 0.5, 0.1, 0.03)
    assert abs((datetime.now(UTC) - event.at).total_seconds()) < 60
    bench.play(5)
    assert len(bench.told.events) == 1
    assert bench.reader.counts().received == 1


def test_masks_are_painted_over_and_only_regions_are_looked_at(bench: Bench) -> None:
    bench.start()
    bench.play()
    source = bench.video.source()
    assert source.view == View(masks=(MASK,)), "as the camera sends it, but for the masks"
    assert source.target == (0, 0), "in full size"
    assert bench.eye.regions == (REGION,)


def test_without_motion_nothing_is_read(bench: Bench) -> None:
    bench.eye.still, bench.eye.plates = True, [("AB12CDE", 0.99)]
    bench.start()
    bench.play(5)
    work = bench.reader.work()[1]
    eventually(lambda: bench.reader.work()[1].pictures == 5)
    assert work.looks == 0


def test_only_so_many_pictures_a_second_are_looked_at(bench: Bench) -> None:
    chosen = replace(bench.site.plate_reading.cameras[0], pictures_per_second=FPS / 5)
    bench.site = replace(bench.site, plate_reading=PlateReading((chosen,), 16.0))
    bench.start()
    bench.play(31)
    eventually(lambda: 6 <= bench.reader.work()[1].pictures <= 8)
    assert bench.video.source().scaled <= 8


def test_what_is_over_the_budget_is_left_out_and_counted() -> None:
    bench = Bench(share=0.05)
    try:
        bench.start()
        bench.play()
        assert bench.reader.budget is not None
        bench.reader.budget.spend(0.11)  # as if a look had been dear
        bench.play()
        eventually(lambda: bench.reader.work()[1].over_budget >= 1)
        bench.reader.budget.spend(10.0)
        bench.play(GOP)
        source = bench.video.source()
        assert source.skipped == GOP, "not even decoded"
        eventually(lambda: bench.reader.work()[1].undecoded == GOP)
        bench.clock.now += 400.0
        bench.play(GOP)
        assert source.skipped < GOP + GOP, "from the next key frame on it goes on"
    finally:
        bench.close()


def test_a_stream_that_ends_is_opened_anew_and_its_cars_are_told(bench: Bench) -> None:
    bench.eye.plates = [("AB12CDE", 0.9)]
    bench.start()
    bench.play(2)
    bench.video.source().end()
    eventually(lambda: bench.video.opened >= 2)
    assert [event.plate for event in bench.told.events] == ["AB12CDE"]


def test_a_camera_that_is_away_is_trouble_until_it_is_back(bench: Bench) -> None:
    bench.video.fail_next_open(*[Unreachable("camera 1 Gate")] * 3)
    bench.start()
    eventually(lambda: bool(bench.troubles))
    assert bench.video.opened == 3, "a hiccup is none"
    bench.reader.retry()
    bench.play()
    eventually(lambda: bench.troubles[-1] == "")
    assert len(bench.troubles) == 2


def test_a_refused_password_is_trouble_and_not_tried_again(bench: Bench) -> None:
    bench.video.fail_next_open(Refused("camera 1 Gate"))
    bench.start()
    eventually(lambda: bool(bench.troubles))
    assert "refused" in bench.troubles[0]
    assert bench.video.opened == 1
    bench.reader.retry()
    bench.play()
    eventually(lambda: bench.troubles[-1] == "")


def test_without_the_extra_part_the_operator_is_told(bench: Bench) -> None:
    bench.no_ocr = PlatesNotRead("Plate reader")
    bench.start()
    eventually(lambda: bool(bench.troubles))
    assert "watchfloor[plates]" in bench.troubles[0]
    assert bench.video.opened == 0


def test_each_camera_says_how_it_goes_and_what_is_wrong() -> None:
    bench = Bench(2)
    try:
        bench.eye.plates = [("AB12CDE", 0.99)]
        bench.streams.pop(2)
        bench.start()
        assert bench.wrong.keys() == {"Own reader of 1 Gate", "Own reader of 2 Gate"}
        bench.play(5, number=1)
        eventually(lambda: len(bench.told.events) == 1)
        eventually(lambda: "no such stream" in bench.wrong["Own reader of 2 Gate"])
        found = bench.reader.readings()
        one, two = found["Own reader of 1 Gate"], found["Own reader of 2 Gate"]
        assert (one.counts.received, one.wrong, one.work.playing) == (1, "", True)
        assert two.counts.received == 0
        assert two.wrong == bench.wrong["Own reader of 2 Gate"]
        assert bench.reader.counts().received == 1
    finally:
        bench.close()
    assert set(bench.wrong.values()) == {""}  # whoever ends says nothing bad any more


def test_whatever_a_picture_does_to_the_networks_is_told_and_the_others_go_on() -> None:
    bench = Bench(2)
    try:
        bench.start()
        bench.play(number=1)
        bench.play(number=2)
        bench.eye.failure = RuntimeError("out of memory")
        bench.play(number=1)
        eventually(lambda: bool(bench.troubles))
        bench.eye.failure = None
        assert "camera 1 Gate are not read any more" in bench.troubles[0]
        assert bench.video.source(uri="fake:1").closed
        bench.eye.plates = [("AB12CDE", 0.99)]
        bench.play(5, number=2)
        eventually(lambda: [event.camera for event in bench.told.events] == ["urn:uuid:2"])
    finally:
        bench.close()


def test_what_was_read_before_the_end_is_told(bench: Bench) -> None:
    bench.eye.plates = [("AB12CDE", 0.9)]
    bench.start()
    bench.play(2)
    assert not bench.told.events
    bench.close()
    assert [event.plate for event in bench.told.events] == ["AB12CDE"]


def test_a_camera_without_that_stream_is_said(bench: Bench) -> None:
    bench.streams.clear()
    bench.start()
    eventually(lambda: bool(bench.troubles))
    assert "no such stream" in bench.troubles[0]


def test_a_mask_that_is_drawn_later_holds_from_then_on(bench: Bench) -> None:
    bench.start()
    bench.play()
    camera = bench.site.cameras[0]
    bench.site = bench.site.with_camera(replace(camera, view=View(masks=(MASK, REGION))))
    bench.play()
    assert bench.video.source().view == View(masks=(MASK, REGION))


def test_pictures_too_large_are_left_out_and_refusals_counted(bench: Bench) -> None:
    bench.eye.plates, bench.eye.jpeg = [("AB12CDE", 0.99)], bytes(MOST_PICTURE + 1)
    bench.told.keeps = False
    bench.start()
    bench.play(5)
    eventually(lambda: bench.reader.counts().refused == 1)
    assert bench.told.events[0].scene_picture == b""
    assert bench.reader.counts().left_out == 2


def test_where_pictures_find_no_room_the_read_alone_is_handed_in(bench: Bench) -> None:
    bench.eye.plates = [("AB12CDE", 0.99)]
    bench.told.keeps = False
    bench.start()
    bench.play(5)
    eventually(lambda: bench.reader.counts().refused == 1)
    with_pictures, bare = bench.told.events
    assert with_pictures.scene_picture
    assert bare == replace(with_pictures, plate_picture=b"", scene_picture=b"")
    assert bench.reader.counts().left_out == 2


def test_two_troubles_are_told_one_after_the_other() -> None:
    bench = Bench(2)
    try:
        bench.reader._trouble, bench.reader._names = bench.troubles.append, {1: "one", 2: "two"}
        bench.reader._heard(1, "one")
        bench.reader._heard(2, "two")
        bench.reader._heard(1, "")
        bench.reader._heard(2, "")
        assert bench.troubles == ["one", "two", ""]
    finally:
        bench.close()


def test_a_camera_that_is_taken_out_is_no_longer_read() -> None:
    site = Bench(2).site.without("urn:uuid:1")
    assert [each.camera for each in site.plate_reading.cameras] == ["urn:uuid:2"]
