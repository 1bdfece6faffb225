"""The device tree: cameras of the site with their state at a glance, and what was found and not added."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QLabel, QLineEdit, QTreeView, QVBoxLayout, QWidget

from console.model.site import Camera
from console.model.tile_state import TileState, TileVerdict
from console.ui.plain import plain_tip
from console.ui.theme import Theme
from console.ui.wall.surface_input import CAMERA_MIME
from console.ui.wall.tile_view import STATE_COLOURS
from drivers.types import Discovered

NUMBER = Qt.ItemDataRole.UserRole + 1
FOUND_ID = Qt.ItemDataRole.UserRole + 2
WORDS = Qt.ItemDataRole.UserRole + 3
"""What a search looks through."""

SIGNS = {
    TileState.EMPTY: "–",
    TileState.CONNECTING: "○",
    TileState.LIVE: "●",
    TileState.STALE: "▨",
    TileState.REFUSED: "⊘",
    TileState.NO_SIGNAL: "✕",
}


class DeviceModel(QStandardItemModel):
    """Rows of the tree; drags carry camera numbers."""

    def mimeTypes(self) -> list[str]:
        """What a drag carries."""
        return [CAMERA_MIME]

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The numbers of the dragged cameras."""
        numbers = [str(number) for index in indexes if (number := index.data(NUMBER)) is not None]
        mime = QMimeData()
        mime.setData(CAMERA_MIME, " ".join(dict.fromkeys(numbers)).encode("ascii"))
        return mime


class DevicePanel(QWidget):
    """Search box and tree. Only the Qt thread."""

    camera_chosen = Signal(int)
    """Double click or Enter: put it on the wall."""
    camera_selected = Signal(int)
    found_chosen = Signal(str)

    def __init__(self, theme: Theme, verdict_of: Callable[[int], TileVerdict | None]) -> None:
        super().__init__()
        self.setObjectName("panel")
        self._theme, self._verdict_of = theme, verdict_of
        self._model = DeviceModel()
        self._model.setHorizontalHeaderLabels(["Device", "State"])
        self._cameras, self._found = QStandardItem("Cameras"), QStandardItem("Found, not added")
        self._proxy = QSortFilterProxyModel(self)
        self._proxy.setSourceModel(self._model)
        self._proxy.setRecursiveFilteringEnabled(True)
        self._proxy.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        self._proxy.setFilterKeyColumn(-1)
        self._proxy.setFilterRole(WORDS)
        self._search = QLineEdit(self)
        self._search.setPlaceholderText("Search devices")
        self._search.setClearButtonEnabled(True)
        self._search.setToolTip("Name, number, address or state (Ctrl+F)")
        self._search.setAccessibleName("Search devices")
        self._tree = _Tree(self)
        self._tree.setModel(self._proxy)
        self._hint = QLabel(self)
        self._hint.setWordWrap(True)
        self._hint.setObjectName("dim")
        self._items: dict[int, tuple[QStandardItem, QStandardItem]] = {}
        self._filling = False
        self._build()

    def _build(self) -> None:
        for group in (self._cameras, self._found):
            group.setEditable(False)
            group.setDragEnabled(False)
            blank = QStandardItem("")
            blank.setEditable(False)
            self._model.appendRow([group, blank])
        header = self._tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.ResizeToContents)
        self._tree.expandAll()
        column = QVBoxLayout(self)
        column.setContentsMargins(6, 6, 6, 6)
        column.setSpacing(6)
        for part in (self._search, self._tree, self._hint):
            column.addWidget(part, 1 if part is self._tree else 0)
        self._search.textChanged.connect(self._filter)
        self._tree.activated.connect(self._activated)
        self._tree.selectionModel().currentChanged.connect(self._current)

    def show_cameras(self, cameras: Sequence[Camera]) -> None:
        """The cameras of the site. What was selected stays selected, so that cameras that come do not disturb."""
        current = self._tree.currentIndex().data(NUMBER)
        opened = self._is_open(self._cameras)
        self._filling = True
        self._cameras.removeRows(0, self._cameras.rowCount())
        self._items.clear()
        for camera in cameras:
            name = QStandardItem(f"{camera.number}  {camera.name}")
            state = QStandardItem("–")
            for item in (name, state):
                item.setEditable(False)
                item.setData(camera.number, NUMBER)
            name.setToolTip(plain_tip(f"{camera.name}\n{camera.manufacturer} {camera.model}\n{camera.address}"))
            name.setData(f"{camera.number} {camera.name} {camera.address}", WORDS)
            self._cameras.appendRow([name, state])
            self._items[camera.number] = (name, state)
        self._cameras.setText(f"Cameras ({len(cameras)})")
        self._tree.setExpanded(self._proxy.mapFromSource(self._cameras.index()), opened)
        if current in self._items:
            self._tree.setCurrentIndex(self._proxy.mapFromSource(self._items[current][0].index()))
        self._filling = False
        self.refresh()

    def show_found(self, found: Sequence[Discovered]) -> None:
        """What answers on the network and is not added."""
        opened = self._is_open(self._found)
        self._found.removeRows(0, self._found.rowCount())
        for device in found:
            name, where = QStandardItem(device.name or device.address), QStandardItem(device.address)
            for item in (name, where):
                item.setEditable(False)
                item.setDragEnabled(False)
                item.setData(device.id, FOUND_ID)
            name.setToolTip(plain_tip(f"{device.kind.value} by {device.source.value}\n" + "\n".join(device.xaddrs[:3])))
            name.setData(f"{device.name} {device.address}", WORDS)
            self._found.appendRow([name, where])
        self._found.setText(f"Found, not added ({len(found)})")
        self._tree.setExpanded(self._proxy.mapFromSource(self._found.index()), opened)
        self._hint.setText("" if self._items or found else "Nothing found yet. Is the network cable in?")
        self._hint.setVisible(bool(self._hint.text()))

    def refresh(self) -> None:
        """Bring the states up to date."""
        for number, (_, state) in self._items.items():
            verdict = self._verdict_of(number)
            tile_state = TileState.EMPTY if verdict is None else verdict.state
            text = "–" if verdict is None else f"{SIGNS[tile_state]} {verdict.state.value}"
            if state.text() != text:
                state.setText(text)
                state.setData(text, WORDS)
                state.setForeground(self._theme.color(STATE_COLOURS[tile_state]))
                state.setToolTip(
                    "not on the wall" if verdict is None else plain_tip(verdict.detail or verdict.headline)
                )

    def focus_search(self) -> None:
        """Put the cursor into the search box."""
        self._search.setFocus()
        self._search.selectAll()

    def _is_open(self, group: QStandardItem) -> bool:
        """Whether a group's rows are to be seen: one that the user closed stays closed, unless a search is on."""
        closed = group.rowCount() and not self._tree.isExpanded(self._proxy.mapFromSource(group.index()))
        return bool(self._search.text()) or not closed

    def _filter(self, text: str) -> None:
        self._proxy.setFilterFixedString(text.strip())
        self._tree.expandAll()

    def _activated(self, index: QModelIndex) -> None:
        number, found = index.data(NUMBER), index.data(FOUND_ID)
        if number is not None:
            self.camera_chosen.emit(number)
        elif found is not None:
            self.found_chosen.emit(found)

    def _current(self, index: QModelIndex | QPersistentModelIndex) -> None:
        number = index.data(NUMBER)
        if number is not None and not self._filling:
            self.camera_selected.emit(number)


class _Tree(QTreeView):
    """Enter activates, several can be dragged."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setUniformRowHeights(True)
        self.setAccessibleName("Devices")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter puts the camera on the wall."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.activated.emit(self.currentIndex())
            return
        super().keyPressEvent(event)
