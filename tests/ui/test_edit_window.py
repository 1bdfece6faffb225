"""Edit mode's window: publishing, preview, other layouts, and leaving."""

from __future__ import annotations

from pathlib import Path

import pytest
from edit_fakes import ALT, CTRL, Editing, shelved, undo_and_redo
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.model.items import (
    CameraItem,
    CameraRange,
    TourItem,
    TourStep,
)
from console.model.layout import Layout, grid
from console.model.layout_edit import put
from console.store.layout_file import load_layout, save_layout
from console.ui.edit.asking import Answer

Key = Qt.Key


def quad() -> Layout:
    """Four tiles, cameras on the first two."""
    return put(put(grid("Quad", 2, 2), 0, CameraItem(1)), 1, CameraItem(2))


@pytest.fixture
def editing(qtbot: QtBot) -> Editing:
    return Editing(qtbot, quad())


# Publishing


def test_the_wall_hears_nothing_until_publish_and_then_what_is_seen(editing: Editing, tmp_path: Path) -> None:
    editing.key(Key.Key_H)
    editing.type("17")
    editing.key(Key.Key_Return)
    editing.key(Key.Key_Right, ALT)
    assert editing.told == []
    assert editing.draft.dirty
    editing.key(Key.Key_S, CTRL)
    assert editing.told == [("published", editing.layout, True)]
    assert editing.draft.dirty  # nobody said yet that it is saved
    editing.window.publish_done(editing.layout)
    assert not editing.draft.dirty
    assert editing.words == "“Quad” is published."
    assert editing.kept[-1] is None
    save_layout(tmp_path / "quad.json", editing.layout)
    assert load_layout(tmp_path / "quad.json") == editing.layout


def test_it_can_be_published_without_being_shown(editing: Editing) -> None:
    editing.key(Key.Key_H)
    QTest.mouseClick(
        editing.window.show_it, Qt.MouseButton.LeftButton, pos=QPoint(6, editing.window.show_it.height() // 2)
    )
    button(editing, "Publish").click()
    assert editing.told == [("published", editing.layout, False)]


def test_an_undo_after_publishing_is_not_published(editing: Editing) -> None:
    editing.key(Key.Key_H)
    editing.window.publish()
    editing.window.publish_done(editing.layout)
    editing.key(Key.Key_Z, CTRL)
    assert editing.draft.dirty
    assert "not published" in editing.window.bottom.state.text()


def test_revert_is_a_step_too(editing: Editing) -> None:
    editing.key(Key.Key_H)
    editing.key(Key.Key_Delete)
    undo_and_redo(editing, lambda: editing.key(Key.Key_R, CTRL), "revert")
    assert editing.layout == quad()


def test_renaming_renames_the_stored_layout_when_it_is_published(editing: Editing) -> None:
    line = editing.window.line.name

    def act() -> None:
        editing.key(Key.Key_F2)
        assert QApplication.focusWidget() is line
        line.setText("Gates")
        editing.key(Key.Key_Return, on=line)

    undo_and_redo(editing, act, "rename")
    editing.window.publish()
    assert editing.told == [("rename_wanted", "Quad", "Gates"), ("published", editing.layout, True)]
    editing.window.publish()
    assert editing.told[2:] == [("published", editing.layout, True)]
    editing.window.show_layouts([shelved(editing.layout)])
    editing.window.publish_done(editing.layout)
    assert editing.window.line.box.currentText() == "Gates"


def test_a_name_that_is_taken_is_not_overwritten(editing: Editing) -> None:
    editing.draft.rename("Other")
    assert not editing.window.publish()
    assert editing.told == []
    assert editing.words == "There is a layout “Other” already. Give this one another name (F2)."


def test_a_name_that_can_not_be_is_said(editing: Editing) -> None:
    line = editing.window.line.name
    line.setFocus()
    line.setText("   ")
    editing.key(Key.Key_Return, on=line)
    assert editing.layout.name == "Quad"
    assert line.text() == "Quad"
    assert editing.words.startswith("That name can not be used.")


# Preview


def test_preview_shows_what_publishing_would_and_is_let_go(editing: Editing) -> None:
    editing.click(2)
    editing.key(Key.Key_Delete)
    editing.key(Key.Key_H)
    editing.key(Key.Key_P, CTRL)
    assert editing.previews == [editing.state.arranged(editing.layout)]
    assert editing.window.stage.previewing
    assert not editing.window.shelf.isEnabled()
    before = editing.layout
    editing.key(Key.Key_Delete)
    editing.key(Key.Key_Z, CTRL)
    assert editing.layout == before
    assert editing.released == 0
    editing.key(Key.Key_Escape)
    assert editing.released == 1
    assert QApplication.focusWidget() is editing.canvas
    assert editing.window.shelf.isEnabled()
    editing.key(Key.Key_P, CTRL)
    editing.key(Key.Key_P, CTRL)
    assert (len(editing.previews), editing.released) == (2, 2)
    assert editing.told == []


def test_tours_go_on_in_a_preview(editing: Editing) -> None:
    editing.click(2)
    tour = TourItem((TourStep(CameraItem(4), 5), CameraRange(1, 40, 6)))
    editing.draft.put(tour)
    editing.key(Key.Key_P, CTRL, on=editing.canvas)
    assert editing.previews[0].camera(2) == 4
    editing.now += 5
    editing.qtbot.waitUntil(lambda: bool(editing.tours))
    assert editing.tours[0].camera(2) == 1  # the first of the range
    editing.now += 6
    editing.qtbot.waitUntil(lambda: len(editing.tours) > 1)
    assert editing.tours[1].camera(2) == 2
    editing.key(Key.Key_Escape)
    assert editing.items[2] == tour


def test_closing_lets_a_preview_go(editing: Editing) -> None:
    editing.window.preview()
    editing.window.close()
    assert editing.released == 1
    assert editing.told == [("closed",)]


# Other layouts


def test_another_layout_is_opened_and_changes_are_asked_for(editing: Editing) -> None:
    editing.window.open("Other")
    assert editing.layout.name == "Other"
    assert editing.draft.undo_name is None
    editing.key(Key.Key_H)
    editing.window.open("Shipped")
    assert editing.layout.name == "Other"
    assert editing.asked == ["“Other” has changes that are not published. Open another layout?"]
    editing.answer = Answer.PUBLISH
    editing.window.open("Shipped")
    assert editing.told[0][0] == "published"
    assert editing.layout.name == "Other"  # until it is saved
    editing.window.publish_done(editing.layout)
    assert editing.layout.name == "Shipped"


def test_what_could_not_be_saved_is_not_left(editing: Editing) -> None:
    editing.key(Key.Key_H)
    editing.answer = Answer.PUBLISH
    editing.window.open("Other")
    editing.window.say("No space left on device. Make room and publish again.")
    assert editing.layout.name == "Quad"
    assert editing.draft.dirty


def test_what_is_saved_late_does_not_touch_another_draft(editing: Editing) -> None:
    editing.key(Key.Key_H)
    editing.window.publish()
    late = editing.layout
    editing.answer = Answer.DISCARD
    editing.window.open("Other")
    editing.window.publish_done(late)
    assert editing.layout == grid("Other", 3, 3)
    assert not editing.draft.dirty
    assert editing.window.line.box.currentText() == "Other"


def test_what_changed_while_it_was_saved_is_not_left(editing: Editing) -> None:
    editing.key(Key.Key_H)
    editing.answer = Answer.PUBLISH
    editing.window.open("Other")
    saved = editing.layout
    editing.key(Key.Key_V, on=editing.canvas)
    editing.window.publish_done(saved)
    assert editing.layout.name == "Quad"
    assert editing.draft.dirty


def test_layouts_are_chosen_by_key(editing: Editing) -> None:
    editing.key(Key.Key_O, CTRL)
    box = editing.window.line.box
    editing.key(Key.Key_Down, on=box.view())
    editing.key(Key.Key_Return, on=box.view())
    assert editing.layout.name == "Other"


def test_a_new_layout(editing: Editing) -> None:
    editing.key(Key.Key_N, CTRL)
    assert editing.layout == grid("New layout", 2, 2)
    assert QApplication.focusWidget() is editing.window.line.name
    assert editing.window.line.box.currentIndex() == -1
    editing.window.duplicate()
    assert editing.words.startswith("This layout is not published yet")
    editing.window.delete()
    assert editing.words.startswith("This layout is not published")
    editing.window.publish()
    assert editing.told == [("published", grid("New layout", 2, 2), True)]


def test_a_duplicate_is_opened_when_it_is_there(editing: Editing) -> None:
    editing.key(Key.Key_D, CTRL)
    assert editing.told == [("duplicate_wanted", "Quad", "Quad copy")]
    assert editing.layout.name == "Quad"
    copy = put(grid("Quad copy", 2, 2), 0, CameraItem(1))
    editing.window.show_layouts([shelved(quad()), shelved(copy)])
    assert editing.layout == copy


def test_delete_asks_and_then_opens_the_next(editing: Editing) -> None:
    editing.key(Key.Key_Delete, CTRL)
    assert editing.told == []
    editing.answer = Answer.DELETE
    editing.key(Key.Key_Delete, CTRL)
    assert editing.told == [("delete_wanted", "Quad")]
    editing.window.show_layouts([shelved(grid("Other", 3, 3))])
    assert editing.layout == grid("Other", 3, 3)


def test_a_shipped_layout_stays(editing: Editing) -> None:
    editing.window.open("Shipped")
    editing.window.delete()
    assert editing.words.startswith("This layout ships with Watchfloor")


def test_deleting_what_hides_a_shipped_one_opens_that(editing: Editing) -> None:
    editing.window.show_layouts([shelved(quad(), hides=True)])
    editing.answer = Answer.DELETE
    editing.window.delete()
    assert "is there again then" in editing.asked[0]
    editing.window.show_layouts([shelved(grid("Quad", 2, 2), own=False)])
    assert editing.layout == grid("Quad", 2, 2)


def test_a_layout_that_somebody_else_deleted_counts_as_not_published(editing: Editing) -> None:
    editing.window.show_layouts([shelved(grid("Other", 3, 3))])
    assert editing.layout == quad()
    assert "not published" in editing.window.bottom.state.text()


# Leaving


def test_closing_without_changes_asks_nothing(editing: Editing) -> None:
    editing.key(Key.Key_E, CTRL)
    assert editing.asked == []
    assert editing.told == [("closed",)]


@pytest.mark.parametrize(
    ("answer", "open_still", "kept"),
    [(Answer.CANCEL, True, True), (Answer.KEEP, False, True), (Answer.DISCARD, False, False)],
)
def test_closing_with_changes_asks(editing: Editing, answer: Answer, open_still: bool, kept: bool) -> None:
    editing.key(Key.Key_H)
    editing.answer = answer
    editing.key(Key.Key_W, CTRL)
    assert editing.asked == ["“Quad” has changes that are not published."]
    assert editing.window.isVisible() is open_still
    assert (editing.kept[-1] is not None) is kept
    assert ("published", editing.layout, True) not in editing.told


def test_closing_can_publish(editing: Editing) -> None:
    editing.key(Key.Key_H)
    editing.answer = Answer.PUBLISH
    editing.window.close()
    assert editing.told == [("published", editing.layout, True)]
    assert editing.window.isVisible()  # it could fail
    editing.window.publish_done(editing.layout)
    assert editing.told[1:] == [("closed",)]
    assert editing.kept[-1] is None


def test_the_draft_is_kept_at_each_step(editing: Editing) -> None:
    editing.key(Key.Key_H)
    assert editing.kept == [editing.layout]
    editing.key(Key.Key_Z, CTRL)
    assert editing.kept[-1] is None


def test_a_draft_that_a_crash_left_is_there_again(qtbot: QtBot) -> None:
    editing = Editing(qtbot, quad(), draft=grid("Quad", 3, 3))
    assert editing.layout == grid("Quad", 3, 3)
    assert editing.words.startswith("This draft was kept")
    editing.key(Key.Key_R, CTRL)
    assert editing.layout == quad()


def test_a_draft_belongs_to_the_layout_of_its_name(qtbot: QtBot) -> None:
    other = put(grid("Other", 3, 3), 0, CameraItem(4))
    editing = Editing(qtbot, quad(), draft=other)
    assert editing.layout == other
    assert editing.window.line.box.currentText() == "Other"
    editing.window.publish()
    assert editing.told == [("published", other, True)]
    editing.key(Key.Key_R, CTRL)
    assert editing.layout == grid("Other", 3, 3)


def test_a_draft_of_a_layout_that_nobody_has_is_a_new_one(qtbot: QtBot) -> None:
    editing = Editing(qtbot, quad(), draft=grid("Lost", 1, 2))
    assert editing.window.line.box.currentIndex() == -1
    assert editing.draft.dirty
    editing.window.publish()
    assert editing.told == [("published", grid("Lost", 1, 2), True)]


def test_a_draft_that_was_published_after_all_is_none(qtbot: QtBot) -> None:
    editing = Editing(qtbot, quad(), draft=grid("Other", 3, 3))
    assert editing.layout == quad()
    assert editing.kept[-1] is None
    assert editing.words == ""


# For everybody


def test_everything_has_a_name_and_buttons_tell_their_key(editing: Editing) -> None:
    editing.click(2)
    editing.window.properties.edit("tour")
    for widget in editing.window.findChildren(QWidget):
        takes_keys = widget.focusPolicy() is not Qt.FocusPolicy.NoFocus and widget.isVisible()
        if not takes_keys or widget.objectName().startswith("qt_"):
            continue
        named = widget.accessibleName() or (isinstance(widget, QAbstractButton) and widget.text())
        assert named or isinstance(widget.parent(), (QComboBox, QLineEdit)), widget
        if isinstance(widget, QPushButton):
            assert "(" in widget.toolTip(), widget.text()


def test_help_by_key(editing: Editing) -> None:
    editing.key(Key.Key_F1)
    assert editing.told == [("help_wanted",)]


def test_esc_with_nothing_to_leave_says_how_to_close(editing: Editing) -> None:
    editing.key(Key.Key_Escape)
    assert editing.words.startswith("Ctrl+E closes")
    assert editing.window.isVisible()


def button(editing: Editing, words: str) -> QPushButton:
    """A button by its words."""
    return next(each for each in editing.window.findChildren(QPushButton) if each.text() == words)
