"""When a camera counts as lost, and when as back: changes worth an entry in the journal, of what tiles say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from console.model.tile_state import TileState

STALE_SECONDS = 10.0
"""A picture that stands still for longer is worth an alarm; every reconnection would be otherwise."""
_LOST = frozenset({TileState.NO_SIGNAL, TileState.REFUSED})


@dataclass(frozen=True, slots=True)
class CameraChange:
    """A camera is something else from now on: LIVE, STALE, NO SIGNAL, REFUSED. ``lost``: it gives no picture."""

    number: int
    state: TileState

    @property
    def lost(self) -> bool:
        """Whether it gives no picture."""
        return self.state is not TileState.LIVE


class CameraWatch:
    """One thread calls it, about once a second. A camera that is not looked at is not judged: it says nothing when its
    last tile goes, and its first word when it is seen again is told again."""

    def __init__(self) -> None:
        self._told: dict[int, TileState] = {}
        self._stale_since: dict[int, float] = {}

    def look(self, states: Mapping[int, TileState], now: float) -> list[CameraChange]:
        """What changed since the last look; ``now`` in monotonic seconds. The first LIVE of a camera is a change too:
        an alarm of the last run may be over."""
        for number in self._told.keys() - states.keys():
            del self._told[number]
        for number in self._stale_since.keys() - states.keys():
            del self._stale_since[number]
        changes = []
        for number, state in states.items():
            settled = self._settled(number, state, now)
            if settled is not None and settled is not self._told.get(number):
                self._told[number] = settled
                changes.append(CameraChange(number, settled))
        return changes

    def _settled(self, number: int, state: TileState, now: float) -> TileState | None:
        """What is worth telling of a state, None while nothing is."""
        if state is not TileState.STALE:
            self._stale_since.pop(number, None)
            return state if state is TileState.LIVE or state in _LOST else None
        since = self._stale_since.setdefault(number, now)
        told = self._told.get(number)
        return TileState.STALE if now - since >= STALE_SECONDS and told not in _LOST else None
