"""What a stream leaves out when the machine cannot show everything: pure rules, one instance's state per stream.

Rule, in this order: hidden tiles decode key frames only or nothing, small ones lose frames, the selected one last.
A picture that is late is not shown when a newer one is about to come; a stream that stays behind decodes only the
first part of each GOP, so that what it shows is current and no tile freezes for a whole GOP.

Lateness is measured against the quickest recent packet, never against the first: servers start with a burst.
"""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass, field

WINDOW = 10.0
"""Seconds over which the quickest packet is remembered; clocks of cameras drift."""
SETTLE = 2.0
"""Seconds after the first packet that count for nothing: many servers send their first pictures ahead of time, and
against those every later one would seem late."""
JUMP_BACK, JUMP_AHEAD = 0.5, 3.0
"""Seconds from one packet to the next beyond which a stream's clock has jumped."""
SHOW_AT_LEAST_EVERY = 0.2
"""Seconds: even when all pictures are late, one is shown this often."""
MIN_SHARE = 0.4
"""The least share of a GOP that a visible tile decodes."""


class Attention(enum.IntEnum):
    """How much a stream matters; the least is shed first."""

    HIDDEN = 0
    SMALL = 1
    NORMAL = 2
    SELECTED = 3


REORDER_DEPTH = 8
"""With B-frames packets come out of order of display: the quickest of so many tells how late the stream is."""

REORDER_SLACK = 4
"""Frames by which such a stream may seem late because its pattern of B-frames changes."""

BEHIND = {Attention.HIDDEN: 0.3, Attention.SMALL: 0.35, Attention.NORMAL: 0.5, Attention.SELECTED: 1.2}
"""Seconds of lateness from which a stream skips to its next key frame."""


class Work(enum.Enum):
    """What to do with the packet that waits."""

    SHOW = "decode and scale"
    DECODE = "decode only"
    SKIP = "leave out"


@dataclass(slots=True)
class Shedder:
    """Decides packet by packet. One thread; ``attention`` may be set from another (a single assignment)."""

    attention: Attention = Attention.NORMAL
    hidden_keys: bool = True
    """Hidden: decode key frames (to be shown at once when they return), or nothing."""
    share: float = 1.0
    gop: int = 0
    shed_shown: int = 0
    """Pictures decoded and not shown because they were late."""
    shed_decoded: int = 0
    """Packets of visible tiles not decoded at all."""
    hidden: int = 0
    """Packets of hidden tiles left out: nobody misses them."""
    _in_gop: int = 0
    _waiting_for_key: bool = False
    _behind_in_gop: bool = False
    _last_shown: float = -1e9
    _base: float | None = None
    _next_base: float | None = None
    _base_until: float = 0.0
    _last_pts: float | None = None
    _settled_at: float | None = None
    _reordered: bool = False
    _recent: deque[float] = field(default_factory=lambda: deque(maxlen=REORDER_DEPTH))

    def weigh(self, now: float, pts: float | None, key: bool, interval: float) -> Work:
        """``now`` monotonic seconds, ``pts`` seconds on the stream's clock, ``interval`` seconds between frames."""
        late = 0.0 if pts is None else self._late(now, pts)
        if self._reordered:
            late -= REORDER_SLACK * interval
        if key:
            self._new_gop()
        self._in_gop += 1
        if self._leave_out(late, key):
            if self.attention is Attention.HIDDEN:
                self.hidden += 1
            else:
                self.shed_decoded += 1
            return Work.SKIP
        if late > max(interval, 0.034) and now - self._last_shown < SHOW_AT_LEAST_EVERY:
            self.shed_shown += 1
            return Work.DECODE
        self._last_shown = now
        return Work.SHOW

    def restart(self) -> None:
        """The stream was opened anew: its clock starts over."""
        self._base = self._next_base = self._last_pts = self._settled_at = None
        self._in_gop = self.gop = 0
        self._waiting_for_key = self._behind_in_gop = False

    def _new_gop(self) -> None:
        self.gop = self._in_gop or self.gop
        self._in_gop = 0
        if self._behind_in_gop:
            self.share = max(MIN_SHARE, self.share * 0.8)
        else:
            self.share = min(1.0, self.share + 0.05)
        self._behind_in_gop = False
        self._waiting_for_key = False

    def _leave_out(self, late: float, key: bool) -> bool:
        if self.attention is Attention.HIDDEN:
            self._waiting_for_key = True
            return not (key and self.hidden_keys)
        if key:
            return False
        if late > BEHIND[self.attention]:
            self._waiting_for_key = self._behind_in_gop = True
        elif self.attention < Attention.SELECTED and self.share < 1.0 and 0 < self.share * self.gop < self._in_gop:
            self._waiting_for_key = True  # never in the first group, whose length nobody knows yet
        return self._waiting_for_key

    def _late(self, now: float, pts: float) -> float:
        offset = now - pts
        last, self._last_pts = self._last_pts, pts
        if last is not None and not -JUMP_BACK < pts - last < JUMP_AHEAD:
            # The camera's clock jumped: the old base says nothing any more.
            self._base = self._next_base = self._settled_at = None
        if self._settled_at is None:
            self._settled_at = now + SETTLE
            self._recent.clear()
        self._reordered |= last is not None and pts < last
        if self._reordered:
            self._recent.append(offset)
            offset = min(self._recent)
        if now < self._settled_at:
            return 0.0
        if self._base is None or now >= self._base_until:
            # Two windows overlap, so that the memory of the quickest packet never ends all at once.
            self._base = offset if self._base is None or self._next_base is None else min(self._next_base, offset)
            self._next_base = offset
            self._base_until = now + WINDOW
        self._base = min(self._base, offset)
        self._next_base = offset if self._next_base is None else min(self._next_base, offset)
        return offset - self._base
