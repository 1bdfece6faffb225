"""What a tile says about its picture. Pure; the one place that decides whether something is called live."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from console.model.restart import Phase

STALE_AFTER = 2.0
"""Seconds without a new picture after which nobody may take it for live (screens.md)."""
GONE_AFTER = 10.0
"""Seconds for which the last picture stays, dimmed, although three tries have failed: a camera that refuses connections
fails them within a second, and its last picture is what the operator wants to see then."""


class TileState(enum.Enum):
    """The words on the tile."""

    EMPTY = ""
    CONNECTING = "CONNECTING"
    LIVE = "LIVE"
    STALE = "STALE"
    REFUSED = "REFUSED"
    NO_SIGNAL = "NO SIGNAL"
    REPLAY = "REPLAY"


class Shape(enum.Enum):
    """The sign beside the word, so that the state never rests on colour alone."""

    NONE = "none"
    DOT = "dot"
    RING = "ring"
    HATCH = "hatch"
    KEY = "key"
    CROSS = "cross"
    REWIND = "rewind"


SHAPES = {
    TileState.EMPTY: Shape.NONE,
    TileState.CONNECTING: Shape.RING,
    TileState.LIVE: Shape.DOT,
    TileState.STALE: Shape.HATCH,
    TileState.REFUSED: Shape.KEY,
    TileState.NO_SIGNAL: Shape.CROSS,
    TileState.REPLAY: Shape.REWIND,
}


class Blame(enum.Enum):
    """Where a technician should look first."""

    NONE = ""
    NETWORK = "network"
    CAMERA = "camera"
    THIS_COMPUTER = "this computer"
    CREDENTIALS = "credentials"


@dataclass(frozen=True, slots=True)
class TileFacts:
    """What is known of a tile's stream. Times in seconds on one monotonic clock.

    ``frame_at``: when the newest picture's packet arrived, None before the first. ``packet_at``: when the newest packet
    of any kind arrived. ``next_try``: when the next attempt begins, None if none is planned. ``gone``: three tries in
    a row failed. ``behind``: packets were left undecoded since it was last live, because this computer is too slow.
    """

    phase: Phase
    frame_at: float | None = None
    packet_at: float | None = None
    next_try: float | None = None
    gone: bool = False
    reason: str = ""
    since: float = 0.0
    behind: bool = False


@dataclass(frozen=True, slots=True)
class TileVerdict:
    """``headline`` stands on the tile's bar, ``detail`` below the picture when something is wrong."""

    state: TileState
    headline: str
    detail: str = ""
    blame: Blame = Blame.NONE
    dim: bool = False

    @property
    def shape(self) -> Shape:
        """The sign of this state."""
        return SHAPES[self.state]


EMPTY = TileVerdict(TileState.EMPTY, "")


def replaying(words: str, detail: str = "") -> TileVerdict:
    """The verdict on a tile that replays: ``words`` are its clock's (``REPLAY -0:42``), ``detail`` what is wrong."""
    return TileVerdict(TileState.REPLAY, words, detail)


def judge(facts: TileFacts, now: float) -> TileVerdict:
    """The words for a tile at ``now``. A refused or vanished camera keeps saying so; an old picture is never LIVE."""
    age = None if facts.frame_at is None else now - facts.frame_at
    if facts.phase is Phase.REFUSED:
        detail = f"{facts.reason or 'password refused'}; not tried again"
        return TileVerdict(TileState.REFUSED, "REFUSED", detail, Blame.CREDENTIALS, dim=True)
    if age is not None and age < STALE_AFTER:
        return TileVerdict(TileState.LIVE, "LIVE")
    if facts.gone and (age is None or age >= GONE_AFTER):
        for_ = _clock(now - facts.since)
        return TileVerdict(TileState.NO_SIGNAL, f"NO SIGNAL {for_}", _why(facts, now), Blame.NETWORK, dim=True)
    if age is None:
        return TileVerdict(TileState.CONNECTING, "CONNECTING", _why(facts, now))
    blame = _blame(facts, now)
    detail = _why(facts, now) or {
        Blame.NETWORK: "network: no packets",
        Blame.CAMERA: "camera: packets without pictures",
        Blame.THIS_COMPUTER: "this computer: decoding is behind",
    }.get(blame, "")
    return TileVerdict(TileState.STALE, f"STALE {_clock(age)}", detail, blame, dim=True)


def _blame(facts: TileFacts, now: float) -> Blame:
    if facts.packet_at is None or now - facts.packet_at >= STALE_AFTER:
        return Blame.NETWORK
    if facts.behind:
        return Blame.THIS_COMPUTER
    return Blame.CAMERA if facts.phase is Phase.PLAYING else Blame.NETWORK


def _why(facts: TileFacts, now: float) -> str:
    if facts.next_try is not None and facts.next_try > now:
        wait = f"next try in {facts.next_try - now:.0f} s"
        return f"{facts.reason}; {wait}" if facts.reason else wait
    return facts.reason


def _clock(seconds: float) -> str:
    """``0:07``, ``12:40`` or ``3:05:09``."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"
