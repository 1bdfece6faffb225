"""Orders that a gateway accepted (202) and will confirm by a PATCH of the devices, some time.

The PATCH names the request that it answers in ``talqOriginRequestId``; one that names none counts where what it tells
is what was ordered. It may come before the 202 itself is read, twice, after everybody gave up, or never: a gateway
calls back the console that introduced itself last, so another one reads the devices to know.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from drivers.lamps.talq.reading import Told
from drivers.lamps.talq.writing import name_of
from drivers.luminaires import LampAnswer, LampFault, Outcome

_LATE = 64
_UNSURE = frozenset({LampFault.COMMUNICATION, LampFault.POWER})
Look = Callable[[str], tuple[Told, Sequence[LampFault]] | None]


@dataclass(slots=True)
class _Waiting:
    lamps: set[str]
    level: int | None
    """None: the order was a release."""
    reference: str
    open: bool = False
    """Whether the 202 was read."""
    early: dict[str, LampAnswer] = field(default_factory=dict)


class Pending:
    """Requests by their id. One thread at a time."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, _Waiting] = OrderedDict()
        self._late: OrderedDict[str, _Waiting] = OrderedDict()

    def add(self, request: str, lamps: Iterable[str], level: int | None, reference: str) -> None:
        """A request is about to be sent. Older ones need no confirmation of these lamps any more."""
        wanted = set(lamps)
        for older in (*self._waiting.values(), *self._late.values()):
            older.lamps -= wanted
        self._waiting[request] = _Waiting(wanted, level, reference)

    def drop(self, request: str) -> None:
        """It was answered as a whole, or failed."""
        self._waiting.pop(request, None)

    def accepted(self, request: str) -> dict[str, LampAnswer]:
        """The gateway answered 202: what was confirmed before that is returned."""
        waiting = self._waiting.get(request)
        if waiting is None:
            return {}
        waiting.open = True
        early, waiting.early = waiting.early, {}
        return early

    def confirm(self, origin: str, lamp: str, told: Told, faults: Sequence[LampFault]) -> tuple[str, LampAnswer] | None:
        """The gateway told of a lamp: the reference and the answer that this gives to an order, if it does."""
        for waiting in self._asked(origin):
            if lamp not in waiting.lamps:
                continue
            answer = _judge(waiting, lamp, told, faults, certain=bool(origin))
            if answer is None:
                continue
            waiting.lamps.discard(lamp)
            if not waiting.open:
                waiting.early[lamp] = answer
                return None
            return waiting.reference, answer
        return None

    def open_requests(self) -> frozenset[str]:
        """Requests that were accepted and of which not every lamp was confirmed."""
        waiting = (request for request, each in self._waiting.items() if each.open and each.lamps)
        return frozenset((*waiting, *(request for request, each in self._late.items() if each.lamps)))

    def waits(self, request: str) -> bool:
        """Whether a request still waits for a confirmation."""
        waiting = self._waiting.get(request)
        return waiting is not None and bool(waiting.lamps)

    def read_back(self, requests: Collection[str], look: Look) -> dict[str, list[LampAnswer]]:
        """The lamps were read, by a reading that began when these requests had been accepted: by reference, the answers
        for lamps that say what was ordered. ``look`` gives what a lamp says, None for one that is gone."""
        found: dict[str, list[LampAnswer]] = {}
        for request in requests:
            waiting = self._waiting.get(request) or self._late.get(request)
            if waiting is None:
                continue
            for lamp in sorted(waiting.lamps):
                said = look(lamp)
                answer = None if said is None else _judge(waiting, lamp, *said, certain=False)
                if answer is not None:
                    waiting.lamps.discard(lamp)
                    found.setdefault(waiting.reference, []).append(answer)
        return found

    def expire(self, request: str, seconds: float) -> tuple[str, list[LampAnswer]]:
        """Time is over: the reference, and an answer for each lamp that was not confirmed. Later ones still count."""
        waiting = self._waiting.pop(request, None)
        if waiting is None or not waiting.lamps:
            return "", []
        waiting.open = True
        self._late[request] = waiting
        while len(self._late) > _LATE:
            self._late.popitem(last=False)
        words = f"accepted, no confirmation in {seconds:g} s"
        answers = [LampAnswer(lamp, Outcome.UNREACHABLE, words) for lamp in sorted(waiting.lamps)]
        return waiting.reference, answers

    def _asked(self, origin: str) -> list[_Waiting]:
        if not origin:
            return [*self._waiting.values(), *self._late.values()]
        found = self._waiting.get(origin) or self._late.get(origin)
        return [found] if found else []


def _judge(waiting: _Waiting, lamp: str, told: Told, faults: Sequence[LampFault], certain: bool) -> LampAnswer | None:
    """``certain``: the gateway named the request. Else only what fits what was ordered counts, of a lamp that can be
    reached and holds no order of another name."""
    level = waiting.level
    if not certain and not _UNSURE.isdisjoint(faults):
        return None
    if not certain and level is not None and told.reference and told.reference != name_of(waiting.reference):
        return None
    if certain and LampFault.COMMUNICATION in faults:
        return LampAnswer(lamp, Outcome.UNREACHABLE, "the gateway gets no answer from it")
    if certain and LampFault.POWER in faults:
        return LampAnswer(lamp, Outcome.UNREACHABLE, "the gateway says that it has no power")
    if level is None:
        fits = told.overridden is False
        differs = told.overridden is True
        words = "it still holds an order"
    else:
        fits = told.wanted is not None and abs(told.wanted - level) < 1
        differs = told.wanted is not None and not fits
        words = f"it holds {told.wanted:g} % instead" if told.wanted is not None else ""
    if fits:
        return LampAnswer(lamp, Outcome.DONE)
    if not certain:
        return None
    return LampAnswer(lamp, Outcome.REFUSED, words) if differs else LampAnswer(lamp, Outcome.DONE)
