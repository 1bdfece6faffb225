"""Undo and redo without limit, each step with a name, and whether what is there has been saved."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Step[T]:
    name: str
    before: T
    after: T


class Undo[T]:
    """The history of an immutable ``state``. Names are what a menu says behind "Undo" and "Redo": "Split tile 3".

    ``dirty`` compares with the state that was last saved, so an undo back to it is clean again. For one thread."""

    def __init__(self, state: T) -> None:
        self._state = state
        self._saved = state
        self._past: list[_Step[T]] = []
        self._future: list[_Step[T]] = []

    @property
    def state(self) -> T:
        """What is there now."""
        return self._state

    @property
    def saved(self) -> T:
        """What was last saved (at first: what was there at the beginning)."""
        return self._saved

    @property
    def dirty(self) -> bool:
        """Whether there is something to save."""
        return self._state != self._saved

    @property
    def undo_name(self) -> str | None:
        """The step that ``undo`` takes back; None if there is none."""
        return self._past[-1].name if self._past else None

    @property
    def redo_name(self) -> str | None:
        """The step that ``redo`` makes again; None if there is none."""
        return self._future[-1].name if self._future else None

    def go(self, name: str, state: T) -> bool:
        """A step; what was undone can not be redone any more. False, and no step, if nothing changed."""
        if state == self._state:
            return False
        self._past.append(_Step(name, self._state, state))
        self._future.clear()
        self._state = state
        return True

    def undo(self) -> str | None:
        """One step back; its name, or None if there is none."""
        if not self._past:
            return None
        step = self._past.pop()
        self._future.append(step)
        self._state = step.before
        return step.name

    def redo(self) -> str | None:
        """One step forward again; its name, or None if there is none."""
        if not self._future:
            return None
        step = self._future.pop()
        self._past.append(step)
        self._state = step.after
        return step.name

    def mark_saved(self) -> None:
        """What is there now has been saved."""
        self._saved = self._state

    def reverted(self) -> bool:
        """Back to what was saved, as a step that can be undone too; False if nothing changed."""
        return self.go("Revert", self._saved)
