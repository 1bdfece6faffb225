"""One hit: what was read beside what the list has, how sure it is, where it was, and the decision of a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from console.model.hotlists import Verdict
from console.model.plates import normal
from console.model.region_names import region_name
from console.model.regions import Regions
from console.services.plate_desk import HitLook
from console.ui.plain import plain_label, plain_tip
from console.ui.plates import hot_words as words
from console.ui.plates.photo import Photo
from console.ui.plates.plate_strip import PlateStrip
from console.ui.theme import Theme, tabular

REASONS = ("", "our own vehicle", "handled already", "the list is out of date", "known to be allowed here")
LONGEST_REASON = 500
EMPTY = "No hit is chosen.\n\nHits come by themselves when a plate is read that is on a hotlist."
_BUTTONS = (
    (Verdict.CORRECT, "&Correct", "C", "The car is the one on the list: it goes further"),
    (Verdict.WRONG_PLATE, "&Wrong plate", "W", "The reader misread the plate"),
    (Verdict.WRONG_STATE, "Wrong &state", "S", "The plate is right, but of another state"),
    (Verdict.DISMISSED, "&Dismiss", "D", "Nothing is to be done; say why"),
)
_READ = ("State", "Time", "Camera", "Place", "Heading", "Speed", "Vehicle", "Reader")
_LISTED = ("List", "Priority", "Age", "State", "Reason", "Case", "Valid until", "Note")


class HitView(QWidget):
    """Only the Qt thread. What the hands want leaves it as signals."""

    decision_wanted = Signal(Verdict, str)
    live_wanted = Signal()
    replay_wanted = Signal()
    map_wanted = Signal()

    def __init__(
        self,
        theme: Theme,
        clock: Callable[[], datetime],
        zone: tzinfo | None,
        parent: QWidget,
    ) -> None:
        super().__init__(parent)
        self._theme, self._clock, self._zone = theme, clock, zone
        self._look: HitLook | None = None
        self._empty = plain_label(self, EMPTY)
        self._pages = QStackedLayout(self)
        self._tier, self._state = plain_label(self), plain_label(self)
        self._decided, self._message = plain_label(self), plain_label(self)
        self.read_plate = PlateStrip(theme, "Plate that was read", self)
        self.list_plate = PlateStrip(theme, "Plate on the list", self)
        self.crop = Photo("no picture of the plate", QSize(200, 60), self)
        self.scene = Photo("no picture of the car", QSize(200, 120), self)
        self._facts: dict[str, QLabel] = {}
        self.reason = QComboBox(self)
        self.buttons: dict[Verdict, QPushButton] = {}
        self.live = QPushButton("&Live picture", self)
        self.replay = QPushButton("&Replay at the read", self)
        self.map = QPushButton("On the &map", self)
        self._build()

    # Building

    def _build(self) -> None:
        empty = self._empty
        empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        empty.setWordWrap(True)
        self._pages.addWidget(empty)
        page = QWidget(self)
        whole = QVBoxLayout(page)
        whole.setContentsMargins(8, 4, 4, 4)
        top = QHBoxLayout()
        self._tier.setFont(tabular(13, bold=True))
        self._tier.setAccessibleName("How sure the match is")
        self._state.setAccessibleName("Whether the states agree")
        top.addWidget(self._tier)
        top.addSpacing(16)
        top.addWidget(self._state, 1)
        whole.addLayout(top)
        sides = QGridLayout()
        sides.setHorizontalSpacing(16)
        for column, (title, strip) in enumerate((("READ", self.read_plate), ("ON THE LIST", self.list_plate))):
            heading = plain_label(page, title)
            heading.setObjectName("dim")
            sides.addWidget(heading, 0, column)
            sides.addWidget(strip, 1, column)
            sides.setColumnStretch(column, 1)
        sides.addWidget(self.crop, 2, 0)
        sides.addLayout(self._form(_LISTED, "list"), 2, 1, 2, 1)
        sides.addLayout(self._form(_READ, "read"), 3, 0)
        sides.addWidget(self.scene, 4, 0, 1, 2)
        sides.setRowStretch(2, 2)
        sides.setRowStretch(4, 5)
        whole.addLayout(sides, 1)
        self._decided.setWordWrap(True)
        self._decided.setAccessibleName("Decisions so far")
        self._message.setWordWrap(True)
        whole.addWidget(self._decided)
        whole.addWidget(self._message)
        whole.addLayout(self._hands(page))
        self._pages.addWidget(page)

    def _form(self, names: tuple[str, ...], side: str) -> QFormLayout:
        form = QFormLayout()
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setVerticalSpacing(2)
        form.setHorizontalSpacing(12)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        for name in names:
            label, value = plain_label(self, name), plain_label(self)
            label.setObjectName("dim")
            value.setWordWrap(True)
            value.setMinimumWidth(60)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setAccessibleName(f"{name} ({side})")
            self._facts[f"{side} {name}"] = value
            form.addRow(label, value)
        return form

    def _hands(self, page: QWidget) -> QVBoxLayout:
        column = QVBoxLayout()
        looks, decide = QHBoxLayout(), QHBoxLayout()
        for button, tip, wanted in (
            (self.live, "The camera at the place of the read, as it is now (L)", self.live_wanted),
            (self.replay, "The same camera at the moment of the read (R)", self.replay_wanted),
            (self.map, "The place of the read (M)", self.map_wanted),
        ):
            button.setToolTip(tip)
            button.clicked.connect(wanted)
            looks.addWidget(button)
        looks.addStretch(1)
        for verdict, text, key, tip in _BUTTONS:
            button = self.buttons[verdict] = QPushButton(text, page)
            button.setToolTip(f"{tip} ({key})")
            button.clicked.connect(lambda checked=False, verdict=verdict: self.decide(verdict))
        self.reason.setEditable(True)
        self.reason.addItems(REASONS)
        edit = self.reason.lineEdit()
        if edit is not None:
            edit.setMaxLength(LONGEST_REASON)
            edit.setPlaceholderText("Reason, needed to dismiss")
        self.reason.setAccessibleName("Reason of the decision")
        self.reason.setMinimumContentsLength(16)
        for verdict in (Verdict.CORRECT, Verdict.WRONG_PLATE, Verdict.WRONG_STATE):
            decide.addWidget(self.buttons[verdict])
        decide.addSpacing(16)
        decide.addWidget(self.reason, 1)
        decide.addWidget(self.buttons[Verdict.DISMISSED])
        column.addLayout(looks)
        column.addLayout(decide)
        return column

    # What it is given

    @property
    def shown(self) -> HitLook | None:
        """The hit that is looked at."""
        return self._look

    def fact(self, name: str) -> str:
        """What a line says: "read Speed", "list Age"."""
        return self._facts[name].text()

    def clear(self, why: str = EMPTY) -> None:
        """Nothing is looked at; ``why`` says so."""
        self._look = None
        self._empty.setText(why)
        self._pages.setCurrentIndex(0)

    @property
    def empty_words(self) -> str:
        """What stands in place of a hit."""
        return self._empty.text()

    def show_look(
        self, look: HitLook, crop: QImage | None, scene: QImage | None, *, may: bool, camera: str, on_map: bool
    ) -> None:
        """A hit; ``may``: whether whoever sits here may decide, ``camera``: what its camera is called here, "" where it
        is not known, ``on_map``: whether there is a map."""
        other = self._look is None or self._look.hit.id != look.hit.id
        self._look = look
        hit, read, entry = look.hit, look.hit.read, look.hit.entry
        now = self._clock()
        self._pages.setCurrentIndex(1)
        self._tier.setText(words.tier_words(hit.tier))
        self._tier.setToolTip(words.TIER_TIPS[hit.tier])
        self._state.setText(words.joined([words.regions_words(hit), words.late_words(hit)]))
        warns = hit.regions is Regions.DIFFER or bool(words.late_words(hit))
        self._paint(self._state, "high" if warns else "text")
        left, right = words.marks(hit.reading, entry.plate)
        self.read_plate.show_plate(normal(hit.reading), left)
        self.list_plate.show_plate(normal(entry.plate), right)
        self.crop.show_image(crop)
        self.scene.show_image(scene)
        other_text = "" if normal(read.plate) == normal(hit.reading) else f", first read as {read.plate}"
        sure = "" if read.confidence is None else f"{read.confidence:.0%} sure"
        reads = "" if hit.reads == 1 else f"{hit.reads} reads of this car"
        self._say("read State", region_name(read.region) or "–")
        self._say("read Time", words.when_words(read.at, now, self._zone))
        reader = " / ".join(part for part in (read.source, read.camera) if part)
        self._say("read Camera", (camera or reader) + other_text)
        self._say("read Place", words.place_words(read.place, read.accuracy))
        self._say("read Heading", words.heading_words(read.heading, read.direction))
        self._say("read Speed", words.speed_words(read.speed))
        self._say("read Vehicle", words.look_words(hit))
        self._say("read Reader", words.joined([read.source if camera else "", sure, reads]) or "–")
        listed = words.listed_words(hit, look.now)
        owner = f" ({hit.list.owner})" if hit.list.owner else ""
        self._say("list List", hit.list.name + owner)
        self._say("list Priority", words.urgency_words(hit.list.urgency), hit.list.urgency.value)
        self._say("list Age", words.joined([words.age_words(hit.age), listed]), "high" if listed else "text")
        self._say("list State", region_name(entry.state) or "–")
        self._say("list Reason", entry.reason or hit.list.reason or "–")
        self._say("list Case", entry.case or "–")
        self._say("list Valid until", words.end_words(entry.expires or hit.list.expires, self._zone) or "no end")
        self._say("list Note", entry.note or "–")
        told = [words.decided_words(each, now, self._zone) for each in reversed(look.decisions)]
        self._decided.setText("\n".join(told[:5]) if told else f"▲ {words.WAITS}")
        self._paint(self._decided, "text" if told else "high")
        if other:
            self.reason.setCurrentIndex(0)
            self.reason.setEditText("")
            self.say("")
        for button in self.buttons.values():
            button.setEnabled(may)
        self.live.setEnabled(bool(camera))
        self.replay.setEnabled(bool(camera))
        self.map.setEnabled(on_map and read.place is not None)

    def say(self, sentence: str) -> None:
        """What went wrong, or is under way."""
        self._message.setText(sentence)
        self._message.setVisible(bool(sentence))

    def wait(self) -> None:
        """A decision is under way: no other until a hit is shown again."""
        for button in self.buttons.values():
            button.setEnabled(False)

    def decide(self, verdict: Verdict) -> None:
        """A button or its key."""
        if self._look is None or not self.buttons[verdict].isEnabled():
            return
        reason = self.reason.currentText().strip()
        if verdict is Verdict.DISMISSED and not reason:
            self.say("Say why the hit is dismissed, then Enter.")
            self.reason.setFocus()
            return
        self.decision_wanted.emit(verdict, reason)

    def _say(self, name: str, text: str, token: str = "text") -> None:
        label = self._facts[name]
        label.setText(text)
        label.setToolTip(plain_tip(text) if len(text) > 60 else "")
        self._paint(label, token)

    def _paint(self, label: QLabel, token: str) -> None:
        sheet = "" if token == "text" else f"color: {getattr(self._theme, token)};"
        if label.styleSheet() != sheet:
            label.setStyleSheet(sheet)
