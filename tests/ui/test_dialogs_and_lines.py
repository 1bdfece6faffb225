"""Small things around the wall: login and edit dialogs, the help window, the bottom line, the pulse."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtTest import QSignalSpy
from PySide6.QtWidgets import QApplication, QComboBox, QDialogButtonBox, QLabel, QLineEdit, QSpinBox, QTextBrowser
from pytestqt.qtbot import QtBot
from ui_fakes import GREEN, RED, camera
from ui_room import Room

from console import paths
from console.model.tile_state import TileState
from console.ui.devices.login_dialog import EditDialog, LoginDialog, PassphraseDialog
from console.ui.help_window import HelpWindow
from drivers.types import Credentials, Transport


def test_login_gives_credentials_and_hides_the_password(qtbot: QtBot) -> None:
    dialog = LoginDialog("Gate")
    qtbot.addWidget(dialog)
    user, password = dialog.findChildren(QLineEdit)
    assert dialog.credentials() is None
    user.setText(" ada ")
    password.setText(" s3cret ")
    assert password.echoMode() is QLineEdit.EchoMode.Password
    assert dialog.credentials() == Credentials("ada", " s3cret ")
    assert "tried once" in " ".join(label.text() for label in dialog.findChildren(QLabel))
    dialog.show()
    qtbot.keyClick(password, Qt.Key.Key_Return)
    assert dialog.result() == LoginDialog.DialogCode.Accepted


def test_esc_gives_the_login_up(qtbot: QtBot) -> None:
    dialog = LoginDialog("Gate")
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    assert dialog.result() == LoginDialog.DialogCode.Rejected


def test_edit_gives_name_number_and_transport(qtbot: QtBot) -> None:
    dialog = EditDialog(camera(17))
    qtbot.addWidget(dialog)
    assert dialog.entered() == ("Bridge", 17, Transport.TCP)
    dialog.findChildren(QLineEdit)[0].setText(" Old bridge ")
    spin, box = dialog.findChild(QSpinBox), dialog.findChild(QComboBox)
    assert isinstance(spin, QSpinBox)
    assert isinstance(box, QComboBox)
    spin.setValue(0)
    box.setCurrentIndex(1)
    assert dialog.entered() == ("Old bridge", 1, Transport.UDP)
    spin.setValue(999_999)
    assert dialog.entered()[1] == 99_999


@pytest.mark.parametrize("new", [True, False])
def test_passphrase(qtbot: QtBot, new: bool) -> None:
    dialog = PassphraseDialog(new)
    qtbot.addWidget(dialog)
    line = dialog.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText("correct horse")
    assert line.echoMode() is QLineEdit.EchoMode.Password
    assert dialog.passphrase() == "correct horse"
    buttons = dialog.findChild(QDialogButtonBox)
    assert isinstance(buttons, QDialogButtonBox)


# Help


def browser_of(window: HelpWindow) -> QTextBrowser:
    browser = window.findChild(QTextBrowser)
    assert isinstance(browser, QTextBrowser)
    return browser


def test_help_opens_and_leads_from_page_to_page(qtbot: QtBot, tmp_path: Path) -> None:
    (tmp_path / "index.md").write_text("# First steps\n\n[Keys](keys.md) [out](http://192.0.2.1/) [up](../secret.md)\n")
    (tmp_path / "keys.md").write_text("# Keys\n\nEnter\n")
    window = HelpWindow(tmp_path)
    qtbot.addWidget(window)
    window.show()
    browser = browser_of(window)
    assert "First steps" in browser.toPlainText()
    click_the_link(qtbot, browser)
    assert "Enter" in browser.toPlainText()
    browser.backward()
    assert "First steps" in browser.toPlainText()


@pytest.mark.parametrize("link", ["http://192.0.2.1/", "https://example.org/", "mailto:a@example.org"])
def test_help_never_leads_outside(qtbot: QtBot, tmp_path: Path, link: str) -> None:
    (tmp_path / "index.md").write_text(f"# First steps\n\n[out]({link})\n")
    window = HelpWindow(tmp_path)
    qtbot.addWidget(window)
    window.show()
    browser = browser_of(window)
    click_the_link(qtbot, browser)
    assert "First steps" in browser.toPlainText()


def test_help_never_leads_to_other_files(qtbot: QtBot, tmp_path: Path) -> None:
    folder = tmp_path / "help"
    folder.mkdir()
    secret = tmp_path / "secret.md"
    secret.write_text("the password is s3cret")
    (folder / "index.md").write_text(f"[up](../secret.md)\n\n[file]({secret.as_uri()})\n")
    window = HelpWindow(folder)
    qtbot.addWidget(window)
    window.show()
    browser = browser_of(window)
    click_the_link(qtbot, browser)
    assert "s3cret" not in browser.toPlainText()


def click_the_link(qtbot: QtBot, browser: QTextBrowser) -> None:
    """On the first link of the page, with the mouse."""
    viewport = browser.viewport()
    for y in range(0, viewport.height(), 4):
        for x in range(0, viewport.width(), 12):
            place = viewport.rect().topLeft()
            place.setX(x)
            place.setY(y)
            if browser.anchorAt(place):
                qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=place)
                return
    raise AssertionError("no link on the page")


def test_every_page_that_ships_is_reached_and_every_link_leads_somewhere(qtbot: QtBot) -> None:
    folder = paths.resources() / "help"
    window = HelpWindow(folder)
    qtbot.addWidget(window)
    browser = browser_of(window)
    waiting, seen = ["index.md"], set()
    while waiting:
        page = waiting.pop()
        if page in seen:
            continue
        seen.add(page)
        browser.setSource(QUrl(page))
        assert browser.toPlainText().strip(), f"{page} is empty"
        waiting += links_of(browser)
    assert seen == {path.name for path in folder.glob("*.md")}


def links_of(browser: QTextBrowser) -> list[str]:
    found, block = set(), browser.document().begin()
    while block.isValid():
        found |= {
            part.format.anchorHref().partition("#")[0] for part in block.textFormats() if part.format.anchorHref()
        }
        block = block.next()
    return sorted(found - {""})


# The bottom line


def texts(room: Room) -> str:
    return "\n".join(label.text() for label in room.status.findChildren(QLabel))


def test_the_bottom_line_counts_streams_and_names_its_units(room: Room) -> None:
    room.status.refresh()
    assert "0 of 3 streams" in texts(room)
    room.take(1, GREEN)
    room.take(2, RED)
    room.status.refresh()
    assert "2 of 3 streams" in texts(room)
    for word in ("fps", "0 dropped", "CPU", "MB"):
        assert word in texts(room)


def test_a_long_note_does_not_widen_the_window(room: Room) -> None:
    room.status.note("short")
    QApplication.sendPostedEvents()
    before = room.desk.minimumSizeHint().width()
    room.status.note("A sentence that goes on and on because the name of the file is long. " * 6)
    QApplication.sendPostedEvents()
    assert room.desk.minimumSizeHint().width() == before
    assert "A sentence that goes on" in texts(room)


def test_a_note_of_a_hostile_device_is_text(room: Room) -> None:
    room.status.note("<img src='http://192.0.2.1/p'>: not reachable")
    label = next(label for label in room.status.findChildren(QLabel) if "img" in label.text())
    assert label.textFormat() is Qt.TextFormat.PlainText


def test_the_pulse_brings_pictures_and_words_by_itself(room: Room) -> None:
    room.pulse.attach(room.wall.put)
    words, seconds = QSignalSpy(room.pulse.words), QSignalSpy(room.pulse.second)
    room.pulse.words.connect(room.wall.refresh)
    room.pulse.start()
    room.cameras.send("Main St / 5th", GREEN)
    room.qtbot.waitUntil(lambda: room.tile(0).verdict.state is TileState.LIVE and seconds.count() >= 1)
    room.qtbot.waitUntil(lambda: words.count() >= 2)
    room.pulse.stop()
    assert room.tile(0).image is not None
    room.pulse.detach(room.wall.put)
