"""The device tree and the details beside it: what there is, how it does, and what can be dragged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtGui import QTextDocument
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit, QPushButton, QTreeView
from pytestqt.qtbot import QtBot
from ui_fakes import GREEN, camera, found
from ui_room import Room

from console.app import dress
from console.model.restart import Phase
from console.model.tile_state import TileFacts, TileState, TileVerdict, judge
from console.ui.devices.details import DetailsPanel
from console.ui.devices.tree import DevicePanel
from console.ui.wall.surface_input import CAMERA_MIME


class Panel(DevicePanel):
    """The panel with verdicts that a test sets."""

    def __init__(self) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.verdicts: dict[int, TileVerdict] = {}
        super().__init__(dress(app), lambda number: self.verdicts.get(number))

    def rows(self) -> list[list[str]]:
        """What is seen: group, then the texts of its rows."""
        model = self.view.model()
        seen = []
        for group in range(model.rowCount()):
            parent = model.index(group, 0)
            seen.append([parent.data(), *(model.index(row, 0, parent).data() for row in range(model.rowCount(parent)))])
        return seen

    @property
    def view(self) -> QTreeView:
        """The tree itself."""
        view = self.findChild(QTreeView)
        assert isinstance(view, QTreeView)
        return view

    def index(self, group: int, row: int, column: int = 0) -> QModelIndex:
        """A row's cell as it is seen."""
        model = self.view.model()
        return model.index(row, column, model.index(group, 0))

    def search(self, text: str) -> None:
        """Type into the search box."""
        box = self.findChild(QLineEdit)
        assert isinstance(box, QLineEdit)
        box.setText(text)


@pytest.fixture
def panel(qtbot: QtBot) -> Panel:
    panel = Panel()
    qtbot.addWidget(panel)
    panel.show_cameras([camera(number) for number in (1, 2, 17)])
    panel.show()
    return panel


def test_cameras_and_found_devices_are_two_groups(panel: Panel) -> None:
    panel.show_found([found(50, "Gate"), found(51, "")])
    assert panel.rows() == [
        ["Cameras (3)", "1  Main St / 5th", "2  Station North", "17  Bridge"],
        ["Found, not added (2)", "Gate", "cam 51"],
    ]


def test_states_are_told_in_words_and_signs(panel: Panel) -> None:
    facts = TileFacts(Phase.PLAYING, frame_at=10.0)
    panel.verdicts = {1: judge(facts, 10.1), 2: judge(facts, 15.0), 17: TileVerdict(TileState.REFUSED, "REFUSED")}
    panel.refresh()
    assert [panel.index(0, row, 1).data() for row in range(3)] == ["● LIVE", "▨ STALE", "⊘ REFUSED"]
    panel.verdicts = {}
    panel.refresh()
    assert [panel.index(0, row, 1).data() for row in range(3)] == ["–"] * 3


@pytest.mark.parametrize(("text", "names"), [("bridge", ["17  Bridge"]), ("17", ["17  Bridge"]), ("nothing", [])])
def test_searching_leaves_what_fits(panel: Panel, text: str, names: list[str]) -> None:
    panel.search(text)
    assert [name for group in panel.rows() for name in group[1:]] == names
    panel.search("")
    assert len(panel.rows()[0]) == 4


def test_searching_by_state_and_address(panel: Panel) -> None:
    panel.verdicts = {2: TileVerdict(TileState.STALE, "STALE 0:07")}
    panel.refresh()
    panel.search("stale")
    assert panel.rows() == [["Cameras (3)", "2  Station North"]]
    panel.search("192.0.2.17")
    assert [name for group in panel.rows() for name in group[1:]] == ["17  Bridge"]


def test_a_search_goes_on_when_cameras_come(panel: Panel) -> None:
    panel.search("bridge")
    panel.show_cameras([camera(number) for number in (1, 2, 3, 17)])
    assert panel.rows() == [["Cameras (4)", "17  Bridge"]]
    assert panel.view.isExpanded(panel.view.model().index(0, 0))


def test_the_selection_stays_when_cameras_come(panel: Panel) -> None:
    panel.view.setCurrentIndex(panel.index(0, 1))
    panel.show_cameras([camera(number) for number in (1, 2, 3, 17)])
    assert panel.view.currentIndex().data() == "2  Station North"


def test_a_group_that_was_closed_stays_closed(panel: Panel) -> None:
    panel.show_found([found(50)])
    panel.view.setExpanded(panel.view.model().index(1, 0), False)
    panel.show_found([found(50), found(51)])
    assert not panel.view.isExpanded(panel.view.model().index(1, 0))


def test_enter_and_double_click_choose(panel: Panel, qtbot: QtBot) -> None:
    panel.show_found([found(50)])
    chosen, wanted = QSignalSpy(panel.camera_chosen), QSignalSpy(panel.found_chosen)
    panel.view.setCurrentIndex(panel.index(0, 2))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert [chosen.at(i) for i in range(chosen.count())] == [[17]]
    panel.view.setCurrentIndex(panel.index(1, 0))
    qtbot.keyClick(panel.view, Qt.Key.Key_Enter)
    assert wanted.at(0) == ["urn:uuid:50"]
    place = panel.view.visualRect(panel.index(0, 0)).center()
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert chosen.at(chosen.count() - 1) == [1]


def test_a_drag_carries_the_numbers_of_all_picked_cameras(panel: Panel) -> None:
    panel.show_found([found(50)])
    model = panel.view.model()
    cells = [panel.index(0, row, column) for row in (0, 2) for column in (0, 1)]
    assert bytes(model.mimeData(cells).data(CAMERA_MIME).data()) == b"1 17"
    assert not model.flags(panel.index(1, 0)) & Qt.ItemFlag.ItemIsDragEnabled
    assert not model.flags(model.index(0, 0)) & Qt.ItemFlag.ItemIsDragEnabled


def test_without_anything_it_says_what_to_check(qtbot: QtBot) -> None:
    panel = Panel()
    qtbot.addWidget(panel)
    panel.show_cameras([])
    panel.show_found([])
    panel.show()
    assert any("Nothing found yet" in label.text() for label in panel.findChildren(QLabel) if label.isVisible())
    panel.show_found([found(50)])
    assert not any("Nothing found yet" in label.text() for label in panel.findChildren(QLabel) if label.isVisible())


def test_hostile_names_are_text_not_markup(panel: Panel) -> None:
    panel.show_cameras([replace(camera(1), name="<b>x</b><img src='http://192.0.2.1/p'>")])
    tip = QTextDocument()
    tip.setHtml(panel.index(0, 0).data(Qt.ItemDataRole.ToolTipRole))
    assert tip.toPlainText().startswith("<b>x</b><img src='http://192.0.2.1/p'>")


# The details


@pytest.fixture
def details(qtbot: QtBot) -> DetailsPanel:
    details = DetailsPanel()
    qtbot.addWidget(details)
    details.show()
    return details


def said(details: DetailsPanel) -> str:
    return "\n".join(label.text() for label in details.findChildren(QLabel))


def test_details_tell_what_a_camera_is_and_sends(details: DetailsPanel) -> None:
    assert "No camera selected" in said(details)
    details.show_camera(camera(17, credentials="city"))
    text = said(details)
    for word in ("17  Bridge", "Maker", "M1", "1.0", "192.0.2.17", "city", "H264 1280 x 720 15 fps"):
        assert word in text
    details.show_stream(None, None, None, 0.0, 0.0, None)
    assert "Not on the wall" in said(details)


def test_details_of_a_hostile_camera_are_plain_text(details: DetailsPanel) -> None:
    details.show_camera(replace(camera(1), name="<h1>x</h1>", model="<img src='http://192.0.2.1/p'>"))
    for label in details.findChildren(QLabel):
        rich = label.textFormat() is Qt.TextFormat.RichText
        auto = label.textFormat() is Qt.TextFormat.AutoText and GuiQt.mightBeRichText(label.text())
        assert not rich
        assert not auto, label.text()


def test_details_follow_the_stream(room: Room) -> None:
    room.take(1, GREEN)
    feed = room.pool.feed(1)
    assert feed is not None
    room.details.show_camera(camera(1))
    room.details.show_stream(room.wall.verdict(1), feed.facts(), feed.profile, *room.wall.measures(1))
    text = said(room.details)
    assert "LIVE" in text
    assert "H264 640 x 360" in text
    assert "0.00 s" in text


@pytest.mark.parametrize(
    ("button", "signal"),
    [
        ("Try again", "retry_wanted"),
        ("Login…", "credentials_wanted"),
        ("Edit…", "edit_wanted"),
        ("Remove", "remove_wanted"),
    ],
)
def test_details_buttons_name_their_camera(details: DetailsPanel, button: str, signal: str) -> None:
    wanted = QSignalSpy(getattr(details, signal))
    details.show_camera(camera(17))
    next(b for b in details.findChildren(QPushButton) if b.text() == button).click()
    assert wanted.at(0) == [17]
    details.show_camera(None)
    assert not any(b.isVisible() for b in details.findChildren(QPushButton))
