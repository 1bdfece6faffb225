"""Parameter sets of H.264 and H.265, found in band (Annex B) and out of band (``avcC``, ``hvcC``).

Sources: ITU-T H.264 and H.265, annex B and 7.3.1; ISO/IEC 14496-15, 5.3.3.1 and 8.3.3.1.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

START = b"\0\0\0\1"
_SETS = {"h264": frozenset((7, 8)), "hevc": frozenset((32, 33, 34))}
_MOST_UNITS = 64
"""Units looked at before the first slice: real streams have fewer than ten."""


def _kind(codec: str, head: int) -> int:
    return head >> 1 & 0x3F if codec == "hevc" else head & 0x1F


def _is_slice(codec: str, kind: int) -> bool:
    return kind < 32 if codec == "hevc" else 1 <= kind <= 5


def is_prefixed(codec: str, extradata: bytes) -> bool:
    """Whether packets carry lengths in place of start codes: ``extradata`` is then an ``avcC`` or ``hvcC`` record."""
    return codec in _SETS and len(extradata) > 6 and extradata[0] == 1


def _annex_b_units(data: bytes) -> Iterator[bytes]:
    at = data.find(b"\0\0\1")
    while at >= 0:
        begin = at + 3
        at = data.find(b"\0\0\1", begin)
        yield data[begin:at].rstrip(b"\0") if at >= 0 else data[begin:]


def in_band(codec: str, data: bytes) -> bytes:
    """The parameter sets that stand before the first slice of an Annex B packet, each with a start code; empty unless
    the set is complete (a picture parameter set alone cannot start a file)."""
    wanted = _SETS.get(codec)
    if wanted is None:
        return b""
    found: list[bytes] = []
    kinds: set[int] = set()
    for count, unit in enumerate(_annex_b_units(data)):
        if count > _MOST_UNITS or not unit:
            continue
        kind = _kind(codec, unit[0])
        if _is_slice(codec, kind):
            break
        if kind in wanted:
            kinds.add(kind)
            found.append(START + unit)
    return b"".join(found) if kinds == wanted else b""


def sequence_sets(codec: str, data: bytes) -> list[bytes]:
    """The sequence parameter sets among Annex B units, without start codes."""
    wanted = 33 if codec == "hevc" else 7
    units = itertools.islice(_annex_b_units(data), _MOST_UNITS)
    return [unit for unit in units if unit and _kind(codec, unit[0]) == wanted]


def _sized(data: bytes, at: int, count: int) -> tuple[list[bytes], int]:
    units = []
    for _ in range(count):
        size = int.from_bytes(data[at : at + 2])
        units.append(data[at + 2 : at + 2 + size])
        at += 2 + size
    return units, at


def out_of_band(codec: str, extradata: bytes) -> bytes:
    """The parameter sets of ``extradata``, each with a start code, whichever form it has."""
    if not is_prefixed(codec, extradata):
        return extradata
    if codec == "h264":
        first, at = _sized(extradata, 6, extradata[5] & 0x1F)
        second, _ = _sized(extradata, at + 1, extradata[at] if at < len(extradata) else 0)
        units = first + second
    else:
        units, at = [], 23
        for _ in range(extradata[22] if len(extradata) > 22 else 0):
            count = int.from_bytes(extradata[at + 1 : at + 3])
            more, at = _sized(extradata, at + 3, min(count, _MOST_UNITS))
            units += more
    return b"".join(START + unit for unit in units if unit)


def with_start_codes(codec: str, extradata: bytes, data: bytes) -> bytes:
    """A packet in Annex B form, whichever form it has."""
    if not is_prefixed(codec, extradata):
        return data
    at = 4 if codec == "h264" else 21
    width = (extradata[at] & 3) + 1 if len(extradata) > at else 4
    parts, at = [], 0
    while at + width < len(data):
        size = int.from_bytes(data[at : at + width])
        parts.append(START + data[at + width : at + width + size])
        at += width + size
    return b"".join(parts)
