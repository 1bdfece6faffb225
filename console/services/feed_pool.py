"""All cameras that are shown somewhere: one feed a camera, however many tiles and windows show it. What was shown
lately stays open for a while, what was shown or is shown has a replay buffer, and any camera can be recorded."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from console.model.tile_state import TileState
from console.services.feed import AskKey, Feed, Need, Resolve
from console.services.footage import Footage
from console.services.packet_door import PacketDoor
from console.services.packet_ring import PacketRing, RingBudget
from console.services.packet_sink import PacketSink
from console.services.rounds import Rounds
from console.services.slots import DecodeSlots
from console.services.stream import Stream, StreamFacts
from drivers.interfaces import VideoOpener
from drivers.types import Picture, StreamProfile, View

SWITCH_INTERVAL = 0.001
"""Seconds after which a thread must offer the GIL: the Qt thread waits for it behind dozens of workers."""

SOON = Need(640, 360)
"""The tile that is assumed for a camera that will be needed soon."""


@dataclass(frozen=True, slots=True)
class ReplaySettings:
    """What replay buffers may hold: so many ``seconds`` of each camera, bytes of each and of all together."""

    seconds: float = 300.0
    bytes_per_camera: int = 64_000_000
    bytes_in_all: int = 700_000_000
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class WarmSettings:
    """Streams that no tile shows any more stay open, undecoded, for so many ``seconds`` and so many at ``most``."""

    seconds: float = 60.0
    most: int = 64


@dataclass(frozen=True, slots=True)
class FeedSource:
    """A camera as the pool needs it: what it offers and how to turn a profile into a request (in a worker)."""

    number: int
    name: str
    profiles: tuple[StreamProfile, ...]
    resolve: Resolve
    access: str = ""
    """How it is reached (transport, name of the credentials): when this changes the streams are opened anew."""
    view: View = field(default_factory=View)
    """How its pictures are shown, masks included. A change opens nothing anew."""
    ask_key: AskKey | None = None
    """Asks the camera for a key frame of a stream now. Called in a worker; returns at once."""

    def same_as(self, other: FeedSource) -> bool:
        """Whether running streams may go on. ``resolve`` is a function and says nothing by comparison."""
        return (self.name, self.profiles, self.access) == (other.name, other.profiles, other.access)


@dataclass(frozen=True, slots=True)
class _Buffer:
    """A camera's replay buffer and the door to it."""

    ring: PacketRing
    door: PacketDoor


class FeedPool:
    """Only the Qt thread calls it. Decoding is bounded by a few slots, about the cores, whatever the streams."""

    def __init__(
        self,
        opener: VideoOpener,
        clock: Callable[[], float] = time.monotonic,
        slots: int | None = None,
        replay: ReplaySettings = ReplaySettings(),
        warm: WarmSettings = WarmSettings(),
        utc: Callable[[], float] = time.time,
    ) -> None:
        """``clock`` gives monotonic seconds, ``utc`` UTC seconds since 1970."""
        self._opener, self._clock, self._utc = opener, clock, utc
        self._slots = DecodeSlots(slots or max(2, os.cpu_count() or 2))
        self._rounds = Rounds(self._slots, clock)
        self._replay, self._warm_settings = replay, warm
        self._budget = RingBudget(replay.bytes_in_all, replay.bytes_per_camera)
        self._buffers: dict[int, _Buffer] = {}
        self._sources: dict[int, FeedSource] = {}
        self._feeds: dict[int, Feed] = {}
        self._visible: dict[int, Feed] = {}
        self._warm: dict[int, float] = {}
        """Cameras that are kept open for nobody, the longest unseen first, and since when."""
        self._recorded: dict[int, PacketSink] = {}
        self._leaving: list[Stream] = []
        sys.setswitchinterval(SWITCH_INTERVAL)

    def offer(self, sources: Sequence[FeedSource]) -> None:
        """The cameras that exist now. Feeds of cameras that changed or went are closed; the tiles ask again, and
        recordings go on by themselves. A replay buffer goes with its camera, or when its streams became others."""
        fresh = {source.number: source for source in sources}
        before, self._sources = self._sources, fresh
        for number in [*self._feeds, *(n for n in self._buffers if n not in self._feeds)]:
            old, new = before.get(number), fresh.get(number)
            if new is None or old is None or new.profiles != old.profiles:
                self._forget(number)
            if new is not None and old is not None and new.same_as(old):
                if number in self._feeds:
                    self._feeds[number].look(new.view)
            elif number in self._feeds:
                self._close(number, "the camera was changed")
        for number, sink in self._recorded.items():
            if number in fresh and number not in self._feeds:
                self._open(number).record(sink)

    def need(self, number: int, who: object, need: Need | None) -> None:
        """Tile ``who`` wants camera ``number`` like this; None: not any more. Unknown numbers are ignored."""
        feed = self._feeds.get(number)
        if feed is None:
            if need is None or number not in self._sources:
                return
            feed = self._open(number)
        was_needed = feed.needed
        feed.need(who, need)
        if feed.visible:
            self._visible[number] = feed
        else:
            self._visible.pop(number, None)
        if feed.needed:
            self._warm.pop(number, None)
        elif was_needed:
            self._keep_warm(number)

    def beat(self, seconds: float) -> None:
        """How often the screen looks: so often is looked for new pictures, where that is done for all streams at
        once."""
        self._rounds.beat = seconds

    def tell(self, came: Callable[[], None] | None) -> None:
        """``came`` is called after each look at all streams that are looked at together, from the thread that does
        that."""
        self._rounds.after = came

    def warm(self, numbers: Iterable[int], need: Need = SOON) -> None:
        """These cameras will be needed soon: open them undecoded, or keep them open, as if they had just been seen."""
        for number in numbers:
            feed = self._feeds.get(number)
            if feed is None and number in self._sources and self._warm_settings.most > 0:
                feed = self._open(number)
            if feed is not None and not feed.needed:
                feed.prepare(need)
                self._keep_warm(number)

    def collect(self) -> dict[int, Picture]:
        """New pictures by camera number since the last call. A tile that is new gets an old picture first where there
        is one; ``Feed.verdict`` tells."""
        new = {}
        for number, feed in self._visible.items():
            box = feed.box
            if not feed.unsettled and (box is None or box.picture is None):
                continue
            picture = feed.take()
            if picture is not None:
                new[number] = picture
        return new

    @property
    def shown(self) -> int:
        """How many cameras are shown."""
        return sum(feed.needed for feed in self._feeds.values())

    @property
    def fastest(self) -> float:
        """Pictures a second of the quickest stream that is shown; 0 where one of them does not say."""
        rates = [facts.nominal_fps for facts in self.all_facts().values()]
        return max(rates) if rates and min(rates) > 0 else 0.0

    @property
    def warm_cameras(self) -> frozenset[int]:
        """The cameras that are kept open for nobody."""
        return frozenset(self._warm)

    @property
    def buffered_bytes(self) -> int:
        """What all replay buffers hold."""
        return self._budget.used

    def feed(self, number: int) -> Feed | None:
        """The feed of a camera that is shown, or that refused its login when it was; else None."""
        feed = self._feeds.get(number)
        return feed if feed is not None and (feed.needed or feed.refused) else None

    def footage(self, number: int) -> Footage | None:
        """The replay buffer of a camera that is shown or was lately."""
        buffer = self._buffers.get(number)
        return None if buffer is None else buffer.ring

    def record(self, number: int, sink: PacketSink) -> bool:
        """Give the packets of this camera's best stream to ``sink``, which is called in a worker; False if there is no
        such camera. The stream is shared with the tiles where it is the one that they show, and it is tried again for
        ever when it breaks. One recording a camera: a new sink takes the place of the old one."""
        if number not in self._sources:
            return False
        self._recorded[number] = sink
        (self._feeds.get(number) or self._open(number)).record(sink)
        return True

    def stop_recording(self, number: int) -> None:
        """End it; when this returns the sink is not called any more."""
        self._recorded.pop(number, None)
        feed = self._feeds.get(number)
        if feed is not None:
            feed.record(None)
            if not feed.needed and number not in self._warm:
                self._release(number)

    @property
    def recorded(self) -> frozenset[int]:
        """The cameras that are recorded, or would be if they existed."""
        return frozenset(self._recorded)

    def retry(self, number: int) -> None:
        """Try this camera again now."""
        feed = self._feeds.get(number)
        if feed is not None:
            feed.retry()

    def check(self) -> None:
        """About once a second: watch for stuck workers, let go what is warm for too long or broke off, what fell out of
        the buffers, and workers that have ended."""
        self._rounds.check()
        for feed in self._feeds.values():
            feed.check()
        oldest = self._clock() - self._warm_settings.seconds
        for number, since in list(self._warm.items()):
            if since <= oldest or not self._feeds[number].warm:
                self._release(number)
        now = self._utc()
        for number, buffer in list(self._buffers.items()):
            if number not in self._feeds and buffer.ring.expire(now):
                self._forget(number)
        self._leaving = [stream for stream in self._leaving if not stream.join(0)]

    def all_facts(self) -> dict[int, StreamFacts]:
        """Facts of every shown camera."""
        found = {number: feed.facts() for number, feed in self._feeds.items() if feed.needed}
        return {number: facts for number, facts in found.items() if facts is not None}

    def states(self) -> dict[int, TileState]:
        """What is to be said of every camera that is shown, or refused its login when it was."""
        now = self._clock()
        return {number: feed.verdict(now).state for number, feed in self._feeds.items() if feed.visible or feed.refused}

    def close(self, timeout: float = 6.0) -> bool:
        """End everything; False if a worker did not end in ``timeout`` seconds (it is a daemon and ends with us)."""
        for number in list(self._feeds):
            self._close(number, "the console ends")
        for number in list(self._buffers):
            self._forget(number)
        deadline = time.monotonic() + timeout
        left = all(stream.join(max(0.0, deadline - time.monotonic())) for stream in self._leaving)
        return self._rounds.close() and left

    def _open(self, number: int) -> Feed:
        source = self._sources[number]
        feed = Feed(
            number, source.name, source.profiles, source.resolve, self._opener, self._slots, self._clock,
            source.ask_key, self._door(number), self._rounds,
        )  # fmt: skip
        feed.look(source.view)
        self._feeds[number] = feed
        return feed

    def _door(self, number: int) -> PacketDoor | None:
        if not self._replay.enabled:
            return None
        if number not in self._buffers:
            ring = PacketRing(self._budget, self._replay.seconds)
            self._buffers[number] = _Buffer(ring, PacketDoor(ring))
        return self._buffers[number].door

    def _keep_warm(self, number: int) -> None:
        """Nobody shows it now: keep it open for a while, if it plays."""
        self._warm.pop(number, None)
        if self._warm_settings.seconds <= 0 or not self._feeds[number].warm:
            self._release(number)
            return
        self._warm[number] = self._clock()
        while len(self._warm) > self._warm_settings.most:
            self._release(next(iter(self._warm)))

    def _release(self, number: int) -> None:
        """Close what was kept for tiles."""
        self._warm.pop(number, None)
        feed = self._feeds[number]
        # A camera that refused its login stays remembered when its tile goes: asking it again with the same password
        # each time a layout comes back would lock the account.
        if feed.refused:
            return
        if feed.recording:
            feed.cool()
        else:
            self._close(number, "the camera is not shown any more")

    def _close(self, number: int, reason: str) -> None:
        self._leaving += self._feeds.pop(number).stop(reason)
        self._visible.pop(number, None)
        self._warm.pop(number, None)

    def _forget(self, number: int) -> None:
        """Its replay buffer goes."""
        buffer = self._buffers.pop(number, None)
        if buffer is not None:
            buffer.ring.close()
