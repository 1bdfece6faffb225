"""The one model of the city's street lamps, that every protocol in front of them acts on.

A lamp burns at its own programme's level until an order overrides it, and the *lamp* goes back by itself when the order
ends: whoever gave it may be dead by then. Each owner (a protocol's server, an override command) holds at most one order
a lamp; of several the newest is in force, and when it ends the one before it is again, if it still runs.

Levels are percent, power is in watts, energy in kilowatt-hours, times are seconds on the clock that is handed in.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from drivers.luminaires import LampFault
from drivers.virtual.state import FaultBox, Lamps

PROGRAMME = 60.0
"""What a lamp does when nobody wants anything of it; the same as ``Plan.lamp_levels``."""
RATED_POWER = 70.0
STANDBY_POWER = 1.5

FAULTS = (
    "refuses",  # orders are refused, in the protocol's own words; value: how many lamps of each order, or "all"
    "late",  # an order is accepted, done and confirmed only after `value` seconds
    "lies",  # answers that it is done, and does nothing
    "lost_callback",  # accepts and does it, and never confirms
    "dies",  # does half the lamps of an order, cuts the connection without a whole answer, and is "down" from then on
    "down",  # as if there were no process: connections are cut at once
    "foreign",  # confirms with the address of a device that is not there
    "twice",  # confirms everything twice
    "html",  # an HTML page for an answer
    "huge",  # an answer of `value` bytes
    "redirect",  # sends the client to another host
)
_Listener = Callable[[Sequence[str]], None]


class LampFaults(FaultBox):
    """What one lamp system was told to do wrong. Any thread."""

    def __init__(self) -> None:
        super().__init__(FAULTS)

    def fail_next(self, name: str, times: int = 1, value: str = "1") -> None:
        """Make ``name`` strike the next ``times`` times. Raises KeyError for an unknown fault."""
        self.set(name, value, times)


@dataclass(frozen=True, slots=True)
class BankState:
    """One lamp as it is now. ``level`` is what it burns at (0 while it is broken), ``programme`` what it falls back
    to, ``overridden`` whether an order is in force."""

    level: float
    programme: float
    overridden: bool
    power: float
    energy: float
    faults: tuple[LampFault, ...]


@dataclass(slots=True)
class _Order:
    level: float
    end: float
    ramp: float


class _Post:
    """One lamp: its orders by owner, oldest first, and the straight line on which its level moves."""

    def __init__(self, programme: float, now: float) -> None:
        self.programme = programme
        self.orders: dict[str, _Order] = {}
        self.fault: LampFault | None = None
        self.energy = 0.0
        self.counted = now
        self._from = self._to = programme
        self._start, self._ramp = now, 0.0

    def level(self, now: float) -> float:
        """What it burns at."""
        if self.fault in (LampFault.LAMP, LampFault.CONTROL, LampFault.POWER):
            return 0.0
        share = 1.0 if self._ramp <= 0 else min(1.0, max(0.0, (now - self._start) / self._ramp))
        return self._from + (self._to - self._from) * share

    def power(self, now: float) -> float:
        """What it draws."""
        if self.fault is LampFault.POWER:
            return 0.0
        return STANDBY_POWER + (RATED_POWER - STANDBY_POWER) * self.level(now) / 100

    def count(self, now: float) -> None:
        """Add what was burnt since the last time; called before anything changes."""
        self.energy += self.power(now) * max(0.0, now - self.counted) / 3_600_000
        self.counted = now

    def moving(self, now: float) -> bool:
        """Whether ``tick`` has anything to do here."""
        return bool(self.orders) or now < self._start + self._ramp

    def aim(self, now: float, ramp: float) -> None:
        """Go to what is wanted now, from where it is."""
        self._from, self._start, self._ramp = self.level(now), now, ramp
        newest = next(reversed(self.orders.values()), None)
        self._to = self.programme if newest is None else newest.level


class LampBank:
    """All lamps of the city. Any thread: everything goes through one lock, and listeners are called outside it, in the
    thread that made the change. ``tick`` must be called a few times a second; that is what ends orders and moves ramps.

    An ONVIF relay or the city's control API may set a lamp's picture past the bank; the next change here wins."""

    def __init__(self, lamps: Lamps, ids: Sequence[str], clock: Callable[[], float]) -> None:
        self.ids = tuple(ids)
        self._lamps, self._clock = lamps, clock
        self._lock = threading.Lock()
        now = clock()
        self._posts = {each: _Post(PROGRAMME, now) for each in self.ids}
        self._busy: set[str] = set()
        self._listeners: list[_Listener] = []
        self._came: dict[str, int] = {}
        for each in self.ids:
            lamps.set(each, PROGRAMME)

    @property
    def came(self) -> dict[str, int]:
        """When the last command for each lamp came in, whether it reached the lamp or not: ``time.monotonic_ns``."""
        with self._lock:
            return dict(self._came)

    def listen(self, listener: _Listener) -> Callable[[], None]:
        """Call ``listener`` with the ids of lamps that changed; what comes back ends that."""
        with self._lock:
            self._listeners.append(listener)

        def end() -> None:
            with self._lock:
                if listener in self._listeners:
                    self._listeners.remove(listener)

        return end

    def order(self, id: str, level: float, seconds: float, ramp: float = 0.0, owner: str = "") -> bool:
        """Bring a lamp to ``level`` (clamped) within ``ramp`` seconds, for ``seconds`` (``math.inf``: until released).
        False where the order does not reach it: it has no power or does not answer. Raises KeyError for a lamp that is
        not there."""
        if not math.isfinite(level):
            raise ValueError("a level is a number")
        with self._lock:
            post, now = self._posts[id], self._clock()
            self._came[id] = time.monotonic_ns()
            if post.fault in (LampFault.COMMUNICATION, LampFault.POWER):
                return False
            post.count(now)
            post.orders.pop(owner, None)
            post.orders[owner] = _Order(min(100.0, max(0.0, level)), now + seconds, max(0.0, ramp))
            post.aim(now, ramp)
            self._busy.add(id)
            self._show(id, post, now)
        self._tell((id,))
        return True

    def release(self, id: str, owner: str = "") -> bool:
        """End the order of ``owner``, if there is one. False and KeyError as in ``order``."""
        with self._lock:
            post, now = self._posts[id], self._clock()
            self._came[id] = time.monotonic_ns()
            if post.fault in (LampFault.COMMUNICATION, LampFault.POWER):
                return False
            post.count(now)
            if post.orders.pop(owner, None) is not None:
                post.aim(now, 0.0)
                self._show(id, post, now)
        self._tell((id,))
        return True

    def state(self, id: str) -> BankState:
        """One lamp as it is now. Raises KeyError for one that is not there."""
        with self._lock:
            post, now = self._posts[id], self._clock()
            post.count(now)
            faults = () if post.fault is None else (post.fault,)
            level, power = round(post.level(now), 3), round(post.power(now), 3)
            return BankState(level, post.programme, bool(post.orders), power, round(post.energy, 9), faults)

    def set_fault(self, id: str, fault: LampFault | None) -> None:
        """Break a lamp, or mend it. One that loses its power or its answers keeps its orders, and ends them itself."""
        with self._lock:
            post, now = self._posts[id], self._clock()
            post.count(now)
            post.fault = fault
            self._show(id, post, now)
        self._tell((id,))

    def tick(self) -> None:
        """End the orders whose time is over and move what is on a ramp."""
        changed = []
        with self._lock:
            now = self._clock()
            for each in tuple(self._busy):
                post = self._posts[each]
                before = post.level(post.counted)
                post.count(now)
                over = [owner for owner, order in post.orders.items() if order.end <= now]
                for owner in over:
                    del post.orders[owner]
                if over:
                    post.aim(now, 0.0)
                if not post.moving(now):
                    self._busy.discard(each)
                if over or post.level(now) != before:
                    self._show(each, post, now)
                    changed.append(each)
        self._tell(changed)

    def _show(self, id: str, post: _Post, now: float) -> None:
        self._lamps.set(id, post.level(now))

    def _tell(self, ids: Sequence[str]) -> None:
        with self._lock:
            listeners = tuple(self._listeners)
        if ids:
            for listener in listeners:
                listener(ids)
