"""One camera's pictures for all tiles that show it, and its packets for buffers and recordings: picks the stream by
size, changes it without a dark moment, opens none twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from console.model.profile_choice import choose_profile
from console.model.restart import Phase
from console.model.shedding import Attention
from console.model.tile_state import STALE_AFTER, TileFacts, TileState, TileVerdict, judge
from console.services.mailbox import Mailbox
from console.services.packet_door import PacketDoor, Writer
from console.services.packet_sink import PacketSink
from console.services.rounds import Rounds
from console.services.slots import DecodeSlots
from console.services.stream import Stream, StreamFacts
from drivers.interfaces import VideoOpener
from drivers.types import Picture, StreamProfile, StreamRequest, View

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

    def and_also(self, other: Need) -> Need:
        """What suits both."""
        return Need(
            max(self.width, other.width),
            max(self.height, other.height),
            self.best or other.best,
            max(self.attention, other.attention),
        )


Resolve = Callable[[StreamProfile], StreamRequest]
AskKey = Callable[[StreamProfile], None]


@dataclass(slots=True)
class _Opened:
    """A stream and where its packets go."""

    stream: Stream
    to_buffer: Writer | None = None
    to_recording: Writer | None = None


class Feed:
    """Only the Qt thread calls it; the workers live behind ``Stream``.

    A stream may have several users: it is shown, it is to be shown next, it is recorded. It is opened for the first and
    closed with the last of them. When the last tile goes, the shown stream stays open and undecoded (``warm``) until
    ``cool`` or ``stop``."""

    def __init__(
        self,
        number: int,
        name: str,
        profiles: Sequence[StreamProfile],
        resolve: Resolve,
        opener: VideoOpener,
        slots: DecodeSlots,
        clock: Callable[[], float] = time.monotonic,
        ask_key: AskKey | None = None,
        buffer: PacketDoor | None = None,
        rounds: Rounds | None = None,
    ) -> None:
        """``resolve`` turns a profile into a request with credentials; it runs in a worker. ``ask_key`` asks the camera
        for a key frame now; it is called in a worker and returns at once. ``buffer`` gets the shown stream's
        packets. ``rounds`` take along the streams that can."""
        self.number, self.name = number, name
        self._profiles = tuple(profiles)
        self._resolve, self._opener, self._slots, self._clock = resolve, opener, slots, clock
        self._ask_key, self._buffer, self._rounds = ask_key, buffer, rounds
        self._recording: PacketDoor | None = None
        self._view = View()
        self._needs: dict[object, Need] = {}
        self._last_need: Need | None = None
        self._opened: dict[StreamProfile, _Opened] = {}
        self._shown: StreamProfile | None = None
        self._next: StreamProfile | None = None
        self._playing: Stream | None = None
        self._coming: Stream | None = None
        self._recorded: StreamProfile | None = None
        self._next_since = 0.0
        self._given_up: set[str] = set()
        self._leaving: list[Stream] = []
        self._last: Picture | None = None
        self._again = False
        self.box: Mailbox | None = None
        """Where the shown stream's pictures come in."""
        self.unsettled = False
        """Whether ``take`` has more to look at than ``box``: another stream comes, or a tile is new."""
        self._seen_since = 0.0
        self._skipped_when_live = 0

    @property
    def needed(self) -> bool:
        """Whether any tile still has it."""
        return bool(self._needs)

    @property
    def visible(self) -> bool:
        """Whether any tile that can be seen shows it."""
        return any(need.attention > Attention.HIDDEN for need in self._needs.values())

    @property
    def refused(self) -> bool:
        """Whether the camera refused its login and waits for another."""
        return any(_refused(opened.stream) for opened in self._opened.values())

    @property
    def recording(self) -> bool:
        """Whether its packets are recorded."""
        return self._recording is not None

    @property
    def warm(self) -> bool:
        """Whether its stream plays, or is about to for the first time: worth keeping while no tile has it."""
        facts = self.facts()
        return facts is not None and (facts.phase is Phase.PLAYING or not facts.failures) and not self.refused

    @property
    def profile(self) -> StreamProfile | None:
        """The stream that is shown now."""
        return self._shown

    @property
    def last(self) -> Picture | None:
        """The newest picture that was taken, however old."""
        return self._last

    def need(self, who: object, need: Need | None) -> None:
        """Tile ``who`` wants this (None: nothing any more). A tile that is new gets the newest picture there is with
        the next ``take``, if it is an old one until the stream gives another."""
        before = self._needs.get(who)
        if need == before:
            return
        seen = self.visible
        if need is None:
            self._last_need = self._combined()
            del self._needs[who]
        else:
            self._needs[who] = need
            self._again |= before is None or not seen
        if self.visible and not seen:
            self._seen_since = self._clock()
        self._choose()

    def prepare(self, need: Need) -> None:
        """It will be needed like this soon: open its stream now, undecoded."""
        if not self._needs:
            self._last_need = need
            self._choose()

    def cool(self) -> None:
        """No tile has it and none will soon: close what was kept open for them."""
        if not self._needs:
            self._last_need = None
            self._last = None
            self._choose()

    def look(self, view: View) -> None:
        """How its pictures are shown from now on. The old picture is forgotten: it may show what is masked now."""
        if view != self._view:
            self._view = view
            self._last, self._again = None, False
            for opened in self._opened.values():
                opened.stream.look(view)

    def record(self, sink: PacketSink | None) -> None:
        """Give the packets of the camera's best stream to ``sink`` from now on; None: not any more."""
        if self._recording is not None:
            self._recording = self._recorded = None
            self._choose()
        if sink is not None:
            self._recording = PacketDoor(sink)
            if self.refused:
                sink.interrupted("user name or password refused")
            self._choose_recorded()
            self._choose()

    def take(self) -> Picture | None:
        """The newest picture if there is a new one."""
        picture = None
        if self._coming is not None:
            picture = self._coming.mailbox.take()
            if picture is not None:
                self._switch_over()
        if picture is None and self._playing is not None:
            picture = self._playing.mailbox.take()
        if picture is not None:
            self._last = picture
        elif self._again:
            picture = self._last
        self._again = False
        self.unsettled = self._coming is not None
        return picture

    def verdict(self, now: float) -> TileVerdict:
        """The words for the tile, from facts alone."""
        facts = self.facts()
        if facts is None:
            missing = TileFacts(Phase.WAITING, gone=True, reason="this camera offers no stream", since=now)
            return judge(missing, now)
        # Of a hidden tile nothing is decoded, by rule: whether its camera lives is told by the packets.
        frame_at = facts.packet_at if self._last is not None and not self.visible else self._frame_at(now)
        verdict = judge(
            TileFacts(
                phase=facts.phase,
                frame_at=frame_at,
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
        if verdict.state is TileState.CONNECTING and self._last is not None:
            return replace(verdict, dim=True)  # the picture that is seen meanwhile is an old one
        return verdict

    def facts(self) -> StreamFacts | None:
        """The shown stream's facts, None before there is one."""
        return None if self._playing is None else self._playing.facts()

    def retry(self) -> None:
        """Try again at once, with credentials looked up anew."""
        self._given_up.clear()
        for opened in self._opened.values():
            opened.stream.retry()

    def check(self) -> None:
        """About once a second: watch the workers, give up a switch that does not come, choose again where a refusal
        or a retry stood in between."""
        for opened in self._opened.values():
            opened.stream.check()
        if self._next is not None and self._clock() - self._next_since > SWITCH_SECONDS:
            self._give_up()
        self._leave_a_wrong_one()
        self._choose_recorded()
        self._choose()
        self._leaving = [stream for stream in self._leaving if not stream.join(0)]

    def stop(self, reason: str = "the camera is not needed any more") -> list[Stream]:
        """End all; returns the streams whose workers still have to be joined."""
        for opened in self._opened.values():
            self._leave(opened, reason)
        self._opened.clear()
        self._shown = self._next = self._recorded = self._playing = self._coming = self.box = None
        return self._leaving

    def _frame_at(self, now: float) -> float | None:
        """When the picture that is seen came in. One from before the tile was seen again never counts as live, and for
        the moment that a new one takes nobody is blamed for its age: that was our rule."""
        if self._last is None:
            return None
        at = self._last.arrived
        return at if at >= self._seen_since or now - self._seen_since >= STALE_AFTER else None

    def _choose(self) -> None:
        need = self._combined()
        if need is None:
            self._shown = self._next = None
        elif need.attention <= Attention.HIDDEN and self._shown is not None:
            self._next = None  # nothing is decoded: there would never be a picture to change over with
        else:
            self._choose_shown(need)
        self._settle(need)

    def _choose_shown(self, need: Need) -> None:
        if self._next is not None and _refused(self._opened[self._next].stream):
            self._give_up()
        if self._shown is None and self._recorded is not None:
            self._shown = self._recorded  # it is there: show it until the one that suits is there too
        if self._shown in self._opened and _refused(self._opened[self._shown].stream):
            return  # another stream would spend another try of the same password; cameras lock accounts
        usable = [p for p in self._profiles if p.token not in self._given_up]
        current = self._next or self._shown
        wanted = choose_profile(usable, need.width, need.height, current, need.best)
        if wanted is None or wanted == current:
            return
        self._next = None
        if self._shown is None:
            self._shown = wanted
        elif wanted != self._shown:
            self._next, self._next_since = wanted, self._clock()

    def _choose_recorded(self) -> None:
        if self._recording is None or (self._recorded is None and self.refused):
            return
        before = self._recorded
        if before is not None and not _wrong(self._opened[before].stream):
            return
        if before is not None:
            self._given_up.add(before.token)
        usable = [p for p in self._profiles if p.token not in self._given_up] or self._profiles
        self._recorded = choose_profile(usable, 0, 0, None, best=True)

    def _settle(self, need: Need | None) -> None:
        """Open what has a user, close what has none, and tell each stream what it is for."""
        shown = [p for p in (self._shown, self._next) if p is not None]
        users = [*shown, *(p for p in (self._recorded,) if p is not None and p not in shown)]
        for unused in [p for p in self._opened if p not in users]:
            self._leave(self._opened.pop(unused), "another stream of this camera goes on")
        for profile in users:
            opened = self._opened.get(profile)
            fresh = opened is None
            if opened is None:
                opened = self._opened[profile] = _Opened(self._stream(profile))
            self._lead(opened, profile in shown, profile == self._recorded)
            if need is not None and profile in shown:
                opened.stream.show(need.width, need.height, need.attention, need.best)
            else:
                opened.stream.show(0, 0, Attention.WARM)
            if fresh:
                opened.stream.start()
        # Looked up here and not at each beat of the screen.
        self._playing = None if self._shown is None else self._opened[self._shown].stream
        self.box = None if self._playing is None else self._playing.mailbox
        self._coming = None if self._next is None else self._opened[self._next].stream
        self.unsettled = self._coming is not None or self._again

    def _lead(self, opened: _Opened, shown: bool, recorded: bool) -> None:
        """Lead its packets to where they are wanted."""
        if shown and opened.to_buffer is None and self._buffer is not None:
            opened.to_buffer = self._buffer.writer()
        elif not shown and opened.to_buffer is not None:
            opened.to_buffer.leave("another stream of this camera goes on")
            opened.to_buffer = None
        if recorded and opened.to_recording is None and self._recording is not None:
            opened.to_recording = self._recording.writer()
        elif not recorded and opened.to_recording is not None:
            opened.to_recording.leave("the recording was ended")
            opened.to_recording = None
        opened.stream.write_to(tuple(w for w in (opened.to_buffer, opened.to_recording) if w is not None))

    def _combined(self) -> Need | None:
        """What suits all tiles; without any, what is kept warm for them."""
        if not self._needs:
            return None if self._last_need is None else replace(self._last_need, attention=Attention.WARM)
        first, *others = self._needs.values()
        for other in others:
            first = first.and_also(other)
        return first

    def _stream(self, profile: StreamProfile) -> Stream:
        ask = self._ask_key
        stream = Stream(
            self.name,
            lambda: self._resolve(profile),
            self._opener,
            self._slots,
            self._clock,
            ask_key=None if ask is None else partial(ask, profile),
            rounds=self._rounds,
        )
        stream.look(self._view)
        return stream

    def _switch_over(self) -> None:
        self._shown, self._next = self._next, None
        self._skipped_when_live = 0
        self._settle(self._combined())

    def _leave_a_wrong_one(self) -> None:
        """The camera answers, but this stream of it cannot be played and never could: take another, if there is one."""
        profile = self._shown
        if self._next is not None or profile is None or not self._needs:
            return
        others = [p for p in self._profiles if p.token != profile.token and p.token not in self._given_up]
        if others and _wrong(self._opened[profile].stream):
            self._given_up.add(profile.token)
            self._shown = None

    def _give_up(self) -> None:
        """Stay with the stream that is shown; the better one is not tried again until ``retry``."""
        if self._next is not None:
            self._given_up.add(self._next.token)
        self._next = None

    def _leave(self, opened: _Opened, reason: str) -> None:
        for writer in (opened.to_buffer, opened.to_recording):
            if writer is not None:
                writer.leave(reason)
        opened.stream.stop()
        self._leaving.append(opened.stream)


def _refused(stream: Stream) -> bool:
    return stream.facts().phase is Phase.REFUSED


def _wrong(stream: Stream) -> bool:
    facts = stream.facts()
    return facts.wrong and facts.picture_at is None and facts.failures >= WRONG_TRIES
