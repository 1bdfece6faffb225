"""Runs the patrols of all cameras through the door out, as automation: whoever takes a camera in hand interrupts its
patrol, which goes on when the hand has let go."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from console.model.commands import GoPreset
from console.model.patrol import Patrol, PatrolState, due_step, failed, kept, ordered
from console.model.permissions import Actor, Role
from console.services.commands import Commands, Result

PATROL = Actor("patrol", Role.AUTOMATION)


class Patrols:
    """``set``, ``states`` and ``restart`` come from any thread; add ``tick`` to a ticker and give its ``wake``."""

    def __init__(
        self,
        commands: Commands,
        wake: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        actor: Actor = PATROL,
    ) -> None:
        """``actor`` is who turns the cameras; consoles that share leases have one each, so that the patrol of one of
        them goes on and the others wait."""
        self._actor = actor
        self._commands, self._wake, self._clock = commands, wake, clock
        self._lock = threading.Lock()
        self._patrols: dict[str, Patrol] = {}
        self._states: dict[str, PatrolState] = {}
        self._busy: set[str] = set()
        self._paused = False

    @property
    def paused(self) -> bool:
        """Whether automation is switched off: nothing goes on until it is on again."""
        return self._paused

    def pause(self, paused: bool) -> None:
        """Switch automation off or on."""
        self._paused = paused
        self._wake()

    def set(self, patrols: Iterable[Patrol]) -> None:
        """The patrols that there are now; one that did not change goes on where it is."""
        fresh = {patrol.camera: patrol for patrol in patrols}
        with self._lock:
            for camera in list(self._states):
                if fresh.get(camera) != self._patrols.get(camera):
                    del self._states[camera]
            self._patrols = fresh
        self._wake()

    def states(self) -> Mapping[str, tuple[Patrol, PatrolState]]:
        """Each camera's patrol and where it is."""
        with self._lock:
            return {
                camera: (patrol, self._states.get(camera, PatrolState())) for camera, patrol in self._patrols.items()
            }

    def restart(self, camera: str) -> None:
        """Begin anew after it gave up."""
        with self._lock:
            self._states.pop(camera, None)
        self._wake()

    def tick(self, now: float) -> float | None:
        """What is due; see ``Ticker``."""
        if self._paused:
            return None
        orders = []
        with self._lock:
            for camera, patrol in self._patrols.items():
                state = self._states.get(camera, PatrolState())
                step = None if camera in self._busy else due_step(patrol, state, now)
                if step is not None:
                    orders.append((camera, patrol, step))
        for camera, patrol, step in orders:
            self._order(camera, patrol, step, now)
        with self._lock:
            waiting = [
                self._states.get(camera, PatrolState())
                for camera, patrol in self._patrols.items()
                if patrol.on and patrol.steps and camera not in self._busy
            ]
        return min((state.due for state in waiting if not state.stopped), default=None)

    def _order(self, camera: str, patrol: Patrol, step: int, now: float) -> None:
        held = self._commands.holder(camera)
        if held is not None and held.actor != self._actor:
            with self._lock:
                self._states[camera] = kept(
                    self._states.get(camera, PatrolState()), now, f"{held.actor.name} has it in hand"
                )
            return
        with self._lock:
            self._busy.add(camera)

        def went(result: Result) -> None:
            at = self._clock()
            with self._lock:
                self._busy.discard(camera)
                if self._patrols.get(camera) != patrol:
                    return
                state = self._states.get(camera, PatrolState())
                if result.ok:
                    self._states[camera] = ordered(patrol, state, step, at)
                elif result.held_by is not None:
                    self._states[camera] = kept(state, at, f"{result.held_by.actor.name} has it in hand")
                else:
                    self._states[camera] = failed(state, at, result.sentence)
            self._wake()

        chosen = patrol.steps[step]
        self._commands.do(GoPreset(camera, chosen.preset, speed=chosen.speed), self._actor, went)
