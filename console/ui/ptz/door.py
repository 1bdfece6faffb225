"""What screens that act need of the console's acting half: the door out and what stands behind it."""

from __future__ import annotations

from typing import Protocol

from console.model.permissions import Actor
from console.services.commands import Commands
from console.services.focus_hold import FocusHolds
from console.services.patrols import Patrols
from console.services.ptz_hold import Holds
from console.services.timetable import Timetable


class Door(Protocol):
    """``console.acting.Acting`` is one. All of it may be called from the Qt thread and returns at once."""

    commands: Commands
    holds: Holds
    focus: FocusHolds
    patrols: Patrols
    timetable: Timetable

    @property
    def actor(self) -> Actor:
        """Who sits here."""

    def name_of(self, device: str) -> str:
        """What the operator calls a device."""

    def forget(self, device: str) -> None:
        """Connect to it anew at its next command."""
