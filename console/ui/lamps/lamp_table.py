"""The list of lamps. Ten thousand of them are no trouble: rows are only ever asked for where they are seen, and what
changed is told in whole ranges."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import (
    QAbstractTableModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

from console.model.lamp_leases import LampLease, LampRef, natural
from console.services.lamps import LampView
from console.ui.lamps.words import Filter, condition, level_words, power_words, state_words
from console.ui.plain import plain_tip
from console.ui.theme import Theme

COLUMNS = ("Lamp", "System", "Level", "Power", "State")
LAMP, SYSTEM, LEVEL, POWER, STATE = range(5)

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()

_SORTS: dict[int, Callable[[LampView], tuple[object, ...]]] = {
    LAMP: lambda view: (natural(view.lamp.name), view.ref),
    SYSTEM: lambda view: (view.ref[0],),
    LEVEL: lambda view: (-1.0 if view.state is None or view.state.level is None else view.state.level, view.ref),
    POWER: lambda view: (-1.0 if view.state is None or view.state.power is None else view.state.power, view.ref),
    STATE: lambda view: (list(type(condition(view))).index(condition(view)), view.ref),
}


class LampTable(QAbstractTableModel):
    """Only the Qt thread. ``show`` takes all lamps; what the filter lets through are its rows."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._all: Sequence[LampView] = ()
        self._leases: tuple[LampLease, ...] = ()
        self._rows: list[LampView] = []
        self._filter = Filter()
        self._sort = (SYSTEM, Qt.SortOrder.AscendingOrder)

    @property
    def rows(self) -> Sequence[LampView]:
        """What is listed."""
        return self._rows

    def row_of(self) -> dict[LampRef, int]:
        """Where each listed lamp is."""
        return {view.ref: row for row, view in enumerate(self._rows)}

    def show(self, lamps: Sequence[LampView], leases: tuple[LampLease, ...] = ()) -> bool:
        """All lamps as they are now. Whether rows came, went or moved: then what was selected has to be found again."""
        self._all, self._leases = lamps, leases
        return self._renew()

    def set_filter(self, wanted: Filter) -> bool:
        """Only these from now on; see ``show``."""
        self._filter = wanted
        return self._renew()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Qt asks for it when a heading is clicked."""
        self._sort = (column if column in _SORTS else SYSTEM, order)
        self._renew()

    def _renew(self) -> bool:
        column, order = self._sort
        fresh = self._filter.shown(self._all)
        if self._sort != (SYSTEM, Qt.SortOrder.AscendingOrder):
            fresh.sort(key=_SORTS[column], reverse=order is Qt.SortOrder.DescendingOrder)
        before = self._rows
        if len(fresh) != len(before) or any(
            new is not old and new.ref != old.ref for new, old in zip(fresh, before, strict=True)
        ):
            self.beginResetModel()
            self._rows = fresh
            self.endResetModel()
            return True
        changed = [row for row, (new, old) in enumerate(zip(fresh, before, strict=True)) if new != old]
        self._rows = fresh
        for first, last in _ranges(changed):
            self.dataChanged.emit(self.index(first, 0), self.index(last, len(COLUMNS) - 1))
        return False

    # As Qt asks

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Lamps that are listed."""
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
        """What a cell says."""
        view = self._rows[index.row()]
        column = index.column()
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(view, column)
        if role == Qt.ItemDataRole.TextAlignmentRole and column in (LEVEL, POWER):
            return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.ForegroundRole and column == STATE and condition(view).abnormal:
            return self._theme.color("high")
        if role == Qt.ItemDataRole.ToolTipRole and column in (LAMP, STATE):
            return plain_tip(self._text(view, column))
        return None

    def _text(self, view: LampView, column: int) -> str:
        if column == LAMP:
            return view.lamp.name
        if column == SYSTEM:
            return view.ref[0]
        if column == LEVEL:
            return level_words(view)
        if column == POWER:
            return power_words(None if view.state is None else view.state.power)
        return f"{condition(view).sign} {state_words(view, self._leases)}"


class LampListView(QTableView):
    """The table on the screen. ``chosen`` gives what the hands selected; Enter and double click light."""

    chosen = Signal(object)
    light_wanted = Signal()

    def __init__(self, model: LampTable, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._table = model
        self._showing = False
        self.setModel(model)
        self.setAccessibleName("Lamps")
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSortingEnabled(True)
        self.sortByColumn(SYSTEM, Qt.SortOrder.AscendingOrder)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)  # rows are not measured one by one
        rows.setDefaultSectionSize(self.fontMetrics().height() + 8)
        heads = self.horizontalHeader()
        heads.setHighlightSections(False)
        heads.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        heads.setStretchLastSection(True)
        em = self.fontMetrics().horizontalAdvance("0")
        for column, width in ((LAMP, 14), (SYSTEM, 11), (LEVEL, 9), (POWER, 9)):
            self.setColumnWidth(column, em * width)
        self.selectionModel().selectionChanged.connect(self._selected)

    def choose(self, refs: frozenset[LampRef]) -> None:
        """Show these as selected, and the first of them, without telling anybody."""
        row_of = self._table.row_of()
        rows = sorted(row_of[ref] for ref in refs if ref in row_of)
        wanted = QItemSelection()
        last = len(COLUMNS) - 1
        for first, final in _ranges(rows, merge_all=False):
            wanted.select(self._table.index(first, 0), self._table.index(final, last))
        self._showing = True
        model = self.selectionModel()
        model.select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows and self.currentIndex().row() not in set(rows):
            top = self._table.index(rows[0], 0)
            model.setCurrentIndex(top, QItemSelectionModel.SelectionFlag.NoUpdate)
            self.scrollTo(top, QAbstractItemView.ScrollHint.PositionAtTop)
        self._showing = False

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter lights what is selected."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.light_wanted.emit()
            return
        super().keyPressEvent(event)

    def _selected(self) -> None:
        if self._showing:
            return
        rows = self._table.rows
        refs = {
            rows[row].ref
            for span in self.selectionModel().selection().toList()
            for row in range(span.top(), min(span.bottom() + 1, len(rows)))
        }
        self.chosen.emit(frozenset(refs))


def _ranges(rows: Sequence[int], merge_all: bool = True) -> list[tuple[int, int]]:
    """Rising rows as first and last of each run; of very many runs one that holds them all."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    if merge_all and len(runs) > 100:
        return [(runs[0][0], runs[-1][1])]
    return runs
