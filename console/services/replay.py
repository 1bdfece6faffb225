"""Replay of several cameras on one clock: a few workers decode what each tile needs now, the newest picture wins."""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from console.model.replay import ReplayState
from console.services.footage import Footage, Span
from console.services.replay_tile import FrameDecoder, Look, ReplayTile, Wish
from console.services.threads import lower_priority
from drivers.errors import DriverError
from drivers.types import Picture, View

log = logging.getLogger(__name__)

MEMORY_BYTES = 256 * 2**20
"""For the scaled pictures that all tiles of a session keep for going backwards."""
MOST_BYTES = 96 * 2**20
"""The same for one tile."""
RECHECK_SECONDS, SELDOM_SECONDS = 0.04, 0.5
"""Between two looks at the newest end of the footage, where the next picture may come any moment: playing, paused."""
MOST_WORKERS = 4


@dataclass(frozen=True, slots=True)
class Shown:
    """What a tile shows from now on. ``picture`` None: nothing may be seen, and ``problem`` says why. ``when`` is the
    moment of the picture, UTC seconds. ``exact`` False: its GOP's key frame, for the right one is on its way."""

    picture: Picture | None
    when: float | None
    problem: str = ""
    exact: bool = True


@dataclass(slots=True)
class _Tile:
    """One tile as the session keeps it; all of it under the session's lock but for what ``tile`` does by itself."""

    tile: ReplayTile
    footage: Footage
    busy: bool = False
    gone: bool = False
    stale: bool = True
    """Its size or view changed: the picture has to be made again."""
    look: Look | None = None
    looked_at: float = -math.inf
    served: int = 0
    moves: int = -1
    """The session's moves when the last exact picture was shown."""
    mail: Shown | None = None


@dataclass(slots=True)
class _Step[Key]:
    """So many pictures of this tile's camera forwards or back, if the clock was not moved meanwhile."""

    key: Key
    count: int
    moves: int
    taken: bool = False


@dataclass(slots=True)
class _Job[Key]:
    """What a worker does next: look at the tile, or make the step."""

    tile: _Tile
    wish: Wish
    moves: int
    fresh: bool = False
    step: _Step[Key] | None = None


class ReplaySession[Key: Hashable]:
    """The Qt thread calls everything public: it changes the clock and takes pictures, and neither waits for a decoder
    nor for a disk. Workers look for a tile whose picture is no longer the right one, decode without the lock, and put
    the result into the tile's one slot. ``stop`` ends them: one that is in a slow disk ends when it comes back, and
    what it brings is thrown away; ``join`` waits for that."""

    def __init__(
        self,
        decoder: Callable[[str, int], FrameDecoder],
        state: ReplayState,
        clock: Callable[[], float] = time.time,
        workers: int | None = None,
    ) -> None:
        """``decoder`` makes one out of a name and the bytes it may keep. ``clock`` gives UTC seconds."""
        self._make_decoder, self._clock = decoder, clock
        self._wake = threading.Condition()
        self._state = state
        self._moves = 0
        self._tiles: dict[Key, _Tile] = {}
        self._served = 0
        self._step: _Step[Key] | None = None
        self._stopping = False
        count = workers or min(MOST_WORKERS, os.cpu_count() or 1)
        self._workers = [
            threading.Thread(target=self._work, name=f"replay {index + 1}", daemon=True) for index in range(count)
        ]
        for worker in self._workers:
            worker.start()

    # What is shown

    def add(self, key: Key, name: str, footage: Footage, size: tuple[int, int], view: View | None = None) -> None:
        """One more tile; ``size`` of its picture area in device pixels."""
        decoder = self._make_decoder(name, MOST_BYTES)
        decoder.set_target(*size)
        if view is not None:
            decoder.set_view(view)
        with self._wake:
            self._drop(key)
            self._tiles[key] = _Tile(ReplayTile(footage, decoder), footage)
            for tile in self._tiles.values():
                tile.tile.decoder.set_memory(min(MOST_BYTES, MEMORY_BYTES // len(self._tiles)))
            self._wake.notify_all()

    def remove(self, key: Key) -> None:
        """This tile is no longer needed."""
        with self._wake:
            self._drop(key)

    def resize(self, key: Key, size: tuple[int, int]) -> None:
        """Another size of a tile's picture area."""
        self._reshape(key, lambda decoder: decoder.set_target(*size))

    def set_view(self, key: Key, view: View) -> None:
        """Another view of a tile's camera."""
        self._reshape(key, lambda decoder: decoder.set_view(view))

    @property
    def keys(self) -> tuple[Key, ...]:
        """The tiles that replay."""
        return tuple(self._tiles)

    def spans(self, key: Key) -> tuple[Span, ...]:
        """The footage of a tile."""
        return self._tiles[key].footage.spans()

    def take(self) -> dict[Key, Shown]:
        """What is new since the last call."""
        with self._wake:
            found = {key: tile.mail for key, tile in self._tiles.items() if tile.mail is not None}
            for tile in self._tiles.values():
                tile.mail = None
        return found

    # The clock

    @property
    def state(self) -> ReplayState:
        """The clock as it is."""
        with self._wake:
            return self._state

    def change(self, how: Callable[[ReplayState, float], ReplayState]) -> None:
        """Change the clock: ``how`` gets it and the time, and gives the new one."""
        with self._wake:
            before, now = self._state, self._clock()
            self._state = how(before, now)
            if self._state == before:
                return
            if abs(self._state.position(now) - before.position(now)) > 1e-6:
                self._moves += 1
                self._step = None
            self._wake.notify_all()

    def step(self, key: Key, count: int) -> None:
        """Stand still, and go so many pictures of this tile's camera forwards (negative: back)."""
        with self._wake:
            waiting = 0 if self._step is None or self._step.taken else self._step.count
            self._state = self._state.paused(self._clock())
            self._step = _Step(key, waiting + count, self._moves)
            self._wake.notify_all()

    def wake(self) -> None:
        """Look again now: footage was added, or a test let time pass."""
        with self._wake:
            self._wake.notify_all()

    def stop(self) -> None:
        """End all workers and let go of all memory; returns at once."""
        with self._wake:
            self._stopping = True
            for key in list(self._tiles):
                self._drop(key)
            self._wake.notify_all()

    def join(self, timeout: float = 5.0) -> bool:
        """Wait until all workers have ended; False if one has not in ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
        return not any(worker.is_alive() for worker in self._workers)

    def _drop(self, key: Key) -> None:
        tile = self._tiles.pop(key, None)
        if tile is None:
            return
        tile.gone = True
        if not tile.busy:
            tile.tile.close()

    def _reshape(self, key: Key, how: Callable[[FrameDecoder], None]) -> None:
        with self._wake:
            tile = self._tiles.get(key)
            if tile is not None:
                how(tile.tile.decoder)
                tile.look, tile.stale = None, True
                self._wake.notify_all()

    # In the workers from here on.

    def _work(self) -> None:
        lower_priority()
        while True:
            with self._wake:
                job = self._choose()
                while job is None:
                    if self._stopping:
                        return
                    self._wake.wait(self._pause())
                    job = self._choose()
                job.tile.busy = True
            if job.step is None:
                self._look(job)
            else:
                self._go(job, job.step)

    def _choose(self) -> _Job[Key] | None:
        """The next thing to do, or nothing."""
        if self._stopping:
            return None
        now = self._clock()
        when = self._state.position(now)
        speed = self._state.speed if self._state.playing else 0.0
        crowd = max(1.0, len(self._tiles) / len(self._workers))
        step = self._step
        if step is not None and not step.taken:
            tile = self._tiles.get(step.key)
            if tile is None:
                self._step = None
            elif not tile.busy:
                step.taken = True
                return _Job(tile, Wish(when, 0.0, crowd), self._moves, step=step)
        due = [tile for tile in self._tiles.values() if not tile.busy and self._due(tile, when, now) <= 0]
        if not due:
            return None
        # Tiles that show nothing right come before those that show their key frame already.
        tile = min(due, key=lambda each: (each.moves == self._moves, _approximate(each, when), each.served))
        self._served += 1
        tile.served = self._served
        fresh, tile.stale = tile.stale, False
        return _Job(tile, Wish(when, speed, crowd, tile.moves != self._moves), self._moves, fresh)

    def _due(self, tile: _Tile, when: float, now: float) -> float:
        """Seconds until the tile has to be looked at again; infinite where only a change of the clock can bring it."""
        look, state = tile.look, self._state
        if look is None or not look.exact or not look.since <= when < look.until:
            return 0.0
        wait = math.inf
        if state.playing:
            wait = (look.until - when) / state.speed if state.speed > 0 else (when - look.since) / -state.speed + 1e-4
        if look.open_end:
            every = RECHECK_SECONDS if state.playing else SELDOM_SECONDS
            wait = min(wait, max(0.0, tile.looked_at + every - now))
        return wait

    def _pause(self) -> float | None:
        """How long a worker sleeps when there is nothing to do; None until it is woken."""
        now = self._clock()
        when = self._state.position(now)
        waits = [self._due(tile, when, now) for tile in self._tiles.values() if not tile.busy]
        least = min(waits, default=math.inf)
        return None if least == math.inf else max(0.001, least)

    def _look(self, job: _Job[Key]) -> None:
        tile = job.tile

        def go_on() -> bool:
            if self._stopping or tile.gone:
                return False
            return self._moves == job.moves or tile.tile.holds(self._state.position(self._clock()))

        if job.fresh:
            tile.tile.forget()
        look = tile.tile.look(job.wish, go_on)
        with self._wake:
            if self._returned(tile) and look is not None and not tile.stale:
                tile.look, tile.looked_at = look, self._clock()
                if look.exact:
                    tile.moves = job.moves
                if look.picture is not None or look.problem:
                    tile.mail = Shown(look.picture, look.when, look.problem, look.exact)
            self._wake.notify_all()

    def _go(self, job: _Job[Key], step: _Step[Key]) -> None:
        to: float | None = None
        try:
            to = job.tile.tile.step(job.wish.when, step.count)
        except (DriverError, OSError) as error:
            log.info("a step in the footage failed: %s", error)  # looking at the tile says what is wrong with it
        with self._wake:
            self._returned(job.tile)
            if self._step is step:
                self._step = None
            if to is not None and step.moves == self._moves:
                self._stepped(to)
            self._wake.notify_all()

    def _stepped(self, to: float) -> None:
        """A step is a move, but a short one: no tile shows a key frame instead on its way."""
        self._state = self._state.moved(self._clock(), to)
        for tile in self._tiles.values():
            if tile.moves == self._moves:
                tile.moves += 1
        self._moves += 1
        if self._step is not None:
            self._step.moves = self._moves

    def _returned(self, tile: _Tile) -> bool:
        """A worker has done with a tile; False if nobody needs it any more."""
        tile.busy = False
        if tile.gone:
            tile.tile.close()
        return not tile.gone


def _approximate(tile: _Tile, when: float) -> bool:
    """Whether the tile shows the key frame of the GOP that is looked at."""
    look = tile.look
    return look is not None and not look.exact and look.since <= when < look.until
