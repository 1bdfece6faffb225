"""Writing JSON that people like to read: what fits on a line stands on one, lists of tiles always one tile a line."""

from __future__ import annotations

import json
from typing import Any

WIDTH = 140
"""A little more than code has: a tile with a short tour still fits."""

_OPEN = frozenset(
    ("tiles", "items", "monitors", "presets", "schedule", "tour", "layout", "recording", "snapshots", "replay", "web")
)
"""Members that are never put on one line, so that a change of one tile is a change of one line."""


def readable(value: dict[str, Any]) -> bytes:
    """The file of an object: UTF-8, every member of it on a line of its own, a line feed at the end. What JSON cannot
    hold (half surrogates, NaN) is written all the same; readers refuse it, so read the result before it is saved."""
    return (_opened(value, 0) + "\n").encode("utf-8", "surrogatepass")


def number(value: float) -> int | float:
    """A number as people write it: 10, not 10.0."""
    return int(value) if float(value).is_integer() else value


def _rendered(value: Any, indent: int, used: int) -> str:
    line = json.dumps(value, ensure_ascii=False)
    return line if not _must_open(value) and indent + used + len(line) < WIDTH else _opened(value, indent)


def _opened(value: Any, indent: int) -> str:
    inner = indent + 2
    if isinstance(value, dict) and value:
        rows = [f"{_label(key)}{_member(key, each, inner)}" for key, each in value.items()]
        begin, end = "{", "}"
    elif isinstance(value, list) and value:
        rows = [_rendered(each, inner, 1) for each in value]
        begin, end = "[", "]"
    else:
        return json.dumps(value, ensure_ascii=False)
    return begin + ",".join(f"\n{' ' * inner}{row}" for row in rows) + f"\n{' ' * indent}{end}"


def _member(key: str, value: Any, indent: int) -> str:
    return _opened(value, indent) if key in _OPEN else _rendered(value, indent, len(_label(key)) + 1)


def _label(key: str) -> str:
    return f"{json.dumps(key, ensure_ascii=False)}: "


def _must_open(value: Any) -> bool:
    return isinstance(value, dict) and any(key in _OPEN for key in value)
