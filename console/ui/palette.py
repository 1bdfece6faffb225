"""Everything by name (Ctrl+K): cameras, layouts, presets and actions, found by typing a few letters of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import (
    QDialog,
    QLabel,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from console.model.search import Entry, Match, SearchIndex
from console.ui.theme import Theme

SHOWN = 60
"""Lines at most; whoever needs more types another letter."""
_MATCH = Qt.ItemDataRole.UserRole + 1


@dataclass(frozen=True, slots=True)
class Offer:
    """Something that can be chosen, and what happens then."""

    entry: Entry
    run: Callable[[], object]


class Palette(QDialog):
    """Only the Qt thread. ``offers`` is asked each time it opens; what was chosen lately comes first."""

    def __init__(self, theme: Theme, offers: Callable[[], Sequence[Offer]], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setWindowTitle("Find cameras, layouts and actions")
        self._offers, self._theme = offers, theme
        self._by_id: dict[str, Offer] = {}
        self._index = SearchIndex(())
        self._recent: list[str] = []
        self._line = QLineEdit(self)
        self._line.setPlaceholderText("Camera, number, layout, preset or action")
        self._line.setAccessibleName("Find by name")
        self._model = QStandardItemModel(self)
        self._list = QListView(self)
        self._list.setModel(self._model)
        self._list.setItemDelegate(_Line(theme, self._list))
        self._list.setEditTriggers(QListView.EditTrigger.NoEditTriggers)
        self._list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._list.setUniformItemSizes(True)
        self._list.setAccessibleName("What was found")
        self._hint = QLabel(self)
        self._hint.setObjectName("dim")
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        for part in (self._line, self._list, self._hint):
            column.addWidget(part)
        self._line.textChanged.connect(self._look)
        self._list.clicked.connect(lambda _: self._choose())

    def open_over(self, window: QWidget) -> None:
        """Open below the top line of a window, empty, with what there is now."""
        offers = self._offers()
        self._by_id = {offer.entry.id: offer for offer in offers}
        self._index = SearchIndex(offer.entry for offer in offers)
        width = min(720, max(360, window.width() // 2))
        self.resize(width, min(520, max(220, window.height() - 120)))
        self.move(window.mapToGlobal(QPoint((window.width() - width) // 2, 44)))
        self._line.clear()
        self._look("")
        self.show()
        self._line.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Arrows and page keys move in the list while the letters go on into the line; Enter does it."""
        row, rows = self._list.currentIndex().row(), self._model.rowCount()
        page = max(1, self._list.height() // max(1, self._list.sizeHintForRow(0)) - 1)
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: page, Qt.Key.Key_PageUp: -page}
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._choose()
        elif event.key() in steps and rows:
            step = steps[Qt.Key(event.key())]
            wrapped = (row + step) % rows if abs(step) == 1 else max(0, min(rows - 1, row + step))
            self._list.setCurrentIndex(self._model.index(wrapped, 0))
        else:
            super().keyPressEvent(event)

    def _look(self, text: str) -> None:
        self._model.clear()
        matches = self._index.find(text, self._recent, SHOWN)
        for match in matches:
            item = QStandardItem(match.entry.title)
            item.setData(match, _MATCH)
            item.setData(_spoken(match.entry), Qt.ItemDataRole.AccessibleTextRole)
            self._model.appendRow(item)
        self._list.setCurrentIndex(self._model.index(0, 0))
        if matches:
            self._hint.setText("Enter does it, arrows choose, Esc closes")
        else:
            self._hint.setText(f"Nothing is called “{text[:40]}”. Fewer letters find more.")

    def _choose(self) -> None:
        match = self._list.currentIndex().data(_MATCH)
        if isinstance(match, Match):
            chosen = match.entry.id
            self._recent = [chosen, *(each for each in self._recent if each != chosen)][:20]
            self.close()
            self._by_id[chosen].run()


def _spoken(entry: Entry) -> str:
    """What a screen reader says of a line."""
    number = f"{entry.number} " if entry.number is not None else ""
    return f"{entry.kind}: {number}{entry.title}" + (f", key {entry.hint}" if entry.hint else "")


class _Line(QStyledItemDelegate):
    """One line: what kind, the number, the title with its matched letters bold, and the key at the right."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        """As high as one and a half lines of text."""
        return QSize(200, round(QFontMetrics(_font(option)).height() * 1.6))

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        """See above."""
        match = index.data(_MATCH)
        if not isinstance(match, Match):
            return
        painter.save()
        rect: QRect = option.rect
        state = option.state
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(self._theme.line))
        base = _font(option)
        bold = QFont(base)
        bold.setBold(True)
        metrics = QFontMetrics(bold)
        top = rect.top() + (rect.height() + metrics.ascent() - metrics.descent()) // 2
        painter.setFont(base)
        painter.setPen(QColor(self._theme.dim))
        left = rect.left() + 8
        painter.drawText(left, top, match.entry.kind)
        left += metrics.horizontalAdvance("Camera  ")
        right = rect.right() - 8
        if match.entry.hint:
            width = metrics.horizontalAdvance(match.entry.hint)
            painter.drawText(right - width, top, match.entry.hint)
            right -= width + 12
        painter.setPen(QColor(self._theme.text))
        if match.entry.number is not None:
            painter.setFont(bold)
            number = f"{match.entry.number}  "
            painter.drawText(left, top, number)
            left += metrics.horizontalAdvance(number)
        for place, letter in enumerate(match.entry.title):
            painter.setFont(bold if place in match.positions else base)
            width = painter.fontMetrics().horizontalAdvance(letter)
            if left + width > right:
                painter.drawText(left, top, "…")
                break
            painter.drawText(left, top, letter)
            left += width
        painter.restore()


def _font(option: QStyleOptionViewItem) -> QFont:
    font = option.font
    assert isinstance(font, QFont)
    return font
