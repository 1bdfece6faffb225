"""A file becomes a list: what its columns are, what would change, and then, in one stroke, the list."""

from __future__ import annotations

import logging
import threading
from dataclasses import replace
from datetime import tzinfo
from functools import partial

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QStackedWidget,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.model.hotlists import Hotlist, Tier
from console.model.permissions import Actor
from console.services.hotlist_book import Brought, HotlistBook
from console.store.hotlist_csv import Column, DateOrder, Look, Plan, look
from console.ui.fitting import open_size
from console.ui.plain import plain_label
from console.ui.plates.hot_words import count_words, size_words
from console.ui.plates.import_diff import DiffPage
from console.ui.plates.worker import Run

log = logging.getLogger(__name__)

COLUMNS, READING, DIFF = range(3)
DELIMITERS = ((",", "comma"), (";", "semicolon"), ("\t", "tab"), ("|", "bar"))
PREVIEW = 12
_LOOK_MS = 150


class Job:
    """How far reading a file has come; the worker writes, the Qt thread reads."""

    def __init__(self) -> None:
        self.rows, self.share = 0, 0.0
        self.cancelled = threading.Event()

    def go_on(self, rows: int, share: float) -> bool:
        """See ``console.services.hotlist_book.Progress``."""
        self.rows, self.share = rows, share
        return not self.cancelled.is_set()


class ImportDialog(QDialog):
    """Only the Qt thread. ``applied`` says that the list is another one now."""

    applied = Signal()

    def __init__(
        self, book: HotlistBook, run: Run, actor: Actor, listed: Hotlist, seen: Look, zone: tzinfo | None,
        parent: QWidget | None = None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self._book, self._run, self._actor, self._list, self._zone = book, run, actor, listed, zone
        self._look, self._job = seen, Job()
        self._brought: Brought | None = None
        self._plan: Plan = seen.plan
        self._over = False
        self.setWindowTitle(f"Import into {listed.name}")
        open_size(self, 920, 620)
        self.pages = QStackedWidget(self)
        self._facts, self.message = plain_label(self), plain_label(self)
        self._heading = QCheckBox("The first row names the columns", self)
        self._delimiter, self._dates = QComboBox(self), QComboBox(self)
        self.columns: dict[Column, QComboBox] = {}
        self._preview = QTableWidget(self)
        self._doing, self.bar = plain_label(self), QProgressBar(self)
        self.diff = DiffPage(zone, self)
        self.back, self.go, self.cancel = QPushButton("Back", self), QPushButton(self), QPushButton("Cancel", self)
        self._timer = QTimer(self)
        self._build()
        self._show_look()

    @property
    def brought(self) -> Brought | None:
        """What waits to be applied."""
        return self._brought

    # Building

    def _build(self) -> None:
        self.pages.addWidget(self._build_columns())
        self.pages.addWidget(self._build_reading())
        self.pages.addWidget(self.diff)
        row = QHBoxLayout()
        row.addWidget(self.cancel)
        row.addStretch(1)
        row.addWidget(self.back)
        row.addWidget(self.go)
        self.go.setDefault(True)
        self.message.setWordWrap(True)
        whole = QVBoxLayout(self)
        whole.addWidget(self._facts)
        whole.addWidget(self.pages, 1)
        whole.addWidget(self.message)
        whole.addLayout(row)
        self._facts.setWordWrap(True)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._show_progress)
        self.cancel.clicked.connect(self.reject)
        self.back.clicked.connect(self._back)
        self.go.clicked.connect(self._next)

    def _build_columns(self) -> QWidget:
        page = QWidget(self)
        grid = QGridLayout()
        for at, column in enumerate(Column):
            combo = self.columns[column] = QComboBox(page)
            combo.setAccessibleName(f"Column of the {column.value}")
            combo.currentIndexChanged.connect(partial(self._column_chosen, column))
            label = QLabel(column.value.capitalize(), page)
            label.setBuddy(combo)
            grid.addWidget(label, at // 2, at % 2 * 2)
            grid.addWidget(combo, at // 2, at % 2 * 2 + 1)
            grid.setColumnStretch(at % 2 * 2 + 1, 1)
        for mark, name in DELIMITERS:
            self._delimiter.addItem(f"separated by {name}", mark)
        for dates in DateOrder:
            self._dates.addItem(f"dates: {dates.value}", dates.value)
        self._delimiter.setAccessibleName("What separates columns")
        self._dates.setAccessibleName("How dates are written")
        row = QHBoxLayout()
        row.addWidget(self._heading)
        row.addWidget(self._delimiter)
        row.addWidget(self._dates)
        row.addStretch(1)
        self._preview.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._preview.setAccessibleName("The first rows as they will be read")
        self._preview.verticalHeader().hide()
        self._preview.setTabKeyNavigation(False)
        self._preview.horizontalHeader().setDefaultSectionSize(130)
        self._preview.horizontalHeader().setStretchLastSection(True)
        whole = QVBoxLayout(page)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(row)
        whole.addLayout(grid)
        whole.addWidget(self._preview, 1)
        self._heading.toggled.connect(self._look_again)
        self._delimiter.currentIndexChanged.connect(self._look_again)
        self._dates.currentIndexChanged.connect(self._dates_chosen)
        return page

    def _build_reading(self) -> QWidget:
        page = QWidget(self)
        column = QVBoxLayout(page)
        column.addStretch(1)
        self.bar.setRange(0, 1000)
        self.bar.setAccessibleName("How far the file is read")
        self._doing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._doing)
        column.addWidget(self.bar)
        column.addStretch(1)
        return page

    # The columns

    def _show_look(self) -> None:
        """What the file is like, and the plan that it suggests."""
        plan, seen = self._plan, self._look
        guessed = f" {plan.encoding.guessed}" if plan.encoding.guessed else ""
        self._facts.setText(f"{seen.path.name}: {size_words(seen.bytes)}, {plan.encoding.words}.{guessed}")
        widgets = [self._heading, self._delimiter, self._dates, *self.columns.values()]
        for widget in widgets:
            widget.blockSignals(True)
        self._heading.setChecked(plan.heading)
        self._delimiter.setCurrentIndex(max(0, self._delimiter.findData(plan.delimiter)))
        self._dates.setCurrentIndex(list(DateOrder).index(plan.dates))
        for column, combo in self.columns.items():
            combo.clear()
            combo.addItem("– none –", None)
            for at, heading in enumerate(seen.headings):
                combo.addItem(heading[:60], at)
            combo.setCurrentIndex(plan.columns.get(column, -1) + 1)
        for widget in widgets:
            widget.blockSignals(False)
        self._show_preview()
        self._turn(COLUMNS)

    def _show_preview(self) -> None:
        table, seen = self._preview, self._look
        rows = seen.rows[:PREVIEW]
        what = {at: column.value for column, at in self._plan.columns.items()}
        order = sorted(range(len(seen.headings)), key=lambda at: (at not in what, at))
        table.setColumnCount(len(order))
        table.setRowCount(len(rows))
        for place, at in enumerate(order):
            title = (
                f"{what[at]}  ←  {seen.headings[at][:40]}" if at in what else f"({seen.headings[at][:40]}: not used)"
            )
            table.setHorizontalHeaderItem(place, QTableWidgetItem(title))
            for line, row in enumerate(rows):
                item = QTableWidgetItem(row[at] if at < len(row) else "")
                if at not in what:
                    item.setForeground(self.palette().placeholderText())
                table.setItem(line, place, item)
        table.resizeColumnsToContents()
        ready = Column.PLATE in self._plan.columns
        self.go.setEnabled(ready)
        self._say("" if ready else "Say which column holds the plates.")

    def _column_chosen(self, column: Column, index: int) -> None:
        self._plan = self._plan.with_column(column, self.columns[column].currentData())
        for other, combo in self.columns.items():
            combo.blockSignals(True)
            combo.setCurrentIndex(self._plan.columns.get(other, -1) + 1)
            combo.blockSignals(False)
        self._show_preview()

    def _dates_chosen(self) -> None:
        self._plan = replace(self._plan, dates=DateOrder(self._dates.currentData()))

    def _look_again(self) -> None:
        path, heading, delimiter = self._look.path, self._heading.isChecked(), self._delimiter.currentData()
        self._run(lambda: look(path, delimiter, heading), self._looked, self._say)

    def _looked(self, seen: Look) -> None:
        if not self._over:
            self._look, self._plan = seen, seen.plan
            self._show_look()

    # Reading

    def _next(self) -> None:
        if self.pages.currentIndex() == COLUMNS:
            self._read()
        elif self._brought is not None:
            self._apply(self._brought)

    def _read(self) -> None:
        job = self._job = Job()
        self._turn(READING)
        self._timer.start()
        work = partial(self._book.bring, self._actor, self._list.id, self._look, self._plan, self._zone, job.go_on)
        self._run(work, partial(self._read_done, job), partial(self._failed, job))

    def _read_done(self, job: Job, brought: Brought | None) -> None:
        if brought is not None and (job.cancelled.is_set() or self._over):
            self._discard(brought)
            brought = None
        if self._over:
            return
        self._timer.stop()
        if brought is None:
            self._turn(COLUMNS)
            self._say("Reading was stopped. The list is as it was.")
            return
        self._brought = brought
        self._show_diff(brought)

    def _failed(self, job: Job, sentence: str) -> None:
        if not self._over:
            self._timer.stop()
            self._turn(COLUMNS if self._brought is None else DIFF)
            self._say(sentence)

    def _show_progress(self) -> None:
        self.bar.setValue(int(1000 * self._job.share))
        self._doing.setText(f"{count_words(self._job.rows, 'row', 'rows')} read. The list stays in use meanwhile.")

    # The difference

    def _show_diff(self, brought: Brought) -> None:
        self.diff.show_brought(brought, self._list)
        self._turn(DIFF)

    def _apply(self, brought: Brought) -> None:
        self.go.setEnabled(False)
        self._say("The list is replaced …")
        reach = Tier.FOLDED if self.diff.narrows else None
        work = partial(self._book.apply, self._actor, brought, reach=reach)
        self._run(work, self._applied, partial(self._failed, self._job))

    def _applied(self, listed: Hotlist) -> None:
        self._brought = None
        self.applied.emit()
        if not self._over:
            self.accept()

    # Ending

    def reject(self) -> None:
        """Cancel: while a file is read it stops that; else the dialog goes, and what was brought in with it."""
        if self.pages.currentIndex() == READING:
            self._job.cancelled.set()
            self._doing.setText("Stopping …")
            return
        super().reject()

    def done(self, result: int) -> None:
        """However it ends, nothing is left behind."""
        self._end()
        super().done(result)

    def closeEvent(self, event: QCloseEvent) -> None:
        """The window's own cross."""
        self._end()
        super().closeEvent(event)

    def _end(self) -> None:
        self._over = True
        self._timer.stop()
        self._job.cancelled.set()
        if self._brought is not None:
            brought, self._brought = self._brought, None
            self._discard(brought)

    def _discard(self, brought: Brought) -> None:
        self._run(partial(self._book.discard, brought), lambda nothing: None, _not_discarded)

    def _back(self) -> None:
        if self._brought is not None:
            brought, self._brought = self._brought, None
            self._discard(brought)
        self._turn(COLUMNS)
        self._show_preview()

    def _turn(self, page: int) -> None:
        self.pages.setCurrentIndex(page)
        self.back.setVisible(page == DIFF)
        self.go.setVisible(page != READING)
        self.go.setEnabled(page == DIFF or Column.PLATE in self._plan.columns)
        self.go.setText("Replace the list" if page == DIFF else "Compare with the list")
        self.cancel.setText("Stop" if page == READING else "Cancel")
        if page == DIFF:
            self.go.setFocus()  # while it was hidden the keyboard went to another button, and Enter would press that
        if page != COLUMNS:
            self._say("")

    def _say(self, sentence: str) -> None:
        if self._over:
            return
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))


def _not_discarded(sentence: str) -> None:
    """The dialog may be gone; what is left behind is swept a day later."""
    log.warning("a list that was brought in could not be forgotten: %s", sentence)
