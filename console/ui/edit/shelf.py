"""The left of edit mode: cameras with a search box, and the other things that a tile can hold. All can be dragged."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QMimeData, QModelIndex, QPersistentModelIndex, QSortFilterProxyModel, Qt, Signal
from PySide6.QtGui import QKeyEvent, QStandardItem, QStandardItemModel
from PySide6.QtWidgets import QAbstractItemView, QLabel, QLineEdit, QListView, QVBoxLayout, QWidget

from console.model.items import CameraItem, Item
from console.model.site import Camera
from console.ui.edit.drags import mime_of
from console.ui.plain import plain_tip

_NUMBER = Qt.ItemDataRole.UserRole + 1
_KIND = Qt.ItemDataRole.UserRole + 2
_WORDS = Qt.ItemDataRole.UserRole + 3

KINDS: tuple[tuple[str, str, str], ...] = (
    ("map", "Map", "The map of the site"),
    ("web", "Web page", "A page that the site allows"),
    ("picture", "Picture", "A plan or a logo from a file"),
    ("text", "Text", "A few words, as large as the tile allows"),
    ("clock", "Clock", "The time here, or in another zone"),
    ("alarms", "Alarm list", "What is wrong now"),
    ("tour", "Tour", "One camera after the other"),
)
"""Kind, name and what it is."""


class _Model(QStandardItemModel):
    """Rows that can be dragged."""

    def mimeTypes(self) -> list[str]:
        """What a drag carries; see ``drags``."""
        return mime_of([1], "map").formats()

    def supportedDragActions(self) -> Qt.DropAction:
        """Only copies: what is dragged away stays in the list, whatever keys are held."""
        return Qt.DropAction.CopyAction

    def mimeData(self, indexes: Sequence[QModelIndex]) -> QMimeData:
        """The cameras of the drag, or the kind of item."""
        numbers = [number for index in indexes if isinstance(number := index.data(_NUMBER), int)]
        kinds = [kind for index in indexes if isinstance(kind := index.data(_KIND), str)]
        return mime_of(numbers, kinds[0] if kinds else "")


class _List(QListView):
    """A list whose Enter does what a drop on the picked tile would; with Alt as a tour."""

    entered = Signal(bool)

    def __init__(self, many: bool, parent: QWidget) -> None:
        super().__init__(parent)
        modes = QAbstractItemView.SelectionMode
        self.setSelectionMode(modes.ExtendedSelection if many else modes.SingleSelection)
        self.setDragEnabled(True)
        self.setDragDropMode(QAbstractItemView.DragDropMode.DragOnly)
        self.setUniformItemSizes(True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.doubleClicked.connect(lambda _: self.entered.emit(False))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter takes what is picked."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.entered.emit(bool(event.modifiers() & Qt.KeyboardModifier.AltModifier))
            return
        super().keyPressEvent(event)


class _Found(QSortFilterProxyModel):
    """Cameras whose number, name or address holds each word that was typed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._wanted: tuple[str, ...] = ()

    def look_for(self, text: str) -> None:
        """Show what holds all these words."""
        self._wanted = tuple(text.casefold().split())
        self.invalidate()

    def filterAcceptsRow(self, row: int, parent: QModelIndex | QPersistentModelIndex) -> bool:
        """Whether a camera is shown."""
        words = self.sourceModel().index(row, 0, parent).data(_WORDS)
        return all(word in words for word in self._wanted)


class Shelf(QWidget):
    """Only the Qt thread. ``chosen`` gives items, a kind ("" for cameras) and whether they are to be a tour."""

    chosen = Signal(object, str, bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("panel")
        self.search = QLineEdit(self)
        self.search.setPlaceholderText("Search cameras")
        self.search.setClearButtonEnabled(True)
        self.search.setAccessibleName("Search cameras")
        self.search.setToolTip("Name, number or address (Ctrl+F). Down leads to the list")
        self._model, self._found = _Model(self), _Found(self)
        self._found.setSourceModel(self._model)
        self.cameras = _List(many=True, parent=self)
        self.cameras.setModel(self._found)
        self.cameras.setAccessibleName("Cameras")
        self.cameras.setToolTip(
            "Drag cameras onto a tile; several fill the free tiles that follow, with Alt they become a tour. "
            "By keys: Shift+arrows pick several, Enter puts them on the picked tile, Alt+Enter as a tour"
        )
        self.items = _List(many=False, parent=self)
        self.items.setAccessibleName("Other things for tiles")
        self.items.setToolTip("Drag onto a tile, or Enter for the picked tile (Ctrl+J leads here)")
        self._items = _Model(self)
        for kind, name, what in KINDS:
            row = QStandardItem(name)
            row.setData(kind, _KIND)
            row.setToolTip(what)
            self._items.appendRow(row)
        self.items.setModel(self._items)
        self.items.setCurrentIndex(self._items.index(0, 0))
        self._none = QLabel("", self)
        self._none.setObjectName("dim")
        self._none.setWordWrap(True)
        self._build()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(_heading("Cameras", self))
        column.addWidget(self.search)
        column.addWidget(self.cameras, 1)
        column.addWidget(self._none)
        column.addWidget(_heading("Other things", self))
        column.addWidget(self.items)
        rows = self.items.sizeHintForRow(0) * len(KINDS) + 2 * self.items.frameWidth() + 6
        self.items.setFixedHeight(max(120, rows))
        hint = QLabel("Drag onto a tile. Several cameras fill the free tiles that follow; with Alt they become a tour.")
        hint.setObjectName("dim")
        hint.setWordWrap(True)
        column.addWidget(hint)
        self.search.textChanged.connect(self._look)
        self.search.returnPressed.connect(self._first)
        self.cameras.entered.connect(self._chosen_cameras)
        self.items.entered.connect(self._chosen_item)

    def show_cameras(self, cameras: Sequence[Camera]) -> None:
        """The cameras of the site."""
        self._model.clear()
        for camera in cameras:
            row = QStandardItem(f"{camera.number}  {camera.name}")
            row.setData(camera.number, _NUMBER)
            row.setData(f"{camera.number} {camera.name} {camera.address}".casefold(), _WORDS)
            row.setToolTip(plain_tip(camera.name))
            self._model.appendRow(row)
        self._look(self.search.text())

    def picked_cameras(self) -> list[Item]:
        """Those that are picked in the list, from top to bottom."""
        rows = sorted(self.cameras.selectionModel().selectedIndexes(), key=lambda index: index.row())
        return [CameraItem(number) for row in rows if isinstance(number := row.data(_NUMBER), int)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Down leads from the search box to the list."""
        if event.key() == Qt.Key.Key_Down and self.search.hasFocus():
            self._first()
            return
        super().keyPressEvent(event)

    def _look(self, text: str) -> None:
        self._found.look_for(text)
        count = self._found.rowCount()
        if count:
            self._none.setText("")
        elif self._model.rowCount():
            self._none.setText("No camera is called that. Fewer letters find more.")
        else:
            self._none.setText("There are no cameras yet. Ctrl+N on the desk adds some.")
        self._none.setVisible(not count)

    def _first(self) -> None:
        if self._found.rowCount():
            self.cameras.setFocus()
            if not self.cameras.selectionModel().hasSelection():
                self.cameras.setCurrentIndex(self._found.index(0, 0))

    def _chosen_cameras(self, tour: bool) -> None:
        items = self.picked_cameras()
        if items:
            self.chosen.emit(items, "", tour)

    def _chosen_item(self, tour: bool) -> None:
        kind = self.items.currentIndex().data(_KIND)
        if isinstance(kind, str):
            self.chosen.emit([], kind, tour)


def _heading(words: str, parent: QWidget) -> QLabel:
    label = QLabel(words, parent)
    label.setObjectName("heading")
    return label
