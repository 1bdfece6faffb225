"""The whole wall in one readable file, ``wall.json``: monitors and what they show, presets, schedule, tour. Checked as
strictly as layout files, and saved whole. Not for Qt's thread.

Version 2 is what is written. Version 1 told what one monitor showed; it is read as a wall of that monitor.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from console.model.layout import preset
from console.model.monitor import empty_monitor, showing
from console.model.wall import Monitor, Wall
from console.store.files import save_atomically
from console.store.json_fields import Fields, JsonFileError, read_tree
from console.store.json_lines import Flaws, Node
from console.store.json_text import readable
from console.store.layout_file import check_version
from console.store.layout_schema import read_old_cameras, read_old_layout
from console.store.walls_schema import plain_wall, read_wall

SCHEMA_VERSION = 2
MAX_BYTES = 8 * 1024 * 1024
MAX_VALUES = 1_000_000
"""Values in one file; bounds the memory that reading it takes."""
_MOST_ASIDE = 20
_TODAY = {"1": "Single", "4": "Quad", "9": "3x3", "16": "4x4", "25": "5x5", "36": "6x6", "64": "8x8"}
"""What the layouts that version 1 knew are called among those that ship."""


class WallsFileError(JsonFileError):
    """A wall file that cannot be used."""


def load_walls(path: Path) -> Wall:
    """The wall as it was; one empty monitor where there is no file. Raises WallsFileError with all problems."""
    try:
        return read_tree(path, None, MAX_BYTES, MAX_VALUES, _read, WallsFileError)
    except FileNotFoundError:
        return _one_monitor()


def save_walls(path: Path, wall: Wall) -> None:
    """Write the wall atomically. What tours and hotspots show at the moment is not kept, nor a tile made large. What
    could not be read again is not written: raises WallsFileError, and OSError when the disk refuses."""
    data = readable({"schema_version": SCHEMA_VERSION, **plain_wall(wall)})
    read_tree(path, data, MAX_BYTES, MAX_VALUES, _read, WallsFileError)
    save_atomically(path, data)


def set_aside(path: Path) -> Path:
    """Give a file that cannot be used another name, so that the next save does not overwrite what may be mended by
    hand: ``wall.json.broken``, then ``.broken-2`` ...; the last of twenty is replaced. Returns it. Raises OSError."""
    names = [path.with_name(f"{path.name}.broken{'' if n == 1 else f'-{n}'}") for n in range(1, _MOST_ASIDE + 1)]
    aside = next((name for name in names if not name.exists()), names[-1])
    os.replace(path, aside)
    return aside


def _one_monitor() -> Wall:
    return Wall(monitors=(Monitor(1, "Monitor 1", empty_monitor()),))


def _read(root: Node, flaws: Flaws) -> Wall | None:
    version = check_version(root, flaws, SCHEMA_VERSION)
    if version is None:
        return None
    return _read_version_1(root, flaws) if version == 1 else read_wall(root, flaws, ("schema_version",))


def _read_version_1(root: Node, flaws: Flaws) -> Wall | None:
    required = ("schema_version", "layout", "cameras", "selected")
    fields = Fields(root, flaws, "a wall file of version 1", required)
    selected = fields.whole("selected", 0, 10**9)
    cameras = read_old_cameras(fields)
    node = fields.get("layout")
    layout = None if node is None else read_old_layout(node, flaws)
    if layout is None or fields.flawed:
        return None
    today = replace(layout, name=_TODAY.get(layout.name, layout.name))
    if today == preset(today.name):
        layout = today
    return Wall(monitors=(Monitor(1, "Monitor 1", showing(layout, cameras).chosen(selected)),))
