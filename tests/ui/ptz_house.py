"""A desk with the panel that turns cameras, on a fake head behind the real door."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from door_rig import Rig
from ui_fakes import GREEN, camera
from ui_room import Room

from console.model.site import Site
from console.model.sticks import StickSettings
from console.services.site_book import SiteBook
from console.services.sticks import Sticks, StickTelling
from console.ui.actions import Action, Actions
from console.ui.ptz.turning import Turning
from drivers.ptz import PtzFeatures


class House:
    """``room`` is the desk; ``rig`` the door; ``now`` does all that waits in both."""

    def __init__(self, room: Room, features: PtzFeatures | None = None) -> None:
        self.room, self.rig = room, Rig(features)
        self.rig.name_of = lambda device: "Main St / 5th"  # type: ignore[attr-defined]
        self.forgotten: list[str] = []
        self.rig.forget = self.forgotten.append  # type: ignore[attr-defined]
        self.waiting: list[Callable[[], None]] = []
        self.notes: list[str] = []
        self.ran: list[str] = []
        self.kept: list[tuple[StickSettings, ...]] = []
        self.book = SiteBook(Site("Town", (camera(1, ptz=True), camera(2), camera(3))), lambda site: None, self._bad)
        self.sticks = Sticks(self._no_sticks, self.rig.holds, StickTelling(), self.rig.time)
        self.turning = Turning(
            self.rig, self.sticks, room.room, self.book, self.waiting.append, room.theme, self.notes.append,  # type: ignore[arg-type]
            Actions([Action(key, lambda key=key: self.ran.append(key), (key,)) for key in ("N", "Shift+N", "S")]),
            self.kept.append,
        )  # fmt: skip
        self.control, self.panel = self.turning.control, self.turning.panel
        self.control._clock = self.rig.time
        self.turning.monitors_changed()
        for action in self.turning.actions():
            room.desk.add_action(action)
        self.panel.setParent(room.desk)
        self.panel.setGeometry(920, 40, 360, 620)
        self.panel.show()
        room.room.selection_changed.connect(self.show)
        room.take(1, GREEN)
        self.show()
        self.now()

    def show(self) -> None:
        """As the root: the camera of the selected tile."""
        state = self.room.wall.state
        number = state.camera(state.selected)
        self.turning.show(self.book.site.by_number(number or 0))

    def now(self) -> None:
        """The door's workers do what waits, and the answers arrive."""
        for _ in range(20):
            self.rig.queues.run()
            calls, self.waiting[:] = list(self.waiting), []
            for call in calls:
                call()
            if not calls and not self.rig.queues.jobs:
                return
        raise AssertionError("it never ends")

    def pass_(self, seconds: float) -> None:
        """Time passes at the door."""
        self.rig.pass_(seconds)
        self.now()

    def set_view(self, **view: Any) -> None:
        """Camera 1 is shown another way."""
        one = self.book.site.by_number(1)
        assert one is not None
        self.book.change(lambda site: site.with_camera(replace(one, view=replace(one.view, **view))))
        self.show()

    def close(self) -> None:
        """End what was begun."""
        self.turning.close()
        self.book.close()

    def _no_sticks(self) -> Any:
        raise AssertionError("no sticks here")

    def _bad(self, error: Exception) -> None:
        raise error
