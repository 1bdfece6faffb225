"""The entries of one list, as many as were asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from console.model.hotlists import HotEntry
from console.ui.plain import plain_tip
from console.ui.plates.hot_words import day_words, end_words
from console.ui.plates.rows import Index, RowsModel
from console.ui.theme import Theme

COLUMNS = ("Plate", "State", "Reason", "Case", "From", "Until", "Note")
PLATE, STATE, REASON, CASE, STARTS, EXPIRES, NOTE = range(7)


class EntryTable(RowsModel[HotEntry]):
    """Only the Qt thread."""

    def __init__(
        self, theme: Theme, clock: Callable[[], datetime], zone: tzinfo | None, parent: QWidget | None = None
    ) -> None:
        super().__init__(COLUMNS, parent)
        self._theme, self._clock, self._zone = theme, clock, zone

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
