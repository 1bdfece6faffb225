"""Reads plates from chosen cameras where these cannot: a feed of events like any other, and nothing leaves this
computer for it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

from console.model.plate_cameras import PlateCamera
from console.model.plate_sources import OWN_READER
from console.model.plate_votes import Verdict
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

StreamOf = Callable[[int, str], Callable[[], StreamRequest] | None]
"""How a stream of a camera (its number, the stream's token or "") is asked for; None where there is none."""


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
    ) -> None:
        """``site`` is asked at ``start`` which cameras are read."""
        self._site, self._stream_of, self._opener, self._make_eye = site, stream_of, opener, make_eye
        self._clock = clock
        self._lock = threading.Lock()
        self._watches: dict[int, PlateWatch] = {}
        self._troubles: dict[str, str] = {}
        self._counts = FeedCounts()
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
        for watch in self._watches.values():
            watch.start()

    def retry(self) -> None:
        """Try again now what was refused or is away: credentials or addresses changed. Any thread."""
        for watch in self._watches.values():
            watch.retry()

    def stop(self) -> None:
        """End every thread and wait for them."""
        for watch in self._watches.values():
            watch.stop()
        for watch in self._watches.values():
            watch.join(JOIN_SECONDS)

    def counts(self) -> FeedCounts:
        """What was read so far."""
        with self._lock:
            return self._counts

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
        told, tell = partial(self._heard, camera.id), partial(self._read, camera)
        self._watches[camera.number] = PlateWatch(order, self._opener, self._make_eye, budget, tell, told, self._clock)

    # In the workers.

    def _heard(self, camera: str, sentence: str) -> None:
        """Of several troubles the first is told, and when it is over the next."""
        with self._lock:
            before = next(iter(self._troubles.values()), "")
            if sentence:
                self._troubles[camera] = sentence
            else:
                self._troubles.pop(camera, None)
            now = next(iter(self._troubles.values()), "")
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
            counts = self._counts
            left_out = counts.left_out + sum(1 for jpeg in jpegs if len(jpeg) > MOST_PICTURE)
            self._counts = replace(counts, received=counts.received + 1, left_out=left_out, last=moment)
        self._hand_in(event)

    def _hand_in(self, event: PlateRead) -> None:
        """Where there is no room for a read with its pictures there may be for the read alone, which is what counts:
        nobody else has it."""
        assert self._deliver is not None
        self._deliver([event]).then(partial(self._stored, event))

    def _stored(self, event: PlateRead, done: bool) -> None:
        if done:
            return
        pictures = sum(bool(picture) for picture in (event.plate_picture, event.scene_picture))
        with self._lock:
            counts = self._counts
            if pictures:
                self._counts = replace(counts, left_out=counts.left_out + pictures)
            else:
                self._counts = replace(counts, refused=counts.refused + 1)
        if pictures:
            self._hand_in(replace(event, plate_picture=b"", scene_picture=b""))
