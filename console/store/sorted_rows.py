"""Rows in order, however many: sorted runs in temporary files, merged as they are read. An index that is filled in
order is written once from end to end; in the order of a file of a million rows each page of it would be written
hundreds of times."""

from __future__ import annotations

import heapq
import marshal
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from itertools import batched
from operator import itemgetter
from pathlib import Path
from typing import IO

Plain = str | int | float | None
Row = tuple[Plain, ...]
"""The first item is what rows are sorted by, the second their number, so that no two compare equal."""

RUN = 20_000
"""Rows in memory at a time."""
BLOCK = 250


def in_order(
    rows: Iterable[Row], go_on: Callable[[int], bool], folder: Path | None = None, run: int = RUN
) -> Iterator[Row] | None:
    """All rows by their first item and number; ``go_on`` hears how many came in and says whether to go on, None where
    it did not. Temporary files go with the iterator. Raises OSError."""
    with ExitStack() as stack:
        files: list[IO[bytes]] = []
        count, last = 0, list[Row]()
        for some in batched(rows, run):
            count += len(some)
            if not go_on(count):
                break
            if last:
                files.append(stack.enter_context(_written(last, folder)))
            last = sorted(some)
        else:
            return _merged(files, last, stack.pop_all())
    return None


def _written(rows: list[Row], folder: Path | None) -> IO[bytes]:
    file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 -- it goes into the caller's stack
    try:
        for block in batched(rows, BLOCK):
            data = marshal.dumps(block)
            file.write(len(data).to_bytes(4, "big") + data)
        file.seek(0)
    except BaseException:  # raised again at once
        file.close()
        raise
    return file


def _read(file: IO[bytes]) -> Iterator[Row]:
    while head := file.read(4):
        yield from marshal.loads(file.read(int.from_bytes(head, "big")))


def _merged(files: list[IO[bytes]], last: list[Row], stack: ExitStack) -> Iterator[Row]:
    with stack:
        if files:
            yield from heapq.merge(*(_read(file) for file in files), last, key=itemgetter(0, 1))
        else:
            yield from last
