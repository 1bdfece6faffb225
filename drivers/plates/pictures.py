"""Pictures that come with reads: JPEG, bounded; everything else is left out and counted. Pure."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from drivers.events import MOST_PICTURE
from drivers.feeding import Incoming

_JPEG = b"\xff\xd8\xff"
_SIZES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_MOST_SEGMENTS = 200


def picture(incoming: Incoming, data: bytes) -> bytes:
    """The picture, or nothing where it is no JPEG or too large."""
    if not data:
        return b""
    if len(data) > MOST_PICTURE or not data.startswith(_JPEG):
        incoming.left_out += 1
        return b""
    return data


def picture64(incoming: Incoming, value: Any) -> bytes:
    """The picture in base64, with or without ``data:image/jpeg;base64,``."""
    if not isinstance(value, str) or not value:
        return b""
    if len(value) > MOST_PICTURE * 3 // 2:
        incoming.left_out += 1
        return b""
    text = "".join(value.rpartition("base64,")[2].split())
    try:
        return picture(incoming, base64.b64decode(text + "=" * (-len(text) % 4), validate=True))
    except (binascii.Error, ValueError):
        incoming.left_out += 1
        return b""


def size_of(jpeg: bytes) -> tuple[int, int] | None:
    """Width and height of a JPEG by its frame header (ITU-T T.81, B.2.2); None where it has none."""
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if at + 9 > len(jpeg) or jpeg[at] != 0xFF:
            return None
        if jpeg[at + 1] in _SIZES:
            return int.from_bytes(jpeg[at + 7 : at + 9]), int.from_bytes(jpeg[at + 5 : at + 7])
        at += 2 + int.from_bytes(jpeg[at + 2 : at + 4])
    return None
