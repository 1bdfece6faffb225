"""How cameras look and sound on this console: the view of each (fit, turn, straighten, masks), and whom to hear."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QWidget

from console.model.site import Site
from console.services.audio import Listener
from console.services.site_book import SiteBook
from console.ui.actions import Action
from console.ui.evidence import MainStream
from console.ui.theme import Theme
from console.ui.views.still import Shape
from console.ui.views.view_dialog import ViewDialog
from console.ui.wall.room import WallRoom
from drivers.types import Fit, View

Still = Callable[[int, Callable[[QImage | None], None]], None]
"""Asks for a camera's picture as it is sent, without any view; the answer comes on the Qt thread, None if there is
none to be had."""


class Looks(QObject):
    """Lives on the Qt thread."""

    def __init__(
        self,
        room: WallRoom,
        book: SiteBook,
        still: Still,
        shape: Shape,
        listener: Listener,
        main_stream: MainStream,
        theme: Theme,
        window: QWidget,
        note: Callable[[str], None],
    ) -> None:
        """``main_stream``: the stream whose sound is heard."""
        super().__init__(window)
        self._room, self._book, self._still, self._shape, self._theme = room, book, still, shape, theme
        self._listener, self._main_stream, self._window, self._note = listener, main_stream, window, note

    def actions(self) -> list[Action]:
        """All of them, in the order of the tile's menu."""
        return [
            Action("View…", partial(self.edit_view, masks=False), ("V",), on_tile=True, possible=self._has),
            Action("Privacy masks…", partial(self.edit_view, masks=True), ("Ctrl+Shift+V",), possible=self._has),
            Action("Fit, fill or stretch", self.next_fit, ("Shift+F",), possible=self._has),
            Action("Listen, or not any more", self.listen, ("H",), on_tile=True, possible=self._has),
            Action("Mute", self.mute, ("Shift+H",), possible=lambda: self._listener.state.number is not None),
        ]

    def view_of(self, number: int) -> View:
        """How a camera is shown."""
        camera = self._site.by_number(number)
        return View() if camera is None else camera.view

    def edit_view(self, masks: bool) -> None:
        """The dialog for the selected camera, over its newest picture."""
        number = self._selected()
        camera = None if number is None else self._site.by_number(number)
        if number is None or camera is None:
            return
        self._note(f"A picture of camera {number} is fetched …")
        name = f"camera {number} {camera.name}"
        self._still(number, lambda image: self._edit(number, name, image, masks))

    def next_fit(self) -> None:
        """The whole picture, then no bars, then stretched."""
        number = self._selected()
        if number is not None:
            view = self.view_of(number)
            fits = list(Fit)
            fresh = fits[(fits.index(view.fit) + 1) % len(fits)]
            self._take(number, replace(view, fit=fresh))
            self._note(f"Camera {number}: {fresh.value}.")

    def listen(self) -> None:
        """To the selected camera; again: to none."""
        number = self._selected()
        if number is None:
            return
        if self._listener.state.number == number:
            self._listener.stop()
            return
        main = self._main_stream(number)
        if main is None:
            self._note(f"Camera {number} offers no stream.")
        else:
            self._listener.listen(number, main[0])

    def mute(self) -> None:
        """Silence without leaving the camera, and back."""
        self._listener.set_muted(not self._listener.state.muted)

    def mark(self, number: int) -> str:
        """The sign of the camera that is heard, for its tile."""
        state = self._listener.state
        return "SOUND" if state.number == number and state.playing else ""

    # Inside

    @property
    def _site(self) -> Site:
        return self._book.site

    def _edit(self, number: int, name: str, image: QImage | None, masks: bool) -> None:
        if image is None:
            self._note(f"There is no picture of camera {number} to set its view with. Wait until it is live.")
            return
        self._note("")
        dialog = ViewDialog(name, self.view_of(number), image, self._shape, self._theme, self._window)
        dialog.applied.connect(partial(self._take, number))
        if masks:
            dialog.show_masks()
        dialog.exec()
        dialog.deleteLater()

    def _take(self, number: int, view: View) -> None:
        def changed(site: Site) -> Site:
            camera = site.by_number(number)
            return site if camera is None else site.with_camera(replace(camera, view=view))

        self._book.change(changed)

    def _selected(self) -> int | None:
        state = self._room.active.state
        return state.camera(state.selected)

    def _has(self) -> bool:
        return self._selected() is not None
