"""The presets' dialog: names, keys, schedule and tour by hand; nothing leaves it before OK."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.app import dress
from console.model.layout import grid
from console.model.monitor import showing
from console.model.wall import Monitor, Preset, Switch, Wall
from console.ui.edit.presets_dialog import PresetsDialog, local_now

Key = Qt.Key
ALT, CTRL = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
FRIDAY = datetime(2026, 11, 20, 18, 5, tzinfo=ZoneInfo("Europe/Berlin"))


class Table:
    """The dialog over a wall that goes on changing."""

    def __init__(self, qtbot: QtBot) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        dress(app)
        one = Monitor(1, "Desk", showing(grid("Quad", 2, 2), [1, 2, 3]))
        self.wall = Wall("Wall", (one,))
        for name, key in (("Day", 2), ("Night", 3)):
            self.wall = self.wall.with_preset(self.wall.remembered(name, key))
        self.changed: list[Wall] = []
        self.shown: list[Preset] = []
        self.sure = True
        self.asked: list[str] = []
        self.dialog = PresetsDialog(lambda: self.wall, clock=lambda: FRIDAY, confirm=self.confirm)
        self.dialog.wall_changed.connect(self.changed.append)
        self.dialog.show_wanted.connect(self.shown.append)
        qtbot.addWidget(self.dialog)
        self.dialog.show()
        self.dialog.activateWindow()
        qtbot.waitUntil(self.dialog.isActiveWindow)

    def confirm(self, question: str) -> bool:
        self.asked.append(question)
        return self.sure

    def ok(self) -> Wall:
        """OK by key; the wall that was given out."""
        QTest.keyClick(self.dialog, Key.Key_Return, CTRL)
        assert not self.dialog.isVisible()
        (wall,) = self.changed
        return wall

    def key(self, key: Qt.Key, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier) -> None:
        QTest.keyClick(QApplication.focusWidget(), key, keys)

    @property
    def words(self) -> str:
        return self.dialog.words.text()


@pytest.fixture
def table(qtbot: QtBot) -> Table:
    return Table(qtbot)


def test_remember_name_and_ok(table: Table) -> None:
    table.dialog.presets.add.click()
    assert QApplication.focusWidget() is table.dialog.presets.name
    QTest.keyClicks(table.dialog.presets.name, "Match day")
    table.key(Key.Key_Return)
    assert table.dialog.isVisible()
    assert table.changed == []
    wall = table.ok()
    assert [(preset.name, preset.key) for preset in wall.presets] == [("Day", 2), ("Night", 3), ("Match day", 4)]


def test_a_name_that_is_still_being_typed_counts(table: Table) -> None:
    table.key(Key.Key_F2)
    QTest.keyClicks(table.dialog.presets.name, "Morning")
    assert table.ok().presets[0].name == "Morning"


def test_cancel_forgets_everything(table: Table) -> None:
    table.dialog.presets.add.click()
    table.dialog.presets.list.setFocus()
    table.key(Key.Key_Delete)
    table.key(Key.Key_Escape)
    assert not table.dialog.isVisible()
    assert table.changed == []


def test_ok_without_changes_says_nothing(table: Table) -> None:
    table.dialog.ok.click()
    assert not table.dialog.isVisible()
    assert table.changed == []


def test_what_monitors_show_meanwhile_stays(table: Table) -> None:
    table.dialog.presets.add.click()
    table.wall = table.wall.with_states([(1, showing(grid("Single", 1, 1), [9]))])
    wall = table.ok()
    assert wall.monitors == table.wall.monitors
    assert len(wall.presets) == 3


def test_replace_takes_what_is_there_now(table: Table) -> None:
    table.wall = table.wall.with_states([(1, showing(grid("Single", 1, 1), [9]))])
    table.dialog.presets.fresh.click()
    assert "has what is on the wall now" in table.words
    assert table.ok().presets[0].monitors[0][1].layout.name == "Single"


def test_keys_are_offered_and_taken_from_others(table: Table) -> None:
    box = table.dialog.presets.key
    offered = [box.itemText(row) for row in range(box.count())]
    assert offered[:3] == ["none", "F2", "F3  (now Night)"]
    assert not {"F1", "F11"} & {words.split()[0] for words in offered}
    assert "F11" in box.toolTip()
    pick(box, 2)
    assert table.words == "F3 shows “Day” now, no longer “Night”."
    assert [preset.key for preset in table.ok().presets] == [3, None]


def test_a_taken_name_is_said(table: Table) -> None:
    table.key(Key.Key_F2)
    QTest.keyClicks(table.dialog.presets.name, "Night")
    table.key(Key.Key_Return)
    assert table.words == "There is a preset “Night” already. Choose another name."
    assert table.dialog.presets.name.text() == "Day"


def test_show_now_is_at_once(table: Table) -> None:
    table.dialog.presets.list.setFocus()
    table.key(Key.Key_Down)
    table.dialog.presets.now_button.click()
    assert [preset.name for preset in table.shown] == ["Night"]
    assert table.changed == []


def test_delete_asks_where_it_is_in_use(table: Table) -> None:
    table.dialog.tabs.setCurrentIndex(1)
    table.dialog.schedule.add.click()
    table.dialog.tabs.setCurrentIndex(0)
    table.dialog.presets.list.setFocus()
    table.sure = False
    table.key(Key.Key_Delete)
    assert len(table.dialog.wall.presets) == 2
    table.sure = True
    table.key(Key.Key_Delete)
    assert len(table.asked) == 2
    wall = table.ok()
    assert [preset.name for preset in wall.presets] == ["Night"]
    assert wall.schedule == ()


def test_a_switch_by_the_clock(table: Table) -> None:
    dialog, tab = table.dialog, table.dialog.schedule
    dialog.tabs.setCurrentIndex(1)
    assert tab.next.text() == "Nothing is switched by the clock."
    tab.add.click()
    assert QApplication.focusWidget() is tab.at
    tab.at.setText("7:30")
    table.key(Key.Key_Return)
    pick(tab.preset, 1)
    for day in (5, 6):
        tab.days[day].setFocus()
        table.key(Key.Key_Space)
    assert tab.list.item(0).text() == "07:30  Night  (Monday to Friday)"
    assert tab.next.text() == "Next: “Night” on Monday at 07:30, in 2 days and 13 hours."
    assert table.ok().schedule == (Switch("Night", time(7, 30), frozenset(range(5))),)


def test_switches_stay_in_the_order_of_their_times(table: Table) -> None:
    tab = table.dialog.schedule
    table.dialog.tabs.setCurrentIndex(1)
    for at in ("22:00", "6"):
        tab.add.click()
        tab.at.setText(at)
        table.key(Key.Key_Return)
        chosen = tab.chosen()
        assert chosen is not None
        assert chosen.at == time(int(at.split(":")[0]))
    assert [switch.at for switch in table.dialog.wall.schedule] == [time(6), time(22)]
    tab.list.setFocus()
    table.key(Key.Key_Delete)
    assert [switch.at for switch in table.ok().schedule] == [time(22)]


def test_times_and_days_that_can_not_be_are_said(table: Table) -> None:
    tab = table.dialog.schedule
    table.dialog.tabs.setCurrentIndex(1)
    tab.add.click()
    tab.at.setText("25:00")
    table.key(Key.Key_Return)
    assert table.words == "Type hours and minutes, such as 7:30 or 22:00."
    assert tab.at.text() == "19:00"
    for box in tab.days:
        box.click()
    assert table.words.startswith("A switch needs at least one day.")
    assert table.ok().schedule[0].weekdays == frozenset({6})


def test_a_tour_of_presets(table: Table) -> None:
    tab = table.dialog.tour
    table.dialog.tabs.setCurrentIndex(2)
    tab.add.click()
    tab.add.click()
    assert [name for name, _ in table.dialog.wall.tour.stops] == ["Day", "Night"]
    tab.seconds.setFocus()
    tab.seconds.setText("45")
    table.key(Key.Key_Return)
    tab.list.setFocus()
    table.key(Key.Key_Up, ALT)
    assert tab.note.text().startswith("One round takes 75 s.")
    assert table.dialog.wall.tour.stops == (("Night", 45.0), ("Day", 30.0))
    pick(tab.preset, 0)
    tab.seconds.setText("never")
    tab.commit()
    assert table.words.startswith("Type seconds")
    tab.list.setFocus()
    table.key(Key.Key_Down, ALT)
    table.key(Key.Key_Delete)
    assert table.ok().tour.stops == (("Day", 30.0),)


def test_without_presets_it_says_what_comes_first(qtbot: QtBot) -> None:
    dialog = PresetsDialog(Wall)
    qtbot.addWidget(dialog)
    assert "remember it here" in dialog.presets.holds.text()
    assert "Remember a preset first" in dialog.schedule.next.text()
    assert "Remember presets first" in dialog.tour.note.text()
    assert not dialog.schedule.add.isEnabled()
    dialog.presets.add.click()
    assert dialog.words.text().startswith("The wall has no monitors")
    assert local_now().tzinfo is not None


def test_everything_has_a_name_and_buttons_tell_what_they_do(table: Table) -> None:
    for widget in table.dialog.findChildren(QWidget):
        inside = widget.objectName().startswith("qt_") or widget.window() is not table.dialog
        if widget.focusPolicy() is Qt.FocusPolicy.NoFocus or inside:
            continue
        named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
        assert named or isinstance(widget.parent(), QComboBox), widget
        if isinstance(widget, QPushButton):
            assert "(" in widget.toolTip(), widget.text()


def pick(box: QComboBox, row: int) -> None:
    """As somebody who picks a line of the box."""
    box.setCurrentIndex(row)
    box.activated.emit(row)
