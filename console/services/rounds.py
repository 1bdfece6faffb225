"""One thread that looks after many small streams, a round at each beat of the screen.

A thread for each stream wakes up for each picture with cold caches, and so does the screen. A round first takes in
what has come for all streams, then decodes all of it, and then tells the screen, which takes all pictures at once: the
same work runs warm, and a picture is no older than before, since it had to wait for the beat anyhow.
"""

from __future__ import annotations

import logging
import os
import selectors
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from queue import SimpleQueue

from console.services.play import Play
from console.services.slots import DecodeSlots
from console.services.threads import lower_priority
from drivers.errors import DriverError

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.033
LOOK_SECONDS = 1.0
"""Streams of which nothing comes are looked at so often, to see that nothing comes."""
PUNCTUAL = 1.5
"""A round that begins within so many beats of the one before it is on time, and so is what it finds."""
SPREAD_PIXELS = 12 * 640 * 360
"""From so many pixels on a second thread helps a round to decode."""
STUCK_SECONDS = 10.0
"""A round that takes longer hangs: another thread goes on without the stream that it hangs in."""


@dataclass(slots=True, eq=False)
class _Seat:
    """A stream that goes along. ``lock`` is held by the round while it is in its hands."""

    play: Play
    socket: int
    off: threading.Event
    lock: threading.Lock = field(default_factory=threading.Lock)
    left: bool = False
    error: BaseException | None = None


class Rounds:
    """Streams come and go with ``carry``, each in its own worker, which waits inside. The rounds run in a thread of
    their own from the first stream on, with one helper; the Qt thread sets ``beat`` and ``after``, and calls ``check``
    and ``close``."""

    def __init__(
        self,
        slots: DecodeSlots,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
        helpers: int | None = None,
    ) -> None:
        self.beat = BEAT_SECONDS
        """Seconds from one round to the next."""
        self.after: Callable[[], None] | None = None
        """Called in the rounds' thread after each round."""
        self._slots, self._clock, self._pause = slots, clock, pause
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._selector = selectors.DefaultSelector()
        self._seats: dict[int, _Seat] = {}
        self._behind: list[_Seat] = []
        """Streams that had more than one round may take."""
        self._began, self._looked = -1e9, 0.0
        self._busy: float | None = None
        self._generation = 0
        self._closing = False
        self._threads: list[threading.Thread] = []
        self._helpers = min(1, (os.cpu_count() or 2) - 1) if helpers is None else helpers
        self._calls: SimpleQueue[_Job | None] = SimpleQueue()

    @property
    def carried(self) -> int:
        """How many streams go along."""
        return len(self._seats)

    def carry(self, play: Play, off: threading.Event) -> None:
        """Take ``play`` along until ``off`` is set, or until it must go on by itself. Blocks meanwhile; afterwards the
        stream is the caller's again. Raises what its work raised."""
        seat = _Seat(play, play.board(), off)
        with self._wake:
            if self._closing:
                play.alight()
                off.wait()
                return
            self._seats[seat.socket] = seat
            self._selector.register(seat.socket, selectors.EVENT_READ, seat)
            self._behind.append(seat)  # something may have come in already, and its socket would not tell
            if not self._threads:
                self._start()
            self._wake.notify_all()
        off.wait()
        with seat.lock:  # a round may have it in hand
            seat.left = True
        with self._lock:
            if self._seats.get(seat.socket) is seat:
                del self._seats[seat.socket]
                self._selector.unregister(seat.socket)
        play.alight()
        if seat.error is not None:
            raise seat.error

    def turn(self) -> bool:
        """One round; whether it may have brought pictures. In the rounds' thread."""
        now = self._clock()
        punctual = now - self._began <= PUNCTUAL * self.beat
        self._began = now
        ready: list[_Seat] = []
        for seat in self._due(now):
            with seat.lock:
                if seat.left or seat.off.is_set():
                    continue
                try:
                    if seat.play.receive(now):
                        ready.append(seat)
                except DriverError as error:
                    _put_off(seat, error)
        if not ready:
            return False
        self._work(ready, now, punctual)
        return True

    def check(self) -> None:
        """About once a second: a round that hangs is left behind with the stream that it hangs in."""
        busy = self._busy
        if busy is None or self._clock() - busy < STUCK_SECONDS:
            return
        log.warning("decoding hangs; another thread goes on with the other streams")
        with self._lock:
            self._generation += 1
            self._busy = None
            self._calls.put(None)
            self._calls = SimpleQueue()
            self._start()

    def close(self, timeout: float = 2.0) -> bool:
        """End the threads; streams must have left before. False if they did not end in ``timeout`` seconds."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
            threads, self._threads = self._threads, []
        self._calls.put(None)
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            return False
        self._selector.close()
        return True

    def _start(self) -> None:
        """With the lock held."""
        self._threads = [threading.Thread(target=self._run, args=(self._generation,), name="rounds", daemon=True)]
        self._threads += [
            threading.Thread(target=_help, args=(self._calls,), name="rounds' helper", daemon=True)
            for _ in range(self._helpers)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self, generation: int) -> None:
        lower_priority()
        at = self._clock()
        while self._go_on(generation):
            self._busy = self._clock()
            try:
                self.turn()
            except Exception as error:  # the top of this thread: one stream's fault is not the others'
                log.exception("a round failed")
                self._put_all_off(error)
            if generation != self._generation:
                return
            self._busy = None
            after = self.after
            if after is not None:
                after()
            now = self._clock()
            at = max(at + self.beat, now)
            if at > now:
                self._pause(at - now)

    def _go_on(self, generation: int) -> bool:
        """Wait until there is somebody to carry; False at the end."""
        with self._wake:
            while not (self._seats or self._closing or generation != self._generation):
                self._wake.wait()
            return not self._closing and generation == self._generation

    def _due(self, now: float) -> Sequence[_Seat]:
        behind, self._behind = self._behind, []
        if now - self._looked >= LOOK_SECONDS:
            self._looked = now
            with self._lock:
                return list(self._seats.values())
        with self._lock:
            # Windows cannot look at no socket at all.
            found: list[_Seat] = [key.data for key, _ in self._selector.select(0)] if self._seats else []
        return found + [seat for seat in behind if seat not in found] if behind else found

    def _work(self, ready: list[_Seat], now: float, punctual: bool) -> None:
        ready.sort(key=_attention, reverse=True)
        job = _Job(deque(ready), now, punctual, self._slots)
        helped = self._helpers > 0 and sum(seat.play.pixels for seat in ready) > SPREAD_PIXELS
        if helped:
            self._calls.put(job)
        job.do()
        if helped:
            job.done.acquire()
        self._behind += job.behind

    def _put_all_off(self, error: Exception) -> None:
        with self._lock:
            seats = [seat for seat in self._seats.values() if not seat.off.is_set()]
        for seat in seats:
            _put_off(seat, DriverError(seat.play.name, "its pictures could not be seen to", str(error)))


class _Job:
    """The work of one round; two threads may do it together."""

    def __init__(self, todo: deque[_Seat], now: float, punctual: bool, slots: DecodeSlots) -> None:
        self._todo, self._now, self._punctual, self._slots = todo, now, punctual, slots
        self.behind: list[_Seat] = []
        self.done = threading.Semaphore(0)

    def do(self) -> None:
        """Until nothing is left to begin."""
        with self._slots.live:
            while True:
                try:
                    seat = self._todo.popleft()
                except IndexError:
                    return
                with seat.lock:
                    if seat.left or seat.off.is_set():
                        continue
                    try:
                        stays = seat.play.work(self._now, self._punctual)
                    except DriverError as error:
                        _put_off(seat, error)
                        continue
                    if not stays:
                        _put_off(seat, None)
                    elif seat.play.waiting:
                        self.behind.append(seat)


def _help(calls: SimpleQueue[_Job | None]) -> None:
    lower_priority()
    while (job := calls.get()) is not None:
        try:
            job.do()
        except Exception:  # the top of this thread
            log.exception("a round failed")
        finally:
            job.done.release()


def _put_off(seat: _Seat, error: BaseException | None) -> None:
    seat.error = error
    seat.off.set()


def _attention(seat: _Seat) -> int:
    return seat.play.attention
