"""Composition root: builds, wires, shuts down. The only place of the console that picks concrete drivers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication, QDialog, QMessageBox
from shiboken6 import delete, isValid

from console import paths
from console.model.site import DuplicateCameraError, Site
from console.model.wall import History, WallState
from console.services.device_queue import DeviceQueues
from console.services.devices import Devices
from console.services.discovery import Discovery
from console.services.feed_pool import FeedPool
from console.services.onboarding import Onboarder, Outcome, Progress, RefusalMemory
from console.services.saver import Saver
from console.services.site_book import Save, SiteBook
from console.store.credentials import Vault
from console.ui import theme as themes
from console.ui.bridge import Bridge
from console.ui.desk import Desk
from console.ui.devices.add_dialog import AddDialog
from console.ui.devices.details import DetailsPanel
from console.ui.devices.login_dialog import EditDialog, LoginDialog
from console.ui.devices.tree import DevicePanel
from console.ui.help_window import HelpWindow
from console.ui.plain import plain_tip
from console.ui.pulse import Pulse
from console.ui.status_line import StatusLine
from console.ui.theme import Theme
from console.ui.wall.controller import WallController
from console.ui.wall.surface import WallSurface
from drivers.discovery.mdns import MdnsFinder
from drivers.discovery.sweep import SweepFinder
from drivers.discovery.ws_discovery import WsDiscoveryFinder
from drivers.interfaces import Finder
from drivers.onvif.describe import OnvifDescriber
from drivers.onvif.wsdl import WsdlLibrary
from drivers.video.source import open_stream

NOTHING_YET = (
    "No cameras yet.\n\nThe network is being searched. Press Ctrl+N to add what is found,\nan address, or a list."
)


@dataclass(frozen=True, slots=True)
class WallParts:
    """A wall that runs: feeds, heartbeat, and what is painted."""

    pool: FeedPool
    pulse: Pulse
    wall: WallController


def dress(app: QApplication, light: bool = False) -> Theme:
    """Apply the theme to the application and return its tokens."""
    theme = themes.LIGHT if light else themes.DARK
    sheet = (paths.resources() / "styles" / "console.qss").read_text(encoding="utf-8")
    themes.apply(app, theme, sheet)
    return theme


def build_wall(state: WallState, theme: Theme, name_of: Callable[[int], str | None] = str) -> WallParts:
    """The wall as every window and the bench use it."""
    pool = FeedPool(open_stream)
    surface = WallSurface(state, theme)
    wall = WallController(surface, pool, History(state), name_of)
    pulse = Pulse(pool)
    pulse.attach(wall.put)
    pulse.words.connect(wall.refresh)
    return WallParts(pool, pulse, wall)


def network_finders(interface: str = "") -> list[Finder]:
    """The searches that always run."""
    return [WsDiscoveryFinder(interface), MdnsFinder(interface)]


@dataclass(frozen=True, slots=True)
class Setting:
    """What a console starts with."""

    site: Site
    save: Save
    vault: Vault
    wall: WallState
    save_wall: Callable[[WallState], None]
    """Called in a thread of its own after the wall changed."""
    finders: Sequence[Finder]
    light: bool = False


class Console(QObject):
    """The running console. Lives on the Qt thread; ``start`` shows it, ``stop`` ends every thread it began."""

    def __init__(self, app: QApplication, setting: Setting) -> None:
        super().__init__()
        theme = dress(app, setting.light)
        self._setting = setting
        self.bridge = Bridge()
        self.book = SiteBook(setting.site, setting.save, partial(self._save_failed, "The site"))
        self._wall_saver = Saver("wall file", setting.save_wall, partial(self._save_failed, "The wall"))
        describer = OnvifDescriber(WsdlLibrary())
        onboarder = Onboarder(describer, open_stream, setting.vault, RefusalMemory())
        self.devices = Devices(
            self.book, setting.vault, Discovery(setting.finders), onboarder, DeviceQueues(name="devices")
        )
        self.parts = build_wall(setting.wall, theme, self._name_of)
        self.pool, self.wall = self.parts.pool, self.parts.wall
        self.tree = DevicePanel(theme, self.wall.verdict)
        self.details = DetailsPanel()
        self.status = StatusLine(self.pool)
        self.desk = Desk(self.wall, self.parts.pulse, self.status, self.tree, self.details)
        self._add: AddDialog | None = None
        self._help: HelpWindow | None = None
        self._expected = ""
        self._stopped = False
        self._wire()

    def _wire(self) -> None:
        self.book.listen(lambda site: self.bridge.site_changed.emit())
        self.bridge.site_changed.connect(self._site_changed)
        self.bridge.found_changed.connect(self._found_changed)
        self.bridge.trouble.connect(self.status.note)
        self.parts.pulse.second.connect(self._second)
        self.wall.selection_changed.connect(self._selection_changed)
        self.wall.state_changed.connect(self._wall_changed)
        self.tree.camera_chosen.connect(self._call_up)
        self.tree.camera_selected.connect(self._show_details)
        self.tree.found_chosen.connect(lambda _: self.add_cameras())
        self.details.credentials_wanted.connect(self.ask_login)
        self.details.retry_wanted.connect(self.wall.retry)
        self.details.edit_wanted.connect(self._edit)
        self.details.remove_wanted.connect(self._remove)
        self.desk.credentials_wanted.connect(self.ask_login)
        self.desk.add_wanted.connect(self.add_cameras)
        self.desk.help_wanted.connect(self.show_help)
        self.desk.search_wanted.connect(self.tree.focus_search)
        self.desk.closing.connect(self.stop)

    # Life

    def start(self) -> None:
        """Begin to search, to decode and to beat. The desk is shown by the caller."""
        self._site_changed()
        self._selection_changed()
        self.parts.pulse.start()
        for failure in self.devices.start(self.bridge.found_changed.emit):
            self.status.note(failure.sentence)
        self._found_changed()

    def stop(self) -> None:
        """End everything and wait for it, the site on disk at last."""
        if self._stopped:
            return
        self._stopped = True
        self.parts.pulse.stop()
        self.wall.release()
        self.devices.stop()
        self.pool.close()
        self.book.close()
        self._wall_saver.close()
        QApplication.quit()

    def dispose(self) -> None:
        """Destroy the windows in order, after ``stop``. Left to the interpreter's end, Qt's objects go in any order,
        now and then after the application that they need, and the program ends with a crash."""
        for window in (self._add, self._help, self.desk):
            if window is not None and isValid(window):
                delete(window)

    def expect(self, words: str) -> None:
        """What is waited for, on the empty wall; "" for the usual advice."""
        self._expected = words
        self._show_hint()

    def _show_hint(self) -> None:
        self.wall.surface.empty_hint = "" if self.book.site.cameras else self._expected or NOTHING_YET
        self.wall.surface.update()

    # Wires

    def _name_of(self, number: int) -> str | None:
        camera = self.book.site.by_number(number)
        return None if camera is None else camera.name

    def _site_changed(self) -> None:
        site = self.book.site
        self.pool.offer(self.devices.feed_sources())
        self.tree.show_cameras(site.cameras)
        self._found_changed()
        self._show_hint()
        self.wall.ask()
        self.wall.refresh()
        if self.details.number:
            self.details.show_camera(site.by_number(self.details.number))

    def _found_changed(self) -> None:
        self.tree.show_found(self.devices.found())

    def _selection_changed(self) -> None:
        number = self.wall.state.camera(self.wall.state.selected)
        self._show_details(number or 0)

    def _show_details(self, number: int) -> None:
        self.details.show_camera(self.book.site.by_number(number))
        self._second()

    def _wall_changed(self) -> None:
        self._wall_saver.keep(self.wall.state)

    def _second(self) -> None:
        self.tree.refresh()
        number = self.details.number
        if number:
            feed = self.pool.feed(number)
            facts = None if feed is None else feed.facts()
            profile = None if feed is None else feed.profile
            self.details.show_stream(self.wall.verdict(number), facts, profile, *self.wall.measures(number))

    def _call_up(self, number: int) -> None:
        """From the tree onto the selected tile; the next free one if that is taken."""
        state = self.wall.state
        if state.tile_of(number) is not None:
            self.wall.go(state.chosen(state.tile_of(number) or 0))
            return
        free = next((i for i in range(len(state.layout.cells)) if state.camera(i) is None), state.selected)
        tile = state.selected if state.camera(state.selected) is None else free
        self.wall.go(state.placed(number, tile))

    def _save_failed(self, what: str, error: Exception) -> None:
        """In a saving thread."""
        self.bridge.trouble.emit(f"{what} could not be saved: {error}. It is tried again at the next change.")

    # Dialogs

    def add_cameras(self) -> None:
        """The dialog for adding many at once."""
        if self._add is None:
            self._add = AddDialog(self.devices, self.bridge, SweepFinder, self.desk)
            self._add.added.connect(self._fill)
        self._add.show()
        self._add.raise_()

    def _fill(self) -> None:
        """What was just added goes onto the free tiles."""
        numbers = [camera.number for camera in self.book.site.cameras]
        self.wall.go(self.wall.state.filled(numbers))

    def ask_login(self, number: int) -> None:
        """Other credentials for a camera; tried once."""
        camera = self.book.site.by_number(number)
        if camera is None:
            return
        dialog = LoginDialog(camera.name, self.desk)
        if dialog.exec() == QDialog.DialogCode.Accepted and (login := dialog.credentials()) is not None:
            self.status.note(f"{camera.name}: trying the credentials …")
            self.devices.change_credentials(number, login, self._login_tried)
        dialog.deleteLater()

    def _login_tried(self, event: Progress) -> None:
        """In a worker."""
        number = event.candidate.number
        if event.outcome is Outcome.ADDED:
            self.bridge.call.emit(lambda: self._login_taken(number))
        else:
            self.bridge.trouble.emit(event.sentence)

    def _login_taken(self, number: int) -> None:
        self.status.note("")
        self.wall.retry(number)

    def _edit(self, number: int) -> None:
        camera = self.book.site.by_number(number)
        if camera is None:
            return
        dialog = EditDialog(camera, self.desk)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            name, wanted, transport = dialog.entered()
            try:
                self.devices.edit(camera.id, name or camera.name, wanted, transport)
            except DuplicateCameraError as error:
                self.status.note(f"{camera.name}: {error}. Choose another number.")
            else:
                self.wall.go(self.wall.state.renumbered(number, wanted))
        dialog.deleteLater()

    def _remove(self, number: int) -> None:
        camera = self.book.site.by_number(number)
        if camera is None:
            return
        question = f"Take camera {number} {camera.name} out of the site? It stays as it is and can be added again."
        if QMessageBox.question(self.desk, "Remove camera", plain_tip(question)) == QMessageBox.StandardButton.Yes:
            self.devices.remove(camera.id)
            self.wall.go(self.wall.state.renumbered(number, None))
            self.details.show_camera(None)

    def show_help(self) -> None:
        """The pages that ship with the product."""
        if self._help is None:
            self._help = HelpWindow(paths.resources() / "help", self.desk)
        self._help.show()
        self._help.raise_()
