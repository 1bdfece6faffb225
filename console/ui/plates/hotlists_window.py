"""The window of hotlists: the lists on the left, the entries of one on the right."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo

from PySide6.QtCore import QByteArray, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QTableView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.model.hotlists import HotEntry, Hotlist
from console.services.hotlist_folder import FolderNews
from console.ui.fitting import side_window
from console.ui.plain import OneLine, plain_label, plain_tip
from console.ui.plates.entry_table import NOTE, REASON, EntryTable
from console.ui.plates.hot_words import REACH_WORDS, age_words, count_words, list_state, urgency_words
from console.ui.plates.rows import as_list
from console.ui.theme import Theme

HEADINGS = ("List", "Priority", "Entries", "State", "Age")
NO_LISTS = (
    "No hotlist yet.\n\nA hotlist is a list of plates that are looked for. Make one, then import a CSV file into it "
    "or add plates by hand."
)
NO_ENTRIES = "This list is empty.\n\nImport a file (Import…), or add a plate (Ins)."
NO_MATCH = "No entry of this list has these words."
ONLY_LOOK = "You may look at hotlists, not change them."
PAGE = 500
_TYPING_MS = 350
_ID = Qt.ItemDataRole.UserRole


class HotlistsWindow(QWidget):
    """Only the Qt thread. What the hands want leaves it as signals."""

    list_chosen = Signal(int)
    search_changed = Signal()
    more_wanted = Signal()
    new_list_wanted = Signal()
    change_list_wanted = Signal()
    remove_list_wanted = Signal()
    import_wanted = Signal()
    add_wanted = Signal()
    change_wanted = Signal()
    remove_wanted = Signal()
    undo_wanted = Signal()
    redo_wanted = Signal()
    help_wanted = Signal()
    closed = Signal()

    def __init__(
        self, theme: Theme, clock: Callable[[], datetime], zone: tzinfo | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("panel")
        self.setWindowTitle("Hotlists")
        side_window(self, 1160, 720)
        self._theme, self._clock = theme, clock
        self._lists: dict[int, Hotlist] = {}
        self._news: Mapping[int, FolderNews] = {}
        self._may = False
        self.tree = QTreeWidget(self)
        self.model = EntryTable(theme, clock, zone, self)
        self.table = QTableView(self)
        self.search = QLineEdit(self)
        self._facts, self._folder = plain_label(self), plain_label(self)
        self._count, self._message = plain_label(self), OneLine(self)
        self._empty = plain_label(self.table, NO_ENTRIES)
        self._pages = QStackedLayout()
        self._typing = QTimer(self)
        self.buttons: dict[str, QPushButton] = {}
        self._build()
        self._wire()
        self._enable()

    # Building

    def _button(self, name: str, text: str, tip: str, wanted: Callable[[], object]) -> QPushButton:
        button = self.buttons[name] = QPushButton(text, self)
        button.setToolTip(tip)
        button.clicked.connect(lambda checked=False: wanted())
        return button

    def _build(self) -> None:
        tree = self.tree
        tree.setHeaderLabels(list(HEADINGS))
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setAccessibleName("Hotlists")
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setStretchLastSection(True)
        left = QWidget(self)
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        row = QHBoxLayout()
        for name, text, tip, wanted in (
            ("new", "New list…", "Make a hotlist (Ctrl+N)", self.new_list_wanted.emit),
            ("change list", "Change…", "Owner, priority, validity, folder", self.change_list_wanted.emit),
            ("remove list", "Remove…", "Remove the list and its entries; its hits stay", self.remove_list_wanted.emit),
            ("import", "Import…", "Replace the entries by those of a CSV file (Ctrl+I)", self.import_wanted.emit),
        ):
            row.addWidget(self._button(name, text, tip, wanted))
        row.addStretch(1)
        empty = plain_label(self, NO_LISTS)
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setWordWrap(True)
        empty.setMargin(16)
        self._pages.addWidget(empty)
        self._pages.addWidget(tree)
        column.addLayout(row)
        column.addLayout(self._pages, 1)
        for label in (self._facts, self._folder):
            label.setWordWrap(True)
            column.addWidget(label)
        self._facts.setObjectName("dim")
        split = QSplitter(Qt.Orientation.Horizontal, self)
        split.addWidget(left)
        split.addWidget(self._build_entries())
        split.setStretchFactor(0, 2)
        split.setStretchFactor(1, 3)
        split.setSizes([480, 680])
        split.setChildrenCollapsible(False)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(6, 6, 6, 6)
        whole.setSpacing(4)
        whole.addWidget(split, 1)
        whole.addWidget(self._message)

    def _build_entries(self) -> QWidget:
        table = self.table
        as_list(table, self.model, "Entries")
        header = table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(REASON, QHeaderView.ResizeMode.Interactive)
        header.resizeSection(REASON, 140)
        header.setSectionResizeMode(NOTE, QHeaderView.ResizeMode.Stretch)
        self._empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._empty.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        middle = QVBoxLayout(table)
        middle.addWidget(self._empty)
        self.search.setPlaceholderText("Search entries: plate, case, reason, note")
        self.search.setClearButtonEnabled(True)
        self.search.setMaxLength(100)
        self.search.setAccessibleName("Search entries")
        self.search.setToolTip("Each search is on record (Ctrl+F)")
        right = QWidget(self)
        column = QVBoxLayout(right)
        column.setContentsMargins(0, 0, 0, 0)
        top, below = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.search, 1)
        for name, text, tip, wanted in (
            ("add", "Add…", "Add a plate (Ins)", self.add_wanted.emit),
            ("change", "Change…", "Change the chosen entry (Enter)", self.change_wanted.emit),
            ("remove", "Remove", "Remove the chosen entry (Del); Ctrl+Z brings it back", self.remove_wanted.emit),
            ("undo", "Undo", "Take the last change of an entry back (Ctrl+Z)", self.undo_wanted.emit),
            ("redo", "Redo", "Make it again (Ctrl+Shift+Z)", self.redo_wanted.emit),
        ):
            top.addWidget(self._button(name, text, tip, wanted))
        self._count.setObjectName("dim")
        below.addWidget(self._count, 1)
        below.addWidget(self._button("more", "More", f"The next {PAGE} entries", self.more_wanted.emit))
        column.addLayout(top)
        column.addWidget(table, 1)
        column.addLayout(below)
        return right

    def _wire(self) -> None:
        self._typing.setSingleShot(True)
        self._typing.setInterval(_TYPING_MS)
        self._typing.timeout.connect(self.search_changed)
        self.search.textEdited.connect(lambda text: self._typing.start())
        self.search.returnPressed.connect(self._search_now)
        self.tree.currentItemChanged.connect(lambda now, before: self._list_changed())
        self.table.selectionModel().currentRowChanged.connect(lambda now, before: self._enable())
        self.table.doubleClicked.connect(self._activated)
        for key, name in (("Ctrl+N", "new"), ("Ctrl+I", "import"), ("Ctrl+Z", "undo"), ("Ctrl+Shift+Z", "redo")):
            QShortcut(QKeySequence(key), self).activated.connect(self.buttons[name].click)
        for key, name in (("Ins", "add"), ("Del", "remove"), ("Return", "change"), ("Enter", "change")):
            shortcut = QShortcut(QKeySequence(key), self.table)
            shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
            shortcut.activated.connect(self.buttons[name].click)
        for key, run in (("Ctrl+F", self._focus_search), ("F1", self.help_wanted.emit)):
            QShortcut(QKeySequence(key), self).activated.connect(run)

    # What it is given

    @property
    def current(self) -> Hotlist | None:
        """The list that is chosen."""
        item = self.tree.currentItem()
        return None if item is None else self._lists.get(item.data(0, _ID))

    @property
    def entry(self) -> HotEntry | None:
        """The entry that is chosen."""
        row = self.table.currentIndex().row()
        return self.model.rows[row] if 0 <= row < len(self.model.rows) else None

    def show_lists(self, lists: Sequence[Hotlist], may: bool, news: Mapping[int, FolderNews], choose: int = 0) -> None:
        """All lists as they are now; ``may``: whether whoever sits here may change them, ``choose`` this one."""
        kept = choose or (0 if self.current is None else self.current.id)
        self._lists, self._may, self._news = {each.id: each for each in lists}, may, news
        now = self._clock()
        self.tree.blockSignals(True)
        self.tree.clear()
        for listed in lists:
            age = "–" if listed.updated is None else age_words(now - listed.updated)
            state = list_state(listed, now)
            texts = (listed.name, urgency_words(listed.urgency), f"{listed.entries:,}", state, age)
            item = QTreeWidgetItem(self.tree, list(texts))
            item.setData(0, _ID, listed.id)
            item.setTextAlignment(2, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            for at, text in enumerate(texts):
                item.setToolTip(at, plain_tip(text))
            if state != "in use":
                item.setForeground(3, self._theme.color("high"))
            if listed.id == kept:
                self.tree.setCurrentItem(item)
        first = self.tree.topLevelItem(0)
        if self.current is None and first is not None:
            self.tree.setCurrentItem(first)
        self.tree.blockSignals(False)
        self._pages.setCurrentIndex(1 if lists else 0)
        if not may:
            self.say(ONLY_LOOK)
        self._show_facts()
        self._enable()

    def show_entries(self, entries: Sequence[HotEntry]) -> None:
        """Those of the chosen list that fit the search."""
        chosen = self.entry
        self.model.put(entries)
        if chosen is not None:
            row = next((at for at, each in enumerate(entries) if each.key == chosen.key), None)
            if row is not None:
                self.table.selectRow(row)
        self._tell(len(entries) < PAGE)

    def add_entries(self, entries: Sequence[HotEntry]) -> None:
        """More of them."""
        self.model.add(entries)
        self._tell(len(entries) < PAGE)

    def show_undo(self, undo: str, redo: str) -> None:
        """What Ctrl+Z and Ctrl+Shift+Z would do, "" for nothing."""
        for name, words, key in (("undo", undo, "Ctrl+Z"), ("redo", redo, "Ctrl+Shift+Z")):
            button = self.buttons[name]
            button.setEnabled(bool(words) and self._may)
            button.setToolTip(plain_tip(f"{name.capitalize()}: {words} ({key})" if words else f"Nothing to {name}"))

    def say(self, sentence: str) -> None:
        """What went wrong, or is under way."""
        self._message.setText(sentence)
        self._message.setToolTip(plain_tip(sentence) if len(sentence) > 80 else "")

    @property
    def said(self) -> str:
        """The last of it."""
        return self._message.text()

    def place(self) -> bytes:
        """Where the window is, to be kept."""
        return bytes(self.saveGeometry().data())

    def restore(self, place: bytes) -> None:
        """Put it where it was."""
        if place:
            self.restoreGeometry(QByteArray(place))

    # What the hands do

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, where nothing else takes it, puts the window away."""
        if event.key() == Qt.Key.Key_Escape:
            self.close()
            return
        super().keyPressEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        """It is only hidden."""
        self.closed.emit()
        super().closeEvent(event)

    def _activated(self, index: QModelIndex) -> None:
        if self.buttons["change"].isEnabled():
            self.change_wanted.emit()

    def _list_changed(self) -> None:
        self.search.clear()
        self._show_facts()
        self._enable()
        listed = self.current
        if listed is not None:
            self.list_chosen.emit(listed.id)

    def _search_now(self) -> None:
        self._typing.stop()
        self.search_changed.emit()

    def _focus_search(self) -> None:
        self.search.setFocus()
        self.search.selectAll()

    def _show_facts(self) -> None:
        listed = self.current
        if listed is None:
            self._facts.clear()
            self._folder.hide()
            return
        owner = f"Owner: {listed.owner}. " if listed.owner else ""
        reason = f"Reason: {listed.reason}. " if listed.reason else ""
        source = f" Last from {listed.source}." if listed.source else ""
        words = REACH_WORDS[listed.reach]
        self._facts.setText(f"{owner}{reason}It matches {words}. Hits are kept for {listed.keep_days} days.{source}")
        news = self._news.get(listed.id)
        waits = f"Waits for a file in {listed.folder}" if listed.folder else ""
        self._folder.setText(waits if news is None else f"{'' if news.good else '▲ '}{news.words}")
        self._folder.setStyleSheet("" if news is None or news.good else f"color: {self._theme.high};")
        self._folder.setVisible(bool(self._folder.text()))

    def _tell(self, whole: bool) -> None:
        listed, rows = self.current, len(self.model.rows)
        every = 0 if listed is None else listed.entries
        shown = count_words(rows, "entry", "entries")
        self._count.setText(f"{shown} shown of {every:,}" if not self.search.text() else f"{shown} found")
        self.buttons["more"].setVisible(not whole)
        self._empty.setText(NO_MATCH if self.search.text() else NO_ENTRIES if listed else "")
        self._empty.setVisible(not rows)
        self._enable()

    def _enable(self) -> None:
        there, chosen = self.current is not None, self.entry is not None
        for name, possible in (
            ("new", True), ("change list", there), ("remove list", there), ("import", there), ("add", there),
            ("change", chosen), ("remove", chosen),
        ):  # fmt: skip
            self.buttons[name].setEnabled(possible and self._may)
