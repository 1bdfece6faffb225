"""Composition root: builds, wires, shuts down. With ``engine`` the only place of the console that picks concrete
drivers."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QDialog
from shiboken6 import delete, isValid

from console import paths
from console.engine import Engine, Setting, operator_name
from console.model.items import AlarmsItem
from console.model.layout import PRESETS, Layout
from console.model.monitor import History, MonitorState
from console.model.permissions import Right
from console.model.sticks import StickSettings
from console.model.tile_state import TileVerdict
from console.model.wall import Monitor, ScreenId
from console.services.feed_pool import FeedPool
from console.services.snapshots import Snapshot
from console.store.layout_library import Shelved
from console.ui import theme as themes
from console.ui.actions import Action, Actions
from console.ui.alarms.room import AlarmRoom
from console.ui.audio.sound_bar import SoundBar
from console.ui.bridge import Bridge
from console.ui.desk import Desk
from console.ui.devices.care import CameraCare
from console.ui.devices.details import DetailsPanel
from console.ui.devices.tree import DevicePanel
from console.ui.evidence import Evidence, marks
from console.ui.help_window import HelpWindow
from console.ui.incoming.control import SourcesControl
from console.ui.lamps.control import LampControl
from console.ui.looks import Looks
from console.ui.menu_button import menu_button
from console.ui.offers import offers
from console.ui.palette import Offer, Palette
from console.ui.plates.control import HotRoom
from console.ui.plates.on_wall import ReadersOnWall
from console.ui.plates.search_room import PlateSearchRoom
from console.ui.ptz.turning import Turning, heard
from console.ui.pulse import Pulse
from console.ui.record.settings_dialog import RecordingSettingsDialog
from console.ui.record.still_out import image_of as image_of_snapshot
from console.ui.replay.bar import ReplayBar
from console.ui.status_line import StatusLine
from console.ui.theme import Theme
from console.ui.views.still import image_of, pixels_of
from console.ui.wall.arranging import Arranging
from console.ui.wall.conductor import Conductor
from console.ui.wall.contents import TileContents
from console.ui.wall.controller import WallController
from console.ui.wall.editing import Editing
from console.ui.wall.hands import WallHands
from console.ui.wall.replaying import Replaying
from console.ui.wall.room import WallRoom
from console.ui.wall.surface import WallSurface
from console.ui.wall.tile_actions import TileActions
from console.ui.wall.windows import WallWindows
from console.ui.web.allow_list import AllowList, AllowListError
from console.ui.web.pages import WebPages
from drivers.discovery.mdns import MdnsFinder
from drivers.discovery.sweep import SweepFinder
from drivers.discovery.ws_discovery import WsDiscoveryFinder
from drivers.interfaces import Finder
from drivers.types import View
from drivers.video.gop_decoder import GopDecoder
from drivers.video.shaping import shape_still
from drivers.video.source import open_stream

__all__ = ["Console", "Setting", "WallParts", "add_wall", "build_wall", "dress", "network_finders"]

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
    themes.apply(app, theme, paths.resources() / "styles")
    return theme


def build_wall(state: MonitorState, theme: Theme, name_of: Callable[[int], str | None] = str) -> WallParts:
    """The wall as every window and the bench use it."""
    pool = FeedPool(open_stream)
    pulse = Pulse(pool)
    return WallParts(pool, pulse, add_wall(pool, pulse, state, theme, name_of))


def add_wall(
    pool: FeedPool, pulse: Pulse, state: MonitorState, theme: Theme, name_of: Callable[[int], str | None] = str
) -> WallController:
    """One monitor on these feeds and this heartbeat."""
    wall = WallController(WallSurface(state, theme), pool, History(state), name_of)
    pulse.attach(wall.put)
    pulse.words.connect(wall.refresh)
    return wall


def network_finders(interface: str = "") -> list[Finder]:
    """The searches that always run."""
    return [WsDiscoveryFinder(interface), MdnsFinder(interface)]


def _shape(still: QImage, view: View, box: tuple[int, int]) -> QImage:
    return image_of(*shape_still(*pixels_of(still), view, box))


class Console(QObject):
    """The running console. Lives on the Qt thread; ``start`` shows it, ``stop`` ends every thread it began."""

    def __init__(self, app: QApplication, setting: Setting) -> None:
        super().__init__()
        self._theme = theme = dress(app, setting.light)
        self._setting, self.preferences = setting, setting.preferences
        self._later: list[str] = []
        self.bridge = Bridge()
        self.engine = Engine(
            setting,
            self.bridge.trouble.emit,
            self._layouts_read,
            lambda: self.bridge.call.emit(self._sound_changed),
            *heard(self.bridge.call.emit, self.bridge.trouble.emit, lambda: self.turning),
        )
        self.book, self.devices, self.pool = self.engine.book, self.engine.devices, self.engine.pool
        self._save_soon = QTimer(self)  # moving the selection about is one change, not twenty
        self._save_soon.setSingleShot(True)
        self._save_soon.setInterval(300)
        self._save_soon.timeout.connect(self._keep_wall)
        self.pulse = Pulse(self.pool)
        self.contents = TileContents(
            setting.folder / "pictures", WebPages(self._allowed(setting.preferences.web)),
            alarms=lambda: self.engine.acting.alarms.view,
        )  # fmt: skip
        self.room = WallRoom(setting.wall, self._make_monitor)
        self.conductor = Conductor(self.room, self.engine.numbers)
        self.tree = DevicePanel(theme, self._verdict)
        self.details = DetailsPanel()
        self.status = StatusLine(self.pool)
        self.tiles = TileActions(self.room, self.engine.numbers)
        self.actions = Actions(self.tiles.all())
        self.turning = Turning(
            self.engine.acting, self.engine.sticks, self.room, self.book, self.bridge.call.emit, theme,
            self.status.note, self.actions, self._keep_sticks, self.preferences.sticks,
        )  # fmt: skip
        self.alarms = AlarmRoom(
            self.engine.acting.alarms, self.engine.alarm_sound, lambda: self.engine.acting.actor, self._may_alarms,
            self.room, theme, self.bridge.call.emit, self.status.note, self.show_help,
            show_hit=lambda hit, several: self.hot.open_hit(hit, several),
            show_incident=lambda place, at: self.plate_search.search_around(place, at),
        )  # fmt: skip
        self.desk = Desk(
            self.room, self.pulse, self.status, self.tree, self.alarms.above(self.turning.beside(self.details)),
            self.actions, self.engine.numbers,
        )  # fmt: skip
        self.alarms.attach(self.desk, self.desk.keyPressEvent)
        self.windows = WallWindows(lambda number: self.room.controllers[number].surface, theme, self.desk)
        self.replay_bar = ReplayBar(theme)
        self.sound_bar = SoundBar(self.engine.listener, "Shift+H", "H")
        engine, note = self.engine, self.status.note
        self.looks = Looks(
            self.room,
            self.book,
            self._still,
            _shape,
            engine.listener,
            engine.devices.main_stream,
            theme,
            self.desk,
            note,
        )
        self.replaying = Replaying(
            self.room, engine.footage, engine.view_of, engine.name_of, GopDecoder, self.replay_bar, self.desk
        )
        self.evidence = Evidence(
            self.room, self.pool, lambda: self.book.site, engine.recorder, engine.snapshots, engine.exporter,
            self.replaying, engine.footage, self.devices.main_stream, operator_name(), self.bridge, self.desk, note,
        )  # fmt: skip
        self.care = CameraCare(self.devices, self.bridge, SweepFinder, self.desk, note)
        acting = engine.acting
        self.lamps = LampControl(
            acting.lamps, lambda: acting.actor, lambda: self.book.site, self.room, theme, self.desk, note,
            self.status.lit, self.show_help_page, setting.folder / "lamps.window",
        )  # fmt: skip
        readers = ReadersOnWall(self.book, engine.incoming.camera_names, self.replaying, self._call_up, note)
        self.plate_search = PlateSearchRoom(
            engine.incoming.plates, lambda: acting.actor, theme, self.desk, self.bridge, note,
            partial(self.show_help_page, "plates-search.md"), setting.folder / "plates.window",
            engine.recorder.settings.folder.parent / "exports", cameras=readers.for_searches(),
        )  # fmt: skip
        self.hot = HotRoom(
            engine.wanted.desk, engine.wanted.lists, lambda: acting.actor, theme, self.desk, note,
            partial(self.show_help_page, "plates-hotlists.md"), setting.folder,
            readers.for_hits(), news=engine.wanted.folders.news,
        )  # fmt: skip
        engine.wanted.came = self.hot.came
        self.sources = SourcesControl(
            engine.incoming.feeds, engine.incoming.intake, theme, self.desk, self.status.journal, self.show_help_page,
            engine.plate_reader.readings,
        )  # fmt: skip
        self.palette = Palette(theme, self._offers, self.desk)
        self._help: HelpWindow | None = None
        self._expected = ""
        self._stopped = False
        self._wire()

    @property
    def wall(self) -> WallController:
        """The monitor that the hands are on."""
        return self.room.active

    def _make_monitor(self, monitor: Monitor) -> WallController:
        surface = WallSurface(monitor.state, self._theme, self.contents)
        controller = WallController(
            surface,
            self.pool,
            History(monitor.state),
            self.engine.name_of,
            view_of=self.engine.view_of,
            marks_of=self._marks_of,
        )
        self.pulse.attach(controller.put)
        self.pulse.words.connect(controller.refresh)

        def let_go() -> None:
            self.pulse.detach(controller.put)
            self.pulse.words.disconnect(controller.refresh)

        controller.released.connect(let_go)
        return controller

    def _wire(self) -> None:
        self.book.listen(lambda site: self.bridge.site_changed.emit())
        self.bridge.site_changed.connect(self._site_changed)
        self.bridge.found_changed.connect(self._found_changed)
        self.bridge.trouble.connect(self.status.note)
        self.pulse.second.connect(self._second)
        self.pulse.second.connect(self._report_cameras)
        self.pulse.second.connect(self.sources.second)
        self.pulse.words.connect(self.conductor.tick)
        self.pulse.words.connect(self.turning.tick)
        self.pulse.second.connect(self.turning.second)
        self.pulse.second.connect(self.hot.follow_second)
        self.room.selection_changed.connect(self._selection_changed)
        self.room.changed.connect(self._wall_changed)
        self.room.monitors_changed.connect(self._monitors_changed)
        self.conductor.note.connect(self.status.note)
        self.contents.changed.connect(self._contents_changed)
        self.windows.settled.connect(self._settled)
        self.windows.key_pressed.connect(self.desk.keyPressEvent)
        self.windows.desk_shows.connect(self._desk_shows)
        self.windows.changed.connect(self._screens_changed)
        self.windows.window_closed.connect(self._window_closed)
        self.tree.camera_chosen.connect(self._call_up)
        self.tree.camera_selected.connect(self._show_details)
        self.tree.found_chosen.connect(lambda _: self.care.add())
        self.details.credentials_wanted.connect(self.care.ask_login)
        self.details.retry_wanted.connect(self.pool.retry)
        self.details.retry_wanted.connect(self.turning.renew)
        self.details.edit_wanted.connect(self.care.edit)
        self.details.remove_wanted.connect(self.care.remove)
        self.care.added.connect(self._fill)
        self.care.login_taken.connect(self.pool.retry)
        self.care.login_taken.connect(self.turning.renew)
        self.care.renumbered.connect(self._renumbered)
        self.tiles.credentials_wanted.connect(self.care.ask_login)
        self.desk.add_wanted.connect(self.care.add)
        self.desk.help_wanted.connect(self.show_help)
        self.desk.search_wanted.connect(self.tree.focus_search)
        self.desk.closing.connect(self.stop)
        self.editing = Editing(
            self.room, self.engine.layouts, lambda: self.book.site.cameras, self._preview,
            self._setting.folder / "pictures", self._theme, self.bridge, self.desk,
            partial(self.show_help_page, "arranging.md"),
        )  # fmt: skip
        self.arranging = Arranging(self.room, self.conductor, self.windows, self.desk, self.status.note)
        for action in (
            Action("Find anything by name", self._find, ("Ctrl+K",), anywhere=True),
            *self.replaying.actions(),
            *self.evidence.actions(),
            Action("Recordings and snapshots…", self._set_recording, ("Ctrl+,",), anywhere=True),
            *self.looks.actions(),
            *self.lamps.actions(),
            *self.plate_search.actions(),
            *self.hot.actions(),
            *self.turning.actions(),
            *self.alarms.actions(),
            *self.sources.actions(),
            *self.arranging.actions(),
            *self.editing.actions(),
        ):
            self.desk.add_action(action)
        self.desk.locked = self.preferences.locked
        self.desk.lock_changed.connect(self._lock_changed)
        self.desk.first_keys.append(self.replaying.key)
        self.desk.first_back.append(self.turning.picture.leave)
        self.desk.first_back.append(self.replaying.back)
        self.desk.add_below(self.replay_bar)
        plates = (*self.hot.actions(), *self.plate_search.actions(), *self.sources.actions())
        self.desk.add_to_top(menu_button("Plates", "Hits, hotlists, searches, and what reports here", plates))
        self.desk.add_to_top(self.sound_bar)
        self.replaying.control.follow(self.pulse)
        self.replaying.control.note.connect(self.status.note)
        self.conductor.soon.connect(self.pool.warm)
        self.lamps.follow(self.pulse)
        self.alarms.follow(self.pulse)
        self.alarms.changed.append(lambda: self.contents.changed.emit(AlarmsItem()))
        self._monitors_changed()
        self._show_layouts(PRESETS)

    # Life

    def start(self) -> None:
        """Begin to search, to decode and to beat. The desk is shown by the caller."""
        self._site_changed()
        self._selection_changed()
        self.engine.start()
        self.windows.show_wall(self.room.wall)
        self.pulse.start()
        for failure in self.devices.start(self.bridge.found_changed.emit):
            self.status.note(failure.sentence)
        self._found_changed()
        for sentence in self._later:
            self.status.note(sentence)

    def stop(self) -> None:
        """End everything and wait for it, the site on disk at last."""
        if self._stopped:
            return
        self._stopped = True
        self.pulse.stop()
        self.turning.close()
        if self._save_soon.isActive():
            self._save_soon.stop()
            self._keep_wall()
        self.room.put_everywhere(WallController.release)
        self.replaying.control.close()
        self.contents.close()
        self.lamps.close()
        self.alarms.close()
        self.plate_search.close()
        self.hot.close()
        self.engine.close()
        self.bridge.close()
        QApplication.quit()

    def dispose(self) -> None:
        """Destroy the windows in order, after ``stop``. Left to the interpreter's end, Qt's objects go in any order,
        now and then after the application that they need, and the program ends with a crash."""
        self.windows.dispose()
        self.care.dispose()
        for window in (self._help, self.palette, self.editing.window, self.desk):
            if window is not None and isValid(window):
                delete(window)

    def expect(self, words: str) -> None:
        """What is waited for, on the empty wall; "" for the usual advice."""
        self._expected = words
        self._show_hint()

    def _show_hint(self) -> None:
        self.desk.own_wall.surface.empty_hint = "" if self.book.site.cameras else self._expected or NOTHING_YET
        self.desk.own_wall.surface.update()

    # Wires

    def _may_alarms(self) -> bool:
        return self.book.site.policy.allows(self.engine.acting.actor, Right.ALARMS)

    def _marks_of(self, number: int) -> str:
        parts = self.alarms, self.turning, self.evidence, self.looks
        words = tuple(part.mark(number) for part in parts)
        return marks(words, self.engine.view_of(number))

    def _sound_changed(self) -> None:
        self.sound_bar.refresh()
        self.room.put_everywhere(WallController.refresh)

    def _still(self, number: int, then: Callable[[QImage | None], None]) -> None:
        """A camera's newest picture as it is sent, for dialogs."""

        def came(snapshot: Snapshot | None) -> None:
            image = None if snapshot is None else image_of_snapshot(snapshot)
            self.bridge.call.emit(lambda: then(image))

        self.engine.still(number, came)

    def _verdict(self, number: int) -> TileVerdict | None:
        return self.wall.verdict(number)

    def _monitors_changed(self) -> None:
        """Hands, keys and a window for each monitor that is new."""
        for number, controller in self.room.controllers.items():
            controller.tour_mark = partial(self.conductor.mark, number)
            if controller.findChild(WallHands) is None:
                WallHands(self.room, controller, self.actions, lambda: self.desk.locked, self.status.note)
                controller.surface.credentials_wanted.connect(self.care.ask_login)
        self.turning.monitors_changed()
        self.windows.show_wall(self.room.wall)

    def _settled(self, screens: dict[int, ScreenId]) -> None:
        """Monitors belong to these screens from now on."""
        wall = self.room.wall
        self.room.set_wall(
            replace(wall, monitors=tuple(replace(m, screen=screens.get(m.number, m.screen)) for m in wall.monitors))
        )

    def _allowed(self, entries: tuple[str, ...]) -> AllowList:
        """The addresses that web tiles may show; an entry that cannot be is said and left out."""
        good = []
        for entry in entries:
            try:
                AllowList([entry])
            except AllowListError as error:
                self._later.append(f"Web pages: {error}")
            else:
                good.append(entry)
        return AllowList(good)

    def _lock_changed(self, locked: bool) -> None:
        self.preferences = replace(self.preferences, locked=locked)
        self.engine.preferences.keep(self.preferences)

    def _keep_sticks(self, sticks: tuple[StickSettings, ...]) -> None:
        self.preferences = replace(self.preferences, sticks=sticks)
        self.engine.preferences.keep(self.preferences)

    def _set_recording(self) -> None:
        """The dialog for recordings and snapshots; what was chosen holds from the next one on."""
        used = self.engine.recorder.index.bytes
        dialog = RecordingSettingsDialog(self.preferences.recording, self.preferences.snapshots, used, self.desk)
        if dialog.exec() == QDialog.DialogCode.Accepted:
            at_once = self.engine.recorder.change(dialog.recording)
            self.preferences = replace(self.preferences, recording=dialog.recording, snapshots=dialog.snapshots)
            self.engine.preferences.keep(self.preferences)
            self.engine.snapshots.settings = dialog.snapshots
            self.status.note("Kept." if at_once else "Kept. The other folder holds from the next start on.")
        dialog.deleteLater()

    def _desk_shows(self, number: int | None) -> None:
        """A monitor that is unplugged is shown in the desk meanwhile; None: the desk's own again."""
        controller = self.room.controllers.get(number or 1)
        if controller is not None:
            self.desk.show_surface(controller.surface)

    def _screens_changed(self) -> None:
        """The desk's keys work on the windows of the other monitors too, and in no dialog. Hands on a monitor that
        nobody can see any more come home."""
        active = self.room.active_number
        if active != 1 and self.windows.where(active) is None and self.windows.host(active) is None:
            self.replaying.back()
            self.room.activate(1)
            self.status.note(f"Monitor {active} is unplugged. Your keys are for monitor 1 now.")
        for number in self.room.controllers:
            window = self.windows.window(number)
            if window is not None:
                window.addActions(self.desk.actions())

    def _window_closed(self, number: int) -> None:
        self.status.note(f"Monitor {number} is dark now. Ctrl+Shift+M brings it back.")

    def _contents_changed(self, item: object) -> None:
        for controller in self.room.controllers.values():
            for tile in controller.surface.tiles:
                if tile.item == item:
                    controller.surface.frame_tile(tile)

    # Layouts and names

    def _layouts_read(self, shelves: tuple[Shelved, ...], sentence: str) -> None:
        """In the worker that reads them."""
        self.bridge.call.emit(lambda: self._layouts_changed(shelves, sentence))

    def _layouts_changed(self, shelves: tuple[Shelved, ...], sentence: str) -> None:
        self._show_layouts([each.layout for each in shelves] or PRESETS, sentence)
        self.editing.show_layouts(shelves, sentence)

    def _preview(self, state: MonitorState) -> WallController:
        """A surface with live pictures for edit mode; it lets go of them when it is released."""
        return self._make_monitor(Monitor(1, "", state))

    def _show_layouts(self, layouts: Sequence[Layout], sentence: str = "") -> None:
        self.room.layouts = {layout.name: layout for layout in layouts}
        self.desk.show_layouts(layouts)
        if sentence:
            self.status.note(sentence)

    def _find(self) -> None:
        self.palette.open_over(self.desk)

    def _offers(self) -> list[Offer]:
        return offers(self.room, self.book.site.cameras, self.actions, self._call_up)

    def _site_changed(self) -> None:
        site = self.book.site
        self.pool.offer(self.devices.feed_sources())
        self.tree.show_cameras(site.cameras)
        self.editing.cameras_changed()
        self._found_changed()
        self._show_hint()
        self.room.put_everywhere(WallController.ask)
        self.room.put_everywhere(WallController.views_changed)
        self.room.put_everywhere(WallController.refresh)
        if self.details.number:
            self._show_details(self.details.number)

    def _found_changed(self) -> None:
        self.tree.show_found(self.devices.found())

    def _selection_changed(self) -> None:
        number = self.wall.state.camera(self.wall.state.selected)
        self._show_details(number or 0)

    def _show_details(self, number: int) -> None:
        self.details.show_camera(self.book.site.by_number(number))
        self.turning.show(self.book.site.by_number(number))
        self._second()

    def _wall_changed(self) -> None:
        self._save_soon.start()
        self.windows.show_wall(self.room.wall)

    def _keep_wall(self) -> None:
        self.engine.walls.keep(self.room.wall)

    def _report_cameras(self) -> None:
        self.engine.incoming.report_cameras(self.pool.states(), time.monotonic())

    def _second(self) -> None:
        self.evidence.refresh()
        self.status.recorded(self.evidence.words())
        self.tree.refresh()
        number = self.details.number
        tile = self.wall.surface.tile(self.wall.state.selected)
        if number and tile is not None and tile.replaying and tile.camera == number:
            self.details.show_replay(tile.verdict)
        elif number:
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
        cells = enumerate(state.layout.cells)
        free = [i for i, cell in cells if state.shows(i) is None and not cell.hotspot]
        tile = state.selected if state.selected in free or not free else free[0]
        self.wall.go(state.placed(number, tile))

    def _fill(self) -> None:
        """What was just added goes onto the free tiles."""
        self.wall.go(self.wall.state.filled(self.engine.numbers()))

    def _renumbered(self, old: int, new: int | None) -> None:
        self.room.renumbered(old, new)
        if new is None:
            self._show_details(0)

    def show_help(self) -> None:
        """The pages that ship with the product, where they were left."""
        if self._help is None:
            self._help = HelpWindow(paths.resources() / "help", self.desk)
        self._help.show()
        self._help.raise_()

    def show_help_page(self, page: str) -> None:
        """One page of them: what belongs to the window that the hands are in."""
        self.show_help()
        if self._help is not None:
            self._help.open_page(page)
            self._help.activateWindow()
