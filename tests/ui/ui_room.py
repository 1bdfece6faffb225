"""A desk with all its parts, as the composition root wires them, on fake cameras."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui_fakes import NAMES, Clock, FakeCameras, camera

from console.app import dress
from console.cli.run import one_monitor
from console.model.layout import PRESETS, preset
from console.model.monitor import History, empty_monitor
from console.model.tile_state import TileState
from console.model.wall import Monitor
from console.services.feed_pool import FeedPool, FeedSource
from console.ui.actions import Actions
from console.ui.desk import Desk
from console.ui.devices.details import DetailsPanel
from console.ui.devices.tree import DevicePanel
from console.ui.pulse import Pulse
from console.ui.status_line import StatusLine
from console.ui.wall.controller import WallController
from console.ui.wall.hands import WallHands
from console.ui.wall.room import WallRoom
from console.ui.wall.surface import WallSurface
from console.ui.wall.tile_actions import TileActions
from console.ui.wall.tile_view import TileView


class Room:
    """The desk, its wall and its cameras; ``take`` brings pictures onto the wall."""

    def __init__(self, qtbot: QtBot, cameras: FakeCameras, clock: Clock, sources: Sequence[FeedSource]) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.qtbot, self.cameras, self.clock = qtbot, cameras, clock
        self.theme = dress(app)
        layout = preset("3x3")
        assert layout is not None
        self.pool = FeedPool(cameras, clock, slots=2)
        self.pulse = Pulse(self.pool)
        self.room = WallRoom(one_monitor(empty_monitor(layout)), self._make)
        self.room.layouts = {each.name: each for each in PRESETS}
        self.wall = self.room.active
        self.surface = self.wall.surface
        self.status = StatusLine(self.pool)
        self.tree = DevicePanel(self.theme, self.wall.verdict)
        self.tree.show_cameras([camera(number) for number in NAMES])
        self.details = DetailsPanel()
        self.tiles = TileActions(self.room, lambda: sorted(NAMES))
        self.actions = Actions(self.tiles.all())
        self.desk = Desk(
            self.room, self.pulse, self.status, self.tree, self.details, self.actions, lambda: sorted(NAMES)
        )
        self.desk.locked = False
        self.desk.show_layouts(PRESETS)
        self.hands = WallHands(self.room, self.wall, self.actions, lambda: self.desk.locked, self.status.note)
        self.desk.resize(1300, 700)
        qtbot.addWidget(self.desk)
        self.pool.offer(sources)
        self.desk.show()
        self.desk.activateWindow()  # no window manager does it under a bare X server
        qtbot.waitUntil(self.desk.isActiveWindow)
        self.surface.setFocus()
        self.wall.start_with(self.wall.state.filled([1, 2, 3]))

    def _make(self, monitor: Monitor) -> WallController:
        surface = WallSurface(monitor.state, self.theme)
        return WallController(surface, self.pool, History(monitor.state), NAMES.get, self.clock)

    def close(self) -> None:
        """End the cameras and all threads."""
        self.pulse.stop()
        self.wall.release()
        self.cameras.end()
        assert self.pool.close()

    def tile(self, index: int) -> TileView:
        """A visible tile by its index on the layout."""
        return next(tile for tile in self.surface.tiles if tile.index == index)

    def take(self, number: int, colour: tuple[int, int, int]) -> None:
        """Camera ``number`` sends a picture and it arrives on the wall."""
        index = self.wall.state.tile_of(number)
        assert index is not None
        before = self.tile(index).picture
        self.cameras.send(NAMES[number], colour)

        def arrived() -> bool:
            self.wall.put(self.pool.collect())
            return self.tile(index).picture is not before

        self.qtbot.waitUntil(arrived)
        self.wall.refresh()

    def becomes(self, index: int, state: TileState) -> None:
        """Wait until a tile says this."""

        def said() -> bool:
            self.wall.refresh()
            return self.tile(index).verdict.state is state

        self.qtbot.waitUntil(said)

    def middle(self, index: int) -> QPoint:
        """The middle of a tile's picture area, logical pixels."""
        area = self.tile(index).area
        return QPoint(area.x + area.width // 2, area.y + area.height // 2)

    def middle_f(self, index: int) -> QPointF:
        """The same as floats."""
        return QPointF(self.middle(index))

    def press(self, key: Qt.Key, modifiers: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key while the wall has the focus."""
        QTest.keyClick(self.surface, key, modifiers)

    def type(self, text: str) -> None:
        """Digits, one after the other."""
        for letter in text:
            QTest.keyClick(self.surface, letter)
