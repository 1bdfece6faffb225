"""Reading a JSON file of ours field by field: types and bounds are checked, unknown and missing keys told, and all
mistakes of a file come together in one error."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from console.store.files import read_bounded
from console.store.json_lines import Flaw, Flaws, Node, parse, shown

LONGEST_NAME = 80
"""Characters of a name that fits on a button."""

_DIRECTIONS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They turn the reading direction of what follows; in a name they would make another one of it."""

_QUOTED = ("true ", "false ", "null ")
"""Sentences that begin with a word of the file keep it as it stands there."""


class Problem(NamedTuple):
    """One mistake of one file: ``line`` from 1, ``field`` as in ``tiles[3].item.url`` ("" for the file as a whole), and
    a sentence that says what is wrong and what to do."""

    path: Path
    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        return ": ".join(filter(None, (f"{self.path}:{self.line}", self.field, self.sentence)))


class JsonFileError(ValueError):
    """A file that cannot be used. ``problems`` holds its mistakes in the order of their lines, at least one and at most
    ``MAX_FLAWS``; ``more`` says how many were found beyond them."""

    def __init__(self, problems: Sequence[Problem], more: int = 0) -> None:
        self.problems = tuple(problems)
        self.more = more
        rest = f" ({more + len(self.problems) - 1} more)" if more + len(self.problems) > 1 else ""
        super().__init__(f"{self.problems[0]}{rest}")


def read_tree[T](
    path: Path,
    data: bytes | None,
    max_bytes: int,
    max_values: int,
    read: Callable[[Node, Flaws], T | None],
    failure: type[JsonFileError],
) -> T:
    """What ``read`` makes of the file at ``path``, or of ``data`` where it is given. Raises ``failure`` with all
    mistakes of the file; what ``read`` returned counts only where it found none. FileNotFoundError passes."""
    flaws = Flaws("")
    result: T | None = None
    text = _text(path, data, max_bytes, flaws)
    if text is not None:
        flaws = Flaws(text)
        root = parse(text, flaws, max_values)
        if root is not None:
            result = read(root, flaws)
    if flaws.count or result is None:
        found = sorted(flaws.found, key=lambda flaw: flaw.line)
        raise failure([Problem(path, *_parts(flaw)) for flaw in found], flaws.count - len(found))
    return result


def _parts(flaw: Flaw) -> tuple[int, str, str]:
    sentence = flaw.sentence
    if not sentence.startswith(_QUOTED):
        sentence = sentence[:1].upper() + sentence[1:]
    return flaw.line, flaw.field, sentence


def _text(path: Path, data: bytes | None, max_bytes: int, flaws: Flaws) -> str | None:
    try:
        raw = read_bounded(path, max_bytes) if data is None else data
        if len(raw) > max_bytes:
            raise ValueError(f"larger than {max_bytes // 1024} KiB")
        return raw.decode("utf-8-sig")
    except FileNotFoundError:
        raise
    except UnicodeDecodeError as error:
        flaws.text = error.object[: error.start].decode("utf-8", "replace")
        flaws.add_at(len(flaws.text), "", "not UTF-8 text. Save it as UTF-8, or restore it from a backup.")
    except OSError as error:
        why = error.strerror or type(error).__name__
        flaws.add_at(0, "", f"cannot be read: {why}. Check the file and who may read it.")
    except ValueError as error:
        flaws.add_at(0, "", f"{error}. This is no file of ours; restore it from a backup, or delete it.")
    return None


def flaw_of_name(text: str) -> tuple[str, str] | None:
    """What is wrong with a name, and the advice; None where it can be shown on a button and typed in a dialog."""
    if not text.strip():
        return "the name is empty", "Give it a name."
    if text != text.strip():
        return "the name begins or ends with a blank", "Remove the blank."
    if len(text) > LONGEST_NAME:
        return f"the name has {len(text)} characters", f"Use at most {LONGEST_NAME}."
    bad = next((c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in _DIRECTIONS), None)
    if bad is not None:
        return f"the name holds a control character (U+{ord(bad):04X})", "Remove it."
    return None


class Fields:
    """An object of the file. Each reading method tells what is wrong and then returns ``usual``, so that the rest is
    read too; ask ``flawed`` before using what was read."""

    def __init__(
        self, node: Node, flaws: Flaws, what: str, required: Sequence[str], optional: Sequence[str] = ()
    ) -> None:
        self.node = node
        self.flaws = flaws
        self._before = flaws.count
        self._members: dict[str, Node] = {}
        if not isinstance(node.value, dict):
            flaws.add(node, f"{what} must be an object", f"Write {{ ... }}{_with(required)}.")
            return
        known = (*required, *optional)
        for key, member in node.value.items():
            if key in known:
                self._members[key] = member
            else:
                flaws.add(member, f"unknown key {shown(key)} of {what}", partial(_meant, key, known))
        for key in required:
            if key not in node.value:
                flaws.add(node, f'the key "{key}" of {what} is missing', "Add it.")

    @property
    def flawed(self) -> bool:
        """Whether anything was wrong since this was made, here or in what was read from it."""
        return self.flaws.count > self._before

    def get(self, key: str) -> Node | None:
        """The member of that name; None where there is none."""
        return self._members.get(key)

    def whole(self, key: str, low: int, high: int, usual: int = 0) -> int:
        """A whole number from ``low`` to ``high``."""
        node = self._members.get(key)
        return usual if node is None else whole(node, self.flaws, low, high, usual)

    def real(self, key: str, low: float, high: float, usual: float = 0.0) -> float:
        """A number from ``low`` to ``high``."""
        node = self._members.get(key)
        if node is None or node.value != node.value:  # NaN is told already
            return usual
        value = node.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.flaws.add(node, f"{told(node)} is no number from {low:g} to {high:g}", "Correct it.")
            return usual
        return float(value)

    def flag(self, key: str) -> bool:
        """True or false; false where it is missing."""
        node = self._members.get(key)
        if node is None or isinstance(node.value, bool):
            return node is not None and node.value is True
        self.flaws.add(node, f"{told(node)} is neither true nor false", "Write true or false, without quotes.")
        return False

    def text(self, key: str, longest: int, usual: str = "", lines: bool = False) -> str:
        """Text of up to ``longest`` characters without control characters; ``lines`` allows several lines."""
        node = self._members.get(key)
        if node is None:
            return usual
        value = node.value
        if not isinstance(value, str):
            self.flaws.add(node, f"{told(node)} is no text", "Write text in double quotes.")
            return usual
        if len(value) > longest:
            self.flaws.add(node, f"a text of {len(value)} characters", f"Use at most {longest}.")
            return usual
        bad = next((c for c in value if unicodedata.category(c) == "Cc" and not (lines and c == "\n")), None)
        if bad is not None:
            self.flaws.add(node, f"a control character (U+{ord(bad):04X}) inside text", "Remove it.")
            return usual
        return value

    def name(self, key: str, usual: str = "") -> str:
        """A name: see ``flaw_of_name``."""
        node = self._members.get(key)
        if node is None:
            return usual
        if not isinstance(node.value, str):
            self.flaws.add(node, f"{told(node)} is no name", "Write it in double quotes.")
            return usual
        flaw = flaw_of_name(node.value)
        if flaw is not None:
            self.flaws.add(node, *flaw)
            return usual
        return node.value

    def several(self, key: str, what: str, most: int, least: int = 0) -> list[Node]:
        """A list of ``least`` to ``most`` values; a longer one is told once and not read."""
        node = self._members.get(key)
        return [] if node is None else several(node, self.flaws, what, most, least)


def whole(node: Node, flaws: Flaws, low: int, high: int, usual: int = 0) -> int:
    """A whole number from ``low`` to ``high``; 3.0 is one too, as in JSON Schema."""
    value = node.value
    if value != value:  # NaN is told already
        return usual
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        flaws.add(node, f"{told(node)} is no whole number from {low} to {high}", "Correct it.")
        return usual
    return value


def several(node: Node, flaws: Flaws, what: str, most: int, least: int = 0) -> list[Node]:
    """A list of ``least`` to ``most`` values; any other is told once and not read."""
    if not isinstance(node.value, list):
        flaws.add(node, f"{told(node)} is no list of {what}", "Write [ ... ].")
        return []
    if not least <= len(node.value) <= most:
        bounds = f"{least} to {most}" if least != most else f"{least}"
        flaws.add(node, f"{len(node.value)} {what}", f"Use {bounds}.")
        return []
    return node.value


def told(node: Node) -> str:
    """A value as a message names it."""
    match node.value:
        case str(text):
            return shown(text)
        case list():
            return "a list"
        case dict():
            return "an object"
        case None:
            return "null"
        case bool(flag):
            return "true" if flag else "false"
        case number:
            return str(number)


def _with(keys: Sequence[str]) -> str:
    return f" with {', '.join(keys)}" if keys else ""


def _meant(key: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(key[:40], list(known), n=1, cutoff=0.5)
    return f'Did you mean "{close[0]}"?' if close else f"Known keys: {', '.join(known)}."
