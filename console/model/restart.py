"""When to try a stream again: a pure decision, ``decide(event, state, chance) -> (state, delay)``.

Fast after a hiccup, slow after repeated failures, never by itself after a refused password: cameras lock accounts.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

FIRST_DELAY = 0.25
"""Seconds before the first new try after a stream that played breaks."""
SLOWEST = 30.0
"""Seconds between tries of a camera that stays away."""
GOOD_AFTER = 10.0
"""A stream that played this many seconds has earned a fast restart."""
FAILURES_UNTIL_GONE = 3
JITTER = 0.3
"""Share of each delay that is random, so that a switch which returns is not hit by 64 cameras at once."""


class StreamEvent(enum.Enum):
    """What happened to a stream."""

    STARTED = "started"
    FIRST_PICTURE = "first picture"
    BROKE = "broke"
    REFUSED = "refused"
    CHANGED = "changed"
    """Credentials, address or profile changed, or the operator asked for a new try."""


class Phase(enum.Enum):
    """Where a stream is between its tries."""

    CONNECTING = "connecting"
    PLAYING = "playing"
    WAITING = "waiting"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RestartState:
    """``failures`` in a row, ``playing_since`` on the caller's monotonic clock in seconds."""

    phase: Phase = Phase.CONNECTING
    failures: int = 0
    restarts: int = 0
    playing_since: float = 0.0

    @property
    def gone(self) -> bool:
        """Whether so many tries failed that the camera counts as gone. One that plays again is not, though its
        failures are remembered until it has played well."""
        return self.failures >= FAILURES_UNTIL_GONE and self.phase is not Phase.PLAYING


def decide(event: StreamEvent, state: RestartState, now: float, chance: float) -> tuple[RestartState, float | None]:
    """The next state, and in how many seconds to try (None: not by itself). ``chance`` in [0, 1) is the dice."""
    match event:
        case StreamEvent.STARTED:
            return replace(state, phase=Phase.CONNECTING), None
        case StreamEvent.FIRST_PICTURE:
            return replace(state, phase=Phase.PLAYING, playing_since=now), None
        case StreamEvent.REFUSED:
            return replace(state, phase=Phase.REFUSED, failures=state.failures + 1), None
        case StreamEvent.CHANGED:
            return RestartState(restarts=state.restarts), 0.0
        case StreamEvent.BROKE:
            played_well = state.phase is Phase.PLAYING and now - state.playing_since >= GOOD_AFTER
            failures = 1 if played_well else state.failures + 1
            delay = min(SLOWEST, FIRST_DELAY * 2.0 ** (failures - 1))
            delay *= 1.0 - JITTER * chance
            return RestartState(Phase.WAITING, failures, state.restarts + 1), delay
