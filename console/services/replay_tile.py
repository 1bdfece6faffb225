"""What one replaying tile shows at a moment: finds the GOP, the picture in it, and whether there is footage at all.

Everything here runs in a worker of the replay session, one at a time for a tile; it may read a disk and decode.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from console.services.footage import Footage
from drivers.errors import DriverError
from drivers.frames import FrameLine, frame_line
from drivers.types import Gop, Picture, View

HOLD_SECONDS = 2.0
"""A picture counts for so long after it where nothing follows; then there is a gap and the tile says so (as a live tile
says STALE, and as ``packet_ring.GAP_SECONDS``)."""
SOON_SECONDS = 0.08
"""An exact picture that takes longer than this is preceded by the key frame of its GOP."""
BUSY = 0.6
"""Share of the workers' time up to which fast replay decodes every packet; beyond, key frames only."""
NO_FOOTAGE = "no footage"
BROKEN = "this piece of footage is broken"


class DecodedFrame(Protocol):
    """A picture and its rank in its GOP."""

    @property
    def picture(self) -> Picture:
        """Scaled."""

    @property
    def rank(self) -> int:
        """Its place in the order of seeing."""


class FrameDecoder(Protocol):
    """See ``drivers.video.gop_decoder.GopDecoder``, which is one."""

    def set_target(self, width: int, height: int) -> None:
        """The box that pictures are scaled to, device pixels. Any thread."""

    def set_view(self, view: View) -> None:
        """How pictures are shown and masked. Any thread."""

    def set_memory(self, size: int) -> None:
        """Keep scaled pictures of so many bytes at most. Any thread."""

    def seconds(self, gop: Gop, packets: int) -> float:
        """What decoding so many packets takes, about."""

    def needed(self, gop: Gop, rank: int) -> int:
        """Packets to decode until that picture is there."""

    def frame(
        self, gop: Gop, rank: int, before: Gop | None = None, keep: bool = False, go_on: Callable[[], bool] = ...
    ) -> DecodedFrame | None:
        """That picture; None if it cannot be had or ``go_on`` said to leave it."""

    def close(self) -> None:
        """Let go of all memory."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked of a tile: the moment on the time line, the speed (0 when paused) and how many seconds of work one
    second of all workers is shared among (``crowd``: tiles per worker, at least 1)."""

    when: float
    speed: float
    crowd: float = 1.0
    first: bool = False
    """Nothing was shown since the replay began or was moved: something soon is better than the right one later."""


@dataclass(frozen=True, slots=True)
class Look:
    """What a tile shows. It holds from ``since`` until ``until`` on the time line. ``picture`` is None where it is the
    same as before (``problem`` empty) or where nothing may be seen (``problem`` says why). ``when`` is the moment of
    the picture, ``exact`` False where the right one is still on its way. ``open_end``: more may come any moment."""

    since: float = -math.inf
    until: float = math.inf
    picture: Picture | None = None
    when: float | None = None
    problem: str = ""
    exact: bool = True
    open_end: bool = False


class ReplayTile:
    """Remembers the GOP that was looked at last, so that the footage is asked once a GOP and not once a picture."""

    def __init__(self, footage: Footage, decoder: FrameDecoder) -> None:
        self.decoder = decoder
        self._footage = footage
        self._gop: Gop | None = None
        self._line: FrameLine | None = None
        self._next: Gop | None = None
        self._until = math.inf
        self._known = -math.inf
        """Up to here the pictures of the GOP are settled."""
        self._shown: tuple[float, int] | None = None

    def forget(self) -> None:
        """Another size or view: what is shown has to be made again."""
        self._shown = None

    def look(self, wish: Wish, go_on: Callable[[], bool]) -> Look | None:
        """What is seen at that moment; None if ``go_on`` said to leave it."""
        try:
            gop = self._find(wish.when)
            if gop is None:
                return self._gap(wish.when)
            return self._look(gop, wish, go_on)
        except DriverError as error:
            return self._broken(wish.when, error.sentence)
        except OSError as error:
            return self._broken(wish.when, f"The footage cannot be read: {error.strerror or error}.")

    def step(self, when: float, count: int) -> float | None:
        """The moment of the picture ``count`` places after the one seen at ``when`` (negative: before); the farthest
        there is; None where there is no other. Raises DriverError and OSError of the footage."""
        gop = self._footage.gop_at(when)
        if gop is None or count == 0:
            return None
        line = frame_line(gop)
        times = line.times[: line.settled]
        forwards = count > 0
        found: float | None = None
        # In a gap the picture before it is not seen: the first step back leads to it.
        in_gap = when > gop.end + HOLD_SECONDS
        here = when if forwards or in_gap else times[max(0, bisect_right(times, when) - 1)]
        left = abs(count)
        while gop is not None:
            line = frame_line(gop)
            times = line.times[: line.settled]
            ahead = [each for each in times if each > here] if forwards else [each for each in times if each < here]
            if ahead:
                found = ahead[min(left, len(ahead)) - 1] if forwards else ahead[-min(left, len(ahead))]
                left -= min(left, len(ahead))
                here = found
            if left <= 0:
                return found
            gop = self._footage.gop_after(gop.start) if forwards else self._footage.gop_before(gop.start)
        return found

    def holds(self, when: float) -> bool:
        """Whether that moment lies in the GOP that is looked at: what is decoded for another one then helps."""
        return self._gop is not None and self._gop.start <= when <= self._gop.end

    def close(self) -> None:
        """Let go of the decoder."""
        self.decoder.close()
        self._gop = self._next = self._line = None

    # Finding

    def _find(self, when: float) -> Gop | None:
        """The GOP under way, from memory where it can be; None in a gap."""
        gop, after = self._gop, self._next
        if gop is not None and after is not None and gop.start <= when < after.start:
            pass  # the usual case, also between the last picture of one GOP and the first of the next
        elif gop is not None and after is None and gop.start <= when < self._known:
            pass
        elif after is not None and after.whole and after.start <= when <= after.end:
            gop = after
        else:
            gop = self._footage.gop_at(when)
        if gop is None or when < gop.start:
            return None
        if gop is not self._gop:
            self._gop, self._line = gop, frame_line(gop)
            self._next = self._footage.gop_after(gop.start) if gop.whole else None
            self._until = self._end(gop)
            self._known = self._line.times[self._line.settled - 1]
        return gop if when <= gop.end + HOLD_SECONDS else None

    def _gap(self, when: float) -> Look:
        """From the end of what is before until the start of what is after."""
        self._shown = None
        since, until = -math.inf, math.inf
        for span in self._footage.spans():
            if span.end < when:
                since = max(since, span.end + HOLD_SECONDS)
            elif span.start > when:
                until = min(until, span.start)
        return Look(min(since, when), until, problem=NO_FOOTAGE, open_end=until == math.inf)

    def _broken(self, when: float, sentence: str) -> Look:
        """Try again half a second later on the time line."""
        self._shown = None
        return Look(when - 0.5, when + 0.5, problem=sentence)

    # Looking

    def _look(self, gop: Gop, wish: Wish, go_on: Callable[[], bool]) -> Look | None:
        line, until = self._line or frame_line(gop), self._until
        rank, key_rank = line.rank_at(wish.when), line.leading
        if self._key_only(gop, wish):
            return self._show(gop, line, key_rank, (line.times[0], until), True, False, go_on)
        if wish.first and rank != key_rank and (self._shown is None or self._shown[0] != gop.start):
            packets = self.decoder.needed(gop, rank)
            if self.decoder.seconds(gop, packets) * wish.crowd > SOON_SECONDS:
                return self._show(gop, line, key_rank, (line.times[0], until), False, False, go_on)
        if rank + 1 < line.settled:
            until = min(until, line.times[rank + 1])
        # Standing still, the next key is as likely the one for going back: keep what is decoded on the way.
        return self._show(gop, line, rank, (line.times[rank], until), True, wish.speed <= 0, go_on)

    def _key_only(self, gop: Gop, wish: Wish) -> bool:
        """Fast replay decodes all packets only where the workers can: else it goes from key frame to key frame."""
        if abs(wish.speed) <= 1:
            return False
        lasts = max(gop.end - gop.start, 1e-3) / abs(wish.speed)
        return self.decoder.seconds(gop, len(gop.packets)) * wish.crowd > BUSY * lasts

    def _show(
        self, gop: Gop, line: FrameLine, rank: int, holds: tuple[float, float], exact: bool, keep: bool,
        go_on: Callable[[], bool],
    ) -> Look | None:  # fmt: skip
        since, until = holds
        open_end, mark = until == math.inf, (gop.start, line.order[rank])
        if self._shown == mark:
            return Look(since, until, None, line.times[rank], "", exact, open_end)
        before = self._footage.gop_before(gop.start) if rank < line.leading else None
        found = self.decoder.frame(gop, rank, before, keep, go_on)
        if found is not None:
            self._shown = mark
            return Look(since, until, found.picture, line.times[found.rank], "", exact, open_end)
        if not go_on():
            return None
        self._shown = None
        return Look(since, until, problem=BROKEN, open_end=open_end)

    def _end(self, gop: Gop) -> float:
        """Until when the last picture of a GOP is seen; infinite while more may come."""
        if not gop.whole or (self._next is None and self._is_newest(gop)):
            return math.inf
        ends = gop.end + HOLD_SECONDS
        return ends if self._next is None else min(self._next.start, ends)

    def _is_newest(self, gop: Gop) -> bool:
        spans = self._footage.spans()
        return bool(spans) and spans[-1].end <= gop.end
