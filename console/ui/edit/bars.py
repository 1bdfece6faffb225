"""The lines above and below the canvas: which layout, its history, what can be done, and what there is to say."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenu,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from console.model.layout import PRESETS, Layout
from console.ui.actions import Action
from console.ui.edit.words import WordsError, grid_of
from console.ui.plain import plain_label


def button_for(action: Action, parent: QWidget, words: str = "") -> QPushButton:
    """A button whose tool tip names the key; clicks leave the focus where it is, Tab reaches it."""
    button = QPushButton(words or action.name, parent)
    button.setToolTip(f"{action.name} ({action.key})" if action.key else action.name)
    button.setAccessibleName(action.name)
    button.setAutoDefault(False)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    button.clicked.connect(lambda _=False: action.run())
    return button


def row_of(parts: Iterable[QWidget | None], parent: QWidget) -> QWidget:
    """Parts in a line; None is room."""
    bar = QWidget(parent)
    bar.setObjectName("panel")
    row = QHBoxLayout(bar)
    row.setContentsMargins(8, 6, 8, 6)
    row.setSpacing(6)
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(part)
    return bar


class LayoutLine(QWidget):
    """Which layout is edited, and its name."""

    open_wanted = Signal(str)
    renamed = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.box = QComboBox(self)
        self.box.setAccessibleName("Layout to edit")
        self.box.setToolTip("The layout that is edited (Ctrl+O)")
        self.box.setPlaceholderText("not published yet")
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(12)
        self.box.activated.connect(lambda row: self.open_wanted.emit(self.box.itemText(row)))
        self.name = QLineEdit(self)
        self.name.setMaxLength(80)
        self.name.setMinimumWidth(110)
        self.name.setAccessibleName("Name of the layout")
        self.name.setToolTip("The name of the layout (F2). It is renamed when it is published")
        self.name.editingFinished.connect(lambda: self.renamed.emit(self.name.text()))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        for words, field in (("Layout", self.box), ("Name", self.name)):
            label = QLabel(words, self)
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field)

    def show_names(self, names: Sequence[str], opened: str | None) -> None:
        """The layouts that there are, and the one that is edited."""
        self.box.blockSignals(True)
        self.box.clear()
        self.box.addItems(list(names))
        self.box.setCurrentIndex(-1 if opened is None else self.box.findText(opened, Qt.MatchFlag.MatchExactly))
        self.box.blockSignals(False)

    def show_name(self, name: str) -> None:
        """The draft's name."""
        if self.name.text() != name:
            self.name.setText(name)


class SayLine(QWidget):
    """The bottom line: a sentence, and how things stand."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.words = plain_label(self)
        self.words.setAccessibleName("What there is to say")
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.words.setMinimumHeight(self.words.fontMetrics().height())
        self.state = plain_label(self)
        self.state.setObjectName("dim")
        self.state.setAccessibleName("Draft")
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 6, 10, 6)
        row.addWidget(self.words, 1)
        row.addWidget(self.state)

    def say(self, sentence: str) -> None:
        """A sentence, until the next; "" takes it away."""
        self.words.setText(sentence)
        self.words.setToolTip(sentence)


class SplitDialog(QDialog):
    """How many columns and rows the picked tiles are to be split into."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Split into a grid")
        self.parts = (3, 3)
        self.line = QLineEdit("3 x 3", self)
        self.line.setMaxLength(12)
        self.line.setAccessibleName("Columns x rows")
        self.line.setToolTip("Columns and rows, such as 3 x 2, then Enter")
        self.words = plain_label(self)
        self.words.setWordWrap(True)
        self.words.setMinimumSize(280, 2 * self.words.fontMetrics().lineSpacing())
        form = QFormLayout(self)
        form.addRow("&Columns x rows", self.line)
        form.addRow(self.words)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Ok | QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Ok).setText("&Split")
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form.addRow(buttons)
        self.line.selectAll()

    def accept(self) -> None:
        """Only what can be understood."""
        try:
            self.parts = grid_of(self.line.text())
        except WordsError as error:
            self.words.setText(str(error))
            return
        super().accept()


def division_menu(parent: QWidget, chosen: Callable[[Layout], object]) -> QMenu:
    """The divisions that are always there, each with a letter or digit of its own."""
    menu = QMenu("Divide as", parent)
    menu.setAccessibleName("Divide the monitor as")
    for pattern in PRESETS:
        words = f"{pattern.rows} x {pattern.columns}" if "+" not in pattern.name else pattern.name.replace("+", " and ")
        action = menu.addAction(words)
        action.setData(pattern.name)
        action.triggered.connect(lambda _=False, pattern=pattern: chosen(pattern))
    return menu


def seen(box: QCheckBox) -> QCheckBox:
    """The same box with an outline that can be seen: Fusion takes a darker shade of the window for it, which on a dark
    window is none."""
    palette = box.palette()
    palette.setColor(QPalette.ColorRole.Window, palette.color(QPalette.ColorRole.PlaceholderText).lighter(150))
    box.setPalette(palette)
    return box


def check_box(words: str, tip: str, parent: QWidget) -> QCheckBox:
    """A check box that is on."""
    box = seen(QCheckBox(words, parent))
    box.setToolTip(tip)
    box.setChecked(True)
    return box
