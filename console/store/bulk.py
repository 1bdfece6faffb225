"""Many rows by few statements.

WORKAROUND: Python's sqlite3 gives the interpreter away at each step of a statement and then waits its turn behind every
thread that computes, up to a switch interval each; ``executemany`` is a step a row. Beside busy threads a batch of 500
rows took half a second that way. One statement of many rows is one step."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

_MOST_VALUES = 30_000
"""Parameters of one statement; SQLite takes 32,766."""
_MOST_ASKED = 500
"""The same for other databases."""


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
        values = tuple(chain.from_iterable(some))
        connection.exec_driver_sql(head + ",".join([row] * len(some)), values)


def look_up(
    connection: Connection, table: str, key: str, values: Sequence[str], keys: Sequence[Any]
) -> list[tuple[Any, ...]]:
    """``values`` (texts or numbers) of the rows that have one of these ``keys``. Raises SQLAlchemyError."""
    names = ", ".join(f'"{value}"' for value in values)
    found: list[tuple[Any, ...]] = []
    if connection.dialect.name != "sqlite":
        for some in _pieces(keys, _MOST_ASKED):
            query = f'SELECT {names} FROM "{table}" WHERE "{key}" IN ({", ".join(["%s"] * len(some))})'
            found.extend(tuple(row) for row in connection.exec_driver_sql(query, tuple(some)))
        return found
    for some in _pieces(keys, _MOST_VALUES):
        marks = ",".join("?" * len(some))
        query = f'SELECT json_group_array(json_array({names})) FROM "{table}" WHERE "{key}" IN ({marks})'
        found.extend(map(tuple, json.loads(connection.exec_driver_sql(query, tuple(some)).scalar_one())))
    return found


def which_are(connection: Connection, table: str, key: str, keys: Sequence[Any]) -> list[Any]:
    """Those of ``keys`` that are in the table: few, or the answer is slow. Raises SQLAlchemyError."""
    most, mark = (_MOST_VALUES, "?") if connection.dialect.name == "sqlite" else (_MOST_ASKED, "%s")
    found: list[Any] = []
    for some in _pieces(keys, most):
        query = f'SELECT "{key}" FROM "{table}" WHERE "{key}" IN ({",".join([mark] * len(some))})'
        found.extend(connection.exec_driver_sql(query, tuple(some)).scalars())
    return found


def _pieces[Item](items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for begin in range(0, len(items), size):
        yield items[begin : begin + size]
