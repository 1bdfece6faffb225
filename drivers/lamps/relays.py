"""Lamps that are switched by the relays of cameras and the like: one relay a lamp, on and off and nothing between.

An order is a *pulse*: the device switches the relay on and, when the order ends, off again by itself. A relay that only
latches cannot do that, so a lamp on it takes no order: it would stay as it is when this console dies. For the same
reason "off until then" cannot be had: a pulse is always on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

from drivers.errors import DriverError, Refused, TimedOut, Unreachable, Unsupported
from drivers.luminaires import (
    LampAnswer,
    LampFeatures,
    LampGroup,
    LampNews,
    LampOrder,
    LampState,
    Luminaire,
    Outcome,
    Progress,
)
from drivers.ptz import Output, OutputDriver

_WORKERS = 8
_LATCHES = "its relay only latches, so it could not go back by itself"


@dataclass(frozen=True, slots=True)
class RelayLamp:
    """A lamp and its relay: ``device`` is a key of the system's drivers, ``token`` the relay on that device."""

    lamp: Luminaire
    device: str
    token: str


def _now() -> datetime:
    return datetime.now(UTC)


class _Device:
    """One device's relays: its driver, made when first needed, and what was read of them last. ``lock`` lets one thread
    at a time use the driver."""

    def __init__(self, make: Callable[[], OutputDriver]) -> None:
        self.lock = threading.Lock()
        self._make = make
        self._driver: OutputDriver | None = None
        self.outputs: dict[str, Output] = {}

    def driver(self) -> OutputDriver:
        """The driver. Raises DriverError."""
        if self._driver is None:
            self._driver = self._make()
        return self._driver

    def read(self) -> None:
        """Ask for its outputs."""
        self.outputs = {each.token: each for each in self.driver().outputs()}


class RelayLamps:
    """A ``LampSystem`` over relays. ``devices`` gives a driver for each device's name; it is called in a thread of the
    system, once, and may raise DriverError.

    Threads: ``order``, ``release`` and ``refresh`` come from one at a time and hand devices to a few workers, in which
    ``heard`` is called; ``progress`` too, one call at a time.
    """

    features = LampFeatures(expires=True, levels=False)

    def __init__(
        self,
        name: str,
        lamps: Sequence[RelayLamp],
        devices: Mapping[str, Callable[[], OutputDriver]],
        wall: Callable[[], datetime] = _now,
    ) -> None:
        ids = {each.lamp.id for each in lamps}
        if len(ids) != len(lamps) or len({(each.device, each.token) for each in lamps}) != len(lamps):
            raise ValueError(f"{name}: two lamps have the same id or the same relay")
        self.name = name
        self._lamps = {each.lamp.id: each for each in lamps}
        self._devices = {key: _Device(devices[key]) for key in dict.fromkeys(each.device for each in lamps)}
        self._wall = wall
        self._heard: Callable[[LampNews], None] = lambda news: None
        self._pool: ThreadPoolExecutor | None = None
        self._ends: dict[str, datetime] = {}
        self._telling = threading.Lock()
        self._failures: dict[str, DriverError] = {}

    def start(self, heard: Callable[[LampNews], None]) -> None:
        """See LampSystem."""
        self._heard = heard
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix=f"relay-lamps {self.name}")
        self._pool.submit(heard, LampNews(self.name, lamps=tuple(each.lamp for each in self._lamps.values())))
        for key in self._devices:
            self._pool.submit(self._look, key)

    def refresh(self) -> None:
        """See LampSystem. Raises the first device's error when none answers."""
        list(self._workers().map(self._look, self._devices))
        with self._telling:
            failures = list(self._failures.values())
        if failures and len(failures) == len(self._devices):
            raise failures[0]

    def groups(self) -> tuple[LampGroup, ...]:
        """Relays have none."""
        return ()

    def order(self, order: LampOrder, progress: Progress) -> None:
        """See LampSystem. Raises Unsupported for "off"."""
        if not 0 < order.level <= 100:
            raise Unsupported(
                self.name, "a relay can hold a lamp on for a time, not off", "Choose a level above 0, or release it."
            )

        def pulse(device: _Device, lamp: RelayLamp) -> None:
            rest = (order.until - self._wall()).total_seconds()
            output = device.outputs[lamp.token]
            if rest <= 0:
                raise Unsupported(lamp.lamp.name, "its time is over")
            if not output.pulses:
                raise Unsupported(lamp.lamp.name, _LATCHES)
            if output.longest is not None and rest > output.longest:
                raise Unsupported(lamp.lamp.name, f"its relay holds an order for {output.longest:.0f} s at most")
            device.driver().pulse(lamp.token, rest)
            self._ends[lamp.lamp.id] = order.until

        self._do(order.lamps, pulse, progress)

    def release(self, lamps: tuple[str, ...], reference: str, progress: Progress, group: str = "") -> None:
        """See LampSystem: the relays go off."""

        def off(device: _Device, lamp: RelayLamp) -> None:
            device.driver().set(lamp.token, False)
            self._ends.pop(lamp.lamp.id, None)

        self._do(lamps, off, progress)

    def stop(self) -> None:
        """See LampSystem. Waits for what a device is asked just now."""
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=True, cancel_futures=True)

    def _workers(self) -> ThreadPoolExecutor:
        if self._pool is None:
            raise Unreachable(self.name, "it is not connected", "Start it first.")
        return self._pool

    def _do(self, ids: Sequence[str], act: Callable[[_Device, RelayLamp], None], progress: Progress) -> None:
        pool = self._workers()
        work: dict[str, list[RelayLamp]] = {}
        strangers = []
        for id in dict.fromkeys(ids):
            lamp = self._lamps.get(id)
            if lamp is None:
                strangers.append(LampAnswer(id, Outcome.UNKNOWN))
            else:
                work.setdefault(lamp.device, []).append(lamp)
        lock = threading.Lock()

        def tell(answers: Sequence[LampAnswer]) -> None:
            with lock:
                progress(answers)

        if strangers:
            tell(strangers)
        list(pool.map(lambda key: self._work(key, work[key], act, tell), work))

    def _work(
        self, key: str, lamps: Sequence[RelayLamp], act: Callable[[_Device, RelayLamp], None], tell: Progress
    ) -> None:
        """One device, relay after relay: many of them take one request at a time. One that does not answer is not
        asked for the rest."""
        device = self._devices[key]
        gone: DriverError | None = None
        with device.lock:
            for lamp in lamps:
                id = lamp.lamp.id
                try:
                    if gone is not None:
                        raise gone
                    if lamp.token not in device.outputs:
                        device.read()
                    if lamp.token not in device.outputs:
                        raise Unsupported(lamp.lamp.name, "the device has no such relay any more")
                    act(device, lamp)
                except (Unreachable, Refused) as problem:
                    gone = problem
                    tell([_answer(id, problem)])
                except DriverError as problem:
                    tell([_answer(id, problem)])
                else:
                    tell([LampAnswer(id, Outcome.DONE)])
        self._look(key)

    def _look(self, key: str) -> None:
        """Read a device's relays and tell what they are."""
        device = self._devices[key]
        try:
            with device.lock:
                device.read()
                outputs = dict(device.outputs)
            with self._telling:
                self._failures.pop(key, None)
        except DriverError as problem:
            with self._telling:
                self._failures[key] = problem
                trouble = " ".join(each.sentence for each in self._failures.values())
            self._heard(LampNews(self.name, trouble=trouble))
            return
        now = self._wall()
        states = []
        for id, lamp in self._lamps.items():
            output = outputs.get(lamp.token) if lamp.device == key else None
            if output is not None:
                level = None if output.active is None else 100.0 if output.active else 0.0
                end = self._ends.get(id)
                states.append(LampState(id, now, level, overridden=end is not None and end > now))
        with self._telling:
            trouble = " ".join(each.sentence for each in self._failures.values())
        self._heard(LampNews(self.name, states=tuple(states), trouble=trouble))


def _answer(id: str, problem: DriverError) -> LampAnswer:
    if isinstance(problem, Unreachable):
        words = "the device does not answer" if isinstance(problem, TimedOut) else problem.what
        return LampAnswer(id, Outcome.UNREACHABLE, words)
    return LampAnswer(id, Outcome.REFUSED, (problem.detail or problem.what)[:120])
