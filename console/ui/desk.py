"""The desk: what there is on the left, what is seen in the middle, what is selected on the right, the truth below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QByteArray, QMimeData, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QDrag, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QMenu,
    QPushButton,
    QSplitter,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from console.model.layout import PRESETS, Layout
from console.ui.keypad import Keypad
from console.ui.plain import plain_tip
from console.ui.pulse import Pulse
from console.ui.status_line import StatusLine
from console.ui.theme import tabular
from console.ui.wall.controller import WallController
from console.ui.wall.surface import TILE_MIME

ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Desk(QMainWindow):
    """The operator's main window. It arranges parts it is given; each part talks to its own service."""

    closing = Signal()
    credentials_wanted = Signal(int)
    add_wanted = Signal()
    help_wanted = Signal()
    search_wanted = Signal()

    def __init__(
        self, wall: WallController, pulse: Pulse, status: StatusLine, left: QWidget, right: QWidget,
        layouts: Sequence[Layout] = PRESETS,
    ) -> None:  # fmt: skip
        super().__init__()
        self.wall, self._status, self._left, self._right = wall, status, left, right
        self._layouts = list(layouts)
        self._folded: tuple[bool, bool] | None = None
        self.keypad = Keypad()
        self.setWindowTitle("Watchfloor")
        self._layout_box = QComboBox(self)
        self._clock = QLabel(self)
        self.setCentralWidget(self._build())
        self._connect(pulse)
        self._make_actions()
        wall.surface.installEventFilter(self)
        wall.surface.setFocus()
        self._show_state()

    def _build(self) -> QWidget:
        middle = QSplitter(Qt.Orientation.Horizontal, self)
        middle.addWidget(self._left)
        middle.addWidget(self.wall.surface)
        middle.addWidget(self._right)
        middle.setStretchFactor(1, 1)
        middle.setSizes([290, 1400, 270])
        middle.setHandleWidth(2)
        whole = QWidget(self)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._top = self._build_top()
        column.addWidget(self._top)
        column.addWidget(middle, 1)
        column.addWidget(self._status)
        return whole

    def _build_top(self) -> QWidget:
        top = QWidget(self)
        top.setObjectName("panel")
        row = QHBoxLayout(top)
        row.setContentsMargins(8, 5, 8, 5)
        title = QLabel("Watchfloor", top)
        title.setObjectName("heading")
        row.addWidget(title)
        row.addSpacing(12)
        for layout in self._layouts:
            self._layout_box.addItem(f"Layout {layout.name}", layout.name)
        self._layout_box.setToolTip("How the wall is divided (Page Up, Page Down)")
        self._layout_box.setAccessibleName("Layout of the wall")
        self._layout_box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.addWidget(self._layout_box)
        add = QPushButton("Add cameras…", top)
        add.setToolTip("Search the network, add by address or from a list (Ctrl+N)")
        add.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        add.clicked.connect(self.add_wanted)
        row.addWidget(add)
        helping = QPushButton("Help", top)
        helping.setToolTip("Keys and first steps (F1)")
        helping.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        helping.clicked.connect(self.help_wanted)
        row.addWidget(helping)
        row.addStretch(1)
        self._clock.setFont(tabular(11))
        self._clock.setAccessibleName("Local time")
        row.addWidget(self._clock)
        return top

    def _connect(self, pulse: Pulse) -> None:
        surface = self.wall.surface
        surface.tile_clicked.connect(self._clicked)
        surface.tile_activated.connect(self._activated)
        surface.tile_menu.connect(self._menu)
        surface.credentials_wanted.connect(self.credentials_wanted)
        surface.dropped_camera.connect(self._dropped_camera)
        surface.dropped_tile.connect(self._dropped_tile)
        surface.drag_wanted.connect(self._drag_tile)
        surface.hint_wanted.connect(self._hint)
        pulse.second.connect(self._second)
        self.wall.state_changed.connect(self._show_state)
        self._layout_box.activated.connect(self._layout_picked)

    def _make_actions(self) -> None:
        """Keys that work wherever the focus is; the wall's own keys are in keyPressEvent."""
        for keys, slot in (
            ("F11", self.toggle_full_screen),
            ("Ctrl+Z", self.wall.undo),
            ("Ctrl+Shift+Z", self.wall.redo),
            ("Ctrl+N", self.add_wanted.emit),
            ("Ctrl+F", self.search_wanted.emit),
            ("Ctrl+K", self.search_wanted.emit),
            ("F1", self.help_wanted.emit),
            ("Ctrl+W", self.wall.surface.setFocus),
        ):
            action = QAction(self)
            action.setShortcut(QKeySequence(keys))
            action.triggered.connect(slot)
            self.addAction(action)

    # What the hands do

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The CCTV keyboard: digits and Enter call a camera up, arrows move, Enter maximises, Esc goes back."""
        key, mods = event.key(), event.modifiers()
        state = self.wall.state
        if event.text().isdecimal() and event.text().isascii():
            self.keypad.digit(event.text())
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif key == Qt.Key.Key_Escape:
            self._back()
        elif key in ARROWS:
            dx, dy = ARROWS[Qt.Key(key)]
            if mods & Qt.KeyboardModifier.ShiftModifier and state.maximised is None:
                self.wall.go(state.swapped(state.selected, state.layout.neighbour(state.selected, dx, dy)))
            else:
                self.wall.go(state.moved(dx, dy))
        elif key == Qt.Key.Key_Backspace and self.keypad.text:
            self.keypad.rub_out()
        elif key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            self.wall.go(state.placed(None, state.selected))
        elif key == Qt.Key.Key_PageDown:
            self._next_layout(1)
        elif key == Qt.Key.Key_PageUp:
            self._next_layout(-1)
        elif key == Qt.Key.Key_I:
            self.wall.show_measures = not self.wall.show_measures
            self.wall.refresh()
        elif key == Qt.Key.Key_T:
            self._retry_selected()
        else:
            super().keyPressEvent(event)
            return
        self._status.typed(self.keypad.text)

    def _enter(self) -> None:
        number = self.keypad.enter()
        state = self.wall.state
        if number is None:
            self.wall.go(state.toggled())
        elif self.wall.knows(number):
            self.wall.go(state.placed(number, state.selected))
        else:
            self._status.note(f"There is no camera {number}.")

    def _back(self) -> None:
        """Esc: what was typed, then the maximised tile, then full screen."""
        if self.keypad.text:
            self.keypad.clear()
        elif self.wall.state.maximised is not None:
            self.wall.go(self.wall.state.toggled())
        elif self.isFullScreen():
            self.toggle_full_screen()

    def toggle_full_screen(self) -> None:
        """The wall alone on the whole monitor, and back."""
        if self.isFullScreen():
            self.setWindowState(self.windowState() & ~Qt.WindowState.WindowFullScreen)
            shown = self._folded or (True, True)
            self._left.setVisible(shown[0])
            self._right.setVisible(shown[1])
            self._top.show()
            self._status.show()
            return
        self._folded = (self._left.isVisible(), self._right.isVisible())
        for part in (self._left, self._right, self._top, self._status):
            part.hide()
        self.setWindowState(self.windowState() | Qt.WindowState.WindowFullScreen)
        self.wall.surface.setFocus()

    def _clicked(self, tile: int) -> None:
        self.wall.go(self.wall.state.chosen(tile))

    def _activated(self, tile: int) -> None:
        self.wall.go(self.wall.state.chosen(tile).toggled())

    def _dropped_camera(self, camera: int, tile: int) -> None:
        self.wall.go(self.wall.state.placed(camera, tile))

    def _dropped_tile(self, source: int, tile: int) -> None:
        self.wall.go(self.wall.state.swapped(source, tile))

    def _drag_tile(self, tile: int) -> None:
        if self.wall.state.camera(tile) is None or self.wall.state.maximised is not None:
            return
        mime = QMimeData()
        mime.setData(TILE_MIME, QByteArray(str(tile).encode()))
        drag = QDrag(self.wall.surface)
        drag.setMimeData(mime)
        drag.exec(Qt.DropAction.MoveAction)

    def _menu(self, tile: int, where: QPoint) -> None:
        state = self.wall.state
        camera = state.camera(tile)
        menu = QMenu(self)
        big = menu.addAction("Back to the layout" if state.maximised is not None else "Maximise\tEnter")
        big.triggered.connect(lambda: self._activated(tile))
        if camera is not None:
            again = menu.addAction("Try again now\tT")
            again.triggered.connect(lambda: self.wall.retry(camera))
            login = menu.addAction("Credentials…")
            login.triggered.connect(lambda: self.credentials_wanted.emit(camera))
            clear = menu.addAction("Clear the tile\tDel")
            clear.triggered.connect(lambda: self.wall.go(self.wall.state.placed(None, tile)))
        menu.exec(where)
        menu.deleteLater()

    def _retry_selected(self) -> None:
        camera = self.wall.state.camera(self.wall.state.selected)
        if camera is not None:
            self.wall.retry(camera)

    def _hint(self, camera: int, where: QPoint) -> None:
        QToolTip.showText(where, plain_tip(self.wall.describe(camera)), self.wall.surface)

    # Layouts

    def _layout_picked(self, row: int) -> None:
        self.wall.go(self.wall.state.arranged(self._layouts[row]))
        self.wall.surface.setFocus()

    def _next_layout(self, step: int) -> None:
        names = [layout.name for layout in self._layouts]
        name = self.wall.state.layout.name
        row = names.index(name) if name in names else 0
        self.wall.go(self.wall.state.arranged(self._layouts[(row + step) % len(names)]))

    def _show_state(self) -> None:
        name = self.wall.state.layout.name
        self._layout_box.setPlaceholderText(f"Layout {name}")  # seen for one that is not on the list
        self._layout_box.setCurrentIndex(self._layout_box.findData(name))

    def _second(self) -> None:
        self._clock.setText(datetime.now().astimezone().strftime("%H:%M:%S  UTC%z"))
        self._status.refresh()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the desk ends the program."""
        self.closing.emit()
        event.accept()
