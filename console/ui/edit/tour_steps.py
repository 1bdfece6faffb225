"""The steps of a tour: what each shows, how long, and in which order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QLineEdit,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from console.model.items import CameraRange, TourItem, TourStep
from console.ui.edit.draft import DWELL
from console.ui.edit.words import NameOf, WordsError, seconds_of, step_text, step_words, steps_of

type Step = TourStep | CameraRange
_Index = QModelIndex | QPersistentModelIndex


class StepsModel(QAbstractTableModel):
    """Two columns: what a step shows (typed as "5", "1-40" or "1-40 2/4") and its seconds. ``edited`` gives the steps
    as somebody wants them; they are shown when they come back by ``show_steps``."""

    edited = Signal(object)
    refused = Signal(str)

    def __init__(self, name_of: NameOf, parent: QWidget) -> None:
        super().__init__(parent)
        self._name_of = name_of
        self.steps: tuple[Step, ...] = ()

    def show_steps(self, steps: tuple[Step, ...]) -> None:
        """What the tour has now."""
        if steps == self.steps:
            return
        self.beginResetModel()
        self.steps = steps
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """One a step."""
        return 0 if parent.isValid() else len(self.steps)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """What, and how long."""
        return 2

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        """Names of the columns, numbers of the steps."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return ("Shows", "Seconds")[section] if orientation is Qt.Orientation.Horizontal else str(section + 1)

    def data(self, index: _Index, role: int = 0) -> object:
        """In words to be read, as it is typed to be edited."""
        step = self.steps[index.row()]
        if index.column() == 1:
            if role == Qt.ItemDataRole.TextAlignmentRole:
                return int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            return f"{step.dwell:g}" if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole) else None
        if role == Qt.ItemDataRole.EditRole:
            return step_text(step)
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole):
            return step_words(step, self._name_of)
        return None

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """All seconds can be changed, and what can be typed."""
        flags = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        can = index.column() == 1 or step_text(self.steps[index.row()]) is not None
        return flags | Qt.ItemFlag.ItemIsEditable if can else flags

    def setData(self, index: _Index, value: object, role: int = 0) -> bool:
        """What somebody typed into the table."""
        row, step = index.row(), self.steps[index.row()]
        try:
            fresh = (
                (replace(step, dwell=seconds_of(str(value))),) if index.column() else steps_of(str(value), step.dwell)
            )
        except WordsError as error:
            self.refused.emit(str(error))
            return False
        self.edited.emit((*self.steps[:row], *fresh, *self.steps[row + 1 :]))
        return True


class _Table(QTableView):
    """Delete takes steps out; Alt and arrows move them."""

    removed = Signal()
    shifted = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class."""
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        elif alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.shifted.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.state() != self.State.EditingState:
            self.edit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class TourSteps(QWidget):
    """Shows a tour and gives out how it is wanted; it keeps nothing itself."""

    wanted = Signal(object)
    """A TourItem; without steps the tile becomes free."""
    refused = Signal(str)

    def __init__(self, name_of: NameOf, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = StepsModel(name_of, self)
        self._model.edited.connect(self._want)
        self._model.refused.connect(self.refused)
        self.table = _Table(self)
        self.table.setModel(self._model)
        self.table.setAccessibleName("Steps of the tour")
        self.table.setToolTip("Enter changes a cell, Delete takes steps out, Alt+Up and Alt+Down move them")
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setWordWrap(False)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        header.setHighlightSections(False)
        self.table.verticalHeader().setHighlightSections(False)
        self.table.removed.connect(self.remove)
        self.table.shifted.connect(self.shift)
        self.line = QLineEdit(self)
        self.line.setPlaceholderText("5, 7, 1-40 or 1-40 2/4")
        self.line.setAccessibleName("Cameras to add to the tour")
        self.line.setToolTip("Numbers and ranges of cameras, then Enter; 1-40 2/4 is the second of four equal shares")
        self.line.returnPressed.connect(self.add)
        self.seconds = QLineEdit(f"{DWELL:g}", self)
        self.seconds.setMaxLength(12)
        self.seconds.setAccessibleName("Seconds of new steps")
        self.seconds.setToolTip("Seconds of steps that are added, and of all steps by the button beside it")
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addWidget(self.table, 1)
        buttons = QHBoxLayout()
        self.up = self._button("Up", "The picked step earlier (Alt+Up)", lambda: self.shift(-1))
        self.down = self._button("Down", "The picked step later (Alt+Down)", lambda: self.shift(1))
        self.out = self._button("Remove", "Take the picked steps out (Delete)", self.remove)
        for button in (self.up, self.down, self.out):
            buttons.addWidget(button)
        column.addLayout(buttons)
        label = QLabel("&Add cameras", self)
        label.setBuddy(self.line)
        column.addWidget(label)
        column.addWidget(self.line)
        seconds = QHBoxLayout()
        self.all = self._button("For al&l steps", "Each step as long as this (Alt+L)", self.same)
        label = QLabel("Se&conds", self)
        label.setBuddy(self.seconds)
        seconds.addWidget(label)
        seconds.addWidget(self.seconds, 1)
        seconds.addWidget(self.all)
        column.addLayout(seconds)

    def _button(self, words: str, tip: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(words, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _=False: pressed())
        return button

    @property
    def steps(self) -> tuple[Step, ...]:
        """What is shown."""
        return self._model.steps

    def show_tour(self, tour: TourItem) -> None:
        """The tour as it is; the row stays picked."""
        row = self.table.currentIndex().row()
        self._model.show_steps(tour.steps)
        if tour.steps:
            self.table.setCurrentIndex(self._model.index(max(0, min(row, len(tour.steps) - 1)), 0))

    def add(self) -> None:
        """What was typed, behind the steps."""
        try:
            fresh = steps_of(self.line.text(), seconds_of(self.seconds.text()))
        except WordsError as error:
            self.refused.emit(str(error))
            return
        self.line.clear()
        self._want((*self.steps, *fresh))

    def remove(self) -> None:
        """The picked steps out."""
        rows = {index.row() for index in self.table.selectionModel().selectedRows()}
        if rows:
            self._want(tuple(step for row, step in enumerate(self.steps) if row not in rows))

    def shift(self, by: int) -> None:
        """The current step earlier or later."""
        row = self.table.currentIndex().row()
        there = row + by
        if row < 0 or not 0 <= there < len(self.steps):
            return
        steps = list(self.steps)
        steps[row], steps[there] = steps[there], steps[row]
        self._want(tuple(steps))
        self.table.setCurrentIndex(self._model.index(there, 0))

    def same(self) -> None:
        """All steps equally long."""
        try:
            seconds = seconds_of(self.seconds.text())
        except WordsError as error:
            self.refused.emit(str(error))
            return
        self._want(tuple(replace(step, dwell=seconds) for step in self.steps))

    def _want(self, steps: tuple[Step, ...]) -> None:
        self.wanted.emit(TourItem(steps))
