"""What can be done, each thing once: its name, its keys, what runs. Menus, keys and the palette all read this list."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtGui import QKeyEvent, QKeySequence


def always() -> bool:
    """For actions that can be done at any time."""
    return True


@dataclass(frozen=True, slots=True)
class Action:
    """Something that the operator can do. ``keys`` are as QKeySequence writes them; with ``anywhere`` they work
    wherever the focus is, else only while the wall has it (single letters must stay free for typing elsewhere)."""

    name: str
    run: Callable[[], object]
    keys: tuple[str, ...] = ()
    anywhere: bool = False
    on_tile: bool = False
    """It does something to the selected tile: it is on the tile's menu."""
    listed: bool = True
    """The palette offers it; off for those of which there are a dozen alike."""
    possible: Callable[[], bool] = always
    tip: str = ""
    """What it is for, where its name alone does not say it."""

    @property
    def key(self) -> str:
        """The first key, for menus and tool tips; "" for none."""
        return self.keys[0] if self.keys else ""


class Actions:
    """All actions by name and by key. Raises ValueError for a key that two of them want. Only the Qt thread."""

    def __init__(self, actions: Iterable[Action] = ()) -> None:
        self._all: list[Action] = []
        self._keys: dict[str, Action] = {}
        for action in actions:
            self.add(action)

    def __iter__(self) -> Iterator[Action]:
        return iter(self._all)

    def add(self, *actions: Action) -> None:
        """More actions."""
        for action in actions:
            for key in action.keys:
                written = QKeySequence(key).toString()
                if not written or written in self._keys:
                    raise ValueError(f"the key {key!r} of {action.name!r} is unknown or taken")
                self._keys[written] = action
            self._all.append(action)

    def for_key(self, event: QKeyEvent) -> Action | None:
        """The action of a key that was pressed on the wall, None if it has none."""
        return self._keys.get(QKeySequence(event.keyCombination()).toString())

    def with_key(self, key: str) -> Action | None:
        """The action of a key as QKeySequence writes it."""
        return self._keys.get(QKeySequence(key).toString())
