"""Edit mode's window: shelf, properties, tours, preview, publishing, other layouts, and leaving."""

from __future__ import annotations

from pathlib import Path

import pytest
from edit_fakes import ALT, CTRL, SHIFT, Editing, cameras, shelved, undo_and_redo
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QApplication, QComboBox, QLineEdit, QListView, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from console.model.items import (
    CameraItem,
    CameraRange,
    ClockItem,
    MapItem,
    PictureItem,
    TextItem,
    TourItem,
    TourStep,
    WebItem,
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


# The shelf


def test_cameras_are_searched_and_put_by_keys(editing: Editing) -> None:
    shelf = editing.window.shelf
    editing.click(3)
    editing.key(Key.Key_F, CTRL)
    assert QApplication.focusWidget() is shelf.search
    editing.type("bri")
    editing.key(Key.Key_Down)
    assert QApplication.focusWidget() is shelf.cameras
    undo_and_redo(editing, lambda: editing.key(Key.Key_Return, on=shelf.cameras), "put camera 17")
    assert editing.items[3] == CameraItem(17)


def test_several_cameras_by_keys_and_as_a_tour(editing: Editing) -> None:
    shelf = editing.window.shelf
    editing.click(2)
    shelf.cameras.setFocus()
    editing.key(Key.Key_Home)
    editing.key(Key.Key_Down)
    editing.key(Key.Key_Down)
    editing.key(Key.Key_Down, SHIFT)
    undo_and_redo(editing, lambda: editing.key(Key.Key_Return, on=shelf.cameras), "put 2 things")
    assert editing.items[2:] == cameras(3, 4)
    editing.key(Key.Key_Return, ALT, on=shelf.cameras)
    assert editing.items[2] == TourItem(tuple(TourStep(CameraItem(number)) for number in (3, 3, 4)))


def test_a_search_without_result_says_so(editing: Editing) -> None:
    shelf = editing.window.shelf
    shelf.search.setText("zoo")
    assert shelf.cameras.model().rowCount() == 0
    assert "No camera is called that" in " ".join(label.text() for label in shelf.findChildren(type(shelf._none)))
    shelf.search.setText("station north")
    assert shelf.cameras.model().rowCount() == 1


def test_other_things_by_key(editing: Editing) -> None:
    editing.click(2)
    editing.key(Key.Key_J, CTRL)
    assert QApplication.focusWidget() is editing.window.shelf.items
    editing.key(Key.Key_Return)
    assert editing.items[2] == MapItem()


def test_a_drag_of_the_shelf_carries_what_is_picked(editing: Editing) -> None:
    view: QListView = editing.window.shelf.cameras
    view.selectAll()
    mime = view.model().mimeData(view.selectionModel().selectedIndexes())
    editing.drop(mime, 2)
    assert editing.items[2:] == cameras(1, 2)
    items = editing.window.shelf.items
    mime = items.model().mimeData([items.model().index(4, 0)])
    editing.drop(mime, 0)
    assert editing.items[0] == ClockItem()


# Properties


def test_enter_leads_to_what_the_tile_holds_and_back(editing: Editing) -> None:
    editing.key(Key.Key_Return)
    line = editing.window.properties.camera
    assert QApplication.focusWidget() is line

    def act() -> None:
        line.setText("4")
        editing.key(Key.Key_Return, on=line)

    undo_and_redo(editing, act, "put camera 4")
    assert editing.items[0] == CameraItem(4)
    assert line.text() == "4  Harbour"


def test_a_camera_by_a_part_of_its_name(editing: Editing) -> None:
    line = editing.window.properties.camera
    line.setFocus()
    line.setText("brid")
    editing.key(Key.Key_Return, on=line)
    assert editing.items[0] == CameraItem(17)
    line.setFocus()
    line.setText("nowhere")
    editing.key(Key.Key_Return, on=line)
    assert editing.items[0] == CameraItem(17)
    assert editing.words == "There is no camera “nowhere”. Type its number, or more of its name."


@pytest.mark.parametrize(
    ("kind", "field", "words", "item", "name"),
    [
        ("web", "url", "https://example.org/x", WebItem("https://example.org/x"), "put web page"),
        ("picture", "picture", "plans/ground floor.png", PictureItem("plans/ground floor.png"), "put picture"),
        ("text", "text", "Gate 4 is closed", TextItem("Gate 4 is closed"), "put text"),
    ],
)
def test_items_that_need_words(editing: Editing, kind: str, field: str, words: str, item: object, name: str) -> None:
    editing.click(2)

    def act() -> None:
        editing.window.properties.edit(kind)
        editing.type(words)
        if kind == "text":
            editing.key(Key.Key_Return, CTRL)
        else:
            editing.key(Key.Key_Return)

    undo_and_redo(editing, act, name)
    assert editing.items[2] == item
    widget = getattr(editing.window.properties, field)
    shown = widget.toPlainText() if kind == "text" else widget.currentText() if kind == "picture" else widget.text()
    assert shown == words


def test_what_no_file_could_hold_is_said(editing: Editing) -> None:
    editing.window.properties.edit("web")
    editing.type("weather.local")
    editing.key(Key.Key_Return)
    assert editing.items[0] == CameraItem(1)
    assert "is no web address" in editing.words


def test_the_zone_of_a_clock(editing: Editing) -> None:
    properties = editing.window.properties
    editing.click(2)
    properties.edit("clock")
    assert editing.items[2] == ClockItem()
    properties.zone.setFocus()
    properties.zone.setEditText("America/Bogota")
    editing.key(Key.Key_Return, on=properties.zone)
    assert editing.items[2] == ClockItem("America/Bogota")
    properties.zone.setEditText("Mars")
    editing.key(Key.Key_Return, on=properties.zone)
    assert editing.items[2] == ClockItem("America/Bogota")
    assert "time zone" in editing.words


def test_a_kind_is_chosen_for_many(editing: Editing) -> None:
    properties = editing.window.properties
    editing.key(Key.Key_A, CTRL)
    assert properties.kind.currentIndex() == -1
    assert properties.heading.text() == "4 tiles"
    properties.edit("alarms")
    assert len(set(editing.items)) == 1
    properties.edit("")
    choose(properties.kind, "")
    assert editing.items == cameras(None, None, None, None)


def test_hotspot_by_its_box(editing: Editing) -> None:
    box = editing.window.properties.hotspot
    box.setFocus()
    undo_and_redo(editing, lambda: editing.key(Key.Key_Space, on=box), "hotspot")
    assert editing.layout.cells[0].hotspot
    assert box.isChecked()


def test_words_count_when_the_hands_go_elsewhere(editing: Editing) -> None:
    editing.click(2)
    editing.window.properties.edit("text")
    editing.type("Left")
    editing.click(0)
    assert editing.items[2] == TextItem("Left")
    editing.click(3)
    editing.window.properties.edit("text")
    editing.type("Right")
    editing.key(Key.Key_S, CTRL)
    published = editing.told[0][1]
    assert isinstance(published, Layout)
    assert published.cells[3].item == TextItem("Right")


# Tours


def test_a_camera_becomes_a_tour_and_steps_are_added(editing: Editing) -> None:
    properties = editing.window.properties
    choose(properties.kind, "tour")
    assert editing.items[0] == TourItem((TourStep(CameraItem(1)),))
    line = properties.tour.line
    line.setFocus()
    properties.tour.seconds.setText("8")

    def act() -> None:
        line.setText("4, 1-40 2/4")
        editing.key(Key.Key_Return, on=line)

    undo_and_redo(editing, act, "put tour")
    steps = (TourStep(CameraItem(1)), TourStep(CameraItem(4), 8), CameraRange(1, 40, 8, (2, 4)))
    assert editing.items[0] == TourItem(steps)


def tour_on(editing: Editing) -> None:
    """A tour of three on tile 3."""
    steps = (TourStep(CameraItem(1), 5), CameraRange(1, 40, 6), TourStep(ClockItem(), 7))
    editing.click(2)
    editing.draft.put(TourItem(steps))


def shown_steps(editing: Editing) -> list[object]:
    """What the tour of tile 3 has."""
    tour = editing.items[2]
    assert isinstance(tour, TourItem)
    return list(tour.steps)


def test_steps_move_and_go_by_keys(editing: Editing) -> None:
    tour_on(editing)
    first, second, third = shown_steps(editing)
    table = editing.window.properties.tour.table
    editing.key(Key.Key_E, on=editing.canvas)
    assert QApplication.focusWidget() is table
    undo_and_redo(editing, lambda: editing.key(Key.Key_Down, ALT, on=table), "put tour")
    assert shown_steps(editing) == [second, first, third]
    assert table.currentIndex().row() == 1
    editing.key(Key.Key_Delete, on=table)
    assert shown_steps(editing) == [second, third]
    editing.key(Key.Key_A, CTRL, on=table)
    editing.key(Key.Key_Delete, on=table)
    assert editing.items[2] is None


def test_steps_are_typed_into_the_table(editing: Editing) -> None:
    tour_on(editing)
    model = editing.window.properties.tour.table.model()
    assert model.data(model.index(1, 0)) == "Cameras 1 to 40"
    assert model.setData(model.index(0, 1), "12,5")
    assert model.setData(model.index(1, 0), "2-9 1/2")
    assert shown_steps(editing)[:2] == [TourStep(CameraItem(1), 12.5), CameraRange(2, 9, 6, (1, 2))]
    for cell, words in ((model.index(0, 1), "soon"), (model.index(0, 1), "0"), (model.index(0, 0), "gate")):
        assert not model.setData(cell, words)
        assert editing.words.startswith("Type ")
    assert not model.flags(model.index(2, 0)) & Qt.ItemFlag.ItemIsEditable
    assert [model.headerData(i, Qt.Orientation.Horizontal) for i in range(2)] == ["Shows", "Seconds"]


def test_enter_in_the_table_edits_a_cell(editing: Editing) -> None:
    tour_on(editing)
    table = editing.window.properties.tour.table
    table.setFocus()
    table.setCurrentIndex(table.model().index(0, 1))
    editing.key(Key.Key_Return, on=table)
    line = table.findChild(QLineEdit)
    assert isinstance(line, QLineEdit)
    line.setText("30")
    editing.key(Key.Key_Return, on=line)
    editing.qtbot.waitUntil(lambda: shown_steps(editing)[0] == TourStep(CameraItem(1), 30))  # Qt closes editors later
    editing.qtbot.waitUntil(lambda: not table.findChildren(QLineEdit))


def test_all_steps_alike_by_a_button(editing: Editing) -> None:
    tour_on(editing)
    tour = editing.window.properties.tour
    tour.seconds.setText("20 s")
    undo_and_redo(editing, tour.all.click, "put tour")
    assert {step.dwell for step in tour.steps} == {20}
    tour.seconds.setText("never")
    tour.all.click()
    tour.line.setText("5")
    tour.add()
    assert editing.words.startswith("Type seconds")
    tour.table.setCurrentIndex(tour.table.model().index(2, 0))
    tour.up.click()
    tour.down.click()
    tour.out.click()
    assert len(tour.steps) == 2


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


def choose(box: QComboBox, kind: str) -> None:
    """As somebody who picks a line of the box."""
    row = box.findData(kind)
    box.setCurrentIndex(row)
    box.activated.emit(row)
