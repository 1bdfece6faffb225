"""A lamp system that obeys, or fails as a test says. It answers in the worker that asks, as drivers do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from drivers.errors import DriverError
from drivers.luminaires import (
    LampAnswer,
    LampFault,
    LampFeatures,
    LampGroup,
    LampNews,
    LampOrder,
    LampState,
    Luminaire,
    Outcome,
    Progress,
)
from drivers.types import GeoPlace

EXPIRES = LampFeatures(expires=True, ramps=True, groups=True, levels=True, power=True)
PROGRAMME = 60.0
"""Percent that a lamp has while nobody drives it."""


def luminaires(count: int, first: int = 1, step: float = 0.0003) -> list[Luminaire]:
    """Lamps L0001 and so on along a street that leads east."""
    return [
        Luminaire(f"L{number:04d}", f"Lamp {number}", GeoPlace(48.2, 16.37 + step * number), rated_power=80.0)
        for number in range(first, first + count)
    ]


class FakeLampSystem:
    """See LampSystem. ``levels`` is what an onlooker in the street sees. ``gate``: orders wait for it where it is not
    set."""

    def __init__(
        self,
        name: str = "North",
        lamps: Iterable[Luminaire] = (),
        features: LampFeatures = EXPIRES,
        groups: tuple[LampGroup, ...] = (),
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.name, self.features = name, features
        self.lamps = tuple(lamps)
        self._groups, self._utc = groups, utc
        self.levels = {lamp.id: PROGRAMME for lamp in self.lamps}
        self.orders: list[LampOrder] = []
        self.releases: list[tuple[tuple[str, ...], str]] = []
        self.refreshed = 0
        self.stopped = False
        self.gate = threading.Event()
        self.gate.set()
        self.begun = threading.Semaphore(0)
        """Released once for each order or release that comes in."""
        self.fail_next_order: DriverError | None = None
        self.fail_next_release: DriverError | None = None
        self.fail_next_refresh: DriverError | None = None
        self.fail_next_lamps: dict[str, tuple[Outcome, str]] = {}
        self.silent_next: set[str] = set()
        """Lamps that obey the next order and do not answer it."""
        self.accept_next = False
        """The next order is only accepted; ``answer`` tells later how it went."""
        self._heard: Callable[[LampNews], None] | None = None

    # As the console calls it

    def start(self, heard: Callable[[LampNews], None]) -> None:
        self._heard = heard
        self.tell(LampNews(self.name, lamps=self.lamps, trouble="", states=self.states()))

    def refresh(self) -> None:
        self.refreshed += 1
        error, self.fail_next_refresh = self.fail_next_refresh, None
        if error is not None:
            raise error
        self.tell(LampNews(self.name, lamps=self.lamps, trouble="", states=self.states(), log=("refreshed",)))

    def groups(self) -> tuple[LampGroup, ...]:
        return self._groups

    def order(self, order: LampOrder, progress: Progress) -> None:
        self.begun.release()
        self.gate.wait(20)
        error, self.fail_next_order = self.fail_next_order, None
        if error is not None:
            raise error
        self.orders.append(order)
        self._answer(order.lamps, lambda lamp: order.level, progress)

    def release(self, lamps: tuple[str, ...], reference: str, progress: Progress, group: str = "") -> None:
        self.begun.release()
        self.gate.wait(20)
        error, self.fail_next_release = self.fail_next_release, None
        if error is not None:
            raise error
        self.releases.append((lamps, group))
        self._answer(lamps, lambda lamp: PROGRAMME, progress)

    def stop(self) -> None:
        self.stopped = True

    # As a test calls it

    def tell(self, news: LampNews) -> None:
        """The system tells something by itself."""
        assert self._heard is not None
        self._heard(news)

    def answer(self, reference: str, outcomes: dict[str, tuple[Outcome, str]]) -> None:
        """Late answers to an order that was accepted."""
        answers = tuple(LampAnswer(lamp, *outcome) for lamp, outcome in outcomes.items())
        self.tell(LampNews(self.name, answers=answers, reference=reference))

    def fault(self, lamp: str, *faults: LampFault) -> None:
        """A lamp breaks, or is mended."""
        self.tell(LampNews(self.name, states=(LampState(lamp, self._utc(), faults=faults),)))

    def states(self) -> tuple[LampState, ...]:
        """What it tells of all lamps."""
        now = self._utc()
        return tuple(
            LampState(lamp, now, level, power=level * 0.8, overridden=level != PROGRAMME)
            for lamp, level in self.levels.items()
        )

    def _answer(self, lamps: tuple[str, ...], level: Callable[[str], float], progress: Progress) -> None:
        failing, self.fail_next_lamps = self.fail_next_lamps, {}
        silent, self.silent_next = self.silent_next, set()
        accept, self.accept_next = self.accept_next, False
        answers = []
        for lamp in lamps:
            if lamp in failing:
                answers.append(LampAnswer(lamp, *failing[lamp]))
            elif lamp not in self.levels:
                answers.append(LampAnswer(lamp, Outcome.UNKNOWN, "there is no such lamp"))
            else:
                self.levels[lamp] = level(lamp)
                if lamp not in silent:
                    answers.append(LampAnswer(lamp, Outcome.ACCEPTED if accept else Outcome.DONE))
        middle = len(answers) // 2
        for part in (answers[:middle], answers[middle:]):
            if part:
                progress(part)
