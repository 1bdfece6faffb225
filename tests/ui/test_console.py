"""The console as it is composed: what an operator and a technician meet, from the first start on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QLineEdit, QMessageBox, QSpinBox, QTextBrowser
from pytestqt.qtbot import QtBot
from ui_fakes import FakeFinder, camera, colours, found, shot

from console import paths
from console.app import Console, Setting
from console.cli.run import one_monitor
from console.model.monitor import MonitorState, empty_monitor
from console.model.preferences import default_preferences
from console.model.site import Site
from console.store.credentials import MemoryVault
from console.store.layout_library import LayoutLibrary
from console.ui.devices.add_dialog import AddDialog
from console.ui.help_window import HelpWindow
from drivers.errors import Unsupported
from drivers.types import DeviceKind, Discovered


class BrokenFinder(FakeFinder):
    """Cannot run here."""

    def start(self, tell: object) -> None:
        """See Finder."""
        raise Unsupported("search", "no interface with multicast")


class House:
    """A console with a site in memory and a fake search."""

    def __init__(self, qtbot: QtBot, site: Site, *finders: FakeFinder) -> None:
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        self.qtbot, self.saved = qtbot, [site]
        self.walls = [one_monitor(empty_monitor())]
        self.full = False
        self.console = Console(
            app,
            Setting(
                site,
                self._save,
                MemoryVault(),
                self.walls[0],
                self.walls.append,
                finders,
                LayoutLibrary(paths.layouts(), paths.own_layouts()),
                paths.data_dir(),
                default_preferences(paths.data_dir()),
                lambda changed: None,
            ),
        )
        self.desk = self.console.desk
        qtbot.addWidget(self.desk)
        self.desk.resize(1300, 800)
        self.desk.show()
        self.console.start()

    def _save(self, site: Site) -> None:
        if self.full:
            raise OSError("No space left on device")
        self.saved.append(site)

    def texts(self) -> str:
        """Everything that labels of the desk say."""
        return "\n".join(label.text() for label in self.desk.findChildren(QLabel))

    @property
    def wall(self) -> MonitorState:
        """What is on the wall."""
        return self.console.wall.state


def film(number: int) -> object:
    """A camera whose only stream is a file that is not there: no network is touched."""
    base = camera(number)
    stream = replace(base.streams[0], uri=f"file:///nowhere/{number}.mp4")
    return replace(base, kind=DeviceKind.URL, streams=(stream,))


@pytest.fixture
def finder() -> FakeFinder:
    return FakeFinder()


@pytest.fixture
def empty(qtbot: QtBot, finder: FakeFinder) -> Iterator[House]:
    """The first start."""
    house = House(qtbot, Site(), finder)
    try:
        yield house
    finally:
        house.console.stop()


@pytest.fixture
def house(qtbot: QtBot, finder: FakeFinder) -> Iterator[House]:
    """A site of three cameras; nothing is on the wall."""
    house = House(qtbot, Site("Town", (film(1), film(2), film(17))), finder)  # type: ignore[arg-type]
    try:
        yield house
    finally:
        house.console.stop()


def test_the_first_start_says_what_to_do_next(empty: House, finder: FakeFinder) -> None:
    assert "No cameras yet" in empty.console.wall.surface.empty_hint
    assert "Ctrl+N" in empty.console.wall.surface.empty_hint
    middle = empty.console.wall.surface.rect().center()
    place = empty.console.wall.surface.rect().adjusted(
        middle.x() - 150, middle.y() - 30, 150 - middle.x(), 30 - middle.y()
    )
    assert any(min(colour) > 150 for colour in colours(shot(empty.console.wall.surface), place))
    finder.finds(found(50))
    empty.qtbot.waitUntil(lambda: "Found, not added (1)" in str(rows(empty)))


def test_adding_and_help_open_by_signal_and_only_once(empty: House) -> None:
    for _ in range(2):
        empty.desk.add_wanted.emit()
        empty.desk.help_wanted.emit()
    assert len(empty.desk.findChildren(AddDialog)) == 1
    assert len(empty.desk.findChildren(HelpWindow)) == 1
    for dialog in empty.desk.findChildren(QDialog):
        dialog.close()


def test_the_lamps_window_opens_its_own_page_of_the_help(empty: House) -> None:
    empty.desk.help_wanted.emit()
    window = empty.console.lamps.window
    window.show()
    window.help_wanted.emit()
    (browser,) = empty.desk.findChildren(HelpWindow)[0].findChildren(QTextBrowser)
    assert browser.toPlainText().startswith("Street lamps")
    empty.desk.help_wanted.emit()
    assert browser.toPlainText().startswith("Street lamps")  # where it was left
    for dialog in empty.desk.findChildren(QDialog):
        dialog.close()
    window.close()


def test_a_search_that_cannot_run_is_said_and_the_rest_works(qtbot: QtBot) -> None:
    working = FakeFinder()
    house = House(qtbot, Site(), BrokenFinder(), working)
    try:
        assert "no interface with multicast" in house.texts()
        working.finds(found(50))
        qtbot.waitUntil(lambda: len(house.console.devices.found()) == 1)
    finally:
        house.console.stop()


def test_choosing_in_the_tree_fills_the_next_free_tile(house: House) -> None:
    house.console.tree.camera_chosen.emit(17)
    house.console.tree.camera_chosen.emit(2)
    assert house.wall.cameras[:2] == (17, 2)
    house.console.tree.camera_chosen.emit(17)
    assert house.wall.cameras[:2] == (17, 2)
    assert house.wall.selected == 0
    house.qtbot.waitUntil(lambda: house.walls[-1].monitors[0].state.cameras[:2] == (17, 2))


def test_details_follow_the_selection_and_the_tree(house: House) -> None:
    house.console.tree.camera_selected.emit(2)
    assert "2  Station North" in house.texts()
    assert "Not on the wall" in house.texts()
    house.console.tree.camera_chosen.emit(17)
    assert "17  Bridge" in house.texts()


def test_a_camera_without_signal_says_why(house: House) -> None:
    house.console.tree.camera_chosen.emit(1)

    def said() -> bool:
        house.console.wall.refresh()
        return "NO SIGNAL" in house.console.wall.describe(1)

    house.qtbot.waitUntil(said, timeout=10000)
    assert "nowhere" not in house.console.wall.describe(1)


def test_editing_renames_and_renumbers_on_the_wall_too(house: House) -> None:
    house.console.tree.camera_chosen.emit(17)
    answer(house, lambda dialog: (line(dialog).setText("Old bridge"), spin(dialog).setValue(18)))
    house.console.details.edit_wanted.emit(17)
    assert house.console.book.site.by_number(17) is None
    renamed = house.console.book.site.by_number(18)
    assert renamed is not None
    assert renamed.name == "Old bridge"
    assert house.wall.cameras[0] == 18
    house.qtbot.waitUntil(lambda: "18  Old bridge" in str(rows(house)))
    assert "18  Old bridge" in house.texts()


def test_a_number_that_is_taken_is_refused_with_a_sentence(house: House) -> None:
    answer(house, lambda dialog: spin(dialog).setValue(2))
    house.console.details.edit_wanted.emit(17)
    assert house.console.book.site.by_number(17) is not None
    assert "number 2 is already that of 'Station North'" in house.texts()


def test_removing_asks_first_and_clears_the_tile(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.console.tree.camera_chosen.emit(17)
    answers = [QMessageBox.StandardButton.No, QMessageBox.StandardButton.Yes]
    monkeypatch.setattr(QMessageBox, "question", lambda *_: answers.pop(0))
    house.console.details.remove_wanted.emit(17)
    assert house.console.book.site.by_number(17) is not None
    house.console.details.remove_wanted.emit(17)
    assert house.console.book.site.by_number(17) is None
    house.qtbot.waitUntil(lambda: "Cameras (2)" in str(rows(house)))
    assert house.wall.camera(0) is None


def test_a_site_that_cannot_be_saved_is_said(house: House) -> None:
    house.full = True
    house.console.devices.remove("urn:uuid:17")
    house.qtbot.waitUntil(lambda: "The site could not be saved: No space left on device" in house.texts())


def test_closing_the_desk_ends_everything_and_saves(house: House) -> None:
    house.console.tree.camera_chosen.emit(17)
    house.console.devices.remove("urn:uuid:1")
    house.desk.close()
    assert len(house.saved[-1].cameras) == 2
    assert house.walls[-1].monitors[0].state.cameras[0] == 17
    house.console.stop()  # again: nothing


def test_a_device_that_says_bye_leaves_the_list(empty: House, finder: FakeFinder) -> None:
    device: Discovered = found(50)
    finder.finds(device)
    empty.qtbot.waitUntil(lambda: "Found, not added (1)" in str(rows(empty)))
    finder.finds(replace(device, gone=True))
    empty.qtbot.waitUntil(lambda: "Found, not added (0)" in str(rows(empty)))


def rows(house: House) -> list[str]:
    """All names of the tree."""
    model = house.console.tree._model
    seen = []
    for group in range(model.rowCount()):
        parent = model.index(group, 0)
        seen += [parent.data(), *(model.index(row, 0, parent).data() for row in range(model.rowCount(parent)))]
    return seen


def answer(house: House, fill: object) -> None:
    """Fill the next dialog and accept it."""

    def do() -> None:
        dialog = QApplication.activeModalWidget()
        assert isinstance(dialog, QDialog)
        assert callable(fill)
        fill(dialog)
        dialog.accept()

    QTimer.singleShot(0, do)


def line(dialog: QDialog) -> QLineEdit:
    """The first input."""
    return dialog.findChildren(QLineEdit)[0]


def spin(dialog: QDialog) -> QSpinBox:
    """The number."""
    found_ = dialog.findChild(QSpinBox)
    assert isinstance(found_, QSpinBox)
    return found_
