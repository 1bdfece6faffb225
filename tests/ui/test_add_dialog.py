"""Adding many cameras at once, as a technician does: pick, log in, watch, read why some were not added."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QFileDialog, QLabel, QLineEdit, QProgressBar, QPushButton, QTableWidget
from pytestqt.qtbot import QtBot
from ui_fakes import Clock, FakeCameras, FakeDescriber, FakeFinder, found

from console.model.site import Site
from console.services.device_queue import DeviceQueues
from console.services.devices import Devices
from console.services.discovery import Discovery
from console.services.onboarding import Onboarder, RefusalMemory
from console.services.site_book import SiteBook
from console.store.credentials import MemoryVault, VaultError
from console.ui.bridge import Bridge
from console.ui.devices.add_dialog import AddDialog
from drivers.errors import Refused, Unreachable
from drivers.interfaces import Finder
from drivers.types import Credentials


class LockedVault(MemoryVault):
    """Cannot be read while ``locked``."""

    locked = False

    def names(self) -> tuple[str, ...]:
        """See Vault."""
        if self.locked:
            raise VaultError("The vault is locked. Unlock it.")
        return super().names()


class Office:
    """The dialog and all that stands behind it, faked at the network alone."""

    def __init__(self, qtbot: QtBot) -> None:
        self.qtbot = qtbot
        self.finder, self.describer, self.vault = FakeFinder(), FakeDescriber(), LockedVault()
        self.describer.gate.set()
        self.streams = FakeCameras(Clock())
        self.book = SiteBook(Site(), lambda site: None, lambda error: None)
        onboarder = Onboarder(self.describer, self.streams, self.vault, RefusalMemory(), parallel=2)
        self.devices = Devices(self.book, self.vault, Discovery([self.finder]), onboarder, DeviceQueues(name="test"))
        self.bridge = Bridge()
        self.devices.start(self.bridge.found_changed.emit)
        self.swept: list[str] = []
        self.dialog = AddDialog(self.devices, self.bridge, self.sweep)
        qtbot.addWidget(self.dialog)
        self.dialog.show()

    def sweep(self, text: str) -> Finder:
        """A finder for a range."""
        if "/" not in text:
            raise ValueError(f"{text!r} is no range. Write it as 192.0.2.0/24.")
        self.swept.append(text)
        return FakeFinder()

    def close(self) -> None:
        """End all."""
        self.describer.gate.set()
        self.streams.end()
        self.devices.stop()
        self.book.close()

    # What a person sees and does

    def rows(self) -> list[list[str]]:
        """Tick, name, address and state of each row."""
        table = self.part(QTableWidget)
        seen = []
        for row in range(table.rowCount()):
            cells = [table.item(row, column) for column in range(5)]
            assert all(cell is not None for cell in cells)
            tick = "x" if cells[0].checkState() is Qt.CheckState.Checked else ""  # type: ignore[union-attr]
            seen.append([tick, *(cells[column].text() for column in (1, 2, 4))])  # type: ignore[union-attr]
        return seen

    def states(self) -> list[str]:
        """The last column."""
        return [row[3] for row in self.rows()]

    def message(self) -> str:
        """All sentences on the dialog."""
        return "\n".join(label.text() for label in self.dialog.findChildren(QLabel))

    def press(self, text: str) -> None:
        """A button."""
        button = self.button(text)
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def button(self, text: str) -> QPushButton:
        """By its words."""
        return next(b for b in self.dialog.findChildren(QPushButton) if b.text() == text)

    def line(self, hint: str) -> QLineEdit:
        """An input by what it hints."""
        return next(e for e in self.dialog.findChildren(QLineEdit) if hint in e.placeholderText())

    def part(self, kind: type[QTableWidget]) -> QTableWidget:
        """The table."""
        found = self.dialog.findChild(kind)
        assert isinstance(found, kind)
        return found

    def enter(self, hint: str, text: str) -> None:
        """Type and press Enter."""
        self.line(hint).setText(text)
        self.qtbot.keyClick(self.line(hint), Qt.Key.Key_Return)

    def until(self, states: list[str]) -> None:
        """Wait for the last column to begin like this."""

        def there() -> bool:
            seen = self.states()
            return len(seen) == len(states) and all(a.startswith(b) for a, b in zip(seen, states, strict=True))

        self.qtbot.waitUntil(there)


@pytest.fixture
def office(qtbot: QtBot) -> Iterator[Office]:
    office = Office(qtbot)
    try:
        yield office
    finally:
        office.close()


def test_the_list_grows_as_devices_answer(office: Office) -> None:
    assert "Nothing found yet" in office.message()
    office.finder.finds(found(50))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 1)
    assert "Nothing found yet" not in office.message()
    office.finder.finds(found(51))
    office.finder.finds(found(50))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 2)
    assert office.rows() == [["x", "cam 50", "192.0.2.50", ""], ["x", "cam 51", "192.0.2.51", ""]]
    office.press("Search again")
    assert office.finder.probes == 1


def test_picking_none_all_and_one(office: Office) -> None:
    for number in (50, 51):
        office.finder.finds(found(number))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 2)
    office.press("Pick none")
    assert [row[0] for row in office.rows()] == ["", ""]
    office.press("Add the picked cameras")
    assert "Pick at least one" in office.message()
    office.press("Pick all")
    assert [row[0] for row in office.rows()] == ["x", "x"]


def test_a_run_shows_progress_and_puts_cameras_into_the_site(office: Office) -> None:
    for number in (50, 51):
        office.finder.finds(found(number))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 2)
    added = QSignalSpy(office.dialog.added)
    office.describer.gate.clear()
    office.line("user name").setText("ada")
    office.line("password").setText("s3cret")
    office.press("Add the picked cameras")
    office.until(["asking", "asking"])
    bar = office.dialog.findChild(QProgressBar)
    assert isinstance(bar, QProgressBar)
    assert (bar.isVisible(), bar.value(), bar.maximum()) == (True, 0, 2)
    assert not office.button("Add the picked cameras").isEnabled()
    office.describer.gate.set()
    office.until(["✓ added", "✓ added"])
    assert "2 cameras added." in office.message()
    assert office.button("Add the picked cameras").isEnabled()
    assert not bar.isVisible()
    assert added.count() == 1
    assert [camera.number for camera in office.book.site.cameras] == [1, 2]
    assert {login for _, login in office.describer.asked} == {Credentials("ada", "s3cret")}
    assert "s3cret" not in office.message() + str(office.rows())


def test_refused_and_failed_cameras_say_why_and_can_be_tried_again(office: Office) -> None:
    for number in (50, 51, 52):
        office.finder.finds(found(number))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 3)
    office.describer.errors = {"cam 50": Refused("cam 50"), "cam 51": Unreachable("cam 51", "connection refused")}
    office.line("user name").setText("ada")
    office.line("password").setText("wrong")
    office.press("Add the picked cameras")
    office.until(["⊘ refused: cam 50: user name or password refused", "✕ failed: cam 51: not reachable", "✓ added"])
    assert "1 camera added. 2 were not" in office.message()
    assert [row[0] for row in office.rows()] == ["x", "x", ""]
    office.describer.errors = {}
    office.line("password").setText("right")
    office.press("Add the picked cameras")
    office.until(["✓ added", "✓ added", "✓ added"])
    asked = [login.password for name, login in office.describer.asked if name == "cam 50" and login is not None]
    assert asked == ["wrong", "right"]


def test_a_refused_login_is_not_sent_again(office: Office) -> None:
    office.finder.finds(found(50))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 1)
    office.describer.errors = {"cam 50": Refused("cam 50")}
    office.line("user name").setText("ada")
    for _ in range(3):
        office.press("Add the picked cameras")
        office.until(["⊘ refused"])
        office.qtbot.waitUntil(lambda: office.button("Add the picked cameras").isEnabled())
    assert len(office.describer.asked) == 1
    assert "refused before" in office.states()[0]


def test_stop_begins_no_more_cameras(office: Office) -> None:
    for number in range(50, 54):
        office.finder.finds(found(number))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 4)
    office.describer.gate.clear()
    office.press("Add the picked cameras")
    office.qtbot.waitUntil(lambda: office.states().count("asking") == 2)
    office.press("Stop")
    assert "Stopping" in office.message()
    office.describer.gate.set()
    office.qtbot.waitUntil(lambda: office.button("Add the picked cameras").isEnabled())
    assert sorted(office.states()) == sorted(
        ["✓ added"] * 2 + [state for state in office.states() if "cancel" in state]
    )
    assert len(office.describer.asked) == 2


def test_a_vault_that_is_locked_is_said_and_ends_the_run(office: Office) -> None:
    office.finder.finds(found(50))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 1)
    office.vault.locked = True
    office.line("user name").setText("ada")
    office.press("Add the picked cameras")
    office.qtbot.waitUntil(lambda: "The vault is locked" in office.message())
    assert office.button("Add the picked cameras").isEnabled()
    assert office.states() == [""]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.0.2.10", "192.0.2.10"),
        ("http://192.0.2.11/onvif/device_service", "192.0.2.11"),
        ("rtsp://192.0.2.12/live", "192.0.2.12"),
        ("/srv/film.mp4", ""),
    ],
)
def test_adding_by_address_url_or_file(office: Office, text: str, address: str) -> None:
    office.enter("192.0.2.10, http", text)
    assert [row[2] for row in office.rows()] == [address]
    assert office.line("192.0.2.10, http").text() == ""


@pytest.mark.parametrize(
    "text", ["gopher://192.0.2.1/", "not an address", "rtsp://", "192.0.2.1;reboot", "http://[::1"]
)
def test_bad_text_gives_a_sentence_and_stays_to_be_corrected(office: Office, text: str) -> None:
    before = office.message()
    office.enter("192.0.2.10, http", text)
    assert office.rows() == []
    assert office.message() != before
    assert office.line("192.0.2.10, http").text() == text


def test_enter_in_the_address_line_only_puts_it_on_the_list(office: Office) -> None:
    office.finder.finds(found(50))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 1)
    office.enter("192.0.2.10, http", "192.0.2.10")
    office.enter("192.0.2.0/24", "192.0.2.0/28")
    assert office.states() == ["", ""]
    assert office.button("Add the picked cameras").isEnabled()


def test_enter_in_the_password_line_begins(office: Office) -> None:
    office.finder.finds(found(50))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 1)
    office.line("user name").setText("ada")
    office.enter("password", "s3cret")
    office.until(["✓ added"])
    assert len(office.describer.asked) == 1


def test_credentials_in_a_url_are_used_and_not_shown(office: Office) -> None:
    office.enter("192.0.2.10, http", "http://eve:s3cret@192.0.2.11/onvif/device_service")
    office.press("Add the picked cameras")
    office.until(["✓ added"])
    assert [login for _, login in office.describer.asked] == [Credentials("eve", "s3cret")]
    assert "s3cret" not in str(office.rows()) + office.message()


def test_a_range_is_searched(office: Office) -> None:
    office.enter("192.0.2.0/24", "nonsense")
    assert "is no range" in office.message()
    office.enter("192.0.2.0/24", "192.0.2.0/28")
    assert office.swept == ["192.0.2.0/28"]
    assert "Asking every address" in office.message()


def test_a_list_is_imported_with_its_logins(office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,address,user,password,number\nGate,192.0.2.61,eve,pw1,7\nYard,192.0.2.62,,,\n", "utf-8")
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    office.press("From a list…")
    assert "2 cameras from list.csv" in office.message()
    assert [row[1] for row in office.rows()] == ["Gate", "Yard"]
    office.line("user name").setText("ada")
    office.line("password").setText("pw2")
    office.press("Add the picked cameras")
    office.until(["✓ added", "✓ added"])
    assert {camera.name: camera.number for camera in office.book.site.cameras} == {"Gate": 7, "Yard": 1}
    logins = dict(office.describer.asked)
    assert logins == {"Gate": Credentials("eve", "pw1"), "Yard": Credentials("ada", "pw2")}


def test_a_bad_list_names_the_file_and_line(office: Office, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("name,address\nGate,192.0.2.61\nYard,not an address\n", "utf-8")
    office.dialog.import_list(path)
    assert "list.csv, line 3" in office.message()
    assert office.rows() == []


def test_a_hostile_name_is_shown_as_text(office: Office) -> None:
    office.finder.finds(found(50, "<img src='http://192.0.2.1/p'>"))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 1)
    office.describer.errors = {"<img src='http://192.0.2.1/p'>": Unreachable("<h1>x</h1>")}
    office.press("Add the picked cameras")
    office.until(["✕ failed: <h1>x</h1>"])
    item = office.part(QTableWidget).item(0, 4)
    assert item is not None
    assert "<h1>" not in item.toolTip()


def test_closing_lets_the_run_go_on(office: Office) -> None:
    office.finder.finds(found(50))
    office.qtbot.waitUntil(lambda: len(office.rows()) == 1)
    office.describer.gate.clear()
    office.press("Add the picked cameras")
    office.until(["asking"])
    office.press("Close")
    assert not office.dialog.isVisible()
    office.describer.gate.set()
    office.until(["✓ added"])
    assert len(office.book.site.cameras) == 1
