"""The whole wall comes back after a restart; a file that is wrong is told with line and field."""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layout_examples import walls

from console.model.items import CameraItem, ClockItem
from console.model.layout import Cell, Layout, grid
from console.model.monitor import empty_monitor, showing
from console.model.wall import Arrangement, Monitor, Preset, PresetTour, ScreenId, Switch, Wall
from console.store.walls_file import MAX_BYTES, WallsFileError, load_walls, save_walls, set_aside

DOOR = Layout("Door", 1, 2, (Cell(0, 0, hotspot=True), Cell(0, 1, item=ClockItem())))
EXAMPLE = Wall(
    "Leitstelle",
    (
        Monitor(1, "Desk", showing(grid("Quad", 2, 2), [5, None, 7])),
        Monitor(2, "Left", showing(DOOR), ScreenId("DP-1", "AB12", "Dell", "U27", -1920, 0, 1920, 1080), instead=1),
    ),
    (
        Preset("Day", ((1, Arrangement(DOOR)), (2, Arrangement(grid("Single", 1, 1), (CameraItem(3),)))), key=2),
        Preset("Night", ((1, Arrangement(DOOR)),)),
    ),
    (Switch("Day", time(6, 30)), Switch("Night", time(22, 0, 30), frozenset((4, 5)))),
    PresetTour((("Day", 30.0), ("Night", 12.5))),
)
GOOD = """\
{
  "schema_version": 2,
  "name": "Leitstelle",
  "monitors": [
    {
      "number": 1,
      "name": "Desk",
      "selected": 0,
      "layout": {
        "name": "Quad",
        "rows": 2,
        "columns": 2,
        "tiles": [
          {"row": 0, "column": 0},
          {"row": 0, "column": 1},
          {"row": 1, "column": 0},
          {"row": 1, "column": 1}
        ]
      },
      "items": [
        {"kind": "camera", "number": 5},
        null,
        {"kind": "camera", "number": 7}
      ]
    },
    {
      "number": 2,
      "name": "Left",
      "screen": {"name": "DP-1", "serial": "AB12", "maker": "Dell", "model": "U27", "x": -1920, "y": 0, "width": 1920, \
"height": 1080},
      "instead": 1,
      "selected": 0,
      "layout": {
        "name": "Door",
        "rows": 1,
        "columns": 2,
        "tiles": [
          {"row": 0, "column": 0, "hotspot": true},
          {"row": 0, "column": 1, "item": {"kind": "clock"}}
        ]
      },
      "items": [
        null,
        {"kind": "clock"}
      ]
    }
  ],
"""
"""How the example begins in its file."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("walls")


@settings(max_examples=60)
@given(walls())
def test_any_wall_survives_saving_and_loading(folder: Path, wall: Wall) -> None:
    save_walls(folder / "wall.json", wall)
    assert load_walls(folder / "wall.json") == wall


def test_the_file_is_pleasant_to_read(tmp_path: Path) -> None:
    save_walls(tmp_path / "a" / "wall.json", EXAMPLE)
    text = (tmp_path / "a" / "wall.json").read_text(encoding="utf-8")
    assert text.startswith(GOOD)
    assert '    {"preset": "Day", "at": "06:30"},\n' in text
    assert '    {"preset": "Night", "at": "22:00:30", "weekdays": ["friday", "saturday"]}\n' in text
    assert load_walls(tmp_path / "a" / "wall.json") == EXAMPLE


def test_no_file_is_one_empty_monitor(tmp_path: Path) -> None:
    assert load_walls(tmp_path / "wall.json") == Wall(monitors=(Monitor(1, "Monitor 1", empty_monitor()),))


def test_what_comes_and_goes_by_itself_is_not_kept(tmp_path: Path) -> None:
    state = showing(DOOR, [4])
    moving = replace(state.following(9).touring([None, CameraItem(3)]).toggled(), selected=99)
    save_walls(tmp_path / "wall.json", Wall(monitors=(Monitor(1, "Desk", moving),)))
    assert load_walls(tmp_path / "wall.json").monitors[0].state == replace(state, selected=1)


def test_the_file_of_version_1_becomes_a_wall_of_monitor_1(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    cells = [[row, column, 1, 1] for row in range(3) for column in range(3)]
    cameras = [4, None, 7, *range(20, 40)]
    old = {"name": "9", "rows": 3, "columns": 3, "cells": cells}
    path.write_text(json.dumps({"schema_version": 1, "layout": old, "cameras": cameras, "selected": 2}))
    state = showing(grid("3x3", 3, 3), cameras).chosen(2)  # as it is called among the layouts that ship
    wall = load_walls(path)
    assert wall == Wall(monitors=(Monitor(1, "Monitor 1", state),))
    save_walls(path, wall)
    assert json.loads(path.read_text())["schema_version"] == 2
    assert load_walls(path) == wall


def test_an_own_layout_of_version_1_keeps_its_name(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    old = {"name": "4", "rows": 1, "columns": 2, "cells": [[0, 0, 1, 1], [0, 1, 1, 1]]}
    path.write_text(json.dumps({"schema_version": 1, "layout": old, "cameras": [], "selected": 0}))
    assert load_walls(path).monitors[0].state.layout == grid("4", 1, 2)


def test_monitors_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    save_walls(tmp_path / "wall.json", replace(EXAMPLE, monitors=EXAMPLE.monitors[::-1]))
    assert load_walls(tmp_path / "wall.json") == EXAMPLE


def wrong(tmp_path: Path, old: str, new: str) -> Path:
    save_walls(tmp_path / "wall.json", EXAMPLE)
    text = (tmp_path / "wall.json").read_text(encoding="utf-8")
    assert text.count(old) == 1, (old, text)
    (tmp_path / "wall.json").write_text(text.replace(old, new), encoding="utf-8")
    return tmp_path / "wall.json"


@pytest.mark.parametrize(
    ("old", "new", "line", "field", "part"),
    [
        ('"schema_version": 2', '"schema_version": 3', 2, "schema_version", "a newer Watchfloor"),
        ('"name": "Leitstelle"', '"nome": "x"', 1, "", 'The key "name" of a wall is missing'),
        ('"number": 2,\n      "name": "Left"', '"number": 1,\n      "name": "Left"', 27, "monitors[1].number",
         "monitors[0] of line 5 has this number already"),
        ('"number": 1,\n      "name": "Desk"', '"number": 3,\n      "name": "Desk"', 30, "monitors[1].instead",
         "there is no monitor 1"),
        ('"instead": 1', '"instead": 2', 30, "monitors[1].instead", "cannot stand in for itself"),
        ('"instead": 1', '"instead": 7', 30, "monitors[1].instead", "there is no monitor 7"),
        ('"width": 1920', '"width": true', 29, "monitors[1].screen.width", "true is no whole number"),
        ('"serial": "AB12"', '"seriel": "AB12"', 29, "monitors[1].screen.seriel", 'Did you mean "serial"?'),
        ('\n          {"row": 0, "column": 0, "hotspot": true}', '\n          {"row": 0, "column": 1}', 38,
         "monitors[1].layout.tiles[1]",
         "lies over monitors[1].layout.tiles[0] of line 37"),
        ('        null,\n        {"kind": "clock"}', '        null,\n        {"kind": "watch"}', 43,
         "monitors[1].items[1].kind", '"watch" is no kind of item'),
        ('"name": "Desk",\n      "selected": 0', '"name": "Desk",\n      "selected": 4', 8, "monitors[0].selected",
         "from 0 to 3"),
        ('"key": 2', '"key": 11', 0, "presets[0].key", "F11 is the key for full screen. Use F2 to F10, or F12."),
        ('"key": 2', '"key": 1', 0, "presets[0].key", "from 2 to 12"),
        ('"name": "Night",', '"name": "Day",', 0, "presets[1].name", "has this name already"),
        ('"preset": "Day", "at"', '"preset": "Dya", "at"', 0, "schedule[0].preset", 'Did you mean "Day"?'),
        ('"06:30"', '"6:30"', 0, "schedule[0].at", '"6:30" is no time of day'),
        ('"06:30"', '"24:00"', 0, "schedule[0].at", "is no time of day"),
        ('"06:30"', "630", 0, "schedule[0].at", "630 is no text"),
        ('"friday"', '"Friday"', 0, "schedule[1].weekdays[0]", '"Friday" is no weekday'),
        ('"friday"', '[]', 0, "schedule[1].weekdays[0]", "a list is no weekday"),
        ('"dwell": 12.5', '"dwell": 0', 0, "tour[1].dwell", "0 is no number from 1 to 86400"),
        ('"dwell": 12.5', '"dwell": Infinity', 0, "tour[1].dwell", "Infinity is no number"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_told_with_line_and_field(
    tmp_path: Path, old: str, new: str, line: int, field: str, part: str
) -> None:
    path = wrong(tmp_path, old, new)
    before = path.read_bytes()
    with pytest.raises(WallsFileError) as told:
        load_walls(path)
    found = {each.field: each for each in told.value.problems}
    assert part.casefold() in found[field].sentence.casefold()
    lines = before.decode().split("\n")
    key = field.rpartition(".")[2].partition("[")[0]
    assert found[field].line == line or (not line and f'"{key}"' in lines[found[field].line - 1])
    assert path.read_bytes() == before


def test_a_broken_preset_does_not_make_those_wrong_that_name_it(tmp_path: Path) -> None:
    with pytest.raises(WallsFileError) as told:
        load_walls(wrong(tmp_path, '"key": 2', '"key": "F2"'))
    assert [each.field for each in told.value.problems] == ["presets[0].key"]


def test_what_could_not_be_read_again_is_never_written(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    save_walls(path, EXAMPLE)
    before = path.read_bytes()
    for bad in (
        replace(EXAMPLE, name=""),
        replace(EXAMPLE, monitors=()),
        replace(EXAMPLE, monitors=(replace(EXAMPLE.monitors[0], number=2),)),
        replace(EXAMPLE, schedule=(Switch("Nothing", time(1)),)),
        EXAMPLE.with_monitor(Monitor(3, "", empty_monitor())),
        EXAMPLE.with_monitor(Monitor(3, "x", showing(grid("x", 1, 1), [0]))),
    ):
        with pytest.raises(WallsFileError):
            save_walls(path, bad)
    assert path.read_bytes() == before


@given(st.binary(max_size=100), st.integers(0, 10_000), st.integers(0, 40))
def test_noise_in_a_good_file_is_read_or_refused(folder: Path, noise: bytes, at: int, most: int) -> None:
    save_walls(folder / "good.json", EXAMPLE)
    data = bytearray((folder / "good.json").read_bytes())
    at %= len(data)
    data[at : at + most] = noise
    (folder / "noise.json").write_bytes(data)
    with contextlib.suppress(WallsFileError):  # and nothing else
        assert isinstance(load_walls(folder / "noise.json"), Wall)


def test_huge_files_and_folders(tmp_path: Path) -> None:
    (tmp_path / "wall.json").write_bytes(b" " * (MAX_BYTES + 1))
    for path in (tmp_path / "wall.json", tmp_path):
        with pytest.raises(WallsFileError):
            load_walls(path)


def test_a_file_that_cannot_be_used_is_set_aside_under_a_free_name(tmp_path: Path) -> None:
    path = tmp_path / "wall.json"
    for number in range(22):
        path.write_text(str(number))
        set_aside(path)
    assert not path.exists()
    assert (tmp_path / "wall.json.broken").read_text() == "0"
    assert (tmp_path / "wall.json.broken-2").read_text() == "1"
    assert (tmp_path / "wall.json.broken-20").read_text() == "21"
    assert len(list(tmp_path.glob("wall.json*"))) == 20
