"""One camera's pictures for all tiles that show it: picks the stream by size, changes it without a dark moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from console.model.profile_choice import choose_profile
from console.model.restart import Phase
from console.model.shedding import Attention
from console.model.tile_state import TileFacts, TileState, TileVerdict, judge
from console.services.stream import Stream, StreamFacts
from drivers.interfaces import VideoOpener
from drivers.types import Picture, StreamProfile, StreamRequest

SWITCH_SECONDS = 10.0
"""A better stream that gives no picture for so long is given up; the old one stays."""

WRONG_TRIES = 2
"""Tries after which a stream that its camera does not serve is left for another one of it."""


@dataclass(frozen=True, slots=True)
class Need:
    """What one tile wants of a camera: its picture's size in device pixels, the main stream or not, and attention."""

    width: int
    height: int
    best: bool = False
    attention: Attention = Attention.NORMAL


Resolve = Callable[[StreamProfile], StreamRequest]


class Feed:
    """Only the Qt thread calls it; the workers live behind ``Stream``."""

    def __init__(
        self,
        number: int,
        name: str,
        profiles: Sequence[StreamProfile],
        resolve: Resolve,
        opener: VideoOpener,
        slots: threading.Semaphore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """``resolve`` turns a profile into a request with credentials; it runs in a worker."""
        self.number, self.name = number, name
        self._profiles = tuple(profiles)
        self._resolve, self._opener, self._slots, self._clock = resolve, opener, slots, clock
        self._needs: dict[object, Need] = {}
        self._profile: StreamProfile | None = None
        self._stream: Stream | None = None
        self._next_profile: StreamProfile | None = None
        self._next: Stream | None = None
        self._next_since = 0.0
        self._given_up: set[str] = set()
        self._leaving: list[Stream] = []
        self._frame_at: float | None = None
        self._skipped_when_live = 0

    @property
    def needed(self) -> bool:
        """Whether any tile still shows it."""
        return bool(self._needs)

    @property
    def refused(self) -> bool:
        """Whether the camera refused its login and waits for another."""
        return _refused(self._stream) or _refused(self._next)

    @property
    def profile(self) -> StreamProfile | None:
        """The stream that is shown now."""
        return self._profile

    def need(self, who: object, need: Need | None) -> None:
        """Tile ``who`` wants this (None: nothing any more)."""
        if need is None:
            self._needs.pop(who, None)
        elif self._needs.get(who) == need:
            return
        else:
            self._needs[who] = need
        self._choose()

    def take(self) -> Picture | None:
        """The newest picture if there is a new one."""
        if self._next is not None:
            picture = self._next.mailbox.take()
            if picture is not None:
                self._switch_over()
                return self._got(picture)
        picture = self._stream.mailbox.take() if self._stream is not None else None
        return None if picture is None else self._got(picture)

    def verdict(self, now: float) -> TileVerdict:
        """The words for the tile, from facts alone."""
        facts = self.facts()
        if facts is None:
            missing = TileFacts(Phase.WAITING, gone=True, reason="this camera offers no stream", since=now)
            return judge(missing, now)
        hidden = all(need.attention is Attention.HIDDEN for need in self._needs.values())
        verdict = judge(
            TileFacts(
                phase=facts.phase,
                # A hidden tile decodes key frames only, by rule: whether its camera lives is told by the packets.
                frame_at=facts.packet_at if hidden and self._frame_at is not None else self._frame_at,
                packet_at=facts.packet_at,
                next_try=facts.next_try,
                gone=facts.gone,
                reason=facts.reason,
                since=facts.since,
                behind=facts.skipped > self._skipped_when_live,
            ),
            now,
        )
        if verdict.state is TileState.LIVE:
            self._skipped_when_live = facts.skipped
        return verdict

    def facts(self) -> StreamFacts | None:
        """The shown stream's facts, None before there is one."""
        return None if self._stream is None else self._stream.facts()

    def retry(self) -> None:
        """Try again at once, with credentials looked up anew."""
        self._given_up.clear()
        for stream in (self._stream, self._next):
            if stream is not None:
                stream.retry()

    def check(self) -> None:
        """About once a second: watch the workers, give up a switch that does not come, choose again where a refusal
        or a retry stood in between."""
        for stream in (self._stream, self._next):
            if stream is not None:
                stream.check()
        if self._next is not None and self._clock() - self._next_since > SWITCH_SECONDS:
            self._give_up()
        self._leave_a_wrong_one()
        self._choose()
        self._leaving = [stream for stream in self._leaving if not stream.join(0)]

    def stop(self) -> list[Stream]:
        """End all; returns the streams whose workers still have to be joined."""
        for stream in (self._stream, self._next):
            if stream is not None:
                self._leave(stream)
        self._stream = self._next = None
        return self._leaving

    def _got(self, picture: Picture) -> Picture:
        self._frame_at = picture.arrived
        return picture

    def _choose(self) -> None:
        if not self._needs:
            return
        need = self._combined()
        if _refused(self._next):
            self._give_up()
        usable = [p for p in self._profiles if p.token not in self._given_up]
        wanted = choose_profile(usable, need.width, need.height, self._next_profile or self._profile, need.best)
        for stream in (self._stream, self._next):
            if stream is not None:
                stream.show(need.width, need.height, need.attention)
        if _refused(self._stream):
            return  # another stream would spend another try of the same password; cameras lock accounts
        if wanted is None or wanted == (self._next_profile or self._profile):
            return
        if self._next is not None:
            self._leave(self._next)
            self._next = self._next_profile = None
        if wanted == self._profile:
            return
        stream = self._open(wanted, need)
        if self._stream is None:
            self._stream, self._profile = stream, wanted
        else:
            self._next, self._next_profile, self._next_since = stream, wanted, self._clock()

    def _combined(self) -> Need:
        needs = list(self._needs.values())
        first = needs[0]
        for other in needs[1:]:
            first = replace(
                first,
                width=max(first.width, other.width),
                height=max(first.height, other.height),
                best=first.best or other.best,
                attention=max(first.attention, other.attention),
            )
        return first

    def _open(self, profile: StreamProfile, need: Need) -> Stream:
        stream = Stream(self.name, lambda: self._resolve(profile), self._opener, self._slots, self._clock)
        stream.show(need.width, need.height, need.attention)
        stream.start()
        return stream

    def _switch_over(self) -> None:
        if self._stream is not None:
            self._leave(self._stream)
        self._stream, self._profile = self._next, self._next_profile
        self._skipped_when_live = 0
        self._next = self._next_profile = None

    def _leave_a_wrong_one(self) -> None:
        """The camera answers, but this stream of it cannot be played and never could: take another, if there is one."""
        facts, profile = self.facts(), self._profile
        if self._next is not None or facts is None or profile is None or not self._needs:
            return
        others = [p for p in self._profiles if p.token != profile.token and p.token not in self._given_up]
        if others and facts.wrong and facts.picture_at is None and facts.failures >= WRONG_TRIES:
            self._given_up.add(profile.token)
            if self._stream is not None:
                self._leave(self._stream)
            self._stream = self._profile = None

    def _give_up(self) -> None:
        """Stay with the stream that is shown; the better one is not tried again until ``retry``."""
        if self._next is not None and self._next_profile is not None:
            self._given_up.add(self._next_profile.token)
            self._leave(self._next)
        self._next = self._next_profile = None

    def _leave(self, stream: Stream) -> None:
        stream.stop()
        self._leaving.append(stream)


def _refused(stream: Stream | None) -> bool:
    return stream is not None and stream.facts().phase is Phase.REFUSED
