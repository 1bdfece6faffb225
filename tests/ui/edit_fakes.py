"""Edit mode as the composition root opens it, on a wall that must not change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent, QImage, QMouseEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QWidget
from pytestqt.qtbot import QtBot

from console.app import dress
from console.model.items import CameraItem, Item
from console.model.layout import Layout, grid
from console.model.layout_edit import Axis, lines
from console.model.monitor import MonitorState, showing
from console.model.site import Camera
from console.store.layout_library import Shelved
from console.ui.edit.asking import Answer
from console.ui.edit.stage import Preview
from console.ui.edit.window import EditWindow, Surroundings

LEFT = Qt.MouseButton.LeftButton
PLAIN = Qt.KeyboardModifier.NoModifier
CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
CAMERAS = {1: "Main St / 5th", 2: "Station North", 3: "Depot", 4: "Harbour", 17: "Bridge"}


def shelved(layout: Layout, own: bool = True, hides: bool = False) -> Shelved:
    """A stored layout."""
    return Shelved(layout, Path(f"{layout.name}.json"), own, hides)


class Editing:
    """A window of edit mode; ``told`` has all that it told anybody outside."""

    def __init__(
        self, qtbot: QtBot, layout: Layout, draft: Layout | None = None, stored: Sequence[Shelved] = ()
    ) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.qtbot = qtbot
        self.told: list[tuple[object, ...]] = []
        self.state = showing(grid("Quad", 2, 2), [1, 2, 3])
        self.kept: list[Layout | None] = []
        self.asked: list[str] = []
        self.answer = Answer.CANCEL
        self.previews: list[MonitorState] = []
        self.released = 0
        self.now = 100.0
        self.tours: list[MonitorState] = []
        around = Surroundings(
            lambda: self.state, self.still, self.preview, self.kept.append, self.ask, lambda: self.now
        )
        self.window = EditWindow(layout, dress(app), around, draft=draft)
        self.window.show_cameras([Camera(number, name, f"urn:{number}") for number, name in CAMERAS.items()])
        shipped = shelved(grid("Shipped", 1, 1), own=False)
        self.window.show_layouts(stored or [shelved(layout), shelved(grid("Other", 3, 3)), shipped])
        for name in ("published", "rename_wanted", "duplicate_wanted", "delete_wanted", "help_wanted"):
            getattr(self.window, name).connect(lambda *what, name=name: self.told.append((name, *what)))
        self.window.closed.connect(lambda: self.told.append(("closed",)))
        qtbot.addWidget(self.window, before_close_func=self.let_go)
        self.window.show()
        self.window.activateWindow()
        qtbot.waitUntil(self.window.isActiveWindow)
        self.canvas, self.draft = self.window.canvas, self.window.draft
        self.canvas.setFocus()

    def let_go(self, window: QWidget) -> None:
        """At the end of a test the draft may go."""
        self.answer = Answer.DISCARD

    def still(self, number: int) -> QImage | None:
        """Camera 2 has a picture."""
        if number != 2:
            return None
        image = QImage(64, 36, QImage.Format.Format_RGB32)
        image.fill(Qt.GlobalColor.green)
        return image

    def preview(self, state: MonitorState) -> Preview:
        """Counts."""
        self.previews.append(state)
        return Preview(QWidget(), self.release, self.tours.append)

    def release(self) -> None:
        """Counts."""
        self.released += 1

    def ask(self, parent: QWidget, question: str, answers: Sequence[Answer]) -> Answer:
        """Answers what the test wants."""
        self.asked.append(question)
        return self.answer

    # What is there

    @property
    def layout(self) -> Layout:
        """The draft."""
        return self.draft.layout

    @property
    def items(self) -> list[Item | None]:
        """What is on the tiles."""
        return [cell.item for cell in self.layout.cells]

    @property
    def words(self) -> str:
        """The bottom line."""
        return self.window.bottom.words.text()

    # Hands

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = PLAIN, on: QWidget | None = None) -> None:
        """A key where the focus is."""
        QTest.keyClick(on or QApplication.focusWidget() or self.canvas, key, keys)

    def type(self, text: str, on: QWidget | None = None) -> None:
        """Letters where the focus is."""
        QTest.keyClicks(on or QApplication.focusWidget() or self.canvas, text)

    def middle(self, tile: int) -> QPoint:
        """The middle of a tile."""
        return self.canvas.tile_rect(tile).center()

    def click(self, tile: int, keys: Qt.KeyboardModifier = PLAIN) -> None:
        """A click on a tile."""
        QTest.mouseClick(self.canvas, LEFT, keys, self.middle(tile))

    def pull(self, start: QPoint, end: QPoint, keys: Qt.KeyboardModifier = PLAIN, drop: bool = True) -> None:
        """The mouse pressed, moved and, with ``drop``, let go."""
        QTest.mousePress(self.canvas, LEFT, keys, start)
        for part in (0.3, 0.7, 1.0):
            self.move(QPointF(start) + (QPointF(end) - QPointF(start)) * part, keys)
        if drop:
            QTest.mouseRelease(self.canvas, LEFT, keys, end)

    def move(self, point: QPointF, keys: Qt.KeyboardModifier = PLAIN, held: Qt.MouseButton = LEFT) -> None:
        """The mouse moves; QTest's own moves tell no button."""
        where = self.canvas.mapToGlobal(point)
        event = QMouseEvent(QEvent.Type.MouseMove, point, where, Qt.MouseButton.NoButton, held, keys)
        QApplication.sendEvent(self.canvas, event)

    def border(self, axis: Axis, nth: int = 0) -> QPoint:
        """A point on a border."""
        border = [each for each in lines(self.layout) if each.axis is axis][nth]
        along = (border.start + border.end) / 2 + 0.01  # beside where borders cross
        x, y = (border.share, along) if axis is Axis.COLUMNS else (along, border.share)
        return self.at(x, y)

    def at(self, x: float, y: float) -> QPoint:
        """A place of the monitor, as shares."""
        frame = self.canvas.frame()
        return QPoint(round(frame.x() + x * frame.width()), round(frame.y() + y * frame.height()))

    def drop(self, mime: QMimeData, tile: int, keys: Qt.KeyboardModifier = PLAIN) -> bool:
        """A drag comes, hovers and is let go; whether it was taken."""
        at = QPointF(self.middle(tile))
        enter = QDragEnterEvent(at, Qt.DropAction.CopyAction, mime, LEFT, keys)
        enter.ignore()
        QApplication.sendEvent(self.canvas, enter)
        if not enter.isAccepted():
            return False
        hover = QDragMoveEvent(at, Qt.DropAction.CopyAction, mime, LEFT, keys)
        QApplication.sendEvent(self.canvas, hover)
        drop = QDropEvent(at, Qt.DropAction.CopyAction, mime, LEFT, keys)
        QApplication.sendEvent(self.canvas, drop)
        return drop.isAccepted()


def cameras(*numbers: int | None) -> list[CameraItem | None]:
    """Cameras of these numbers."""
    return [None if number is None else CameraItem(number) for number in numbers]


def undo_and_redo(editing: Editing, act: Callable[[], object], name: str) -> None:
    """``act`` is one step of that name; undone by key the draft is as before, and redone as after."""
    before = editing.layout
    act()
    after = editing.layout
    assert after != before
    assert editing.draft.undo_name == name
    editing.key(Qt.Key.Key_Z, CTRL, on=editing.canvas)
    assert editing.layout == before
    assert editing.draft.redo_name == name
    editing.key(Qt.Key.Key_Z, CTRL | SHIFT, on=editing.canvas)
    assert editing.layout == after
    assert editing.told == []  # nobody outside heard of it


def choose(box: QComboBox, kind: str) -> None:
    """As somebody who picks a line of the box."""
    row = box.findData(kind)
    box.setCurrentIndex(row)
    box.activated.emit(row)
