"""The boxes of an MP4 file (ISO/IEC 14496-12, 4.2), as far as crash recovery and arrival times need them.

When each packet arrived on this computer stands in a ``uuid`` box of our own (4.2, "user type") at the end of the file,
which players leave alone: a file's own time stamps are the sender's clock, and the time line of replay is not.
"""

from __future__ import annotations

import math
import struct
import sys
import zlib
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

_TYPE = UUID("0b6f6a8e-7d51-4f0e-9a5c-3c1f2d4e5b60").bytes
_HEAD = struct.Struct(">4sBI")
_MAGIC, _VERSION = b"WFAT", 1
_MOST_PACKETS = 20_000_000
_UNKNOWN = -(2**62)
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its type, where it begins and its length, bytes, head included."""

    kind: bytes
    at: int
    size: int


def boxes(file: BinaryIO, length: int) -> Iterator[Box]:
    """The outermost boxes that lie whole within the first ``length`` bytes. Raises OSError."""
    at = 0
    while at + 8 <= length:
        file.seek(at)
        head = file.read(16)
        size, kind = int.from_bytes(head[:4]), head[4:8]
        if size == 1 and len(head) == 16:
            size = int.from_bytes(head[8:16])
        if size < 8 or at + size > length:
            return
        yield Box(kind, at, size)
        at += size


def whole_length(path: Path) -> int:
    """How many bytes of an unfinished clip hold whole fragments, each with its pictures; 0 where there is none. Raises
    OSError."""
    good, fragment, described = 0, False, False
    with path.open("rb") as file:
        length = file.seek(0, 2)
        for box in boxes(file, length):
            if box.kind == b"moov" and not good:
                described = True
            elif box.kind == b"moof":
                fragment = True
            elif box.kind == b"mdat" and fragment and described:
                fragment, good = False, box.at + box.size
    return good


def is_unfinished(path: Path) -> bool:
    """Whether the file still consists of fragments, or ends within a box. Raises OSError."""
    at = 0
    with path.open("rb") as file:
        length = file.seek(0, 2)
        for box in boxes(file, length):
            if box.kind == b"moof":
                return True
            at = box.at + box.size
    return at != length


def arrivals_box(arrived: Sequence[float], taken: Sequence[float | None]) -> bytes:
    """The box with the arrival and the sender's time of each packet in file order, UTC seconds to the microsecond."""
    body = _HEAD.pack(_MAGIC, _VERSION, len(arrived)) + zlib.compress(
        _differences([round(each * _MICRO) for each in arrived])
        + _differences([_UNKNOWN if each is None else round(each * _MICRO) for each in taken])
    )
    return struct.pack(">I4s", 24 + len(body), b"uuid") + _TYPE + body


def read_arrivals(path: Path) -> tuple[list[float], list[float | None]] | None:
    """What ``arrivals_box`` wrote, None where the file has no such box or it makes no sense. Raises OSError."""
    with path.open("rb") as file:
        for box in boxes(file, file.seek(0, 2)):
            if box.kind == b"uuid" and box.size <= 64 * 2**20:
                file.seek(box.at + 8)
                content = file.read(box.size - 8)
                if content[:16] == _TYPE:
                    return _arrivals(content[16:])
    return None


def _arrivals(body: bytes) -> tuple[list[float], list[float | None]] | None:
    if len(body) < _HEAD.size:
        return None
    magic, version, count = _HEAD.unpack_from(body)
    if magic != _MAGIC or version != _VERSION or not 0 < count <= _MOST_PACKETS:
        return None
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(body[_HEAD.size :], 16 * count)
    except zlib.error:
        return None
    if len(raw) != 16 * count:
        return None
    arrived = [each / _MICRO for each in _sums(raw[: 8 * count])]
    taken = [None if each == _UNKNOWN else each / _MICRO for each in _sums(raw[8 * count :])]
    if not all(math.isfinite(each) and abs(each) < 1e12 for each in arrived):
        return None
    return arrived, taken


def _differences(values: Sequence[int]) -> bytes:
    """Differences to the one before, which compress well; modulo 2**64 where they leave the range."""
    before, packed = 0, array("Q")
    for value in values:
        packed.append((value - before) % 2**64)
        before = value
    return _little(packed)


def _sums(raw: bytes) -> list[int]:
    packed = array("Q")
    packed.frombytes(raw)
    if sys.byteorder == "big":
        packed.byteswap()
    totals = (total % 2**64 for total in accumulate(packed))
    return [total - 2**64 if total >= 2**63 else total for total in totals]


def _little(packed: array[int]) -> bytes:
    if sys.byteorder == "big":
        packed.byteswap()
    return packed.tobytes()
