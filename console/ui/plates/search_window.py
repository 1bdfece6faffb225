"""The window that searches plates: why, what for, what was found, its pictures."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from PySide6.QtCore import QByteArray, Qt, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QSplitter,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from console.model.plate_queries import (
    Companion,
    Found,
    IncidentsQuery,
    PlateQuery,
    Ranked,
    SeenPlate,
    Suspect,
    Track,
)
from console.services.plate_search import LONGEST_REASON, MOST_TRACK, Outcome
from console.services.plate_words import Question
from console.ui.fitting import side_window
from console.ui.plain import OneLine, plain_tip
from console.ui.plates.convoy_form import ConvoyForm
from console.ui.plates.incidents_form import IncidentsForm
from console.ui.plates.read_cameras import NO_CAMERAS, ReadCameras
from console.ui.plates.search_form import AreaFromMap, SearchForm
from console.ui.plates.search_page import NAMES, Kind, Page
from console.ui.plates.search_preview import Preview
from console.ui.plates.search_table import Fetch, ReadsModel, ReadsView, plain_letter
from console.ui.plates.search_track_form import TrackForm
from console.ui.plates.search_tree import EvidenceTree
from console.ui.plates.search_words import answer_rows, answer_words, strange_words
from console.ui.theme import Theme
from drivers.types import GeoPlace


class SearchWindow(QWidget):
    """Only the Qt thread. What the hands want leaves it as signals; ``show_outcome`` gives it what was found. ``fetch``
    is asked for the pictures of a read; ``put_pictures`` brings them. ``cameras`` says what people call a camera, and
    shows it."""

    search_wanted = Signal(object)
    """A ``Page``: its question is asked anew."""
    cancel_wanted = Signal()
    export_wanted = Signal()
    map_wanted = Signal()
    help_wanted = Signal()
    closed = Signal()

    def __init__(
        self,
        theme: Theme,
        utc: Callable[[], datetime],
        fetch: Fetch,
        from_map: AreaFromMap | None = None,
        has_map: bool = False,
        parent: QWidget | None = None,
        cameras: ReadCameras = NO_CAMERAS,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("panel")
        self.setWindowTitle("Search plates")
        side_window(self, 1320, 780)
        self._fetch, self._cameras = fetch, cameras
        names = cameras.words
        self.reason = QLineEdit(self)
        self.model = ReadsModel(theme, fetch, self, names)
        self.table = ReadsView(self.model, self)
        self.companions = EvidenceTree(
            "Cars that drive with it", ("Plate", "Places together", "Read in all", "With the car", "Evidence"),
            (22, 17, 15, 14, 40), self, names,
        )  # fmt: skip
        self.suspects = EvidenceTree(
            "Plates near several incidents", ("Plate", "Incidents", "Read in all", "Near"), (22, 12, 15, 60), self,
            names,
        )  # fmt: skip
        self.track = EvidenceTree(
            "Reads of the car in order",
            ("No.", "To", "Time", "Camera", "From the one before", "After", "Place"),
            (8, 6, 22, 18, 20, 12, 20),
            self,
            names,
        )
        self.reads_form = SearchForm(utc, from_map, self, cameras.asked)
        self.convoy_form = ConvoyForm(utc, self)
        self.incidents_form = IncidentsForm(utc, self)
        self.track_form = TrackForm(utc, self)
        self.pages = (
            Page(Kind.READS, self.reads_form, self.reads_form.query, self.table, self.table.current, self),
            Page(Kind.CONVOY, self.convoy_form, self.convoy_form.query, self.companions, self.companions.current, self),
            Page(
                Kind.INCIDENTS,
                self.incidents_form,
                self.incidents_form.query,
                self.suspects,
                self.suspects.current,
                self,
            ),
            Page(Kind.TRACK, self.track_form, self.track_form.query, self.track, self.track.current, self),
        )
        self.preview = Preview(self, names)
        self.tabs = QTabWidget(self)
        self.status = OneLine(self)
        self.bar = QProgressBar(self)
        self.cancel = QPushButton("Cancel", self)
        self.export = QPushButton("E&xport…", self)
        self.on_map = QPushButton("On the ma&p", self)
        self.live = QPushButton("Camera &live", self)
        self.replay = QPushButton("Repla&y", self)
        self.follow = QPushButton("&Track", self)
        self.company = QPushButton("C&onvoy", self)
        self.incident = QPushButton("As &incident", self)
        self._has_map = has_map
        self._build()
        self._wire()
        self.show_running(None)

    @property
    def page(self) -> Page:
        """The way to search that is in front."""
        return self.pages[self.tabs.currentIndex()]

    # What it is given

    def show_running(self, progress: tuple[int, int] | None) -> None:
        """How far a search is; None: none runs."""
        running = progress is not None
        self.bar.setVisible(running)
        self.cancel.setVisible(running)
        if progress is not None:
            done, of = progress
            self.bar.setRange(0, of)  # none of none: it only says that something runs
            self.bar.setValue(done)
        self._enable()

    def show_outcome(self, page: Page, question: Question, outcome: Outcome) -> None:
        """What became of a search."""
        answer = outcome.answer
        if answer is None:
            self.say(outcome.sentence, wrong=not outcome.cancelled)
            return
        rows = len(answer_rows(answer))
        words = answer_words(answer, outcome.seconds)
        if isinstance(answer, Track) and rows >= MOST_TRACK:
            words += f" Only the newest {MOST_TRACK} are shown."
        strange = ""
        if isinstance(question, PlateQuery):
            strange = strange_words(self._cameras.strangers(question.cameras))
        words = f"{words} ▲ {strange}" if strange else words
        page.show_answer(question, answer, rows, words, strange)  # before its rows, which ask for their pictures
        if isinstance(answer, Found):
            self.model.ratio = self.devicePixelRatioF()
            self.model.show(answer.rows)
        elif isinstance(answer, Track):
            self.track.show_track(answer)
        else:
            self._show_ranked(question, answer)
        self.say(words)
        if rows:
            page.result.setFocus()
            if page.kind is Kind.READS:
                self.table.selectRow(0)
        self._enable()

    def _show_ranked(self, question: Question, answer: Ranked[Companion] | Ranked[Suspect]) -> None:
        """Of both kinds, each in its tree."""
        if isinstance(question, IncidentsQuery):
            names = [each.name or f"Incident {number}" for number, each in enumerate(question.incidents, 1)]
            self.suspects.show_suspects([row for row in answer.rows if isinstance(row, Suspect)], names)
        else:
            self.companions.show_companions([row for row in answer.rows if isinstance(row, Companion)])

    def say(self, sentence: str, wrong: bool = False) -> None:
        """A sentence on the bottom line."""
        self.status.setText(f"▲ {sentence}" if wrong else sentence)
        self.status.setToolTip(plain_tip(sentence))

    def put_pictures(self, seq: int, plate: bytes, scene: bytes) -> None:
        """The pictures of a read came, empty where there are none."""
        self.model.put_picture(seq, plate)
        self.preview.show_pictures(seq, plate, scene)

    def place(self) -> bytes:
        """Where the window is, to be kept."""
        return bytes(self.saveGeometry().data())

    def restore(self, place: bytes) -> None:
        """Put it where it was."""
        if place:
            self.restoreGeometry(QByteArray(place))

    # What the hands do

    def begin(self, kind: Kind) -> None:
        """Another way to search, with the keyboard in its first field."""
        self.tabs.setCurrentIndex(kind)
        field = {
            Kind.READS: self.reads_form.plate,
            Kind.CONVOY: self.convoy_form.plate,
            Kind.INCIDENTS: self.incidents_form.rows[0].place,
            Kind.TRACK: self.track_form.plate,
        }[kind]
        target = field if self.reason.text().strip() else self.reason
        target.setFocus()
        target.selectAll()

    def follow_plate(self) -> None:
        """The track of the plate that the hands are on, in the time that was searched."""
        read = self.page.current()
        if read is None or not read.plate:
            return
        self.track_form.plate.setText(read.plate)
        self._take_times(self.track_form)
        self.tabs.setCurrentIndex(Kind.TRACK)
        self.search_wanted.emit(self.page)

    def company_of_plate(self) -> None:
        """The convoy of the plate that the hands are on."""
        read = self.page.current()
        if read is None or not read.plate:
            return
        self.convoy_form.plate.setText(read.plate)
        self._take_times(self.convoy_form)
        self.tabs.setCurrentIndex(Kind.CONVOY)
        self.search_wanted.emit(self.page)

    def note_incident(self) -> None:
        """Place and time of the read that the hands are on are those of an incident."""
        read = self.page.current()
        if read is not None and read.place is not None:
            self.add_incident(read.place, read.at)

    def add_incident(self, place: GeoPlace, at: datetime) -> None:
        """An incident that is known, beside those that are there; it is asked when Enter says so."""
        form = self.incidents_form
        number = form.next_number()
        form.put_incident(number, place, at)
        self.tabs.setCurrentIndex(Kind.INCIDENTS)
        missing = form.next_number() < len(form.rows)
        self.say(
            f"Incident {number + 1} is put in. {'Give another one, then Enter.' if missing else 'Enter searches.'}"
        )
        form.rows[number].place.setFocus()

    def show_live(self) -> None:
        """The camera of the read that the hands are on."""
        self._at_camera(self._cameras.live)

    def show_moment(self) -> None:
        """The replay of that camera at the moment of the read."""
        self._at_camera(self._cameras.replay)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc takes back a search that runs, else puts the window away; L and R where nobody types. Enter searches from
        each field, those too that make nothing of it themselves: boxes with figures, choices, ticks."""
        run = {Qt.Key.Key_L: self.show_live, Qt.Key.Key_R: self.show_moment}.get(Qt.Key(event.key()))
        if run is not None and plain_letter(event):
            run()
            return
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._entered()
            return
        if event.key() == Qt.Key.Key_Escape:
            if self.cancel.isVisible():
                self.cancel_wanted.emit()
            else:
                self.close()
            return
        super().keyPressEvent(event)

    def _entered(self) -> None:
        here = self.focusWidget()
        if isinstance(here, QPushButton):
            here.click()
        elif not isinstance(here, QAbstractItemView | QLineEdit):  # fields for words tell it by themselves
            self.search_wanted.emit(self.page)

    def closeEvent(self, event: QCloseEvent) -> None:
        """It is only hidden; what runs is taken back."""
        self.cancel_wanted.emit()
        self.closed.emit()
        super().closeEvent(event)

    # Building

    def _build(self) -> None:
        self.reason.setPlaceholderText("case number, who asked for it")
        self.reason.setMaxLength(LONGEST_REASON)
        self.reason.setToolTip("Why you search. It is put on record with your name and what you search (Alt+R)")
        why = QLabel("&Reason", self)
        why.setBuddy(self.reason)
        top = QHBoxLayout()
        top.addWidget(why)
        top.addWidget(self.reason, 1)
        for page, name in zip(self.pages, NAMES, strict=True):
            self.tabs.addTab(page, name)
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(160)
        for button, tip in (
            (self.cancel, "Take the search back (Esc)"),
            (self.export, "Save what was found as a table, CSV (Ctrl+S)"),
            (self.on_map, "Show what was found on the map (Ctrl+M)"),
            (self.live, "The camera of this read, live (L)"),
            (self.replay, "The moment of this read, in the camera's replay (R, Enter, double click)"),
            (self.follow, "Where this car went, in order (Ctrl+T)"),
            (self.company, "Which cars drive with this one (Ctrl+Y)"),
            (self.incident, "Its place and time as one of several incidents (Ctrl+I)"),
        ):
            button.setToolTip(tip)
        self.on_map.setVisible(self._has_map)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(self.tabs)
        split.addWidget(self.preview)
        split.setStretchFactor(0, 1)
        split.setSizes([1060, 260])
        bottom = QHBoxLayout()
        bottom.addWidget(self.status, 1)
        for widget in (
            self.bar, self.cancel, self.live, self.replay, self.follow, self.company, self.incident, self.on_map,
            self.export,
        ):  # fmt: skip
            bottom.addWidget(widget)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        whole.addLayout(top)
        whole.addWidget(split, 1)
        whole.addLayout(bottom)

    def _wire(self) -> None:
        for page in self.pages:
            page.form.search_wanted.connect(lambda page=page: self.search_wanted.emit(page))  # type: ignore[attr-defined]
        self.reason.returnPressed.connect(lambda: self.search_wanted.emit(self.page))
        for result in (self.table, self.companions, self.suspects, self.track):
            result.chosen.connect(self._look_at)
            result.moment_wanted.connect(self.show_moment)
        self.live.clicked.connect(self.show_live)
        self.replay.clicked.connect(self.show_moment)
        self.cancel.clicked.connect(self.cancel_wanted)
        self.export.clicked.connect(self.export_wanted)
        self.on_map.clicked.connect(self.map_wanted)
        self.follow.clicked.connect(self.follow_plate)
        self.company.clicked.connect(self.company_of_plate)
        self.incident.clicked.connect(self.note_incident)
        self.tabs.currentChanged.connect(self._turned)
        for key, run in (
            ("Ctrl+F", lambda: self.begin(Kind.READS)), ("Ctrl+S", self.export_wanted.emit),
            ("F1", self.help_wanted.emit),
            ("Ctrl+T", self.follow_plate), ("Ctrl+Y", self.company_of_plate), ("Ctrl+M", self._to_map),
            ("Ctrl+I", self.note_incident),
        ):  # fmt: skip
            QShortcut(QKeySequence(key), self).activated.connect(run)

    def _to_map(self) -> None:
        if self._has_map:
            self.map_wanted.emit()

    def _take_times(self, form: TrackForm | ConvoyForm) -> None:
        asked = self.page.form
        if isinstance(asked, SearchForm | ConvoyForm | TrackForm) and asked is not form:
            form.times.take(asked.times)

    def _turned(self) -> None:
        self.say(self.page.words)
        self._look_at(self.page.current())

    def _at_camera(self, show: Callable[[SeenPlate], None]) -> None:
        read = self.page.current()
        if read is None:
            return
        if self._cameras.known(read):
            show(read)
        else:
            source = f"“{read.camera}” of {read.source}" if read.camera else read.source
            self.say(f"The site does not say which camera {source} is. Say so in the site file, at the source.", True)

    def _look_at(self, read: object) -> None:
        seen = read if isinstance(read, SeenPlate) else None
        self.preview.show_read(seen)
        if seen is not None:
            self._fetch(seen.seq)
        self._enable()

    def _enable(self) -> None:
        answer, read = self.page.answer, self.page.current()
        for button in (self.export, self.on_map):
            button.setEnabled(answer is not None and bool(answer_rows(answer)))
        for button in (self.follow, self.company):
            button.setEnabled(read is not None and bool(read.plate))
        self.incident.setEnabled(read is not None and read.place is not None)
        for button in (self.live, self.replay):
            button.setEnabled(read is not None and self._cameras.known(read))
