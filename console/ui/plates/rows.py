"""What the tables about plates have in common: a model of rows under fixed headings, and how such a list looks."""

from __future__ import annotations

import re
from collections.abc import Sequence

from PySide6.QtCore import QAbstractItemModel, QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

_NUMBER = re.compile(r"\d+")
Index = QModelIndex | QPersistentModelIndex
NOWHERE = QModelIndex()


_DIGITS = 20
"""As long as any number that is compared as one."""


def by_number(text: str) -> str:
    """A text as a table is sorted by it: cam 2 before cam 10, small letters and capitals alike."""
    return _NUMBER.sub(lambda found: found[0].zfill(_DIGITS), text.casefold())


class RowsModel[Row](QAbstractTableModel):
    """Only the Qt thread. Subclasses say what a cell says (``data``)."""

    def __init__(self, columns: Sequence[str], parent: QWidget | None) -> None:
        super().__init__(parent)
        self._columns = columns
        self._rows: list[Row] = []

    @property
    def rows(self) -> Sequence[Row]:
        """What is listed."""
        return self._rows

    def put(self, rows: Sequence[Row]) -> None:
        """These from now on."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def add(self, rows: Sequence[Row]) -> None:
        """More of them below."""
        if rows:
            self.beginInsertRows(QModelIndex(), len(self._rows), len(self._rows) + len(rows) - 1)
            self._rows += rows
            self.endInsertRows()

    def rowCount(self, parent: Index = NOWHERE) -> int:
        """Rows that are listed."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = NOWHERE) -> int:
        """The headings' number."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The headings."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section]
        return None


def as_list(table: QTableView, model: QAbstractItemModel, name: str) -> None:
    """One row at a time is chosen, nothing is edited, Tab leaves it; ``name`` is for screen readers."""
    table.setModel(model)
    table.setAccessibleName(name)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(table.fontMetrics().height() + 10)
    table.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
