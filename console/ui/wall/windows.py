"""The windows of a wall with several monitors: one without chrome on each screen but the desk's.

Qt moves a window off a screen that goes before it says that the screen went, and never back. So nothing is learnt from
where windows happen to be: at each change of the screens it is worked out anew, from who the screens are, where each
monitor belongs, and what stands elsewhere is put right.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QGuiApplication, QKeyEvent, QScreen
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget
from shiboken6 import delete, isValid

from console.model.monitor import empty_monitor
from console.model.screens import DESK, Assignment, adopted, assign
from console.model.wall import Monitor, ScreenId, Wall
from console.ui.plain import plain_label
from console.ui.theme import Theme
from console.ui.wall.signs import Signs

log = logging.getLogger(__name__)


def screen_id(screen: QScreen) -> ScreenId:
    """How a screen is recognised; place and size in logical pixels. The serial number is often empty."""
    box = screen.geometry()
    return ScreenId(
        screen.name(), screen.serialNumber(), screen.manufacturer(), screen.model(),
        box.x(), box.y(), box.width(), box.height(),
    )  # fmt: skip


def screen_words(screen: ScreenId) -> str:
    """A screen in words for a list: model, connector, size."""
    name = " ".join(filter(None, (screen.maker, screen.model))) or screen.name or "screen"
    connector = f" ({screen.name})" if screen.name and screen.name != name else ""
    return f"{name}{connector}, {screen.width} x {screen.height}"


def place(wall: Wall, screens: Sequence[ScreenId], desk: int | None) -> Assignment:
    """Where the monitors of ``wall`` go on ``screens`` while the desk lies on the one of index ``desk`` (None: there is
    no desk). No window ever covers the desk: that is where the operator would mend it."""
    monitors = [each for each in wall.monitors if each.number != DESK]
    if desk is not None:
        first = wall.monitor(DESK) or Monitor(DESK, "", empty_monitor())
        monitors.insert(0, replace(first, screen=screens[desk], instead=None))
    return assign(monitors, screens)


class WallWindow(QWidget):
    """One monitor's window: its surface, and a line above it only while it stands in for another screen."""

    key_pressed = Signal(object)
    closed = Signal(int)

    def __init__(self, number: int, surface: QWidget) -> None:
        super().__init__(None, Qt.WindowType.Window | Qt.WindowType.FramelessWindowHint)
        self.number = number
        self.surface = surface
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.note: QLabel = plain_label(self)
        self.note.setObjectName("heading")
        self.note.setContentsMargins(8, 3, 8, 3)
        self.note.hide()
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.note)
        self._column.addWidget(surface, 1)
        surface.show()

    def take_back(self) -> None:
        """The surface, from wherever else it is shown."""
        if isValid(self.surface) and self.surface.parentWidget() is not self:
            self._column.addWidget(self.surface, 1)
            self.surface.show()

    def stand_on(self, screen: QScreen, name: str, note: str) -> bool:
        """Fill this screen; True if the window was not there before."""
        self.setWindowTitle(f"Watchfloor {self.number} {name}".strip())
        self.note.setText(note)
        self.note.setVisible(bool(note))
        whole = screen.geometry()
        if self.isVisible() and self.screen() is screen:
            if self.geometry() == whole:
                return False
            self.setGeometry(whole)  # which ends the state of full screen
            self.setWindowState(Qt.WindowState.WindowFullScreen)
            return True
        self.hide()  # window managers move a full-screen window to another screen only while it is away
        self.setScreen(screen)
        self.setGeometry(whole)
        self.setWindowState(Qt.WindowState.WindowFullScreen)
        self.show()  # not showFullScreen, which takes the keyboard
        return True

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Whatever the surface does not use is for the desk, wherever the operator clicked last."""
        self.key_pressed.emit(event)
        event.accept()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Alt+F4 darkens this monitor and ends nothing."""
        self.closed.emit(self.number)
        event.accept()


class WallWindows(QObject):
    """Lives on the Qt thread. Keeps each monitor's window on its screen, whatever is plugged in and out."""

    changed = Signal()
    """Windows or screens are elsewhere now."""
    settled = Signal(object)
    """dict[int, ScreenId]: the screens to which these monitors belong from now on, for the wall file. Given out when a
    monitor without a screen got one, a screen changed its size, or the operator dragged the desk to another."""
    key_pressed = Signal(object)
    """A QKeyEvent that the desk should treat as its own; valid only within the signal."""
    window_closed = Signal(int)
    """The operator closed this monitor's window; ``identify`` and any change of the screens bring it back."""
    monitor_gone = Signal(int)
    """This monitor's window is about to be destroyed with its surface."""
    desk_shows = Signal(object)
    """The number of the monitor whose surface the desk shows in place of its own, None: its own again."""

    def __init__(
        self,
        surface_for: Callable[[int], QWidget],
        theme: Theme,
        desk: QWidget | None = None,
        parent: QObject | None = None,
    ) -> None:
        """``surface_for`` makes the surface of a monitor, asked once for each; ``desk`` is the window of monitor 1."""
        super().__init__(parent)
        self._surface_for, self._desk = surface_for, desk
        self._wall = Wall()
        self._windows: dict[int, WallWindow] = {}
        self._closed: set[int] = set()
        self._assignment = Assignment()
        self._in_desk: int | None = None
        self._desk_watched: object = None
        self.signs = Signs(theme, self)
        self._soon = QTimer(self)  # one unplugged cable is several signals
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self._screens_changed)
        self._rearrange = QTimer(self)
        self._rearrange.setSingleShot(True)
        self._rearrange.setInterval(0)
        self._rearrange.timeout.connect(self._arrange)
        application = QGuiApplication.instance()
        if not isinstance(application, QGuiApplication):
            raise RuntimeError("the windows of a wall need a Qt application")
        application.screenAdded.connect(self._watch)
        application.screenAdded.connect(self._soon.start)
        application.screenRemoved.connect(self._soon.start)
        application.primaryScreenChanged.connect(self._soon.start)
        for screen in application.screens():
            self._watch(screen)
        if desk is not None:
            desk.installEventFilter(self)

    # Questions

    def screens(self) -> list[ScreenId]:
        """The screens that are plugged in."""
        return [screen_id(screen) for screen in QGuiApplication.screens()]

    def where(self, number: int) -> ScreenId | None:
        """The screen that shows a monitor, None while it waits. The desk's screen for monitor 1."""
        index = self._index(number)
        screens = self.screens()
        return screens[index] if index is not None and index < len(screens) else None

    def host(self, number: int) -> int | None:
        """The monitor on whose screen an unplugged one is shown meanwhile."""
        return next((host for host, guest in self._assignment.instead.items() if guest == number), None)

    def guest(self, number: int) -> int | None:
        """The unplugged monitor that is shown on this one's screen meanwhile."""
        return self._assignment.instead.get(number)

    def free_screens(self) -> list[ScreenId]:
        """Screens that show no monitor."""
        return [screen for index, screen in enumerate(self.screens()) if self._assignment.on_screen(index) is None]

    def window(self, number: int) -> WallWindow | None:
        """The window of a monitor."""
        return self._windows.get(number)

    # What to show

    def show_wall(self, wall: Wall) -> None:
        """Take the monitors of ``wall``. Cheap while they are the same ones; states of monitors are not looked at."""
        desk = self._wall.monitor(DESK)
        known = [_belongs(each) for each in self._wall.monitors]
        self._wall = wall
        if known == [_belongs(each) for each in wall.monitors]:
            return
        numbers = {each.number for each in wall.monitors} - {DESK}
        for number in sorted(self._windows.keys() - numbers):
            self._drop(number)
        first = wall.monitor(DESK)
        if first is not None and (desk is None or desk.screen != first.screen):
            self._bring_desk_home()
        self._arrange()

    def identify(self) -> None:
        """Show each monitor's number on it for three seconds, and bring back windows that were closed."""
        self._closed.clear()
        self._arrange()
        words = []
        for index, screen in enumerate(QGuiApplication.screens()):
            monitor = self._wall.monitor(self._assignment.on_screen(index) or 0)
            if monitor is None:
                words.append((screen, "–", f"{screen.name()}: no monitor of the wall"))
            else:
                words.append((screen, str(monitor.number), monitor.name))
        self.signs.put_up(words)

    def dispose(self) -> None:
        """Destroy all windows with their surfaces, in order, before the application ends."""
        self._soon.stop()
        self._rearrange.stop()
        self.signs.take_down()
        for number in sorted(self._windows):
            self._drop(number)

    # Screens

    def _watch(self, screen: QScreen) -> None:
        """Size, place and scale factor; a new scale factor comes as another geometry or resolution."""
        screen.geometryChanged.connect(self._soon.start)
        screen.logicalDotsPerInchChanged.connect(self._soon.start)
        screen.physicalDotsPerInchChanged.connect(self._soon.start)

    def _screens_changed(self) -> None:
        self._bring_desk_home()
        self._closed.clear()
        self._arrange()

    def _desk_index(self) -> int | None:
        if self._desk is None:
            return None
        screens = QGuiApplication.screens()
        here = self._desk.screen()
        return screens.index(here) if here in screens else None

    def _bring_desk_home(self) -> None:
        """Qt moved the desk off its screen when that went; now that it is back, the desk goes back too."""
        first = self._wall.monitor(DESK)
        if self._desk is None or first is None or first.screen is None:
            return
        screens = QGuiApplication.screens()
        alone = assign([first], [screen_id(screen) for screen in screens])
        index = alone.screen(DESK)
        if index is None or DESK in alone.makeshift or index == self._desk_index():
            return
        before = self._desk.screen().availableGeometry()
        target = screens[index].availableGeometry()
        whole = self._desk.windowState() & (Qt.WindowState.WindowFullScreen | Qt.WindowState.WindowMaximized)
        shown = self._desk.isVisible()
        if whole and shown:
            self._desk.showNormal()
        size = self._desk.size().boundedTo(target.size())
        offset = self._desk.pos() - before.topLeft()
        x = min(max(0, offset.x()), target.width() - size.width())
        y = min(max(0, offset.y()), target.height() - size.height())
        self._desk.setScreen(screens[index])
        self._desk.setGeometry(target.x() + x, target.y() + y, size.width(), size.height())
        if whole:
            self._desk.setWindowState(self._desk.windowState() | whole)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The desk's window comes into being when it is shown for the first time."""
        if watched is self._desk and event.type() == QEvent.Type.Show:
            watched.removeEventFilter(self)
            self._rearrange.start()
        return False

    def _watch_desk(self) -> None:
        """The operator may drag the desk onto a screen of the wall, whose window then makes room."""
        handle = None if self._desk is None else self._desk.windowHandle()
        if handle is not None and handle is not self._desk_watched:
            self._desk_watched = handle
            handle.screenChanged.connect(self._rearrange.start)

    # Windows

    def _arrange(self) -> None:
        self._watch_desk()
        screens = QGuiApplication.screens()
        ids = [screen_id(each) for each in screens]
        before, self._assignment = self._assignment, place(self._wall, ids, self._desk_index())
        moved = before != self._assignment
        keyboard = self._desk is not None and self._desk.isActiveWindow()
        for monitor in self._wall.monitors:
            if monitor.number == DESK:
                continue
            window, index = self._window_of(monitor.number), self._index(monitor.number)
            if self.host(monitor.number) == DESK:
                window.hide()
                continue
            window.take_back()
            if index is None or monitor.number in self._closed:
                moved |= window.isVisible()
                window.hide()
            else:
                moved |= window.stand_on(screens[index], monitor.name, self._note(monitor))
        guest = self.guest(DESK)
        if guest != self._in_desk:
            self._in_desk = guest
            self.desk_shows.emit(guest)
        if moved and keyboard and self._desk is not None:
            self._desk.activateWindow()  # some systems give the keyboard to whatever window is new
        if moved:
            log.info("monitors on screens: %s", self._assignment)
        self._settle(ids)
        self.changed.emit()

    def _index(self, number: int) -> int | None:
        """The screen that shows a monitor at this moment."""
        if number in self._assignment.instead:
            return None  # another one is shown on its screen
        return self._assignment.screen(self.host(number) or number)

    def _settle(self, screens: Sequence[ScreenId]) -> None:
        """Who lies well belongs there from now on."""
        first, desk = self._wall.monitor(DESK), self._desk_index()
        homes = adopted([each for each in self._wall.monitors if each.number != DESK], self._assignment, screens)
        fresh = {each.number: each.screen for each in homes}
        if first is not None and desk is not None:
            own = assign([first], screens)  # while its own screen is away, the desk is a guest wherever Qt put it
            fresh[DESK] = first.screen if DESK in own.makeshift else screens[desk]
        news = {
            each.number: fresh[each.number]
            for each in self._wall.monitors
            if each.number in fresh and fresh[each.number] != each.screen
        }
        if news:
            monitors = (replace(each, screen=news.get(each.number, each.screen)) for each in self._wall.monitors)
            self._wall = replace(self._wall, monitors=tuple(monitors))
            self.settled.emit(news)

    def _note(self, monitor: Monitor) -> str:
        if self.host(monitor.number) is None:
            return ""
        return f"Monitor {monitor.number}  {monitor.name}: shown here while its screen is unplugged"

    def _window_of(self, number: int) -> WallWindow:
        window = self._windows.get(number)
        if window is None:
            window = self._windows[number] = WallWindow(number, self._surface_for(number))
            window.key_pressed.connect(self.key_pressed)
            window.closed.connect(self._window_closed)
        return window

    def _window_closed(self, number: int) -> None:
        self._closed.add(number)
        self.window_closed.emit(number)

    def _drop(self, number: int) -> None:
        window = self._windows.pop(number)
        self._closed.discard(number)
        window.take_back()
        window.hide()
        self.monitor_gone.emit(number)
        if isValid(window):
            delete(window)


def _belongs(monitor: Monitor) -> tuple[int, str, ScreenId | None, int | None]:
    """What of a monitor decides where its window is."""
    return monitor.number, monitor.name, monitor.screen, monitor.instead
