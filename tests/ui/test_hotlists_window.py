"""Hotlists at the desk: lists, entries with undo, and a file that becomes a list."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hot_rig import ANNA, CHIEF, NOW, HotRig
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMainWindow, QMessageBox, QWidget
from pytestqt.qtbot import QtBot

from console.model.hotlists import MANY_FOR_NEAR, EntryEdit, HotEntry, Tier, Urgency
from console.model.permissions import Actor
from console.services.hotlist_folder import FolderNews
from console.store.hotlist_csv import Column, look
from console.ui.plates.entry_dialog import EntryDialog
from console.ui.plates.entry_table import EXPIRES
from console.ui.plates.hotlists_control import HotlistsControl
from console.ui.plates.import_dialog import COLUMNS, DIFF, READING, ImportDialog
from console.ui.plates.list_dialog import ListDialog
from console.ui.plates.worker import FAULT, Worker
from console.ui.theme import DARK


class Room:
    """The window of hotlists over a real store."""

    def __init__(self, qtbot: QtBot, folder: Path) -> None:
        self.qtbot, self.rig = qtbot, HotRig(folder)
        self.actor: Actor = CHIEF
        self.news: dict[int, FolderNews] = {}
        self.main = QMainWindow()
        qtbot.addWidget(self.main)
        self.worker = Worker(self.main)
        self.control = HotlistsControl(
            self.rig.book, self.worker.run, lambda: self.actor, DARK, self.main, lambda: None, lambda: self.news,
            lambda: self.rig.now, UTC,
        )  # fmt: skip
        self.window = self.control.window

    def settle(self) -> None:
        """Until nothing is under way."""
        for _ in range(4):
            done: list[bool] = []
            both = threading.Barrier(2)
            for _ in range(2):
                self.worker.run(lambda both=both: both.wait(20) >= 0, done.append, lambda words: None)  # type: ignore[misc]
            self.qtbot.waitUntil(lambda done=done: len(done) == 2, timeout=20_000)  # type: ignore[misc]

    def open(self) -> None:
        self.control.open()
        self.settle()

    @property
    def plates(self) -> list[str]:
        return [entry.plate for entry in self.window.model.rows]

    def dialog[T: QWidget](self, kind: type[T]) -> T:
        found = [each for each in self.window.findChildren(kind) if each.isVisible()]
        assert len(found) == 1
        return found[0]

    def importing(self, text: str | bytes, name: str = "list.csv") -> ImportDialog:
        path = self.rig.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        self.control.import_from(path)
        self.settle()
        return self.dialog(ImportDialog)

    def close(self) -> None:
        self.worker.close()
        self.rig.close()


@pytest.fixture
def room(qtbot: QtBot, tmp_path: Path) -> Iterator[Room]:
    room = Room(qtbot, tmp_path)
    try:
        yield room
    finally:
        room.close()


def test_without_a_list_it_says_what_to_do(room: Room) -> None:
    room.open()
    assert room.window._pages.currentIndex() == 0
    assert [name for name, button in room.window.buttons.items() if button.isEnabled()] == ["new", "more"]


def test_lists_and_entries_are_shown(room: Room) -> None:
    room.rig.listed("AAA111", HotEntry(plate="BBB222", expires=NOW - timedelta(days=1)), name="One", owner="Traffic")
    number = room.rig.listed("CCC333", name="<b>Two", enabled=False, urgency=Urgency.CRITICAL, folder="in")
    room.news = {number: FolderNews(number, "Two", "today.csv: it has no rows.", False)}
    room.open()
    tree = room.window.tree
    assert [[tree.topLevelItem(row).text(at) for at in range(4)] for row in range(2)] == [  # type: ignore[union-attr]
        ["<b>Two", "■ critical", "1", "▲ off"], ["One", "▲ high", "2", "in use"],
    ]  # fmt: skip
    assert room.plates == ["CCC333"]
    assert room.window._folder.text() == "▲ today.csv: it has no rows."
    tree.setCurrentItem(tree.topLevelItem(1))
    room.settle()
    assert room.plates == ["AAA111", "BBB222"]
    model = room.window.model
    assert model.index(1, EXPIRES).data() == "over since 2026-11-25 22:00"
    assert model.index(1, 0).data(Qt.ItemDataRole.ForegroundRole) == DARK.color("dim")
    assert "Owner: Traffic" in room.window._facts.text()
    labels = room.window.findChildren(QLabel)
    assert all(label.textFormat() is Qt.TextFormat.PlainText for label in labels if "<" in label.text())


def test_a_search_is_on_record(room: Room) -> None:
    room.rig.listed("AAA111", "BBB222")
    room.open()
    room.window.search.setFocus()  # in the table, Return is a key of its own
    room.qtbot.waitUntil(room.window.search.hasFocus)
    room.window.search.setText("bbb")
    QTest.keyClick(room.window.search, Qt.Key.Key_Return)
    room.settle()
    assert room.plates == ["BBB222"]
    assert '"search": "bbb"' in room.rig.audit.newest()[0].detail
    assert room.window._count.text() == "1 entry found"


def test_entries_are_added_changed_removed_and_brought_back(room: Room) -> None:
    number = room.rig.listed("AAA111")
    room.open()
    window = room.window
    window.buttons["add"].click()
    dialog = room.dialog(EntryDialog)
    dialog.accept()
    assert "at least 2 letters" in dialog._message.text()
    dialog.plate.setText("bbb-222")
    assert dialog._read.text() == "is compared as BBB222"
    dialog.state.setText("NV")
    dialog.accept()
    room.settle()
    assert room.plates == ["AAA111", "bbb-222"]
    assert room.rig.store.entries(number)[1].expires == (NOW + timedelta(days=31)).replace(hour=0), (
        "a month, whole days"
    )
    assert window.said == "Add bbb-222: done. Ctrl+Z takes it back."
    window.table.selectRow(0)
    window.buttons["change"].click()
    dialog = room.dialog(EntryDialog)
    assert dialog.entry == room.rig.store.entries(number)[0]
    dialog.note.setText("x\u202ey")
    dialog.accept()
    room.settle()
    assert room.rig.store.entries(number)[0].note == "xy"
    window.table.selectRow(0)
    window.buttons["remove"].click()
    room.settle()
    assert room.plates == ["bbb-222"]
    assert window.buttons["undo"].toolTip() == "Undo: Remove AAA111 (Ctrl+Z)"
    for left in (2, 2, 1):
        window.buttons["undo"].click()
        room.settle()
        assert len(room.plates) == left
    assert [(each.plate, each.note) for each in room.rig.store.entries(number)] == [("AAA111", "")]
    assert not window.buttons["undo"].isEnabled()
    for _ in range(3):
        window.buttons["redo"].click()
        room.settle()
    assert room.plates == ["bbb-222"]
    done = [
        action
        for _, action, _, outcome in reversed(room.rig.said())
        if action != "looks at hotlist" and outcome == "done"
    ]
    assert [action.removesuffix(" hotlist entry") for action in done] == [
        "adds", "changes", "removes", "adds", "changes", "removes", "adds", "changes", "removes",
    ]  # fmt: skip


def test_an_edit_that_somebody_overtook_says_so(room: Room) -> None:
    number = room.rig.listed("AAA111")
    room.open()
    room.window.table.selectRow(0)
    room.rig.book.edit(CHIEF, EntryEdit(number, room.window.model.rows[0], None))
    room.window.buttons["remove"].click()
    room.settle()
    assert "on the list no longer" in room.window.said
    assert room.plates == []


def test_a_list_is_made_changed_and_removed(room: Room, qtbot: QtBot) -> None:
    room.open()
    room.window.buttons["new"].click()
    dialog = room.dialog(ListDialog)
    dialog.accept()
    assert "needs a name" in dialog._message.text()
    dialog.name.setText("Stolen")
    dialog.urgency.setCurrentIndex(0)
    dialog.reach.setCurrentIndex(2)
    dialog.expires.tick.setChecked(True)
    dialog.accept()
    room.settle()
    [listed] = room.rig.store.lists()
    assert (listed.urgency, listed.reach, listed.expires) == (
        Urgency.CRITICAL, Tier.FOLDED, (NOW + timedelta(days=366)).replace(hour=0),
    )  # fmt: skip
    room.window.buttons["change list"].click()
    dialog = room.dialog(ListDialog)
    assert dialog.wanted == listed
    dialog.folder.setText(" /somewhere ")
    dialog.accept()
    room.settle()
    assert room.rig.store.lists()[0].folder == "/somewhere"
    room.window.buttons["remove list"].click()
    box = room.dialog(QMessageBox)
    assert box.textFormat() is Qt.TextFormat.PlainText
    box.buttons()[-1].click() if box.buttons()[-1].text() == "Remove" else box.buttons()[0].click()
    room.settle()
    assert room.rig.store.lists() == ()
    assert room.window.said == "Stolen is removed."


def test_a_long_list_that_reaches_far_is_warned_of(room: Room) -> None:
    room.rig.listed("AAA111")
    listed = room.rig.store.lists()[0]
    dialog = ListDialog(type(listed)(name="x", entries=6000), lambda: NOW, UTC, room.main)
    assert "expect many false hits" in dialog._many.text()
    dialog.reach.setCurrentIndex(2)
    assert dialog._many.text() == ""
    dialog.close()


def test_who_may_only_look(room: Room) -> None:
    room.rig.listed("AAA111")
    room.actor = ANNA
    room.open()
    assert room.plates == ["AAA111"]
    room.window.table.selectRow(0)
    assert [name for name, button in room.window.buttons.items() if button.isEnabled()] == ["more"]
    assert room.window.said == "You may look at hotlists, not change them."


def test_entries_come_in_pages(room: Room) -> None:
    room.rig.listed(*(f"AA{at:04d}" for at in range(700)))
    room.open()
    assert (len(room.plates), room.window.buttons["more"].isHidden()) == (500, False)
    room.window.buttons["more"].click()
    room.settle()
    assert (len(room.plates), room.window.buttons["more"].isHidden()) == (700, True)
    assert room.window._count.text() == "700 entries shown of 700"


# Import


def test_a_file_becomes_the_list(room: Room) -> None:
    room.rig.listed("AAA111", "BBB222")
    room.open()
    dialog = room.importing("Kennzeichen;Land;Grund\nAAA111;CA;neu <b>\nWÜX1;D;\n=1+1;;\n".encode("cp1252"))
    assert "Windows-1252. Line 3 is not UTF-8" in dialog._facts.text()
    assert dialog.columns[Column.PLATE].currentText() == "Kennzeichen"
    assert dialog._preview.item(0, 2).text() == "neu <b>"  # type: ignore[union-attr]
    dialog.go.click()
    room.settle()
    assert dialog.pages.currentIndex() == DIFF
    assert dialog.diff.summary.text() == "1 added, 1 removed, 1 changed, 0 stay as they are"
    assert "Left out because it cannot be read: 1 row" in dialog.diff.warning.text()
    assert [dialog.diff.tabs.tabText(at) for at in range(4)] == [
        "Added (1)",
        "Removed (1)",
        "Changed (1)",
        "Left out (1)",
    ]
    changed = dialog.diff.tabs.widget(2)
    assert changed.item(0, 6).text() == "was reason nothing"  # type: ignore[attr-defined]
    assert room.plates == ["AAA111", "BBB222"]
    dialog.go.click()
    room.settle()
    assert room.plates == ["AAA111", "WÜX1"]
    assert room.window.said == "“Stolen” has its new entries. Reads are matched against them within seconds."


def test_going_back_and_cancel_leave_nothing(room: Room) -> None:
    number = room.rig.listed("AAA111")
    room.open()
    dialog = room.importing("plate\nBBB222\n")
    dialog.go.click()
    room.settle()
    dialog.back.click()
    assert (dialog.pages.currentIndex(), dialog.brought) == (COLUMNS, None)
    dialog.go.click()
    room.settle()
    dialog.cancel.click()
    room.settle()
    assert [each.plate for each in room.rig.store.entries(number)] == ["AAA111"]
    assert room.rig.store.sweep() == 0, "nothing was left behind"


def test_reading_can_be_stopped(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    room.rig.listed("AAA111")
    room.open()
    dialog = room.importing("plate\nBBB222\n")
    began, go = threading.Event(), threading.Event()
    stage = room.rig.store.stage

    def slowly(list_id: int, entries: object, go_on: object) -> object:
        began.set()
        assert go.wait(20)
        return stage(list_id, entries, go_on)  # type: ignore[arg-type]

    monkeypatch.setattr(room.rig.store, "stage", slowly)
    dialog.go.click()
    assert began.wait(20)
    assert (dialog.pages.currentIndex(), dialog.cancel.text()) == (READING, "Stop")
    dialog._show_progress()
    assert "stays in use meanwhile" in dialog._doing.text()
    dialog.cancel.click()
    go.set()
    room.settle()
    assert dialog.pages.currentIndex() == COLUMNS
    assert dialog.message.text() == "Reading was stopped. The list is as it was."
    dialog.reject()


def test_columns_are_chosen_by_hand(room: Room) -> None:
    room.rig.listed()
    room.open()
    dialog = room.importing("what,why\nAB12,x\n")
    assert not dialog.go.isEnabled()
    assert dialog.message.text() == "Say which column holds the plates."
    dialog.columns[Column.PLATE].setCurrentIndex(1)
    assert dialog.go.isEnabled()
    dialog.columns[Column.NOTE].setCurrentIndex(1)
    assert dialog.columns[Column.PLATE].currentIndex() == 0, "one column is one thing"
    dialog._heading.setChecked(False)
    room.settle()
    assert dialog.columns[Column.PLATE].itemText(1) == "Column 1"
    dialog._delimiter.setCurrentIndex(1)
    room.settle()
    assert dialog._look.headings == ("Column 1",)
    dialog.reject()


def test_a_file_that_is_none_is_one_sentence(room: Room) -> None:
    room.rig.listed()
    room.open()
    path = room.rig.folder / "book.xlsx"
    path.write_bytes(b"PK\x03\x04" + bytes(100))
    room.control.import_from(path)
    room.settle()
    assert room.window.said.startswith("book.xlsx: not text")


def test_a_list_that_changed_while_one_looked_is_not_replaced(room: Room) -> None:
    number = room.rig.listed("AAA111")
    room.open()
    dialog = room.importing("plate\nBBB222\n")
    dialog.go.click()
    room.settle()
    room.rig.book.edit(CHIEF, EntryEdit(number, None, HotEntry(plate="CCC333")))
    dialog.go.click()
    room.settle()
    assert "Look at the difference again" in dialog.message.text()
    dialog.reject()
    room.settle()
    assert {each.plate for each in room.rig.store.entries(number)} == {"AAA111", "CCC333"}


def test_a_dialog_that_goes_while_a_file_is_read_leaves_nothing(room: Room) -> None:
    number = room.rig.listed("AAA111")
    room.open()
    path = room.rig.folder / "list.csv"
    path.write_text("plate\nBBB222\n")
    seen = look(path)
    dialog = ImportDialog(room.rig.book, room.worker.run, CHIEF, room.rig.store.one(number), seen, UTC, room.main)
    dialog.go.click()
    dialog.close()
    room.settle()
    room.rig.store.sweep()
    assert [each.plate for each in room.rig.store.entries(number)] == ["AAA111"]
    dialog.deleteLater()


def test_an_import_that_makes_a_list_long_narrows_it_unless_one_says_otherwise(room: Room) -> None:
    number = room.rig.listed("AAA111")
    room.open()
    text = "plate\n" + "".join(f"AB{at:05d}\n" for at in range(MANY_FOR_NEAR + 1))
    for kept, reach in ((True, Tier.NEAR), (False, Tier.FOLDED)):
        dialog = room.importing(text)
        dialog.go.click()
        room.settle()
        assert "one character from some of them" in dialog.diff.warning.text()
        assert dialog.diff.narrow.isVisible()
        assert dialog.diff.narrow.isChecked() is kept
        dialog.diff.narrow.setChecked(not kept)  # first the tick is taken away; of a list that is long it is put there
        dialog.go.click()
        room.settle()
        assert room.rig.store.one(number).reach is reach
    dialog = room.importing("plate\nBBB222\n")
    dialog.go.click()
    room.settle()
    assert dialog.diff.narrow.isHidden()
    dialog.reject()


def test_a_new_list_says_what_an_import_makes_of_it(room: Room) -> None:
    dialog = ListDialog(None, lambda: NOW, UTC, room.main)
    assert dialog._many.text() == "An import of more than 5,000 entries narrows this to look-alike characters."
    dialog.close()


def test_tab_goes_through_a_list_as_it_stands(room: Room) -> None:
    dialog = ListDialog(None, lambda: NOW, UTC, room.main)
    dialog.show()
    wanted = (
        dialog.name, dialog.owner, dialog.reason, dialog.urgency, dialog.reach, dialog.starts.tick, dialog.expires.tick,
        dialog.keep, dialog.folder, dialog.choose, dialog.enabled,
    )  # fmt: skip
    dialog.name.setFocus()
    passed = []
    for _ in wanted:
        passed.append(dialog.focusWidget())
        dialog.focusNextChild()
    assert passed == list(wanted)
    dialog.close()


# The worker


def test_a_fault_in_a_worker_is_said(qtbot: QtBot, caplog: pytest.LogCaptureFixture) -> None:
    worker, told = Worker(), list[str]()

    def breaks() -> None:
        raise KeyError("x")

    worker.run(breaks, lambda nothing: None, told.append)
    qtbot.waitUntil(lambda: told == [FAULT], timeout=20_000)
    worker.close()
    worker.run(breaks, lambda nothing: None, told.append)
    assert "KeyError" in caplog.text
