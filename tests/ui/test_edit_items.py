"""Edit mode: the shelf, the properties of tiles, and tours."""

from __future__ import annotations

import pytest
from edit_fakes import ALT, CTRL, SHIFT, Editing, cameras, choose, undo_and_redo
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QListView
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
    assert "the worst first" in properties._words(mixed=False)
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
