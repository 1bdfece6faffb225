"""What becomes of one order, lamp by lamp: broker's receipts and lamps' states in, answers out. Pure; no clock of its
own, no lock: the driver's is held."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from drivers.lamps.mqtt.dialect import Reading, Wire
from drivers.luminaires import LampAnswer, Outcome


@dataclass(frozen=True, slots=True)
class Aim:
    """The state that shows that a lamp did what it was told."""

    level: float
    dimmable: bool
    tolerance: float

    def met(self, level: float) -> bool:
        """Whether a lamp that tells this level is there."""
        return abs(level - self.level) <= self.tolerance if self.dimmable else (level > 0) == (self.level > 0)


def aim_of(wire: Wire, level: float) -> Aim:
    """What to expect of a lamp: a brightness has steps, and one of them either way is right."""
    return Aim(level, wire.lamp.dimmable, max(1.0, 50.0 / wire.scale + 0.5))


class Round:
    """One order or release on its way. Each lamp is answered once."""

    def __init__(self, aims: dict[str, Aim]) -> None:
        self.open = dict(aims)
        self.over = False
        self._fresh: list[LampAnswer] = []
        self._receipts: set[int] = set()
        self._numbers: dict[str, frozenset[int]] = {}
        self._unsent: set[str] = set()
        self._told: dict[str, float] = {}

    def sent(self, numbers: dict[str, Iterable[int | None]]) -> None:
        """Which messages carry the order of which lamp; None: one that could not be taken."""
        for id, all_of_it in numbers.items():
            kept = [each for each in all_of_it if each is not None]
            self._numbers[id] = frozenset(kept)
            if len(kept) < len(list(all_of_it)):
                self._unsent.add(id)

    def receipt(self, number: int) -> None:
        """The broker has a message."""
        self._receipts.add(number)

    def delivered(self, id: str) -> bool:
        """Whether the broker has all that was to be sent for a lamp."""
        return id not in self._unsent and id in self._numbers and self._numbers[id] <= self._receipts

    def hear(self, reading: Reading) -> None:
        """A lamp told something after the order was sent."""
        aim = self.open.get(reading.id)
        if aim is None:
            return
        answer = judge(reading, aim)
        if answer is not None:
            self.answer(answer)
        elif reading.level is not None and self.delivered(reading.id):
            # What a lamp said before it can have had the order says nothing of it.
            self._told[reading.id] = reading.level

    def answer(self, answer: LampAnswer) -> None:
        """A lamp's answer, if it has none yet."""
        if self.open.pop(answer.id, None) is not None:
            self._fresh.append(answer)

    def fresh(self) -> list[LampAnswer]:
        """Answers since the last time."""
        found, self._fresh = self._fresh, []
        return found

    def finish(self, broken: bool) -> dict[str, Aim]:
        """No more waiting, for time or connection (``broken``) are gone: answer the rest. Gives those that may still
        do it and say so later."""
        late = {}
        for id, aim in tuple(self.open.items()):
            if broken or not self.delivered(id):
                why = (
                    "the connection to the broker broke before it answered" if broken else "the broker did not confirm"
                )
                self.answer(LampAnswer(id, Outcome.UNREACHABLE, why))
                if self.delivered(id):
                    late[id] = aim
            elif id in self._told:
                self.answer(LampAnswer(id, Outcome.REFUSED, f"it says {self._told[id]:g} %"))
            else:
                late[id] = aim
                self.answer(LampAnswer(id, Outcome.ACCEPTED, "it has not said so yet"))
        return late


def judge(reading: Reading, aim: Aim) -> LampAnswer | None:
    """What a lamp's word means for an order; None: nothing yet."""
    if reading.refused:
        return LampAnswer(reading.id, Outcome.REFUSED, reading.refused[:120])
    if reading.lost:
        return LampAnswer(reading.id, Outcome.UNREACHABLE, reading.lost[:120])
    if reading.here is False:
        return LampAnswer(reading.id, Outcome.UNREACHABLE, "it left the network")
    if reading.level is not None and aim.met(reading.level):
        return LampAnswer(reading.id, Outcome.DONE)
    return None


@dataclass(slots=True)
class _Late:
    aim: Aim
    deadline: float
    reference: str


class LateBook:
    """Lamps that were told, and whose word is still out."""

    def __init__(self) -> None:
        self._late: dict[str, _Late] = {}

    def add(self, aims: dict[str, Aim], deadline: float, reference: str) -> None:
        """Wait for these until then."""
        for id, aim in aims.items():
            self._late[id] = _Late(aim, deadline, reference)

    def forget(self, ids: Iterable[str]) -> None:
        """They were told something else meanwhile."""
        for id in ids:
            self._late.pop(id, None)

    def hear(self, reading: Reading) -> tuple[str, LampAnswer] | None:
        """The reference and the answer that a lamp's word is, if it is one."""
        late = self._late.get(reading.id)
        answer = None if late is None else judge(reading, late.aim)
        if late is None or answer is None:
            return None
        del self._late[reading.id]
        return late.reference, answer

    def overdue(self, now: float) -> list[tuple[str, LampAnswer]]:
        """References and answers of those that never said anything."""
        over = [id for id, late in self._late.items() if late.deadline <= now]
        why = "it never said that it did it"
        return [(self._late.pop(id).reference, LampAnswer(id, Outcome.UNREACHABLE, why)) for id in over]
