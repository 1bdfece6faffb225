"""``watchfloor layout``: check layout files, list the layouts there are, print their schema. Needs no window."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from console import paths
from console.store.layout_file import LayoutFileError, load_layout
from console.store.layout_library import LayoutLibrary, Shelved

_HEAD = ("Name", "Whose", "Grid", "Tiles")


def add_parser(subparsers: Any) -> None:
    """Add this command to the command line."""
    parser: argparse.ArgumentParser = subparsers.add_parser(
        "layout", help="check and list wall layouts", description="Check layout files and list the layouts there are."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check",
        help="say what is wrong with layout files",
        description="Each problem is one line, FILE:LINE: FIELD: what is wrong and what to do. The exit status is 1 "
        "when there is any.",
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE")
    check.add_argument("--json", action="store_true", help="print a JSON list, one entry a file")
    listing = actions.add_parser("list", help="list the layouts that ship and your own")
    listing.add_argument("--json", action="store_true", help="print a JSON list")
    actions.add_parser("schema", help="print the JSON Schema of layout files")


def run(args: argparse.Namespace) -> int:
    """Do what was asked. 0 when all is well, 1 when a file has problems."""
    if args.action == "check":
        return _check(args.files, args.json)
    if args.action == "list":
        return _list(args.json)
    _say((paths.resources() / "schemas" / "layout.schema.json").read_text(encoding="utf-8").rstrip())
    return 0


def _check(files: Sequence[Path], as_json: bool) -> int:
    results: list[dict[str, Any]] = []
    lines: list[str] = []
    for path in files:
        try:
            layout = load_layout(path)
        except LayoutFileError as error:
            told = [{"line": each.line, "field": each.field, "sentence": each.sentence} for each in error.problems]
            results.append({"file": str(path), "good": False, "problems": told, "more": error.more})
            lines += [str(each) for each in error.problems]
            if error.more:
                lines.append(f"{path}: more problems: {error.more}; correct these first.")
        else:
            results.append({"file": str(path), "good": True, "problems": [], "more": 0})
            tiles = f"{len(layout.cells)} tile{'' if len(layout.cells) == 1 else 's'}"
            lines.append(f"{path}: good: {layout.name}, {layout.rows} x {layout.columns}, {tiles}")
    _say(json.dumps(results, indent=1) if as_json else "\n".join(lines))
    return 0 if all(each["good"] for each in results) else 1


def _list(as_json: bool) -> int:
    shelves, problems = LayoutLibrary(paths.layouts(), paths.own_layouts()).shelves()
    for problem in problems:
        print(problem, file=sys.stderr)
    if as_json:
        _say(json.dumps([_row(each) for each in shelves], indent=1))
        return 0
    rows = [_HEAD, *(_cells(each) for each in shelves)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row in rows:
        _say("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def _row(shelved: Shelved) -> dict[str, Any]:
    layout = shelved.layout
    return {
        "name": layout.name,
        "own": shelved.own,
        "hides_shipped": shelved.hides,
        "rows": layout.rows,
        "columns": layout.columns,
        "tiles": len(layout.cells),
        "file": str(shelved.path),
    }


def _cells(shelved: Shelved) -> tuple[str, str, str, str]:
    whose = "own, hides a shipped one" if shelved.hides else "own" if shelved.own else "shipped"
    layout = shelved.layout
    return layout.name, whose, f"{layout.rows} x {layout.columns}", str(len(layout.cells))


def _say(text: str) -> None:
    """Print, also where the terminal does not know a character of a name."""
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding))
