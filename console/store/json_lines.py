"""Strict JSON (RFC 8259) that remembers where everything stands, so that a message about a mistake names its line and
its field. Refused besides what the standard refuses: repeated keys, nesting without end, numbers that no field can
hold, half surrogates, and files larger than told. The parsers of Python keep the values and forget the places.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from math import nan

MAX_DEPTH = 24
"""Nested deeper than this, a file is not one of ours."""
MAX_DIGITS = 40
"""Characters of one number."""
MAX_FLAWS = 20
"""Mistakes of one file that are told; after that many, reading on helps nobody."""

type Value = bool | int | float | str | list[Node] | dict[str, Node] | None


@dataclass(slots=True, eq=False, repr=False)
class Node:
    """A value and where it stands: ``at`` is its place in the text in characters (of a member that of its key),
    ``parent`` and ``key`` lead to it from the root. Lists and objects hold nodes."""

    at: int
    parent: Node | None = None
    key: str | int = ""
    value: Value = None

    @property
    def path(self) -> str:
        """The way from the root as people write it, ``tiles[3].item.url``; "" for the root. Lists count from 0."""
        parts: list[str] = []
        node: Node = self
        while node.parent is not None:
            parts.append(_step(node.key))
            node = node.parent
        return "".join(reversed(parts)).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Flaw:
    """One mistake: its line from 1, the field ("" for the file as a whole), and a sentence that says what to do."""

    line: int
    field: str
    sentence: str


@dataclass(slots=True)
class Flaws:
    """The mistakes of one text, the first ``MAX_FLAWS`` of them; ``count`` counts all that were found."""

    text: str
    found: list[Flaw] = field(default_factory=list)
    count: int = 0
    _ends: list[int] = field(default_factory=list)

    def add(self, node: Node, problem: str, advice: str | Callable[[], str]) -> None:
        """A mistake at a node. Advice that takes long to find is asked for only where it is told."""
        if len(self.found) >= MAX_FLAWS:
            self.count += 1
            return
        self.add_at(node.at, node.path, f"{problem}. {advice if isinstance(advice, str) else advice()}")

    def add_at(self, at: int, path: str, sentence: str) -> None:
        """A mistake at a place of the text."""
        self.count += 1
        if len(self.found) < MAX_FLAWS:
            self.found.append(Flaw(self.line(at), path, sentence))

    def line(self, at: int) -> int:
        """The line, from 1, of a place in the text. Found by halving: a hostile file is asked for many lines."""
        if not self._ends:
            self._ends = list(accumulate(len(line) + 1 for line in self.text.split("\n")))
        return min(bisect_right(self._ends, at), len(self._ends) - 1) + 1


def shown(text: str, most: int = 40) -> str:
    """A text from a file as a message quotes it: in quotes, shortened, on one line, nothing that moves a cursor."""
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in cut) + '"'


def parse(text: str, flaws: Flaws, max_values: int) -> Node | None:
    """The tree of a text, or None where it is no JSON at all (then ``flaws`` says why). Repeated keys and numbers out
    of any range are told and the rest is read, so that all mistakes are told at once; such a number becomes NaN, which
    is in no tree otherwise."""
    parser = _Parser(text, flaws, max_values)
    try:
        return parser.document()
    except _Stop:
        return None


class _Stop(Exception):
    """What follows cannot be understood; the flaw is written down already."""


_SPACE = re.compile(r"[ \t\r\n]*")
_PLAIN = re.compile(r'"([^"\\\x00-\x1f\ud800-\udfff]*)"')
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?(?![\w.+-])")
_WORD = re.compile(r"[\w.+$-]{1,40}")
_ESCAPES = {'"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_WORDS = {"true": True, "false": False, "null": None}
_MEANT = {"True": "true", "False": "false", "None": "null", "TRUE": "true", "FALSE": "false", "NULL": "null"}
_UNITS = re.compile(r"\\u([0-9A-Fa-f]{4})")


class _Parser:
    """One reading of one text."""

    def __init__(self, text: str, flaws: Flaws, max_values: int) -> None:
        self._text = text
        self._flaws = flaws
        self._left = max_values
        self._at = 0

    def document(self) -> Node:
        self._space()
        root = Node(self._at)
        if self._at == len(self._text):
            raise self._stop(root, "the file is empty", "Restore it from a backup, or delete it.")
        self._read(root, MAX_DEPTH)
        self._space()
        if self._at < len(self._text):
            raise self._stop(root, "something follows after the end", "Remove it, or mend the brackets before it.")
        return root

    def _space(self) -> str:
        """Skip blanks; the character that follows, "" at the end."""
        match = _SPACE.match(self._text, self._at)
        assert match is not None
        self._at = match.end()
        return self._text[self._at : self._at + 1]

    def _stop(self, node: Node, problem: str, advice: str, at: int | None = None) -> _Stop:
        self._flaws.add_at(self._at if at is None else at, node.path, f"{problem}. {advice}")
        return _Stop()

    def _read(self, node: Node, depth: int) -> None:
        """The value that begins here becomes that of ``node``."""
        self._left -= 1
        if self._left < 0:
            raise self._stop(node, "too many values", "Divide the file, or restore it from a backup.")
        first = self._text[self._at : self._at + 1]
        if first == '"':
            node.value = self._string(node)
        elif first in ("{", "["):
            if depth == 0:
                raise self._stop(node, f"brackets nested more than {MAX_DEPTH} deep", "Restore it from a backup.")
            node.value = self._object(node, depth - 1) if first == "{" else self._list(node, depth - 1)
        else:
            node.value = self._scalar(node)

    def _object(self, node: Node, depth: int) -> dict[str, Node]:
        begin, members = self._at, dict[str, Node]()
        self._at += 1
        if self._space() == "}":
            self._at += 1
            return members
        while True:
            child = Node(self._at, node)
            if self._space() != '"':
                raise self._no_key(node, begin)
            child.at = self._at
            child.key = key = self._string(node)
            if self._space() != ":":
                raise self._stop(child, "no colon after the key", f"Write {shown(key)}: and then the value.")
            self._at += 1
            self._space()
            self._read(child, depth)
            if key in members:
                line = self._flaws.line(members[key].at)
                self._flaws.add(child, f"this key is on line {line} already", "Remove one of the two.")
            else:
                members[key] = child
            if self._ended(node, begin, "}"):
                return members

    def _list(self, node: Node, depth: int) -> list[Node]:
        begin, children = self._at, list[Node]()
        self._at += 1
        if self._space() == "]":
            self._at += 1
            return children
        while True:
            if self._space() == "]":
                raise self._stop(node, "a comma before ]", "Remove the comma.")
            child = Node(self._at, node, len(children))
            self._read(child, depth)
            children.append(child)
            if self._ended(node, begin, "]"):
                return children

    def _ended(self, node: Node, begin: int, bracket: str) -> bool:
        """Behind one value of a list or an object: is it the last?"""
        after = self._space()
        if not after:
            raise self._unclosed(node, begin)
        if after not in (",", bracket):
            raise self._stop(node, f"no comma and no {bracket} after this value", "Add what is missing before this.")
        self._at += 1
        return after == bracket

    def _no_key(self, node: Node, begin: int) -> _Stop:
        what = self._text[self._at : self._at + 1]
        if not what:
            return self._unclosed(node, begin)
        if what == "}":
            return self._stop(node, "a comma before }", "Remove the comma.")
        return self._stop(node, f"{shown(what)} where a key should be", 'Write keys in double quotes, as in "row": 0.')

    def _unclosed(self, node: Node, begin: int) -> _Stop:
        bracket = self._text[begin]
        missing = "}" if bracket == "{" else "]"
        line = self._flaws.line(begin)
        return self._stop(node, f"the {bracket} of line {line} is never closed", f"Add the missing {missing}.")

    def _string(self, node: Node) -> str:
        match = _PLAIN.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            return match[1]
        begin, parts = self._at, list[str]()
        self._at += 1
        while True:
            char = self._text[self._at : self._at + 1]
            if char == '"':
                self._at += 1
                return "".join(parts)
            if char in ("", "\n", "\r"):
                raise self._stop(node, "the text that begins here does not end on its line", 'Close it with ".', begin)
            if char < " ":
                raise self._stop(node, f"a control character (U+{ord(char):04X}) inside text", "Remove it.")
            if char == "\\":
                parts.append(self._escape(node))
            else:
                end = self._at + 1
                while end < len(self._text) and self._text[end] not in '"\\' and self._text[end] >= " ":
                    end += 1
                parts.append(self._text[self._at : end])
                self._at = end

    def _escape(self, node: Node) -> str:
        letter = self._text[self._at + 1 : self._at + 2]
        if letter in _ESCAPES and letter:
            self._at += 2
            return _ESCAPES[letter]
        match = _UNITS.match(self._text, self._at)
        if match is None:
            raise self._stop(node, f"{shown(letter)} after a backslash", r"Write \\ for a backslash.")
        code, end = int(match[1], 16), match.end()
        low = _UNITS.match(self._text, end)
        if 0xD800 <= code < 0xDC00 and low is not None and 0xDC00 <= int(low[1], 16) < 0xE000:
            code, end = 0x10000 + ((code - 0xD800) << 10) + int(low[1], 16) - 0xDC00, low.end()
        if 0xD800 <= code < 0xE000:
            raise self._stop(node, f"\\u{code:04x} is half a character", "Write the character itself.")
        self._at = end
        return chr(code)

    def _scalar(self, node: Node) -> Value:
        match = _NUMBER.match(self._text, self._at)
        if match is not None:
            self._at = match.end()
            return self._number(node, match)
        word = _WORD.match(self._text, self._at)
        if word is not None and word[0] in _WORDS:
            self._at = word.end()
            return _WORDS[word[0]]
        if word is None:
            what = self._text[self._at : self._at + 1]
            raise self._stop(
                node, f"{shown(what)} where a value should be" if what else "a value is missing", _advice(what)
            )
        if word[0] in _MEANT:
            raise self._stop(node, f"{word[0]} is not known", f"Write {_MEANT[word[0]]}.")
        if word[0].lstrip("+-") in ("NaN", "Infinity", "inf", "nan"):
            raise self._stop(node, f"{word[0]} is no number", "Write a number such as 10.")
        if word[0][0] in "+-.0123456789":
            raise self._stop(node, f"{shown(word[0])} is no number", "Write a number such as 10 or 0.5.")
        raise self._stop(node, f"{shown(word[0])} where a value should be", "Write text in double quotes.")

    def _number(self, node: Node, match: re.Match[str]) -> int | float:
        whole = match[1] is None and match[2] is None
        if len(match[0]) > MAX_DIGITS:
            self._flaws.add(node, "a number of too many digits", "Write a number such as 10.")
            return nan
        if whole:
            return int(match[0])
        number = float(match[0])
        if number in (float("inf"), float("-inf")):
            self._flaws.add(node, f"{match[0]} is too large", "Write a number such as 10.")
            return nan
        return number


def _advice(what: str) -> str:
    return {
        "": "Add it, and close what is open.",
        "'": "Write text in double quotes.",
        "/": "JSON has no comments; remove this.",
        "#": "JSON has no comments; remove this.",
        ",": "Remove the comma, or add the value.",
    }.get(what, "Write a number, true, false, null, text in double quotes, [ or {.")


def _step(key: str | int) -> str:
    if isinstance(key, int):
        return f"[{key}]"
    return f".{key}" if len(key) <= 40 and re.fullmatch(r"[A-Za-z_$][\w$-]*", key) else f"[{shown(key)}]"
