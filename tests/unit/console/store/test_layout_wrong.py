"""Layout files that are wrong in many ways: each is told with file, line, field and what to do, and the published
schema agrees with the loader."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from layout_examples import GOOD, edited, layouts, tile

from console import paths
from console.model.layout import PRESETS, Layout
from console.store.layout_file import LayoutFileError, layout_bytes, parse_layout

HERE = Path("wall/here.json")

STEP = '{"item": {"kind": "map"}, "dwell": 10}'
RANGE = '{"cameras": [1, 99999], "share": [1, 4], "dwell": 8}'
TOUR = "tiles[8].item.steps"

# what it is, the text, line, field, part of the sentence, whether a schema can know it
WRONG: list[tuple[str, str, int, str, str, bool]] = [
    ("unknown key", edited('"rows": 3,', '"rows": 3, "rowss": 3,'), 5, "rowss", 'Did you mean "rows"?', True),
    ("unknown key of a tile", edited('"hotspot": true', '"hot": true'), 10, "tiles[0].hot", '"hotspot"?', True),
    ("unknown key of an item", edited('"kind": "map"}}', '"kind": "map", "zoom": 3}}'), 12, "tiles[2].item.zoom",
     'Unknown key "zoom" of an item of the kind map', True),
    ("repeated key", edited('"rows": 3,', '"rows": 3,\n"rows": 3,'), 6, "rows", "on line 5 already", False),
    ("missing key", edited('"rows": 3,', ""), 1, "", 'The key "rows" of a layout is missing', True),
    ("missing key of an item", edited(', "number": 5', ""), 11, "tiles[1].item", 'key "number"', True),
    ("no version", edited('"schema_version": 2,', ""), 1, "", 'Add "schema_version": 2.', True),
    ("newer version", edited('"schema_version": 2', '"schema_version": 3'), 3, "schema_version",
     "Written by a newer Watchfloor (version 3, this one knows 2). Update Watchfloor", True),
    ("a schema of 7", edited('"urn:watchfloor:schema:layout:2"', "7"), 2, "$schema",
     "7 is no text. Leave it out", True),
    ("version 0", edited('"schema_version": 2', '"schema_version": 0'), 3, "schema_version", "0 is no version", True),
    ("version in quotes", edited('"schema_version": 2', '"schema_version": "2"'), 3, "schema_version",
     '"2" is no', True),
    ("true for a number", edited('"rows": 3', '"rows": true'), 5, "rows",
     "true is no whole number from 1 to 256", True),
    ("a number in quotes", edited('"columns": 4', '"columns": "4"'), 6, "columns", '"4" is no whole number', True),
    ("half a row", edited('"rows": 3', '"rows": 2.5'), 5, "rows", "2.5 is no whole number", True),
    ("no rows", edited('"rows": 3', '"rows": 0'), 5, "rows", "0 is no whole number from 1 to 256", True),
    ("a negative column", edited('"row": 0, "column": 3', '"row": 0, "column": -1'), 12, "tiles[2].column", "-1", True),
    ("too many rows", edited('"rows": 3', '"rows": 1000000000000'), 5, "rows", "1000000000000", True),
    ("a list for a name", edited('"Wache Süd"', "[]"), 4, "name", "A list is no name", True),
    ("an empty name", edited('"Wache Süd"', '""'), 4, "name", "The name is empty", True),
    ("a name of blanks", edited('"Wache Süd"', '"   "'), 4, "name", "The name is empty", True),
    ("a long name", edited("Wache Süd", "x" * 81), 4, "name", "The name has 81 characters. Use at most 80.", True),
    ("control in a name", edited("Wache Süd", "Wache\\u0007"), 4, "name", "control character (U+0007)", True),
    ("a name that turns", edited("Wache Süd", "W\\u202eache"), 4, "name", "control character (U+202E)", True),
    ("tiles that are no list", edited('"tiles": [', '"tiles": {"a": [').rstrip()[:-1] + "}}", 9, "tiles",
     "An object is no list of tiles", True),
    ("no tiles", tile(None).replace('[{"row": 0, "column": 0, "item": null}]', "[]"), 1, "tiles", "0 tiles", True),
    ("a tile that is none", edited('{"row": 0, "column": 3, "item": {"kind": "map"}}', "7"), 12, "tiles[2]",
     "A tile must be an object", True),
    ("overlapping tiles", edited('"row": 0, "column": 2', '"row": 1, "column": 1'), 11, "tiles[1]",
     "lies over tiles[0] of line 10", False),
    ("a tile outside", edited('"row": 0, "column": 3', '"row": 0, "column": 4'), 12, "tiles[2]",
     "reaches column 4, but the grid has columns 0 to 3", False),
    ("a tile too high", edited('"row": 0, "column": 3', '"row": 0, "column": 3, "rows": 9'), 12, "tiles[2]",
     "reaches row 8, but the grid has rows 0 to 2", False),
    ("weights for other tracks", edited("[1, 2, 1]", "[1, 2]"), 7, "row_weights", "2 row weights. Use 3.", False),
    ("a weight of nothing", edited("[1, 2, 1]", "[1, 0, 1]"), 7, "row_weights[1]", "0 is no whole number", True),
    ("a hotspot in quotes", edited('"hotspot": true', '"hotspot": "yes"'), 10, "tiles[0].hotspot",
     '"yes" is neither true nor false', True),
    ("null for an item", edited('{"kind": "alarms"}', "null"), 17, "tiles[7].item", "An item must be an object", True),
    ("no kind", edited('"kind": "alarms"', ""), 17, "tiles[7].item", 'The key "kind" of an item is missing', True),
    ("an unknown kind", edited('"alarms"', '"alarm"'), 17, "tiles[7].item.kind", '"alarm" is no kind of item', True),
    ("a kind that is a list", edited('"alarms"', "[[]]"), 17, "tiles[7].item.kind", "A list is no kind", True),
    ("camera 0", edited('"number": 5', '"number": 0'), 11, "tiles[1].item.number", "from 1 to 99999", True),
    ("a relative URL", edited("https://example.org:8443/", "/"), 13, "tiles[3].item.url", "is no web address", True),
    ("a URL of a file", edited("https://example.org:8443/", "file:///etc/"), 13, "tiles[3].item.url",
     "only http", True),
    ("a URL of code", edited("https://example.org:8443/", "javascript:"), 13, "tiles[3].item.url", "only http", True),
    ("a URL without host", edited("https://example.org:8443/", "https:///"), 13, "tiles[3].item.url", "no web", True),
    ("a URL with a blank", edited("example.org:8443", "example .org"), 13, "tiles[3].item.url", "no web", True),
    ("a URL with a backslash", edited("org:8443/", "org\\\\@evil/"), 13, "tiles[3].item.url",
     "no web address", True),
    ("a URL with a torn password", edited("https://", "https://user:p/w@"), 13, "tiles[3].item.url", "user", True),
    ("a URL with odd letters", edited("example.org:8443", "ex!ample.org"), 13, "tiles[3].item.url", "no web", True),
    ("a URL with two dots", edited("example.org:8443", "example..org"), 13, "tiles[3].item.url", "no web", True),
    ("a URL of a path", edited("https://example.org:8443/", "//example.org/"), 13, "tiles[3].item.url", "no web", True),
    ("a URL with a far port", edited(":8443", ":99999"), 13, "tiles[3].item.url", "no web address", False),
    ("a URL with a broken IPv6", edited("example.org:8443", "[::1::]"), 13, "tiles[3].item.url", "no web", False),
    ("a URL with a password", edited("https://", "https://user:pw@"), 13, "tiles[3].item.url",
     "one with a user name. Take the user name out", True),
    ("a picture from the web", edited("plans/ground", "https://plans"), 14, "tiles[4].item.file", "is no file", True),
    ("a picture with a null", edited("plans/", "plans\\u0000"), 14, "tiles[4].item.file", "U+0000", True),
    ("text without end", edited("Gate 4", "x" * 2001), 15, "tiles[5].item.text", "Use at most 2000", True),
    ("a zone that is not", edited("Bogota", "Bogotá"), 16, "tiles[6].item.zone",
     'Did you mean "America/Bogota"?', True),
    ("a zone that was a typo", edited("Bogota", "Bogote"), 16, "tiles[6].item.zone", '"America/Bogota"?', False),
    ("a zone that leads away", edited("America/Bogota", "../../etc/passwd"), 16, "tiles[6].item.zone", "no time zone",
     True),
    ("a zone that is a folder", edited("America/Bogota", "America"), 16, "tiles[6].item.zone", "no time zone", False),
    ("a tour without steps", tile({"kind": "tour", "steps": []}), 1, "tiles[0].item.steps", "0 steps", True),
    ("a tour in a tour", edited(STEP, STEP.replace("map", "tour")), 25, f"{TOUR}[1].item.kind", "inside a tour", True),
    ("a dwell too short", edited(STEP, STEP.replace("10", "0.5")), 25, f"{TOUR}[1].dwell", "from 1 to 86400", True),
    ("a dwell of true", edited(STEP, STEP.replace("10", "true")), 25, f"{TOUR}[1].dwell", "true is no number", True),
    ("a dwell that is no number", edited(STEP, STEP.replace("10", "NaN")), 25, f"{TOUR}[1].dwell", "NaN is no", False),
    ("a dwell too large", edited(STEP, STEP.replace("10", "1e400")), 25, f"{TOUR}[1].dwell", "is too large", True),
    ("a step of nothing", edited(STEP, "{}"), 25, f"{TOUR}[1]", 'The key "item" of a step of a tour', True),
    ("one camera", edited("[1, 99999]", "[1]"), 26, f"{TOUR}[2].cameras", "1 numbers. Use 2.", True),
    ("cameras the wrong way", edited("[1, 99999]", "[9, 3]"), 26, f"{TOUR}[2].cameras", "Write [3, 9].", False),
    ("a fifth of four", edited("[1, 4]", "[5, 4]"), 26, f"{TOUR}[2].share", "beyond its whole", False),
    ("item and cameras", edited(RANGE, '{"item": {"kind": "map"}, "cameras": [1, 2]}'), 26, f"{TOUR}[2].item",
     'Unknown key "item"', True),
    ("a missing comma", edited('"rows": 3,', '"rows": 3'), 6, "", "No comma and no }", False),
    ("a comment", edited('"rows": 3,', '"rows": 3, // three'), 5, "", "where a key should be", False),
    ("an open bracket", GOOD.rstrip()[:-1], 31, "", "The { of line 1 is never closed", False),
    ("nothing", "", 1, "", "The file is empty", False),
    ("a list", "[]", 1, "", "A list instead of an object", True),
    ("deep nesting", "[" * 100_000, 1, "[0]" * 24, "nested more than 24 deep", False),
]  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> jsonschema.Draft202012Validator:
    text = (paths.resources() / "schemas" / "layout.schema.json").read_text(encoding="utf-8")
    jsonschema.Draft202012Validator.check_schema(json.loads(text))
    return jsonschema.Draft202012Validator(json.loads(text))


@pytest.mark.parametrize(
    ("text", "line", "field", "part"), [row[1:5] for row in WRONG], ids=[row[0].replace(" ", "-") for row in WRONG]
)
def test_a_wrong_file_is_told_with_line_field_and_advice(text: str, line: int, field: str, part: str) -> None:
    with pytest.raises(LayoutFileError) as told:
        parse_layout(text.encode(), HERE)
    (problem,) = told.value.problems
    assert (problem.line, problem.field) == (line, field)
    assert part.casefold() in problem.sentence.casefold()
    assert str(problem).startswith(f"{HERE}:{line}: {field}")
    assert "\n" not in str(problem)
    assert str(told.value) == str(problem)
    assert not problem.sentence[0].islower() or problem.sentence.startswith(("true ", "null "))


@pytest.mark.parametrize(
    ("text", "knows"), [(row[1], row[5]) for row in WRONG], ids=[row[0].replace(" ", "-") for row in WRONG]
)
def test_the_schema_refuses_what_the_loader_refuses(
    schema: jsonschema.Draft202012Validator, text: str, knows: bool
) -> None:
    data: Any
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        assert not knows
        return
    assert bool(list(schema.iter_errors(data))) == knows


@settings(max_examples=50)
@given(layouts())
def test_the_schema_takes_what_the_loader_takes(schema: jsonschema.Draft202012Validator, layout: Layout) -> None:
    schema.validate(json.loads(layout_bytes(layout)))


def test_the_schema_takes_the_good_file_and_the_built_in_layouts(schema: jsonschema.Draft202012Validator) -> None:
    for data in (GOOD.encode(), *map(layout_bytes, PRESETS)):
        schema.validate(json.loads(data))


def test_no_message_repeats_a_password() -> None:
    for prefix in ("https://user:secret@", "https://user:s/ecret@", "ftp://user:secret@", "user:secret@"):
        with pytest.raises(LayoutFileError) as told:
            parse_layout(edited("https://example.org:8443/", f"{prefix}example org/").encode(), HERE)
        assert "ecret" not in str(told.value)


def test_ten_thousand_tiles_are_one_problem() -> None:
    data = json.loads(GOOD) | {"tiles": [{"row": n // 100, "column": n % 100} for n in range(10_000)]}
    with pytest.raises(LayoutFileError) as told:
        parse_layout(json.dumps(data, indent=1).encode(), HERE)
    (problem,) = told.value.problems
    assert (problem.line, problem.field) == (18, "tiles")
    assert problem.sentence == "10000 tiles. Use 1 to 256."


def test_all_mistakes_of_a_file_are_told_in_the_order_of_their_lines() -> None:
    text = GOOD.replace('"rows": 3,', '"rows": "3",').replace('"kind": "map"}}', '"kind": "maps"}}')
    text = text.replace('"row": 0, "column": 2', '"row": 1, "column": 1').replace("[3, 3, 3, 2]", "[3, 3, 3, 0]")
    with pytest.raises(LayoutFileError) as told:
        parse_layout(text.encode(), HERE)
    assert [(each.line, each.field) for each in told.value.problems] == [
        (5, "rows"), (8, "column_weights[3]"), (12, "tiles[2].item.kind"),
    ]  # fmt: skip
    assert str(told.value).endswith("(2 more)")


def test_no_more_than_twenty_are_told_and_the_rest_counted() -> None:
    tiles = [{"row": 0, "column": 0, "colour": n} for n in range(256)]
    text = json.dumps({"schema_version": 2, "name": "x", "rows": 1, "columns": 1, "tiles": tiles})
    with pytest.raises(LayoutFileError) as told:
        parse_layout(text.encode(), HERE)
    assert len(told.value.problems) == 20
    assert told.value.more == 236


def test_bytes_that_are_no_text_are_told_with_their_line() -> None:
    with pytest.raises(LayoutFileError) as told:
        parse_layout(GOOD.replace("Süd", "Sud").encode().replace(b"floor.png", b"fl\xf6or.png"), HERE)
    assert told.value.problems[0][1:] == (14, "", "Not UTF-8 text. Save it as UTF-8, or restore it from a backup.")


@pytest.mark.parametrize(
    ("key", "value", "field"),
    [
        ("layout", None, "layout"),
        ("cameras", [1, True], "cameras[1]"),
        ("cameras", {"a": 1}, "cameras"),
        ("camera", [], "camera"),
        ("layout", {"name": "x", "rows": 1, "columns": 1, "cells": [[0, 0, 1]]}, "layout.cells[0]"),
        ("layout", {"name": "x", "rows": 1, "columns": 1, "cells": [[0, 0, 1, 0]]}, "layout.cells[0][3]"),
        ("layout", {"name": "x", "rows": 1, "columns": 1, "cells": [[0, 1, 1, 1]]}, "layout.cells[0]"),
        ("layout", {"name": "x", "rows": 1, "columns": 1, "tiles": []}, "layout"),
    ],
)
def test_files_of_version_1_are_checked_as_strictly(key: str, value: object, field: str) -> None:
    layout = {"name": "x", "rows": 1, "columns": 2, "cells": [[0, 0, 1, 1]]}
    data = {"schema_version": 1, "layout": layout, "cameras": [1]} | {key: value}
    with pytest.raises(LayoutFileError) as told:
        parse_layout(json.dumps(data).encode(), HERE)
    assert field in [each.field for each in told.value.problems]
