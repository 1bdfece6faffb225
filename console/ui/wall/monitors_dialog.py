"""The monitors of the wall, for supervisors: which there are, where each belongs, and where it is shown meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from console.model.layout import Layout
from console.model.monitor import empty_monitor
from console.model.screens import DESK
from console.model.wall import MAX_MONITORS, Monitor, ScreenId, Wall
from console.ui.plain import plain_label, plain_tip
from console.ui.wall.windows import WallWindows, screen_words

MAX_NAME = 60


def next_number(wall: Wall) -> int:
    """The smallest number from 2 that no monitor has."""
    taken = {each.number for each in wall.monitors}
    return next(number for number in range(DESK + 1, MAX_MONITORS + 2) if number not in taken)


def with_new_monitor(wall: Wall, screen: ScreenId | None, layout: Layout | None = None) -> Wall:
    """The wall with one more monitor, for that screen. Unchanged if it has as many as a wall can have."""
    if len(wall.monitors) >= MAX_MONITORS:
        return wall
    number = next_number(wall)
    return wall.with_monitor(Monitor(number, f"Monitor {number}", empty_monitor(layout), screen))


def on_screen(wall: Wall, number: int, screen: ScreenId | None) -> Wall:
    """The wall with a monitor on that screen; who belonged there takes the screen that this one leaves."""
    monitor = wall.monitor(number)
    if monitor is None:
        return wall
    for other in wall.monitors:
        if screen is not None and other.screen == screen and other.number != number:
            wall = wall.with_monitor(replace(other, screen=monitor.screen))
    return wall.with_monitor(replace(monitor, screen=screen))


class MonitorsDialog(QDialog):
    """Changes take effect at once and are given out as a new wall."""

    wall_changed = Signal(object)

    def __init__(
        self, wall: Callable[[], Wall], windows: WallWindows, parent: QWidget | None = None,
        confirm: Callable[[str], bool] | None = None,
    ) -> None:  # fmt: skip
        """``wall`` gives the wall as it is now: what monitors show goes on changing while this is open. Who receives
        ``wall_changed`` must have taken the new wall when the signal returns. ``confirm`` asks a question before
        something is lost; None: in a message box."""
        super().__init__(parent)
        self._confirm = confirm or self._asked
        self.setWindowTitle("Monitors")
        self.resize(820, 420)
        self._now, self._windows = wall, windows
        self._wall = wall()
        self._filling = False
        self.list = QListWidget(self)
        self.list.setAccessibleName("Monitors of the wall")
        self.list.setToolTip("The monitors of the wall (arrow keys; Del takes one away)")
        self.list.setSpacing(2)
        self.list.currentRowChanged.connect(self._show_monitor)
        self.name = QLineEdit(self)
        self.name.setMaxLength(MAX_NAME)
        self.name.setToolTip("What this monitor is called (Alt+N)")
        self.name.editingFinished.connect(self._renamed)
        self.screen_box = self._box("The screen that this monitor belongs to (Alt+S)", self._screen_picked)
        self.instead_box = self._box("Where it is shown while its screen is unplugged (Alt+W)", self._instead_picked)
        self.note = plain_label(self)
        self.note.setObjectName("dim")
        self.note.setWordWrap(True)
        self._build()
        windows.changed.connect(self._fill)
        self._fill()

    def _box(self, tip: str, picked: Callable[[int], None]) -> QComboBox:
        box = QComboBox(self)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(28)
        box.activated.connect(picked)
        return box

    def _build(self) -> None:
        form = QFormLayout()
        form.addRow("&Name", self.name)
        form.addRow("&Screen", self.screen_box)
        form.addRow("&While unplugged", self.instead_box)
        right = QVBoxLayout()
        right.addLayout(form)
        right.addWidget(self.note)
        right.addStretch(1)
        upper = QHBoxLayout()
        upper.addWidget(self.list, 2)
        upper.addLayout(right, 3)
        lower = QHBoxLayout()
        self.add = self._button("&Add monitor", "A monitor more, on a screen that is free (Alt+A)", self._add)
        self.remove = self._button("&Remove", "Take this monitor out of the wall (Alt+R or Del)", self._remove)
        self.identify = self._button("&Identify", "Show each monitor's number on it (Alt+I)", self._windows.identify)
        close = self._button("Close", "Close this window (Esc)", self.accept)
        for button in (self.add, self.remove, self.identify):
            lower.addWidget(button)
        lower.addStretch(1)
        lower.addWidget(close)
        column = QVBoxLayout(self)
        column.addLayout(upper, 1)
        column.addLayout(lower)

    def _button(self, label: str, tip: str, pressed: Callable[[], None]) -> QPushButton:
        button = QPushButton(label, self)
        button.setToolTip(tip)
        button.setAutoDefault(False)
        button.clicked.connect(pressed)
        return button

    # What is shown

    @property
    def _chosen(self) -> Monitor | None:
        row = self.list.currentRow()
        return self._wall.monitors[row] if 0 <= row < len(self._wall.monitors) else None

    def _fill(self) -> None:
        self._wall = self._now()
        row = max(0, self.list.currentRow())
        self._filling = True
        self.list.clear()
        for monitor in self._wall.monitors:
            self.list.addItem(f"{monitor.number}  {monitor.name}\n    {self._where(monitor)}")
        self._filling = False
        self.list.setCurrentRow(min(row, self.list.count() - 1))
        self._show_monitor()

    def _where(self, monitor: Monitor) -> str:
        guest = self._windows.guest(monitor.number)
        if guest is not None:
            return f"shows monitor {guest} meanwhile"
        if monitor.number == DESK:
            return "in the desk's window"
        here = self._windows.where(monitor.number)
        if here is None:
            return "unplugged: waits" if monitor.screen is not None else "no free screen: waits"
        host = self._windows.host(monitor.number)
        if host is not None:
            return f"unplugged: shown on monitor {host}"
        return screen_words(here)

    def _show_monitor(self) -> None:
        monitor = self._chosen
        if self._filling:
            return
        for part in (self.name, self.screen_box, self.instead_box):
            part.setEnabled(monitor is not None)
        self.add.setEnabled(len(self._wall.monitors) < MAX_MONITORS)
        if monitor is None:
            self.remove.setEnabled(False)
            return
        self.remove.setEnabled(monitor.number != DESK)
        self.name.setText(monitor.name)
        self.screen_box.clear()
        self.screen_box.addItem("Wherever there is room", None)
        for screen in self._choices(monitor):
            here = screen in self._windows.screens()
            self.screen_box.addItem(screen_words(screen) + ("" if here else ", unplugged"), screen)
        self._pick(self.screen_box, monitor.screen)
        self.instead_box.clear()
        self.instead_box.addItem("It waits", None)
        for other in self._wall.monitors:
            if other.number != monitor.number:
                self.instead_box.addItem(f"Shown on {other.number}  {other.name}", other.number)
        self._pick(self.instead_box, monitor.instead)
        self.instead_box.setEnabled(monitor.number != DESK)
        self.note.setText(
            "The desk's window lies on this screen when the program starts."
            if monitor.number == DESK
            else "Unplugged, a monitor loses nothing: it comes back with its screen, as it was."
        )

    def _choices(self, monitor: Monitor) -> list[ScreenId]:
        """Its own screen first, then those that are there."""
        own = [] if monitor.screen is None else [monitor.screen]
        return own + [screen for screen in self._windows.screens() if screen not in own]

    @staticmethod
    def _pick(box: QComboBox, wanted: object) -> None:
        rows = [row for row in range(box.count()) if box.itemData(row) == wanted]
        box.setCurrentIndex(rows[0] if rows else 0)

    # What the hands do

    def _take(self, change: Callable[[Wall], Wall]) -> None:
        before = self._now()
        wall = change(before)
        if wall != before:
            self.wall_changed.emit(wall)
            self._fill()

    def _renamed(self) -> None:
        monitor, name = self._chosen, self.name.text().strip()
        if monitor is not None and name:
            self._edit(monitor, lambda now: replace(now, name=name))

    def _screen_picked(self, row: int) -> None:
        monitor, screen = self._chosen, self.screen_box.itemData(row)
        if monitor is None:
            return
        self._take(lambda wall: on_screen(wall, monitor.number, screen))

    def _instead_picked(self, row: int) -> None:
        monitor = self._chosen
        if monitor is not None:
            instead = self.instead_box.itemData(row)
            self._edit(monitor, lambda now: replace(now, instead=instead))

    def _edit(self, monitor: Monitor, change: Callable[[Monitor], Monitor]) -> None:
        def changed(wall: Wall) -> Wall:
            now = wall.monitor(monitor.number)
            return wall if now is None else wall.with_monitor(change(now))

        self._take(changed)

    def _add(self) -> None:
        free = self._windows.free_screens()
        monitor = self._chosen
        layout = None if monitor is None else monitor.state.layout
        self._take(lambda wall: with_new_monitor(wall, free[0] if free else None, layout))
        self.list.setCurrentRow(self.list.count() - 1)
        self.name.setFocus()

    def _remove(self) -> None:
        monitor = self._chosen
        if monitor is None or monitor.number == DESK:
            return
        question = f"Take monitor {monitor.number} {monitor.name} out of the wall? What it shows is forgotten."
        if self._confirm(question):
            self._take(lambda wall: wall.without_monitor(monitor.number))

    def showEvent(self, event: QShowEvent) -> None:
        """Opened again: the wall may have changed meanwhile."""
        super().showEvent(event)
        self._fill()

    def _asked(self, question: str) -> bool:
        answer = QMessageBox.question(self, "Remove monitor", plain_tip(question))
        return answer == QMessageBox.StandardButton.Yes

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Del takes the chosen monitor away while the list has the focus."""
        if event.key() == Qt.Key.Key_Delete and self.list.hasFocus():
            self._remove()
            return
        super().keyPressEvent(event)
