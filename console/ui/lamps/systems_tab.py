"""The lamp systems: how each is, what it says, and how to add the first."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedLayout,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.services.lamps import SystemView
from console.ui.lamps.words import cannot_end, power_words
from console.ui.plain import plain_label, plain_tip
from console.ui.theme import Theme

COLUMNS = ("System", "Lamps", "Faulty", "Power", "Energy", "State")
EMPTY = (
    "No lamp system yet.\n\n"
    "Lamps are added in the site file: a TALQ gateway, an MQTT broker, SNMP controllers or the relays of cameras. "
    "The help page Lamp systems, rights and patrols tells how."
)
_NAME = Qt.ItemDataRole.UserRole


class SystemsTab(QWidget):
    """Only the Qt thread."""

    refresh_wanted = Signal(str)
    help_wanted = Signal()

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._views: dict[str, SystemView] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._tree = QTreeWidget(self)
        self._log = QPlainTextEdit(self)
        self._refresh = QPushButton("Ask again", self)
        self._pages = QStackedLayout(self)
        self._build()

    def _build(self) -> None:
        tree = self._tree
        tree.setHeaderLabels(list(COLUMNS))
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setAccessibleName("Lamp systems")
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setStretchLastSection(True)
        tree.currentItemChanged.connect(self._show_log)
        self._log.setReadOnly(True)
        self._log.setTabChangesFocus(True)
        self._log.setAccessibleName("What the lamp system says")
        self._log.setPlaceholderText("This system has said nothing yet.")
        self._refresh.setToolTip("Read its lamps, states and faults anew")
        self._refresh.clicked.connect(self._ask)
        full = QWidget(self)
        column = QVBoxLayout(full)
        column.setContentsMargins(0, 4, 0, 0)
        split = QSplitter(Qt.Orientation.Vertical, full)
        split.addWidget(tree)
        split.addWidget(self._log)
        column.addWidget(split, 1)
        row = QHBoxLayout()
        row.setContentsMargins(0, 0, 6, 6)
        row.addStretch(1)
        row.addWidget(self._refresh)
        column.addLayout(row)
        empty = QWidget(self)
        middle = QVBoxLayout(empty)
        words = plain_label(empty, EMPTY)
        words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        words.setWordWrap(True)
        button = QPushButton("Help", empty)
        button.clicked.connect(self.help_wanted)
        middle.addStretch(1)
        middle.addWidget(words)
        middle.addWidget(button, 0, Qt.AlignmentFlag.AlignCenter)
        middle.addStretch(1)
        self._pages.addWidget(empty)
        self._pages.addWidget(full)

    @property
    def empty(self) -> bool:
        """Whether it says how to add one."""
        return self._pages.currentIndex() == 0

    def show_systems(self, views: Sequence[SystemView]) -> None:
        """All of them as they are now."""
        self._views = {view.name: view for view in views}
        self._pages.setCurrentIndex(1 if views else 0)
        if list(self._items) != [view.name for view in views]:
            self._tree.clear()
            self._items = {view.name: QTreeWidgetItem(self._tree) for view in views}
            for name, item in self._items.items():
                item.setData(0, _NAME, name)
        for view in views:
            item = self._items[view.name]
            energy = "–" if view.energy is None else f"{view.energy:.1f} kWh"
            texts = (
                view.name, str(view.lamps), f"▲ {view.faulty}" if view.faulty else "0", power_words(view.power),
                energy, self._state(view),
            )  # fmt: skip
            for column, text in enumerate(texts):
                if item.text(column) != text:
                    item.setText(column, text)
                    item.setToolTip(column, plain_tip(text))
            item.setForeground(2, self._theme.color("high" if view.faulty else "text"))
            bad = bool(view.trouble) or cannot_end(view.features)
            item.setForeground(5, self._theme.color("high" if bad else "text"))
        if self._tree.currentItem() is None and views:
            self._tree.setCurrentItem(self._items[views[0].name])
        self._show_log()

    def _state(self, view: SystemView) -> str:
        if view.trouble:
            return f"▲ {view.trouble}"
        if cannot_end(view.features):
            return "▲ takes no orders: nothing would end them if this computer died"
        if not view.features.expires:
            return "works; this computer's keeper ends its orders"
        return "works" if view.features.levels else "works; on and off only"

    def _current(self) -> SystemView | None:
        item = self._tree.currentItem()
        return None if item is None else self._views.get(item.data(0, _NAME))

    def _show_log(self) -> None:
        view = self._current()
        text = "" if view is None else "\n".join(view.log)
        if text != self._log.toPlainText():
            bar = self._log.verticalScrollBar()
            at_end = bar.value() >= bar.maximum()
            self._log.setPlainText(text)
            if at_end:
                bar.setValue(bar.maximum())
        self._refresh.setEnabled(view is not None)

    def _ask(self) -> None:
        view = self._current()
        if view is not None:
            self.refresh_wanted.emit(view.name)
