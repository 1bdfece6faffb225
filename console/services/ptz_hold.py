"""Continuous moves: a hand on a stick, a key, the pad. What is held must stop, whatever happens.

Each move carries a time-out of its own at the camera (``dispatch.MOVE_SECONDS``) and is sent again while it is held;
so a console that dies leaves a camera moving for that second at most. Here it stops when the hand lets go, when the
hand is not heard of for ``HAND_SECONDS`` (a window that hangs, a stick that was pulled out), when the picture is lost,
when somebody of higher rank takes the camera, when a command fails, and at the end of the program. A Stop that the
camera does not confirm is tried again for ``STOP_SECONDS``; then it is an alarm.

Moves are coalesced to what the camera can take: one at a time is on its way, and the newest speed follows it. An axis
that was moved and is not spoken of any more is told to stand still: left out, a camera would let it run on.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from console.model.commands import Move, Stop
from console.model.limits import speeds
from console.model.permissions import Actor
from console.services.commands import Commands, Result, Then, nobody
from console.services.dispatch import MOVE_SECONDS
from drivers.errors import DriverError
from drivers.ptz import Axes, Axis

log = logging.getLogger(__name__)

REFRESH_SECONDS = 0.4
"""A move that is held is sent again after so long: twice within its time-out."""
HAND_SECONDS = 0.6
"""A hand that says nothing for so long is gone."""
STOP_SECONDS = 6.0
"""How long an unconfirmed Stop is tried again: the alarm comes then, after the attempt that is under way. One attempt
takes 2.5 s at most, or 4 s where it must connect anew (``drivers.onvif.stopping``)."""
STOP_PAUSES = (0.1, 0.3, 0.6, 1.0)
"""Seconds between two tries to stop; the last is used for all that follow."""


@dataclass(slots=True)
class _Hold:
    device: str
    actor: Actor
    then: Then
    velocity: Axes
    touched: float
    began: float
    used: frozenset[Axis] = frozenset()
    """Axes that were moved since the camera stood still."""
    sent: Axes | None = None
    sent_at: float = 0.0
    moves: int = 0
    sending: bool = False
    ending: str = ""
    """Why it ends, once it does."""
    recorded: bool = False
    tries: int = 0
    retry_at: float | None = None
    stopping_since: float = 0.0


class Holds:
    """Any thread calls it and is not kept waiting. ``alarm`` takes the device and a sentence when a Stop was not
    confirmed, and "" when it was after all; it is called in a worker. Add ``tick`` to a ticker and give its ``wake``.
    """

    def __init__(
        self,
        commands: Commands,
        wake: Callable[[], None],
        alarm: Callable[[str, str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._commands, self._wake, self._alarm, self._clock = commands, wake, alarm, clock
        self._lock = threading.Lock()
        self._holds: dict[str, _Hold] = {}
        self._idle = threading.Condition(self._lock)
        self._closed = False
        self._alarmed: set[str] = set()

    # What hands do

    def hold(self, device: str, velocity: Axes, actor: Actor, then: Then = nobody) -> bool:
        """Move like this from now on. Call it again whenever the speed changes and, while it is held, at least a few
        times a second. Standing still is letting go. False where it is refused; ``then`` gets the reason, and what goes
        wrong later."""
        velocity = speeds(velocity)
        if velocity.still:
            self.let_go(device, actor=actor)
            return True
        now = self._clock()
        with self._lock:
            hold = self._holds.get(device)
            if hold is not None and not hold.ending and hold.actor == actor:
                hold.velocity, hold.touched = velocity, now
                begins = False
            else:
                begins = True
        command = Move(device, velocity)
        refusal = self._commands.permit(command, actor)  # each touch renews the lease
        if refusal is not None:
            if begins:
                self._commands.refused(refusal)
            else:
                self.let_go(device, "somebody else took the camera", actor)
            then(refusal)
            return False
        if begins and not self._begin(_Hold(device, actor, then, velocity, now, now)):
            return False
        self._send(device)
        return True

    def let_go(self, device: str, why: str = "let go", actor: Actor | None = None) -> None:
        """Stop it, if it is held; with ``actor`` only if by that one."""
        with self._lock:
            hold = self._holds.get(device)
        if hold is not None and (actor is None or hold.actor == actor):
            self._end(hold, why)

    def stop(self, device: str, actor: Actor, then: Then = nobody, why: str = "asked to stop") -> bool:
        """Stop a camera whoever or whatever moves it (a hand, a preset, a patrol, an earlier console), as surely as
        what is held: tried again until it is confirmed, else an alarm; one that stands is over once it is. False where
        it is refused; ``then`` gets the reason, and in the end how it went."""
        refusal = self._commands.permit(Stop(device, why), actor)
        if refusal is not None:
            self._commands.refused(refusal)
            then(refusal)
            return False
        now = self._clock()
        hold = _Hold(device, actor, then, Axes(), now, now, ending=why, stopping_since=now)
        with self._lock:
            before = self._holds.get(device)
            moving = before if before is not None and not before.ending else None
            if moving is not None:
                moving.ending = "taken"
            self._holds[device] = hold
        if moving is not None:  # a stick that lies at its end would else go on at its next word
            sentence = f"{self._commands.name_of(device)}: stopped. Let go, then it can be moved again."
            moving.then(Result(Move(device, moving.velocity), moving.actor, ok=False, sentence=sentence))
        self._stop(hold)
        return True

    def let_all_go(self, why: str) -> None:
        """Stop everything that is held."""
        with self._lock:
            holds = list(self._holds.values())
        for hold in holds:
            self._end(hold, why)

    def held(self) -> frozenset[str]:
        """Devices that are held now, or still being stopped."""
        with self._lock:
            return frozenset(self._holds)

    def close(self, patience: float = 2.5) -> bool:
        """Stop everything and wait for it; False if a camera has not confirmed in time."""
        with self._lock:
            self._closed = True  # first: a hand that goes on must not begin anew behind us
        self.let_all_go("the console ends")
        with self._idle:
            return self._idle.wait_for(lambda: not self._holds, patience)

    # By the clock

    def tick(self, now: float) -> float | None:
        """What is due; see ``Ticker``."""
        due: list[float] = []
        gone: list[_Hold] = []
        again: list[str] = []
        restop: list[_Hold] = []
        with self._lock:
            for hold in self._holds.values():
                if hold.ending:
                    _sort(hold, hold.retry_at, now, restop, due)
                elif now - hold.touched >= HAND_SECONDS:
                    gone.append(hold)
                else:
                    due.append(hold.touched + HAND_SECONDS)
                    _sort(hold.device, None if hold.sending else hold.sent_at + REFRESH_SECONDS, now, again, due)
        for hold in gone:
            self._end(hold, "the hand was not heard of any more")
        for device in again:
            self._send(device)
        for hold in restop:
            self._stop(hold)
        return min(due, default=None)

    # Moves

    def _begin(self, hold: _Hold) -> bool:
        """A new hold. A Stop of the one before it goes ahead of its first move; one of somebody else who is still
        moving ends without a Stop, because the camera obeys the new hand now."""
        taken = None
        with self._lock:
            if self._closed:
                return False
            before = self._holds.get(hold.device)
            if before is not None:
                hold.used = before.used  # its Stop may be overtaken by our first move
                if not before.ending:
                    before.ending, taken = "taken", before
            self._holds[hold.device] = hold
        if taken is not None and taken.actor != hold.actor:
            sentence = f"{hold.actor.name} took the camera."
            taken.then(Result(Move(hold.device, taken.velocity), taken.actor, ok=False, sentence=sentence))
        self._wake()
        return True

    def _send(self, device: str) -> None:
        """Send the newest speed, unless one is on its way: then it follows."""
        with self._lock:
            hold = self._holds.get(device)
            if hold is None or hold.ending or hold.sending:
                return
            fresh = hold.sent != hold.velocity or self._clock() - hold.sent_at >= REFRESH_SECONDS
            if not fresh:
                return
            hold.sending = True

        def not_sent() -> None:
            with self._lock:
                hold.sending = False
            self._wake()

        def broke() -> None:
            not_sent()
            self._end(hold, "a move failed inside the console")

        if not self._commands.submit(device, lambda: self._move(hold), overtaken=not_sent, broke=broke):
            not_sent()

    def _move(self, hold: _Hold) -> None:
        """In the camera's worker."""
        with self._lock:
            if hold.ending:
                hold.sending = False
                return
            velocity = hold.velocity
            hold.sent, hold.sent_at = velocity, self._clock()
            hold.used |= velocity.axes
            told = _whole(velocity, hold.used)
            hold.moves += 1
            first = not hold.recorded
            hold.recorded = True
        command = Move(hold.device, told)
        result = self._commands.perform(command, hold.actor) if first else self._again(command, hold.actor)
        with self._lock:
            hold.sending = False
            more = not hold.ending and hold.velocity != velocity
        if not result.ok:
            self._end(hold, "a move failed")
            hold.then(result)
        elif more:
            self._send(hold.device)

    def _again(self, command: Move, actor: Actor) -> Result:
        """One more move of a hold that stands in the audit already."""
        refusal = self._commands.confirm(command, actor)
        if refusal is not None:
            return refusal
        try:
            self._commands.controls(command.device).ptz().move(command.velocity, MOVE_SECONDS)
        except DriverError as error:
            return Result(command, actor, ok=False, sentence=error.sentence)
        return Result(command, actor, ok=True)

    # Stops

    def _end(self, hold: _Hold, why: str) -> None:
        """Stop this one, unless that is under way or another hand has the camera meanwhile."""
        with self._lock:
            if hold.ending or self._holds.get(hold.device) is not hold:
                return
            hold.ending, hold.stopping_since = why, self._clock()
        self._stop(hold)

    def _stop(self, hold: _Hold) -> None:
        with self._lock:
            hold.retry_at = None
        self._commands.queues.clear(hold.device)
        if not self._commands.submit(hold.device, lambda: self._stop_now(hold), urgent=True):
            self._done(hold)

    def _stop_now(self, hold: _Hold) -> None:
        """In the camera's worker."""
        if self._overtaken(hold):
            self._done(hold)  # the camera obeys another hand already
            return
        hold.tries += 1
        with self._lock:  # should what follows fail inside the console, the ticker tries again
            hold.retry_at = self._clock() + STOP_PAUSES[-1]
        command = Stop(hold.device, hold.ending)
        if hold.tries == 1:
            seconds = round(hold.stopping_since - hold.began, 2)
            result = self._commands.perform(command, hold.actor, {"seconds": seconds, "moves": hold.moves})
        else:
            result = self._stop_again(command, hold.actor)
        with self._lock:
            hold.retry_at = None
        if result.ok:
            self._settle(hold, result)
            return
        now = self._clock()
        pause = STOP_PAUSES[min(hold.tries, len(STOP_PAUSES)) - 1]
        if now + pause - hold.stopping_since <= STOP_SECONDS:
            with self._lock:
                hold.retry_at = now + pause
            self._wake()
            return
        self._settle(hold, result)

    def _stop_again(self, command: Stop, actor: Actor) -> Result:
        try:
            self._commands.controls(command.device).ptz().stop()
        except DriverError as error:
            return Result(command, actor, ok=False, sentence=error.sentence)
        return Result(command, actor, ok=True)

    def _settle(self, hold: _Hold, result: Result) -> None:
        """It ended: well, or as an alarm that stays until a later Stop is confirmed."""
        problem = result.sentence
        with self._lock:
            was = hold.device in self._alarmed
            (self._alarmed.add if problem else self._alarmed.discard)(hold.device)
        if problem:
            self._commands.alarmed(hold.device, hold.actor, problem)
            self._alarm(hold.device, f"The camera may still move. {problem}")
        elif was:
            self._alarm(hold.device, "")
        self._done(hold)
        if problem or not hold.moves:  # a hand that let go need not be told that all is well
            hold.then(result)

    def _overtaken(self, hold: _Hold) -> bool:
        with self._lock:
            newer = self._holds.get(hold.device)
            return newer is not None and newer is not hold and not newer.ending and newer.moves > 0

    def _done(self, hold: _Hold) -> None:
        with self._idle:
            if self._holds.get(hold.device) is hold:
                del self._holds[hold.device]
            self._idle.notify_all()


def _whole(velocity: Axes, used: frozenset[Axis]) -> Axes:
    """With a zero for each axis that moved and is not spoken of."""
    turned, zoomed = Axis.PAN_TILT in used, Axis.ZOOM in used
    return Axes(
        velocity.pan if velocity.pan is not None or not turned else 0.0,
        velocity.tilt if velocity.tilt is not None or not turned else 0.0,
        velocity.zoom if velocity.zoom is not None or not zoomed else 0.0,
    )


def _sort[Thing](thing: Thing, when: float | None, now: float, ready: list[Thing], later: list[float]) -> None:
    """What is due now goes among the ready, what is due later tells when."""
    if when is None:
        return
    if when <= now:
        ready.append(thing)
    else:
        later.append(when)
