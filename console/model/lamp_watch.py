"""Which lamps became faulty and which are well again, of all that lamp systems tell: worth an entry in the journal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from drivers.luminaires import LampState, Luminaire
from drivers.types import GeoPlace


@dataclass(frozen=True, slots=True)
class LampChange:
    """A lamp is faulty (``fault`` in words) or well again (""). ``lamp`` is what people call it within its system."""

    system: str
    lamp: str
    fault: str
    place: GeoPlace | None


class LampWatch:
    """One thread at a time calls it. ``known`` says which lamps (names) of a system were faulty as far as was ever
    told, so that one that was mended while the console was off is told too. It must not wait; None says that it does
    not know yet, and it is asked again. Once it knows it is asked no more."""

    def __init__(self, known: Callable[[str], Iterable[str] | None] = lambda system: ()) -> None:
        self._known = known
        self._faulty: dict[str, dict[str, str]] = {}
        self._open: dict[str, set[str]] = {}
        """Names that were faulty before this run and have said nothing yet."""

    def look(
        self, system: str, lamps: Mapping[str, Luminaire], states: Mapping[str, LampState], news: Iterable[str]
    ) -> list[LampChange]:
        """What changed for the lamps (ids) that ``news`` speaks of. A lamp that was never faulty says nothing."""
        news = [each for each in news if each in lamps and each in states]
        if not news:
            return []
        if system not in self._open and (known := self._known(system)) is not None:
            self._open[system] = set(known)
            if known:  # what lamps said before that was known counts as well
                news = [each for each in lamps if each in states]
        faulty, before = self._faulty.setdefault(system, {}), self._open.get(system, set[str]())
        changes = []
        twice: frozenset[str] | None = None
        for lamp_id in news:
            fault = ", ".join(sorted(each.value for each in states[lamp_id].faults))
            if fault == faulty.get(lamp_id, "") and not before:
                continue  # nearly always: names are looked at only where something changed
            twice = _twice(lamps) if twice is None else twice
            lamp = lamps[lamp_id]
            name = f"{lamp.name} ({lamp_id})" if lamp.name in twice else lamp.name
            if fault == faulty.get(lamp_id, "") and (fault or name not in before):
                before.discard(name)
                continue
            before.discard(name)
            changes.append(LampChange(system, name, fault, lamp.place))
            if fault:
                faulty[lamp_id] = fault
            else:
                faulty.pop(lamp_id, None)
        return changes


def _twice(lamps: Mapping[str, Luminaire]) -> frozenset[str]:
    """Names that more than one lamp has."""
    count = Counter(lamp.name for lamp in lamps.values())
    return frozenset(name for name, times in count.items() if times > 1)
