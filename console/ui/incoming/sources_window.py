"""Who reports to this console, how much of it came in, and how the journal is. For whoever must say why a reader is
silent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.services.intake import IntakeCounts
from console.ui.fitting import side_window
from console.ui.plain import OneLine, plain_label, plain_tip
from console.ui.theme import Theme
from drivers.events import FeedCounts

COLUMNS = ("Source", "Messages", "Refused", "Parts left out", "Last heard", "State")
NUMBERS = (1, 2, 3)
TIPS = {
    1: "Messages that were understood since this console started",
    2: "Messages that were turned away: a wrong password, too many, not what this maker sends",
    3: "Parts of messages that could not be used, such as a picture that is none; the rest of them was",
    4: "When the newest message came. A quiet street is no fault",
}
STATE = 5
NO_WORDS: Mapping[str, tuple[str, str]] = {}
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
EMPTY = (
    "Nothing reports to this console yet.\n\n"
    "Plate readers and cameras that read plates are added in the site file. "
    "The help page Plate readers tells how, maker by maker."
)


class SourcesWindow(QWidget):
    """Only the Qt thread; ``show_all`` gives it what there is, about once a second while it is seen."""

    help_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setObjectName("panel")
        self.setWindowTitle("What reports here")
        side_window(self, 900, 420)
        self._theme = theme
        self._items: dict[str, QTreeWidgetItem] = {}
        self._wrong: Mapping[str, str] = {}
        self._tree = QTreeWidget(self)
        self._pages = QStackedLayout()
        self._journal, self._trouble, self._more = QLabel(self), OneLine(self), plain_label(self)
        self._build()

    def _build(self) -> None:
        tree = self._tree
        tree.setHeaderLabels(list(COLUMNS))
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setAccessibleName("Sources of events")
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setStretchLastSection(True)
        for number in NUMBERS:
            tree.headerItem().setTextAlignment(number, RIGHT)
        for number, words_of_it in TIPS.items():
            tree.headerItem().setToolTip(number, words_of_it)
        empty = QWidget(self)
        middle = QVBoxLayout(empty)
        words = plain_label(empty, EMPTY)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        middle.addStretch(1)
        middle.addWidget(words)
        middle.addStretch(1)
        self._pages.addWidget(empty)
        self._pages.addWidget(tree)
        self._journal.setAccessibleName("The journal")
        self._journal.setToolTip(
            "Events that are on disk since this console started; repetitions of them; events that were merged into "
            "newer ones while many waited;\nevents that stayed with their senders for want of room; events that were "
            "none; events that wait for the disk now."
        )
        column = QVBoxLayout(self)
        self._more.setWordWrap(True)
        self._more.setAccessibleName("What is wrong with the chosen source")
        tree.currentItemChanged.connect(lambda now, before: self._tell_more(self._wrong))
        column.addLayout(self._pages, 1)
        column.addWidget(self._more)
        column.addWidget(self._journal)
        column.addWidget(self._trouble)
        row = QHBoxLayout()
        row.addStretch(1)
        for text, tip, wish in (
            ("Help", "How sources are added (F1)", self.help_wanted.emit),
            ("Close", "Close this window (Esc)", self.close),
        ):
            button = QPushButton(text, self)
            button.setToolTip(tip)
            button.clicked.connect(wish)
            row.addWidget(button)
        column.addLayout(row)
        for key, wish in ((Qt.Key.Key_Escape, self.close), (Qt.Key.Key_F1, self.help_wanted.emit)):
            QShortcut(QKeySequence(key), self).activated.connect(wish)

    def show_all(
        self, counts: Mapping[str, FeedCounts], wrong: Mapping[str, str], journal: IntakeCounts, now: datetime,
        words: Mapping[str, tuple[str, str]] = NO_WORDS,
    ) -> None:  # fmt: skip
        """``counts`` and what is ``wrong`` by source, and what the door in counted; ``now`` aware. ``words``: of
        sources that have their own for a state in which nothing is wrong, with what stands behind it."""
        self._pages.setCurrentIndex(1 if counts else 0)
        if list(self._items) != list(counts):
            self._tree.clear()
            self._items = {name: QTreeWidgetItem(self._tree) for name in counts}
            for item in self._items.values():
                for column in NUMBERS:
                    item.setTextAlignment(column, RIGHT)
        for name, each in counts.items():
            self._show(self._items[name], name, each, wrong.get(name, ""), now, words.get(name))
        self._tell_more(wrong)
        self._journal.setText(journal_words(journal))
        self._trouble.setText(f"▲ {journal.trouble}" if journal.trouble else "")

    def _show(
        self, item: QTreeWidgetItem, name: str, counts: FeedCounts, wrong: str, now: datetime,
        words: tuple[str, str] | None,
    ) -> None:  # fmt: skip
        usual = "works" if counts.received else "nothing yet"
        state, behind = words or (usual, usual)
        if wrong:
            state = behind = f"▲ {wrong.removeprefix(name + ': ')}"
        refused = f"▲ {counts.refused:,}" if counts.refused else "0"
        texts = (name, f"{counts.received:,}", refused, f"{counts.left_out:,}", heard_words(counts.last, now), state)
        for column, text in enumerate(texts):
            if item.text(column) != text:
                item.setText(column, text)
                item.setToolTip(column, plain_tip(text))
        if words is not None or wrong:
            item.setToolTip(STATE, plain_tip(behind))
        item.setForeground(2, self._theme.color("high" if counts.refused else "text"))
        item.setForeground(STATE, self._theme.color("high" if wrong else "text"))

    def _tell_more(self, wrong: Mapping[str, str]) -> None:
        """All of what is wrong with the chosen source, which a column has no room for; of the first where none is
        chosen that has something."""
        self._wrong = wrong
        chosen = self._tree.currentItem()
        name = "" if chosen is None else chosen.text(0)
        name = name if name in wrong else next((each for each in self._items if each in wrong), "")
        self._more.setText(f"▲ {name}: {wrong[name].removeprefix(name + ': ')}" if name else "")
        self._more.setVisible(bool(name))


def heard_words(last: datetime | None, now: datetime) -> str:
    """How long ago, in the largest unit that says something."""
    if last is None:
        return "never"
    seconds = max(0, int((now - last).total_seconds()))
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


def journal_words(counts: IntakeCounts) -> str:
    """What the door in counted, on one line."""
    parts = [f"Journal: {counts.taken:,} events"]
    for number, words in (
        (counts.again, "repeated"), (counts.merged, "merged"), (counts.refused, "sent back for want of room"),
        (counts.not_admitted, "not admitted"), (counts.waiting, "waiting for the disk"),
    ):  # fmt: skip
        if number:
            parts.append(f"{number:,} {words}")
    return ", ".join(parts)
