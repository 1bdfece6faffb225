"""What a picture's file says of it: text chunks of PNG, comment and EXIF of JPEG.

Sources: PNG (ISO/IEC 15948) 11.3.4; JPEG (ITU-T T.81) B.2.4.5; EXIF 2.32 (CIPA DC-008) 4.5 to 4.6.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from datetime import datetime

_PNG_HEAD = 8 + 25
"""Signature and IHDR, bytes: text may follow directly."""
_MOST = 65_000

_ASCII = 2
_LONG = 4


def tag_png(data: bytes, words: Mapping[str, str]) -> bytes:
    """``data`` with a chunk for each word that is not empty: tEXt where it is Latin-1, else iTXt (UTF-8)."""
    return data[:_PNG_HEAD] + b"".join(_text(*each) for each in words.items() if each[1]) + data[_PNG_HEAD:]


def _text(key: str, value: str) -> bytes:
    name = key.encode("latin-1")
    try:
        kind, body = b"tEXt", name + b"\0" + value.encode("latin-1")
    except UnicodeEncodeError:
        kind, body = b"iTXt", name + b"\0\0\0\0\0" + value.encode()
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def tag_jpeg(data: bytes, words: Mapping[str, str], moment: datetime) -> bytes:
    """``data`` with EXIF (title, author, program, the moment to the millisecond, UTC) and all words as a comment."""
    comment = "\n".join(f"{key}: {value}" for key, value in words.items() if value).encode()[:_MOST]
    exif = b"Exif\0\0" + _exif(words, moment)
    segments = b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif
    segments += b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment
    return data[:2] + segments + data[2:]


def _exif(words: Mapping[str, str], moment: datetime) -> bytes:
    """A big-endian TIFF of two directories. Text is UTF-8 in fields of type ASCII, as most programs write and read."""
    stamp = f"{moment:%Y:%m:%d %H:%M:%S}"
    first = [
        (0x010E, words.get("Title", "")),  # ImageDescription
        (0x0131, words.get("Software", "")),  # Software
        (0x0132, stamp),  # DateTime
        (0x013B, words.get("Author", "")),  # Artist
    ]
    inner = [
        (0x9003, stamp),  # DateTimeOriginal
        (0x9011, "+00:00"),  # OffsetTimeOriginal
        (0x9291, f"{moment.microsecond // 1000:03d}"),  # SubSecTimeOriginal
    ]
    first = [(tag, value) for tag, value in first if value]
    start = 8
    at_inner = start + _directory_size(first, pointers=1)
    head = b"MM\0\x2a" + struct.pack(">I", start)
    return head + _directory(first, start, [(0x8769, at_inner)]) + _directory(inner, at_inner, [])


def _field(value: str) -> bytes:
    return value.encode()[:2000] + b"\0"


def _directory_size(fields: list[tuple[int, str]], pointers: int) -> int:
    heap = sum(len(_field(value)) + len(_field(value)) % 2 for _, value in fields if len(_field(value)) > 4)
    return 2 + 12 * (len(fields) + pointers) + 4 + heap


def _directory(fields: list[tuple[int, str]], start: int, pointers: list[tuple[int, int]]) -> bytes:
    heap_at = start + 2 + 12 * (len(fields) + len(pointers)) + 4
    entries, heap = b"", b""
    for tag, value in fields:
        raw = _field(value)
        if len(raw) <= 4:
            place = raw.ljust(4, b"\0")
        else:
            place = struct.pack(">I", heap_at + len(heap))
            heap += raw + b"\0" * (len(raw) % 2)
        entries += struct.pack(">HHI", tag, _ASCII, len(raw)) + place
    for tag, target in pointers:
        entries += struct.pack(">HHII", tag, _LONG, 1, target)
    return struct.pack(">H", len(fields) + len(pointers)) + entries + b"\0\0\0\0" + heap
