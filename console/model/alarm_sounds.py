"""When which alarm is heard: the worst that waits, again and again, until it is acknowledged or silenced; what was
silenced is heard again after a while unless somebody acknowledged it, and a new alarm is heard at once. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from console.model.alarms import Alarm, Priority

SILENT_SECONDS = 180.0
"""How long silence lasts, unless the settings say otherwise."""
AGAIN_SECONDS: dict[Priority, float | None] = {
    Priority.CRITICAL: 4.0, Priority.HIGH: 10.0, Priority.MEDIUM: 30.0, Priority.LOW: None,
}  # fmt: skip
"""Seconds between two sounds of one priority; None: once."""

Heard = tuple[str, int]
"""An alarm and how often it had to be heard: once more, and it is another."""


@dataclass(frozen=True, slots=True)
class SoundState:
    """``known``: what was heard at least once; ``silent``: what somebody silenced, and until when (monotonic
    seconds); ``last``: when something was heard last, and how bad it was."""

    known: frozenset[Heard] = frozenset()
    silent: frozenset[Heard] = frozenset()
    until: float = 0.0
    last: float = 0.0
    worst: Priority | None = None

    def silenced(self, now: float) -> bool:
        """Whether nothing is heard again now because of it: what came since then is, and nobody should be told that it
        is silent."""
        quiet = self.worst is None or AGAIN_SECONDS[self.worst] is None
        return bool(self.silent) and now < self.until and quiet


@dataclass(frozen=True, slots=True)
class Decision:
    """What to play now (None: nothing), the state afterwards, and when to ask again (None: at the next change)."""

    play: Priority | None
    state: SoundState
    again: float | None


def decide(state: SoundState, alarms: Iterable[Alarm], now: float) -> Decision:
    """What is to be heard of these alarms at ``now`` (monotonic seconds)."""
    waits = {(each.id, each.calls): each.priority for each in alarms if each.sounds}
    if state.silent and now >= state.until:  # silenced, not forgotten: heard as if new
        state = replace(state, silent=frozenset(), known=state.known - state.silent)
    known, silent = state.known & waits.keys(), state.silent & waits.keys()
    loud = {heard: priority for heard, priority in waits.items() if heard not in silent}
    state = replace(state, known=known, silent=silent)
    wake = state.until if silent else None
    if not loud:
        return Decision(None, replace(state, worst=None), wake)
    new = min(
        (priority for heard, priority in loud.items() if heard not in known), key=lambda each: each.rank, default=None
    )
    worst = min(loud.values(), key=lambda each: each.rank)
    every = AGAIN_SECONDS[worst]
    play: Priority | None = None
    if new is not None and (state.worst is None or new.rank <= state.worst.rank):
        play = new
    elif every is not None and now >= state.last + every:
        play = worst
    last = now if play is not None else state.last
    after = replace(state, known=known | loud.keys(), last=last, worst=worst)
    due = [each for each in (wake, None if every is None else last + every) if each is not None]
    return Decision(play, after, min(due) if due else None)


def silence(state: SoundState, alarms: Iterable[Alarm], now: float, seconds: float = SILENT_SECONDS) -> SoundState:
    """Everything that waits now is silent for so long; what comes or is raised again is not."""
    waits = frozenset((each.id, each.calls) for each in alarms if each.waits)
    return replace(state, silent=waits, known=state.known | waits, until=now + seconds, worst=None)
