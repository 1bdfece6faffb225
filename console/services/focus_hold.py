"""A focus that is held: a button that is down.

ONVIF's focus moves have no time-out, so a lens that was told to move and is not told to stop goes on to its end, and a
console that dies would leave it at that. Where the lens takes relative moves, what is held is therefore sent as short
steps, one after another while the hand is heard of, each as long as the hand was down since the last one: a console
that dies leaves at most one of them. Only a lens that can do nothing else is moved continuously; it is stopped when the
hand lets go, when it is not heard of for ``HAND_SECONDS``, when somebody takes the camera, and at the end of the
program.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from console.model.commands import Command, Focus, FocusStep, StopFocus
from console.model.permissions import Actor
from console.services.commands import Commands, Result, Then, nobody
from console.store.database import DatabaseError
from drivers.errors import DriverError

log = logging.getLogger(__name__)

BEAT_SECONDS = 0.2
"""How often a hand says that it is down; also the time of the first step."""
HAND_SECONDS = 0.6
"""A hand that says nothing for so long is gone."""
LONGEST_SECONDS = 0.4
"""One step makes up for at most so much time."""
FULL_SPEED = 0.25
"""Of the way from near to far a second, at full speed."""


@dataclass(slots=True)
class _Hold:
    device: str
    speed: float
    actor: Actor
    then: Then
    touched: float
    sending: bool = False
    continuous: bool = False
    failed: bool = False
    steps: int = 0
    way: float = 0.0
    stepped_at: float = 0.0


class FocusHolds:
    """Any thread calls it and is not kept waiting. Add ``tick`` to a ticker and give its ``wake``."""

    def __init__(
        self, commands: Commands, wake: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._commands, self._wake, self._clock = commands, wake, clock
        self._lock = threading.Lock()
        self._holds: dict[str, _Hold] = {}
        self._ending = 0
        self._idle = threading.Condition(self._lock)
        self._closed = False

    def hold(self, device: str, speed: float, actor: Actor, then: Then = nobody) -> bool:
        """Move the focus at a speed in [-1, 1] (far positive) from now on; to be said again every ``BEAT_SECONDS``.
        False where it is refused, or failed since it began: let go first. ``then`` gets the reason."""
        refusal = self._commands.permit(Focus(device, speed), actor)
        if refusal is not None:
            if not self.let_go(device, actor):
                self._commands.refused(refusal)
            then(refusal)
            return False
        now = self._clock()
        with self._lock:
            hold = self._holds.get(device)
        if hold is not None and (hold.actor != actor or hold.speed != speed):
            self._end(hold)
            hold = None
        with self._lock:
            if self._closed:
                return False
            if hold is None:
                hold = self._holds[device] = _Hold(device, speed, actor, then, now)
            hold.touched = now
            if hold.failed:
                return False
            if hold.sending or hold.continuous:
                return True
            hold.sending = True
        self._wake()
        self._send(hold)
        return True

    def let_go(self, device: str, actor: Actor) -> bool:
        """Somebody's hand is off; whether it was on."""
        with self._lock:
            hold = self._holds.get(device)
        if hold is None or hold.actor != actor:
            return False
        self._end(hold)
        return True

    def close(self, patience: float = 2.5) -> bool:
        """Let everything go and wait for it; False if a lens was not stopped in time."""
        with self._lock:
            self._closed = True
            holds = list(self._holds.values())
        for hold in holds:
            self._end(hold)
        with self._idle:
            return self._idle.wait_for(lambda: not self._ending, patience)

    def tick(self, now: float) -> float | None:
        """What is due; see ``Ticker``."""
        with self._lock:
            gone = [hold for hold in self._holds.values() if now - hold.touched >= HAND_SECONDS]
            due = [hold.touched + HAND_SECONDS for hold in self._holds.values() if hold not in gone]
        for hold in gone:
            self._end(hold)
        return min(due, default=None)

    # Moving

    def _send(self, hold: _Hold) -> None:
        def not_sent() -> None:
            with self._lock:
                hold.sending = False

        if not self._commands.submit(hold.device, lambda: self._move(hold), overtaken=not_sent, broke=not_sent):
            not_sent()

    def _move(self, hold: _Hold) -> None:
        """In the camera's worker: the next step, or the beginning of a move that has none."""
        with self._lock:
            if self._holds.get(hold.device) is not hold and hold.steps:
                hold.sending = False  # let go while it waited; a hand that was down for a moment gets its one step
                return
        try:
            by_steps = self._commands.controls(hold.device).imaging().features().focus_relative
        except DriverError as error:
            result = Result(Focus(hold.device, hold.speed), hold.actor, ok=False, sentence=error.sentence)
        else:
            result = self._step(hold) if by_steps else self._begin(hold)
        with self._lock:
            hold.sending = False
            hold.failed = hold.failed or not result.ok
        if not result.ok:
            hold.then(result)

    def _step(self, hold: _Hold) -> Result:
        now = self._clock()
        seconds = min(LONGEST_SECONDS, now - hold.stepped_at) if hold.steps else BEAT_SECONDS
        hold.stepped_at = now
        command = FocusStep(hold.device, hold.speed * FULL_SPEED * seconds)
        hold.steps += 1
        result = self._commands.perform(command, hold.actor) if hold.steps == 1 else self._again(command, hold.actor)
        hold.way += command.way if result.ok else 0.0
        return result

    def _again(self, command: FocusStep, actor: Actor) -> Result:
        """One more step of a hold that stands in the audit already."""
        refusal = self._commands.confirm(command, actor)
        if refusal is not None:
            return refusal
        try:
            self._commands.controls(command.device).imaging().focus_step(command.way)
        except DriverError as error:
            return Result(command, actor, ok=False, sentence=error.sentence)
        return Result(command, actor, ok=True)

    def _begin(self, hold: _Hold) -> Result:
        hold.continuous = True  # whatever becomes of it, it is stopped
        return self._commands.perform(Focus(hold.device, hold.speed), hold.actor)

    # Ending

    def _end(self, hold: _Hold) -> None:
        with self._lock:
            if self._holds.get(hold.device) is not hold:
                return
            del self._holds[hold.device]
            self._ending += 1
        self._finish(hold)

    def _finish(self, hold: _Hold) -> None:
        """Behind what was sent before it, and again where a Stop of the head sweeps it away."""

        def work() -> None:
            try:
                self._rest(hold)
            finally:
                self._ended()

        if not self._commands.submit(hold.device, work, overtaken=lambda: self._finish(hold)):
            self._ended()

    def _rest(self, hold: _Hold) -> None:
        """In the camera's worker."""
        if hold.continuous:
            command: Command = StopFocus(hold.device)
            result = self._commands.perform(command, hold.actor)
            if not result.ok:
                hold.then(result)
        elif hold.steps > 1:
            detail = {"steps": hold.steps, "way": round(hold.way, 4)}
            try:
                self._commands.trail.add(hold.actor, FocusStep.what, hold.device, detail, "done")
            except DatabaseError as error:
                log.warning("how far a focus was moved could not be put on record: %s", error)

    def _ended(self) -> None:
        with self._idle:
            self._ending -= 1
            self._idle.notify_all()
