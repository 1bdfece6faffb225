"""Hits and hotlists as the operator drives them: keys, the two windows, what came in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from console.model.hotlists import Hit, Hotlist, Verdict
from console.model.named_cameras import CameraWords, own_words
from console.model.permissions import Actor
from console.services.hotlist_book import HotlistBook
from console.services.hotlist_folder import FolderNews
from console.services.plate_desk import HitLook, PlateDesk
from console.services.saver import Saver
from console.store.window_file import load_window, save_window
from console.ui.actions import Action
from console.ui.plates.hits_window import PAGE, HitsWindow
from console.ui.plates.hot_words import VERDICT_WORDS, tier_words
from console.ui.plates.hotlists_control import HotlistsControl
from console.ui.plates.hotlists_window import HotlistsWindow
from console.ui.plates.photo import decoded
from console.ui.plates.worker import Worker
from console.ui.theme import Theme
from drivers.types import GeoPlace

log = logging.getLogger(__name__)

OTHERS_SECONDS = 3
"""So often an open window looks for what other consoles decided."""


@dataclass(frozen=True, slots=True)
class HitCameras:
    """What can be seen of a hit's place: what its camera is called here ("" where it is not known), its live picture,
    its replay at the moment of the read."""

    named: Callable[[Hit], str]
    live: Callable[[Hit], None]
    replay: Callable[[Hit], None]
    words: CameraWords = own_words


NO_CAMERAS = HitCameras(lambda hit: "", lambda hit: None, lambda hit: None)


class HotRoom(QObject):
    """Lives on the Qt thread; ``came`` may be called from any. ``actor`` says who sits here, ``note`` takes a sentence
    for the bottom line, ``show_places`` shows places on the map (None: there is none). Call ``follow_second`` once a
    second, ``close`` at the end: it waits for what is under way."""

    def __init__(
        self,
        desk: PlateDesk,
        book: HotlistBook,
        actor: Callable[[], Actor],
        theme: Theme,
        window: QWidget,
        note: Callable[[str], None],
        show_help: Callable[[], None],
        places: Path,
        cameras: HitCameras = NO_CAMERAS,
        show_places: Callable[[Sequence[GeoPlace]], None] | None = None,
        news: Callable[[], dict[int, FolderNews]] = dict,
        clock: Callable[[], datetime] = lambda: datetime.now().astimezone(),
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__(window)
        self._desk, self._book, self._actor, self._note = desk, book, actor, note
        self._cameras, self._show_places = cameras, show_places
        self._worker = Worker(self)
        self._lock = threading.Lock()
        self._fresh: list[Hit] = []
        self._asked = self._seconds = 0
        self._car_of = 0
        """The hit whose car is to be listed when it is there."""
        self._looking = 0
        """The hit that was chosen last: an answer for another comes too late."""
        self.hits = HitsWindow(theme, clock, zone, window, cameras.named)
        self.lists = HotlistsControl(
            book, self._worker.run, actor, theme, window, show_help, news, clock, zone
        )  # fmt: skip
        self._savers: list[tuple[HitsWindow | HotlistsWindow, Saver[bytes]]] = []
        for name, each in (("hits", self.hits), ("hotlists", self.lists.window)):
            path = places / f"{name}.window"
            each.restore(load_window(path))
            saver = Saver[bytes](f"{name} window", partial(save_window, path), _not_kept)
            each.closed.connect(partial(_keep_place, each, saver))
            self._savers.append((each, saver))
        hits = self.hits
        hits.filter_changed.connect(self.refresh)
        hits.hit_wanted.connect(self._look)
        hits.more_wanted.connect(self._more)
        hits.lists_wanted.connect(self.lists.open)
        hits.help_wanted.connect(show_help)
        hits.view.decision_wanted.connect(self._decide)
        hits.view.live_wanted.connect(partial(self._at_camera, cameras.live))
        hits.view.replay_wanted.connect(partial(self._at_camera, cameras.replay))
        hits.view.map_wanted.connect(self._on_map)

    def actions(self) -> list[Action]:
        """All of them."""
        return [
            Action(
                "Hits on hotlists", self.open, ("Ctrl+Shift+H",), anywhere=True,
                tip="Cars that are looked for and were seen; decide on those that wait",
            ),
            Action(
                "Hotlists", self.lists.open, ("Ctrl+Shift+K",), anywhere=True,
                tip="The lists of plates that are looked for; import, entries",
            ),
        ]  # fmt: skip

    def open(self) -> None:
        """The hits that wait."""
        self.hits.list_car(None)
        self._show_window()
        self.refresh()

    def open_hit(self, hit_id: int, several: bool = False) -> None:
        """This one, as from an alarm; with the others of its car where there are several."""
        self._looking = hit_id
        self._car_of = hit_id if several else 0
        self._show_window()
        if not several:
            self.hits.list_car(None)
            self.refresh()
        self._look(hit_id)

    def _show_window(self) -> None:
        self.hits.show()
        self.hits.raise_()
        self.hits.activateWindow()

    def came(self, hit: Hit) -> None:
        """A hit is on disk, or another read of its car is. Any thread."""
        with self._lock:
            self._fresh.append(hit)
            del self._fresh[:-PAGE]

    def follow_second(self) -> None:
        """Once a second: what came in is said, and listed where the window is open."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        new = [hit for hit in fresh if hit.reads == 1]
        if new:
            worst = new[-1]
            more = f" and {len(new) - 1} more" if len(new) > 1 else ""
            self._note(
                f"Hit: {worst.read.plate.upper()} on {worst.list.name}, {tier_words(worst.tier)}{more}. Ctrl+Shift+H"
            )
        self._seconds += 1
        # Other consoles decide too. Who has gone on to older pages is not sent back to the first.
        others = self._seconds % OTHERS_SECONDS == 0 and len(self.hits.model.rows) <= PAGE
        if (fresh or others) and self.hits.isVisible():
            self._list(again=True)
        self.lists.follow()

    def close(self) -> None:
        """The console ends."""
        for each, _ in self._savers:
            if each.isVisible():
                each.close()  # it keeps its place, while there is somebody to keep it
        self._book.end()  # a list of a million rows that is being read is left
        self._worker.close()
        for _, saver in self._savers:
            saver.close()

    # Hits

    def refresh(self) -> None:
        """List those that the filter lets through; on record."""
        self._list(again=False)

    def _list(self, again: bool) -> None:
        actor, wanted = self._actor(), self.hits.wanted
        self._asked += 1
        asked = self._asked

        def work() -> tuple[list[Hit], int, tuple[Hotlist, ...]]:
            hits = self._desk.hits(actor, wanted, PAGE, again=again)
            return hits, self._desk.waiting(), self._book.lists(actor)

        def done(found: tuple[list[Hit], int, tuple[Hotlist, ...]]) -> None:
            if asked == self._asked:
                if not again:
                    self.hits.say("")
                self._show(*found)

        self._worker.run(work, done, self.hits.say)

    def _show(self, hits: list[Hit], waiting: int, lists: tuple[Hotlist, ...]) -> None:
        self.hits.show_lists(lists)
        self.hits.show_hits(hits, waiting, self._looking)
        shown = self.hits.view.shown
        if shown is None and hits and not self._looking:
            self.hits.choose(hits[0].id)
        elif shown is not None and shown.hit.id == self._looking:  # the hands are not on their way to another
            fresh = next((hit for hit in hits if hit.id == shown.hit.id), None)
            if fresh is not None and fresh != shown.hit:
                self._look(fresh.id)

    def _more(self) -> None:
        rows = self.hits.model.rows
        if rows:
            actor, wanted, last = self._actor(), self.hits.wanted, rows[-1].id
            work = lambda: self._desk.hits(actor, wanted, PAGE, last)  # noqa: E731 -- short
            self._worker.run(work, self.hits.add_hits, self.hits.say)

    def _look(self, hit_id: int) -> None:
        self._looking = hit_id
        actor, shown = self._actor(), self.hits.view.shown
        if shown is not None and shown.hit.id != hit_id:
            self.hits.view.wait()  # a key that comes meanwhile must not decide on the one before

        def work() -> tuple[HitLook, QImage | None, QImage | None]:
            seen = self._desk.look(actor, hit_id)
            return seen, decoded(seen.plate_picture), decoded(seen.scene_picture)

        def done(found: tuple[HitLook, QImage | None, QImage | None]) -> None:
            seen, crop, scene = found
            if seen.hit.id == self._looking:
                self.hits.view.show_look(
                    seen, crop, scene, may=self._desk.may(actor), camera=self._cameras.named(seen.hit),
                    on_map=self._show_places is not None,
                )  # fmt: skip
                if self._car_of == hit_id:
                    self._car_of = 0
                    self.hits.list_car(seen.hit.car)
                    self.refresh()

        def failed(sentence: str) -> None:
            self.hits.say(sentence)
            if self._car_of == hit_id:
                self._car_of = 0
                self.refresh()
            shown = self.hits.view.shown
            if self._looking == hit_id and shown is not None and shown.hit.id != hit_id:
                self.hits.view.clear(sentence)

        self._worker.run(work, done, failed)

    def _decide(self, verdict: Verdict, reason: str) -> None:
        seen = self.hits.view.shown
        if seen is None:
            return
        self.hits.view.wait()
        actor, hit = self._actor(), seen.hit
        newest = 0 if hit.decided is None else hit.decided.id
        rows = self.hits.model.rows
        row = self.hits.model.row_of(hit.id)
        order = () if row is None else (*rows[row + 1 :], *reversed(rows[:row]))  # the older ones first
        following = next((each.id for each in order if each.decided is None), None)

        def done(decided: Hit) -> None:
            words = f"{hit.read.plate.upper()}: {VERDICT_WORDS[verdict]}, by {actor.name}."
            self.hits.say(words if following else f"{words} No other hit of this list waits.")
            self.hits.keys_decide()
            if self._looking == hit.id:
                self._look(hit.id if following is None else following)
            self._list(again=True)

        def failed(sentence: str) -> None:
            self.hits.view.say(sentence)
            if self._looking == hit.id:
                self._look(hit.id)

        self._worker.run(lambda: self._desk.decide(actor, hit.id, verdict, reason, newest), done, failed)

    def _at_camera(self, show: Callable[[Hit], None]) -> None:
        seen = self.hits.view.shown
        if seen is not None:
            show(seen.hit)

    def _on_map(self) -> None:
        seen = self.hits.view.shown
        if seen is None or self._show_places is None:
            return
        hits = [seen.hit] if self.hits.car is None else list(reversed(self.hits.model.rows))
        places = [hit.read.place for hit in hits if hit.read.place is not None]
        if places:
            self._show_places(places)


def _keep_place(window: HitsWindow | HotlistsWindow, saver: Saver[bytes]) -> None:
    saver.keep(window.place())


def _not_kept(error: Exception) -> None:
    """In a saver's thread. Not worth a sentence on the wall."""
    log.warning("where a window of plates was could not be kept: %s", error)
