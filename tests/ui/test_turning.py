"""What an operator does to turn a camera, in the picture and on the panel, and how it always stops."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from door_rig import ANNA, BERT, CAMERA
from ptz_house import House
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QFocusEvent, QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from ui_room import Room

from console.model.permissions import Actor, Role
from console.services.ptz_hold import STOP_SECONDS
from drivers.errors import Unreachable
from drivers.ptz import Axes, Axis, PtzFeatures


@pytest.fixture
def house(room: Room) -> Iterator[House]:
    house = House(room)
    try:
        yield house
    finally:
        house.close()


def key(house: House, kind: QEvent.Type, key: Qt.Key, repeat: bool = False, shift: bool = False) -> None:
    mods = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(house.room.surface, QKeyEvent(kind, key, mods, "", repeat))
    house.now()


DOWN, UP = QEvent.Type.KeyPress, QEvent.Type.KeyRelease


def drag(house: House, dx: int, dy: int, shift: bool = False) -> QPoint:
    """The button goes down in the middle of tile 0 and the mouse moves; gives where it is."""
    middle = house.room.middle(0)
    mods = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.mousePress(house.room.surface, Qt.MouseButton.LeftButton, mods, middle)
    end = middle + QPoint(dx, dy)
    QTest.mouseMove(house.room.surface, end)
    from PySide6.QtGui import QMouseEvent

    event = QMouseEvent(
        QEvent.Type.MouseMove, QPointF(end), house.room.surface.mapToGlobal(QPointF(end)), Qt.MouseButton.NoButton,
        Qt.MouseButton.LeftButton, mods,
    )  # fmt: skip
    QApplication.sendEvent(house.room.surface, event)
    house.now()
    return end


def release(house: House, at: QPoint) -> None:
    QTest.mouseRelease(house.room.surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, at)
    house.now()


def test_without_ptz_the_mouse_and_the_arrows_do_what_they_did(house: House) -> None:
    release(house, drag(house, 5, 0))
    house.room.press(Qt.Key.Key_Right)
    house.now()
    assert house.rig.moves() == []
    assert house.room.wall.state.selected == 1


def test_p_marks_the_tile_and_arrows_turn_while_they_are_held(house: House) -> None:
    house.room.press(Qt.Key.Key_P)
    assert house.turning.mark(1) == "PTZ"
    key(house, DOWN, Qt.Key.Key_Right)
    key(house, DOWN, Qt.Key.Key_Right, repeat=True)
    assert house.rig.head.moving
    assert house.room.wall.state.selected == 0
    slow = house.rig.moves()[-1]
    key(house, DOWN, Qt.Key.Key_Shift, shift=True)
    fast = house.rig.moves()[-1]
    assert fast.pan > slow.pan > 0  # type: ignore[attr-defined]
    key(house, UP, Qt.Key.Key_Right, repeat=True)
    assert house.rig.head.moving
    key(house, UP, Qt.Key.Key_Right)
    assert not house.rig.head.moving
    assert house.turning.mark(1) == "PTZ"
    key(house, DOWN, Qt.Key.Key_Escape)
    assert house.turning.mark(1) == ""
    key(house, DOWN, Qt.Key.Key_Right)
    assert house.room.wall.state.selected == 1


def test_the_heartbeat_keeps_a_held_key_alive(house: House) -> None:
    house.room.press(Qt.Key.Key_P)
    key(house, DOWN, Qt.Key.Key_Left)
    for _ in range(12):
        house.control._say()  # the timer
        house.pass_(0.1)
    assert house.rig.head.moving
    house.pass_(1.0)  # a window that hangs
    assert not house.rig.head.moving


@pytest.mark.parametrize("lost", ["focus", "window", "tile", "camera", "layout", "picture", "replay", "dialog", "mode"])
def test_whatever_takes_the_hand_away_stops_at_once(house: House, lost: str) -> None:
    house.room.press(Qt.Key.Key_P)
    key(house, DOWN, Qt.Key.Key_Right)
    assert house.rig.head.moving
    room = house.room
    match lost:
        case "focus":
            QApplication.sendEvent(room.surface, QFocusEvent(QEvent.Type.FocusOut))
        case "window":
            QApplication.sendEvent(room.surface, QEvent(QEvent.Type.WindowDeactivate))
        case "tile":
            room.wall.go(room.wall.state.chosen(1))
        case "camera":
            room.wall.go(room.wall.state.placed(17, 0))
        case "layout":
            room.desk.show_layout("2x2")
            room.wall.go(room.wall.state.chosen(1))
        case "picture":
            room.clock.pass_(5)
            house.turning.tick()
        case "replay":
            room.tile(0).replaying = True
            house.turning.tick()
        case "dialog":
            house.control.lift_all("a dialog was opened")
        case "mode":
            house.turning.picture.toggle()
    house.now()
    assert not house.rig.head.moving
    assert house.rig.holds.held() == frozenset()
    key(house, UP, Qt.Key.Key_Right)
    assert len(house.rig.moves()) == 1


def test_dragging_in_the_picture_is_a_joystick(house: House) -> None:
    house.room.press(Qt.Key.Key_P)
    at = drag(house, 60, -60)
    moved = house.rig.moves()[-1]
    assert moved.pan > 0  # type: ignore[attr-defined]
    assert moved.tilt > 0  # type: ignore[attr-defined]
    release(house, at)
    assert not house.rig.head.moving
    assert house.rig.done("go", "step") == []
    house.set_view(rotate=180)
    release(house, drag(house, 60, -60))
    turned = house.rig.moves()[-1]
    assert turned.pan < 0  # type: ignore[attr-defined]
    assert turned.tilt < 0  # type: ignore[attr-defined]


def test_a_click_centres_and_a_rubber_band_comes_closer(house: House) -> None:
    house.turning.tick()
    house.now()  # where it looks is known
    house.room.press(Qt.Key.Key_P)
    point = house.room.middle(0) + QPoint(40, 0)
    QTest.mouseClick(house.room.surface, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, point)
    house.now()
    (position, _speed) = house.rig.done("go")[0][1]
    assert position.pan > 0  # type: ignore[attr-defined]
    assert position.tilt == pytest.approx(0.0, abs=0.01)  # type: ignore[attr-defined]
    release(house, drag(house, 50, 30, shift=True))
    (position, _speed) = house.rig.done("go")[1][1]
    assert position.zoom > 0  # type: ignore[attr-defined]
    assert house.rig.moves() == []


def wheel(house: House, notches: int) -> None:
    at = house.room.middle_f(0)
    event = QWheelEvent(
        at, house.room.surface.mapToGlobal(at), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(house.room.surface, event)
    house.now()


def test_the_wheel_zooms_the_camera_and_notches_add_up(house: House) -> None:
    house.turning.tick()
    house.now()
    house.room.press(Qt.Key.Key_P)
    wheel(house, 1)
    wheel(house, 1)
    zooms = [args[0].zoom for _, args in house.rig.done("go")]  # type: ignore[attr-defined]
    assert zooms == pytest.approx([0.05, 0.1])
    assert not house.room.tile(0).zoom.on


def test_a_camera_that_only_moves_while_told_zooms_for_a_moment(room: Room) -> None:
    house = House(room, PtzFeatures(continuous=frozenset(Axis)))
    try:
        room.press(Qt.Key.Key_P)
        wheel(house, 1)
        assert house.rig.moves() == [Axes(0.0, 0.0, 1.0)]
        room.qtbot.waitUntil(lambda: not house.control.held)
        house.now()
        assert not house.rig.head.moving
        release(house, house.room.middle(0))
        QTest.mouseClick(room.surface, Qt.MouseButton.LeftButton, pos=room.middle(0) + QPoint(30, 0))
        assert "only for as long as it is told to" in house.notes[-1]
    finally:
        house.close()


def test_keys_of_presets_stop_and_home(house: House) -> None:
    house.rig.keep("Gate", "Yard")
    house.control.facts.ask(CAMERA)
    house.now()
    house.room.press(Qt.Key.Key_P)
    key(house, DOWN, Qt.Key.Key_2)
    assert house.rig.done("go_preset")[0][1][0] == "2"
    key(house, DOWN, Qt.Key.Key_7)
    assert "no preset 7" in house.notes[-1]
    key(house, DOWN, Qt.Key.Key_Home)
    assert len(house.rig.done("go_home")) == 1
    key(house, DOWN, Qt.Key.Key_Period)
    assert len(house.rig.done("stop")) == 1


def test_somebody_else_has_the_camera(house: House) -> None:
    house.rig.holds.hold(CAMERA, Axes(0.1), BERT)
    house.now()
    assert house.control.lease(CAMERA) == "Bert (supervisor), 15 s"
    assert house.turning.mark(1) == "Bert 15 s"
    house.room.press(Qt.Key.Key_P)
    moves = len(house.rig.moves())
    for _ in range(3):
        key(house, DOWN, Qt.Key.Key_Right)
    assert len(house.rig.moves()) == moves
    assert sum(outcome.startswith("refused") for outcome in house.rig.trail.outcomes("moves")) == 1
    assert "Bert at desk 2 has it in hand" in house.notes[-1]
    assert "PTZ: NOT DONE" in house.turning.mark(1)
    assert "Bert at desk 2 has it in hand" in house.panel._failure.text()
    key(house, UP, Qt.Key.Key_Right)
    house.rig.time.now += 16
    house.turning.second()
    assert house.panel._failure.isHidden()
    key(house, DOWN, Qt.Key.Key_Right)
    assert house.control.lease(CAMERA) == "You, 15 s"


def test_an_unconfirmed_stop_stays_on_the_panel_until_it_is_over(house: House) -> None:
    original = house.rig.head.stop
    house.rig.holds._alarm = lambda device, words: house.waiting.append(lambda: house.turning.alarm(device, words))

    def dead() -> None:
        raise Unreachable("Depot", "no answer")

    house.rig.head.stop = dead  # type: ignore[method-assign]
    house.room.press(Qt.Key.Key_P)
    key(house, DOWN, Qt.Key.Key_Right)
    key(house, UP, Qt.Key.Key_Right)
    house.pass_(STOP_SECONDS + 1)
    assert not house.panel._alarm.isHidden()
    words = house.panel._alarm_words.text()
    assert "The camera may still move." in words
    assert words.count("Depot") == 1
    assert house.panel._failure.isHidden()  # it would say the same again
    assert "MAY STILL MOVE" in house.turning.mark(1)
    house.room.wall.go(house.room.wall.state.chosen(1))  # it stays, whatever is selected
    house.now()
    assert not house.panel._alarm.isHidden()
    house.rig.head.stop = original  # type: ignore[method-assign]
    house.control.stop_again(CAMERA)
    house.now()
    assert house.panel._alarm.isHidden()
    assert "MAY STILL MOVE" not in house.turning.mark(1)


def test_a_move_that_fails_is_told_where_the_hand_was(house: House) -> None:
    house.room.press(Qt.Key.Key_P)
    house.rig.head.fail_next_move = Unreachable("Depot", "no answer")
    key(house, DOWN, Qt.Key.Key_Right)
    assert "no answer" in house.panel._failure.text()
    assert not house.control.held
    key(house, DOWN, Qt.Key.Key_Right, repeat=True)
    assert len(house.rig.done("move")) == 1


def test_the_pad_is_a_joystick_and_takes_keys(house: House) -> None:
    pad = house.panel.pad
    QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(pad.width() - 6, pad.height() // 2))
    house.now()
    assert house.rig.moves()[-1].pan > 0.5  # type: ignore[attr-defined]
    QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(pad.width() - 6, pad.height() // 2))
    house.now()
    assert not house.rig.head.moving
    QTest.keyPress(pad, Qt.Key.Key_Up)
    house.now()
    assert house.rig.head.moving
    house.room.surface.setFocus()
    QApplication.sendEvent(pad, QFocusEvent(QEvent.Type.FocusOut))
    house.now()
    assert not house.rig.head.moving


def test_read_back_never_piles_up(house: House) -> None:
    before = len(house.rig.done("status"))
    for _ in range(5):
        house.control.tick(live=True, watched=True)
    assert len(house.rig.queues.jobs) == 1
    house.now()
    assert len(house.rig.done("status")) == before + 1
    assert house.panel.compass.words() == "+0 %  +0 %  zoom 0 %"


def test_what_a_role_may_not_is_grey_and_says_why(house: House) -> None:
    assert house.panel.pad.isEnabled()
    assert not house.panel.presets.keep.isEnabled()
    assert "Not allowed as operator" in house.panel.presets.keep.toolTip()
    house.rig.actor = Actor("Vera", Role.VIEWER)
    house.panel.refresh()
    assert not house.panel.pad.isEnabled()
    assert "Not allowed as viewer" in house.panel.pad.toolTip()
    house.rig.actor = BERT
    house.panel.refresh()
    assert house.panel.presets.keep.isEnabled()


def test_a_camera_that_cannot_move_says_so(room: Room) -> None:
    house = House(room, PtzFeatures())
    try:
        assert house.panel.body.isHidden()
        assert "cannot be turned" in house.panel._empty.text()
        room.press(Qt.Key.Key_P)
        assert "cannot be turned" in house.notes[-1]
        key(house, DOWN, Qt.Key.Key_Right)
        assert house.rig.moves() == []
    finally:
        house.close()


def test_sticks_aim_at_the_selected_camera_while_it_is_live(house: House) -> None:
    aim = house.control.aim()
    assert aim is None or aim.camera == CAMERA
    house.turning.tick()
    aim = house.control.aim()
    assert aim is not None
    assert aim.actor == ANNA
    house.room.clock.pass_(10)
    house.turning.tick()
    assert house.control.aim() is None


def test_buttons_of_sticks(house: House) -> None:
    house.rig.keep("Gate")
    house.control.facts.ask(CAMERA)
    house.now()
    for press in ("preset 1", "stop", "home", "next camera", "previous camera", "snapshot"):
        house.turning.pressed(press)
        house.now()
    assert [name for name, _ in house.rig.done("go_preset", "go_home")] == ["go_preset", "go_home"]
    assert house.ran == ["N", "Shift+N", "S"]


def test_lease_changes_are_shown_once_however_many_come(house: House) -> None:
    for _ in range(20):
        house.turning.leases_changed()
    assert len(house.waiting) == 1


def test_other_credentials_are_a_new_start(house: House) -> None:
    house.rig.devices.broken = Unreachable("Depot", "no answer")
    house.control.facts.ask(CAMERA)
    house.now()
    assert "no answer" in house.panel._empty.text()
    assert house.panel.body.isHidden()
    house.rig.devices.broken = None
    house.turning.renew(1)
    house.now()
    assert house.forgotten == [CAMERA]
    assert not house.panel.body.isHidden()


def test_a_camera_that_did_not_say_what_it_can_is_asked_again_while_it_is_selected(house: House) -> None:
    house.rig.devices.broken = Unreachable("Depot", "no answer")
    house.control.facts.ask(CAMERA)
    house.now()
    house.rig.devices.broken = None
    assert house.control._again.isActive()
    house.control._ask_again()
    house.now()
    assert house.control.known.turns
