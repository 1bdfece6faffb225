"""All plate readers of a city at work: who passes is looked at, read and told, and the truth about it is kept.

The truth (which plate really passed which reader when) is for tests and for measuring; no console sees it.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import random
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drivers.types import Credentials
from drivers.virtual.lamps.broker import Broker
from drivers.virtual.plan import Plan
from drivers.virtual.plates.event_messages import Notification, frigate_online
from drivers.virtual.plates.eye import Eye
from drivers.virtual.plates.push import Target, TargetError
from drivers.virtual.plates.readers import Maker, Reader, Way
from drivers.virtual.plates.reading import Reading, read
from drivers.virtual.plates.teller import Teller
from drivers.virtual.traffic import Pass, Traffic

TRUTHS = 20_000
"""So many passes are remembered."""
BEAT_S = 60.0
_LOOK_AHEAD_S = 30.0
_CATCH_UP_S = 60.0
"""After a pause of the whole machine no older passes than this are told."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One pass as it was. ``read`` is the reader's text, "" where it missed the plate; ``told`` whether it told."""

    at: float
    reader: str
    camera: int
    plate: str
    region: str
    read: str
    told: bool
    heading: float
    speed: float
    car: str

    def row(self) -> dict[str, Any]:
        """As the control API tells it."""
        moment = datetime.fromtimestamp(self.at, UTC).isoformat(timespec="milliseconds")
        fields = ("reader", "camera", "plate", "region", "read", "told", "heading", "speed", "car")
        return {"at": moment, "posix": self.at, **{name: getattr(self, name) for name in fields}}


class NoReaderError(LookupError):
    """There is no reader of this name, camera or device."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"no plate reader {name[:60]!r}")


class CityPlates:
    """The readers of a city. One loop only, but for ``traffic`` and faults. Pictures are taken in a thread of its own,
    one at a time, so reads are told in the order of the passes."""

    def __init__(
        self,
        plan: Plan,
        readers: Sequence[Reader],
        traffic: Traffic,
        eyes: Mapping[int, Eye],
        notify: Callable[[int, Notification], None] = lambda camera, event: None,
        clock: Callable[[], float] = time.time,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``notify`` hands an event to those who pull the events of a camera."""
        self.readers, self.traffic = tuple(readers), traffic
        rng = random.Random(f"plates {plan.seed}")
        password = "".join(rng.choice("abcdefghjkmnpqrstuvwxyz23456789") for _ in range(16))
        self.login = Credentials("console", password)
        self.broker = Broker(self.login)
        self._plan, self._eyes, self._clock = plan, eyes, clock
        self.tellers: dict[int, Teller] = {}
        for reader in self.readers:

            def told(event: Notification, camera: int = reader.camera) -> None:
                notify(camera, event)

            self.tellers[reader.camera] = Teller(reader, self.broker.publish, told, pause)
        self._truth: OrderedDict[str, Truth] = OrderedDict()
        self._woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._eye_thread: ThreadPoolExecutor | None = None
        self._serves = False

    async def start(self, host: str, port: int = 0) -> None:
        """Serve the broker at this port, or at another where somebody has it, and let the readers read. Raises
        OSError."""
        if any(reader.way is Way.MQTT for reader in self.readers):
            try:
                await self.broker.start(host, port)
            except OSError:
                await self.broker.start(host, 0)
            self._serves = True
            self.broker.publish(frigate_online(True))
        self._eye_thread = ThreadPoolExecutor(1, thread_name_prefix="city-plates")
        for teller in self.tellers.values():
            teller.start()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._live()), loop.create_task(self._beat())]

    async def stop(self) -> None:
        """End everything; waits for the picture that is being taken. May be called without ``start``."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        for teller in self.tellers.values():
            await teller.stop()
        if self._serves:
            await self.broker.stop()
        if self._eye_thread is not None:
            await asyncio.to_thread(self._eye_thread.shutdown, True, cancel_futures=True)

    def named(self, which: str) -> list[Teller]:
        """The readers of this name, camera's number or device, or all. Raises NoReaderError."""
        if which == "all":
            return list(self.tellers.values())
        found = [
            teller
            for teller in self.tellers.values()
            if which in (teller.reader.name, str(teller.reader.camera), teller.reader.device)
        ]
        if not found:
            raise NoReaderError(which)
        return found

    def aim(self, which: str, target: Target | None) -> list[Teller]:
        """Tell readers that push where to. Raises NoReaderError, and TargetError where none of them pushes."""
        pushing = [teller for teller in self.named(which) if teller.pusher is not None]
        if not pushing:
            raise TargetError("this reader does not push")
        for teller in pushing:
            assert teller.pusher is not None
            teller.pusher.aim(target)
        return pushing

    def ask(self, which: str, plate: str, towards: bool = True) -> list[Pass]:
        """Send a car with this plate past these readers now. Raises NoReaderError."""
        now = self._clock()
        found = [self.traffic.ask(teller.reader.camera, plate, now, towards) for teller in self.named(which)]
        self._woken.set()
        return found

    def truth(self, since: float = 0.0) -> list[Truth]:
        """Who passed from then on, the oldest first."""
        return [each for each in self._truth.values() if each.at >= since]

    def place(self, x: float, y: float) -> tuple[float, float]:
        """Latitude and longitude of a place of the plan, degrees."""
        latitude, longitude = self._plan.geo(x, y)
        return round(latitude, 7), round(longitude, 7)

    def describe(self) -> list[dict[str, Any]]:
        """What ``watchfloor city --json`` prints of the readers; cameras' addresses are put to it by the city."""
        return [self._described(reader) for reader in self.readers]

    def _described(self, reader: Reader) -> dict[str, Any]:
        found: dict[str, Any] = {
            "name": reader.name,
            "device": reader.device,
            "maker": reader.maker.value,
            "way": reader.way.value,
            "camera": reader.camera,
            "camera_name": reader.name,
            "latitude": reader.latitude,
            "longitude": reader.longitude,
            "heading": self._plan.heading(self._plan.sites[reader.camera - 1]),
        }
        if reader.way is Way.MQTT:
            topic = "frigate" if reader.maker is Maker.FRIGATE else reader.device
            found |= {"host": self.broker.host, "port": self.broker.port, "topic": topic}
            found |= {"user": self.login.user, "password": self.login.password}
        return found

    # --- life --------------------------------------------------------------------------------------------------------

    async def _live(self) -> None:
        since = self._clock()
        while True:
            until = self._clock()
            if until < since:
                since = until  # the clock was set back; what was told already is known by its id
            for each in self.traffic.passes(max(since, until - _CATCH_UP_S), until):
                if each.id not in self._truth:
                    await self.happen(each)
            since = until
            self._woken.clear()
            coming = self.traffic.passes(until, until + _LOOK_AHEAD_S)
            wait = (coming[0].at if coming else until + _LOOK_AHEAD_S) - self._clock() + 0.002
            if wait > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._woken.wait()

    async def _beat(self) -> None:
        while True:
            for teller in self.tellers.values():
                teller.heartbeat(self._clock())
            await asyncio.sleep(BEAT_S)

    async def happen(self, each: Pass) -> None:
        """A car passes: it is seen, read and told."""
        teller, eye = self.tellers[each.gate], self._eyes[each.gate]
        wrong = True if teller.faults.take("misread") is not None else None
        guesses = read(self._plan.seed, each, wrong)
        told = bool(guesses) and teller.faults.peek("silent") is None
        self._remember(each, teller.reader, guesses[0].text if guesses else "", told)
        if not guesses:
            return
        if self._eye_thread is None or not told:
            look = eye.where(each)
        else:
            run = asyncio.get_running_loop().run_in_executor
            look = await run(self._eye_thread, eye.take, each, teller.clock(each.at))
        heading = (90.0 - math.degrees(each.heading + self._plan.rotation)) % 360.0
        teller.tell(
            Reading(each.id, teller.reader, each.car, guesses, each.at, heading, each.speed, each.towards, look)
        )

    def _remember(self, each: Pass, reader: Reader, text: str, told: bool) -> None:
        heading = round((90.0 - math.degrees(each.heading + self._plan.rotation)) % 360.0, 1)
        car = f"{each.car.colour} {each.car.make} {each.car.model}"
        self._truth[each.id] = Truth(
            each.at,
            reader.name,
            reader.camera,
            each.car.plate,
            each.car.number.region.code,
            text,
            told,
            heading,
            round(each.speed, 2),
            car,
        )
        while len(self._truth) > TRUTHS:
            self._truth.popitem(last=False)
