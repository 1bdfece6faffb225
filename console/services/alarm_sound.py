"""Alarms that are heard. What is heard when is decided in ``console.model.alarm_sounds``; here is the card."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from console.model.alarm_sounds import SILENT_SECONDS, SoundState, decide, silence
from console.model.alarms import Alarm, Priority
from console.services.alarm_tones import sound_of
from console.services.alarm_view import AlarmsView
from drivers.errors import DriverError
from drivers.interfaces import SoundOut

log = logging.getLogger(__name__)

RETRY_SECONDS = 30.0
"""Until a card that could not be opened is tried again."""


class AlarmSound:
    """Any thread calls everything and is not kept waiting but by ``close``; one thread of its own has the card, because
    a card can take its time. ``trouble`` is told once when no sound can be played, and "" when it can again; nothing
    else suffers from that."""

    def __init__(
        self,
        open_card: Callable[[], SoundOut],
        trouble: Callable[[str], None] = lambda sentence: None,
        clock: Callable[[], float] = time.monotonic,
        silent_seconds: float = SILENT_SECONDS,
    ) -> None:
        self._open_card, self._trouble, self._clock = open_card, trouble, clock
        self.silent_seconds = silent_seconds
        """How long silence lasts; a single assignment from any thread."""
        self.unheard = ""
        """Why alarms cannot be heard now; a single assignment in the thread."""
        self._wake = threading.Condition()
        """Guards what follows; held for moments only."""
        self._state = SoundState()
        self._alarms: tuple[Alarm, ...] = ()
        self._test: Priority | None = None
        self._again: float | None = None
        self._changed = self._ending = self._cut = False
        # In the thread only:
        self._card: SoundOut | None = None
        self._not_before = float("-inf")
        self._thread = threading.Thread(target=self._run, name="alarm sound", daemon=True)

    def start(self) -> None:
        """Begin to sound."""
        self._thread.start()

    def show(self, view: AlarmsView) -> None:
        """The alarms as they are now; a listener of the desk."""
        with self._wake:
            self._alarms = view.alarms
            self._poke()

    def silence(self) -> bool:
        """Nothing that waits now is heard for a while; False where nothing did."""
        with self._wake:
            now = self._clock()
            waits = any(each.sounds for each in self._alarms)
            if waits:
                self._state = silence(self._state, self._alarms, now, self.silent_seconds)
                self._cut = True
                self._poke()
            return waits

    def silent_for(self) -> float:
        """Seconds for which alarms are still silenced; 0 for none."""
        with self._wake:
            now = self._clock()
            return self._state.until - now if self._state.silenced(now) else 0.0

    def try_out(self, priority: Priority) -> None:
        """Let somebody hear what it sounds like."""
        with self._wake:
            self._test = priority
            self._poke()

    def close(self) -> None:
        """Silence, and let go of the card."""
        with self._wake:
            self._ending = True
            self._wake.notify_all()
        if self._thread.ident is not None:
            self._thread.join()

    def _poke(self) -> None:
        self._changed = True
        self._wake.notify_all()

    # In its thread

    def _run(self) -> None:
        while True:
            with self._wake:
                if not (self._changed or self._ending):
                    rest = None if self._again is None else max(0.0, self._again - self._clock())
                    self._wake.wait(rest)
                if self._ending:
                    break
            self.step()
        self._let_go(clear=True)

    def step(self) -> None:
        """Play what is due; called in the thread, and by tests instead of it."""
        with self._wake:
            self._changed = False
            now = self._clock()
            decision = decide(self._state, self._alarms, now)
            over = self._state.worst is not None and decision.state.worst is None
            cut, self._cut = self._cut or over, False
            self._state, self._again = decision.state, decision.again
            test, self._test = self._test, None
        play = decision.play or test
        if play is not None:
            self._play(play, now)
        elif cut and self._card is not None:
            self._card.clear()  # acknowledged or silenced: at once, not at the end of the figure

    def _play(self, priority: Priority, now: float) -> None:
        if self._card is None and now < self._not_before:
            return
        try:
            if self._card is None:
                self._card = self._open_card()
            self._card.clear()  # the worse one must not wait for the end of the other
            self._card.write(sound_of(priority))
        except DriverError as error:
            self._not_before = now + RETRY_SECONDS
            self._let_go(clear=False)
            log.warning("alarms cannot be heard: %s", error)
            before, self.unheard = self.unheard, error.sentence
            if not before:
                self._trouble(f"Alarms cannot be heard: {error.sentence}")
            return
        if self.unheard:
            self._trouble("")
        self.unheard = ""

    def _let_go(self, clear: bool) -> None:
        card, self._card = self._card, None
        if card is not None:
            if clear:
                card.clear()
            card.close()
