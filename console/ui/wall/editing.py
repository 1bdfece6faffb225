"""Edit mode on this console: opens the edit window for the monitor that the hands are on and does what it wishes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from console.model.layout import Layout
from console.model.monitor import MonitorState
from console.model.publish import republished
from console.model.site import Camera
from console.services.layout_book import LayoutBook
from console.store.layout_library import Shelved
from console.ui.actions import Action
from console.ui.bridge import Bridge
from console.ui.edit.frame import Surroundings
from console.ui.edit.stage import Preview
from console.ui.edit.window import EditWindow
from console.ui.theme import Theme
from console.ui.wall.controller import WallController
from console.ui.wall.room import WallRoom


class Editing(QObject):
    """Lives on the Qt thread. There is one edit window at a time."""

    def __init__(
        self,
        room: WallRoom,
        book: LayoutBook,
        cameras: Callable[[], Sequence[Camera]],
        preview: Callable[[MonitorState], WallController],
        pictures: Path,
        theme: Theme,
        bridge: Bridge,
        window: QWidget,
        show_help: Callable[[], None],
    ) -> None:
        """``preview`` makes a surface with live pictures; ``pictures`` is the folder of picture tiles."""
        super().__init__(window)
        self._room, self._book, self._cameras, self._preview = room, book, cameras, preview
        self._pictures, self._theme, self._bridge = pictures, theme, bridge
        self._owner, self._show_help = window, show_help
        self._shelves: tuple[Shelved, ...] = ()
        self._asked = False
        self.window: EditWindow | None = None

    def actions(self) -> list[Action]:
        """Ctrl+E."""
        return [Action("Edit the layout", self.open, ("Ctrl+E",), anywhere=True)]

    def open(self) -> None:
        """The window, with the draft that a crash may have left."""
        if self.window is not None:
            self.window.raise_()
            self.window.activateWindow()
        elif not self._asked:
            self._asked = True
            self._book.read_draft(
                self._pictures, lambda draft, names: self._bridge.call.emit(lambda: self._open(draft, names))
            )

    def show_layouts(self, shelves: tuple[Shelved, ...], sentence: str) -> None:
        """The layouts as they are stored now."""
        self._shelves = shelves
        if self.window is not None:
            self.window.show_layouts(shelves)
            if sentence:
                self.window.say(sentence)

    def cameras_changed(self) -> None:
        """Cameras came, went or changed their names."""
        if self.window is not None:
            self.window.show_cameras(self._cameras())

    def _open(self, draft: Layout | None, pictures: Sequence[str]) -> None:
        self._asked = False
        number, controller = self._room.active_number, self._room.active
        surface = controller.surface
        monitor = self._room.wall.monitor(number)
        window = self.window = EditWindow(
            controller.state.layout,
            self._theme,
            Surroundings(lambda: controller.state, self._still, self._live, self._book.keep_draft),
            monitor.name if monitor is not None else f"Monitor {number}",
            surface.width() / max(1, surface.height()),
            draft,
            pictures,
            self._owner,
        )
        if draft is None:
            window.draft.pick(controller.state.selected)
        window.show_cameras(self._cameras())
        window.show_layouts(self._shelves)
        window.published.connect(lambda layout, shown: self._publish(layout, number if shown else None))
        window.rename_wanted.connect(self._book.rename)
        window.duplicate_wanted.connect(self._book.duplicate)
        window.delete_wanted.connect(self._book.delete)
        window.help_wanted.connect(self._show_help)
        window.closed.connect(self._closed)
        window.show()

    def _publish(self, layout: Layout, number: int | None) -> None:
        def done() -> None:
            controller = None if number is None else self._room.controllers.get(number)
            if controller is not None:
                controller.go(republished(controller.state, layout))
            if self.window is not None:
                self.window.publish_done(layout)

        self._book.save(layout, lambda: self._bridge.call.emit(done))

    def _live(self, state: MonitorState) -> Preview:
        controller = self._preview(state)
        return Preview(controller.surface, controller.release, controller.start_with)

    def _still(self, camera: int) -> QImage | None:
        """The last picture of a camera that any monitor shows."""
        for controller in self._room.controllers.values():
            for tile in controller.surface.tiles:
                if tile.camera == camera and tile.image is not None and not tile.replaying:
                    return tile.image
        return None

    def _closed(self) -> None:
        window, self.window = self.window, None
        if window is not None:
            window.deleteLater()
