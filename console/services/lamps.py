"""The city's lamps: every lamp system, what is known of each lamp, and who wants it how bright until when.

A wish becomes a lease in the ``LampBook``; what has to be sent follows from it and goes through the door out, one
command for a system. The lamp system itself ends each order, so a console that dies leaves no street bright; and what
was ordered is kept on disk, so one that starts again knows what still holds.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from console.model.commands import LightLamps, ReleaseLamps
from console.model.lamp_leases import LampBook, LampCall, LampLease, LampRef, Told
from console.model.permissions import Actor, Role
from console.services.commands import Commands, Result
from drivers.errors import DriverError, Unsupported
from drivers.luminaires import (
    LampAnswer,
    LampFeatures,
    LampGroup,
    LampNews,
    LampOrder,
    LampState,
    LampSystem,
    Luminaire,
    Outcome,
)

log = logging.getLogger(__name__)

KEEPER = Actor("lamp leases", Role.AUTOMATION)
"""Who releases what nobody wants any more."""
SAMPLE_SECONDS = 10.0
SAMPLES = 8640
"""A day of power and faults."""
LOG_LINES = 500


NOT_YET = "not connected yet"


class LampRefusal(ValueError):
    """A wish that cannot be granted; the sentence says why and what to do."""


@dataclass(frozen=True, slots=True)
class LampView:
    """All that is known of one lamp, for screens. ``wanted`` is the lease that it follows, ``problem`` what it did not
    obey."""

    ref: LampRef
    lamp: Luminaire
    state: LampState | None
    wanted: LampLease | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class SystemView:
    """A lamp system, for screens. ``trouble`` is "" while all is well."""

    name: str
    features: LampFeatures
    lamps: int
    faulty: int
    power: float | None
    trouble: str
    groups: tuple[LampGroup, ...]
    log: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LeaseView:
    """How a wish goes: lamps in all, those that obey (or will), and those that do not with the reason."""

    lease: LampLease
    total: int
    good: int
    bad: Mapping[LampRef, str]

    @property
    def pending(self) -> int:
        """Lamps that have not answered yet."""
        return self.total - self.good - len(self.bad)


@dataclass(frozen=True, slots=True)
class Sample:
    """The whole at a moment (UTC seconds since 1970): watts that are told, and lamps with a fault."""

    at: float
    power: float
    faulty: int


@dataclass(slots=True)
class _System:
    driver: LampSystem
    lamps: dict[str, Luminaire] = field(default_factory=dict)
    states: dict[str, LampState] = field(default_factory=dict)
    trouble: str = NOT_YET
    log: deque[str] = field(default_factory=lambda: deque(maxlen=LOG_LINES))


@dataclass(slots=True)
class _Course:
    """How the answers to a lease come in."""

    good: set[LampRef] = field(default_factory=set)
    bad: dict[LampRef, str] = field(default_factory=dict)


Keep = Callable[[tuple[LampLease, ...], Mapping[LampRef, Told]], None]
"""Keeps leases and what was told on disk, in the background."""


class Lamps:
    """Any thread calls it and is not kept waiting; drivers tell news in threads of their own. Screens look at
    ``version``, which grows with each change, and read what they show. Add ``tick`` to a ticker and give its ``wake``.
    """

    def __init__(
        self,
        commands: Commands,
        wake: Callable[[], None],
        leases: Iterable[LampLease] = (),
        told: Mapping[LampRef, Told] | None = None,
        keep: Keep = lambda leases, told: None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commands, self._wake, self._keep, self._utc, self._clock = commands, wake, keep, utc, clock
        self._lock = threading.RLock()
        self._book = LampBook(leases, told)
        self._systems: dict[str, _System] = {}
        self._courses: dict[str, _Course] = {}
        self._problems: dict[LampRef, str] = {}
        self._sending: dict[str, int] = {}
        """Calls under way in each system's queue: the next difference is worked out when they are answered."""
        self._samples: deque[Sample] = deque(maxlen=SAMPLES)
        self._sample_due = 0.0
        self._closed = False
        self._life = threading.Lock()
        """Held while a driver is started, so that none is ended before it has begun."""
        self._started: list[LampSystem] = []
        self.version = 0

    # Systems

    def start(self, systems: Sequence[LampSystem]) -> None:
        """Connect to these from now on."""
        with self._lock:
            for driver in systems:
                self._systems[driver.name] = _System(driver)
        for driver in systems:
            with self._life:
                if self._closed:
                    return  # the console ended meanwhile: what was not started needs no end
                driver.start(self._heard)
                self._started.append(driver)
        self._wake()

    def close(self) -> None:
        """Disconnect. What was ordered stays until its end, by the lamp systems."""
        with self._lock:
            self._closed = True
        with self._life:
            drivers = list(self._started)
        for driver in drivers:
            driver.stop()

    def refresh(self, name: str) -> None:
        """Ask a system for everything again."""
        system = self._systems.get(name)
        if system is None:
            return

        def work() -> None:
            try:
                system.driver.refresh()
            except DriverError as error:
                self._heard(LampNews(name, trouble=error.sentence))

        self._commands.submit(name, work)

    # What there is

    def systems(self) -> tuple[SystemView, ...]:
        """All of them, by name."""
        with self._lock:
            return tuple(self._view_system(name) for name in sorted(self._systems))

    def lamps(self) -> tuple[LampView, ...]:
        """All lamps, by system and name."""
        now = self._utc()
        with self._lock:
            wanted = self._book.wanted(now)
            found = [
                LampView(
                    (name, lamp.id), lamp, system.states.get(lamp.id), wanted.get((name, lamp.id)),
                    self._problems.get((name, lamp.id), ""),
                )
                for name, system in sorted(self._systems.items())
                for lamp in system.lamps.values()
            ]  # fmt: skip
        return tuple(sorted(found, key=lambda view: (view.ref[0], view.lamp.name, view.ref[1])))

    def leases(self) -> tuple[LeaseView, ...]:
        """All wishes that hold, the oldest first."""
        with self._lock:
            return tuple(self._view_lease(lease) for lease in self._book.leases)

    def samples(self) -> tuple[Sample, ...]:
        """Power and faults of the last day, one in ten seconds."""
        with self._lock:
            return tuple(self._samples)

    # Wishes

    def light(
        self,
        lamps: Iterable[LampRef],
        level: float,
        seconds: float,
        actor: Actor,
        reason: str = "",
        ramp: float = 0.0,
        group: tuple[str, str] | None = None,
    ) -> str:
        """Bring lamps to ``level`` percent for so many seconds; gives the lease's id. Returns before anything is sent.
        Raises LampRefusal for what cannot be: no lamps, no right, an end in the past."""
        wanted = frozenset(lamps)
        if not self._commands.may(actor, LightLamps):
            raise LampRefusal(f"Lamps may not be driven as {actor.role.value}. Ask a supervisor.")
        if not wanted:
            raise LampRefusal("No lamp is chosen. Choose lamps in the list, a group, or an area.")
        if not seconds > 0:
            raise LampRefusal("The end must be later than now. Say for how long.")
        now = self._utc()
        lease = LampLease(
            uuid.uuid4().hex[:12], wanted, min(100.0, max(0.0, level)), now + timedelta(seconds=seconds), actor, now,
            reason, ramp, group,
        )  # fmt: skip
        with self._lock:
            self._book.add(lease)
            self._courses[lease.id] = _Course()
            for ref in wanted:
                self._problems.pop(ref, None)
            unknown = [ref for ref in wanted if ref[0] not in self._systems]
            self._courses[lease.id].bad.update((ref, "its lamp system is not configured") for ref in unknown)
            self.version += 1
        self._send(now)
        self._wake()
        return lease.id

    def release(self, lease_id: str, actor: Actor) -> None:
        """End a wish now. Raises LampRefusal for somebody of lower rank than its holder."""
        with self._lock:
            lease = self._book.lease(lease_id)
            if lease is None:
                return
            if lease.holder != actor and actor.role.rank < lease.holder.role.rank:
                raise LampRefusal(f"{lease.holder.name} holds these lamps. Ask {lease.holder.name} or a supervisor.")
            if not self._commands.may(actor, ReleaseLamps):
                raise LampRefusal(f"Lamps may not be driven as {actor.role.value}. Ask a supervisor.")
            self._book.release(lease_id)
            self._courses.pop(lease_id, None)
            self.version += 1
        self._send(self._utc(), actor)
        self._wake()

    def try_again(self, lease_id: str) -> None:
        """Send what failed of a wish once more: the operator's decision, never ours."""
        with self._lock:
            lease = self._book.lease(lease_id)
            if lease is None:
                return
            self._book.add(lease)
            self._courses[lease_id] = _Course(self._courses.get(lease_id, _Course()).good)
        self._send(self._utc())

    def tick(self, now: float) -> float | None:
        """What is due; see ``Ticker``."""
        utc = self._utc()
        with self._lock:
            if self._closed:
                return None
            ended = self._book.expire(utc)
            for lease in ended:
                self._courses.pop(lease.id, None)
            self.version += bool(ended)
            if now >= self._sample_due:
                self._sample_due = now + SAMPLE_SECONDS
                self._samples.append(self._sample(utc))
        self._send(utc)
        with self._lock:
            due = self._book.due(utc)
        lease_due = None if due is None else now + max(0.05, (due - utc).total_seconds())
        return self._sample_due if lease_due is None else min(self._sample_due, lease_due)

    # Sending

    def dispatch(self, command: LightLamps | ReleaseLamps) -> tuple[LampAnswer, ...]:
        """Do a command in the system's worker; for the door out. Raises DriverError."""
        with self._lock:
            system = self._systems.get(command.device)
        if system is None:
            raise Unsupported(command.device, "there is no such lamp system", "See Lamps, Systems.")
        answers: dict[str, LampAnswer] = {}

        def progress(more: Sequence[LampAnswer]) -> None:
            answers.update((answer.id, answer) for answer in more)
            if command.lease:
                self._note(command.device, command.lease, more)

        driver = system.driver
        if isinstance(command, ReleaseLamps):
            driver.release(command.lamps, command.lease, progress, command.group)
        else:
            if not (driver.features.expires or driver.features.dies_back):
                advice = "Give these lamps a controller that ends orders by itself."
                raise Unsupported(command.device, "nothing would end the order if this console died", advice)
            order = LampOrder(
                command.lamps, command.level, command.until, command.ramp, command.group, command.lease, command.reason
            )
            driver.order(order, progress)
        silent = (LampAnswer(lamp, Outcome.UNREACHABLE, "no answer") for lamp in command.lamps if lamp not in answers)
        return (*answers.values(), *silent)

    def _send(self, now: datetime, actor: Actor | None = None) -> None:
        """Work out the difference and send it, one call after the other for each system."""
        with self._lock:
            if self._closed:
                return
            calls = [
                call
                for call in self._book.calls(now)
                if call.system in self._systems and not self._sending.get(call.system)
            ]
            for call in calls:
                self._sending[call.system] = self._sending.get(call.system, 0) + 1
            leases = {lease.id: lease for lease in self._book.leases}
        for call in calls:
            self._call(call, leases.get(call.lease), actor)

    def _call(self, call: LampCall, lease: LampLease | None, actor: Actor | None) -> None:
        who = lease.holder if lease is not None else actor or KEEPER
        if call.level is None or call.until is None:
            command: LightLamps | ReleaseLamps = ReleaseLamps(call.system, call.lamps, call.group, call.lease)
        else:
            reason = "" if lease is None else lease.reason
            command = LightLamps(
                call.system, call.lamps, call.level, call.until, call.ramp, call.group, call.lease, reason
            )

        def went(result: Result) -> None:
            given = result.value if isinstance(result.value, tuple) else ()
            answers = {each.id: each for each in given if isinstance(each, LampAnswer)}
            good = [lamp for lamp in call.lamps if lamp in answers and answers[lamp].good]
            bad = [lamp for lamp in call.lamps if lamp not in good]
            with self._lock:
                self._book.sent(call, good, bad)
                if call.lease and not answers:
                    failed = [LampAnswer(lamp, Outcome.REFUSED, result.sentence) for lamp in bad]
                    self._note(call.system, call.lease, failed)
                self._sending[call.system] -= 1
                kept = self._book.leases, self._book.told()
                self.version += 1
            self._keep(*kept)
            self._wake()  # what changed meanwhile is sent now

        self._commands.do(command, who, went)

    def _note(self, system: str, lease_id: str, answers: Sequence[LampAnswer]) -> None:
        with self._lock:
            course = self._courses.get(lease_id)
            for answer in answers:
                ref = (system, answer.id)
                if answer.good:
                    self._problems.pop(ref, None)
                else:
                    self._problems[ref] = answer.detail or answer.outcome.value
                if course is not None:
                    course.bad.pop(ref, None)
                    course.good.discard(ref)
                    if answer.good:
                        course.good.add(ref)
                    else:
                        course.bad[ref] = answer.detail or answer.outcome.value
            self.version += 1

    # News

    def _heard(self, news: LampNews) -> None:
        """In a thread of the driver."""
        with self._lock:
            system = self._systems.get(news.system)
            if system is None or self._closed:
                return
            if news.trouble is not None:
                system.trouble = news.trouble
            elif news.lamps is not None and system.trouble == NOT_YET:
                system.trouble = ""  # who tells of its lamps is connected
            if news.lamps is not None:
                system.lamps = {lamp.id: lamp for lamp in news.lamps}
                system.states = {key: state for key, state in system.states.items() if key in system.lamps}
            for state in news.states:
                before = system.states.get(state.id)
                system.states[state.id] = state if before is None else _merged(before, state)
            system.log.extend(news.log)
            if news.answers:
                self._note(news.system, news.reference, news.answers)
            self.version += 1

    def _sample(self, now: datetime) -> Sample:
        states = [state for system in self._systems.values() for state in system.states.values()]
        power = sum(state.power for state in states if state.power is not None)
        return Sample(now.timestamp(), power, sum(bool(state.faults) for state in states))

    def _view_system(self, name: str) -> SystemView:
        system = self._systems[name]
        powers = [state.power for state in system.states.values() if state.power is not None]
        return SystemView(
            name,
            system.driver.features,
            len(system.lamps),
            sum(bool(state.faults) for state in system.states.values()),
            sum(powers) if powers else None,
            system.trouble,
            system.driver.groups(),
            tuple(system.log),
        )

    def _view_lease(self, lease: LampLease) -> LeaseView:
        course = self._courses.get(lease.id)
        if course is None:  # from before this start: what was told is what holds
            told = self._book.told()
            good = sum(ref in told for ref in lease.lamps)
            return LeaseView(lease, len(lease.lamps), good, {})
        return LeaseView(lease, len(lease.lamps), len(course.good), dict(course.bad))


def _merged(before: LampState, after: LampState) -> LampState:
    """What is told newly, and what was known where it does not speak of it."""
    if after.time < before.time:
        return before
    return replace(
        after,
        level=before.level if after.level is None else after.level,
        power=before.power if after.power is None else after.power,
        energy=before.energy if after.energy is None else after.energy,
        overridden=before.overridden if after.overridden is None else after.overridden,
    )
