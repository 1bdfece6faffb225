"""The list of alarms on the desk: a model of lines, and how a line is painted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import (
    QAbstractListModel,
    QItemSelection,
    QItemSelectionModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from console.model.alarm_list import Line
from console.model.alarms import Alarm
from console.ui.alarms.signs import draw_priority
from console.ui.alarms.words import PRIORITY_WORDS, clock, group_words, state_words, times_words, when_words
from console.ui.plain import plain_tip
from console.ui.theme import Theme, tabular

Index = QModelIndex | QPersistentModelIndex
_NOWHERE = QModelIndex()
LINE = Qt.ItemDataRole.UserRole


class AlarmLines(QAbstractListModel):
    """Only the Qt thread."""

    def __init__(self, utc: Callable[[], datetime] = lambda: datetime.now(UTC), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.utc = utc
        self._lines: Sequence[Line] = ()

    @property
    def lines(self) -> Sequence[Line]:
        """What is listed."""
        return self._lines

    def show(self, lines: Sequence[Line]) -> bool:
        """These lines. Whether some came, went or moved: then what was selected has to be found again."""
        before, self_same = self._lines, [_name(each) for each in lines] == [_name(each) for each in self._lines]
        if not self_same:
            self.beginResetModel()
            self._lines = lines
            self.endResetModel()
            return True
        self._lines = lines
        for row, (old, new) in enumerate(zip(before, lines, strict=True)):
            if old != new:
                self.dataChanged.emit(self.index(row), self.index(row))
        return False

    def rowCount(self, parent: Index = _NOWHERE) -> int:
        """Lines."""
        return 0 if parent.isValid() else len(self._lines)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """The line for the painter; its words for tool tips and screen readers."""
        line = self._lines[index.row()]
        if role == LINE:
            return line
        if role == Qt.ItemDataRole.AccessibleTextRole or role == Qt.ItemDataRole.DisplayRole:
            return ", ".join(self.words(line))
        if role == Qt.ItemDataRole.ToolTipRole:
            return plain_tip("\n".join((*self.words(line), "" if line.grouped else line.first.cause.why)))
        return None

    def words(self, line: Line) -> tuple[str, str]:
        """Both rows of a line."""
        alarm, now = line.first, self.utc()
        if line.grouped:
            newest = max(each.last for each in line.alarms)
            hint = "Enter folds them" if line.open else "Enter shows them"
            waits = "new" if alarm.waits else "taken"
            return group_words(line), f"{waits}, the newest {clock(newest, now)}. {hint}"
        priority = PRIORITY_WORDS[alarm.priority]
        stands = f"{when_words(alarm, now)}  {priority}, {state_words(alarm, now)}"
        return alarm.cause.title, f"{stands}. {alarm.cause.why}" if alarm.shown else stands


def _name(line: Line) -> tuple[str, str]:
    return (line.name, "") if line.grouped else ("inside" if line.inside else "", line.first.id)


class _Painter(QStyledItemDelegate):
    """Two rows a line: what it is, then when and how it stands."""

    def __init__(self, theme: Theme, model: AlarmLines, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme, self._model = theme, model
        self._font, self._bold, self._small = tabular(10), tabular(10, bold=True), tabular(9)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        """The height of two rows."""
        return QSize(80, self.height())

    def height(self) -> int:
        """Logical pixels of a line."""
        return QFontMetrics(self._bold).height() + QFontMetrics(self._small).height() + 12

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        """One line."""
        line = index.data(LINE)
        if not isinstance(line, Line):
            return
        theme, alarm = self._theme, line.first
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        painter.setClipRect(area)
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(area, theme.color("line"))
            painter.fillRect(QRect(area.left(), area.top(), 3, area.height()), theme.color("selection"))
        left = area.left() + 8 + (14 if line.inside else 0)
        top, waits = area.top() + 5, alarm.waits
        first, second = self._model.words(line)
        font = self._bold if waits else self._font
        metrics, small = QFontMetrics(font), QFontMetrics(self._small)
        side = metrics.capHeight() + 6
        sign = QRectF(left, top + (metrics.height() - side) / 2, side, side)
        colour = theme.color(alarm.priority.value)
        draw_priority(painter, alarm.priority, sign, colour, filled=waits)
        left += side + 8
        right = area.right() - 8
        painter.setFont(self._font)
        count = ("▾" if line.open else "▸") if line.grouped else times_words(alarm)
        if count:
            width = QFontMetrics(self._font).horizontalAdvance(count)
            painter.setPen(theme.color("dim"))
            painter.drawText(right - width, top + metrics.ascent(), count)
            right -= width + 8
        painter.setFont(font)
        painter.setPen(theme.color("text"))
        room = max(0, right - left)
        painter.drawText(left, top + metrics.ascent(), metrics.elidedText(first, Qt.TextElideMode.ElideRight, room))
        painter.setFont(self._small)
        painter.setPen(theme.color("dim"))
        room = max(0, area.right() - 8 - left)
        words = small.elidedText(second, Qt.TextElideMode.ElideRight, room)
        painter.drawText(left, top + metrics.height() + 2 + small.ascent(), words)
        painter.fillRect(QRect(area.left(), area.bottom(), area.width(), 1), theme.color("background"))
        painter.restore()


class AlarmListView(QListView):
    """The list on the screen. What is selected is told as alarms; a group stands for all that are in it."""

    chosen = Signal(object)
    """A tuple of alarms."""
    go_wanted = Signal()
    group_wanted = Signal(str)
    key_wanted = Signal(QKeyEvent)
    """A letter or Space: the keys of the wall work here too."""

    def __init__(self, theme: Theme, model: AlarmLines, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lines, self._showing = model, False
        self.setModel(model)
        self.setItemDelegate(_Painter(theme, model, self))
        self.setAccessibleName("Alarms")
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setUniformItemSizes(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.selectionModel().selectionChanged.connect(self._selected)
        self.doubleClicked.connect(lambda _: self._enter())
        self.clicked.connect(self._clicked)

    def selected(self) -> tuple[Alarm, ...]:
        """The alarms that are meant."""
        found: dict[str, Alarm] = {}
        for index in sorted(self.selectionModel().selectedIndexes(), key=lambda each: each.row()):
            if index.row() < len(self._lines.lines):
                found.update((each.id, each) for each in self._lines.lines[index.row()].alarms)
        return tuple(found.values())

    def choose(self, ids: frozenset[str], scroll: bool = False) -> None:
        """Show these as selected without telling anybody; ``scroll`` to the first of them."""
        rows = [row for row, line in enumerate(self._lines.lines) if ids and _meant(line, ids)]
        wanted = QItemSelection()
        for row in rows:
            wanted.select(self._lines.index(row), self._lines.index(row))
        self._showing = True
        model = self.selectionModel()
        model.select(wanted, QItemSelectionModel.SelectionFlag.ClearAndSelect)
        if rows:
            if self.currentIndex().row() not in rows:
                model.setCurrentIndex(self._lines.index(rows[0]), QItemSelectionModel.SelectionFlag.NoUpdate)
            if scroll:
                self.scrollTo(self._lines.index(rows[0]))
        self._showing = False

    def point_at(self, group: str) -> None:
        """The hands stay on this line of several, opened or folded."""
        row = next((row for row, line in enumerate(self._lines.lines) if line.name == group), None)
        if row is not None:
            self.selectionModel().setCurrentIndex(
                self._lines.index(row), QItemSelectionModel.SelectionFlag.ClearAndSelect
            )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the alarm or opens the group; letters and Space are the wall's keys."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif event.key() == Qt.Key.Key_Space or (event.text().isalpha() and not _chord(event)):
            self.key_wanted.emit(event)
        else:
            super().keyPressEvent(event)

    def _enter(self) -> None:
        line = self.currentIndex().data(LINE)
        if isinstance(line, Line) and line.grouped:
            self.group_wanted.emit(line.name)
        elif line is not None:
            self.go_wanted.emit()

    def _clicked(self, index: QModelIndex) -> None:
        line = index.data(LINE)
        if isinstance(line, Line) and line.grouped:
            self.group_wanted.emit(line.name)

    def _selected(self) -> None:
        if not self._showing:
            self.chosen.emit(self.selected())


def _meant(line: Line, ids: frozenset[str]) -> bool:
    """Whether the line stands for alarms of ``ids`` alone; of an open group its own lines do."""
    return not (line.grouped and line.open) and ids.issuperset(each.id for each in line.alarms)


def _chord(event: QKeyEvent) -> bool:
    mods = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
    return bool(event.modifiers() & mods)
