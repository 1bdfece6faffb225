"""`watchfloor bench plates`: what the own plate reader makes of the virtual city's traffic, and what that costs.

The reader is the one that the console runs: it opens the cameras' streams, decodes, finds and reads within its
share of the processor. The city says afterwards which plate really passed which camera when. Its pictures are cleaner
than those of a street (no dirt, no rain, no glare, letters of one face), so the shares are the best to be expected.
"""

from __future__ import annotations

import json
import random
import threading
import time
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from console.cli.city_process import CityProcess
from console.model.plate_cameras import PlateCamera, PlateReading
from console.model.plate_votes import distance
from console.model.site import Camera, Site, Stream
from console.services.plate_reader import PlateReader
from console.services.plate_watch import WatchCounts
from drivers.errors import DriverError
from drivers.events import Event, PlateRead, Receipt
from drivers.ocr.eye import EyeMaker
from drivers.ocr.rapid import RapidPlateOcr
from drivers.types import StreamRequest
from drivers.video.shaping import one_thread
from drivers.video.source import open_stream
from drivers.virtual.number_plates import make_plate

PATIENCE = 60.0
NEAR_SECONDS = 4.0
"""A plate that was told so long before or after a pass may be that of the pass."""
LIKE = 3
"""Signs by which a plate that was told may differ from the true one to count as found, and wrong."""
LEAD_SECONDS, TAIL_SECONDS = 6.0, 4.0
"""Passes so soon after the begin, or before the end, are not counted: the car was in the picture already, or still."""
WARM_SECONDS = 15.0
EACH_SECONDS = 6.0
"""So often a car is sent past each camera, beside those that come by themselves."""
LEAST_FPS = 13.0
"""The city's cameras have 15 pictures a second; a city that falls behind shows cars too late, or not at all."""
CLOCKS = ((0.0, 0.08), (1.0, 0.08), (1.0, 0.82), (0.0, 0.82))
"""The region that is read: all but the captions and the time code."""


@dataclass(frozen=True, slots=True)
class PlateBench:
    """What to measure: so many cameras, for how long, with how many cores and pictures a second."""

    cameras: int
    seconds: int
    share: float
    pictures: float
    seed: int = 7


class _Receipt:
    """What is told here is kept at once."""

    def wait(self, seconds: float) -> bool:
        return True

    def then(self, done: Callable[[bool], None]) -> None:
        done(True)


@dataclass(frozen=True, slots=True)
class Told:
    """A plate that the reader told: of which camera (number), when it was seen and when it was told (UTC seconds)."""

    camera: int
    plate: str
    seen: float
    told: float


def measure_plates(wanted: PlateBench, tell: Callable[[str], None]) -> dict[str, Any]:
    """Run the bench; the keys of the result are stable. Raises RuntimeError if something does not come."""
    one_thread()
    try:
        ocr = RapidPlateOcr()
    except DriverError as error:
        raise RuntimeError(error.sentence) from error
    cameras = max(4, wanted.cameras + -(-wanted.cameras // 3))
    extra = ["--control", "--no-discovery", "--open-streams", "--readers", str(wanted.cameras), "--prepare"]
    with CityProcess(cameras, wanted.seed, extra, tell) as city:
        site, urls = _site(city, wanted)
        told: list[Told] = []
        lock = threading.Lock()

        def deliver(events: list[Event]) -> Receipt:
            now = time.time()
            with lock:
                for event in events:
                    camera = site.by_id(event.camera) if isinstance(event, PlateRead) else None
                    if isinstance(event, PlateRead) and camera is not None:
                        told.append(Told(camera.number, event.plate, event.at.timestamp(), now))
            return _Receipt()

        def stream_of(number: int, token: str) -> Callable[[], StreamRequest]:
            return lambda: StreamRequest(f"camera {number}", urls[number])

        reader = PlateReader(lambda: site, stream_of, open_stream, EyeMaker(lambda: ocr))
        reader.start(deliver, tell)
        try:
            _wait_playing(reader)
            # The city draws its streets finely only after some seconds, and is late until then.
            _traffic(city, site, wanted, WARM_SECONDS)
            tell(f"{wanted.cameras} cameras for {wanted.seconds} s …")
            before, began, begun = _sum(reader.work()), time.time(), time.monotonic()
            _traffic(city, site, wanted, wanted.seconds)
            took = time.monotonic() - begun
            work, ended = _sum(reader.work()), time.time()
            time.sleep(TAIL_SECONDS)
            truth = _control(city, "GET", f"/plates/truth?since={began}")
        finally:
            reader.stop()
    passes = [each for each in truth if began + LEAD_SECONDS <= each["posix"] <= ended - TAIL_SECONDS]
    inside = began + LEAD_SECONDS + NEAR_SECONDS, ended - TAIL_SECONDS - NEAR_SECONDS
    late = [each for each in told if not inside[0] <= each.seen <= inside[1]]
    found = judge([each for each in told if each not in late], late, passes)
    used = {name: work[name] - before[name] for name in work}
    fps = used["packets"] / took / wanted.cameras
    if fps < LEAST_FPS:
        tell(
            f"The city drew only {fps:.1f} pictures a second for each camera: it is too slow for so many on this "
            "computer, and its pictures are late. Measure fewer cameras, or while nothing else runs."
        )
    cost = {
        "looks": int(used["looks"]),
        "look_ms": round(1000 * used["look_seconds"] / max(1, used["looks"]), 1),
        "looks_per_core_second": round(used["looks"] / max(1e-9, used["look_seconds"]), 1),
        "right_per_core_second": round(found["read_right"] / max(1e-9, used["cpu_seconds"]), 2),
        "cores": {"allowed": wanted.share, "used": round(used["cpu_seconds"] / took, 3)},
        "settled": int(used["settled"]),
        "over_budget": int(used["over_budget"]),
        "undecoded": int(used["undecoded"]),
        "unsure": int(used["unsure"]),
    }
    city_fps = {"city_fps": round(fps, 1), "city_kept_up": fps >= LEAST_FPS}
    return {"cameras": wanted.cameras, "seconds": round(took, 1), **city_fps, **found, **cost}


def judge(told: Sequence[Told], spare: Sequence[Told], passes: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How well what was told fits what passed. ``spare`` is told of the begin and the end, where passes are not
    counted: it may be the read of a pass that is, but is no fault where it is none."""
    left = [*told, *spare]
    pairs = sorted(
        (distance(read.plate, each["plate"], LIKE), abs(read.seen - each["posix"]), at, index)
        for at, each in enumerate(passes)
        for index, read in enumerate(left)
        if read.camera == each["camera"] and abs(read.seen - each["posix"]) <= NEAR_SECONDS
    )
    matched: dict[int, tuple[int, int]] = {}
    used: set[int] = set()
    for edits, _, at, index in pairs:  # what is right first: a wrong read must not take the place of a right one
        if edits <= LIKE and at not in matched and index not in used:
            matched[at] = (index, edits)
            used.add(index)
    right = sum(1 for _, edits in matched.values() if edits == 0)
    delays = [left[index].told - passes[at]["posix"] for at, (index, _) in matched.items()]
    share = 1.0 / max(1, len(passes))
    return {
        "passes": len(passes),
        "found": len(matched),
        "read_right": right,
        "read_wrong": len(matched) - right,
        "made_up": sum(1 for index in range(len(told)) if index not in used),
        "found_share": round(len(matched) * share, 4),
        "right_share": round(right * share, 4),
        "told_after_s": {f"p{q}": round(float(np.percentile(delays, q)), 2) for q in (50, 95)} if delays else {},
        "wrong": [
            {"plate": passes[at]["plate"], "read": left[index].plate} for at, (index, edits) in matched.items() if edits
        ],
        "missed": [each["plate"] for at, each in enumerate(passes) if at not in matched],
    }


def _site(city: CityProcess, wanted: PlateBench) -> tuple[Site, dict[int, str]]:
    """The city's cameras that have traffic, as a site has them, and where they stream."""
    reading = {each["camera"] for each in _control(city, "GET", "/plates/readers")}
    devices = [each for each in _control(city, "GET", "/devices") if each["number"] in reading]
    urls = {each["number"]: each["rtsp"][0] for each in devices}
    cameras = tuple(
        Camera(each["number"], each["name"], each["endpoint"], streams=(Stream("main", urls[each["number"]]),))
        for each in devices
    )
    chosen = tuple(PlateCamera(camera.id, (CLOCKS,), wanted.pictures) for camera in cameras)
    return Site(cameras=cameras, plate_reading=PlateReading(chosen, wanted.share)), urls


def _wait_playing(reader: PlateReader) -> None:
    until = time.monotonic() + PATIENCE
    while not all(counts.playing for counts in reader.work().values()):
        if time.monotonic() > until:
            raise RuntimeError("The city's cameras gave no picture. Run `watchfloor city` to see why.")
        time.sleep(0.1)


def _traffic(city: CityProcess, site: Site, wanted: PlateBench, seconds: float) -> None:
    """Send cars past all cameras for so long, in either direction."""
    rng = random.Random(f"{wanted.seed} {seconds}")
    until = time.monotonic() + seconds
    turn = 0
    while (left := until - time.monotonic()) > 0:
        camera = site.cameras[turn % len(site.cameras)]
        body = {"plate": make_plate(rng).shown, "reader": str(camera.number), "towards": rng.random() < 0.5}
        _control(city, "POST", "/plates/pass", body)
        turn += 1
        time.sleep(min(left, EACH_SECONDS / len(site.cameras)))


def _sum(work: Mapping[int, WatchCounts]) -> dict[str, float]:
    names = ("packets", "looks", "look_seconds", "cpu_seconds", "settled", "over_budget", "undecoded", "unsure")
    return {name: sum(getattr(counts, name) for counts in work.values()) for name in names}


def _control(city: CityProcess, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """Ask the city's control API."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(city.control["url"] + path, data=data, method=method)
    request.add_header("X-City-Token", city.control["token"])
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30) as answer:
        return json.load(answer)
