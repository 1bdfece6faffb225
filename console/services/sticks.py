"""From sticks to cameras without a detour: a thread of its own asks the sticks sixty times a second while one is
plugged in, and puts its hand on the camera that the screen says is selected.

What a stick moves stops when it comes back to rest, when it is pulled out, when another camera is selected, and when
the screen has not said for ``AIM_SECONDS`` that the aim still holds: nobody moves a camera by a window that hangs. A
stick that is deflected when it is plugged in or when its hand was refused must come to rest before it moves anything: a
lever that lies at its end is not a hand.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from console.model.permissions import Actor
from console.model.ptz_hands import Vector, velocity
from console.model.sticks import StickSettings, deflection, pressed, usual
from console.services.commands import Result
from console.services.ptz_hold import Holds
from drivers.errors import DriverError
from drivers.ptz import Axes, PtzFeatures
from drivers.sticks_types import StickDriver, StickState
from drivers.types import View

log = logging.getLogger(__name__)

POLL_SECONDS = 1 / 60
HELD_SECONDS = 1 / 120
"""How often sticks are asked while one of them moves a camera: half of it is what the asking adds to the hand."""
IDLE_SECONDS = 0.5
"""How often it is looked whether one was plugged in."""
SEND_SECONDS = 0.05
"""A hand that moves on is told so often; the first and the last word go at once."""
BEAT_SECONDS = 0.1
"""A hand that is held as it is says so this often."""
AIM_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Aim:
    """Which camera sticks move now, for whom, and how its pictures are seen. ``top`` as for ``velocity``."""

    camera: str
    actor: Actor
    features: PtzFeatures
    view: View
    top: Vector = (1.0, 1.0)


@dataclass(frozen=True, slots=True)
class StickTelling:
    """Whom to tell; all are called in the sticks' thread or in a worker of the door. ``plugged`` gets the sticks that
    are there, ``pressed`` what a button is for, ``failed`` why a camera did not obey, ``note`` a sentence."""

    plugged: Callable[[tuple[StickState, ...]], None] = lambda states: None
    pressed: Callable[[str], None] = lambda press: None
    failed: Callable[[Result], None] = lambda result: None
    note: Callable[[str], None] = lambda sentence: None


@dataclass(slots=True)
class _Seen:
    state: StickState
    armed: bool = False
    """It was at rest since it came or was refused."""
    told: bool = False
    buttons: tuple[bool, ...] = field(default=())


class Sticks:
    """``aim``, ``use``, ``states``, ``start`` and ``close`` come from any thread. ``make`` opens the driver in the
    thread of the sticks. ``step`` is its inside, for tests."""

    def __init__(
        self,
        make: Callable[[], StickDriver],
        holds: Holds,
        telling: StickTelling,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._make, self._holds, self._telling, self._clock = make, holds, telling, clock
        self._lock = threading.Lock()
        self._aim: Aim | None = None
        self._aimed = 0.0
        self._settings: dict[str, StickSettings] = {}
        self._states: tuple[StickState, ...] = ()
        self._seen: dict[int, _Seen] = {}
        self._held: Aim | None = None
        self._sent = Axes()
        self._sent_at = self._changed_at = 0.0
        self._refused = False
        self._trouble = ""
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sticks", daemon=True)

    # From any thread

    def aim(self, aim: Aim | None) -> None:
        """The camera that sticks move from now on; None: none. To be said again at least every AIM_SECONDS."""
        with self._lock:
            self._aim, self._aimed = aim, self._clock()

    def use(self, settings: Sequence[StickSettings]) -> None:
        """How the sticks are used that somebody has set; the others as usual."""
        with self._lock:
            self._settings = {each.name: each for each in settings}

    def states(self) -> tuple[StickState, ...]:
        """All sticks as they stand."""
        with self._lock:
            return self._states

    @property
    def trouble(self) -> str:
        """Why sticks cannot be used here, "" if they can."""
        return self._trouble

    def settings_of(self, state: StickState) -> StickSettings:
        """How a stick is used."""
        with self._lock:
            return self._settings.get(state.name) or usual(state.name, state.gamepad)

    def start(self) -> None:
        """Begin to look for sticks."""
        self._thread.start()

    def close(self) -> None:
        """Let go of everything and end the thread."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()

    # In the thread of the sticks

    def step(self, states: tuple[StickState, ...]) -> None:
        """What sticks that stand like this ask for now."""
        now = self._clock()
        with self._lock:
            self._states = states
            aim = self._aim if now - self._aimed <= AIM_SECONDS else None
        self._take_in(states)
        if self._refused:  # in a worker, since the last step: what went wrong must not begin anew by itself
            self._refused = False
            self._let_go()
            self._disarm()
        vector, zoom = self._asked()
        wanted = None if aim is None else velocity(vector, zoom, aim.view, aim.features, aim.top)
        if self._held is not None and (aim is None or aim.camera != self._held.camera or aim.actor != self._held.actor):
            self._let_go()
            self._disarm()  # the next camera must not run on with what was meant for this one
            return
        if aim is None or wanted is None:
            return
        if wanted.still:
            self._let_go()
        elif self._held is None or (wanted != self._sent and now - self._changed_at >= SEND_SECONDS):
            self._changed_at = now
            self._hold(aim, wanted, now)
        elif now - self._sent_at >= BEAT_SECONDS:
            self._hold(aim, wanted, now)

    def _take_in(self, states: tuple[StickState, ...]) -> None:
        there = {state.id for state in states}
        changed = there != set(self._seen)
        for gone in set(self._seen) - there:
            del self._seen[gone]
        for state in states:
            seen = self._seen.setdefault(state.id, _Seen(state, buttons=state.buttons))
            seen.state = state
            settings = self.settings_of(state)
            (x, y), zoom = deflection(state.axes, settings)
            if not (x or y or zoom):
                seen.armed = True
            elif not seen.armed and not seen.told:
                seen.told = True
                self._telling.note(f"{state.name} is not at rest: let go of it, or choose other axes for it.")
            for button in pressed(seen.buttons, state.buttons):
                if press := settings.press(button):
                    self._telling.pressed(press)
            seen.buttons = state.buttons
        if changed:
            self._telling.plugged(states)

    def _asked(self) -> tuple[Vector, float]:
        """What the first stick asks for that is deflected."""
        for seen in self._seen.values():
            vector, zoom = deflection(seen.state.axes, self.settings_of(seen.state))
            if seen.armed and (vector[0] or vector[1] or zoom):
                return vector, zoom
        return (0.0, 0.0), 0.0

    def _hold(self, aim: Aim, wanted: Axes, now: float) -> None:
        self._held, self._sent, self._sent_at = aim, wanted, now
        if not self._holds.hold(aim.camera, wanted, aim.actor, self._failed):
            self._held, self._refused = None, False
            self._disarm()

    def _failed(self, result: Result) -> None:
        """Refused at once, stopped, or failed later in a worker: the stick must come to rest before it is tried
        again."""
        if result.ok:
            return
        self._refused = True
        self._telling.failed(result)

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            self._holds.let_go(held.camera, actor=held.actor)

    def _disarm(self) -> None:
        for seen in self._seen.values():
            seen.armed, seen.told = False, True

    def _pause(self, states: tuple[StickState, ...]) -> float:
        if not states:
            return IDLE_SECONDS
        return POLL_SECONDS if self._held is None else HELD_SECONDS

    def _run(self) -> None:
        try:
            driver = self._make()
        except DriverError as error:
            self._trouble = error.sentence
            log.info("no sticks: %s", error)
            return
        try:
            while not self._ending.is_set():
                states = driver.poll()
                self.step(states)
                self._ending.wait(self._pause(states))
        finally:
            self._let_go()
            driver.close()
