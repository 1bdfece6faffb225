"""The city's lamps: every lamp system, what is known of each lamp, and who wants it how bright until when.

A wish becomes a lease in the ``LampBook``; what has to be sent follows from it and goes through the door out, one
command for a system. The lamp system itself ends each order, so a console that dies leaves no street bright; and what
was ordered is kept on disk, so one that starts again knows what still holds.
"""

from __future__ import annotations

import logging
import math
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from console.model.commands import LightLamps, ReleaseLamps
from console.model.lamp_leases import LONGEST, LampBook, LampCall, LampLease, LampRef, Told, natural
from console.model.lamp_watch import LampChange, LampWatch
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
MOST_STATES = 50_000
"""States of lamps that a system has not told of yet are kept up to so many."""
AHEAD = timedelta(minutes=2)
"""A state from farther in the future has a wrong clock: what comes after it counts all the same."""
BROKEN = "its driver failed, which is a fault of the program: see the log"
SHORTEST = 2.0
"""Seconds of the shortest lease; a shorter one would be over before it is sent."""


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
    energy: float | None = None
    """Kilowatt-hours that its lamps used since this console heard of them first; None where none of them tells."""


@dataclass(frozen=True, slots=True)
class LeaseView:
    """How a wish goes: lamps in all, those that obey (or will), and those that do not with the reason."""

    lease: LampLease
    total: int
    good: int
    bad: Mapping[LampRef, str]
    outshone: int = 0
    """Lamps that follow a brighter wish meanwhile and were not told of this one."""
    next: tuple[LampLease, ...] = ()
    """Who takes over some of the lamps when it ends, the brightest first; the others go back to their programme."""

    @property
    def pending(self) -> int:
        """Lamps that have not answered yet."""
        return self.total - self.good - len(self.bad) - self.outshone


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

    first_energy: dict[str, float] = field(default_factory=dict)

    def energy(self) -> float | None:
        """See ``SystemView.energy``. A meter that began anew counts from there."""
        told = [(key, state.energy) for key, state in self.states.items() if state.energy is not None]
        used = [energy - self.first_energy.setdefault(key, energy) for key, energy in told if key in self.lamps]
        return sum(max(0.0, each) for each in used) if used else None

    def known(self) -> list[LampState]:
        """States of lamps that it has told of."""
        return [state for key, state in self.states.items() if key in self.lamps]


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
        faults: Callable[[Sequence[LampChange]], None] = lambda changes: None,
        watch: LampWatch | None = None,
    ) -> None:
        """``faults`` is told which lamps became faulty or well again, in threads of the drivers."""
        self._faults, self._watch = faults, watch or LampWatch()
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
        """All lamps, by system and name: lamp 2 before lamp 10."""
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
        return tuple(found)

    def leases(self) -> tuple[LeaseView, ...]:
        """All wishes that hold, the oldest first."""
        now = self._utc()
        with self._lock:
            wanted = self._book.wanted(now)
            return tuple(self._view_lease(lease, wanted, now) for lease in self._book.leases)

    def samples(self) -> tuple[Sample, ...]:
        """Power and faults of the last day, one in ten seconds."""
        with self._lock:
            return tuple(self._samples)

    # Wishes

    def may(self, actor: Actor) -> bool:
        """Whether somebody may drive lamps; screens grey out what they may not."""
        return self._commands.may(actor, LightLamps)

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
        if not (math.isfinite(level) and math.isfinite(ramp)):
            raise LampRefusal("The level and the ramp must be numbers.")
        if not self._commands.may(actor, LightLamps):
            raise LampRefusal(f"Lamps may not be driven as {actor.role.value}. Ask a supervisor.")
        if not wanted:
            raise LampRefusal("No lamp is chosen. Choose lamps in the list, a group, or an area.")
        if not seconds >= SHORTEST:
            raise LampRefusal("The end must be later than now. Say for how long.")
        now = self._utc()
        with self._lock:
            whole = self._whole(wanted) if group is None else group if self._is_whole(group, wanted) else None
        lease = LampLease(
            uuid.uuid4().hex[:12], wanted, min(100.0, max(0.0, level)),
            now + min(timedelta(seconds=min(seconds, 1e9)), LONGEST), actor, now, reason, max(0.0, ramp), whole,
        )  # fmt: skip
        with self._lock:
            self._book.add(lease)
            self._courses[lease.id] = _Course()
            for ref in wanted:
                self._problems.pop(ref, None)
            unknown = [ref for ref in wanted if ref[0] not in self._systems]
            self._courses[lease.id].bad.update((ref, "its lamp system is not configured") for ref in unknown)
            self.version += 1
            kept = self._book.leases, self._book.told()
        self._keep(*kept)
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
            self._forget_problems(lease)
            self.version += 1
            kept = self._book.leases, self._book.told()
        self._keep(*kept)
        self._send(self._utc(), actor)
        self._wake()

    def try_again(self, lease_id: str) -> None:
        """Send what failed of a wish once more: the operator's decision, never ours."""
        with self._lock:
            lease = self._book.lease(lease_id)
            if lease is None:
                return
            self._book.add(lease)
            before = self._courses.get(lease_id, _Course())
            again = _Course(before.good)
            again.bad = {ref: why for ref, why in before.bad.items() if ref[0] not in self._systems}
            self._courses[lease_id] = again
            self.version += 1
        self._send(self._utc())
        self._wake()

    def tick(self, now: float) -> float | None:
        """What is due; see ``Ticker``."""
        utc = self._utc()
        with self._lock:
            if self._closed:
                return None
            ended = self._book.expire(utc)
            for lease in ended:
                self._courses.pop(lease.id, None)
                self._forget_problems(lease)
            self.version += bool(ended)
            if now >= self._sample_due:
                self._sample_due = now + SAMPLE_SECONDS
                self._samples.append(self._sample(utc))
                self._book.release_again()
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
        silent = [LampAnswer(lamp, Outcome.UNREACHABLE, "no answer") for lamp in command.lamps if lamp not in answers]
        if silent and command.lease:
            self._note(command.device, command.lease, silent)
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
            with self._lock:
                whole = self._whole(frozenset((call.system, lamp) for lamp in call.lamps))
            group = "" if whole is None else whole[1]
            command: LightLamps | ReleaseLamps = ReleaseLamps(call.system, call.lamps, group, call.lease)
        else:
            reason = "" if lease is None else lease.reason
            command = LightLamps(
                call.system, call.lamps, call.level, call.until, call.ramp, call.group, call.lease, reason
            )

        def went(result: Result) -> None:
            given = result.value if isinstance(result.value, tuple) else ()
            if result.broke:  # a driver raised what no driver may raise: nobody knows what its lamps do
                given = tuple(LampAnswer(lamp, Outcome.UNREACHABLE, BROKEN) for lamp in call.lamps)
                if call.lease:
                    self._note(call.system, call.lease, given)
            answers = {each.id: each for each in given if isinstance(each, LampAnswer)}
            good, bad, unsure = _sorted(call.lamps, answers)
            with self._lock:
                self._book.sent(call, good, bad, unsure)
                if call.lease and not answers:
                    failed = [LampAnswer(lamp, Outcome.REFUSED, result.sentence) for lamp in bad]
                    self._note(call.system, call.lease, failed)
                elif not call.lease:
                    self._note_release(call, answers, result.sentence)
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

    def _note_release(self, call: LampCall, answers: Mapping[str, LampAnswer], sentence: str) -> None:
        """A lamp that does not go back when it is let go: it stays as it was told until the end that it was told."""
        for lamp in call.lamps:
            answer = answers.get(lamp)
            if answer is not None and answer.good:
                self._problems.pop((call.system, lamp), None)
            else:
                why = sentence if answer is None else answer.detail or answer.outcome.value
                self._problems[(call.system, lamp)] = f"not released, it is tried again and ends by itself: {why}"
        self.version += 1

    def _forget_problems(self, ended: LampLease) -> None:
        """Of lamps that nobody wants any more."""
        wanted = {lamp for lease in self._book.leases for lamp in lease.lamps}
        for ref in ended.lamps - wanted:
            self._problems.pop(ref, None)

    def _whole(self, lamps: frozenset[LampRef]) -> tuple[str, str] | None:
        """The group of a lamp system that is exactly these lamps, if there is one."""
        names = {system for system, _ in lamps}
        system = self._systems.get(next(iter(names))) if len(names) == 1 else None
        if system is None or not system.driver.features.groups:
            return None
        ids = frozenset(lamp for _, lamp in lamps)
        group = next((group for group in system.driver.groups() if group.lamps == ids), None)
        return None if group is None else (system.driver.name, group.id)

    def _is_whole(self, group: tuple[str, str], lamps: frozenset[LampRef]) -> bool:
        """Whether a group is exactly these lamps: a message to it must reach no other."""
        system = self._systems.get(group[0])
        found = None if system is None else next((g for g in system.driver.groups() if g.id == group[1]), None)
        return found is not None and lamps == {(group[0], lamp) for lamp in found.lamps}

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
                system.lamps = {
                    lamp.id: lamp for lamp in sorted(news.lamps, key=lambda each: (natural(each.name), each.id))
                }
                system.states = {key: state for key, state in system.states.items() if key in system.lamps}
            latest = self._utc() + AHEAD
            for state in news.states:
                before = system.states.get(state.id)
                if before is not None or state.id in system.lamps or len(system.states) < MOST_STATES:
                    system.states[state.id] = state if before is None else _merged(before, state, latest)
            system.log.extend(news.log)
            if news.answers:
                self._note(news.system, news.reference, news.answers)
                for answer in news.answers:
                    self._book.answered_late(news.reference, (news.system, answer.id), answer.good)
            spoken = [state.id for state in news.states]
            changes = self._watch.look(news.system, system.lamps, system.states, spoken)
            self.version += 1
        if changes:
            self._faults(changes)

    def _sample(self, now: datetime) -> Sample:
        states = [state for system in self._systems.values() for state in system.known()]
        power = sum(state.power for state in states if state.power is not None)
        return Sample(now.timestamp(), power, sum(bool(state.faults) for state in states))

    def _view_system(self, name: str) -> SystemView:
        system = self._systems[name]
        powers = [state.power for state in system.known() if state.power is not None]
        return SystemView(
            name,
            system.driver.features,
            len(system.lamps),
            sum(bool(state.faults) for state in system.known()),
            sum(powers) if powers else None,
            system.trouble,
            system.driver.groups(),
            tuple(system.log),
            system.energy(),
        )

    def _view_lease(self, lease: LampLease, wanted: Mapping[LampRef, LampLease], now: datetime) -> LeaseView:
        course = self._courses.get(lease.id)
        obeying = self._book.obeying(lease)
        bad = {} if course is None else dict(course.bad)  # None: from before this start; what was told is what holds
        good = ((obeying if course is None else obeying | course.good) & lease.lamps) - bad.keys()
        others = [ref for ref in lease.lamps if wanted.get(ref, lease).id != lease.id]
        outshone = sum(ref not in good and ref not in bad for ref in others)
        return LeaseView(lease, len(lease.lamps), len(good), bad, outshone, self._book.returns_to(lease, now))


def _sorted(lamps: Sequence[str], answers: Mapping[str, LampAnswer]) -> tuple[list[str], list[str], list[str]]:
    """Those that obey or will, those that refuse, and those that did not answer though something was sent."""
    good, bad, unsure = [], [], []
    for lamp in lamps:
        answer = answers.get(lamp)
        if answer is not None and answer.good:
            good.append(lamp)
        elif answers and (answer is None or answer.outcome is Outcome.UNREACHABLE):
            unsure.append(lamp)
        else:
            bad.append(lamp)
    return good, bad, unsure


def _merged(before: LampState, after: LampState, latest: datetime) -> LampState:
    """What is told newly, and what was known where it does not speak of it."""
    if after.time < before.time <= latest:
        return before
    return replace(
        after,
        level=before.level if after.level is None else after.level,
        power=before.power if after.power is None else after.power,
        energy=before.energy if after.energy is None else after.energy,
        overridden=before.overridden if after.overridden is None else after.overridden,
    )
