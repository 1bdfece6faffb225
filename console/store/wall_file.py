"""What was on the wall when the program ended, so that it is there again at the next start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from console.model.layout import Cell, Layout, preset
from console.model.monitor import MonitorState, empty_monitor, showing
from console.store.files import read_bounded, save_atomically

SCHEMA_VERSION = 1
MAX_BYTES = 1_000_000


class WallFileError(Exception):
    """The file cannot be used; the sentence names it and the next step."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}. The wall starts empty; delete the file to be rid of this message.")


def load_wall(path: Path) -> MonitorState:
    """The wall as it was; an empty one where there is no file. Raises WallFileError."""
    try:
        data = json.loads(read_bounded(path, MAX_BYTES))
        return _state(data)
    except FileNotFoundError:
        return empty_monitor()
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise WallFileError(path, f"cannot be used ({error})") from None


def save_wall(path: Path, state: MonitorState) -> None:
    """Write the wall atomically. Raises OSError."""
    layout = state.layout
    data = {
        "schema_version": SCHEMA_VERSION,
        "layout": {
            "name": layout.name,
            "rows": layout.rows,
            "columns": layout.columns,
            "cells": [[c.row, c.column, c.rows, c.columns] for c in layout.cells],
        },
        "cameras": list(state.cameras),
        "selected": state.selected,
    }
    save_atomically(path, json.dumps(data, indent=1).encode())


def _state(data: Any) -> MonitorState:
    if data["schema_version"] != SCHEMA_VERSION:
        raise ValueError(f"schema_version {data['schema_version']!r} is not known")
    told = data["layout"]
    cells = tuple(_cell([_whole(part) for part in cell]) for cell in told["cells"])
    layout = Layout(str(told["name"]), _whole(told["rows"]), _whole(told["columns"]), cells)
    same = preset(layout.name)
    cameras = tuple(None if number is None else _whole(number) for number in data["cameras"][:4096])
    state = showing(same if same == layout and same is not None else layout, cameras)
    return state.chosen(_whole(data["selected"]))


def _cell(parts: list[int]) -> Cell:
    row, column, rows, columns = parts
    return Cell(row, column, rows, columns)


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{value!r} is not a whole number")
    return value
