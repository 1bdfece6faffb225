"""What the parts of the presets' dialog have in common: a list on the left, what is picked in it on the right."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.model.wall import Wall


class PickList(QListWidget):
    """A list whose Delete takes the picked line away, and Alt with an arrow moves it."""

    removed = Signal()
    shifted = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """See the class."""
        alt = bool(event.modifiers() & Qt.KeyboardModifier.AltModifier)
        if event.key() == Qt.Key.Key_Delete:
            self.removed.emit()
        elif alt and event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.shifted.emit(-1 if event.key() == Qt.Key.Key_Up else 1)
        else:
            super().keyPressEvent(event)

    def show_lines(self, lines: list[str]) -> None:
        """These lines; the picked place stays."""
        row = max(0, self.currentRow())
        self.blockSignals(True)
        self.clear()
        for words in lines:
            self.addItem(QListWidgetItem(words))
        self.setCurrentRow(min(row, len(lines) - 1))
        self.blockSignals(False)


class WallTab(QWidget):
    """A part that shows a Wall and gives out how it is wanted."""

    wanted = Signal(object)
    said = Signal(str)

    def __init__(self, name: str, tip: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.wall = Wall()
        self.list = PickList(self)
        self.list.setAccessibleName(name)
        self.list.setToolTip(tip)
        self.list.currentRowChanged.connect(lambda _: self._show())
        self.form = QFormLayout()
        self.form.setVerticalSpacing(8)
        self.form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.left, self.right = QHBoxLayout(), QHBoxLayout()

    def build(self, under: QWidget) -> None:
        """Put the parts in their places."""
        left, right, row = QVBoxLayout(), QVBoxLayout(), QHBoxLayout(self)
        left.addWidget(self.list, 1)
        self.left.addStretch(1)
        left.addLayout(self.left)
        right.addLayout(self.form)
        right.addWidget(under)
        right.addStretch(1)
        right.addLayout(self.right)
        row.setSpacing(12)
        row.addLayout(left, 3)
        row.addLayout(right, 4)

    def button(self, words: str, tip: str, pressed: Callable[[], None]) -> QPushButton:
        """A button that is not pressed by Enter elsewhere."""
        button = QPushButton(words, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(lambda _=False: pressed())
        return button

    def preset_box(self, tip: str, picked: Callable[[], None]) -> QComboBox:
        """All presets by name."""
        box = QComboBox(self)
        box.setAccessibleName("Preset")
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(18)
        box.activated.connect(lambda _: picked())
        return box

    def show_wall(self, wall: Wall) -> None:
        """The wall as it is wanted so far."""
        self.wall = wall
        self.list.show_lines(self._lines())
        self._show()

    def row(self, count: int) -> int | None:
        """The picked line of ``count``."""
        row = self.list.currentRow()
        return row if 0 <= row < count else None

    def _lines(self) -> list[str]:
        raise NotImplementedError

    def _show(self) -> None:
        raise NotImplementedError

    def _fill_box(self, box: QComboBox, name: str) -> None:
        box.blockSignals(True)
        box.clear()
        box.addItems([preset.name for preset in self.wall.presets])
        box.setCurrentIndex(box.findText(name, Qt.MatchFlag.MatchExactly))
        box.blockSignals(False)
