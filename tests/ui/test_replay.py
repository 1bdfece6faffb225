"""Replay by keys and by hand: what the wall gets to show, what the bar says, and the way back to live."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import pytest
from gop_rig import FPS, START, ListFootage, gops, number_in
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from console.app import dress
from console.model.tile_state import TileState, TileVerdict
from console.services.feed_pool import FeedPool
from console.ui.pulse import Pulse
from console.ui.replay.bar import Command, ReplayBar
from console.ui.replay.controller import NO_CAMERA, ReplayController, ReplayTarget
from drivers.interfaces import VideoSource
from drivers.types import Picture, StreamRequest, View
from drivers.video.gop_decoder import GopDecoder

COUNT = 300
"""Pictures of footage: 20 seconds."""
NONE, SHIFT, CTRL = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.ControlModifier,
)


class Wall:
    """A ReplaySink that remembers."""

    def __init__(self) -> None:
        self.pictures: dict[int, Picture | None] = {}
        self.words: dict[int, tuple[TileVerdict, str]] = {}
        self.ended: list[int] = []

    def replay_picture(self, tile: int, picture: Picture | None) -> None:
        self.pictures[tile] = picture

    def replay_words(self, tile: int, verdict: TileVerdict, taken: str) -> None:
        self.words[tile] = (verdict, taken)

    def replay_end(self, tile: int) -> None:
        self.ended.append(tile)


class Room:
    """A controller with its bar on a wall of two tiles; 20 seconds of footage end now."""

    def __init__(self, qtbot: QtBot) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.qtbot = qtbot
        self.now = START + COUNT / FPS
        self.wall = Wall()
        self.bar = ReplayBar(dress(app))
        qtbot.addWidget(self.bar)
        self.bar.resize(1200, 90)
        self.notes: list[str] = []
        self.targets: list[ReplayTarget] = [
            ReplayTarget(tile, camera, f"Camera {camera}", footage(camera), (320, 180))
            for tile, camera in ((0, 7), (3, 8))
        ]
        self.selected = 0
        self.control = ReplayController(self.wall, self.offer, GopDecoder, self.bar, lambda: self.now)
        self.control.note.connect(self.notes.append)

    def offer(self, every: bool) -> Sequence[ReplayTarget]:
        return self.targets if every else self.targets[self.selected : self.selected + 1]

    def press(self, key: Qt.Key, mods: Qt.KeyboardModifier = NONE) -> bool:
        return self.control.key(QKeyEvent(QEvent.Type.KeyPress, key, mods))

    def until(self, true: Callable[[], bool]) -> None:
        def looked() -> bool:
            session = self.control.session
            if session is not None:
                session.wake()
            self.control.beat()
            return true()

        self.qtbot.waitUntil(looked, timeout=20_000)

    def shows(self, number: int, tile: int = 0) -> None:
        self.until(lambda: number_in(self.wall.pictures.get(tile)) == number)

    def headline(self, tile: int = 0) -> str:
        self.control.refresh()
        return self.wall.words[tile][0].headline

    @property
    def back(self) -> float:
        """Seconds behind now."""
        assert self.control.session is not None
        return self.control.session.state.behind(self.now)


def footage(camera: int) -> ListFootage:
    return ListFootage(gops("h264", COUNT, 30, camera=camera))


@pytest.fixture
def room(qtbot: QtBot) -> Iterator[Room]:
    room = Room(qtbot)
    yield room
    assert room.control.close()


def test_r_starts_five_seconds_ago_and_again_five_further_back(room: Room) -> None:
    assert room.press(Qt.Key.Key_R)
    assert room.control.active
    assert not room.bar.isHidden()
    room.shows(COUNT - 5 * FPS)
    assert room.headline() == "REPLAY -0:05"
    assert room.wall.words[0][0].state is TileState.REPLAY
    assert room.wall.words[0][1]
    room.press(Qt.Key.Key_R)
    room.shows(COUNT - 10 * FPS)
    assert room.headline() == "REPLAY -0:10"
    assert 3 not in room.wall.pictures


def test_shift_r_takes_all_tiles_and_they_keep_together(room: Room) -> None:
    room.press(Qt.Key.Key_R, SHIFT)
    for tile in (0, 3):
        room.shows(COUNT - 5 * FPS, tile)
    room.press(Qt.Key.Key_K)
    room.press(Qt.Key.Key_Period)
    for tile in (0, 3):
        room.shows(COUNT - 5 * FPS + 1, tile)


def test_another_tile_joins_the_clock(room: Room) -> None:
    room.press(Qt.Key.Key_R)
    room.press(Qt.Key.Key_R)
    room.selected = 1
    room.press(Qt.Key.Key_R)
    room.shows(COUNT - 10 * FPS, 3)
    assert room.control.replays(3)
    room.control.drop(0)
    assert room.wall.ended == [0]
    room.control.drop(3)
    assert not room.control.active


def test_keys_of_the_clock(room: Room) -> None:
    assert not room.press(Qt.Key.Key_K)  # nothing replays: not ours
    assert not room.press(Qt.Key.Key_Escape)
    room.press(Qt.Key.Key_R)
    room.shows(COUNT - 75)
    for key, mods, words in (
        (Qt.Key.Key_L, NONE, "REPLAY -0:05 2x"),
        (Qt.Key.Key_J, NONE, "REPLAY -0:05 back 1x"),
        (Qt.Key.Key_J, NONE, "REPLAY -0:05 back 2x"),
        (Qt.Key.Key_L, SHIFT, "REPLAY -0:05 1/2x"),
        (Qt.Key.Key_K, NONE, "REPLAY -0:05 paused"),
        (Qt.Key.Key_Left, CTRL, "REPLAY -0:10 paused"),
        (Qt.Key.Key_Right, CTRL, "REPLAY -0:05 paused"),
    ):
        assert room.press(key, mods)
        assert room.headline() == words
    for key, number in ((Qt.Key.Key_Comma, 224), (Qt.Key.Key_Comma, 223), (Qt.Key.Key_Period, 224)):
        room.press(key)
        room.shows(number)
    room.press(Qt.Key.Key_Home)
    room.shows(0)
    room.press(Qt.Key.Key_End)
    room.shows(COUNT - 1)
    assert not room.press(Qt.Key.Key_Left)  # the selection moves as always
    assert not room.press(Qt.Key.Key_K, CTRL)


def test_esc_returns_to_live(room: Room) -> None:
    room.press(Qt.Key.Key_R, SHIFT)
    room.shows(COUNT - 75)
    assert room.press(Qt.Key.Key_Escape)
    assert not room.control.active
    assert sorted(room.wall.ended) == [0, 3]
    assert room.bar.isHidden()
    room.press(Qt.Key.Key_R)
    room.shows(COUNT - 75)


def test_the_live_edge_stops_and_says_so(room: Room) -> None:
    room.press(Qt.Key.Key_R)
    for _ in range(3):
        room.press(Qt.Key.Key_L)
    room.now += 2.0
    room.until(lambda: not room.control.session or not room.control.session.state.playing)
    room.control.refresh()
    assert room.wall.words[0][0].detail == "The newest footage. Press Esc to return to live."


def test_a_camera_of_which_nothing_is_kept_says_so(room: Room) -> None:
    room.targets = [ReplayTarget(0, 7, "Gate", ListFootage([]), (320, 180))]
    room.press(Qt.Key.Key_R)
    assert not room.control.active
    assert room.notes[0].startswith("Nothing of this camera is kept yet")
    room.targets = []
    room.press(Qt.Key.Key_R)
    assert room.notes[1] == NO_CAMERA


def test_no_footage_at_a_moment_blanks_the_tile(room: Room) -> None:
    late = ListFootage(gops("h264", COUNT, 30, camera=8, shift=12.0))
    room.targets[1] = ReplayTarget(3, 8, "Yard", late, (320, 180))
    room.now += 12.0
    room.press(Qt.Key.Key_R, SHIFT)
    room.control.scrub(START + 3.01)
    room.shows(45)
    room.until(lambda: 3 in room.wall.words and room.wall.words[3][0].detail == "No footage of this moment.")
    assert room.wall.pictures[3] is None


def test_broken_footage_is_a_sentence_on_the_tile(room: Room) -> None:
    broken = footage(7)
    room.targets = [ReplayTarget(0, 7, "Gate", broken, (320, 180))]
    broken.fail = OSError(5, "Input/output error")
    room.press(Qt.Key.Key_R)
    room.until(lambda: "Input/output error" in room.wall.words[0][0].detail)


def test_scrubbing_on_the_line(room: Room) -> None:
    room.press(Qt.Key.Key_R)
    room.shows(COUNT - 75)
    room.bar.show()
    line = room.bar.line
    spot = QPoint(round(line.x_of(START + 8.0)), line.height() // 2)
    QTest.mousePress(line, Qt.MouseButton.LeftButton, pos=spot)
    assert room.control.session is not None
    assert not room.control.session.state.playing  # nothing runs away under the hand
    wanted = line.time_at(spot.x())
    assert room.control.session.state.position(room.now) == pytest.approx(wanted)
    room.shows(int((wanted - START) * FPS))
    there = QPoint(round(line.x_of(START + 15.0)), line.height() // 2)
    QTest.mouseMove(line, there)
    room.until(lambda: abs(room.back - (room.now - line.time_at(there.x()))) < 1e-6)
    QTest.mouseRelease(line, Qt.MouseButton.LeftButton, pos=there)
    assert room.control.session.state.playing


def test_the_wheel_zooms_around_the_pointer(room: Room) -> None:
    room.press(Qt.Key.Key_R)
    line = room.bar.line
    line.resize(1000, 60)
    before, under = line.window_shown.length, line.time_at(400.0)

    def turn(notches: int, mods: Qt.KeyboardModifier = NONE) -> None:
        place = QPointF(400, 20)
        line.wheelEvent(
            QWheelEvent(
                place, place, QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, mods,
                Qt.ScrollPhase.NoScrollPhase, False,
            )
        )  # fmt: skip

    turn(3)
    assert line.window_shown.length < before
    assert line.time_at(400.0) == pytest.approx(under)
    for _ in range(40):
        turn(1)
    assert line.window_shown.length == 30.0
    at = line.window_shown.start
    turn(1, SHIFT)
    assert line.window_shown.start < at
    for _ in range(60):
        turn(-1)
    assert line.window_shown.length == 86_400.0


def test_buttons_and_speed(room: Room) -> None:
    room.press(Qt.Key.Key_R)
    room.shows(COUNT - 75)
    buttons = room.bar.buttons
    assert all(button.toolTip() and button.accessibleName() for button in buttons.values())
    assert buttons[Command.PLAY].active
    buttons[Command.PAUSE].click()
    assert buttons[Command.PAUSE].active
    buttons[Command.STEP].click()
    room.shows(COUNT - 74)
    buttons[Command.STEP_BACK].click()
    room.shows(COUNT - 75)
    buttons[Command.BACK].click()
    assert room.headline().endswith("back 1x")
    room.bar.speed_wanted.emit(4.0)
    assert room.headline().endswith("back 4x")
    buttons[Command.PLAY].click()
    assert room.headline() == "REPLAY -0:05"


def test_keys_work_with_the_focus_in_the_bar(room: Room) -> None:
    room.press(Qt.Key.Key_R)
    room.bar.show()
    QTest.keyClick(room.bar.line, Qt.Key.Key_K)
    assert room.headline().endswith("paused")
    length = room.bar.line.window_shown.length
    QTest.keyClick(room.bar.line, Qt.Key.Key_Plus)
    assert room.bar.line.window_shown.length < length
    QTest.keyClick(room.bar.line, Qt.Key.Key_Escape)
    assert not room.control.active


def test_tiles_may_change_their_size_and_view(room: Room) -> None:
    room.press(Qt.Key.Key_R)
    room.shows(COUNT - 75)
    ticks: list[int] = []
    room.control.ticked.connect(lambda: ticks.append(1))
    room.control.refresh()
    assert ticks
    room.control.resize(0, (160, 90))
    room.until(lambda: (seen := room.wall.pictures[0]) is not None and seen.width == 160)
    room.control.set_view(0, View(rotate=90))
    room.until(lambda: (seen := room.wall.pictures[0]) is not None and seen.height > seen.width)
    assert [target.size for target in room.control.targets] == [(160, 90)]


def test_it_beats_with_the_pulse(room: Room) -> None:
    pulse = Pulse(FeedPool(nobody))
    room.control.follow(pulse)
    room.press(Qt.Key.Key_R)

    def beaten() -> bool:
        pulse.beat.emit()
        return number_in(room.wall.pictures.get(0)) == COUNT - 75

    room.qtbot.waitUntil(beaten, timeout=20_000)
    room.now += 60.0
    room.control.jump(-60.0)
    pulse.words.emit()
    assert room.wall.words[0][0].headline == "REPLAY -1:20"  # the oldest there is


def nobody(request: StreamRequest) -> VideoSource:
    """No camera is opened here."""
    raise AssertionError(request.name)


def test_the_bar_shows_where_there_is_footage(room: Room) -> None:
    room.press(Qt.Key.Key_R, SHIFT)
    rows = room.bar.line.rows
    assert [row.label for row in rows] == ["7", "8"]
    ((begin, end),) = rows[0].spans
    assert begin == START
    assert end == pytest.approx(START + (COUNT - 1) / FPS)
