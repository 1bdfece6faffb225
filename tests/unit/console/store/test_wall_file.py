"""What was on the wall comes back; a file that cannot be used is told by name."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.model.layout import PRESETS, Cell, Layout, preset
from console.model.monitor import MonitorState, empty_monitor, showing
from console.store.wall_file import MAX_BYTES, WallFileError, load_wall, save_wall

OWN = Layout("my wall", 2, 3, (Cell(0, 0, 2, 2), Cell(0, 2), Cell(1, 2)))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("wall")


@given(
    st.sampled_from([*PRESETS, OWN]),
    st.lists(st.none() | st.integers(1, 99_999), max_size=80).map(tuple),
    st.integers(0, 80),
)
def test_what_was_saved_comes_back(
    folder: Path, layout: Layout, cameras: tuple[int | None, ...], selected: int
) -> None:
    state = showing(layout, cameras).chosen(selected)
    save_wall(folder / "wall.json", state)
    loaded = load_wall(folder / "wall.json")
    assert loaded == state
    assert loaded.layout is layout or layout is OWN


def test_a_maximised_tile_is_not_kept(tmp_path: Path) -> None:
    save_wall(tmp_path / "a" / "wall.json", empty_monitor().toggled())
    assert load_wall(tmp_path / "a" / "wall.json") == empty_monitor()


def test_no_file_is_an_empty_monitor(tmp_path: Path) -> None:
    assert load_wall(tmp_path / "wall.json") == MonitorState(PRESETS[3])


def test_a_layout_that_only_has_the_name_of_a_preset_stays_what_it_is(tmp_path: Path) -> None:
    mine = Layout("4", 1, 2, (Cell(0, 0), Cell(0, 1)))
    save_wall(tmp_path / "wall.json", MonitorState(mine))
    assert load_wall(tmp_path / "wall.json").layout == mine != preset("4")


GOOD = {
    "schema_version": 1,
    "layout": {"name": "x", "rows": 1, "columns": 2, "cells": [[0, 0, 1, 1], [0, 1, 1, 1]]},
    "cameras": [1, None],
    "selected": 0,
}


def bad(**parts: object) -> str:
    return json.dumps(GOOD | parts)


def layout(**parts: object) -> str:
    told: dict[str, object] = dict(GOOD["layout"])  # type: ignore[call-overload]
    return bad(layout=told | parts)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '"x"',
        "{}",
        "[" * 100_000,
        "9" * 5000,
        bad(schema_version=2),
        bad(schema_version=None),
        bad(cameras={"a": 1}),
        bad(cameras=["1"]),
        bad(cameras=[1.5]),
        bad(cameras=[True]),
        bad(cameras=None),
        bad(selected="0"),
        bad(selected=None),
        bad(layout=None),
        bad(layout=[]),
        layout(rows=0),
        layout(rows=10**12),
        layout(columns="2"),
        layout(cells=None),
        layout(cells=[]),
        layout(cells=[[0, 0, 1, 1, 1]]),
        layout(cells=[[0]]),
        layout(cells=["ab"]),
        layout(cells=[[0, 0, 1, 2], [0, 1, 1, 1]]),
        layout(rows=100, columns=100, cells=[[n // 100, n % 100, 1, 1] for n in range(10_000)]),
        " " * (MAX_BYTES + 1),
    ],
)
def test_what_cannot_be_used_is_told_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "wall.json"
    path.write_text(text)
    with pytest.raises(WallFileError) as told:
        load_wall(path)
    assert str(told.value).startswith(f"{path}: cannot be used (")
    assert str(told.value).endswith("delete the file to be rid of this message.")
    assert path.read_text() == text


def test_ten_thousand_tiles_are_told_in_words(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    path.write_text(layout(rows=100, columns=100, cells=[[n // 100, n % 100, 1, 1] for n in range(10_000)]))
    with pytest.raises(WallFileError, match=r"10000 tiles\. Use between 1 and 256 tiles"):
        load_wall(path)


def test_bytes_that_are_no_text_and_a_folder(tmp_path: Path) -> None:
    (tmp_path / "wall.json").write_bytes(b"\xff\xfe\x00\x80")
    for path in (tmp_path / "wall.json", tmp_path):
        with pytest.raises(WallFileError):
            load_wall(path)


@pytest.mark.parametrize("selected", [-5, 10**9])
def test_a_selection_beyond_the_wall_takes_the_nearest_tile(tmp_path: Path, selected: int) -> None:
    path = tmp_path / "wall.json"
    path.write_text(bad(selected=selected))
    assert load_wall(path).selected == (0 if selected < 0 else 1)
