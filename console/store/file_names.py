"""Names of files made from names that people give: any script, every file system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

MAX_BYTES = 120
"""Of a file name without its ending; file systems take 255, some tools add a few."""

_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?!\w)", re.IGNORECASE)
"""Devices of Windows, whatever follows the name after a dot or a blank."""


def file_stem(name: str) -> str:
    """A file name without ending that every file system takes: letters, digits and marks of any script, blanks and
    ``-_+()``; anything else becomes ``_``. Several names may give one stem; see ``free_stem``."""
    kept = "".join(c if _safe(c) else "_" for c in unicodedata.normalize("NFC", name))
    stem = _cut(kept.strip(" -"))
    if _RESERVED.match(stem):
        stem = f"_{stem}"
    return stem or "layout"


def free_stem(name: str, taken: Iterable[str]) -> str:
    """A stem for ``name`` that none of the ``taken`` ones equals, also where big and small letters are the same."""
    used = {folded(stem) for stem in taken}
    stem, count = file_stem(name), 1
    while folded(fresh := stem if count == 1 else f"{stem} {count}") in used:
        count += 1
    return fresh


def folded(name: str) -> str:
    """What two names have in common that one file system takes for the same."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _safe(char: str) -> bool:
    return char in " -_+()" or unicodedata.category(char)[0] in "LNM"


def _cut(stem: str) -> str:
    """At most ``MAX_BYTES`` in UTF-8, never half a character."""
    return stem.encode("utf-8", "replace")[:MAX_BYTES].decode("utf-8", "ignore").rstrip(" -")
