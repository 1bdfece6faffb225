"""Listening to one camera: never more than one, and always said which.

Sound is live or it is nothing: when more waits at the card than a moment's worth, the old is dropped for the new.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from console.model.restart import RestartState, StreamEvent, decide
from drivers.errors import DriverError, NoSound, NoSoundOut, NotFound, Refused, Unsupported
from drivers.interfaces import SOUND_FRAME_BYTES, SOUND_RATE, SoundOpener, SoundOut, SoundSource
from drivers.types import StreamRequest

LATEST = 0.35
"""Seconds of sound that may wait at the card; beyond it what waits is dropped."""
CUSHION = 0.08
"""Seconds of silence before the first sound and after a gap, so that a late packet makes no gap of its own."""
MOST_WORKERS = 4
"""Workers that may hang in a dead connection at a time; the next listener waits for one of them."""
SECONDS_TO_END = 12.0
"""How long ``close`` waits for workers; FFmpeg's own time-outs end them sooner."""

_HOPELESS = (NoSound, Refused, Unsupported, NotFound)
"""Trying again changes nothing, or locks the account."""


@dataclass(frozen=True, slots=True)
class SoundState:
    """What is heard, for the screens. ``number`` is the camera that is listened to, None for none; ``words`` say how it
    is with its sound; ``playing`` whether there is sound now. ``volume`` in 0 to 1. ``dropped`` counts seconds of sound
    that came too late."""

    number: int | None = None
    words: str = "Sound is off"
    playing: bool = False
    volume: float = 0.8
    muted: bool = False
    dropped: float = 0.0


class Listener:
    """Threads: the Qt thread calls everything public, which never waits; a worker for each camera that is listened to
    opens, reads and writes to the card. A worker whose generation has passed may no longer write, so that two cameras
    are never heard at once, even when the first hangs in its connection. ``changed`` is called from any of them after
    each change of ``state`` but for its counter."""

    def __init__(
        self,
        open_sound: SoundOpener,
        open_card: Callable[[], SoundOut],
        changed: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._open_sound, self._open_card, self._changed = open_sound, open_card, changed
        self._clock, self._dice = clock, dice
        self._wake = threading.Condition()
        """Guards ``_generation`` and ``_state``; held for moments only."""
        self._generation = 0
        self._state = SoundState()
        self._device = threading.Lock()
        """Guards the card; workers only, because a card can take its time."""
        self._card: SoundOut | None = None
        self._slots = threading.BoundedSemaphore(MOST_WORKERS)
        self._workers: list[threading.Thread] = []

    @property
    def state(self) -> SoundState:
        """What is heard now."""
        return self._state

    def listen(self, number: int, request: Callable[[], StreamRequest]) -> None:
        """Listen to this camera, and to no other. ``request`` is asked in the worker before each try: it may look a
        password up, which can block."""
        with self._wake:
            self._generation += 1
            generation = self._generation
            self._state = replace(self._state, number=number, words=f"Connecting to camera {number}", playing=False)
            self._wake.notify_all()
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        worker = threading.Thread(
            target=self._run, args=(generation, number, request), name=f"sound {number}", daemon=True
        )
        self._workers.append(worker)
        worker.start()
        self._changed()

    def stop(self) -> None:
        """Listen to nobody."""
        with self._wake:
            self._generation += 1
            changed = self._state.number is not None
            self._state = SoundState(volume=self._state.volume, muted=self._state.muted)
            self._wake.notify_all()
        if changed:
            self._changed()

    def set_volume(self, volume: float) -> None:
        """From 0 to 1; heard within a third of a second."""
        self._change(volume=min(1.0, max(0.0, volume)))

    def set_muted(self, muted: bool) -> None:
        """Silence without losing the connection."""
        self._change(muted=muted)

    def close(self) -> bool:
        """Stop and wait for the workers; False if one hangs."""
        self.stop()
        ends = time.monotonic() + SECONDS_TO_END
        for worker in self._workers:
            worker.join(max(0.0, ends - time.monotonic()))
        return not any(worker.is_alive() for worker in self._workers)

    # In a worker

    def _run(self, generation: int, number: int, request: Callable[[], StreamRequest]) -> None:
        while not self._slots.acquire(timeout=0.2):
            if generation != self._generation:
                return
        try:
            self._listen(generation, number, request)
        finally:
            self._slots.release()
            self._leave(generation)

    def _listen(self, generation: int, number: int, request: Callable[[], StreamRequest]) -> None:
        restart = RestartState()
        while generation == self._generation:
            try:
                source = self._open_sound(request())
                try:
                    restart, _ = decide(StreamEvent.FIRST_PICTURE, restart, self._clock(), 0.0)
                    self._play(generation, number, source)
                finally:
                    source.close()
                words = f"Camera {number}: its sound has ended"
            except NoSoundOut as error:
                self._say(generation, words=error.sentence, playing=False)
                return
            except _HOPELESS as error:
                self._say(generation, words=f"Camera {number}: {error.what}. {error.advice}", playing=False)
                return
            except DriverError as error:
                words = f"Camera {number}: {error.what}"
            restart, delay = decide(StreamEvent.BROKE, restart, self._clock(), self._dice())
            self._say(generation, words=f"{words}. It is tried again by itself.", playing=False)
            with self._wake:
                self._wake.wait_for(lambda: generation != self._generation, delay)

    def _play(self, generation: int, number: int, source: SoundSource) -> None:
        while generation == self._generation:
            sound = source.read()
            if sound is None:
                return
            if not sound:
                continue
            first = not self._state.playing
            if first:
                self._say(generation, words=f"Sound of camera {number}", playing=True)
            with self._device:
                if generation == self._generation:
                    self._write(generation, sound, first)

    def _write(self, generation: int, sound: bytes, first: bool) -> None:
        if self._card is None:
            self._card = self._open_card()
        card, state = self._card, self._state
        if first or state.muted:
            card.clear()  # the rest of the camera before
        if state.muted:
            return
        waiting = card.waiting
        if waiting > LATEST:
            card.clear()
            self._say(generation, dropped=state.dropped + waiting)
            waiting = 0.0
        if waiting == 0.0:
            card.write(bytes(round(CUSHION * SOUND_RATE) * SOUND_FRAME_BYTES))
        card.write(_louder(sound, state.volume))

    def _leave(self, generation: int) -> None:
        """Silence what this worker left at the card; let go of the card when nobody listens any more."""
        with self._device:
            if self._card is None or (generation != self._generation and self._state.number is not None):
                return  # the next listener has the card, and clears it
            card, self._card = self._card, None
            card.clear()
            card.close()

    def _say(self, generation: int, **changes: object) -> None:
        with self._wake:
            if generation != self._generation:
                return
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        if "words" in changes:
            self._changed()

    def _change(self, **changes: object) -> None:
        with self._wake:
            self._state = replace(self._state, **changes)  # type: ignore[arg-type]
        self._changed()


def _louder(sound: bytes, volume: float) -> bytes:
    """16-bit samples times ``volume``, by the square: loudness is felt so."""
    if volume >= 1.0:
        return sound
    samples = np.frombuffer(sound, "<i2").astype(np.float32)
    return (samples * volume**2).astype("<i2").tobytes()
