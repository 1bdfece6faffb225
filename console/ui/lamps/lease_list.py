"""Who lights what until when: the leases, how each goes, what failed and why, and the ways to end or repeat it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QStringListModel, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QListView,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from console.model.lamp_leases import LampRef
from console.services.lamps import LeaseView
from console.ui.lamps.words import clock, lamps_words, left_words, progress_words, return_words
from console.ui.plain import plain_label, plain_tip
from console.ui.theme import Theme

COLUMNS = ("Who", "Lamps", "Level", "Left", "How it goes", "Then", "Why")
_ID = Qt.ItemDataRole.UserRole


class LeaseList(QWidget):
    """Only the Qt thread. Wishes leave it as signals with the lease's id."""

    try_again_wanted = Signal(str)
    release_wanted = Signal(str)
    lamps_wanted = Signal(object)
    """Lamps to be shown as chosen."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._views: dict[str, LeaseView] = {}
        self._names: dict[LampRef, str] = {}
        self._items: dict[str, QTreeWidgetItem] = {}
        self._tree = QTreeWidget(self)
        self._failures = QStringListModel(self)
        self._failed = QListView(self)
        self._heading = plain_label(self)
        self._again, self._release = QPushButton("Try again", self), QPushButton("Release", self)
        self._show_lamps = QPushButton("Choose its lamps", self)
        self._build()

    def _build(self) -> None:
        tree = self._tree
        tree.setHeaderLabels(list(COLUMNS))
        tree.setRootIsDecorated(False)
        tree.setUniformRowHeights(True)
        tree.setAccessibleName("Who lights which lamps")
        tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        tree.header().setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        tree.header().setStretchLastSection(True)
        tree.currentItemChanged.connect(self._refresh_below)
        tree.itemActivated.connect(lambda: self._choose())
        self._failed.setModel(self._failures)
        self._failed.setUniformItemSizes(True)
        self._failed.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self._failed.setAccessibleName("Lamps that did not obey")
        self._again.clicked.connect(self._want_again)
        self._release.clicked.connect(self._want_release)
        self._show_lamps.clicked.connect(self._choose)
        below = QWidget(self)
        column = QVBoxLayout(below)
        column.setContentsMargins(0, 4, 0, 0)
        row = QHBoxLayout()
        row.setContentsMargins(8, 0, 6, 0)
        row.addWidget(self._heading, 1)
        for button in (self._show_lamps, self._again, self._release):
            row.addWidget(button)
        column.addLayout(row)
        column.addWidget(self._failed)
        split = QSplitter(Qt.Orientation.Vertical, self)
        split.addWidget(tree)
        split.addWidget(below)
        split.setStretchFactor(0, 1)
        split.setSizes([320, 240])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 4, 0, 0)
        whole.addWidget(split)
        self._heading.setWordWrap(True)
        self._refresh_below()

    @property
    def current(self) -> LeaseView | None:
        """The lease that is looked at."""
        item = self._tree.currentItem()
        return None if item is None else self._views.get(item.data(0, _ID))

    def show_leases(self, views: Sequence[LeaseView], now: datetime, names: dict[LampRef, str]) -> None:
        """All that hold; rows stay where they are."""
        self._views = {view.lease.id: view for view in views}
        self._names = names
        for lease_id in [each for each in self._items if each not in self._views]:
            self._tree.takeTopLevelItem(self._tree.indexOfTopLevelItem(self._items.pop(lease_id)))
        for view in views:
            if view.lease.id not in self._items:
                item = self._items[view.lease.id] = QTreeWidgetItem(self._tree)
                item.setData(0, _ID, view.lease.id)
        if self._tree.currentItem() is None and views:
            self._tree.setCurrentItem(self._items[views[-1].lease.id])
        self.tell_time(now)
        self._refresh_below()

    def tell_time(self, now: datetime) -> None:
        """Count down."""
        for lease_id, item in self._items.items():
            self._write(item, self._views[lease_id], now)

    def select(self, lease_id: str) -> None:
        """Look at this one."""
        if lease_id in self._items:
            self._tree.setCurrentItem(self._items[lease_id])

    # Inside

    def _write(self, item: QTreeWidgetItem, view: LeaseView, now: datetime) -> None:
        lease = view.lease
        station = f" at {lease.holder.station}" if lease.holder.station else ""
        texts = (
            f"{lease.holder.name}{station}",
            str(view.total),
            f"{lease.level:.0f} %",
            left_words(lease.left(now)),
            progress_words(view),
            return_words(view),
            lease.reason,
        )
        for column, text in enumerate(texts):
            if item.text(column) != text:
                item.setText(column, text)
                item.setToolTip(column, plain_tip(f"until {clock(lease.until)}" if column == 3 else text))
        item.setForeground(4, self._theme.color("high" if view.bad else "text"))

    def _refresh_below(self) -> None:
        view = self.current
        bad = {} if view is None else view.bad
        lines = [f"▲ {self._names.get(ref, ref[1])} ({ref[0]}): {why}" for ref, why in sorted(bad.items())]
        if lines != self._failures.stringList():
            self._failures.setStringList(lines)
        if not self._views:
            words = "Nobody lights lamps now: all of them follow their own programme."
        elif view is None:
            words = "Choose an order above."
        elif not bad:
            words = f"{view.lease.holder.name}: no lamp failed."
        else:
            words = f"{lamps_words(len(bad))} of {view.total} did not obey. Nothing is sent again by itself."
        if words != self._heading.text():
            self._heading.setText(words)
        self._again.setVisible(bool(bad))
        self._again.setText(f"Try {lamps_words(len(bad))} again")
        for button in (self._release, self._show_lamps):
            button.setVisible(view is not None)

    def _want_again(self) -> None:
        view = self.current
        if view is not None:
            self.try_again_wanted.emit(view.lease.id)

    def _want_release(self) -> None:
        view = self.current
        if view is not None:
            self.release_wanted.emit(view.lease.id)

    def _choose(self) -> None:
        view = self.current
        if view is not None:
            self.lamps_wanted.emit(view.lease.lamps)
