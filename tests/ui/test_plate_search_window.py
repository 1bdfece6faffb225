"""The window that searches plates, by keys, on a real search of a small database."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from console.acting import audit_of
from console.model.named_cameras import CameraNames
from console.model.permissions import Actor, Policy, Role
from console.model.plate_queries import Circle, SeenPlate, Track
from console.model.plate_sources import PlateKind, PlateSource, camera_numbered
from console.model.site import Camera, Site
from console.services.audit_trail import AuditTrail
from console.services.plate_search import PlatePictures, PlateSearch
from console.store.database import open_database, sqlite_url
from console.store.plate_index import PlateIndex
from console.store.plate_store import PlateStore
from console.ui.bridge import Bridge
from console.ui.plates import search_words as words
from console.ui.plates.read_cameras import ReadCameras
from console.ui.plates.search_page import Kind
from console.ui.plates.search_room import PlateSearchRoom
from console.ui.plates.search_table import CAMERA, MATCH, PICTURE, PLATE, REGION, TIME
from console.ui.plates.search_times import ANY, OWN, TONIGHT, tonight
from console.ui.plates.search_window import SearchWindow
from console.ui.theme import DARK
from drivers.events import Event, PlateRead
from drivers.types import GeoPlace

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
HERE = GeoPlace(52.5, 13.4)
SITE = Site(
    cameras=(Camera(5, "Main St / 2nd", "five"),),
    plate_sources=(PlateSource("s", PlateKind.REKOR, cameras={"lane-2": 5}),),
)


@dataclass(frozen=True)
class Line:
    seq: int
    event: Event


@dataclass(frozen=True)
class Jpeg:
    plate: bytes
    scene: bytes


def jpeg(width: int, height: int) -> bytes:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(Qt.GlobalColor.white)
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "JPG")
    return bytes(data.data())


def read(plate: str, minutes: float, north: float = 0, camera: str = "gate") -> PlateRead:
    place = GeoPlace(52.5 + north / 111_250, 13.4)
    at = NOW - timedelta(minutes=minutes)
    return PlateRead(source="s", id=f"{plate}{minutes}", at=at, plate=plate, camera=camera, place=place)


class Desk:
    """A desk with a search; the clock stands still."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot, self.folder = qtbot, folder
        self.actor = Actor("anna", Role.OPERATOR, "desk-1")
        self.notes: list[str] = []
        self.went: list[str] = []
        self.places: list[list[GeoPlace]] = []
        self.tracks: list[Track] = []
        self.helped = 0
        self.pictures_of: list[int] = []
        self.trail = AuditTrail(lambda: audit_of(folder))
        self.search = PlateSearch(self._store, self.trail, Policy, self._pictures)
        self.desk, self.bridge = QWidget(), Bridge()
        qtbot.addWidget(self.desk)
        self.room = PlateSearchRoom(
            self.search, lambda: self.actor, DARK, self.desk, self.bridge, self.notes.append, self._help,
            folder / "plates.window", folder, lambda places: self.places.append(list(places)), self.tracks.append,
            lambda then: then(Circle(HERE, 750)), lambda: NOW,
            ReadCameras(
                CameraNames(lambda: SITE), CameraNames(lambda: SITE).asked,
                lambda seen: camera_numbered(seen.source, seen.camera, SITE) is not None,
                lambda seen: self.went.append(f"live {seen.plate}"),
                lambda seen: self.went.append(f"replay {seen.plate}"),
                CameraNames(lambda: SITE).strangers,
            ),
        )  # fmt: skip

    def _help(self) -> None:
        self.helped += 1

    def _store(self) -> PlateStore:
        return PlateStore(open_database(sqlite_url(self.folder / "journal.db")))

    def _pictures(self, seq: int) -> PlatePictures | None:
        self.pictures_of.append(seq)
        return Jpeg(jpeg(120, 30), jpeg(160, 90)) if seq % 2 else None

    def put(self, *reads: PlateRead) -> None:
        engine = open_database(sqlite_url(self.folder / "journal.db"))
        with engine.begin() as connection:
            PlateIndex().write(connection, [Line(seq, event) for seq, event in enumerate(reads, 1)])
        engine.dispose()

    @property
    def window(self) -> SearchWindow:
        return self.room.window

    def open(self, kind: Kind = Kind.READS, reason: str = "case 12") -> SearchWindow:
        self.room.open(kind)
        self.window.reason.setText(reason)
        return self.window

    def ask(self) -> None:
        self.window.search_wanted.emit(self.window.page)
        self.wait()

    def wait(self) -> None:
        self.qtbot.waitUntil(lambda: self.room._run is None, timeout=10_000)

    def listed(self) -> list[str]:
        return [row.plate for row in self.window.table.in_order()]

    def close(self) -> None:
        self.room.close()
        self.bridge.close()
        self.search.close()
        self.trail.close()


@pytest.fixture
def desk(qtbot: QtBot, tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(qtbot, tmp_path)
    yield desk
    desk.close()


def test_a_search_by_keys_alone(desk: Desk) -> None:
    desk.put(read("AB1", 5), read("XY2", 4), read("AB3", 3))
    desk.room.open()
    window = desk.window
    assert window.reason.hasFocus() or window.focusWidget() is window.reason
    QTest.keyClicks(window.reason, "case 12")
    window.begin(Kind.READS)
    assert window.focusWidget() is window.reads_form.plate
    QTest.keyClicks(window.reads_form.plate, "ab*")
    QTest.keyClick(window.reads_form.plate, Qt.Key.Key_Return)
    desk.wait()
    assert desk.listed() == ["AB3", "AB1"]
    assert window.focusWidget() is window.table
    assert window.status.text().startswith("2 reads, in ")
    assert [entry.action for entry in desk.trail.newest()] == ["search plates"] * 2


@pytest.mark.parametrize("field", ["near", "radius", "times.choice"])
def test_enter_searches_from_fields_that_make_nothing_of_it(desk: Desk, field: str) -> None:
    desk.put(read("AB1", 5))
    window = desk.open()
    widget = attrgetter(field)(window.reads_form)
    widget.setFocus()
    QTest.keyClick(widget, Qt.Key.Key_Return)
    desk.wait()
    assert desk.listed() == ["AB1"]


def test_enter_on_a_button_presses_it_and_on_what_was_found_asks_nothing_anew(desk: Desk) -> None:
    desk.put(read("AB1", 5))
    window = desk.open(Kind.INCIDENTS)
    window.incidents_form.add.setFocus()
    QTest.keyClick(window.incidents_form.add, Qt.Key.Key_Return)
    assert (len(window.incidents_form.rows), window.status.text()) == (3, "")
    window.begin(Kind.READS)
    desk.ask()
    before = len(desk.trail.newest())
    QTest.keyClick(window.table, Qt.Key.Key_Return)
    assert len(desk.trail.newest()) == before


def test_a_quick_choice_of_time_goes_along_to_track_and_convoy(desk: Desk) -> None:
    desk.put(read("AB1", 5))
    window = desk.open()
    window.reads_form.times.choice.setCurrentText("Last 7 days")
    desk.ask()
    window.follow_plate()
    desk.wait()
    assert window.track_form.times.choice.currentText() == "Last 7 days"
    own = (NOW - timedelta(days=3), NOW)
    window.track_form.times.set_span(*own)
    window.company_of_plate()
    desk.wait()
    assert window.convoy_form.times.choice.currentText() == OWN
    assert window.convoy_form.times.span() == own


def test_a_chosen_read_becomes_an_incident(desk: Desk) -> None:
    desk.put(read("AB1", 5), read("AB1", 50, 5000), read("AB1", 90, 9000))
    window = desk.open()
    form = window.incidents_form
    assert not window.incident.isEnabled()
    desk.ask()
    for row, said in ((0, "Give another one"), (1, "Enter searches"), (2, "Enter searches")):
        window.begin(Kind.READS)
        window.table.selectRow(row)
        window.note_incident()
        assert said in window.status.text()
        assert window.page.kind is Kind.INCIDENTS
    assert [round(each.incident().place.latitude, 3) for each in form.rows] == [52.5, 52.545, 52.581]
    assert form.rows[1].incident().at == NOW - timedelta(minutes=50)
    QTest.keyClick(form.rows[2].place, Qt.Key.Key_Return)
    desk.wait()
    assert window.suspects.topLevelItemCount() == 1


def test_a_window_that_is_open_at_the_end_closes_before_who_keeps_its_place(desk: Desk) -> None:
    window = desk.open()
    desk.room.close()
    assert not window.isVisible()
    assert (desk.folder / "plates.window").exists()


def test_without_a_reason_nothing_is_searched(desk: Desk) -> None:
    desk.put(read("AB1", 5))
    desk.open(reason="")
    desk.ask()
    assert desk.window.status.text().startswith("▲ Say why you search")
    assert desk.window.focusWidget() is desk.window.reason
    assert desk.trail.newest() == []


def test_who_may_not_search_is_told(desk: Desk) -> None:
    desk.actor = Actor("eve", Role.VIEWER)
    desk.room.open()
    assert desk.notes == ["A viewer may not search plates. Ask a supervisor."]
    assert desk.room._window is None


def test_another_person_gives_a_reason_of_their_own(desk: Desk) -> None:
    desk.open(reason="case 12")
    desk.room.open()
    assert desk.window.reason.text() == "case 12"
    desk.actor = Actor("ben", Role.OPERATOR)
    desk.room.open()
    assert desk.window.reason.text() == ""


@pytest.mark.parametrize(
    ("plate", "area", "says"),
    [
        ("A%", "", "▲ '%' is no part of a plate."),
        ("*", "", "▲ Only wildcards are given."),
        ("<b>A</b>", "", "▲ '<' is no part of a plate."),
        ("", "52,5", "▲ '52,5' is no place."),
    ],
)
def test_what_cannot_be_asked_is_said(desk: Desk, plate: str, area: str, says: str) -> None:
    window = desk.open()
    window.reads_form.plate.setText(plate)
    window.reads_form.area.setText(area)
    desk.ask()
    assert window.status.text().startswith(says)


def test_nothing_found_says_what_to_try(desk: Desk) -> None:
    desk.put(read("AB1", 5))
    window = desk.open()
    assert "Say why you search" in window.page.empty_words
    window.reads_form.plate.setText("ZZ")
    desk.ask()
    assert "No read fits. Try *" in window.page.empty_words
    assert not window.follow.isEnabled()
    assert not window.export.isEnabled()


def test_a_camera_that_is_none_does_not_look_like_a_quiet_one(desk: Desk) -> None:
    desk.put(read("AB1", 5, camera="lane-2"))
    window = desk.open()
    for typed, empty in (("5", False), ("99, 5", False), ("99", True), ("Nowhere, 98", True)):
        window.reads_form.cameras.setText(typed)
        desk.ask()
        strange = [name for name in ("99", "Nowhere", "98") if name in typed.split(", ")]
        for text in (window.status.text(), *([window.page.empty_words] if empty else [])):
            assert ("of this site: check the number" in text) is bool(strange)
            assert all(f"“{name}”" in text for name in strange)


def test_reads_of_a_clock_that_is_wrong_are_found_at_any_time(desk: Desk) -> None:
    desk.put(read("NOW1", 5), read("NEXT1", -60 * 24 * 366), read("LONG1", 60 * 24 * 366 * 40))
    window = desk.open()
    window.reads_form.plate.setText("*1")
    desk.ask()
    assert desk.listed() == ["NOW1"]
    window.reads_form.plate.setText("NEXT1")
    desk.ask()
    assert "Any time finds them" in window.page.empty_words
    window.reads_form.plate.setText("*1")
    window.reads_form.times.choice.setCurrentText(ANY)
    desk.ask()
    assert desk.listed() == ["NEXT1", "NOW1", "LONG1"]


@pytest.mark.parametrize("kind", [Kind.READS, Kind.CONVOY, Kind.TRACK])
def test_alt_w_leads_to_the_time(desk: Desk, kind: Kind) -> None:
    window = desk.open()
    window.activateWindow()
    desk.qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    window.begin(kind)
    form = {Kind.READS: window.reads_form, Kind.CONVOY: window.convoy_form, Kind.TRACK: window.track_form}[kind]
    assert window.focusWidget() is form.plate
    QTest.keyClick(form.plate, Qt.Key.Key_W, Qt.KeyboardModifier.AltModifier)
    assert window.focusWidget() is form.times.choice


def test_pictures_come_where_they_are_seen(desk: Desk, qtbot: QtBot) -> None:
    desk.put(*(read(f"AB{number}", number) for number in range(1, 200)))
    window = desk.open()
    window.reads_form.plate.setText("AB*")
    desk.ask()
    model = window.model
    qtbot.waitUntil(
        lambda: model.data(model.index(0, PICTURE), Qt.ItemDataRole.DecorationRole) is not None, timeout=10_000
    )
    qtbot.waitUntil(lambda: not window.preview.scene.pixmap().isNull(), timeout=10_000)
    assert len(set(desk.pictures_of)) < 60
    assert model.data(model.index(0, PLATE)) == "AB1"


def test_cameras_are_those_of_the_wall(desk: Desk) -> None:
    desk.put(read("AB1", 5, camera="lane-2"), read("CD2", 4))
    window = desk.open()
    desk.ask()
    shown = [window.model.data(window.model.index(row, CAMERA)) for row in range(2)]
    assert shown == ["gate", "5 Main St / 2nd"]
    assert window.table.isColumnHidden(MATCH)
    for typed, plates in (("5", ["AB1"]), ("main st / 2nd", ["AB1"]), ("gate, 5", ["CD2", "AB1"]), ("7", [])):
        window.reads_form.cameras.setText(typed)
        desk.ask()
        assert desk.listed() == plates
    assert "cameras gate, 5 Main St / 2nd" in [entry.target for entry in desk.trail.newest()][2]


def test_from_a_read_to_its_camera(desk: Desk) -> None:
    desk.put(read("AB1", 5, camera="lane-2"), read("CD2", 4))
    window = desk.open()
    desk.ask()
    table = window.table
    assert not window.live.isEnabled()
    QTest.keyClick(table, Qt.Key.Key_Return)
    assert window.status.text().startswith("▲ The site does not say which camera “gate” of s is.")
    QTest.keyClick(table, Qt.Key.Key_Down)
    assert "5 Main St / 2nd" in window.preview.words.text()
    QTest.keyClicks(table, "lr")
    QTest.keyClick(table, Qt.Key.Key_Return)
    window.live.click()
    window.replay.click()
    assert desk.went == ["live AB1", "replay AB1", "replay AB1", "live AB1", "replay AB1"]
    window.follow_plate()
    desk.wait()
    assert window.track.topLevelItem(0).text(3) == "5 Main St / 2nd"  # type: ignore[union-attr]
    QTest.keyClicks(window.track, "l")
    QTest.keyClick(window.track, Qt.Key.Key_Return)
    assert desk.went[5:] == ["live AB1", "replay AB1"]
    QTest.keyClicks(window.track_form.plate, "lr")
    assert len(desk.went) == 7, "who types does not mean the camera"


def test_hostile_words_are_shown_as_they_are(desk: Desk) -> None:
    desk.put(read("AB1", 5, camera="<img src=x onerror=1>\u202e"))
    window = desk.open()
    desk.ask()
    tip = window.model.data(window.model.index(0, 3), Qt.ItemDataRole.ToolTipRole)
    assert "<img" not in str(tip)
    window.table.selectRow(0)
    assert window.preview.words.textFormat() is Qt.TextFormat.PlainText


def test_sorting_and_the_near(desk: Desk) -> None:
    desk.put(read("AB1", 5), read("ABI", 4), read("A", 3))
    window = desk.open()
    window.reads_form.plate.setText("AB1")
    window.reads_form.near.setChecked(True)
    desk.ask()
    assert desk.listed() == ["ABI", "AB1"]
    assert not window.table.isColumnHidden(MATCH)
    window.table.sortByColumn(TIME, Qt.SortOrder.AscendingOrder)
    assert desk.listed() == ["AB1", "ABI"]


def test_track_convoy_and_map_of_the_chosen_plate(desk: Desk) -> None:
    stops = [(60 - 10 * stop, stop * 1000) for stop in range(4)]
    desk.put(
        *(read(plate, minutes - late, north) for minutes, north in stops for plate, late in (("AB1", 0), ("CD2", 0.2)))
    )
    window = desk.open()
    window.reads_form.plate.setText("AB1")
    desk.ask()
    QTest.keyClick(window, Qt.Key.Key_M, Qt.KeyboardModifier.ControlModifier)
    window.follow_plate()
    desk.wait()
    assert window.page.kind is Kind.TRACK
    assert [window.track.topLevelItem(row).text(1) for row in range(4)] == ["↑", "↑", "↑", ""]  # type: ignore[union-attr]
    window.map_wanted.emit()
    assert desk.tracks[0].plate == "AB1"
    window.company_of_plate()
    desk.wait()
    assert window.page.kind is Kind.CONVOY
    top = window.companions.topLevelItem(0)
    assert top is not None
    assert (top.text(0), top.text(1), top.text(3), top.childCount()) == ("CD2", "4", "100%", 4)
    assert "12 s after the asked car" in top.child(0).text(4)
    assert window.convoy_form.times.choice.currentText() == window.reads_form.times.choice.currentText()
    window.map_wanted.emit()
    assert len(desk.places[-1]) == 1


def test_a_track_is_of_one_car(desk: Desk) -> None:
    window = desk.open(Kind.TRACK)
    window.track_form.plate.setText("A*")
    desk.ask()
    assert window.status.text() == "▲ A track is that of one car. Leave the wildcards out."


def test_several_incidents(desk: Desk) -> None:
    desk.put(read("AB1", 60), read("AB1", 0, 5000), read("CD2", 60), read("EF3", 0, 5000))
    desk.room.search_around(HERE, NOW - timedelta(minutes=60))
    window, form = desk.window, desk.window.incidents_form
    window.reason.setText("case 12")
    desk.ask()
    assert window.status.text().startswith("▲ Incident 2: No place is given.")
    form.put_incident(1, GeoPlace(52.5 + 5000 / 111_250, 13.4), NOW, 400)
    desk.ask()
    top = window.suspects.topLevelItem(0)
    assert top is not None
    assert window.suspects.topLevelItemCount() == 1
    assert (top.text(0), top.text(1), top.text(3)) == ("AB1", "2", "Incident 1, Incident 2")
    assert top.child(1).text(3).startswith("Incident 2:  ")


def test_rows_of_incidents_come_and_go(desk: Desk) -> None:
    form = desk.open(Kind.INCIDENTS).incidents_form
    assert not form.rows[0].remove.isEnabled()
    for _ in range(20):
        form.add_row()
    assert len(form.rows) == 12
    assert not form.add.isEnabled()
    while len(form.rows) > 2:
        form.remove_row(form.rows[0])
    form.remove_row(form.rows[0])
    assert [row.label.text() for row in form.rows] == ["Incident 1", "Incident 2"]


def test_esc_takes_back_and_then_closes(desk: Desk) -> None:
    desk.put(read("AB1", 5))
    window = desk.open()
    with desk.search._opening:  # the search waits here, as for a slow disk
        window.search_wanted.emit(window.page)
        assert window.cancel.isVisible()
        QTest.keyClick(window, Qt.Key.Key_Escape)
    desk.wait()
    assert window.status.text() == "The search was cancelled."
    assert window.isVisible()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_of_two_searches_the_newer_one_is_shown(desk: Desk) -> None:
    desk.put(read("AB1", 5), read("CD2", 4))
    window = desk.open()
    with desk.search._opening:
        window.reads_form.plate.setText("AB1")
        window.search_wanted.emit(window.page)
        window.reads_form.plate.setText("CD2")
        window.search_wanted.emit(window.page)
    desk.wait()
    assert desk.listed() == ["CD2"]


def test_export_says_where(desk: Desk, qtbot: QtBot) -> None:
    desk.put(read("AB1", 5))
    window = desk.open()
    desk.ask()
    target = desk.folder / "found.csv"
    desk.room.export_to(window.page, target)
    qtbot.waitUntil(lambda: "Exported to" in window.status.text(), timeout=10_000)
    assert "AB1" in target.read_text("utf-8-sig")
    window.reason.clear()
    desk.room.export_to(window.page, target)
    assert window.status.text().startswith("▲ Say why")


def test_an_area_from_the_map(desk: Desk) -> None:
    form = desk.open().reads_form
    form.map.click()
    assert form.area.text() == "52.50000, 13.40000"
    assert form.radius.value() == 750


def test_quick_times_count_from_now(desk: Desk) -> None:
    times = desk.open().reads_form.times
    times.choice.setCurrentText("Last hour")
    assert times.span()[0] == NOW - timedelta(hours=1)
    times.choice.setCurrentText(TONIGHT)
    assert times.span()[1] - times.span()[0] >= timedelta(hours=11)
    times.set_span(NOW - timedelta(days=3), NOW)
    assert times.span() == (NOW - timedelta(days=3), NOW)
    assert tonight(datetime(2026, 3, 4, 3, tzinfo=UTC))[0] == datetime(2026, 3, 3, 18, tzinfo=UTC)
    assert tonight(datetime(2026, 3, 4, 13, tzinfo=UTC))[0] == datetime(2026, 3, 4, 18, tzinfo=UTC)


def test_help_and_the_actions(desk: Desk) -> None:
    window = desk.open()
    window.help_wanted.emit()
    assert desk.helped == 1
    assert [action.key for action in desk.room.actions()] == ["Ctrl+Shift+F", "", ""]


def test_words() -> None:
    assert words.heading_words(359) == "↑ N"
    assert words.heading_words(226) == "↙ SW"
    assert words.arrow(None) == ""
    assert [words.near_words(far) for far in (0, 0.2, 1.0)] == ["as asked", "look-alikes", "one character off"]
    assert words.seconds_words(0.4) == "together with the asked car"
    assert words.seconds_words(14) == "14 s after the asked car"
    assert words.seconds_words(-600) == "10 min before the asked car"
    assert (words.way_words(420), words.way_words(1900), words.way_words(None)) == ("420 m", "1.9 km", "")
    assert words.span_words(1500) == "0:25:00"
    assert SeenPlate(1, "A", NOW, "s", "c").place is None


def test_cameras_sort_by_their_numbers_and_regions_have_one_spelling(desk: Desk) -> None:
    cameras = {"cam 10": "gb", "cam 2": "GBR", "Cam 1": "uk"}
    reads = [
        replace(read(f"AB{at}", at, camera=name), region=region) for at, (name, region) in enumerate(cameras.items())
    ]
    desk.put(*reads)
    window = desk.open()
    desk.ask()
    window.table.sortByColumn(CAMERA, Qt.SortOrder.AscendingOrder)
    assert [each.camera for each in window.table.in_order()] == ["Cam 1", "cam 2", "cam 10"]
    assert {window.model.data(window.model.index(row, REGION)) for row in range(3)} == {"GB"}
