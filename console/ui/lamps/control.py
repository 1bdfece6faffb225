"""Street lamps as the operator drives them: keys, the window, what became of each order."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from console.model.permissions import Actor
from console.model.site import Site
from console.services.lamps import LampRefusal, Lamps, LeaseView
from console.services.saver import Saver
from console.store.window_file import load_window, save_window
from console.ui.actions import Action
from console.ui.lamps.window import LAMPS, ORDERS, LampsWindow
from console.ui.lamps.words import clock, lamps_words, lit_words
from console.ui.pulse import Pulse
from console.ui.theme import Theme
from console.ui.wall.room import WallRoom

log = logging.getLogger(__name__)

MANY = 3000
"""Lamps from which the window looks at news once a second, and not at each word of the pulse."""


class LampControl(QObject):
    """Lives on the Qt thread. ``actor`` says who sits here, ``note`` takes a sentence and ``lit`` what holds, both for
    the bottom line; ``show_help`` opens a help page. ``close`` keeps where the window was."""

    def __init__(
        self,
        lamps: Lamps,
        actor: Callable[[], Actor],
        site: Callable[[], Site],
        room: WallRoom,
        theme: Theme,
        desk: QWidget,
        note: Callable[[str], None],
        lit: Callable[[str], None],
        show_help: Callable[[str], None],
        place: Path,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        super().__init__(desk)
        self._lamps, self._actor, self._site, self._room = lamps, actor, site, room
        self._theme, self._desk, self._note, self._lit = theme, desk, note, lit
        self._show_help, self._place, self._utc = show_help, place, utc
        self._window: LampsWindow | None = None
        self._seen = self._told = -1
        self._leases: tuple[LeaseView, ...] = ()
        self._last: list[str] = []
        """What was lit from here, the newest last: Ctrl+Z takes it back one by one."""
        self._places: Saver[bytes] = Saver("lamps window", partial(save_window, place), self._not_kept)

    @property
    def window(self) -> LampsWindow:
        """The window, made when it is first wanted."""
        if self._window is None:
            window = self._window = LampsWindow(self._theme, self._desk)
            window.restore(load_window(self._place))
            window.light_wanted.connect(self.light)
            window.release_wanted.connect(self.release_chosen)
            window.take_back_wanted.connect(self.take_back)
            window.help_wanted.connect(partial(self._show_help, "lamps.md"))
            window.systems.help_wanted.connect(partial(self._show_help, "lamp-systems.md"))
            window.closed.connect(self._keep_place)
            window.leases.release_wanted.connect(self.release)
            window.leases.try_again_wanted.connect(self._try_again)
            window.systems.refresh_wanted.connect(self._refresh_system)
        return self._window

    def actions(self) -> list[Action]:
        """All of them, in the order of the tile's menu."""
        return [
            Action("Lamps around this camera", self.around, ("L",), on_tile=True, possible=self._has),
            Action("Release the lamps that I lit", self.release_mine, ("Shift+L",)),
            Action("Street lamps", self.open, ("Ctrl+Shift+L",), anywhere=True),
        ]

    def follow(self, pulse: Pulse) -> None:
        """Look at news with this heartbeat."""
        pulse.words.connect(self.look)
        pulse.second.connect(self.look_closely)

    def close(self) -> None:
        """The console ends."""
        if self._window is not None and self._window.isVisible():
            self._window.close()  # it keeps its place, while there is somebody to keep it
        self._places.close()

    # Looking

    def look(self) -> None:
        """Several times a second: read again what changed."""
        version = self._lamps.version
        if version != self._told:
            self._told = version
            self._leases = self._lamps.leases()
            held = {view.lease.id for view in self._leases}
            self._last = [each for each in self._last if each in held]
        window = self._window
        if window is not None and window.isVisible() and version != self._seen and len(window.model.rows) < MANY:
            self._read(window)

    def look_closely(self) -> None:
        """Once a second: count down, and what takes longer."""
        now = self._utc()
        self._lit(lit_words(self._leases, now))
        window = self._window
        if window is not None and window.isVisible():
            if self._lamps.version != self._seen:
                self._read(window)
            window.show_samples(self._lamps.samples())
            window.tell_time(now)

    def _read(self, window: LampsWindow) -> None:
        self._seen = self._lamps.version
        self._leases = self._lamps.leases()
        window.show_all(
            self._lamps.lamps(), self._lamps.systems(), self._leases, self._lamps.samples(), self._utc(),
            self._lamps.may(self._actor()),
        )  # fmt: skip
        cameras = {camera.number: camera.place for camera in self._site().cameras if camera.place is not None}
        window.show_cameras(cameras, self._selected() or 0)

    # What the hands do

    def open(self) -> None:
        """The window, with what was chosen in it."""
        window = self.window
        self._read(window)
        window.show()
        window.raise_()
        window.activateWindow()

    def around(self) -> None:
        """The window with the lamps around the selected camera, ready for Enter."""
        number = self._selected()
        camera = None if number is None else self._site().by_number(number)
        self.open()
        if camera is None or number is None:
            return
        if camera.place is None:
            self._say(f"Camera {number} has no place yet, so nobody knows its lamps. Give it one in the site file.")
            return
        self.window.tabs.setCurrentIndex(LAMPS)
        self.window.look_around(number, camera.place)
        if not self.window.chosen:
            self._say(f"No lamp stands so near camera {number}. Take a larger radius.")

    def light(self) -> None:
        """Light what is chosen."""
        order = self.window.orders.order
        chosen = self.window.chosen
        try:
            lease = self._lamps.light(chosen, order.level, order.seconds, self._actor(), order.reason, order.ramp)
        except LampRefusal as refusal:
            self._say(str(refusal))
            return
        self._last.append(lease)
        self._told = -1
        self.look()
        view = next((each for each in self._leases if each.lease.id == lease), None)
        until = "" if view is None else f" until {clock(view.lease.until)}"
        self._say(f"{lamps_words(len(chosen))} at {order.level:.0f} %{until}. Shift+L or Ctrl+Z takes it back.")
        self._read(self.window)
        self.window.leases.select(lease)

    def take_back(self) -> None:
        """Release what was lit last from here."""
        if not self._last:
            self._say("There is nothing to take back.")
        else:
            self.release(self._last[-1])

    def release_mine(self) -> None:
        """Release all that whoever sits here has lit."""
        actor = self._actor()
        mine = [view for view in self._lamps.leases() if view.lease.holder == actor]
        if not mine:
            self._say("No lamp is lit by you.")
            return
        lamps = len({ref for view in mine for ref in view.lease.lamps})
        self._end([view.lease.id for view in mine], f"Released: {lamps_words(lamps)}.")

    def release_chosen(self) -> None:
        """Release the orders that the chosen lamps follow."""
        views = self.window.chosen_views()
        leases = list(dict.fromkeys(view.wanted.id for view in views if view.wanted is not None))
        self._end(leases, "The order is released." if len(leases) == 1 else f"{len(leases)} orders are released.")

    def release(self, lease_id: str) -> None:
        """Release one order."""
        self._end([lease_id], "The order is released.")

    # Inside

    def _end(self, leases: Sequence[str], words: str) -> None:
        """Release these; ``words`` are said where all of them went, else what did not."""
        refused = []
        for lease_id in leases:
            try:
                self._lamps.release(lease_id, self._actor())
            except LampRefusal as refusal:
                refused.append(str(refusal))
            else:
                self._last = [each for each in self._last if each != lease_id]
        if refused:
            rest = len(leases) - len(refused)
            self._say(f"{refused[0]} {rest} of {len(leases)} orders are released." if rest else refused[0])
        elif leases:
            self._say(words)

    def _not_kept(self, error: Exception) -> None:
        """In the saver's thread. Not worth a sentence on the wall."""
        log.warning("where the lamps window was could not be kept: %s", error)

    def _try_again(self, lease_id: str) -> None:
        self._lamps.try_again(lease_id)
        self.window.tabs.setCurrentIndex(ORDERS)
        self._say("What failed is sent once more.")

    def _refresh_system(self, name: str) -> None:
        self._lamps.refresh(name)
        self._say(f"{name} is asked for its lamps again.")

    def _say(self, words: str) -> None:
        self._note(words)
        if self._window is not None:
            self._window.orders.say(words)

    def _keep_place(self) -> None:
        if self._window is not None:
            self._places.keep(self._window.place())

    def _selected(self) -> int | None:
        state = self._room.active.state
        return state.camera(state.selected)

    def _has(self) -> bool:
        return self._selected() is not None
