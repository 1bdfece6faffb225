"""Reads plates from chosen cameras where these cannot: a feed of events like any other, and nothing leaves this
computer for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial

from console.model.plate_cameras import PlateCamera
from console.model.plate_sources import OWN_READER
from console.model.plate_votes import Verdict
from console.model.rates import Rate
from console.model.site import Camera, Site
from console.services.plate_budget import CpuBudget
from console.services.plate_watch import PlateWatch, WatchCounts, WatchOrder
from drivers.errors import NotFound
from drivers.events import MOST_PICTURE, Deliver, FeedCounts, PlateRead, made_id
from drivers.interfaces import VideoOpener
from drivers.plate_reading import EyeMaking, Seen
from drivers.types import Polygon, StreamRequest

NAME = OWN_READER
"""The source of its events."""
JOIN_SECONDS = 12.0
"""A worker that waits for a packet comes back within ten seconds."""

OWN = "Own reader of {}"
"""What the reader of a camera is called among everything else that reports."""

StreamOf = Callable[[int, str], Callable[[], StreamRequest] | None]
"""How a stream of a camera (its number, the stream's token or "") is asked for; None where there is none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How the reading of one camera goes: what it told, what it did for that, what is wrong ("": nothing), and how
    many cores it takes now."""

    counts: FeedCounts
    work: WatchCounts
    wrong: str
    cores: float


class PlateReader:
    """See ``drivers.events.EventFeed``. ``start`` and ``stop`` come from one thread, the rest from any; a worker for
    each camera reads and delivers."""

    name = NAME

    def __init__(
        self,
        site: Callable[[], Site],
        stream_of: StreamOf,
        opener: VideoOpener,
        make_eye: EyeMaking,
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[str, str], None] = lambda name, sentence: None,
    ) -> None:
        """``site`` is asked at ``start`` which cameras are read. ``changed`` is told the name of a camera's reader with
        what is wrong with it from now on, "" for nothing."""
        self._site, self._stream_of, self._opener, self._make_eye = site, stream_of, opener, make_eye
        self._clock, self._changed = clock, changed
        self._lock = threading.Lock()
        self._watches: dict[int, PlateWatch] = {}
        self._names: dict[int, str] = {}
        self._rates: dict[int, Rate] = {}
        self._troubles: dict[int, str] = {}
        self._counts: dict[int, FeedCounts] = {}
        self._deliver: Deliver | None = None
        self._trouble: Callable[[str], None] = lambda sentence: None
        self.budget: CpuBudget | None = None

    def start(self, deliver: Deliver, trouble: Callable[[str], None]) -> None:
        """Begin to read; returns at once."""
        self._deliver, self._trouble = deliver, trouble
        site = self._site()
        self.budget = CpuBudget(site.plate_reading.cpu_share, self._clock)
        for each in site.plate_reading.cameras:
            camera = site.by_id(each.camera)
            if camera is not None:
                self._watch(camera, each, self.budget)
        for number, watch in self._watches.items():
            self._changed(self._names[number], "")
            watch.start()

    def retry(self) -> None:
        """Try again now what was refused or is away: credentials or addresses changed. Any thread."""
        for watch in self._watches.values():
            watch.retry()

    def stop(self) -> None:
        """End every thread and wait for them."""
        for watch in self._watches.values():
            watch.stop()
        for number, watch in self._watches.items():
            watch.join(JOIN_SECONDS)
            self._changed(self._names[number], "")

    def counts(self) -> FeedCounts:
        """What was read so far, of all cameras."""
        with self._lock:
            each = list(self._counts.values())
        return FeedCounts(
            sum(one.received for one in each),
            sum(one.refused for one in each),
            sum(one.left_out for one in each),
            max((one.last for one in each if one.last is not None), default=None),
        )

    def readings(self) -> dict[str, Reading]:
        """How it goes, by the name of each camera's reader. For one who looks about once a second."""
        now = self._clock()
        with self._lock:
            found = {}
            for number, watch in self._watches.items():
                work = watch.counts
                cores = self._rates[number].look(now, work.cpu_seconds)
                found[self._names[number]] = Reading(
                    self._counts[number], work, self._troubles.get(number, ""), cores
                )  # fmt: skip
        return found

    def work(self) -> dict[int, WatchCounts]:
        """What each camera's reader did, by the camera's number."""
        return {number: watch.counts for number, watch in self._watches.items()}

    def _watch(self, camera: Camera, chosen: PlateCamera, budget: CpuBudget) -> None:
        name = f"camera {camera.number} {camera.name}"

        def request() -> StreamRequest:
            found = self._stream_of(camera.number, chosen.stream)
            if found is None:
                raise NotFound(name)
            return found()

        def masks() -> tuple[Polygon, ...]:
            now = self._site().by_id(camera.id)
            return (now or camera).view.masks

        order = WatchOrder(name, request, chosen.regions, masks, chosen.pictures_per_second)
        told, tell = partial(self._heard, camera.number), partial(self._read, camera)
        with self._lock:
            self._names[camera.number] = OWN.format(f"{camera.number} {camera.name}".strip())
            self._counts[camera.number], self._rates[camera.number] = FeedCounts(), Rate()
        self._watches[camera.number] = PlateWatch(order, self._opener, self._make_eye, budget, tell, told, self._clock)

    # In the workers.

    def _heard(self, number: int, sentence: str) -> None:
        """Of several troubles the first is told, and when it is over the next."""
        with self._lock:
            before = next(iter(self._troubles.values()), "")
            if sentence:
                self._troubles[number] = sentence
            else:
                self._troubles.pop(number, None)
            now = next(iter(self._troubles.values()), "")
        self._changed(self._names[number], sentence)
        if now != before:
            self._trouble(now)

    def _read(self, camera: Camera, verdict: Verdict, seen: Seen, jpegs: tuple[bytes, bytes], taken: float) -> None:
        moment = datetime.now(UTC) - timedelta(seconds=max(0.0, self._clock() - taken))
        plate, scene = (jpeg if len(jpeg) <= MOST_PICTURE else b"" for jpeg in jpegs)
        event = PlateRead(
            source=NAME,
            id=made_id(camera.id, moment.isoformat(), verdict.text),
            at=moment,
            place=camera.place,
            plate=verdict.text,
            confidence=verdict.confidence,
            candidates=verdict.candidates,
            camera=camera.id,
            direction=verdict.direction,
            box=seen.box,
            plate_picture=plate,
            scene_picture=scene,
        )
        with self._lock:
            counts = self._counts[camera.number]
            left_out = counts.left_out + sum(1 for jpeg in jpegs if len(jpeg) > MOST_PICTURE)
            self._counts[camera.number] = replace(
                counts, received=counts.received + 1, left_out=left_out, last=moment
            )  # fmt: skip
        self._hand_in(camera.number, event)

    def _hand_in(self, number: int, event: PlateRead) -> None:
        """Where there is no room for a read with its pictures there may be for the read alone, which is what counts:
        nobody else has it."""
        assert self._deliver is not None
        self._deliver([event]).then(partial(self._stored, number, event))

    def _stored(self, number: int, event: PlateRead, done: bool) -> None:
        if done:
            return
        pictures = sum(bool(picture) for picture in (event.plate_picture, event.scene_picture))
        with self._lock:
            counts = self._counts[number]
            if pictures:
                self._counts[number] = replace(counts, left_out=counts.left_out + pictures)
            else:
                self._counts[number] = replace(counts, refused=counts.refused + 1)
        if pictures:
            self._hand_in(number, replace(event, plate_picture=b"", scene_picture=b""))
