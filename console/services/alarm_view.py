"""All alarms at one moment, as the desk of alarms tells them: immutable, and sorted once for all who look."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from console.model.alarm_list import put_aside, ranked, visible, waiting
from console.model.alarms import Alarm, How

PUBLISH_SECONDS = 0.2
"""While much happens, between two views that are told."""


@dataclass(frozen=True)
class AlarmsView:
    """All alarms that are not closed, at one moment. ``flood``: too many for one person came within ten minutes.
    ``ready``: they have been read; ``trouble`` says why they cannot be kept, "" when they can. What is sorted is so
    once, in the desk's thread, however many screens look at it."""

    version: int = 0
    alarms: tuple[Alarm, ...] = ()
    flood: bool = False
    ready: bool = False
    trouble: str = ""

    @cached_property
    def shown(self) -> tuple[Alarm, ...]:
        """What is wrong now, ranked."""
        return tuple(ranked(visible(self.alarms)))

    @cached_property
    def waits(self) -> int:
        """How many of them have to be acknowledged; they come first."""
        return waiting(self.shown)

    @cached_property
    def aside(self) -> Mapping[How, tuple[Alarm, ...]]:
        """What is put aside, in each way, what comes back first first."""
        return {how: tuple(put_aside(self.alarms, how)) for how in How}

    @cached_property
    def ids(self) -> frozenset[str]:
        """The alarms that there are."""
        return frozenset(each.id for each in self.alarms)

    def sorted(self) -> AlarmsView:
        """The same, with all of that worked out."""
        _ = self.waits, self.aside, self.ids
        return self


Listener = Callable[[AlarmsView], None]


class AlarmViews:
    """Who is told of each new view. ``now`` and ``listen`` are for any thread, the rest for the desk's, in which
    listeners are called."""

    def __init__(self) -> None:
        self.now = AlarmsView()
        """The newest; a single assignment in the desk's thread."""
        self._lock = threading.Lock()
        self._listeners: list[Listener] = []
        self._told = float("-inf")

    def listen(self, listener: Listener) -> None:
        """One more; it must not wait."""
        with self._lock:
            self._listeners.append(listener)

    def due(self, clock: float, more: bool) -> bool:
        """Whether to tell; while more work waits, not at each piece of it."""
        return not more or clock >= self._told + PUBLISH_SECONDS

    def tell(self, clock: float, alarms: Sequence[Alarm], flood: bool, ready: bool, trouble: str) -> None:
        """Everything as it is now."""
        self._told = clock
        self.now = AlarmsView(self.now.version + 1, tuple(alarms), flood, ready, trouble).sorted()
        with self._lock:
            listeners = tuple(self._listeners)
        for listener in listeners:
            listener(self.now)
