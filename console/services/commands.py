"""The door out: everything done to the world passes here, one way. Who may, lease, limits, a line in the audit *before*
it is sent, the device's ordered queue, read-back, result.

An action that fails is told to who asked, with the reason, and stands in the audit like one that went well.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from console.model.commands import Command, LightLamps, ReleaseLamps, Stop
from console.model.leases import Lease, LeaseBook
from console.model.limits import within
from console.model.permissions import Actor, Policy
from console.services.audit_trail import AuditTrail
from console.services.device_queue import DeviceQueues
from console.services.dispatch import carry_out
from console.services.shared_leases import READ_SECONDS, SharedLeases
from console.store.database import DatabaseError
from drivers.errors import DriverError
from drivers.luminaires import LampAnswer
from drivers.ptz import DeviceControls

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Result:
    """How a command ended. ``sentence`` is for the operator: why it failed, "" where all went well. ``value`` is what
    the device gave; ``held_by`` who has the device in hand where that was the reason."""

    command: Command
    actor: Actor
    ok: bool
    sentence: str = ""
    value: object = None
    held_by: Lease | None = None
    broke: bool = False
    """A fault of the console itself: nobody knows what the device did."""


Then = Callable[[Result], None]
"""Takes a result: in the caller's thread for a refusal, else in a worker."""


RECORD_SECONDS = 0.2
"""A Stop waits for its line in the audit for so long at most: a database that hangs must not keep a camera turning."""
BROKE = "a fault of the console itself, not of the device. The log has the details."


def _nothing() -> None:
    """For who needs to do nothing."""


def nobody(result: Result) -> None:
    """For who does not ask how it went."""


LampDispatch = Callable[[LightLamps | ReleaseLamps], tuple[LampAnswer, ...]]
"""Does a command for lamps in the system's worker. Raises DriverError."""


class Commands:
    """Any thread calls it, and it returns at once. ``controls`` gives a device's drivers by its id; it is asked in the
    device's worker and may block, and raises DriverError. ``changed`` is called after a lease was taken or given back,
    from whatever thread did that."""

    def __init__(
        self,
        queues: DeviceQueues,
        trail: AuditTrail,
        controls: Callable[[str], DeviceControls],
        name_of: Callable[[str], str],
        policy: Callable[[], Policy] = Policy,
        leases: LeaseBook | None = None,
        shared: SharedLeases | None = None,
        lamps: LampDispatch | None = None,
        clock: Callable[[], float] = time.monotonic,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        self.queues, self.trail = queues, trail
        self._controls, self._name_of, self._policy, self._clock = controls, name_of, policy, clock
        self._lamps, self._changed = lamps, changed
        self._leases = leases or LeaseBook()
        self._shared = shared
        self._read_due, self._reading = 0.0, False
        self._lock = threading.Lock()

    # Questions

    def name_of(self, device: str) -> str:
        """What the operator calls a device."""
        return self._name_of(device)

    def may(self, actor: Actor, command: type[Command]) -> bool:
        """Whether somebody has the right to do such a thing; screens grey out what they may not."""
        return self._policy().allows(actor, command.right)

    def leases(self) -> Mapping[str, tuple[Lease, float]]:
        """Who holds which device, and for how many seconds still."""
        now = self._clock()
        with self._lock:
            return {target: (lease, lease.left(now)) for target, lease in self._leases.all(now).items()}

    def holder(self, device: str) -> Lease | None:
        """Who holds a device now."""
        with self._lock:
            return self._leases.holder(device, self._clock())

    # Doing

    def refused(self, refusal: Result) -> None:
        """Put a refusal of ``permit`` on record, in a worker."""
        self._record_refusal(refusal)

    def do(self, command: Command, actor: Actor, then: Then = nobody) -> bool:
        """Do it when the device's turn comes; False if it was refused here. ``then`` is always called once."""
        refusal = self.permit(command, actor)
        if refusal is not None:
            self._record_refusal(refusal)
            then(refusal)
            return False
        command = within(command)
        if isinstance(command, Stop):
            self.queues.clear(command.device)

        def work() -> None:
            then(self.perform(command, actor))

        def instead(why: str, broke: bool = False) -> Result:
            sentence = f"{self._name_of(command.device)}: {why}"
            return Result(command, actor, ok=False, sentence=sentence, broke=broke)

        def dropped() -> None:
            self._record_unsent(instead("overtaken by a stop."), "dropped by a Stop")
            then(instead("overtaken by a stop."))

        def broken() -> None:
            then(instead(BROKE, broke=True))

        def send() -> bool:
            if self.submit(command.device, work, command.urgent, send_again if command.safe else dropped, broken):
                return True
            then(Result(command, actor, ok=False, sentence="The console ends; nothing more is sent."))
            return False

        def send_again() -> None:
            send()

        return send()

    def permit(self, command: Command, actor: Actor) -> Result | None:
        """None where somebody may do it now; else the refusal. Takes the lease that it needs."""
        name = self._name_of(command.device)
        if not self._policy().allows(actor, command.right):
            sentence = f"{name}: not allowed as {actor.role.value}. Ask a supervisor, or log in with that right."
            return Result(command, actor, ok=False, sentence=sentence)
        if not command.leased:
            return None
        now = self._clock()
        with self._lock:
            taken = self._leases.take(command.device, actor, now)
        if not taken.granted:
            return self._held_by(command, actor, taken.lease)
        self._changed()
        return None

    def _held_by(self, command: Command, actor: Actor, lease: Lease) -> Result:
        left = round(lease.left(self._clock()))
        station = lease.actor.station
        where = f" at {station}" if station and station != actor.station else ""
        sentence = (
            f"{self._name_of(command.device)}: {lease.actor.name}{where} has it in hand for {left} s more. "
            "Wait, or ask them to let go."
        )
        return Result(command, actor, ok=False, sentence=sentence, held_by=lease)

    def give_back(self, device: str, actor: Actor) -> None:
        """End one's lease of a device before its time."""
        with self._lock:
            done = self._leases.give_back(device, actor)
        if done:
            self._changed()
        shared = self._shared
        if done and shared is not None:
            self.submit("leases", lambda: shared.give_back(device, actor))

    def tick(self, now: float) -> float | None:
        """Look what other consoles hold; see ``Ticker``."""
        shared = self._shared
        if shared is None:
            return None
        if now < self._read_due or self._reading:
            return max(self._read_due, now + READ_SECONDS / 2)
        self._read_due, self._reading = now + READ_SECONDS, True

        def read() -> None:
            others = shared.others()
            if others is not None:
                with self._lock:
                    news = self._leases.adopt(others)
                if news:
                    self._changed()
            self._reading = False

        def broke() -> None:
            self._reading = False

        if not self.submit("leases", read, overtaken=broke, broke=broke):
            return None
        return self._read_due

    def submit(
        self,
        device: str,
        work: Callable[[], None],
        urgent: bool = False,
        overtaken: Callable[[], None] = _nothing,
        broke: Callable[[], None] = _nothing,
    ) -> bool:
        """Run ``work`` in the device's queue; False when the console ends. ``overtaken`` is called instead where a Stop
        swept it away before its turn came, ``broke`` after what it raised: that is a fault of ours and is logged."""

        def ended(done: Future[None]) -> None:
            if done.cancelled():
                overtaken()
            elif (error := done.exception()) is not None:
                log.error("a command for %s failed inside the console", device, exc_info=error)
                broke()

        try:
            self.queues.submit(device, work, urgent).add_done_callback(ended)
        except RuntimeError:  # the queues are closed
            return False
        return True

    def ask[Answer](
        self,
        device: str,
        question: Callable[[DeviceControls], Answer],
        then: Callable[[Answer | None, DriverError | None], None],
    ) -> bool:
        """Read something from a device, in its turn; ``then`` is called in its worker with the answer or the error. A
        question changes nothing in the world, so it needs neither right, lease nor audit."""

        def work() -> None:
            try:
                answer = question(self._controls(device))
            except DriverError as error:
                then(None, error)
            else:
                then(answer, None)

        def instead(why: str) -> Callable[[], None]:
            return lambda: then(None, DriverError(self._name_of(device), why, "It is asked again."))

        return self.submit(device, work, overtaken=instead("overtaken by a stop"), broke=instead(BROKE))

    # In the device's worker

    def confirm(self, command: Command, actor: Actor) -> Result | None:
        """None where no other console has the device; else the refusal. For what already passed ``permit``."""
        if self._shared is None or not command.leased:
            return None
        other = self._shared.confirm(command.device, actor)
        if other is None:
            return None
        with self._lock:
            known = [lease for lease in self._leases.all(self._clock()).values() if lease.target != command.device]
            self._leases.adopt([*(lease for lease in known if self._leases.is_elsewhere(lease.target)), other])
        self._changed()
        return self._held_by(command, actor, other)

    def perform(self, command: Command, actor: Actor, detail: Mapping[str, object] | None = None) -> Result:
        """Put it on record, do it, put on record how it went. For what already passed ``permit``."""
        refusal = self.confirm(command, actor)
        if refusal is not None:
            self._record_refusal(refusal)
            return refusal
        told = {**command.detail(), **(detail or {})}
        try:
            if command.safe:
                entry = self.trail.add_within(RECORD_SECONDS, actor, command.what, command.device, told)
            else:
                entry = self.trail.add(actor, command.what, command.device, told)
        except DatabaseError as error:
            if not command.safe:
                return Result(
                    command, actor, ok=False, sentence=f"Not sent, because it cannot be put on record: {error}"
                )
            entry = 0
        try:
            value = self._dispatch(command)
        except DriverError as error:
            result = Result(command, actor, ok=False, sentence=error.sentence)
            log.warning("%s %s: %s", actor.name, command.what, error)
        else:
            result = _judged(command, actor, value)
        self._record_outcome(result, entry)
        return result

    def alarmed(self, device: str, actor: Actor, problem: str) -> None:
        """Put an alarm of the door itself on record: a Stop that was not confirmed."""
        try:
            self.trail.add(actor, "stop not confirmed", device, None, f"alarm: {problem}")
        except DatabaseError as error:
            log.warning("an alarm could not be put on record: %s", error)

    def controls(self, device: str) -> DeviceControls:
        """The device's drivers, in its worker. Raises DriverError."""
        return self._controls(device)

    def _dispatch(self, command: Command) -> object:
        if isinstance(command, LightLamps | ReleaseLamps):
            assert self._lamps is not None, "no lamps in this console"
            return self._lamps(command)
        return carry_out(command, self._controls(command.device))

    def _record_refusal(self, refusal: Result) -> None:
        self._record_unsent(refusal, f"refused: {refusal.sentence}")

    def _record_unsent(self, result: Result, outcome: str) -> None:
        """What never came to the device, in a worker."""
        command, actor = result.command, result.actor

        def work() -> None:
            try:
                self.trail.add(actor, command.what, command.device, command.detail(), outcome)
            except DatabaseError as error:
                log.warning("what was not sent could not be put on record: %s", error)

        self.submit("audit", work)

    def _record_outcome(self, result: Result, entry: int) -> None:
        outcome = "done" if result.ok else f"failed: {result.sentence}"
        command = result.command
        try:
            if command.safe:
                self.trail.add_within(RECORD_SECONDS, result.actor, command.what, command.device, None, outcome, entry)
            else:
                self.trail.add(result.actor, command.what, command.device, None, outcome, entry)
        except DatabaseError as error:
            log.warning("an outcome could not be put on record: %s", error)


def _judged(command: Command, actor: Actor, value: object) -> Result:
    """Lamps answer one by one: it went well where all do."""
    if isinstance(command, LightLamps | ReleaseLamps) and isinstance(value, tuple):
        bad = [answer for answer in value if not answer.good]
        if bad:
            first = f"{bad[0].id}: {bad[0].detail or bad[0].outcome.value}"
            sentence = (
                f"{command.device}: {len(bad)} of {len(value)} lamps did not obey ({first}). See the list of lamps."
            )
            return Result(command, actor, ok=False, sentence=sentence, value=value)
    return Result(command, actor, ok=True, value=value)
