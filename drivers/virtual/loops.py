"""The stream bank: where the RTSP side gets frames from.

A camera that looks home while the lamps have their usual levels shows a *loop*: 20 s of pictures, after which the whole
city repeats. A loop is made group of pictures by group of pictures, each with an encoder of its own, so that any group
can be made alone and in any order: ``prepare`` makes all of them in advance, and a watcher who comes earlier has the
group that is due made at once. Finished loops are kept on disk. Pictures of a loop are packetised once.

A loop's length is the time code's modulus, always, so its codes are true; short tests use few, small frames instead.
Main streams and disturbed cameras are drawn and encoded *live*, frame by frame, while somebody watches. So are cameras
with a plate reader while a car is in their picture; their loops show the street without cars.
"""

from __future__ import annotations

import json
import os
import struct
import threading
import zlib
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from drivers.types import Codec
from drivers.virtual import paint
from drivers.virtual.encode import Encoder, Frame, Packetiser, key_frame, parameter_sets
from drivers.virtual.plan import PERIOD_S, Plan
from drivers.virtual.sight import lamps_near
from drivers.virtual.state import CameraSpec, CameraState, Lamps, Pose, VirtualProfile
from drivers.virtual.traffic import Car, Traffic

_MAGIC = b"WFLOOP1\n"
Group = tuple[Frame, ...]


def phase(spec: CameraSpec) -> float:
    """By which part of a frame interval a camera's frames come after the full tick: cameras do not run in step."""
    return spec.number * 0.381966 % 1.0


class Loop:
    """The 20 s of one camera's stream, in groups of pictures that exist or not yet. Any thread."""

    def __init__(self, profile: VirtualProfile) -> None:
        self.frames = round(PERIOD_S * profile.fps)
        self.gop = profile.gop
        self.stored = False
        """True once it is on disk."""
        self._lock = threading.Lock()
        self._groups: list[Future[Group] | None] = [None] * -(-self.frames // self.gop)

    def __len__(self) -> int:
        return len(self._groups)

    def ready(self, index: int) -> Group | None:
        """The group if it is there."""
        future = self._groups[index]
        return future.result() if future is not None and future.done() else None

    def made(self) -> bool:
        """True when no group but perhaps the one that is being finished is missing."""
        return sum(future is None or not future.done() for future in self._groups) <= 1

    def claim(self, index: int, start: Callable[[], Future[Group]]) -> Future[Group]:
        """The group's future; ``start`` is called if nobody has asked for it yet."""
        with self._lock:
            future = self._groups[index]
            if future is None:
                future = self._groups[index] = start()
            return future

    def fill(self, groups: list[Group]) -> None:
        """Take over a loop from disk."""
        self.stored = True
        with self._lock:
            for index, group in enumerate(groups):
                future: Future[Group] = Future()
                future.set_result(group)
                self._groups[index] = future


class Live:
    """A stream drawn and encoded as it runs. ``frame`` and ``close`` come from the bank's threads, one at a time."""

    def __init__(self, bank: StreamBank, state: CameraState, profile: VirtualProfile) -> None:
        self._bank, self._state, self._token = bank, state, profile.token
        self._painter = bank.painter(state.spec, profile)
        self._encoder, self._packetiser = Encoder(profile), Packetiser(profile)
        self._lock = threading.Lock()

    def frame(self, time: float) -> Frame:
        """Draw, encode and cut the picture of wall time ``time``."""
        clock = datetime.fromtimestamp(time, UTC) + timedelta(seconds=self._state.spec.clock_offset)
        with self._lock:
            image = self._painter.draw(time, self._state.pose, self._bank.lamps.snapshot()[1], clock)
            wanted = self._state.take_key_wish(self._token)
            return self._packetiser.cut(*self._encoder.encode(image, wanted))

    def close(self) -> None:
        """Let go of the packetiser, once the frame that is being made is done."""
        with self._lock:
            self._packetiser.close()


class StreamBank:
    """Loops and live streams of all cameras of one city. Any thread; work is done in ``workers`` threads of its own."""

    def __init__(
        self,
        plan: Plan,
        lamps: Lamps,
        cache_dir: Path | None,
        specs: list[CameraSpec],
        *,
        day: bool = False,
        workers: int = 2,
        traffic: Traffic | None = None,
    ) -> None:
        """``traffic`` is shown by the cameras that have a gate in it."""
        self.plan, self.lamps, self.day = plan, lamps, day
        self._cache = cache_dir
        self._traffic = traffic
        self._specs = specs
        self._usual = plan.lamp_levels()
        self._sites = {site.number: site for site in plan.sites}
        self._loops: dict[tuple[int, VirtualProfile], Loop] = {}
        self._painters: dict[tuple[int, VirtualProfile], paint.Painter] = {}
        self._kept: dict[tuple[int, VirtualProfile], paint.Painter] = {}
        self._aside: ThreadPoolExecutor | None = None
        self._near: dict[int, list[str]] = {}
        self._calm: dict[int, tuple[int, bool]] = {}
        self._sets: dict[VirtualProfile, list[bytes]] = {}
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._workers = workers
        self._calmed = threading.Condition()
        self._urgent = 0
        self.pool = ThreadPoolExecutor(workers, thread_name_prefix="city-paint")

    def painter(self, spec: CameraSpec, profile: VirtualProfile) -> paint.Painter:
        """A painter for one live stream: a new one, or the one that is kept for the substream of a reader's camera,
        which goes live with each car."""
        if not self.reads(spec) or profile != spec.sub:
            return self._painter(spec, profile, self.pool)
        with self._lock:
            if (spec.number, profile) not in self._kept:
                self._kept[spec.number, profile] = self._painter(spec, profile, self.pool)
            return self._kept[spec.number, profile]

    def still_painter(self, spec: CameraSpec, profile: VirtualProfile) -> paint.Painter:
        """A painter for single pictures of a reader's camera. The first few have a soft background, so that nobody
        waits for a fine one; those are made beside the threads that streams need."""
        with self._lock:
            if self._aside is None:
                self._aside = ThreadPoolExecutor(1, thread_name_prefix="city-focus")
            return self._painter(spec, profile, self._aside, lean=True)

    def reads(self, spec: CameraSpec) -> bool:
        """Whether this camera has a plate reader."""
        return self._traffic is not None and spec.number in self._traffic.gates

    def _painter(
        self, spec: CameraSpec, profile: VirtualProfile, pool: ThreadPoolExecutor, lean: bool = False
    ) -> paint.Painter:
        in_sight = None
        if self._traffic is not None and self.reads(spec):
            in_sight = partial(self._traffic.in_sight, spec.number)
        site, size = self._sites[spec.number], (profile.width, profile.height)
        return paint.Painter(self.plan, site, *size, self.day, pool, in_sight=in_sight, lean=lean)

    def calm(self, state: CameraState, time: float) -> bool:
        """True while the camera looks home, the lamps near it have their usual levels and, where it reads plates, no
        car is in its picture at wall time ``time``: its loop is the truth."""
        if state.pose != Pose():
            return False
        if self._traffic is not None and self.reads(state.spec) and self._traffic.busy(state.spec.number, time):
            return False
        version = self.lamps.version
        number = state.spec.number
        known = self._calm.get(number)
        if known is None or known[0] != version:
            levels = self.lamps.snapshot()[1] if version else self._usual
            site = self._sites[number]
            near = self._near.setdefault(number, [lamp.id for lamp in lamps_near(self.plan, (site.x, site.y))])
            known = self._calm[number] = (version, all(levels[lamp] == self._usual[lamp] for lamp in near))
        return known[1]

    def sets(self, profile: VirtualProfile) -> list[bytes]:
        """Parameter sets for the SDP. Takes a few milliseconds the first time for a profile."""
        with self._lock:
            known = self._sets.get(profile)
        if known is None:
            known = parameter_sets(key_frame(profile), profile.codec) if profile.codec is not Codec.MJPEG else []
            with self._lock:
                self._sets[profile] = known
        return known

    def loop(self, spec: CameraSpec, profile: VirtualProfile) -> Loop:
        """The loop of a stream, read from disk when it is there."""
        with self._lock:
            loop = self._loops.get((spec.number, profile))
            if loop is None:
                loop = self._loops[spec.number, profile] = Loop(profile)
                stored = self._read(spec, profile)
                if stored is not None and [len(g) for g in stored] == [
                    min(loop.gop, loop.frames - i * loop.gop) for i in range(len(loop))
                ]:
                    loop.fill(stored)
            return loop

    def group(self, spec: CameraSpec, profile: VirtualProfile, index: int) -> Future[Group]:
        """A group of pictures of a loop, being made if it is not there."""
        loop = self.loop(spec, profile)
        future = loop.claim(index, lambda: self.pool.submit(self._make, spec, profile, index))
        if not future.done():
            with self._calmed:
                self._urgent += 1
            future.add_done_callback(self._served)
        return future

    def _served(self, future: Future[Group]) -> None:
        with self._calmed:
            self._urgent -= 1
            self._calmed.notify_all()

    def prepare(self, progress: Callable[[int, int], None] = lambda done, of: None) -> None:
        """Make all substream loops that are missing; blocks, and returns early when the bank is closed meanwhile.
        ``progress(done, of)`` counts loops, in this thread."""
        try:
            for done, spec in enumerate(self._specs):
                progress(done, len(self._specs))
                self._complete(spec, spec.sub)
        except (CancelledError, RuntimeError):
            if not self._closed.is_set():
                raise
            return  # the bank was closed meanwhile: that is how its pool says so
        progress(len(self._specs), len(self._specs))

    def _complete(self, spec: CameraSpec, profile: VirtualProfile) -> None:
        loop = self.loop(spec, profile)
        missing = [index for index in range(len(loop)) if loop.ready(index) is None]
        # Few at a time and only when no watcher waits, so that what is needed now does not stand in a queue.
        for first in range(0, len(missing), self._workers):
            with self._calmed:
                self._calmed.wait_for(lambda: self._urgent == 0)
            for future in [self.group(spec, profile, index) for index in missing[first : first + self._workers]]:
                future.result()
        if not loop.stored:
            loop.stored = True
            self._write(spec, profile, [self.group(spec, profile, index).result() for index in range(len(loop))])

    def close(self) -> None:
        """End all work. Waits for what is being drawn just now."""
        self._closed.set()
        self.pool.shutdown(wait=True, cancel_futures=True)
        with self._lock:
            aside = self._aside
        if aside is not None:
            aside.shutdown(wait=True, cancel_futures=True)

    def _make(self, spec: CameraSpec, profile: VirtualProfile, index: int) -> Group:
        with self._lock:
            painter = self._painters.get((spec.number, profile))
            if painter is None:
                site = self._sites[spec.number]
                empty = _nobody if self.reads(spec) else None
                painter = paint.Painter(self.plan, site, profile.width, profile.height, self.day, in_sight=empty)
                self._painters[spec.number, profile] = painter
        encoder, packetiser = Encoder(profile), Packetiser(profile)
        first = index * profile.gop
        frames = []
        for number in range(first, min(first + profile.gop, round(PERIOD_S * profile.fps))):
            time = (number + phase(spec)) / profile.fps
            frames.append(packetiser.cut(*encoder.encode(painter.draw(time, Pose(), self._usual, None))))
        packetiser.close()
        if self.loop(spec, profile).made():
            with self._lock:
                self._painters.pop((spec.number, profile), None)
        return tuple(frames)

    def _file(self, spec: CameraSpec, profile: VirtualProfile) -> Path | None:
        if self._cache is None:
            return None
        light = "day" if self.day else "night"
        reads = " reader" if self.reads(spec) else ""
        key = f"{paint.VERSION} {self.plan.seed} {len(self.plan.sites)} {spec} {profile} {light}{reads}"
        return self._cache / f"loop-{spec.number:03d}-{zlib.crc32(key.encode()):08x}.bin"

    def _read(self, spec: CameraSpec, profile: VirtualProfile) -> list[Group] | None:
        path = self._file(spec, profile)
        if path is None or not path.exists():
            return None
        content = path.read_bytes()
        head = len(_MAGIC) + 8
        if len(content) < head or not content.startswith(_MAGIC):
            return None
        length, check = struct.unpack(">II", content[len(_MAGIC) : head])
        if zlib.crc32(content[head:]) != check:
            return None  # cut off or damaged: it is made again
        groups, place = [], head + length
        for entries in json.loads(content[head : head + length]):
            frames = []
            for size, key, starts in entries:
                frames.append(Frame(content[place : place + size], tuple(starts), bool(key)))
                place += size
            groups.append(tuple(frames))
        return groups

    def _write(self, spec: CameraSpec, profile: VirtualProfile, groups: list[Group]) -> None:
        path = self._file(spec, profile)
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        table = [[(len(f.data), int(f.key), f.starts) for f in group] for group in groups]
        head = json.dumps(table).encode()
        body = head + b"".join(frame.data for group in groups for frame in group)
        partial = path.with_suffix(f".{os.getpid()}.part")
        partial.write_bytes(_MAGIC + struct.pack(">II", len(head), zlib.crc32(body)) + body)
        partial.replace(path)


def _nobody(time: float) -> list[tuple[Car, float, float, float]]:
    """An empty street."""
    return []
