"""The parts of edit mode's window and where they lie; what leads the hands from one to the other."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu, QSplitter, QVBoxLayout, QWidget

from console.model.items import Item
from console.model.layout import Layout
from console.model.monitor import MonitorState
from console.ui.actions import Action, Actions
from console.ui.edit.asking import Answer, ask
from console.ui.edit.bars import (
    LayoutLine,
    SayLine,
    SplitDialog,
    button_for,
    check_box,
    division_menu,
    row_of,
)
from console.ui.edit.canvas import Canvas
from console.ui.edit.canvas_paint import Still
from console.ui.edit.draft import Draft
from console.ui.edit.properties import Properties
from console.ui.edit.shelf import Shelf
from console.ui.edit.stage import PreviewOf, Stage
from console.ui.theme import Theme

type Ask = Callable[[QWidget, str, Sequence[Answer]], Answer]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What edit mode asks of the rest of the house, all on the Qt thread and none of it waiting.

    ``state``: what the monitor shows now; ``still``: the last picture of a camera; ``preview``: a widget that shows a
    state with live pictures; ``keep_draft``: writes the draft down in case of a crash (None: there is none any more);
    ``ask``: asks before something is lost; ``clock``: monotonic seconds."""

    state: Callable[[], MonitorState]
    still: Still
    preview: PreviewOf
    keep_draft: Callable[[Layout | None], None] = field(default=lambda layout: None)
    ask: Ask = ask
    clock: Callable[[], float] = time.monotonic


class EditFrame(QMainWindow):
    """Only the Qt thread. EditWindow says what all of it does to layouts."""

    def __init__(
        self, layout: Layout, theme: Theme, around: Surroundings, monitor: str, aspect: float,
        draft: Layout | None, pictures: Sequence[str], parent: QWidget | None,
    ) -> None:  # fmt: skip
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(1600, 900)
        self._around, self._monitor = around, monitor
        self._names: dict[int, str] = {}
        fresh = draft or layout
        saved = replace(layout, name=fresh.name)  # until the stored layouts are known
        self.draft = Draft(fresh, saved, parent=self)
        self.actions_known = Actions()
        name_of = self._names.get
        self.canvas = Canvas(self.draft, theme, aspect, name_of, around.still, self.actions_known, self._shown, self)
        self.stage = Stage(self.canvas, aspect, around.preview, around.clock, self)
        self.shelf = Shelf(self)
        self.properties = Properties(self.draft, name_of, pictures, self)
        self.line = LayoutLine(self)
        self.bottom = SayLine(self)
        self.show_it = check_box(f"Sho&w on {monitor}", f"Show the layout on {monitor} when it is published", self)
        self._divisions = division_menu(self, self.draft.divide_as)

    def _build(self, actions: Sequence[Action]) -> None:
        known = {action.name: action for action in actions}
        self.actions_known.add(*known.values())
        for action in known.values():
            if action.anywhere and action.keys:
                shortcut = QAction(action.name, self)
                shortcut.setShortcuts([QKeySequence(key) for key in action.keys])
                shortcut.triggered.connect(lambda _=False, run=action.run: run())
                self.addAction(shortcut)

        def button(name: str, words: str = "") -> QWidget:
            return button_for(known[name], self, words)

        self._undo = button_for(known["Undo"], self)
        self._redo = button_for(known["Redo"], self)
        for wide in (self._undo, self._redo):
            wide.setMinimumWidth(wide.fontMetrics().horizontalAdvance("Undo put camera 123") + 10)
        self._revert = button_for(known["Revert to what is published"], self, "Revert")
        self._preview = button_for(known["Preview with live pictures"], self, "Preview")
        self._delete = button_for(known["Delete this layout"], self, "Delete")
        self._publish = button_for(known["Publish"], self)
        top = row_of(
            [
                self.line, button("New layout", "New"), button("Duplicate this layout", "Duplicate"), self._delete,
                None, self._undo, self._redo, self._revert, None, self._preview, self.show_it, self._publish,
            ],
            self,
        )  # fmt: skip
        self._shape = row_of(
            [
                button("Split side by side", "Split │"), button("Split one above the other", "Split ─"),
                button("Split into a grid", "Split…"), button("Merge the picked tiles", "Merge"),
                button("Divide as", "Divide as…"), button("Equal sizes"), None,
                button("Clear the picked tiles", "Clear"), button("Hotspot on or off", "Hotspot"),
                button("Take what the wall shows", "Take from the wall"),
            ],
            self,
        )  # fmt: skip
        middle = QWidget(self)
        column = QVBoxLayout(middle)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(self._shape)
        column.addWidget(self.stage, 1)
        self._panes = QSplitter(self)
        self._panes.setHandleWidth(1)
        self._panes.setChildrenCollapsible(False)
        for pane in (self.shelf, middle, self.properties):
            self._panes.addWidget(pane)
        self._panes.setStretchFactor(1, 1)
        self.shelf.setMinimumWidth(200)
        self._panes.setSizes([260, 1000, 300])
        whole = QWidget(self)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(1)
        column.addWidget(top)
        column.addWidget(self._panes, 1)
        column.addWidget(self.bottom)
        self.setCentralWidget(whole)
        self._order(top, self._shape)

    def _order(self, *bars: QWidget) -> None:
        """Tab goes as the eye does: the bars, then left, middle, right."""
        shelf, properties = self.shelf, self.properties
        chain: list[QWidget] = [self.line.box, self.line.name]
        for bar in bars:
            row = bar.layout()
            parts = [item.widget() for at in range(row.count()) if (item := row.itemAt(at)) is not None] if row else []
            chain += [part for part in parts if part is not None and part is not self.line]
        chain += [shelf.search, shelf.cameras, shelf.items, self.canvas, properties.hotspot, properties.kind]
        for before, after in pairwise(chain):
            QWidget.setTabOrder(before, after)

    # Hands

    def properties_wanted(self) -> None:
        """What the picked tile holds is to be edited."""
        self._edit("")

    def _edit(self, kind: str) -> None:
        self.properties.edit(kind)

    def _chosen(self, items: list[Item], kind: str, tour: bool) -> None:
        if not self.stage.previewing:
            self.canvas.place(self.draft.current, items, kind, tour)

    def _menu(self, where: QPoint) -> None:
        menu = QMenu(self)
        for action in self.actions_known:
            if action.on_tile:
                entry = menu.addAction(action.name)
                entry.setShortcut(QKeySequence(action.key))
                entry.setShortcutVisibleInContextMenu(True)
                entry.triggered.connect(lambda _=False, run=action.run: run())
        menu.addSeparator()
        menu.addMenu(self._divisions)
        menu.popup(where)

    def _divide(self) -> None:
        self._divisions.popup(self.canvas.mapToGlobal(QPoint(20, 20)))
        self._divisions.setActiveAction(self._divisions.actions()[0])

    def _split(self) -> None:
        dialog = SplitDialog(self)
        if dialog.exec():
            self.draft.split(*dialog.parts)
        dialog.deleteLater()

    def _choose(self) -> None:
        self.line.box.setFocus()
        self.line.box.showPopup()

    def _rename(self) -> None:
        self.line.name.setFocus()
        self.line.name.selectAll()

    def _search(self) -> None:
        self.shelf.search.setFocus()
        self.shelf.search.selectAll()

    def _shown(self) -> dict[int, Item]:
        """What the wall has on the tiles of the draft now; only while it is divided alike."""
        state = self._around.state()
        if [cell.place for cell in state.layout.cells] != [cell.place for cell in self.draft.layout.cells]:
            return {}
        items = ((tile, state.item(tile)) for tile in range(len(state.layout.cells)))
        return {tile: item for tile, item in items if item is not None}
