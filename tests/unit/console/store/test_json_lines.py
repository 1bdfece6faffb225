"""JSON with lines: what the standard allows is read as Python reads it, and each mistake is told with its place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.store.json_lines import MAX_DEPTH, MAX_FLAWS, Flaws, Node, parse, shown

texts = st.text(st.characters(exclude_categories=["Cs"]))
numbers = st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner),
    max_leaves=20,
)


def read(text: str, most: int = 10_000) -> tuple[Node | None, Flaws]:
    flaws = Flaws(text)
    return parse(text, flaws, most), flaws


def plain(node: Node) -> Any:
    """The tree without its places."""
    match node.value:
        case list(rows):
            return [plain(each) for each in rows]
        case dict(members):
            return {key: plain(each) for key, each in members.items()}
        case scalar:
            return scalar


@given(values, st.sampled_from([None, 1]), st.booleans())
def test_what_python_writes_is_read_as_it_was(value: object, indent: int | None, ascii_only: bool) -> None:
    node, flaws = read(json.dumps(value, indent=indent, ensure_ascii=ascii_only))
    assert not flaws.count
    assert node is not None
    assert plain(node) == value


@given(st.text(st.sampled_from("{}[]\",:\\u0019e+-. \ntrfalsn'/"), max_size=30) | st.text(max_size=20))
@example('"\\ud83d\\ude00"')
@example('"\\ud83d"')
@example("[1,]")
@example("01")
@example("1e5")
def test_what_is_accepted_python_accepts_with_the_same_value_and_the_other_way_round(text: str) -> None:
    node, flaws = read(text)
    if node is not None and not flaws.count:
        assert plain(node) == json.loads(text)
    else:
        told = flaws.found[0]
        assert told.line >= 1
        assert told.sentence.endswith((".", "[ or {.", "?"))
        try:
            json.loads(text)
        except ValueError:
            return
        # repeated keys, NaN, numbers without end and half characters: Python takes them, a file of ours does not
        assert any(
            what in told.sentence for what in ("already", "no number", "digits", "too large", "half a character")
        )


@pytest.mark.parametrize(
    ("text", "line", "field", "part"),
    [
        ("", 1, "", "the file is empty"),
        (" \n\n ", 3, "", "the file is empty"),
        ("{", 1, "", "the { of line 1 is never closed. Add the missing }."),
        ('{\n"a": [1,\n2', 3, "a", "the [ of line 2 is never closed. Add the missing ]."),
        ('{"a": 1,\n}', 2, "", "a comma before }"),
        ("[1,\n]", 2, "", "a comma before ]"),
        ('{"a": 1\n"b": 2}', 2, "", "no comma and no }"),
        ('{"a": [1 2]}', 1, "a", "no comma and no ]"),
        ('{"a" 1}', 1, "a", 'no colon after the key. Write "a": and then the value.'),
        ("{a: 1}", 1, "", '"a" where a key should be'),
        ("{'a': 1}", 1, "", "Write keys in double quotes"),
        ("{\"a\": 'b'}", 1, "a", "Write text in double quotes"),
        ('{"a": }', 1, "a", "where a value should be"),
        ('{"a":', 1, "a", "a value is missing"),
        ('{"a": b}', 1, "a", "Write text in double quotes"),
        ('{"a": True}', 1, "a", "True is not known. Write true."),
        ('{"a": NaN}', 1, "a", "NaN is no number"),
        ('{"a": -Infinity}', 1, "a", "-Infinity is no number"),
        ('{"a": 012}', 1, "a", '"012" is no number'),
        ('{"a": +1}', 1, "a", '"+1" is no number'),
        ('{"a": .5}', 1, "a", '".5" is no number'),
        ('{"a": 1e999}', 1, "a", "1e999 is too large"),
        ('{"a": ' + "9" * 5000 + "}", 1, "a", "too many digits"),
        ('// no\n{"a": 1}', 1, "", "JSON has no comments"),
        ('{"a": 1} {"b": 2}', 1, "", "something follows after the end"),
        ('{"a":\n"b\n"}', 2, "a", "does not end on its line"),
        ('{"a": "b\tc"}', 1, "a", "a control character (U+0009)"),
        ('{"a": "\\x41"}', 1, "a", '"x" after a backslash'),
        ('{"a": "\\udc00"}', 1, "a", "half a character"),
        ('{"a": 1,\n"a": 2}', 2, "a", "this key is on line 1 already"),
        ("[" * (MAX_DEPTH + 1), 1, "[0]" * MAX_DEPTH, "brackets nested more than"),
        ("[" * 1_000_000, 1, "[0]" * MAX_DEPTH, "brackets nested more than"),
        ("[" + "0," * 10_000 + "0]", 1, "[9999]", "too many values"),
    ],
)
def test_mistakes_are_told_with_line_and_field(text: str, line: int, field: str, part: str) -> None:
    _, flaws = read(text)
    assert (flaws.found[0].line, flaws.found[0].field) == (line, field)
    assert part in flaws.found[0].sentence


def test_the_path_of_a_value_is_written_as_people_write_it() -> None:
    node, _ = read('{"tiles": [0, {"item": {"odd key": {"\\u202eevil": 1}}}]}')
    assert node is not None
    while isinstance(node.value, dict | list):
        node = node.value[-1] if isinstance(node.value, list) else next(iter(node.value.values()))
    assert node.path == 'tiles[1].item["odd key"]["\\u202eevil"]'


def test_a_message_quotes_nothing_that_moves_a_cursor_and_no_long_text() -> None:
    assert shown("a\x1b[2Jb\n") == '"a\\u001b[2Jb\\u000a"'
    assert shown("x" * 100) == '"' + "x" * 39 + '…"'


def test_flaws_are_counted_without_end_and_told_with_one() -> None:
    _, flaws = read("{" + ", ".join(['"a": 1'] * 50) + "}")
    assert flaws.count == 49
    assert len(flaws.found) == MAX_FLAWS
