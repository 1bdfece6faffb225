"""Whatever is typed on the canvas: the draft stays a layout that can be saved, and undo leads back to the start."""

from __future__ import annotations

from pathlib import Path

import pytest
from edit_fakes import ALT, CTRL, PLAIN, SHIFT, Editing
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from console.model.items import CameraItem
from console.model.layout import PRESETS, Layout, grid
from console.model.layout_edit import put
from console.model.layout_shape import boxes
from console.store.layout_file import layout_bytes, parse_layout

Key = Qt.Key
ARROWS = (Key.Key_Left, Key.Key_Right, Key.Key_Up, Key.Key_Down)
WAYS = (PLAIN, SHIFT, CTRL, ALT, ALT | SHIFT, CTRL | SHIFT)

strokes = st.one_of(
    st.tuples(st.sampled_from(ARROWS), st.sampled_from(WAYS)),
    st.tuples(
        st.sampled_from([Key.Key_H, Key.Key_V, Key.Key_M, Key.Key_Delete, Key.Key_O, Key.Key_T, Key.Key_Equal]),
        st.just(PLAIN),
    ),
    st.tuples(st.sampled_from([Key.Key_1, Key.Key_2, Key.Key_7, Key.Key_Return, Key.Key_Escape]), st.just(PLAIN)),
    st.tuples(st.sampled_from([Key.Key_Z, Key.Key_Space, Key.Key_A, Key.Key_R]), st.just(CTRL)),
    st.tuples(st.just(Key.Key_Z), st.just(CTRL | SHIFT)),
)


@pytest.fixture
def editing(qtbot: QtBot) -> Editing:
    return Editing(qtbot, grid("Quad", 2, 2))


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(start=st.sampled_from(PRESETS), keys=st.lists(strokes, min_size=5, max_size=40))
def test_no_keys_lead_out_of_what_can_be_saved_and_undo_leads_back(
    editing: Editing, start: Layout, keys: list[tuple[Qt.Key, Qt.KeyboardModifier]]
) -> None:
    start = put(start, 0, CameraItem(1))
    editing.draft.start(start)
    for key, modifiers in keys:
        QTest.keyClick(editing.canvas, key, modifiers)
        draft = editing.draft
        assert parse_layout(layout_bytes(draft.layout), Path("draft.json")) == draft.layout
        assert sum(box.area for box in boxes(draft.layout)) == 1
        assert set(draft.picked) <= set(range(len(draft.layout.cells)))
        assert draft.current in range(len(draft.layout.cells))
        editing.canvas.setFocus()
    assert editing.told == []
    while editing.draft.redo_name is not None:
        QTest.keyClick(editing.canvas, Key.Key_Z, CTRL | SHIFT)
    furthest = editing.layout
    while editing.draft.undo_name is not None:
        QTest.keyClick(editing.canvas, Key.Key_Z, CTRL)
    assert editing.layout == start
    while editing.draft.redo_name is not None:
        QTest.keyClick(editing.canvas, Key.Key_Z, CTRL | SHIFT)
    assert editing.layout == furthest


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from(PRESETS),
    pulls=st.lists(
        st.tuples(*[st.floats(-0.05, 1.05)] * 4, st.sampled_from([PLAIN, SHIFT, CTRL])), min_size=1, max_size=6
    ),
)
def test_nor_does_the_mouse(
    editing: Editing, start: Layout, pulls: list[tuple[float, float, float, float, Qt.KeyboardModifier]]
) -> None:
    editing.draft.start(start)
    for x, y, to_x, to_y, modifiers in pulls:
        editing.pull(editing.at(x, y), editing.at(to_x, to_y), modifiers)
        layout = editing.layout
        assert parse_layout(layout_bytes(layout), Path("draft.json")) == layout
        assert editing.canvas.layout_seen == layout
    while editing.draft.undo():
        pass
    assert editing.layout == start
    assert editing.told == []
