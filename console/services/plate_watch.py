"""Reads the plates of one camera: its stream, decoded in a thread of its own, as few pictures as will do."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from console.model.plate_votes import PlateTracks, Sighting, Verdict
from console.model.restart import RestartState, StreamEvent, decide
from console.services.plate_budget import CpuBudget
from console.services.threads import lower_priority
from drivers.errors import DriverError, Refused, TimedOut
from drivers.interfaces import VideoOpener, VideoSource
from drivers.plate_reading import Box, EyeMaking, PlateEye, PlatesNotRead, Seen
from drivers.types import Picture, Polygon, StreamRequest, View

log = logging.getLogger(__name__)

NO_PICTURE_SECONDS = 8.0
"""A stream whose packets give no picture for so long is opened anew."""


@dataclass(frozen=True, slots=True)
class WatchOrder:
    """What to read: ``request`` is asked in the worker before each try, because it may look a password up. ``masks``
    are asked before each picture that is looked at, and painted over."""

    name: str
    request: Callable[[], StreamRequest]
    regions: tuple[Polygon, ...] = ()
    masks: Callable[[], tuple[Polygon, ...]] = lambda: ()
    pictures_per_second: float = 5.0


@dataclass(frozen=True, slots=True)
class WatchCounts:
    """What one camera's reader did since it started. ``packets`` came, ``pictures`` of them were looked at for motion,
    ``looks`` for plates;
    ``over_budget`` would have been looked at if there had been time, ``settled`` were not because the car was known;
    ``undecoded`` packets were left out because of the budget. ``told`` are plates, ``unsure`` cars whose plate was not
    read surely enough. ``look_seconds`` is the CPU time of all looks, ``cpu_seconds`` of everything."""

    packets: int = 0
    pictures: int = 0
    looks: int = 0
    over_budget: int = 0
    settled: int = 0
    undecoded: int = 0
    told: int = 0
    unsure: int = 0
    look_seconds: float = 0.0
    cpu_seconds: float = 0.0
    playing: bool = False


Tell = Callable[[Verdict, Seen, tuple[bytes, bytes], float], None]
"""A plate was read: what, the picture that says it best, that as JPEG (plate, scene), and when it was taken (monotonic
seconds)."""


class PlateWatch:
    """``start``, ``retry``, ``stop`` and ``join`` come from any thread, ``counts`` may be read in any; everything else
    is done in the worker, which also calls ``tell`` and ``trouble`` (a sentence, "" when it is over)."""

    def __init__(
        self,
        order: WatchOrder,
        opener: VideoOpener,
        make_eye: EyeMaking,
        budget: CpuBudget,
        tell: Tell,
        trouble: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
        cpu_clock: Callable[[], float] = time.thread_time,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self.order = order
        self._opener, self._make_eye, self._budget = opener, make_eye, budget
        self._tell, self._trouble = tell, trouble
        self._clock, self._cpu_clock, self._dice = clock, cpu_clock, dice
        self._wake = threading.Condition()
        self._stopping = self._changed = False
        self._thread: threading.Thread | None = None
        self.counts = WatchCounts()
        self._tracks = PlateTracks()
        self._seen: dict[int, Seen] = {}
        self._pictures = 0
        self._played_from = self._mark = 0.0

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread = threading.Thread(target=self._run, name=f"plates {self.order.name}", daemon=True)
        self._thread.start()

    def retry(self) -> None:
        """Try again now: credentials or addresses changed."""
        with self._wake:
            self._changed = True
            self._wake.notify_all()

    def stop(self) -> None:
        """Ask the worker to end; returns at once."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()

    def join(self, timeout: float) -> bool:
        """Wait for the worker's end; False if it has not come in time."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # In the worker thread from here on.

    def _run(self) -> None:
        lower_priority()
        try:
            self._keep_on()
        except Exception:  # the top of the thread: whatever a picture did to the networks is told, and the others go on
            log.exception("%s: reading plates failed inside the console", self.order.name)
            self._trouble(
                f"Plates of {self.order.name} are not read any more: see the log, and start the console anew."
            )

    def _keep_on(self) -> None:
        state, eye = RestartState(), None
        while not self._stopping:
            self._changed = False
            state, _ = decide(StreamEvent.STARTED, state, self._clock(), self._dice())
            try:
                eye = eye or self._make_eye(self.order.regions)
                self._play(eye)
                continue
            except PlatesNotRead as error:
                self._trouble(error.sentence)
                return
            except DriverError as error:
                log.info("%s", error)
                state, delay = self._broke(state, error)
            if self._rest(delay):
                state, _ = decide(StreamEvent.CHANGED, state, self._clock(), self._dice())

    def _broke(self, state: RestartState, error: DriverError) -> tuple[RestartState, float | None]:
        if self.counts.playing:
            state, _ = decide(StreamEvent.FIRST_PICTURE, state, self._played_from, self._dice())
            self.counts = replace(self.counts, playing=False)
        event = StreamEvent.REFUSED if isinstance(error, Refused) else StreamEvent.BROKE
        state, delay = decide(event, state, self._clock(), self._dice())
        if delay is None or state.gone:
            self._trouble(f"Plates are not read. {error.sentence}")
        return state, delay

    def _rest(self, delay: float | None) -> bool:
        """Wait so long, or until something changed: then True."""
        with self._wake:
            self._wake.wait_for(lambda: self._stopping or self._changed, delay)
            changed, self._changed = self._changed, False
            return changed

    def _play(self, eye: PlateEye) -> None:
        order = self.order
        source = self._opener(order.request())
        try:
            source.set_target(0, 0)
            self._follow(source, eye)
        finally:
            source.close()

    def _follow(self, source: VideoSource, eye: PlateEye) -> None:
        interval = 1.0 / self.order.pictures_per_second
        due = quiet_since = self._clock()
        blind = False  # packets were left out: what follows cannot be decoded before the next key frame
        self._tracks, self._seen = PlateTracks(), {}
        self._mark = self._cpu_clock()
        try:
            while not (self._stopping or self._changed):
                if not source.read():
                    raise DriverError(self.order.name, "the stream ended", "It is opened again by itself.")
                now = self._clock()
                self._count(packets=1)
                blind = (blind and not source.packet_is_key) or self._budget.deep_in_debt
                if blind:
                    source.skip()
                    self._count(undecoded=1)
                    quiet_since = now
                else:
                    if now >= due:
                        source.set_view(View(masks=self.order.masks()))
                    picture = source.decode(convert=now >= due)
                    if picture is not None:
                        due, quiet_since = max(due + interval, now), now
                        self._begun(now)
                        self._look(eye, picture, now)
                    elif now - quiet_since > NO_PICTURE_SECONDS:
                        raise TimedOut(self.order.name, "packets come, but no picture")
                self._tell_passed(eye, now)
                self._spent()
        finally:
            self._tell_passed(eye, float("inf"))
            self._spent()

    def _look(self, eye: PlateEye, picture: Picture, now: float) -> None:
        self._count(pictures=1)
        moving = eye.moving(picture)
        across, down = picture.width, picture.height
        areas = [
            area
            for area in moving
            if not self._tracks.settled(
                Box(area.left / across, area.top / down, area.width / across, area.height / down), now
            )
        ]
        if not areas:
            self._count(settled=bool(moving))
            return
        self._spent()
        set_aside = self._budget.begin(self.order.name)
        if set_aside is None:
            self._count(over_budget=1)
            return
        begun = self._cpu_clock()
        try:
            found = eye.read(picture, areas)
        finally:
            self._mark = self._cpu_clock()
            took = self._mark - begun
            self._budget.end(set_aside, took)
            self._count(looks=1, look_seconds=took, cpu_seconds=took)
        sightings = []
        for seen in found:
            self._pictures += 1
            self._seen[self._pictures] = seen
            sightings.append(
                Sighting(picture.arrived, seen.text, seen.confidence, seen.box, seen.candidates, self._pictures)
            )
        self._tracks.see(sightings)

    def _tell_passed(self, eye: PlateEye, now: float) -> None:
        before = self._tracks.unsure
        verdicts = self._tracks.passed(now)
        for verdict in verdicts:
            seen = self._seen[verdict.best.picture]
            self._tell(verdict, seen, eye.jpegs(seen), verdict.best.at)
        self._count(told=len(verdicts), unsure=self._tracks.unsure - before)
        if self._seen:
            needed = self._tracks.pictures
            self._seen = {picture: seen for picture, seen in self._seen.items() if picture in needed}

    def _begun(self, now: float) -> None:
        """The first picture of a stream is there."""
        if not self.counts.playing:
            self._played_from = now
            self.counts = replace(self.counts, playing=True)
            self._trouble("")

    def _spent(self) -> None:
        now = self._cpu_clock()
        took, self._mark = now - self._mark, now
        self._budget.spend(took)
        self._count(cpu_seconds=took)

    def _count(self, **more: float) -> None:
        if any(more.values()):
            self.counts = replace(self.counts, **{name: getattr(self.counts, name) + add for name, add in more.items()})
