"""What a stream leaves out when the machine cannot show everything: pure rules, one instance's state per stream.

Rule, in this order: what is not seen is held undecoded, small tiles lose frames, the selected one last.
A picture that is late is not shown when a newer one is about to come; a stream that stays behind decodes only the
first part of each GOP, so that what it shows is current and no tile freezes for a whole GOP.

Lateness is counted from the last packet that had to be waited for: when a read blocks, nothing waits behind it, and
that packet is on time by definition, whatever the camera's clock, the network or the start of the stream did. Against
the quickest packet of the last seconds it would creep up with the lag itself while an overload lasts.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

SETTLE = 2.0
"""Seconds after the first packet in which a stream may catch up with what its server sent ahead. If it never had to
wait for a packet until then, this computer is behind."""
ON_TIME = 0.5
"""A packet that was waited for this share of a frame's interval was on time."""
JUMP_BACK, JUMP_AHEAD = 0.5, 3.0
"""Seconds from one packet to the next beyond which a stream's clock has jumped."""
SHOW_AT_LEAST_EVERY = 0.2
"""Seconds: even when all pictures are late, one is shown this often."""
MIN_SHARE = 0.4
"""The least share of a GOP that a visible tile decodes."""


class Attention(enum.IntEnum):
    """How much a stream matters; the least is shed first."""

    WARM = -1
    """No tile shows it; it is kept open because it may be wanted again soon."""
    HIDDEN = 0
    """Its tiles cannot be seen now."""
    SMALL = 1
    NORMAL = 2
    SELECTED = 3


REORDER_SLACK = 4
"""Frames by which a stream with B-frames may seem late because its packets do not come in the order of display."""

BEHIND = {Attention.SMALL: 0.35, Attention.NORMAL: 0.5, Attention.SELECTED: 1.2}
"""Seconds of lateness from which a stream skips to its next key frame."""


class Work(enum.Enum):
    """What to do with the packet that waits."""

    SHOW = "decode and scale"
    DECODE = "decode only"
    SKIP = "leave out"
    HOLD = "keep undecoded"


@dataclass(slots=True)
class Shedder:
    """Decides packet by packet. One thread; ``attention`` may be set from another (a single assignment)."""

    attention: Attention = Attention.NORMAL
    share: float = 1.0
    gop: int = 0
    shed_shown: int = 0
    """Pictures decoded and not shown because they were late."""
    shed_decoded: int = 0
    """Packets of visible tiles not decoded at all."""
    _in_gop: int = 0
    _waiting_for_key: bool = False
    _behind_in_gop: bool = False
    _last_shown: float = -1e9
    _base: float | None = None
    _lowest: float | None = None
    _last_pts: float | None = None
    _settled_at: float | None = None
    _reordered: bool = False

    def weigh(
        self,
        now: float,
        pts: float | None,
        key: bool,
        interval: float,
        waited: float = 0.0,
        queued: float = 0.0,
        superseded: bool = False,
        within: float | None = None,
    ) -> Work:
        """``now`` monotonic seconds, ``pts`` seconds on the stream's clock, ``interval`` seconds between frames,
        ``waited`` seconds that the read of this packet blocked, ``queued`` seconds since then (for a decode slot).
        What is ``superseded`` has a newer picture right behind it, and hardly anybody would see it. ``within``: nobody
        waited for it, but so many seconds before it was read it had not come yet."""
        late = 0.0 if pts is None else self._late(now - queued, pts, waited >= ON_TIME * interval, queued, within)
        if late is not None and self._reordered:
            late -= REORDER_SLACK * interval
        if key:
            self._new_gop()
        self._in_gop += 1
        if self.attention <= Attention.HIDDEN:
            return Work.HOLD
        if self._leave_out(late or 0.0, key):
            self.shed_decoded += 1
            return Work.SKIP
        late_one = late is not None and late > max(interval, 0.034)
        if (late_one or superseded) and now - self._last_shown < SHOW_AT_LEAST_EVERY:
            counted = not self.catching_up
            if self.gop == 1:  # nothing refers to it: not even decoded
                self.shed_decoded += counted
                return Work.SKIP
            self.shed_shown += counted
            return Work.DECODE
        self._last_shown = now
        return Work.SHOW

    @property
    def catching_up(self) -> bool:
        """Whether the past is still coming in, as it does at the start: what a newer picture replaces is no loss."""
        return self._base is None

    def restart(self) -> None:
        """The stream was opened anew: its clock starts over."""
        self._base = self._lowest = self._last_pts = self._settled_at = None
        self._in_gop = self.gop = 0
        self._waiting_for_key = self._behind_in_gop = False

    def lost(self) -> None:
        """What was held could not be kept: there is nothing to decode until the next key frame."""
        self._waiting_for_key = True

    def resume(self) -> None:
        """It is seen again, and what was held has been decoded: that took its time, which says nothing of lateness."""
        self._base = self._lowest = self._settled_at = None

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
        if key:
            return False
        if late > BEHIND[self.attention]:
            self._waiting_for_key = self._behind_in_gop = True
        elif self.attention < Attention.SELECTED and self.share < 1.0 and 0 < self.share * self.gop < self._in_gop:
            self._waiting_for_key = True  # never in the first group, whose length nobody knows yet
        return self._waiting_for_key

    def _late(self, arrived: float, pts: float, on_time: bool, queued: float, within: float | None) -> float | None:
        """Seconds behind; None while the stream catches up after its start or after a jump of its clock."""
        offset = arrived - pts
        last, self._last_pts = self._last_pts, pts
        if last is not None and not -JUMP_BACK < pts - last < JUMP_AHEAD:
            self._base = self._lowest = self._settled_at = None
        if self._settled_at is None:
            self._settled_at = arrived + SETTLE
        self._reordered |= last is not None and pts < last
        self._lowest = offset if self._lowest is None else min(self._lowest, offset)
        if on_time:
            self._base = offset
        elif self._base is None and arrived >= self._settled_at:
            self._base = self._lowest
        elif self._base is not None:
            self._base = min(self._base, offset)
            if within is not None:
                self._base = max(self._base, offset - within)
        return None if self._base is None else offset - self._base + queued
