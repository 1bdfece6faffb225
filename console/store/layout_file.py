"""Layout files: readable JSON, checked field by field, saved whole. Not for Qt's thread; any other may call this.

Version 2 is what is written; ``resources/schemas/layout.schema.json`` is its published schema. Version 1 is what
``wall.json`` once held of one monitor; it is read and becomes version 2 when it is saved.
"""

from __future__ import annotations

from pathlib import Path

from console.model.layout import Layout
from console.store.files import save_atomically
from console.store.json_fields import Fields, JsonFileError, Problem, read_tree, told
from console.store.json_lines import Flaws, Node
from console.store.json_text import readable
from console.store.layout_schema import plain_layout, read_layout, read_old_cameras, read_old_layout

__all__ = ["LayoutFileError", "Problem", "check_version", "layout_bytes", "load_layout", "parse_layout", "save_layout"]

SCHEMA_VERSION = 2
SCHEMA_ID = "urn:watchfloor:schema:layout:2"
MAX_BYTES = 1024 * 1024
MAX_VALUES = 200_000
"""Values in one file; bounds the memory that reading it takes."""


class LayoutFileError(JsonFileError):
    """A layout file that cannot be used."""


def load_layout(path: Path) -> Layout:
    """Read a layout. Raises LayoutFileError with all problems of the file; also where there is none."""
    try:
        return read_tree(path, None, MAX_BYTES, MAX_VALUES, _read, LayoutFileError)
    except FileNotFoundError:
        problem = Problem(path, 1, "", "There is no such file. Check the name.")
        raise LayoutFileError([problem]) from None


def parse_layout(data: bytes, path: Path) -> Layout:
    """The layout in these bytes; ``path`` is what problems call them. Raises LayoutFileError."""
    return read_tree(path, data, MAX_BYTES, MAX_VALUES, _read, LayoutFileError)


def layout_bytes(layout: Layout) -> bytes:
    """The file of a layout in its one canonical form: UTF-8, one tile a line."""
    return readable({"$schema": SCHEMA_ID, "schema_version": SCHEMA_VERSION, **plain_layout(layout)})


def save_layout(path: Path, layout: Layout) -> None:
    """Write a layout atomically. What could not be read again is not written: raises LayoutFileError, and OSError when
    the disk refuses."""
    data = layout_bytes(layout)
    parse_layout(data, path)
    save_atomically(path, data)


def check_version(root: Node, flaws: Flaws, newest: int) -> int | None:
    """The ``schema_version`` of a file, from 1 to ``newest``; None where it is another (then ``flaws`` says why)."""
    if not isinstance(root.value, dict):
        flaws.add(root, f"{told(root)} instead of an object", "Begin the file with { and end it with }.")
        return None
    node = root.value.get("schema_version")
    if node is None:
        flaws.add(root, 'the key "schema_version" is missing', f'Add "schema_version": {newest}.')
        return None
    version = node.value
    if isinstance(version, float) and version.is_integer():  # 2.0 is 2, as in JSON Schema
        version = int(version)
    if isinstance(version, int) and not isinstance(version, bool) and version > newest:
        problem = f"written by a newer Watchfloor (version {version}, this one knows {newest})"
        flaws.add(node, problem, "Update Watchfloor, or restore the file from a backup.")
        return None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        flaws.add(node, f"{told(node)} is no version of this file", f"Write {newest}.")
        return None
    return version


def _read(root: Node, flaws: Flaws) -> Layout | None:
    version = check_version(root, flaws, SCHEMA_VERSION)
    if version is None:
        return None
    if version == 1:
        return _read_version_1(root, flaws)
    schema = root.value.get("$schema") if isinstance(root.value, dict) else None
    if schema is not None and not isinstance(schema.value, str):
        flaws.add(schema, f"{told(schema)} is no text", "Leave it out, or name the schema in double quotes.")
    return read_layout(root, flaws, ("$schema", "schema_version"))


def _read_version_1(root: Node, flaws: Flaws) -> Layout | None:
    fields = Fields(root, flaws, "a layout file of version 1", ("schema_version", "layout"), ("cameras", "selected"))
    fields.whole("selected", 0, 10**9)
    cameras = read_old_cameras(fields)
    node = fields.get("layout")
    return None if node is None else read_old_layout(node, flaws, cameras)
