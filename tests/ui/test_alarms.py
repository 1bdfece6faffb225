"""Alarms on the screen: keys, list, groups, shelves, sound, tile, figures, from a desk of alarms on a real database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from alarm_rig import NOON, Console, Time, shot
from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from ui_room import Room

from console.model.alarm_life import raised
from console.model.alarm_list import FLOOD_ALARMS
from console.model.alarms import AlarmState, Cause, Over, Priority
from console.model.permissions import Actor, Role
from console.services.alarm_view import AlarmsView
from console.ui.alarms.dialogs import NoteDialog, ShelveDialog
from console.ui.alarms.panel import OUT, SHELVED
from console.ui.alarms.room import AlarmRoom
from console.ui.alarms.signs import draw_priority
from console.ui.alarms.tile import paint_alarms, text_size
from console.ui.theme import DARK
from drivers.types import GeoPlace

SHIFT = Qt.KeyboardModifier.ShiftModifier


class FakeSound:
    """A sound that can be silenced."""

    silent_seconds = 180.0
    unheard = ""

    def __init__(self) -> None:
        self.silenced = 0
        self.sounding = True

    def silence(self) -> bool:
        self.silenced += self.sounding
        return self.sounding

    def silent_for(self) -> float:
        return 161.0 if self.silenced else 0.0


class House:
    """A desk with alarms: the real service, screens on top."""

    def __init__(self, room: Room, folder: Path) -> None:
        self.room, self.time = room, Time()
        self.console = Console(folder, self.time)
        self.sound, self.notes, self.places = FakeSound(), [], []  # type: ignore[var-annotated]
        self.hits: list[int] = []
        self.tracks: list[bool] = []
        self.incidents: list[tuple[GeoPlace, datetime]] = []
        self.may, self.waiting = True, []  # type: ignore[var-annotated]
        self.alarms = AlarmRoom(
            self.console.desk, self.sound, lambda: Actor("Anna", Role.OPERATOR, "desk 1"),  # type: ignore[arg-type]
            lambda: self.may, room.room, room.theme, self.waiting.append, self.notes.append, lambda: None,
            self.places.append, self.time.utc, self.show_hit,
            lambda place, at: self.incidents.append((place, at)),
        )  # fmt: skip
        self.alarms.attach(room.desk, room.desk.keyPressEvent)
        self.panel = self.alarms.panel
        self.panel.resize(344, 700)
        room.qtbot.addWidget(self.panel)
        self.panel.show()
        for action in self.alarms.actions():
            room.desk.add_action(action)
        self.settle()

    def settle(self) -> None:
        """All that was asked of the desk of alarms is done and told."""
        for _ in range(3):
            self.console.settle()
            while self.waiting:
                self.waiting.pop(0)()
        self.alarms.look()

    def show_hit(self, hit: int, several: bool) -> None:
        self.hits.append(hit)
        self.tracks.append(several)

    def raise_(self, key: str, priority: Priority = Priority.MEDIUM, kind: str = "door", **more: Any) -> str:
        cause = Cause(key=key, kind=kind, priority=priority, title=key, why=f"Why {key}.", at=self.time.utc(), **more)
        alarm_id = self.console.raise_(cause)
        self.settle()
        return alarm_id

    def press(self, key: Qt.Key, mods: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        """A key on the wall."""
        self.room.press(key, mods)
        self.settle()

    def listed(self) -> list[str]:
        """First rows of what is listed."""
        return [self.panel.lines.words(line)[0] for line in self.panel.lines.lines]

    def chosen(self) -> list[str]:
        return [each.key for each in self.panel.chosen_alarms]

    def state(self, key: str) -> AlarmState | None:
        found = self.console.alarms.get(key)
        return None if found is None else found.state


@pytest.fixture
def house(room: Room, tmp_path: Path) -> Iterator[House]:
    made = House(room, tmp_path)
    yield made
    made.alarms.close()
    made.console.close()


def answer(monkeypatch: pytest.MonkeyPatch, kind: type[Any], fill: Callable[[Any], object]) -> list[Any]:
    """Dialogs of this kind are filled in and accepted."""
    seen: list[Any] = []

    def execute(dialog: Any) -> int:
        seen.append(dialog)
        fill(dialog)
        return int(dialog.DialogCode.Accepted.value)

    monkeypatch.setattr(kind, "exec", execute)
    return seen


def test_the_hit_of_an_alarm_is_a_key_away(house: House) -> None:
    house.raise_("door")
    house.raise_("hit:7", Priority.HIGH, kind="hit", hit="7")
    house.press(Qt.Key.Key_Space)
    assert [house.panel.details.hit.isHidden(), house.panel.details.note.isHidden()] == [False, True]
    house.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert house.hits == [7]
    house.press(Qt.Key.Key_Space)
    assert [house.panel.details.hit.isHidden(), house.panel.details.note.isHidden()] == [True, False]
    house.press(Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    assert (house.hits, house.notes[-1]) == ([7], "The selected alarm is not of a hit.")


def test_plates_near_an_alarm_are_a_key_away(house: House) -> None:
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    house.raise_("nowhere")
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_I, both)
    assert (house.incidents, house.notes[-1]) == ([], "The place of the selected alarm is not known.")
    place = GeoPlace(52.5, 13.4)
    house.raise_("shot", Priority.CRITICAL, place=place)
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_I, both)
    assert house.incidents == [(place, house.time.utc())]


def test_what_cannot_be_heard_is_said_for_as_long_as_it_lasts(house: House) -> None:
    label = house.panel._unheard
    house.alarms.second()
    assert label.isHidden()
    house.sound.unheard = "No card is there. Plug one in."
    house.alarms.second()
    assert (label.isHidden(), "not heard" in label.text()) == (False, True)
    assert "Plug one in" in label.toolTip()
    house.sound.unheard = ""
    house.alarms.second()
    assert label.isHidden()


def test_without_alarms_it_says_so(house: House) -> None:
    assert house.panel._stack.currentIndex() == 1
    assert house.panel._empty.text().startswith("No alarms.")
    assert house.panel.details.isHidden()
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_A)
    assert house.notes == ["There is no alarm.", "No alarm is selected. Space selects the next worst."]


def test_space_walks_from_the_worst_and_shows_cameras_and_place(house: House) -> None:
    place = GeoPlace(51.0, 0.2)
    house.raise_("low", Priority.LOW)
    house.raise_("worst", Priority.CRITICAL, cameras=(17, 2), place=place)
    assert house.panel._new.text() == "2 new"
    house.press(Qt.Key.Key_Space)
    assert house.chosen() == ["worst"]
    state = house.room.wall.state
    assert state.tile_of(17) is not None
    assert state.camera(state.selected) == 17
    assert state.tile_of(2) == 1, "what is on the wall stays where it is"
    assert house.places == [(place,)]
    house.press(Qt.Key.Key_Space)
    assert house.chosen() == ["low"]
    house.press(Qt.Key.Key_Space)
    assert house.chosen() == ["worst"]


def test_a_takes_what_is_selected_and_nothing_else(house: House) -> None:
    house.raise_("one")
    house.raise_("two", Priority.HIGH)
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_A)
    assert (house.state("two"), house.state("one")) == (AlarmState.ACKNOWLEDGED, AlarmState.UNACKNOWLEDGED)
    assert house.notes[-1] == "Acknowledged: 1 alarm."
    assert house.listed() == ["one", "two"], "what is taken goes below"
    house.press(Qt.Key.Key_A)
    assert "acknowledged already" in house.notes[-1]
    assert house.panel._new.text() == "1 new"


def test_a_note_goes_into_its_life(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, NoteDialog, lambda dialog: dialog._line.setText("car 4 is on its way"))
    house.raise_("one", momentary=True, latched=True)
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_A, SHIFT)
    told = house.panel.details.told.toPlainText().splitlines()
    assert told[0].startswith("Medium, taken by Anna, to be closed, since ")
    assert told[1] == "Why one."
    assert told[2].endswith("acknowledged by Anna: car 4 is on its way")
    assert told[3].endswith("raised: Why one.")
    assert not house.panel.details.done.isHidden()
    house.press(Qt.Key.Key_Z, SHIFT)
    assert house.state("one") is None
    assert house.notes[-1] == "Closed: 1 alarm."


def test_what_is_not_over_cannot_be_closed_and_says_so(house: House) -> None:
    house.raise_("one")
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_Z, SHIFT)
    assert "Acknowledge it first" in house.notes[-1]
    house.press(Qt.Key.Key_A)
    house.press(Qt.Key.Key_Z, SHIFT)
    assert "not over" in house.notes[-1]


def test_shelving_asks_why_and_for_how_long_and_nothing_is_hidden_unseen(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = answer(monkeypatch, ShelveDialog, lambda dialog: dialog._reason.setEditText("painters"))
    house.raise_("one")
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_Z)
    assert seen[0].seconds == 1800
    assert house.state("one") is AlarmState.SHELVED
    assert house.listed() == []
    assert house.panel._views.button(SHELVED).text() == "Shelved 1"
    house.panel._views.button(SHELVED).click()
    assert house.listed() == ["one"]
    house.panel.list.setCurrentIndex(house.panel.lines.index(0))
    assert "painters" in house.panel.details.told.toPlainText()
    house.press(Qt.Key.Key_Z, SHIFT)
    assert house.state("one") is AlarmState.UNACKNOWLEDGED
    assert house.notes[-1] == "Brought back: 1 alarm."


def test_out_of_service_from_the_same_dialog(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(dialog: ShelveDialog) -> None:
        ok = dialog._buttons.button(dialog._buttons.StandardButton.Ok)
        assert not ok.isEnabled(), "not without a reason"
        dialog._reason.setEditText("broken")
        dialog._out.setChecked(True)
        assert ok.text() == "Take out of service"
        assert ok.isEnabled()
        assert not dialog._time.isEnabled()

    answer(monkeypatch, ShelveDialog, fill)
    house.raise_("one")
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_Z)
    assert house.state("one") is AlarmState.OUT_OF_SERVICE
    assert house.panel._views.button(OUT).text() == "Out 1"


def test_a_flood_is_one_line_that_opens_and_can_be_taken_whole(house: House) -> None:
    for number in range(FLOOD_ALARMS):
        house.raise_(f"camera {number}", kind="camera")
    house.raise_("shot", Priority.CRITICAL, kind="shot")
    assert not house.panel._flood.isHidden()
    assert house.listed() == ["shot", f"{FLOOD_ALARMS} × camera, medium"]
    group = house.panel.lines.index(1)
    house.panel.list.setCurrentIndex(group)
    QTest.keyClick(house.panel.list, Qt.Key.Key_Return)
    assert len(house.listed()) == FLOOD_ALARMS + 2
    QTest.keyClick(house.panel.list, Qt.Key.Key_Return)
    assert len(house.listed()) == 2
    house.panel.list.setCurrentIndex(house.panel.lines.index(0))
    house.panel.list.setCurrentIndex(house.panel.lines.index(1))
    assert len(house.chosen()) == FLOOD_ALARMS
    house.press(Qt.Key.Key_A)
    assert house.notes[-1] == f"Acknowledged: {FLOOD_ALARMS} alarms."
    assert house.panel._new.text() == "1 new"


def test_space_opens_the_group_that_hides_its_alarm(house: House) -> None:
    for number in range(FLOOD_ALARMS):
        house.time.seconds = number
        house.raise_(f"camera {number}", kind="camera")
    house.press(Qt.Key.Key_Space)
    assert house.chosen() == ["camera 9"]
    assert len(house.listed()) == FLOOD_ALARMS + 1


def test_keys_of_the_wall_work_on_the_list_too(house: House) -> None:
    house.raise_("one", cameras=(17,))
    house.panel.list.setFocus()
    QTest.keyClick(house.panel.list, Qt.Key.Key_Space)
    assert house.chosen() == ["one"]
    QTest.keyClick(house.panel.list, Qt.Key.Key_A)
    house.settle()
    assert house.state("one") is AlarmState.ACKNOWLEDGED
    QTest.keyClick(house.panel.list, Qt.Key.Key_Return)
    assert house.room.wall.state.tile_of(17) is not None


def test_the_filter(house: House) -> None:
    house.raise_("Door north")
    house.raise_("Door south", cameras=(4,))
    house.panel._search.setText("south")
    assert house.listed() == ["Door south"]
    house.panel._search.setText("4")
    assert house.listed() == ["Door south"]
    house.panel._search.setText("nothing like this")
    assert "has these words" in house.panel._empty.text()
    house.press(Qt.Key.Key_Space)
    assert house.panel._search.text() == "", "the next alarm is shown whatever was typed"


def test_silence(house: House) -> None:
    house.raise_("one")
    house.press(Qt.Key.Key_X)
    assert house.sound.silenced == 1
    assert "Silent for 3 minutes" in house.notes[-1]
    assert house.panel._sound.text() == "Silent 2:41"
    for seconds, words in ((60.0, "60 seconds"), (150.0, "150 seconds"), (600.0, "10 minutes")):
        house.sound.silent_seconds = seconds
        house.press(Qt.Key.Key_X)
        assert f"Silent for {words}," in house.notes[-1]
    house.sound.sounding = False
    house.press(Qt.Key.Key_X)
    assert house.notes[-1] == "No alarm sounds."


def test_the_tile_of_a_camera_carries_the_worst_alarm(house: House) -> None:
    house.raise_("one", Priority.LOW, cameras=(2,))
    house.raise_("two", Priority.HIGH, cameras=(2,))
    assert house.alarms.mark(2) == "▲ ALARM"
    assert house.alarms.mark(1) == ""


def test_who_may_not_sees_but_cannot_take(house: House) -> None:
    house.may = False
    house.raise_("one")
    house.press(Qt.Key.Key_Space)
    assert not house.panel.details.take.isEnabled()


def test_words_that_look_like_markup_are_words(house: House) -> None:
    house.raise_("<b>bold</b>")
    house.press(Qt.Key.Key_Space)
    assert house.panel.details.title.text() == "<b>bold</b>"
    assert house.panel.details.title.textFormat() is Qt.TextFormat.PlainText
    tip = house.panel.lines.data(house.panel.lines.index(0), Qt.ItemDataRole.ToolTipRole)
    assert "&lt;b&gt;" in str(tip)


def test_trouble_with_the_disk_is_on_the_panel(house: House) -> None:
    house.console.broken = True
    house.console.desk.may_move("cam", "It may move.")
    house.settle()
    assert "disk full" in house.panel._trouble.text()
    assert not house.panel._trouble.isHidden()


def test_an_order_that_fails_is_said(house: House) -> None:
    house.raise_("one")
    house.press(Qt.Key.Key_Space)
    house.console.broken = True
    house.press(Qt.Key.Key_A)
    assert "disk full" in house.notes[-1]
    assert house.state("one") is AlarmState.UNACKNOWLEDGED


def test_figures_and_plots(house: House) -> None:
    house.raise_("one", Priority.HIGH)
    house.raise_("two", Priority.CRITICAL)
    house.time.seconds = 90
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_A)
    house.alarms.open_figures()
    house.settle()
    window = house.alarms._figures
    assert window is not None
    house.room.qtbot.addWidget(window)
    assert [label.text() for label in window._values][:1] == ["2"]
    assert window._values[2].text() == "1:30"
    assert window.noisiest[0].text() in ("1 ×  one", "1 ×  two")
    window._span.setCurrentIndex(2)
    house.settle()
    assert window._values[0].text() == "2"
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()


# The tile


def view(*keys: str, flood: bool = False) -> AlarmsView:
    time = Time()
    alarms = tuple(
        raised(None, shot(number, time), NOON, key).alarm for number, key in enumerate(keys)
    )  # fmt: skip
    return AlarmsView(1, alarms, flood, ready=True)


def painted(view: AlarmsView, width: int, height: int, scale: float = 1.0) -> QImage:
    image = QImage(width + 20, height + 20, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff00ff"))
    painter = QPainter(image)
    rect = QRect(10, 10, width, height)
    painter.setClipRect(rect)
    painter.fillRect(rect, DARK.color("background"))
    paint_alarms(painter, rect, view, NOON, scale, DARK)
    painter.end()
    return image


def colours(image: QImage, token: str) -> int:
    wanted = DARK.color(token).rgb()
    return sum(image.pixel(x, y) == wanted for y in range(0, image.height(), 2) for x in range(0, image.width(), 2))


@pytest.mark.parametrize("size", [(1920, 1060), (640, 340), (320, 160), (90, 40), (20, 8)])
def test_the_tile_of_every_size_is_painted_inside_it(qapp: QApplication, size: tuple[int, int]) -> None:
    for shown in (view(), view(*"abcdefghijkl"), AlarmsView()):
        image = painted(shown, *size)
        for x in (0, 9, image.width() - 10, image.width() - 1):
            assert image.pixel(x, image.height() // 2) == QColor("#ff00ff").rgb()


def test_what_is_critical_is_seen_from_afar(qapp: QApplication) -> None:
    assert text_size(QRect(0, 0, 1920, 1060), 1.0) >= 40, "3 m away from a monitor of 55 inches"
    assert text_size(QRect(0, 0, 640, 340), 1.0) >= 14
    image = painted(view("a", "b"), 960, 520)
    assert colours(image, "critical") > 200
    assert colours(painted(view(), 960, 520), "critical") == 0


def test_signs_are_told_apart_without_colour(qapp: QApplication) -> None:
    seen = set()
    for priority in Priority:
        for filled in (True, False):
            image = QImage(40, 40, QImage.Format.Format_RGB32)
            image.fill(QColor("black"))
            painter = QPainter(image)
            draw_priority(painter, priority, QRectF(4, 4, 32, 32), QColor("white"), filled)
            painter.end()
            seen.add(bytes(image.constBits()))
    assert len(seen) == 8


def test_over_leaves_the_list(house: House, qtbot: QtBot) -> None:
    house.raise_("one")
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_A)
    house.console.desk.over(Over(key="one", at=house.time.utc())).result(10)
    house.settle()
    assert house.listed() == []
    assert house.chosen() == []
    assert house.panel.details.isHidden()


def test_a_hits_alarm_opens_its_hit(house: House) -> None:
    house.raise_("ABC 123: Stolen", Priority.CRITICAL, hit="41", cameras=(2,))
    house.raise_("Door", Priority.LOW)
    house.press(Qt.Key.Key_Space)
    assert house.room.room.active.state.tile_of(2) is not None
    assert house.hits == [], "the way from alarm to alarm stays free"
    QTest.keyClick(house.panel.list, Qt.Key.Key_Return)
    house.panel.details.go.click()
    assert house.hits == [41] * 2
    house.press(Qt.Key.Key_Space)
    assert (house.chosen(), house.hits) == (["Door"], [41] * 2)


@pytest.mark.parametrize("hit", ["", "x", "-1", "1e9", "٣", "9" * 19])
def test_what_is_no_number_opens_no_hit(house: House, hit: str) -> None:
    house.raise_("ABC 123: Stolen", hit=hit)
    house.press(Qt.Key.Key_Space)
    QTest.keyClick(house.panel.list, Qt.Key.Key_Return)
    assert house.hits == []
