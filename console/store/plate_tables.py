"""The tables that plates are searched by, and how what lies in them is written. Filled by ``plate_index`` in the
journal's own transaction, read by ``plate_lookup``.

``plate_text`` has each plate once, plain and folded. ``plate_block`` has the same plain texts packed by number, one a
line, so that what a plate holds or ends with is found by looking through some megabytes of memory instead of keeping an
entry for each part of each plate: a new plate costs the end of one block. ``plate_site`` is a camera of a source at a
place, down to a cell of about 300 m: cars that carry cameras have as many as they visit. ``plate_read`` is one read."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from drivers.types import GeoPlace

TEXTS = sa.table("plate_text", *(sa.column(name) for name in ("id", "text", "folded")))
BLOCKS = sa.table("plate_block", *(sa.column(name) for name in ("block", "texts")))
SITES = sa.table("plate_site", *(sa.column(name) for name in ("id", "source", "camera", "row", "col")))
READS = sa.table(
    "plate_read",
    *(sa.column(name) for name in ("seq", "plate", "site", "at", "latitude", "longitude", "heading", "region")),
)
BLOCK = 1024
"""Plates of one block: number 1024 is the first line of block 1."""
CELL = 0.003
"""Degrees of a side of a site's cell."""
NOWHERE = -1_000_000
"""Row and column of a site without a place."""
_UNITS = 1e7
"""Of a degree: about a centimetre."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def millis(at: datetime) -> int:
    """A time as it is stored, milliseconds since 1970, rounded down."""
    return (at - _EPOCH) // _MILLISECOND


def moment(value: int) -> datetime:
    """And back."""
    return _EPOCH + value * _MILLISECOND


def units(degrees: float) -> int:
    """Degrees as they are stored."""
    return round(degrees * _UNITS)


def place_of(latitude: int | None, longitude: int | None) -> GeoPlace | None:
    """And back."""
    return None if latitude is None or longitude is None else GeoPlace(latitude / _UNITS, longitude / _UNITS)


def cell(place: GeoPlace | None) -> tuple[int, int]:
    """Row and column of the cell of a place."""
    if place is None:
        return NOWHERE, NOWHERE
    return math.floor(place.latitude / CELL), math.floor(place.longitude / CELL)
