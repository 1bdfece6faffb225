"""Patrols: a camera goes round its presets by itself, from here, where it has no tours of its own. Pure: a state, the
time, and what to do."""

from __future__ import annotations

from dataclasses import dataclass, replace

MIN_DWELL = 3.0
RETRY_SECONDS = 5.0
MOST_FAILURES = 5


@dataclass(frozen=True, slots=True)
class PatrolStep:
    """Look at a preset for so many seconds (from the order to the next order). ``speed`` in (0, 1], None for the
    camera's own."""

    preset: str
    dwell: float = 10.0
    speed: float | None = None


@dataclass(frozen=True, slots=True)
class Patrol:
    """A camera's round. ``camera`` is its id."""

    camera: str
    name: str
    steps: tuple[PatrolStep, ...]
    on: bool = True


@dataclass(frozen=True, slots=True)
class PatrolState:
    """Where a patrol is: the step that is shown, when the next is due (monotonic seconds), and what keeps it."""

    at: int = -1
    due: float = 0.0
    failures: int = 0
    waiting: str = ""
    """Why it does not go on: who has the camera, or what went wrong; "" while it goes."""

    @property
    def stopped(self) -> bool:
        """Whether it gave up after too many failures."""
        return self.failures >= MOST_FAILURES


def due_step(patrol: Patrol, state: PatrolState, now: float) -> int | None:
    """The step to order now, if one is due."""
    if not patrol.on or not patrol.steps or state.stopped or now < state.due:
        return None
    return (state.at + 1) % len(patrol.steps)


def ordered(patrol: Patrol, state: PatrolState, step: int, now: float) -> PatrolState:
    """The step was ordered and taken."""
    return PatrolState(step, now + max(MIN_DWELL, patrol.steps[step].dwell))


def kept(state: PatrolState, now: float, why: str) -> PatrolState:
    """Somebody has the camera in hand: the same step again soon, without counting it as a failure."""
    return replace(state, due=now + 1.0, waiting=why)


def failed(state: PatrolState, now: float, why: str) -> PatrolState:
    """The camera did not obey: again later, a few times."""
    return replace(state, due=now + RETRY_SECONDS * 2**state.failures, failures=state.failures + 1, waiting=why)
