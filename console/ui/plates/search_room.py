"""Searching plates at the desk: the window, what runs for it, its pictures and exports."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog, QWidget

from console.model.permissions import Actor
from console.model.plate_pattern import PatternError
from console.model.plate_queries import ConvoyQuery, Found, IncidentsQuery, QueryError, SeenPlate, Track
from console.services.plate_search import Outcome, PlatePictures, PlateSearch, SearchRefused, SearchRun
from console.services.plate_words import Answer, Question
from console.services.saver import Saver
from console.store.window_file import load_window, save_window
from console.ui.actions import Action
from console.ui.bridge import Bridge
from console.ui.plates.read_cameras import NO_CAMERAS, ReadCameras
from console.ui.plates.search_form import AreaFromMap
from console.ui.plates.search_page import Kind, Page
from console.ui.plates.search_window import SearchWindow
from console.ui.theme import Theme
from drivers.types import GeoPlace

log = logging.getLogger(__name__)

LOOK_MS = 100
"""How often the window looks how far a search is."""
ShowPlaces = Callable[[Sequence[GeoPlace]], None]
ShowTrack = Callable[[Track], None]


class PlateSearchRoom(QObject):
    """Lives on the Qt thread. ``actor`` says who sits here, ``place`` is the file of the window's place. What is on the
    map goes to ``show_places`` and ``show_track``; None while there is no map. The reason that was given stays for the
    next search, until another one sits here."""

    def __init__(
        self,
        search: PlateSearch,
        actor: Callable[[], Actor],
        theme: Theme,
        desk: QWidget,
        bridge: Bridge,
        note: Callable[[str], None],
        show_help: Callable[[], None],
        place: Path,
        exports: Path,
        show_places: ShowPlaces | None = None,
        show_track: ShowTrack | None = None,
        area_from_map: AreaFromMap | None = None,
        utc: Callable[[], datetime] = lambda: datetime.now(UTC),
        cameras: ReadCameras = NO_CAMERAS,
    ) -> None:
        super().__init__(desk)
        self._search, self._actor, self._theme, self._desk = search, actor, theme, desk
        self._bridge, self._note, self._show_help, self._place, self._exports = bridge, note, show_help, place, exports
        self._show_places, self._show_track, self._area_from_map = show_places, show_track, area_from_map
        self._utc, self._cameras = utc, cameras
        self._window: SearchWindow | None = None
        self._run: SearchRun | None = None
        self._who: Actor | None = None
        self._look = QTimer(self, interval=LOOK_MS)
        self._look.timeout.connect(self._progress)
        self._places: Saver[bytes] = Saver("plates window", partial(save_window, place), self._not_kept)

    @property
    def window(self) -> SearchWindow:
        """The window, made when it is first wanted."""
        if self._window is None:
            has_map = self._show_places is not None
            window = SearchWindow(
                self._theme, self._utc, self._fetch, self._area_from_map, has_map, self._desk, self._cameras
            )
            self._window = window
            window.restore(load_window(self._place))
            window.search_wanted.connect(self._ask)
            window.cancel_wanted.connect(self.cancel)
            window.export_wanted.connect(self._export)
            window.map_wanted.connect(self._on_map)
            window.help_wanted.connect(self._show_help)
            window.closed.connect(self._keep_place)
        return self._window

    def actions(self) -> list[Action]:
        """All of them."""
        return [
            Action(
                "Search plates", lambda: self.open(Kind.READS), ("Ctrl+Shift+F",), anywhere=True,
                tip="What was read: by plate with wildcards, place, time, camera",
            ),
            Action(
                "Cars that drive together", lambda: self.open(Kind.CONVOY),
                tip="Which cars were seen again and again with one of them",
            ),
            Action(
                "Plates near several incidents", lambda: self.open(Kind.INCIDENTS),
                tip="Which plates were read near more than one of several places and times",
            ),
        ]  # fmt: skip

    def open(self, kind: Kind = Kind.READS) -> None:
        """Show the window with this way to search, or say why not."""
        actor = self._actor()
        if not self._search.may(actor):
            self._note(f"A {actor.role.value} may not search plates. Ask a supervisor.")
            return
        window = self.window
        if actor != self._who:
            self._who = actor
            window.reason.clear()
        window.show()
        window.raise_()
        window.activateWindow()
        window.begin(kind)

    def search_around(self, place: GeoPlace, at: datetime) -> None:
        """An incident (an alarm, a shot) is put into the question of several incidents, beside those that are there."""
        self.open(Kind.INCIDENTS)
        if self._window is not None:
            self._window.add_incident(place, at)

    def cancel(self) -> None:
        """Take back what runs."""
        if self._run is not None:
            self._run.cancel()

    def close(self) -> None:
        """The console ends."""
        self.cancel()
        self._look.stop()
        if self._window is not None and self._window.isVisible():
            self._window.close()  # it keeps its place, while there is somebody to keep it
        self._places.close()

    # Searching

    def _ask(self, page: object) -> None:
        if not isinstance(page, Page):
            return
        window = self.window
        try:
            question = page.ask()
            self.cancel()
            self._run = self._begin(page, question)
        except (PatternError, QueryError) as error:
            window.say(str(error), wrong=True)
            return
        except SearchRefused as refused:
            window.say(str(refused), wrong=True)
            if not window.reason.text().strip():
                window.reason.setFocus()
            return
        window.say("Searching …")
        window.show_running((0, 0))
        self._look.start()

    def _begin(self, page: Page, question: Question) -> SearchRun:
        actor, why = self._actor(), self.window.reason.text()
        cell: list[SearchRun] = []

        def then(outcome: Outcome) -> None:
            """In a worker."""
            self._bridge.call.emit(lambda: self._came(cell[0], page, outcome))

        if isinstance(question, ConvoyQuery):
            run = self._search.convoy(actor, why, question, then)
        elif isinstance(question, IncidentsQuery):
            run = self._search.incidents(actor, why, question, then)
        elif page.kind is Kind.TRACK and question.plate is not None:
            run = self._search.track(actor, why, question.plate, question.begin, question.end, then)
        else:
            run = self._search.search(actor, why, question, then)
        cell.append(run)
        return run

    def _came(self, run: SearchRun, page: Page, outcome: Outcome) -> None:
        """An answer; of a search that another one took the place of, nothing is shown."""
        if run is not self._run:
            return
        self._run = None
        self._look.stop()
        self.window.show_running(None)
        self.window.show_outcome(page, run.question, outcome)

    def _progress(self) -> None:
        if self._run is not None:
            self.window.show_running(self._run.progress)

    # Pictures, map, export

    def _fetch(self, seq: int) -> None:
        """Pictures of a read that is on the screen."""

        def then(pictures: PlatePictures | None) -> None:
            """In a worker."""
            plate, scene = (b"", b"") if pictures is None else (pictures.plate, pictures.scene)
            self._bridge.call.emit(lambda: self.window.put_pictures(seq, plate, scene))

        for page in self.window.pages:
            if page.answer is not None and seq in page.shown:
                self._search.picture(page.answer, seq, then)
                return

    def _on_map(self) -> None:
        page = self.window.page
        if isinstance(page.answer, Track) and self._show_track is not None:
            self._show_track(page.answer)
        elif self._show_places is not None and page.answer is not None:
            self._show_places(_places(page.answer, page.current()))

    def _export(self) -> None:
        page = self.window.page
        if page.answer is None or page.question is None:
            return
        name = f"plates-{self._utc().astimezone():%Y%m%d-%H%M%S}.csv"
        path, _ = QFileDialog.getSaveFileName(
            self.window, "Export what was found", str(self._exports / name), "Tables (*.csv)"
        )
        if path:
            self.export_to(page, Path(path))

    def export_to(self, page: Page, path: Path) -> None:
        """Write the answer of a page."""
        if page.answer is None or page.question is None:
            return

        def then(problem: str) -> None:
            """In a worker."""
            words = problem or f"Exported to {path}."
            self._bridge.call.emit(lambda: self.window.say(words, wrong=bool(problem)))

        try:
            self._search.export(self._actor(), self.window.reason.text(), page.question, page.answer, path, then)
        except SearchRefused as refused:
            self.window.say(str(refused), wrong=True)

    # The window

    def _keep_place(self) -> None:
        if self._window is not None:
            self._places.keep(self._window.place())

    def _not_kept(self, error: Exception) -> None:
        """In the saver's thread. Not worth a sentence on the wall."""
        log.warning("where the plates window was could not be kept: %s", error)


def _places(answer: Answer, current: SeenPlate | None) -> list[GeoPlace]:
    """What is put on the map: all reads of a search, else the evidence of the plate that the hands are on."""
    rows: list[SeenPlate] = []
    if isinstance(answer, Found):
        rows = list(answer.rows)
    elif isinstance(answer, Track):
        rows = [point.read for point in answer.points]
    elif current is not None:
        rows = [current]
    return [row.place for row in rows if row.place is not None]
