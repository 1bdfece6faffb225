"""All alarms at one moment, as the desk of alarms tells them: immutable, and sorted once for all who look."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from console.model.alarm_list import put_aside, ranked, visible, waiting
from console.model.alarms import Alarm, How


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
