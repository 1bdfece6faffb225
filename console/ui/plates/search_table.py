"""The reads that a search found, as a table with pictures that are fetched where they are seen."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QSize,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QPixmap
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from console.model.named_cameras import CameraWords, own_words
from console.model.plate_queries import SeenPlate
from console.model.region_names import region_name
from console.ui.plain import plain_tip
from console.ui.plates.rows import Index, RowsModel, by_number
from console.ui.plates.search_words import heading_words, near_words, place_words, time_words
from console.ui.theme import Theme

COLUMNS = ("Picture", "Time", "Plate", "Camera", "Source", "Heading", "Region", "Place", "Match")
PICTURE, TIME, PLATE, CAMERA, SOURCE, HEADING, REGION, PLACE, MATCH = range(9)
THUMB = QSize(96, 28)
MOST_PICTURES = 300
"""Small ones that are kept in memory."""

Fetch = Callable[[int], None]


def thumbnail(jpeg: bytes, size: QSize, ratio: float) -> QPixmap:
    """A small picture; a null one where there is none or it is broken."""
    whole = QPixmap()
    if not jpeg or not whole.loadFromData(jpeg):
        return QPixmap()
    small = whole.scaled(size * ratio, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation)
    small.setDevicePixelRatio(ratio)
    return small


def plain_letter(event: QKeyEvent) -> bool:
    """A letter or a figure without Ctrl, Alt or Shift."""
    return event.text().isalnum() and event.modifiers() == Qt.KeyboardModifier.NoModifier


class ReadsModel(RowsModel[SeenPlate]):
    """Only the Qt thread. ``fetch`` is called once for each read whose picture is looked at; ``put_picture`` brings
    it. ``names`` says what people call a camera."""

    def __init__(
        self, theme: Theme, fetch: Fetch, parent: QWidget | None = None, names: CameraWords = own_words
    ) -> None:
        super().__init__(COLUMNS, parent)
        self._theme, self._fetch, self._names = theme, fetch, names
        self._row_of: dict[int, int] = {}
        self._pictures: OrderedDict[int, QPixmap] = OrderedDict()
        self._asked: set[int] = set()
        self.ratio = 1.0

    def show(self, rows: Sequence[SeenPlate]) -> None:
        """These from now on."""
        self._row_of = {row.seq: number for number, row in enumerate(rows)}
        self._pictures.clear()
        self._asked.clear()
        self.put(rows)

    def put_picture(self, seq: int, jpeg: bytes) -> None:
        """The picture of a read came, or that there is none."""
        row = self._row_of.get(seq)
        if row is None:
            return
        self._pictures[seq] = thumbnail(jpeg, THUMB, self.ratio)
        while len(self._pictures) > MOST_PICTURES:
            gone, _ = self._pictures.popitem(last=False)
            self._asked.discard(gone)
        cell = self.index(row, PICTURE)
        self.dataChanged.emit(cell, cell)

    # As Qt asks

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell says."""
        read, column = self._rows[index.row()], index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(read, column)
        if role == Qt.ItemDataRole.UserRole:
            return self._key(read, column)
        if role == Qt.ItemDataRole.DecorationRole and column == PICTURE:
            return self._picture(read.seq)
        if role == Qt.ItemDataRole.ForegroundRole and column == MATCH and not read.nearness:
            return self._theme.color("dim")
        if role == Qt.ItemDataRole.ToolTipRole and column != PICTURE:
            return plain_tip(self._text(read, column))
        return None

    def _picture(self, seq: int) -> QPixmap | None:
        found = self._pictures.get(seq)
        if found is None and seq not in self._asked:
            self._asked.add(seq)
            self._fetch(seq)
        return found

    def _text(self, read: SeenPlate, column: int) -> str:
        return {
            TIME: lambda: time_words(read.at),
            PLATE: lambda: read.plate or "(not readable)",
            CAMERA: lambda: self._names(read.source, read.camera),
            SOURCE: lambda: read.source,
            HEADING: lambda: heading_words(read.heading),
            REGION: lambda: region_name(read.region),
            PLACE: lambda: place_words(read.place),
            MATCH: lambda: near_words(read.nearness),
        }.get(column, lambda: "")()

    def _key(self, read: SeenPlate, column: int) -> object:
        """By what a column is sorted."""
        if column == TIME:
            return read.at.timestamp()
        if column == HEADING:
            return -1.0 if read.heading is None else float(read.heading)
        if column == MATCH:
            return read.nearness
        return by_number(self._text(read, column))


class ReadsView(QTableView):
    """The table on the screen. ``chosen`` gives the read that the hands are on, None for none; ``moment_wanted`` asks
    for its replay."""

    chosen = Signal(object)
    moment_wanted = Signal()

    def __init__(self, model: ReadsModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.reads = model
        self._sorted = QSortFilterProxyModel(self)
        self._sorted.setSourceModel(model)
        self._sorted.setSortRole(Qt.ItemDataRole.UserRole)
        self.setModel(self._sorted)
        self.setAccessibleName("Reads that were found")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setShowGrid(False)
        self.setTabKeyNavigation(False)
        self.setWordWrap(False)
        self.setIconSize(THUMB)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(THUMB.height() + 4)
        self.setSortingEnabled(True)
        self.sortByColumn(TIME, Qt.SortOrder.DescendingOrder)
        head = self.horizontalHeader()
        head.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
        head.setStretchLastSection(True)
        head.setHighlightSections(False)
        head.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        wide = self.fontMetrics().horizontalAdvance("0")
        for column, letters in enumerate((0, 21, 13, 16, 14, 8, 8, 19, 12)):
            self.setColumnWidth(column, letters * wide if letters else THUMB.width() + 10)
        self.selectionModel().currentRowChanged.connect(lambda now, before: self.chosen.emit(self.current()))
        model.modelReset.connect(self._filled)
        self.doubleClicked.connect(lambda _: self.moment_wanted.emit())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter is a double click; letters are the window's keys and do not search."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.moment_wanted.emit()
        elif plain_letter(event):
            event.ignore()
        else:
            super().keyPressEvent(event)

    def _filled(self) -> None:
        """How near plates are is said where some are not as asked."""
        self.setColumnHidden(MATCH, not any(row.nearness for row in self.reads.rows))
        self.chosen.emit(self.current())

    def current(self) -> SeenPlate | None:
        """The read that the hands are on."""
        index = self._sorted.mapToSource(self.currentIndex())
        return self.reads.rows[index.row()] if index.isValid() and index.row() < len(self.reads.rows) else None

    def in_order(self) -> list[SeenPlate]:
        """All reads as they are sorted now."""
        rows = range(self._sorted.rowCount())
        return [self.reads.rows[self._sorted.mapToSource(self._sorted.index(row, 0)).row()] for row in rows]
