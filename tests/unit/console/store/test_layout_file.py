"""Layout files: what is saved comes back, is pleasant to read, and old versions are taken along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from layout_examples import GOOD, layouts, tile

from console.model.items import CameraItem, CameraRange, ClockItem, MapItem, TextItem, TourItem, TourStep
from console.model.layout import PRESETS, Cell, Layout
from console.store.json_text import WIDTH
from console.store.layout_file import (
    MAX_BYTES,
    LayoutFileError,
    Problem,
    layout_bytes,
    load_layout,
    parse_layout,
    save_layout,
)
from console.store.layout_schema import plain_layout

HERE = Path("here.json")
EDITS = (b"", b"0", b"-", b'"', b"{", b"]", b",", b"\xff", b"99999", b"null")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("layouts")


def problems_of(data: bytes) -> tuple[Problem, ...]:
    """What is wrong with these bytes; any other error than the one that is allowed fails the test."""
    try:
        layout = parse_layout(data, HERE)
    except LayoutFileError as error:
        return error.problems
    assert parse_layout(layout_bytes(layout), HERE) == layout
    return ()


@given(layouts())
def test_any_layout_survives_saving_and_loading(folder: Path, layout: Layout) -> None:
    save_layout(folder / "any.json", layout)
    assert load_layout(folder / "any.json") == layout


def test_the_good_file_says_what_it_says_and_is_in_canonical_form() -> None:
    layout = parse_layout(GOOD.encode(), HERE)
    assert (layout.name, layout.rows, layout.columns) == ("Wache Süd", 3, 4)
    assert (layout.row_weights, layout.column_weights) == ((1, 2, 1), (3, 3, 3, 2))
    assert layout.cells[0] == Cell(0, 0, 2, 2, hotspot=True)
    assert layout.cells[1].item == CameraItem(5)
    assert layout.cells[5].item == TextItem("Gate 4\nis closed")
    assert layout.cells[6].item == ClockItem("America/Bogota")
    steps = (TourStep(CameraItem(7), 12.5), TourStep(MapItem(), 10.0), CameraRange(1, 99_999, 8.0, (1, 4)))
    assert layout.cells[8].item == TourItem(steps)
    assert layout_bytes(layout).decode() == GOOD


@given(layouts())
def test_each_tile_that_fits_stands_on_a_line_of_its_own(layout: Layout) -> None:
    lines = layout_bytes(layout).decode().split("\n")
    for tile_told in plain_layout(layout)["tiles"]:
        line = "    " + json.dumps(tile_told, ensure_ascii=False)
        assert len(line) >= WIDTH - 1 or line in lines or f"{line}," in lines


@pytest.mark.parametrize("layout", PRESETS, ids=lambda layout: layout.name)
def test_the_built_in_layouts_can_be_kept_too(tmp_path: Path, layout: Layout) -> None:
    save_layout(tmp_path / "a" / "preset.json", layout)
    assert load_layout(tmp_path / "a" / "preset.json") == layout


def test_notepad_s_mark_at_the_start_and_whole_numbers_with_a_point_do_no_harm() -> None:
    text = GOOD.replace('"rows": 3', '"rows": 3.0').replace('"schema_version": 2', '"schema_version": 2.0')
    assert parse_layout(b"\xef\xbb\xbf" + text.encode(), HERE) == parse_layout(GOOD.encode(), HERE)


def test_version_1_becomes_a_layout_that_brings_its_cameras_along(tmp_path: Path) -> None:
    old = {
        "schema_version": 1,
        "layout": {"name": "1+5", "rows": 2, "columns": 3, "cells": [[0, 0, 2, 2], [0, 2, 1, 1], [1, 2, 1, 1]]},
        "cameras": [7, None, 9, 11],
        "selected": 1,
    }
    path = tmp_path / "old.json"
    path.write_text(json.dumps(old))
    layout = load_layout(path)
    cells = (Cell(0, 0, 2, 2, CameraItem(7)), Cell(0, 2), Cell(1, 2, item=CameraItem(9)))
    assert layout == Layout("1+5", 2, 3, cells)
    save_layout(path, layout)
    assert json.loads(path.read_text())["schema_version"] == 2
    assert load_layout(path) == layout


def test_what_could_not_be_read_again_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "kept.json"
    save_layout(path, PRESETS[0])
    before = path.read_bytes()
    for name in ("", " x", "a\x00b", "x" * 81, "\ud800"):
        with pytest.raises(LayoutFileError):
            save_layout(path, Layout(name, 1, 1, (Cell(0, 0),)))
    with pytest.raises(LayoutFileError, match=r"tiles\[0\]\.item\.number"):
        save_layout(path, Layout("x", 1, 1, (Cell(0, 0, item=CameraItem(0)),)))
    with pytest.raises(LayoutFileError, match="NaN is no number"):
        save_layout(path, Layout("x", 1, 1, (Cell(0, 0, item=TourItem((CameraRange(dwell=float("nan")),))),)))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir() if each.is_file()] == ["kept.json"]


@given(st.binary(max_size=200))
def test_noise_is_refused_and_nothing_else_happens(data: bytes) -> None:
    with pytest.raises(LayoutFileError) as told:
        parse_layout(data, HERE)
    assert 1 <= len(told.value.problems) <= 20


@given(st.data())
def test_a_good_file_with_random_edits_is_read_or_refused(data: st.DataObject) -> None:
    raw = bytearray(GOOD.encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(raw) - 1))
        most = data.draw(st.integers(0, 12))
        raw[at : at + most] = data.draw(
            st.sampled_from([b"", b"0", b"-", b'"', b"{", b"]", b",", b"\xff", b"99999", b"null"])
        )
    lines = bytes(raw).count(b"\n") + 1
    assert all(1 <= problem.line <= lines and problem.sentence for problem in problems_of(bytes(raw)))


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "row", "steps", "x"]), inner),
    max_leaves=8,
)


@given(st.sampled_from(["name", "rows", "columns", "row_weights", "tiles", "schema_version", "$schema", "more"]), _json)
def test_a_field_of_any_other_kind_is_read_or_refused(key: str, value: object) -> None:
    text = json.dumps(json.loads(GOOD) | {key: value})
    assert all(problem.path == HERE for problem in problems_of(text.encode("utf-8", "surrogatepass")))


@given(_json)
def test_an_item_of_any_other_kind_is_read_or_refused(value: object) -> None:
    assert all(each.line == 1 for each in problems_of(tile(value).encode("utf-8", "surrogatepass")))


def test_files_that_are_huge_missing_or_folders(tmp_path: Path) -> None:
    (tmp_path / "huge.json").write_bytes(b" " * (MAX_BYTES + 1))
    for path, part in (
        (tmp_path / "huge.json", "Larger than 1024 KiB. This is no file of ours"),
        (tmp_path / "missing.json", "There is no such file. Check the name."),
        (tmp_path, "Cannot be read"),
    ):
        with pytest.raises(LayoutFileError) as told:
            load_layout(path)
        assert str(told.value).startswith(f"{path}:1: {part}")
