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

from console.model.shedding import Attention
from console.services.play import Play
from console.services.slots import DecodeSlots
from console.services.threads import lower_priority
from drivers.errors import DriverError

log = logging.getLogger(__name__)
_FAULT = "%s: its pictures could not be seen to"

BEAT_SECONDS = 0.033
LOOK_SECONDS = 1.0
"""Streams of which nothing comes are looked at so often, to see that nothing comes."""
SPREAD_PIXELS = 24 * 640 * 360
"""From so many pixels on a second thread helps a round to decode; before, it costs 3 % more than it saves time."""
STUCK_SECONDS = 10.0
"""A round that takes longer hangs: another thread goes on without the stream that it hangs in."""
MOST_LEFT_BEHIND = 3
"""Threads that may hang at a time; then the last one has to come back by itself."""
MOST_CARRIED = 500
"""Windows looks at 512 sockets at a time and no more; further streams go by themselves."""


@dataclass(slots=True, eq=False)
class _Seat:
    """A stream that goes along. ``lock`` is held by the round while it is in its hands. Nobody but the stream's own
    worker waits for it: a round that finds it held passes by, since a round before may hang in that stream."""

    play: Play
    socket: int
    off: threading.Event
    lock: threading.Lock = field(default_factory=threading.Lock)
    left: bool = False
    error: DriverError | None = None

    def take(self, work: Callable[[Play], bool]) -> bool | None:
        """Do this with the stream and tell what came of it; None where it failed, left, or is in other hands."""
        if not self.lock.acquire(blocking=False):
            return None
        try:
            return None if self.left or self.off.is_set() else work(self.play)
        except DriverError as error:
            self.put_off(error)
        except Exception as error:  # the top of what this stream does: its fault is not the others'
            log.exception(_FAULT, self.play.name)
            self.put_off_unforeseen(error)
        finally:
            self.lock.release()
        return None

    def put_off(self, error: DriverError) -> None:
        """It does not go along any more; its worker hears why."""
        self.error = error
        self.off.set()

    def put_off_unforeseen(self, error: Exception) -> None:
        """The same for what no driver foresaw."""
        self.put_off(DriverError(self.play.name, "its pictures could not be seen to", str(error)))


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
        self._left_behind: list[threading.Thread] = []
        self._job: _Job | None = None
        self._helpers = min(1, (os.cpu_count() or 2) - 1) if helpers is None else helpers
        self._calls: SimpleQueue[_Job | None] = SimpleQueue()

    @property
    def carried(self) -> int:
        """How many streams go along."""
        return len(self._seats)

    def carry(self, play: Play, off: threading.Event) -> bool:
        """Take ``play`` along until ``off`` is set, or until it must go on by itself. Blocks meanwhile; afterwards the
        stream is the caller's again. False at once where there is no room. Raises DriverError of its work."""
        with self._wake:
            if self._closing or len(self._seats) >= MOST_CARRIED:
                return False
            seat = _Seat(play, play.board(), off)
            try:
                self._selector.register(seat.socket, selectors.EVENT_READ, seat)
            except OSError:  # the system looks at no more of them
                play.alight()
                return False
            self._seats[seat.socket] = seat
            self._behind.append(seat)  # something may have come in already, and its socket would not tell
            if not self._threads:
                self._start()
            self._wake.notify_all()
        off.wait()
        with seat.lock:  # a round may have it in hand
            seat.left = True
        with self._lock:
            if self._seats.pop(seat.socket, None) is not None:
                self._selector.unregister(seat.socket)
        play.alight()
        if seat.error is not None:
            raise seat.error
        return True

    def turn(self) -> bool:
        """One round; whether it may have brought pictures. In the rounds' thread."""
        now, generation = self._clock(), self._generation
        before, self._began = self._began, now
        ready: list[_Seat] = []

        def receive(play: Play) -> bool:
            return play.receive(now, before)

        for seat in self._due(now):
            if generation != self._generation:
                return False  # left behind: the rest is for the thread that took over
            if seat.take(receive):
                ready.append(seat)
        if not ready:
            return False
        self._work(ready, now, now - before)
        return True

    def check(self) -> None:
        """About once a second: a round that hangs is left behind with the stream that it hangs in."""
        busy = self._busy
        if busy is None or self._clock() - busy < STUCK_SECONDS:
            return
        self._left_behind = [thread for thread in self._left_behind if thread.is_alive()]
        if len(self._left_behind) >= MOST_LEFT_BEHIND:
            return
        with self._lock:
            hung = [seat.play.name for seat in self._seats.values() if seat.lock.locked()]
            self._generation += 1
            self._busy, self._looked = None, -1e9
            self._left_behind += self._threads[:1]
            self._end_helpers()
            if self._job is not None:
                self._job.drop()
            self._start()
        log.warning(
            "%s: its pictures hang; another thread goes on with the other streams", ", ".join(hung) or "a round"
        )

    def close(self, timeout: float = 2.0) -> bool:
        """End the threads; streams must have left before. False if they did not end in ``timeout`` seconds."""
        with self._wake:
            self._closing = True
            self._wake.notify_all()
            threads, self._threads = self._threads, []
            self._end_helpers()
        deadline = time.monotonic() + timeout
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        if any(thread.is_alive() for thread in threads):
            return False
        with self._lock:
            self._seats.clear()
            self._selector.close()
        return True

    def _end_helpers(self) -> None:
        for _ in range(self._helpers):
            self._calls.put(None)
        self._calls = SimpleQueue()

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
            except Exception as error:  # the top of this thread
                log.exception("a round failed")
                if generation == self._generation:
                    self._put_all_off(error)
            if generation != self._generation:
                return
            self._busy = None
            self._say()
            now = self._clock()
            at = max(at + self.beat, now)
            if at > now:
                self._pause(at - now)

    def _say(self) -> None:
        after = self.after
        if after is None:
            return
        try:
            after()
        except Exception:  # the top of this thread: the streams go on without who cannot be told
            log.exception("what waits for the pictures cannot be told of them")
            self.after = None

    def _go_on(self, generation: int) -> bool:
        """Wait until there is somebody to carry; False at the end."""
        with self._wake:
            while not (self._seats or self._closing or generation != self._generation):
                self._wake.wait()
            return not self._closing and generation == self._generation

    def _due(self, now: float) -> Sequence[_Seat]:
        with self._lock:
            behind, self._behind = self._behind, []
            if now - self._looked >= LOOK_SECONDS:
                self._looked = now
                return list(self._seats.values())
            # Windows cannot look at no socket at all.
            found: list[_Seat] = [key.data for key, _ in self._selector.select(0)] if self._seats else []
        # No stream twice: it would be worked on by two threads.
        return found + [seat for seat in behind if seat not in found] if behind else found

    def _work(self, ready: list[_Seat], now: float, gap: float) -> None:
        ready.sort(key=_attention, reverse=True)
        self._job = job = _Job(deque(ready), now, gap, self._slots)
        # The selected stream does not queue behind those that go by themselves: it is the last to lose pictures.
        for seat in ready:
            if seat.play.attention is not Attention.SELECTED:
                break
            job.next()
        if self._helpers and sum(seat.play.pixels for seat in ready) > SPREAD_PIXELS:
            self._calls.put(job)
        job.do()
        with self._lock:
            self._behind += job.behind

    def _put_all_off(self, error: Exception) -> None:
        with self._lock:
            seats = [seat for seat in self._seats.values() if not seat.off.is_set()]
        for seat in seats:
            seat.put_off_unforeseen(error)


class _Job:
    """The work of one round; two threads may do it together. ``drop`` comes from a third."""

    def __init__(self, todo: deque[_Seat], now: float, gap: float, slots: DecodeSlots) -> None:
        self._todo, self._now, self._gap, self._slots = todo, now, gap, slots
        self.behind: list[_Seat] = []
        self._helper = threading.Lock()
        """Taken by the helper when it begins, or when it is too late for it."""
        self._helped = threading.Semaphore(0)

    def do(self) -> None:
        """Until nothing is left to do."""
        with self._slots.live:
            while self.next():
                pass
        if not self._helper.acquire(blocking=False):
            self._helped.acquire()

    def help(self) -> None:
        """Take part, if it is not over and a core is free for it."""
        if not self._helper.acquire(blocking=False):
            return
        try:
            if self._slots.live.acquire(0):
                try:
                    while self.next():
                        pass
                finally:
                    self._slots.live.release()
        finally:
            self._helped.release()

    def drop(self) -> None:
        """Begin nothing more."""
        self._todo.clear()

    def next(self) -> bool:
        """See to one stream; False if none is left."""
        try:
            seat = self._todo.popleft()
        except IndexError:
            return False
        stays = seat.take(self._see_to)
        if stays is False:
            seat.off.set()
        elif stays and seat.play.waiting:
            self.behind.append(seat)
        return True

    def _see_to(self, play: Play) -> bool:
        return play.work(self._now, self._gap)


def _help(calls: SimpleQueue[_Job | None]) -> None:
    lower_priority()
    while (job := calls.get()) is not None:
        job.help()


def _attention(seat: _Seat) -> Attention:
    return seat.play.attention
