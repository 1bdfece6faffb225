"""The right of edit mode: what the picked tiles hold, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QStringListModel, Qt, QTimeZone, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from console.model.items import (
    CameraItem,
    ClockItem,
    Item,
    PictureItem,
    TextItem,
    TourItem,
    TourStep,
    WebItem,
)
from console.model.layout_shape import boxes
from console.model.site import Camera
from console.ui.edit.bars import seen
from console.ui.edit.draft import DWELL, Draft
from console.ui.edit.drags import READY
from console.ui.edit.shelf import KINDS
from console.ui.edit.tour_steps import TourSteps
from console.ui.edit.words import NameOf, called
from console.ui.plain import plain_label

_KINDS = (("", "Free"), ("camera", "Camera"), *((kind, name) for kind, name, _ in KINDS))


def kind_of(item: Item | None) -> str:
    """The word of an item's kind; "" for nothing."""
    match item:
        case None:
            return ""
        case CameraItem():
            return "camera"
        case WebItem():
            return "web"
        case PictureItem():
            return "picture"
        case TextItem():
            return "text"
        case ClockItem():
            return "clock"
        case TourItem():
            return "tour"
        case _:
            return next(kind for kind, ready in READY.items() if ready == item)


class _Text(QPlainTextEdit):
    """Words of several lines, done when the focus leaves or with Ctrl+Enter."""

    finished = Signal()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Elsewhere now: what was written counts."""
        super().focusOutEvent(event)
        self.finished.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+Enter is enough."""
        control = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        if control and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.finished.emit()
        else:
            super().keyPressEvent(event)


class Properties(QWidget):
    """Shows the picked tiles of a Draft and changes them through it. Only the Qt thread."""

    back = Signal()
    """Enter or Esc in a field: the hands go back to the canvas."""

    def __init__(
        self, draft: Draft, name_of: NameOf, pictures: Sequence[str] = (), parent: QWidget | None = None
    ) -> None:
        """``pictures``: names of files that may be shown, as suggestions."""
        super().__init__(parent)
        self.setObjectName("panel")
        self._draft, self._name_of = draft, name_of
        self._pending: str | None = None
        """A kind that was chosen and still waits for what it needs."""
        self._filling = False
        self.heading = plain_label(self)
        self.heading.setObjectName("heading")
        self.place = plain_label(self)
        self.place.setObjectName("dim")
        self.kind = QComboBox(self)
        self.kind.setPlaceholderText("Several things")
        self.kind.setAccessibleName("What the tile holds")
        self.kind.setToolTip("What the tile holds (Enter on the canvas leads here)")
        for kind, name in _KINDS:
            self.kind.addItem(name, kind)
        self.kind.activated.connect(self._chosen)
        self.camera = self._line("Camera number or name", "Number or name of the camera, then Enter")
        self._names = QStringListModel(self)
        completer = QCompleter(self._names, self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setMaxVisibleItems(12)
        self.camera.setCompleter(completer)
        completer.activated.connect(self.commit, Qt.ConnectionType.QueuedConnection)  # the line takes the words first
        self.url = self._line("Address of the page", "As in https://example.org/page, then Enter")
        self.picture = self._box("Picture file", "A file of the folder for pictures, as in plans/ground floor.png")
        self.picture.addItems(list(pictures))
        self.text = _Text(self)
        self.text.setAccessibleName("Words on the tile")
        self.text.setToolTip("Words on the tile; Ctrl+Enter when done")
        self.text.setTabChangesFocus(True)
        self.zone = self._box("Time zone", "Empty: the zone of this computer. Else a name such as Europe/London")
        self.zone.addItem("")
        self.zone.addItems(sorted(bytes(each.data()).decode() for each in QTimeZone.availableTimeZoneIds()))
        self.tour = TourSteps(name_of, self)
        self.hotspot = seen(QCheckBox("Hot&spot: follows what is selected or alarmed", self))
        self.hotspot.setToolTip("The tile shows the camera that is selected or alarmed (O on the canvas, Alt+S)")
        self._pages = QStackedWidget(self)
        self._page_of: dict[str, int] = {}
        self._note = plain_label(self)
        self._note.setObjectName("dim")
        self._note.setWordWrap(True)
        self._build()
        draft.changed.connect(self._show)
        draft.picked_changed.connect(self._picked)
        self._show()

    def _line(self, name: str, tip: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setAccessibleName(name)
        line.setPlaceholderText(name)
        line.setToolTip(tip)
        line.editingFinished.connect(self.commit)
        line.returnPressed.connect(self.back)
        return line

    def _box(self, name: str, tip: str) -> QComboBox:
        box = QComboBox(self)
        box.setEditable(True)
        box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        box.setAccessibleName(name)
        box.setToolTip(tip)
        box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        box.setMinimumContentsLength(12)
        line = box.lineEdit()
        if line is not None:
            line.setAccessibleName(name)
            line.setPlaceholderText(name)
            line.editingFinished.connect(self.commit)
        completer = box.completer()
        if completer is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        box.activated.connect(lambda _: self.commit())
        return box

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 8, 8, 8)
        column.setSpacing(6)
        column.addWidget(self.heading)
        column.addWidget(self.place)
        column.addWidget(self.hotspot)
        label = QLabel("&Holds", self)
        label.setBuddy(self.kind)
        column.addWidget(label)
        column.addWidget(self.kind)
        column.addWidget(self._note)
        column.addWidget(self._pages, 1)
        self._page("", None, "")
        self._page("camera", self.camera, "Camera")
        self._page("web", self.url, "Address")
        self._page("picture", self.picture, "File")
        self._page("text", self.text, "Words")
        self._page("clock", self.zone, "Time zone")
        self._page("tour", self.tour, "")
        self._pages.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Expanding)
        self.text.finished.connect(self.commit)
        self.tour.wanted.connect(self._tour_wanted)
        self.tour.refused.connect(self._draft.said)
        self.hotspot.clicked.connect(self._draft.hotspot)

    def _page(self, kind: str, field: QWidget | None, name: str) -> None:
        page = QWidget(self._pages)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        if name and field is not None:
            label = QLabel(name, page)
            label.setBuddy(field)
            column.addWidget(label)
        stretch = isinstance(field, (TourSteps, QPlainTextEdit))
        if field is not None:
            column.addWidget(field, 1 if stretch else 0)
        if not stretch:
            column.addStretch(1)
        self._page_of[kind] = self._pages.addWidget(page)

    def show_cameras(self, cameras: Sequence[Camera]) -> None:
        """What the camera field suggests."""
        self._names.setStringList([f"{camera.number}  {camera.name}" for camera in cameras])
        self._show()

    def edit(self, kind: str = "") -> None:
        """The hands come here: to what the tile holds, or to a kind that it is to hold."""
        if kind:
            self.kind.setCurrentIndex(self.kind.findData(kind))
            self._chosen()
        else:
            self._focus(self._pending or kind_of(self._item()))

    def commit(self) -> None:
        """What stands in the fields counts, as if the focus had left them."""
        if self._filling:
            return
        fresh = self._entered()
        if fresh is not None and fresh != self._item():
            self._filling = True  # telling may move the focus, which would commit again
            try:
                done = self._draft.put(fresh)
            finally:
                self._filling = False
            if done:
                self._pending = None
                self._show()

    # What is typed

    def _entered(self) -> Item | None:
        """What the visible page says; None for nothing yet."""
        if self._pending is None and self._mixed():
            return None
        match self._pending or kind_of(self._item()):
            case "camera":
                return self._camera()
            case "web":
                words = self.url.text().strip()
                return WebItem(words) if words else None
            case "picture":
                words = self.picture.currentText().strip()
                return PictureItem(words) if words else None
            case "text":
                words = self.text.toPlainText()
                return TextItem(words) if words.strip() else None
            case "clock":
                return ClockItem(self.zone.currentText().strip())
        return None

    def _camera(self) -> CameraItem | None:
        words = self.camera.text().strip()
        digits = words.split()[0] if words else ""
        if not words or words == self._camera_words(self._item()):
            return None
        names = [name for name in self._names.stringList() if words.casefold() in name.casefold()]
        if digits.isascii() and digits.isdecimal() and len(digits) <= 5 and self._name_of(int(digits)) is not None:
            return CameraItem(int(digits))
        if len(names) == 1:
            return CameraItem(int(names[0].split()[0]))
        many = f"{len(names)} cameras are called like that" if names else f"There is no camera “{words[:40]}”"
        self._draft.said.emit(f"{many}. Type its number, or more of its name.")
        return None

    def _camera_words(self, item: Item | None) -> str:
        return called(item, self._name_of) if isinstance(item, CameraItem) else ""

    def _chosen(self) -> None:
        """A kind was picked in the box."""
        kind, item = self.kind.currentData(), self._item()
        self._pending = None
        if kind == kind_of(item) and not self._mixed():
            self._focus(kind)
        elif kind == "":
            self._draft.clear()
        elif kind in READY:
            self._draft.put(READY[kind])
        elif kind == "tour" and item is not None and not isinstance(item, TourItem) and not self._mixed():
            self._draft.put(TourItem((TourStep(item, DWELL),)))
            self._focus(kind)
        else:
            self._pending = kind
            self._show()
            self._focus(kind)

    def _tour_wanted(self, tour: TourItem) -> None:
        self._pending = None
        done = self._draft.put(tour) if tour.steps else self._draft.clear()
        if not done:
            self._show()

    # What is shown

    def _item(self) -> Item | None:
        return self._draft.layout.cells[self._draft.current].item

    def _mixed(self) -> bool:
        cells = self._draft.layout.cells
        return len({cells[tile].item for tile in self._draft.picked}) > 1

    def _picked(self) -> None:
        self._pending = None
        self._show()

    def _show(self) -> None:
        """Bring everything up to the draft."""
        draft, item = self._draft, self._item()
        cell = draft.layout.cells[draft.current]
        many, mixed = len(draft.picked), self._mixed()
        self._filling = True
        try:
            self.heading.setText(f"Tile {draft.current + 1}" if many == 1 else f"{many} tiles")
            box = boxes(draft.layout)[draft.current]
            wide, high = 100 * float(box.right - box.left), 100 * float(box.bottom - box.top)
            self.place.setText(f"{wide:.3g} % wide, {high:.3g} % high" if many == 1 else "Changes go to all of them")
            kind = self._pending or kind_of(item)
            show_mixed = mixed and self._pending is None
            self.kind.setCurrentIndex(-1 if show_mixed else self.kind.findData(kind))
            self._fill("" if show_mixed else kind, None if self._pending else item)
            self.hotspot.setChecked(cell.hotspot)
            self._note.setText(self._words(show_mixed))
            self._note.setVisible(bool(self._note.text()))
        finally:
            self._filling = False

    def _fill(self, kind: str, item: Item | None) -> None:
        self._pages.setCurrentIndex(self._page_of.get(kind, self._page_of[""]))
        if not (self._pending == "camera" and self.camera.hasFocus()):
            _set(self.camera, self._camera_words(item))
        if not (self._pending == "web" and self.url.hasFocus()):
            _set(self.url, item.url if isinstance(item, WebItem) else "")
        words = item.text if isinstance(item, TextItem) else ""
        if self.text.toPlainText() != words and not (self._pending == "text" and self.text.hasFocus()):
            self.text.setPlainText(words)
        if self._pending != "picture":
            self.picture.setEditText(item.file if isinstance(item, PictureItem) else "")
        self.zone.setEditText(item.zone if isinstance(item, ClockItem) else "")
        self.tour.show_tour(item if isinstance(item, TourItem) else TourItem(()))

    def _words(self, mixed: bool) -> str:
        if mixed:
            return "The picked tiles hold different things. What you choose here goes onto all of them."
        match self._pending or kind_of(self._item()):
            case "":
                return "Free: operators call up what they need here. Drag a camera here, or type its number and Enter."
            case "web":
                return "Only pages that the site allows are opened."
            case "picture":
                return "Pictures lie in the folder for pictures."
            case "alarms":
                return "What is wrong now, the worst first, large enough to be read from afar; as on the desk's list."
            case "map":
                return "Its place is kept here; it comes with a later version."
        return ""

    def _focus(self, kind: str) -> None:
        fields: dict[str, Callable[[], QWidget]] = {
            "camera": lambda: self.camera, "web": lambda: self.url, "picture": lambda: self.picture,
            "text": lambda: self.text, "clock": lambda: self.zone,
            "tour": lambda: self.tour.table if self.tour.steps else self.tour.line,
        }  # fmt: skip
        field = fields.get(kind, lambda: self.kind)()
        field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        if isinstance(field, QLineEdit):
            field.selectAll()


def _set(line: QLineEdit, words: str) -> None:
    """Without moving the cursor of a line that says this already."""
    if line.text() != words:
        line.setText(words)
