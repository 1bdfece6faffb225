"""The entries of one list, as many as were asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QWidget

from console.model.hotlists import HotEntry
from console.ui.plain import plain_tip
from console.ui.plates.hot_words import day_words, end_words
from console.ui.theme import Theme

COLUMNS = ("Plate", "State", "Reason", "Case", "From", "Until", "Note")
PLATE, STATE, REASON, CASE, STARTS, EXPIRES, NOTE = range(7)
Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()


class EntryTable(QAbstractTableModel):
    """Only the Qt thread."""

    def __init__(
        self, theme: Theme, clock: Callable[[], datetime], zone: tzinfo | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._theme, self._clock, self._zone = theme, clock, zone
        self._rows: list[HotEntry] = []

    @property
    def rows(self) -> Sequence[HotEntry]:
        """What is listed."""
        return self._rows

    def show(self, entries: Sequence[HotEntry]) -> None:
        """Other entries."""
        self.beginResetModel()
        self._rows = list(entries)
        self.endResetModel()

    def add(self, entries: Sequence[HotEntry]) -> None:
        """More of them below."""
        if entries:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(entries) - 1)
            self._rows += entries
            self.endInsertRows()

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Entries that are listed."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = _NOWHERE) -> int:
        """See COLUMNS."""
        return 0 if parent.isValid() else len(COLUMNS)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The headings."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """What a cell says; an entry that does not count now is dim."""
        entry = self._rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(entry, index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip(self._text(entry, index.column()))
        if role == Qt.ItemDataRole.ForegroundRole and not entry.valid(self._clock()):
            return self._theme.color("dim")
        return None

    def _text(self, entry: HotEntry, column: int) -> str:
        if column == STARTS:
            return day_words(entry.starts, self._zone)
        if column == EXPIRES:
            over = entry.expires is not None and entry.expires <= self._clock()
            until = end_words(entry.expires, self._zone)
            return f"over since {until}" if over else until
        return (entry.plate, entry.state, entry.reason, entry.case, "", "", entry.note)[column]
