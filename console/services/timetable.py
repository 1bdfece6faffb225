"""Does commands at their time, through the door out, in the name of who put them off."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from console.model.commands import Command
from console.model.permissions import Actor
from console.model.timed import Timed, due, to_record
from console.services.commands import Commands, Result

LONGEST_SLEEP = 30.0
"""Seconds: the clock of this computer may be set meanwhile."""

Keep = Callable[[tuple[Timed, ...]], None]


class Timetable:
    """Any thread; add ``tick`` to a ticker and give its ``wake``. ``keep`` saves in the background; ``told`` gets a
    sentence for each command that was done, failed or came too late."""

    def __init__(
        self,
        commands: Commands,
        wake: Callable[[], None],
        waiting: tuple[Timed, ...] = (),
        keep: Keep = lambda waiting: None,
        told: Callable[[str], None] = lambda sentence: None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._commands, self._wake, self._keep, self._told, self._utc = commands, wake, keep, told, utc
        self._lock = threading.Lock()
        self._waiting = waiting

    @property
    def waiting(self) -> tuple[Timed, ...]:
        """What waits, the next first."""
        with self._lock:
            return tuple(sorted(self._waiting, key=lambda each: each.when))

    def put_off(self, command: Command, when: datetime, actor: Actor) -> Timed:
        """Do it then. Raises ValueError for a command that cannot wait, for a time that is past, and for somebody who
        may not do it at all."""
        to_record(command)
        if not self._commands.may(actor, type(command)):
            raise ValueError(f"Not allowed as {actor.role.value}. Ask a supervisor.")
        if when <= self._utc():
            raise ValueError("This time is past. Choose a later one.")
        timed = Timed(uuid.uuid4().hex[:12], when.astimezone(UTC), command, actor)
        self._change(lambda waiting: (*waiting, timed))
        self._wake()
        return timed

    def cancel(self, timed_id: str) -> None:
        """Do not do it after all."""
        self._change(lambda waiting: tuple(each for each in waiting if each.id != timed_id))

    def tick(self, now: float) -> float | None:
        """What is due; see ``Ticker``."""
        utc = self._utc()
        with self._lock:
            ripe, late = due(self._waiting, utc)
            if ripe or late:
                # Off the list before it is sent: nothing is done twice because a console died in between.
                self._waiting = tuple(each for each in self._waiting if each not in (*ripe, *late))
                self._keep(self._waiting)
        for each in late:
            at = each.when.astimezone().strftime("%d.%m. %H:%M")
            name = self._commands.name_of(each.command.device)
            self._told(f"{name}: {each.command.what} was due at {at}, when no console ran: not done.")
        for each in sorted(ripe, key=lambda each: each.when):
            self._commands.do(each.command, each.actor, self._went)
        following = self.waiting
        if not following:
            return None
        return now + min(LONGEST_SLEEP, max(0.05, (following[0].when - utc).total_seconds()))

    def _went(self, result: Result) -> None:
        if not result.ok:
            self._told(f"At its time: {result.sentence}")

    def _change(self, edit: Callable[[tuple[Timed, ...]], tuple[Timed, ...]]) -> None:
        """In one go: two threads must not bring back what the other took off."""
        with self._lock:
            self._waiting = edit(self._waiting)
            self._keep(self._waiting)
