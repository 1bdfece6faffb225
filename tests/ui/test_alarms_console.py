"""Alarms in the whole console, as the composition root wires them: from a feed's event to a key on the wall."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot
from test_console import House

from console.model.alarms import Alarm
from console.model.hotlists import EntryEdit, HotEntry, Hotlist
from console.model.items import AlarmsItem
from console.model.permissions import Actor, Policy, Role
from console.model.site import Camera, Site
from drivers.events import DoorEvent, PlateRead

SITE = Site("S", (Camera(17, "Harbour gate", "urn:17"),), role=Role.OPERATOR)


class Wall(House):
    """A console, and its alarms by title."""

    def alarms(self) -> dict[str, Alarm]:
        return {each.cause.title: each for each in self.console.alarms.view.alarms}

    def until(self, *titles: str) -> None:
        """Wait until these stand, and are listed."""

        def listed() -> bool:
            words = {self.console.alarms.panel.lines.words(line)[0] for line in self.console.alarms.panel.lines.lines}
            return words == set(titles) == set(self.alarms())

        self.qtbot.waitUntil(listed, timeout=10_000)

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.console.wall.surface, key)

    def deliver(self, what: str) -> None:
        """A door says something."""
        now = datetime.now(UTC)
        event = DoorEvent(
            source="Depot", id=now.isoformat(), at=now, door="north", what=what, alarm=what != "closed"
        )  # fmt: skip
        assert self.console.engine.incoming.intake.deliver([event]).wait(10)


@pytest.fixture
def house(qtbot: QtBot) -> Iterator[Wall]:
    made = Wall(qtbot, SITE)
    try:
        yield made
    finally:
        made.console.stop()


def test_an_event_is_an_alarm_that_keys_take(house: Wall) -> None:
    house.deliver("forced")
    house.until("Door north: forced")
    house.press(Qt.Key.Key_Space)
    assert [each.cause.title for each in house.console.alarms.panel.chosen_alarms] == ["Door north: forced"]
    house.press(Qt.Key.Key_A)
    house.until()
    actions = {entry.action for entry in house.console.engine.acting.trail.newest()}
    assert "alarm: acknowledge" in actions


def test_a_camera_that_may_still_move_is_an_alarm_with_its_camera(house: Wall) -> None:
    holds = house.console.engine.acting.holds
    holds._alarm("urn:17", "The camera may still move.")
    house.until("17 Harbour gate may still move")
    alarm = house.alarms()["17 Harbour gate may still move"]
    assert (alarm.cause.cameras, alarm.priority.value) == ((17,), "high")
    house.qtbot.waitUntil(lambda: "ALARM" in house.console._marks_of(17))
    holds._alarm("urn:17", "")
    house.qtbot.waitUntil(lambda: not house.alarms()["17 Harbour gate may still move"].active)


def test_a_console_that_starts_again_knows_what_stands(qtbot: QtBot) -> None:
    first = Wall(qtbot, SITE)
    try:
        first.deliver("held open")
        first.until("Door north: held open")
    finally:
        first.console.stop()
    again = Wall(qtbot, SITE)
    try:
        again.until("Door north: held open")
    finally:
        again.console.stop()


def test_the_tile_and_its_refresh(house: Wall) -> None:
    told: list[object] = []
    house.console.contents.changed.connect(told.append)
    house.console.wall.go(house.wall.put(AlarmsItem(), 0))
    house.deliver("forced")
    house.until("Door north: forced")
    assert AlarmsItem() in told
    assert house.console.contents.minimum_refresh(AlarmsItem()) == 30.0


def test_the_rights_of_the_site_hold(qtbot: QtBot) -> None:
    house = Wall(qtbot, Site("S", policy=Policy({Role.OPERATOR: frozenset()}), role=Role.OPERATOR))
    try:
        house.deliver("forced")
        house.until("Door north: forced")
        house.press(Qt.Key.Key_Space)
        assert not house.console.alarms.panel.details.take.isEnabled()
        house.press(Qt.Key.Key_A)
        house.qtbot.waitUntil(lambda: "may not do this" in house.texts())
        assert house.alarms()["Door north: forced"].waits
    finally:
        house.console.stop()


def test_silence_lasts_as_long_as_the_preferences_say(house: Wall) -> None:
    assert house.console.engine.alarm_sound.silent_seconds == house.console.preferences.silent_seconds == 180.0


def test_a_wanted_car_is_followed_from_camera_to_camera(house: Wall) -> None:
    """One alarm that moves; Shift+Space opens its newest hit with all others; the mouse gets there too."""
    console = house.console
    chief, lists = Actor("chief", Role.SUPERVISOR, "desk-1"), console.engine.wanted.lists
    number = lists.keep(chief, Hotlist(name="Stolen"))
    lists.edit(chief, EntryEdit(number, None, HotEntry(plate="6DZG261")))
    lists.refresh()

    def passes(camera: str) -> None:
        now = datetime.now(UTC)
        read = PlateRead(source="Elm St", id=now.isoformat(), at=now, plate="6DZG261", camera=camera)
        assert console.engine.incoming.intake.deliver([read]).wait(10)
        house.qtbot.waitUntil(lambda: where() == f"Elm St / {camera}", timeout=10_000)

    def where() -> str:
        alarm = house.alarms().get("6DZG261: Stolen")
        return "" if alarm is None else alarm.cause.where

    def alarm() -> Alarm:
        return house.alarms()["6DZG261: Stolen"]

    passes("north")
    house.press(Qt.Key.Key_Space)
    house.press(Qt.Key.Key_A)
    house.qtbot.waitUntil(lambda: not alarm().waits, timeout=10_000)
    passes("south")
    assert (alarm().waits, alarm().sounds, alarm().count) == (True, False, 2)
    QTest.keyClick(console.wall.surface, Qt.Key.Key_Space, Qt.KeyboardModifier.ShiftModifier)
    rows = console.hot.hits.model
    house.qtbot.waitUntil(lambda: [hit.read.camera for hit in rows.rows] == ["south", "north"], timeout=10_000)
    console.hot.hits.close()
    button = next(each for each in console.desk.findChildren(QPushButton) if each.text() == "Plates")
    button.menu().actions()[0].trigger()
    house.qtbot.waitUntil(console.hot.hits.isVisible, timeout=10_000)
