"""The desk: what there is on the left, what is seen in the middle, what is selected on the right, the truth below."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QAction, QCloseEvent, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console.model.callup import CallUpError, Keypad, resolve
from console.model.layout import Layout
from console.model.show import ShowError, ShowLayout
from console.ui.actions import Action, Actions
from console.ui.pulse import Pulse
from console.ui.status_line import StatusLine
from console.ui.theme import tabular
from console.ui.wall.controller import WallController
from console.ui.wall.hands import LOCKED
from console.ui.wall.room import WallRoom

RIGHT_WIDTH = 344
"""Logical pixels of the panel about what is selected."""

ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}


class Desk(QMainWindow):
    """The operator's main window. It arranges parts it is given; each part talks to its own service."""

    closing = Signal()
    add_wanted = Signal()
    help_wanted = Signal()
    search_wanted = Signal()
    lock_changed = Signal(bool)

    def __init__(
        self, room: WallRoom, pulse: Pulse, status: StatusLine, left: QWidget, right: QWidget, actions: Actions,
        numbers: Callable[[], Collection[int]],
    ) -> None:  # fmt: skip
        """``actions`` are the wall's; the desk adds its own. ``numbers``: the cameras that there are."""
        super().__init__()
        self._numbers = numbers
        self.room, self._status, self._left, self._right = room, status, left, right
        self.actions_known = actions
        self.first_keys: list[Callable[[QKeyEvent], bool]] = []
        """Asked before the wall's own keys, for as long as something else has the hands (replay)."""
        self.first_back: list[Callable[[], bool]] = []
        """What Esc ends after a large tile and before full screen; each says whether it did something."""
        self.locked = True
        self._folded: tuple[bool, bool] | None = None
        self.keypad = Keypad()
        self.setWindowTitle("Watchfloor")
        self._layout_box = QComboBox(self)
        self._clock = QLabel(self)
        self._below = QVBoxLayout()
        self.setCentralWidget(self._build())
        pulse.second.connect(status.refresh)
        pulse.words.connect(self._tell_time)
        room.changed.connect(self._show_state)
        room.active_changed.connect(self._show_state)
        self._layout_box.activated.connect(self._layout_picked)
        actions.add(*self._own_actions())
        for action in actions:
            self._make_shortcut(action)
        self.listen_to(self.wall.surface)
        self.wall.surface.setFocus()
        self._show_state()

    @property
    def wall(self) -> WallController:
        """The monitor that the hands are on."""
        return self.room.active

    @property
    def own_wall(self) -> WallController:
        """The monitor in this window."""
        return self.room.controllers[1]

    def listen_to(self, surface: QWidget) -> None:
        """Keys that are pressed on this surface are the desk's, in whichever window it is."""
        surface.installEventFilter(self)

    def show_surface(self, surface: QWidget) -> None:
        """This monitor's surface in the middle: the desk's own, or one whose screen is unplugged."""
        if self._seen.indexOf(surface) < 0:
            self._seen.addWidget(surface)
        self._seen.setCurrentWidget(surface)

    def add_below(self, widget: QWidget) -> None:
        """A bar between the wall and the bottom line, for as long as it is visible."""
        self._below.addWidget(widget)

    def add_to_top(self, widget: QWidget) -> None:
        """Something more in the top line, left of the clock."""
        self._top_row.insertWidget(self._top_row.count() - 2, widget)

    def show_layouts(self, layouts: Sequence[Layout]) -> None:
        """The layouts that can be picked."""
        self._layout_box.clear()
        for layout in layouts:
            self._layout_box.addItem(f"Layout {layout.name}", layout.name)
        self._show_state()

    def _build(self) -> QWidget:
        middle = QSplitter(Qt.Orientation.Horizontal, self)
        middle.addWidget(self._left)
        self._seen = QStackedWidget(middle)
        self._seen.addWidget(self.own_wall.surface)
        middle.addWidget(self._seen)
        middle.addWidget(self._right)
        middle.setStretchFactor(1, 1)
        self._right.setMinimumWidth(RIGHT_WIDTH)  # else it changes with what it says, and the wall with it
        middle.setSizes([290, 1400, RIGHT_WIDTH])
        middle.setHandleWidth(2)
        whole = QWidget(self)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._top = self._build_top()
        column.addWidget(self._top)
        column.addWidget(middle, 1)
        column.addLayout(self._below)
        column.addWidget(self._status)
        return whole

    def _build_top(self) -> QWidget:
        top = QWidget(self)
        top.setObjectName("panel")
        row = self._top_row = QHBoxLayout(top)
        row.setContentsMargins(8, 5, 8, 5)
        title = QLabel("Watchfloor", top)
        title.setObjectName("heading")
        row.addWidget(title)
        row.addSpacing(12)
        self._layout_box.setToolTip("How this monitor is divided (Page Up, Page Down)")
        self._layout_box.setAccessibleName("Layout of the wall")
        self._layout_box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self._layout_box.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        row.addWidget(self._layout_box)
        for words, tip, wish in (
            ("Add cameras…", "Search the network, add by address or from a list (Ctrl+N)", self.add_wanted),
            ("Help", "Keys and first steps (F1)", self.help_wanted),
        ):
            button = QPushButton(words, top)
            button.setToolTip(tip)
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
            button.clicked.connect(wish)
            row.addWidget(button)
        row.addStretch(1)
        self._clock.setFont(tabular(11))
        self._clock.setAccessibleName("Local time")
        row.addWidget(self._clock)
        return top

    def _own_actions(self) -> list[Action]:
        return [
            Action("Undo", self._undo, ("Ctrl+Z",), anywhere=True),
            Action("Redo", self._redo, ("Ctrl+Shift+Z",), anywhere=True),
            Action("Next layout", lambda: self._next_layout(1), ("PgDown",)),
            Action("Previous layout", lambda: self._next_layout(-1), ("PgUp",)),
            Action("Lock or unlock the layout", self.toggle_lock, ("Ctrl+L",), anywhere=True),
            Action("Full screen", self.toggle_full_screen, ("F11",), anywhere=True),
            Action("Add cameras", self.add_wanted.emit, ("Ctrl+N",), anywhere=True),
            Action("Search devices", self.search_wanted.emit, ("Ctrl+F",), anywhere=True),
            Action("Help", self.help_wanted.emit, ("F1",), anywhere=True),
            Action("To the wall", self.wall.surface.setFocus, ("Ctrl+W",), anywhere=True),
        ]

    def add_action(self, action: Action) -> None:
        """Something more that can be done."""
        self.actions_known.add(action)
        self._make_shortcut(action)

    def _make_shortcut(self, known: Action) -> None:
        if known.anywhere and known.keys:
            action = QAction(self)
            action.setShortcuts([QKeySequence(key) for key in known.keys])
            action.triggered.connect(lambda _=False: known.run())
            self.addAction(action)

    # What the hands do

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keys on the walls of other windows reach the desk."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and watched is not self:
            surface_elsewhere = isinstance(watched, QWidget) and watched.window() is not self
            if surface_elsewhere:
                self.keyPressEvent(event)
                return event.isAccepted()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The CCTV keyboard: digits and Enter call a camera up, arrows move, Enter maximises, Esc goes back."""
        key, mods = event.key(), event.modifiers()
        typing = self.keypad.text and (event.text() == "." or key == Qt.Key.Key_Escape)
        if not typing and key != Qt.Key.Key_Escape and any(first(event) for first in self.first_keys):
            return
        chord = mods & (
            Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.MetaModifier
        )
        text = "" if chord else event.text()
        if text.isdecimal() and text.isascii():
            self.keypad.digit(text)
        elif text == ".":
            self.keypad.dot()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif key == Qt.Key.Key_Escape:
            self._back()
        elif key in ARROWS and not mods & Qt.KeyboardModifier.ControlModifier:
            self._arrow(*ARROWS[Qt.Key(key)], swap=bool(mods & Qt.KeyboardModifier.ShiftModifier))
        elif key == Qt.Key.Key_Backspace and self.keypad.text:
            self.keypad.rub_out()
        elif (action := self.actions_known.for_key(event)) is not None:
            if action.possible():
                action.run()
        else:
            super().keyPressEvent(event)
            return
        event.accept()
        self._status.typed(self.keypad.text)

    def _undo(self) -> None:
        done = self.room.undo()
        self._status.note("Taken back. Ctrl+Shift+Z does it again." if done else "There is nothing to take back.")

    def _redo(self) -> None:
        self._status.note("" if self.room.redo() else "There is nothing to do again.")

    def _arrow(self, dx: int, dy: int, swap: bool) -> None:
        state = self.wall.state
        if not swap or state.maximised is not None:
            self.wall.go(state.moved(dx, dy))
        elif self.locked:
            self._status.note(LOCKED)
        else:
            self.wall.go(state.swapped(state.selected, state.layout.neighbour(state.selected, dx, dy)))

    def _enter(self) -> None:
        try:
            typed = self.keypad.enter()
            if typed is None:
                self.wall.go(self.wall.state.toggled())
                return
            target = resolve(typed, self.room.wall, self._numbers(), self.room.active_number)
        except CallUpError as error:
            self._status.note(str(error))
            return
        self.room.activate(target.monitor)
        state = self.wall.state
        if target.camera is None:
            self.wall.go(state.chosen(target.tile))
        else:
            self.wall.go(state.placed(target.camera, target.tile))

    def _back(self) -> None:
        """Esc: what was typed, then the maximised tile, then what else has the hands (replay), then full screen."""
        if self.keypad.text:
            self.keypad.clear()
        elif self.wall.state.maximised is not None:
            self.wall.go(self.wall.state.toggled())
        elif any(back() for back in self.first_back):
            pass
        elif self.isFullScreen():
            self.toggle_full_screen()

    def toggle_lock(self) -> None:
        """Whether tiles can be moved by hand."""
        self.locked = not self.locked
        self.lock_changed.emit(self.locked)
        self._status.note(
            "The layout is locked." if self.locked else "The layout is unlocked: tiles can be swapped. Ctrl+L locks it."
        )

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

    # Layouts

    def _layout_picked(self, row: int) -> None:
        self.show_layout(str(self._layout_box.itemData(row)))
        self.wall.surface.setFocus()

    def _next_layout(self, step: int) -> None:
        names = list(self.room.layouts)
        name = self.wall.state.layout.name
        row = names.index(name) if name in names else -step
        if names:
            self.show_layout(names[(row + step) % len(names)])

    def show_layout(self, name: str) -> None:
        """Another layout on the monitor that the hands are on."""
        try:
            self.room.show(ShowLayout(name))
        except ShowError as error:
            self._status.note(str(error))

    def _show_state(self) -> None:
        name = self.wall.state.layout.name
        self._layout_box.setPlaceholderText(f"Layout {name}")  # seen for one that is not on the list
        self._layout_box.setCurrentIndex(self._layout_box.findData(name))

    def _tell_time(self) -> None:
        self._clock.setText(datetime.now().astimezone().strftime("%H:%M:%S  UTC%z"))

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closing the desk ends the program."""
        self.closing.emit()
        event.accept()
