"""Many rows by few statements.

WORKAROUND: Python's sqlite3 gives the interpreter away at each step of a statement and then waits its turn behind every
thread that computes, up to a switch interval each; ``executemany`` is a step a row. Beside busy threads a batch of 500
rows took half a second that way. One statement of many rows is one step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection

_MOST_VALUES = 30_000
"""Parameters of one statement; SQLite takes 32,766."""


def put_rows(connection: Connection, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows, past the compiler of statements, which would take longer than the database does. ``table`` and
    ``columns`` are names of ours. Raises SQLAlchemyError."""
    names = ", ".join(f'"{column}"' for column in columns)
    head = f'INSERT INTO "{table}" ({names}) VALUES '
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f"{head}({', '.join(['%s'] * len(columns))})", list(rows))
        return
    row = f"({','.join('?' * len(columns))})"
    for some in _pieces(rows, _MOST_VALUES // len(columns)):
        values = tuple(value for each in some for value in each)
        connection.exec_driver_sql(head + ",".join([row] * len(some)), values)


def look_up(connection: Connection, table: str, key: str, value: str, keys: Sequence[Any]) -> dict[Any, Any]:
    """``value`` of the rows that have one of these ``keys`` (texts or numbers), by key. Raises SQLAlchemyError."""
    found: dict[Any, Any] = {}
    if connection.dialect.name != "sqlite":
        for some in _pieces(keys, 500):
            marks = ", ".join(["%s"] * len(some))
            query = f'SELECT "{key}", "{value}" FROM "{table}" WHERE "{key}" IN ({marks})'
            found.update(tuple(row) for row in connection.exec_driver_sql(query, tuple(some)))
        return found
    for some in _pieces(keys, _MOST_VALUES):
        query = (
            f'SELECT json_group_array(json_array("{key}", "{value}")) FROM "{table}" '
            f'WHERE "{key}" IN ({",".join("?" * len(some))})'
        )
        found.update(tuple(pair) for pair in json.loads(connection.exec_driver_sql(query, tuple(some)).scalar_one()))
    return found


def _pieces[Item](items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]
