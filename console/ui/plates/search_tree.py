"""Ranked plates with their evidence beneath: cars that drive together, plates near several incidents, and the reads of
a track."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTreeWidget, QTreeWidgetItem, QWidget

from console.model.named_cameras import CameraWords, own_words
from console.model.plate_queries import Companion, SeenPlate, Suspect, Track
from console.ui.plates.search_table import plain_letter
from console.ui.plates.search_words import (
    arrow,
    heading_words,
    place_words,
    seconds_words,
    span_words,
    time_words,
    way_words,
)

_READ = Qt.ItemDataRole.UserRole


class EvidenceTree(QTreeWidget):
    """Only the Qt thread. Rows open by Right or a click on their sign. ``chosen`` gives plate and read that the hands
    are on, ``moment_wanted`` asks for the replay of a read. ``names`` says what people call a camera."""

    chosen = Signal(object)
    moment_wanted = Signal()

    def __init__(
        self,
        name: str,
        columns: Sequence[str],
        widths: Sequence[int],
        parent: QWidget | None = None,
        names: CameraWords = own_words,
    ) -> None:
        super().__init__(parent)
        self._names = names
        self.setAccessibleName(name)
        self.setColumnCount(len(columns))
        self.setHeaderLabels(list(columns))
        self.setUniformRowHeights(True)
        self.setAllColumnsShowFocus(True)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.header().setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        self.header().setStretchLastSection(True)
        wide = self.fontMetrics().horizontalAdvance("0")
        for column, letters in enumerate(widths):
            self.setColumnWidth(column, letters * wide)
        self.currentItemChanged.connect(lambda now, before: self.chosen.emit(self.current()))
        self.itemDoubleClicked.connect(lambda item, column: self._moment(item))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter is a double click; letters are the window's keys and do not search."""
        item = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            if item is not None and item.childCount():
                item.setExpanded(not item.isExpanded())
            self._moment(item)
        elif plain_letter(event):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _moment(self, item: QTreeWidgetItem | None) -> None:
        """Of a read; a plate opens and folds instead."""
        if item is not None and not item.childCount():
            self.moment_wanted.emit()

    def _camera(self, read: SeenPlate) -> str:
        return self._names(read.source, read.camera)

    def current(self) -> SeenPlate | None:
        """The read that the hands are on; of a plate its first one."""
        item = self.currentItem()
        if item is None:
            return None
        read = item.data(0, _READ)
        return read if isinstance(read, SeenPlate) else None

    def show_companions(self, rows: Sequence[Companion]) -> None:
        """Cars that drive with the asked one."""
        self.clear()
        for row in rows:
            words = (row.plate, str(row.places), _often(row.reads), f"{row.share:.0%}")
            top = self._top(words, row.evidence[0].other if row.evidence else None)
            for met in row.evidence:
                other = met.other
                said = (
                    "",
                    "",
                    "",
                    "",
                    f"{time_words(other.at)}   {self._camera(other)}   {seconds_words(met.seconds)}",
                )
                self._below(top, said, other)
        self._ready()

    def show_suspects(self, rows: Sequence[Suspect], names: Sequence[str]) -> None:
        """Plates near several incidents, whose names are given."""
        self.clear()
        for row in rows:
            near = ", ".join(names[number] for number, _ in row.evidence)
            top = self._top((row.plate, str(row.incidents), _often(row.reads), near), _first(row))
            for number, reads in row.evidence:
                for read in reads:
                    where = f"{self._camera(read)}   {heading_words(read.heading)}"
                    said = f"{names[number]}:  {time_words(read.at)}   {where}"
                    self._below(top, ("", "", "", said), read)
        self._ready()

    def show_track(self, track: Track) -> None:
        """The reads of one plate in order, with arrows."""
        self.clear()
        for number, point in enumerate(track.points, 1):
            read = point.read
            words = (
                str(number), arrow(point.heading), time_words(read.at), self._camera(read), way_words(point.metres),
                span_words(point.seconds), place_words(read.place),
            )  # fmt: skip
            self._top(words, read)
        self._ready()

    def _top(self, words: Sequence[str], read: SeenPlate | None) -> QTreeWidgetItem:
        item = QTreeWidgetItem(self, list(words))
        item.setData(0, _READ, read)
        return item

    def _below(self, top: QTreeWidgetItem, words: Sequence[str], read: SeenPlate) -> None:
        item = QTreeWidgetItem(top, list(words))
        item.setData(0, _READ, read)

    def _ready(self) -> None:
        first = self.topLevelItem(0)
        if first is not None:
            self.setCurrentItem(first)


def _first(row: Suspect) -> SeenPlate | None:
    return row.evidence[0][1][0] if row.evidence and row.evidence[0][1] else None


def _often(reads: int) -> str:
    return f"{reads:,} or more" if reads >= 1000 else str(reads)
