"""The window of hits: the list with its filter on the left, the hit that is looked at on the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, tzinfo

from PySide6.QtCore import QByteArray, QItemSelectionModel, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from console.model.hotlists import Hit, HitFilter, Hotlist, Tier, Verdict
from console.model.wanted_cars import WantedCar
from console.ui.fitting import side_window
from console.ui.plain import OneLine, plain_label, plain_tip
from console.ui.plates.hit_table import CAMERA, DECISION, ENTRY, LIST, HitTable
from console.ui.plates.hit_view import HitView
from console.ui.plates.hot_words import TIER_SIGNS, TIER_WORDS, VERDICT_WORDS, count_words, track_words
from console.ui.plates.rows import as_list
from console.ui.theme import Theme

PAGE = 200
WAITING, DECIDED, ALL = "waiting", "decided", "all"
SPANS = (("Any time", None), ("Last hour", 1), ("Last day", 24), ("Last week", 168))
EMPTY = "No hit fits.\n\nHits come by themselves; another filter above shows older ones or decided ones."
NONE_WAITS = "No hit waits.\n\nHits come by themselves. “All hits” above shows those that were decided on."
_TYPING_MS = 350
_CAMERA, _CAMERA_WIDE = 90, 180
"""Logical pixels of a camera's name; a track has room for it."""


class HitList(QTableView):
    """Letters decide and do not search."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class."""
        if event.text().isalnum() and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            event.ignore()
        else:
            super().keyPressEvent(event)


class HitsWindow(QWidget):
    """Only the Qt thread. What the hands want leaves it as signals."""

    filter_changed = Signal()
    hit_wanted = Signal(int)
    more_wanted = Signal()
    lists_wanted = Signal()
    help_wanted = Signal()
    closed = Signal()

    def __init__(
        self,
        theme: Theme,
        clock: Callable[[], datetime],
        zone: tzinfo | None,
        parent: QWidget | None = None,
        named: Callable[[Hit], str] = lambda hit: "",
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("panel")
        self.setWindowTitle("Hits on hotlists")
        side_window(self, 1280, 800)
        self._clock, self._zone = clock, zone
        self.model = HitTable(theme, clock, zone, self, named)
        self.table = HitList(self)
        self.view = HitView(theme, clock, zone, self)
        self.search, self._state, self._tier = QLineEdit(self), QComboBox(self), QComboBox(self)
        self._list, self._span = QComboBox(self), QComboBox(self)
        self._count, self._message = plain_label(self), OneLine(self)
        self._empty = plain_label(self.table, EMPTY)
        self._more = QPushButton("Older", self)
        self.track = QPushButton("&This car", self)
        self.car: WantedCar | None = None
        """Where the hits of one car alone are listed: this one."""
        self._typing = QTimer(self)
        self._waiting = 0
        self._build()
        self._wire()

    # Building

    def _build(self) -> None:
        self.search.setPlaceholderText("Plate or camera")
        self.search.setClearButtonEnabled(True)
        self.search.setMaxLength(60)
        self.search.setAccessibleName("Search hits")
        self.search.setToolTip("Part of a plate, of a camera or of a source (Ctrl+F)")
        for text, data in (("Waiting", WAITING), ("Decided", DECIDED), ("All hits", ALL)):
            self._state.addItem(text, data)
        for verdict in Verdict:
            self._state.addItem(VERDICT_WORDS[verdict], verdict.value)
        self._tier.addItem("However sure", "")
        for tier in Tier:
            self._tier.addItem(f"{TIER_SIGNS[tier]} {TIER_WORDS[tier]}", tier.value)
        self._list.addItem("All lists", 0)
        for text, hours in SPANS:
            self._span.addItem(text, hours)
        for combo, name in (
            (self._state, "Which hits"), (self._tier, "How sure"), (self._list, "Of which list"), (self._span, "Since"),
        ):  # fmt: skip
            combo.setAccessibleName(name)
            combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            combo.setMinimumContentsLength(8)
        self._build_table()
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.search, 2)
        first.addWidget(self._state, 1)
        second.addWidget(self._tier, 1)
        second.addWidget(self._list, 1)
        second.addWidget(self._span, 1)
        below = QHBoxLayout()
        self._count.setObjectName("dim")
        lists = QPushButton("Hotlists…", left)
        lists.setToolTip("Lists, entries, import")
        lists.clicked.connect(self.lists_wanted)
        self._more.setToolTip("List older hits too")
        self.track.setToolTip("All hits of this car, decided or not: where it was seen, and when (T)")
        self.track.setCheckable(True)
        below.addWidget(self._count, 1)
        below.addWidget(self._more)
        below.addWidget(self.track)
        below.addWidget(lists)
        for row in (first, second):
            column.addLayout(row)
        column.addWidget(self.table, 1)
        column.addLayout(below)
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(left)
        split.addWidget(self.view)
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        split.setSizes([600, 680])
        split.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        whole.setSpacing(4)
        whole.addWidget(split, 1)
        whole.addWidget(self._message)

    def _build_table(self) -> None:
        table = self.table
        as_list(table, self.model, "Hits")
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        for column in (LIST, CAMERA):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Interactive)
            header.resizeSection(column, _CAMERA)
        header.setStretchLastSection(True)
        header.setHighlightSections(False)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setWordWrap(True)
        middle = QVBoxLayout(table)
        middle.addWidget(self._empty)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def _wire(self) -> None:
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self.filter_changed)
        self.search.textEdited.connect(lambda text: self._typing.start())
        self.search.returnPressed.connect(self._now)
        for combo in (self._state, self._tier, self._list, self._span):
            combo.currentIndexChanged.connect(lambda index: self._now())
        self._more.clicked.connect(self.more_wanted)
        self.track.clicked.connect(self._toggle_car)
        self.table.selectionModel().currentRowChanged.connect(self._chosen)
        reason = self.view.reason.lineEdit()
        if reason is not None:
            reason.returnPressed.connect(lambda: self.view.decide(Verdict.DISMISSED))
        for key, run in (
            ("Ctrl+F", self._focus_search), ("F1", self.help_wanted.emit), ("F5", self.filter_changed.emit),
        ):  # fmt: skip
            QShortcut(QKeySequence(key), self).activated.connect(run)

    # What it is given

    @property
    def wanted(self) -> HitFilter:
        """What the filter says."""
        if self.car is not None:
            return HitFilter(car=self.car)
        state = self._state.currentData()
        hours = self._span.currentData()
        verdicts = frozenset({Verdict(state)}) if state not in (WAITING, DECIDED, ALL) else frozenset[Verdict]()
        return HitFilter(
            text=self.search.text(),
            list=self._list.currentData() or 0,
            tier=Tier(self._tier.currentData()) if self._tier.currentData() else None,
            decided={WAITING: False, DECIDED: True}.get(state),
            since=None if hours is None else self._clock() - timedelta(hours=hours),
            verdicts=verdicts,
        )

    def show_lists(self, lists: Sequence[Hotlist]) -> None:
        """The lists to choose from."""
        entries = [("All lists", 0), *((each.name, each.id) for each in lists)]
        if [(self._list.itemText(at), self._list.itemData(at)) for at in range(self._list.count())] == entries:
            return
        current = self._list.currentData()
        self._list.blockSignals(True)
        self._list.clear()
        for text, data in entries:
            self._list.addItem(text, data)
        self._list.setCurrentIndex(max(0, self._list.findData(current)))
        self._list.blockSignals(False)

    def show_hits(self, hits: Sequence[Hit], waiting: int, keep: int) -> None:
        """Other hits; the one of number ``keep`` stays chosen where it is there."""
        self._waiting = waiting
        self.table.setColumnHidden(DECISION, self._state.currentData() == WAITING and self.car is None)
        for column in (ENTRY, LIST):  # of one car they are all the same
            self.table.setColumnHidden(column, self.car is not None)
        self.table.selectionModel().blockSignals(True)
        self.model.show(hits)
        self._select(self.model.row_of(keep))
        self.table.selectionModel().blockSignals(False)
        self.table.viewport().update()
        self._tell()

    def list_car(self, car: WantedCar | None) -> None:
        """From now on the hits of one car alone; None: those that the filter says."""
        self.car = car
        self.track.setChecked(car is not None)
        self.table.horizontalHeader().resizeSection(CAMERA, _CAMERA_WIDE if car is not None else _CAMERA)
        for each in (self.search, self._state, self._tier, self._list, self._span):
            each.setEnabled(car is None)

    def add_hits(self, hits: Sequence[Hit]) -> None:
        """Older ones."""
        self.model.add(hits)
        self._tell(whole=len(hits) < PAGE)

    def current(self) -> int:
        """The hit that is chosen, 0 for none."""
        row = self.table.currentIndex().row()
        return self.model.rows[row].id if 0 <= row < len(self.model.rows) else 0

    def choose(self, hit_id: int) -> None:
        """Look at this one where it is listed."""
        row = self.model.row_of(hit_id)
        if row is not None:
            self.table.selectRow(row)

    def step(self, by: int) -> None:
        """The next or the previous hit of the list."""
        rows = len(self.model.rows)
        if rows:
            self.table.selectRow(min(max(0, self.table.currentIndex().row() + by), rows - 1))

    def keys_decide(self) -> None:
        """A decision was made: what was said for it goes, and the keys are for the next hit."""
        self.view.say("")
        self.view.reason.setEditText("")
        if self.view.isAncestorOf(self.focusWidget()):
            self.table.setFocus()

    def say(self, sentence: str) -> None:
        """What went wrong, or is under way."""
        self._message.setText(sentence)
        self._message.setToolTip(plain_tip(sentence) if len(sentence) > 80 else "")

    def place(self) -> bytes:
        """Where the window is, to be kept."""
        return bytes(self.saveGeometry().data())

    def restore(self, place: bytes) -> None:
        """Put it where it was."""
        if place:
            self.restoreGeometry(QByteArray(place))

    # What the hands do

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Single letters decide where nobody types; Esc puts the window away."""
        keys = {
            Qt.Key.Key_C: lambda: self.view.decide(Verdict.CORRECT),
            Qt.Key.Key_W: lambda: self.view.decide(Verdict.WRONG_PLATE),
            Qt.Key.Key_S: lambda: self.view.decide(Verdict.WRONG_STATE),
            Qt.Key.Key_D: lambda: self.view.decide(Verdict.DISMISSED),
            Qt.Key.Key_N: lambda: self.step(1), Qt.Key.Key_P: lambda: self.step(-1),
            Qt.Key.Key_L: self.view.live.click, Qt.Key.Key_R: self.view.replay.click,
            Qt.Key.Key_M: self.view.map.click, Qt.Key.Key_T: self.track.click, Qt.Key.Key_Escape: self.close,
        }  # fmt: skip
        run = keys.get(Qt.Key(event.key()))
        if run is None or event.modifiers() not in (
            Qt.KeyboardModifier.NoModifier,
            Qt.KeyboardModifier.KeypadModifier,
        ):
            super().keyPressEvent(event)
            return
        run()

    def closeEvent(self, event: QCloseEvent) -> None:
        """It is only hidden."""
        self.closed.emit()
        super().closeEvent(event)

    def _chosen(self, now: QModelIndex, before: QModelIndex) -> None:
        if now.isValid():
            self.hit_wanted.emit(self.model.rows[now.row()].id)

    def _select(self, row: int | None) -> None:
        model = self.table.selectionModel()
        if row is None:
            model.clear()
            return
        flags = QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows
        model.setCurrentIndex(self.model.index(row, 0), flags)

    def _now(self) -> None:
        self._typing.stop()
        self.filter_changed.emit()

    def _toggle_car(self) -> None:
        shown = self.view.shown
        self.list_car(shown.hit.car if self.car is None and shown is not None else None)
        self._now()

    def _focus_search(self) -> None:
        if self.car is not None:
            self._toggle_car()
        self.search.setFocus()
        self.search.selectAll()

    def _tell(self, whole: bool | None = None) -> None:
        listed = len(self.model.rows)
        words = f"{count_words(listed, 'hit', 'hits')} listed, {self._waiting:,} waiting in all"
        self._count.setText(words if self.car is None else track_words(self.model.rows, self._clock(), self._zone))
        self._empty.setText(NONE_WAITS if self.wanted == HitFilter(decided=False) else EMPTY)
        self._empty.setVisible(not listed)
        self._more.setVisible(listed >= PAGE and listed % PAGE == 0 if whole is None else not whole)
