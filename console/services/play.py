"""One open stream as it plays: what becomes of each packet. A stream's own worker takes it step by step, or the rounds
take it along with others."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

from console.model.shedding import Attention, Shedder, Work
from console.services.mailbox import Mailbox
from console.services.packet_door import Writer
from console.services.slots import DecodeSlots
from drivers.errors import DriverError, TimedOut
from drivers.interfaces import ReadySource, VideoSource
from drivers.types import Picture, View

log = logging.getLogger(__name__)

NO_PICTURE_SECONDS = 8.0
"""A stream whose packets give no picture for so long is opened anew."""
KEY_SECONDS = 0.3
"""When a stream's first packets bring no key frame for so long, its camera is asked for one."""
CATCH_UP_PACKETS = 4
"""Held packets that are decoded in one go; then others get the decode slot."""
LIGHT_PIXELS = 1_000_000
"""Streams up to this size (1280x720 is) may go with the rounds: a larger picture would keep the others waiting."""
PUNCTUAL_SECONDS = 0.05
"""What a round finds is on time when the round before it was at most so long ago, or one picture of the stream."""
MOST_IN_A_ROUND = 8
"""Packets of one stream in one round; what waits behind them is for the next."""
_NO_SLOT = nullcontext()


@dataclass(slots=True)
class Wants:
    """What a stream is needed for. The Qt thread replaces parts of it whole; the worker reads them."""

    attention: Attention = Attention.NORMAL
    target: tuple[int, int, bool] = (0, 0, True)
    """The size in device pixels, and whether pictures must be decoded with all filters."""
    view: View = field(default_factory=View)
    writers: tuple[Writer, ...] = ()
    """Where packets go beside being decoded."""


@dataclass(slots=True)
class Tally:
    """What has come so far, and when (``time.monotonic()`` seconds). One thread at a time writes, any reads."""

    heartbeat: float
    packets: int = 0
    bytes: int = 0
    pictures: int = 0
    packet_at: float | None = None
    picture_at: float | None = None
    size: tuple[int, int] = (0, 0)


class Play:
    """One thread at a time: the stream's worker (``step``), or while that waits for it a round (``receive``, ``work``).
    ``mine`` tells whether it still counts; a worker that was left behind does nothing more."""

    def __init__(
        self,
        name: str,
        source: VideoSource,
        wants: Wants,
        tally: Tally,
        mailbox: Mailbox,
        shedder: Shedder,
        slots: DecodeSlots,
        mine: Callable[[], bool],
        begun: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        ask_key: Callable[[], None] | None = None,
    ) -> None:
        """``begun`` is called with the first picture, or the first packet that is kept for when it is seen."""
        self.name, self._source = name, source
        self._ready = source if isinstance(source, ReadySource) else None
        self._wants, self._tally, self._mailbox, self._shedder = wants, tally, mailbox, shedder
        self._slots, self._mine, self._say_begun, self._clock = slots, mine, begun, clock
        self._ask_key = ask_key
        self._interval = 1.0 / source.fps if source.fps > 0 else 1.0 / 15
        self._quiet_since = clock()
        self._unasked_since: float | None = None  # no key frame yet, and none asked for
        self._keyed = ask_key is None
        self._begun = False
        self._waits = False
        """Whether a packet has been taken in and not been looked at."""
        self._fresh = False
        """Whether this round has asked the source for more."""

    @property
    def attention(self) -> Attention:
        """How much it matters now."""
        return self._wants.attention

    @property
    def pixels(self) -> int:
        """What decoding one picture of it costs, roughly; nothing where nobody sees it."""
        return 0 if self._wants.attention <= Attention.HIDDEN else self._source.width * self._source.height

    @property
    def may_ride(self) -> bool:
        """Whether it may go with the rounds now: it can be looked into without waiting, and it is quickly done."""
        source = self._source
        return (
            self._ready is not None
            and not self._waits
            and source.width * source.height <= LIGHT_PIXELS
            and self._wants.view.dewarp is None
            and not self._must_catch_up()
        )

    # by its own worker

    def step(self) -> None:
        """Wait for the next packet and see to it. Raises DriverError."""
        clock = self._clock
        asked = now = clock()
        if not self._waits:
            more = self._source.read()
            if not self._mine():
                return  # left behind or stopped meanwhile: what it read counts for nothing
            if not more:
                raise self._ended()
            now = clock()
            self._take_in(now)
        self._waits = False
        if self._wants.attention > Attention.HIDDEN >= self._shedder.attention:
            self._catch_up()
            if not self._mine():
                return
        # The selected stream does not queue behind dozens of others: it is the last to lose pictures.
        slot = nullcontext() if self._wants.attention is Attention.SELECTED else self._slots.live
        self._see_to(now, now - asked, slot)

    # by a round

    def board(self) -> int:
        """From now on it goes with the rounds. Returns the socket to look at."""
        assert self._ready is not None
        return self._ready.board()

    def alight(self) -> None:
        """From now on it is its own worker's again."""
        assert self._ready is not None
        self._ready.alight()

    def receive(self, now: float, since: float) -> bool:
        """Take in what has come, of which nothing was there at ``since`` as far as the rounds know; whether there is
        work. Raises DriverError."""
        source = self._ready
        assert source is not None
        self._fresh = not self._waits and not source.waiting
        if self._waits:
            return True  # the round before did not get to it
        if self._fresh and not source.receive(now, since):
            raise self._ended()
        self._waits = source.next()
        if self._waits:
            self._take_in(now)
        return self._waits

    def work(self, arrived: float, gap: float) -> bool:
        """See to what has come in; False if it must go on by itself. The round before was ``gap`` seconds ago, so the
        last packet that there is has not waited for longer. Raises DriverError."""
        source = self._ready
        assert source is not None
        for _ in range(MOST_IN_A_ROUND):
            if not self._waits:
                return True
            if self._must_catch_up():
                return False
            self._waits = False
            if self._wants.attention > Attention.HIDDEN >= self._shedder.attention:
                self._shedder.resume()
            last = not source.waiting
            newest = last and self._fresh and source.drained
            waited = self._interval if newest and gap <= max(self._interval, PUNCTUAL_SECONDS) else 0.0
            self._see_to(arrived, waited, _NO_SLOT, not last, gap if newest else None)
            if not self._mine() or not self.may_ride:
                return False
            if last:
                return True
            self._waits = source.next()
            if self._waits:
                self._take_in(arrived)
        return True

    @property
    def waiting(self) -> bool:
        """Whether it has work although its socket may say nothing."""
        return self._waits or (self._ready is not None and self._ready.waiting > 0)

    def _ended(self) -> DriverError:
        return DriverError(self.name, "the stream ended", "It is opened again by itself.")

    def _take_in(self, now: float) -> None:
        """A packet has come. This runs for each packet of each camera, often with cold caches, so it looks up little
        and calls little."""
        source, tally = self._source, self._tally
        tally.packet_at = tally.heartbeat = now
        tally.packets += 1
        tally.bytes += source.packet_bytes
        if not self._keyed:
            self._unasked_since = self._unasked_since or now
            self._keyed = self._has_key(now - self._unasked_since)
        writers = self._wants.writers
        if writers:
            parameters, packet = source.parameters, source.packet()
            for writer in writers:
                writer.packet(parameters, packet)

    def _has_key(self, without: float) -> bool:
        """Whether the stream has begun with a key frame, or its camera was asked for one."""
        if self._source.packet_is_key:
            return True
        if self._ask_key is None or without < KEY_SECONDS:
            return False
        log.info("%s: began without a key frame; the camera is asked for one", self.name)
        self._ask_key()
        return True

    def _see_to(
        self,
        arrived: float,
        waited: float,
        slot: AbstractContextManager[None],
        superseded: bool = False,
        within: float | None = None,
    ) -> None:
        """Hold the packet, decode it, show it or leave it out. ``superseded``: a newer one is there already.
        ``within``: it came so many seconds before ``arrived`` at most."""
        if self._wants.attention <= Attention.HIDDEN:
            self._hold(arrived)
            self._quiet_since = arrived
            return
        with slot:
            picture = self._decode(arrived, waited, superseded, within)
        if picture is not None:
            if not self._begun:
                self._begin()
            self._quiet_since = arrived
            self._show(picture)
        elif arrived - self._quiet_since > NO_PICTURE_SECONDS:
            raise TimedOut(self.name, "packets come, but no picture")

    def _decode(self, arrived: float, waited: float, superseded: bool, within: float | None) -> Picture | None:
        source, shedder = self._source, self._shedder
        shedder.attention = self._wants.attention
        now = self._clock()
        work = shedder.weigh(
            now, source.packet_time, source.packet_is_key, self._interval, waited, now - arrived, superseded, within
        )
        if work is Work.HOLD:
            if not source.hold():
                shedder.lost()
            return None
        if work is Work.SKIP:
            source.skip()
            return None
        return source.decode(convert=work is Work.SHOW)

    def _show(self, picture: Picture) -> None:
        tally = self._tally
        tally.size = (picture.source_width, picture.source_height)
        tally.picture_at = picture.arrived
        tally.pictures += 1
        if self._mine():
            self._mailbox.post(picture, count=not self._shedder.catching_up)

    def _begin(self) -> None:
        self._begun = True
        self._say_begun()

    def _hold(self, now: float) -> None:
        """Nobody sees it: keep the packet for when somebody does."""
        source = self._source
        self._shedder.attention = Attention.HIDDEN
        self._shedder.weigh(now, source.packet_time, source.packet_is_key, self._interval)
        if not source.hold():
            self._shedder.lost()
        elif not self._begun:
            self._begin()

    def _must_catch_up(self) -> bool:
        """Whether it is seen again, and much was held: that takes its time, and is its own worker's."""
        return (
            self._wants.attention > Attention.HIDDEN >= self._shedder.attention
            and self._source.held > CATCH_UP_PACKETS
            and not (self._waits and self._source.packet_is_key)
        )

    def _catch_up(self) -> None:
        """It is seen again: decode what was held, in small steps between which others have their turn, and one stream
        fewer at a time than there are slots."""
        source, wants = self._source, self._wants
        if not source.packet_is_key:
            with nullcontext() if wants.attention is Attention.SELECTED else self._slots.backlog:
                while source.held and self._mine() and wants.attention > Attention.HIDDEN:
                    with self._slots.live:
                        source.catch_up(CATCH_UP_PACKETS)
                    self._tally.heartbeat = self._clock()
        self._shedder.resume()
