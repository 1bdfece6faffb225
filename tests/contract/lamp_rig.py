"""What a lamp system is tested in: the system, the city's lamps behind its protocol, and a clock that the test moves.

For a further protocol write a ``LampRig`` of its own and add it to ``RIGS`` of ``test_lamp_systems.py``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from drivers.luminaires import LampAnswer, LampNews, LampOrder, LampState, LampSystem, Luminaire
from drivers.virtual.lamps.bank import LampBank, LampFaults
from drivers.virtual.state import Lamps

PATIENCE = 20.0


class LampRig:
    """Base of rigs. Subclasses set ``system`` and ``faults``, fill ``ids`` (the system's ids in the order of
    ``bank.ids``), and extend ``open`` and ``close``."""

    system: LampSystem
    faults: LampFaults
    tells_faults = True
    """Whether lamps say that they are broken."""
    does: frozenset[str] = frozenset()
    """The faults that this protocol's server does."""

    def __init__(self, count: int = 4, names: Sequence[str] = ()) -> None:
        self.offset = 0.0
        self.lamps = Lamps({f"L{number + 1:04d}": 60.0 for number in range(count)})
        self.bank = LampBank(self.lamps, tuple(self.lamps.snapshot()[1]), self.clock)
        self.names = {lamp: names[i] for i, lamp in enumerate(self.bank.ids) if i < len(names)}
        self.news: list[LampNews] = []
        self.states: dict[str, LampState] = {}
        self.known: tuple[Luminaire, ...] = ()
        self.late: dict[str, LampAnswer] = {}
        """The newest answer that came by itself, by lamp."""
        self.trouble = ""
        self._changed = threading.Condition()
        self._started = datetime.now(UTC)

    @property
    def ids(self) -> tuple[str, ...]:
        """The system's ids of the lamps."""
        raise NotImplementedError

    def open(self) -> None:
        """Start the server, then the system, and wait until it knows the lamps."""
        self.system.start(self.heard)
        self.until(lambda: len(self.known) == len(self.bank.ids))

    def close(self) -> None:
        """Stop the system, then the server."""
        self.system.stop()

    def clock(self) -> float:
        """The bank's clock: it stands unless the test moves it."""
        return self.offset

    def now(self) -> datetime:
        """What the lamps take for the time."""
        return self._started + timedelta(seconds=self.offset)

    def advance(self, seconds: float) -> None:
        """Move the lamps' clock."""
        self.offset += seconds
        self.bank.tick()

    def heard(self, news: LampNews) -> None:
        """What the system tells."""
        with self._changed:
            self.news.append(news)
            self.states.update((state.id, state) for state in news.states)
            self.late.update((answer.id, answer) for answer in news.answers)
            self.known = self.known if news.lamps is None else news.lamps
            self.trouble = self.trouble if news.trouble is None else news.trouble
            self._changed.notify_all()

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait for news that make it true."""
        end = time.monotonic() + PATIENCE
        with self._changed:
            while not condition():
                assert time.monotonic() < end, f"it did not happen in time; last told: {self.news[-3:]}"
                self._changed.wait(0.1)

    def settle(self) -> None:
        """Wait until the system has told of each lamp that it is as it really is."""

        def same() -> bool:
            for own, lamp in zip(self.ids, self.bank.ids, strict=True):
                told, real = self.states.get(own), self.bank.state(lamp)
                if told is None or told.level is None or abs(told.level - real.level) > 1:
                    return False
                if told.overridden not in (None, real.overridden) or told.faults != real.faults:
                    return False
            return True

        self.until(same)

    def order(self, level: float, lamps: Sequence[str] | None = None, seconds: float = 60, **more: object) -> Answers:
        """Give an order; the answers that it got at once."""
        wanted = tuple(self.ids if lamps is None else lamps)
        end = datetime.now(UTC) + timedelta(seconds=seconds)
        answers = Answers(wanted)
        self.system.order(LampOrder(wanted, level, end, reference="lease 1", **more), answers)  # type: ignore[arg-type]
        answers.check()
        return answers

    def release(self, lamps: Sequence[str] | None = None) -> Answers:
        """End orders; the answers."""
        wanted = tuple(self.ids if lamps is None else lamps)
        answers = Answers(wanted)
        self.system.release(wanted, "lease 1", answers)
        answers.check()
        return answers

    def levels(self) -> list[float]:
        """What the lamps really burn at, as the city's pictures show it."""
        return list(self.lamps.snapshot()[1].values())


class Answers(dict[str, LampAnswer]):
    """Takes progress, and holds the system to it: each lamp once."""

    def __init__(self, wanted: Sequence[str]) -> None:
        super().__init__()
        self._wanted = set(wanted)

    def __call__(self, answers: Sequence[LampAnswer]) -> None:
        for answer in answers:
            assert answer.id in self._wanted
            assert answer.id not in self, "a lamp was answered twice"
            self[answer.id] = answer

    def check(self) -> None:
        """Every lamp was answered."""
        assert set(self) == self._wanted

    @property
    def good(self) -> bool:
        """Whether every lamp does it or will."""
        return all(answer.good for answer in self.values())
