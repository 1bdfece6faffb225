"""Bringing a head to rest: by Stop, by zero speed where Stop does not work, and not without the head's own word."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from drivers.errors import DriverError, StopNotConfirmed

TOTAL_SECONDS = 2.5
"""One attempt to stop takes no longer where the connection is there when it begins."""
ANEW_SECONDS = 4.0
"""And no longer than this where it must connect first. All ways share this one time, connecting included."""
COMMAND_SECONDS = 1.0
ASK_SECONDS = 0.5
SETTLE_SECONDS = 0.7
"""How long a head may say that it moves after a stop that it took: it brakes, and some tell what was half a second
ago."""
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Way:
    """One way to stop: its name, and what sends it within so many seconds (raises DriverError). Where that must connect
    anew, this comes before them; all of it is over at the moment that it is given as well, by the Stopper's clock."""

    name: str
    send: Callable[[float, float], None]


class Stopper:
    """Stops one head and remembers which way it obeys. One thread at a time.

    ``ways`` are tried in their order, the one that worked last time first. ``moving`` asks the head within so many
    seconds whether it moves, None where it does not say; ``tells`` says whether it ever does. A head that does not has
    confirmed a stop by taking it. ``connected`` says whether there is a connection to begin with.
    """

    def __init__(
        self,
        name: str,
        ways: list[Way],
        moving: Callable[[float], bool | None],
        tells: bool,
        connected: Callable[[], bool] = lambda: True,
        mono: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._name = name
        self._ways = ways
        self._moving = moving
        self._tells = tells
        self._connected = connected
        self._mono = mono
        self._sleep = sleep

    def stop(self) -> None:
        """Return when the head stands still by its own word. Raises StopNotConfirmed, after ``TOTAL_SECONDS`` or
        ``ANEW_SECONDS`` at the latest."""
        end = self._mono() + (TOTAL_SECONDS if self._connected() else ANEW_SECONDS)
        said = ""
        cause: DriverError | None = None
        for way in tuple(self._ways):
            left = end - self._mono()
            if left <= 0:
                break
            try:
                way.send(min(COMMAND_SECONDS, left), end)
                stands, said = self._stands(min(end, self._mono() + SETTLE_SECONDS + ASK_SECONDS))
            except DriverError as error:
                cause, said = error, error.detail or error.what
                continue
            if stands:
                self._ways.remove(way)
                self._ways.insert(0, way)
                return
        raise StopNotConfirmed(self._name, said) from cause

    def _stands(self, end: float) -> tuple[bool, str]:
        """Whether the head stands still, asked until it does or ``end``, and what it says else."""
        if not self._tells:
            return True, ""
        said = "it does not say whether it moves"
        while (left := end - self._mono()) > 0:
            moves = self._moving(min(ASK_SECONDS, left))
            if moves is False:
                return True, ""
            if moves:
                said = "it says that it moves"
            self._sleep(min(_POLL_SECONDS, max(0.0, end - self._mono())))
        return False, said
