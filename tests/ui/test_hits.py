"""Hits at the desk: what is shown, keys, decisions, and nothing in a plate that is more than text."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hot_rig import ANNA, CHIEF, GUEST, NOW, HotRig, Photos, a_read
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMainWindow
from pytestqt.qtbot import QtBot

from console.model.hotlists import Hit, HotEntry, Tier, Urgency, Verdict
from console.model.permissions import Actor
from console.ui.plates.control import OTHERS_SECONDS, HitCameras, HotRoom
from console.ui.plates.hit_table import COLUMNS, DECISION, ENTRY, READ, TIER, URGENCY
from console.ui.plates.hot_words import age_words, end_words, heading_words, late_words, marks
from console.ui.plates.photo import decoded
from console.ui.theme import DARK
from drivers.events import VehicleLook
from drivers.types import GeoPlace

MARKUP = "<b>A</b>\u202eB12"
PLACE = GeoPlace(48.2, 16.37)


class Desk:
    """The room with its windows, over a real store."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot, self.rig = qtbot, HotRig(folder)
        self.actor: Actor = ANNA
        self.notes: list[str] = []
        self.seen: list[tuple[str, int]] = []
        self.places: list[GeoPlace] = []
        self.main = QMainWindow()
        qtbot.addWidget(self.main)
        cameras = HitCameras(
            lambda hit: "7 Gate" if hit.read.camera == "7" else "", lambda hit: self.seen.append(("live", hit.id)),
            lambda hit: self.seen.append(("replay", hit.id)),
        )  # fmt: skip
        self.room = HotRoom(
            self.rig.desk, self.rig.book, lambda: self.actor, DARK, self.main, self.notes.append, lambda: None,
            folder, cameras, self.places.extend, clock=lambda: self.rig.now, zone=UTC,
        )  # fmt: skip

    def reads(self, *plates: str, **more: object) -> None:
        """These are read a minute apart."""
        for plate in plates:
            seq = len(self.rig.hits) + 1
            facts = {"place": PLACE, "heading": 92.0, "speed": 10.0, "confidence": 0.87, **more}
            self.rig.desk.handle([a_read(seq, plate, NOW + timedelta(minutes=seq), **facts)])

    def open(self) -> None:
        self.room.open()
        self.settle()

    def settle(self) -> None:
        """Until nothing is under way."""
        for _ in range(4):
            done: list[bool] = []
            both = threading.Barrier(2)  # both threads of the worker have done what was before
            for _ in range(2):
                self.room._worker.run(lambda both=both: both.wait(20) >= 0, done.append, lambda words: None)  # type: ignore[misc]
            self.qtbot.waitUntil(lambda done=done: len(done) == 2, timeout=20_000)  # type: ignore[misc]

    def press(self, key: Qt.Key) -> None:
        QTest.keyClick(self.room.hits.table, key)
        self.settle()

    def shown(self) -> Hit:
        look = self.room.hits.view.shown
        assert look is not None
        return look.hit

    def cells(self, row: int) -> list[str]:
        model = self.room.hits.model
        return [str(model.index(row, column).data()) for column in range(len(COLUMNS))]

    def close(self) -> None:
        self.room.close()
        self.rig.close()


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(qtbot, tmp_path)
    try:
        yield desk
    finally:
        desk.close()


def jpeg(width: int = 60, height: int = 20) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("white"))
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPEG")
    return bytes(data.data())


def test_without_hits_it_says_what_to_do(desk: Desk) -> None:
    desk.open()
    assert not desk.room.hits._empty.isHidden()
    assert desk.room.hits._empty.text().startswith("No hit waits.")
    assert desk.room.hits.view.shown is None
    assert desk.room.hits._count.text() == "0 hits listed, 0 waiting in all"


def test_a_hit_stands_beside_its_entry(desk: Desk) -> None:
    desk.rig.listed(
        HotEntry(plate="ABC 123", state="CA", reason="stolen", case="C-1", expires=NOW + timedelta(days=2)),
        owner="Traffic", urgency=Urgency.CRITICAL,
    )  # fmt: skip
    desk.rig.photos[1] = Photos(jpeg(), b"no picture")
    desk.reads("ABCI23", look=VehicleLook("van", "Ford", colour="grey"))
    desk.open()
    view = desk.room.hits.view
    assert desk.shown().tier is Tier.FOLDED
    assert view._tier.text() == "▮▮▯▯ look-alike characters"
    assert view._state.text() == "state agrees: CA"
    assert (view.read_plate.text, view.read_plate.marked) == ("ABCI23", "I")
    assert (view.list_plate.text, view.list_plate.marked) == ("ABC123", "1")
    assert (view.crop.empty, view.scene.empty) == (False, True)
    for name, text in {
        "read Speed": "36 km/h", "read Heading": "E (92°)", "read Camera": "7 Gate", "read Vehicle": "grey Ford van",
        "read Reader": "gate  ·  87% sure", "read Place": "48.20000, 16.37000",
        "list Case": "C-1", "list Age": "just now",
        "list List": "Stolen (Traffic)", "list Priority": "■ critical", "list Valid until": "2026-11-28 22:00",
    }.items():  # fmt: skip
        assert view.fact(name) == text
    assert "7 Gate" in desk.cells(0), "as the wall calls the camera"
    assert desk.cells(0)[READ : TIER + 1] == ["ABCI23", "ABC 123", "▮▮▯▯ look-alike"]
    assert "waits for a decision" in view._decided.text()


def test_hostile_text_is_shown_as_text_everywhere(desk: Desk) -> None:
    desk.rig.listed(
        HotEntry(plate="<i>AB</i>12", state="<u>", reason="<img src=x>", note="<a href='x'>y</a>"),
        name="<h1>List</h1>", owner="<b>",
    )  # fmt: skip
    desk.reads("<i>AB</i>12", region="<u>", camera="<script>")
    desk.open()
    window = desk.room.hits
    labels = window.findChildren(QLabel)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels if "<" in label.text())
    assert window.view.fact("list Note") == "<a href='x'>y</a>"
    assert window.view.fact("list List") == "<h1>List</h1> (<b>)"
    for row in range(len(window.model.rows)):
        for column in range(len(COLUMNS)):
            tip = window.model.index(row, column).data(Qt.ItemDataRole.ToolTipRole)
            assert "<h1>" not in str(tip) or str(tip).startswith("<qt>&lt;")
            assert "<i>" not in str(tip)


def test_keys_decide_and_go_on_to_the_next(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222", "CCC333")
    desk.reads("AAA111", "BBB222", "CCC333")
    desk.open()
    assert desk.shown().read.plate == "CCC333"
    desk.press(Qt.Key.Key_W)
    assert desk.rig.decided[-1].read.plate == "CCC333"
    assert desk.shown().read.plate == "BBB222"
    assert [hit.read.plate for hit in desk.room.hits.model.rows] == ["BBB222", "AAA111"]
    desk.press(Qt.Key.Key_C)
    assert [hit.read.plate for hit in desk.rig.confirmed] == ["BBB222"]
    desk.press(Qt.Key.Key_S)
    assert [(hit.decided.verdict if hit.decided else None) for hit in desk.rig.decided] == [
        Verdict.WRONG_PLATE, Verdict.CORRECT, Verdict.WRONG_STATE,
    ]  # fmt: skip
    assert len(desk.room.hits.model.rows) == 0
    assert "✗ wrong state (anna, 22:00:00)" in desk.room.hits.view._decided.text(), "the last one stays to be seen"


def test_to_dismiss_needs_a_reason(desk: Desk) -> None:
    desk.rig.listed("AAA111")
    desk.reads("AAA111")
    desk.open()
    view = desk.room.hits.view
    desk.press(Qt.Key.Key_D)
    assert desk.rig.decided == []
    assert "Say why" in view._message.text()
    view.reason.setEditText("our own car")
    edit = view.reason.lineEdit()
    assert edit is not None
    QTest.keyClick(edit, Qt.Key.Key_Return)
    desk.settle()
    assert desk.rig.decided[0].decided is not None
    assert desk.rig.decided[0].decided.reason == "our own car"
    assert "– dismissed: our own car" in view._decided.text()


def test_after_a_dismissal_the_keys_are_for_the_next_hit_that_waits(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222")
    desk.reads("aaa111", "BBB222")
    desk.open()
    hits, view = desk.room.hits, desk.room.hits.view
    desk.press(Qt.Key.Key_N)
    assert desk.shown().read.plate == "aaa111", "the oldest"
    desk.press(Qt.Key.Key_D)
    edit = view.reason.lineEdit()
    assert edit is not None
    QTest.keyClicks(edit, "our own car")
    QTest.keyClick(edit, Qt.Key.Key_Return)
    desk.settle()
    assert desk.shown().read.plate == "BBB222"
    assert hits.focusWidget() is hits.table
    assert (view._message.text(), view.reason.currentText()) == ("", "")
    assert hits._message.text() == "AAA111: – dismissed, by anna."
    assert hits.current() == desk.shown().id
    desk.press(Qt.Key.Key_C)
    assert hits._message.text() == "BBB222: ✓ correct, by anna. No other hit of this list waits."


def test_next_previous_live_replay_and_map(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222")
    desk.reads("AAA111", "BBB222")
    desk.open()
    desk.press(Qt.Key.Key_N)
    assert desk.shown().read.plate == "AAA111"
    desk.press(Qt.Key.Key_N)
    assert desk.shown().read.plate == "AAA111", "the last stays"
    for key in (Qt.Key.Key_L, Qt.Key.Key_R, Qt.Key.Key_M):
        desk.press(key)
    assert (desk.seen, desk.places) == ([("live", 1), ("replay", 1)], [PLACE])
    desk.press(Qt.Key.Key_P)
    assert desk.shown().read.plate == "BBB222"


def test_a_camera_that_is_not_known_here_has_no_buttons(desk: Desk) -> None:
    desk.rig.listed("AAA111")
    desk.reads("AAA111", camera="elsewhere", place=None)
    desk.open()
    view = desk.room.hits.view
    assert [button.isEnabled() for button in (view.live, view.replay, view.map)] == [False] * 3
    assert view.fact("read Place") == "no place known"


def test_somebody_else_decided_meanwhile(desk: Desk) -> None:
    desk.rig.listed("AAA111")
    desk.reads("AAA111")
    desk.open()
    desk.rig.desk.decide(CHIEF, 1, Verdict.WRONG_PLATE)
    desk.press(Qt.Key.Key_C)
    view = desk.room.hits.view
    assert desk.rig.confirmed == []
    assert "chief decided" in view._message.text()
    assert "✗ wrong plate (chief" in view._decided.text()
    desk.press(Qt.Key.Key_C)
    assert len(desk.rig.confirmed) == 1, "after having seen it"


def test_filters(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222")
    desk.reads("AAA111", "BBB222", "AAA11I")
    desk.rig.desk.decide(CHIEF, 2, Verdict.CORRECT)
    desk.open()
    window = desk.room.hits
    assert (len(window.model.rows), window.table.isColumnHidden(DECISION)) == (2, True)
    window._state.setCurrentIndex(window._state.findText("All hits"))
    desk.settle()
    assert (len(window.model.rows), window.table.isColumnHidden(DECISION)) == (3, False)
    assert desk.cells(1)[DECISION] == "✓ correct"
    window._tier.setCurrentIndex(3)
    desk.settle()
    assert [hit.read.plate for hit in window.model.rows] == ["AAA11I"]
    window._tier.setCurrentIndex(0)
    window.search.setText("bbb")
    QTest.keyClick(window.search, Qt.Key.Key_Return)
    desk.settle()
    assert [hit.entry.plate for hit in window.model.rows] == ["BBB222"]
    assert [said[1] for said in desk.rig.said()].count("lists hits") == 5, "each look is on record"


def test_what_comes_in_is_said_and_listed(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222")
    desk.open()
    desk.reads("AAA111", "BBB222")
    for hit in desk.rig.hits:
        desk.room.came(hit)
    desk.room.follow_second()
    desk.settle()
    assert desk.notes == ["Hit: BBB222 on Stolen, ▮▮▮▮ exact and 1 more. Ctrl+Shift+H"]
    assert len(desk.room.hits.model.rows) == 2
    assert [said[1] for said in desk.rig.said()].count("lists hits") == 1, "a refresh is no new look"
    desk.room.follow_second()
    assert len(desk.notes) == 1


def test_what_another_console_decided_is_seen(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222")
    desk.reads("AAA111", "BBB222")
    desk.open()
    desk.rig.desk.decide(CHIEF, desk.rig.hits[0].id, Verdict.DISMISSED, "seen off")
    for _ in range(OTHERS_SECONDS):
        desk.room.follow_second()
    desk.settle()
    assert [hit.read.plate for hit in desk.room.hits.model.rows] == ["BBB222"]
    assert [said[1] for said in desk.rig.said()].count("lists hits") == 1, "a refresh is no new look"


def test_what_is_looked_at_stays_while_hits_come(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222")
    desk.reads("AAA111")
    desk.open()
    desk.reads("BBB222")
    desk.room.came(desk.rig.hits[-1])
    desk.room.follow_second()
    desk.settle()
    assert desk.shown().read.plate == "AAA111"
    assert desk.room.hits.current() == desk.shown().id


def test_an_alarm_opens_its_hit(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222")
    desk.reads("AAA111", "BBB222")
    desk.room.open_hit(1)
    desk.settle()
    assert desk.shown().id == 1
    desk.room.open_hit(2)
    QTest.keyClick(desk.room.hits.table, Qt.Key.Key_C)  # before it is shown: neither is meant
    desk.settle()
    assert desk.shown().id == 2
    assert desk.rig.confirmed == []
    desk.press(Qt.Key.Key_C)
    assert [hit.id for hit in desk.rig.confirmed] == [2]


def test_an_alarm_of_a_car_that_drives_on_opens_its_newest_hit_with_all_others_as_a_track(desk: Desk) -> None:
    desk.rig.listed("AAA111", "BBB222")
    places = [GeoPlace(48.2, 16.3 + step / 10) for step in range(3)]
    for number, place in enumerate(places):
        desk.reads("AAA111", camera=str(number), place=place)
    desk.reads("BBB222")
    desk.room.open_hit(3, True)
    desk.settle()
    hits = desk.room.hits
    assert (desk.shown().id, [hit.id for hit in hits.model.rows]) == (3, [3, 2, 1])
    assert hits._count.text() == "3 hits of this car, 3 cameras, 22:01:00 to 22:03:00"
    assert (hits.track.isChecked(), hits._state.isEnabled()) == (True, False)
    desk.press(Qt.Key.Key_M)
    assert desk.places == places, "in the order in which it was there"
    desk.press(Qt.Key.Key_C)
    desk.press(Qt.Key.Key_W)
    assert [hit.id for hit in hits.model.rows] == [3, 2, 1], "decided or not"
    assert desk.cells(0)[DECISION] == "✓ correct"
    desk.press(Qt.Key.Key_T)
    assert [hit.id for hit in hits.model.rows] == [4, 1], "all that wait"
    hits.choose(1)
    desk.settle()
    desk.press(Qt.Key.Key_T)
    assert [hit.id for hit in hits.model.rows] == [3, 2, 1]
    desk.room.open()
    desk.settle()
    assert (hits.car, [hit.id for hit in hits.model.rows]) == (None, [4, 1])


def test_a_track_is_of_one_plate_where_it_is_not_sure(desk: Desk) -> None:
    desk.rig.listed("AAA111")
    for plate in ("AAA111", "AAA113", "AAA117"):
        desk.reads(plate, camera=plate)
    desk.reads("AAA-117", camera="another")
    desk.room.open_hit(len(desk.rig.hits), True)
    desk.settle()
    assert {hit.read.plate for hit in desk.room.hits.model.rows} == {"AAA117", "AAA-117"}


def test_an_alarm_whose_hit_is_gone_shows_none(desk: Desk) -> None:
    desk.rig.listed("AAA111")
    desk.reads("AAA111")
    desk.room.open_hit(1)
    desk.settle()
    desk.room.open_hit(99)
    desk.settle()
    assert desk.room.hits.view.shown is None
    assert desk.room.hits.view.empty_words == "The hit is gone: it was kept no longer."


def test_windows_that_are_open_at_the_end_close_before_those_who_keep_their_places(desk: Desk) -> None:
    desk.open()
    desk.room.close()
    assert not desk.room.hits.isVisible()
    desk.main.close()  # and nothing is kept any more
    assert (desk.rig.folder / "hits.window").exists()


def test_who_may_not_look_sees_nothing(desk: Desk) -> None:
    desk.rig.listed("AAA111")
    desk.reads("AAA111")
    desk.actor = GUEST
    desk.open()
    assert desk.room.hits._message.text() == "You may not look at hits. Ask a supervisor."
    assert len(desk.room.hits.model.rows) == 0


def test_colour_is_for_hits_that_wait(desk: Desk) -> None:
    desk.rig.listed("AAA111", urgency=Urgency.CRITICAL)
    desk.reads("AAA111")
    desk.open()
    cell = desk.room.hits.model.index(0, URGENCY)
    assert cell.data() == "■"
    assert cell.data(Qt.ItemDataRole.ForegroundRole) == DARK.color("critical")
    desk.rig.desk.decide(CHIEF, 1, Verdict.CORRECT)
    desk.room.hits._state.setCurrentIndex(1)
    desk.settle()
    assert cell.data(Qt.ItemDataRole.ForegroundRole) != DARK.color("critical")
    assert desk.room.hits.model.index(0, ENTRY).data() == "AAA111"


@pytest.mark.qt_log_ignore("JPEG")
@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\xff\xd8", b"\xff\xd8" + bytes(5_000_000), b"<svg>"])
def test_what_is_no_picture_is_none(data: bytes) -> None:
    assert decoded(data) is None


def test_a_large_picture_is_made_smaller(qtbot: QtBot) -> None:
    image = decoded(jpeg(4000, 1000))
    assert image is not None
    assert (image.width(), image.height()) == (1920, 480)


def test_words(desk: Desk) -> None:
    assert marks("AB-12", "A812") == ((False, True, False, False), (False, True, False, False))
    assert marks("AB1", "AB12")[1] == (False, False, False, True)
    assert [age_words(timedelta(minutes=minutes)) for minutes in (1, 30, 300, 5000)] == [
        "just now", "30 minutes old", "5 hours old", "3 days old",
    ]  # fmt: skip
    assert age_words(None) == "of unknown age"
    assert heading_words(359.0, "approaching") == "N (359°), approaching"
    assert end_words(NOW.replace(hour=0), UTC) == "2026-11-25"
    desk.rig.listed("AAA111")
    late = a_read(1, "AAA111", NOW - timedelta(hours=3))
    desk.rig.desk.handle([type(late)(1, late.event, NOW)])
    assert late_words(desk.rig.hits[0]) == "▲ came in 3 hours after the car passed"


def test_its_actions_have_keys(desk: Desk) -> None:
    assert {action.name: action.key for action in desk.room.actions()} == {
        "Hits on hotlists": "Ctrl+Shift+H", "Hotlists": "Ctrl+Shift+K",
    }  # fmt: skip
