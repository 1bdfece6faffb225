"""One stream's life: open, read, decode, restart, in a worker thread of its own."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from console.model.restart import Phase, RestartState, StreamEvent, decide
from console.model.shedding import Attention, Shedder
from console.services.mailbox import Mailbox
from console.services.packet_door import Writer
from console.services.play import Play, Tally, Wants
from console.services.rounds import Rounds
from console.services.slots import DecodeSlots
from console.services.threads import lower_priority
from drivers.errors import BadAnswer, DriverError, NotFound, Refused, Unsupported
from drivers.interfaces import VideoOpener, VideoSource
from drivers.types import StreamRequest, View

log = logging.getLogger(__name__)

STUCK_SECONDS = 25.0
"""A worker that does not come back from a call for so long is left behind, and a new one takes over."""

MOST_LEFT_BEHIND = 3
"""Workers of one stream that may hang at a time; then the last one has to come back by itself."""


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """A stream as it is now, for tiles and the doctor. Times are ``time.monotonic()`` seconds; counters only grow."""

    phase: Phase
    since: float
    failures: int
    restarts: int
    gone: bool
    reason: str
    next_try: float | None
    packet_at: float | None
    picture_at: float | None
    codec: str
    width: int
    height: int
    nominal_fps: float
    packets: int
    received_bytes: int
    pictures: int
    replaced: int
    late: int
    skipped: int
    wrong: bool = False
    """The camera answers, but not with this stream: no such stream, no video, nothing that can be decoded."""

    @property
    def dropped(self) -> int:
        """Pictures that a viewer did not get to see, for whatever reason on this computer."""
        return self.replaced + self.late + self.skipped


class Stream:
    """Threads: the Qt thread (through the feed) calls everything public; ``_run`` and what it calls run in the worker.
    Plain attributes that the worker writes and others read are single assignments. ``_generation`` makes a worker that
    was left behind harmless: it may no longer post or decide."""

    def __init__(
        self,
        name: str,
        request: Callable[[], StreamRequest],
        opener: VideoOpener,
        slots: DecodeSlots,
        clock: Callable[[], float] = time.monotonic,
        dice: Callable[[], float] = random.random,
        ask_key: Callable[[], None] | None = None,
        rounds: Rounds | None = None,
    ) -> None:
        """``request`` is asked in the worker before each try: it may look a password up, which can block. ``ask_key``
        is called in the worker when a stream begins without a key frame; it returns at once. ``rounds`` take the stream
        along where that is possible, and the worker waits meanwhile."""
        self.name = name
        self.mailbox = Mailbox()
        self._request = request
        self._opener = opener
        self._slots = slots
        self._clock = clock
        self._dice = dice
        self._ask_key = ask_key
        self._rounds = rounds
        self._shedder = Shedder()
        self._wants = Wants()
        self._tally = Tally(clock())
        self._lock = threading.Lock()
        self._wake = threading.Condition(self._lock)
        self._state = RestartState()
        self._since = clock()
        self._reason = ""
        self._next_try: float | None = None
        self._generation = 0
        self._stopping = False
        self._changed = False
        self._off = threading.Event()
        """Set to call the stream back from the rounds."""
        self._thread: threading.Thread | None = None
        self._source: VideoSource | None = None
        self._left_behind: list[threading.Thread] = []
        self._wrong = False
        self._codec, self._fps = "", 0.0

    def start(self) -> None:
        """Begin to connect; returns at once."""
        with self._lock:
            self._generation += 1
            generation = self._generation
            self._tally.heartbeat = self._clock()
            self._off.set()
        self._thread = threading.Thread(target=self._run, args=(generation,), name=f"stream {self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Ask the worker to end; returns at once. See ``join``."""
        with self._wake:
            self._stopping = True
            self._off.set()
            self._wake.notify_all()

    def join(self, timeout: float) -> bool:
        """Wait until the worker has ended; False if it has not in ``timeout`` seconds."""
        if self._thread is None:
            return True
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def retry(self) -> None:
        """Try again now: the operator asked, or credentials or addresses changed."""
        with self._wake:
            self._changed = True
            self._off.set()
            self._wake.notify_all()

    def show(self, width: int, height: int, attention: Attention, best: bool = False) -> None:
        """What it is needed for: the size in device pixels, how much it matters, and whether somebody looks closely
        (``best``, or selected): only then small pictures too are decoded with all filters."""
        self._wants.attention = attention
        self._wants.target = target = (width, height, best or attention is Attention.SELECTED)
        source = self._source
        if source is not None:
            source.set_target(*target)

    def look(self, view: View) -> None:
        """How its pictures are shown."""
        self._wants.view = view
        source = self._source
        if source is not None:
            source.set_view(view)

    def write_to(self, writers: tuple[Writer, ...]) -> None:
        """Where its packets go from now on, beside being decoded."""
        self._wants.writers = writers

    def check(self) -> None:
        """Called about once a second: replaces a worker that hangs in a call."""
        with self._lock:
            stuck = (
                not self._stopping
                and self._next_try is None
                and self._state.phase is not Phase.REFUSED
                and self._clock() - self._tally.heartbeat > STUCK_SECONDS
            )
        if not stuck:
            return
        self._left_behind = [thread for thread in self._left_behind if thread.is_alive()]
        if self._thread is not None and len(self._left_behind) < MOST_LEFT_BEHIND:
            log.warning("%s: its worker hangs; a new one takes over", self.name)
            self._left_behind.append(self._thread)
            for writer in self._wants.writers:
                writer.interrupted("the connection hung")
            self.start()

    def facts(self) -> StreamFacts:
        """A consistent picture of the stream now."""
        with self._lock:
            state, tally = self._state, self._tally
            return StreamFacts(
                phase=state.phase,
                since=self._since,
                failures=state.failures,
                restarts=state.restarts,
                gone=state.gone,
                reason=self._reason,
                next_try=self._next_try,
                packet_at=tally.packet_at,
                picture_at=tally.picture_at,
                codec=self._codec,
                width=tally.size[0],
                height=tally.size[1],
                nominal_fps=self._fps,
                packets=tally.packets,
                received_bytes=tally.bytes,
                pictures=tally.pictures,
                replaced=self.mailbox.replaced,
                late=self._shedder.shed_shown,
                skipped=self._shedder.shed_decoded,
                wrong=self._wrong,
            )

    # In the worker thread from here on.

    def _run(self, generation: int) -> None:
        lower_priority()
        while self._mine(generation):
            self._happened(StreamEvent.STARTED, "")
            reason = "the stream is opened anew"
            try:
                self._play(generation)
            except Refused as error:
                reason = _short(error)
                self._happened(StreamEvent.REFUSED, reason, generation)
                log.warning("%s", error)
            except DriverError as error:
                reason = _short(error)
                self._wrong = isinstance(error, BadAnswer | NotFound | Unsupported)
                self._happened(StreamEvent.BROKE, reason, generation)
                log.info("%s", error)
            if self._mine(generation):
                for writer in self._wants.writers:
                    writer.interrupted(reason)
            self._rest(generation)

    def _play(self, generation: int) -> None:
        source = self._opener(self._request())
        try:
            if not self._mine(generation):
                return
            self._source = source
            source.set_target(*self._wants.target)
            source.set_view(self._wants.view)
            self._codec, self._fps = source.codec, source.fps
            self._shedder.restart()
            self._read_on(source, generation)
        finally:
            if self._source is source:
                self._source = None
            source.close()

    def _read_on(self, source: VideoSource, generation: int) -> None:
        """The loop of a stream's life."""
        play = Play(
            self.name, source, self._wants, self._tally, self.mailbox, self._shedder, self._slots,
            lambda: self._mine(generation), lambda: self._happened(StreamEvent.FIRST_PICTURE, "", generation),
            self._clock, self._ask_key,
        )  # fmt: skip
        while self._goes_on(generation):
            if self._rounds is None or not play.may_ride:
                play.step()
                continue
            with self._lock:
                if not self._goes_on(generation):  # who changed that could not call it back any more
                    return
                self._off = off = threading.Event()
            if not self._rounds.carry(play, off):
                play.step()

    def _goes_on(self, generation: int) -> bool:
        return not self._changed and not self._stopping and generation == self._generation

    def _mine(self, generation: int) -> bool:
        return not self._stopping and generation == self._generation

    def _happened(self, event: StreamEvent, reason: str, generation: int | None = None) -> None:
        with self._lock:
            if generation is not None and generation != self._generation:
                return
            now = self._clock()
            before = self._state
            self._state, delay = decide(event, before, now, self._dice())
            if self._state.phase is not before.phase and not (before.gone and self._state.gone):
                self._since = now
            if event is not StreamEvent.STARTED or not self._state.failures:
                self._reason = reason
            self._next_try = None if delay is None else now + delay
            self._tally.heartbeat = now

    def _rest(self, generation: int) -> None:
        """Wait for the time of the next try, for a change, or for the end."""
        with self._wake:
            if generation != self._generation:
                return  # left behind: the times and the change are those of the worker that took over
            while not self._stopping and generation == self._generation and not self._changed:
                if self._next_try is None:
                    if self._state.phase is not Phase.REFUSED:
                        return
                    self._wake.wait()
                    continue
                left = self._next_try - self._clock()
                if left <= 0:
                    break
                self._wake.wait(left)
            self._next_try = None
            self._tally.heartbeat = self._clock()
            if self._changed:
                self._changed = False
                self._state, _ = decide(StreamEvent.CHANGED, self._state, self._clock(), self._dice())
                self._reason = ""


def _short(error: DriverError) -> str:
    """The reason without the name: the tile shows the name itself."""
    return f"{error.what}: {error.detail}" if error.detail else error.what
