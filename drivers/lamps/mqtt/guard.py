"""Hands ends to the keeper, starts it again when it dies, and gives the new one what the old one held."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from drivers.errors import DriverError
from drivers.lamps.mqtt.holds import Hold
from drivers.lamps.mqtt.keeping import End, Keeper

_PAUSE_S = 5.0
_START_S = 10.0


class Guard:
    """``keep`` and ``drop`` belong to the thread of orders, ``tick`` to that of the connection. ``log`` takes lines for
    the technician."""

    def __init__(self, keeper: Keeper, log: Callable[[str], None]) -> None:
        self._keeper, self._log = keeper, log
        self._next = 0.0
        self._died = False

    @property
    def ready(self) -> bool:
        """Whether the keeper would take an end now."""
        return self._keeper.ready

    @property
    def pid(self) -> int:
        """The keeper's process; 0 before it told."""
        return self._keeper.pid

    def start(self) -> None:
        """Start the keeper; logged where it cannot be."""
        try:
            self._keeper.start()
        except DriverError as error:
            self._log(error.detail)

    def stop(self) -> None:
        """Let it go."""
        self._keeper.stop()

    def keep(self, holds: dict[str, Hold]) -> str:
        """Hand over what ends these lamps; why it cannot be, or ""."""
        if not holds:
            return ""
        try:
            self._keeper.start()
            self._keeper.wait_ready(_START_S)
            self._keeper.keep([End(id, hold.until, hold.send) for id, hold in holds.items()])
        except DriverError as error:
            return error.detail
        return ""

    def drop(self, lamps: Sequence[str]) -> None:
        """These were brought back. A keeper that does not hear it brings them back once more, at their time."""
        if not lamps or not self._keeper.running:
            return
        try:
            self._keeper.drop(lamps)
        except DriverError as error:
            self._log(error.detail)

    def tick(self, now: float, holds: Callable[[], dict[str, Hold]]) -> None:
        """Look after the keeper; ``holds`` gives what it must know."""
        if not self._keeper.running:
            self._died = True
            if now >= self._next:
                self._next = now + _PAUSE_S
                self.start()
        elif self._died and self._keeper.ready:
            self._died = False
            why = self.keep(holds())
            if why:
                self._died = True
                self._log(why)
