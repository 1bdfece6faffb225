"""Which hits are of one wanted car: those of one entry of a list, and among hits that are not sure those of one plate,
so that a stranger whose plate is like it is never taken for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "hit:"


@dataclass(frozen=True, slots=True)
class WantedCar:
    """``entry`` is the key of an entry of the list (which stays when the list is replaced); ``other`` is "" where just
    its plate was read, else what was read instead: another plate, or the same of a state that differs."""

    list: int
    entry: str
    other: str = ""

    @property
    def key(self) -> str:
        """The key of its alarm. What follows the # names a plate: see ``told_key``."""
        return f"{PREFIX}{self.list}#{self.entry}" + (f"~{self.other}" if self.other else "")


def told_key(key: str) -> str:
    """The key of an alarm as a log may have it: no log keeps plates."""
    return key.partition("#")[0] if key.startswith(PREFIX) else key
