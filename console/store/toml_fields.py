"""Reading tables of TOML field by field: what does not fit is said with its place, and with what would fit."""

from __future__ import annotations

import difflib
import enum
from collections.abc import Callable, Mapping
from typing import Any

from console.store.toml_lines import Path
from drivers.urls import strip_credentials

type Reader = Callable[[Any], Any]


class Misfit(Exception):
    """Something in the file does not fit; ``path`` says where."""

    def __init__(self, path: Path, problem: str, advice: str = "") -> None:
        self.path = path
        self.problem = problem
        self.advice = advice
        super().__init__(problem)


def text(value: Any) -> str:
    """Text."""
    if not isinstance(value, str):
        raise TypeError('text in quotes, as in "Harbour gate"')
    return value


def url(value: Any) -> str:
    """A URL that holds no credentials."""
    address = text(value)
    if strip_credentials(address)[1] is not None:
        raise ValueError("holds a user name or password, which this file must not")
    return address


def urls(value: Any) -> tuple[str, ...]:
    """URLs."""
    if not isinstance(value, list):
        raise TypeError('a list of URLs, as in ["http://192.0.2.10/onvif/device_service"]')
    return tuple(url(item) for item in value)


def whole(low: int, high: int) -> Reader:
    """Reads a whole number within limits."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise TypeError(f"a whole number from {low} to {high}")
        return value

    return read


def choice(kind: type[enum.StrEnum]) -> Reader:
    """Reads one of the words of an enumeration."""

    def read(value: Any) -> Any:
        try:
            return kind(value)
        except ValueError:
            raise TypeError("one of " + ", ".join(f'"{member.value}"' for member in kind)) from None

    return read


def record(table: Mapping[str, Any], readers: Mapping[str, Reader], path: Path, required: tuple[str, ...]) -> Any:
    """What is there of ``readers``, read. Raises Misfit."""
    for key in required:
        if key not in table:
            raise Misfit(path, f"key '{key}' is missing", f"Add a line with {key} = ... here.")
    return {key: take(table, key, reader, path) for key, reader in readers.items() if key in table}


def take(table: Mapping[str, Any], key: str, reader: Reader, path: Path) -> Any:
    """One field, None where it is not there. Raises Misfit."""
    if key not in table:
        return None
    try:
        return reader(table[key])
    except TypeError as wanted:
        raise Misfit((*path, key), f"'{key}' must be {wanted}", "Correct this line.") from None
    except ValueError as problem:
        advice = "Take it out, and give the credentials in the console; they are kept apart from this file."
        raise Misfit((*path, key), f"'{key}' {problem}", advice) from None


def tables(table: Mapping[str, Any], key: str, path: Path) -> list[Any]:
    """The tables of an array, none where it is not there. Raises Misfit."""
    found = table.get(key, [])
    if not isinstance(found, list) or not all(isinstance(item, dict) for item in found):
        raise Misfit((*path, key), f"'{key}' must be a table in double brackets", f"Write [[{key}]] with two brackets.")
    return found


def known(table: Any, keys: Any, path: Path, what: str) -> None:
    """Refuse what is no table, and keys that nobody knows. Raises Misfit."""
    if not isinstance(table, dict):
        raise Misfit(path, f"{what} must be a table", "Write its keys one to a line, or in { ... }.")
    for key in table:
        if key not in keys:
            close = difflib.get_close_matches(key, list(keys), n=1, cutoff=0.5)
            advice = f"Did you mean '{close[0]}'?" if close else f"Known keys: {', '.join(keys)}."
            raise Misfit((*path, key), f"unknown key '{key}' of {what}", advice)
