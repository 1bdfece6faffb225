"""The mouse on one monitor of the wall: select, maximise, drag cameras and tiles, zoom, the menu."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QByteArray, QMimeData, QObject, QPoint, Qt
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QMenu, QToolTip

from console.ui.actions import Actions
from console.ui.plain import plain_tip
from console.ui.wall.controller import WallController
from console.ui.wall.room import WallRoom
from console.ui.wall.surface_input import TILE_MIME

LOCKED = "The layout is locked, so tiles stay where they are. Ctrl+L unlocks it, Ctrl+E edits it."


class WallHands(QObject):
    """Lives on the Qt thread as long as its controller. ``note`` takes a sentence for the operator."""

    def __init__(
        self, room: WallRoom, controller: WallController, actions: Actions, locked: Callable[[], bool],
        note: Callable[[str], None],
    ) -> None:  # fmt: skip
        super().__init__(controller)
        self._room, self._wall, self._actions, self._locked, self._note = room, controller, actions, locked, note
        surface = controller.surface
        surface.tile_clicked.connect(self._clicked)
        surface.tile_activated.connect(self._activated)
        surface.tile_menu.connect(self._menu)
        surface.dropped_cameras.connect(self._dropped_cameras)
        surface.dropped_tile.connect(self._dropped_tile)
        surface.drag_wanted.connect(self._drag_tile)
        surface.hint_wanted.connect(self._hint)

    def _take(self) -> None:
        self._room.activate(self._room.number_of(self._wall))

    def _clicked(self, tile: int) -> None:
        self._take()
        self._wall.go(self._wall.state.chosen(tile))

    def _activated(self, tile: int) -> None:
        self._take()
        self._wall.go(self._wall.state.chosen(tile).toggled())

    def _dropped_cameras(self, cameras: list[int], tile: int) -> None:
        """The first onto this tile, the others onto those after it; one step to undo."""
        self._take()
        state = self._wall.state
        places = state.shown[state.shown.index(tile) :]
        for camera, place in zip(cameras, places, strict=False):
            state = state.placed(camera, place)
        self._wall.go(state.chosen(tile))
        self._wall.surface.setFocus()  # the drag began elsewhere; what is typed next is for the wall

    def _dropped_tile(self, source: int, tile: int) -> None:
        if self._locked():
            self._note(LOCKED)
            return
        self._take()
        if source < len(self._wall.state.layout.cells):
            self._wall.go(self._wall.state.swapped(source, tile))

    def _drag_tile(self, tile: int) -> None:
        if self._wall.state.item(tile) is None or self._wall.state.maximised is not None:
            return
        mime = QMimeData()
        mime.setData(TILE_MIME, QByteArray(str(tile).encode()))
        drag = QDrag(self._wall.surface)
        drag.setMimeData(mime)
        drag.exec(Qt.DropAction.MoveAction)

    def _menu(self, tile: int, where: QPoint) -> None:
        """Everything that can be done to this tile, with its keys."""
        self._clicked(tile)
        menu = QMenu(self._wall.surface)
        menu.setToolTipsVisible(True)
        for action in self._actions:
            if action.on_tile and action.possible():
                entry = menu.addAction(f"{action.name}\t{action.key}" if action.key else action.name)
                entry.triggered.connect(action.run)
        menu.exec(where)
        menu.deleteLater()

    def _hint(self, camera: int, where: QPoint) -> None:
        QToolTip.showText(where, plain_tip(self._wall.describe(camera)), self._wall.surface)
